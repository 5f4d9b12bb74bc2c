/* saliency: which superpixels stand out from the background that touches the picture's edge.
 *
 * RBD (Zhu, Liang, Wei, Sun: "Saliency Optimization from Robust Background Detection", CVPR 2014).
 * A region is background as far as it touches the edge: the length that it shares with the edge over
 * the root of its area, both measured softly, by geodesic distance over colours. An object cut by
 * the edge touches it little. Contrast to the background makes an object; a least-squares problem
 * over the graph of superpixels makes the two agree.
 *
 *     if (lint_saliency(&s, d, NULL, value, &e) < 0) ...
 *     float threshold = lint_otsu(value, NULL, s.n);
 */
#ifndef LINT_PICTURE_SALIENCY_H
#define LINT_PICTURE_SALIENCY_H

#include "picture/superpixels.h"

/* value [n]: 0 background .. 1 object, from the distances d [n,n] (picture/affinity.h). All 0 where
 * no superpixel differs from another. `belief` [n], each 0..1, or NULL: what else speaks for the
 * object; contrast is multiplied with it. */
int lint_saliency(const lint_superpixels *s, const float *d, const float *belief, float *value,
                  lint_err *e);

/* The threshold that divides values of 0..1 best in two classes (Otsu 1979); `weight` [n] may be
 * NULL. */
float lint_otsu(const float *value, const float *weight, int n);

#endif
