/* shifted: a model's answers for pictures that are moved a little.
 *
 * The position of an object in the frame does not change its class, but a model that looks at a
 * fixed window loses an object that moves out of it (picture/shift.h).
 *
 *     if (lint_predictor_frame(&p, &frame, 1, &e) < 0) ...
 *     if (lint_shifted_frame(&p, &frame, 1.0 / 6, pool, &e) < 0) ...    // now has `logits_shifted`
 *
 * Letters: N pictures, K classes.
 */
#ifndef LINT_ANSWER_SHIFTED_H
#define LINT_ANSWER_SHIFTED_H

#include "answer/predictor.h"
#include "base/threads.h"

/* Adds `logits_shifted` [N,4,K] to a frame with answers of p: the logits of each picture moved by
 * `share` of its width to the left and to the right, and of its height up and down. Adds the
 * metadata `shift`, the share. The division into batches depends only on the frame. A head is asked
 * of the frame's 'features_shifted'; where there are none by the same share, that is an error. */
int lint_shifted_frame(const lint_predictor *p, lint_frame *f, double share, lint_threads *pool,
                       lint_err *e);

#endif
