/* lint: asks a trained model about pictures, from any program. The public header of liblint.
 *
 * A model gives a logit for each class of a picture and, if asked, a map for each class: how much each
 * cell of the picture contributed to the logit. A picture may have any size; the library resizes it as
 * lint-split does, and answers as lint-predict does.
 *
 *     lint_error error;
 *     lint_model *model = lint_model_open("model.safetensors", 1, 1, &error);
 *     if (!model) ...                                                  // error.message says why
 *     float *logits = malloc(lint_model_classes(model) * sizeof *logits);
 *     if (lint_model_ask_files(model, 1, &path, logits, NULL, &error) == 0) use(logits);
 *     free(logits);
 *     lint_model_close(model);
 *
 * Errors are values: a function that fails returns NULL or -1 and writes one line into the caller's
 * lint_error. The library never prints, exits, catches signals or keeps globals. One model answers one
 * call at a time; several models may answer at the same time, in threads of the caller.
 *
 * A call runs OpenBLAS with one thread, since its number of threads decides how sums are divided. It
 * sets the process's number of threads back when it returns; of calls at the same time the last one
 * may leave it at one. The caller's locale has no effect.
 *
 * Models and pictures may come from strangers: sizes are checked before memory is allocated, and a
 * broken file is an error. The file of an open model may be replaced, but not truncated.
 *
 * Link with `pkg-config --cflags --libs lint`. Letters: N pictures, H W their sides, K classes,
 * h w the sides of a map.
 */
#ifndef LINT_LINT_H
#define LINT_LINT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINT_API __attribute__((visibility("default")))

typedef struct lint_model lint_model;

typedef struct lint_error {
    char message[1024]; /* one line of UTF-8; empty where nothing failed */
} lint_error;

/* Opens a model that lint-train wrote. threads: threads for decoding pictures and for the network; 0:
 * one for each processor. The number changes no answer. batch: pictures that go through the network
 * together, at least 1. Memory grows with it; a program that asks about one picture at a time needs 1.
 * Returns NULL on error. The caller closes the model. */
LINT_API lint_model *lint_model_open(const char *path, int threads, size_t batch,
                                     lint_error *error);

/* Frees the model. NULL is fine. */
LINT_API void lint_model_close(lint_model *model);

/* K. */
LINT_API size_t lint_model_classes(const lint_model *model);

/* The name of class 0 to K-1, in the order of the logits; NULL for others. Lives as long as the
 * model. */
LINT_API const char *lint_model_class(const lint_model *model, size_t index);

/* W and H of the network's input, to which pictures are resized. */
LINT_API size_t lint_model_width(const lint_model *model);
LINT_API size_t lint_model_height(const lint_model *model);

/* w and h of a map; 0 for a network without maps. */
LINT_API size_t lint_model_map_width(const lint_model *model);
LINT_API size_t lint_model_map_height(const lint_model *model);

/* Asks about n picture files: logits [N,K] and, unless NULL, maps [N,K,h,w]. Returns 0 if all were
 * answered. Else returns -1, and error [N] has a message for each picture that was not, beginning
 * with its path; of the others the message is empty, and the answers are there. What is written for a
 * picture without an answer is zero. A NULL error is fine. */
LINT_API int lint_model_ask_files(lint_model *model, size_t n, const char *const *path,
                                  float *logits, float *maps, lint_error *error);

/* Asks about n pictures of one size in memory, rgb [N,H,W,3], rows from the top, without padding. H and
 * W may differ from the network's. Returns 0, or -1 and one error. */
LINT_API int lint_model_ask_pixels(lint_model *model, size_t n, const uint8_t *rgb, size_t width,
                                   size_t height, float *logits, float *maps, lint_error *error);

/* The probability of each class: softmax of logits [K]. `probability` may be `logits`. */
LINT_API void lint_softmax(const float *logits, size_t classes, float *probability);

#ifdef __cplusplus
}
#endif

#endif
