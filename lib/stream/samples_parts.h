/* samples_parts: what samples.c checks of a frame. Internal to it and to set.c, which looks at
 * headers before data. */
#ifndef LINT_STREAM_SAMPLES_PARTS_H
#define LINT_STREAM_SAMPLES_PARTS_H

#include "stream/samples.h"

/* As lint_samples_view, but does not look at the data: its pointers may be NULL. */
int lint_samples_shapes(const lint_frame *f, lint_samples *s, lint_err *e);

/* The weights of n samples, or NULL. Only training reads them, and is strict with them: to others a
 * tensor of that name that is something else is one more that they do not know. */
const lint_tensor *lint_samples_weight(const lint_frame *f, size_t n);

/* Each of n I32 is in -1..names-1 (any from -1 on where there are no names). Of any alignment. */
int lint_samples_check_indices(const char *what, const void *p, size_t n, size_t names,
                               lint_err *e);

/* Each of n F32 is finite and 0 or more. Of any alignment. */
int lint_samples_check_weights(const void *p, size_t n, lint_err *e);

#endif
