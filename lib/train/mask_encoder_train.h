/* mask_encoder_train: how a mask encoder learns what objects look like, from masks and their
 * inverses.
 *
 * Each mask of a batch is scaled to the net's size by averaging areas, which gives values from 0 to
 * 1. The net sees it twice: as it is, and inverted (1 - mask). The loss of a mask, averaged over the
 * batch with the samples' weights, is:
 *
 *     binary   the mean of the binary cross-entropies of code(mask) against 1 and of
 *              code(inverted) against 0, averaged over the code's numbers; logarithms are clamped
 *              at -100, as in torch.nn.BCELoss
 *     triplet  max(0, d(a, p) - d(a, n) + margin): a is the code of the mask, p that of another
 *              mask of the batch, n that of an inverted mask, both drawn anew in each step; d is the
 *              Euclidean distance, as in torch.nn.TripletMarginLoss
 *
 * The term l1 * (sum of |w| over the weights, not the biases) is minimised too, but is no part of the
 * loss that is reported. Accuracy is the share of masks that are told from their inverses: both codes
 * lie on their own side of 1/2 on average, or a is nearer to p than to n. Labels are not used. A mask
 * without an object, which a crop may produce, is skipped.
 *
 * lint_train brings epochs, schedule, validation and checkpoints, and calls the lesson made here:
 *
 *     lint_mask_encoder_lesson *s =
 *         lint_mask_encoder_lesson_new(net, &plan, batches, val, "val.lts", pool, &e);
 *     t.lesson = lint_mask_encoder_lesson_of(s);
 *     if (lint_train(net, batches, val, &t, pool, &done, &e) < 0) ...
 *     if (lint_mask_encoder_learnt(s, lint_batches_set(batches), &frame, &e) < 0) ...
 *     lint_mask_encoder_lesson_free(s);
 */
#ifndef LINT_TRAIN_MASK_ENCODER_TRAIN_H
#define LINT_TRAIN_MASK_ENCODER_TRAIN_H

#include "engine/mask_encoder.h"
#include "train/train.h"

typedef enum lint_mask_encoder_objective {
    LINT_ENCODER_BINARY,
    LINT_ENCODER_TRIPLET
} lint_mask_encoder_objective;

typedef struct lint_mask_encoder_plan {
    lint_mask_encoder_objective objective;
    double l1, margin;
    uint64_t seed; /* by which triplets are drawn */
} lint_mask_encoder_plan;

typedef struct lint_mask_encoder_lesson lint_mask_encoder_lesson;

/* Keeps net and pool, and copies *plan. The net must be built for twice as many images as a batch of
 * `batches` has, which come from lint_batches_open_masks. val may be NULL; messages call it val_name.
 * NULL on error: samples without masks, or a net that is no mask encoder or, for binary, does not end
 * in a sigmoid. */
lint_mask_encoder_lesson *
lint_mask_encoder_lesson_new(lint_net *net, const lint_mask_encoder_plan *plan,
                             const lint_batches *batches, const lint_dataset *val,
                             const char *val_name, lint_threads *pool, lint_err *e);
void lint_mask_encoder_lesson_free(lint_mask_encoder_lesson *s);
const lint_lesson *lint_mask_encoder_lesson_of(const lint_mask_encoder_lesson *s);

/* Puts the net as it is now into f, with the mean codes of the set's masks and of their inverses. An
 * error if no mask has an object or both means are equal. */
int lint_mask_encoder_learnt(lint_mask_encoder_lesson *s, const lint_dataset *set, lint_frame *f,
                             lint_err *e);

#endif
