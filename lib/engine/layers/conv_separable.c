/* In inference, a depthwise convolution and the 1x1 convolution behind it as one step (depthwise
 * separable, Howard et al. 2017), and with them the 1x1 convolution before it, where that pays (inverted
 * residual, Sandler et al. 2018).
 *
 * The 1x1 convolutions are products of matrices, whose inner rows have several times as many channels as the
 * ends. In memory they would be most of what such a network writes and reads. Here a block of rows
 * goes through all three while it is in the second-level cache: rows of the first one's output lie in a ring
 * under the filters, and the depthwise sums are made where the last product wants them packed.
 *
 * Sums have the terms of the separate layers in their order, so results have the same bits.
 *
 * Letters: `wide` is the layer before, `deep` the depthwise one, l the last one. */
#include "engine/layers/conv.h"

#include <string.h>

enum {
    PARTS = 8, /* at least, so that one image alone feeds several threads */
    /* Of the ring and the first layer's panels, what leaves room in a second-level cache. */
    RING_FLOATS = 1 << 16,
    PANELS_FLOATS = 1 << 15
};

typedef struct separable {
    lint_layer *l, *deep, *wide; /* wide NULL: deep's input lies in memory */
    const lint_pass *p;
    float *taps, *panels, *wide_panels; /* packed, in the workspace */
    size_t rows;                        /* of deep's output in a block */
    size_t bands;                       /* parts of an image */
} separable;

/* Rows of wide's output that a block reads, of one image. Row y lies in slot y % slots. */
typedef struct ring {
    float *rows;        /* [slots, in.w, in.c] of deep */
    size_t slots, next; /* the first row that is not made yet */
} ring;

/* Rows of deep's input under `rows` rows of its output. */
static size_t rows_under(const lint_layer *deep, size_t rows) {
    const conv_state *s = lint_conv(deep);
    return (rows - 1) * s->stride + (s->kh - 1) * s->dilation + 1;
}

static size_t ring_floats(const lint_layer *deep, size_t rows) {
    return rows_under(deep, rows) * deep->in.w * deep->in.c;
}

