#include "train/mask_encoder_train.h"

#include "base/rng.h"
#include "engine/cam_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lint_mask_encoder_lesson {
    lint_net *net;
    lint_mask_encoder_plan plan;
    lint_threads *pool;
    lint_lesson lesson;
    size_t k, cells;
    size_t mask_h, mask_w; /* of the current batch */
    const uint8_t **mask;  /* [batch]: the current batch's masks that have an object */
    double *weight;        /* [batch] */
    float *x;              /* [batch,cells]: the masks of a pass, or those and their inverses */
    float *code, *dcode;   /* [batch,k] of masks, then [batch,k] of inverses, of any batch's half */
};

/* --- masks of a batch ------------------------------------------------------------------------- */

static int has_object(const uint8_t *mask, size_t pixels) {
    for (size_t i = 0; i < pixels; i++)
        if (mask[i]) return 1;
    return 0;
}

/* Puts the masks that have an object and a weight into s->mask and s->weight. Returns how many. */
static size_t choose(lint_mask_encoder_lesson *s, const lint_batch *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        double w = b->weight ? (double)b->weight[i] : 1;
        if (!(w > 0) || !has_object(b->mask[i], s->mask_h * s->mask_w)) continue;
        s->mask[n] = b->mask[i];
        s->weight[n++] = w;
    }
    return n;
}

static void shrink(void *ctx, size_t i, int worker) {
    (void)worker;
    lint_mask_encoder_lesson *s = ctx;
    lint_mask_shares(s->x + i * s->cells, lint_net_height(s->net), lint_net_width(s->net),
                     s->mask[i], s->mask_h, s->mask_w);
}

static void invert(const float *from, float *to, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = 1 - from[i];
}

/* Computes the codes of n masks into code [n,k], those of their inverses behind them. Training needs
 * both in one pass; otherwise two passes allow a batch as large as the net's. */
static int encode(lint_mask_encoder_lesson *s, size_t n, int training, lint_err *e) {
    size_t count = n * s->cells;
    lint_threads_run(s->pool, n, shrink, s);
    if (training) {
        invert(s->x, s->x + count, count);
        return lint_net_encode(s->net, 2 * n, s->x, s->code, 1, e);
    }
    if (lint_net_encode(s->net, n, s->x, s->code, 0, e) < 0) return -1;
    invert(s->x, s->x, count);
    return lint_net_encode(s->net, n, s->x, s->code + n * s->k, 0, e);
}

/* --- objectives: a loss of n masks, and its gradient with respect to their 2 n codes ---------- */

/* The bounds are those of torch.nn.BCELoss, for codes that have become 0 or 1. */
static double bce(double c, int is, double *d) {
    const double least = -100, smallest = 1e-12;
    *d = (c - is) / fmax(c * (1 - c), smallest);
    return -fmax(log(is ? c : 1 - c), least);
}

/* Adds the gradient to dcode. *right: whether the code is on its own side of 1/2 on average. */
static double binary_of(const float *code, float *dcode, size_t k, int is, double scale,
                        int *right) {
    double loss = 0, sum = 0, d;
    for (size_t j = 0; j < k; j++) {
        loss += bce((double)code[j], is, &d);
        dcode[j] += (float)(scale * d / (double)k);
        sum += (double)code[j];
    }
    *right = is ? sum > 0.5 * (double)k : sum < 0.5 * (double)k;
    return loss / (double)k;
}

static double binary(lint_mask_encoder_lesson *s, size_t n, size_t i, double scale, int *right) {
    size_t at = i * s->k, inverse = (n + i) * s->k;
    int a, b;
    double loss = binary_of(s->code + at, s->dcode + at, s->k, 1, scale / 2, &a);
    loss += binary_of(s->code + inverse, s->dcode + inverse, s->k, 0, scale / 2, &b);
    *right = a && b;
    return loss / 2;
}

/* torch.nn.PairwiseDistance adds this to each difference, which prevents a division by zero. */
static const double APART = 1e-6;

static double distance(const float *a, const float *b, size_t k) {
    double sum = 0;
    for (size_t j = 0; j < k; j++) {
        double v = (double)a[j] - (double)b[j] + APART;
        sum += v * v;
    }
    return sqrt(sum);
}

static void pull(const float *a, const float *b, float *da, float *db, size_t k, double d,
                 double scale) {
    for (size_t j = 0; j < k; j++) {
        double g = scale * ((double)a[j] - (double)b[j] + APART) / d;
        da[j] += (float)g;
        db[j] -= (float)g;
    }
}

