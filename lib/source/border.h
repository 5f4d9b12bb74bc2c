/* border: a picture's outer tenth in numbers, colour and texture, with as little of the object as
 * can be had without knowing where it is.
 *
 * Of the picture, stretched to LINT_BORDER_SIDE squared, the ring of a tenth of the side is
 * counted into two histograms: colour (brightness x red-green x blue-yellow, the two opponent axes
 * by the square root of their strength, since most of what is photographed is nearly grey) and
 * texture (direction x strength of the brightness gradient, at two scales). Each is divided by its
 * sum and the square root taken: the distance of two is then Hellinger's. Nothing but + - * / and
 * sqrt takes part, so the numbers are the same on every machine.
 *
 *     float d[LINT_BORDER_DIM];
 *     lint_image_resize(&small, &picture, LINT_BORDER_SIDE, LINT_BORDER_SIDE, &e);
 *     lint_border_describe(&small, d);
 */
#ifndef LINT_SOURCE_BORDER_H
#define LINT_SOURCE_BORDER_H

#include "picture/image.h"

enum {
    LINT_BORDER_SIDE = 160,
    LINT_BORDER_COLOURS = 4 * 5 * 5,
    LINT_BORDER_TEXTURES = 2 * (1 + 4 * 3),
    LINT_BORDER_DIM = LINT_BORDER_COLOURS + LINT_BORDER_TEXTURES
};

/* im is RGB of LINT_BORDER_SIDE squared; out [LINT_BORDER_DIM]. */
void lint_border_describe(const lint_image *im, float *out);

#endif
