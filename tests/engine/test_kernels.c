/* Kernels of bfloat16, in every instruction set that this processor runs: against plain C, to the bit, so
 * that the sets agree with each other, too, but v4amx, whose sums have an order of their own. Halves are
 * in test_features.c; all kernels together are compared with PyTorch in test_golden.c. */
#include "engine/kernels/kernels.h"

#include "base/rng.h"
#include "support/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SETS = 6, ROWS = 40, MOST = LINT_GEMM_K };

static const lint_kernels *kernels[SETS]; /* those that run here */
static size_t sets;

static int pick_all(void **state) {
    static const char *const names[SETS] = {"v2", "v3", "v4", "v4bf16", "v4amx", "plain"};
    lint_err e;
    (void)state;
    for (size_t i = 0; i < SETS; i++)
        if ((kernels[sets] = lint_kernels_pick(names[i], &e))) sets++;
    return sets ? 0 : -1;
}

/* --- plain C ---------------------------------------------------------------------------------- */

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The nearer of the two bfloat16 around x by distance, half way the one whose last bit is 0. */
static uint16_t bfloat16_of(float x) {
    uint32_t bits = bits_of(x), sign = bits >> 31 << 15, down = bits >> 16 & 0x7fff;
    if (isnan(x)) return (uint16_t)(sign | down | 0x40);
    if (isinf(x)) return (uint16_t)(sign | down);
    if (down < 0x80) return (uint16_t)sign; /* zero and subnormal numbers */
    double size = fabs((double)x), low = (double)float_of(down << 16);
    /* Above the largest one lies what would be the next, 2^128. */
    double high = down == 0x7f7f ? ldexp(1, 128) : (double)float_of((down + 1) << 16);
    double up = high - size, off = size - low;
    return (uint16_t)(sign | (down + (up < off || (up == off && down % 2))));
}

static uint32_t pair_of(float low, float high) {
    return bfloat16_of(low) | (uint32_t)bfloat16_of(high) << 16;
}

/* A float's bits at random, so that all exponents occur, infinities and what is no number. */
static float any_float(lint_rng *r) {
    return float_of((uint32_t)lint_rng_u64(r));
}

static float a_bfloat16(lint_rng *r) {
    return float_of((uint32_t)bfloat16_of((float)lint_rng_range(r, -1, 1)) << 16);
}

/* What this float holds as a pair. */
static float high_of(float pair) {
    return float_of(bits_of(pair) & 0xffff0000);
}

static float low_of(float pair) {
    return float_of(bits_of(pair) << 16);
}

/* --- rounding --------------------------------------------------------------------------------- */

static void check_rounding(const float *x, size_t n) {
    uint16_t *got = malloc(n * sizeof *got);
    assert_non_null(got);
    for (size_t s = 0; s < sets; s++) {
        kernels[s]->to_bfloat16(n, x, got);
        for (size_t i = 0; i < n; i++)
            if (got[i] != bfloat16_of(x[i]))
                fail_msg("%s: %a is %04x, not %04x", kernels[s]->name, (double)x[i], got[i],
                         bfloat16_of(x[i]));
    }
    free(got);
}

