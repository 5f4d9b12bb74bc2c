#include "source/ridge.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Letters: N samples, M features and a constant 1 as the last, K classes, C columns: K for each of
 * several labellings. A labelling is one assignment of labels; number 0 is the true one. */

/* The ladder of ridges, for features of length about 1 and weights that sum to 1. */
static const double RIDGE[] = {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1};
enum { RIDGES = sizeof RIDGE / sizeof *RIDGE };

/* A sample's leverage reaches 1 only where nothing else says anything of its features. */
#define PIVOT_LEAST 1e-9

/* Scores nearer than this are equal but for rounding. */
#define TIE 1e-9

/* Columns that are computed together, and rows that are whitened by one part. */
enum { COLUMNS = 64, ROWS = 64 };

/* --- memory ----------------------------------------------------------------------------------- */

typedef struct block {
    size_t first, n; /* rows of one series */
    size_t order;    /* of its factor: n, or M if that is less */
    double *factor;  /* [order,order] lower Cholesky factor of I - H, or of I - Z'Z */
} block;

/* What a labelling found at its best ridge. */
typedef struct trial {
    double loss, accuracy;
} trial;

/* One thread's. */
typedef struct scratch {
    double *beta;  /* [C,M] z'y */
    double *b;     /* [M,C] the same, turned */
    double *f;     /* [N,C] fitted, then left-out values */
    double *small; /* [largest order + M] */
} scratch;

typedef struct fit {
    const lint_ridge_data *data;
    lint_threads *pool;
    size_t n, m, k;
    size_t *row;   /* [N] sample of each row; rows of a series are together */
    double *z;     /* [N,M] whitened rows: their inner products are the hat matrix */
    double *gram;  /* [M,M] mean of x x' */
    double *lower; /* [M,M] Cholesky factor of gram + ridge */
    double *inverse;
    block *block;
    size_t blocks;
    int32_t *label;              /* [labellings,N] */
    size_t labellings, together; /* all; those computed at once */
    trial *trial;                /* [labellings] */
    scratch *scratch;            /* [threads] */
    double *score;               /* [N,K] of the true labels, by row */
} fit;

static void fit_free(fit *f) {
    for (size_t g = 0; g < f->blocks; g++)
        free(f->block[g].factor);
    for (int t = 0; f->scratch && t < lint_threads_count(f->pool); t++) {
        free(f->scratch[t].beta);
        free(f->scratch[t].b);
        free(f->scratch[t].f);
        free(f->scratch[t].small);
    }
    free(f->row);
    free(f->z);
    free(f->gram);
    free(f->lower);
    free(f->inverse);
    free(f->block);
    free(f->label);
    free(f->trial);
    free(f->scratch);
    free(f->score);
}

static int scratch_new(fit *f, lint_err *e) {
    size_t columns = f->together * f->k, largest = 0;
    for (size_t g = 0; g < f->blocks; g++)
        if (f->block[g].order > largest) largest = f->block[g].order;
    f->scratch = calloc((size_t)lint_threads_count(f->pool), sizeof *f->scratch);
    for (int t = 0; f->scratch && t < lint_threads_count(f->pool); t++) {
        scratch *s = &f->scratch[t];
        s->beta = malloc(f->m * columns * sizeof *s->beta);
        s->b = malloc(f->m * columns * sizeof *s->b);
        s->f = malloc((f->n + 1) * columns * sizeof *s->f);
        s->small = malloc((largest + f->m) * sizeof *s->small);
        if (!s->beta || !s->b || !s->f || !s->small) return lint_fail_mem(e, "comparing samples");
    }
    return f->scratch ? 0 : lint_fail_mem(e, "comparing samples");
}

static int fit_new(fit *f, lint_err *e) {
    size_t m = f->m;
    f->row = malloc((f->n + 1) * sizeof *f->row);
    f->z = malloc((f->n + 1) * m * sizeof *f->z);
    f->gram = calloc(m * m, sizeof *f->gram);
    f->lower = calloc(m * m, sizeof *f->lower);
    f->inverse = calloc(m * m, sizeof *f->inverse);
    f->block = calloc(f->n + 1, sizeof *f->block);
    f->label = malloc((f->labellings * f->n + 1) * sizeof *f->label);
    f->trial = malloc(f->labellings * sizeof *f->trial);
    f->score = calloc(f->n * f->k + 1, sizeof *f->score);
    if (f->row && f->z && f->gram && f->lower && f->inverse && f->block && f->label && f->trial &&
        f->score)
        return 0;
    return lint_fail_mem(e, "comparing samples");
}