/* Rows of deep's output in a block: what a block of the product takes and, if there is a ring, that holds. */
static size_t block_rows(const lint_layer *deep, int has_ring) {
    size_t n = LINT_CONV_CELLS / deep->out.w;
    if (n > deep->out.h) n = deep->out.h;
    while (has_ring && n > 1 && ring_floats(deep, n) > RING_FLOATS)
        n--;
    return n;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* Makes rows of wide's output, up to `end`. a: scratch. */
static void make_rows(const separable *j, ring *r, size_t image, size_t end, float *a) {
    const lint_layer *wide = j->wide;
    size_t w = wide->out.w, row = w * wide->out.c;
    const float *x = wide->x + image * lint_shape_count(wide->in);
    while (r->next < end) {
        size_t slot = r->next % r->slots, count = end - r->next;
        if (count > r->slots - slot) count = r->slots - slot;
        for (size_t at = 0, n; at < count * w; at += n) {
            n = count * w - at < LINT_CONV_CELLS ? count * w - at : LINT_CONV_CELLS;
            lint_conv_multiply_cells(wide, j->p, j->wide_panels, n,
                                     x + (r->next * w + at) * wide->in.c, a,
                                     r->rows + slot * row + at * wide->out.c);
        }
        r->next += count;
    }
}

/* The rows under row y of deep's output; NULL outside of the picture. */
static void find_rows(const separable *j, const ring *r, size_t image, size_t y,
                      const float **rows) {
    const lint_layer *deep = j->deep;
    const conv_state *s = lint_conv(deep);
    size_t row = deep->in.w * deep->in.c;
    for (size_t i = 0; i < s->kh; i++) {
        size_t at = y * s->stride + i * s->dilation; /* counted from the padding's first */
        int inside = at >= s->top && at < s->top + deep->in.h;
        rows[i] = !inside   ? NULL
                  : j->wide ? r->rows + (at - s->top) % r->slots * row
                            : deep->x + (image * deep->in.h + at - s->top) * row;
    }
}

/* Rows [y, y + count) of an image. */
static void separable_block(const separable *j, ring *r, size_t image, size_t y, size_t count,
                            float *a) {
    const lint_layer *l = j->l, *deep = j->deep;
    const conv_state *s = lint_conv(deep);
    const float *rows[LINT_CONV_FILTER_MAX];
    size_t end = y * s->stride + rows_under(deep, count), w = deep->out.w, c = deep->out.c;
    end = end > s->top ? end - s->top : 0;
    if (j->wide) make_rows(j, r, image, end < deep->in.h ? end : deep->in.h, a);
    for (size_t b = 0; b < lint_conv_blocks(c); b++) {
        size_t c0 = lint_conv_block_start(c, b), c1 = lint_conv_block_start(c, b + 1);
        for (size_t i = 0; i < count; i++) {
            float *to = a + i * w * LINT_GEMM_LDA;
            find_rows(j, r, image, y + i, rows);
            lint_conv_depthwise_row(deep, j->p, j->taps, rows, c0, c1, to, LINT_GEMM_LDA);
        }
        for (size_t i = 0; i < count * w && lint_conv_pairs(l, j->p); i++)
            j->p->k->to_bfloat16(c1 - c0, a + i * LINT_GEMM_LDA, a + i * LINT_GEMM_LDA);
        lint_conv_multiply_block(l, j->p, j->panels, b, count * w, a,
                                 l->y + (image * l->out.h + y) * w * l->out.c);
    }
}

/* The first row that a band reads and that no padding stands for. */
static size_t first_row(const lint_layer *deep, size_t y) {
    const conv_state *s = lint_conv(deep);
    return y * s->stride > s->top ? y * s->stride - s->top : 0;
}

static void separable_part(void *ctx, size_t part, int worker) {
    const separable *j = ctx;
    size_t image = part / j->bands, band = part % j->bands, h = j->deep->out.h;
    size_t y = band * h / j->bands, end = (band + 1) * h / j->bands;
    float *a = j->p->scratch[worker];
    ring r = {.rows = a + LINT_CONV_CELLS * LINT_GEMM_LDA,
              .slots = rows_under(j->deep, j->rows),
              .next = first_row(j->deep, y)};
    for (size_t n; y < end; y += n) {
        n = end - y < j->rows ? end - y : j->rows;
        separable_block(j, &r, image, y, n, a);
    }
}

static void separable_forward(lint_layer *l, const lint_pass *p) {
    lint_layer *deep = l->producer, *wide = deep->producer;
    separable j = {.l = l, .deep = deep, .wide = wide, .p = p, .taps = p->workspace};
    j.panels = j.taps + deep->weight[0].count;
    j.wide_panels = j.panels + lint_conv_panels_floats(l);
    j.rows = block_rows(deep, wide != NULL);
    j.bands = p->n < PARTS ? (PARTS + p->n - 1) / p->n : 1;
    if (j.bands > deep->out.h) j.bands = deep->out.h;
    lint_conv_pack_taps(deep, j.taps);
    lint_conv_pack_panels(l, p, j.panels);
    if (wide) lint_conv_pack_panels(wide, p, j.wide_panels);
    lint_threads_run(p->pool, p->n * j.bands, separable_part, &j);
}

/* --- fusion ----------------------------------------------------------------------------------- */

static void separable_setup(lint_layer *l) {
    const lint_layer *deep = l->producer, *wide = deep->producer;
    l->scratch =
        LINT_CONV_CELLS * LINT_GEMM_LDA + (wide ? ring_floats(deep, block_rows(deep, 1)) : 0);
    l->workspace = deep->weight[0].count + lint_conv_panels_floats(l);
    if (wide) l->workspace += lint_conv_panels_floats(wide);
}

static int is_pointwise(const lint_layer *l) {
    const conv_state *s = l->state;
    return l->kind == &lint_layer_conv && !l->head && s->kh * s->kw * s->stride * s->groups == 1 &&
           !s->top && !s->left && l->in.h == l->out.h && l->in.w == l->out.w;
}

static int pays_as_ring(const lint_layer *deep, const lint_layer *wide) {
    return is_pointwise(wide) && !wide->producer && ring_floats(deep, 1) <= RING_FLOATS &&
           lint_conv_panels_floats(wide) <= PANELS_FLOATS;
}

/* A consumer that is no epilogue, such as a pooled batchnorm, waits for rows (conv_rows.c). */
int lint_conv_separable_suits(const lint_layer *l, const lint_layer *deep) {
    int awaited = l->consumer && l->consumer != l->epilogue[0];
    return !l->trains && !awaited && is_pointwise(l) && deep->kind == &lint_layer_conv &&
           !deep->head && lint_conv(deep)->way == &lint_conv_depthwise &&
           deep->out.w <= LINT_CONV_CELLS;
}

void lint_conv_separable_fuse(lint_layer *l, lint_layer *deep, lint_layer *wide) {
    if (wide && pays_as_ring(deep, wide)) deep->producer = wide;
    l->producer = deep;
    ((conv_state *)l->state)->way = &lint_conv_separable;
    separable_setup(l);
}

const conv_way lint_conv_separable = {separable_setup, separable_forward, NULL};
