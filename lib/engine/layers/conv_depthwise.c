/* Depthwise convolution: as many groups as channels in and out. Each filter has one channel, so
 * there are no matrices to multiply. A row of the output is cut near its ends, where a tap begins
 * or ceases to reach the cells; within a stretch of cells, all taps are summed at once. */
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

void lint_conv_pack_taps(const lint_layer *l, float *taps) {
    const conv_state *s = lint_conv(l);
    size_t n = s->kh * s->kw;
    for (size_t c = 0; c < l->in.c; c++)
        for (size_t t = 0; t < n; t++)
            taps[t * l->in.c + c] = l->weight[0].value[c * n + t];
}

static depthwise begin(lint_layer *l, const lint_pass *p, size_t rows) {
    lint_conv_pack_taps(l, p->workspace);
    return (depthwise){l, p, p->workspace, (rows + ROWS - 1) / ROWS};
}

/* --- taps along a line of cells ---------------------------------------------------------------- */

enum { TAPS_MOST = LINT_CONV_FILTER_MAX * LINT_CONV_FILTER_MAX };

/* Tap w reaches the cells [begin, begin + count) of a line, and reads from x on. */
typedef struct stretch {
    size_t begin, count;
    const float *x;
    size_t tap;
} stretch;

typedef struct line {
    stretch tap[TAPS_MOST];
    size_t taps;
} line;

static void add_tap(line *l, size_t begin, size_t count, const float *x, size_t tap) {
    if (count) l->tap[l->taps++] = (stretch){begin, count, x, tap};
}

/* Puts the taps that reach the cells from `at` on into x [] and tap []. Returns the cell where they
 * change. */
static size_t same_taps(const line *l, size_t at, size_t cells, size_t xs, const float **x,
                        size_t *tap, size_t *n) {
    *n = 0;
    for (size_t t = 0; t < l->taps; t++) {
        const stretch *s = &l->tap[t];
        size_t end = s->begin + s->count;
        if (s->begin > at && s->begin < cells) cells = s->begin;
        if (s->begin > at || end <= at) continue;
        if (end < cells) cells = end;
        x[*n] = s->x + (at - s->begin) * xs;
        tap[(*n)++] = s->tap;
    }
    return cells;
}

/* What lint_kernels.taps is told of a line's cells. */
typedef struct sums {
    size_t cells, c;   /* channels that are summed ... */
    const float *taps; /* ... of [kh,kw,C], from the first of them on */
    size_t xs, ys;     /* floats from cell to cell */
    const float *bias;
    int add;
    lint_epilogue e;
} sums;

/* y of all cells of a line, whose filters have C channels. */
static void sum_taps(const lint_kernels *k, const line *l, size_t channels, const sums *s,
                     float *y) {
    const float *x[TAPS_MOST], *w[TAPS_MOST];
    size_t tap[TAPS_MOST], n;
    for (size_t at = 0, end; at < s->cells; at = end) {
        end = same_taps(l, at, s->cells, s->xs, x, tap, &n);
        for (size_t t = 0; t < n; t++)
            w[t] = s->taps + tap[t] * channels;
        k->taps(end - at, s->c, n, x, s->xs, w, s->bias, s->add, lint_epilogue_or_null(&s->e),
                y + at * s->ys, s->ys);
    }
}

/* --- forward ---------------------------------------------------------------------------------- */

/* The rows of the input under the filter for output row y of an image; NULL outside of the picture. */
static void input_rows(const lint_layer *l, size_t image, size_t y, const float **rows) {
    const conv_state *s = lint_conv(l);
    const float *x = l->x + image * lint_shape_count(l->in);
    for (size_t i = 0; i < s->kh; i++) {
        size_t row = y * s->stride + i * s->dilation; /* counted from the padding's first */
        int inside = row >= s->top && row < s->top + l->in.h;
        rows[i] = inside ? x + (row - s->top) * l->in.w * l->in.c : NULL;
    }
}

/* Of a row of the output: which cells of the rows under it each tap reads, from channel c0 on. */
static void input_line(const lint_layer *l, const float *const *rows, size_t c0, line *to) {
    const conv_state *s = lint_conv(l);
    to->taps = 0;
    for (size_t i = 0; i < s->kh; i++)
        for (size_t k = 0; k < s->kw && rows[i]; k++) {
            reach r = reach_of(k * s->dilation, l->in.w, l->out.w, s->stride, s->left);
            add_tap(to, r.begin, r.count, rows[i] + r.from * l->in.c + c0, i * s->kw + k);
        }
}

