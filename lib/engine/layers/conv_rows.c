/* Convolution row by row: one group, small filters over wide pictures; strides only where no
 * gradient to the input is asked for, as of a picture.
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
 * In bf16, rings hold rows of bfloat16 for mul, or pairs of pixels for outer (kernels.h), that are made
 * of floats when a row comes in. By tiles the weights' gradient takes some rows at a time, since its sums, all
 * weights of a layer, are read and written each time.
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
    LINE = 16,          /* floats of a cache line */
    PAIRS = 128,        /* of pixels, in the rows that a weight gradient takes at a time ... */
    ROWS = 10,          /* ... which are so many at most */
    NO_ROW = -1
};

/* --- filters as pairs ------------------------------------------------------------------------- */

/* Partial gradients of a slot: this layer's weights and bias, then the producer's. */
static size_t rows_slot_floats(const lint_layer *l) {
    return lint_conv_slot_floats(l) + (l->producer ? lint_conv_slot_floats(l->producer) : 0);
}

/* Of a filter as pairs, at most. */
static size_t filter_floats(const lint_layer *l) {
    return l->weight[0].count;
}

/* Packed filters lie in the workspace, in training behind the slots: the layer's, then its producer's. */
static float *filters(const lint_layer *l, const lint_pass *p) {
    return p->workspace + (l->trains ? SLOTS * rows_slot_floats(l) : 0);
}

/* The filters that mul takes. */
static const float *own_filter(const lint_layer *l, const lint_pass *p) {
    return lint_conv_pairs(l, p) ? filters(l, p) : l->weight[0].value;
}

static const float *producer_filter(const lint_layer *l, const lint_pass *p) {
    return lint_conv_pairs(l, p) ? filters(l, p) + filter_floats(l) : l->producer->weight[0].value;
}

/* from [rows, k, cols]: pairs along k. to may be from. */
static void pair_filter(const lint_pass *p, size_t rows, size_t k, size_t cols, const float *from,
                        float *to) {
    for (size_t r = 0; r < rows; r++)
        p->k->pair_rows(k, cols, from + r * k * cols, cols, to + r * ((k + 1) / 2) * cols, cols);
}

static void pack_filters(const lint_layer *l, const lint_pass *p) {
    if (!lint_conv_pairs(l, p)) return;
    float *to = filters(l, p);
    for (; l; to += filter_floats(l), l = l->producer) {
        const conv_state *s = l->state;
        pair_filter(p, s->kh, s->kw * l->in.c, l->out.c, l->weight[0].value, to);
    }
}

/* --- the ring of padded rows ------------------------------------------------------------------ */

/* What a ring's rows hold. PIXEL_PAIRS: number i and the one a stride on, width * c of them; of filters of one
 * column, whose pixels are in one pair each, half as many. TRANSPOSED_PAIRS: those that two outputs read,
 * transposed: kw * c rows of as many pairs as there are two outputs. */
typedef enum ring_kind { FLOATS, BFLOATS, PIXEL_PAIRS, TRANSPOSED_PAIRS } ring_kind;

/* Rows of one picture, padded left and right. Row numbers may lie outside of it: zeros. */
typedef struct ring {
    size_t h, w, c;
    size_t left, width; /* pixels of padding before, pixels in all */
    size_t slots;
    size_t stride, kw, outputs; /* of the convolution that reads it; outputs of a row */
    ring_kind kind;
    float *rows;   /* [slots + 1, size] of that kind; the last one stays zero */
    size_t size;   /* of a row, in floats */
    float *pairs;  /* TRANSPOSED_PAIRS: a row before that */
    int keeps;     /* its floats are read, too */
    float *floats; /* FLOATS: rows; else rows before they become that kind: as many of them ... */
    size_t kept;   /* ... [kept, width + stride, c] */
    long held[RING_MAX]; /* the row that each slot holds, or NO_ROW */
    const lint_pass *p;
    size_t image;
    /* One of these is where rows come from. */
    const float *picture; /* [h, w*c] */
    const lint_layer *producer;
    const float *filter; /* of the producer */
    struct ring *under;  /* of the producer: its input rows */
    const lint_layer *consumer;
} ring;

