/* maxpool: `maxpool K [stride N] [pad N] [ceil]`. The largest of K x K cells; windows that do not
 * fit are left out, as PyTorch's default, or with `ceil` kept as far as they reach; padding is
 * never the largest. Stride is K unless given. The cell taken (the first of equals) is a byte, so
 * K is at most 15.
 *
 * 2x2 with stride 2 has kernels of its own; the general case below is what they are tested against.
 */
#include "engine/layers/layer.h"

#include <stdlib.h>
#include <string.h>

typedef struct pool_state {
    size_t k, stride, pad;
    uint8_t *arg; /* [batch, out]: cell in the window, in reading order */
    float *ones;  /* [C]: the largest is wanted */
} pool_state;

static int maxpool_setup(lint_layer *l, lint_err *e) {
    pool_state *s = calloc(1, sizeof *s);
    if (!s) return lint_fail_mem(e, "maxpool");
    l->state = s;
    if (lint_arg_window(l, 15, &s->pad, e) < 0) return -1;
    s->k = l->kernel[0];
    s->stride = l->stride[0];
    if (lint_layer_claim(l, l->batch, lint_shape_count(l->out), sizeof *s->arg, e) < 0) return -1;
    s->arg = malloc(l->batch * lint_shape_count(l->out));
    s->ones = lint_floats(l->in.c);
    if (!s->arg || !s->ones) return lint_fail_mem(e, "maxpool");
    for (size_t c = 0; c < l->in.c; c++)
        s->ones[c] = 1;
    return 0;
}

static void maxpool_release(lint_layer *l) {
    pool_state *s = l->state;
    if (!s) return;
    free(s->arg);
    free(s->ones);
    free(s);
}

static int by_two(const lint_layer *l) {
    const pool_state *s = l->state;
    int hangs = 2 * l->out.h > l->in.h || 2 * l->out.w > l->in.w;
    return s->k == 2 && s->stride == 2 && s->pad == 0 && !hangs;
}

typedef struct pool_job {
    lint_layer *l;
    const lint_pass *p;
    const float *from; /* vjp, jvp */
    float *to;
} pool_job;

/* Where in x [H,W,C] output (y, x) of channel c has its window cell `arg`. */
static size_t source(const lint_layer *l, size_t y, size_t x, size_t c, size_t arg) {
    const pool_state *s = l->state;
    size_t sy = y * s->stride + arg / s->k - s->pad, sx = x * s->stride + arg % s->k - s->pad;
    return (sy * l->in.w + sx) * l->in.c + c;
}

/* One output cell: x is the picture [H,W,C], (sy, sx) the window's first cell in the padded one.
 */
static void take_largest(const lint_layer *l, const lint_kernels *k, const float *x, size_t sy,
                         size_t sx, float *y, uint8_t *arg) {
    const pool_state *s = l->state;
    int first = 1;
    for (size_t a = 0; a < s->k * s->k; a++) {
        size_t py = sy + a / s->k, px = sx + a % s->k;
        if (py < s->pad || py >= s->pad + l->in.h || px < s->pad || px >= s->pad + l->in.w)
            continue;
        const float *at = x + ((py - s->pad) * l->in.w + px - s->pad) * l->in.c;
        if (first) {
            memcpy(y, at, l->in.c * sizeof *y);
            memset(arg, (int)a, l->in.c);
            first = 0;
        } else {
            k->larger(l->in.c, at, (uint8_t)a, y, arg);
        }
    }
}

static void forward_general(const lint_layer *l, const lint_kernels *k, const float *x, float *y,
                            uint8_t *arg) {
    const pool_state *s = l->state;
    for (size_t oy = 0; oy < l->out.h; oy++)
        for (size_t ox = 0; ox < l->out.w; ox++, y += l->in.c, arg += l->in.c)
            take_largest(l, k, x, oy * s->stride, ox * s->stride, y, arg);
}

static void maxpool_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const pool_job *j = ctx;
    lint_layer *l = j->l;
    const pool_state *s = l->state;
    const float *x = l->x + i * lint_shape_count(l->in);
    size_t at = i * lint_shape_count(l->out), row = l->out.w * l->out.c, full = l->in.w * l->in.c;
    if (!by_two(l)) {
        forward_general(l, j->p->k, x, l->y + at, s->arg + at);
        return;
    }
    for (size_t y = 0; y < l->out.h; y++)
        j->p->k->pool2(l->out.w, l->out.c, x + 2 * y * full, x + (2 * y + 1) * full, s->ones,
                       l->y + at + y * row, s->arg + at + y * row);
}

static void maxpool_forward(lint_layer *l, const lint_pass *p) {
    pool_job j = {.l = l, .p = p};
    lint_threads_run(p->pool, p->n, maxpool_forward_image, &j);
}

static void spread_plain(const lint_layer *l, const float *u, const uint8_t *arg, float *to) {
    memset(to, 0, lint_shape_count(l->in) * sizeof *to);
    for (size_t y = 0; y < l->out.h; y++)
        for (size_t x = 0; x < l->out.w; x++)
            for (size_t c = 0; c < l->in.c; c++, u++, arg++)
                to[source(l, y, x, c, *arg)] += *u;
}

static void maxpool_spread_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const pool_job *j = ctx;
    const lint_layer *l = j->l;
    const pool_state *s = l->state;
    size_t at = i * lint_shape_count(l->out), row = l->out.w * l->out.c, full = l->in.w * l->in.c;
    float *to = j->to + i * lint_shape_count(l->in);
    if (!by_two(l)) {
        spread_plain(l, j->from + at, s->arg + at, to);
        return;
    }
    if (l->in.w % 2 || l->in.h % 2) memset(to, 0, lint_shape_count(l->in) * sizeof *to);
    for (size_t y = 0; y < l->out.h; y++)
        j->p->k->unpool2(l->out.w, l->out.c, j->from + at + y * row, s->arg + at + y * row,
                         to + 2 * y * full, to + (2 * y + 1) * full);
}

static void maxpool_vjp(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    pool_job j = {l, p, u, to};
    lint_threads_run(p->pool, p->n, maxpool_spread_image, &j);
}

static void maxpool_backward(lint_layer *l, const lint_pass *p) {
    if (l->dx) maxpool_vjp(l, p, l->dy, l->dx);
}

static void gather_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const pool_job *j = ctx;
    const lint_layer *l = j->l;
    const pool_state *s = l->state;
    const float *v = j->from + i * lint_shape_count(l->in);
    size_t at = i * lint_shape_count(l->out);
    for (size_t y = 0; y < l->out.h; y++)
        for (size_t x = 0; x < l->out.w; x++)
            for (size_t c = 0; c < l->in.c; c++, at++)
                j->to[at] = v[source(l, y, x, c, s->arg[at])];
}

static void maxpool_jvp(lint_layer *l, const lint_pass *p, const float *v, float *to) {
    pool_job j = {l, p, v, to};
    lint_threads_run(p->pool, p->n, gather_image, &j);
}

static void maxpool_describe(const lint_layer *l, lint_geometry *g) {
    const pool_state *s = l->state;
    *g = (lint_geometry){
        .taps = {s->k, s->k}, .stride = {s->stride, s->stride}, .pad = {s->pad, s->pad}};
}

const lint_layer_kind lint_layer_maxpool = {
    .word = "maxpool",
    .linear = 1,
    .syntax = "K [stride N] [pad N] [ceil]",
    .setup = maxpool_setup,
    .forward = maxpool_forward,
    .backward = maxpool_backward,
    .vjp = maxpool_vjp,
    .jvp = maxpool_jvp,
    .describe = maxpool_describe,
    .free = maxpool_release,
};
