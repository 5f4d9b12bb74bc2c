/* decode: decodes the pictures of a source into frames of samples.
 *
 * All threads decode a batch at a time; pictures are written in the source's order, so the bytes do
 * not depend on the number of threads. Memory holds two frames. A picture that cannot be read is an
 * error, or, with skip_bad, is marked (picture.bad) and left out.
 *
 *     lint_decode c = {.pool = pool, .w = 192, .h = 192, .frame = 64};
 *     if (lint_decode_write(&c, &source, LINT_TRAIN, out, &e) < 0) ...
 */
#ifndef LINT_SOURCE_DECODE_H
#define LINT_SOURCE_DECODE_H

#include "base/threads.h"
#include "picture/image.h"
#include "source/look.h"
#include "source/source.h"

/* What was found on the way, of pictures whose samples have more than 8 bits. */
typedef struct lint_deep {
    size_t pictures;
    double peak; /* the largest sample, alpha apart */
} lint_deep;

typedef struct lint_decode {
    lint_threads *pool;
    struct lint_heif_decoder *heif; /* as in lint_image_ask */
    int w, h;
    lint_fit fit;
    size_t frame;                   /* samples in a frame; 0: one frame for the whole split */
    lint_box_shape boxes;           /* what boxes become as masks */
    const lint_mask_labels *labels; /* that are the object in masks; NULL: all but 0 and void */
    double margin;                  /* of a crop on each side, in shares of its width and height */
    int depth;       /* how many bits say white in samples of more than 8, as in lint_image_ask */
    long max_pixels; /* of a picture; 0: LINT_IMAGE_PIXELS */
    int skip_bad;
    lint_deep *deep;                          /* may be NULL */
    void (*tick)(void *ctx, size_t pictures); /* called as more pictures are done; may be NULL */
    void *ctx;
} lint_decode;

/* Writes the frames of one split, with `image`, `label` and `name`, `place` if places are known,
 * and `mask` if there are masks. A split without pictures becomes one frame without samples, which
 * still states classes and size. Does not flush. */
int lint_decode_write(const lint_decode *c, lint_source *s, lint_split which, FILE *out,
                      lint_err *e);

/* Looks at every picture (look.h): look [n], zeros for a bad picture. w, h, fit and frame of c do not
 * matter. */
int lint_decode_looks(const lint_decode *c, lint_source *s, lint_look *look, lint_err *e);

/* What `--depth N|auto` says: 8 to LINT_IMAGE_DEPTH, 0 where text is NULL, -1 for auto. */
int lint_depth_parse(int *depth, const char *text, lint_err *e);

/* The fewest bits, 8 to LINT_IMAGE_DEPTH, that hold every sample of more than 8 bits in the pictures of
 * s, into *depth; 0 where there are none, or only floats up to 1. What cannot be read does not count. */
int lint_decode_depth(const lint_decode *c, lint_source *s, int *depth, lint_err *e);

#endif
