/* add: `add`, the end of a residual block (He et al. 2016): y = x + x2. The gradient goes both ways
 * as it is: to dx, which is dy itself where the net could arrange that, and to dx2. */
#include "engine/layers/layer.h"

#include <string.h>

static int add_setup(lint_layer *l, lint_err *e) {
    lint_shape a = l->in, b = l->in2;
    if (l->args) return lint_arg_syntax(l, e);
    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return lint_fail(e, "'add' of %zux%zux%zu and %zux%zux%zu: expected equal shapes", a.w, a.h,
                         a.c, b.w, b.h, b.c);
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
    float *dx2 = l->dx2 ? l->dx2 + i * n : NULL;
    for (size_t q = 0; dx2 && l->dx2_adds && q < n; q++)
        dx2[q] += dy[q];
    if (dx2 && !l->dx2_adds) memcpy(dx2, dy, n * sizeof *dy);
    if (l->dx && l->dx != l->dy) memcpy(l->dx + i * n, dy, n * sizeof *dy);
}

static void add_backward(lint_layer *l, const lint_pass *p) {
    add_job j = {l};
    lint_threads_run(p->pool, p->n, add_backward_image, &j);
}

const lint_layer_kind lint_layer_add = {
    .word = "add",
    .behind_flatten = 1,
    .in_place = 1,
    .joins = 1,
    .syntax = "",
    .setup = add_setup,
    .forward = add_forward,
    .backward = add_backward,
};
