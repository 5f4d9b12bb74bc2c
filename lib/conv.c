/* conv: `conv OUT KxK [same | pad N] [stride N] [nobias]`. Convolution, channels last.
 *
 * One output row at a time: the input rows under the filter are copied with their padding into a
 * ring of R rows, and lint_kernels.mul reads pixel p's receptive field as runs of kw*C floats.
 * `same` pads as PyTorch does: the odd pixel goes right and below.
 *
 * The gradient to the input is the same operation on dy, with the filter turned by 180 degrees, in
 * and out exchanged, and, for a stride, zeros between dy's pixels.
 */
#include "layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BANDS = 4, /* parts of an image in forward: one image alone still feeds several threads */
    SLOTS = 16 /* partial weight gradients of a batch, joined in this order */
};

typedef struct conv_state {
    size_t kh, kw, stride, top, left;
    float *flipped;  /* [kh,kw,O,C] for the input gradient */
    float *partial;  /* [SLOTS, kh*kw*C*O + O] */
    float **scratch; /* one for each worker */
    int workers;
    size_t scratch_floats;
} conv_state;

/* --- the ring of padded rows
 * ----------------------------------------------------------------------- */

/* Rows of one picture, padded left and right, spread by `spread` (zeros between pixels; 1 is
 * dense). Row numbers are of the spread picture and may lie outside of it: zeros. */
typedef struct ring {
    const float *x;
    size_t h, w, c, spread;
    size_t left, width; /* pixels of padding before, pixels in all */
    size_t slots;
    float *rows; /* [slots + 1, width * c]; the last one stays zero */
    long *held;  /* the row that each slot holds, or LONG_MIN */
} ring;

static const float *ring_zero(const ring *r) {
    return r->rows + r->slots * r->width * r->c;
}

static void ring_copy(const ring *r, size_t row, float *to) {
    const float *from = r->x + row * r->w * r->c;
    to += r->left * r->c;
    if (r->spread == 1) {
        memcpy(to, from, r->w * r->c * sizeof *to);
        return;
    }
    for (size_t i = 0; i < r->w; i++)
        memcpy(to + i * r->spread * r->c, from + i * r->c, r->c * sizeof *to);
}

static const float *ring_row(ring *r, long y) {
    long spread = (long)r->spread;
    if (y < 0 || y % spread || y / spread >= (long)r->h) return ring_zero(r);
    size_t slot = (size_t)y % r->slots;
    float *to = r->rows + slot * r->width * r->c;
    if (r->held[slot] != y) {
        ring_copy(r, (size_t)(y / spread), to);
        r->held[slot] = y;
    }
    return to;
}

/* Numbers in all filters of a layer: SLOTS times them is a gigabyte. ResNet-50 has 2.4 million. */
enum { FILTER_MAX = 32, FILTERS_MAX = 1 << 24, ROWS_MAX = 1 << 26, NO_ROW = -1 };

static void ring_start(ring *r, const float *x) {
    r->x = x;
    for (size_t i = 0; i < r->slots; i++)
        r->held[i] = NO_ROW;
}

static size_t ring_floats(size_t slots, size_t width, size_t c) {
    return (slots + 1) * width * c;
}

/* Padded width of the input's rows, at least what the last output pixel reads. */
static size_t padded_width(const lint_layer *l) {
    const conv_state *s = l->state;
    size_t reach = (l->out.w - 1) * s->stride + s->kw, there = s->left + l->in.w;
    return reach > there ? reach : there;
}

static size_t spread_width(const lint_layer *l) {
    const conv_state *s = l->state;
    size_t left = s->kw - 1 - s->left;
    size_t reach = l->in.w + s->kw - 1, there = left + (l->out.w - 1) * s->stride + 1;
    return reach > there ? reach : there;
}

static ring input_ring(const lint_layer *l, float *rows, long *held) {
    const conv_state *s = l->state;
    ring r = {.h = l->in.h, .w = l->in.w, .c = l->in.c, .spread = 1, .left = s->left};
    r.width = padded_width(l);
    r.slots = s->kh;
    r.rows = rows;
    r.held = held;
    memset(rows, 0, ring_floats(r.slots, r.width, r.c) * sizeof *rows);
    return r;
}

static ring output_ring(const lint_layer *l, float *rows, long *held) {
    const conv_state *s = l->state;
    ring r = {.h = l->out.h, .w = l->out.w, .c = l->out.c, .spread = s->stride};
    r.left = s->kw - 1 - s->left;
    r.width = spread_width(l);
    r.slots = s->kh;
    r.rows = rows;
    r.held = held;
    memset(rows, 0, ring_floats(r.slots, r.width, r.c) * sizeof *rows);
    return r;
}

/* --- setup
 * ----------------------------------------------------------------------------------------- */

