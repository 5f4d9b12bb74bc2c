/* groups: accuracy for each group, counted batch by batch.
 *
 * A group is a class at a place, or a class if samples have no places. Samples without a label, or
 * without a place where others have one, are in no group. Groups without samples are ignored. These
 * are the plain numbers of a training's epochs; lint-eval gives intervals too (answer/metrics.h).
 *
 *     lint_groups g;
 *     lint_groups_new(&g, classes, places, &e);
 *     lint_groups_add(&g, &batch, logits);
 *     double worst = lint_groups_worst(&g), mean = lint_groups_mean(&g);
 *     double adjusted = lint_groups_adjusted(&g, &training);
 *     lint_groups_free(&g);
 */
#ifndef LINT_TRAIN_GROUPS_H
#define LINT_TRAIN_GROUPS_H

#include "engine/net.h"

typedef struct lint_groups {
    size_t classes, places; /* places at least 1 */
    int named;              /* places were given: who has none is in no group */
    size_t *n, *correct;    /* [classes * places]: samples, and those answered right */
} lint_groups;

/* places 0: each class is a group. */
int lint_groups_new(lint_groups *g, size_t classes, size_t places, lint_err *e);
void lint_groups_free(lint_groups *g);
void lint_groups_clear(lint_groups *g);
size_t lint_groups_count(const lint_groups *g);

/* The group of image i of a batch; -1: no group. */
long lint_groups_of(const lint_groups *g, const lint_batch *b, size_t i);

/* Adds a batch of N samples. logits [N,K]: the answer is the highest, of equal ones the first. NULL:
 * only the samples are counted. */
void lint_groups_add(lint_groups *g, const lint_batch *b, const float *logits);

/* The accuracy of the worst group; the mean of the groups' accuracies; the same mean weighted by the
 * samples in the groups of `shares`, which must have the same classes and places. NAN without
 * samples. */
double lint_groups_worst(const lint_groups *g);
double lint_groups_mean(const lint_groups *g);
double lint_groups_adjusted(const lint_groups *g, const lint_groups *shares);

#endif
