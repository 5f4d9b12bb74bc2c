/* Activations and their gradients, element by element: relu, clip, silu, hardswish. */
#include "engine/kernels/kernels_parts.h"

#include <string.h>

void KERNEL(relu)(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

void KERNEL(add)(size_t n, const float *a, const float *b, float top, float *y) {
    size_t i = 0;
    for (; i + W <= n && top > 0; i += W)
        store(y + i, cut(load(a + i) + load(b + i), top));
    for (; i + W <= n; i += W)
        store(y + i, load(a + i) + load(b + i));
    for (; i < n; i++)
        y[i] = top > 0 ? cut((vf){a[i] + b[i]}, top)[0] : a[i] + b[i];
}

void KERNEL(relu_back)(size_t n, const float *restrict y, float *restrict d) {
    for (size_t i = 0; i < n; i++)
        d[i] = y[i] > 0 ? d[i] : 0;
}

/* y = OF(x, d), element by element; a rest that fills no vector is padded to one. */
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

void KERNEL(clip)(size_t n, const float *x, float slope, float offset, float top, float *y) {
#define OF(X, D) clip_of(X, slope, offset, top)
    EACH(OF, n, x, x, y)
#undef OF
}

void KERNEL(clip_back)(size_t n, const float *y, float slope, float top, float *d){
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

INLINE vf hardswish_slope(vf x, vf d) {
    vf s = x * (1.0f / 3) + 0.5f, zero = {0};
    s = choose(x < -3, zero, s);
    return d * choose(x > 3, zero + 1, s);
}

void KERNEL(silu)(size_t n, const float *x, float *y) {
    EACH(silu_of, n, x, x, y)
}

void KERNEL(silu_back)(size_t n, const float *x, const float *dy, float *dx) {
    EACH(silu_slope, n, x, dy, dx)
}

void KERNEL(hardswish)(size_t n, const float *x, float *y) {
#define OF(X, D) hardswish_of(X)
    EACH(OF, n, x, x, y)
#undef OF
}

void KERNEL(hardswish_back)(size_t n, const float *x, const float *dy, float *dx) {
    EACH(hardswish_slope, n, x, dy, dx)
}
