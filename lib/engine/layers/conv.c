/* conv: `conv OUT KxK [same | pad N] [stride N] [dilation N] [groups N] [nobias]`. Convolution,
 * channels last. `same` gives one cell for each `stride` of the input, as TensorFlow does and, with
 * stride 1, PyTorch: the odd pixel of padding goes right and below.
 *
 * Behind `cam` it is one more linear map: vjp and jvp are its passes without the bias. */
#include "engine/layers/conv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers in all filters of a layer. The largest of ResNet-50 has 2.4 million. */
enum { PAD_MAX = 64, FILTERS_MAX = 1 << 24 };

/* The cells from the first to the last tap of a filter of k taps. */
static size_t span(const conv_state *s, size_t k) {
    return (k - 1) * s->dilation + 1;
}

/* The padding on both sides together that gives `in` / stride cells, rounded up. */
static size_t same_padding(const conv_state *s, size_t k, size_t in) {
    size_t last = (in - 1) / s->stride * s->stride; /* where the last filter begins */
    return last + span(s, k) > in ? last + span(s, k) - in : 0;
}

static int set_size(lint_layer *l, conv_state *s, int same, size_t pad, size_t out, lint_err *e) {
    size_t kh = span(s, s->kh), kw = span(s, s->kw);
    size_t down = same ? same_padding(s, s->kh, l->in.h) : 2 * pad;
    size_t across = same ? same_padding(s, s->kw, l->in.w) : 2 * pad;
    size_t h = l->in.h + down, w = l->in.w + across;
    s->top = down / 2;
    s->left = across / 2;
    if (h < kh || w < kw)
        return lint_fail(e, "a filter of %zux%zu does not fit into %zux%zu", kw, kh, l->in.w,
                         l->in.h);
    l->out = (lint_shape){(h - kh) / s->stride + 1, (w - kw) / s->stride + 1, out};
    return 0;
}

static int parse(lint_layer *l, conv_state *s, size_t *out, int *bias, lint_err *e) {
    size_t pad = 0;
    int same = 0;
    if (l->args && strcmp(l->arg[0], "classes") == 0)
        *out = l->classes;
    else if (lint_arg_count(l, 0, 1, 65536, out, e) < 0)
        return -1;
    if (lint_arg_pair(l, 1, LINT_CONV_FILTER_MAX, &s->kw, &s->kh, e) < 0) return -1;
    for (size_t i = 2; i < l->args; i++) {
        if (strcmp(l->arg[i], "same") == 0)
            same = 1;
        else if (strcmp(l->arg[i], "nobias") == 0)
            *bias = 0;
        else if (strcmp(l->arg[i], "stride") == 0) {
            if (lint_arg_count(l, ++i, 1, 64, &s->stride, e) < 0) return -1;
        } else if (strcmp(l->arg[i], "pad") == 0) {
            if (lint_arg_count(l, ++i, 0, PAD_MAX, &pad, e) < 0) return -1;
        } else if (strcmp(l->arg[i], "dilation") == 0) {
            if (lint_arg_count(l, ++i, 1, 64, &s->dilation, e) < 0) return -1;
        } else if (strcmp(l->arg[i], "groups") == 0) {
            if (lint_arg_count(l, ++i, 1, 65536, &s->groups, e) < 0) return -1;
        } else
            return lint_fail(e, "'%s': expected 'conv %s'", l->arg[i], l->kind->syntax);
    }
    if (same && pad) return lint_fail(e, "'same' goes without 'pad'");
    return set_size(l, s, same, pad, *out, e);
}

static int set_groups(const lint_layer *l, conv_state *s, lint_err *e) {
    if (l->in.c % s->groups || l->out.c % s->groups)
        return lint_fail(e, "groups must divide both the %zu channels in and the %zu out", l->in.c,
                         l->out.c);
    s->c = l->in.c / s->groups;
    s->o = l->out.c / s->groups;
    return 0;
}

static void describe(lint_layer *l, const conv_state *s) {
    l->kernel[0] = span(s, s->kh);
    l->kernel[1] = span(s, s->kw);
    l->stride[0] = l->stride[1] = s->stride;
    l->macs = (double)lint_shape_count(l->out) * (double)(s->kh * s->kw * s->c);
}

/* Small filters stay in the first-level cache while rows of a wide picture go by. Measured by
 * `bench/engine --profile --threads 1`, with one way and then the other, on an AMD EPYC with AVX2,
 * 2026-11: within these limits rows take 0.7 to 0.96 of gemm's time (16 channels to 32, 3x3, 48x48:
 * 3.1 against 4.4 ms); at 360 numbers of a filter and above they are even. On one with AVX-512, 1x1 from 16
 * channels to 96 over 112x112 took 4.0 against 8.3 ms, and the strided first layer of MobileNetV2, whose
 * patches have 27 numbers, 3.9 against 11. */
