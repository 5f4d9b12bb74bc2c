/* mask_encoder: a small network that knows what masks of objects look like, and judges maps by it.
 *
 * A mask encoder takes a mask, which gives for each of h x w cells the share that is object, 0 to
 * 1. It returns the mask's code, k numbers. It was trained (mask_encoder_train.h) to tell masks of
 * objects from inverted ones. Its file also holds the mean code of each: o of the object masks, v
 * of the inverted ones. The loss `embedding` of a map D [h,w], N cells, is
 *
 *     q = (1 / N) sum_i D_i^2
 *     S_i = D_i^2 / (D_i^2 + q + 1e-24)                  the soft mask that the map draws
 *     loss = ||code(S) - o||^2 / ||o - v||^2             squared Euclidean norms over k numbers
 *
 * The loss is 0 where the map draws an object as it should be, and 1 where it draws the opposite. S
 * is smooth, has no threshold, and does not change when D is scaled: a cell is more than half
 * object where its evidence, for or against, is above the map's root mean square. A map of zeros
 * draws the empty mask; its gradient is zero. D is the true class's map less the mean of the
 * others', since what all classes' maps share changes no softmax. The gradient goes back through
 * the encoder to its input, through S, and on to the map; the encoder itself does not change.
 *
 *     lint_mask_encoder *m = lint_mask_encoder_load("encoder.safetensors", 32, pool, &e);
 *     lint_mask_encoder_loss(m, n, label, map, value, d);     // of a whole batch
 *     lint_mask_encoder_free(m);
 *
 * The file is a frame of kind `encoder`: the net's text in the metadata, its parameters, and the
 * tensors `code.object` and `code.inverted`, F32 [k].
 */
#ifndef LINT_ENGINE_MASK_ENCODER_H
#define LINT_ENGINE_MASK_ENCODER_H

#include "engine/net.h"

typedef struct lint_mask_encoder lint_mask_encoder;

/* Reads a file, for batches of any size; `batch` maps go through the encoder at a time. The
 * pool must outlive it. NULL on error: not an encoder, equal codes, a random layer. */
lint_mask_encoder *lint_mask_encoder_load(const char *path, size_t batch, lint_threads *pool,
                                          lint_err *e);
void lint_mask_encoder_free(lint_mask_encoder *m);

/* Its net, which belongs to it. */
const lint_net *lint_mask_encoder_net(const lint_mask_encoder *m);

size_t lint_mask_encoder_height(const lint_mask_encoder *m),
    lint_mask_encoder_width(const lint_mask_encoder *m);
/* What lint_loss.judge takes; m must outlive it. */
lint_judge lint_mask_encoder_judge(lint_mask_encoder *m);
/* Hash of everything that the loss depends on; the file's name is not part of it. */
uint64_t lint_mask_encoder_hash(const lint_mask_encoder *m);

/* The soft mask s [cells] of a map [cells]. */
void lint_soft_mask(size_t cells, const float *map, float *s);
/* From ds, a derivative with respect to s, to d, that with respect to the map; d may be ds. */
void lint_soft_mask_back(size_t cells, const float *map, const float *ds, float *d);

/* Of n maps [n, h*w]: value [n] becomes the loss of each, d [n, h*w] its derivative with respect to
 * the map. Both are 0 where label is negative. */
void lint_mask_encoder_loss(lint_mask_encoder *m, size_t n, const int32_t *label, const float *map,
                            double *value, float *d);

/* Puts kind, net text, parameters and the two codes [k] into f. */
int lint_mask_encoder_store(const lint_net *net, const float *object, const float *inverted,
                            lint_frame *f, lint_err *e);

#endif
