/* Convolution as a product of matrices, blocked as Goto and van de Geijn (2008) block theirs.
 *
 *     forward          y[p][o]  = sum over k of patch(x, p)[k] * w[k][o]
 *     input gradient   dx[q][c] = sum over k of patch(dy, q)[k] * turned w[k][c]
 *     weight gradient  dw[k][o] = sum over p of patch(x, p)[k] * dy[p][o]
 *
 * p counts the cells of all images of the batch. A patch is a rectangle of a picture, zero outside
 * of it; patches of LINT_CONV_CELLS cells, or of CELLS_OF_TILES, LINT_GEMM_K numbers of each at a time, are
 * copied into scratch, which stays in the second-level cache while panels of the weights go by.
 *
 * With a stride S the input cells fall into S*S phases: those of one phase are reached by the same
 * taps of the filter, and are a convolution of stride 1 of their own.
 *
 * Small groups go in bundles, as one group whose filters are zero outside of their own group's
 * channels: products with zeros cost less than columns of a panel that nobody needs.
 *
 * In bf16, patches, columns of dy and panels are packed as pairs of bfloat16 (kernels.h), each in the
 * place of a float; pairs go along k, in the weight gradient along p.
 *
 * Letters as in kernels.h; a bundle has C channels in, O out.
 */
#include "engine/layers/conv.h"

#include <stdlib.h>
#include <string.h>

enum {
    GROUP_OUT = 256,     /* outputs of a part of the weight gradient */
    TURNED = 16,         /* outputs that are transposed at a time */
    CELLS_OF_TILES = 128 /* of a block, where rows go by 16; the most of any kernels */
};

/* Groups that are computed together: their number, and the channels in and out of all of them. */
typedef struct bundle {
    size_t groups, c, o;
} bundle;

/* As many as fill a panel; all bundles of a layer are alike. */
static bundle bundle_of(const lint_layer *l) {
    const conv_state *s = lint_conv(l);
    size_t most = LINT_PANEL_MOST / (s->c > s->o ? s->c : s->o), n = 1;
    for (size_t i = 2; i <= most; i++)
        if (s->groups % i == 0) n = i;
    return (bundle){n, n * s->c, n * s->o};
}

static size_t bundles_of(const lint_layer *l) {
    return lint_conv(l)->groups / bundle_of(l).groups;
}

/* Rectangles of a picture. The one of grid cell (y, x) has rows x cols cells and begins at (y *
 * step + top, x * step + left); cells between its rows and columns may be left out. */
typedef struct patches {
    const float *picture; /* of the first image, at the bundle's first channel */
    lint_shape in;
    size_t c;    /* channels taken of in.c */
    size_t h, w; /* the grid */
    size_t step, rows, cols;
    size_t spread[2]; /* cells from one row, one column to the next */
    long top, left;
    /* Copies numbers into a packed patch; their size there. */
    void (*copy)(size_t n, const float *from, void *to);
    size_t size;
} patches;

static void copy_floats(size_t n, const float *from, void *to) {
    memcpy(to, from, n * sizeof *from);
}

static size_t patch_floats(const patches *s) {
    return s->rows * s->cols * s->c;
}

/* Numbers [from, to) of a patch's row that begins at column x of picture row `row`. */
static void copy_row(const patches *s, const float *row, long x, size_t from, size_t to,
                     char *out) {
    if (s->c == s->in.c && s->spread[1] == 1 && x >= 0 && x + (long)s->cols <= (long)s->in.w) {
        s->copy(to - from, row + (size_t)x * s->c + from, out);
        return;
    }
    while (from < to) {
        size_t col = from / s->c, end = (col + 1) * s->c < to ? (col + 1) * s->c : to;
        long at = x + (long)(col * s->spread[1]);
        if (at < 0 || at >= (long)s->in.w)
            memset(out, 0, (end - from) * s->size);
        else
            s->copy(end - from, row + (size_t)at * s->in.c + from - col * s->c, out);
        out += (end - from) * s->size;
        from = end;
    }
}

