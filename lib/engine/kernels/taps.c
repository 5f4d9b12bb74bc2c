/* Depthwise convolution: filters of one channel, and their gradient. */
#include "engine/kernels/kernels_parts.h"

enum { TAPS_CELLS = 8, TAPS_MOST = 9 };

typedef struct taps_args {
    size_t c, n, xs, ys;
    const float *const *x, *const *w;
    const float *bias;
    int add;
    float *y;
} taps_args;

/* Cells from p on, one vector of channels; the sums stay in registers over all taps. */
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

void KERNEL(taps)(size_t p, size_t c, size_t n, const float *const *x, size_t xs,
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
