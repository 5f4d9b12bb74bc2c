/* Compiled once for each instruction set: LINT_KERNELS names the table, LINT_VECTOR the bytes of a
 * vector. Built with -O3 and -ffp-contract=fast: a product and the sum it goes into may be fused,
 * which rounds once instead of twice; nothing else is relaxed. */
#include "engine/kernels/kernels.h"

#include <string.h>
#ifdef __F16C__
#include <immintrin.h>
#endif

#ifndef LINT_VECTOR
#define LINT_VECTOR 16
#endif
#ifndef LINT_KERNELS
#define LINT_KERNELS      lint_kernels_plain
#define LINT_KERNELS_NAME "plain"
#endif

extern const lint_kernels LINT_KERNELS;

enum { W = LINT_VECTOR / (int)sizeof(float) };

typedef float vf __attribute__((vector_size(LINT_VECTOR)));
typedef float vf_any __attribute__((vector_size(LINT_VECTOR), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 32")

/* Accumulators: as many as leave room for the operands in 32 (AVX-512) or 16 registers. TALL rows
 * by one vector, WIDE rows by two. */
#if LINT_VECTOR == 64
enum { TALL = 24, WIDE = 12, OUTER_TALL = 16, OUTER_WIDE = 8 };
#else
enum { TALL = 12, WIDE = 6, OUTER_TALL = 8, OUTER_WIDE = 4 };
#endif

INLINE vf load(const float *p) {
    return *(const vf_any *)p;
}

INLINE void store(float *p, vf v) {
    *(vf_any *)p = v;
}

/* --- mul -------------------------------------------------------------------------------------- */

typedef struct mul_args {
    size_t o, k, r;
    const float *const *rows;
    const float *b, *bias;
    int add;
    float *y;
} mul_args;

/* ROWS pixels from p on, VECS vectors of outputs from column o on. ROWS, VECS and, where the caller
 * passes a constant, lda are known when this is compiled. */
INLINE void mul_tile(const int rows, const int vecs, const mul_args *m, size_t lda, size_t p,
                     size_t o) {
    vf acc[TALL][2];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vecs; j++) {
            size_t at = (p + (size_t)i) * m->o + o + (size_t)(j * W);
            acc[i][j] = m->add    ? load(m->y + at)
                        : m->bias ? load(m->bias + o + (size_t)(j * W))
                                  : (vf){0};
        }
    }
    const float *b = m->b + o;
    for (size_t r = 0; r < m->r; r++) {
        const float *a = m->rows[r] + p * lda;
        for (size_t k = 0; k < m->k; k++, a++, b += m->o) {
            vf bv[2];
            UNROLL
            for (int j = 0; j < vecs; j++)
                bv[j] = load(b + j * W);
            UNROLL
            for (int i = 0; i < rows; i++) {
                UNROLL
                for (int j = 0; j < vecs; j++)
                    acc[i][j] += bv[j] * a[(size_t)i * lda];
            }
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vecs; j++)
            store(m->y + (p + (size_t)i) * m->o + o + (size_t)(j * W), acc[i][j]);
    }
}

INLINE void mul_columns(const int tall, const int vecs, const mul_args *m, size_t p, size_t lda,
                        size_t o) {
    size_t i = 0;
    for (; i + (size_t)tall <= p; i += (size_t)tall)
        mul_tile(tall, vecs, m, lda, i, o);
    for (; i + 4 <= p; i += 4)
        mul_tile(4, vecs, m, lda, i, o);
    for (; i < p; i++)
        mul_tile(1, vecs, m, lda, i, o);
}

/* Columns that do not fill a vector. */
static void mul_tail(const mul_args *m, size_t p, size_t lda, size_t o) {
    for (size_t i = 0; i < p; i++)
        for (size_t c = o; c < m->o; c++) {
            float s = m->add ? m->y[i * m->o + c] : m->bias ? m->bias[c] : 0;
            for (size_t r = 0; r < m->r; r++)
                for (size_t k = 0; k < m->k; k++)
                    s += m->rows[r][i * lda + k] * m->b[(r * m->k + k) * m->o + c];
            m->y[i * m->o + c] = s;
        }
}

INLINE void mul_all(const mul_args *m, size_t p, size_t lda) {
    size_t o = 0;
    for (; o + 2 * W <= m->o; o += 2 * W)
        mul_columns(WIDE, 2, m, p, lda, o);
    for (; o + W <= m->o; o += W)
        mul_columns(TALL, 1, m, p, lda, o);
    if (o < m->o) mul_tail(m, p, lda, o);
}

/* The distance of two pixels is a constant for the common widths, so that the addresses of a
 * tile's rows are one register and displacements; otherwise they would not fit the registers. */
