/* cam_loss: the prior and the CAM losses of one map. Pure functions; net_cam_loss.c runs them over
 * a batch.
 *
 * A map M [h,w] is each cell's evidence for a class (HiResCAM). The prior K [h,w] is what evidence
 * costs there. Each loss gives its value and its derivative with respect to the map.
 *
 *     float k[24 * 24], seed[2], d[24 * 24];
 *     lint_prior_center(k, 24, 24, 0.25);
 *     lint_cam_seed(LINT_CAM_ENERGY, 2, label, seed);     // which mix of class maps is scored
 *     double l = lint_cam_value(LINT_CAM_ENERGY, 24 * 24, k, map, d);
 */
#ifndef LINT_ENGINE_CAM_LOSS_H
#define LINT_ENGINE_CAM_LOSS_H

#include "engine/loss.h"

/* K = 1 - exp(-r^2 / 2 sigma^2). r is the distance from the picture's centre to the cell's, in
 * fractions of the side; sigma > 0. */
void lint_prior_center(float *k, size_t h, size_t w, double sigma);

/* share [h,w]: how much of each cell the object covers, 0 to 1. mask [H,W], 255 object, is averaged
 * by area. */
void lint_mask_shares(float *share, size_t h, size_t w, const uint8_t *mask, size_t mask_h,
                      size_t mask_w);

/* K = 1 - the share of the cell that the object covers; mask as above. */
void lint_prior_mask(float *k, size_t h, size_t w, const uint8_t *mask, size_t mask_h,
                     size_t mask_w);

/* The scored map is sum over classes c of seed[c] * M_c: the true class's own (mse, radial), or
 * that less the mean of the others' (energy, embedding). */
void lint_cam_seed(lint_cam_loss loss, size_t classes, size_t label, float *seed);

/* Value of the loss of one map of n cells and, unless d is NULL, d [n] = its derivative with
 * respect to the map. Without the cap of lint_loss. 0 for LINT_CAM_NONE, and for
 * LINT_CAM_EMBEDDING, which mask_encoder.h computes for a whole batch. */
double lint_cam_value(lint_cam_loss loss, size_t n, const float *k, const float *map, float *d);

#endif
