/* silu: `silu`, x / (1 + exp(-x)) (Hendrycks and Gimpel 2016; also called swish). And hardswish:
 * `hardswish`, x times hardsigmoid(x) (Howard et al. 2019). In neither does y determine x, so
 * backward needs x. Behind `cam` they are curved; see layer.h. */
#include "engine/layers/layer.h"

#include <math.h>
#include <stdlib.h>

static int silu_setup(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = l->in;
    return 0;
}

typedef struct silu_job {
    const lint_layer *l;
    const lint_pass *p;
    const float *from;
    float *to;
} silu_job;

static void silu_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const silu_job *j = ctx;
    const lint_layer *l = j->l;
    const lint_kernels *k = j->p->k;
    size_t n = lint_shape_count(l->in);
    (l->kind == &lint_layer_silu ? k->silu : k->hardswish)(n, l->x + i * n, l->y + i * n);
}

static void silu_forward(lint_layer *l, const lint_pass *p) {
    silu_job j = {.l = l, .p = p};
    lint_threads_run(p->pool, p->n, silu_forward_image, &j);
}

static void silu_slope_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const silu_job *j = ctx;
    const lint_layer *l = j->l;
    const lint_kernels *k = j->p->k;
    size_t n = lint_shape_count(l->in);
    (l->kind == &lint_layer_silu ? k->silu_back : k->hardswish_back)(
        n, l->x + i * n, j->from + i * n, j->to + i * n);
}

static void silu_vjp(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    silu_job j = {l, p, u, to};
    lint_threads_run(p->pool, p->n, silu_slope_image, &j);
}

/* The second derivative. */
static float curve(const lint_layer *l, float x) {
    if (l->kind == &lint_layer_hardswish) return x > -3 && x < 3 ? 1.0f / 3 : 0;
    double s = 1 / (1 + exp(-(double)x));
    return (float)(s * (1 - s) * (2 + (double)x * (1 - 2 * s)));
}

static void silu_backward(lint_layer *l, const lint_pass *p) {
    if (l->dx) silu_vjp(l, p, l->dy, l->dx);
    for (size_t i = 0; l->dx && l->v && i < p->n * lint_shape_count(l->in); i++)
        l->dx[i] += curve(l, l->x[i]) * l->v[i] * l->u[i];
}

/* What the two kinds have in common. */
#define SILU_KIND                                                                                  \
    .linear = 1, .behind_flatten = 1, .dx_over_dy = 1, .syntax = "", .setup = silu_setup,          \
    .forward = silu_forward, .backward = silu_backward, .vjp = silu_vjp,                           \
    .jvp = silu_vjp /* a diagonal */

const lint_layer_kind lint_layer_silu = {.word = "silu", SILU_KIND};
const lint_layer_kind lint_layer_hardswish = {.word = "hardswish", SILU_KIND};
