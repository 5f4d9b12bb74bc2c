/* predict: a model over a frame of samples.
 *
 *     lint_predictor *p = lint_predictor_open("model.safetensors", threads, &e);
 *     lint_predictor_run(p, &frame, LINT_PREDICT_MAPS, &e);   // frame now has logits and cam
 *     lint_predictor_free(p);
 */
#ifndef LINT_PREDICT_H
#define LINT_PREDICT_H

#include "net.h"
#include "samples.h"

typedef struct lint_predictor lint_predictor;

enum { LINT_PREDICT_MAPS = 1 };

/* Loads a model. batch: images at a time, 0 for the usual number. threads 0: one for each
 * processor. NULL on error. */
lint_predictor *lint_predictor_open(const char *path, int threads, size_t batch, lint_err *e);
void lint_predictor_free(lint_predictor *p);

size_t lint_predictor_height(const lint_predictor *p),
    lint_predictor_width(const lint_predictor *p);
size_t lint_predictor_cam_height(const lint_predictor *p);
size_t lint_predictor_cam_width(const lint_predictor *p);
const lint_names *lint_predictor_classes(const lint_predictor *p);

/* n images of the network's size, by pointer -> logits [N,K] and, unless NULL, maps [N,K,h,w]. */
int lint_predictor_images(lint_predictor *p, const uint8_t *const *image, size_t n, float *logits,
                          float *cam, lint_err *e);

/* Adds `logits` F32 [N,K] and, with LINT_PREDICT_MAPS, `cam` F32 [N,K,h,w]; kind becomes
 * `predictions`, classes the model's. An error if the pictures are not of the network's size, or
 * the stream's class names are not the model's. */
int lint_predictor_run(lint_predictor *p, lint_frame *f, int flags, lint_err *e);

/* Index of the largest logit, the first of equals; softmax probability of class c. */
size_t lint_argmax(const float *logits, size_t k);
double lint_probability(const float *logits, size_t k, size_t c);

#endif
