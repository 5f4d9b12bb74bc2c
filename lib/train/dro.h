/* dro: group distributionally robust optimisation (group DRO), the baseline that knows the groups.
 *
 * Training minimises the sum over groups of q_g L_g instead of the mean cross-entropy. L_g is the mean
 * cross-entropy of group g (a class at a place) in the batch, or 0 if the batch has no sample of it.
 * The weights q grow where the loss is high: every batch sets q_g to q_g exp(step (L_g + C /
 * sqrt(n_g))), then divides q by its sum. C / sqrt(n_g) is the generalisation adjustment, n_g the
 * number of training samples in the group. At the start all groups weigh the same; groups that are
 * known to have no training samples weigh nothing.
 *
 * Algorithm 1 of Sagawa, Koh, Hashimoto, Liang: Distributionally Robust Neural Networks for Group
 * Shifts, ICLR 2020.
 *
 *     lint_dro *d = lint_dro_new(classes, places, 0.01, &e);
 *     lint_dro_count(d, set, n, 0);                         // if the samples can be counted
 *     loss.reweigh = lint_dro_reweigh, loss.reweigh_ctx = d;
 *     lint_net_step(net, &batch, &loss, &sum, &e);          // changes q
 *     lint_dro_free(d);
 *
 * A class weight cancels within its group, so class weights have no effect. The weight of a sample
 * counts within its group. Images without a label or a place are in no group and are ignored.
 */
#ifndef LINT_TRAIN_DRO_H
#define LINT_TRAIN_DRO_H

#include "stream/dataset.h"
#include "train/groups.h"

typedef struct lint_dro lint_dro;

lint_dro *lint_dro_new(size_t classes, size_t places, double step, lint_err *e);
void lint_dro_free(lint_dro *d);

/* Counts the training samples of each group, the first `samples` of the set. adjust is C. Groups
 * without samples get weight 0. */
void lint_dro_count(lint_dro *d, const lint_dataset *set, size_t samples, double adjust);

/* A lint_reweigh_fn; ctx is the lint_dro. */
double lint_dro_reweigh(void *ctx, const lint_batch *b, const double *ce, double *weight);

/* The weights q, [*n], class by class, for checkpoints. d owns them. */
double *lint_dro_weights(lint_dro *d, size_t *n);

#endif
