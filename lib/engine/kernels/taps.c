/* Depthwise convolution: filters of one channel, and their gradient. */
#include "engine/kernels/kernels_parts.h"

enum { TAPS_SUMS = 8, TAPS_MOST = 9 };

typedef struct taps_args {
    size_t c, n, xs, ys;
    const float *const *x, *const *w;
    const float *bias;
    int add;
    const lint_epilogue *e;
    float *y;
} taps_args;

/* Cells from p on, some vectors of channels; the sums stay in registers over all taps. Both numbers are
 * compile-time constants. */
INLINE void taps_tile(const int cells, const int vecs, const taps_args *a, size_t p, size_t ch) {
    vf sum[TAPS_SUMS];
    float *y = a->y + p * a->ys + ch;
    UNROLL
    for (int i = 0; i < cells * vecs; i++) {
        size_t v = (size_t)(i % vecs * W);
        sum[i] = a->add    ? load(y + (size_t)(i / vecs) * a->ys + v)
                 : a->bias ? load(a->bias + ch + v)
                           : (vf){0};
    }
    for (size_t t = 0; t < a->n; t++) {
        const float *x = a->x[t] + p * a->xs + ch;
        vf w[TAPS_SUMS];
        UNROLL
        for (int j = 0; j < vecs; j++)
            w[j] = load(a->w[t] + ch + j * W);
        UNROLL
        for (int i = 0; i < cells * vecs; i++)
            sum[i] += load(x + (size_t)(i / vecs) * a->xs + i % vecs * W) * w[i % vecs];
    }
    if (a->e) finish(cells, vecs, a->e, ch, sum);
    UNROLL
    for (int i = 0; i < cells * vecs; i++)
        store(y + (size_t)(i / vecs) * a->ys + i % vecs * W, sum[i]);
}

/* Vectors of channels [0, whole) of some cells: several of one cell where cells are few, since a sum waits
 * for the product before it, and others fill the time. */
INLINE void taps_cells(const int cells, const int vecs, const taps_args *a, size_t p,
                       size_t whole) {
    size_t ch = 0;
    for (; ch + (size_t)(vecs * W) <= whole; ch += (size_t)(vecs * W))
        taps_tile(cells, vecs, a, p, ch);
    for (; ch < whole; ch += W)
        taps_tile(cells, 1, a, p, ch);
}

static void taps_rest(const taps_args *a, size_t p, size_t ch) {
    float *y = a->y + p * a->ys + ch, sum = a->add ? *y : a->bias ? a->bias[ch] : 0;
    for (size_t t = 0; t < a->n; t++)
        sum += a->x[t][p * a->xs + ch] * a->w[t][ch];
    *y = finish_one(a->e, ch, sum);
}

void KERNEL(taps)(size_t p, size_t c, size_t n, const float *const *x, size_t xs,
                  const float *const *w, const float *bias, int add, const lint_epilogue *e,
                  float *y, size_t ys) {
    const taps_args a = {c, n, xs, ys, x, w, bias, add, e, y};
    size_t q = 0, whole = c / W * W;
    for (; q + 8 <= p; q += 8)
        taps_cells(8, 1, &a, q, whole);
    for (; q + 4 <= p; q += 4)
        taps_cells(4, 2, &a, q, whole);
    for (; q + 2 <= p; q += 2)
        taps_cells(2, 4, &a, q, whole);
    for (; q < p; q++)
        taps_cells(1, 6, &a, q, whole);
    for (q = 0; q < p; q++)
        for (size_t ch = whole; ch < c; ch++)
            taps_rest(&a, q, ch);
}

/* `count` taps at a time, so that each element of d is read once for all of them. */
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

void KERNEL(taps_gradient)(size_t p, size_t c, size_t n, const float *const *x, size_t xs,
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
