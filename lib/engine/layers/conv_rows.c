/* Convolution row by row: stride 1, one group, small filters over wide pictures.
 *
 * The input rows under the filter lie with their padding in a ring of a few rows, and
 * lint_kernels.mul reads pixel p's receptive field as runs of kw*C floats. The gradient to the
 * input is the same operation on dy, with the filter turned by 180 degrees and in and out
 * exchanged.
 *
 * A picture of 192x192x16 is larger than the second-level cache, and memory is slower than
 * arithmetic; so the layer is fused with its neighbours, and rows neither come from memory nor go
 * there:
 *
 * - l->producer is a small convolution before this one. Its rows are computed when the ring asks
 *   for them, forward and backward, and its gradient is taken row by row: its y and dy are not
 *   stored.
 * - l->consumer is a batchnorm behind, which sees every row of y while it is in the cache, and
 *   makes the rows of dy when the ring asks for them.
 *
 * Rings live on the stack of a worker, four of them at most, about 2 KB each.
 */
#include "engine/layers/conv.h"

#include <stdlib.h>
#include <string.h>

enum {
    BANDS = 4, /* parts of an image in forward: one image alone still feeds several threads */
    SLOTS = LINT_CONV_SLOTS,
    RING_MAX = 256 + 1, /* rows of a filter, and one: small ones come here */
    NO_ROW = -1
};

/* --- the ring of padded rows ------------------------------------------------------------------ */

/* Rows of one picture, padded left and right. Row numbers may lie outside of it: zeros. */
typedef struct ring {
    size_t h, w, c;
    size_t left, width; /* pixels of padding before, pixels in all */
    size_t slots;
    float *rows;         /* [slots + 1, width * c]; the last one stays zero */
    long held[RING_MAX]; /* the row that each slot holds, or NO_ROW */
    const lint_pass *p;
    size_t image;
    /* One of these is where rows come from. */
    const float *picture; /* [h, w*c] */
    const lint_layer *producer;
    struct ring *under; /* of the producer: its input rows */
    const lint_layer *consumer;
} ring;

static size_t ring_floats(size_t slots, size_t width, size_t c) {
    return (slots + 1) * width * c;
}

static float *ring_slot(const ring *r, size_t y) {
    return r->rows + (y % r->slots * r->width + r->left) * r->c;
}

static void rows_convolve(const lint_layer *l, ring *x, size_t y, float *to);

static void ring_fill(ring *r, size_t y) {
    float *to = ring_slot(r, y);
    r->held[y % r->slots] = (long)y;
    if (r->consumer) {
        /* A pooled one makes rows in pairs. */
        if (r->consumer->kind->fused_backward(r->consumer, r->p, r->image, y, to,
                                              ring_slot(r, y + 1)) > 1)
            r->held[(y + 1) % r->slots] = (long)y + 1;
    } else if (r->producer) {
        rows_convolve(r->producer, r->under, y, to);
    } else {
        memcpy(to, r->picture + y * r->w * r->c, r->w * r->c * sizeof *to);
    }
}

/* Row y with its padding. */
static const float *ring_row(ring *r, long y) {
    if (y < 0 || y >= (long)r->h) return r->rows + r->slots * r->width * r->c;
    if (r->held[(size_t)y % r->slots] != y) ring_fill(r, (size_t)y);
    return ring_slot(r, (size_t)y) - r->left * r->c;
}

static void ring_start(ring *r, size_t image) {
    r->image = image;
    for (size_t i = 0; i < r->slots; i++)
        r->held[i] = NO_ROW;
}

/* Padded rows of x are as wide as what the last output pixel reads, those of dy as the last input
 * pixel does. */
static size_t padded_width(const lint_layer *l) {
    return l->out.w + lint_conv(l)->kw - 1;
}

static size_t padded_width_back(const lint_layer *l) {
    return l->in.w + lint_conv(l)->kw - 1;
}

static size_t input_floats(const lint_layer *l) {
    return ring_floats(lint_conv(l)->kh, padded_width(l), l->in.c);
}

/* One slot more than the filter has rows: a pair of rows may be made at once. */
static size_t output_floats(const lint_layer *l) {
    return ring_floats(lint_conv(l)->kh + 1, padded_width_back(l), l->out.c);
}

static ring ring_new(const lint_pass *p, lint_shape s, size_t left, size_t width, size_t slots,
                     float **scratch) {
    ring r = {.h = s.h, .w = s.w, .c = s.c, .left = left, .width = width, .slots = slots, .p = p};
    r.rows = *scratch;
    *scratch += ring_floats(slots, width, s.c);
    memset(r.rows, 0, ring_floats(slots, width, s.c) * sizeof *r.rows);
    return r;
}

