/* each_frame: the loop over the frames of a stream.
 *
 *     int add(void *total, const lint_frame *f, lint_err *e);     // what is done with each
 *     if (lint_each_frame(in, name, add, &total, &e) < 0) ...
 */
#ifndef LINT_STREAM_EACH_FRAME_H
#define LINT_STREAM_EACH_FRAME_H

#include "stream/frame.h"
#include <stdio.h>

/* Handles one frame, which is valid until the function returns. -1 with a message ends the loop. */
typedef int lint_frame_fn(void *ctx, const lint_frame *f, lint_err *e);

/* Calls fn for every frame of the stream `in`, which messages call `name` and which the caller
 * closes. Returns -1 if the stream cannot be read or fn fails; the message says in which frame. */
int lint_each_frame(FILE *in, const char *name, lint_frame_fn *fn, void *ctx, lint_err *e);

#endif
