/* relu: `relu`. max(x, 0), in place: what backward needs is whether y is above 0. And flatten:
 * `flatten`, which moves nothing, since memory is contiguous already; the dense layer behind it
 * knows that PyTorch counts channels first. */
#include "engine/layers/layer.h"

#include <math.h>
#include <string.h>

static int relu_setup(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = l->in;
    return 0;
}

typedef struct relu_job {
    lint_layer *l;
    const lint_pass *p;
    const float *from;
    float *to;
} relu_job;

static void relu_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const relu_job *j = ctx;
    size_t n = lint_shape_count(j->l->in);
    j->p->k->relu(n, j->l->x + i * n, j->l->y + i * n);
}

static void relu_epilogue_back(const lint_layer *l, const lint_pass *p, size_t n, const float *y,
                               float *d) {
    (void)l;
    p->k->relu_back(n, y, d);
}

static void relu_forward(lint_layer *l, const lint_pass *p) {
    relu_job j = {.l = l, .p = p};
    lint_threads_run(p->pool, p->n, relu_forward_image, &j);
}

static void switch_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const relu_job *j = ctx;
    size_t n = lint_shape_count(j->l->in);
    float *to = j->to + i * n;
    if (j->from != j->to) memcpy(to, j->from + i * n, n * sizeof *to);
    j->p->k->relu_back(n, j->l->y + i * n, to);
}

/* The switches are the same in both directions of the linear map. */
static void relu_vjp(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    relu_job j = {l, p, u, to};
    lint_threads_run(p->pool, p->n, switch_image, &j);
}

static void relu_backward(lint_layer *l, const lint_pass *p) {
    if (l->dx) relu_vjp(l, p, l->dy, l->dx);
}

const lint_layer_kind lint_layer_relu = {
    .word = "relu",
    .behind_flatten = 1,
    .linear = 1,
    .in_place = 1,
    .keeps_y = 1,
    .syntax = "",
    .setup = relu_setup,
    .forward = relu_forward,
    .top = INFINITY,
    .epilogue_back = relu_epilogue_back,
    .backward = relu_backward,
    .vjp = relu_vjp,
    .jvp = relu_vjp,
};

static int setup_flatten(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = (lint_shape){1, 1, lint_shape_count(l->in)};
    return 0;
}

static void copy(const lint_layer *l, const lint_pass *p, const float *from, float *to) {
    if (to && from != to) memcpy(to, from, p->n * lint_shape_count(l->in) * sizeof *to);
}

static void forward_flatten(lint_layer *l, const lint_pass *p) {
    copy(l, p, l->x, l->y);
}

static void backward_flatten(lint_layer *l, const lint_pass *p) {
    copy(l, p, l->dy, l->dx);
}

static void vjp_flatten(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    copy(l, p, u, to);
}

const lint_layer_kind lint_layer_flatten = {
    .word = "flatten",
    .behind_flatten = 1,
    .linear = 1,
    .in_place = 1,
    .syntax = "",
    .setup = setup_flatten,
    .forward = forward_flatten,
    .backward = backward_flatten,
    .vjp = vjp_flatten,
    .jvp = vjp_flatten,
};