static int parse(lint_layer *l, conv_state *s, size_t *out, int *bias, lint_err *e) {
    size_t pad = 0;
    int same = 0;
    if (lint_arg_count(l, 0, 65536, out, e) < 0 ||
        lint_arg_pair(l, 1, FILTER_MAX, &s->kw, &s->kh, e) < 0)
        return -1;
    for (size_t i = 2; i < l->args; i++) {
        if (strcmp(l->arg[i], "same") == 0)
            same = 1;
        else if (strcmp(l->arg[i], "nobias") == 0)
            *bias = 0;
        else if (strcmp(l->arg[i], "stride") == 0) {
            if (lint_arg_count(l, ++i, 64, &s->stride, e) < 0) return -1;
        } else if (strcmp(l->arg[i], "pad") == 0) {
            if (lint_arg_count(l, ++i, FILTER_MAX, &pad, e) < 0) return -1;
        } else
            return lint_arg_syntax(l, e);
    }
    if (same && (pad || s->stride != 1))
        return lint_fail(e, "'same' goes with stride 1 and without 'pad'");
    if (pad >= s->kh || pad >= s->kw) return lint_fail(e, "pad must be smaller than the filter");
    s->top = same ? (s->kh - 1) / 2 : pad;
    s->left = same ? (s->kw - 1) / 2 : pad;
    size_t h = l->in.h + (same ? s->kh - 1 : 2 * pad), w = l->in.w + (same ? s->kw - 1 : 2 * pad);
    if (h < s->kh || w < s->kw)
        return lint_fail(e, "a filter of %zux%zu does not fit into %zux%zu", s->kw, s->kh, l->in.w,
                         l->in.h);
    l->out = (lint_shape){(h - s->kh) / s->stride + 1, (w - s->kw) / s->stride + 1, *out};
    return 0;
}

static int take_memory(lint_layer *l, conv_state *s, lint_err *e) {
    size_t count = l->weight[0].count;
    size_t in = ring_floats(s->kh, padded_width(l), l->in.c);
    size_t out = ring_floats(s->kh, spread_width(l), l->out.c);
    s->scratch_floats = in > out ? in : out;
    if (s->scratch_floats > ROWS_MAX)
        return lint_fail(e, "its rows are too wide: expected at most %d numbers under a filter",
                         ROWS_MAX);
    s->scratch = calloc((size_t)s->workers, sizeof *s->scratch);
    if (!s->scratch) return lint_fail_mem(e, l->name);
    for (int i = 0; i < s->workers; i++)
        if (!(s->scratch[i] = lint_floats(s->scratch_floats))) return lint_fail_mem(e, l->name);
    if (!l->trains) return 0;
    s->flipped = lint_floats(count);
    s->partial = lint_floats(SLOTS * (count + l->out.c));
    if (!s->flipped || !s->partial) return lint_fail_mem(e, l->name);
    return 0;
}

static int setup(lint_layer *l, lint_err *e) {
    conv_state *s = calloc(1, sizeof *s);
    if (!s) return lint_fail_mem(e, l->name);
    l->state = s;
    s->stride = 1;
    s->workers = l->workers;
    size_t out;
    int bias = 1;
    if (parse(l, s, &out, &bias, e) < 0) return -1;
    if (l->in.c * s->kh * s->kw > FILTERS_MAX / out)
        return lint_fail(e, "its filters are too large: expected at most %d numbers", FILTERS_MAX);
    const size_t shape[] = {out, l->in.c, s->kh, s->kw};
    lint_weights *w = lint_layer_add(l, "weight", 1, 4, shape, e);
    if (!w) return -1;
    w->order = LINT_ORDER_CONV;
    if (bias && !lint_layer_add(l, "bias", 1, 1, shape, e)) return -1;
    return take_memory(l, s, e);
}

static void release(lint_layer *l) {
    conv_state *s = l->state;
    if (!s) return;
    for (int i = 0; s->scratch && i < s->workers; i++)
        free(s->scratch[i]);
    free(s->scratch);
    free(s->flipped);
    free(s->partial);
    free(s);
}

/* PyTorch's default: kaiming_uniform with a = sqrt(5), which is 1 / sqrt(fan in). */
static void init(lint_layer *l, lint_rng *r) {
    const conv_state *s = l->state;
    double bound = 1 / sqrt((double)(l->in.c * s->kh * s->kw));
    for (size_t i = 0; i < l->weights; i++)
        lint_weights_uniform(&l->weight[i], r, bound);
}

/* --- forward and backward
 * ----------------------------------------------------------------------------- */

typedef struct conv_job {
    lint_layer *l;
    const lint_pass *p;
} conv_job;

