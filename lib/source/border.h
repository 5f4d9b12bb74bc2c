/* border: describes the colour and texture of a picture's outer tenth by a vector of numbers. The
 * border is the part with the least of the object if the object's position is unknown.
 *
 * The picture is stretched to LINT_BORDER_SIDE squared. The pixels of its outer tenth on each side
 * are counted in two histograms. One is of colour: brightness x red-green x blue-yellow. The two
 * opponent axes are binned by the square root of their strength, since most photographed colours
 * are nearly grey. The other is of texture: direction x strength of the brightness gradient, at two
 * scales. Each histogram becomes the square roots of its shares, so the distance of two
 * descriptions is Hellinger's. Only + - * / and sqrt are used, so the numbers are the same on every
 * machine.
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

/* Writes out [LINT_BORDER_DIM] from im, which is RGB of LINT_BORDER_SIDE squared. */
void lint_border_describe(const lint_image *im, float *out);

/* The same of the middle: a square with as many pixels as the border. It shows what the border's
 * description would be worth if it were taken where the object is. */
void lint_border_describe_center(const lint_image *im, float *out);

#endif
