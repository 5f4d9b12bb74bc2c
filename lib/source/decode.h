/* decode: decodes the pictures of a source into frames of samples.
 *
 * All threads decode a batch at a time; pictures are written in the source's order, so the bytes do
 * not depend on the number of threads. Memory holds one frame. A picture that cannot be read is an
 * error, or, with skip_bad, is marked (picture.bad) and left out.
 *
 *     lint_decode c = {.pool = pool, .w = 192, .h = 192, .frame = 64};
 *     if (lint_decode_write(&c, &source, LINT_TRAIN, out, &e) < 0) ...
 */
#ifndef LINT_SOURCE_DECODE_H
#define LINT_SOURCE_DECODE_H

#include "base/threads.h"
#include "picture/image.h"
#include "source/source.h"

typedef struct lint_decode {
    lint_threads *pool;
    int w, h;
    lint_fit fit;
    size_t frame; /* samples in a frame; 0: one frame for the whole split */
    int skip_bad;
    void (*tick)(void *ctx, size_t pictures); /* called as more pictures are done; may be NULL */
    void *ctx;
} lint_decode;

/* Writes the frames of one split, with `image`, `label` and `name`, `place` if places are known,
 * and `mask` if there are masks. A split without pictures becomes one frame without samples, which
 * still states classes and size. Does not flush. */
int lint_decode_write(const lint_decode *c, lint_source *s, lint_split which, FILE *out,
                      lint_err *e);

/* Describes the border of every picture (border.h): border [n,LINT_BORDER_DIM], zeros for a bad
 * picture. */
int lint_decode_borders(const lint_decode *c, lint_source *s, float *border, lint_err *e);

#endif