static void mul(size_t p, size_t o, size_t k, size_t r, const float *const *rows, size_t lda,
                const float *b, const float *bias, int add, float *y) {
    const mul_args m = {o, k, r, rows, b, bias, add, y};
    switch (lda) {
    case 3:
        mul_all(&m, p, 3);
        break;
    case 16:
        mul_all(&m, p, 16);
        break;
    case 32:
        mul_all(&m, p, 32);
        break;
    case 64:
        mul_all(&m, p, 64);
        break;
    default:
        mul_all(&m, p, lda);
    }
}

/* --- gemm ------------------------------------------------------------------------------------- */

enum { PANEL = 2 * W };

#if LINT_VECTOR == 64
enum { GEMM_TALL = 14 };
#else
enum { GEMM_TALL = 6 };
#endif

typedef struct gemm_args {
    size_t cols, steps; /* outputs of a panel; products of each */
    const float *b, *bias;
    int add;
    size_t ldy;
} gemm_args;

/* Vector j of a row of y or bias, of which only cols numbers exist. */
INLINE vf load_part(const float *p, size_t cols, int j) {
    float v[PANEL] = {0};
    memcpy(v, p, cols * sizeof *v);
    return load(v + j * W);
}

INLINE vf gemm_start(const int whole, const gemm_args *m, const float *y, int j) {
    const float *from = m->add ? y : m->bias;
    if (!from) return (vf){0};
    return whole ? load(from + j * W) : load_part(from, m->cols, j);
}

/* y[i] += sum over the steps k of a[i * row + k * step] * b[k]. gemm reads the rows of a, gemm_outer
 * its columns; rows, whole, row and step are known when this is compiled. */
INLINE void gemm_tile(const int rows, const int whole, const size_t row, const size_t step,
                      const gemm_args *m, const float *a, float *y) {
    vf acc[GEMM_TALL][2];
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < 2; j++)
            acc[i][j] = gemm_start(whole, m, y + (size_t)i * m->ldy, j);
    }
    const float *b = m->b;
    for (size_t k = 0; k < m->steps; k++, a += step, b += PANEL) {
        vf b0 = load(b), b1 = load(b + W);
        UNROLL
        for (int i = 0; i < rows; i++) {
            float v = a[(size_t)i * row];
            acc[i][0] += b0 * v;
            acc[i][1] += b1 * v;
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        float *to = y + (size_t)i * m->ldy;
        if (whole) {
            store(to, acc[i][0]);
            store(to + W, acc[i][1]);
        } else {
            memcpy(to, acc[i], m->cols * sizeof *to);
        }
    }
}

INLINE void gemm_rows(const int whole, const size_t row, const size_t step, const gemm_args *m,
                      size_t rows, const float *a, float *y) {
    size_t i = 0;
    for (; i + GEMM_TALL <= rows; i += GEMM_TALL)
        gemm_tile(GEMM_TALL, whole, row, step, m, a + i * row, y + i * m->ldy);
    for (; i + 4 <= rows; i += 4)
        gemm_tile(4, whole, row, step, m, a + i * row, y + i * m->ldy);
    for (; i < rows; i++)
        gemm_tile(1, whole, row, step, m, a + i * row, y + i * m->ldy);
}

static void gemm(size_t p, size_t cols, size_t k, const float *a, const float *b, const float *bias,
                 int add, float *y, size_t ldy) {
    const gemm_args m = {cols, k, b, bias, add, ldy};
    if (cols == PANEL)
        gemm_rows(1, LINT_GEMM_LDA, 1, &m, p, a, y);
    else
        gemm_rows(0, LINT_GEMM_LDA, 1, &m, p, a, y);
}

static void gemm_outer(size_t p, size_t cols, size_t k, const float *a, const float *d, float *g,
                       size_t ldg) {
    const gemm_args m = {cols, p, d, NULL, 1, ldg};
    if (cols == PANEL)
        gemm_rows(1, 1, LINT_GEMM_LDA, &m, k, a, g);
    else
        gemm_rows(0, 1, LINT_GEMM_LDA, &m, k, a, g);
}

/* --- outer ------------------------------------------------------------------------------------ */

typedef struct outer_args {
    size_t p, o, lda;
    const float *a, *d;
    float *g;
} outer_args;

