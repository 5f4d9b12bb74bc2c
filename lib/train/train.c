#include "train/train.h"

#include "base/grow.h"
#include "base/rng.h"
#include "engine/snapshot.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- one epoch -------------------------------------------------------------------------------- */

typedef struct run {
    lint_net *net;
    lint_batches *batches;
    const lint_training *t;
    lint_loss loss; /* with this epoch's weights */
    lint_optim *optim;
    lint_walk walk;       /* over the validation set; .set NULL if there is none */
    float *logits;        /* [batch,K], of validation */
    lint_groups val;      /* of the validation samples */
    lint_groups training; /* of the epoch's training samples */
    float *kept;          /* the best epoch's weights */
    lint_epoch *row;      /* [rows]: every epoch, for a checkpoint */
    size_t rows, row_room;
    uint64_t stream; /* hash of a stream's epochs, for a checkpoint */
} run;

static int stopping(const run *r) {
    return r->t->stop && *r->t->stop;
}

double lint_train_loss(const lint_training *t, const lint_rates *rates, double ce, double cam) {
    int has_cam = t->loss.cam != LINT_CAM_NONE;
    double term = has_cam ? rates->cam_weight * cam : 0, most = t->term_cap * ce;
    return rates->ce_weight * ce + (t->term_cap > 0 && isfinite(term) && term > most ? most : term);
}

static lint_epoch_scores scores(const run *r, const lint_rates *rates, const lint_loss_sum *sum) {
    lint_epoch_scores s = {.cam = NAN};
    s.ce = sum->ce / sum->weight;
    s.accuracy = (double)sum->correct / (double)sum->n;
    if (r->loss.cam != LINT_CAM_NONE) s.cam = sum->cam / (double)sum->n;
    s.loss = lint_train_loss(r->t, rates, s.ce, s.cam);
    return s;
}

static void add(lint_loss_sum *to, const lint_loss_sum *more) {
    to->ce += more->ce;
    to->weight += more->weight;
    to->cam += more->cam;
    to->n += more->n;
    to->correct += more->correct;
}

/* Whether the batch has a sample with a label and a weight above 0. */
static int teaches(const run *r, const lint_batch *b) {
    if (r->t->lesson) return 1;
    for (size_t i = 0; i < b->n; i++)
        if (b->label[i] >= 0 && (!b->weight || b->weight[i] > 0)) return 1;
    return 0;
}

/* Group DRO needs the group of every labelled sample. */
static int check_places(const run *r, const lint_batch *b, lint_err *e) {
    for (size_t i = 0; r->t->dro && i < b->n; i++)
        if (b->label[i] >= 0 && b->place[i] < 0)
            return lint_fail(e, "a sample has no place, which group DRO needs");
    return 0;
}

/* A hash of all that training uses, features of that many bytes (0: none) before pictures; it does
 * not depend on the size of batches. */
static uint64_t hash_batch(const lint_batch *b, size_t pixels, size_t features, uint64_t h) {
    for (size_t i = 0; i < b->n; i++) {
        if (features)
            h = lint_hash_data(b->features[i], features, h);
        else
            h = lint_hash_data(b->image[i], pixels * 3, h);
        h = lint_hash(&b->label[i], sizeof b->label[i], h);
        if (b->mask) h = lint_hash_data(b->mask[i], pixels, h);
        if (b->place) h = lint_hash(&b->place[i], sizeof b->place[i], h);
        if (b->weight) h = lint_hash(&b->weight[i], sizeof b->weight[i], h);
    }
    return h;
}

/* The sign of a NaN means nothing. */
static double unsigned_nan(double v) {
    return isnan(v) ? fabs(v) : v;
}

