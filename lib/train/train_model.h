/* train_model: the file that a training writes, a model or a mask encoder with the settings that made
 * it.
 *
 * engine/net.h describes the tensors and the metadata of a model, engine/mask_encoder.h those of a
 * mask encoder. A training adds `train` to the metadata, a JSON object of the run's settings, with the
 * `epoch` that was kept and its `val_accuracy`. It also copies the samples' `fit`, if they have one:
 * how pictures were brought to size, which lint-predict does to other pictures; and, of a head,
 * `backbone`, a hash of what made its features, by which lint-features joins it to no other.
 *
 *     lint_trained_parts parts = {net, lesson, batches, &settings};
 *     if (lint_trained_store(&parts, &done, &frame, &e) < 0) ...
 */
#ifndef LINT_TRAIN_TRAIN_MODEL_H
#define LINT_TRAIN_TRAIN_MODEL_H

#include "stream/settings.h"
#include "train/mask_encoder_train.h"
#include "train/train.h"

/* The caller owns all of them. lint_trained_store adds epoch and val_accuracy to the settings. */
typedef struct lint_trained_parts {
    const lint_net *net;
    lint_mask_encoder_lesson *lesson; /* NULL: net is no mask encoder */
    const lint_batches *batches;
    lint_settings *settings;
} lint_trained_parts;

/* Fills an empty frame. Errors: names that are not UTF-8, an encoder that has learnt nothing, memory.
 */
int lint_trained_store(const lint_trained_parts *p, const lint_trained *done, lint_frame *f,
                       lint_err *e);

#endif