static int goes_by_rows(const lint_layer *l, const conv_state *s) {
    enum { FILTER_SMALL = 256, OUT_SMALL = 64, SMALL = 4096, WIDE = 24 };
    int of_picture = l->from == 0 && l->in.c > 1; /* a mask's gradient may be asked for */
    return (s->stride == 1 || of_picture) && s->dilation == 1 && s->groups == 1 &&
           s->kh * s->kw * s->c <= FILTER_SMALL &&
           (s->o <= OUT_SMALL || s->kh * s->kw * s->c * s->o <= SMALL) && l->out.w >= WIDE &&
           s->top < s->kh && s->left < s->kw;
}

/* Tiles take their rows where they lie, whatever the filter's size. Each slot has a gradient of all weights,
 * and below that width rows fill no tile. Nor are Winograd's transforms worth their time: products take less.
 * Measured by `bench/engine --profile` on an Intel Xeon (Emerald Rapids), 2026-12: ResNet-50 1.3 times as fast
 * with both, WIDE 24 and 50 alike within the noise. */
static int goes_by_rows_of_tiles(const lint_layer *l, const conv_state *s) {
    enum { WIDE = 24, WEIGHTS_MOST = 1 << 18 };
    return l->tiles && s->stride == 1 && s->dilation == 1 && s->groups == 1 && l->out.w >= WIDE &&
           l->weight[0].count <= WEIGHTS_MOST && s->top < s->kh && s->left < s->kw;
}

/* A head's convolutions are small. One that goes row by row may be fused with a neighbour. */
static const conv_way *way_of(const lint_layer *l, const conv_state *s) {
    if (l->head) return &lint_conv_gemm;
    return goes_by_rows(l, s) || goes_by_rows_of_tiles(l, s) ? &lint_conv_rows
           : lint_conv_depthwise_suits(l)                    ? &lint_conv_depthwise
           : lint_conv_winograd_suits(l)                     ? &lint_conv_winograd
                                                             : &lint_conv_gemm;
}

static int take_head_grad(lint_layer *l, conv_state *s, lint_err *e) {
    size_t count = l->weight[0].count;
    if (lint_layer_claim(l, 1, count, sizeof *s->head_grad, e) < 0) return -1;
    s->head_grad = lint_floats(count);
    return s->head_grad ? 0 : lint_fail_mem(e, l->name);
}

static int conv_setup(lint_layer *l, lint_err *e) {
    conv_state *s = calloc(1, sizeof *s);
    if (!s) return lint_fail_mem(e, l->name);
    l->state = s;
    s->stride = s->dilation = s->groups = 1;
    size_t out;
    int bias = 1;
    if (parse(l, s, &out, &bias, e) < 0 || set_groups(l, s, e) < 0) return -1;
    if (s->c * s->kh * s->kw > FILTERS_MAX / out)
        return lint_fail(e, "its filters are too large: expected at most %d numbers", FILTERS_MAX);
    const size_t shape[] = {out, s->c, s->kh, s->kw};
    lint_weights *w = lint_layer_weights(l, "weight", 1, 4, shape, e);
    if (!w) return -1;
    w->order = LINT_ORDER_CONV;
    w->groups = s->groups;
    if (bias && !lint_layer_weights(l, "bias", 1, 1, shape, e)) return -1;
    describe(l, s);
    s->way = way_of(l, s);
    s->way->setup(l);
    return l->head && l->trains ? take_head_grad(l, s, e) : 0;
}

static void conv_release(lint_layer *l) {
    conv_state *s = l->state;
    if (s) free(s->head_grad);
    free(s);
}

/* PyTorch's default: kaiming_uniform with a = sqrt(5), which is 1 / sqrt(fan in). */
static void conv_init(lint_layer *l, lint_rng *r) {
    const conv_state *s = l->state;
    double bound = 1 / sqrt((double)(s->c * s->kh * s->kw));
    for (size_t i = 0; i < l->weights; i++)
        lint_weights_uniform(&l->weight[i], r, bound);
}

int lint_conv_adds_up(const lint_layer *l) {
    return lint_conv(l)->way == &lint_conv_rows || lint_conv(l)->way == &lint_conv_gemm;
}

static void conv_forward(lint_layer *l, const lint_pass *p) {
    lint_conv(l)->way->forward(l, p);
}

/* --- behind `cam` ----------------------------------------------------------------------------- */

static void add_head_gradient(lint_layer *l, const lint_pass *p) {
    lint_layer linear = *l;
    linear.weights = 1; /* no bias */
    linear.x = l->v;
    linear.dy = (float *)l->u; /* gemm only reads it */
    linear.dx = NULL;
    linear.weight[0].grad = lint_conv(l)->head_grad;
    lint_conv(l)->way->backward(&linear, p);
    for (size_t i = 0; i < l->weight[0].count; i++)
        l->weight[0].grad[i] += linear.weight[0].grad[i];
}