/* Numbers [from, to) of the patch of cell p, counted through all images. */
static void copy_patch(const patches *s, size_t p, size_t from, size_t to, char *out) {
    size_t x = p % s->w, y = p / s->w % s->h, image = p / s->w / s->h, each = s->cols * s->c;
    const float *picture = s->picture + image * lint_shape_count(s->in);
    long left = (long)(x * s->step) + s->left, top = (long)(y * s->step) + s->top;
    while (from < to) {
        size_t row = from / each, end = (row + 1) * each < to ? (row + 1) * each : to;
        long at = top + (long)(row * s->spread[0]);
        if (at < 0 || at >= (long)s->in.h)
            memset(out, 0, (end - from) * s->size);
        else
            copy_row(s, picture + (size_t)at * s->in.w * s->in.c, left, from - row * each,
                     end - row * each, out);
        out += (end - from) * s->size;
        from = end;
    }
}

/* Numbers [from, to) of n patches from p on, as rows of a. */
static void pack_patches(const patches *s, size_t p, size_t n, size_t from, size_t to, float *a) {
    for (size_t i = 0; i < n; i++)
        copy_patch(s, p + i, from, to, (char *)(a + i * LINT_GEMM_LDA));
}

/* The same as pairs of patches. A patch of one cell is a run of memory, and so is the next one. */
static void pack_patch_pairs(const patches *s, const lint_kernels *k, size_t p, size_t n,
                             size_t from, size_t to, float *a) {
    float two[2 * LINT_GEMM_K];
    int whole = s->rows == 1 && s->cols == 1 && s->step == 1 && !s->top && !s->left;
    if (whole && s->h == s->in.h && s->w == s->in.w) {
        k->pair_rows(n, to - from, s->picture + p * s->in.c + from, s->in.c, a, LINT_GEMM_LDA);
        return;
    }
    for (size_t i = 0; i < n; i += 2, a += LINT_GEMM_LDA) {
        copy_patch(s, p + i, from, to, (char *)two);
        if (i + 1 < n) copy_patch(s, p + i + 1, from, to, (char *)(two + LINT_GEMM_K));
        k->pair_rows(i + 1 < n ? 2 : 1, to - from, two, LINT_GEMM_K, a, LINT_GEMM_LDA);
    }
}

size_t lint_conv_blocks(size_t k) {
    return (k + LINT_GEMM_K - 1) / LINT_GEMM_K;
}

/* Even, so that no pair is torn. */
size_t lint_conv_block_start(size_t k, size_t block) {
    return block == lint_conv_blocks(k) ? k : block * k / lint_conv_blocks(k) & ~(size_t)1;
}

/* --- the product: forward and the gradient to the input --------------------------------------- */

/* The cells written: (y * step + top, x * step + left) of the grid's (y, x). */
typedef struct cells {
    float *picture; /* of the first image, at the bundle's first channel */
    lint_shape out;
    size_t step, top, left;
    int add;
} cells;

typedef struct gemm_product {
    const lint_layer *sums; /* the layer, if it does the sum behind it; else NULL */
    const lint_pass *p;
    patches a;
    const float *panels; /* [panels, K, panel] */
    const float *bias;   /* [o] or NULL */
    size_t o;
    cells y;
    lint_epilogue e; /* of the bundle's channels */
    int pairs;
    int halves; /* y is kept as bfloat16 */
    lint_gemm *gemm;
    size_t cells;          /* of a block */
    size_t blocks, shares; /* of cells; of panels, so that one small image feeds all threads */
} gemm_product;

static size_t panels_of(const lint_pass *p, size_t o) {
    return (o + p->k->panel - 1) / p->k->panel;
}

/* An odd number of terms: the last pair's second one is zero. */
static void clear_last(float *a, size_t n, size_t k) {
    for (size_t i = 0; i < n; i++)
        memset((uint16_t *)(a + i * LINT_GEMM_LDA) + k, 0, sizeof(uint16_t));
}

/* Block b of the terms of n cells' sums, a, with the panels [from, to), onto y [n, ldy], whose first column
 * is the first panel's. */
