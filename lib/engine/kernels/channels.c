/* Sums over the pixels of each channel, and a factor and an offset for each channel. */
#include "engine/kernels/kernels_parts.h"

/* --- sums by channel -------------------------------------------------------------------------- */

/* Vectors of channels that are summed side by side, as many as the registers hold: so a pixel's numbers
 * are read in runs of whole cache lines. */
#if LINT_VECTOR == 64
enum { BESIDE = 4 };
#else
enum { BESIDE = 2 };
#endif

/* What is summed: x, or, where d is not NULL, d * (x - m). */
INLINE vf term(const float *x, const float *d, size_t i, vf m) {
    return d ? load(d + i) * (load(x + i) - m) : load(x + i);
}

/* Adds up `vecs` vectors of channels from ch on. Four running sums hide the latency of an addition. */
INLINE void sum_vectors(const int vecs, size_t p, size_t c, const float *x, const float *d,
                        const float *m, size_t ch, float *s) {
    vf sum[BESIDE][4], mean[BESIDE];
    UNROLL
    for (int v = 0; v < vecs; v++) {
        mean[v] = d ? load(m + ch + (size_t)(v * W)) : (vf){0};
        UNROLL
        for (int k = 0; k < 4; k++)
            sum[v][k] = (vf){0};
    }
    size_t q = 0, i = ch;
    for (; q + 4 <= p; q += 4, i += 4 * c) {
        UNROLL
        for (size_t k = 0; k < 4; k++) {
            UNROLL
            for (int v = 0; v < vecs; v++)
                sum[v][k] += term(x, d, i + k * c + (size_t)(v * W), mean[v]);
        }
    }
    for (; q < p; q++, i += c) {
        UNROLL
        for (int v = 0; v < vecs; v++)
            sum[v][0] += term(x, d, i + (size_t)(v * W), mean[v]);
    }
    UNROLL
    for (int v = 0; v < vecs; v++) {
        float *to = s + ch + (size_t)(v * W);
        store(to, load(to) + ((sum[v][0] + sum[v][1]) + (sum[v][2] + sum[v][3])));
    }
}

INLINE void sum_channels(size_t p, size_t c, const float *x, const float *d, const float *m,
                         float *s) {
    size_t ch = 0;
    for (; ch + BESIDE * W <= c; ch += BESIDE * W)
        sum_vectors(BESIDE, p, c, x, d, m, ch, s);
    for (; ch + W <= c; ch += W)
        sum_vectors(1, p, c, x, d, m, ch, s);
    for (; ch < c; ch++) {
        float t = 0;
        for (size_t i = ch; i < p * c; i += c)
            t += d ? d[i] * (x[i] - m[ch]) : x[i];
        s[ch] += t;
    }
}

void KERNEL(sum)(size_t p, size_t c, const float *x, float *s) {
    sum_channels(p, c, x, NULL, NULL, s);
}

void KERNEL(sum_product)(size_t p, size_t c, const float *d, const float *x, const float *m,
                         float *s) {
    sum_channels(p, c, x, d, m, s);
}

INLINE void moments_vectors(const int vecs, size_t p, size_t c, const float *x, const float *m,
                            size_t ch, float *s1, float *s2) {
    vf a[BESIDE][2], b[BESIDE][2], mean[BESIDE];
    UNROLL
    for (int v = 0; v < vecs; v++) {
        mean[v] = load(m + ch + (size_t)(v * W));
        a[v][0] = a[v][1] = b[v][0] = b[v][1] = (vf){0};
    }
    size_t q = 0, i = ch;
    for (; q + 2 <= p; q += 2, i += 2 * c) {
        UNROLL
        for (size_t k = 0; k < 2; k++) {
            UNROLL
            for (int v = 0; v < vecs; v++) {
                vf u = load(x + i + k * c + (size_t)(v * W)) - mean[v];
                a[v][k] += u;
                b[v][k] += u * u;
            }
        }
    }
    UNROLL
    for (int v = 0; v < vecs; v++) {
        float *to1 = s1 + ch + (size_t)(v * W), *to2 = s2 + ch + (size_t)(v * W);
        if (q < p) {
            vf u = load(x + i + (size_t)(v * W)) - mean[v];
            a[v][0] += u;
            b[v][0] += u * u;
        }
        store(to1, load(to1) + (a[v][0] + a[v][1]));
        store(to2, load(to2) + (b[v][0] + b[v][1]));
    }
}

