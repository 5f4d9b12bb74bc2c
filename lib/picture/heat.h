/* heat: a class activation map as colour over its picture. draw.h adds the text.
 *
 * The heat of class c comes from its evidence D [h,w]: its map less the mean of the other classes'
 * maps. D is clipped so that one cell in a hundred cannot darken the rest. A cubic B-spline
 * enlarges it to the picture's size; the spline smooths over about one cell and never overshoots. D
 * is then divided by its maximum, again without one cell in a hundred. Each picture has its own
 * scale: heat shows where the evidence is, not how much of it there is.
 *
 * Evidence for the class, 0..1, is drawn from clear purple to dense yellow (matplotlib's plasma,
 * whose brightness grows evenly, and whose colours the colour-blind can tell apart). The picture's
 * own colours fade, since yellow heat would not be seen on a yellow desert. Evidence against the
 * class, -1..0, is not drawn. It counts for the scale, so that little evidence for a class beside
 * much against it looks like little.
 *
 *     float *heat = malloc(sizeof *heat * H * W);
 *     if (lint_heat_make(heat, H, W, cam, K, h, w, c, &e) < 0) ...
 *     lint_heat_lay(rgb, heat, H * W);
 *
 * Letters: H W sides of the picture, K classes, h w sides of the map.
 */
#ifndef LINT_PICTURE_HEAT_H
#define LINT_PICTURE_HEAT_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* heat [H,W], each in -1..1, from cam [K,h,w]; with K = 1 the map itself is the evidence. Returns
 * 1, or 0 if there is no evidence and every value is 0, or -1 if memory runs out or a value of the
 * map is not finite. */
int lint_heat_make(float *heat, size_t H, size_t W, const float *cam, size_t K, size_t h, size_t w,
                   size_t c, lint_err *e);

/* Draws heat [n] over the n pixels rgb [n,3], in place. Pixels with heat of 0 or less are only
 * faded. */
void lint_heat_lay(uint8_t *rgb, const float *heat, size_t n);

/* Colour and opacity (0 clear, 1 opaque) of a value in 0..1, for legends. */
void lint_heat_colour(double v, double rgb[3], double *density);

#endif