static void multiply_block(const gemm_product *j, size_t b, size_t n, size_t from, size_t to,
                           float *a, float *y, size_t ldy, int add) {
    size_t k = patch_floats(&j->a), panel = j->p->k->panel;
    size_t k0 = lint_conv_block_start(k, b), terms = lint_conv_block_start(k, b + 1) - k0;
    int last = b + 1 == lint_conv_blocks(k);
    if (j->pairs && terms % 2) clear_last(a, n, terms);
    size_t o = from * panel, cols = (to * panel < j->o ? to * panel : j->o) - o;
    const lint_epilogue e = lint_epilogue_from(&j->e, o);
    j->gemm(n, cols, lint_conv_steps(j->pairs, terms), a,
            j->panels + (from * k + lint_conv_steps(j->pairs, k0)) * panel, k * panel,
            j->bias && b == 0 ? j->bias + o : NULL, add || b > 0,
            last ? lint_epilogue_or_null(&e) : NULL, y, ldy);
}

/* Computes one block of cells. */
static void gemm_multiply(const gemm_product *j, size_t at, size_t n, size_t from, size_t to,
                          float *a, float *y, size_t ldy, int add) {
    size_t k = patch_floats(&j->a);
    for (size_t b = 0; b < lint_conv_blocks(k); b++) {
        pack_patches(&j->a, at, n, lint_conv_block_start(k, b), lint_conv_block_start(k, b + 1), a);
        multiply_block(j, b, n, from, to, a, y, ldy, add);
    }
}

static float *cell_of(const gemm_product *j, size_t p) {
    const cells *s = &j->y;
    size_t x = p % j->a.w, y = p / j->a.w % j->a.h, image = p / j->a.w / j->a.h;
    size_t row = y * s->step + s->top, col = x * s->step + s->left;
    return s->picture + ((image * s->out.h + row) * s->out.w + col) * s->out.c;
}

/* Cells that are not contiguous go through a staging area behind the packed block. */
static void multiply_scattered(const gemm_product *j, size_t at, size_t n, size_t from, size_t to,
                               float *a) {
    size_t first = from * j->p->k->panel, end = to * j->p->k->panel;
    size_t cols = (end < j->o ? end : j->o) - first;
    float *stage = a + CELLS_OF_TILES * LINT_GEMM_LDA;
    gemm_multiply(j, at, n, from, to, a, stage, cols, 0);
    for (size_t i = 0; i < n; i++) {
        float *to_cell = cell_of(j, at + i) + first;
        if (j->y.add)
            j->p->k->add(cols, to_cell, stage + i * cols, 0, to_cell);
        else
            memcpy(to_cell, stage + i * cols, cols * sizeof *stage);
    }
}

/* What is kept as bfloat16 is summed behind the packed block, too. */
static void multiply_halves(const gemm_product *j, size_t at, size_t n, size_t from, size_t to,
                            float *a) {
    size_t first = from * j->p->k->panel, end = to * j->p->k->panel;
    size_t cols = (end < j->o ? end : j->o) - first, cell = j->y.out.c;
    float *stage = a + CELLS_OF_TILES * LINT_GEMM_LDA;
    uint16_t *y = (uint16_t *)j->y.picture + at * cell + first;
    gemm_multiply(j, at, n, from, to, a, stage, cols, 0);
    for (size_t i = 0; i < n; i++)
        j->p->k->to_bfloat16(cols, stage + i * cols, y + i * cell);
}

/* Does the sum behind the layer to n cells' outputs of the panels [from, to), which begin at y. */
static void add_up(const gemm_product *j, size_t n, size_t from, size_t to, float *y) {
    size_t panel = j->p->k->panel, end = to * panel < j->o ? to * panel : j->o;
    size_t cols = end - from * panel, cell = j->y.out.c;
    if (cols == cell) {
        lint_conv_add_up(j->sums, j->p, n * cell, y);
        return;
    }
    for (size_t i = 0; i < n; i++)
        lint_conv_add_up(j->sums, j->p, cols, y + i * cell);
}

