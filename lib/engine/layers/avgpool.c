/* avgpool: `avgpool K [stride N] [pad N]`. The mean of K x K cells, padding counted as zeros, as
 * torch.nn.AvgPool2d's default; stride is K unless given. And globalpool: `globalpool`, the mean of
 * the whole picture, 1x1 for each channel. */
#include "engine/layers/layer.h"

#include <stdlib.h>
#include <string.h>

typedef struct pool_state {
    size_t k[2], stride[2], pad;
} pool_state;

static int take_state(lint_layer *l, size_t pad, lint_err *e) {
    pool_state *s = malloc(sizeof *s);
    if (!s) return lint_fail_mem(e, l->kind->word);
    for (int i = 0; i < 2; i++) {
        s->k[i] = l->kernel[i];
        s->stride[i] = l->stride[i];
    }
    s->pad = pad;
    l->state = s;
    return 0;
}

static int avgpool_setup(lint_layer *l, lint_err *e) {
    size_t pad;
    if (lint_arg_window(l, 64, &pad, e) < 0) return -1;
    return take_state(l, pad, e);
}

static int setup_global(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = (lint_shape){1, 1, l->in.c};
    l->kernel[0] = l->stride[0] = l->in.h;
    l->kernel[1] = l->stride[1] = l->in.w;
    return take_state(l, 0, e);
}

static void avgpool_release(lint_layer *l) {
    free(l->state);
}

typedef struct pool_job {
    lint_layer *l;
    const float *from;
    float *to;
    int adds;
} pool_job;

/* Cells of one direction that window `at` covers: [*from, *to) of `size`. */
static void cover(size_t at, size_t stride, size_t k, size_t pad, size_t size, size_t *from,
                  size_t *to) {
    size_t begin = at * stride, end = begin + k;
    *from = begin > pad ? begin - pad : 0;
    *to = end > pad ? end - pad : 0;
    if (*to > size) *to = size;
}

/* to[out] = mean of from[in] over the window of output cell (y, x). */
static void average(const lint_layer *l, size_t y, size_t x, const float *from, float *to) {
    const pool_state *s = l->state;
    size_t y0, y1, x0, x1, c = l->in.c;
    float share = 1.0f / (float)(s->k[0] * s->k[1]);
    cover(y, s->stride[0], s->k[0], s->pad, l->in.h, &y0, &y1);
    cover(x, s->stride[1], s->k[1], s->pad, l->in.w, &x0, &x1);
    memset(to, 0, c * sizeof *to);
    for (size_t sy = y0; sy < y1; sy++)
        for (size_t sx = x0; sx < x1; sx++) {
            const float *v = from + (sy * l->in.w + sx) * c;
            for (size_t i = 0; i < c; i++)
                to[i] += v[i];
        }
    for (size_t i = 0; i < c; i++)
        to[i] *= share;
}

/* The other direction: adds u's share to every cell of the window. */
static void spread(const lint_layer *l, size_t y, size_t x, const float *u, float *to) {
    const pool_state *s = l->state;
    size_t y0, y1, x0, x1, c = l->in.c;
    float share = 1.0f / (float)(s->k[0] * s->k[1]);
    cover(y, s->stride[0], s->k[0], s->pad, l->in.h, &y0, &y1);
    cover(x, s->stride[1], s->k[1], s->pad, l->in.w, &x0, &x1);
    for (size_t sy = y0; sy < y1; sy++)
        for (size_t sx = x0; sx < x1; sx++) {
            float *v = to + (sy * l->in.w + sx) * c;
            for (size_t i = 0; i < c; i++)
                v[i] += u[i] * share;
        }
}

static void average_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const pool_job *j = ctx;
    const lint_layer *l = j->l;
    const float *from = j->from + i * lint_shape_count(l->in);
    float *to = j->to + i * lint_shape_count(l->out);
    for (size_t y = 0; y < l->out.h; y++)
        for (size_t x = 0; x < l->out.w; x++, to += l->out.c)
            average(l, y, x, from, to);
}

static void avgpool_spread_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const pool_job *j = ctx;
    const lint_layer *l = j->l;
    const float *u = j->from + i * lint_shape_count(l->out);
    float *to = j->to + i * lint_shape_count(l->in);
    if (!j->adds) memset(to, 0, lint_shape_count(l->in) * sizeof *to);
    for (size_t y = 0; y < l->out.h; y++)
        for (size_t x = 0; x < l->out.w; x++, u += l->out.c)
            spread(l, y, x, u, to);
}

static void avgpool_forward(lint_layer *l, const lint_pass *p) {
    pool_job j = {l, l->x, l->y, 0};
    lint_threads_run(p->pool, p->n, average_image, &j);
}

static void avgpool_backward(lint_layer *l, const lint_pass *p) {
    pool_job j = {l, l->dy, l->dx, l->dx_adds};
    if (l->dx) lint_threads_run(p->pool, p->n, avgpool_spread_image, &j);
}

static void avgpool_vjp(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    pool_job j = {l, u, to, 0};
    lint_threads_run(p->pool, p->n, avgpool_spread_image, &j);
}

static void avgpool_jvp(lint_layer *l, const lint_pass *p, const float *v, const float *u,
                        float *to) {
    (void)u;
    pool_job j = {l, v, to, 0};
    lint_threads_run(p->pool, p->n, average_image, &j);
}

const lint_layer_kind lint_layer_avgpool = {
    .word = "avgpool",
    .linear = 1,
    .adds = 1,
    .syntax = "K [stride N] [pad N]",
    .setup = avgpool_setup,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .vjp = avgpool_vjp,
    .jvp = avgpool_jvp,
    .free = avgpool_release,
};

const lint_layer_kind lint_layer_globalpool = {
    .word = "globalpool",
    .linear = 1,
    .adds = 1,
    .syntax = "",
    .setup = setup_global,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .vjp = avgpool_vjp,
    .jvp = avgpool_jvp,
    .free = avgpool_release,
};