/* Code p is that of mask `other`, code n that of the inverse of mask `opposite`. */
static double triplet(lint_mask_encoder_lesson *s, size_t n, size_t i, size_t other,
                      size_t opposite, double scale, int *right) {
    size_t k = s->k, at[3] = {i * k, other * k, (n + opposite) * k};
    const float *a = s->code + at[0], *p = s->code + at[1], *v = s->code + at[2];
    double near = distance(a, p, k), far = distance(a, v, k);
    double loss = near - far + s->plan.margin;
    *right = near < far;
    if (loss <= 0) return 0;
    pull(a, p, s->dcode + at[0], s->dcode + at[1], k, near, scale);
    pull(a, v, s->dcode + at[0], s->dcode + at[2], k, far, -scale);
    return loss;
}

/* Adds the loss of n masks to *sum, and puts its gradient with respect to their codes into s->dcode. */
static void objective(lint_mask_encoder_lesson *s, size_t n, uint64_t step, lint_loss_sum *sum) {
    double all = 0;
    lint_rng r = lint_rng_at(s->plan.seed, LINT_RNG_SHUFFLE, step, 1);
    size_t other = n > 1 ? 1 + (size_t)lint_rng_below(&r, n - 1) : 0;
    size_t opposite = (size_t)lint_rng_below(&r, n);
    for (size_t i = 0; i < n; i++)
        all += s->weight[i];
    memset(s->dcode, 0, 2 * n * s->k * sizeof *s->dcode);
    for (size_t i = 0; i < n; i++) {
        int right;
        double scale = s->weight[i] / all;
        double loss = s->plan.objective == LINT_ENCODER_BINARY
                          ? binary(s, n, i, scale, &right)
                          : triplet(s, n, i, (i + other) % n, (i + opposite) % n, scale, &right);
        sum->ce += s->weight[i] * loss;
        sum->correct += (size_t)right;
    }
    sum->weight += all;
    sum->n += n;
}

/* Adds the gradient of l1 * sum |w|. Weights are told from biases by their names. */
static void add_l1(const lint_mask_encoder_lesson *s) {
    for (size_t i = 0; s->plan.l1 > 0 && i < lint_net_params(s->net); i++) {
        lint_param p = lint_net_param(s->net, i);
        const char *dot = strrchr(p.name, '.');
        if (!p.grad || !dot || strcmp(dot, ".weight") != 0) continue;
        for (size_t q = 0; q < p.count; q++)
            p.grad[q] += (float)(s->plan.l1 * ((p.value[q] > 0) - (p.value[q] < 0)));
    }
}

/* --- the lesson ------------------------------------------------------------------------------- */

static int step(void *ctx, const lint_batch *b, lint_loss_sum *sum, lint_err *e) {
    lint_mask_encoder_lesson *s = ctx;
    size_t n = choose(s, b);
    if (n == 0) return 0;
    if (encode(s, n, 1, e) < 0) return -1;
    objective(s, n, b->step, sum);
    if (lint_net_encode_back(s->net, 2 * n, s->dcode, NULL, e) < 0) return -1;
    add_l1(s);
    return 0;
}

static int score(void *ctx, const lint_batch *b, lint_loss_sum *sum, lint_err *e) {
    lint_mask_encoder_lesson *s = ctx;
    size_t n = choose(s, b);
    if (n == 0) return 0;
    if (encode(s, n, 0, e) < 0) return -1;
    objective(s, n, 0, sum);
    return 0;
}

static int check_masks(const char *name, int has_mask, lint_err *e) {
    if (has_mask) return 0;
    return lint_fail(e, "%s: no 'mask', which a mask encoder learns from", name);
}

static int check_objects(const lint_dataset *set, const char *name, lint_err *e) {
    size_t pixels = lint_dataset_height(set) * lint_dataset_width(set);
    for (size_t i = 0; i < lint_dataset_count(set); i++)
        if (lint_dataset_weight(set, i) > 0 && has_object(lint_dataset_mask(set, i), pixels))
            return 0;
    return lint_fail(e, "%s: no mask has an object in it", name);
}

static int check(const lint_net *net, const lint_mask_encoder_plan *plan, const lint_batches *b,
                 const lint_dataset *val, const char *val_name, lint_err *e) {
    if (!lint_net_is_encoder(net)) return lint_fail(e, "the network's input is not a mask");
    const char *last = lint_net_time_of(net, lint_net_layers(net) - 1).kind;
    if (plan->objective == LINT_ENCODER_BINARY && strcmp(last, "sigmoid") != 0)
        return lint_fail(e,
                         "the binary objective needs codes from 0 to 1, but the network ends in a "
                         "'%s': expected a 'sigmoid'",
                         last);
    if (check_masks(lint_batches_name(b), lint_batches_has_mask(b), e) < 0) return -1;
    if (!val) return 0;
    if (lint_dataset_count(val) == 0) return lint_fail(e, "%s: no samples", val_name);
    if (check_masks(val_name, lint_dataset_has_mask(val), e) < 0) return -1;
    if (lint_dataset_height(val) == lint_batches_height(b) &&
        lint_dataset_width(val) == lint_batches_width(b))
        return check_objects(val, val_name, e);
    return lint_fail(e, "%s: masks are %zux%zu, but %zux%zu in %s", val_name,
                     lint_dataset_width(val), lint_dataset_height(val), lint_batches_width(b),
                     lint_batches_height(b), lint_batches_name(b));
}

