/* heat: a class activation map as colour over its picture. Arithmetic only; words are draw's.
 *
 * What is shown for class c is its evidence D [h,w]: its map less the mean of the others' (of two
 * classes, what speaks for the one rather than for the other). D is cut so that one place in a
 * hundred cannot darken the rest, drawn out to the picture's size by a cubic B-spline, which
 * smooths over about one place of the map and never overshoots, and divided by its maximum, again
 * of all but one place in a hundred. Each picture has its own scale; heat says where, not how much.
 *
 * Evidence for the class, 0..1, is laid over the picture from clear purple to dense yellow
 * (matplotlib's plasma, whose brightness grows evenly; none of its colours is confused with
 * another by the colour-blind), and under it the picture's own colours fade, since yellow heat on
 * a yellow desert would be none. Evidence against, -1..0, is not shown; but the scale is of both,
 * so that little evidence for beside much against looks like little.
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

/* heat [H,W], each in -1..1, from cam [K,h,w] (K 1: the map itself). 1: done. 0: there is no
 * evidence, every value is 0. -1: out of memory, or a map with values that are not finite. */
int lint_heat_make(float *heat, size_t H, size_t W, const float *cam, size_t K, size_t h, size_t w,
                   size_t c, lint_err *e);

/* Colours rgb [n,3] by heat [n], in place. Where heat is 0 or less the picture is only faded. */
void lint_heat_lay(uint8_t *rgb, const float *heat, size_t n);

/* Colour and density (0 clear, 1 opaque) of a value in 0..1; for legends. */
void lint_heat_colour(double v, double rgb[3], double *density);

#endif
