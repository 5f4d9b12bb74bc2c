/* mask_encoder_train: how a mask encoder learns what objects look like, from masks and their inverses.
 *
 * Each mask of a batch, averaged by area to the net's size, 0 to 1, is shown twice: as it is, and
 * inverted, 1 less it. Per mask, weighted by the sample's weight and averaged over the batch:
 *
 *     binary   the mean of the binary cross-entropies of code(mask) against 1 and of
 *              code(inverted) against 0, averaged over the code's numbers; logarithms are at least
 *              -100, as torch.nn.BCELoss has them
 *     triplet  max(0, d(a, p) - d(a, n) + margin): a the code of the mask, p that of another mask
 *              of the batch, n that of an inverted one, both drawn anew in each step; d the
 *              Euclidean distance, as torch.nn.TripletMarginLoss
 *
 * and l1 * (sum of |w| over the weights, not the biases) is added to what is minimised, though not
 * to the loss that is reported. Accuracy is the share of masks told from their opposites: both
 * codes on their own side of 1/2 on average, or a nearer to p than to n. Labels have no part in
 * it. A mask without any object, such as a crop may leave, teaches nothing.
 *
 * It is a lesson for lint_train, which brings epochs, schedule, validation, checkpoints:
 *
 *     lint_mask_encoder_lesson *s = lint_mask_encoder_lesson_new(net, &plan, batches, val, "val.lts", pool,
 *                                                      &e);
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
    uint64_t seed; /* of the triplets */
} lint_mask_encoder_plan;

typedef struct lint_mask_encoder_lesson lint_mask_encoder_lesson;

/* Keeps net (built for batches of twice as many images as `batches` gives), plan's values and
 * pool; batches are of lint_batches_open_masks. val may be NULL; val_name is what messages call it.
 * NULL on error: samples without masks, a net that is no encoder, or, for binary, does not end in a
 * sigmoid. */
lint_mask_encoder_lesson *
lint_mask_encoder_lesson_new(lint_net *net, const lint_mask_encoder_plan *plan,
                             const lint_batches *batches, const lint_dataset *val,
                             const char *val_name, lint_threads *pool, lint_err *e);
void lint_mask_encoder_lesson_free(lint_mask_encoder_lesson *s);
const lint_lesson *lint_mask_encoder_lesson_of(const lint_mask_encoder_lesson *s);

/* Puts what was learnt into f: the net as it is now, and the mean codes of all masks of the set and
 * of their inverses. An error if no mask has an object, or the two are the same. */
int lint_mask_encoder_learnt(lint_mask_encoder_lesson *s, const lint_dataset *set, lint_frame *f,
                             lint_err *e);

#endif
