#include "picture/find_mask.h"
#include "picture/affinity.h"
#include "picture/min_cut.h"
#include "picture/saliency.h"
#include "picture/superpixels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* By mean IoU on orca-leopard and birds, seeds 100 and 101; see docs/masks.md. */
#define THRESHOLD    1.25f /* times Otsu's: from where on a superpixel is more object than not */
#define SURE         0.02f /* the first guess is never surer than this and 1 less this */
#define ALIKE        6.0f  /* sigma of colours that belong to one model */
#define NEAR         0.5f  /* sigma of the distance at which a model's superpixels count */
#define UNSEEN       0.01  /* weight of what neither model has seen */
#define EDGE         10.0f /* sigma of the colour difference across a contour that is an edge */
#define CONTOUR      7.0f  /* cost of a pixel of contour where there is no edge */
#define CONTOUR_EDGE 0.1f  /* and, as a share of that, where there is one */
#define LEARN        0.5f  /* how far a round moves what is believed */
#define BELIEVE      0.95f /* what a cut makes of the object's superpixels; 1 less that of others */
enum { ROUNDS = 3, UNIT = 1000 /* capacity for each 1 of cost */ };

/* --- two models and a cut --------------------------------------------------------------------- */

typedef struct models {
    const lint_superpixels *s;
    int n;
    float *d;      /* [n,n] colour distances, of insides */
    float *kernel; /* [n,n] how far j speaks for i */
    float scale;
    float *believed; /* [n] 0 background .. 1 object */
    float *guess;    /* [n] log odds of the first guess */
    uint8_t *object; /* [n] the last cut */
} models;

static void models_free(models *m) {
    free(m->d);
    free(m->kernel);
    free(m->believed);
    free(m->object);
}

/* From saliency to the first guess. */
static void guess(models *m, const float *saliency, float threshold) {
    for (int i = 0; i < m->n; i++) {
        float v = saliency[i];
        v = v < threshold ? 0.5f * v / threshold : 0.5f + 0.5f * (v - threshold) / (1 - threshold);
        m->believed[i] = SURE + (1 - 2 * SURE) * v;
        m->guess[i] = (float)log((double)(m->believed[i] / (1 - m->believed[i])));
    }
}

/* A superpixel's likeness to itself is no evidence. */
static void make_kernel(models *m, const float *apart) {
    for (int i = 0; i < m->n; i++)
        for (int j = 0; j < m->n; j++)
            m->kernel[i * m->n + j] =
                i == j ? 0
                       : m->s->of[j].area * lint_affinity(m->d[i * m->n + j], ALIKE * m->scale) *
                             lint_affinity(apart[i * m->n + j], NEAR);
}

static int models_make(models *m, const lint_superpixels *s, lint_err *e) {
    size_t n = (size_t)s->n;
    *m = (models){.s = s, .n = s->n};
    float *apart = lint_center_distances(s, e);
    m->d = lint_color_distances(s, LINT_TEXTURE_INNER, e);
    m->kernel = malloc(n * n * sizeof *m->kernel);
    m->believed = malloc(2 * n * sizeof *m->believed);
    m->object = malloc(n);
    if (apart && m->d && m->kernel && m->believed && m->object) {
        m->guess = m->believed + n;
        m->scale = lint_contrast(m->d, s->n);
        make_kernel(m, apart);
        free(apart);
        return 0;
    }
    free(apart);
    models_free(m);
    return lint_fail_mem(e, "models of object and background");
}

/* How much of a model, given the weights of its superpixels, is like i; of one that is all like i,
 * what the kernel sums to. */
static double likelihood(const models *m, int i, int of_object) {
    double like = 0;
    for (int j = 0; j < m->n; j++)
        like +=
            (double)(m->kernel[i * m->n + j] * (of_object ? m->believed[j] : 1 - m->believed[j]));
    return like;
}

static double weight_of(const models *m, int of_object) {
    double sum = 0;
    for (int j = 0; j < m->n; j++)
        sum += (double)(m->s->of[j].area * (of_object ? m->believed[j] : 1 - m->believed[j]));
    return sum;
}

/* The likelihood of what neither model has seen. */
static double unseen(const models *m) {
    double sum = 0, area = 0;
    for (int i = 0; i < m->n * m->n; i++)
        sum += (double)m->kernel[i];
    for (int i = 0; i < m->n; i++)
        area += (double)m->s->of[i].area;
    return UNSEEN * sum / m->n / area;
}