static void gemm_product_part(void *ctx, size_t part, int worker) {
    const gemm_product *j = ctx;
    size_t share = part / j->blocks, at = part % j->blocks * j->cells;
    size_t count = j->p->n * j->a.h * j->a.w, n = count - at < j->cells ? count - at : j->cells;
    size_t panels = panels_of(j->p, j->o);
    size_t from = share * panels / j->shares, to = (share + 1) * panels / j->shares;
    float *a = j->p->scratch[worker];
    if (j->y.step > 1) {
        multiply_scattered(j, at, n, from, to, a);
        return;
    }
    if (j->halves) {
        multiply_halves(j, at, n, from, to, a);
        return;
    }
    float *y = cell_of(j, at) + from * j->p->k->panel;
    gemm_multiply(j, at, n, from, to, a, y, j->y.out.c, j->y.add);
    if (j->sums) add_up(j, n, from, to, y);
}

/* Says in what the product multiplies: pairs, or floats. */
static void set_pairs(gemm_product *j, int pairs) {
    j->pairs = pairs;
    j->gemm = pairs ? j->p->k->gemm_pairs : j->p->k->gemm;
    j->a.copy = pairs ? j->p->k->to_bfloat16 : copy_floats;
    j->a.size = pairs ? sizeof(uint16_t) : sizeof(float);
}

static void gemm_run_product(gemm_product *j) {
    enum { PARTS = 8 };
    size_t count = j->p->n * j->a.h * j->a.w, panels = panels_of(j->p, j->o);
    if (!count) return;
    j->cells = j->pairs && j->p->k->tiles ? CELLS_OF_TILES : LINT_CONV_CELLS;
    j->blocks = (count + j->cells - 1) / j->cells;
    j->shares = j->blocks < PARTS ? (PARTS + j->blocks - 1) / j->blocks : 1;
    if (j->shares > panels) j->shares = panels;
    lint_threads_run(j->p->pool, j->blocks * j->shares, gemm_product_part, j);
}

/* --- panels of weights ------------------------------------------------------------------------ */

/* Row k of the matrix that is packed: taps in rows and columns, each with its channels. */
typedef struct gemm_packing {
    const lint_layer *l;
    const lint_pass *p;
    bundle b;
    size_t which; /* of the bundles */
    /* Turned: the taps (row0 - i * step, col0 - j * step), i < rows, j < cols, transposed. */
    size_t step, row0, col0, rows, cols;
    float *panels;
} gemm_packing;

/* A tap's weights of channel c and the outputs of its group; both counted within the bundle. */
static const float *weights_at(const gemm_packing *j, size_t tap, size_t c) {
    const conv_state *s = lint_conv(j->l);
    size_t group = j->which * j->b.groups + c / s->c;
    return j->l->weight[0].value + ((group * s->kh * s->kw + tap) * s->c + c % s->c) * s->o;
}

/* The outputs [from, to) of a group that are among [o, o + cols), into a row of those. */
static void pack_row(const float *w, size_t from, size_t to, size_t o, size_t cols, float *row) {
    size_t first = from > o ? from : o, end = to < o + cols ? to : o + cols;
    if (first < end) memcpy(row + first - o, w + first - from, (end - first) * sizeof *row);
}

/* A panel of floats becomes one of pairs, in its place. */
static void pair_panel(const gemm_packing *j, size_t rows, float *panel) {
    size_t cols = j->p->k->panel;
    if (lint_conv_pairs(j->l, j->p)) j->p->k->pair_rows(rows, cols, panel, cols, panel, cols);
}

static void gemm_pack_panel(void *ctx, size_t q, int worker) {
    (void)worker;
    const gemm_packing *j = ctx;
    const conv_state *s = lint_conv(j->l);
    size_t panel = j->p->k->panel, taps = s->kh * s->kw, o = q * panel;
    float *to = j->panels + q * taps * j->b.c * panel;
    if (j->b.groups == 1 && o + panel <= j->b.o && lint_conv_pairs(j->l, j->p)) { /* as they lie */
        j->p->k->pair_rows(taps * j->b.c, panel, weights_at(j, 0, 0) + o, s->o, to, panel);
        return;
    }
    if (j->b.groups > 1 || o + panel > j->b.o) memset(to, 0, taps * j->b.c * panel * sizeof *to);
    for (size_t t = 0; t < taps; t++)
        for (size_t c = 0; c < j->b.c; c++, to += panel) {
            size_t from = c / s->c * s->o;
            pack_row(weights_at(j, t, c), from, from + s->o, o, panel, to);
        }
    pair_panel(j, taps * j->b.c, j->panels + q * taps * j->b.c * panel);
}

