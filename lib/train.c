#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- weights, kept ------------------------------------------------------------------------- */

/* One array for all parameters and buffers of a net. */
static float *weights_new(const lint_net *net, lint_err *e) {
    size_t floats = 0;
    for (size_t i = 0; i < lint_net_params(net); i++)
        floats += lint_net_param(net, i).count;
    float *kept = calloc(floats + 1, sizeof *kept);
    if (!kept) lint_fail_mem(e, "a copy of the weights");
    return kept;
}

static void weights_keep(const lint_net *net, float *kept) {
    for (size_t i = 0; i < lint_net_params(net); i++) {
        lint_param p = lint_net_param(net, i);
        memcpy(kept, p.value, p.count * sizeof *kept);
        kept += p.count;
    }
}

static void weights_restore(const lint_net *net, const float *kept) {
    for (size_t i = 0; i < lint_net_params(net); i++) {
        lint_param p = lint_net_param(net, i);
        memcpy(p.value, kept, p.count * sizeof *kept);
        kept += p.count;
    }
}

/* --- one epoch ----------------------------------------------------------------------------- */

typedef struct run {
    lint_net *net;
    lint_batches *batches;
    const lint_training *t;
    lint_loss loss; /* with this epoch's weights */
    lint_optim *optim;
    lint_walk walk; /* over the validation set; .set NULL if there is none */
    float *kept;
} run;

static int stopping(const run *r) {
    return r->t->stop && *r->t->stop;
}

static lint_scores scores(const lint_loss *loss, const lint_loss_sum *sum) {
    lint_scores s = {.cam = NAN};
    s.ce = sum->ce / sum->weight;
    s.accuracy = (double)sum->correct / (double)sum->n;
    s.loss = loss->ce_weight * s.ce;
    if (loss->cam == LINT_CAM_NONE) return s;
    s.cam = sum->cam / (double)sum->n;
    s.loss += loss->cam_weight * s.cam;
    return s;
}

static void add(lint_loss_sum *to, const lint_loss_sum *more) {
    to->ce += more->ce;
    to->weight += more->weight;
    to->cam += more->cam;
    to->n += more->n;
    to->correct += more->correct;
}

static int has_label(const lint_batch *b) {
    for (size_t i = 0; i < b->n; i++)
        if (b->label[i] >= 0) return 1;
    return 0;
}

static int not_finite(const lint_epoch *row, const char *where, const lint_scores *s, lint_err *e) {
    char cam[48] = "";
    if (!isnan(s->cam) || isnan(s->loss)) snprintf(cam, sizeof cam, ", CAM loss %g", s->cam);
    return lint_fail(e,
                     "epoch %zu, %s: the loss is not finite (cross-entropy %g%s); a lower --lr "
                     "than %g%s may help",
                     row->epoch, where, s->ce, row->rates.cam_weight > 0 ? cam : "", row->rates.lr,
                     row->rates.cam_weight > 0 ? " or a lower --cam-weight" : "");
}

/* A forward and a backward pass and the update; samples without labels alone move nothing. */
static int step(run *r, const lint_batch *b, const lint_epoch *row, size_t number,
                lint_loss_sum *sum, lint_err *e) {
    lint_loss_sum now = {0};
    char where[40];
    if (!has_label(b)) return 0;
    if (lint_net_step(r->net, b, &r->loss, &now, e) < 0)
        return lint_err_prefix(e, "epoch %zu, batch %zu: ", row->epoch, number);
    lint_scores s = scores(&r->loss, &now);
    snprintf(where, sizeof where, "batch %zu", number);
    if (!isfinite(s.loss)) return not_finite(row, where, &s, e);
    add(sum, &now);
    lint_optim_step(r->optim, row->rates.lr);
    return 0;
}

/* 1: row->train is filled. 0: stopped. -1: an error. */
static int train_epoch(run *r, lint_epoch *row, lint_err *e) {
    lint_loss_sum sum = {0};
    lint_batch b;
    size_t done = 0, number = 0;
    int got;
    while ((got = lint_batches_next(r->batches, &b, e)) > 0) {
        if (step(r, &b, row, ++number, &sum, e) < 0) return -1;
        if (r->t->on_batch) r->t->on_batch(r->t->ctx, row->epoch, done += b.n);
        if (stopping(r)) return 0;
    }
    if (got < 0) return -1;
    if (sum.n == 0)
        return lint_fail(e, "%s: epoch %zu has no sample with a label",
                         lint_batches_name(r->batches), row->epoch);
    row->train = scores(&r->loss, &sum);
    return 1;
}

