/* dense: `dense OUT|classes [nobias]`. y = x W^T + b, W [O,I] as torch.nn.Linear.
 *
 * I may be large (18432 in the standard net), N and O are small, so all work is cut along I into
 * parts of a fixed width, and each part is one sgemm by one thread. Forward gives a partial y for
 * each part, joined in part order.
 */
#include "engine/layers/layer.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PART_WIDTH = 1024 }; /* a part's slice of W: O x 1024 floats, half a megabyte at O = 128 */

typedef struct dense_state {
    size_t parts;
    float *partial; /* [parts, batch, O] */
} dense_state;

static int dense_setup(lint_layer *l, lint_err *e) {
    size_t out;
    int bias = l->args < 2;
    if (l->args < 1 || l->args > 2 || (!bias && strcmp(l->arg[1], "nobias") != 0))
        return lint_arg_syntax(l, e);
    if (strcmp(l->arg[0], "classes") == 0)
        out = l->classes;
    else if (lint_arg_count(l, 0, 1, 1 << 20, &out, e) < 0)
        return -1;
    if (l->in.h != 1 || l->in.w != 1)
        return lint_fail(e, "expected 'flatten' before it: its input is %zux%zux%zu", l->in.w,
                         l->in.h, l->in.c);
    l->out = (lint_shape){1, 1, out};
    const size_t shape[] = {out, l->in.c};
    lint_weights *w = lint_layer_weights(l, "weight", 1, 2, shape, e);
    if (!w) return -1;
    if (lint_layer_is_reordered(l)) {
        w->order = LINT_ORDER_FLAT;
        w->flat = l->flat;
    }
    if (bias && !lint_layer_weights(l, "bias", 1, 1, shape, e)) return -1;
    dense_state *s = calloc(1, sizeof *s);
    if (!s) return lint_fail_mem(e, l->name);
    l->state = s;
    s->parts = (l->in.c + PART_WIDTH - 1) / PART_WIDTH;
    l->macs = (double)l->in.c * (double)out;
    if (lint_layer_claim(l, l->batch, s->parts * out, sizeof *s->partial, e) < 0) return -1;
    s->partial = lint_floats(s->parts * l->batch * out);
    return s->partial ? 0 : lint_fail_mem(e, l->name);
}

static void dense_release(lint_layer *l) {
    dense_state *s = l->state;
    if (s) free(s->partial);
    free(s);
}

/* PyTorch's default: weight and bias uniform in +-1 / sqrt(fan in). */
static void dense_init(lint_layer *l, lint_rng *r) {
    double bound = 1 / sqrt((double)l->in.c);
    for (size_t i = 0; i < l->weights; i++)
        lint_weights_uniform(&l->weight[i], r, bound);
}

typedef struct dense_job {
    lint_layer *l;
    size_t n;
    const float *x; /* [N,I] */
    const float *u; /* [N,O] */
    float *to;      /* [N,I] */
} dense_job;

static size_t part_start(const lint_layer *l, size_t part) {
    size_t at = part * PART_WIDTH;
    return at < l->in.c ? at : l->in.c;
}

static void multiply_part(void *ctx, size_t part, int worker) {
    (void)worker;
    const dense_job *j = ctx;
    const lint_layer *l = j->l;
    const dense_state *s = l->state;
    size_t at = part_start(l, part), width = part_start(l, part + 1) - at;
    int n = (int)j->n, o = (int)l->out.c, i = (int)l->in.c;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, o, (int)width, 1, j->x + at, i,
                l->weight[0].value + at, i, 0, s->partial + part * l->batch * l->out.c, o);
}

/* to [N,O] = x W^T + bias (NULL: none). */
static void dense_multiply(lint_layer *l, const lint_pass *p, const float *x, const float *bias,
                           float *to) {
    const dense_state *s = l->state;
    dense_job j = {.l = l, .n = p->n, .x = x};
    lint_threads_run(p->pool, s->parts, multiply_part, &j);
    size_t o = l->out.c;
    for (size_t i = 0; i < p->n; i++)
        for (size_t c = 0; c < o; c++) {
            float sum = bias ? bias[c] : 0;
            for (size_t part = 0; part < s->parts; part++)
                sum += s->partial[(part * l->batch + i) * o + c];
            to[i * o + c] = sum;
        }
}

static void dense_forward(lint_layer *l, const lint_pass *p) {
    dense_multiply(l, p, l->x, l->weights > 1 ? l->weight[1].value : NULL, l->y);
}

static void dense_vjp_part(void *ctx, size_t part, int worker) {
    (void)worker;
    const dense_job *j = ctx;
    const lint_layer *l = j->l;
    size_t at = part_start(l, part), width = part_start(l, part + 1) - at;
    int n = (int)j->n, o = (int)l->out.c, i = (int)l->in.c;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, (int)width, o, 1, j->u, o,
                l->weight[0].value + at, i, 0, j->to + at, i);
}

static void dense_vjp(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    dense_job j = {.l = l, .n = p->n, .u = u, .to = to};
    lint_threads_run(p->pool, ((dense_state *)l->state)->parts, dense_vjp_part, &j);
}

static void gradient_part(void *ctx, size_t part, int worker) {
    (void)worker;
    const dense_job *j = ctx;
    const lint_layer *l = j->l;
    size_t at = part_start(l, part), width = part_start(l, part + 1) - at;
    int n = (int)j->n, o = (int)l->out.c, i = (int)l->in.c;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, o, (int)width, n, 1, l->dy, o, l->x + at,
                i, 0, l->weight[0].grad + at, i);
    if (!l->v) return; /* else the same again, while the part is in the second-level cache */
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, o, (int)width, n, 1, l->u, o, l->v + at, i,
                1, l->weight[0].grad + at, i);
}

static void weight_gradient(lint_layer *l, const lint_pass *p) {
    dense_job j = {.l = l, .n = p->n};
    lint_threads_run(p->pool, ((dense_state *)l->state)->parts, gradient_part, &j);
}

static void dense_backward(lint_layer *l, const lint_pass *p) {
    if (!l->frozen) {
        float *gb = l->weights > 1 ? l->weight[1].grad : NULL;
        weight_gradient(l, p);
        if (gb) memset(gb, 0, l->out.c * sizeof *gb);
        if (gb) p->k->sum(p->n, l->out.c, l->dy, gb);
    }
    if (l->dx) dense_vjp(l, p, l->dy, l->dx);
}

static void dense_jvp(lint_layer *l, const lint_pass *p, const float *v, float *to) {
    dense_multiply(l, p, v, NULL, to);
}

const lint_layer_kind lint_layer_dense = {
    .word = "dense",
    .behind_flatten = 1,
    .named = 1,
    .linear = 1,
    .syntax = "OUT|classes [nobias]",
    .setup = dense_setup,
    .init = dense_init,
    .forward = dense_forward,
    .backward = dense_backward,
    .vjp = dense_vjp,
    .jvp = dense_jvp,
    .free = dense_release,
};
