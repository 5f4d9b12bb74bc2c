/* evidence: what a class activation map says for a class, and how much of it lies on the object.
 *
 *     lint_evidence(cam, K, P, label, d);
 *     lint_mask_cells(mask, H, W, m, h, w);
 *     double share = lint_evidence_share(d, m, P);
 *
 * Letters: K classes, h w sides of the map, P = h * w its cells, H W sides of the picture.
 */
#ifndef LINT_PICTURE_EVIDENCE_H
#define LINT_PICTURE_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

/* m [h,w]: the mask [H,W] of 0..255, averaged over each cell's area, 0..1. */
void lint_mask_cells(const uint8_t *mask, size_t H, size_t W, double *m, size_t h, size_t w);

/* d [P]: cam [K,P] of `label` less the mean of the others' (K = 1: the map itself). */
void lint_evidence(const float *cam, size_t K, size_t P, size_t label, double *d);

/* m [h,w]: 1 where the middle of a cell is within radius of the image's middle, else 0. Both sides
 * of an image count as 1. */
void lint_center_cells(double radius, double *m, size_t h, size_t w);

/* sum |d| m / sum |d| over P cells; NaN if there is no evidence. */
double lint_evidence_share(const double *d, const double *m, size_t P);

/* Whether the largest of d [P], the first of equals, is positive and lies where m >= 1/2. */
int lint_points_at(const double *d, const double *m, size_t P);

/* Overlap of {d >= t * max d, d > 0} with m, over their union; 0 where no d is positive. */
double lint_cells_iou(const double *d, const double *m, size_t P, double t);

#endif