/* Whole cache lines, so that a row of many channels begins with one: tiles (kernels.h) are loaded twice as
 * fast then. */
static size_t whole_lines(size_t floats) {
    return (floats + LINE - 1) / LINE * LINE;
}

/* In floats. A mul of bfloat16 whose filter rows are odd reads one number beyond a row. */
static size_t row_size(ring_kind kind, size_t width, size_t c) {
    return whole_lines(kind == BFLOATS ? (width * c + 1) / 2 + 1 : width * c);
}

/* Each tile begins with a cache line. */
static lint_transposed transposed(size_t outputs, size_t k) {
    return (lint_transposed){lint_tile_depth((outputs + 1) / 2), LINT_TILE, k * LINT_TILE};
}

static size_t transposed_size(size_t outputs, size_t k) {
    const lint_transposed t = transposed(outputs, k);
    return ((outputs + 1) / 2 + t.depth - 1) / t.depth * t.apart;
}

/* The most that a ring of any kind takes, with the rows of floats that it keeps. */
static size_t ring_floats(size_t slots, size_t width, size_t c, size_t stride) {
    return (slots + 1) * row_size(FLOATS, width + 1, c) + whole_lines(slots * (width + stride) * c);
}

/* Row y as floats, without its padding; good until the row after the next `kept`. */
static float *ring_slot(const ring *r, size_t y) {
    size_t row = r->kind == FLOATS ? r->size : (r->width + r->stride) * r->c;
    return r->floats + y % r->kept * row + r->left * r->c;
}

static float *packed_slot(const ring *r, size_t y) {
    return r->rows + y % r->slots * r->size;
}

/* Whether no pixel is in two pairs. */
static int is_apart(const ring *r) {
    return r->kw == 1 && r->stride == 1;
}

/* Floats from the pair of two outputs' first pixels to that of the next two. */
static size_t pair_distance(const ring *r) {
    return (is_apart(r) ? 1 : 2 * r->stride) * r->c;
}

/* Row y, which lies with its padding at `from`. */
static void ring_pack(const ring *r, size_t y, const float *from) {
    float *to = packed_slot(r, y), *pairs = r->kind == TRANSPOSED_PAIRS ? r->pairs : to;
    if (r->kind == BFLOATS) r->p->k->to_bfloat16(r->width * r->c, from, to);
    if (r->kind == FLOATS || r->kind == BFLOATS) return;
    if (is_apart(r))
        r->p->k->pair_rows(r->width, r->c, from, r->c, pairs, r->c);
    else
        r->p->k->pair_rows(2, r->width * r->c, from, r->stride * r->c, pairs, 0);
    if (r->kind != TRANSPOSED_PAIRS) return;
    const lint_transposed t = transposed(r->outputs, r->kw * r->c);
    r->p->k->transpose_pairs((r->outputs + 1) / 2, r->kw * r->c, pairs, pair_distance(r), &t, to);
}

static void rows_convolve(const lint_layer *l, const float *filter, ring *x, size_t y, float *to);

static void ring_fill(ring *r, size_t y) {
    float *to = ring_slot(r, y);
    r->held[y % r->slots] = (long)y;
    if (r->picture && r->kind == BFLOATS && !r->keeps) { /* no copy as floats in between */
        r->p->k->to_bfloat16(r->w * r->c, r->picture + y * r->w * r->c,
                             (uint16_t *)packed_slot(r, y) + r->left * r->c);
        return;
    }
    if (r->picture && r->kind != FLOATS && !r->keeps && is_apart(r) &&
        r->width == r->w) { /* likewise */
        ring_pack(r, y, r->picture + y * r->w * r->c);
        return;
    }
    if (r->consumer) {
        /* A pooled consumer makes rows in pairs. */
        float *next = ring_slot(r, y + 1);
        if (r->consumer->kind->fused_backward(r->consumer, r->p, r->image, y, to, next) > 1) {
            r->held[(y + 1) % r->slots] = (long)y + 1;
            ring_pack(r, y + 1, next - r->left * r->c);
        }
    } else if (r->producer) {
        rows_convolve(r->producer, r->filter, r->under, y, to);
    } else {
        memcpy(to, r->picture + y * r->w * r->c, r->w * r->c * sizeof *to);
    }
    ring_pack(r, y, to - r->left * r->c);
}

