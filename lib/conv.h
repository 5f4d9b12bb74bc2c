/* conv: what the files of the convolution share. Internal to them.
 *
 *     conv.c        the layer: arguments, weights, which way it goes
 *     conv_rows.c   row by row, for small filters over wide pictures
 *     conv_gemm.c   as a product of matrices, for everything else
 *
 * Both ways compute the same three things: y from x, and from dy the gradients by the input and by
 * the weights. Weights lie as [kh,kw,C,O], with groups as that for each group in turn.
 */
#ifndef LINT_CONV_H
#define LINT_CONV_H

#include "layer.h"

typedef struct conv_state {
    size_t kh, kw, stride, top, left; /* filter, step, padding above and to the left */
    size_t groups, c, o;              /* channels in and out of a group */
    int rows;                         /* goes by conv_rows.c */
} conv_state;

static inline const conv_state *lint_conv(const lint_layer *l) {
    return l->state;
}

/* Bias values [groups * o], NULL if there are none. */
static inline const float *lint_conv_bias(const lint_layer *l) {
    return l->weights > 1 ? l->weight[1].value : NULL;
}

/* Each sets l->scratch and l->workspace to what its passes need; l->out is known. */
void lint_conv_rows_setup(lint_layer *l);
void lint_conv_rows_forward(lint_layer *l, const lint_pass *p);
void lint_conv_rows_backward(lint_layer *l, const lint_pass *p);

void lint_conv_gemm_setup(lint_layer *l);
void lint_conv_gemm_forward(lint_layer *l, const lint_pass *p);
void lint_conv_gemm_backward(lint_layer *l, const lint_pass *p);

/* grad of both weights = sum over `slots` of partial [slots, stride], in order: of each slot count
 * numbers of the weights, then O of the bias. */
void lint_conv_join(lint_layer *l, const lint_pass *p, const float *partial, size_t slots,
                    size_t stride);

#endif
