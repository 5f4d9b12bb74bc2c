/* sigmoid: `sigmoid`. 1 / (1 + exp(-x)), in place: its derivative is y (1 - y). Not linear in
 * pieces, so it cannot stand behind `cam`; it ends a mask encoder. */
#include "engine/layers/layer.h"

#include <math.h>

static int sigmoid_setup(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = l->in;
    return 0;
}

static void sigmoid_forward(lint_layer *l, const lint_pass *p) {
    size_t n = p->n * lint_shape_count(l->in);
    for (size_t i = 0; i < n; i++)
        l->y[i] = (float)(1 / (1 + exp(-(double)l->x[i])));
}

static void sigmoid_backward(lint_layer *l, const lint_pass *p) {
    size_t n = p->n * lint_shape_count(l->in);
    for (size_t i = 0; l->dx && i < n; i++)
        l->dx[i] = l->dy[i] * l->y[i] * (1 - l->y[i]);
}

const lint_layer_kind lint_layer_sigmoid = {
    .word = "sigmoid",
    .behind_flatten = 1,
    .in_place = 1,
    .keeps_y = 1,
    .syntax = "",
    .setup = sigmoid_setup,
    .forward = sigmoid_forward,
    .backward = sigmoid_backward,
};
