/* shifted: what a model says of pictures that are moved a little.
 *
 * Where an object stands in the frame is no fact about what it is; a model that looks at a fixed
 * window loses the object that moves out of it. Each picture is moved left, right, up and down by a
 * share of its side. What comes in at the edge is the picture's mirror image (augment.h).
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

enum { LINT_SHIFT_MOVES = 4 }; /* left, right, up, down */

/* Adds `logits_shifted` [N,4,K] to a frame that p has answered for: what p says of each picture
 * moved by `share` of its width to the left and to the right, of its height up and down; and
 * metadata `shift`, the share. Which pictures a batch holds depends on the frame alone. */
int lint_shifted_frame(const lint_predictor *p, lint_frame *f, double share, lint_threads *pool,
                       lint_err *e);

#endif