/* Each superpixel's log odds, for each of its pixels, are what leaving its side costs. */
static void add_terminals(const models *m, lint_graph *g) {
    enum { SUREST = 8 };
    double object = weight_of(m, 1), background = weight_of(m, 0), least = unseen(m);
    for (int i = 0; i < m->n; i++) {
        double odds = log((likelihood(m, i, 1) / object + least) /
                          (likelihood(m, i, 0) / background + least)) +
                      (double)m->guess[i];
        odds = odds > SUREST ? SUREST : odds < -SUREST ? -SUREST : odds;
        lint_graph_terminal(g, i, (int64_t)(odds * (double)m->s->of[i].area * UNIT));
    }
}

static void add_edges(const models *m, lint_graph *g) {
    for (int i = 0; i < m->n; i++)
        for (int k = m->s->first[i]; k < m->s->first[i + 1]; k++) {
            int j = m->s->neighbor[k];
            if (j < i) continue;
            float cost = lint_affinity(m->d[i * m->n + j], EDGE * m->scale) + CONTOUR_EDGE;
            cost *= CONTOUR * (float)m->s->contour[k];
            lint_graph_edge(g, i, j, (int64_t)(cost * UNIT));
        }
}

static int cut(models *m, lint_err *e) {
    lint_graph *g = lint_graph_new(m->n, m->s->first[m->n] / 2, e);
    if (!g) return -1;
    add_terminals(m, g);
    add_edges(m, g);
    lint_graph_cut(g, m->object);
    lint_graph_free(g);
    return 0;
}

/* object [n] becomes 0 or 1. */
static int cut_out(const lint_superpixels *s, const float *saliency, float threshold,
                   uint8_t *object, lint_err *e) {
    models m;
    int err = models_make(&m, s, e);
    if (err) return err;
    guess(&m, saliency, threshold);
    for (int r = 0; r < ROUNDS && !err; r++) {
        err = cut(&m, e);
        for (int i = 0; i < m.n && !err; i++)
            m.believed[i] += LEARN * ((m.object[i] ? BELIEVE : 1 - BELIEVE) - m.believed[i]);
    }
    if (!err) memcpy(object, m.object, (size_t)m.n);
    models_free(&m);
    return err;
}

/* --- to the picture's size -------------------------------------------------------------------- */

/* Where, of n, the middle of pixel i of N lies: between *low and *high, *part of the way. */
static void between(size_t i, size_t N, int n, int *low, int *high, float *part) {
    float at = ((float)i + 0.5f) * (float)n / (float)N - 0.5f;
    at = at > 0 ? at : 0;
    *low = (int)at < n ? (int)at : n - 1;
    *high = *low + 1 < n ? *low + 1 : *low;
    *part = at - (float)*low;
}

/* Bilinear, then above one half: contours lose their corners. */
static void enlarge(const uint8_t *object, int h, int w, uint8_t *mask, size_t H, size_t W) {
    for (size_t Y = 0; Y < H; Y++)
        for (size_t X = 0; X < W; X++) {
            int y0, y1, x0, x1;
            float y, x;
            between(Y, H, h, &y0, &y1, &y);
            between(X, W, w, &x0, &x1, &x);
            float above = (1 - x) * (float)object[y0 * w + x0] + x * (float)object[y0 * w + x1];
            float below = (1 - x) * (float)object[y1 * w + x0] + x * (float)object[y1 * w + x1];
            mask[Y * W + X] = (1 - y) * above + y * below > 0.5f ? 255 : 0;
        }
}

/* --- together --------------------------------------------------------------------------------- */

static int any(const float *v, int n) {
    for (int i = 0; i < n; i++)
        if (v[i] > 0) return 1;
    return 0;
}

static float *areas(const lint_superpixels *s, lint_err *e) {
    float *area = malloc((size_t)s->n * sizeof *area);
    for (int i = 0; i < s->n && area; i++)
        area[i] = s->of[i].area;
    if (!area) lint_fail_mem(e, "areas");
    return area;
}