/* Part: a band of rows of an image. */
static void forward_part(void *ctx, size_t part, int worker) {
    const conv_job *j = ctx;
    lint_layer *l = j->l;
    const conv_state *s = l->state;
    size_t image = part / BANDS, band = part % BANDS;
    size_t from = band * l->out.h / BANDS, to = (band + 1) * l->out.h / BANDS;
    long held[FILTER_MAX];
    const float *rows[FILTER_MAX];
    ring r = input_ring(l, s->scratch[worker], held);
    ring_start(&r, l->x + image * lint_shape_count(l->in));
    for (size_t y = from; y < to; y++) {
        for (size_t i = 0; i < s->kh; i++)
            rows[i] = ring_row(&r, (long)(y * s->stride + i) - (long)s->top);
        j->p->k->mul(l->out.w, l->out.c, s->kw * l->in.c, s->kh, rows, s->stride * l->in.c,
                     l->weight[0].value, l->weights > 1 ? l->weight[1].value : NULL,
                     l->y + ((image * l->out.h + y) * l->out.w) * l->out.c);
    }
}

static void forward(lint_layer *l, const lint_pass *p) {
    conv_job j = {l, p};
    lint_pool_run(p->pool, p->n * BANDS, forward_part, &j);
}

/* Adds the weight and bias gradient of one image to g and gb. */
static void weight_gradient(const conv_job *j, size_t image, float *scratch, float *g, float *gb) {
    lint_layer *l = j->l;
    const conv_state *s = l->state;
    size_t k = s->kw * l->in.c;
    long held[FILTER_MAX];
    ring r = input_ring(l, scratch, held);
    ring_start(&r, l->x + image * lint_shape_count(l->in));
    for (size_t y = 0; y < l->out.h; y++) {
        const float *d = l->dy + ((image * l->out.h + y) * l->out.w) * l->out.c;
        for (size_t i = 0; i < s->kh; i++)
            j->p->k->outer(l->out.w, l->out.c, k,
                           ring_row(&r, (long)(y * s->stride + i) - (long)s->top),
                           s->stride * l->in.c, d, g + i * k * l->out.c);
        j->p->k->sum(l->out.w, l->out.c, d, gb);
    }
}

static void input_gradient(const conv_job *j, size_t image, float *scratch) {
    lint_layer *l = j->l;
    const conv_state *s = l->state;
    long held[FILTER_MAX];
    const float *rows[FILTER_MAX];
    ring r = output_ring(l, scratch, held);
    ring_start(&r, l->dy + image * lint_shape_count(l->out));
    for (size_t y = 0; y < l->in.h; y++) {
        for (size_t i = 0; i < s->kh; i++)
            rows[i] = ring_row(&r, (long)(y + s->top + i) - (long)(s->kh - 1));
        j->p->k->mul(l->in.w, l->in.c, s->kw * l->out.c, s->kh, rows, l->out.c, s->flipped, NULL,
                     l->dx + ((image * l->in.h + y) * l->in.w) * l->in.c);
    }
}

/* Part: one of SLOTS runs of images, with a weight gradient of its own. */
static void backward_part(void *ctx, size_t part, int worker) {
    const conv_job *j = ctx;
    lint_layer *l = j->l;
    const conv_state *s = l->state;
    size_t size = l->weight[0].count + l->out.c;
    float *g = s->partial + part * size;
    memset(g, 0, size * sizeof *g);
    size_t end = (part + 1) * j->p->n / SLOTS;
    for (size_t i = part * j->p->n / SLOTS; i < end; i++) {
        weight_gradient(j, i, s->scratch[worker], g, g + l->weight[0].count);
        if (l->dx) input_gradient(j, i, s->scratch[worker]);
    }
}

static void join(lint_layer *l) {
    const conv_state *s = l->state;
    size_t count = l->weight[0].count, size = count + l->out.c;
    for (size_t which = 0; which < l->weights; which++) {
        float *to = l->weight[which].grad;
        const float *from = s->partial + (which ? count : 0);
        memcpy(to, from, l->weight[which].count * sizeof *to);
        for (size_t part = 1; part < SLOTS; part++)
            for (size_t i = 0; i < l->weight[which].count; i++)
                to[i] += from[part * size + i];
    }
}

static void flip(lint_layer *l) {
    const conv_state *s = l->state;
    size_t c = l->in.c, o = l->out.c, taps = s->kh * s->kw;
    for (size_t t = 0; t < taps; t++)
        for (size_t i = 0; i < c; i++)
            for (size_t q = 0; q < o; q++)
                s->flipped[((taps - 1 - t) * o + q) * c + i] =
                    l->weight[0].value[(t * c + i) * o + q];
}

static void backward(lint_layer *l, const lint_pass *p) {
    conv_job j = {l, p};
    if (l->dx) flip(l);
    lint_pool_run(p->pool, SLOTS, backward_part, &j);
    join(l);
}

const lint_layer_kind lint_layer_conv = {
    .word = "conv",
    .named = 1,
    .syntax = "OUT KxK [same | pad N] [stride N] [nobias]",
    .setup = setup,
    .init = init,
    .forward = forward,
    .backward = backward,
    .free = release,
};