/* The ring of an input that lies in memory. */
static ring stored_ring(const lint_layer *l, const lint_pass *p, size_t image, float **scratch) {
    const conv_state *s = l->state;
    ring r = ring_new(p, l->in, s->left, padded_width(l), s->kh, scratch);
    r.picture = l->x + image * lint_shape_count(l->in);
    ring_start(&r, image);
    return r;
}

/* The ring of the input, however it comes; *under is the producer's, if there is one. */
static ring input_ring(const lint_layer *l, const lint_pass *p, size_t image, ring *under,
                       float **scratch) {
    const conv_state *s = l->state;
    if (!l->producer) return stored_ring(l, p, image, scratch);
    *under = stored_ring(l->producer, p, image, scratch);
    ring r = ring_new(p, l->in, s->left, padded_width(l), s->kh, scratch);
    r.producer = l->producer;
    r.under = under;
    ring_start(&r, image);
    return r;
}

static ring output_ring(const lint_layer *l, const lint_pass *p, size_t image, float **scratch) {
    const conv_state *s = l->state;
    ring r = ring_new(p, l->out, s->kw - 1 - s->left, padded_width_back(l), s->kh + 1, scratch);
    r.consumer = l->consumer;
    r.picture = l->consumer ? NULL : l->dy + image * lint_shape_count(l->out);
    ring_start(&r, image);
    return r;
}

/* --- forward ---------------------------------------------------------------------------------- */

typedef struct conv_job {
    lint_layer *l;
    const lint_pass *p;
    size_t bands; /* of an image */
} conv_job;

static void rows_convolve(const lint_layer *l, ring *x, size_t y, float *to) {
    const conv_state *s = l->state;
    const float *rows[RING_MAX];
    for (size_t i = 0; i < s->kh; i++)
        rows[i] = ring_row(x, (long)(y + i) - (long)s->top);
    x->p->k->mul(l->out.w, l->out.c, s->kw * l->in.c, s->kh, rows, l->in.c, l->weight[0].value,
                 lint_conv_bias(l), 0, to);
}

/* Bands begin at even rows, so that no pair of rows is torn. */
static size_t band_start(const conv_job *j, size_t band) {
    return band == j->bands ? j->l->out.h : band * j->l->out.h / j->bands & ~(size_t)1;
}

/* Part: a band of rows of an image. */
static void rows_forward_part(void *ctx, size_t part, int worker) {
    const conv_job *j = ctx;
    const lint_layer *l = j->l;
    size_t image = part / j->bands, band = part % j->bands;
    float *scratch = j->p->scratch[worker];
    ring under, x = input_ring(l, j->p, image, &under, &scratch);
    for (size_t y = band_start(j, band); y < band_start(j, band + 1); y++) {
        float *to = l->y + (image * l->out.h + y) * l->out.w * l->out.c;
        rows_convolve(l, &x, y, to);
        if (l->consumer) l->consumer->kind->fused_forward(l->consumer, j->p, image, y, to);
    }
}

static void rows_forward(lint_layer *l, const lint_pass *p) {
    /* Statistics are taken of whole images. */
    conv_job j = {l, p, l->consumer && p->training ? 1 : BANDS};
    if (l->consumer) l->consumer->kind->fused_begin(l->consumer);
    lint_threads_run(p->pool, p->n * j.bands, rows_forward_part, &j);
}

/* --- backward --------------------------------------------------------------------------------- */

/* Partial gradients of a slot: this layer's weights and bias, then the producer's. */
static size_t rows_slot_floats(const lint_layer *l) {
    return lint_conv_slot_floats(l) + (l->producer ? lint_conv_slot_floats(l->producer) : 0);
}

/* The turned filter [kh,kw,O,C] lies in the workspace behind the slots. */
static float *turned(const lint_layer *l, const lint_pass *p) {
    return p->workspace + SLOTS * rows_slot_floats(l);
}

static void turn(const lint_layer *l, float *to) {
    const conv_state *s = l->state;
    size_t c = l->in.c, o = l->out.c, taps = s->kh * s->kw;
    for (size_t t = 0; t < taps; t++)
        for (size_t i = 0; i < c; i++)
            for (size_t q = 0; q < o; q++)
                to[((taps - 1 - t) * o + q) * c + i] = l->weight[0].value[(t * c + i) * o + q];
}

/* Adds what row y of dy, d, brings to the gradient g of weights and bias. */
static void rows_weight_gradient(const lint_layer *l, ring *x, size_t y, const float *d, float *g) {
    const conv_state *s = l->state;
    const lint_kernels *k = x->p->k;
    size_t taps = s->kw * l->in.c;
    if (l->frozen) return;
    for (size_t i = 0; i < s->kh; i++)
        k->outer(l->out.w, l->out.c, taps, ring_row(x, (long)(y + i) - (long)s->top), l->in.c, d,
                 g + i * taps * l->out.c);
    k->sum(l->out.w, l->out.c, d, g + l->weight[0].count);
}

