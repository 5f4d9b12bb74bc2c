/* upweight: raises the weights of samples that a model gets wrong.
 *
 * This is a step of JTT (Liu et al.: Just Train Twice, ICML 2021). A first model, trained as usual,
 * answers its own training samples. Those that it gets wrong get more weight, and a second model is
 * trained with these weights. Places need not be known.
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

/* Multiplies `weight` F32 [n] of f (1 if it has none) by `factor` for each sample whose largest
 * logit (the first, if several are equal) is not that of its label. A sample without a label is
 * never wrong. Removes `logits` and `cam` from the frame, whose kind becomes samples. Adds to
 * *count. It is an error if labels or logits are missing or a weight is invalid. */
int lint_upweight_wrong(lint_frame *f, double factor, lint_upweighted *count, lint_err *e);

#endif