INLINE void outer_tile(const int taps, const int vecs, const outer_args *m, size_t k, size_t o) {
    vf acc[OUTER_TALL][2];
    UNROLL
    for (int i = 0; i < taps; i++) {
        UNROLL
        for (int j = 0; j < vecs; j++)
            acc[i][j] = load(m->g + (k + (size_t)i) * m->o + o + (size_t)(j * W));
    }
    const float *a = m->a + k, *d = m->d + o;
    for (size_t p = 0; p < m->p; p++, a += m->lda, d += m->o) {
        vf dv[2];
        UNROLL
        for (int j = 0; j < vecs; j++)
            dv[j] = load(d + j * W);
        UNROLL
        for (int i = 0; i < taps; i++) {
            UNROLL
            for (int j = 0; j < vecs; j++)
                acc[i][j] += dv[j] * a[i];
        }
    }
    UNROLL
    for (int i = 0; i < taps; i++) {
        UNROLL
        for (int j = 0; j < vecs; j++)
            store(m->g + (k + (size_t)i) * m->o + o + (size_t)(j * W), acc[i][j]);
    }
}

INLINE void outer_columns(const int tall, const int vecs, const outer_args *m, size_t k, size_t o) {
    size_t i = 0;
    for (; i + (size_t)tall <= k; i += (size_t)tall)
        outer_tile(tall, vecs, m, i, o);
    for (; i + 2 <= k; i += 2)
        outer_tile(2, vecs, m, i, o);
    for (; i < k; i++)
        outer_tile(1, vecs, m, i, o);
}

static void outer_tail(const outer_args *m, size_t k, size_t o) {
    for (size_t i = 0; i < k; i++)
        for (size_t c = o; c < m->o; c++) {
            float s = m->g[i * m->o + c];
            for (size_t p = 0; p < m->p; p++)
                s += m->a[p * m->lda + i] * m->d[p * m->o + c];
            m->g[i * m->o + c] = s;
        }
}

static void outer(size_t p, size_t o, size_t k, const float *a, size_t lda, const float *d,
                  float *g) {
    const outer_args m = {p, o, lda, a, d, g};
    size_t c = 0;
    for (; c + 2 * W <= o; c += 2 * W)
        outer_columns(OUTER_WIDE, 2, &m, k, c);
    for (; c + W <= o; c += W)
        outer_columns(OUTER_TALL, 1, &m, k, c);
    if (c < o) outer_tail(&m, k, c);
}

/* --- tiles of F(2x2, 3x3) --------------------------------------------------------------------- */

/* One dimension of each transform, of numbers `s` apart; of 2-d, once for each dimension. */
INLINE void input_line(vf *t, int s) {
    vf a = t[0] - t[2 * s], b = t[s] + t[2 * s], c = t[2 * s] - t[s], d = t[s] - t[3 * s];
    t[0] = a, t[s] = b, t[2 * s] = c, t[3 * s] = d;
}

INLINE void output_line(vf *t, int s) {
    t[0] = t[0] + t[s] + t[2 * s];
    t[s] = t[s] - t[2 * s] - t[3 * s];
}

INLINE void spread_line(vf *t, int s) {
    vf a = t[0], b = t[s];
    t[s] = a + b, t[2 * s] = a - b, t[3 * s] = -b;
}

INLINE void filter_line(vf *t, int s) {
    vf ends = t[0] + t[2 * s], mid = t[s];
    t[3 * s] = t[2 * s];
    t[s] = (ends + mid) * 0.5F, t[2 * s] = (ends - mid) * 0.5F;
}

INLINE void gather_line(vf *t, int s) {
    vf sum = (t[s] + t[2 * s]) * 0.5F, difference = (t[s] - t[2 * s]) * 0.5F;
    t[0] += sum, t[s] = difference, t[2 * s] = sum + t[3 * s];
}

INLINE void load_tile(vf t[16], const float *from, size_t down, size_t across) {
    UNROLL
    for (size_t i = 0; i < 16; i++)
        t[i] = load(from + i / 4 * down + i % 4 * across);
}

INLINE void store_tile(const vf t[16], float *to, size_t down, size_t across) {
    UNROLL
    for (size_t i = 0; i < 16; i++)
        store(to + i / 4 * down + i % 4 * across, t[i]);
}

static void tile_input(size_t c, const float *const x[16], float *to, size_t down, size_t across) {
    for (size_t ch = 0; ch < c; ch += W) {
        vf t[16];
        UNROLL
        for (int i = 0; i < 16; i++)
            t[i] = load(x[i] + ch);
        UNROLL
        for (int i = 0; i < 4; i++)
            input_line(t + i, 4);
        UNROLL
        for (int i = 0; i < 4; i++)
            input_line(t + 4 * i, 1);
        store_tile(t, to + ch, down, across);
    }
}

