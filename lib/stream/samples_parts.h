/* samples_parts: checks of a frame's samples. Internal to samples.c and to dataset.c, which checks
 * headers before data. */
#ifndef LINT_STREAM_SAMPLES_PARTS_H
#define LINT_STREAM_SAMPLES_PARTS_H

#include "stream/samples.h"

/* As lint_samples_view, but without reading the data, whose pointers may be NULL. */
int lint_samples_shapes(const lint_frame *f, lint_samples *s, lint_err *e);

/* Returns the weights of n samples, or NULL. Only training reads and checks weights. All other code
 * treats a `weight` of another form as an unknown tensor. */
const lint_tensor *lint_samples_weight(const lint_frame *f, size_t n);

/* Returns the features of n samples, or NULL. Likewise only training and inference read them. */
const lint_tensor *lint_samples_features(const lint_frame *f, size_t n);

/* Checks that each of n I32 is in -1..names-1, or at least -1 if there are no names. p may have any
 * alignment. */
int lint_samples_check_indices(const char *what, const void *p, size_t n, size_t names,
                               lint_err *e);

/* Checks that each of n F32 is finite and not negative. p may have any alignment. */
int lint_samples_check_weights(const void *p, size_t n, lint_err *e);

#endif