/* --- series and labels ------------------------------------------------------------------------ */

typedef struct member {
    size_t series, sample;
} member;

static int by_series(const void *a, const void *b) {
    const member *x = a, *y = b;
    if (x->series != y->series) return x->series < y->series ? -1 : 1;
    return x->sample < y->sample ? -1 : 1;
}

/* Rows, and blocks of rows of one series. */
static int gather(fit *f, lint_err *e) {
    const lint_ridge_data *d = f->data;
    member *all = malloc((f->n + 1) * sizeof *all);
    if (!all) return lint_fail_mem(e, "comparing samples");
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        if (d->label[i] >= 0) all[n++] = (member){d->series ? d->series[i] : i, i};
    if (n) qsort(all, n, sizeof *all, by_series);
    for (size_t r = 0; r < n; r++) {
        f->row[r] = all[r].sample;
        if (r == 0 || all[r].series != all[r - 1].series)
            f->block[f->blocks++] = (block){.first = r};
        f->block[f->blocks - 1].n++;
    }
    free(all);
    for (size_t g = 0; g < f->blocks; g++) {
        block *b = &f->block[g];
        b->order = b->n < f->m ? b->n : f->m;
        b->factor = malloc(b->order * b->order * sizeof *b->factor);
        if (!b->factor) return lint_fail_mem(e, "comparing samples");
    }
    return 0;
}

/* Labelling 0 is the true one; in the others each series has the label of another. */
static int label_rows(fit *f, uint64_t seed, lint_err *e) {
    size_t *from = malloc((f->blocks + 1) * sizeof *from);
    if (!from) return lint_fail_mem(e, "comparing samples");
    for (size_t r = 0; r < f->n; r++)
        f->label[r] = f->data->label[f->row[r]];
    for (size_t p = 1; p < f->labellings; p++) {
        lint_rng rng = lint_rng_at(seed, LINT_RNG_PERMUTE, 0, p);
        for (size_t g = 0; g < f->blocks; g++)
            from[g] = g;
        lint_rng_shuffle(&rng, from, f->blocks);
        for (size_t g = 0; g < f->blocks; g++)
            for (size_t r = 0; r < f->block[g].n; r++)
                f->label[p * f->n + f->block[g].first + r] = f->label[f->block[from[g]].first];
    }
    free(from);
    return 0;
}

/* --- the fit ---------------------------------------------------------------------------------- */

static double feature(const fit *f, size_t row, size_t a) {
    return a < f->data->d ? (double)f->data->x[f->row[row] * f->data->d + a] : 1;
}

static void accumulate(fit *f) {
    size_t m = f->m;
    double w = 1 / (double)f->n, *x = f->z; /* not yet in use */
    for (size_t r = 0; r < f->n; r++) {
        for (size_t a = 0; a < m; a++)
            x[a] = feature(f, r, a);
        for (size_t a = 0; a < m; a++)
            for (size_t b = 0; x[a] != 0 && b <= a; b++)
                f->gram[a * m + b] += w * x[a] * x[b];
    }
}

/* l l' = a [n,n], whose lower half counts; l may be a. A pivot is at least `least`. */
static void factorise(double *l, const double *a, size_t n, double least) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double v = a[i * n + j];
            for (size_t c = 0; c < j; c++)
                v -= l[i * n + c] * l[j * n + c];
            if (i == j) v = sqrt(v > least ? v : least);
            l[i * n + j] = i == j ? v : v / l[j * n + j];
        }
}

/* inverse = lower^-1, lower. */
static void invert(fit *f) {
    size_t m = f->m;
    const double *l = f->lower;
    double *v = f->inverse;
    for (size_t b = 0; b < m; b++)
        for (size_t a = b; a < m; a++) {
            double sum = a == b ? 1 : 0;
            for (size_t c = b; c < a; c++)
                sum -= l[a * m + c] * v[c * m + b];
            v[a * m + b] = sum / l[a * m + a];
        }
}

