/* deletion: whether the cells that a map calls important are those that the answer hangs on.
 *
 * The cells of the predicted class's map are removed from a picture, those with the most evidence
 * first, and the predicted class's probability is watched; its mean over the way is `deletion`. A
 * map that found what the model used makes it fall at once. `insertion` goes the other way: a
 * picture with nothing left, into which the cells come back in the same order; it should rise at
 * once. V. Petsiuk, A. Das, K. Saenko, RISE: Randomized Input Sampling for Explanation of Black-box
 * Models, BMVC 2018.
 *
 * What is removed is replaced by the picture itself out of focus, a tenth of a side wide. Grey
 * patches have edges that are evidence of their own (R. C. Fong and A. Vedaldi, Interpretable
 * Explanations of Black Boxes by Meaningful Perturbation, ICCV 2017). A model that knows the class
 * from blurred colours keeps its probability, so two models are to be compared by both numbers.
 *
 *     if (lint_predictor_frame(&p, &frame, 1, &e) < 0) ...
 *     if (lint_deletion_frame(&p, &frame, 10, pool, &e) < 0) ...    // now has both tensors
 *
 * Letters: N pictures, K classes, h w sides of a map, P = h * w its cells.
 */
#ifndef LINT_ANSWER_DELETION_H
#define LINT_ANSWER_DELETION_H

#include "answer/predictor.h"
#include "base/threads.h"

enum { LINT_DELETION_STEPS_MAX = 100 };
#define LINT_DELETION_BLUR 0.1 /* of a side: standard deviation of the blur */

/* Adds `deletion` [N] and `insertion` [N], 0 to 1, to a frame that p has answered for, with maps.
 * Evidence is the map of the predicted class less the mean of the others' (evidence.h); of equals
 * the first cell comes first. After step i of `steps`, 1..100, round(i P / steps) cells are gone;
 * the area under the probabilities is by the trapezoidal rule. Costs 2 steps - 1 passes of the
 * network for each picture. Which pictures a batch holds depends on the frame alone. */
int lint_deletion_frame(const lint_predictor *p, lint_frame *f, size_t steps, lint_threads *pool,
                        lint_err *e);

/* The two areas of one picture. z [2 steps - 1, K] are logits: of the picture with nothing left;
 * of 1..steps-1 steps of deletion; of 1..steps-1 of insertion. whole [K]: of the picture itself. */
void lint_deletion_areas(const float *z, const float *whole, size_t K, size_t steps,
                         float *deletion, float *insertion);

#endif
