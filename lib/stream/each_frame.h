/* each_frame: the loop over the frames of a stream.
 *
 *     int add(void *total, const lint_frame *f, lint_err *e);     // what is done with each
 *     if (lint_each_frame(in, name, add, &total, &e) < 0) ...
 */
#ifndef LINT_STREAM_EACH_FRAME_H
#define LINT_STREAM_EACH_FRAME_H

#include "stream/frame.h"
#include <stdio.h>

/* What is done with a frame, which is good until it returns; -1 with a message ends the loop. */
typedef int lint_frame_fn(void *ctx, const lint_frame *f, lint_err *e);

/* Reads the stream `in`, which stays the caller's and is called `name` in messages, to its end.
 * -1: it cannot be read, or fn has failed; the message says in which frame. */
int lint_each_frame(FILE *in, const char *name, lint_frame_fn *fn, void *ctx, lint_err *e);

#endif
