/* upweight: samples that a model got wrong count for more.
 *
 * The second of the two steps of JTT (Liu et al.: Just Train Twice, ICML 2021): a model that was
 * trained as usual answers its own training samples, those that it gets wrong are given more
 * weight, and a second model is trained on that. Places need not be known.
 *
 *     while (lint_reader_next(r, &frame, &e) > 0) {
 *         lint_upweight_wrong(&frame, 20, &counts, &e);     // predictions in, weighted samples out
 *         lint_frame_write(&frame, out, &e);
 *     }
 */
#ifndef LINT_LOAD_UPWEIGHT_H
#define LINT_LOAD_UPWEIGHT_H

#include "stream/frame.h"

typedef struct lint_upweighted {
    size_t samples, wrong;
} lint_upweighted;

/* Multiplies `weight` F32 [n] of f (1 where it has none) by `factor` for the samples whose largest
 * logit, the first of equals, is not their label's; samples without a label are not wrong. The
 * answers are used up: `logits` and `cam` leave the frame, whose kind becomes samples. Adds to
 * *count. An error where there are no labels or logits, or a weight that is none. */
int lint_upweight_wrong(lint_frame *f, double factor, lint_upweighted *count, lint_err *e);

#endif
