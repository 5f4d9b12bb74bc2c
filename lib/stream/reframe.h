/* reframe: a stream of samples cut into frames of another size.
 *
 * Whatever sizes the frames of the input have, each frame given out holds N samples, the last one
 * of a run what is left; 0 puts everything into one. Samples keep their order and every tensor of
 * theirs. Frames whose metadata or other tensors differ are never mixed: the marks of an epoch
 * stay with its samples. Memory is for one frame of the input and one of the output.
 *
 *     lint_reframe *g = lint_reframe_new(in, "data/x.lts", 64, &e);
 *     while ((got = lint_reframe_next(g, &frame, &e)) > 0) use(&frame);
 *     lint_reframe_free(g);
 */
#ifndef LINT_STREAM_REFRAME_H
#define LINT_STREAM_REFRAME_H

#include "base/err.h"
#include "stream/frame.h"
#include <stddef.h>
#include <stdio.h>

typedef struct lint_reframe lint_reframe;

/* Reads from an open file that the caller keeps and closes; `name` is copied. NULL on error. */
lint_reframe *lint_reframe_new(FILE *in, const char *name, size_t frame, lint_err *e);
void lint_reframe_free(lint_reframe *g);

/* 1: f (cleared first) holds the next frame, which has the shape that lint_samples_view wants.
 * 0: the input has ended. -1: an error, with `NAME: frame N: ` before it. A stream with frames but
 * no samples gives one frame without samples. */
int lint_reframe_next(lint_reframe *g, lint_frame *f, lint_err *e);

#endif
