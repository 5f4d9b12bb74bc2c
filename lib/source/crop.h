/* crop: the part of a picture that a box marks.
 *
 *     const lint_image_ask ask = {.c = 3};                            // all of the picture's pixels
 *     const lint_crop c = {.number = 1, .box = {10, 20, 300, 200}};
 *     lint_image im = {0}, part = {0};
 *     lint_image_facts facts;
 *     if (lint_image_read_as(&im, path, &ask, &facts, &e) < 0) ...
 *     if (lint_crop_cut(&c, 0.05, &facts, &im, &part, &e) < 0) ...
 */
#ifndef LINT_SOURCE_CROP_H
#define LINT_SOURCE_CROP_H

#include "picture/image.h"
#include "source/object.h"

#define LINT_CROP_MARGIN 10 /* the largest margin */

typedef struct lint_crop {
    size_t number; /* of the object in its picture, from 1; 0: the whole picture */
    double box[4];
    int shares, w, h; /* as in lint_objects */
} lint_crop;

/* Object i of those in a picture. */
lint_crop lint_crop_of(const lint_objects *o, size_t i);

/* Whether annotations of a picture of w x h are of the stored pixels, which were turned upright. Where
 * the sides do not tell, they are of the upright picture, as programs show it. */
int lint_crop_is_stored(const lint_image_facts *facts, int w, int h);

/* to, which is replaced, becomes the pixels that the object's box touches with a margin on each side, in
 * shares of its width and height. from is the picture or its mask, with all pixels, upright. Errors: the
 * box lies beyond the picture; the annotations are of a picture of another size. */
int lint_crop_cut(const lint_crop *c, double margin, const lint_image_facts *facts,
                  const lint_image *from, lint_image *to, lint_err *e);

#endif