/* A few outputs of a tap, from o on, of the channels [c, c + cols), become rows: few, so that these stay in the
 * first-level cache while channels go by. */
static void turn_outputs(const gemm_packing *j, size_t tap, size_t c, size_t cols, size_t o,
                         float *to) {
    const conv_state *s = lint_conv(j->l);
    size_t panel = j->p->k->panel, n = s->o - o < TURNED ? s->o - o : TURNED;
    for (size_t i = 0; i < cols; i++) {
        const float *w = weights_at(j, tap, c + i) + o;
        float *column = to + ((c + i) / s->c * s->o + o) * panel + i;
        for (size_t q = 0; q < n; q++)
            column[q * panel] = w[q];
    }
}

/* Rows are (tap, o), columns are channels of the input. */
static void gemm_pack_panel_turned(void *ctx, size_t q, int worker) {
    (void)worker;
    const gemm_packing *j = ctx;
    const conv_state *s = lint_conv(j->l);
    size_t panel = j->p->k->panel, c = q * panel, size = j->rows * j->cols * j->b.o * panel;
    size_t cols = j->b.c - c < panel ? j->b.c - c : panel;
    float *to = j->panels + q * size;
    if (j->b.groups > 1 || cols < panel) memset(to, 0, size * sizeof *to);
    for (size_t r = 0; r < j->rows; r++)
        for (size_t t = 0; t < j->cols; t++, to += j->b.o * panel) {
            size_t tap = (j->row0 - r * j->step) * s->kw + j->col0 - t * j->step;
            for (size_t o = 0; o < s->o; o += TURNED)
                turn_outputs(j, tap, c, cols, o, to);
        }
    pair_panel(j, j->rows * j->cols * j->b.o, j->panels + q * size);
}

/* --- forward ---------------------------------------------------------------------------------- */

static patches patches_of_input(const lint_layer *l, bundle b, size_t which) {
    const conv_state *s = lint_conv(l);
    return (patches){.picture = l->x + which * b.c,
                     .in = l->in,
                     .c = b.c,
                     .h = l->out.h,
                     .w = l->out.w,
                     .step = s->stride,
                     .rows = s->kh,
                     .cols = s->kw,
                     .spread = {s->dilation, s->dilation},
                     .top = -(long)s->top,
                     .left = -(long)s->left,
                     .copy = copy_floats,
                     .size = sizeof(float)};
}

static gemm_product forward_product(const lint_layer *l, const lint_pass *p, size_t which,
                                    const float *panels) {
    bundle b = bundle_of(l);
    gemm_product j = {.p = p, .a = patches_of_input(l, b, which), .panels = panels, .o = b.o};
    j.bias = lint_conv_bias(l) ? lint_conv_bias(l) + which * b.o : NULL;
    const lint_epilogue all = lint_conv_epilogue(l, p);
    j.e = lint_epilogue_from(&all, which * b.o);
    set_pairs(&j, lint_conv_pairs(l, p));
    return j;
}

static void pack_bundle(const lint_layer *l, const lint_pass *p, size_t which, float *panels) {
    gemm_packing w = {.l = l, .p = p, .b = bundle_of(l), .which = which, .panels = panels};
    lint_threads_run(p->pool, panels_of(p, w.b.o), gemm_pack_panel, &w);
}

int lint_conv_gives_bfloats(const lint_layer *l) {
    return l->tiles && l->trains && lint_conv(l)->way == &lint_conv_gemm && bundles_of(l) == 1;
}

static void forward_bundle(lint_layer *l, const lint_pass *p, size_t which) {
    gemm_product j = forward_product(l, p, which, p->workspace);
    j.y = (cells){l->y + which * j.o, l->out, 1, 0, 0, 0};
    j.sums = l->sum ? l : NULL;
    j.halves = lint_conv_gives_bfloats(l) && l->epilogue[0] &&
               lint_batchnorm_takes_bfloats(l->epilogue[0], p);
    pack_bundle(l, p, which, p->workspace);
    gemm_run_product(&j);
}

