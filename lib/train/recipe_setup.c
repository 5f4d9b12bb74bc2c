/* A recipe's samples and network: opened, fitted to each other, trained, stored. See recipe.h. */
#include "train/recipe.h"

#include "base/rng.h"
#include "engine/net_head.h"
#include "engine/net_init.h"
#include "train/train_log.h"
#include "train/train_model.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { EPOCHS = 12, ENCODER_EPOCHS = 100 }; /* of a set, where --epochs does not say */

static void remark(const lint_recipe *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void remark(const lint_recipe *r, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    if (!r->remark) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    r->remark(text);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int open_samples(lint_setup *s, const lint_recipe *r, lint_err *e) {
    const char *path = r->train ? r->train : "-";
    s->batches = (r->is_encoder ? lint_batches_open_masks
                  : r->is_head  ? lint_batches_open_features
                                : lint_batches_open)(path, (size_t)r->batch, r->seed, e);
    if (!s->batches) return -1;
    if (r->val) s->val = lint_dataset_open(r->val, e);
    return r->val && !s->val ? -1 : 0;
}

/* Every mask goes through a mask encoder twice, as it is and inverted. */
static int open_encoder_net(lint_setup *s, const lint_recipe *r, lint_err *e) {
    lint_mask_encoder_plan how = {.objective = r->objective == LINT_OBJECTIVE_TRIPLET
                                                   ? LINT_ENCODER_TRIPLET
                                                   : LINT_ENCODER_BINARY,
                                  .l1 = r->l1,
                                  .margin = isnan(r->margin) ? 0 : r->margin,
                                  .seed = r->seed};
    size_t batch = 2 * (size_t)r->batch;
    s->net = lint_net_new(r->net_text, r->net, 1, batch, LINT_NET_TRAIN, s->pool, e);
    if (!s->net) return -1;
    s->lesson = lint_mask_encoder_lesson_new(s->net, &how, s->batches, s->val, r->val, s->pool, e);
    return s->lesson ? 0 : -1;
}

static int open_net(lint_setup *s, const lint_recipe *r, lint_err *e) {
    size_t c = 0, h = 0, w = 0;
    if (r->is_encoder) return open_encoder_net(s, r, e);
    if (r->is_head) lint_dataset_features_size(lint_batches_set(s->batches), &c, &h, &w);
    char *text = lint_head_fit(r->net_text, w, h, c, e);
    if (text)
        s->net = lint_net_new(text, r->net, lint_batches_classes(s->batches)->n, (size_t)r->batch,
                              LINT_NET_TRAIN, s->pool, e);
    free(text);
    return s->net ? 0 : -1;
}

static int init_weights(lint_setup *s, const lint_recipe *r, lint_err *e) {
    lint_net_init_report report;
    const lint_names *classes = r->is_encoder ? NULL : lint_batches_classes(s->batches);
    lint_net_init(s->net, r->seed);
    if (!r->init) return 0;
    if (lint_net_init_from(s->net, r->init, classes, &report, e) < 0) return -1;
    for (int i = 0; i < LINT_NET_INIT_REMARKS; i++)
        if (*report.remark[i]) remark(r, "%s: %s", r->init, report.remark[i]);
    s->init = report.hash;
    return 0;
}

static int open_dro(lint_setup *s, const lint_recipe *r, lint_err *e) {
    if (r->objective != LINT_OBJECTIVE_DRO) return 0;
    s->dro = lint_dro_new(lint_batches_classes(s->batches)->n, lint_batches_places(s->batches)->n,
                          r->dro_step, e);
    return s->dro ? 0 : -1;
}

int lint_setup_open(lint_setup *s, const lint_recipe *r, lint_err *e) {
    s->pool = lint_threads_new((int)r->threads, e);
    if (!s->pool || open_samples(s, r, e) < 0 || open_net(s, r, e) < 0) return -1;
    if (init_weights(s, r, e) < 0 || open_dro(s, r, e) < 0) return -1;
    if (!r->encoder) return 0;
    s->encoder = lint_mask_encoder_load(r->encoder, (size_t)r->batch, s->pool, e);
    return s->encoder ? 0 : -1;
}

void lint_setup_free(lint_setup *s) {
    lint_net_free(s->net);
    lint_mask_encoder_lesson_free(s->lesson);
    lint_mask_encoder_free(s->encoder);
    lint_dataset_free(s->val);
    lint_batches_free(s->batches);
    lint_threads_free(s->pool);
    free(s->class_weights);
    free(s->factor);
    lint_dro_free(s->dro);
    lint_settings_free(&s->settings);
    *s = (lint_setup){0};
}

/* --- fitting options to samples and network --------------------------------------------------- */

static int freeze(lint_setup *s, const lint_recipe *r, lint_err *e) {
    for (size_t i = 0; i < r->freeze.n; i++)
        if (lint_net_freeze(s->net, r->freeze.v[i]) == 0)
            return lint_fail(e, "--freeze '%s': no parameter's name begins with it",
                             r->freeze.v[i]);
    if (r->freeze_batchnorm && lint_net_freeze_batchnorms(s->net) == 0)
        return lint_fail(e, "--freeze-batchnorm: the network has no batch norm");
    return 0;
}

/* What --freeze and --lr-factor leave to be trained. */
static int check_trainable(const lint_setup *s, lint_err *e) {
    size_t n = lint_net_params(s->net), left = 0;
    for (size_t i = 0; i < n; i++)
        left += lint_net_param(s->net, i).grad && s->factor[i] > 0;
    return left ? 0 : lint_fail(e, "no weight is left to train: all are frozen or have factor 0");
}

/* A batch norm over a single value gives the same for every picture. */
static int check_batch(const lint_setup *s, const lint_recipe *r, lint_err *e) {
    const char *norm = r->batch == 1 && !r->is_encoder ? lint_net_single_value_norm(s->net) : NULL;
    if (!norm) return 0;
    return lint_fail(
        e,
        "--batch 1: the batch norm '%s' would normalise over a single value, since its "
        "maps have one cell; it needs --batch 2 or more, or --freeze %s",
        norm, norm);
}

static int fit_factors(lint_setup *s, const lint_recipe *r, lint_err *e) {
    size_t n = lint_net_params(s->net);
    lint_param *param = calloc(n + 1, sizeof *param);
    s->factor = calloc(n + 1, sizeof *s->factor);
    int err = param && s->factor ? 0 : lint_fail_mem(e, "the learning rates");
    for (size_t i = 0; err == 0 && i < n; i++)
        param[i] = lint_net_param(s->net, i);
    if (err == 0 &&
        lint_optim_factors(param, n, r->lr_factors.v, r->lr_factors.n, s->factor, e) < 0)
        err = lint_err_prefix(e, "--lr-factor ");
    free(param);
    return err;
}

static int fit_dro(lint_setup *s, const lint_recipe *r, lint_err *e) {
    const lint_dataset *set = lint_batches_set(s->batches);
    if (!s->dro) return 0;
    if (set)
        lint_dro_count(s->dro, set, lint_batches_epoch_samples(s->batches), r->dro_adjust);
    else if (r->dro_adjust > 0)
        return lint_fail(e, "--dro-adjust needs a file without epoch marks, whose groups can be "
                            "counted before the training");
    return 0;
}

/* One class alone, or labels of one class alone, is probably a mistake. count NULL: not known. */
static void remark_one_class(const lint_setup *s, const lint_recipe *r, const size_t *count) {
    const lint_names *classes = lint_batches_classes(s->batches);
    size_t used = 0;
    for (size_t k = 0; count && k < classes->n; k++)
        used += count[k] > 0;
    if (classes->n == 1)
        remark(r, "%s: '%s' is the only class, so there is nothing to tell apart",
               lint_batches_name(s->batches), classes->v[0]);
    else if (used == 1)
        remark(r, "%s: all labels are of one class, so there is nothing to tell apart",
               lint_batches_name(s->batches));
}

static int fit_class_weights(lint_setup *s, const lint_recipe *r, lint_err *e) {
    const lint_names *classes = lint_batches_classes(s->batches);
    if (r->is_encoder) return 0;
    s->class_weights = calloc(classes->n, sizeof *s->class_weights);
    size_t *room = calloc(classes->n, sizeof *room);
    int err = s->class_weights && room ? 0 : lint_fail_mem(e, "class weights");
    if (err == 0) {
        const size_t *count = lint_batches_count(s->batches, room, e) == 0 ? room : NULL;
        if (lint_class_weights(r->class_weights, classes, count, s->class_weights, e) < 0)
            err = lint_err_prefix(e, "--class-weights: ");
        else
            remark_one_class(s, r, count);
    }
    free(room);
    return err;
}

/* The number of epochs; 0: as many as the stream has. */
static int fit_epochs(const lint_setup *s, lint_recipe *r, lint_err *e) {
    const lint_batches *b = s->batches;
    size_t there = lint_batches_epochs(b), asked = (size_t)r->epochs;
    if (!lint_batches_marked(b)) {
        if (!asked) r->epochs = r->is_encoder ? ENCODER_EPOCHS : EPOCHS;
        return 0;
    }
    if (asked && there && asked > there)
        return lint_fail(e, "--epochs %zu: %s has %zu", asked, lint_batches_name(b), there);
    if (!asked && !there && lint_schedule_needs_epochs(&r->rates))
        return lint_fail(e,
                         "%s does not say how many epochs it has: give --epochs N, or --schedule "
                         "constant without phases in percent",
                         lint_batches_name(b));
    if (!asked) r->epochs = (long)there;
    return 0;
}

/* Options that would only have an effect after the end. */
static int check_end(const lint_recipe *r, lint_err *e) {
    long epochs = r->epochs;
    if (!epochs || r->warmup >= epochs) return 0;
    if (r->step_epochs && r->step_epochs >= epochs - r->warmup)
        return lint_fail(e, "--step-epochs %ld: the learning rate would never drop in %ld epochs",
                         r->step_epochs, epochs);
    if (r->patience_from > epochs)
        return lint_fail(e, "--patience-from %ld is after the last epoch, %ld", r->patience_from,
                         epochs);
    return 0;
}

static int fit_precision(lint_setup *s, const lint_recipe *r, lint_err *e) {
    if (lint_net_set_precision(s->net, (lint_precision)r->precision, e) == 0) return 0;
    return lint_err_prefix(e, "--precision: ");
}

int lint_setup_fit(lint_setup *s, lint_recipe *r, lint_err *e) {
    if (fit_precision(s, r, e) < 0) return -1;
    if (freeze(s, r, e) < 0 || fit_factors(s, r, e) < 0 || fit_dro(s, r, e) < 0) return -1;
    if (check_trainable(s, e) < 0 || check_batch(s, r, e) < 0) return -1;
    if (fit_class_weights(s, r, e) < 0 || fit_epochs(s, r, e) < 0) return -1;
    return check_end(r, e);
}

/* --- settings --------------------------------------------------------------------------------- */

/* Options that name files or do not change what is trained: all others are the run's settings. */
static const char *const no_settings[] = {"net",  "train",      "val",     "out",     "log",
                                          "init", "checkpoint", "threads", "encoder", NULL};

/* All that the result depends on, but for the files. */
static void describe(const lint_setup *s, const lint_recipe *r, lint_settings *to) {
    lint_settings_text(to, "order", lint_batches_marked(s->batches) ? "stream" : "shuffled");
    lint_settings_options(to, r->options, no_settings);
    if (s->encoder) lint_settings_hash(to, "encoder", lint_mask_encoder_hash(s->encoder));
}

/* What a checkpoint must agree with. A stream's epochs are compared while they are read. */
static int describe_run(lint_setup *s, const lint_recipe *r, lint_err *e) {
    lint_settings *to = &s->settings;
    const char *text = lint_net_text(s->net);
    const lint_dataset *set = lint_batches_set(s->batches);
    if (!r->checkpoint) return 0;
    lint_settings_text(to, "lint", LINT_VERSION);
    describe(s, r, to);
    lint_settings_hash(to, "network text", lint_hash(text, strlen(text), 0));
    if (r->init) lint_settings_hash(to, "initial weights", s->init);
    if (set) lint_settings_hash(to, "training samples", lint_train_hash(set));
    if (s->val) lint_settings_hash(to, "validation samples", lint_train_hash(s->val));
    return lint_settings_ok(to, e);
}

void lint_setup_log_settings(const lint_setup *s, const lint_recipe *r, lint_settings *to) {
    lint_settings_text(to, "lint", LINT_VERSION);
    lint_settings_text(to, "net", r->net);
    if (r->val) lint_settings_text(to, "val", r->val);
    if (r->init) lint_settings_text(to, "init", r->init);
    lint_train_log_samples(to, s->batches);
    describe(s, r, to);
}

/* --- planning --------------------------------------------------------------------------------- */

static lint_loss loss_of(const lint_setup *s, const lint_recipe *r) {
    int weighted = strcmp(r->class_weights, "none") != 0;
    return (lint_loss){.cam = (lint_cam_loss)r->cam_loss,
                       .prior = (lint_prior)r->prior,
                       .sigma = r->sigma,
                       .judge = s->encoder ? lint_mask_encoder_judge(s->encoder) : (lint_judge){0},
                       .class_weight = weighted ? s->class_weights : NULL};
}

static lint_optim_plan optim_of(const lint_recipe *r) {
    return (lint_optim_plan){.rule = (lint_optim_rule)r->optim,
                             .weight_decay = r->weight_decay,
                             .momentum = r->momentum,
                             .nesterov = r->nesterov,
                             .beta1 = r->beta1,
                             .beta2 = r->beta2,
                             .eps = r->eps};
}

/* Epochs in which nothing can be learnt. A learning rate of 0 has its uses: batch norms still collect
 * their statistics. */
static int check_rates(const lint_recipe *r, lint_err *e) {
    size_t lost = lint_schedule_without_loss(&r->rates, r->cam_loss != LINT_CAM_NONE);
    size_t still = lint_schedule_without_rate(&r->rates);
    if (lost && !r->is_encoder)
        return lint_fail(e,
                         "in epoch %zu the weights of all losses are 0, so there is nothing to "
                         "learn from (--ce-weight, --phase)",
                         lost);
    if (still) remark(r, "the learning rate is 0 in epoch %zu, so no weight changes there", still);
    return 0;
}

/* Masks of sets; those of a stream are looked at in its first epoch. */
static int check_masks(const lint_dataset *set, const char *name, const lint_recipe *r,
                       const lint_loss *loss, lint_err *e) {
    lint_blank_masks c = {0};
    char text[512];
    if (!set || !lint_loss_needs_mask(loss)) return 0;
    size_t pixels = lint_dataset_height(set) * lint_dataset_width(set);
    for (size_t i = 0; i < lint_dataset_count(set); i++)
        if (lint_dataset_label(set, i) >= 0)
            lint_blank_masks_add(&c, lint_dataset_mask(set, i), pixels);
    if (lint_blank_masks_check(&c, name, e) < 0) return -1;
    if (lint_blank_masks_some(&c, name, text, sizeof text)) remark(r, "%s", text);
    return 0;
}

/* Whether all of it can be trained together. */
static int check_all(const lint_setup *s, const lint_recipe *r, const lint_training *t,
                     lint_err *e) {
    if (s->lesson) return 0;
    if (lint_train_check(s->net, s->batches, s->val, r->val, t, e) < 0) return -1;
    if (check_masks(lint_batches_set(s->batches), lint_batches_name(s->batches), r, &t->loss, e) <
        0)
        return -1;
    return check_masks(s->val, r->val, r, &t->loss, e);
}

void lint_setup_remark_epoch(const lint_setup *s, const lint_recipe *r, const lint_epoch *row) {
    const char *name = lint_batches_name(s->batches);
    char text[512];
    if (row->epoch != 1 || row->resumed) return;
    if (lint_blank_masks_some(&row->masks, name, text, sizeof text)) remark(r, "%s", text);
    if (row->left_out)
        remark(
            r,
            "%s: the last batch has one sample, which is left out of every epoch, since the batch "
            "norm '%s' cannot normalise over a single value",
            name, row->left_out);
}

int lint_setup_plan(lint_setup *s, lint_recipe *r, lint_training *t, lint_err *e) {
    if (lint_schedule_set_epochs(&r->rates, (size_t)r->epochs, e) < 0) return -1;
    if (check_rates(r, e) < 0) return -1;
    if (r->schedule == LINT_SCHEDULE_STEP) r->step_epochs = (long)lint_schedule_step(&r->rates);
    t->loss = loss_of(s, r);
    t->term_cap = isnan(r->cap) ? 0 : r->cap;
    t->schedule = r->rates;
    t->optim = optim_of(r);
    t->factor = s->factor;
    t->lesson = s->lesson ? lint_mask_encoder_lesson_of(s->lesson) : NULL;
    t->dro = s->dro;
    t->best = (lint_best)r->best;
    t->patience = (size_t)r->patience;
    t->patience_from = (size_t)r->patience_from;
    t->checkpoint = r->checkpoint;
    t->settings = &s->settings;
    return check_all(s, r, t, e) < 0 ? -1 : describe_run(s, r, e);
}

/* --- the model -------------------------------------------------------------------------------- */

/* Codes from 0 to 1 that are nearly the same for masks and their inverses judge no map. */
static void remark_near_codes(const lint_setup *s, const lint_recipe *r, const lint_frame *f) {
    const lint_tensor *object = lint_frame_find(f, "code.object");
    const lint_tensor *inverted = lint_frame_find(f, "code.inverted");
    const char *last = lint_net_time_of(s->net, lint_net_layers(s->net) - 1).kind;
    double sum = 0;
    if (!object || !inverted || strcmp(last, "sigmoid") != 0) return;
    size_t k = object->bytes / sizeof(float);
    for (size_t i = 0; i < k; i++)
        sum += fabs((double)((float *)object->data)[i] - (double)((float *)inverted->data)[i]);
    if (sum >= 0.1 * (double)k) return;
    remark(r,
           "the codes of masks and of inverted masks differ by only %.2g, of 1 at most, so this "
           "encoder judges little; more epochs or a lower --l1 may help",
           sum / (double)k);
}

int lint_setup_store(const lint_setup *s, const lint_recipe *r, const lint_trained *done,
                     lint_frame *f, lint_err *e) {
    lint_settings settings = {0};
    lint_trained_parts all = {s->net, s->lesson, s->batches, &settings};
    describe(s, r, &settings);
    int err = lint_trained_store(&all, done, f, e);
    if (err == 0) remark_near_codes(s, r, f);
    lint_settings_free(&settings);
    return err;
}
