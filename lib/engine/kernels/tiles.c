/* The products of pairs by the tiles of AMX, and with them the table "v4amx": all else is v4bf16's.
 *
 * A tile register holds 16 rows of 64 bytes. One instruction adds to 16x16 sums the products of 16 pairs
 * for each, where vdpbf16ps does 16 sums of one pair. It sums the first numbers of its 16 pairs, then the
 * second ones, adds both, and adds that to what the tile held; subnormal numbers are zero. So the order
 * of sums, and with it the last bits, are other ones than those of v4bf16.
 *
 * Compiled once, with LINT_SET as v4amx. Whatever a function changes in the tile registers, it leaves
 * them released, as the rest of the program expects. */
#include "engine/kernels/kernels_parts.h"

#include <immintrin.h>
#include <string.h>

enum { TILE = 16 }; /* rows of a tile; sums of a row; pairs of a sum that one instruction adds */

/* Numbers of the registers; macros, since they become part of an instruction's name. Two tiles of sums lie
 * side by side. The last rows of a product, where they are fewer than 16, have tiles of their own. */
#define SUMS_LEFT       0
#define SUMS_RIGHT      1
#define LAST_SUMS_LEFT  2
#define LAST_SUMS_RIGHT 3
#define A_ROWS          4
#define A_LAST_ROWS     5
#define B_LEFT          6
#define B_RIGHT         7

/* The compiler does not know that tile instructions read memory. */
INLINE void memory_is_written(void) {
    __asm__ volatile("" ::: "memory");
}