/* saliency [n] of the superpixels, and the threshold that divides it. */
static int find_saliency(const lint_superpixels *s, lint_mask_method method, const float *belief,
                         float *saliency, float *threshold, lint_err *e) {
    lint_texture texture = method == LINT_MASK_RBD ? LINT_TEXTURE_NONE : LINT_TEXTURE_ALL;
    float *d = lint_color_distances(s, texture, e), *area = areas(s, e);
    int err = d && area ? lint_saliency(s, d, belief, saliency, e) : -1;
    if (!err) *threshold = lint_otsu(saliency, area, s->n);
    free(d);
    free(area);
    return err;
}

static int divide(const lint_superpixels *s, lint_mask_method method, const float *belief,
                  uint8_t *object, lint_err *e) {
    float *saliency = malloc((size_t)s->n * sizeof *saliency), threshold = 0;
    if (!saliency) return lint_fail_mem(e, "saliency");
    int err = find_saliency(s, method, belief, saliency, &threshold, e);
    memset(object, 0, (size_t)s->n);
    if (!err && method == LINT_MASK_CUT && any(saliency, s->n)) {
        threshold = threshold * THRESHOLD < 0.9f ? threshold * THRESHOLD : 0.9f;
        err = cut_out(s, saliency, threshold, object, e);
    } else if (!err) {
        for (int i = 0; i < s->n; i++)
            object[i] = saliency[i] >= threshold;
    }
    free(saliency);
    return err;
}

static int draw(const lint_superpixels *s, const uint8_t *object, uint8_t *mask, size_t H, size_t W,
                lint_err *e) {
    size_t area = (size_t)s->h * (size_t)s->w;
    uint8_t *pixel = malloc(area);
    if (!pixel) return lint_fail_mem(e, "a mask");
    for (size_t i = 0; i < area; i++)
        pixel[i] = object[s->at[i]];
    enlarge(pixel, s->h, s->w, mask, H, W);
    free(pixel);
    return 0;
}

/* --- what a model says ------------------------------------------------------------------------ */

/* The map at (x, y) in sides of the picture: bilinear between the middles of cells. */
static float read_map(const lint_mask_hint *hint, float x, float y) {
    int h = (int)hint->h, w = (int)hint->w;
    float fy = y * (float)h - 0.5f, fx = x * (float)w - 0.5f;
    fy = fy > 0 ? fy : 0, fx = fx > 0 ? fx : 0;
    int y0 = (int)fy < h ? (int)fy : h - 1, x0 = (int)fx < w ? (int)fx : w - 1;
    int y1 = y0 + 1 < h ? y0 + 1 : y0, x1 = x0 + 1 < w ? x0 + 1 : x0;
    fy -= (float)y0, fx -= (float)x0;
    const float *m = hint->map;
    float above = (1 - fx) * m[y0 * w + x0] + fx * m[y0 * w + x1];
    float below = (1 - fx) * m[y1 * w + x0] + fx * m[y1 * w + x1];
    return (1 - fy) * above + fy * below;
}

/* belief [n]: LEAST where the map says nothing .. 1 at its highest. */
static float *believe(const lint_superpixels *s, const lint_mask_hint *hint, lint_err *e) {
    const float least = 0.6f;
    float most = 0, *belief = malloc((size_t)s->n * sizeof *belief);
    if (!belief) lint_fail_mem(e, "a map");
    for (int i = 0; i < s->n && belief; i++) {
        belief[i] = read_map(hint, s->of[i].x, s->of[i].y);
        if (!(belief[i] > 0) || !isfinite(belief[i])) belief[i] = 0;
        if (belief[i] > most) most = belief[i];
    }
    for (int i = 0; i < s->n && belief; i++)
        belief[i] = most > 0 ? least + (1 - least) * belief[i] / most : 1;
    return belief;
}

int lint_find_mask(const uint8_t *image, size_t H, size_t W, lint_mask_method method,
                   const lint_mask_hint *hint, uint8_t *mask, lint_err *e) {
    lint_superpixels s;
    if (lint_superpixels_make(&s, image, H, W, e) < 0) return -1;
    float *belief = hint ? believe(&s, hint, e) : NULL;
    uint8_t *object = malloc((size_t)s.n);
    int err = !object ? lint_fail_mem(e, "a mask") : hint && !belief ? -1 : 0;
    if (!err) err = divide(&s, method, belief, object, e);
    if (!err) err = draw(&s, object, mask, H, W, e);
    free(object);
    free(belief);
    lint_superpixels_free(&s);
    return err;
}
