/* predictor: the answers of a trained model for pictures.
 *
 * A predictor is a model file with its net built for inference, and the class names. It keeps the
 * pool, which the caller frees after it. A call takes any number of pictures and divides them into
 * batches. The size of a picture's batch may change the last bits of its answer, since it
 * determines how sums are divided. The number of threads changes nothing.
 *
 *     lint_predictor p;
 *     if (lint_predictor_open(&p, "model.safetensors", 32, pool, &e) < 0) ...
 *     while (lint_reader_next(r, &frame, &e) > 0) {
 *         if (lint_predictor_frame(&p, &frame, 1, &e) < 0) ...   // now has `logits` and `cam`
 *     }
 *     lint_predictor_free(&p);
 *
 * Letters: N pictures, H W their sides, K classes, h w sides of a map.
 */
#ifndef LINT_ANSWER_PREDICTOR_H
#define LINT_ANSWER_PREDICTOR_H

#include "base/names.h"
#include "engine/net.h"
#include "picture/image.h"

typedef struct lint_predictor {
    lint_net *net;
    lint_names classes;
    size_t h, w, k;      /* H, W, K */
    int is_head;         /* takes features of h x w cells, not pictures */
    size_t cam_h, cam_w; /* 0 if the net has no 'cam' line */
    int depth; /* lint_image_ask's, of the training pictures; 0 if the model does not say */
    int fit;   /* lint_fit of the training pictures; -1 if the model does not say */
    double crop_margin; /* of training pictures that were crops of boxes (source/crop.h); else -1 */
} lint_predictor;

/* Reads the model. Batches are of up to `batch` pictures. On error there is nothing to free; the
 * message begins with the path. */
int lint_predictor_open(lint_predictor *p, const char *path, size_t batch, lint_threads *pool,
                        lint_err *e);
void lint_predictor_free(lint_predictor *p);

/* n pictures [H,W,3] by pointer, any number -> logits [N,K] and, unless NULL, cam [N,K,h,w]. An
 * answer that is not finite is an error, as is cam from a net without maps, and a head. */
int lint_predictor_run(const lint_predictor *p, size_t n, const uint8_t *const *image,
                       float *logits, float *cam, lint_err *e);

/* The same of n features F16 [C,h,w] by pointer, which a head takes. */
int lint_predictor_run_features(const lint_predictor *p, size_t n, const void *const *features,
                                float *logits, float *cam, lint_err *e);

/* -1 and an error where the model is a head, which takes no pictures. */
int lint_predictor_needs_pictures(const lint_predictor *p, lint_err *e);

/* Adds `logits` and, if `maps`, `cam` to a frame of samples, and makes it one of predictions; what
 * an earlier model said of them goes. A head is asked of the frame's 'features'.
 * Errors: no 'image', one of another size than the net's input, or likewise 'features'; other
 * classes than the model's, a label that the model has no class for. Where the frame names no classes it gets the model's. */
int lint_predictor_frame(const lint_predictor *p, lint_frame *f, int maps, lint_err *e);

/* Returns the index of the largest of K logits (the first among equals), and its softmax
 * probability unless NULL. */
size_t lint_predicted(const float *logits, size_t k, double *probability);

/* Writes the classes by decreasing logit to order [K] (the first among equals first), and the
 * softmax probability of each class to p [K]. */
void lint_ranking(const float *logits, size_t k, size_t *order, double *p);

#endif
