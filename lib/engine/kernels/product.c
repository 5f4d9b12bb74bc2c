/* Products of matrices: of a convolution's rows where they lie (mul, outer), and of packed blocks
 * (gemm, gemm_outer). A tile of results stays in registers while the terms of its sums go by.
 *
 * Each comes twice: for numbers that are floats, and for pairs of bfloat16, which take the place of a
 * float and count as one step of the sum. */
#include "engine/kernels/kernels_parts.h"

#include <string.h>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

/* acc + high halves' product + low halves' product, for pairs in each place of b and in a. A product of
 * two bfloat16 is exact in a float, so that only the sums round, in this order, as vdpbf16ps does. */
INLINE vf dot(vf acc, vf b, float a) {
    int pair;
    memcpy(&pair, &a, sizeof pair);
    vi all = (vi){0} | pair;
#ifdef __AVX512BF16__
    return (vf)_mm512_dpbf16_ps((__m512)acc, (__m512bh)b, (__m512bh)all);
#else
    vi high = (vi){0} | (int)0xffff0000;
    acc += (vf)((vi)b & high) * (vf)((vi)all & high);
    return acc + (vf)((vi)b << 16) * (vf)((vi)all << 16);
#endif
}

INLINE vf madd(const int pairs, vf acc, vf b, float a) {
    return pairs ? dot(acc, b, a) : acc + b * a;
}

/* Numbers of accumulators that leave room for the operands in 32 (AVX-512) or 16 registers: TALL
 * rows of one vector, WIDE rows of two. */
#if LINT_VECTOR == 64
enum { TALL = 24, WIDE = 12, OUTER_TALL = 16, OUTER_WIDE = 8 };
#else
enum { TALL = 12, WIDE = 6, OUTER_TALL = 8, OUTER_WIDE = 4 };
#endif

/* --- mul, outer -------------------------------------------------------------------------------------- */

/* y[i][o] = bias[o] + sum over r, k of rows[r][i][k] * b[(r * K + k) * O + o]; with add on top of what y
 * holds, instead of bias; then what the epilogue says. mul reads the rows of a, outer its columns: element [i][k] lies row bytes on
 * for each i, step bytes for each k. */
typedef struct mul_args {
    size_t o, k, r;
    const float *const *rows;
    const float *b, *bias;
    int add;
    const lint_epilogue *e;
    float *y;
} mul_args;

typedef float one_any __attribute__((aligned(1), may_alias));

/* Computes `rows` rows of y from i0 on and `vecs` vectors of outputs from column o on. Both numbers
 * are compile-time constants, as are row and step where the caller passes constants. */
INLINE void mul_tile(const int pairs, const int rows, const int vecs, const mul_args *m, size_t row,
                     size_t step, size_t i0, size_t o) {
    vf acc[2 * TALL];
    UNROLL
    for (int i = 0; i < rows * vecs; i++) {
        size_t at = o + (size_t)(i % vecs * W);
        acc[i] = m->add    ? load(m->y + (i0 + (size_t)(i / vecs)) * m->o + at)
                 : m->bias ? load(m->bias + at)
                           : (vf){0};
    }
    const float *b = m->b + o;
    for (size_t r = 0; r < m->r; r++) {
        const char *a = (const char *)m->rows[r] + i0 * row;
        for (size_t k = 0; k < m->k; k++, a += step, b += m->o) {
            vf bv[2];
            UNROLL
            for (int j = 0; j < vecs; j++)
                bv[j] = load(b + j * W);
            UNROLL
            for (int i = 0; i < rows; i++) {
                float v = *(const one_any *)(a + (size_t)i * row);
                UNROLL
                for (int j = 0; j < vecs; j++)
                    acc[i * vecs + j] = madd(pairs, acc[i * vecs + j], bv[j], v);
            }
        }
    }
    if (m->e) finish(rows, vecs, m->e, o, acc);
    UNROLL
    for (int i = 0; i < rows * vecs; i++)
        store(m->y + (i0 + (size_t)(i / vecs)) * m->o + o + (size_t)(i % vecs * W), acc[i]);
}

INLINE void mul_left_of(const int pairs, const int vecs, const mul_args *m, size_t n, size_t row,
                        size_t step, size_t i, size_t o) {
    for (; i + 4 <= n; i += 4)
        mul_tile(pairs, 4, vecs, m, row, step, i, o);
    for (; i + 2 <= n; i += 2)
        mul_tile(pairs, 2, vecs, m, row, step, i, o);
    if (i < n) mul_tile(pairs, 1, vecs, m, row, step, i, o);
}

