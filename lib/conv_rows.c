/* Convolution row by row: stride 1, one group, small filters over wide pictures.
 *
 * The input rows under the filter are copied with their padding into a ring of R rows, and
 * lint_kernels.mul reads pixel p's receptive field as runs of kw*C floats. The gradient to the
 * input is the same operation on dy, with the filter turned by 180 degrees and in and out
 * exchanged.
 */
#include "conv.h"

#include <stdlib.h>
#include <string.h>

enum {
    BANDS = 4,      /* parts of an image in forward: one image alone still feeds several threads */
    SLOTS = 16,     /* partial weight gradients of a batch, joined in this order */
    RING_MAX = 256, /* rows of a filter: small ones come here */
    NO_ROW = -1
};

/* --- the ring of padded rows
 * ----------------------------------------------------------------------- */

/* Rows of one picture, padded left and right. Row numbers may lie outside of it: zeros. */
typedef struct ring {
    const float *x;
    size_t h, w, c;
    size_t left, width; /* pixels of padding before, pixels in all */
    size_t slots;
    float *rows;         /* [slots + 1, width * c]; the last one stays zero */
    long held[RING_MAX]; /* the row that each slot holds, or NO_ROW */
} ring;

static size_t ring_floats(size_t slots, size_t width, size_t c) {
    return (slots + 1) * width * c;
}

static const float *ring_row(ring *r, long y) {
    if (y < 0 || y >= (long)r->h) return r->rows + r->slots * r->width * r->c;
    size_t slot = (size_t)y % r->slots;
    float *to = r->rows + slot * r->width * r->c;
    if (r->held[slot] != y) {
        memcpy(to + r->left * r->c, r->x + (size_t)y * r->w * r->c, r->w * r->c * sizeof *to);
        r->held[slot] = y;
    }
    return to;
}

static void ring_start(ring *r, const float *x) {
    r->x = x;
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

static ring ring_new(lint_shape s, size_t left, size_t width, size_t slots, float *rows) {
    ring r = {.h = s.h, .w = s.w, .c = s.c, .left = left, .width = width, .slots = slots};
    r.rows = rows;
    memset(rows, 0, ring_floats(slots, width, s.c) * sizeof *rows);
    return r;
}

static ring input_ring(const lint_layer *l, float *rows) {
    const conv_state *s = l->state;
    return ring_new(l->in, s->left, padded_width(l), s->kh, rows);
}

static ring output_ring(const lint_layer *l, float *rows) {
    const conv_state *s = l->state;
    return ring_new(l->out, s->kw - 1 - s->left, padded_width_back(l), s->kh, rows);
}

/* The workspace: partial gradients [SLOTS, count + O], and the turned filter [kh,kw,O,C]. */
static size_t partial_floats(const lint_layer *l) {
    return SLOTS * (l->weight[0].count + l->out.c);
}

void lint_conv_rows_setup(lint_layer *l) {
    const conv_state *s = l->state;
    size_t in = ring_floats(s->kh, padded_width(l), l->in.c);
    size_t out = ring_floats(s->kh, padded_width_back(l), l->out.c);
    l->scratch = in > out ? in : out;
    if (l->trains) l->workspace = partial_floats(l) + l->weight[0].count;
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
    const float *rows[RING_MAX];
    ring r = input_ring(l, j->p->scratch[worker]);
    ring_start(&r, l->x + image * lint_shape_count(l->in));
    for (size_t y = from; y < to; y++) {
        for (size_t i = 0; i < s->kh; i++)
            rows[i] = ring_row(&r, (long)(y + i) - (long)s->top);
        j->p->k->mul(l->out.w, l->out.c, s->kw * l->in.c, s->kh, rows, l->in.c, l->weight[0].value,
                     lint_conv_bias(l), 0, l->y + ((image * l->out.h + y) * l->out.w) * l->out.c);
    }
}

void lint_conv_rows_forward(lint_layer *l, const lint_pass *p) {
    conv_job j = {l, p};
    lint_pool_run(p->pool, p->n * BANDS, forward_part, &j);
}

/* Adds the weight and bias gradient of one image to g and gb. */
static void weight_gradient(const conv_job *j, size_t image, float *scratch, float *g, float *gb) {
    lint_layer *l = j->l;
    const conv_state *s = l->state;
    size_t k = s->kw * l->in.c;
    ring r = input_ring(l, scratch);
    ring_start(&r, l->x + image * lint_shape_count(l->in));
    for (size_t y = 0; y < l->out.h; y++) {
        const float *d = l->dy + ((image * l->out.h + y) * l->out.w) * l->out.c;
        for (size_t i = 0; i < s->kh; i++)
            j->p->k->outer(l->out.w, l->out.c, k, ring_row(&r, (long)(y + i) - (long)s->top),
                           l->in.c, d, g + i * k * l->out.c);
        j->p->k->sum(l->out.w, l->out.c, d, gb);
    }
}

static const float *flipped(const conv_job *j) {
    return j->p->workspace + partial_floats(j->l);
}

static void input_gradient(const conv_job *j, size_t image, float *scratch) {
    lint_layer *l = j->l;
    const conv_state *s = l->state;
    const float *rows[RING_MAX];
    ring r = output_ring(l, scratch);
    ring_start(&r, l->dy + image * lint_shape_count(l->out));
    for (size_t y = 0; y < l->in.h; y++) {
        for (size_t i = 0; i < s->kh; i++)
            rows[i] = ring_row(&r, (long)(y + s->top + i) - (long)(s->kh - 1));
        j->p->k->mul(l->in.w, l->in.c, s->kw * l->out.c, s->kh, rows, l->out.c, flipped(j), NULL,
                     l->dx_adds, l->dx + ((image * l->in.h + y) * l->in.w) * l->in.c);
    }
}

/* Part: one of SLOTS runs of images, with a weight gradient of its own. */
static void backward_part(void *ctx, size_t part, int worker) {
    const conv_job *j = ctx;
    lint_layer *l = j->l;
    size_t size = l->weight[0].count + l->out.c;
    float *g = j->p->workspace + part * size;
    memset(g, 0, size * sizeof *g);
    size_t end = (part + 1) * j->p->n / SLOTS;
    for (size_t i = part * j->p->n / SLOTS; i < end; i++) {
        if (!l->frozen) weight_gradient(j, i, j->p->scratch[worker], g, g + l->weight[0].count);
        if (l->dx) input_gradient(j, i, j->p->scratch[worker]);
    }
}

static void flip(const lint_layer *l, float *to) {
    const conv_state *s = l->state;
    size_t c = l->in.c, o = l->out.c, taps = s->kh * s->kw;
    for (size_t t = 0; t < taps; t++)
        for (size_t i = 0; i < c; i++)
            for (size_t q = 0; q < o; q++)
                to[((taps - 1 - t) * o + q) * c + i] = l->weight[0].value[(t * c + i) * o + q];
}

void lint_conv_rows_backward(lint_layer *l, const lint_pass *p) {
    conv_job j = {l, p};
    if (l->dx) flip(l, p->workspace + partial_floats(l));
    lint_pool_run(p->pool, SLOTS, backward_part, &j);
    if (!l->frozen) lint_conv_join(l, p, p->workspace, SLOTS);
}
