/* affinity: how alike and how close superpixels are, as matrices [n,n].
 *
 *     float *d = lint_color_distances(&s, LINT_TEXTURE_ALL, &e);
 *     float like = lint_affinity(d[1], 7); // superpixels 0 and 1
 *     free(d);
 */
#ifndef LINT_PICTURE_AFFINITY_H
#define LINT_PICTURE_AFFINITY_H

#include "picture/superpixels.h"

typedef enum lint_texture {
    LINT_TEXTURE_NONE, /* colour alone */
    LINT_TEXTURE_ALL,  /* contours count: they are a sign of objects */
    LINT_TEXTURE_INNER /* what the patch is made of, wherever its contour runs */
} lint_texture;

/* [n,n] from malloc: the distance of colours in Lab, and of textures as one more coordinate. NULL
 * without memory. */
float *lint_color_distances(const lint_superpixels *s, lint_texture texture, lint_err *e);

/* [n,n] from malloc: the distance of centres, in sides of the picture. NULL without memory. */
float *lint_center_distances(const lint_superpixels *s, lint_err *e);

/* What the scales of colour distances are multiplied by, so that a picture of little contrast is
 * seen as well as others; d [n,n]. 0 where all is alike. */
float lint_contrast(const float *d, int n);

/* exp(-d^2 / 2 sigma^2) within 0.02, and 0 from 8 sigma on. It is (1 - u/32)^32, which a compiler
 * makes vectors of. */
static inline float lint_affinity(float d, float sigma) {
    float t = 1 - d * d / (64 * sigma * sigma);
    t = t > 0 ? t : 0;
    t *= t, t *= t, t *= t, t *= t;
    return t * t;
}

#endif
