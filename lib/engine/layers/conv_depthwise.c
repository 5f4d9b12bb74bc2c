/* Depthwise convolution: as many groups as channels in and out. Each filter has one channel, so
 * there is nothing to multiply as matrices; a row of the output takes a row of the input for every
 * tap, all channels at once.
 */
#include "engine/layers/conv.h"

#include <string.h>

enum {
    ROWS = 8, /* of a part: one image alone still feeds several threads */
    SLOTS = LINT_CONV_SLOTS
};

typedef struct depthwise {
    lint_layer *l;
    const lint_pass *p;
    const float *taps; /* [kh,kw,C] */
    size_t bands;      /* of an image */
} depthwise;

/* Outputs [begin, begin + count) of a row for which the tap that is t cells from the first lies
 * inside of the input's `in` cells, and the input cell of the first. */
typedef struct reach {
    size_t begin, count, from;
} reach;

static reach reach_of(size_t t, size_t in, size_t out, size_t stride, size_t pad) {
    reach r = {.begin = t < pad ? (pad - t + stride - 1) / stride : 0};
    size_t last = in + pad > t ? (in + pad - t - 1) / stride + 1 : 0; /* the first one beyond */
    if (last > out) last = out;
    if (r.begin >= last) return (reach){0};
    r.count = last - r.begin;
    r.from = r.begin * stride + t - pad;
    return r;
}

static void pack_taps(const lint_layer *l, float *taps) {
    const conv_state *s = lint_conv(l);
    size_t n = s->kh * s->kw;
    for (size_t c = 0; c < l->in.c; c++)
        for (size_t t = 0; t < n; t++)
            taps[t * l->in.c + c] = l->weight[0].value[c * n + t];
}

static depthwise begin(lint_layer *l, const lint_pass *p, size_t rows) {
    pack_taps(l, p->workspace);
    return (depthwise){l, p, p->workspace, (rows + ROWS - 1) / ROWS};
}

/* --- forward ---------------------------------------------------------------------------------- */

static void forward_row(const depthwise *j, size_t image, size_t y) {
    const lint_layer *l = j->l;
    const conv_state *s = lint_conv(l);
    const float *bias = lint_conv_bias(l), *x = l->x + image * lint_shape_count(l->in);
    size_t c = l->in.c;
    float *to = l->y + (image * l->out.h + y) * l->out.w * c;
    for (size_t q = 0; q < l->out.w; q++)
        if (bias)
            memcpy(to + q * c, bias, c * sizeof *to);
        else
            memset(to + q * c, 0, c * sizeof *to);
    for (size_t i = 0; i < s->kh; i++) {
        size_t row = y * s->stride + i * s->dilation; /* counted from the padding's first */
        if (row < s->top || row >= s->top + l->in.h) continue;
        for (size_t k = 0; k < s->kw; k++) {
            reach r = reach_of(k * s->dilation, l->in.w, l->out.w, s->stride, s->left);
            j->p->k->tap(r.count, c, x + ((row - s->top) * l->in.w + r.from) * c, s->stride * c,
                         j->taps + (i * s->kw + k) * c, to + r.begin * c, c);
        }
    }
}

static void forward_band(void *ctx, size_t part, int worker) {
    (void)worker;
    const depthwise *j = ctx;
    size_t image = part / j->bands, y = part % j->bands * ROWS;
    for (size_t end = y + ROWS; y < end && y < j->l->out.h; y++)
        forward_row(j, image, y);
}

static void depthwise_forward(lint_layer *l, const lint_pass *p) {
    depthwise j = begin(l, p, l->out.h);
    lint_threads_run(p->pool, p->n * j.bands, forward_band, &j);
}

/* --- gradients -------------------------------------------------------------------------------- */