static void conv_backward(lint_layer *l, const lint_pass *p) {
    lint_conv(l)->way->backward(l, p);
    if (l->v && !l->frozen) add_head_gradient(l, p);
}

static void conv_vjp(lint_layer *l, const lint_pass *p, const float *u, float *to) {
    lint_layer linear = *l;
    linear.dy = (float *)u;
    linear.dx = to;
    linear.dx_adds = 0;
    linear.frozen = 1;
    conv_backward(&linear, p);
}

static void conv_jvp(lint_layer *l, const lint_pass *p, const float *v, float *to) {
    lint_layer linear = *l;
    linear.weights = 1; /* no bias */
    linear.x = v;
    linear.y = to;
    conv_forward(&linear, p);
}

/* --- the gradient of the weights, in slots ---------------------------------------------------- */

size_t lint_conv_slots(size_t parts) {
    return parts < LINT_CONV_SLOTS ? (LINT_CONV_SLOTS + parts - 1) / parts : 1;
}

size_t lint_conv_slot_floats(const lint_layer *l) {
    return l->weight[0].count + l->out.c;
}

size_t lint_conv_slots_floats(const lint_layer *l, size_t slots) {
    return slots > 1 ? slots * lint_conv_slot_floats(l) : 0;
}

float *lint_conv_slot(const lint_layer *l, const lint_pass *p, size_t slots, size_t i) {
    return slots > 1 ? p->workspace + i * lint_conv_slot_floats(l) : l->weight[0].grad;
}

enum { JOIN = 4096 }; /* numbers of a part */

typedef struct join_job {
    float *to;
    const float *from;
    size_t count, slots, stride;
} join_job;

static void join_part(void *ctx, size_t part, int worker) {
    (void)worker;
    const join_job *j = ctx;
    size_t at = part * JOIN, n = j->count - at < JOIN ? j->count - at : JOIN;
    memcpy(j->to + at, j->from + at, n * sizeof *j->to);
    for (size_t slot = 1; slot < j->slots; slot++) {
        const float *from = j->from + slot * j->stride + at;
        for (size_t i = 0; i < n; i++)
            j->to[at + i] += from[i];
    }
}

void lint_conv_join(lint_layer *l, const lint_pass *p, const float *partial, size_t slots,
                    size_t stride) {
    size_t count = l->weight[0].count;
    join_job j = {l->weight[0].grad, partial, count, slots, stride};
    lint_threads_run(p->pool, (count + JOIN - 1) / JOIN, join_part, &j);
    if (l->weights < 2) return;
    j.to = l->weight[1].grad;
    j.from += count;
    j.count = l->out.c;
    lint_threads_run(p->pool, (j.count + JOIN - 1) / JOIN, join_part, &j);
}

typedef struct bias_job {
    const lint_layer *l;
    const lint_pass *p;
    float *to;
    size_t slots, stride;
} bias_job;

/* Slot s sums the s-th share of all outputs of dy. */
static void bias_part(void *ctx, size_t slot, int worker) {
    (void)worker;
    const bias_job *j = ctx;
    size_t o = j->l->out.c, count = j->p->n * j->l->out.h * j->l->out.w;
    size_t at = slot * count / j->slots, end = (slot + 1) * count / j->slots;
    float *g = j->to + slot * j->stride;
    memset(g, 0, o * sizeof *g);
    j->p->k->sum(end - at, o, j->l->dy + at * o, g);
}

static void bias_gradient(lint_layer *l, const lint_pass *p, size_t slots) {
    float *to = slots > 1 ? p->workspace + l->weight[0].count : l->weight[1].grad;
    bias_job j = {l, p, to, slots, lint_conv_slot_floats(l)};
    lint_threads_run(p->pool, slots, bias_part, &j);
}

void lint_conv_join_slots(lint_layer *l, const lint_pass *p, size_t slots) {
    if (l->weights > 1) bias_gradient(l, p, slots);
    if (slots > 1) lint_conv_join(l, p, p->workspace, slots, lint_conv_slot_floats(l));
}

static void conv_describe(const lint_layer *l, lint_geometry *g) {
    const conv_state *s = l->state;
    *g = (lint_geometry){.taps = {s->kh, s->kw},
                         .stride = {s->stride, s->stride},
                         .pad = {s->top, s->left},
                         .dilation = s->dilation,
                         .groups = s->groups};
}

const lint_layer_kind lint_layer_conv = {
    .word = "conv",
    .named = 1,
    .linear = 1,
    .adds = 1,
    .syntax = "OUT|classes KxK [same | pad N] [stride N] [dilation N] [groups N] [nobias]",
    .setup = conv_setup,
    .init = conv_init,
    .forward = conv_forward,
    .backward = conv_backward,
    .vjp = conv_vjp,
    .jvp = conv_jvp,
    .describe = conv_describe,
    .free = conv_release,
};
