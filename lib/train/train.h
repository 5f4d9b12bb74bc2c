/* train: the training loop. Epochs of minibatch steps, validation after each, the best kept.
 *
 * The caller owns everything passed in. lint_train leaves the best epoch's parameters and running
 * statistics in the net: a copy is taken whenever an epoch is better, and put back at the end.
 * Nothing is printed; what happens is told by callbacks. After lint_train has begun, a batch
 * allocates nothing.
 *
 *     lint_training t = {.loss = {...}, .schedule = {...}, .optim = {.momentum = 0.9}};
 *     lint_trained done;
 *     if (lint_train_check(net, batches, val, "val.lts", &t, &e) < 0) ...
 *     if (lint_train(net, batches, val, &t, pool, &done, &e) < 0) ...
 *     lint_model_store(net, classes, &frame, &e);      // epoch done.best.epoch
 *
 * A step of training uses the statistics of its batch, so the scores of an epoch's training
 * samples are those seen on the way, with weights that change; validation uses the weights at the
 * end of the epoch and the running statistics.
 */
#ifndef LINT_TRAIN_TRAIN_H
#define LINT_TRAIN_TRAIN_H

#include "load/batches.h"
#include "stream/settings.h"
#include "train/best_epoch.h"
#include "train/dro.h"
#include "train/optim.h"
#include "train/schedule.h"
#include <signal.h>

/* Means over the labelled samples, each counting its class's weight times its own: ce as
 * torch.nn.CrossEntropyLoss with class weights, cam NAN where there is no CAM loss, loss =
 * ce_weight ce + cam_weight cam, the latter cap * ce at most (before group DRO weighs the groups).
 */
typedef struct lint_scores {
    double loss, ce, cam, accuracy;
} lint_scores;

/* Of groups (groups.h); NAN where there are none. */
typedef struct lint_group_scores {
    double worst, mean, adjusted;
} lint_group_scores;

typedef struct lint_epoch {
    size_t epoch; /* from 1 */
    lint_rates rates;
    lint_scores train, val;   /* val: all NAN without validation samples */
    lint_group_scores groups; /* of the validation samples */
    int best;                 /* better than every epoch before it */
    int resumed;              /* from a checkpoint, not of this run */
} lint_epoch;

/* What a batch teaches, where it is not what lint_net_step and lint_net_score make of labelled
 * pictures: step leaves a gradient, score does not; both add to *sum. A step that adds no sample
 * moves nothing. */
typedef struct lint_lesson {
    int (*step)(void *ctx, const lint_batch *b, lint_loss_sum *sum, lint_err *e);
    int (*score)(void *ctx, const lint_batch *b, lint_loss_sum *sum, lint_err *e);
    void *ctx;
} lint_lesson;

typedef struct lint_training {
    lint_loss loss; /* its two weights are set by the schedule, its cap by `cap` */
    double cap;     /* cam_weight * CAM loss counts as cap * cross-entropy at most; 0: no cap */
    lint_schedule schedule;
    lint_optim_plan optim;
    const double *factor; /* of the learning rate of each parameter, as in optim.h; NULL: all 1 */
    lint_dro *dro;        /* group DRO; NULL: the mean of all samples (ERM) */
    const lint_lesson *lesson; /* NULL: the loss above, of labelled pictures */
    lint_best best;
    /* Ends after `patience` epochs without a better one, which are counted from epoch
     * patience_from on; 0: never. */
    size_t patience, patience_from;
    /* Written after every epoch, and where it is there, gone on from: the run ends with the same
     * bytes as one that was never interrupted. settings: what a checkpoint must agree with. NULL:
     * none. */
    const char *checkpoint;
    const lint_settings *settings;
    const volatile sig_atomic_t *stop; /* turns nonzero: end after the batch; NULL: never */
    /* After every epoch, those that a checkpoint brings first; -1 ends it with the error. */
    int (*on_epoch)(void *ctx, const lint_epoch *row, lint_err *e);
    /* After every training batch: samples of this epoch done. NULL: not told. */
    void (*on_batch)(void *ctx, size_t epoch, size_t done);
    void *ctx;
} lint_training;

typedef struct lint_trained {
    lint_epoch best; /* the epoch whose weights the net has now */
    size_t epochs;   /* epochs completed */
    size_t resumed;  /* of these, from a checkpoint */
    int stopped;     /* by *stop, before the end */
} lint_trained;

/* Whether net, samples and settings go together: sizes, classes, masks where the prior wants
 * them, places where groups are. val may be NULL; val_name is what messages call it. */
int lint_train_check(const lint_net *net, const lint_batches *batches, const lint_dataset *val,
                     const char *val_name, const lint_training *t, lint_err *e);

/* Trains. An error leaves the net as it was at that moment: a loss that is not finite (with epoch
 * and batch), a stream that ends early, *stop before the first epoch was complete. */
int lint_train(lint_net *net, lint_batches *batches, const lint_dataset *val,
               const lint_training *t, lint_threads *pool, lint_trained *done, lint_err *e);

/* What is minimised, from means: ce_weight ce + cam_weight cam. With a cap the second term is at most
 * cap * ce, unless it is not finite, which must show. cam counts only where there is a CAM loss. */
double lint_train_loss(const lint_training *t, const lint_rates *rates, double ce, double cam);

/* A hash of all that training takes from the samples of a set: what a checkpoint knows it by. */
uint64_t lint_train_hash(const lint_dataset *set);

/* Class weights from their text: "none" (all 1), "balanced" (N / (K n_c): every class weighs the
 * same, the label-shift correction), or K numbers such as "0.7,1.4". count: samples of each class,
 * for balanced; NULL if they cannot be known. out [K]. */
int lint_class_weights(const char *text, const lint_names *classes, const size_t *count, float *out,
                       lint_err *e);

#endif
