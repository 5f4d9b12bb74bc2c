/* yolo: the boxes and polygons of a picture from the text beside it, in the format of YOLO's programs.
 *
 * Each line is an object: a class, and a box or a polygon, in shares of the picture's width and
 * height from its upper left corner.
 *
 *     0 0.5 0.5 0.25 0.75              class, centre of the box, its width and height
 *     0 0.5 0.5 0.25 0.75 0.9          the same with a confidence, of what a network has found
 *     1 0.1 0.1 0.9 0.1 0.5 0.8        class, x and y of three points or more
 *
 * All are the object, whatever their class. A text without lines shows no object.
 *
 *     if (lint_yolo_draw(text, n, 0, LINT_BOX_ELLIPSE, w, h, mask, &e) < 0) ...
 *
 * A hostile text only causes an error message. Limits: LINT_YOLO_BYTES bytes, LINT_YOLO_POINTS
 * points, and areas that add up to at most LINT_YOLO_TIMES the picture's. Format:
 * https://docs.ultralytics.com/datasets/segment/
 */
#ifndef LINT_SOURCE_YOLO_H
#define LINT_SOURCE_YOLO_H

#include "base/names.h"
#include "source/object.h"

#define LINT_YOLO_BYTES  (8u << 20)
#define LINT_YOLO_POINTS 200000
#define LINT_YOLO_TIMES  200

/* Sets mask [h,w] to 255 on the objects and to 0 elsewhere; boxes become `shape`, and those of less
 * confidence than `least` do not count. text [len] has a 0 behind it. Messages name the line. */
int lint_yolo_draw(const char *text, size_t len, double least, lint_box_shape shape, int w, int h,
                   uint8_t *mask, lint_err *e);

/* Adds the objects to an empty `to`, in shares; a polygon becomes the smallest box round it, and the
 * class a category in digits. */
int lint_yolo_objects(const char *text, size_t len, double least, lint_objects *to, lint_err *e);

/* Adds the names of classes 0, 1 and so on from a data.yaml, text [len] with a 0 behind it:
 *
 *     names: ['cat', "dog"]      or      names:          or      names:
 *                                          - cat                 0: cat
 *                                          - dog                 1: dog
 *
 * A file without `names:` adds none. A name that is there twice, and what else YAML could
 * say, is an error. */
int lint_yolo_names(const char *text, size_t len, lint_names *names, lint_err *e);

#endif