/* Sets the registers' sizes: for `last` rows at the end (0: none), and tiles of `depth` pairs. */
static void begin_tiles(size_t last, size_t depth) {
    struct {
        uint8_t palette, start_row, zero[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } sizes = {.palette = 1};
    for (int i = SUMS_LEFT; i <= B_RIGHT; i++) {
        int ends = last && (i == LAST_SUMS_LEFT || i == LAST_SUMS_RIGHT || i == A_LAST_ROWS);
        int of_a = i == A_ROWS || i == A_LAST_ROWS, of_b = i == B_LEFT || i == B_RIGHT;
        sizes.rows[i] = (uint8_t)(of_b ? depth : ends ? last : (size_t)TILE);
        sizes.row_bytes[i] = (uint16_t)((of_a ? depth : (size_t)TILE) * sizeof(float));
    }
    memory_is_written();
    _tile_loadconfig(&sizes);
}

INLINE void end_tiles(void) {
    _tile_release();
}

/* --- a tile of sums, or two ------------------------------------------------------------------------ */

/* Where sums lie, and what becomes of them. Of the columns that the tiles hold, [from, to) are there. */
typedef struct sums {
    float *y;
    size_t ldy, from, to;
    const float *bias;
    int add;
    const lint_epilogue *e;
} sums;

/* The factors of sums: run r of a's row i lies at a[r] + i * row bytes, of b at b + r * k * ldb. */
typedef struct factors {
    size_t runs, k, depth; /* pairs of a run; of which a tile takes depth */
    const void *const *a;
    size_t row;
    const float *b;
    size_t ldb;
} factors;

typedef float stage[TILE][2 * TILE] __attribute__((aligned(64)));

INLINE int is_whole(const int vecs, const sums *s) {
    return s->from == 0 && s->to == (size_t)(vecs * TILE);
}

/* What the sums start with, where it is not a rectangle of whole tiles. */
static void stage_start(const sums *s, size_t rows, stage to) {
    memset(to, 0, sizeof(stage));
    for (size_t i = 0; i < rows && (s->add || s->bias); i++) {
        const float *start = s->add ? s->y + i * s->ldy : s->bias;
        memcpy(to[i] + s->from, start + s->from, (s->to - s->from) * sizeof(float));
    }
    memory_is_written();
}

INLINE void load_sums(const int vecs, const int last, const float *y, size_t row) {
    if (last)
        _tile_loadd(LAST_SUMS_LEFT, y, row);
    else
        _tile_loadd(SUMS_LEFT, y, row);
    if (last && vecs == 2) _tile_loadd(LAST_SUMS_RIGHT, y + TILE, row);
    if (!last && vecs == 2) _tile_loadd(SUMS_RIGHT, y + TILE, row);
}

INLINE void store_sums(const int vecs, const int last, float *y, size_t row) {
    if (last)
        _tile_stored(LAST_SUMS_LEFT, y, row);
    else
        _tile_stored(SUMS_LEFT, y, row);
    if (last && vecs == 2) _tile_stored(LAST_SUMS_RIGHT, y + TILE, row);
    if (!last && vecs == 2) _tile_stored(SUMS_RIGHT, y + TILE, row);
}

INLINE void clear_sums(const int vecs, const int last) {
    if (last)
        _tile_zero(LAST_SUMS_LEFT);
    else
        _tile_zero(SUMS_LEFT);
    if (last && vecs == 2) _tile_zero(LAST_SUMS_RIGHT);
    if (!last && vecs == 2) _tile_zero(SUMS_RIGHT);
}

/* A row of 0 bytes repeats the bias. */
INLINE void start_sums(const int vecs, const int last, const sums *s, size_t rows) {
    if (!s->add && !s->bias)
        clear_sums(vecs, last);
    else if (is_whole(vecs, s))
        load_sums(vecs, last, s->add ? s->y : s->bias, s->add ? s->ldy * sizeof(float) : 0);
    else {
        stage start;
        stage_start(s, rows, start);
        load_sums(vecs, last, start[0], sizeof *start);
    }
}

INLINE void add_products(const int vecs, const int last, const void *a, size_t row, const float *b,
                         size_t ldb) {
    const size_t b_row = ldb * sizeof *b;
    _tile_loadd(B_LEFT, b, b_row);
    if (vecs == 2) _tile_loadd(B_RIGHT, b + TILE, b_row);
    if (last) {
        _tile_loadd(A_LAST_ROWS, a, row);
        _tile_dpbf16ps(LAST_SUMS_LEFT, A_LAST_ROWS, B_LEFT);
        if (vecs == 2) _tile_dpbf16ps(LAST_SUMS_RIGHT, A_LAST_ROWS, B_RIGHT);
    } else {
        _tile_loadd(A_ROWS, a, row);
        _tile_dpbf16ps(SUMS_LEFT, A_ROWS, B_LEFT);
        if (vecs == 2) _tile_dpbf16ps(SUMS_RIGHT, A_ROWS, B_RIGHT);
    }
}

INLINE __mmask16 first(size_t n) {
    return (__mmask16)((1U << n) - 1);
}

/* The n pairs that are left of a run, fewer than a tile takes, with zeros behind them. */
static void pad_a(const void *a, size_t row, size_t rows, size_t n, float to[TILE][TILE]) {
    for (size_t i = 0; i < rows; i++)
        _mm512_store_ps(to[i], _mm512_maskz_loadu_ps(first(n), (const char *)a + i * row));
}

static void pad_b(const int vecs, const float *b, size_t ldb, size_t n, stage to) {
    memset(to + n, 0, (TILE - n) * sizeof *to);
    for (size_t k = 0; k < n; k++)
        memcpy(to[k], b + k * ldb, (size_t)(vecs * TILE) * sizeof *b);
}

INLINE void add_padded(const int vecs, const int last, const void *a, size_t row, size_t rows,
                       const float *b, size_t ldb, size_t n) {
    float some[TILE][TILE] __attribute__((aligned(64)));
    stage others;
    pad_a(a, row, rows, n, some);
    pad_b(vecs, b, ldb, n, others);
    memory_is_written();
    add_products(vecs, last, some, sizeof *some, others[0], 2 * TILE);
}

/* The epilogue of columns [0, to), whose numbers are copied to `part` where tiles have more. */
static lint_epilogue whole_epilogue(const sums *s, float part[2][2 * TILE]) {
    lint_epilogue e = *s->e;
    if (!e.scale) return e;
    memset(part, 0, 2 * sizeof *part);
    memcpy(part[0], e.scale, s->to * sizeof(float));
    memcpy(part[1], e.shift, s->to * sizeof(float));
    e.scale = part[0];
    e.shift = part[1];
    return e;
}

INLINE void finish_sums(const int vecs, const sums *s, size_t rows, stage sum) {
    float part[2][2 * TILE];
    if (s->e) {
        const lint_epilogue e = is_whole(vecs, s) ? *s->e : whole_epilogue(s, part);
        for (size_t i = 0; i < rows; i++) {
            vf v[2];
            UNROLL
            for (int j = 0; j < vecs; j++)
                v[j] = load(sum[i] + j * W);
            finish(1, vecs, &e, 0, v);
            UNROLL
            for (int j = 0; j < vecs; j++)
                store(sum[i] + j * W, v[j]);
        }
    }
    for (size_t i = 0; i < rows; i++)
        memcpy(s->y + i * s->ldy + s->from, sum[i] + s->from, (s->to - s->from) * sizeof(float));
}

INLINE void end_sums(const int vecs, const int last, const sums *s, size_t rows) {
    if (is_whole(vecs, s) && !s->e) {
        store_sums(vecs, last, s->y, s->ldy * sizeof(float));
        return;
    }
    stage sum;
    store_sums(vecs, last, sum[0], sizeof *sum);
    finish_sums(vecs, s, rows, sum);
}

/* `rows` rows, 16 where they are not the last. */
INLINE void multiply_rows(const int vecs, const int last, const factors *f, size_t i, size_t rows,
                          const sums *s) {
    start_sums(vecs, last, s, rows);
    const float *b = f->b;
    for (size_t r = 0; r < f->runs; r++) {
        const char *a = (const char *)f->a[r] + i * f->row;
        size_t k = 0;
        for (; k + f->depth <= f->k; k += f->depth)
            add_products(vecs, last, a + k * sizeof(float), f->row, b + k * f->ldb, f->ldb);
        if (k < f->k)
            add_padded(vecs, last, a + k * sizeof(float), f->row, rows, b + k * f->ldb, f->ldb,
                       f->k - k);
        b += f->k * f->ldb;
    }
    end_sums(vecs, last, s, rows);
}

/* p rows of one tile's columns, or of two tiles'. */
INLINE void multiply_columns(const int vecs, const factors *f, size_t p, sums s) {
    size_t i = 0;
    for (; i + TILE <= p; i += TILE, s.y += TILE * s.ldy)
        multiply_rows(vecs, 0, f, i, TILE, &s);
    if (i < p) multiply_rows(vecs, 1, f, i, p - i, &s);
}

static __attribute__((noinline)) void multiply_one(const factors *f, size_t p, const sums *s) {
    multiply_columns(1, f, p, *s);
}

static __attribute__((noinline)) void multiply_two(const factors *f, size_t p, const sums *s) {
    multiply_columns(2, f, p, *s);
}

/* Pairs that a tile takes of k: as few tiles as there may be, as even as they can be. */
static size_t depth_of(size_t k) {
    size_t tiles = (k + TILE - 1) / TILE;
    return (k + tiles - 1) / tiles;
}

/* Columns of y that are computed at a time: tiles from column `at` on, of which [from, to) are stored. */
typedef struct span {
    size_t at, from, to;
    int tiles;
} span;

/* From column o on. Of columns that fill no tile the last ones are those of the tile that ends with them,
 * where it may overlap the one before; in a panel there are zeros behind them. */
static span span_of(size_t o, size_t cols, int overlaps) {
    size_t left = cols - o;
    if (left >= 2 * TILE) return (span){o, 0, 2 * TILE, 2};
    if (left >= TILE) return (span){o, 0, TILE, 1};
    if (overlaps) return (span){cols - TILE, TILE - left, TILE, 1};
    return (span){o, 0, left, 1};
}

/* --- gemm, mul ---------------------------------------------------------------------------------------- */

/* All columns of a product. A panel of b lies `apart` floats behind the one before. */
static void multiply(const factors *f, size_t p, size_t cols, size_t apart, int overlaps,
                     const sums *all) {
    span c;
    begin_tiles(p % TILE, f->depth);
    for (size_t o = 0; o < cols; o += c.to - c.from) {
        c = span_of(o, cols, overlaps);
        const lint_epilogue e = all->e ? lint_epilogue_from(all->e, c.at) : (lint_epilogue){0};
        const sums s = {
            all->y + c.at, all->ldy,          c.from, c.to, all->bias ? all->bias + c.at : NULL,
            all->add,      all->e ? &e : NULL};
        factors part = *f;
        part.b += c.at / PANEL * apart + c.at % PANEL;
        if (c.tiles == 2)
            multiply_two(&part, p, &s);
        else
            multiply_one(&part, p, &s);
    }
    end_tiles();
}

void KERNEL(gemm_pairs)(size_t p, size_t cols, size_t k, const float *a, const float *b, size_t ldb,
                        const float *bias, int add, const lint_epilogue *e, float *y, size_t ldy) {
    const void *runs[] = {a};
    const factors f = {1, k, depth_of(k), runs, LINT_GEMM_LDA * sizeof *a, b, PANEL};
    const sums s = {.y = y, .ldy = ldy, .bias = bias, .add = add, .e = e};
    multiply(&f, p, cols, ldb, 0, &s);
}

void KERNEL(mul_pairs)(size_t p, size_t o, size_t k, size_t r, const float *const *rows, size_t lda,
                       const float *b, const float *bias, int add, const lint_epilogue *e,
                       float *y) {
    if (o < TILE) {
        lint_v4bf16_mul_pairs(p, o, k, r, rows, lda, b, bias, add, e, y);
        return;
    }
    const factors f = {r, k, depth_of(k), (const void *const *)rows, lda * sizeof(uint16_t), b, o};
    const sums s = {.y = y, .ldy = o, .bias = bias, .add = add, .e = e};
    multiply(&f, p, o, PANEL, 1, &s);
}

/* --- outer ---------------------------------------------------------------------------------------------- */

/* Rows and columns of a 16x16 change places. */
INLINE void turn(__m512 v[TILE]) {
    __m512 t[TILE];
    UNROLL
    for (int i = 0; i < TILE; i += 2) {
        t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
    }
    UNROLL
    for (int i = 0; i < TILE; i += 4) {
        UNROLL
        for (int j = 0; j < 2; j++) {
            __m512d x = _mm512_castps_pd(t[i + j]), z = _mm512_castps_pd(t[i + j + 2]);
            v[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, z));
            v[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, z));
        }
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        __m512 low = _mm512_shuffle_f32x4(v[i], v[i + 4], 0x88);
        __m512 low2 = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0x88);
        __m512 high = _mm512_shuffle_f32x4(v[i], v[i + 4], 0xdd);
        __m512 high2 = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0xdd);
        t[i] = _mm512_shuffle_f32x4(low, low2, 0x88);
        t[i + 8] = _mm512_shuffle_f32x4(low, low2, 0xdd);
        t[i + 4] = _mm512_shuffle_f32x4(high, high2, 0x88);
        t[i + 12] = _mm512_shuffle_f32x4(high, high2, 0xdd);
    }
    UNROLL
    for (int i = 0; i < TILE; i++)
        v[i] = t[i];
}

