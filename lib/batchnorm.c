/* batchnorm: `batchnorm`. Per channel over images and places (Ioffe and Szegedy 2015), eps 1e-5,
 * running statistics with momentum 0.1 and the unbiased variance, as torch.nn.BatchNorm2d.
 *
 * Statistics are taken of each image (mean, then squares about that mean, row sums in float) and
 * joined in double in the order of images (Chan, Golub, LeVeque 1983), so that a large mean costs
 * no precision and the number of threads none of the bytes.
 */
#include "layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double EPS = 1e-5, MOMENTUM = 0.1;

enum { GAMMA, BETA, RUNNING_MEAN, RUNNING_VAR };

typedef struct norm_state {
    double *image_sum, *image_square; /* [batch, C]: of each image */
    float *row;                       /* [batch, C]: a row's sums, scratch of an image */
    float *image_mean;                /* [batch, C] */
    float *mean, *invstd;             /* [C] of the batch */
    float *a, *b, *e;                 /* [C] coefficients of a pass */
} norm_state;

static int setup(lint_layer *l, lint_err *e) {
    if (l->args) return lint_arg_syntax(l, e);
    l->out = l->in;
    size_t c = l->in.c;
    norm_state *s = calloc(1, sizeof *s);
    if (!s) return lint_fail_mem(e, l->name);
    l->state = s;
    if (!lint_layer_add(l, "weight", 1, 1, &c, e) || !lint_layer_add(l, "bias", 1, 1, &c, e) ||
        !lint_layer_add(l, "running_mean", 0, 1, &c, e) ||
        !lint_layer_add(l, "running_var", 0, 1, &c, e))
        return -1;
    s->image_sum = calloc(l->batch * c, sizeof *s->image_sum);
    s->image_square = calloc(l->batch * c, sizeof *s->image_square);
    s->row = lint_floats(l->batch * c);
    s->image_mean = lint_floats(l->batch * c);
    s->mean = lint_floats(c);
    s->invstd = lint_floats(c);
    s->a = lint_floats(c);
    s->b = lint_floats(c);
    s->e = lint_floats(c);
    if (!s->image_sum || !s->image_square || !s->row || !s->image_mean || !s->mean || !s->invstd ||
        !s->a || !s->b || !s->e)
        return lint_fail_mem(e, l->name);
    return 0;
}

static void release(lint_layer *l) {
    norm_state *s = l->state;
    if (!s) return;
    free(s->image_sum);
    free(s->image_square);
    free(s->row);
    free(s->image_mean);
    free(s->mean);
    free(s->invstd);
    free(s->a);
    free(s->b);
    free(s->e);
    free(s);
}

static void init(lint_layer *l, lint_rng *r) {
    (void)r;
    for (size_t c = 0; c < l->in.c; c++) {
        l->weight[GAMMA].value[c] = l->weight[RUNNING_VAR].value[c] = 1;
        l->weight[BETA].value[c] = l->weight[RUNNING_MEAN].value[c] = 0;
    }
}

typedef struct norm_job {
    lint_layer *l;
    const lint_pass *p;
} norm_job;

/* Adds a row's float sums to the image's double ones and clears them. */
static void take_row(float *row, double *sum, size_t c) {
    for (size_t i = 0; i < c; i++) {
        sum[i] += (double)row[i];
        row[i] = 0;
    }
}

/* Mean and squared deviation of one image. */
static void image_moments(void *ctx, size_t image, int worker) {
    (void)worker;
    const norm_job *j = ctx;
    const lint_layer *l = j->l;
    norm_state *s = l->state;
    size_t c = l->in.c, w = l->in.w;
    const float *x = l->x + image * lint_shape_count(l->in);
    double *sum = s->image_sum + image * c, *square = s->image_square + image * c;
    float *row = s->row + image * c, *mean = s->image_mean + image * c;
    memset(sum, 0, c * sizeof *sum);
    memset(square, 0, c * sizeof *square);
    memset(row, 0, c * sizeof *row);
    for (size_t y = 0; y < l->in.h; y++) {
        j->p->k->sum(w, c, x + y * w * c, row);
        take_row(row, sum, c);
    }
    for (size_t i = 0; i < c; i++)
        mean[i] = (float)(sum[i] / (double)(w * l->in.h));
    for (size_t y = 0; y < l->in.h; y++) {
        j->p->k->sum_square(w, c, x + y * w * c, mean, row);
        take_row(row, square, c);
    }
}

