/* kernels: the inner loops, compiled once for each instruction set and chosen at run time.
 *
 * The files beside this one (kernels_parts.h lists them) are built four times on x86-64 (v2, v3 with
 * AVX2 and FMA, v4 with AVX-512, v4bf16 with its bfloat16 too) and once elsewhere. v4amx is v4bf16 with
 * products of bfloat16 by the tiles of AMX. Layers call through the table, and cut their work so that a
 * kernel sees one row of a picture at a time, which stays in the first-level cache.
 * A kernel touches only what its arguments describe; nothing here allocates or fails.
 *
 *     const lint_kernels *k = lint_kernels_pick(NULL, &e);
 *     k->mul(w, o, kw * c, kh, rows, c, weights, bias, 0, NULL, y);
 *
 * Results are the same bytes on every run with one table; between tables they differ in the last
 * bits, since a fused multiply-add rounds once and sums are taken in another order.
 *
 * Letters: P pixels of a row, C channels in, O channels out, R rows of a filter, K taps times
 * channels of one filter row.
 */
#ifndef LINT_ENGINE_KERNELS_KERNELS_H
#define LINT_ENGINE_KERNELS_KERNELS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* A block of a in the products below: at most this many columns, in rows that far apart. The
 * distance is a constant, so that a tile's addresses are one register and displacements, and no
 * power of two, so that they share no cache set. */
enum { LINT_GEMM_K = 256, LINT_GEMM_LDA = 272 };

/* The side of a tile of sums, and the numbers in a row of a tile of a factor. */
enum { LINT_TILE = 16 };

/* What a kernel does to sums of channels when they are finished: times scale [c], plus shift [c] (NULL:
 * neither); then, with top above 0, cut off below 0 and above top, as relu (INFINITY) and relu6 do, or
 * what the kernel hardswish does. NaN stays. So a convolution does the work of the batchnorm and the
 * activation behind it. */
typedef struct lint_epilogue {
    const float *scale, *shift;
    float top;
    int hardswish;
} lint_epilogue;

/* The epilogue of the channels from c on. */
static inline lint_epilogue lint_epilogue_from(const lint_epilogue *all, size_t c) {
    lint_epilogue e = *all;
    if (e.scale) {
        e.scale += c;
        e.shift += c;
    }
    return e;
}

/* The products, described below. */
typedef void lint_mul(size_t p, size_t o, size_t k, size_t r, const float *const *rows, size_t lda,
                      const float *b, const float *bias, int add, const lint_epilogue *e, float *y);
typedef void lint_outer(size_t p, size_t o, size_t k, const float *a, size_t lda, const float *d,
                        float *g);
typedef void lint_gemm(size_t p, size_t cols, size_t k, const float *a, const float *b, size_t ldb,
                       const float *bias, int add, const lint_epilogue *e, float *y, size_t ldy);
typedef void lint_gemm_outer(size_t p, size_t cols, size_t k, const float *a, const float *d,
                             size_t ldd, float *g, size_t ldg);

/* How transposed pairs lie, in floats: pair p of row k at p / depth * apart + k * row + p % depth. */
typedef struct lint_transposed {
    size_t depth; /* pairs of a tile, at most LINT_TILE */
    size_t row, apart;
} lint_transposed;

/* Pairs of a tile where tiles of p pairs are as few and as even as can be. */
static inline size_t lint_tile_depth(size_t p) {
    size_t tiles = (p + LINT_TILE - 1) / LINT_TILE;
    return (p + tiles - 1) / tiles;
}

/* g[t * apart + k * ldg + o] += sum over r, p of a[t * runs + r][k][p] * d[t * runs + r][p * ldd + o] for each
 * tap t, in the order of r and p; a's numbers lie as `transposed` says. Where O is less than a tile, LINT_TILE
 * columns of d are read. */
typedef struct lint_outer_transposed {
    size_t taps, runs, p, o, k;
    const float *const *a, *const *d;
    lint_transposed transposed;
    size_t ldd;
    float *g;
    size_t ldg, apart;
} lint_outer_transposed;