void KERNEL(moments)(size_t p, size_t c, const float *x, const float *m, float *s1, float *s2) {
    size_t ch = 0;
    for (; ch + BESIDE * W <= c; ch += BESIDE * W)
        moments_vectors(BESIDE, p, c, x, m, ch, s1, s2);
    for (; ch + W <= c; ch += W)
        moments_vectors(1, p, c, x, m, ch, s1, s2);
    for (; ch < c; ch++)
        for (size_t i = ch; i < p * c; i += c) {
            float u = x[i] - m[ch];
            s1[ch] += u;
            s2[ch] += u * u;
        }
}

/* --- element by element ----------------------------------------------------------------------- */

/* Pixels of a block that stays in the first-level cache, in which one vector of channels is done after
 * another: a pass over a whole image in that order would skip through memory. */
INLINE size_t block_of(size_t c) {
    enum { FLOATS = 2048 };
    return c < FLOATS ? FLOATS / c : 1;
}

INLINE size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void affine_block(size_t n, size_t c, const float *x, const lint_epilogue *e, float *y) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf a = load(e->scale + ch), b = load(e->shift + ch);
        for (size_t i = ch; i < n * c; i += c) {
            vf v = load(x + i) * a + b;
            store(y + i, activate(e, v));
        }
    }
    for (; ch < c; ch++)
        for (size_t i = ch; i < n * c; i += c)
            y[i] = finish_one(e, ch, x[i]);
}

void KERNEL(affine)(size_t p, size_t c, const float *x, const lint_epilogue *e, float *y) {
    size_t block = block_of(c);
    for (size_t q = 0; q < p; q += block)
        affine_block(least(block, p - q), c, x + q * c, e, y + q * c);
}

static void affine2_block(size_t n, size_t c, const float *d, const float *x, const float *a,
                          const float *b, const float *e, float *y) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf av = load(a + ch), bv = load(b + ch), ev = load(e + ch);
        for (size_t i = ch; i < n * c; i += c)
            store(y + i, load(d + i) * av + (load(x + i) * bv + ev));
    }
    for (; ch < c; ch++)
        for (size_t i = ch; i < n * c; i += c)
            y[i] = d[i] * a[ch] + (x[i] * b[ch] + e[ch]);
}

void KERNEL(affine2)(size_t p, size_t c, const float *d, const float *x, const float *a,
                     const float *b, const float *e, float *y) {
    size_t block = block_of(c);
    for (size_t q = 0; q < p; q += block)
        affine2_block(least(block, p - q), c, d + q * c, x + q * c, a, b, e, y + q * c);
}

static void scale_block(size_t n, size_t c, const float *x, const float *s, int add, float *y) {
    size_t ch = 0;
    for (; ch + W <= c; ch += W) {
        vf sv = load(s + ch);
        for (size_t i = ch; i < n * c; i += c)
            store(y + i, load(x + i) * sv + (add ? load(y + i) : (vf){0}));
    }
    for (; ch < c; ch++)
        for (size_t i = ch; i < n * c; i += c)
            y[i] = x[i] * s[ch] + (add ? y[i] : 0);
}

void KERNEL(scale)(size_t p, size_t c, const float *x, const float *s, int add, float *y) {
    size_t block = block_of(c);
    for (size_t q = 0; q < p; q += block)
        scale_block(least(block, p - q), c, x + q * c, s, add, y + q * c);
}
