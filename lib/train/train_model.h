/* train_model: the file that a training leaves, a model or a mask encoder that says how it was made.
 *
 * Beside weights, network and classes (net.h; encoder.h for what an encoder has) its metadata has
 * `train`, the settings of the run as a JSON object, with `epoch`, the one whose weights these are,
 * and its `val_accuracy`; and `fit`, where the samples had it: how pictures were brought to size,
 * for whoever asks the model about another one.
 *
 *     lint_trained_parts parts = {net, lesson, batches, &settings};
 *     if (lint_trained_store(&parts, &done, &frame, &e) < 0) ...
 */
#ifndef LINT_TRAIN_TRAIN_MODEL_H
#define LINT_TRAIN_TRAIN_MODEL_H

#include "stream/settings.h"
#include "train/mask_encoder_train.h"
#include "train/train.h"

/* All are the caller's, and stay as they are, but for epoch and val_accuracy in the settings. */
typedef struct lint_trained_parts {
    const lint_net *net;
    lint_mask_encoder_lesson *lesson; /* NULL: net is no mask encoder */
    const lint_batches *batches;
    lint_settings *settings;
} lint_trained_parts;

/* Fills an empty frame. Errors: names that are not UTF-8, an encoder that no mask taught, memory.
 */
int lint_trained_store(const lint_trained_parts *p, const lint_trained *done, lint_frame *f,
                       lint_err *e);

#endif