typedef struct lint_kernels {
    int tiles; /* products of bfloat16 are by tiles of 16x16 sums: much faster than all else */
    const char *name; /* "v2", "v3", "v4", "v4bf16", "v4amx" or "plain" */

    /* y[p][o] = bias[o] + sum over r, k of rows[r][p * lda + k] * b[(r * K + k) * O + o]; with add
     * on top of what y holds, instead of bias.
     * A convolution of one output row: pixel p reads K floats on from p * lda in each of R input
     * rows, so neighbours overlap and nothing is gathered. bias NULL is zero, and
     * e NULL, here and below, no epilogue. */
    lint_mul *mul;

    /* The same product on packed blocks, where a has rows of LINT_GEMM_LDA floats and b panels of
     * `panel` columns, ldb floats apart: y[p * ldy + o] = bias[o] + sum over k of a[p][k] *
     * b[o / panel * ldb + k * panel + o % panel] for o < cols; with add on top of what y holds. The last
     * panel has all its columns. k is at most LINT_GEMM_K. */
    size_t panel;
    lint_gemm *gemm;

    /* g[k * ldg + o] += sum over p of a[p][k] * d[o / panel * ldd + p * panel + o % panel], for o < cols. */
    lint_gemm_outer *gemm_outer;

    /* The same two of bfloat16: each float of a, b and d holds the terms 2k and 2k + 1 of a sum (the
     * first one in its lower half), so that k and p count pairs. Sums are floats. */
    lint_gemm *gemm_pairs;
    lint_gemm_outer *gemm_outer_pairs;

    /* g[k][o] += sum over p of a[p * lda + k] * d[p * O + o]: a filter row's weight gradient. */
    lint_outer *outer;

    /* mul and outer of bfloat16. mul's rows are bfloat16, of which lda counts those from a pixel to the
     * next; k counts pairs of them, and b holds pairs. outer's a and d hold pairs of the pixels 2p and
     * 2p + 1, which p counts. */
    lint_mul *mul_pairs;
    lint_outer *outer_pairs;

    /* With tiles, else NULL: outer_pairs of many rows and taps at a time, of transposed pairs; and
     * to[k][p] = a[p * lda + k], laid as t says, with zeros behind P in the last tile. */
    void (*outer_transposed)(const lint_outer_transposed *m);
    void (*transpose_pairs)(size_t p, size_t k, const float *a, size_t lda,
                            const lint_transposed *t, float *to);

    /* The transforms of Winograd's F(2x2, 3x3), see conv_winograd.c, for c channels, a multiple of
     * the vector (a panel is one). The 4x4 matrix's element (i, j) of channel 0 lies at
     * t + i * down + j * across.
     *   tile_input   B' x B of 4x4 cells
     *   tile_output  A' t A, 2x2 outputs, plus bias (NULL: 0) or, with add, plus what y holds
     *   tile_spread  A d A' of 2x2 gradients
     *   tile_filter  G w G' of 3x3 taps
     *   tile_gather  G' t G, 3x3 taps */
    void (*tile_input)(size_t c, const float *const x[16], float *t, size_t down, size_t across);
    void (*tile_output)(size_t c, const float *t, size_t down, size_t across, const float *bias,
                        int add, const lint_epilogue *e, float *const y[4]);
    void (*tile_spread)(size_t c, const float *const d[4], float *t, size_t down, size_t across);
    void (*tile_filter)(size_t c, const float *const w[9], float *t, size_t down, size_t across);
    void (*tile_gather)(size_t c, const float *t, size_t down, size_t across, float *const w[9]);

    /* s[c] += sum over p of x[p][c]. */
    void (*sum)(size_t p, size_t c, const float *x, float *s);

    /* s1[c] += sum over p of (x[p][c] - m[c]), s2[c] += sum of its square. */
    void (*moments)(size_t p, size_t c, const float *x, const float *m, float *s1, float *s2);

    /* s[c] += sum over p of d[p][c] * (x[p][c] - m[c]). */
    void (*sum_product)(size_t p, size_t c, const float *d, const float *x, const float *m,
                        float *s);

    /* y[p][c] = what e, which has a scale, makes of x[p][c]; y may be x. */
    void (*affine)(size_t p, size_t c, const float *x, const lint_epilogue *e, float *y);

    /* y[p][c] = a[c] * d[p][c] + b[c] * x[p][c] + e[c]; y may be d or x. */
    void (*affine2)(size_t p, size_t c, const float *d, const float *x, const float *a,
                    const float *b, const float *e, float *y);

    /* 2x2 windows, stride 2: top and bottom are rows of 2P pixels; y[p][c] is the x of the window
     * with the largest sign[c] * x, arg[p][c] its cell 0..3 in reading order, the first of
     * equals; arg may be NULL. sign is 1 or -1: with -1 the smallest is taken. */
    void (*pool2)(size_t p, size_t c, const float *top, const float *bottom, const float *sign,
                  float *y, uint8_t *arg);

    /* Its gradient: d[p][c] to the cell arg[p][c] of the window, zero to the others. */
    void (*unpool2)(size_t p, size_t c, const float *d, const uint8_t *arg, float *top,
                    float *bottom);

    /* unpool2 and affine2 in one, where dx may be x: of each of two rows, dx = a[c] * (d where arg, else 0) +
     * b[c] * x + e[c]. */
    void (*unpool2_affine2)(size_t p, size_t c, const float *d, const uint8_t *arg,
                            const float *const x[2], const float *a, const float *b, const float *e,
                            float *const dx[2]);

    /* Where x[c] is above y[c], y[c] becomes it and arg[c] becomes cell; c floats. */
    void (*larger)(size_t c, const float *x, uint8_t cell, float *y, uint8_t *arg);

    /* y[p * ys + c] = bias[c] + sum over t of x[t][p * xs + c] * w[t][c], for n taps of filters that
     * have one channel; bias NULL is zero; with add on top of what y holds, instead. x is not y. */
    void (*taps)(size_t p, size_t c, size_t n, const float *const *x, size_t xs,
                 const float *const *w, const float *bias, int add, const lint_epilogue *e,
                 float *y, size_t ys);

    /* w[t][c] += sum over p of x[t][p * xs + c] * d[p * C + c]: the gradient of such taps. */
    void (*taps_gradient)(size_t p, size_t c, size_t n, const float *const *x, size_t xs,
                          const float *d, float *const *w);

    /* y = max(x, 0) over n floats; y may be x. NaN stays NaN. */
    void (*relu)(size_t n, const float *x, float *y);

    /* n halves (IEEE binary16) of any alignment to floats, exactly; and back, rounded to the nearest,
     * to the even one of two: what is too large becomes infinite. The same in all tables, but for
     * the bits of a NaN. */
    void (*from_half)(size_t n, const void *x, float *y);
    void (*to_half)(size_t n, const float *x, void *y);

    /* n floats to bfloat16, rounded to the nearest, to the even one of two; subnormal numbers to zero. The
     * same in all tables. to may be x. */
    void (*to_bfloat16)(size_t n, const float *x, void *to);
    void (*from_bfloat16)(size_t n, const void *x, float *y); /* exactly */

    /* The rows 2r and 2r + 1 of x [rows, c], ldx floats apart, become row r of pairs, at to + r * ldt. A
     * missing last row counts as zeros. to may be x where ldt is ldx. */
    void (*pair_rows)(size_t rows, size_t c, const float *x, size_t ldx, float *to, size_t ldt);

    /* y = a + b, with top above 0 cut off below 0 and above top, over n floats; y may be a or b. NaN stays. */
    void (*add)(size_t n, const float *a, const float *b, float top, float *y);

    /* d = 0 where y is not above 0, over n floats. */
    void (*relu_back)(size_t n, const float *y, float *d);

    /* y = slope * x + offset, cut off below 0 and above top; y may be x. NaN stays NaN. */
    void (*clip)(size_t n, const float *x, float slope, float offset, float top, float *y);

    /* d times slope where y lies between 0 and top, else 0. */
    void (*clip_back)(size_t n, const float *y, float slope, float top, float *d);

    /* y = x / (1 + exp(-x)), and dx = dy times its derivative; dx may be dy. */
    void (*silu)(size_t n, const float *x, float *y);
    void (*silu_back)(size_t n, const float *x, const float *dy, float *dx);

    /* y = x times x / 6 + 1/2 cut off below 0 and above 1, and dx = dy times its derivative. */
    void (*hardswish)(size_t n, const float *x, float *y);
    void (*hardswish_back)(size_t n, const float *x, const float *dy, float *dx);

    /* y[p][c] = x[p][c] * s[c]; with add on top of what y holds. y may be x. */
    void (*scale)(size_t p, size_t c, const float *x, const float *s, int add, float *y);
} lint_kernels;

/* The table of that name ("v2", "v3", "v4", "v4bf16", "v4amx", "plain"); with name NULL the one that
 * LINT_ISA in the environment names, else the best that runs. This is the one cell where the library reads the
 * environment. NULL and an error if this processor cannot run it or the build lacks it. */
const lint_kernels *lint_kernels_pick(const char *name, lint_err *e);

#endif
