/* dro: group distributionally robust optimisation, the baseline that is told the groups.
 *
 * Instead of the mean cross-entropy, training minimises sum over groups q_g L_g: L_g is the mean
 * cross-entropy of group g (a class at a place) in the batch, 0 where it has no sample there, and q
 * grows where the loss is high: with every batch q_g = q_g exp(step (L_g + C / sqrt(n_g))), then q
 * is divided by its sum. Algorithm 1 of Sagawa, Koh, Hashimoto, Liang: Distributionally Robust
 * Neural Networks for Group Shifts, ICLR 2020; C / sqrt(n_g) is their generalisation adjustment.
 * q begins equal for all groups, or for those that have training samples, where that is known.
 *
 *     lint_dro *d = lint_dro_new(classes, places, 0.01, &e);
 *     lint_dro_count(d, set, 0);                            // where the samples can be counted
 *     loss.reweigh = lint_dro_reweigh, loss.reweigh_ctx = d;
 *     lint_net_step(net, &batch, &loss, &sum, &e);          // changes q
 *     lint_dro_free(d);
 *
 * A class weight cancels within its group, so class weights have no effect; an image's own weight
 * counts within its group. Images without label or place are in no group and count nothing.
 */
#ifndef LINT_TRAIN_DRO_H
#define LINT_TRAIN_DRO_H

#include "stream/dataset.h"
#include "train/groups.h"

typedef struct lint_dro lint_dro;

lint_dro *lint_dro_new(size_t classes, size_t places, double step, lint_err *e);
void lint_dro_free(lint_dro *d);

/* Counts the training samples, for `adjust`, which is C; groups without samples get no weight. */
void lint_dro_count(lint_dro *d, const lint_dataset *set, double adjust);

/* A lint_reweigh_fn; ctx is the lint_dro. */
double lint_dro_reweigh(void *ctx, const lint_batch *b, const double *ce, double *weight);

/* q, *n of them, class by class: what a checkpoint keeps. */
double *lint_dro_weights(lint_dro *d, size_t *n);

#endif