static void gemm_forward(lint_layer *l, const lint_pass *p) {
    for (size_t i = 0; i < bundles_of(l); i++)
        forward_bundle(l, p, i);
}

/* --- the gradient to the input ---------------------------------------------------------------- */

/* The input rows y with (y + pad) % stride == phase: the first of them, their number, the number of
 * taps that reach them, and the output row that the last tap reads for the first of them. Those
 * taps are `step` apart and read output rows that are `spread` apart. */
typedef struct phase {
    size_t first, count, taps, last_tap, step, spread;
    long start;
} phase;

static size_t common_divisor(size_t a, size_t b) {
    return b ? common_divisor(b, a % b) : a;
}

static phase phase_of(const conv_state *s, size_t which, size_t size, size_t kernel, size_t pad) {
    size_t stride = s->stride, common = common_divisor(stride, s->dilation), tap = 0;
    phase f = {.first = (which + stride - pad % stride) % stride};
    f.step = stride / common;
    f.spread = s->dilation / common;
    f.count = f.first < size ? (size - f.first + stride - 1) / stride : 0;
    while (tap < f.step && tap * s->dilation % stride != which)
        tap++;
    f.taps = tap < f.step && tap < kernel ? (kernel - tap + f.step - 1) / f.step : 0;
    f.last_tap = f.taps ? tap + (f.taps - 1) * f.step : 0;
    f.start = ((long)(f.first + pad) - (long)(f.last_tap * s->dilation)) / (long)stride;
    return f;
}

/* Where no tap reaches, the gradient is zero. */
static void clear_phase(const gemm_product *j) {
    size_t count = j->p->n * j->a.h * j->a.w;
    for (size_t p = 0; p < count && !j->y.add; p++)
        memset(cell_of(j, p), 0, j->o * sizeof(float));
}

static void input_phase(lint_layer *l, const lint_pass *p, size_t which, phase v, phase h) {
    const conv_state *s = lint_conv(l);
    bundle b = bundle_of(l);
    gemm_packing w = {l, p, b, which, v.step, v.last_tap, h.last_tap, v.taps, h.taps, p->workspace};
    patches a = {.picture = l->dy + which * b.o,
                 .in = l->out,
                 .c = b.o,
                 .h = v.count,
                 .w = h.count,
                 .step = 1,
                 .rows = v.taps,
                 .cols = h.taps,
                 .spread = {v.spread, h.spread},
                 .top = v.start,
                 .left = h.start};
    gemm_product j = {.p = p, .a = a, .panels = w.panels, .o = b.c};
    j.y = (cells){l->dx + which * b.c, l->in, s->stride, v.first, h.first, l->dx_adds};
    set_pairs(&j, lint_conv_pairs(l, p));
    if (!v.count || !h.count) return;
    if (!v.taps || !h.taps) {
        clear_phase(&j);
        return;
    }
    lint_threads_run(p->pool, panels_of(p, b.c), gemm_pack_panel_turned, &w);
    gemm_run_product(&j);
}

static void gemm_input_gradient(lint_layer *l, const lint_pass *p, size_t which) {
    const conv_state *s = lint_conv(l);
    for (size_t v = 0; v < s->stride; v++)
        for (size_t h = 0; h < s->stride; h++)
            input_phase(l, p, which, phase_of(s, v, l->in.h, s->kh, s->top),
                        phase_of(s, h, l->in.w, s->kw, s->left));
}

/* --- the gradient with respect to the weights ------------------------------------------------- */

typedef struct gemm_outer_job {
    const lint_layer *l;
    const lint_pass *p;
    bundle b;
    size_t slots, blocks, shares; /* of the batch, of K, of O */
    int pairs;
} gemm_outer_job;

/* How a layer's gradient is cut: into parts of weights, and, where those are few, of the batch. */
static gemm_outer_job gemm_cut_outer(const lint_layer *l, const lint_pass *p) {
    const conv_state *s = lint_conv(l);
    bundle b = bundle_of(l);
    gemm_outer_job j = {.l = l, .p = p, .b = b, .blocks = lint_conv_blocks(s->kh * s->kw * b.c)};
    j.shares = (b.o + GROUP_OUT - 1) / GROUP_OUT;
    j.slots = lint_conv_slots(j.blocks * j.shares * bundles_of(l));
    return j;
}

