/* 3x3 convolution of stride 1 by the minimal algorithm F(2x2, 3x3) (Winograd 1980; Lavin and Gray
 * 2016, section 4.1): 16 products give the four outputs of a tile, where the definition takes 36.
 *
 *     y  = A' [(G g G') . (B' x B)] A      x: 4x4 cells, g: 3x3 taps, y: 2x2 outputs
 *
 * Seen through all tiles and channels, each of the 16 products is one of matrices: transformed
 * cells [tiles, C] times transformed filters [C, O]. The gradient with respect to the
 * input is the same algorithm on dy with the turned filter; that with respect to the filter is
 *
 *     dg = G' [(B' x B) . (A dy A')] G     summed over tiles
 *
 * TILES tiles of CHANNELS channels at a time, with their products, stay in the second-level cache.
 * The factors are 1 and 1/2, so that the result is about as exact as the plain sum.
 *
 * In bf16 what has been transformed is rounded to pairs of bfloat16 (kernels.h), each in the place of a
 * float: of channels, in the weight gradient of tiles.
 *
 * Letters as in kernels.h. C and O are multiples of a panel, so there are no partial vectors.
 */
#include "engine/layers/conv.h"

#include <string.h>

enum {
    TILES = 56,     /* of a block: four tall tiles of the product's kernel */
    CHANNELS = 64,  /* in, at a time: four of the 16 matrices fit into rows of LINT_GEMM_LDA */
    OUTPUTS = 128,  /* of a part of y or dx */
    GROUP_OUT = 64, /* of a part of the weight gradient */
    LINE = 16       /* floats of a cache line, which are read together */
};

static const float zeros[CHANNELS];

/* A picture [n, h, w, c], and where in it the cells of tile (0, 0) begin. */
typedef struct tiles {
    const float *picture;
    lint_shape in;
    long top, left;
    size_t down, across; /* tiles of an image */
} tiles;

static tiles tiles_over(const float *picture, lint_shape in, lint_shape out, size_t top,
                        size_t left) {
    return (tiles){picture, in, -(long)top, -(long)left, (out.h + 1) / 2, (out.w + 1) / 2};
}

typedef struct tile_at {
    size_t image, y, x; /* of its first output */
} tile_at;

static tile_at tile_of(const tiles *s, size_t t) {
    return (tile_at){t / s->across / s->down, t / s->across % s->down * 2, t % s->across * 2};
}

/* The cells of a tile, side x side from (y, x) on, at channel c; zeros outside of the picture. */
static void cells_of(const float *picture, lint_shape in, size_t image, long y, long x, size_t side,
                     size_t c, const float **to) {
    const float *first = picture + image * lint_shape_count(in) + c;
    for (size_t i = 0; i < side; i++)
        for (size_t j = 0; j < side; j++) {
            long row = y + (long)i, col = x + (long)j;
            int inside = row >= 0 && row < (long)in.h && col >= 0 && col < (long)in.w;
            *to++ = inside ? first + ((size_t)row * in.w + (size_t)col) * in.c : zeros;
        }
}

/* Where the rows of four matrices lie in a, one beside another: a row a tile. */
static const float *matrix_of(const float *a, size_t m, size_t width) {
    return a + m / 4 * TILES * LINT_GEMM_LDA + m % 4 * width;
}

static void transform_tile(const lint_kernels *k, const tiles *s, size_t t, size_t c, size_t width,
                           float *row) {
    const float *x[16];
    tile_at at = tile_of(s, t);
    cells_of(s->picture, s->in, at.image, (long)at.y + s->top, (long)at.x + s->left, 4, c, x);
    k->tile_input(width, x, row, (size_t)TILES * LINT_GEMM_LDA, width);
}

/* B' x B of n tiles from t on, channels [c, c + width): matrix m into a at matrix_of, floats or pairs
 * of channels. */
static void winograd_transform_input(const lint_kernels *k, int pairs, const tiles *s, size_t t,
                                     size_t n, size_t c, size_t width, float *a) {
    for (size_t i = 0; i < n; i++) {
        float *row = a + i * LINT_GEMM_LDA;
        transform_tile(k, s, t + i, c, width, row);
        for (size_t m = 0; pairs && m < 4; m++, row += (size_t)TILES * LINT_GEMM_LDA)
            k->to_bfloat16(4 * width, row, row);
    }
}

