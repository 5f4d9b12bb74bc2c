#include "source/ridge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Letters: N samples, D features and a constant 1 as the last, K classes. */

/* The ladder of ridges, for features of length about 1 and weights that sum to 1. */
static const double RIDGE[] = {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1};
enum { RIDGES = sizeof RIDGE / sizeof *RIDGE };

/* A sample's leverage reaches 1 only where nothing else says anything of its features. */
#define LEVERAGE_MAX (1 - 1e-9)

typedef struct fit {
    const float *x;
    const int32_t *label;
    size_t n, d, k, m; /* m = d + 1 */
    double *weight;    /* [K] of a sample of that class */
    double *gram;      /* [m,m] sum of weight x x' */
    double *target;    /* [K,m] sum of weight x over the class */
    double *factor;    /* [m,m] lower Cholesky factor of gram + ridge */
    double *inverse;   /* [m,m] of factor, lower */
    double *beta;      /* [K,m] */
    double *row;       /* [2m] */
} fit;

static void fit_free(fit *f) {
    free(f->weight);
    free(f->gram);
    free(f->target);
    free(f->factor);
    free(f->inverse);
    free(f->beta);
    free(f->row);
}

static int fit_new(fit *f, lint_err *e) {
    size_t m = f->m;
    f->weight = calloc(f->k, sizeof *f->weight);
    f->gram = calloc(m * m, sizeof *f->gram);
    f->target = calloc(f->k * m, sizeof *f->target);
    f->factor = calloc(m * m, sizeof *f->factor);
    f->inverse = calloc(m * m, sizeof *f->inverse);
    f->beta = calloc(f->k * m, sizeof *f->beta);
    f->row = calloc(2 * m, sizeof *f->row);
    if (f->weight && f->gram && f->target && f->factor && f->inverse && f->beta && f->row) return 0;
    return lint_fail_mem(e, "comparing samples");
}

/* Each class weighs 1/K in all. */
static void weigh(fit *f) {
    for (size_t i = 0; i < f->n; i++)
        if (f->label[i] >= 0) f->weight[f->label[i]] += 1;
    for (size_t k = 0; k < f->k; k++)
        if (f->weight[k] > 0) f->weight[k] = 1 / (f->weight[k] * (double)f->k);
}

static void load_row(fit *f, size_t i) {
    for (size_t a = 0; a < f->d; a++)
        f->row[a] = f->x[i * f->d + a];
    f->row[f->d] = 1;
}

static void accumulate(fit *f) {
    size_t m = f->m;
    for (size_t i = 0; i < f->n; i++) {
        if (f->label[i] < 0) continue;
        double w = f->weight[f->label[i]];
        double *t = f->target + (size_t)f->label[i] * m;
        load_row(f, i);
        for (size_t a = 0; a < m; a++) {
            double wa = w * f->row[a];
            t[a] += wa;
            for (size_t b = 0; wa != 0 && b <= a; b++)
                f->gram[a * m + b] += wa * f->row[b];
        }
    }
}

/* factor factor' = gram + ridge (the constant free of it); -1 if that is not positive. */
static int factorise(fit *f, double ridge) {
    size_t m = f->m;
    double *l = f->factor;
    for (size_t a = 0; a < m; a++)
        for (size_t b = 0; b <= a; b++) {
            double v = f->gram[a * m + b];
            if (a == b && a < f->d) v += ridge;
            for (size_t c = 0; c < b; c++)
                v -= l[a * m + c] * l[b * m + c];
            if (a == b && v <= 0) return -1;
            l[a * m + b] = a == b ? sqrt(v) : v / l[b * m + b];
        }
    return 0;
}

/* inverse = factor^-1, lower. */
static void invert(fit *f) {
    size_t m = f->m;
    const double *l = f->factor;
    double *v = f->inverse;
    for (size_t b = 0; b < m; b++)
        for (size_t a = b; a < m; a++) {
            double sum = a == b ? 1 : 0;
            for (size_t c = b; c < a; c++)
                sum -= l[a * m + c] * v[c * m + b];
            v[a * m + b] = sum / l[a * m + a];
        }
}

/* out [m] = inverse row */
static void whiten(const fit *f, const double *row, double *out) {
    for (size_t a = 0; a < f->m; a++) {
        double sum = 0;
        for (size_t b = 0; b <= a; b++)
            sum += f->inverse[a * f->m + b] * row[b];
        out[a] = sum;
    }
}

/* beta, seen from whitened features: beta[k] = inverse target[k]. */
static void solve(fit *f) {
    for (size_t k = 0; k < f->k; k++)
        whiten(f, f->target + k * f->m, f->beta + k * f->m);
}

/* Scores of every sample, left out; returns the weighted sum of squared residuals. */
static double leave_out(fit *f, double *score) {
    double loss = 0, *z = f->row + f->m;
    memset(score, 0, f->n * f->k * sizeof *score);
    for (size_t i = 0; i < f->n; i++) {
        if (f->label[i] < 0) continue;
        double w = f->weight[f->label[i]], leverage = 0;
        load_row(f, i);
        whiten(f, f->row, z);
        for (size_t a = 0; a < f->m; a++)
            leverage += w * z[a] * z[a];
        if (leverage > LEVERAGE_MAX) leverage = LEVERAGE_MAX;
        for (size_t k = 0; k < f->k; k++) {
            double y = (size_t)f->label[i] == k, fitted = 0;
            for (size_t a = 0; a < f->m; a++)
                fitted += f->beta[k * f->m + a] * z[a];
            double residual = (y - fitted) / (1 - leverage);
            score[i * f->k + k] = y - residual;
            loss += w * residual * residual;
        }
    }
    return loss;
}

static int try_ridge(fit *f, double ridge, double *score, double *loss, lint_err *e) {
    if (factorise(f, ridge) < 0) return lint_fail(e, "samples that cannot be compared");
    invert(f);
    solve(f);
    *loss = leave_out(f, score);
    return isfinite(*loss) ? 0 : lint_fail(e, "samples that cannot be compared");
}

int lint_ridge_scores(const float *x, size_t n, size_t d, const int32_t *label, size_t classes,
                      double *score, lint_err *e) {
    fit f = {.x = x, .label = label, .n = n, .d = d, .k = classes, .m = d + 1};
    double best = INFINITY, loss, ridge = RIDGE[0];
    int err = fit_new(&f, e);
    if (!err) {
        weigh(&f);
        accumulate(&f);
    }
    for (int r = 0; r < RIDGES && !err; r++) {
        err = try_ridge(&f, RIDGE[r], score, &loss, e);
        if (!err && loss < best) {
            best = loss;
            ridge = RIDGE[r];
        }
    }
    if (!err) err = try_ridge(&f, ridge, score, &loss, e);
    fit_free(&f);
    return err;
}
