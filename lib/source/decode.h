/* decode: pictures of a source -> frames of samples.
 *
 * Pictures are decoded by all threads, a batch at a time, and written in the source's order;
 * memory holds one frame, and the bytes do not depend on the number of threads. The first picture
 * that cannot be read stops it, or, with skip_bad, is marked (picture.bad) and left out.
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
    size_t frame; /* samples in a frame; 0: all of a split in one */
    int skip_bad;
    void (*tick)(void *ctx, size_t pictures); /* called as more pictures are done; may be NULL */
    void *ctx;
} lint_decode;

/* Writes the frames of one split: `image`, `label`, `place` where places are known, `mask` where
 * there are masks, `name`. A split without pictures is one frame of no samples, that still tells
 * classes and size. Does not flush. */
int lint_decode_write(const lint_decode *c, lint_source *s, lint_split which, FILE *out,
                      lint_err *e);

/* border [n,LINT_BORDER_DIM] of every picture (border.h); zeros for one that is bad. */
int lint_decode_borders(const lint_decode *c, lint_source *s, float *border, lint_err *e);

#endif