static void tile_output(size_t c, const float *from, size_t down, size_t across, const float *bias,
                        int add, float *const y[4]) {
    for (size_t ch = 0; ch < c; ch += W) {
        vf t[16], b = bias ? load(bias + ch) : (vf){0};
        load_tile(t, from + ch, down, across);
        UNROLL
        for (int i = 0; i < 4; i++)
            output_line(t + i, 4);
        UNROLL
        for (int i = 0; i < 2; i++)
            output_line(t + 4 * i, 1);
        UNROLL
        for (int i = 0; i < 4; i++) {
            vf v = t[i / 2 * 4 + i % 2];
            store(y[i] + ch, v + (add ? load(y[i] + ch) : b));
        }
    }
}

static void tile_spread(size_t c, const float *const d[4], float *to, size_t down, size_t across) {
    for (size_t ch = 0; ch < c; ch += W) {
        vf t[16];
        UNROLL
        for (int i = 0; i < 4; i++)
            t[i / 2 * 4 + i % 2] = load(d[i] + ch);
        UNROLL
        for (int i = 0; i < 2; i++)
            spread_line(t + i, 4);
        UNROLL
        for (int i = 0; i < 4; i++)
            spread_line(t + 4 * i, 1);
        store_tile(t, to + ch, down, across);
    }
}

static void tile_filter(size_t c, const float *const w[9], float *to, size_t down, size_t across) {
    for (size_t ch = 0; ch < c; ch += W) {
        vf t[16];
        UNROLL
        for (int i = 0; i < 9; i++)
            t[i / 3 * 4 + i % 3] = load(w[i] + ch);
        UNROLL
        for (int i = 0; i < 3; i++)
            filter_line(t + i, 4);
        UNROLL
        for (int i = 0; i < 4; i++)
            filter_line(t + 4 * i, 1);
        store_tile(t, to + ch, down, across);
    }
}

static void tile_gather(size_t c, const float *from, size_t down, size_t across,
                        float *const w[9]) {
    for (size_t ch = 0; ch < c; ch += W) {
        vf t[16];
        load_tile(t, from + ch, down, across);
        UNROLL
        for (int i = 0; i < 4; i++)
            gather_line(t + i, 4);
        UNROLL
        for (int i = 0; i < 3; i++)
            gather_line(t + 4 * i, 1);
        UNROLL
        for (int i = 0; i < 9; i++)
            store(w[i] + ch, t[i / 3 * 4 + i % 3]);
    }
}

/* --- sums by channel -------------------------------------------------------------------------- */

/* Four running sums hide the latency of an addition. TERM is an expression of the index i. */
#define SUM_CHANNELS(TERM, SCALAR)                                                                 \
    size_t ch = 0;                                                                                 \
    for (; ch + W <= c; ch += W) {                                                                 \
        vf s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                                 \
        size_t q = 0, i = ch;                                                                      \
        for (; q + 4 <= p; q += 4, i += 4 * c) {                                                   \
            s0 += TERM(i);                                                                         \
            s1 += TERM(i + c);                                                                     \
            s2 += TERM(i + 2 * c);                                                                 \
            s3 += TERM(i + 3 * c);                                                                 \
        }                                                                                          \
        for (; q < p; q++, i += c)                                                                 \
            s0 += TERM(i);                                                                         \
        store(s + ch, load(s + ch) + ((s0 + s1) + (s2 + s3)));                                     \
    }                                                                                              \
    for (; ch < c; ch++) {                                                                         \
        float t = 0;                                                                               \
        for (size_t q = 0; q < p; q++)                                                             \
            t += SCALAR(q * c + ch);                                                               \
        s[ch] += t;                                                                                \
    }

static void sum(size_t p, size_t c, const float *x, float *s) {
#define TERM(i)   load(x + (i))
#define SCALAR(i) x[i]
    SUM_CHANNELS(TERM, SCALAR)
#undef TERM
#undef SCALAR
}

static void moments(size_t p, size_t c, const float *x, const float *m, float *s1, float *s2) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf mv = load(m + ch), a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0};
        size_t q = 0, i = ch;
        for (; q + 2 <= p; q += 2, i += 2 * c) {
            vf u = load(x + i) - mv, v = load(x + i + c) - mv;
            a0 += u;
            a1 += v;
            b0 += u * u;
            b1 += v * v;
        }
        if (q < p) {
            vf u = load(x + i) - mv;
            a0 += u;
            b0 += u * u;
        }
        store(s1 + ch, load(s1 + ch) + (a0 + a1));
        store(s2 + ch, load(s2 + ch) + (b0 + b1));
    }
    for (; ch < c; ch++)
        for (size_t i = ch; i < p * c; i += c) {
            float u = x[i] - m[ch];
            s1[ch] += u;
            s2[ch] += u * u;
        }
}

