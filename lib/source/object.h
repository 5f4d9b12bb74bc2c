/* object: the things that annotations mark in one picture: a box each, and what it is.
 *
 *     lint_objects o = {0};
 *     if (lint_objects_add(&o, (double[]){10, 20, 30, 40}, "orca", &e) < 0) ...
 *     if (lint_objects_draw(&o, LINT_BOX_ELLIPSE, w, h, mask, &e) < 0) ...
 *     lint_objects_free(&o);
 *
 * Boxes are x and y of the upper left corner, width and height: in pixels of a picture of w x h, or,
 * with `shares`, in shares of the picture's width and height. They may reach beyond the picture. A
 * picture has at most LINT_OBJECTS_MAX of them. The struct owns all that it points to.
 */
#ifndef LINT_SOURCE_OBJECT_H
#define LINT_SOURCE_OBJECT_H

#include "source/outline.h"

#define LINT_OBJECTS_MAX 10000

typedef struct lint_object {
    double box[4];
    char *category; /* a word or a number, from malloc; NULL: not told */
} lint_object;

typedef struct lint_objects {
    lint_object *v;
    size_t n, room;
    int shares;
    int w, h; /* of the picture that was annotated; 0: not told */
} lint_objects;

/* Adds a copy. category may be NULL. */
int lint_objects_add(lint_objects *o, const double box[4], const char *category, lint_err *e);
void lint_objects_free(lint_objects *o);

/* Sets mask [h,w] to 255 in the boxes, drawn as `shape`, and to 0 elsewhere. Errors: the annotations
 * are of a picture of another size; boxes that cover the picture more than LINT_OBJECTS_TIMES times. */
int lint_objects_draw(const lint_objects *o, lint_box_shape shape, int w, int h, uint8_t *mask,
                      lint_err *e);
#define LINT_OBJECTS_TIMES 200

/* How annotations of another size than the picture's are told. */
int lint_fail_size(int w, int h, int picture_w, int picture_h, lint_err *e);

#endif