/* Every bfloat16, what lies around the middle between it and the next, and NaNs of both kinds. */
static void floats_round_to_the_nearest_bfloat16(void **state) {
    (void)state;
    static const uint32_t tails[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    enum { TAILS = sizeof tails / sizeof *tails };
    static float x[TAILS << 16];
    for (uint32_t h = 0; h < 1 << 16; h++)
        for (size_t t = 0; t < TAILS; t++)
            x[h * TAILS + t] = float_of(h << 16 | tails[t]);
    check_rounding(x, TAILS << 16);
    assert_int_equal(bfloat16_of(1), 0x3f80);
    assert_int_equal(bfloat16_of(0x1.01p0F), 0x3f80); /* ties: 1 is even, 1 + 2^-7 is not */
    assert_int_equal(bfloat16_of(0x1.03p0F), 0x3f82);
    assert_int_equal(bfloat16_of(-0x1.fffffep127F), 0xff80);
    assert_int_equal(bfloat16_of(-0x1p-127F), 0x8000);
}

static void rows_of_any_length_round_alike(void **state) {
    (void)state;
    lint_rng r = lint_rng_at(1, 0, 0, 0);
    float x[70];
    for (size_t n = 1; n <= 70; n++) {
        for (size_t i = 0; i < n; i++)
            x[i] = any_float(&r);
        check_rounding(x, n);
        for (size_t s = 0; s < sets; s++) { /* in its place */
            float y[70];
            memcpy(y, x, sizeof y);
            kernels[s]->to_bfloat16(n, y, y);
            for (size_t i = 0; i < n; i++) {
                uint16_t half;
                memcpy(&half, (char *)y + 2 * i, sizeof half);
                assert_int_equal(half, bfloat16_of(x[i]));
            }
        }
    }
}

/* rows, some odd, of c floats, in their place and elsewhere; what lies beside them stays. */
static void two_rows_become_one_of_pairs(void **state) {
    (void)state;
    enum { LD = 61, HIGH = 7 };
    lint_rng r = lint_rng_at(2, 0, 0, 0);
    float x[HIGH * LD], y[HIGH * LD];
    for (size_t c = 1; c < LD; c++)
        for (size_t rows = 1; rows <= HIGH; rows++)
            for (size_t s = 0; s < sets * 2; s++) {
                for (size_t i = 0; i < HIGH * LD; i++)
                    x[i] = y[i] = any_float(&r);
                kernels[s / 2]->pair_rows(rows, c, s % 2 ? x : y, LD, y, LD);
                for (size_t q = 0; q < (rows + 1) / 2; q++)
                    for (size_t i = 0; i < LD; i++) {
                        float low = x[2 * q * LD + i];
                        float high = 2 * q + 1 < rows ? x[(2 * q + 1) * LD + i] : 0;
                        uint32_t was = bits_of(x[q * LD + i]);
                        assert_int_equal(bits_of(y[q * LD + i]), i < c ? pair_of(low, high) : was);
                    }
            }
}

/* --- products --------------------------------------------------------------------------------- */

/* What is done to sums at their end, perhaps nothing. */
typedef struct epilogue {
    int scaled;
    float scale[48], shift[48], top;
} epilogue;

static void fill_epilogue(epilogue *e, lint_rng *r) {
    /* Powers of two: fused with a sum or not, a product rounds alike. */
    static const float tops[] = {0, 0.5F, INFINITY}, scales[] = {-2, -0.5F, 1, 4};
    e->top = tops[lint_rng_below(r, 3)];
    e->scaled = (int)lint_rng_below(r, 2);
    for (size_t i = 0; i < 48; i++) {
        e->scale[i] = scales[lint_rng_below(r, 4)];
        e->shift[i] = (float)lint_rng_range(r, -1, 1);
    }
}

static lint_epilogue epilogue_of(const epilogue *e) {
    return (lint_epilogue){
        .scale = e->scaled ? e->scale : NULL, .shift = e->scaled ? e->shift : NULL, .top = e->top};
}

static float finish(const epilogue *e, size_t channel, float sum) {
    if (e->scaled) sum = sum * e->scale[channel] + e->shift[channel];
    return e->top > 0 ? fminf(fmaxf(sum, 0), e->top) : sum;
}

/* One product of any size: a [p,k], b [k,cols] of pairs or floats, y [p,cols]. */
typedef struct product {
    size_t p, cols, k;
    int add, biased;
    epilogue e;
    float a[MOST * LINT_GEMM_LDA], b[MOST * ROWS], bias[ROWS], y[MOST * ROWS];
} product;

static float pair_at_random(lint_rng *r) {
    uint32_t low = bits_of(a_bfloat16(r)) >> 16;
    return float_of(bits_of(a_bfloat16(r)) | low);
}

static void fill_product(product *j, lint_rng *r, size_t p_most, size_t k_most) {
    j->p = 1 + lint_rng_below(r, p_most);
    j->k = 1 + lint_rng_below(r, k_most);
    j->cols = 1 + lint_rng_below(r, ROWS);
    j->add = (int)lint_rng_below(r, 2);
    j->biased = (int)lint_rng_below(r, 2);
    fill_epilogue(&j->e, r);
    for (size_t i = 0; i < sizeof j->a / sizeof *j->a; i++)
        j->a[i] = pair_at_random(r);
    for (size_t i = 0; i < sizeof j->b / sizeof *j->b; i++)
        j->b[i] = pair_at_random(r);
    for (size_t i = 0; i < ROWS; i++)
        j->bias[i] = (float)lint_rng_range(r, -1, 1);
    for (size_t i = 0; i < sizeof j->y / sizeof *j->y; i++)
        j->y[i] = (float)lint_rng_range(r, -1, 1);
}

/* b [rows, cols] as the kernels want it, in panels; the caller frees it. */
static float *panels_of(const lint_kernels *k, const product *j, size_t rows) {
    size_t panels = (j->cols + k->panel - 1) / k->panel;
    float *all = aligned_alloc(64, (panels * rows * k->panel * sizeof *all + 63) / 64 * 64);
    assert_non_null(all);
    memset(all, 0, panels * rows * k->panel * sizeof *all);
    for (size_t i = 0; i < rows; i++)
        for (size_t o = 0; o < j->cols; o++)
            all[(o / k->panel * rows + i) * k->panel + o % k->panel] = j->b[i * j->cols + o];
    return all;
}

/* sum + the products of n pairs, as and bs floats apart. Without tiles (depth 0) one pair after the other, its
 * second product first. With them `depth` pairs at a time: the first numbers' products, the second ones',
 * and both sums. */
static float add_pairs(size_t depth, float sum, size_t n, const float *a, size_t as, const float *b,
                       size_t bs) {
    for (size_t i = 0; i < n && !depth; i++) {
        sum += high_of(a[i * as]) * high_of(b[i * bs]);
        sum += low_of(a[i * as]) * low_of(b[i * bs]);
    }
    for (size_t from = 0; from < n && depth; from += depth) {
        float low = 0, high = 0;
        for (size_t i = from; i < n && i < from + depth; i++) {
            low += low_of(a[i * as]) * low_of(b[i * bs]);
            high += high_of(a[i * as]) * high_of(b[i * bs]);
        }
        sum += low + high;
    }
    return sum;
}

enum { TILE = 16 };

static int has_tiles(const lint_kernels *k) {
    return strcmp(k->name, "v4amx") == 0;
}

/* Of a product of k pairs; 0 where the kernels have no tiles. */
static size_t depth_of(const lint_kernels *kernel, size_t k) {
    size_t tiles = (k + TILE - 1) / TILE;
    return has_tiles(kernel) ? (k + tiles - 1) / tiles : 0;
}

static void plain_gemm(const lint_kernels *kernel, const product *j, float *y) {
    for (size_t p = 0; p < j->p; p++)
        for (size_t o = 0; o < j->cols; o++) {
            float sum = j->add ? j->y[p * j->cols + o] : j->biased ? j->bias[o] : 0;
            sum = add_pairs(depth_of(kernel, j->k), sum, j->k, j->a + p * LINT_GEMM_LDA, 1,
                            j->b + o, j->cols);
            y[p * j->cols + o] = finish(&j->e, o, sum);
        }
}

static void plain_outer(const lint_kernels *kernel, const product *j, float *g) {
    for (size_t k = 0; k < j->k; k++)
        for (size_t o = 0; o < j->cols; o++)
            g[k * j->cols + o] = add_pairs(depth_of(kernel, j->p), g[k * j->cols + o], j->p,
                                           j->a + k, LINT_GEMM_LDA, j->b + o, j->cols);
}

static void run_gemm(const lint_kernels *k, lint_gemm *gemm, const product *j, float *y) {
    float *panels = panels_of(k, j, j->k);
    lint_epilogue e = epilogue_of(&j->e);
    memcpy(y, j->y, sizeof j->y);
    gemm(j->p, j->cols, j->k, j->a, panels, j->k * k->panel, j->biased ? j->bias : NULL, j->add,
         e.scale || e.top > 0 ? &e : NULL, y, j->cols);
    free(panels);
}

static void run_outer(const lint_kernels *k, lint_gemm_outer *outer, const product *j, float *g) {
    float *panels = panels_of(k, j, j->p);
    memcpy(g, j->y, sizeof j->y);
    outer(j->p, j->cols, j->k, j->a, panels, j->p * k->panel, g, j->cols);
    free(panels);
}

static product job; /* too large for a stack */
static float want[MOST * ROWS], got[MOST * ROWS];

static void assert_same(const lint_kernels *k, const char *what) {
    for (size_t i = 0; i < MOST * ROWS; i++)
        if (bits_of(got[i]) != bits_of(want[i]))
            fail_msg("%s %s, %zu x %zu x %zu: number %zu is %a, not %a", k->name, what, job.p,
                     job.k, job.cols, i, (double)got[i], (double)want[i]);
}

static void sums_of_pairs_round_as_plain_ones_do(void **state) {
    (void)state;
    lint_rng r = lint_rng_at(3, 0, 0, 0);
    for (int round = 0; round < 60; round++) {
        fill_product(&job, &r, ROWS, MOST);
        for (size_t s = 0; s < sets; s++) {
            memcpy(want, job.y, sizeof want);
            plain_gemm(kernels[s], &job, want);
            run_gemm(kernels[s], kernels[s]->gemm_pairs, &job, got);
            assert_same(kernels[s], "gemm_pairs");
        }
        fill_product(&job, &r, MOST, MOST);
        for (size_t s = 0; s < sets; s++) {
            memcpy(want, job.y, sizeof want);
            plain_outer(kernels[s], &job, want);
            run_outer(kernels[s], kernels[s]->gemm_outer_pairs, &job, got);
            assert_same(kernels[s], "gemm_outer_pairs");
        }
    }
}

/* Rows of bfloat16 for mul, whose pixels may begin at odd numbers, and columns that fill no vector. */
typedef struct row_product {
    size_t p, o, k, r, lda; /* k, lda: in bfloat16 */
    int add, biased;
    epilogue e;
    uint16_t row[3][512];
    float b[3 * 24 * 48], bias[48], y[40 * 48];
} row_product;

static void fill_row_product(row_product *j, lint_rng *r) {
    static const size_t outputs[] = {1, 5, 16, 24, 32, 40, 48}, distances[] = {1, 3, 6, 8, 16};
    j->o = outputs[lint_rng_below(r, 7)];
    j->lda = distances[lint_rng_below(r, 5)];
    j->p = 1 + lint_rng_below(r, 28);
    j->k = 1 + lint_rng_below(r, 40);
    j->r = 1 + lint_rng_below(r, 3);
    j->add = (int)lint_rng_below(r, 2);
    j->biased = (int)lint_rng_below(r, 2);
    fill_epilogue(&j->e, r);
    for (size_t i = 0; i < 3 * 512; i++)
        j->row[i / 512][i % 512] = bfloat16_of((float)lint_rng_range(r, -1, 1));
    for (size_t i = 0; i < sizeof j->b / sizeof *j->b; i++)
        j->b[i] = pair_at_random(r);
    for (size_t i = 0; i < 48; i++)
        j->bias[i] = (float)lint_rng_range(r, -1, 1);
    for (size_t i = 0; i < sizeof j->y / sizeof *j->y; i++)
        j->y[i] = (float)lint_rng_range(r, -1, 1);
}

/* Without tiles where the outputs do not fill one. */
static void plain_mul(const lint_kernels *kernel, const row_product *j, float *y) {
    size_t steps = (j->k + 1) / 2, depth = j->o < TILE ? 0 : depth_of(kernel, steps);
    for (size_t p = 0; p < j->p; p++)
        for (size_t o = 0; o < j->o; o++) {
            float sum = j->add ? j->y[p * j->o + o] : j->biased ? j->bias[o] : 0;
            for (size_t i = 0; i < j->r; i++) {
                float a[ROWS]; /* from an odd number on, perhaps */
                memcpy(a, j->row[i] + p * j->lda, steps * sizeof *a);
                sum = add_pairs(depth, sum, steps, a, 1, j->b + i * steps * j->o + o, j->o);
            }
            y[p * j->o + o] = finish(&j->e, o, sum);
        }
}

/* a: pairs [p, lda], of which k are taken; g [k, o]. */
static void plain_row_outer(const row_product *j, const float *a, float *g) {
    for (size_t k = 0; k < j->k; k++)
        for (size_t o = 0; o < j->o; o++)
            g[k * j->o + o] = add_pairs(0, g[k * j->o + o], j->p, a + k, j->lda, j->b + o, j->o);
}

static void rows_of_pairs_are_summed_as_plain_ones_are(void **state) {
    (void)state;
    enum { NUMBERS = sizeof((row_product){0}).y / sizeof(float) };
    static row_product j;
    static float plain[NUMBERS], y[NUMBERS], a[40 * 48];
    lint_rng r = lint_rng_at(5, 0, 0, 0);
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        a[i] = pair_at_random(&r);
    for (int round = 0; round < 200; round++) {
        fill_row_product(&j, &r);
        const float *rows[3];
        for (size_t i = 0; i < 3; i++)
            rows[i] = (const float *)(const void *)j.row[i];
        for (size_t s = 0; s < sets; s++) {
            lint_epilogue e = epilogue_of(&j.e);
            memcpy(plain, j.y, sizeof plain);
            plain_mul(kernels[s], &j, plain);
            memcpy(y, j.y, sizeof y);
            kernels[s]->mul_pairs(j.p, j.o, (j.k + 1) / 2, j.r, rows, j.lda, j.b,
                                  j.biased ? j.bias : NULL, j.add, &e, y);
            assert_memory_equal(y, plain, sizeof y);
        }
        for (size_t s = 0; s < sets; s++) {
            memcpy(plain, j.y, sizeof plain);
            plain_row_outer(&j, a, plain);
            memcpy(y, j.y, sizeof y);
            kernels[s]->outer_pairs(j.p, j.o, j.k, a, j.lda, j.b, y);
            assert_memory_equal(y, plain, sizeof y);
        }
    }
}

/* The pairs of some rows and taps of transposed products. */
enum { TAPS = 3, RUNS = 5, LONG = 48 };

typedef struct rows_product {
    lint_outer_transposed m;
    float a[TAPS * RUNS][LONG * LONG], d[TAPS * RUNS][LONG * LONG], g[TAPS * LONG * LONG];
    float laid[TAPS * RUNS][LONG * LONG * 2]; /* a, transposed */
    const float *at[TAPS * RUNS], *dt[TAPS * RUNS];
} rows_product;

/* Transposed tile behind tile, or row behind row. */
static void fill_rows_product(rows_product *j, const lint_kernels *kernel, lint_rng *r) {
    size_t p = 1 + lint_rng_below(r, LONG), k = 1 + lint_rng_below(r, LONG),
           o = 1 + lint_rng_below(r, LONG);
    const lint_transposed tiles = {lint_tile_depth(p), TILE, k * TILE};
    const lint_transposed rows = {TILE, (p + TILE - 1) / TILE * TILE, TILE};
    j->m = (lint_outer_transposed){.taps = 1 + lint_rng_below(r, TAPS),
                                   .runs = 1 + lint_rng_below(r, RUNS),
                                   .p = p,
                                   .o = o,
                                   .k = k,
                                   .a = j->at,
                                   .d = j->dt,
                                   .transposed = lint_rng_below(r, 2) ? tiles : rows,
                                   .ldd = o < TILE ? TILE : o,
                                   .ldg = LONG,
                                   .apart = LONG * LONG};
    for (size_t i = 0; i < j->m.taps * j->m.runs; i++) {
        for (size_t q = 0; q < LONG * LONG; q++) {
            j->a[i][q] = pair_at_random(r);
            j->d[i][q] = pair_at_random(r);
        }
        memset(j->laid[i], 0, sizeof j->laid[i]);
        kernel->transpose_pairs(p, k, j->a[i], k, &j->m.transposed, j->laid[i]);
        j->at[i] = j->laid[i];
        j->dt[i] = j->d[i];
    }
    for (size_t q = 0; q < TAPS * LONG * LONG; q++)
        j->g[q] = (float)lint_rng_range(r, -1, 1);
}

static void plain_outer_transposed(const rows_product *j, float *g) {
    const lint_outer_transposed *m = &j->m;
    for (size_t i = 0; i < m->taps * m->runs; i++)
        for (size_t k = 0; k < m->k; k++)
            for (size_t o = 0; o < m->o; o++) {
                float *to = g + i / m->runs * m->apart + k * m->ldg + o;
                *to = add_pairs(m->transposed.depth, *to, m->p, j->a[i] + k, m->k, j->d[i] + o,
                                m->ldd);
            }
}

static void transposed_pairs_are_summed_as_plain_ones_are(void **state) {
    (void)state;
    static rows_product j;
    static float plain[TAPS * LONG * LONG];
    lint_rng r = lint_rng_at(6, 0, 0, 0);
    for (size_t s = 0; s < sets; s++) {
        assert_int_equal(kernels[s]->outer_transposed != NULL, has_tiles(kernels[s]));
        for (int round = 0; round < 100 && has_tiles(kernels[s]); round++) {
            fill_rows_product(&j, kernels[s], &r);
            memcpy(plain, j.g, sizeof plain);
            plain_outer_transposed(&j, plain);
            j.m.g = j.g;
            kernels[s]->outer_transposed(&j.m);
            assert_memory_equal(j.g, plain, sizeof plain);
        }
    }
}

static void a_bfloat16_is_a_float(void **state) {
    (void)state;
    for (size_t s = 0; s < sets; s++)
        for (uint32_t first = 0; first + 37 <= 1 << 16; first += 37) {
            uint16_t x[37];
            float y[37];
            for (uint32_t i = 0; i < 37; i++)
                x[i] = (uint16_t)(first + i);
            kernels[s]->from_bfloat16(37, x, y);
            for (uint32_t i = 0; i < 37; i++)
                assert_int_equal(bits_of(y[i]), (first + i) << 16);
        }
}

/* The same numbers as floats, two steps for each pair. Only the order of sums differs: a part in a
 * million of the sum of sizes, which is at most 512 terms of less than 1. */
enum { TERMS = MOST / 2 };

static void unpair_columns(product *j) {
    for (size_t p = 0; p < j->p; p++) {
        float *row = j->a + p * LINT_GEMM_LDA;
        for (size_t k = j->k; k-- > 0;) {
            float pair = row[k];
            row[2 * k] = low_of(pair);
            row[2 * k + 1] = high_of(pair);
        }
    }
}

static void unpair_rows(float *v, size_t rows, size_t c, size_t ld) {
    for (size_t i = rows; i-- > 0;)
        for (size_t o = 0; o < c; o++) {
            float pair = v[i * ld + o];
            v[2 * i * ld + o] = low_of(pair);
            v[(2 * i + 1) * ld + o] = high_of(pair);
        }
}

static void products_of_bfloat16_are_those_of_floats(void **state) {
    (void)state;
    lint_rng r = lint_rng_at(4, 0, 0, 0);
    for (int round = 0; round < 20; round++)
        for (size_t s = 0; s < sets; s++) {
            fill_product(&job, &r, ROWS, TERMS);
            job.e = (epilogue){0};
            run_gemm(kernels[s], kernels[s]->gemm_pairs, &job, got);
            unpair_columns(&job);
            unpair_rows(job.b, job.k, job.cols, job.cols);
            job.k *= 2;
            run_gemm(kernels[s], kernels[s]->gemm, &job, want);
            assert_true(check_tensor("gemm", got, want, job.p * job.cols,
                                     1e-6 * check_max(want, job.p * job.cols), 1e-6));

            fill_product(&job, &r, TERMS, MOST);
            run_outer(kernels[s], kernels[s]->gemm_outer_pairs, &job, got);
            unpair_rows(job.a, job.p, job.k, LINT_GEMM_LDA);
            unpair_rows(job.b, job.p, job.cols, job.cols);
            job.p *= 2;
            run_outer(kernels[s], kernels[s]->gemm_outer, &job, want);
            assert_true(check_tensor("gemm_outer", got, want, job.k * job.cols,
                                     1e-6 * check_max(want, job.k * job.cols), 1e-6));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_round_to_the_nearest_bfloat16),
        cmocka_unit_test(rows_of_any_length_round_alike),
        cmocka_unit_test(two_rows_become_one_of_pairs),
        cmocka_unit_test(sums_of_pairs_round_as_plain_ones_do),
        cmocka_unit_test(rows_of_pairs_are_summed_as_plain_ones_are),
        cmocka_unit_test(transposed_pairs_are_summed_as_plain_ones_are),
        cmocka_unit_test(a_bfloat16_is_a_float),
        cmocka_unit_test(products_of_bfloat16_are_those_of_floats),
    };
    return cmocka_run_group_tests(tests, pick_all, NULL);
}