/* Columns of dy as panels, ldd floats apart, of n rows; in bf16 of pairs of rows. */
static void pack_columns(const gemm_outer_job *j, const float *d, size_t n, size_t cols, size_t ldd,
                         float *to) {
    size_t panel = j->p->k->panel, ld = j->l->out.c;
    for (size_t o = 0; o < cols; o += panel, d += panel, to += ldd) {
        size_t some = cols - o < panel ? cols - o : panel;
        if (j->pairs) {
            j->p->k->pair_rows(n, some, d, ld, to, panel);
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            memcpy(to + i * panel, d + i * ld, some * sizeof *to);
            memset(to + i * panel + some, 0, (panel - some) * sizeof *to);
        }
    }
}

static size_t rounded(size_t n) {
    return (n + LINT_PANEL_MOST - 1) / LINT_PANEL_MOST * LINT_PANEL_MOST;
}

/* The scratch that a block of cells needs in any of the three products, in floats. */
static size_t block_floats(const lint_layer *l) {
    bundle b = bundle_of(l);
    return CELLS_OF_TILES * (LINT_GEMM_LDA + rounded(b.c > b.o ? b.c : b.o));
}

/* Adds what one block of cells gives for rows [k0, k1) and columns [o0, o1) to g, which begins at
 * row k0 and has all O columns. */
static void outer_block(const gemm_outer_job *j, const patches *a, const float *dy, size_t at,
                        size_t n, const size_t range[4], float *g, float *scratch) {
    size_t k0 = range[0], k1 = range[1], panel = j->p->k->panel, o = j->b.o;
    float *columns = scratch + CELLS_OF_TILES * LINT_GEMM_LDA;
    const lint_kernels *k = j->p->k;
    size_t cols = range[3] - range[2], ldd = CELLS_OF_TILES * panel;
    if (j->pairs)
        pack_patch_pairs(a, k, at, n, k0, k1, scratch);
    else
        pack_patches(a, at, n, k0, k1, scratch);
    pack_columns(j, dy + at * j->l->out.c + range[2], n, cols, ldd, columns);
    if (j->pairs)
        k->gemm_outer_pairs((n + 1) / 2, cols, k1 - k0, scratch, columns, ldd, g + range[2], o);
    else
        k->gemm_outer(n, cols, k1 - k0, scratch, columns, ldd, g + range[2], o);
}

/* Copies what lies within the groups, of rows [k0, k1) of a bundle's product, to the bundle's
 * weights. g begins at row k0. */
static void unbundle(const gemm_outer_job *j, size_t k0, size_t k1, const float *g, float *to) {
    const conv_state *s = lint_conv(j->l);
    size_t taps = s->kh * s->kw;
    for (size_t k = k0; k < k1; k++, g += j->b.o) {
        size_t tap = k / j->b.c, group = k % j->b.c / s->c, c = k % s->c;
        memcpy(to + ((group * taps + tap) * s->c + c) * s->o, g + group * s->o, s->o * sizeof *to);
    }
}

static void gemm_outer_part(void *ctx, size_t part, int worker) {
    const gemm_outer_job *j = ctx;
    const lint_layer *l = j->l;
    const conv_state *s = lint_conv(l);
    size_t slot = part % j->slots, rest = part / j->slots;
    size_t block = rest % j->blocks, share = rest / j->blocks % j->shares;
    size_t which = rest / j->blocks / j->shares, k = s->kh * s->kw * j->b.c, o = j->b.o;
    size_t count = j->p->n * l->out.h * l->out.w;
    size_t at = slot * count / j->slots, end = (slot + 1) * count / j->slots;
    const size_t range[4] = {lint_conv_block_start(k, block), lint_conv_block_start(k, block + 1),
                             share * GROUP_OUT,
                             (share + 1) * GROUP_OUT < o ? (share + 1) * GROUP_OUT : o};
    const patches a = patches_of_input(l, j->b, which);
    float *own =
        lint_conv_slot(l, j->p, j->slots, slot) + which * j->b.groups * s->kh * s->kw * s->c * s->o;
    float *scratch = j->p->scratch[worker], *staged = scratch + block_floats(l);
    float *g = j->b.groups > 1 ? staged : own + range[0] * o;
    for (size_t i = 0; i < range[1] - range[0]; i++)
        memset(g + i * o + range[2], 0, (range[3] - range[2]) * sizeof *g);
    const size_t most = j->pairs ? 2 * LINT_CONV_CELLS : LINT_CONV_CELLS; /* two in a pair */
    for (size_t n; at < end; at += n) {
        n = end - at < most ? end - at : most;
        outer_block(j, &a, l->dy + which * o, at, n, range, g, scratch);
    }
    if (j->b.groups > 1) unbundle(j, range[0], range[1], staged, own);
}