/* Row y with its padding. */
static const float *ring_row(ring *r, long y) {
    if (y < 0 || y >= (long)r->h) return r->rows + r->slots * r->size;
    if (r->held[(size_t)y % r->slots] != y) ring_fill(r, (size_t)y);
    return packed_slot(r, (size_t)y);
}

static void ring_start(ring *r, size_t image) {
    r->image = image;
    for (size_t i = 0; i < r->slots; i++)
        r->held[i] = NO_ROW;
}

/* Padded rows of x are as wide as what the last output pixel reads, those of dy as the last input
 * pixel does. */
static size_t padded_width(const lint_layer *l) {
    const conv_state *s = lint_conv(l);
    size_t read = (l->out.w - 1) * s->stride + s->kw, held = s->left + l->in.w;
    return read > held ? read : held;
}

static size_t padded_width_back(const lint_layer *l) {
    return l->in.w + lint_conv(l)->kw - 1;
}

/* Whether the kernels take the layer's pixel pairs transposed. */
static int takes_transposed(const lint_layer *l) {
    return l->tiles && l->out.c >= LINT_TILE;
}

/* Rows whose weight gradient is taken at a time: transposed ones as many in each turn as can be, and as a
 * ring of the input has slots for. */
static size_t rows_at_a_time(const lint_layer *l) {
    const conv_state *s = lint_conv(l);
    size_t most = takes_transposed(l) ? PAIRS / ((l->out.w + 1) / 2) : 1;
    size_t room = (RING_MAX - s->kh) / s->stride + 1;
    if (most > ROWS) most = ROWS;
    if (most > room) most = room;
    if (most < 1) most = 1;
    size_t turns = (l->out.h + most - 1) / most;
    return (l->out.h + turns - 1) / turns;
}

/* Rows of the input that those read. */
static size_t input_slots(const lint_layer *l) {
    return lint_conv(l)->kh + (rows_at_a_time(l) - 1) * lint_conv(l)->stride;
}

static size_t input_floats(const lint_layer *l) {
    const conv_state *s = lint_conv(l);
    size_t slots = input_slots(l), width = padded_width(l), c = l->in.c;
    size_t transposed = takes_transposed(l) ? transposed_size(l->out.w, s->kw * c) : 0;
    return ring_floats(slots, width, c, s->stride) + (slots + 1) * transposed +
           whole_lines(width * c);
}

/* One slot more than the filter has rows: a pair of rows may be made at once. */
static size_t output_floats(const lint_layer *l) {
    return ring_floats(lint_conv(l)->kh + 1, padded_width_back(l), l->out.c, 1);
}

/* Takes the ring's memory off *scratch. kept: rows that are floats at the same time, where the kind is
 * another. */
static void ring_take(ring *r, ring_kind kind, size_t kept, float **scratch) {
    r->kind = r->p->precision == LINT_PRECISION_BF16 ? kind : FLOATS;
    r->size = r->kind == TRANSPOSED_PAIRS ? transposed_size(r->outputs, r->kw * r->c)
                                          : row_size(r->kind, r->width, r->c);
    r->rows = r->floats = *scratch;
    r->kept = r->slots;
    size_t all = (r->slots + 1) * r->size;
    if (r->kind == TRANSPOSED_PAIRS) {
        r->pairs = *scratch + all;
        all += whole_lines(r->width * r->c);
    }
    if (r->kind != FLOATS) {
        r->floats = *scratch + all;
        r->kept = kept;
        all += whole_lines(kept * (r->width + r->stride) * r->c);
    }
    memset(r->rows, 0, all * sizeof *r->rows);
    *scratch += all;
}

/* A ring of the layer's input, without what its rows come from. */
static ring ring_of_input(const lint_layer *l, const lint_pass *p, ring_kind kind,
                          float **scratch) {
    const conv_state *s = l->state;
    ring r = {.h = l->in.h,
              .w = l->in.w,
              .c = l->in.c,
              .left = s->left,
              .width = padded_width(l),
              .slots = kind == BFLOATS ? s->kh : input_slots(l),
              .stride = s->stride,
              .kw = s->kw,
              .outputs = l->out.w,
              .p = p};
    if (kind == PIXEL_PAIRS && takes_transposed(l)) kind = TRANSPOSED_PAIRS;
    ring_take(&r, kind, 1, scratch);
    return r;
}