/* Names all that may have let the weights grow, not only the learning rate. */
static void list_remedies(const run *r, const lint_rates *rates, char *text, size_t size) {
    const lint_optim_plan *p = &r->t->optim;
    const char *more[] = {
        rates->cam_weight > 0 ? "a lower --cam-weight" : NULL,
        rates->ce_weight > 1 ? "a lower --ce-weight" : NULL,
        p->weight_decay > 0 ? "a lower --weight-decay" : NULL,
        p->rule == LINT_OPTIM_SGD && p->momentum > 0.99 ? "a lower --momentum" : NULL,
        p->rule == LINT_OPTIM_ADAM && p->eps < 1e-12 ? "a higher --eps" : NULL,
    };
    int at = snprintf(text, size, "a --lr below %g", rates->lr);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (more[i]) at += snprintf(text + at, size - (size_t)at, " or %s", more[i]);
}

static int not_finite(const run *r, const lint_epoch *row, const char *where,
                      const lint_epoch_scores *s, lint_err *e) {
    char cam[48] = "", remedies[256];
    if (row->rates.cam_weight > 0 && (!isnan(s->cam) || isnan(s->loss)))
        snprintf(cam, sizeof cam, ", CAM loss %g", unsigned_nan(s->cam));
    if (*lint_optim_steps(r->optim) == 0)
        return lint_fail(e,
                         "epoch %zu, %s: the loss is not finite (cross-entropy %g%s) before any "
                         "weight has changed, so the samples or the first weights are at fault",
                         row->epoch, where, unsigned_nan(s->ce), cam);
    list_remedies(r, &row->rates, remedies, sizeof remedies);
    return lint_fail(e, "epoch %zu, %s: the loss is not finite (cross-entropy %g%s); %s may help",
                     row->epoch, where, unsigned_nan(s->ce), cam, remedies);
}

static int learn(run *r, const lint_batch *b, lint_loss_sum *sum, lint_err *e) {
    const lint_lesson *l = r->t->lesson;
    return l ? l->step(l->ctx, b, sum, e) : lint_net_step(r->net, b, &r->loss, sum, e);
}

/* A lesson has no classes, so no groups. */
static int score(run *r, const lint_batch *b, lint_loss_sum *sum, lint_err *e) {
    const lint_lesson *l = r->t->lesson;
    if (l) return l->score(l->ctx, b, sum, e);
    if (lint_net_score(r->net, b, &r->loss, r->logits, sum, e) < 0) return -1;
    lint_groups_add(&r->val, b, r->logits);
    return 0;
}

/* A forward pass, a backward pass and an update. A batch without labels changes nothing. */
static int step(run *r, const lint_batch *b, const lint_epoch *row, size_t number,
                lint_loss_sum *sum, lint_err *e) {
    lint_loss_sum now = {0};
    char where[40];
    if (!teaches(r, b)) return 0;
    if (check_places(r, b, e) < 0 || learn(r, b, &now, e) < 0)
        return lint_err_prefix(e, "epoch %zu, batch %zu: ", row->epoch, number);
    if (now.n == 0) return 0;
    lint_epoch_scores s = scores(r, &row->rates, &now);
    snprintf(where, sizeof where, "batch %zu", number);
    if (!isfinite(s.loss)) return not_finite(r, row, where, &s, e);
    add(sum, &now);
    lint_optim_step(r->optim, row->rates.lr);
    return 0;
}

/* The next batch. A checkpoint identifies a stream by the hash of what was read. */
static int next_batch(run *r, lint_batch *b, lint_err *e) {
    int got = lint_batches_next(r->batches, b, e);
    if (got > 0 && r->t->checkpoint && lint_batches_marked(r->batches))
        r->stream = hash_batch(b, lint_batches_height(r->batches) * lint_batches_width(r->batches),
                               0, r->stream);
    return got;
}

/* A unique number for every step of a training, interrupted or not. */
static uint64_t step_number(size_t epoch, size_t batch) {
    return ((uint64_t)epoch << 24) + batch;
}

/* Whether a batch norm would normalise over a single value, as it may in a last batch. */
static int is_too_small(const run *r, const lint_batch *b, lint_epoch *row) {
    const char *norm = b->n == 1 && !r->t->lesson ? lint_net_single_value_norm(r->net) : NULL;
    if (norm) row->left_out = norm;
    return norm != NULL;
}

