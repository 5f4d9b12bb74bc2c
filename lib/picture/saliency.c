#include "picture/saliency.h"
#include "picture/affinity.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* By mean IoU on orca-leopard and birds, seeds 100 and 101; see docs/masks.md. Those of Zhu et al.
 * beside them. */
#define REACH        7.0f  /* sigma of geodesic distance: what belongs to one region (7) */
#define CONNECTED    1.0f  /* sigma of boundary connectivity (1) */
#define NEAR         0.3f  /* sigma of the distance at which contrast counts (0.25) */
#define SMOOTH       10.0f /* sigma of colours that want the same value (10) */
#define SMOOTH_LEAST 0.2f  /* what all neighbours want the same value by (0.1) */
#define BACKGROUND   5.0f  /* weight of background against object (5) */

/* --- boundary connectivity -------------------------------------------------------------------- */

/* What two neighbours differ by anyhow: the mean over superpixels of the most similar neighbour. */
static float usual_step(const lint_superpixels *s, const float *d) {
    double sum = 0;
    for (int i = 0; i < s->n; i++) {
        float least = FLT_MAX;
        for (int k = s->first[i]; k < s->first[i + 1]; k++)
            if (d[i * s->n + s->neighbor[k]] < least) least = d[i * s->n + s->neighbor[k]];
        if (least < FLT_MAX) sum += (double)least;
    }
    return (float)(sum / s->n);
}

/* g [n,n]: the length of one step between neighbours, and between any two at the edge, since the
 * background goes on outside; no step is FLT_MAX / 4, two of which can be added. */
static void make_steps(const lint_superpixels *s, const float *d, float *g) {
    int n = s->n;
    float free_of_charge = usual_step(s, d);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            g[i * n + j] = s->of[i].at_edge && s->of[j].at_edge ? d[i * n + j] : FLT_MAX / 4;
        for (int k = s->first[i]; k < s->first[i + 1]; k++)
            g[i * n + s->neighbor[k]] = d[i * n + s->neighbor[k]];
        for (int j = 0; j < n; j++)
            g[i * n + j] = g[i * n + j] > free_of_charge ? g[i * n + j] - free_of_charge : 0;
        g[i * n + i] = 0;
    }
}

/* Floyd and Warshall's algorithm; paths longer than `far` are skipped, since nothing so far away
 * counts. */
static void shortest_paths(float *g, int n, float far) {
    for (int k = 0; k < n; k++)
        for (int i = 0; i < n; i++) {
            float to_k = g[i * n + k];
            float *restrict row = g + i * n;
            const float *restrict from_k = g + k * n;
            if (i == k || to_k > far) continue;
            for (int j = 0; j < n; j++) {
                float way = to_k + from_k[j];
                row[j] = way < row[j] ? way : row[j];
            }
        }
}

/* background [n]: 0..1. */
static int find_background(const lint_superpixels *s, const float *d, float scale,
                           float *background, lint_err *e) {
    int n = s->n;
    float *g = malloc((size_t)n * (size_t)n * sizeof *g);
    if (!g) return lint_fail_mem(e, "saliency");
    make_steps(s, d, g);
    shortest_paths(g, n, 8 * REACH * scale);
    for (int i = 0; i < n; i++) {
        float area = 0, length = 0;
        for (int j = 0; j < n; j++) {
            float same = lint_affinity(g[i * n + j], REACH * scale);
            area += same;
            if (s->of[j].at_edge) length += same;
        }
        background[i] = 1 - lint_affinity(length / sqrtf(area), CONNECTED);
    }
    free(g);
    return 0;
}

/* --- contrast --------------------------------------------------------------------------------- */

static void stretch(float *v, int n) {
    float least = v[0], most = v[0];
    for (int i = 1; i < n; i++) {
        least = v[i] < least ? v[i] : least;
        most = v[i] > most ? v[i] : most;
    }
    for (int i = 0; i < n; i++)
        v[i] = most > least ? (v[i] - least) / (most - least) : 0;
}

/* object [n]: contrast to what is background, 0 below the threshold that divides best. */
static int find_contrast(const lint_superpixels *s, const float *d, const float *background,
                         const float *belief, float *object, lint_err *e) {
    int n = s->n;
    float *apart = lint_center_distances(s, e);
    if (!apart) return -1;
    for (int i = 0; i < n; i++) {
        object[i] = 0;
        for (int j = 0; j < n; j++)
            object[i] += d[i * n + j] * lint_affinity(apart[i * n + j], NEAR) * background[j];
        if (belief) object[i] *= belief[i];
    }
    free(apart);
    stretch(object, n);
    float least = lint_otsu(object, NULL, n);
    for (int i = 0; i < n; i++)
        if (object[i] < least) object[i] = 0;
    return 0;
}