/* The ring of an input that lies in memory. */
static ring stored_ring(const lint_layer *l, const lint_pass *p, ring_kind kind, size_t image,
                        float **scratch) {
    ring r = ring_of_input(l, p, kind, scratch);
    r.picture = l->x + image * lint_shape_count(l->in);
    ring_start(&r, image);
    return r;
}

/* The ring of the input, however it comes; *under is the producer's, if there is one. */
static ring input_ring(const lint_layer *l, const lint_pass *p, ring_kind kind, size_t image,
                       ring *under, float **scratch) {
    if (!l->producer) return stored_ring(l, p, kind, image, scratch);
    *under = stored_ring(l->producer, p, BFLOATS, image, scratch);
    ring r = ring_of_input(l, p, kind, scratch);
    r.producer = l->producer;
    r.filter = producer_filter(l, p);
    r.under = under;
    ring_start(&r, image);
    return r;
}

static ring output_ring(const lint_layer *l, const lint_pass *p, size_t image, float **scratch) {
    const conv_state *s = l->state;
    ring r = {.h = l->out.h,
              .w = l->out.w,
              .c = l->out.c,
              .left = s->kw - 1 - s->left,
              .width = padded_width_back(l),
              .slots = s->kh + 1,
              .stride = 1,
              .kw = s->kw,
              .keeps = 1,
              .p = p,
              .consumer = l->consumer};
    ring_take(&r, BFLOATS, s->kh + 1, scratch);
    if (!l->consumer) r.picture = l->dy + image * lint_shape_count(l->out);
    ring_start(&r, image);
    return r;
}

/* --- forward ---------------------------------------------------------------------------------- */

typedef struct conv_job {
    lint_layer *l;
    const lint_pass *p;
    size_t bands; /* of an image */
} conv_job;

static void rows_convolve(const lint_layer *l, const float *filter, ring *x, size_t y, float *to) {
    const conv_state *s = l->state;
    const float *rows[RING_MAX];
    for (size_t i = 0; i < s->kh; i++)
        rows[i] = ring_row(x, (long)(y * s->stride + i) - (long)s->top);
    int pairs = lint_conv_pairs(l, x->p);
    lint_mul *mul = pairs ? x->p->k->mul_pairs : x->p->k->mul;
    lint_epilogue e = lint_conv_epilogue(l, x->p);
    mul(l->out.w, l->out.c, lint_conv_steps(pairs, s->kw * l->in.c), s->kh, rows,
        s->stride * l->in.c, filter, lint_conv_bias(l), 0, lint_epilogue_or_null(&e), to);
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
    int halves = l->consumer && lint_batchnorm_takes_bfloats(l->consumer, j->p);
    int passes = l->consumer && !l->epilogue[0] && !j->p->training; /* nobody else reads y */
    size_t row = l->out.w * l->out.c;
    float *pair = scratch; /* rows that are not kept as floats: this one and the one before */
    if (halves || passes) scratch += 2 * row;
    ring under, x = input_ring(l, j->p, BFLOATS, image, &under, &scratch);
    for (size_t y = band_start(j, band); y < band_start(j, band + 1); y++) {
        float *kept = l->y + (image * l->out.h + y) * row;
        float *to = halves || passes ? pair + y % 2 * row : kept;
        rows_convolve(l, own_filter(l, j->p), &x, y, to);
        lint_conv_add_up(l, j->p, row, to);
        if (l->consumer) l->consumer->kind->fused_forward(l->consumer, j->p, image, y, to);
        if (halves) j->p->k->to_bfloat16(row, to, (uint16_t *)l->y + (image * l->out.h + y) * row);
    }
}

static void rows_forward(lint_layer *l, const lint_pass *p) {
    /* Statistics are taken of whole images. */
    conv_job j = {l, p, l->consumer && p->training ? 1 : BANDS};
    if (l->consumer) l->consumer->kind->fused_begin(l->consumer);
    pack_filters(l, p);
    lint_threads_run(p->pool, p->n * j.bands, rows_forward_part, &j);
}