/* z = inverse x / sqrt N, so that z z' is the hat matrix. */
static void whiten_rows(void *ctx, size_t part, int worker) {
    const fit *f = ctx;
    size_t m = f->m, end = (part + 1) * ROWS < f->n ? (part + 1) * ROWS : f->n;
    double scale = 1 / sqrt((double)f->n), *x = f->scratch[worker].small;
    for (size_t r = part * ROWS; r < end; r++) {
        for (size_t a = 0; a < m; a++)
            x[a] = scale * feature(f, r, a);
        for (size_t a = 0; a < m; a++) {
            double sum = 0;
            for (size_t b = 0; b <= a; b++)
                sum += f->inverse[a * m + b] * x[b];
            f->z[r * m + a] = sum;
        }
    }
}

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Factor of what a fit loses with a series: of I - Z Z' [n,n], or, if the series has more samples
 * than there are features, of I - Z'Z [M,M]. */
static void factorise_block(void *ctx, size_t part, int worker) {
    const fit *f = ctx;
    const block *b = &f->block[part];
    const double *z = f->z + b->first * f->m;
    size_t m = f->m, order = b->order;
    (void)worker;
    for (size_t i = 0; i < order; i++)
        for (size_t j = 0; j <= i; j++) {
            double v = i == j;
            if (b->n == order)
                v -= dot(z + i * m, z + j * m, m);
            else
                for (size_t r = 0; r < b->n; r++)
                    v -= z[r * m + i] * z[r * m + j];
            b->factor[i * order + j] = v;
        }
    factorise(b->factor, b->factor, order, PIVOT_LEAST);
}

static int set_ridge(fit *f, double ridge, lint_err *e) {
    size_t m = f->m;
    memcpy(f->lower, f->gram, m * m * sizeof *f->lower);
    for (size_t a = 0; a + 1 < m; a++)
        f->lower[a * m + a] += ridge; /* the constant is free of it */
    factorise(f->lower, f->lower, m, 0);
    for (size_t a = 0; a < m; a++)
        if (!(f->lower[a * m + a] > 0) || !isfinite(f->lower[a * m + a]))
            return lint_fail(e, "samples that cannot be compared");
    invert(f);
    lint_threads_run(f->pool, (f->n + ROWS - 1) / ROWS, whiten_rows, f);
    lint_threads_run(f->pool, f->blocks, factorise_block, f);
    return 0;
}

/* --- some labellings at once ------------------------------------------------------------------ */

/* Some columns of a product: labellings first..first+n-1, K columns each. */
typedef struct columns {
    const fit *f;
    size_t first, n, c;
    scratch *s;
} columns;

/* beta = z' y, then f = z beta: fitted indicators of each class. */
static void fit_columns(const columns *w) {
    const fit *f = w->f;
    size_t m = f->m, c = w->c;
    double *b = w->s->b;
    memset(w->s->beta, 0, m * c * sizeof *w->s->beta);
    for (size_t r = 0; r < f->n; r++)
        for (size_t q = 0; q < w->n; q++) {
            size_t class = (size_t)f->label[(w->first + q) * f->n + r];
            double *beta = w->s->beta + (q * f->k + class) * m;
            for (size_t a = 0; a < m; a++)
                beta[a] += f->z[r * m + a];
        }
    for (size_t i = 0; i < c; i++)
        for (size_t a = 0; a < m; a++)
            b[a * c + i] = w->s->beta[i * m + a];
    for (size_t r = 0; r < f->n; r++) {
        double *out = w->s->f + r * c;
        memset(out, 0, c * sizeof *out);
        for (size_t a = 0; a < m; a++) {
            double z = f->z[r * m + a];
            const double *row = b + a * c;
            for (size_t i = 0; i < c; i++)
                out[i] += z * row[i];
        }
    }
}

/* x = (l l')^-1 x */
static void solve(const double *l, size_t n, double *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - dot(l + i * n, x, i)) / l[i * n + i];
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            x[i] -= l[j * n + i] * x[j];
        x[i] /= l[i * n + i];
    }
}

/* Fitted values v of one class, C apart, become those of a fit without the series: first where it has
 * fewer samples than there are features, then for larger ones. */
static void leave_small(const block *b, double *v, size_t c, const int32_t *label, int32_t class,
                        double *x) {
    for (size_t r = 0; r < b->n; r++)
        x[r] = (label[b->first + r] == class) - v[(b->first + r) * c];
    solve(b->factor, b->n, x);
    for (size_t r = 0; r < b->n; r++)
        v[(b->first + r) * c] = (label[b->first + r] == class) - x[r];
}

