/* describe: a summary of a stream in words.
 *
 * For samples and predictions, the summary lists kind and split, frames, samples, the size of
 * pictures, tensors with types and shapes (n is the number of samples in a frame), samples by class
 * and place and by epoch, and the rest of the metadata. For a model, it lists the network's text,
 * the parameters and the settings of the training. For any other safetensors file, it lists tensors
 * and metadata.
 *
 *     lint_describe *l = lint_describe_new(&e);
 *     while (lint_reader_next(r, &frame, &e) > 0) lint_describe_add(l, &frame, &e);
 *     lint_describe_write(l, "data/test.lts", stdout);
 *     lint_describe_free(l);
 *
 * Only counts are kept, so memory does not grow with the stream. Text from the stream is cleaned
 * before it is written.
 */
#ifndef LINT_STREAM_DESCRIBE_H
#define LINT_STREAM_DESCRIBE_H

#include "stream/frame.h"

#include <stdio.h>

typedef struct lint_describe lint_describe;

lint_describe *lint_describe_new(lint_err *e);
void lint_describe_free(lint_describe *l);

/* Adds a frame. It is an error if the frame contradicts itself, or differs from the frames before
 * in kind, classes or places. */
int lint_describe_add(lint_describe *l, const lint_frame *f, lint_err *e);

/* Writes a few lines under `name`. The caller checks `out` for errors. */
void lint_describe_write(lint_describe *l, const char *name, FILE *out);

#endif
