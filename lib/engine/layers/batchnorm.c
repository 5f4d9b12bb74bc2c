/* batchnorm: `batchnorm [eps E] [momentum M]`. Per channel over images and cells (Ioffe and Szegedy
 * 2015), eps 1e-5 unless given, running statistics with momentum 0.1 unless given and the unbiased
 * variance, as torch.nn.BatchNorm2d.
 *
 * A `maxpool 2` that follows is fused into the layer: what is largest before the normalisation is
 * so after it (smallest, where gamma is negative), so the pool looks at x while its moments are
 * summed, and the normalised picture is never written. Backward then reads x once and writes dx
 * once. This halves the memory of training and a third of its traffic.
 *
 * A convolution that goes row by row is fused with this layer, its consumer: the layer sees the
 * rows of x while they are in the cache, and makes those of dx when the convolution asks for them,
 * so that dx is never written either.
 *
 * Statistics are taken of each image about the mean of its first row, row sums in float, and joined
 * in double in the order of images (Chan, Golub, LeVeque 1983), so that a large mean costs no
 * precision and the number of threads none of the bytes.
 */
#include "engine/layers/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GAMMA, BETA, RUNNING_MEAN, RUNNING_VAR };

typedef struct norm_state {
    double eps, momentum;
    int pooled;           /* a 2x2 pool is part of the layer */
    double *sum, *square; /* [batch, C]: of each image, about its shift */
    float *shift;         /* [batch, C] */
    float *row;           /* [batch, 2C]: a row's sums, scratch of an image */
    float *mean, *invstd; /* [C] of the batch */
    float *sign;          /* [C] of gamma: which end of x the pool takes */
    float *a, *b, *e;     /* [C] coefficients of a pass */
    float *taken;         /* pooled: [batch, out] the x that the pool took; NULL: y holds it */
    uint8_t *arg;         /* pooled: where from, which backward wants; [batch, out] */
} norm_state;

static int batchnorm_parse(const lint_layer *l, norm_state *s, lint_err *e) {
    s->eps = 1e-5;
    s->momentum = 0.1;
    for (size_t i = 0; i < l->args; i += 2) {
        int is_eps = strcmp(l->arg[i], "eps") == 0;
        if (!is_eps && strcmp(l->arg[i], "momentum") != 0) return lint_arg_syntax(l, e);
        if (lint_arg_share(l, i + 1, is_eps ? &s->eps : &s->momentum, e) < 0) return -1;
    }
    return 0;
}

static int batchnorm_setup(lint_layer *l, lint_err *e) {
    l->out = l->in;
    size_t c = l->in.c;
    norm_state *s = calloc(1, sizeof *s);
    if (!s) return lint_fail_mem(e, l->name);
    l->state = s;
    if (batchnorm_parse(l, s, e) < 0) return -1;
    if (l->trains) l->scratch = l->in.w * c; /* a row of x as floats */
    if (!lint_layer_weights(l, "weight", 1, 1, &c, e) ||
        !lint_layer_weights(l, "bias", 1, 1, &c, e) ||
        !lint_layer_weights(l, "running_mean", 0, 1, &c, e) ||
        !lint_layer_weights(l, "running_var", 0, 1, &c, e))
        return -1;
    if (lint_layer_claim(l, l->batch, c, 2 * sizeof *s->sum + 3 * sizeof *s->row, e) < 0 ||
        lint_layer_claim(l, 6, c, sizeof *s->a, e) < 0)
        return -1;
    s->sum = calloc(l->batch * c, sizeof *s->sum);
    s->square = calloc(l->batch * c, sizeof *s->square);
    s->shift = lint_floats(l->batch * c);
    s->row = lint_floats(l->batch * 2 * c);
    float **each[] = {&s->mean, &s->invstd, &s->sign, &s->a, &s->b, &s->e};
    int err = !s->sum || !s->square || !s->shift || !s->row;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        err |= !(*each[i] = lint_floats(c));
    return err ? lint_fail_mem(e, l->name) : 0;
}

