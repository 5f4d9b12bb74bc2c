/* best_epoch: which epoch's weights a training keeps, and when waiting for a better one ends.
 *
 * Epochs are compared by their validation samples, in one of these ways. Of equal epochs the earlier
 * is kept.
 *
 *     accuracy     the highest accuracy; of equal ones the lowest loss. On small validation sets many
 *                  epochs reach 100 %, and the first of them is the least trained.
 *     loss ce cam  the lowest loss, cross-entropy, CAM loss
 *     worst-group  the highest accuracy of the worst group
 *     group-mean   the highest mean of the groups' accuracies
 *     adjusted     the same, each group weighted by its share of the epoch's training samples
 *     last         the last epoch; without validation samples it is always the last
 *
 * A phase of the schedule may change the weights of the loss, so the losses of two epochs are
 * compared under the later one's weights.
 *
 *     while (!lint_patience_is_over(&t, &done))      // row: each epoch as it ends
 *         if (lint_epoch_is_better(&t, &row, &done.best)) done.best = row;
 */
#ifndef LINT_TRAIN_BEST_EPOCH_H
#define LINT_TRAIN_BEST_EPOCH_H

typedef enum lint_best {
    LINT_BEST_ACCURACY,
    LINT_BEST_LOSS,
    LINT_BEST_CE,
    LINT_BEST_CAM,
    LINT_BEST_WORST_GROUP,
    LINT_BEST_GROUP_MEAN,
    LINT_BEST_ADJUSTED,
    LINT_BEST_LAST
} lint_best;
#define LINT_BEST_CHOICES "accuracy|loss|ce|cam|worst-group|group-mean|adjusted|last"

struct lint_training; /* train.h has them */
struct lint_trained;
struct lint_epoch;

/* Whether what epochs are compared by is known of this one: without a validation sample that has a place,
 * or, for the adjusted accuracy, a training sample of the same group, it is not. */
int lint_epoch_is_known(const struct lint_training *t, const struct lint_epoch *row);

/* Whether `row` is better than `best`, the best epoch before it (its epoch is 0: there is none). */
int lint_epoch_is_better(const struct lint_training *t, const struct lint_epoch *row,
                         const struct lint_epoch *best);

/* Whether t->patience epochs have passed without a better one, counted from the best epoch or from
 * t->patience_from, whichever is later. Never if t->patience is 0. */
int lint_patience_is_over(const struct lint_training *t, const struct lint_trained *done);

#endif
