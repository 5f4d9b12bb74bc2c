/* The transforms of Winograd's F(2x2, 3x3), a vector of channels at a time; see kernels.h. */
#include "engine/kernels/kernels_parts.h"

/* Each transform in one dimension, over elements that are `s` apart; the transform in two
 * dimensions applies it along both. */
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

void KERNEL(tile_input)(size_t c, const float *const x[16], float *to, size_t down, size_t across) {
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

void KERNEL(tile_output)(size_t c, const float *from, size_t down, size_t across, const float *bias,
                         int add, const lint_epilogue *e, float *const y[4]) {
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
            v += add ? load(y[i] + ch) : b;
            if (e) finish(1, 1, e, ch, &v);
            store(y[i] + ch, v);
        }
    }
}

void KERNEL(tile_spread)(size_t c, const float *const d[4], float *to, size_t down, size_t across) {
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

void KERNEL(tile_filter)(size_t c, const float *const w[9], float *to, size_t down, size_t across) {
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

void KERNEL(tile_gather)(size_t c, const float *from, size_t down, size_t across,
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
