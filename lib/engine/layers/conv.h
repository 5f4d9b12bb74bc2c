/* conv: what the files of the convolution share. Internal to them.
 *
 *     conv.c            the layer: arguments, weights, which way it goes
 *     conv_rows.c       row by row, for small filters over wide pictures
 *     conv_depthwise.c  channel by channel, for filters of one channel
 *     conv_separable.c  in inference, that and the 1x1 convolutions around it at once
 *     conv_winograd.c   with fewer products, for 3x3 filters of many channels
 *     conv_gemm.c       as a product of matrices, for everything else
 *     conv_transposed.c the weights' gradient of those, by tiles
 *
 * All ways compute the same three things: y from x, and from dy the gradients by the input and by
 * the weights; conv_separable.c y alone. Weights lie as [kh,kw,C,O], with groups as that for each
 * group in turn.
 */
#ifndef LINT_ENGINE_LAYERS_CONV_H
#define LINT_ENGINE_LAYERS_CONV_H

#include "engine/layers/layer.h"

enum { LINT_CONV_FILTER_MAX = 32 }; /* rows and columns of a filter */

typedef struct conv_state {
    size_t kh, kw, stride, top, left; /* filter, step, padding above and to the left */
    size_t dilation;                  /* cells between neighbouring taps */
    size_t groups, c, o;              /* channels in and out of a group */
    float *head_grad; /* behind `cam`: what the CAM loss adds to the weights' gradient */
    const struct conv_way *way;
} conv_state;

/* setup sets l->scratch and l->workspace to what the passes need; l->out is known. */
typedef struct conv_way {
    void (*setup)(lint_layer *l);
    void (*forward)(lint_layer *l, const lint_pass *p);
    void (*backward)(lint_layer *l, const lint_pass *p);
} conv_way;

extern const conv_way lint_conv_rows, lint_conv_depthwise, lint_conv_separable, lint_conv_winograd,
    lint_conv_gemm;

static inline const conv_state *lint_conv(const lint_layer *l) {
    return l->state;
}

/* Bias values [groups * o], NULL if there are none. */
static inline const float *lint_conv_bias(const lint_layer *l) {
    return l->weights > 1 ? l->weight[1].value : NULL;
}

/* Whether the layer's products are of pairs of bfloat16. Behind `cam` they are not. */
static inline int lint_conv_pairs(const lint_layer *l, const lint_pass *p) {
    return p->precision == LINT_PRECISION_BF16 && !l->head;
}

/* Steps of a sum of k terms: pairs, or floats. */
static inline size_t lint_conv_steps(int pairs, size_t k) {
    return pairs ? (k + 1) / 2 : k;
}

/* What a convolution makes of its sums, in inference, for the layers behind it. */
static inline lint_epilogue lint_conv_epilogue(const lint_layer *l, const lint_pass *p) {
    const lint_layer *next = p->training ? NULL : l->epilogue[0];
    return next && next->kind == &lint_layer_batchnorm ? lint_batchnorm_epilogue(next)
                                                       : lint_activation_epilogue(next);
}

/* Does the sum behind the layer, if it has to, for n numbers of its output, which begin at y, in l->y. */
static inline void lint_conv_add_up(const lint_layer *l, const lint_pass *p, size_t n, float *y) {
    if (!l->sum || p->training) return;
    float top = lint_activation_epilogue(l->sum->epilogue[0]).top;
    p->k->add(n, y, l->x2 + (y - l->y), top, y);
}

/* As kernels want it: NULL where nothing is done. */
static inline const lint_epilogue *lint_epilogue_or_null(const lint_epilogue *e) {
    return e->scale || e->top > 0 || e->hardswish ? e : NULL;
}

/* Whether lint_conv_depthwise can do this layer, for whose kind it is always worth it. */
int lint_conv_depthwise_suits(const lint_layer *l);

/* Whether lint_conv_winograd can do this layer, and is worth it. */
int lint_conv_winograd_suits(const lint_layer *l);

/* The weights' gradient by tiles, and the bias': whether it can do this layer, which has p->precision bf16; the
 * floats of workspace and scratch that it needs. */
int lint_conv_transposed_suits(const lint_layer *l);
size_t lint_conv_transposed_floats(const lint_layer *l);
size_t lint_conv_transposed_scratch(const lint_layer *l);
void lint_conv_transposed_gradient(lint_layer *l, const lint_pass *p);

/* --- what conv_separable.c is made of ----------------------------------------------------------- */

/* The filters of a depthwise convolution as [kh,kw,C]. */
void lint_conv_pack_taps(const lint_layer *l, float *taps);

/* A row of its output, channels [c0, c1), into y [out.w, ys]. rows[i]: the row of the input under row i of
 * the filter, or NULL outside of the picture. */
void lint_conv_depthwise_row(const lint_layer *l, const lint_pass *p, const float *taps,
                             const float *const *rows, size_t c0, size_t c1, float *y, size_t ys);

/* Cells of a block of a product: with LINT_GEMM_K numbers of each, 122 kB. */
enum { LINT_CONV_CELLS = 112 };

/* The blocks that k terms of a sum are cut into, of at most LINT_GEMM_K; where a block begins. */
size_t lint_conv_blocks(size_t k);
size_t lint_conv_block_start(size_t k, size_t block);

/* The filters of a 1x1 convolution as panels, and the floats of those. */
size_t lint_conv_panels_floats(const lint_layer *l);
void lint_conv_pack_panels(const lint_layer *l, const lint_pass *p, float *panels);

/* Forward, n cells of its output, y [n, out.c], with what follows: of their input x [n, in.c], packed into
 * a, LINT_CONV_CELLS rows of LINT_GEMM_LDA floats; or one block of the terms, which lies in a as
 * lint_gemm wants it, blocks in order. */
void lint_conv_multiply_cells(const lint_layer *l, const lint_pass *p, const float *panels,
                              size_t n, const float *x, float *a, float *y);
void lint_conv_multiply_block(const lint_layer *l, const lint_pass *p, const float *panels,
                              size_t b, size_t n, float *a, float *y);

/* --- the gradient of the weights, in slots ----------------------------------------------------
 *
 * A weight's gradient is a sum over the batch. So that all threads have work, also where a layer
 * has few weights, the batch is cut into slots; each sums its own part of the batch into the
 * workspace, the weights' gradient [count] and then the bias' [O]. The slots are added in their
 * order, which does not depend on the number of threads. One slot alone is the gradient itself. */

enum { LINT_CONV_SLOTS = 16 }; /* parts of a weight gradient, at least */
enum { LINT_PANEL_MOST = 32 }; /* columns of a panel of the product, of any instruction set */

/* Slots for a layer whose weights are cut into that many parts. */
size_t lint_conv_slots(size_t parts);

/* Floats of one slot; and those of the workspace for `slots` of them, 0 for one slot. */
size_t lint_conv_slot_floats(const lint_layer *l);
size_t lint_conv_slots_floats(const lint_layer *l, size_t slots);

/* Where slot i of `slots` lies. */
float *lint_conv_slot(const lint_layer *l, const lint_pass *p, size_t slots, size_t i);

/* Once all slots hold their weights' gradient: makes the bias' from dy, and adds the slots up. */
void lint_conv_join_slots(lint_layer *l, const lint_pass *p, size_t slots);

/* grad of weights and bias = sum over `slots` of partial [slots, stride], in order. */
void lint_conv_join(lint_layer *l, const lint_pass *p, const float *partial, size_t slots,
                    size_t stride);

#endif
