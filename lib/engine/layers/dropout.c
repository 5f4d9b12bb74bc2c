/* dropout: `dropout P`. In training each number is zeroed with probability P and the others grow by
 * 1 / (1 - P) (Srivastava et al. 2014, scaled as torch.nn.Dropout does); inference passes all.
 *
 * Number i of image n in a step is dropped if draw i of lint_rng_at(seed, LINT_RNG_DROPOUT,
 * step * 2^20 + n, from) is below P, `from` being the index of the layer before it in the network.
 * The mask is kept as bytes, since it is what backward and the maps need.
 *
 * stochasticdepth: `stochasticdepth P`. The same for whole images, at the end of a block whose
 * layers are to be left out now and then (Huang et al. 2016): all numbers of image n follow its
 * draw 0. */
#include "engine/layers/layer.h"

#include <stdlib.h>

typedef struct dropout_state {
    double p;
    size_t each;   /* numbers of an image that one byte is for: 1 or all */
    uint8_t *keep; /* [batch, in / each] */
    int drops;     /* the pass before was one of training */
} dropout_state;

static int dropout_setup(lint_layer *l, lint_err *e) {
    char *end = NULL;
    double p = l->args == 1 ? strtod(l->arg[0], &end) : -1;
    if (!end || *end || !(p >= 0 && p < 1))
        return lint_fail(e, "expected '%s P', P at least 0 and below 1", l->kind->word);
    l->out = l->in;
    dropout_state *s = calloc(1, sizeof *s);
    if (!s) return lint_fail_mem(e, "dropout");
    l->state = s;
    s->p = p;
    s->each = l->kind == &lint_layer_dropout ? 1 : lint_shape_count(l->in);
    size_t bytes = lint_shape_count(l->in) / s->each;
    if (!l->trains) return 0;
    if (lint_layer_claim(l, l->batch, bytes, sizeof *s->keep, e) < 0) return -1;
    s->keep = malloc(l->batch * bytes);
    return s->keep ? 0 : lint_fail_mem(e, "dropout");
}

static void dropout_release(lint_layer *l) {
    dropout_state *s = l->state;
    if (!s) return;
    free(s->keep);
    free(s);
}

typedef struct dropout_job {
    const lint_layer *l;
    const lint_pass *p;
    const float *from;
    float *to;
} dropout_job;

static void draw_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const dropout_job *j = ctx;
    const dropout_state *s = j->l->state;
    size_t n = lint_shape_count(j->l->in) / s->each;
    lint_rng r =
        lint_rng_at(j->p->seed, LINT_RNG_DROPOUT, (j->p->step << 20) + i, (uint64_t)j->l->from);
    for (size_t q = 0; q < n; q++)
        s->keep[i * n + q] = lint_rng_unit(&r) >= s->p;
}

/* Through the mask: the same for values, gradients and maps. */
static void mask_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const dropout_job *j = ctx;
    const dropout_state *s = j->l->state;
    size_t n = lint_shape_count(j->l->in);
    float grow = s->drops ? (float)(1 / (1 - s->p)) : 1;
    for (size_t q = i * n; q < (i + 1) * n; q++)
        j->to[q] = !s->drops || s->keep[q / s->each] ? j->from[q] * grow : 0;
}

static void pass(lint_layer *l, const lint_pass *p, const float *from, float *to) {
    const dropout_state *s = l->state;
    dropout_job j = {l, p, from, to};
    if (s->drops || from != to) lint_threads_run(p->pool, p->n, mask_image, &j);
}

static void dropout_forward(lint_layer *l, const lint_pass *p) {
    dropout_state *s = l->state;
    dropout_job j = {.l = l, .p = p};
    s->drops = p->training && !l->frozen;
    if (s->drops) lint_threads_run(p->pool, p->n, draw_image, &j);
    pass(l, p, l->x, l->y);
}

static void dropout_backward(lint_layer *l, const lint_pass *p) {
    if (l->dx) pass(l, p, l->dy, l->dx);
}

const lint_layer_kind lint_layer_dropout = {
    .word = "dropout",
    .behind_flatten = 1,
    .linear = 1,
    .in_place = 1,
    .syntax = "P",
    .setup = dropout_setup,
    .forward = dropout_forward,
    .backward = dropout_backward,
    .vjp = pass,
    .jvp = pass,
    .free = dropout_release,
};

const lint_layer_kind lint_layer_stochasticdepth = {
    .word = "stochasticdepth",
    .behind_flatten = 1,
    .in_place = 1,
    .syntax = "P",
    .setup = dropout_setup,
    .forward = dropout_forward,
    .backward = dropout_backward,
    .free = dropout_release,
};
