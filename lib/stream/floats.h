/* floats: tensors of any floating-point dtype as F32.
 *
 * F16 and BF16 have an F32 for each of their values; F64 is rounded to the nearest.
 *
 *     const lint_tensor *t = lint_frame_find(&frame, "fc.bias");
 *     float value[10];
 *     if (lint_is_floats(t->dtype) && lint_floats_get(t, value, &e) < 0) ...
 */
#ifndef LINT_STREAM_FLOATS_H
#define LINT_STREAM_FLOATS_H

#include "stream/frame.h"

/* Whether it is F32, F16, BF16 or F64. */
int lint_is_floats(lint_dtype d);

/* Converts all values of such a tensor, infinities and NaN too, into `to`, which has room for
 * them. An F64 that is finite, but too large for F32, is an error that names the tensor. */
int lint_floats_get(const lint_tensor *t, float *to, lint_err *e);

#endif