static int allocate(lint_mask_encoder_lesson *s, lint_err *e) {
    size_t batch = lint_net_batch(s->net);
    s->mask = calloc(batch, sizeof *s->mask);
    s->weight = calloc(batch, sizeof *s->weight);
    s->x = calloc(batch * s->cells, sizeof *s->x);
    s->code = calloc(2 * batch * s->k, sizeof *s->code);
    s->dcode = calloc(2 * batch * s->k, sizeof *s->dcode);
    if (s->mask && s->weight && s->x && s->code && s->dcode) return 0;
    return lint_fail_mem(e, "masks");
}

lint_mask_encoder_lesson *
lint_mask_encoder_lesson_new(lint_net *net, const lint_mask_encoder_plan *plan,
                             const lint_batches *batches, const lint_dataset *val,
                             const char *val_name, lint_threads *pool, lint_err *e) {
    if (check(net, plan, batches, val, val_name, e) < 0) return NULL;
    lint_mask_encoder_lesson *s = calloc(1, sizeof *s);
    if (!s) {
        lint_fail_mem(e, "masks");
        return NULL;
    }
    *s = (lint_mask_encoder_lesson){.net = net,
                                    .plan = *plan,
                                    .pool = pool,
                                    .lesson = {step, score, s},
                                    .k = lint_net_classes(net),
                                    .cells = lint_net_height(net) * lint_net_width(net),
                                    .mask_h = lint_batches_height(batches),
                                    .mask_w = lint_batches_width(batches)};
    if (allocate(s, e) == 0) return s;
    lint_mask_encoder_lesson_free(s);
    return NULL;
}

void lint_mask_encoder_lesson_free(lint_mask_encoder_lesson *s) {
    if (!s) return;
    free(s->mask);
    free(s->weight);
    free(s->x);
    free(s->code);
    free(s->dcode);
    free(s);
}

const lint_lesson *lint_mask_encoder_lesson_of(const lint_mask_encoder_lesson *s) {
    return &s->lesson;
}

/* --- the codes that are kept ------------------------------------------------------------------ */

/* Adds the weighted codes of every mask of the set to sum [2 k]: of masks, then of inverses. */
static int add_codes(lint_mask_encoder_lesson *s, const lint_dataset *set, double *sum,
                     double *weight, lint_err *e) {
    lint_walk w;
    lint_batch b;
    int err = 0;
    if (lint_walk_new(&w, set, lint_net_batch(s->net), e) < 0) return -1;
    while (!err && lint_walk_next(&w, &b)) {
        size_t n = choose(s, &b);
        if (n && (err = encode(s, n, 0, e)) < 0) break;
        for (size_t i = 0; i < 2 * n; i++)
            for (size_t j = 0; j < s->k; j++)
                sum[(i >= n) * s->k + j] += s->weight[i % n] * (double)s->code[i * s->k + j];
        for (size_t i = 0; i < n; i++)
            *weight += s->weight[i];
    }
    lint_walk_free(&w);
    return err;
}

int lint_mask_encoder_learnt(lint_mask_encoder_lesson *s, const lint_dataset *set, lint_frame *f,
                             lint_err *e) {
    double *sum = calloc(2 * s->k, sizeof *sum), weight = 0, apart = 0;
    float *code = calloc(2 * s->k, sizeof *code);
    int err = sum && code ? add_codes(s, set, sum, &weight, e) : lint_fail_mem(e, "codes");
    if (!err && !(weight > 0)) err = lint_fail(e, "no mask has an object in it");
    for (size_t j = 0; !err && j < 2 * s->k; j++)
        code[j] = (float)(sum[j] / weight);
    for (size_t j = 0; !err && j < s->k; j++)
        apart += fabs((double)code[j] - (double)code[s->k + j]);
    if (!err && !(apart > 0))
        err = lint_fail(e, "the encoder has learnt nothing: masks and inverted masks have "
                           "the same code (another --lr or --l1 may help)");
    if (!err) err = lint_mask_encoder_store(s->net, code, code + s->k, f, e);
    free(sum);
    free(code);
    return err;
}
