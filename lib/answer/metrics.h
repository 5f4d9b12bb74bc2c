/* metrics: how good predictions are, for whom, and whether their evidence lies on the object.
 *
 * Predictions are frames with `label` and `logits`, and where there are `place`, `mask`, `cam`,
 * `logits_shifted` [n,moves,K], `deletion` [n] and `insertion` [n].
 * They are added frame by frame; what is kept is sums for each class and place, so memory does not
 * grow with the number of samples. Samples without a label (-1) are counted and left out.
 *
 *     lint_metrics *m = lint_metrics_new(0.25, &e);
 *     while (lint_reader_next(r, &frame, &e) > 0) lint_metrics_add(m, &frame, &e);
 *     lint_scores s = {0};
 *     lint_metrics_scores(m, &s, &e);
 *
 * The rows that come out, each for the whole set, each class, and each group (a class at a place):
 *
 *   accuracy            share of samples whose largest logit is the label's; Wilson interval
 *   cross_entropy       mean, in nats
 *   accuracy_shifted    mean over images of the share of moves with the right answer; an image counts
 *                       once however often it is moved, so the interval is Wilson's for images
 *   deletion, insertion mean over images (deletion.h)
 *   evidence_in_mask    mean over images of sum |D| m / sum |D|
 *   evidence_in_center  the same with m = 1 in the disc of the given radius round the middle
 *   pointing_game       share of images where the place of the largest D is on the object: m >= 1/2
 *   iou                 mean over images of the overlap of {P >= t} and the object, divided by what
 *                       either covers; t is the one of 0.05, 0.10 ... 0.95 that is best for the
 *                       whole set (not for each image), and is given as iou_threshold
 *
 * and for the whole set alone:
 *
 *   worst_group         the lowest accuracy of a group that has samples, and which one
 *   worst_group_shifted the same of accuracy_shifted
 *   group_mean          mean of the groups' accuracies
 *   adjusted_mean       mean of the groups' accuracies weighted by given shares, by custom those of
 *                       the training set: what accuracy would be, were the groups as frequent there
 *   evidence_in_top_cells   share of all evidence in the 5 % of the map's cells that hold most of it
 *                       over the set: 0.05 where all are used alike, 1 where every map is the same
 *                       window (top_cells.h); no row for fewer than 20 pictures with evidence or 20 cells
 *   unlabelled, placeless   how many samples were left out of everything, or of groups
 *
 * D is the map of the true class less the mean of the other classes' maps, as in the energy loss;
 * P is the positive part of D divided by its largest value; m is the mask, 0 to 1, averaged over
 * the area of each cell of the map. (So iou is what counting the mask's pixels gives, when each
 * cell of the map is a block of pixels.) An image without evidence (D = 0 everywhere) is in no
 * share of evidence, and one without an object (empty mask) in nothing that asks for a mask. Where
 * samples have no places, a class is a group.
 *
 * Intervals are of 95 %: Wilson's for proportions, mean +- 1.96 standard errors, cut to what
 * is possible, for other means, and for weighted means of accuracies the limits of the groups
 * combined by MOVER (Zou and Donner, Statistics in Medicine 27, 2008).
 */
#ifndef LINT_ANSWER_METRICS_H
#define LINT_ANSWER_METRICS_H

#include "answer/scores.h"
#include "stream/dataset.h"
#include "stream/frame.h"

typedef struct lint_metrics lint_metrics;

/* radius: of the centre's disc, in fractions of the image side. NULL on error. */
lint_metrics *lint_metrics_new(double radius, lint_err *e);
void lint_metrics_free(lint_metrics *m);

/* Adds a frame of predictions. All frames must agree in their classes, places, and in whether they
 * carry masks and maps; logits and maps must be finite. */
int lint_metrics_add(lint_metrics *m, const lint_frame *f, lint_err *e);

/* Samples seen, with a label or without. */
size_t lint_metrics_count(const lint_metrics *m);

/* Shares of groups for adjusted_mean, after the frames: added up over calls, and divided by their
 * sum in the end. Counted from a set with the same classes and places, or given as text:
 * "CLASS/PLACE=SHARE", "CLASS=SHARE" where there are no places. */
int lint_metrics_share_set(lint_metrics *m, const lint_dataset *set, lint_err *e);
int lint_metrics_share_text(lint_metrics *m, const char *text, lint_err *e);

/* Adds all rows to s. */
int lint_metrics_scores(const lint_metrics *m, lint_scores *s, lint_err *e);

#endif
