/* recipe: what a training is asked to do, from the options of lint-train to a running lint_train.
 *
 * A lint_recipe holds the values of the options. lint_recipe_settle fills in the defaults, which
 * depend on each other, and refuses options that do not go together. A lint_setup holds what is then
 * opened: threads, samples, network. Nothing here prints or exits. Errors of lint_recipe_check_files,
 * lint_recipe_settle and lint_setup_fit are wrong usage, all others are of the data or the system.
 *
 *     static lint_recipe r = LINT_RECIPE_EMPTY;      // the rows of `options` point to its members
 *     lint_setup s = {0};
 *     lint_training t = {.on_epoch = ...};
 *     r.options = options;
 *     if (lint_recipe_check_files(&r, &e) < 0) ...
 *     if (lint_recipe_read_net(&r, &e) < 0) ...
 *     if (lint_recipe_settle(&r, &e) < 0) ...
 *     if (lint_setup_open(&s, &r, &e) < 0) ...
 *     if (lint_setup_fit(&s, &r, &e) < 0) ...
 *     if (lint_setup_plan(&s, &r, &t, &e) < 0) ...
 *     if (lint_train(s.net, s.batches, s.val, &t, s.pool, &done, &e) < 0) ...
 *     if (lint_setup_store(&s, &r, &done, &frame, &e) < 0) ...
 *     lint_setup_free(&s);
 *     lint_recipe_free(&r);
 */
#ifndef LINT_TRAIN_RECIPE_H
#define LINT_TRAIN_RECIPE_H

#include "base/cli.h"
#include "train/mask_encoder_train.h"
#include "train/train.h"
#include <math.h>

/* Group DRO is of classifiers, the last two are of mask encoders. */
typedef enum lint_objective {
    LINT_OBJECTIVE_ERM,
    LINT_OBJECTIVE_DRO,
    LINT_OBJECTIVE_BINARY,
    LINT_OBJECTIVE_TRIPLET
} lint_objective;
#define LINT_OBJECTIVE_CHOICES "erm|dro|binary|triplet"

/* The most that options may ask for. */
enum { LINT_RECIPE_EPOCHS_MAX = 1000000, LINT_RECIPE_BATCH_MAX = 65536 };
#define LINT_RECIPE_BETA_MAX 0.99999999

/* Members are named after their options. Not given: NULL, NAN, an empty list; -1 for a choice; 0 for
 * a whole number. After lint_recipe_settle and lint_setup_fit a member has the value that counts, or
 * is still "not given" where it has no effect. Strings are the caller's. */
typedef struct lint_recipe {
    const char *net, *train, *val, *out, *log, *class_weights, *init, *checkpoint, *encoder;
    long batch, epochs, threads, warmup, step_epochs, patience, patience_from;
    double lr, momentum, weight_decay, beta1, beta2, eps, step_factor;
    double ce_weight, cam_weight, sigma, cap, dro_step, dro_adjust, l1, margin;
    int schedule, cam_loss, prior, best, optim, nesterov, objective, freeze_batchnorm, precision;
    uint64_t seed;
    lint_list phases, freeze, lr_factors;
    /* The table whose rows point to the members above: settings are named by it. */
    const lint_option *options;
    /* Takes a sentence about what the user may not have meant. NULL: not told. */
    void (*remark)(const char *text);
    /* Set by lint_recipe_read_net: the network's text, from malloc, and whether the network is a mask
     * encoder, which has other defaults and other options, or takes features. */
    char *net_text;
    int is_encoder, is_head;
    lint_schedule rates; /* set by lint_recipe_settle and lint_setup_plan */
} lint_recipe;

#define LINT_RECIPE_EMPTY                                                                          \
    {                                                                                              \
        .class_weights = "none", .lr = NAN, .momentum = NAN, .beta1 = NAN, .beta2 = NAN,           \
        .eps = NAN, .step_factor = NAN, .ce_weight = 1, .cam_weight = NAN, .sigma = NAN,           \
        .cap = NAN, .dro_step = NAN, .dro_adjust = NAN, .l1 = NAN, .margin = NAN, .schedule = -1,  \
        .prior = -1, .best = -1, .optim = -1, .objective = -1                                      \
    }

/* Whether --net is there, and no two options name the same file or standard input or output. */
int lint_recipe_check_files(const lint_recipe *r, lint_err *e);

/* Reads the network's text. */
int lint_recipe_read_net(lint_recipe *r, lint_err *e);

/* Refuses options that would have no effect or contradict each other, and fills in the defaults. */
int lint_recipe_settle(lint_recipe *r, lint_err *e);

void lint_recipe_free(lint_recipe *r);

/* What training works on; all zero before lint_setup_open. Free it also after an error. */
typedef struct lint_setup {
    lint_threads *pool;
    lint_batches *batches;
    lint_dataset *val; /* NULL: no validation samples */
    lint_net *net;
    float *class_weights;             /* [K]; NULL for a mask encoder */
    double *factor;                   /* [parameters], of the learning rate */
    lint_dro *dro;                    /* NULL: no group DRO */
    lint_mask_encoder *encoder;       /* of --cam-loss embedding; NULL: none */
    lint_mask_encoder_lesson *lesson; /* NULL: net is no mask encoder */
    uint64_t init;                    /* hash of the weights of --init */
    lint_settings settings;           /* what a checkpoint must agree with */
} lint_setup;

/* Opens samples, network and encoder, and gives the network its first weights. */
int lint_setup_open(lint_setup *s, const lint_recipe *r, lint_err *e);

/* What options say about these samples and this network: frozen parameters, factors of the learning
 * rate, class weights, the number of epochs. */
int lint_setup_fit(lint_setup *s, lint_recipe *r, lint_err *e);

/* Fills in all of t but its callbacks and `stop`, and checks that samples and network can be trained
 * together. t points into s and r. */
int lint_setup_plan(lint_setup *s, lint_recipe *r, lint_training *t, lint_err *e);

/* Remarks on what only an epoch has shown. */
void lint_setup_remark_epoch(const lint_setup *s, const lint_recipe *r, const lint_epoch *row);

/* Adds what a log begins with: version, files, what the samples say of themselves, and every option
 * that the result depends on, defaults too. Ask lint_settings_ok for errors. */
void lint_setup_log_settings(const lint_setup *s, const lint_recipe *r, lint_settings *to);

/* Puts the trained model, with its settings, into an empty frame. */
int lint_setup_store(const lint_setup *s, const lint_recipe *r, const lint_trained *done,
                     lint_frame *f, lint_err *e);

void lint_setup_free(lint_setup *s);

#endif