/* --- backward --------------------------------------------------------------------------------- */

/* The turned filter [kh,kw,O,C], as floats or pairs, lies in the workspace behind the others. */
static float *turned(const lint_layer *l, const lint_pass *p) {
    return filters(l, p) + filter_floats(l) + (l->producer ? filter_floats(l->producer) : 0);
}

static void turn(const lint_layer *l, const lint_pass *p, float *to) {
    const conv_state *s = l->state;
    size_t c = l->in.c, o = l->out.c, taps = s->kh * s->kw;
    for (size_t t = 0; t < taps; t++)
        for (size_t i = 0; i < c; i++)
            for (size_t q = 0; q < o; q++)
                to[((taps - 1 - t) * o + q) * c + i] = l->weight[0].value[(t * c + i) * o + q];
    if (lint_conv_pairs(l, p)) pair_filter(p, s->kh, s->kw * o, c, to, to);
}

/* Rows of dy on their way into the gradient of a layer's weights. */
typedef struct weight_rows {
    const lint_layer *l;
    ring *x;            /* of its input */
    size_t first, held; /* in bf16, rows [first, first + held) wait ... */
    float *d;           /* ... as pairs [rows, (w + 1) / 2, O] */
    float *g;           /* of weights and bias */
} weight_rows;

/* What row i of the filter reads for row y of the output. */
static const float *input_row(const weight_rows *r, size_t y, size_t i) {
    const conv_state *s = r->l->state;
    return ring_row(r->x, (long)(y * s->stride + i) - (long)s->top);
}

static void add_transposed_rows(weight_rows *r) {
    const lint_layer *l = r->l;
    size_t kh = lint_conv(l)->kh, k = lint_conv(l)->kw * l->in.c, o = l->out.c;
    size_t pairs = (l->out.w + 1) / 2;
    const float *a[ROWS * LINT_CONV_FILTER_MAX], *d[ROWS * LINT_CONV_FILTER_MAX];
    for (size_t i = 0; i < kh; i++)
        for (size_t q = 0; q < r->held; q++) {
            a[i * r->held + q] = input_row(r, r->first + q, i);
            d[i * r->held + q] = r->d + q * pairs * o;
        }
    const lint_outer_transposed m = {.taps = kh,
                                     .runs = r->held,
                                     .p = pairs,
                                     .o = o,
                                     .k = k,
                                     .a = a,
                                     .d = d,
                                     .transposed = transposed(l->out.w, k),
                                     .ldd = o,
                                     .g = r->g,
                                     .ldg = o,
                                     .apart = k * o};
    r->x->p->k->outer_transposed(&m);
}

/* Adds what the rows that wait bring. */
static void add_waiting_rows(weight_rows *r) {
    const lint_layer *l = r->l;
    const conv_state *s = l->state;
    size_t taps = s->kw * l->in.c, o = l->out.c, pairs = (l->out.w + 1) / 2;
    if (r->x->kind == TRANSPOSED_PAIRS) {
        add_transposed_rows(r);
        return;
    }
    for (size_t i = 0; i < s->kh; i++)
        r->x->p->k->outer_pairs(pairs, o, taps, input_row(r, r->first, i), pair_distance(r->x),
                                r->d, r->g + i * taps * o);
}

/* Adds what row y of dy, d, brings, with the rows that wait or at the image's end. */
static void add_row(weight_rows *r, size_t y, const float *d) {
    const lint_layer *l = r->l;
    const conv_state *s = l->state;
    const lint_kernels *k = r->x->p->k;
    size_t taps = s->kw * l->in.c, w = l->out.w, o = l->out.c;
    if (l->frozen) return;
    if (l->weights > 1) k->sum(w, o, d, r->g + l->weight[0].count);
    if (!lint_conv_pairs(l, r->x->p)) {
        for (size_t i = 0; i < s->kh; i++)
            k->outer(w, o, taps, input_row(r, y, i), s->stride * l->in.c, d, r->g + i * taps * o);
        return;
    }
    if (!r->held) r->first = y;
    k->pair_rows(w, o, d, o, r->d + r->held++ * ((w + 1) / 2) * o, o);
    if (r->held < rows_at_a_time(l) && y + 1 < l->out.h) return;
    add_waiting_rows(r);
    r->held = 0;
}

