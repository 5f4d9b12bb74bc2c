/* The weights' gradient of a convolution by tiles, of whole pictures: for small pictures of many channels,
 * and for strides. Both pictures are flat, W cells wide with the padding of x, which is zero in both:
 *
 *     dw[i][j][c][o] = sum over images and q of x[q + i * W + j][c] * dy[q][o]
 *
 * So every tap is the same product, of x at another place, and nothing is gathered for it. With a stride S the
 * cells of x fall into S*S phases, a picture each: tap (i, j) reads the phase (i % S, j % S) at (i / S, j / S).
 *
 * Both become pairs of bfloat16, in the workspace, once. dy is transposed. Of x there are the pairs that
 * begin with even cells, and those that begin with odd ones, in panels of channels: so all tiles begin with a
 * cache line. Sums [o][c] are transposed at the end.
 */
#include "engine/layers/conv.h"

#include <string.h>

enum {
    PANEL = 32,           /* channels of x in a panel */
    OUTPUTS = 64,         /* of a part */
    IMAGES = 16,          /* of a call of the kernel */
    CELLS = 2 * LINT_TILE /* of a tile */
};

/* The flat pictures of a layer. */
typedef struct flat {
    size_t phases[2]; /* down, across */
    size_t parities;  /* 1: all taps begin at even cells */
    size_t w;         /* of a picture, with its padding */
    size_t pairs;     /* of cells of dy; whole tiles */
    size_t x_pairs;   /* of cells of x, up to the last that a tap reads */
    size_t panels;    /* of channels */
} flat;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static flat flat_of(const lint_layer *l) {
    const conv_state *s = lint_conv(l);
    size_t down = (s->kh - 1) / s->stride, across = (s->kw - 1) / s->stride;
    flat f = {.phases = {smaller(s->kh, s->stride), smaller(s->kw, s->stride)},
              .parities = down + across ? 2 : 1,
              .w = l->out.w + across,
              .panels = (l->in.c + PANEL - 1) / PANEL};
    f.pairs = ((l->out.h - 1) * f.w + l->out.w + CELLS - 1) / CELLS * LINT_TILE;
    f.x_pairs = f.pairs + (down * f.w + across) / 2;
    return f;
}

/* Floats of one panel, phase and parity of x of an image; of dy of an image. */
static size_t x_floats(const flat *f) {
    return f->x_pairs * PANEL;
}

static size_t dy_floats(const lint_layer *l, const flat *f) {
    return l->out.c * f->pairs;
}

static size_t pictures_of(const flat *f) {
    return f->phases[0] * f->phases[1] * f->parities;
}

static size_t all_x_floats(const lint_layer *l, const flat *f) {
    return f->panels * l->batch * pictures_of(f) * x_floats(f);
}

int lint_conv_transposed_suits(const lint_layer *l) {
    const conv_state *s = lint_conv(l);
    return l->tiles && l->trains && !l->head && s->groups == 1 && s->dilation == 1 &&
           s->c >= LINT_TILE && s->o % LINT_TILE == 0;
}

size_t lint_conv_transposed_floats(const lint_layer *l) {
    const flat f = flat_of(l);
    return all_x_floats(l, &f) + l->batch * dy_floats(l, &f);
}

size_t lint_conv_transposed_scratch(const lint_layer *l) {
    size_t pairs = (LINT_TILE + 2) * l->out.c, sums = lint_conv(l)->kw * OUTPUTS * PANEL;
    return pairs > sums ? pairs : sums;
}

typedef struct transposed_job {
    lint_layer *l;
    const lint_pass *p;
    flat f;
    float *x;  /* [panel, image, phase, parity, x_pairs, PANEL] */
    float *dy; /* [image, O, pairs] */
} transposed_job;

/* --- cells to pairs --------------------------------------------------------------------------- */

/* A grid of cells in a flat picture: cell (y, x), of width w, is the pixel (y * step + top, x * step + left),
 * or zero if there is none. */
typedef struct grid {
    const float *picture; /* at the first channel that is taken */
    lint_shape in;
    size_t c, w; /* channels that are taken */
    size_t step;
    long top, left;
} grid;

/* The pixel of cell q, NULL if there is none. */
static const float *pixel_of(const grid *g, size_t q) {
    long y = (long)(q / g->w * g->step) + g->top, x = (long)(q % g->w * g->step) + g->left;
    if (y < 0 || y >= (long)g->in.h || x < 0 || x >= (long)g->in.w) return NULL;
    return g->picture + ((size_t)y * g->in.w + (size_t)x) * g->in.c;
}

/* The pair of the cells q and q + 1 to `to` [c]. two: room for 2c floats. */
static void make_pair(const grid *g, const lint_kernels *k, size_t q, float *two, float *to) {
    const float *pixel[2] = {pixel_of(g, q), pixel_of(g, q + 1)};
    if (pixel[0] && pixel[1]) {
        k->pair_rows(2, g->c, pixel[0], (size_t)(pixel[1] - pixel[0]), to, 0);
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (pixel[i])
            memcpy(two + i * g->c, pixel[i], g->c * sizeof *two);
        else
            memset(two + i * g->c, 0, g->c * sizeof *two);
    }
    k->pair_rows(2, g->c, two, g->c, to, 0);
}