/* Images joined in order: batch mean, 1/std, and the running statistics. */
static void join_moments(lint_layer *l, size_t n) {
    norm_state *s = l->state;
    double area = (double)(l->in.h * l->in.w), all = area * (double)n;
    for (size_t c = 0; c < l->in.c; c++) {
        double sum = 0, m2 = 0;
        for (size_t i = 0; i < n; i++)
            sum += s->image_sum[i * l->in.c + c];
        double mean = sum / all;
        for (size_t i = 0; i < n; i++) {
            /* Squares are about the float image_mean; move them to the batch mean. The cross term
             * is exact: sum of (x - image_mean) = image_sum - area * image_mean. */
            double im = (double)s->image_mean[i * l->in.c + c], d = im - mean;
            double rest = s->image_sum[i * l->in.c + c] - area * im;
            m2 += s->image_square[i * l->in.c + c] + 2 * d * rest + area * d * d;
        }
        double var = m2 / all;
        s->mean[c] = (float)mean;
        s->invstd[c] = (float)(1 / sqrt(var + EPS));
        float *rm = l->weight[RUNNING_MEAN].value, *rv = l->weight[RUNNING_VAR].value;
        double unbiased = all > 1 ? m2 / (all - 1) : var;
        rm[c] = (float)((1 - MOMENTUM) * (double)rm[c] + MOMENTUM * mean);
        rv[c] = (float)((1 - MOMENTUM) * (double)rv[c] + MOMENTUM * unbiased);
    }
}

static void running_moments(lint_layer *l) {
    norm_state *s = l->state;
    for (size_t c = 0; c < l->in.c; c++) {
        s->mean[c] = l->weight[RUNNING_MEAN].value[c];
        s->invstd[c] = (float)(1 / sqrt((double)l->weight[RUNNING_VAR].value[c] + EPS));
    }
}

static void apply(void *ctx, size_t image, int worker) {
    (void)worker;
    const norm_job *j = ctx;
    const lint_layer *l = j->l;
    const norm_state *s = l->state;
    size_t at = image * lint_shape_count(l->in);
    j->p->k->affine(l->in.h * l->in.w, l->in.c, l->x + at, s->a, s->b, l->y + at);
}

static void forward(lint_layer *l, const lint_pass *p) {
    norm_state *s = l->state;
    norm_job j = {l, p};
    if (p->training) {
        lint_pool_run(p->pool, p->n, image_moments, &j);
        join_moments(l, p->n);
    } else {
        running_moments(l);
    }
    for (size_t c = 0; c < l->in.c; c++) {
        s->a[c] = l->weight[GAMMA].value[c] * s->invstd[c];
        s->b[c] = l->weight[BETA].value[c] - s->mean[c] * s->a[c];
    }
    lint_pool_run(p->pool, p->n, apply, &j);
}

/* Of each image: sum of dy, and of dy (x - mean). */
static void image_products(void *ctx, size_t image, int worker) {
    (void)worker;
    const norm_job *j = ctx;
    const lint_layer *l = j->l;
    norm_state *s = l->state;
    size_t c = l->in.c, w = l->in.w, at = image * lint_shape_count(l->in);
    double *sum = s->image_sum + image * c, *product = s->image_square + image * c;
    float *row = s->row + image * c;
    memset(sum, 0, c * sizeof *sum);
    memset(product, 0, c * sizeof *product);
    memset(row, 0, c * sizeof *row);
    for (size_t y = 0; y < l->in.h; y++) {
        const float *d = l->dy + at + y * w * c;
        j->p->k->sum(w, c, d, row);
        take_row(row, sum, c);
        j->p->k->sum_product(w, c, d, l->x + at + y * w * c, s->mean, row);
        take_row(row, product, c);
    }
}

static void image_gradient(void *ctx, size_t image, int worker) {
    (void)worker;
    const norm_job *j = ctx;
    const lint_layer *l = j->l;
    const norm_state *s = l->state;
    size_t at = image * lint_shape_count(l->in);
    j->p->k->affine2(l->in.h * l->in.w, l->in.c, l->dy + at, l->x + at, s->a, s->b, s->e,
                     l->dx + at);
}

/* dx = gamma/std (dy - mean(dy) - xhat mean(dy xhat)), written as a dy + b x + e. */
static void backward(lint_layer *l, const lint_pass *p) {
    norm_state *s = l->state;
    norm_job j = {l, p};
    lint_pool_run(p->pool, p->n, image_products, &j);
    double all = (double)(l->in.h * l->in.w * p->n);
    for (size_t c = 0; c < l->in.c; c++) {
        double sum = 0, product = 0;
        for (size_t i = 0; i < p->n; i++) {
            sum += s->image_sum[i * l->in.c + c];
            product += s->image_square[i * l->in.c + c];
        }
        double invstd = (double)s->invstd[c], g = (double)l->weight[GAMMA].value[c] * invstd;
        double slope = g * invstd * invstd * product / all;
        l->weight[GAMMA].grad[c] = (float)(product * invstd);
        l->weight[BETA].grad[c] = (float)sum;
        s->a[c] = (float)g;
        s->b[c] = (float)-slope;
        s->e[c] = (float)(slope * (double)s->mean[c] - g * sum / all);
    }
    if (l->dx) lint_pool_run(p->pool, p->n, image_gradient, &j);
}

const lint_layer_kind lint_layer_batchnorm = {
    .word = "batchnorm",
    .named = 1,
    .syntax = "",
    .setup = setup,
    .init = init,
    .forward = forward,
    .backward = backward,
    .free = release,
};