enum { TURNED = 4 }; /* tiles of a that are turned at a time */

/* `cols` columns, at most 16, of n rows of a, as rows; those of each `depth` in a tile, with zeros behind. */
static void turn_rows(const float *a, size_t lda, size_t n, size_t depth, size_t cols,
                      float to[][TILE][TILE]) {
    const __mmask16 some = first(cols);
    for (size_t at = 0; at < n; at += depth, to++) {
        size_t end = n - at < depth ? n - at : depth;
        __m512 v[TILE];
        UNROLL
        for (int i = 0; i < TILE; i++)
            v[i] = (size_t)i < end ? _mm512_maskz_loadu_ps(some, a + (at + (size_t)i) * lda)
                                   : _mm512_setzero_ps();
        turn(v);
        UNROLL
        for (int i = 0; i < TILE; i++)
            _mm512_store_ps((*to)[i], v[i]);
    }
    memory_is_written();
}

/* g[k][o] += sum over p of a[p][k] * d[p][o]. A panel of d lies `apart` floats behind the one before. */
typedef struct outer_args {
    size_t p, depth; /* rows of a and d; of which a tile takes depth */
    const float *d;
    size_t ldd, apart;
    size_t k, cols;
    int overlaps;
    float *g;
    size_t ldg;
} outer_args;