static void leave_large(const fit *f, const block *b, double *v, size_t c, const int32_t *label,
                        int32_t class, const double *beta, double *x) {
    for (size_t a = 0; a < f->m; a++)
        x[a] = beta[a];
    for (size_t r = b->first; r < b->first + b->n; r++)
        for (size_t a = 0; a < f->m && label[r] == class; a++)
            x[a] -= f->z[r * f->m + a];
    solve(b->factor, f->m, x);
    for (size_t r = b->first; r < b->first + b->n; r++)
        v[r * c] = dot(f->z + r * f->m, x, f->m);
}

static void leave_series_out(const columns *w, size_t q) {
    const fit *f = w->f;
    const int32_t *label = f->label + (w->first + q) * f->n;
    for (size_t k = 0; k < f->k; k++) {
        double *v = w->s->f + q * f->k + k;
        for (size_t g = 0; g < f->blocks; g++) {
            const block *b = &f->block[g];
            if (b->order == b->n)
                leave_small(b, v, w->c, label, (int32_t)k, w->s->small);
            else
                leave_large(f, b, v, w->c, label, (int32_t)k, w->s->beta + (q * f->k + k) * f->m,
                            w->s->small);
        }
    }
}

/* --- from left-out values to scores ----------------------------------------------------------- */

/* [K] counts, on the stack of one judgement: a network with more classes is not classified by its
 * borders. */
enum { CLASSES_MAX = 1024 };

typedef struct judge {
    double total[CLASSES_MAX];  /* samples of each class */
    double inside[CLASSES_MAX]; /* of the series that is left out */
    double mean[CLASSES_MAX];   /* of a class's own scores */
    double hits[CLASSES_MAX];
} judge;

/* Weighted sum of squared residuals; each class weighs 1/K in all. */
static double loss_of(const columns *w, size_t q, const judge *j) {
    const fit *f = w->f;
    const int32_t *label = f->label + (w->first + q) * f->n;
    double loss = 0;
    for (size_t r = 0; r < f->n; r++) {
        double sum = 0, weight = 1 / (j->total[label[r]] * (double)f->k);
        for (size_t k = 0; k < f->k; k++) {
            double residual = ((size_t)label[r] == k) - w->s->f[r * w->c + q * f->k + k];
            sum += residual * residual;
        }
        loss += weight * sum;
    }
    return loss;
}

/* Left-out values become ratios less 1; those of a series that has its whole class become 0. */
static void divide_by_shares(const columns *w, size_t q, judge *j) {
    const fit *f = w->f;
    const int32_t *label = f->label + (w->first + q) * f->n;
    for (size_t g = 0; g < f->blocks; g++) {
        const block *b = &f->block[g];
        memset(j->inside, 0, f->k * sizeof *j->inside);
        for (size_t r = b->first; r < b->first + b->n; r++)
            j->inside[label[r]]++;
        for (size_t r = b->first; r < b->first + b->n; r++) {
            double *v = w->s->f + r * w->c + q * f->k;
            int alone = j->inside[label[r]] == j->total[label[r]];
            for (size_t k = 0; k < f->k; k++) {
                double left = j->total[k] - j->inside[k];
                double share = left / ((double)f->n - (double)b->n);
                v[k] = alone ? 0 : left > 0 ? v[k] / share - 1 : -1;
            }
        }
    }
}

/* Takes off what a class's size alone adds: see the header. */
static void even_out_sizes(const columns *w, size_t q, judge *j) {
    const fit *f = w->f;
    const int32_t *label = f->label + (w->first + q) * f->n;
    double rho = 0, present = 0;
    memset(j->mean, 0, f->k * sizeof *j->mean);
    for (size_t r = 0; r < f->n; r++)
        j->mean[label[r]] += w->s->f[r * w->c + q * f->k + (size_t)label[r]];
    for (size_t k = 0; k < f->k; k++) {
        rho += j->mean[k] / (double)f->n; /* share times mean */
        present += j->total[k] > 0;
    }
    rho = present > 1 ? rho / (present - 1) : 0;
    rho = rho < 0 ? 0 : rho > 1 ? 1 : rho;
    for (size_t k = 0; k < f->k; k++) {
        double share = j->total[k] / (double)f->n;
        double off = share > 0 ? rho / 2 * (1 - share) / share : 0;
        for (size_t r = 0; r < f->n; r++)
            w->s->f[r * w->c + q * f->k + k] -= off;
    }
}

