/* avgpool: `avgpool K [stride N] [pad N] [ceil]`. The mean of K x K cells, padding counted as
 * zeros, as torch.nn.AvgPool2d's default; stride is K unless given. What a window that `ceil`
 * keeps has beyond the padding is not counted. And globalpool: `globalpool`, the mean of the
 * whole picture, 1x1 for each channel. And adaptivepool: `adaptivepool WxH`, the means of windows
 * that cover the picture evenly, as torch.nn.AdaptiveAvgPool2d. */
#include "engine/layers/layer.h"

#include <stdlib.h>
#include <string.h>

typedef struct pool_state {
    size_t k[2], stride[2], pad;
    int adapts; /* windows are as large as the output's size makes them */
} pool_state;

static pool_state *take_state(lint_layer *l, size_t pad, lint_err *e) {
    pool_state *s = calloc(1, sizeof *s);
    if (!s) {
        lint_fail_mem(e, l->kind->word);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        s->k[i] = l->kernel[i];
        s->stride[i] = l->stride[i];
    }
    s->pad = pad;
    return l->state = s;
}

static int avgpool_setup(lint_layer *l, lint_err *e) {
    size_t pad;
    if (lint_arg_window(l, 64, &pad, e) < 0) return -1;
    return take_state(l, pad, e) ? 0 : -1;
}

static int setup_global(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = (lint_shape){1, 1, l->in.c};
    l->kernel[0] = l->stride[0] = l->in.h;
    l->kernel[1] = l->stride[1] = l->in.w;
    return take_state(l, 0, e) ? 0 : -1;
}

static int setup_adaptive(lint_layer *l, lint_err *e) {
    const size_t in[2] = {l->in.h, l->in.w};
    size_t out[2];
    if (l->args != 1) return lint_arg_syntax(l, e);
    if (lint_arg_pair(l, 0, 1024, &out[1], &out[0], e) < 0) return -1;
    l->out = (lint_shape){out[0], out[1], l->in.c};
    for (int i = 0; i < 2; i++) {
        l->stride[i] = in[i] > out[i] ? in[i] / out[i] : 1; /* for the table: about */
        l->kernel[i] = (in[i] + out[i] - 1) / out[i];
    }
    pool_state *s = take_state(l, 0, e);
    if (!s) return -1;
    s->adapts = 1;
    return 0;
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

/* Cells [y0, y1) x [x0, x1) of the input, and what each counts. */
typedef struct window {
    size_t y0, y1, x0, x1;
    float share;
} window;

/* Cells of one direction that window `at` covers: [*from, *to) of `in`. Returns what they are
 * divided by. */
static size_t cover(const pool_state *s, int axis, size_t at, size_t in, size_t out, size_t *from,
                    size_t *to) {
    if (s->adapts) {
        *from = at * in / out;
        *to = ((at + 1) * in + out - 1) / out;
        return *to - *from;
    }
    size_t begin = at * s->stride[axis], end = begin + s->k[axis];
    if (end > in + 2 * s->pad) end = in + 2 * s->pad;
    *from = begin > s->pad ? begin - s->pad : 0;
    *to = end > s->pad ? end - s->pad : 0;
    if (*to > in) *to = in;
    return end - begin;
}

static window window_of(const lint_layer *l, size_t y, size_t x) {
    const pool_state *s = l->state;
    window w;
    size_t rows = cover(s, 0, y, l->in.h, l->out.h, &w.y0, &w.y1);
    w.share = 1.0f / (float)(rows * cover(s, 1, x, l->in.w, l->out.w, &w.x0, &w.x1));
    return w;
}

/* to[out] = mean of from[in] over the window of output cell (y, x). */
static void average(const lint_layer *l, size_t y, size_t x, const float *from, float *to) {
    window w = window_of(l, y, x);
    size_t c = l->in.c;
    memset(to, 0, c * sizeof *to);
    for (size_t sy = w.y0; sy < w.y1; sy++)
        for (size_t sx = w.x0; sx < w.x1; sx++) {
            const float *v = from + (sy * l->in.w + sx) * c;
            for (size_t i = 0; i < c; i++)
                to[i] += v[i];
        }
    for (size_t i = 0; i < c; i++)
        to[i] *= w.share;
}

/* The other direction: adds u's share to every cell of the window. */
static void spread(const lint_layer *l, size_t y, size_t x, const float *u, float *to) {
    window w = window_of(l, y, x);
    size_t c = l->in.c;
    for (size_t sy = w.y0; sy < w.y1; sy++)
        for (size_t sx = w.x0; sx < w.x1; sx++) {
            float *v = to + (sy * l->in.w + sx) * c;
            for (size_t i = 0; i < c; i++)
                v[i] += u[i] * w.share;
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

static void avgpool_jvp(lint_layer *l, const lint_pass *p, const float *v, float *to) {
    pool_job j = {l, v, to, 0};
    lint_threads_run(p->pool, p->n, average_image, &j);
}

static void avgpool_describe(const lint_layer *l, lint_geometry *g) {
    const pool_state *s = l->state;
    *g = (lint_geometry){.taps = {s->k[0], s->k[1]},
                         .stride = {s->stride[0], s->stride[1]},
                         .pad = {s->pad, s->pad}};
}

const lint_layer_kind lint_layer_avgpool = {
    .word = "avgpool",
    .linear = 1,
    .adds = 1,
    .syntax = "K [stride N] [pad N] [ceil]",
    .setup = avgpool_setup,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .vjp = avgpool_vjp,
    .jvp = avgpool_jvp,
    .describe = avgpool_describe,
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
    .describe = avgpool_describe,
    .free = avgpool_release,
};

const lint_layer_kind lint_layer_adaptivepool = {
    .word = "adaptivepool",
    .linear = 1,
    .adds = 1,
    .syntax = "WxH",
    .setup = setup_adaptive,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .vjp = avgpool_vjp,
    .jvp = avgpool_jvp,
    .describe = avgpool_describe,
    .free = avgpool_release,
};