/* Onto `rows` rows of g, 16 where they are not the last, what n rows of d give, from d on, by a turned. */
INLINE void outer_columns(const int vecs, const int last, const outer_args *m, size_t n,
                          float a[][TILE][TILE], const float *d, size_t rows, const sums *s) {
    start_sums(vecs, last, s, rows);
    size_t at = 0;
    for (; at + m->depth <= n; at += m->depth, a++)
        add_products(vecs, last, *a, sizeof **a, d + at * m->ldd, m->ldd);
    if (at < n) {
        stage others;
        pad_b(vecs, d + at * m->ldd, m->ldd, n - at, others);
        memory_is_written();
        add_products(vecs, last, *a, sizeof **a, others[0], 2 * TILE);
    }
    end_sums(vecs, last, s, rows);
}

INLINE void outer_rows(const int last, const outer_args *m, size_t at, size_t n,
                       float a[][TILE][TILE], size_t i, size_t rows) {
    span c;
    for (size_t o = 0; o < m->cols; o += c.to - c.from) {
        c = span_of(o, m->cols, m->overlaps);
        const sums s = {m->g + i * m->ldg + c.at, m->ldg, c.from, c.to, NULL, 1, NULL};
        const float *d = m->d + c.at / PANEL * m->apart + c.at % PANEL + at * m->ldd;
        if (c.tiles == 2)
            outer_columns(2, last, m, n, a, d, rows, &s);
        else
            outer_columns(1, last, m, n, a, d, rows, &s);
    }
}