/* How much of a hit the highest of v is for class `own`. */
static double hit(const double *v, size_t classes, size_t own) {
    double ties = 0;
    for (size_t k = 0; k < classes; k++) {
        if (v[k] > v[own] + TIE) return 0;
        ties += fabs(v[k] - v[own]) <= TIE;
    }
    return 1 / ties;
}

static double accuracy_of(const columns *w, size_t q, judge *j) {
    const fit *f = w->f;
    const int32_t *label = f->label + (w->first + q) * f->n;
    double sum = 0, present = 0;
    memset(j->hits, 0, f->k * sizeof *j->hits);
    for (size_t r = 0; r < f->n; r++)
        j->hits[label[r]] += hit(w->s->f + r * w->c + q * f->k, f->k, (size_t)label[r]);
    for (size_t k = 0; k < f->k; k++) {
        sum += j->total[k] > 0 ? j->hits[k] / j->total[k] : 0;
        present += j->total[k] > 0;
    }
    return present > 0 ? sum / present : NAN;
}

static void judge_labelling(const columns *w, size_t q) {
    const fit *f = w->f;
    size_t p = w->first + q;
    judge j;
    memset(j.total, 0, f->k * sizeof *j.total);
    for (size_t r = 0; r < f->n; r++)
        j.total[f->label[p * f->n + r]]++;
    leave_series_out(w, q);
    double loss = loss_of(w, q, &j);
    if (!(loss < f->trial[p].loss)) return;
    divide_by_shares(w, q, &j);
    even_out_sizes(w, q, &j);
    f->trial[p] = (trial){loss, accuracy_of(w, q, &j)};
    for (size_t r = 0; r < f->n && p == 0; r++)
        memcpy(f->score + r * f->k, w->s->f + r * w->c, f->k * sizeof *f->score);
}

static void try_labellings(void *ctx, size_t part, int worker) {
    const fit *f = ctx;
    columns w = {.f = f, .first = part * f->together, .s = &f->scratch[worker]};
    w.n = f->labellings - w.first < f->together ? f->labellings - w.first : f->together;
    w.c = w.n * f->k;
    fit_columns(&w);
    for (size_t q = 0; q < w.n; q++)
        judge_labelling(&w, q);
}

/* --- all of it -------------------------------------------------------------------------------- */

static int try_ridges(fit *f, lint_err *e) {
    for (size_t p = 0; p < f->labellings; p++)
        f->trial[p] = (trial){INFINITY, NAN};
    for (int r = 0; r < RIDGES; r++) {
        if (set_ridge(f, RIDGE[r], e) < 0) return -1;
        lint_threads_run(f->pool, (f->labellings + f->together - 1) / f->together, try_labellings,
                         f);
    }
    return isfinite(f->trial[0].loss) ? 0 : lint_fail(e, "samples that cannot be compared");
}

static void report(const fit *f, double *score, lint_ridge_result *r) {
    size_t reached = 0;
    for (size_t p = 1; p < f->labellings; p++)
        reached += f->trial[p].accuracy >= f->trial[0].accuracy - TIE;
    *r = (lint_ridge_result){f->trial[0].accuracy, f->labellings - 1, NAN};
    if (r->permutations) r->p = (1 + (double)reached) / (double)f->labellings;
    if (!score) return;
    memset(score, 0, f->data->n * f->k * sizeof *score);
    for (size_t i = 0; i < f->n; i++)
        memcpy(score + f->row[i] * f->k, f->score + i * f->k, f->k * sizeof *score);
}

int lint_ridge_test(lint_threads *pool, const lint_ridge_data *data, size_t permutations,
                    uint64_t seed, double *score, lint_ridge_result *r, lint_err *e) {
    fit f = {.data = data,
             .pool = pool,
             .m = data->d + 1,
             .k = data->classes,
             .labellings = permutations + 1};
    if (f.k > CLASSES_MAX)
        return lint_fail(e, "%zu classes; at most %d are compared", f.k, CLASSES_MAX);
    for (size_t i = 0; i < data->n; i++)
        f.n += data->label[i] >= 0;
    if (!f.n || !f.k) return lint_fail(e, "no samples to compare");
    f.together = f.k < COLUMNS ? COLUMNS / f.k : 1;
    int err = fit_new(&f, e);
    if (!err) err = gather(&f, e);
    if (!err) err = label_rows(&f, seed, e);
    if (!err) err = scratch_new(&f, e);
    if (!err) accumulate(&f);
    if (!err) err = try_ridges(&f, e);
    if (!err) report(&f, score, r);
    fit_free(&f);
    return err;
}
