/* relu6: `relu6`, x cut off below 0 and above 6 (Krizhevsky 2010). And hardsigmoid: `hardsigmoid`,
 * x / 6 + 1/2 cut off below 0 and above 1. Both work in place: the derivative is the line's slope
 * where y lies between the two ends, else 0. */
#include "engine/layers/layer.h"

#include <string.h>

typedef struct line {
    float slope, offset, top;
} line;

static line line_of(const lint_layer *l) {
    return l->kind == &lint_layer_relu6 ? (line){1, 0, 6} : (line){1.0f / 6, 0.5f, 1};
}

static int clip_setup(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = l->in;
    return 0;
}

typedef struct clip_job {
    const lint_layer *l;
    const lint_pass *p;
    const float *from;
    float *to;
} clip_job;

static void clip_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const clip_job *j = ctx;
    size_t n = lint_shape_count(j->l->in);
    line a = line_of(j->l);
    j->p->k->clip(n, j->l->x + i * n, a.slope, a.offset, a.top, j->l->y + i * n);
}

static void clip_epilogue_back(const lint_layer *l, const lint_pass *p, size_t n, const float *y,
                               float *d) {
    line a = line_of(l);
    p->k->clip_back(n, y, a.slope, a.top, d);
}

static void clip_forward(lint_layer *l, const lint_pass *p) {
    clip_job j = {.l = l, .p = p};
    lint_threads_run(p->pool, p->n, clip_forward_image, &j);
}

static void clip_switch_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const clip_job *j = ctx;
    size_t n = lint_shape_count(j->l->in);
    float *to = j->to + i * n;
    line a = line_of(j->l);
    if (j->from != j->to) memcpy(to, j->from + i * n, n * sizeof *to);
    j->p->k->clip_back(n, j->l->y + i * n, a.slope, a.top, to);
}

static void clip_vjp(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    clip_job j = {l, p, u, to};
    lint_threads_run(p->pool, p->n, clip_switch_image, &j);
}

static void clip_backward(lint_layer *l, const lint_pass *p) {
    if (l->dx) clip_vjp(l, p, l->dy, l->dx);
}

/* What the two kinds have in common. */
#define CLIP_KIND                                                                                  \
    .linear = 1, .behind_flatten = 1, .in_place = 1, .keeps_y = 1, .syntax = "",                   \
    .setup = clip_setup, .forward = clip_forward, .backward = clip_backward, .vjp = clip_vjp,      \
    .jvp = clip_vjp

const lint_layer_kind lint_layer_relu6 = {
    .word = "relu6", .top = 6, .epilogue_back = clip_epilogue_back, CLIP_KIND};
const lint_layer_kind lint_layer_hardsigmoid = {.word = "hardsigmoid", CLIP_KIND};