/* The same with pairs of tiles, for the weight gradient. */
static void transform_tile_pairs(const lint_kernels *k, const tiles *s, size_t t, size_t n,
                                 size_t c, size_t width, float *a) {
    for (size_t i = 0; i < n; i += 2) {
        const float *from = a + i * LINT_GEMM_LDA;
        float *to = a + i / 2 * LINT_GEMM_LDA;
        size_t rows = n - i < 2 ? 1 : 2;
        for (size_t r = 0; r < rows; r++)
            transform_tile(k, s, t + i + r, c, width, a + (i + r) * LINT_GEMM_LDA);
        for (size_t m = 0; m < 4; m++) {
            size_t at = m * TILES * LINT_GEMM_LDA;
            k->pair_rows(rows, 4 * width, from + at, LINT_GEMM_LDA, to + at, LINT_GEMM_LDA);
        }
    }
}

/* --- y, and the gradient to the input --------------------------------------------------------- */

typedef struct winograd_product {
    const lint_pass *p;
    tiles a;
    const float *panels; /* [16, panels, C, panel] */
    const float *bias;   /* [O] or NULL */
    float *y;
    lint_epilogue e;
    lint_shape out;
    int add, pairs;
    size_t count, blocks; /* tiles, and blocks of them */
} winograd_product;

/* A' m A of n tiles from t on: outputs [o, o + width) from m [16, TILES, width]. */
static void transform_output(const winograd_product *j, size_t t, size_t n, size_t o, size_t width,
                             const float *m) {
    float none[OUTPUTS];
    const lint_epilogue e = lint_epilogue_from(&j->e, o);
    for (size_t i = 0; i < n; i++) {
        tile_at at = tile_of(&j->a, t + i);
        float *to = j->y + ((at.image * j->out.h + at.y) * j->out.w + at.x) * j->out.c + o;
        int right = at.x + 1 < j->out.w, below = at.y + 1 < j->out.h;
        float *y[4] = {to, right ? to + j->out.c : none, below ? to + j->out.w * j->out.c : none,
                       right && below ? to + (j->out.w + 1) * j->out.c : none};
        if (j->add && !(right && below)) memset(none, 0, sizeof none);
        j->p->k->tile_output(width, m + i * width, 4 * TILES * width, TILES * width,
                             j->bias ? j->bias + o : NULL, j->add, lint_epilogue_or_null(&e), y);
    }
}

static void winograd_product_part(void *ctx, size_t part, int worker) {
    const winograd_product *j = ctx;
    const lint_kernels *k = j->p->k;
    size_t t = part % j->blocks * TILES, n = j->count - t < TILES ? j->count - t : TILES;
    size_t o = part / j->blocks * OUTPUTS, c = j->a.in.c;
    size_t width = j->out.c - o < OUTPUTS ? j->out.c - o : OUTPUTS;
    float *a = j->p->scratch[worker], *m = a + 4 * TILES * LINT_GEMM_LDA;
    lint_gemm *gemm = j->pairs ? k->gemm_pairs : k->gemm;
    for (size_t c0 = 0; c0 < c; c0 += CHANNELS) {
        size_t some = c - c0 < CHANNELS ? c - c0 : CHANNELS;
        size_t steps = lint_conv_steps(j->pairs, some), first = lint_conv_steps(j->pairs, c0);
        winograd_transform_input(k, j->pairs, &j->a, t, n, c0, some, a);
        for (size_t i = 0; i < 16; i++)
            gemm(n, width, steps, matrix_of(a, i, steps),
                 j->panels + (i * j->out.c + o) * c + first * k->panel, c * k->panel, NULL, c0 > 0,
                 NULL, m + i * TILES * width, width);
    }
    transform_output(j, t, n, o, width, m);
}

static void winograd_run_product(winograd_product *j) {
    j->count = j->p->n * j->a.down * j->a.across;
    j->blocks = (j->count + TILES - 1) / TILES;
    lint_threads_run(j->p->pool, j->blocks * ((j->out.c + OUTPUTS - 1) / OUTPUTS),
                     winograd_product_part, j);
}

/* --- panels of transformed filters ------------------------------------------------------------ */

typedef struct winograd_packing {
    const lint_layer *l;
    const lint_pass *p;
    float *panels;
} winograd_packing;

/* Of panel q of all matrices, rows x panel each, makes pairs. */
static void pair_panels(const winograd_packing *j, size_t q, size_t rows) {
    size_t panel = j->p->k->panel, matrix = j->l->in.c * j->l->out.c;
    for (size_t m = 0; m < 16 && lint_conv_pairs(j->l, j->p); m++) {
        float *at = j->panels + m * matrix + q * rows * panel;
        j->p->k->pair_rows(rows, panel, at, panel, at, panel);
    }
}

