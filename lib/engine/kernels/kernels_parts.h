/* kernels_parts: what the kernels' files share: vectors, and names for each instruction set.
 *
 *     product.c        mul, outer, gemm, gemm_outer, also of pairs
 *     tiles.c          gemm and mul of pairs once more, by the tiles of AMX; outer_transposed, transpose_pairs
 *     winograd.c       tile_input, tile_output, tile_spread, tile_filter, tile_gather
 *     taps.c           taps, taps_gradient: depthwise convolution
 *     channels.c       sum, moments, sum_product, affine, affine2, scale
 *     pool.c           pool2, unpool2, unpool2_affine2, larger
 *     activations.c    relu, add, clip, silu, hardswish and their gradients
 *     halves.c         from_half, to_half
 *     bfloat16.c       pair_rows, to_bfloat16
 *     kernels_table.c  the table of an instruction set
 *
 * Each of these files, but tiles.c, is compiled once for each instruction set, with LINT_SET as the set's
 * name and LINT_VECTOR as the bytes of a vector; in set v3, KERNEL(mul) is lint_v3_mul. The flags are -O3 and
 * -ffp-contract=fast: a product and the sum that it goes into may be fused, which rounds once instead
 * of twice; nothing else is relaxed.
 *
 * A new kernel is a member of lint_kernels, a name in KERNELS and a function KERNEL(NAME).
 */
#ifndef LINT_ENGINE_KERNELS_KERNELS_PARTS_H
#define LINT_ENGINE_KERNELS_KERNELS_PARTS_H

#include "engine/kernels/kernels.h"

#ifndef LINT_SET
#define LINT_SET    plain
#define LINT_VECTOR 16
#endif

/* clang-format off */
#define KERNELS_OF_TILES(DO) DO(gemm_pairs) DO(gemm_outer_pairs) DO(mul_pairs)
#define OTHER_KERNELS(DO)                                                                          \
    DO(mul) DO(outer) DO(gemm) DO(gemm_outer) DO(outer_pairs)                                      \
    DO(tile_input) DO(tile_output) DO(tile_spread) DO(tile_filter) DO(tile_gather)                 \
    DO(sum) DO(moments) DO(sum_product) DO(affine) DO(affine2) DO(scale)                           \
    DO(taps) DO(taps_gradient)                                                                     \
    DO(pool2) DO(unpool2) DO(unpool2_affine2) DO(larger)                                           \
    DO(relu) DO(relu_back) DO(add) DO(clip) DO(clip_back)                                          \
    DO(silu) DO(silu_back) DO(hardswish) DO(hardswish_back)                                        \
    DO(from_half) DO(to_half) DO(pair_rows)                                                        \
    DO(to_bfloat16) DO(from_bfloat16)
#define KERNELS(DO) KERNELS_OF_TILES(DO) OTHER_KERNELS(DO)
/* clang-format on */

#define LINT_JOIN_EXPANDED(A, B, C) A##B##C
#define LINT_JOIN(A, B, C)          LINT_JOIN_EXPANDED(A, B, C)
#define KERNEL(NAME)                LINT_JOIN(lint_, LINT_SET, _##NAME)

/* Each kernel is declared as its member of the table. */
#define DECLARE(NAME) extern __typeof__(*((lint_kernels *)0)->NAME) KERNEL(NAME);
KERNELS(DECLARE)
#undef DECLARE
#ifdef LINT_TILES /* whose set has the other kernels of v4bf16 */
#define DECLARE(NAME) extern __typeof__(*((lint_kernels *)0)->NAME) lint_v4bf16_##NAME;
KERNELS(DECLARE)
#undef DECLARE
#endif

enum { W = LINT_VECTOR / (int)sizeof(float) };

/* Columns of a packed panel. */
enum { PANEL = 2 * W };

typedef float vf __attribute__((vector_size(LINT_VECTOR)));
typedef float vf_any __attribute__((vector_size(LINT_VECTOR), aligned(4), may_alias));
typedef int vi __attribute__((vector_size(LINT_VECTOR)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 32")

INLINE vf load(const float *p) {
    return *(const vf_any *)p;
}

INLINE void store(float *p, vf v) {
    *(vf_any *)p = v;
}

/* yes where the mask is all ones, no where it is zero. */
INLINE vf choose(vi mask, vf yes, vf no) {
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}

/* v cut off below 0 and above top; NaN stays. */
INLINE vf cut(vf v, float top) {
    vf zero = {0};
    v = choose(v < zero, zero, v);
    return choose(v > top, zero + top, v);
}

INLINE vf hardswish_of(vf v) {
    return v * cut(v * (1.0f / 6) + 0.5f, 1);
}

INLINE vf activate(const lint_epilogue *e, vf v) {
    return e->top > 0 ? cut(v, e->top) : e->hardswish ? hardswish_of(v) : v;
}

INLINE vf scaled(const lint_epilogue *e, size_t channel, vf v) {
    return v * load(e->scale + channel) + load(e->shift + channel);
}

/* The epilogue of the sums of a tile: rows x vecs vectors, each row from `channel` on. A loop for each
 * thing that an epilogue may say: with all choices made for each sum, product.c takes twice as long to compile. */
INLINE void finish(const int rows, const int vecs, const lint_epilogue *e, size_t channel,
                   vf *sum) {
    if (e->scale) {
        UNROLL
        for (int i = 0; i < rows * vecs; i++)
            sum[i] = scaled(e, channel + (size_t)(i % vecs * W), sum[i]);
    }
    if (e->top > 0) {
        UNROLL
        for (int i = 0; i < rows * vecs; i++)
            sum[i] = cut(sum[i], e->top);
    } else if (e->hardswish) {
        UNROLL
        for (int i = 0; i < rows * vecs; i++)
            sum[i] = hardswish_of(sum[i]);
    }
}

INLINE float finish_one(const lint_epilogue *e, size_t channel, float v) {
    if (!e) return v;
    if (e->scale) v = v * e->scale[channel] + e->shift[channel];
    return activate(e, (vf){v})[0];
}

#endif