int lint_batchnorm_has_room(const lint_layer *l) {
    const norm_state *s = l->state;
    return !s->pooled;
}

int lint_batchnorm_fuse_pool(lint_layer *l, lint_err *e) {
    norm_state *s = l->state;
    l->out = (lint_shape){l->in.h / 2, l->in.w / 2, l->in.c};
    l->kernel[0] = l->kernel[1] = l->stride[0] = l->stride[1] = 2;
    s->pooled = 1;
    size_t all = lint_shape_count(l->out);
    if (!l->trains) return 0;
    if (lint_layer_claim(l, l->batch, all, sizeof *s->arg + sizeof *s->taken, e) < 0) return -1;
    s->arg = malloc(l->batch * all);
    s->taken = lint_floats(l->batch * all);
    return s->arg && s->taken ? 0 : lint_fail_mem(e, l->name);
}

static void batchnorm_release(lint_layer *l) {
    norm_state *s = l->state;
    if (!s) return;
    free(s->sum);
    free(s->square);
    free(s->shift);
    free(s->row);
    free(s->mean);
    free(s->invstd);
    free(s->sign);
    free(s->a);
    free(s->b);
    free(s->e);
    free(s->taken);
    free(s->arg);
    free(s);
}

static void batchnorm_init(lint_layer *l, lint_rng *r) {
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

/* Whether statistics are those of the batch: in training, unless the layer is frozen. */
static int uses_batch(const norm_job *j) {
    return j->p->training && !j->l->frozen;
}

/* Adds a row's float sums to the image's double ones and clears them. */
static void take_row(float *row, double *sum, size_t c) {
    for (size_t i = 0; i < c; i++) {
        sum[i] += (double)row[i];
        row[i] = 0;
    }
}

/* --- forward ---------------------------------------------------------------------------------- */

static void clear_sums(const lint_layer *l, size_t image) {
    norm_state *s = l->state;
    size_t c = l->in.c;
    memset(s->sum + image * c, 0, c * sizeof *s->sum);
    memset(s->square + image * c, 0, c * sizeof *s->square);
    memset(s->row + image * 2 * c, 0, 2 * c * sizeof *s->row);
}

/* The mean of the first row: near the image's mean, and equal to it if the image is constant. */
static void set_shift(const norm_job *j, size_t image, const float *x) {
    const lint_layer *l = j->l;
    float *shift = ((norm_state *)l->state)->shift + image * l->in.c;
    memset(shift, 0, l->in.c * sizeof *shift);
    j->p->k->sum(l->in.w, l->in.c, x, shift);
    for (size_t c = 0; c < l->in.c; c++)
        shift[c] /= (float)l->in.w;
}

static void add_moments(const norm_job *j, size_t image, const float *x) {
    const lint_layer *l = j->l;
    norm_state *s = l->state;
    size_t c = l->in.c;
    float *row = s->row + image * 2 * c;
    j->p->k->moments(l->in.w, c, x, s->shift + image * c, row, row + c);
    take_row(row, s->sum + image * c, c);
    take_row(row + c, s->square + image * c, c);
}

static float *taken_of(const lint_layer *l) {
    const norm_state *s = l->state;
    return s->taken ? s->taken : l->y;
}

/* Row y of an image's x: its moments (training) and, of a pair, what the pool takes. */
static void look_row(const norm_job *j, size_t image, size_t y, const float *x) {
    const lint_layer *l = j->l;
    norm_state *s = l->state;
    size_t full = l->in.w * l->in.c, row = l->out.w * l->out.c;
    size_t at = image * lint_shape_count(l->out) + y / 2 * row;
    uint8_t *arg = s->arg ? s->arg + at : NULL;
    if (uses_batch(j)) {
        if (y == 0) clear_sums(l, image);
        if (y == 0) set_shift(j, image, x);
        add_moments(j, image, x);
    }
    if (s->pooled && y % 2)
        j->p->k->pool2(l->out.w, l->out.c, x - full, x, s->sign, taken_of(l) + at, arg);
}

int lint_batchnorm_takes_bfloats(const lint_layer *l, const lint_pass *p) {
    return l->halves && p->training && p->precision == LINT_PRECISION_BF16;
}

/* Row y of an image's x; where that is bfloat16, as floats in `room`. */
static const float *row_of(const lint_layer *l, const lint_pass *p, size_t image, size_t y,
                           float *room) {
    size_t full = l->in.w * l->in.c, at = (image * l->in.h + y) * full;
    if (!lint_batchnorm_takes_bfloats(l, p)) return l->x + at;
    p->k->from_bfloat16(full, (const uint16_t *)l->x + at, room);
    return room;
}

static void look(void *ctx, size_t image, int worker) {
    const norm_job *j = ctx;
    for (size_t y = 0; y < j->l->in.h; y++)
        look_row(j, image, y, row_of(j->l, j->p, image, y, j->p->scratch[worker]));
}

static void batchnorm_fused_begin(lint_layer *l) {
    const norm_state *s = l->state;
    for (size_t c = 0; c < l->in.c; c++)
        s->sign[c] = l->weight[GAMMA].value[c] < 0 ? -1 : 1;
}

static void batchnorm_fused_forward(lint_layer *l, const lint_pass *p, size_t image, size_t y,
                                    const float *x) {
    const norm_job j = {l, p};
    look_row(&j, image, y, x);
}

/* Images joined in order: batch mean, 1/std, and the running statistics. */
static void join_moments(lint_layer *l, size_t n) {
    norm_state *s = l->state;
    double area = (double)(l->in.h * l->in.w), all = area * (double)n;
    for (size_t c = 0; c < l->in.c; c++) {
        double sum = 0, m2 = 0;
        for (size_t i = c; i < n * l->in.c; i += l->in.c)
            sum += area * (double)s->shift[i] + s->sum[i];
        double mean = sum / all;
        for (size_t i = c; i < n * l->in.c; i += l->in.c) {
            /* Squares about the image's shift, moved to the batch mean. */
            double d = (double)s->shift[i] - mean;
            m2 += s->square[i] + 2 * d * s->sum[i] + area * d * d;
        }
        double var = m2 > 0 ? m2 / all : m2 * 0; /* rounding may go below 0; NaN stays */
        s->mean[c] = (float)mean;
        s->invstd[c] = (float)(1 / sqrt(var + s->eps));
        float *rm = l->weight[RUNNING_MEAN].value, *rv = l->weight[RUNNING_VAR].value;
        double unbiased = all > 1 ? var * all / (all - 1) : var;
        rm[c] = (float)((1 - s->momentum) * (double)rm[c] + s->momentum * mean);
        rv[c] = (float)((1 - s->momentum) * (double)rv[c] + s->momentum * unbiased);
    }
}

static void running_moments(lint_layer *l) {
    norm_state *s = l->state;
    for (size_t c = 0; c < l->in.c; c++) {
        s->mean[c] = l->weight[RUNNING_MEAN].value[c];
        s->invstd[c] = (float)(1 / sqrt((double)l->weight[RUNNING_VAR].value[c] + s->eps));
    }
}

static void apply(void *ctx, size_t image, int worker) {
    const norm_job *j = ctx;
    const lint_layer *l = j->l;
    const norm_state *s = l->state;
    const lint_layer *sum = j->p->training ? l->sum : NULL;
    const lint_epilogue e = lint_batchnorm_epilogue(l);
    size_t row = l->out.w * l->out.c, at = image * lint_shape_count(l->out);
    for (size_t y = 0; y < l->out.h; y++, at += row) {
        float *to = sum ? j->p->scratch[worker] : l->y + at;
        const float *x = s->pooled ? taken_of(l) + at : row_of(l, j->p, image, y, to);
        j->p->k->affine(l->out.w, l->in.c, x, &e, to);
        if (sum)
            j->p->k->add(row, to, l->x2 + at, lint_activation_epilogue(sum->epilogue[0]).top,
                         l->y + at);
    }
}

static void affine_coefficients(lint_layer *l) {
    norm_state *s = l->state;
    for (size_t c = 0; c < l->in.c; c++) {
        s->a[c] = l->weight[GAMMA].value[c] * s->invstd[c];
        s->b[c] = l->weight[BETA].value[c] - s->mean[c] * s->a[c];
    }
}

static void batchnorm_epilogue_begin(lint_layer *l) {
    running_moments(l);
    affine_coefficients(l);
}

lint_epilogue lint_batchnorm_epilogue(const lint_layer *l) {
    const norm_state *s = l->state;
    lint_epilogue e = lint_activation_epilogue(l->epilogue[0]);
    e.scale = s->a;
    e.shift = s->b;
    return e;
}

static void batchnorm_forward(lint_layer *l, const lint_pass *p) {
    norm_state *s = l->state;
    norm_job j = {l, p};
    if (!l->is_consumer) batchnorm_fused_begin(l);
    if (!l->is_consumer && (uses_batch(&j) || s->pooled)) lint_threads_run(p->pool, p->n, look, &j);
    if (uses_batch(&j))
        join_moments(l, p->n);
    else
        running_moments(l);
    affine_coefficients(l);
    lint_threads_run(p->pool, p->n, apply, &j);
}

/* --- backward --------------------------------------------------------------------------------- */

/* Takes the clipped output's gradient to what it is before it is clipped, n numbers from `at` on. */
static void unclip(const lint_layer *l, const lint_pass *p, size_t n, size_t at) {
    const lint_layer *clip = l->epilogue[0];
    if (clip) clip->kind->epilogue_back(clip, p, n, l->y + at, l->dy + at);
}

static void unclip_image(void *ctx, size_t image, int worker) {
    (void)worker;
    const norm_job *j = ctx;
    size_t n = lint_shape_count(j->l->out);
    unclip(j->l, j->p, n, image * n);
}

/* For each image, the sums of dy and of dy (x - mean) over the cells that reach y. */
static void image_products(void *ctx, size_t image, int worker) {
    const norm_job *j = ctx;
    const lint_layer *l = j->l;
    norm_state *s = l->state;
    size_t c = l->out.c, w = l->out.w, at = image * lint_shape_count(l->out);
    float *row = s->row + image * 2 * c, *room = j->p->scratch[worker];
    clear_sums(l, image);
    for (size_t y = 0; y < l->out.h; y++, at += w * c) {
        const float *x = s->pooled ? s->taken + at : row_of(l, j->p, image, y, room);
        float *d = l->dy + at;
        unclip(l, j->p, w * c, at);
        j->p->k->sum(w, c, d, row);
        take_row(row, s->sum + image * c, c);
        j->p->k->sum_product(w, c, d, x, s->mean, row);
        take_row(row, s->square + image * c, c);
    }
}

/* Rows y and, of a pooled layer, y + 1 of dx. */
static int batchnorm_fused_backward(const lint_layer *l, const lint_pass *p, size_t image, size_t y,
                                    float *to, float *next) {
    const norm_state *s = l->state;
    size_t c = l->in.c, full = l->in.w * c, row = l->out.w * c;
    const float *x = row_of(l, p, image, y, to);
    if (!s->pooled) {
        const float *d = l->dy + image * lint_shape_count(l->out) + y * full;
        p->k->affine2(l->in.w, c, d, x, s->a, s->b, s->e, to);
        return 1;
    }
    const lint_epilogue outside = {.scale = s->b, .shift = s->e}; /* of all windows */
    if (y + 1 == l->in.h) {
        p->k->affine(l->in.w, c, x, &outside, to);
        return 1;
    }
    size_t at = image * lint_shape_count(l->out) + y / 2 * row;
    const float *const from[2] = {x, row_of(l, p, image, y + 1, next)};
    float *const both[2] = {to, next};
    p->k->unpool2_affine2(l->out.w, c, l->dy + at, s->arg + at, from, s->a, s->b, s->e, both);
    for (int i = 0; l->in.w % 2 && i < 2; i++)
        p->k->affine(1, c, from[i] + full - c, &outside, both[i] + full - c);
    return 2;
}

static void image_gradient(void *ctx, size_t image, int worker) {
    const norm_job *j = ctx;
    const lint_layer *l = j->l;
    const norm_state *s = l->state;
    size_t full = l->in.w * l->in.c, at = image * lint_shape_count(l->in);
    for (size_t y = 0; y < l->in.h && !s->pooled; y++, at += full) { /* dx may be dy */
        const float *x = row_of(l, j->p, image, y, j->p->scratch[worker]);
        j->p->k->affine2(l->in.w, l->in.c, l->dy + at, x, s->a, s->b, s->e, l->dx + at);
    }
    for (size_t y = 0; y < l->in.h && s->pooled;) {
        float *dx = l->dx + at + y * full;
        y += (size_t)batchnorm_fused_backward(l, j->p, image, y, dx, dx + full);
    }
}

/* With fixed statistics: dx = gamma/std dy. */
static void fixed_coefficients(lint_layer *l) {
    norm_state *s = l->state;
    for (size_t c = 0; c < l->in.c; c++) {
        s->a[c] = l->weight[GAMMA].value[c] * s->invstd[c];
        s->b[c] = s->e[c] = 0;
    }
}

/* dx = gamma/std (dy - mean(dy) - xhat mean(dy xhat)), written as a dy + b x + e. */
static void coefficients(lint_layer *l, const lint_pass *p) {
    norm_state *s = l->state;
    norm_job j = {l, p};
    lint_threads_run(p->pool, p->n, image_products, &j);
    double all = (double)(l->in.h * l->in.w * p->n);
    for (size_t c = 0; c < l->in.c; c++) {
        double sum = 0, product = 0;
        for (size_t i = c; i < p->n * l->in.c; i += l->in.c) {
            sum += s->sum[i];
            product += s->square[i];
        }
        double invstd = (double)s->invstd[c], g = (double)l->weight[GAMMA].value[c] * invstd;
        double slope = g * invstd * invstd * product / all;
        l->weight[GAMMA].grad[c] = (float)(product * invstd);
        l->weight[BETA].grad[c] = (float)sum;
        s->a[c] = (float)g;
        s->b[c] = (float)-slope;
        s->e[c] = (float)(slope * (double)s->mean[c] - g * sum / all);
    }
}

static void batchnorm_backward(lint_layer *l, const lint_pass *p) {
    norm_job j = {l, p};
    if (l->frozen) {
        fixed_coefficients(l);
        lint_threads_run(p->pool, p->n, unclip_image, &j);
    } else {
        coefficients(l, p);
    }
    if (l->dx && !l->is_consumer) lint_threads_run(p->pool, p->n, image_gradient, &j);
}

static void batchnorm_describe(const lint_layer *l, lint_geometry *g) {
    const norm_state *s = l->state;
    *g = (lint_geometry){.eps = s->eps, .pooled = s->pooled};
}

const lint_layer_kind lint_layer_batchnorm = {
    .word = "batchnorm",
    .named = 1,
    .dx_over_dy = 1,
    .syntax = "[eps E] [momentum M]",
    .setup = batchnorm_setup,
    .init = batchnorm_init,
    .forward = batchnorm_forward,
    .backward = batchnorm_backward,
    .fused_begin = batchnorm_fused_begin,
    .epilogue_begin = batchnorm_epilogue_begin,
    .fused_forward = batchnorm_fused_forward,
    .fused_backward = batchnorm_fused_backward,
    .describe = batchnorm_describe,
    .free = batchnorm_release,
};
