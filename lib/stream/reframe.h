/* reframe: a stream of samples cut into frames of another size.
 *
 * Every output frame holds N samples, whatever the sizes of the input's frames; N = 0 puts all
 * samples into one frame. Samples keep their order and all their tensors. Input frames whose
 * metadata or other tensors differ are never joined, so the last frame before such a change may be
 * smaller, and samples keep the marks of their epoch. Frames say whether another follows, for which
 * the input is read ahead. Memory holds one input frame and one output frame.
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

/* Reads from an open file, which the caller closes. `name` is copied. NULL on error. */
lint_reframe *lint_reframe_new(FILE *in, const char *name, size_t frame, lint_err *e);
void lint_reframe_free(lint_reframe *g);

/* Clears f and puts the next frame into it, in a form that lint_samples_view accepts. Returns 1, or
 * 0 at the end of the input, or -1 with a message that begins with `NAME: frame N: `. A stream with
 * frames but without samples gives one frame without samples. */
int lint_reframe_next(lint_reframe *g, lint_frame *f, lint_err *e);

#endif