/* Masks of a set are looked at before the training, those of a stream as they come by. */
static void look_at_masks(const run *r, const lint_batch *b, lint_epoch *row) {
    size_t pixels = b->mask_height * b->mask_width;
    if (row->epoch != 1 || !lint_batches_marked(r->batches) || !lint_loss_needs_mask(&r->loss))
        return;
    for (size_t i = 0; i < b->n; i++)
        if (b->label[i] >= 0) lint_blank_masks_add(&row->masks, b->mask[i], pixels);
}

static int nothing_learnt(const run *r, const lint_epoch *row, int weighted, lint_err *e) {
    const char *name = lint_batches_name(r->batches);
    if (row->left_out)
        return lint_fail(e,
                         "%s: epoch %zu has a single sample to learn from, over which the batch "
                         "norm '%s' cannot normalise",
                         name, row->epoch, row->left_out);
    return lint_fail(e, "%s: epoch %zu has no sample with a %s%s", name, row->epoch,
                     r->t->lesson ? "mask of an object" : "label", weighted ? " and a weight" : "");
}

/* 1: row->train is filled. 0: stopped. -1: an error. */
static int train_epoch(run *r, lint_epoch *row, lint_err *e) {
    lint_loss_sum sum = {0};
    lint_batch b;
    size_t done = 0, number = 0;
    int got, weighted = 0;
    lint_groups_clear(&r->training);
    while ((got = next_batch(r, &b, e)) > 0) {
        weighted |= b.weight != NULL;
        if (!r->t->lesson) lint_groups_add(&r->training, &b, NULL);
        b.step = step_number(row->epoch, ++number);
        look_at_masks(r, &b, row);
        if (!is_too_small(r, &b, row) && step(r, &b, row, number, &sum, e) < 0) return -1;
        if (r->t->on_batch) r->t->on_batch(r->t->ctx, row->epoch, done += b.n);
        if (stopping(r)) return 0;
    }
    if (got < 0) return -1;
    if (sum.n == 0) return nothing_learnt(r, row, weighted, e);
    if (lint_blank_masks_check(&row->masks, lint_batches_name(r->batches), e) < 0) return -1;
    row->train = scores(r, &row->rates, &sum);
    return 1;
}

static void score_groups(const run *r, lint_group_scores *g) {
    *g = (lint_group_scores){lint_groups_worst(&r->val), lint_groups_mean(&r->val), NAN};
    if (r->val.places == r->training.places &&
        lint_names_equal(lint_dataset_places(r->walk.set), lint_batches_places(r->batches)))
        g->adjusted = lint_groups_adjusted(&r->val, &r->training);
}

/* As train_epoch, for row->val and row->groups. */
static int validate(run *r, lint_epoch *row, lint_err *e) {
    lint_loss_sum sum = {0};
    lint_batch b;
    row->val = (lint_epoch_scores){NAN, NAN, NAN, NAN};
    row->groups = (lint_group_scores){NAN, NAN, NAN};
    if (!r->walk.set) return 1;
    lint_walk_restart(&r->walk);
    lint_groups_clear(&r->val);
    while (lint_walk_next(&r->walk, &b)) {
        if (stopping(r)) return 0;
        if (!teaches(r, &b)) continue;
        if (score(r, &b, &sum, e) < 0)
            return lint_err_prefix(e, "epoch %zu, validation: ", row->epoch);
    }
    row->val = scores(r, &row->rates, &sum);
    score_groups(r, &row->groups);
    if (!isfinite(row->val.loss)) return not_finite(r, row, "validation", &row->val, e);
    if (row->epoch == 1 && !lint_epoch_is_known(r->t, row))
        return lint_fail(
            e, "what --best compares is unknown: no validation sample is in a group, or, for "
               "'adjusted', in one of the training samples (lint-augment "
               "--swap-background takes places away)");
    return 1;
}

/* --- checkpoints ------------------------------------------------------------------------------ */

static lint_checkpoint checkpoint_of(const run *r) {
    return (lint_checkpoint){.net = r->net,
                             .best = r->kept,
                             .optim = r->optim,
                             .dro = r->t->dro,
                             .settings = r->t->settings,
                             .stream = r->stream,
                             .row = r->row,
                             .rows = r->rows};
}