/* The rows that are left from i on, where a tile has more. One function for all distances, so that it is
 * compiled once; so is mul_rest. */
static __attribute__((noinline)) void mul_left(int pairs, int vecs, const mul_args *m, size_t n,
                                               size_t row, size_t step, size_t i, size_t o) {
    if (pairs && vecs == 2)
        mul_left_of(1, 2, m, n, row, step, i, o);
    else if (pairs)
        mul_left_of(1, 1, m, n, row, step, i, o);
    else if (vecs == 2)
        mul_left_of(0, 2, m, n, row, step, i, o);
    else
        mul_left_of(0, 1, m, n, row, step, i, o);
}

/* n rows of y, `tall` at a time. */
INLINE void mul_columns(const int pairs, const int tall, const int vecs, const mul_args *m,
                        size_t n, size_t row, size_t step, size_t o) {
    size_t i = 0;
    for (; i + (size_t)tall <= n; i += (size_t)tall)
        mul_tile(pairs, tall, vecs, m, row, step, i, o);
    if (i < n) mul_left(pairs, vecs, m, n, row, step, i, o);
}

enum { LAST_ROWS = 8 }; /* of a tile of mul_last */

/* The last columns, where they do not fill a vector: the vector that ends with them, of which only they
 * are stored. */
INLINE void mul_last(const int pairs, const int rows, const mul_args *m, size_t row, size_t step,
                     size_t i0) {
    vf acc[LAST_ROWS];
    size_t o = m->o - W, tail = m->o % W;
    UNROLL
    for (int i = 0; i < rows; i++)
        acc[i] = m->add    ? load(m->y + (i0 + (size_t)i) * m->o + o)
                 : m->bias ? load(m->bias + o)
                           : (vf){0};
    const float *b = m->b + o;
    for (size_t r = 0; r < m->r; r++) {
        const char *a = (const char *)m->rows[r] + i0 * row;
        for (size_t k = 0; k < m->k; k++, a += step, b += m->o) {
            vf bv = load(b);
            UNROLL
            for (int i = 0; i < rows; i++)
                acc[i] = madd(pairs, acc[i], bv, *(const one_any *)(a + (size_t)i * row));
        }
    }
    if (m->e) finish(rows, 1, m->e, o, acc);
    for (int i = 0; i < rows; i++) {
        float v[W];
        store(v, acc[i]);
        memcpy(m->y + (i0 + (size_t)i) * m->o + m->o - tail, v + W - tail, tail * sizeof *v);
    }
}

/* The same where there is no whole vector. */
INLINE void mul_tail(const int pairs, const mul_args *m, size_t n, size_t row, size_t step,
                     size_t o) {
    for (size_t i = 0; i < n; i++)
        for (size_t c = o; c < m->o; c++) {
            float s = m->add ? m->y[i * m->o + c] : m->bias ? m->bias[c] : 0;
            for (size_t r = 0; r < m->r; r++)
                for (size_t k = 0; k < m->k; k++) {
                    float v = *(const one_any *)((const char *)m->rows[r] + i * row + k * step);
                    vf b = {m->b[(r * m->k + k) * m->o + c]};
                    s = madd(pairs, (vf){s}, b, v)[0];
                }
            m->y[i * m->o + c] = finish_one(m->e, c, s);
        }
}

INLINE void mul_last_columns(const int pairs, const mul_args *m, size_t n, size_t row,
                             size_t step) {
    size_t i = 0;
    for (; i + LAST_ROWS <= n; i += LAST_ROWS)
        mul_last(pairs, LAST_ROWS, m, row, step, i);
    for (; i < n; i++)
        mul_last(pairs, 1, m, row, step, i);
}

static __attribute__((noinline)) void mul_rest(int pairs, const mul_args *m, size_t n, size_t row,
                                               size_t step, size_t o) {
    if (pairs && m->o < W)
        mul_tail(1, m, n, row, step, o);
    else if (m->o < W)
        mul_tail(0, m, n, row, step, o);
    else if (pairs)
        mul_last_columns(1, m, n, row, step);
    else
        mul_last_columns(0, m, n, row, step);
}

INLINE void mul_all(const int pairs, const int tall, const int wide, const mul_args *m, size_t n,
                    size_t row, size_t step) {
    size_t o = 0;
    for (; o + 2 * W <= m->o; o += 2 * W)
        mul_columns(pairs, wide, 2, m, n, row, step, o);
    for (; o + W <= m->o; o += W)
        mul_columns(pairs, tall, 1, m, n, row, step, o);
    if (o < m->o) mul_rest(pairs, m, n, row, step, o);
}