/* Part: a panel of channels, an image, a phase, a parity. */
static void pair_x(void *ctx, size_t part, int worker) {
    const transposed_job *j = ctx;
    const conv_state *s = lint_conv(j->l);
    const flat *f = &j->f;
    size_t parity = part % f->parities, phase = part / f->parities % (f->phases[0] * f->phases[1]);
    size_t image = part / pictures_of(f) % j->p->n, c = part / pictures_of(f) / j->p->n * PANEL;
    const grid g = {.picture = j->l->x + image * lint_shape_count(j->l->in) + c,
                    .in = j->l->in,
                    .c = smaller(PANEL, j->l->in.c - c),
                    .w = f->w,
                    .step = s->stride,
                    .top = (long)(phase / f->phases[1]) - (long)s->top,
                    .left = (long)(phase % f->phases[1]) - (long)s->left};
    float *to = j->x + part * x_floats(f);
    if (g.c < PANEL) memset(to, 0, x_floats(f) * sizeof *to);
    for (size_t m = 0; m < f->x_pairs; m++)
        make_pair(&g, j->p->k, 2 * m + parity, j->p->scratch[worker], to + m * PANEL);
}

/* Part: an image. */
static void transpose_dy(void *ctx, size_t image, int worker) {
    const transposed_job *j = ctx;
    const flat *f = &j->f;
    lint_shape out = j->l->out;
    const grid g = {.picture = j->l->dy + image * lint_shape_count(out),
                    .in = out,
                    .c = out.c,
                    .w = f->w,
                    .step = 1};
    const lint_transposed t = {LINT_TILE, f->pairs, LINT_TILE};
    float *to = j->dy + image * dy_floats(j->l, f), *pairs = j->p->scratch[worker];
    for (size_t m = 0; m < f->pairs; m += LINT_TILE) {
        for (size_t i = 0; i < LINT_TILE; i++)
            make_pair(&g, j->p->k, 2 * (m + i), pairs + LINT_TILE * out.c, pairs + i * out.c);
        j->p->k->transpose_pairs(LINT_TILE, out.c, pairs, out.c, &t, to + m);
    }
}

/* --- the product ------------------------------------------------------------------------------ */

/* What the taps of row i of the filter multiply, n images from `image` on: outputs from o on, and a panel. */
static void list_taps(const transposed_job *j, size_t i, size_t o, size_t panel, size_t image,
                      size_t n, const float **dy, const float **x) {
    const conv_state *s = lint_conv(j->l);
    const flat *f = &j->f;
    for (size_t t = 0; t < s->kw; t++)
        for (size_t q = image; q < image + n; q++) {
            size_t phase = i % s->stride * f->phases[1] + t % s->stride;
            size_t cell = i / s->stride * f->w + t / s->stride;
            size_t picture =
                (panel * j->p->n + q) * pictures_of(f) + phase * f->parities + cell % 2;
            *x++ = j->x + picture * x_floats(f) + cell / 2 * PANEL;
            *dy++ = j->dy + q * dy_floats(j->l, f) + o * f->pairs;
        }
}

static size_t blocks_of(size_t o) {
    return (o + OUTPUTS - 1) / OUTPUTS;
}

/* Part: a panel of channels, a block of outputs, a row of the filter. */
static void gradient_part(void *ctx, size_t part, int worker) {
    const transposed_job *j = ctx;
    const lint_layer *l = j->l;
    const conv_state *s = lint_conv(l);
    const lint_kernels *k = j->p->k;
    size_t i = part % s->kh, o = part / s->kh % blocks_of(l->out.c) * OUTPUTS;
    size_t panel = part / s->kh / blocks_of(l->out.c), c = panel * PANEL;
    size_t cols = smaller(PANEL, l->in.c - c);
    const float *dy[LINT_CONV_FILTER_MAX * IMAGES], *x[LINT_CONV_FILTER_MAX * IMAGES];
    lint_outer_transposed m = {.taps = s->kw,
                               .p = j->f.pairs,
                               .o = PANEL,
                               .k = smaller(OUTPUTS, l->out.c - o),
                               .a = dy,
                               .d = x,
                               .transposed = {LINT_TILE, j->f.pairs, LINT_TILE},
                               .ldd = PANEL,
                               .g = j->p->scratch[worker],
                               .ldg = PANEL,
                               .apart = OUTPUTS * PANEL};
    memset(m.g, 0, m.taps * m.apart * sizeof *m.g);
    for (size_t image = 0; image < j->p->n; image += m.runs) {
        m.runs = smaller(IMAGES, j->p->n - image);
        list_taps(j, i, o, panel, image, m.runs, dy, x);
        k->outer_transposed(&m);
    }
    const lint_transposed t = {LINT_TILE, l->out.c, LINT_TILE};
    for (size_t tap = 0; tap < m.taps; tap++)
        k->transpose_pairs(m.k, cols, m.g + tap * m.apart, PANEL, &t,
                           l->weight[0].grad + ((i * s->kw + tap) * l->in.c + c) * l->out.c + o);
}

void lint_conv_transposed_gradient(lint_layer *l, const lint_pass *p) {
    transposed_job j = {l, p, flat_of(l), p->workspace, NULL};
    j.dy = j.x + all_x_floats(l, &j.f);
    lint_threads_run(p->pool, j.f.panels * p->n * pictures_of(&j.f), pair_x, &j);
    lint_threads_run(p->pool, p->n, transpose_dy, &j);
    lint_threads_run(p->pool, j.f.panels * blocks_of(l->out.c) * lint_conv(l)->kh, gradient_part,
                     &j);
    lint_conv_join_slots(l, p, 1);
}