static void gemm_weight_gradient(lint_layer *l, const lint_pass *p) {
    gemm_outer_job j = gemm_cut_outer(l, p);
    j.pairs = lint_conv_pairs(l, p);
    lint_threads_run(p->pool, j.slots * j.blocks * j.shares * bundles_of(l), gemm_outer_part, &j);
    lint_conv_join_slots(l, p, j.slots);
}

static void gemm_backward(lint_layer *l, const lint_pass *p) {
    if (!l->frozen && lint_conv_transposed_suits(l) && lint_conv_pairs(l, p))
        lint_conv_transposed_gradient(l, p);
    else if (!l->frozen)
        gemm_weight_gradient(l, p);
    for (size_t i = 0; l->dx && i < bundles_of(l); i++)
        gemm_input_gradient(l, p, i);
}

/* --- setup ------------------------------------------------------------------------------------ */

static void gemm_setup(lint_layer *l) {
    const conv_state *s = lint_conv(l);
    bundle b = bundle_of(l);
    size_t taps = s->kh * s->kw;
    l->scratch = block_floats(l) + (b.groups > 1 ? LINT_GEMM_K * b.o : 0);
    size_t ahead = taps * b.c * rounded(b.o), back = taps * b.o * rounded(b.c);
    l->workspace = ahead;
    if (!l->trains && !l->head) return;
    if (back > l->workspace) l->workspace = back;
    if (!l->trains) return;
    size_t partial = lint_conv_slots_floats(l, gemm_cut_outer(l, NULL).slots);
    if (partial > l->workspace) l->workspace = partial;
    if (!lint_conv_transposed_suits(l)) return;
    size_t pictures = lint_conv_transposed_floats(l), pairs = lint_conv_transposed_scratch(l);
    if (pictures > l->workspace) l->workspace = pictures;
    if (pairs > l->scratch) l->scratch = pairs;
}

/* --- a 1x1 convolution, cells at a time ----------------------------------------------------------- */

size_t lint_conv_panels_floats(const lint_layer *l) {
    return l->in.c * rounded(l->out.c);
}

void lint_conv_pack_panels(const lint_layer *l, const lint_pass *p, float *panels) {
    pack_bundle(l, p, 0, panels);
}

void lint_conv_multiply_block(const lint_layer *l, const lint_pass *p, const float *panels,
                              size_t b, size_t n, float *a, float *y) {
    gemm_product j = forward_product(l, p, 0, panels);
    multiply_block(&j, b, n, 0, panels_of(p, j.o), a, y, j.o, 0);
}

void lint_conv_multiply_cells(const lint_layer *l, const lint_pass *p, const float *panels,
                              size_t n, const float *x, float *a, float *y) {
    int pairs = lint_conv_pairs(l, p);
    for (size_t b = 0; b < lint_conv_blocks(l->in.c); b++) {
        size_t k0 = lint_conv_block_start(l->in.c, b), k1 = lint_conv_block_start(l->in.c, b + 1);
        for (size_t i = 0; i < n; i++)
            (pairs ? p->k->to_bfloat16 : copy_floats)(k1 - k0, x + i * l->in.c + k0,
                                                      a + i * LINT_GEMM_LDA);
        lint_conv_multiply_block(l, p, panels, b, n, a, y);
    }
}

const conv_way lint_conv_gemm = {gemm_setup, gemm_forward, gemm_backward};