float lint_otsu(const float *value, const float *weight, int n) {
    enum { BINS = 256 };
    double bin[BINS] = {0}, all = 0, sum = 0, below = 0, below_sum = 0, best = -1;
    int at = 0;
    for (int i = 0; i < n; i++) {
        int b = (int)(value[i] * BINS);
        bin[b < BINS ? b : BINS - 1] += weight ? (double)weight[i] : 1;
    }
    for (int b = 0; b < BINS; b++)
        all += bin[b], sum += bin[b] * (b + 0.5);
    for (int b = 0; b < BINS; b++) {
        below += bin[b], below_sum += bin[b] * (b + 0.5);
        if (below <= 0 || below >= all) continue;
        double apart = sum * below - below_sum * all;
        double between = apart * apart / (below * (all - below));
        if (between > best) best = between, at = b;
    }
    return (float)(at + 1) / BINS;
}

/* --- both together ---------------------------------------------------------------------------- */

/* near [n,n]: 1 for neighbours, their neighbours, and any two at the edge. */
static void find_near(const lint_superpixels *s, uint8_t *near) {
    int n = s->n;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            near[i * n + j] = s->of[i].at_edge && s->of[j].at_edge;
        for (int k = s->first[i]; k < s->first[i + 1]; k++) {
            int j = s->neighbor[k];
            near[i * n + j] = 1;
            for (int l = s->first[j]; l < s->first[j + 1]; l++)
                near[i * n + s->neighbor[l]] = 1;
        }
        near[i * n + i] = 0;
    }
}

/* The matrix of  sum b_i v_i^2 + sum o_i (v_i - 1)^2 + sum w_ij (v_i - v_j)^2. */
static void make_equations(const uint8_t *near, const float *d, int n, float scale,
                           const float *background, const float *object, double *a) {
    for (int i = 0; i < n; i++) {
        double sum = (double)(BACKGROUND * background[i] + object[i]);
        for (int j = 0; j < n; j++) {
            float w =
                near[i * n + j] ? lint_affinity(d[i * n + j], SMOOTH * scale) + SMOOTH_LEAST : 0;
            a[i * n + j] = (double)-w;
            sum += (double)w;
        }
        a[i * n + i] = sum;
    }
}

/* a x = b for a symmetric and positive definite; x in b, a is used up. Gauss without pivots. */
static void solve(double *a, double *b, int n) {
    for (int k = 0; k < n; k++)
        for (int i = k + 1; i < n; i++) {
            double f = a[k * n + i] / a[k * n + k];
            double *restrict row = a + i * n;
            const double *restrict pivot = a + k * n;
            if (f == 0) continue;
            for (int j = i; j < n; j++)
                row[j] -= f * pivot[j];
            b[i] -= f * b[k];
        }
    for (int i = n - 1; i >= 0; i--) {
        for (int j = i + 1; j < n; j++)
            b[i] -= a[i * n + j] * b[j];
        b[i] /= a[i * n + i];
    }
}

static int agree(const lint_superpixels *s, const float *d, float scale, const float *background,
                 const float *object, float *value, lint_err *e) {
    size_t n = (size_t)s->n;
    double *a = malloc(n * n * sizeof *a), *x = malloc(n * sizeof *x);
    uint8_t *near = malloc(n * n);
    int err = a && x && near ? 0 : lint_fail_mem(e, "saliency");
    if (!err) {
        find_near(s, near);
        make_equations(near, d, s->n, scale, background, object, a);
        for (size_t i = 0; i < n; i++)
            x[i] = (double)object[i];
        solve(a, x, s->n);
        for (size_t i = 0; i < n; i++)
            value[i] = (float)x[i];
        stretch(value, s->n);
    }
    free(a);
    free(x);
    free(near);
    return err;
}

int lint_saliency(const lint_superpixels *s, const float *d, const float *belief, float *value,
                  lint_err *e) {
    float scale = lint_contrast(d, s->n);
    memset(value, 0, (size_t)s->n * sizeof *value);
    if (scale <= 0) return 0;
    float *background = malloc(2 * (size_t)s->n * sizeof *background);
    if (!background) return lint_fail_mem(e, "saliency");
    float *object = background + s->n;
    int err = find_background(s, d, scale, background, e);
    if (!err) err = find_contrast(s, d, background, belief, object, e);
    if (!err) err = agree(s, d, scale, background, object, value, e);
    free(background);
    return err;
}
