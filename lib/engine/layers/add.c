/* add: `add`, the end of a residual block (He et al. 2016): y = x + x2. The gradient goes both ways
 * as it is: to dx, which is dy itself where the net could arrange that, and a copy to dx2. */
#include "engine/layers/layer.h"

#include <string.h>

static int add_setup(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = l->in;
    return 0;
}

typedef struct add_job {
    const lint_layer *l;
} add_job;

static void add_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const lint_layer *l = ((add_job *)ctx)->l;
    size_t n = lint_shape_count(l->in);
    for (size_t q = i * n; q < (i + 1) * n; q++)
        l->y[q] = l->x[q] + l->x2[q];
}

static void add_forward(lint_layer *l, const lint_pass *p) {
    add_job j = {l};
    lint_threads_run(p->pool, p->n, add_forward_image, &j);
}

static void add_backward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const lint_layer *l = ((add_job *)ctx)->l;
    size_t n = lint_shape_count(l->in);
    const float *dy = l->dy + i * n;
    if (l->dx2) memcpy(l->dx2 + i * n, dy, n * sizeof *dy);
    if (l->dx && l->dx != l->dy) memcpy(l->dx + i * n, dy, n * sizeof *dy);
}

static void add_backward(lint_layer *l, const lint_pass *p) {
    add_job j = {l};
    lint_threads_run(p->pool, p->n, add_backward_image, &j);
}

const lint_layer_kind lint_layer_add = {
    .word = "add",
    .in_place = 1,
    .joins = 1,
    .syntax = "",
    .setup = add_setup,
    .forward = add_forward,
    .backward = add_backward,
};