/* As train_epoch, for row->val. */
static int validate(run *r, lint_epoch *row, lint_err *e) {
    lint_loss_sum sum = {0};
    lint_batch b;
    row->val = (lint_scores){NAN, NAN, NAN, NAN};
    if (!r->walk.set) return 1;
    lint_walk_restart(&r->walk);
    while (lint_walk_next(&r->walk, &b)) {
        if (has_label(&b) && lint_net_score(r->net, &b, &r->loss, NULL, &sum, e) < 0)
            return lint_err_prefix(e, "epoch %zu, validation: ", row->epoch);
        if (stopping(r)) return 0;
    }
    row->val = scores(&r->loss, &sum);
    return isfinite(row->val.loss) ? 1 : not_finite(row, "validation", &row->val, e);
}

/* The validation loss of an epoch under other weights than its own. */
static double loss_under(const lint_rates *rates, const lint_scores *s) {
    return rates->ce_weight * s->ce + (isnan(s->cam) ? 0 : rates->cam_weight * s->cam);
}

static int better(const run *r, const lint_epoch *row, const lint_epoch *best) {
    if (best->epoch == 0 || r->t->best == LINT_BEST_LAST || !r->walk.set) return 1;
    double more = row->val.accuracy - best->val.accuracy;
    if (r->t->best == LINT_BEST_ACCURACY && more != 0) return more > 0;
    return loss_under(&row->rates, &row->val) < loss_under(&row->rates, &best->val);
}

static int epoch(run *r, size_t number, lint_trained *done, lint_err *e) {
    lint_epoch row = {.epoch = number, .rates = lint_schedule_at(&r->t->schedule, number)};
    r->loss.ce_weight = row.rates.ce_weight;
    r->loss.cam_weight = row.rates.cam_weight;
    int ok = train_epoch(r, &row, e);
    if (ok > 0) ok = validate(r, &row, e);
    if (ok <= 0) return ok;
    done->epochs = number;
    row.best = better(r, &row, &done->best);
    if (row.best) {
        done->best = row;
        weights_keep(r->net, r->kept);
    }
    if (r->t->on_epoch && r->t->on_epoch(r->t->ctx, &row, e) < 0) return -1;
    return 1;
}

/* --- all epochs ---------------------------------------------------------------------------- */

/* The end of a stream where the schedule goes on. */
static int ended_early(const run *r, size_t number, lint_err *e) {
    size_t epochs = r->t->schedule.epochs;
    if (number == 1) return lint_fail(e, "%s: no samples", lint_batches_name(r->batches));
    if (number > epochs) return 0;
    return lint_fail(e, "%s: ended after epoch %zu of %zu", lint_batches_name(r->batches),
                     number - 1, epochs);
}

static int all_epochs(run *r, lint_trained *done, lint_err *e) {
    size_t epochs = r->t->schedule.epochs;
    for (size_t number = 1; epochs == 0 || number <= epochs; number++) {
        int ok = lint_batches_begin(r->batches, number, e);
        if (ok == 0) return ended_early(r, number, e);
        if (ok > 0) ok = epoch(r, number, done, e);
        /* The signal also ends the programs that feed a pipe, and interrupts reads. */
        if (ok <= 0 && stopping(r)) done->stopped = 1;
        if (done->stopped) return 0;
        if (ok < 0) return -1;
    }
    return 0;
}

static int run_new(run *r, lint_pool *pool, const lint_set *val, lint_err *e) {
    size_t n = lint_net_params(r->net);
    lint_param *param = calloc(n + 1, sizeof *param);
    if (!param) return lint_fail_mem(e, "the optimiser");
    for (size_t i = 0; i < n; i++)
        param[i] = lint_net_param(r->net, i);
    r->optim = lint_optim_new(param, n, &r->t->optim, pool, e);
    free(param);
    if (!r->optim) return -1;
    r->kept = weights_new(r->net, e);
    if (!r->kept) return -1;
    return val ? lint_walk_new(&r->walk, val, lint_net_batch(r->net), e) : 0;
}

int lint_train(lint_net *net, lint_batches *batches, const lint_set *val, const lint_training *t,
               lint_pool *pool, lint_trained *done, lint_err *e) {
    run r = {.net = net, .batches = batches, .t = t, .loss = t->loss};
    *done = (lint_trained){0};
    int ok = run_new(&r, pool, val, e);
    if (ok == 0) ok = all_epochs(&r, done, e);
    if (ok == 0 && done->epochs == 0)
        ok = lint_fail(e, "stopped before the first epoch was complete: there is no model");
    if (ok == 0) weights_restore(net, r.kept);
    lint_optim_free(r.optim);
    lint_walk_free(&r.walk);
    free(r.kept);
    return ok;
}