static int keep_row(run *r, const lint_epoch *row, lint_err *e) {
    lint_epoch *more = lint_grow(r->row, r->rows, &r->row_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "a checkpoint");
    r->row = more;
    r->row[r->rows++] = *row;
    return 0;
}

static int save(run *r, const lint_epoch *row, lint_err *e) {
    if (!r->t->checkpoint) return 0;
    if (keep_row(r, row, e) < 0) return -1;
    lint_checkpoint c = checkpoint_of(r);
    return lint_checkpoint_write(r->t->checkpoint, &c, e);
}

/* Reads the epochs of a stream that the checkpoint has, and compares their hash. 1: the same epochs.
 * 0: stopped. -1: other epochs, or an error. */
static int skip_epochs(run *r, uint64_t want, lint_err *e) {
    lint_batch b;
    for (size_t number = 1; number <= r->rows; number++) {
        int got = lint_batches_begin(r->batches, number, e);
        if (got == 0)
            return lint_fail(e, "%s: ended after epoch %zu, but %s has epoch %zu",
                             lint_batches_name(r->batches), number - 1, r->t->checkpoint, r->rows);
        while (got > 0 && (got = next_batch(r, &b, e)) > 0)
            if (stopping(r)) return 0;
        if (got < 0) return -1;
    }
    if (r->stream == want) return 1;
    return lint_fail(
        e,
        "%s: epochs 1 to %zu are not those of %s; to start anew, delete that file or name "
        "another --checkpoint",
        lint_batches_name(r->batches), r->rows, r->t->checkpoint);
}

static int resume(run *r, lint_trained *done, lint_err *e) {
    lint_checkpoint c = checkpoint_of(r);
    if (!r->t->checkpoint) return 1;
    int there = lint_checkpoint_read(r->t->checkpoint, &c, e);
    r->row = c.row;
    if (there <= 0) return there < 0 ? -1 : 1;
    r->rows = done->epochs = done->resumed = c.rows;
    for (size_t i = 0; i < c.rows; i++) {
        lint_epoch row = c.row[i];
        if (row.best) done->best = row;
        row.resumed = 1;
        if (r->t->on_epoch && r->t->on_epoch(r->t->ctx, &row, e) < 0) return -1;
    }
    return lint_batches_marked(r->batches) ? skip_epochs(r, c.stream, e) : 1;
}

/* --- all epochs ------------------------------------------------------------------------------- */

/* 1: done. 0: stopped. -1: an error. */
static int epoch(run *r, size_t number, lint_trained *done, lint_err *e) {
    lint_epoch row = {.epoch = number, .rates = lint_schedule_at(&r->t->schedule, number)};
    r->loss.ce_weight = row.rates.ce_weight;
    r->loss.cam_weight = row.rates.cam_weight;
    r->loss.cam_cap = row.rates.cam_weight > 0 ? r->t->term_cap / row.rates.cam_weight : 0;
    int err = train_epoch(r, &row, e);
    if (err > 0) err = validate(r, &row, e);
    if (err <= 0) return err;
    done->epochs = number;
    row.best = lint_epoch_is_better(r->t, &row, &done->best);
    if (row.best) {
        done->best = row;
        lint_snapshot_take(r->net, r->kept);
    }
    if (r->t->on_epoch && r->t->on_epoch(r->t->ctx, &row, e) < 0) return -1;
    return save(r, &row, e) < 0 ? -1 : 1;
}

/* A stream that ends before the schedule does. */
static int ended_early(const run *r, size_t number, lint_err *e) {
    size_t epochs = r->t->schedule.epochs;
    if (number == 1) return lint_fail(e, "%s: no samples", lint_batches_name(r->batches));
    if (number > epochs) return 0;
    return lint_fail(e, "%s: ended after epoch %zu of %zu", lint_batches_name(r->batches),
                     number - 1, epochs);
}