static void winograd_pack_panel(void *ctx, size_t q, int worker) {
    (void)worker;
    const winograd_packing *j = ctx;
    size_t panel = j->p->k->panel, c = j->l->in.c, o = j->l->out.c, matrix = c * o;
    const float *w = j->l->weight[0].value + q * panel, *taps[9];
    float *to = j->panels + q * c * panel;
    for (size_t i = 0; i < c; i++, to += panel) {
        for (size_t t = 0; t < 9; t++)
            taps[t] = w + (t * c + i) * o;
        j->p->k->tile_filter(panel, taps, to, 4 * matrix, matrix);
    }
    pair_panels(j, q, c);
}

/* Rows are outputs, columns channels of the input, taps in reverse. */
static void winograd_pack_panel_turned(void *ctx, size_t q, int worker) {
    (void)worker;
    const winograd_packing *j = ctx;
    size_t panel = j->p->k->panel, c = j->l->in.c, o = j->l->out.c, matrix = c * o;
    const float *w = j->l->weight[0].value + q * panel * o, *taps[9];
    float *to = j->panels + q * o * panel, turned[LINE][9][LINT_PANEL_MOST];
    for (size_t i = 0; i < o; i++, to += panel) {
        for (size_t row = 0; i % LINE == 0 && row < 9 * panel; row++) {
            size_t t = row / panel, k = row % panel;
            for (size_t n = 0; n < LINE; n++)
                turned[n][t][k] = w[(t * c + k) * o + i + n];
        }
        for (size_t t = 0; t < 9; t++)
            taps[t] = turned[i % LINE][8 - t];
        j->p->k->tile_filter(panel, taps, to, 4 * matrix, matrix);
    }
    pair_panels(j, q, o);
}

static void winograd_forward(lint_layer *l, const lint_pass *p) {
    const conv_state *s = lint_conv(l);
    winograd_packing w = {l, p, p->workspace};
    winograd_product j = {
        .p = p, .panels = w.panels, .bias = lint_conv_bias(l), .y = l->y, .out = l->out};
    j.pairs = lint_conv_pairs(l, p);
    j.e = lint_conv_epilogue(l, p);
    j.a = tiles_over(l->x, l->in, l->out, s->top, s->left);
    lint_threads_run(p->pool, l->out.c / p->k->panel, winograd_pack_panel, &w);
    winograd_run_product(&j);
}

static void winograd_input_gradient(lint_layer *l, const lint_pass *p) {
    const conv_state *s = lint_conv(l);
    winograd_packing w = {l, p, p->workspace};
    winograd_product j = {.p = p, .panels = w.panels, .y = l->dx, .out = l->in, .add = l->dx_adds};
    j.pairs = lint_conv_pairs(l, p);
    j.a = tiles_over(l->dy, l->out, l->in, 2 - s->top, 2 - s->left);
    lint_threads_run(p->pool, l->in.c / p->k->panel, winograd_pack_panel_turned, &w);
    winograd_run_product(&j);
}

/* --- the gradient with respect to the weights ------------------------------------------------- */

typedef struct winograd_outer_job {
    const lint_layer *l;
    const lint_pass *p;
    tiles a;
    size_t slots, groups_in, groups_out; /* of the batch, of C, of O */
    int pairs;
} winograd_outer_job;

static winograd_outer_job winograd_cut_outer(const lint_layer *l, const lint_pass *p) {
    const conv_state *s = lint_conv(l);
    winograd_outer_job j = {.l = l, .p = p, .a = tiles_over(l->x, l->in, l->out, s->top, s->left)};
    j.groups_in = (s->c + CHANNELS - 1) / CHANNELS;
    j.groups_out = (s->o + GROUP_OUT - 1) / GROUP_OUT;
    j.slots = lint_conv_slots(j.groups_in * j.groups_out);
    return j;
}

/* A dy A' of n tiles from t on, outputs [o, o + width), in panels: d [16, panels, TILES, panel]. */
static void transform_dy(const winograd_outer_job *j, size_t t, size_t n, size_t o, size_t width,
                         float *d) {
    size_t panel = j->p->k->panel, matrix = TILES * width;
    const float *dy[4];
    for (size_t i = 0; i < n; i++) {
        tile_at at = tile_of(&j->a, t + i);
        for (size_t q = 0; q < width; q += panel) {
            cells_of(j->l->dy, j->l->out, at.image, (long)at.y, (long)at.x, 2, o + q, dy);
            j->p->k->tile_spread(panel, dy, d + q * TILES + i * panel, 4 * matrix, matrix);
        }
    }
    for (size_t at = 0; at < 16 * matrix && j->pairs; at += TILES * panel)
        j->p->k->pair_rows(n, panel, d + at, panel, d + at, panel);
}