/* Row y of dx, from the rows of dy, to `to` (on top of it, if add). */
static void rows_input_gradient(const lint_layer *l, ring *d, size_t y, int add, float *to) {
    const conv_state *s = l->state;
    const float *rows[RING_MAX];
    for (size_t i = 0; i < s->kh; i++)
        rows[i] = ring_row(d, (long)(y + s->top + i) - (long)(s->kh - 1));
    int pairs = lint_conv_pairs(l, d->p);
    lint_mul *mul = pairs ? d->p->k->mul_pairs : d->p->k->mul;
    mul(l->in.w, l->in.c, lint_conv_steps(pairs, s->kw * l->out.c), s->kh, rows, l->out.c,
        turned(l, d->p), NULL, add, NULL, to);
}

typedef struct image_back {
    const lint_layer *l;
    ring x, under, d;
    ring made;                  /* the producer's input, for its gradient */
    float *row;                 /* of dx, where it is not stored */
    weight_rows own, producers; /* gradients */
} image_back;

static void give_input_row(image_back *b, size_t y) {
    const lint_layer *l = b->l;
    float *to = l->producer ? b->row : l->dx + (b->d.image * l->in.h + y) * l->in.w * l->in.c;
    rows_input_gradient(l, &b->d, y, !l->producer && l->dx_adds, to);
    if (l->producer) add_row(&b->producers, y, to);
}

/* One image, row by row. A row of dx is computed as soon as all its rows of dy are there. */
static void rows_backward_image(image_back *b) {
    const lint_layer *l = b->l;
    size_t next = 0, top = lint_conv(l)->top, rows = l->dx ? l->in.h : 0;
    for (size_t y = 0; y < l->out.h; y++) {
        ring_row(&b->d, (long)y);
        add_row(&b->own, y, ring_slot(&b->d, y));
        while (next < rows && next + top <= y)
            give_input_row(b, next++);
    }
    while (next < rows)
        give_input_row(b, next++);
}

/* Floats of the rows of dy that wait. */
static size_t waiting_floats(const lint_layer *l) {
    return rows_at_a_time(l) * ((l->out.w + 1) / 2) * l->out.c;
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
        image_back b = {.l = l};
        b.x = input_ring(l, j->p, PIXEL_PAIRS, i, &b.under, &scratch);
        b.d = output_ring(l, j->p, i, &scratch);
        if (l->producer) b.made = stored_ring(l->producer, j->p, PIXEL_PAIRS, i, &scratch);
        b.row = scratch;
        if (l->producer) scratch += l->in.w * l->in.c;
        b.own = (weight_rows){.l = l, .x = &b.x, .d = scratch, .g = g};
        b.producers = (weight_rows){.l = l->producer,
                                    .x = &b.made,
                                    .d = scratch + waiting_floats(l),
                                    .g = g + lint_conv_slot_floats(l)};
        rows_backward_image(&b);
    }
}

static void rows_backward(lint_layer *l, const lint_pass *p) {
    conv_job j = {.l = l, .p = p};
    if (l->dx) turn(l, p, turned(l, p));
    pack_filters(l, p);
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
    l->scratch += 2 * l->out.w * l->out.c + waiting_floats(l);
    if (m) l->scratch += 2 * input_floats(m) + l->in.w * l->in.c + waiting_floats(m);
    l->workspace = filter_floats(l) + (m ? filter_floats(m) : 0);
    if (l->trains) l->workspace += SLOTS * rows_slot_floats(l) + l->weight[0].count;
}

/* Whether recomputing the layer's rows costs no more than storing them: the layer reads the
 * picture, which needs no gradient, and has few weights. Measured by `bench/engine --profile
 * --threads 1` with and without on an AMD EPYC with AVX2, 2026-11: at 432 to 1728 weights both take
 * the same time within the noise, and fusion saves the memory of its y and dy. */
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
        l->is_consumer = l->halves = 1;
    }
}

const conv_way lint_conv_rows = {rows_setup, rows_forward, rows_backward};
