/* metrics: scores of predictions: accuracy for each group, and how much evidence is on the object.
 *
 * Predictions are frames with `label` and `logits`, and optionally `place`, `mask`, `cam`,
 * `logits_shifted` [n,moves,K], `deletion` [n] and `insertion` [n]. They are added frame by frame.
 * Sums for each class and place are kept, and each sample's logits, for its rank among all.
 * Samples without a label (-1) are counted but not scored.
 *
 *     lint_metrics *m = lint_metrics_new(0.25, &e);
 *     while (lint_reader_next(r, &frame, &e) > 0) lint_metrics_add(m, &frame, &e);
 *     lint_scores s = {0};
 *     lint_metrics_scores(m, &s, &e);
 *
 * These rows are computed for the whole set, each class, and each group (a class at a place):
 *
 *   accuracy            share of samples whose largest logit is the label's; Wilson interval
 *   cross_entropy       mean, in nats
 *   accuracy_shifted    mean over images of the share of moves with the right answer; Wilson
 *                       interval of images, not of moves
 *   deletion, insertion mean over images (deletion.h)
 *   evidence_in_mask    mean over images of sum |D| m / sum |D|
 *   evidence_in_center  the same with m = 1 in the disc of the given radius around the middle
 *   pointing_game       share of images where the cell of the largest D is on the object: m >= 1/2
 *   iou                 mean over images of the intersection over union of {P >= t} and the object;
 *                       t is the best of 0.05, 0.10 ... 0.95 for the whole set (not for each
 *                       image), and is reported as iou_threshold
 *
 * and these only for the whole set:
 *
 *   worst_group         lowest accuracy of a group that has samples, and the group
 *   worst_group_shifted the same for accuracy_shifted
 *   group_mean          mean of the groups' accuracies
 *   adjusted_mean       mean of the groups' accuracies weighted by given shares, usually those of
 *                       the training set: the accuracy if the groups were as frequent as there
 *   evidence_in_top_cells   share of all evidence in the 5 % of the map's cells that hold most of
 *                       it over the set: 0.05 if all are used equally, 1 if every map is the same
 *                       window (top_cells.h); no row for fewer than 20 pictures with evidence or
 *                       20 cells
 *   macro_f1, auroc, calibration_error   see classification.h
 *   unlabelled, placeless   number of samples that are in no score, or in no group
 *
 * For each class there are also precision, recall, f1 and auroc, and the confusion matrix
 * (classification.h).
 *
 * D is the map of the true class less the mean of the other classes' maps, as in the energy loss; P
 * is the positive part of D divided by its largest value; m is the mask, 0 to 1, averaged over the
 * area of each cell of the map. (So iou equals a count of the mask's pixels in which each cell of
 * the map is a block of pixels.) Images without evidence (D = 0 everywhere) are left out of the
 * shares of evidence, and images without an object (empty mask) out of all metrics that need a
 * mask. If samples have no places, each class is a group.
 *
 * Intervals are at 95 %: Wilson's for proportions; mean +- 1.96 standard errors, clipped to
 * possible values, for other means; for weighted means of accuracies the limits of the groups,
 * combined by MOVER (Zou and Donner, Statistics in Medicine 27, 2008).
 */
#ifndef LINT_ANSWER_METRICS_H
#define LINT_ANSWER_METRICS_H

#include "answer/scores.h"
#include "stream/dataset.h"
#include "stream/frame.h"

typedef struct lint_metrics lint_metrics;

/* radius: of the central disc, as a fraction of the image side. NULL on error. */
lint_metrics *lint_metrics_new(double radius, lint_err *e);
void lint_metrics_free(lint_metrics *m);

/* Adds a frame of predictions. All frames must have the same classes and places, and either all or
 * none must have masks and maps. Logits and maps must be finite. */
int lint_metrics_add(lint_metrics *m, const lint_frame *f, lint_err *e);

/* Number of samples added, with or without a label. */
size_t lint_metrics_count(const lint_metrics *m);

/* Adds shares of groups for adjusted_mean, after all frames. Shares are summed over calls and
 * divided by their sum in the end. They are counted in a set with the same classes and places, or
 * given as text: "CLASS/PLACE=SHARE", or "CLASS=SHARE" if there are no places. */
int lint_metrics_share_set(lint_metrics *m, const lint_dataset *set, lint_err *e);
int lint_metrics_share_text(lint_metrics *m, const char *text, lint_err *e);

/* Adds all rows to s. */
int lint_metrics_scores(const lint_metrics *m, lint_scores *s, lint_err *e);

#endif
