/* ridge: how much each sample resembles the other samples of each class.
 *
 * Ridge regression fits a linear score for each class to all samples. The target is 1 for samples
 * of the class and 0 for others; every class has the same total weight. The score that a fit
 * without sample i would give to sample i follows exactly from the fit with it: the residual is
 * divided by 1 minus the leverage (Allen, The relationship between variable selection and data
 * augmentation and a method for prediction, Technometrics 16, 1974). So a sample's own label does
 * not affect its score, and one fit is enough. The ridge is the value of a fixed list with the
 * smallest leave-one-out residuals.
 *
 *     double *score = malloc(n * classes * sizeof *score);
 *     if (lint_ridge_scores(x, n, d, label, classes, score, &e) < 0) ...
 *     // score[i * classes + k]: how much sample i looks as if of class k
 */
#ifndef LINT_SOURCE_RIDGE_H
#define LINT_SOURCE_RIDGE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* Writes score [n,classes] for x [n,d] and label [n] in -1..classes-1. A sample with label -1 is
 * left out and gets score 0. Memory: (d + classes) d doubles. Sums have a fixed order, so results
 * are the same on every run and for any number of threads. */
int lint_ridge_scores(const float *x, size_t n, size_t d, const int32_t *label, size_t classes,
                      double *score, lint_err *e);

#endif
