/* evidence: the evidence for a class in its activation map, and how much of it lies on the object.
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

/* Averages the mask [H,W] of 0..255 over the area of each cell: m [h,w], 0..1. */
void lint_mask_cells(const uint8_t *mask, size_t H, size_t W, double *m, size_t h, size_t w);

/* d [P]: the map of class `label` in cam [K,P] minus the mean of the other classes' maps. If K = 1,
 * d is the map itself. */
void lint_evidence(const float *cam, size_t K, size_t P, size_t label, double *d);

/* m [h,w]: 1 if the centre of a cell is within `radius` of the image's centre, else 0. Both sides
 * of the image have length 1. */
void lint_center_cells(double radius, double *m, size_t h, size_t w);

/* Returns sum |d| m / sum |d| over P cells; NaN if all d are 0. */
double lint_evidence_share(const double *d, const double *m, size_t P);

/* Whether the largest value of d [P] (the first, if several are equal) is positive and lies in a
 * cell with m >= 1/2. */
int lint_points_at(const double *d, const double *m, size_t P);

/* Returns intersection over union of {d >= t * max d, d > 0} and m; 0 if no d is positive. */
double lint_cells_iou(const double *d, const double *m, size_t P, double t);

#endif
