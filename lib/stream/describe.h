/* describe: what a stream holds, in words.
 *
 * Of samples and predictions: kind and split, frames, samples, size of pictures, tensors with
 * their types and shapes (n is the number of samples of a frame), samples by class and place, by
 * epoch, and the rest of the metadata. Of a model: its network's text, its parameters, what is
 * known of its training. Of any other safetensors file: tensors and metadata.
 *
 *     lint_describe *l = lint_describe_new(&e);
 *     while (lint_reader_next(r, &frame, &e) > 0) lint_describe_add(l, &frame, &e);
 *     lint_describe_write(l, "data/test.lts", stdout);
 *     lint_describe_free(l);
 *
 * Memory is counts, whatever the length of the stream. Text from the stream is cleaned before it
 * is written.
 */
#ifndef LINT_STREAM_DESCRIBE_H
#define LINT_STREAM_DESCRIBE_H

#include "stream/frame.h"

#include <stdio.h>

typedef struct lint_describe lint_describe;

lint_describe *lint_describe_new(lint_err *e);
void lint_describe_free(lint_describe *l);

/* An error where a frame contradicts itself, or the frames before in kind, classes or places. */
int lint_describe_add(lint_describe *l, const lint_frame *f, lint_err *e);

/* A few lines under `name`. Errors of `out` are the caller's to look for. */
void lint_describe_write(lint_describe *l, const char *name, FILE *out);

#endif