static void outer_by_tiles(const outer_args *m, const float *a, size_t lda) {
    float turned[TURNED][TILE][TILE] __attribute__((aligned(64)));
    begin_tiles(m->k % TILE, m->depth);
    for (size_t at = 0; at < m->p; at += TURNED * m->depth)
        for (size_t i = 0; i < m->k; i += TILE) {
            size_t n = m->p - at < TURNED * m->depth ? m->p - at : TURNED * m->depth;
            size_t rows = m->k - i < TILE ? m->k - i : TILE;
            turn_rows(a + at * lda + i, lda, n, m->depth, rows, turned);
            if (rows < TILE)
                outer_rows(1, m, at, n, turned, i, rows);
            else
                outer_rows(0, m, at, n, turned, i, rows);
        }
    end_tiles();
}

void KERNEL(gemm_outer_pairs)(size_t p, size_t cols, size_t k, const float *a, const float *d,
                              size_t ldd, float *g, size_t ldg) {
    const outer_args m = {p, depth_of(p), d, PANEL, ldd, k, cols, 0, g, ldg};
    outer_by_tiles(&m, a, LINT_GEMM_LDA);
}

void KERNEL(outer_pairs)(size_t p, size_t o, size_t k, const float *a, size_t lda, const float *d,
                         float *g) {
    if (o < TILE) {
        lint_v4bf16_outer_pairs(p, o, k, a, lda, d, g);
        return;
    }
    const outer_args m = {p, depth_of(p), d, o, PANEL, k, o, 1, g, o};
    outer_by_tiles(&m, a, lda);
}

/* --- the table ------------------------------------------------------------------------------------------ */

extern const lint_kernels lint_kernels_v4amx;

#define OWN(NAME)   .NAME = KERNEL(NAME),
#define THEIR(NAME) .NAME = lint_v4bf16_##NAME,

const lint_kernels lint_kernels_v4amx = {
    .name = "v4amx", .panel = PANEL, KERNELS_OF_PAIRS(OWN) OTHER_KERNELS(THEIR)};
