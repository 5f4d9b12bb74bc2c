#include "picture/superpixels.h"
#include "picture/pieces.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All four by mean IoU on orca-leopard and birds, seeds 100 and 101; see docs/masks.md. */
enum { COUNT = 220, ROUNDS = 6 };
#define COMPACTNESS   14.0f /* what one grid step of distance counts, in units of Lab */
#define TEXTURE_FLOOR 20.0  /* squared gradient that counts as smooth */

/* A superpixel of fewer pixels than this share of a grid cell joins a neighbour. */
#define SMALLEST 0.25

typedef struct pixels {
    int h, w;
    float (*lab)[3]; /* [h,w] */
    float *gradient; /* [h,w] mean squared gradient of brightness */
} pixels;

/* --- the picture, reduced --------------------------------------------------------------------- */

enum { CURVE = 1024 };

/* sRGB to linear light, and Lab's curve over 0..1. */
typedef struct curves {
    float linear[256], lightness[CURVE + 2];
} curves;

static void make_curves(curves *c) {
    for (int i = 0; i < 256; i++) {
        double v = i / 255.0;
        c->linear[i] = (float)(v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    for (int i = 0; i < CURVE + 2; i++) {
        double t = (double)i / CURVE;
        c->lightness[i] = (float)(t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116);
    }
}

static float lightness(const curves *c, float t) {
    float at = t < 1 ? t * CURVE : CURVE;
    int i = (int)at;
    return c->lightness[i] + (at - (float)i) * (c->lightness[i + 1] - c->lightness[i]);
}

/* CIE Lab with the white of D65. */
static void to_lab(const curves *c, const int rgb[3], float lab[3]) {
    float r = c->linear[rgb[0]], g = c->linear[rgb[1]], b = c->linear[rgb[2]];
    float x = lightness(c, (0.4124564f * r + 0.3575761f * g + 0.1804375f * b) / 0.95047f);
    float y = lightness(c, 0.2126729f * r + 0.7151522f * g + 0.0721750f * b);
    float z = lightness(c, (0.0193339f * r + 0.1191920f * g + 0.9503041f * b) / 1.08883f);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

static float brightness(const uint8_t *p) {
    return 0.299f * (float)p[0] + 0.587f * (float)p[1] + 0.114f * (float)p[2];
}

static float squared_gradient(const uint8_t *image, size_t H, size_t W, size_t y, size_t x) {
    const uint8_t *p = image + 3 * (y * W + x);
    float here = brightness(p);
    float dx = x + 1 < W ? brightness(p + 3) - here : 0;
    float dy = y + 1 < H ? brightness(p + 3 * W) - here : 0;
    return dx * dx + dy * dy;
}

/* Colour and gradient of the reduced pixel that covers rows y0..y1-1 and columns x0..x1-1. */
static void reduce_cell(const curves *c, const uint8_t *image, size_t H, size_t W,
                        const size_t y[2], const size_t x[2], float lab[3], float *gradient) {
    int sum[3] = {0}, rgb[3], count = (int)((y[1] - y[0]) * (x[1] - x[0]));
    float g = 0;
    for (size_t i = y[0]; i < y[1]; i++)
        for (size_t j = x[0]; j < x[1]; j++) {
            for (int k = 0; k < 3; k++)
                sum[k] += image[3 * (i * W + j) + (size_t)k];
            g += squared_gradient(image, H, W, i, j);
        }
    for (int k = 0; k < 3; k++)
        rgb[k] = (2 * sum[k] + count) / (2 * count);
    to_lab(c, rgb, lab);
    *gradient = g / (float)count;
}

static void reduce(pixels *p, const uint8_t *image, size_t H, size_t W) {
    size_t h = (size_t)p->h, w = (size_t)p->w;
    curves c;
    make_curves(&c);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++)
            reduce_cell(&c, image, H, W, (size_t[]){y * H / h, (y + 1) * H / h},
                        (size_t[]){x * W / w, (x + 1) * W / w}, p->lab[y * w + x],
                        &p->gradient[y * w + x]);
}

/* --- k-means ---------------------------------------------------------------------------------- */

/* Centres start on a grid of gy x gx, and stay the business of the pixels near their cell. */
typedef struct grid {
    int gy, gx, n;
    float pull;         /* what one pixel of distance counts */
    float (*center)[5]; /* [n] Lab, y, x; the last two times pull */
    double (*sum)[6];   /* [n] of the same, and the count */
} grid;

static void sum_pixels(grid *g, const pixels *p, const int *at) {
    memset(g->sum, 0, (size_t)g->n * sizeof *g->sum);
    for (int y = 0, i = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++, i++) {
            double *s = g->sum[at[i]];
            for (int k = 0; k < 3; k++)
                s[k] += (double)p->lab[i][k];
            s[3] += (double)((float)y * g->pull);
            s[4] += (double)((float)x * g->pull);
            s[5] += 1;
        }
}

/* A centre without pixels stays where it was. */
static void move_centers(grid *g, const pixels *p, const int *at) {
    sum_pixels(g, p, at);
    for (int c = 0; c < g->n; c++)
        for (int k = 0; k < 5 && g->sum[c][5] > 0; k++)
            g->center[c][k] = (float)(g->sum[c][k] / g->sum[c][5]);
}

static float squared_distance(const float *lab, float y, float x, const float *center) {
    float a = lab[0] - center[0], b = lab[1] - center[1], c = lab[2] - center[2];
    float dy = y - center[3], dx = x - center[4];
    return a * a + b * b + c * c + dy * dy + dx * dx;
}

/* The nearest of the centres of cell (i, j) and the eight round it. */
static int nearest(const grid *g, const float *lab, float y, float x, int i, int j) {
    float best = FLT_MAX;
    int found = i * g->gx + j;
    for (int a = i > 0 ? i - 1 : 0; a <= i + 1 && a < g->gy; a++)
        for (int b = j > 0 ? j - 1 : 0; b <= j + 1 && b < g->gx; b++) {
            float d = squared_distance(lab, y, x, g->center[a * g->gx + b]);
            if (d < best) best = d, found = a * g->gx + b;
        }
    return found;
}

static void assign(const grid *g, const pixels *p, int *at) {
    for (int y = 0, i = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++, i++)
            at[i] = nearest(g, p->lab[i], (float)y * g->pull, (float)x * g->pull, y * g->gy / p->h,
                            x * g->gx / p->w);
}

static int at_least_one(double v) {
    int i = (int)(v + 0.5);
    return i > 0 ? i : 1;
}

static double grid_step(int h, int w) {
    double step = sqrt((double)h * w / COUNT);
    return step > 2 ? step : 2;
}

/* at [h,w] becomes the centre of each pixel. */
static int cluster(const pixels *p, int *at, lint_err *e) {
    double step = grid_step(p->h, p->w);
    grid g = {.gy = at_least_one(p->h / step), .gx = at_least_one(p->w / step)};
    g.n = g.gy * g.gx;
    g.pull = COMPACTNESS / (float)step;
    g.center = calloc((size_t)g.n, sizeof *g.center);
    g.sum = calloc((size_t)g.n, sizeof *g.sum);
    int err = g.center && g.sum ? 0 : lint_fail_mem(e, "superpixels");
    for (int y = 0; y < p->h && !err; y++)
        for (int x = 0; x < p->w; x++)
            at[y * p->w + x] = y * g.gy / p->h * g.gx + x * g.gx / p->w;
    for (int r = 0; r < ROUNDS && !err; r++) {
        move_centers(&g, p, at);
        assign(&g, p, at);
    }
    free(g.center);
    free(g.sum);
    return err;
}

/* --- every superpixel in one piece ------------------------------------------------------------ */

/* Pieces of fewer pixels than `smallest` join the one before them in reading order; the others are
 * numbered anew. */
static int join_small(int *at, int area, int w, int pieces, int smallest, int *size, int *number) {
    int n = 0, met = 0;
    for (int i = 0; i < pieces; i++)
        size[i] = 0;
    for (int i = 0; i < area; i++)
        size[at[i]]++;
    for (int i = 0; i < area; i++) {
        if (at[i] == met) {
            int before = i % w ? at[i - 1] : i ? at[i - w] : -1;
            number[met] = size[met] >= smallest || before < 0 ? n++ : before;
            met++;
        }
        at[i] = number[at[i]];
    }
    return n;
}

/* A cluster of k-means may consist of several pieces. */
static int connect(lint_superpixels *s, const pixels *p, lint_err *e) {
    int area = s->h * s->w, *center = malloc(3 * (size_t)area * sizeof *center);
    if (!center) return lint_fail_mem(e, "superpixels");
    int err = cluster(p, center, e);
    if (!err) {
        double step = grid_step(s->h, s->w);
        int pieces = lint_pieces(center, s->h, s->w, s->at, center + area);
        s->n = join_small(s->at, area, s->w, pieces, (int)(SMALLEST * step * step), center + area,
                          center + 2 * area);
    }
    free(center);
    return err;
}

/* --- what is known of each -------------------------------------------------------------------- */

typedef struct sums {
    double lab[3], x, y, gradient, inner;
    int area, inners;
} sums;

static int touches_another(const lint_superpixels *s, int i) {
    int to[4];
    lint_pixels_around(i, s->h, s->w, to);
    for (int k = 0; k < 4; k++)
        if (to[k] >= 0 && s->at[to[k]] != s->at[i]) return 1;
    return 0;
}

static void add_pixel(lint_superpixels *s, const pixels *p, int i, sums *sum) {
    int x = i % s->w, y = i / s->w;
    for (int k = 0; k < 3; k++)
        sum->lab[k] += (double)p->lab[i][k];
    sum->x += x + 0.5;
    sum->y += y + 0.5;
    sum->gradient += (double)p->gradient[i];
    sum->area++;
    if (!touches_another(s, i)) {
        sum->inner += (double)p->gradient[i];
        sum->inners++;
    }
    if (x == 0 || y == 0 || x == s->w - 1 || y == s->h - 1) s->of[s->at[i]].at_edge = 1;
}

static void describe_one(struct lint_superpixel *o, const sums *sum, int h, int w) {
    enum { FEW = 4 };
    double mean = sum->gradient / sum->area;
    double inner = sum->inners >= FEW ? sum->inner / sum->inners : mean;
    for (int k = 0; k < 3; k++)
        o->lab[k] = (float)(sum->lab[k] / sum->area);
    o->texture = (float)log(TEXTURE_FLOOR + mean);
    o->inner_texture = (float)log(TEXTURE_FLOOR + inner);
    o->x = (float)(sum->x / sum->area / w);
    o->y = (float)(sum->y / sum->area / h);
    o->area = (float)sum->area;
}

static int describe(lint_superpixels *s, const pixels *p, lint_err *e) {
    sums *sum = calloc((size_t)s->n, sizeof *sum);
    s->of = calloc((size_t)s->n, sizeof *s->of);
    if (!sum || !s->of) {
        free(sum);
        return lint_fail_mem(e, "superpixels");
    }
    for (int i = 0; i < s->h * s->w; i++)
        add_pixel(s, p, i, &sum[s->at[i]]);
    for (int k = 0; k < s->n; k++)
        describe_one(&s->of[k], &sum[k], s->h, s->w);
    free(sum);
    return 0;
}

/* --- neighbours ------------------------------------------------------------------------------- */

/* length [n,n]: of the contour between two superpixels. */
static void measure_contours(const lint_superpixels *s, int *length) {
    for (int i = 0; i < s->h * s->w; i++) {
        int to[4];
        lint_pixels_around(i, s->h, s->w, to);
        for (int k = 0; k < 4; k++)
            if (to[k] >= 0 && s->at[to[k]] != s->at[i]) length[s->at[i] * s->n + s->at[to[k]]]++;
    }
}

static void list_neighbors(lint_superpixels *s, const int *length) {
    int count = 0;
    for (int i = 0; i < s->n; i++) {
        s->first[i] = count;
        for (int j = 0; j < s->n; j++)
            if (length[i * s->n + j]) {
                s->neighbor[count] = j;
                s->contour[count++] = length[i * s->n + j];
            }
    }
    s->first[s->n] = count;
}

static int find_neighbors(lint_superpixels *s, lint_err *e) {
    size_t n = (size_t)s->n, pairs = 0;
    int *length = calloc(n * n, sizeof *length);
    if (!length) return lint_fail_mem(e, "superpixels");
    measure_contours(s, length);
    for (size_t i = 0; i < n * n; i++)
        pairs += length[i] > 0;
    s->first = malloc((n + 1) * sizeof *s->first);
    s->neighbor = malloc((pairs + 1) * sizeof *s->neighbor);
    s->contour = malloc((pairs + 1) * sizeof *s->contour);
    int err = s->first && s->neighbor && s->contour ? 0 : lint_fail_mem(e, "superpixels");
    if (!err) list_neighbors(s, length);
    free(length);
    return err;
}

/* --- together --------------------------------------------------------------------------------- */

/* Sides of the reduced picture. */
static void choose_size(lint_superpixels *s, size_t H, size_t W) {
    size_t longer = H > W ? H : W;
    double by = longer > LINT_SUPERPIXELS_SIDE ? (double)LINT_SUPERPIXELS_SIDE / (double)longer : 1;
    s->h = at_least_one((double)H * by);
    s->w = at_least_one((double)W * by);
}

int lint_superpixels_make(lint_superpixels *s, const uint8_t *image, size_t H, size_t W,
                          lint_err *e) {
    *s = (lint_superpixels){0};
    choose_size(s, H, W);
    size_t area = (size_t)(s->h * s->w);
    pixels p = {.h = s->h, .w = s->w};
    p.lab = malloc(area * sizeof *p.lab);
    p.gradient = malloc(area * sizeof *p.gradient);
    s->at = malloc(area * sizeof *s->at);
    int err = p.lab && p.gradient && s->at ? 0 : lint_fail_mem(e, "superpixels");
    if (!err) reduce(&p, image, H, W);
    if (!err) err = connect(s, &p, e);
    if (!err) err = describe(s, &p, e);
    if (!err) err = find_neighbors(s, e);
    free(p.lab);
    free(p.gradient);
    if (err) lint_superpixels_free(s);
    return err;
}

void lint_superpixels_free(lint_superpixels *s) {
    free(s->at);
    free(s->of);
    free(s->first);
    free(s->neighbor);
    free(s->contour);
    *s = (lint_superpixels){0};
}
