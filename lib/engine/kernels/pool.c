/* Max pooling of 2x2 windows and its gradient, and a step of the maximum over larger windows. */
#include "engine/kernels/kernels_parts.h"

typedef uint8_t vb __attribute__((vector_size(LINT_VECTOR / 4)));
typedef uint8_t vb_any __attribute__((vector_size(LINT_VECTOR / 4), aligned(1), may_alias));

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

void KERNEL(pool2)(size_t p, size_t c, const float *top, const float *bottom, const float *sign,
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

void KERNEL(unpool2)(size_t p, size_t c, const float *d, const uint8_t *arg, float *top,
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

void KERNEL(unpool2_affine2)(size_t p, size_t c, const float *d, const uint8_t *arg,
                             const float *const x[2], const float *a, const float *b,
                             const float *e, float *const dx[2]) {
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

void KERNEL(larger)(size_t c, const float *x, uint8_t cell, float *y, uint8_t *arg) {
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