static void sum_product(size_t p, size_t c, const float *d, const float *x, const float *m,
                        float *s) {
#define TERM(i)   load(d + (i)) * (load(x + (i)) - load(m + ch))
#define SCALAR(i) d[i] * (x[i] - m[ch])
    SUM_CHANNELS(TERM, SCALAR)
#undef TERM
#undef SCALAR
}

/* --- element by element ----------------------------------------------------------------------- */

static void affine(size_t p, size_t c, const float *x, const float *a, const float *b, float *y) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf av = load(a + ch), bv = load(b + ch);
        for (size_t i = ch; i < p * c; i += c)
            store(y + i, load(x + i) * av + bv);
    }
    for (; ch < c; ch++)
        for (size_t i = ch; i < p * c; i += c)
            y[i] = x[i] * a[ch] + b[ch];
}

static void affine2(size_t p, size_t c, const float *d, const float *x, const float *a,
                    const float *b, const float *e, float *y) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf av = load(a + ch), bv = load(b + ch), ev = load(e + ch);
        for (size_t i = ch; i < p * c; i += c)
            store(y + i, load(d + i) * av + (load(x + i) * bv + ev));
    }
    for (; ch < c; ch++)
        for (size_t i = ch; i < p * c; i += c)
            y[i] = d[i] * a[ch] + (x[i] * b[ch] + e[ch]);
}

/* --- filters of one channel ------------------------------------------------------------------- */

enum { TAPS_CELLS = 8, TAPS_MOST = 9 };

typedef struct taps_args {
    size_t c, n, xs, ys;
    const float *const *x, *const *w;
    const float *bias;
    int add;
    float *y;
} taps_args;

/* Cells from p on, one vector of channels; sums stay in registers while the taps go by. */
INLINE void taps_tile(const int cells, const taps_args *a, size_t p, size_t ch) {
    vf sum[TAPS_CELLS];
    float *y = a->y + p * a->ys + ch;
    UNROLL
    for (int i = 0; i < cells; i++)
        sum[i] = a->add ? load(y + (size_t)i * a->ys) : a->bias ? load(a->bias + ch) : (vf){0};
    for (size_t t = 0; t < a->n; t++) {
        vf w = load(a->w[t] + ch);
        const float *x = a->x[t] + p * a->xs + ch;
        UNROLL
        for (int i = 0; i < cells; i++)
            sum[i] += load(x + (size_t)i * a->xs) * w;
    }
    UNROLL
    for (int i = 0; i < cells; i++)
        store(y + (size_t)i * a->ys, sum[i]);
}

static void taps_rest(const taps_args *a, size_t p, size_t ch) {
    float *y = a->y + p * a->ys + ch, sum = a->add ? *y : a->bias ? a->bias[ch] : 0;
    for (size_t t = 0; t < a->n; t++)
        sum += a->x[t][p * a->xs + ch] * a->w[t][ch];
    *y = sum;
}

static void taps(size_t p, size_t c, size_t n, const float *const *x, size_t xs,
                 const float *const *w, const float *bias, int add, float *y, size_t ys) {
    const taps_args a = {c, n, xs, ys, x, w, bias, add, y};
    size_t q = 0, whole = c / W * W;
    for (; q + TAPS_CELLS <= p; q += TAPS_CELLS)
        for (size_t ch = 0; ch < whole; ch += W)
            taps_tile(TAPS_CELLS, &a, q, ch);
    for (; q < p; q++)
        for (size_t ch = 0; ch < whole; ch += W)
            taps_tile(1, &a, q, ch);
    for (q = 0; q < p; q++)
        for (size_t ch = whole; ch < c; ch++)
            taps_rest(&a, q, ch);
}

/* COUNT taps at a time: each number of d is read once for all of them. */
INLINE void taps_gradient_tile(const int count, size_t p, size_t c, const float *const *x,
                               size_t xs, const float *d, size_t ch, float *const *w) {
    vf sum[TAPS_MOST];
    UNROLL
    for (int t = 0; t < count; t++)
        sum[t] = load(w[t] + ch);
    for (size_t q = 0; q < p; q++) {
        vf v = load(d + q * c + ch);
        UNROLL
        for (int t = 0; t < count; t++)
            sum[t] += load(x[t] + q * xs + ch) * v;
    }
    UNROLL
    for (int t = 0; t < count; t++)
        store(w[t] + ch, sum[t]);
}

