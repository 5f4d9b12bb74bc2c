/* outline: draws polygons and boxes into masks.
 *
 * Coordinates are pixels from the picture's upper left corner, y downwards; the centre of pixel
 * (0, 0) is (0.5, 0.5). A pixel belongs to a shape if its centre lies in it. What lies beyond the
 * picture is cut off.
 *
 * A box says roughly where an object is. As a mask it is its inscribed ellipse, or the whole
 * rectangle. The ellipse is the default: over 1,400 masks of lint-synth and their boxes,
 * docs/masks.md has what either covers of object and background.
 *
 *     double box[4] = {10, 20, 30, 40};
 *     lint_box_fill(mask, w, h, box, LINT_BOX_ELLIPSE);
 */
#ifndef LINT_SOURCE_OUTLINE_H
#define LINT_SOURCE_OUTLINE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* Farther out than any picture; keeps rows and columns in int arithmetic. */
#define LINT_OUTLINE_FAR 1e6

typedef enum lint_box_shape { LINT_BOX_ELLIPSE, LINT_BOX_RECTANGLE } lint_box_shape;
#define LINT_BOX_CHOICES "ellipse|rectangle"

/* Sets to 255 the pixels of mask [h,w] in the polygon (nonzero winding). xy holds x and y of each
 * point, finite and at most LINT_OUTLINE_FAR from 0. Fewer than three points cover nothing. */
int lint_polygon_fill(uint8_t *mask, int w, int h, const double *xy, size_t points, lint_err *e);

/* Sets to 255 the pixels of mask [h,w] in a box: x and y of its upper left corner, width, height,
 * each at most LINT_OUTLINE_FAR from 0. */
void lint_box_fill(uint8_t *mask, int w, int h, const double box[4], lint_box_shape shape);

/* How many pixels filling looks at, and rows for each edge. */
double lint_polygon_work(const double *xy, size_t points, int w, int h);
double lint_box_work(const double box[4], int w, int h);

#endif