void lint_conv_depthwise_row(const lint_layer *l, const lint_pass *p, const float *taps,
                             const float *const *rows, size_t c0, size_t c1, float *y, size_t ys) {
    const float *bias = lint_conv_bias(l);
    line reads;
    input_line(l, rows, c0, &reads);
    const lint_epilogue all = lint_conv_epilogue(l, p);
    const sums s = {.cells = l->out.w,
                    .c = c1 - c0,
                    .taps = taps + c0,
                    .xs = lint_conv(l)->stride * l->in.c,
                    .ys = ys,
                    .bias = bias ? bias + c0 : NULL,
                    .e = lint_epilogue_from(&all, c0)};
    sum_taps(p->k, &reads, l->in.c, &s, y);
}

static void forward_row(const depthwise *j, size_t image, size_t y) {
    const lint_layer *l = j->l;
    const float *rows[LINT_CONV_FILTER_MAX];
    input_rows(l, image, y, rows);
    lint_conv_depthwise_row(l, j->p, j->taps, rows, 0, l->in.c,
                            l->y + (image * l->out.h + y) * l->out.w * l->out.c, l->out.c);
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

/* Of input row y: the cells first, first + stride, ..., which the same taps reach. */
static void output_line(const depthwise *j, size_t image, size_t y, size_t first, line *to) {
    const lint_layer *l = j->l;
    const conv_state *s = lint_conv(l);
    const float *dy = l->dy + image * lint_shape_count(l->out);
    to->taps = 0;
    for (size_t i = 0; i < s->kh && i * s->dilation <= y + s->top; i++) {
        size_t at = y + s->top - i * s->dilation, row = at / s->stride;
        if (at % s->stride || row >= l->out.h) continue;
        for (size_t k = 0; k < s->kw; k++) {
            reach r = reach_of(k * s->dilation, l->in.w, l->out.w, s->stride, s->left);
            if (r.count && r.from % s->stride == first)
                add_tap(to, r.from / s->stride, r.count, dy + (row * l->out.w + r.begin) * l->in.c,
                        i * s->kw + k);
        }
    }
}

static void input_row(const depthwise *j, size_t image, size_t y) {
    const lint_layer *l = j->l;
    size_t c = l->in.c, stride = lint_conv(l)->stride;
    float *to = l->dx + (image * l->in.h + y) * l->in.w * c;
    for (size_t first = 0; first < stride && first < l->in.w; first++) {
        line reads;
        output_line(j, image, y, first, &reads);
        const sums s = {.cells = (l->in.w - first + stride - 1) / stride,
                        .c = c,
                        .taps = j->taps,
                        .xs = c,
                        .ys = stride * c,
                        .add = l->dx_adds};
        sum_taps(j->p->k, &reads, c, &s, to + first * c);
    }
}

static void input_band(void *ctx, size_t part, int worker) {
    (void)worker;
    const depthwise *j = ctx;
    size_t image = part / j->bands, y = part % j->bands * ROWS;
    for (size_t end = y + ROWS; y < end && y < j->l->in.h; y++)
        input_row(j, image, y);
}

/* Adds the gradient from output row y of an image to taps [kh,kw,C]. */
static void weight_row(const depthwise *j, size_t image, size_t y, float *taps) {
    const lint_layer *l = j->l;
    const float *x[TAPS_MOST];
    size_t tap[TAPS_MOST], c = l->in.c, xs = lint_conv(l)->stride * c, n;
    const float *dy = l->dy + (image * l->out.h + y) * l->out.w * c;
    const float *rows[LINT_CONV_FILTER_MAX];
    float *w[TAPS_MOST];
    line reads;
    input_rows(l, image, y, rows);
    input_line(l, rows, 0, &reads);
    for (size_t at = 0, end; at < l->out.w; at = end) {
        end = same_taps(&reads, at, l->out.w, xs, x, tap, &n);
        for (size_t t = 0; t < n; t++)
            w[t] = taps + tap[t] * c;
        j->p->k->taps_gradient(end - at, c, n, x, xs, dy + at * c, w);
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