/* Row y of dx, from the rows of dy, to `to` (on top of it, if add). */
static void rows_input_gradient(const lint_layer *l, ring *d, size_t y, int add, float *to) {
    const conv_state *s = l->state;
    const float *rows[RING_MAX];
    for (size_t i = 0; i < s->kh; i++)
        rows[i] = ring_row(d, (long)(y + s->top + i) - (long)(s->kh - 1));
    d->p->k->mul(l->in.w, l->in.c, s->kw * l->out.c, s->kh, rows, l->out.c, turned(l, d->p), NULL,
                 add, to);
}

typedef struct image_back {
    const lint_layer *l;
    ring x, under, d;
    ring made;  /* the producer's input, for its gradient */
    float *row; /* of dx, where it is not stored */
    float *g;
} image_back;

static void give_input_row(image_back *b, size_t y) {
    const lint_layer *l = b->l;
    float *to = l->producer ? b->row : l->dx + (b->d.image * l->in.h + y) * l->in.w * l->in.c;
    rows_input_gradient(l, &b->d, y, !l->producer && l->dx_adds, to);
    if (l->producer)
        rows_weight_gradient(l->producer, &b->made, y, to, b->g + lint_conv_slot_floats(l));
}

/* One image, row by row: as soon as the rows of dy are there that a row of dx needs, it is made. */
static void rows_backward_image(image_back *b) {
    const lint_layer *l = b->l;
    size_t next = 0, top = lint_conv(l)->top, rows = l->dx ? l->in.h : 0;
    for (size_t y = 0; y < l->out.h; y++) {
        const float *d = ring_row(&b->d, (long)y) + b->d.left * l->out.c;
        rows_weight_gradient(l, &b->x, y, d, b->g);
        while (next < rows && next + top <= y)
            give_input_row(b, next++);
    }
    while (next < rows)
        give_input_row(b, next++);
}

/* Part: one of SLOTS runs of images, with a weight gradient of its own. */
static void rows_backward_part(void *ctx, size_t part, int worker) {
    const conv_job *j = ctx;
    const lint_layer *l = j->l;
    float *g = j->p->workspace + part * rows_slot_floats(l);
    memset(g, 0, rows_slot_floats(l) * sizeof *g);
    size_t end = (part + 1) * j->p->n / SLOTS;
    for (size_t i = part * j->p->n / SLOTS; i < end; i++) {
        float *scratch = j->p->scratch[worker];
        image_back b = {.l = l, .g = g};
        b.x = input_ring(l, j->p, i, &b.under, &scratch);
        b.d = output_ring(l, j->p, i, &scratch);
        if (l->producer) b.made = stored_ring(l->producer, j->p, i, &scratch);
        b.row = scratch;
        rows_backward_image(&b);
    }
}

static void rows_backward(lint_layer *l, const lint_pass *p) {
    conv_job j = {.l = l, .p = p};
    if (l->dx) turn(l, turned(l, p));
    lint_threads_run(p->pool, SLOTS, rows_backward_part, &j);
    if (!l->frozen) lint_conv_join(l, p, p->workspace, SLOTS, rows_slot_floats(l));
    if (l->producer && !l->producer->frozen)
        lint_conv_join(l->producer, p, p->workspace + lint_conv_slot_floats(l), SLOTS,
                       rows_slot_floats(l));
}

/* --- setup ------------------------------------------------------------------------------------ */

static void rows_setup(lint_layer *l) {
    const lint_layer *m = l->producer;
    l->scratch = input_floats(l) + output_floats(l);
    if (m) l->scratch += 2 * input_floats(m) + l->in.w * l->in.c;
    if (l->trains) l->workspace = SLOTS * rows_slot_floats(l) + l->weight[0].count;
}

/* Whether computing its rows anew costs no more than storing them: it reads the picture, which
 * needs no gradient, and has few weights. Measured by `bench/engine --profile --threads 1` with and
 * without on an AMD EPYC with AVX2, 2026-11: at 432 to 1728 weights both take the same time within
 * the noise, and fusion saves the memory of its y and dy. */
static int may_be_producer(const lint_layer *l, const lint_layer *before) {
    enum { SMALL = 1024 };
    return l->kind == &lint_layer_conv && lint_conv(l)->way == &lint_conv_rows &&
           l->weight[0].count <= SMALL && before->kind == &lint_layer_input;
}

void lint_conv_rows_fuse(lint_layer *l, lint_layer *before, const lint_layer *first) {
    if (l->kind == &lint_layer_conv && lint_conv(l)->way == &lint_conv_rows &&
        may_be_producer(before, first)) {
        l->producer = before;
        before->is_producer = 1;
        rows_setup(l);
    }
    if (before->kind == &lint_layer_conv && lint_conv(before)->way == &lint_conv_rows &&
        l->kind->fused_forward) {
        before->consumer = l;
        l->is_consumer = 1;
    }
}

const conv_way lint_conv_rows = {rows_setup, rows_forward, rows_backward};
