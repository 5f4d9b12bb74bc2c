/* scale: `scale`, the end of a block whose last layer gives one number for each channel: every cell
 * of x2 times these numbers, x [1,1,C]. After a globalpool, two convolutions and a sigmoid, this is
 * squeeze and excitation (Hu et al. 2018). */
#include "engine/layers/layer.h"

#include <stdlib.h>
#include <string.h>

static int scale_setup(lint_layer *l, lint_err *e) {
    lint_shape a = l->in2, b = l->in;
    if (l->args) return lint_arg_syntax(l, e);
    if (b.h != 1 || b.w != 1 || a.c != b.c)
        return lint_fail(e, "'scale' of %zux%zux%zu by %zux%zux%zu: expected 1x1x%zu behind it",
                         a.w, a.h, a.c, b.w, b.h, b.c, a.c);
    l->out = a;
    l->state = lint_floats(a.c); /* zeros */
    return l->state ? 0 : lint_fail_mem(e, "scale");
}

static void scale_release(lint_layer *l) {
    free(l->state);
}

typedef struct scale_job {
    const lint_layer *l;
    const lint_pass *p;
} scale_job;

static void scale_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const scale_job *j = ctx;
    const lint_layer *l = j->l;
    size_t at = i * lint_shape_count(l->out), c = l->out.c;
    j->p->k->scale(l->out.h * l->out.w, c, l->x2 + at, l->x + i * c, 0, l->y + at);
}

static void scale_forward(lint_layer *l, const lint_pass *p) {
    scale_job j = {l, p};
    lint_threads_run(p->pool, p->n, scale_forward_image, &j);
}

static void scale_backward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const scale_job *j = ctx;
    const lint_layer *l = j->l;
    size_t cells = l->out.h * l->out.w, at = i * lint_shape_count(l->out), c = l->out.c;
    const float *dy = l->dy + at;
    float *dx = l->dx ? l->dx + i * c : NULL;
    if (dx && !l->dx_adds) memset(dx, 0, c * sizeof *dx);
    if (dx) j->p->k->sum_product(cells, c, dy, l->x2 + at, l->state, dx);
    if (l->dx2) j->p->k->scale(cells, c, dy, l->x + i * c, l->dx2_adds, l->dx2 + at);
}

static void scale_backward(lint_layer *l, const lint_pass *p) {
    scale_job j = {l, p};
    lint_threads_run(p->pool, p->n, scale_backward_image, &j);
}

const lint_layer_kind lint_layer_scale = {
    .word = "scale",
    .joins = 1,
    .adds = 1,
    .syntax = "",
    .setup = scale_setup,
    .forward = scale_forward,
    .backward = scale_backward,
    .free = scale_release,
};
