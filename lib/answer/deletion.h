/* deletion: whether the answer depends on the cells that a map marks as important.
 *
 * The cells of the predicted class's map are removed from a picture, those with the most evidence
 * first. `deletion` is the mean of the predicted class's probability during the removal. It is low
 * if the map shows what the model used. For `insertion`, the cells return in the same order to a
 * picture from which all were removed. It is high if these cells are enough for the answer. V.
 * Petsiuk, A. Das, K. Saenko, RISE: Randomized Input Sampling for Explanation of Black-box Models,
 * BMVC 2018.
 *
 * Removed cells are replaced by the blurred picture, with a standard deviation of a tenth of a
 * side. Grey patches would have edges that are evidence themselves (R. C. Fong and A. Vedaldi,
 * Interpretable Explanations of Black Boxes by Meaningful Perturbation, ICCV 2017). A model that
 * recognises a class from blurred colours keeps its probability, so compare two models by both
 * numbers.
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

/* Adds `deletion` [N] and `insertion` [N], 0 to 1, to a frame with logits and maps of p. Evidence
 * is the map of the predicted class less the mean of the others' (evidence.h); among equal cells
 * the first one goes first. After step i of `steps`, 1..100, round(i P / steps) cells are removed.
 * The trapezoidal rule gives the area under the probabilities. Runs 2 steps - 1 passes of the
 * network for each picture. The division into batches depends only on the frame. */
int lint_deletion_frame(const lint_predictor *p, lint_frame *f, size_t steps, lint_threads *pool,
                        lint_err *e);

/* The two areas of one picture. z [2 steps - 1, K] are logits of the picture without any cell,
 * after 1..steps-1 steps of deletion, and after 1..steps-1 steps of insertion; whole [K] those of
 * the picture itself. */
void lint_deletion_areas(const float *z, const float *whole, size_t K, size_t steps,
                         float *deletion, float *insertion);

#endif