static void taps_gradient(size_t p, size_t c, size_t n, const float *const *x, size_t xs,
                          const float *d, float *const *w) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        size_t t = 0;
        for (; t + 9 <= n; t += 9)
            taps_gradient_tile(9, p, c, x + t, xs, d, ch, w + t);
        for (; t + 5 <= n; t += 5)
            taps_gradient_tile(5, p, c, x + t, xs, d, ch, w + t);
        for (; t + 3 <= n; t += 3)
            taps_gradient_tile(3, p, c, x + t, xs, d, ch, w + t);
        for (; t < n; t++)
            taps_gradient_tile(1, p, c, x + t, xs, d, ch, w + t);
    }
    for (; ch < c; ch++)
        for (size_t t = 0; t < n; t++)
            for (size_t q = 0; q < p; q++)
                w[t][ch] += x[t][q * xs + ch] * d[q * c + ch];
}

typedef int vi __attribute__((vector_size(LINT_VECTOR)));
typedef uint8_t vb __attribute__((vector_size(LINT_VECTOR / 4)));
typedef uint8_t vb_any __attribute__((vector_size(LINT_VECTOR / 4), aligned(1), may_alias));

/* yes where the mask is all ones, no where it is zero. */
INLINE vf choose(vi mask, vf yes, vf no) {
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}

INLINE uint8_t pool2_scalar(size_t c, const float *top, const float *bottom, float sign, float *y) {
    const float *const at[4] = {top, top + c, bottom, bottom + c};
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (*at[i] * sign > *at[best] * sign) best = i;
    *y = *at[best];
    return (uint8_t)best;
}

INLINE void pool2_of(size_t p, size_t c, const float *top, const float *bottom, const float *sign,
                     float *y, uint8_t *arg) {
    for (size_t q = 0; q < p; q++, top += 2 * c, bottom += 2 * c, y += c) {
        size_t ch = 0;
        for (; ch + W <= c; ch += W) {
            vf s = load(sign + ch), best = load(top + ch) * s;
            vi at = {0};
            const float *const others[3] = {top + c + ch, bottom + ch, bottom + c + ch};
            UNROLL
            for (int i = 0; i < 3; i++) {
                vf v = load(others[i]) * s;
                vi larger = v > best;
                best = choose(larger, v, best);
                at = (larger & (i + 1)) | (~larger & at);
            }
            store(y + ch, best * s);
            if (arg) *(vb_any *)(arg + ch) = __builtin_convertvector(at, vb);
        }
        for (; ch < c; ch++) {
            uint8_t at = pool2_scalar(c, top + ch, bottom + ch, sign[ch], y + ch);
            if (arg) arg[ch] = at;
        }
        if (arg) arg += c;
    }
}

static void pool2(size_t p, size_t c, const float *top, const float *bottom, const float *sign,
                  float *y, uint8_t *arg) {
    if (arg)
        pool2_of(p, c, top, bottom, sign, y, arg);
    else
        pool2_of(p, c, top, bottom, sign, y, NULL);
}

/* d in the lanes whose cell is `cell`, zero in the others. */
INLINE vf where(vi at, int cell, vf d) {
    return (vf)((vi)d & (at == cell));
}

static void unpool2(size_t p, size_t c, const float *d, const uint8_t *arg, float *top,
                    float *bottom) {
    for (size_t q = 0; q < p; q++, top += 2 * c, bottom += 2 * c, d += c, arg += c) {
        size_t ch = 0;
        for (; ch + W <= c; ch += W) {
            vi at = __builtin_convertvector(*(const vb_any *)(arg + ch), vi);
            vf v = load(d + ch);
            store(top + ch, where(at, 0, v));
            store(top + c + ch, where(at, 1, v));
            store(bottom + ch, where(at, 2, v));
            store(bottom + c + ch, where(at, 3, v));
        }
        for (; ch < c; ch++) {
            top[ch] = arg[ch] == 0 ? d[ch] : 0;
            top[c + ch] = arg[ch] == 1 ? d[ch] : 0;
            bottom[ch] = arg[ch] == 2 ? d[ch] : 0;
            bottom[c + ch] = arg[ch] == 3 ? d[ch] : 0;
        }
    }
}

static void unpool2_affine2(size_t p, size_t c, const float *d, const uint8_t *arg,
                            const float *const x[2], const float *a, const float *b, const float *e,
                            float *const dx[2]) {
    for (size_t q = 0; q < p; q++, d += c, arg += c) {
        size_t ch = 0;
        for (; ch + W <= c; ch += W) {
            vi at = __builtin_convertvector(*(const vb_any *)(arg + ch), vi);
            vf v = load(d + ch) * load(a + ch), bv = load(b + ch), ev = load(e + ch);
            UNROLL
            for (int i = 0; i < 4; i++) {
                size_t to = (2 * q + (size_t)(i & 1)) * c + ch;
                store(dx[i >> 1] + to, where(at, i, v) + (load(x[i >> 1] + to) * bv + ev));
            }
        }
        for (; ch < c; ch++)
            for (int i = 0; i < 4; i++) {
                size_t to = (2 * q + (size_t)(i & 1)) * c + ch;
                float v = arg[ch] == i ? d[ch] * a[ch] : 0;
                dx[i >> 1][to] = v + (x[i >> 1][to] * b[ch] + e[ch]);
            }
    }
}