static void input_row(const depthwise *j, size_t image, size_t y) {
    const lint_layer *l = j->l;
    const conv_state *s = lint_conv(l);
    const float *dy = l->dy + image * lint_shape_count(l->out);
    size_t c = l->in.c;
    float *to = l->dx + (image * l->in.h + y) * l->in.w * c;
    if (!l->dx_adds) memset(to, 0, l->in.w * c * sizeof *to);
    for (size_t i = 0; i < s->kh && i * s->dilation <= y + s->top; i++) {
        size_t at = y + s->top - i * s->dilation, row = at / s->stride;
        if (at % s->stride || row >= l->out.h) continue;
        for (size_t k = 0; k < s->kw; k++) {
            reach r = reach_of(k * s->dilation, l->in.w, l->out.w, s->stride, s->left);
            j->p->k->tap(r.count, c, dy + (row * l->out.w + r.begin) * c, c,
                         j->taps + (i * s->kw + k) * c, to + r.from * c, s->stride * c);
        }
    }
}

static void input_band(void *ctx, size_t part, int worker) {
    (void)worker;
    const depthwise *j = ctx;
    size_t image = part / j->bands, y = part % j->bands * ROWS;
    for (size_t end = y + ROWS; y < end && y < j->l->in.h; y++)
        input_row(j, image, y);
}

/* Adds what output row y of an image teaches to taps [kh,kw,C]. */
static void weight_row(const depthwise *j, size_t image, size_t y, float *taps) {
    const lint_layer *l = j->l;
    const conv_state *s = lint_conv(l);
    const float *x = l->x + image * lint_shape_count(l->in);
    size_t c = l->in.c;
    const float *dy = l->dy + (image * l->out.h + y) * l->out.w * c;
    for (size_t i = 0; i < s->kh; i++) {
        size_t row = y * s->stride + i * s->dilation;
        if (row < s->top || row >= s->top + l->in.h) continue;
        for (size_t k = 0; k < s->kw; k++) {
            reach r = reach_of(k * s->dilation, l->in.w, l->out.w, s->stride, s->left);
            j->p->k->tap_gradient(r.count, c, x + ((row - s->top) * l->in.w + r.from) * c,
                                  s->stride * c, dy + r.begin * c, taps + (i * s->kw + k) * c);
        }
    }
}

static void weight_slot(void *ctx, size_t slot, int worker) {
    const depthwise *j = ctx;
    const lint_layer *l = j->l;
    size_t c = l->in.c, n = l->weight[0].count / c, count = j->p->n * l->out.h;
    float *taps = j->p->scratch[worker], *to = lint_conv_slot(l, j->p, SLOTS, slot);
    memset(taps, 0, l->weight[0].count * sizeof *taps);
    for (size_t at = slot * count / SLOTS; at < (slot + 1) * count / SLOTS; at++)
        weight_row(j, at / l->out.h, at % l->out.h, taps);
    for (size_t ch = 0; ch < c; ch++)
        for (size_t t = 0; t < n; t++)
            to[ch * n + t] = taps[t * c + ch];
}

static void depthwise_backward(lint_layer *l, const lint_pass *p) {
    if (!l->frozen) {
        depthwise j = {.l = l, .p = p};
        lint_threads_run(p->pool, SLOTS, weight_slot, &j);
        lint_conv_join_slots(l, p, SLOTS);
    }
    if (!l->dx) return;
    depthwise j = begin(l, p, l->in.h);
    lint_threads_run(p->pool, p->n * j.bands, input_band, &j);
}

int lint_conv_depthwise_suits(const lint_layer *l) {
    const conv_state *s = lint_conv(l);
    return s->groups > 1 && s->c == 1 && s->o == 1;
}

static void depthwise_setup(lint_layer *l) {
    l->workspace = l->weight[0].count;
    if (!l->trains) return;
    l->scratch = l->weight[0].count;
    l->workspace = lint_conv_slots_floats(l, SLOTS);
}

const conv_way lint_conv_depthwise = {depthwise_setup, depthwise_forward, depthwise_backward};
