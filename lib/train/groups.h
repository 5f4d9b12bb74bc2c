/* groups: how good answers are for each class at each place, counted on the way.
 *
 * A group is a class at a place; where samples have no places, a class is a group. Samples without
 * label, or without place where there are places, are in none. Groups without samples count for
 * nothing. What lint-eval says of groups with intervals (metrics.h) is said here of the epochs of a
 * training, as plain numbers.
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
    size_t *n, *correct;    /* [classes * places]: samples, and those answered right */
} lint_groups;

/* places 0: a class is a group. */
int lint_groups_new(lint_groups *g, size_t classes, size_t places, lint_err *e);
void lint_groups_free(lint_groups *g);
void lint_groups_clear(lint_groups *g);
size_t lint_groups_count(const lint_groups *g);

/* The group of image i of a batch; -1: none. */
long lint_groups_of(const lint_groups *g, const lint_batch *b, size_t i);

/* Adds a batch. logits [N,K], of equals the first is the answer; NULL: samples alone are counted.
 */
void lint_groups_add(lint_groups *g, const lint_batch *b, const float *logits);

/* The lowest accuracy of a group; the mean of all; their mean weighted by the number of samples in
 * the groups of `shares`, which must have the same classes and places. NAN without samples. */
double lint_groups_worst(const lint_groups *g);
double lint_groups_mean(const lint_groups *g);
double lint_groups_adjusted(const lint_groups *g, const lint_groups *shares);

#endif