static void larger(size_t c, const float *x, uint8_t cell, float *y, uint8_t *arg) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf v = load(x + ch), best = load(y + ch);
        vi more = v > best;
        vb take = __builtin_convertvector(more, vb), at = *(const vb_any *)(arg + ch);
        store(y + ch, choose(more, v, best));
        *(vb_any *)(arg + ch) = (take & cell) | (~take & at);
    }
    for (; ch < c; ch++)
        if (x[ch] > y[ch]) {
            y[ch] = x[ch];
            arg[ch] = cell;
        }
}

/* --- halves ------------------------------------------------------------------------------------ */

INLINE float float_of(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

INLINE uint32_t bits_of(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* With its bits moved to where a float has them, a half is 2^-112 times what it was, since the
 * exponents' biases are 15 and 127; the product is exact. Infinity and NaN keep all their ones. */
INLINE float half_to_float(uint16_t h) {
    uint32_t magnitude = (uint32_t)(h & 0x7fff) << 13, sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t special = (h & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
    return float_of(bits_of(float_of(magnitude) * 0x1p112f) | special | sign);
}

/* Adding 0.5 to what is below 2^-14 leaves a multiple of 2^-24, the smallest half, in the last bits;
 * the sum rounds as wanted. */
INLINE uint16_t half_of_float(float v) {
    uint32_t bits = bits_of(v), magnitude = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
    uint32_t small = bits_of(float_of(magnitude) + 0.5f) - 0x3f000000;
    uint32_t normal = (magnitude - ((127u - 15u) << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
    uint32_t large = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    uint32_t half = magnitude < 0x38800000 ? small : magnitude < 0x47800000 ? normal : large;
    return (uint16_t)(half | sign);
}

/* F16C does as many as a vector of floats has at a time. */
#if defined(__F16C__) && LINT_VECTOR >= 32
enum { HALVES = 8 };
INLINE void halves_to_floats(const char *x, float *y) {
    _mm256_storeu_ps(y, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)x)));
}
INLINE void halves_of_floats(const float *x, char *y) {
    __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(x), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128((__m128i *)y, half);
}
#else
enum { HALVES = 1 };
INLINE void halves_to_floats(const char *x, float *y) {
    uint16_t h;
    memcpy(&h, x, sizeof h);
    *y = half_to_float(h);
}
INLINE void halves_of_floats(const float *x, char *y) {
    uint16_t h = half_of_float(*x);
    memcpy(y, &h, sizeof h);
}
#endif

static void from_half(size_t n, const void *x, float *y) {
    const char *from = x;
    size_t i = 0;
    for (; i + HALVES <= n; i += HALVES)
        halves_to_floats(from + 2 * i, y + i);
    for (uint16_t h; i < n; i++) {
        memcpy(&h, from + 2 * i, sizeof h);
        y[i] = half_to_float(h);
    }
}

static void to_half(size_t n, const float *x, void *y) {
    char *to = y;
    size_t i = 0;
    for (; i + HALVES <= n; i += HALVES)
        halves_of_floats(x + i, to + 2 * i);
    for (; i < n; i++) {
        uint16_t h = half_of_float(x[i]);
        memcpy(to + 2 * i, &h, sizeof h);
    }
}

static void relu(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

static void relu_back(size_t n, const float *restrict y, float *restrict d) {
    for (size_t i = 0; i < n; i++)
        d[i] = y[i] > 0 ? d[i] : 0;
}

/* y = OF(x, d) number by number; what fills no vector goes through one that is padded. */
#define EACH(OF, N, X, D, Y)                                                                       \
    size_t i = 0;                                                                                  \
    for (; i + W <= (N); i += W)                                                                   \
        store((Y) + i, OF(load((X) + i), load((D) + i)));                                          \
    if (i < (N)) {                                                                                 \
        float x_rest[W] = {0}, d_rest[W] = {0};                                                    \
        memcpy(x_rest, (X) + i, ((N)-i) * sizeof *x_rest);                                         \
        memcpy(d_rest, (D) + i, ((N)-i) * sizeof *d_rest);                                         \
        store(x_rest, OF(load(x_rest), load(d_rest)));                                             \
        memcpy((Y) + i, x_rest, ((N)-i) * sizeof *x_rest);                                         \
    }

INLINE vf clip_of(vf x, float slope, float offset, float top) {
    vf v = x * slope + offset, zero = {0};
    v = choose(v < 0, zero, v);
    return choose(v > top, zero + top, v);
}

INLINE vf clip_slope(vf y, vf d, float slope, float top) {
    return choose((y > 0) & (y < top), d * slope, (vf){0});
}

static void clip(size_t n, const float *x, float slope, float offset, float top, float *y) {
#define OF(X, D) clip_of(X, slope, offset, top)
    EACH(OF, n, x, x, y)
#undef OF
}

static void clip_back(size_t n, const float *y, float slope, float top, float *d){
#define OF(Y, D) clip_slope(Y, D, slope, top)
    EACH(OF, n, y, d, d)
#undef OF
}

/* e^x: 2^k times a polynomial of what is left, |r| <= ln 2 / 2 (Cephes' expf, Moshier), within
 * 2 units in the last place. Adding `round` leaves k in the low bits. */
INLINE vf exp_of(vf x) {
    const float round = 12582912, low = -87.33654f, high = 88.37626f;
    const float term[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f,
                          5.0000001201e-1f};
    x = choose(x < low, (vf){0} + low, x);
    x = choose(x > high, (vf){0} + high, x);
    vf t = x * 1.44269504f + round, k = t - round;
    vf r = x - k * 0.693359375f + k * 2.12194440e-4f, y = (vf){0} + 1.9875691500e-4f;
    UNROLL
    for (int i = 0; i < 5; i++)
        y = y * r + term[i];
    vi power = ((vi)t - 0x4b400000 + 127) << 23;
    return (y * r * r + r + 1) * (vf)power;
}

INLINE vf sigmoid_of(vf x) {
    return 1 / (1 + exp_of(-x));
}

INLINE vf silu_of(vf x, vf d) {
    (void)d;
    return x * sigmoid_of(x);
}

INLINE vf silu_slope(vf x, vf d) {
    vf s = sigmoid_of(x);
    return d * (s + x * s * (1 - s));
}

INLINE vf hardswish_of(vf x, vf d) {
    vf s = x * (1.0f / 6) + 0.5f, zero = {0};
    (void)d;
    s = choose(s < 0, zero, s);
    return x * choose(s > 1, zero + 1, s);
}

INLINE vf hardswish_slope(vf x, vf d) {
    vf s = x * (1.0f / 3) + 0.5f, zero = {0};
    s = choose(x < -3, zero, s);
    return d * choose(x > 3, zero + 1, s);
}

static void silu(size_t n, const float *x, float *y) {
    EACH(silu_of, n, x, x, y)
}

static void silu_back(size_t n, const float *x, const float *dy, float *dx) {
    EACH(silu_slope, n, x, dy, dx)
}

static void hardswish(size_t n, const float *x, float *y) {
    EACH(hardswish_of, n, x, x, y)
}

static void hardswish_back(size_t n, const float *x, const float *dy, float *dx) {
    EACH(hardswish_slope, n, x, dy, dx)
}

static void scale(size_t p, size_t c, const float *x, const float *s, int add, float *y) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf sv = load(s + ch);
        for (size_t i = ch; i < p * c; i += c)
            store(y + i, load(x + i) * sv + (add ? load(y + i) : (vf){0}));
    }
    for (; ch < c; ch++)
        for (size_t i = ch; i < p * c; i += c)
            y[i] = x[i] * s[ch] + (add ? y[i] : 0);
}

const lint_kernels LINT_KERNELS = {
    .name = LINT_KERNELS_NAME,
    .mul = mul,
    .panel = PANEL,
    .gemm = gemm,
    .gemm_outer = gemm_outer,
    .outer = outer,
    .tile_input = tile_input,
    .tile_output = tile_output,
    .tile_spread = tile_spread,
    .tile_filter = tile_filter,
    .tile_gather = tile_gather,
    .sum = sum,
    .moments = moments,
    .sum_product = sum_product,
    .affine = affine,
    .affine2 = affine2,
    .pool2 = pool2,
    .unpool2 = unpool2,
    .unpool2_affine2 = unpool2_affine2,
    .larger = larger,
    .taps = taps,
    .taps_gradient = taps_gradient,
    .from_half = from_half,
    .to_half = to_half,
    .relu = relu,
    .relu_back = relu_back,
    .clip = clip,
    .clip_back = clip_back,
    .silu = silu,
    .silu_back = silu_back,
    .hardswish = hardswish,
    .hardswish_back = hardswish_back,
    .scale = scale,
};