static void winograd_outer_part(void *ctx, size_t part, int worker) {
    const winograd_outer_job *j = ctx;
    const lint_kernels *k = j->p->k;
    size_t slot = part % j->slots, rest = part / j->slots, c = j->l->in.c, o = j->l->out.c;
    size_t c0 = rest % j->groups_in * CHANNELS, o0 = rest / j->groups_in * GROUP_OUT;
    size_t high = c - c0 < CHANNELS ? c - c0 : CHANNELS;
    size_t wide = o - o0 < GROUP_OUT ? o - o0 : GROUP_OUT;
    size_t count = j->p->n * j->a.down * j->a.across;
    size_t t = slot * count / j->slots, end = (slot + 1) * count / j->slots;
    float *a = j->p->scratch[worker], *d = a + 4 * TILES * LINT_GEMM_LDA;
    float *g = d + 16 * TILES * GROUP_OUT; /* [16, high, wide] */
    lint_gemm_outer *outer = j->pairs ? k->gemm_outer_pairs : k->gemm_outer;
    memset(g, 0, 16 * high * wide * sizeof *g);
    for (size_t n; t < end; t += n) {
        n = end - t < TILES ? end - t : TILES;
        if (j->pairs)
            transform_tile_pairs(k, &j->a, t, n, c0, high, a);
        else
            winograd_transform_input(k, 0, &j->a, t, n, c0, high, a);
        transform_dy(j, t, n, o0, wide, d);
        for (size_t i = 0; i < 16; i++)
            outer(lint_conv_steps(j->pairs, n), wide, high, matrix_of(a, i, high),
                  d + i * wide * TILES, TILES * k->panel, g + i * high * wide, wide);
    }
    float *to = lint_conv_slot(j->l, j->p, j->slots, slot);
    for (size_t row = 0; row < high; row++) {
        float *taps[9];
        for (size_t tap = 0; tap < 9; tap++)
            taps[tap] = to + (tap * c + c0 + row) * o + o0;
        k->tile_gather(wide, g + row * wide, 4 * high * wide, high * wide, taps);
    }
}

static void winograd_weight_gradient(lint_layer *l, const lint_pass *p) {
    winograd_outer_job j = winograd_cut_outer(l, p);
    j.pairs = lint_conv_pairs(l, p);
    lint_threads_run(p->pool, j.slots * j.groups_in * j.groups_out, winograd_outer_part, &j);
    lint_conv_join_slots(l, p, j.slots);
}

static void winograd_backward(lint_layer *l, const lint_pass *p) {
    if (!l->frozen) winograd_weight_gradient(l, p);
    if (l->dx) winograd_input_gradient(l, p);
}

/* --- setup ------------------------------------------------------------------------------------ */

/* With fewer cells in a batch, transforming the filters costs more than it saves. Measured by
 * `bench/engine --profile --threads 1` against gemm on an AMD EPYC with AVX2, 2026-11: of 64
 * channels 512 cells take 2.1 against 1.8 ms, 1024 take 3.0 against 4.4; of 256 channels 512 take
 * 25 against 38 ms. */
int lint_conv_winograd_suits(const lint_layer *l) {
    enum { CELLS = 512 };
    const conv_state *s = lint_conv(l);
    return !l->tiles && s->kh == 3 && s->kw == 3 && s->stride == 1 && s->dilation == 1 &&
           s->groups == 1 && s->top <= 2 && s->left <= 2 && s->c % LINT_PANEL_MOST == 0 &&
           s->o % LINT_PANEL_MOST == 0 && l->batch * l->out.h * l->out.w >= CELLS;
}

static void winograd_setup(lint_layer *l) {
    const conv_state *s = lint_conv(l);
    size_t ahead = 16 * TILES * OUTPUTS, back = 16 * (TILES * GROUP_OUT + CHANNELS * GROUP_OUT);
    l->scratch = 4 * TILES * LINT_GEMM_LDA + (ahead > back ? ahead : back);
    l->workspace = 16 * s->c * s->o;
    if (!l->trains) return;
    size_t partial = lint_conv_slots_floats(l, winograd_cut_outer(l, NULL).slots);
    if (partial > l->workspace) l->workspace = partial;
}

const conv_way lint_conv_winograd = {winograd_setup, winograd_forward, winograd_backward};