static int all_epochs(run *r, lint_trained *done, lint_err *e) {
    size_t epochs = r->t->schedule.epochs;
    int err = resume(r, done, e);
    while (err > 0 && (epochs == 0 || done->epochs < epochs) &&
           !lint_patience_is_over(r->t, done)) {
        size_t number = done->epochs + 1;
        err = lint_batches_begin(r->batches, number, e);
        if (err == 0 && !stopping(r)) return ended_early(r, number, e);
        if (err > 0) err = epoch(r, number, done, e);
    }
    if (err > 0) return 0;
    /* The signal also ends the programs that feed a pipe and interrupts reads, which is no error. */
    done->stopped = stopping(r);
    return done->stopped ? 0 : err;
}

static int make_optim(run *r, lint_threads *pool, lint_err *e) {
    size_t n = lint_net_params(r->net);
    lint_param *param = calloc(n + 1, sizeof *param);
    if (!param) return lint_fail_mem(e, "the optimiser");
    for (size_t i = 0; i < n; i++)
        param[i] = lint_net_param(r->net, i);
    r->optim = lint_optim_new(param, r->t->factor, n, &r->t->optim, pool, e);
    free(param);
    return r->optim ? 0 : -1;
}

static int make_validation(run *r, const lint_dataset *val, lint_err *e) {
    size_t batch = lint_net_batch(r->net), k = lint_net_classes(r->net);
    r->logits = calloc(batch * k, sizeof *r->logits);
    if (!r->logits) return lint_fail_mem(e, "logits");
    size_t places = lint_dataset_has_place(val) ? lint_dataset_places(val)->n : 0;
    if (lint_groups_new(&r->val, k, places, e) < 0) return -1;
    return lint_walk_new(&r->walk, val, batch, e);
}

static int run_new(run *r, lint_threads *pool, const lint_dataset *val, lint_err *e) {
    size_t places = lint_batches_has_place(r->batches) ? lint_batches_places(r->batches)->n : 0;
    if (r->t->dro) {
        r->loss.reweigh = lint_dro_reweigh;
        r->loss.reweigh_ctx = r->t->dro;
    }
    if (make_optim(r, pool, e) < 0 || !(r->kept = lint_snapshot_new(r->net, e))) return -1;
    if (lint_groups_new(&r->training, lint_net_classes(r->net), places, e) < 0) return -1;
    return val ? make_validation(r, val, e) : 0;
}

static void run_free(run *r) {
    lint_optim_free(r->optim);
    lint_walk_free(&r->walk);
    lint_groups_free(&r->val);
    lint_groups_free(&r->training);
    free(r->logits);
    free(r->kept);
    free(r->row);
}

int lint_train(lint_net *net, lint_batches *batches, const lint_dataset *val,
               const lint_training *t, lint_threads *pool, lint_trained *done, lint_err *e) {
    run r = {.net = net, .batches = batches, .t = t, .loss = t->loss};
    *done = (lint_trained){0};
    int err = run_new(&r, pool, val, e);
    if (err == 0) err = all_epochs(&r, done, e);
    if (err == 0 && done->epochs == 0)
        err = lint_fail(e, "stopped before the first epoch was complete, so there is no model");
    if (err == 0) lint_snapshot_restore(net, r.kept);
    run_free(&r);
    return err;
}

uint64_t lint_train_hash(const lint_dataset *set) {
    uint64_t h = 0;
    size_t c, fh, fw;
    lint_dataset_features_size(set, &c, &fh, &fw);
    for (size_t i = 0; i < lint_dataset_count(set); i++) {
        const uint8_t *image = lint_dataset_image(set, i), *mask = lint_dataset_mask(set, i);
        const void *features = lint_dataset_features(set, i);
        int32_t label = lint_dataset_label(set, i), place = lint_dataset_place(set, i);
        float weight = lint_dataset_weight(set, i);
        lint_batch b = {.n = 1,
                        .image = &image,
                        .features = &features,
                        .label = &label,
                        .mask = mask ? &mask : NULL,
                        .place = &place,
                        .weight = &weight};
        h = hash_batch(&b, lint_dataset_height(set) * lint_dataset_width(set), 2 * c * fh * fw, h);
    }
    return h;
}