/* For the common widths, the distance of two pixels is a constant, so that one register and
 * displacements address all rows of a tile; separate addresses would not fit into the registers. */
INLINE void mul_rows(const int pairs, const mul_args *m, size_t p, size_t lda) {
    const size_t size = pairs ? sizeof(uint16_t) : sizeof(float), step = sizeof(float);
    switch (lda) {
    case 3:
        mul_all(pairs, TALL, WIDE, m, p, 3 * size, step);
        break;
    case 6:
        mul_all(pairs, TALL, WIDE, m, p, 6 * size, step);
        break;
    case 16:
        mul_all(pairs, TALL, WIDE, m, p, 16 * size, step);
        break;
    case 32:
        mul_all(pairs, TALL, WIDE, m, p, 32 * size, step);
        break;
    case 64:
        mul_all(pairs, TALL, WIDE, m, p, 64 * size, step);
        break;
    default:
        mul_all(pairs, TALL, WIDE, m, p, lda * size, step);
    }
}

void KERNEL(mul)(size_t p, size_t o, size_t k, size_t r, const float *const *rows, size_t lda,
                 const float *b, const float *bias, int add, const lint_epilogue *e, float *y) {
    const mul_args m = {o, k, r, rows, b, bias, add, e, y};
    mul_rows(0, &m, p, lda);
}

void KERNEL(mul_pairs)(size_t p, size_t o, size_t k, size_t r, const float *const *rows, size_t lda,
                       const float *b, const float *bias, int add, const lint_epilogue *e,
                       float *y) {
    const mul_args m = {o, k, r, rows, b, bias, add, e, y};
    mul_rows(1, &m, p, lda);
}

void KERNEL(outer)(size_t p, size_t o, size_t k, const float *a, size_t lda, const float *d,
                   float *g) {
    const mul_args m = {o, p, 1, &a, d, NULL, 1, NULL, g};
    mul_all(0, OUTER_TALL, OUTER_WIDE, &m, k, sizeof *a, lda * sizeof *a);
}

void KERNEL(outer_pairs)(size_t p, size_t o, size_t k, const float *a, size_t lda, const float *d,
                         float *g) {
    const mul_args m = {o, p, 1, &a, d, NULL, 1, NULL, g};
    mul_all(1, OUTER_TALL, OUTER_WIDE, &m, k, sizeof *a, lda * sizeof *a);
}

/* --- gemm ------------------------------------------------------------------------------------- */

#if LINT_VECTOR == 64
enum { GEMM_TALL = 14 };
#else
enum { GEMM_TALL = 6 };
#endif

typedef struct gemm_args {
    size_t cols, steps; /* outputs of a panel; products of each */
    const float *b, *bias;
    int add;
    const lint_epilogue *e;
    size_t ldy;
} gemm_args;

/* Vector j of a row of y or bias that has only cols elements. */
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

/* The epilogue, whose numbers are copied to `part` where they are not as many as a panel's columns. */
INLINE lint_epilogue gemm_epilogue(const int whole, const gemm_args *m, float part[2 * PANEL]) {
    lint_epilogue e = *m->e;
    if (whole || !e.scale) return e;
    memset(part, 0, 2 * PANEL * sizeof *part);
    memcpy(part, e.scale, m->cols * sizeof *part);
    memcpy(part + PANEL, e.shift, m->cols * sizeof *part);
    e.scale = part;
    e.shift = part + PANEL;
    return e;
}

/* y[i] += sum over the steps k of a[i * row + k * step] * b[k]. gemm reads the rows of a,
 * gemm_outer its columns; rows, vecs, whole, row and step are compile-time constants: vecs vectors have
 * all columns, and whole says that all of these are columns. */