/* --- what goes together -------------------------------------------------------------------- */

static int check_size(const lint_net *net, const char *name, size_t w, size_t h, lint_err *e) {
    size_t nw = lint_net_width(net), nh = lint_net_height(net);
    if (w == nw && h == nh) return 0;
    return lint_fail(e,
                     "%s: images are %zux%zu, but the network takes %zux%zu (lint-split --size "
                     "%zux%zu makes them so)",
                     name, w, h, nw, nh, nw, nh);
}

static int check_mask(const lint_training *t, const char *name, int has_mask, lint_err *e) {
    if (t->loss.cam == LINT_CAM_NONE || t->loss.prior != LINT_PRIOR_MASK || has_mask) return 0;
    return lint_fail(e, "%s: no 'mask', which the mask prior needs", name);
}

/* The first class in which the two differ, in words. */
static int check_classes(const lint_batches *b, const lint_set *val, const char *name,
                         lint_err *e) {
    const lint_names *a = lint_batches_classes(b), *v = lint_set_classes(val);
    if (lint_names_equal(a, v)) return 0;
    if (a->n != v->n)
        return lint_fail(e, "%s: %zu classes, but %s has %zu", name, v->n, lint_batches_name(b),
                         a->n);
    size_t i = 0;
    while (strcmp(a->v[i], v->v[i]) == 0)
        i++;
    return lint_fail(e, "%s: class %zu is '%s', but '%s' in %s", name, i, v->v[i], a->v[i],
                     lint_batches_name(b));
}

static int check_val(const lint_net *net, const lint_batches *b, const lint_set *val,
                     const char *name, const lint_training *t, lint_err *e) {
    size_t n = lint_set_count(val), i = 0;
    if (n == 0) return lint_fail(e, "%s: no samples", name);
    if (check_classes(b, val, name, e) < 0) return -1;
    if (check_size(net, name, lint_set_width(val), lint_set_height(val), e) < 0) return -1;
    if (check_mask(t, name, lint_set_has_mask(val), e) < 0) return -1;
    while (i < n && lint_set_label(val, i) < 0)
        i++;
    return i < n ? 0 : lint_fail(e, "%s: no sample has a label", name);
}

int lint_train_check(const lint_net *net, const lint_batches *batches, const lint_set *val,
                     const char *val_name, const lint_training *t, lint_err *e) {
    const char *name = lint_batches_name(batches);
    if (lint_schedule_check(&t->schedule, e) < 0) return -1;
    if (check_size(net, name, lint_batches_width(batches), lint_batches_height(batches), e) < 0)
        return -1;
    if (check_mask(t, name, lint_batches_has_mask(batches), e) < 0) return -1;
    return val ? check_val(net, batches, val, val_name, t, e) : 0;
}

/* --- class weights ------------------------------------------------------------------------- */

static int balanced(const lint_names *classes, const size_t *count, float *out, lint_err *e) {
    size_t all = 0;
    for (size_t k = 0; k < classes->n; k++)
        all += count[k];
    for (size_t k = 0; k < classes->n; k++) {
        if (count[k] == 0)
            return lint_fail(e, "balanced class weights: no sample of class '%s'", classes->v[k]);
        out[k] = (float)((double)all / ((double)classes->n * (double)count[k]));
    }
    return 0;
}

int lint_class_weights(const char *text, const lint_names *classes, const size_t *count, float *out,
                       lint_err *e) {
    const char *at = text;
    for (size_t k = 0; k < classes->n; k++)
        out[k] = 1;
    if (strcmp(text, "none") == 0) return 0;
    if (strcmp(text, "balanced") == 0) {
        if (count) return balanced(classes, count, out, e);
        return lint_fail(e, "balanced class weights need a file without epoch marks, whose samples "
                            "can be counted first; give the weights as numbers");
    }
    for (size_t k = 0; k < classes->n; k++) {
        char *end;
        double v = strtod(at, &end);
        char after = k + 1 < classes->n ? ',' : 0;
        if (end == at || *end != after || !isfinite((float)v) || v <= 0)
            return lint_fail(e,
                             "class weights '%s': expected none, balanced or %zu numbers above "
                             "0, one for each class",
                             text, classes->n);
        out[k] = (float)v;
        at = end + 1;
    }
    return 0;
}
