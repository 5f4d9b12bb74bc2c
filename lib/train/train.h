/* train: the training loop: epochs of minibatch steps, a validation after each, the best epoch kept.
 *
 * The caller owns everything passed in. At the end the net has the parameters and running statistics
 * of the best epoch (best_epoch.h), of which lint_train keeps a copy. Nothing is printed: callbacks
 * report what happens. All memory is taken before the first batch.
 *
 *     lint_training t = {.loss = {...}, .schedule = {...}, .optim = {.momentum = 0.9}};
 *     lint_trained done;
 *     if (lint_train_check(net, batches, val, "val.lts", &t, &e) < 0) ...
 *     if (lint_train(net, batches, val, &t, pool, &done, &e) < 0) ...
 *     lint_model_store(net, classes, &frame, &e);      // epoch done.best.epoch
 *
 * The scores of an epoch's training samples are those of its steps, with changing weights and with
 * the batch norm statistics of each batch. Validation uses the weights at the end of the epoch and
 * the running statistics.
 */
#ifndef LINT_TRAIN_TRAIN_H
#define LINT_TRAIN_TRAIN_H

#include "load/batches.h"
#include "stream/settings.h"
#include "train/best_epoch.h"
#include "train/blank_masks.h"
#include "train/dro.h"
#include "train/optim.h"
#include "train/schedule.h"
#include <signal.h>

/* Means over the labelled samples, each with the weight of its class times its own. ce is that of
 * torch.nn.CrossEntropyLoss with class weights. cam is NAN without a CAM loss. loss is
 * lint_train_loss of both; it leaves out the group weights of group DRO. */
typedef struct lint_epoch_scores {
    double loss, ce, cam, accuracy;
} lint_epoch_scores;

/* Accuracies of groups (groups.h); NAN without groups. */
typedef struct lint_group_scores {
    double worst, mean, adjusted;
} lint_group_scores;

typedef struct lint_epoch {
    size_t epoch; /* from 1 */
    lint_rates rates;
    lint_epoch_scores train, val; /* val: all NAN without validation samples */
    lint_group_scores groups;     /* of the validation samples */
    int best;                     /* whether it is better than every epoch before it */
    int resumed;                  /* whether it was read from a checkpoint */
    /* Of the first epoch only, and in no checkpoint: */
    lint_blank_masks masks; /* of a stream's labelled samples, where the mask prior needs them */
    /* The batch norm because of which the last batch, of a single sample, was left out, as it is in
     * every epoch (lint_net_single_value_norm); NULL: none was. */
    const char *left_out;
} lint_epoch;

/* Replaces lint_net_step and lint_net_score for networks that learn something else than the labels
 * of pictures. step computes a gradient, score does not; both add to *sum. A step that adds no sample
 * changes no parameter. */
typedef struct lint_lesson {
    int (*step)(void *ctx, const lint_batch *b, lint_loss_sum *sum, lint_err *e);
    int (*score)(void *ctx, const lint_batch *b, lint_loss_sum *sum, lint_err *e);
    void *ctx;
} lint_lesson;

typedef struct lint_training {
    lint_loss loss;  /* the schedule sets its two weights, term_cap its cam_cap */
    double term_cap; /* limit of cam_weight * CAM loss, in cross-entropies; 0: no limit */
    lint_schedule schedule;
    lint_optim_plan optim;
    const double *factor; /* of the learning rate of each parameter, as in optim.h; NULL: all 1 */
    lint_dro *dro;        /* group DRO; NULL: the mean of all samples (ERM) */
    const lint_lesson *lesson; /* NULL: the loss above, on labelled pictures */
    lint_best best;
    /* Early stopping after `patience` epochs without a better one, counted from epoch patience_from
     * on; 0: never. */
    size_t patience, patience_from;
    /* The file of the checkpoint; NULL: none. It is written after every epoch. If it exists, the run
     * resumes from it and ends with the same bytes as an uninterrupted run. The checkpoint's settings
     * must be equal to `settings`. */
    const char *checkpoint;
    const lint_settings *settings;
    const volatile sig_atomic_t *stop; /* not 0: end after this batch; NULL: never */
    /* Called after every epoch, and first for each epoch in a checkpoint; -1 ends the training. NULL:
     * not called. */
    int (*on_epoch)(void *ctx, const lint_epoch *row, lint_err *e);
    /* Called after every training batch with the samples of this epoch so far. NULL: not called. */
    void (*on_batch)(void *ctx, size_t epoch, size_t done);
    void *ctx;
} lint_training;

typedef struct lint_trained {
    lint_epoch best; /* the epoch whose weights the net has */
    size_t epochs;   /* completed epochs */
    size_t resumed;  /* those of them that a checkpoint had */
    int stopped;     /* whether *stop ended the training */
} lint_trained;

/* Checks that net, samples and settings go together: image sizes, classes, masks for a mask prior,
 * places for groups. val may be NULL; messages call it val_name. */
int lint_train_check(const lint_net *net, const lint_batches *batches, const lint_dataset *val,
                     const char *val_name, const lint_training *t, lint_err *e);

/* Trains. A last batch of a single sample is left out where a batch norm could not normalise over it.
 * Errors: a loss that is not finite (the message gives epoch and batch), a stream that ends early or
 * whose masks are all blank, *stop before the first epoch was complete. The net then has the weights of that moment. */
int lint_train(lint_net *net, lint_batches *batches, const lint_dataset *val,
               const lint_training *t, lint_threads *pool, lint_trained *done, lint_err *e);

/* What is minimised, from means: ce_weight ce + cam_weight cam. With a term_cap the second term is at
 * most term_cap * ce, unless it is not finite, which must show. cam counts only where there is a CAM loss. */
double lint_train_loss(const lint_training *t, const lint_rates *rates, double ce, double cam);

/* A hash of all that training uses of a set's samples, for checkpoints. Features stand for pictures. */
uint64_t lint_train_hash(const lint_dataset *set);

/* Fills out [K] with class weights from their text: "none" (all 1), "balanced" (N / (K n_c), which
 * gives every class the same total weight), or K numbers such as "0.7,1.4". count [K]: samples of each
 * class, for balanced; NULL if they are not known. */
int lint_class_weights(const char *text, const lint_names *classes, const size_t *count, float *out,
                       lint_err *e);

#endif