INLINE void gemm_tile(const int pairs, const int rows, const int vecs, const int whole,
                      const size_t row, const size_t step, const gemm_args *m, const float *a,
                      float *y) {
    vf acc[2 * GEMM_TALL];
    float part[2 * PANEL];
    UNROLL
    for (int i = 0; i < rows * vecs; i++)
        acc[i] = gemm_start(whole, m, y + (size_t)(i / vecs) * m->ldy, i % vecs);
    const float *b = m->b;
    for (size_t k = 0; k < m->steps; k++, a += step, b += PANEL) {
        vf bv[2];
        UNROLL
        for (int j = 0; j < vecs; j++)
            bv[j] = load(b + j * W);
        UNROLL
        for (int i = 0; i < rows; i++) {
            float v = a[(size_t)i * row];
            UNROLL
            for (int j = 0; j < vecs; j++)
                acc[i * vecs + j] = madd(pairs, acc[i * vecs + j], bv[j], v);
        }
    }
    if (m->e) {
        const lint_epilogue all = gemm_epilogue(whole, m, part);
        finish(rows, vecs, &all, 0, acc);
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        float *to = y + (size_t)i * m->ldy;
        if (whole) {
            UNROLL
            for (int j = 0; j < vecs; j++)
                store(to + j * W, acc[i * vecs + j]);
        } else {
            memcpy(to, acc + i * vecs, m->cols * sizeof *to);
        }
    }
}

/* tall: rows of a tile, as many as the registers hold. */
INLINE void gemm_rows(const int pairs, const int tall, const int vecs, const int whole,
                      const size_t row, const size_t step, const gemm_args *m, size_t rows,
                      const float *a, float *y) {
    size_t i = 0;
    for (; i + (size_t)tall <= rows; i += (size_t)tall)
        gemm_tile(pairs, tall, vecs, whole, row, step, m, a + i * row, y + i * m->ldy);
    for (; i + 4 <= rows; i += 4)
        gemm_tile(pairs, 4, vecs, whole, row, step, m, a + i * row, y + i * m->ldy);
    for (; i < rows; i++)
        gemm_tile(pairs, 1, vecs, whole, row, step, m, a + i * row, y + i * m->ldy);
}

INLINE void gemm_panel(const int pairs, const size_t row, const size_t step, const gemm_args *m,
                       size_t rows, const float *a, float *y) {
    if (m->cols == PANEL)
        gemm_rows(pairs, GEMM_TALL, 2, 1, row, step, m, rows, a, y);
    else if (m->cols > W)
        gemm_rows(pairs, GEMM_TALL, 2, 0, row, step, m, rows, a, y);
    else if (m->cols == W)
        gemm_rows(pairs, 2 * GEMM_TALL, 1, 1, row, step, m, rows, a, y);
    else
        gemm_rows(pairs, 2 * GEMM_TALL, 1, 0, row, step, m, rows, a, y);
}

/* Panel by panel; a panel is ldb floats behind the one before. */
INLINE void gemm_all(const int pairs, const size_t row, const size_t step, const gemm_args *all,
                     size_t ldb, size_t rows, const float *a, float *y) {
    for (size_t o = 0; o < all->cols; o += PANEL) {
        gemm_args m = *all;
        lint_epilogue e;
        m.cols = m.cols - o < PANEL ? m.cols - o : PANEL;
        m.b += o / PANEL * ldb;
        if (m.bias) m.bias += o;
        if (m.e) {
            e = lint_epilogue_from(m.e, o);
            m.e = &e;
        }
        gemm_panel(pairs, row, step, &m, rows, a, y + o);
    }
}

void KERNEL(gemm)(size_t p, size_t cols, size_t k, const float *a, const float *b, size_t ldb,
                  const float *bias, int add, const lint_epilogue *e, float *y, size_t ldy) {
    const gemm_args m = {cols, k, b, bias, add, e, ldy};
    gemm_all(0, LINT_GEMM_LDA, 1, &m, ldb, p, a, y);
}

void KERNEL(gemm_pairs)(size_t p, size_t cols, size_t k, const float *a, const float *b, size_t ldb,
                        const float *bias, int add, const lint_epilogue *e, float *y, size_t ldy) {
    const gemm_args m = {cols, k, b, bias, add, e, ldy};
    gemm_all(1, LINT_GEMM_LDA, 1, &m, ldb, p, a, y);
}

void KERNEL(gemm_outer)(size_t p, size_t cols, size_t k, const float *a, const float *d, size_t ldd,
                        float *g, size_t ldg) {
    const gemm_args m = {cols, p, d, NULL, 1, NULL, ldg};
    gemm_all(0, 1, LINT_GEMM_LDA, &m, ldd, k, a, g);
}

void KERNEL(gemm_outer_pairs)(size_t p, size_t cols, size_t k, const float *a, const float *d,
                              size_t ldd, float *g, size_t ldg) {
    const gemm_args m = {cols, p, d, NULL, 1, NULL, ldg};
    gemm_all(1, 1, LINT_GEMM_LDA, &m, ldd, k, a, g);
}
