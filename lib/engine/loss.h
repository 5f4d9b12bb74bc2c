/* loss: what training minimises: ce_weight * cross-entropy + cam_weight * CAM loss.
 *
 * The CAM loss is high where a class's evidence lies in the wrong cells. K [h,w] is the prior's
 * cost of each cell: 0 at the centre or on the object, toward 1 away from it. M is the HiResCAM of
 * the true class, D that map less the mean of the others'. Per image, averaged over the batch:
 *
 *     mse     mean over cells of (K M)^2
 *     radial  mean over cells of (Kr M)^2, Kr = (1 - G)^2
 *     energy  sum K |D| / sum |D|: the share of evidence outside the prior; free of scale
 *     embedding  ||code(S) - o||^2 / ||o - v||^2, S [h,w] the soft mask that the map draws,
 *             S = D^2 / (D^2 + mean of D^2), code() a mask encoder, o and v its mean codes of
 *             object masks and of inverted ones: 0 on the object, 1 everywhere else; free of
 *             scale, and without a prior (mask_encoder.h)
 *
 *     lint_loss loss = {.cam = LINT_CAM_ENERGY, .ce_weight = 1, .cam_weight = 30, .sigma = 0.25};
 *     lint_net_step(net, &batch, &loss, &sum, &e);
 *
 * A cap keeps the CAM loss from outweighing the cross-entropy. The gradient is scaled by
 * cam_cap * cross-entropy / CAM loss, as if that were a constant; a clamp would leave no gradient.
 */
#ifndef LINT_ENGINE_LOSS_H
#define LINT_ENGINE_LOSS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

typedef enum lint_cam_loss {
    LINT_CAM_NONE,
    LINT_CAM_MSE,
    LINT_CAM_RADIAL,
    LINT_CAM_ENERGY,
    LINT_CAM_EMBEDDING
} lint_cam_loss;
#define LINT_CAM_CHOICES "none|mse|radial|energy|embedding"

typedef enum lint_prior { LINT_PRIOR_CENTER, LINT_PRIOR_MASK } lint_prior;
#define LINT_PRIOR_CHOICES "center|mask"

struct lint_batch;

/* Weighs the images of a training step by their cross-entropy: ce [n], 0 for those without a label.
 * weight [n] is what each will count, the class weight times the image's own; the function may
 * change it. Returns the divisor: the cross-entropy of the batch is sum weight ce / divisor. */
typedef double lint_reweigh_fn(void *ctx, const struct lint_batch *b, const double *ce,
                               double *weight);

/* Scores the maps of a batch: map [n,h*w] are the true classes' maps less the mean of the others'.
 * value [n] gets the loss of each, d [n,h*w] its derivative with respect to the map; both are 0
 * where label [n] is negative. */
typedef void lint_judge_fn(void *ctx, size_t n, const int32_t *label, const float *map,
                           double *value, float *d);

/* What tells good maps from bad ones: a mask encoder (mask_encoder.h). */
typedef struct lint_judge {
    lint_judge_fn *score; /* NULL: there is none */
    void *ctx;            /* the caller's */
    size_t h, w;          /* of the maps that it takes */
} lint_judge;

typedef struct lint_loss {
    lint_cam_loss cam;
    lint_prior prior;
    double ce_weight, cam_weight;
    double sigma;     /* of the centre prior, in fractions of the image side */
    double cam_cap;   /* the CAM loss counts as cam_cap * cross-entropy at most; 0: no cap */
    lint_judge judge; /* embedding: who scores the maps */
    const float
        *class_weight;        /* [K] or NULL: weighted mean, as torch.nn.CrossEntropyLoss(weight) */
    lint_reweigh_fn *reweigh; /* of training steps; NULL: the weighted mean */
    void *reweigh_ctx;
} lint_loss;

/* Whether the loss looks at masks. */
static inline int lint_loss_needs_mask(const lint_loss *l) {
    return l->cam != LINT_CAM_NONE && l->cam != LINT_CAM_EMBEDDING && l->prior == LINT_PRIOR_MASK;
}

/* Sums over the samples seen; divide by n (or, for ce, by weight). */
typedef struct lint_loss_sum {
    double ce;     /* sum of class_weight[label] * cross-entropy, in nats */
    double weight; /* sum of class_weight[label] */
    double cam;    /* sum of the CAM loss per image (unweighted by cam_weight) */
    size_t n, correct;
} lint_loss_sum;

#endif
