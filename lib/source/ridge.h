/* ridge: which class's samples does this one resemble most, itself left out?
 *
 * A linear score for each class, fitted by ridge regression on all samples (one target a class:
 * 1 for its samples, 0 for others; every class weighs the same, however many samples it has). What
 * the fit would say of a sample had it not been there follows exactly from the fit with it:
 * the residual is divided by 1 - its leverage (Allen, The relationship between variable selection
 * and data augmentation and a method for prediction, Technometrics 16, 1974). So no sample speaks
 * for itself, at the price of one fit. The ridge is that of a fixed ladder whose left-out
 * residuals are smallest.
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

/* x [n,d], label [n] in -1..classes-1; a sample of label -1 takes no part and has score 0. score
 * [n,classes] is written. Memory: (d + classes) d doubles. Doubles summed in one order: the same
 * on every run and for any number of threads. */
int lint_ridge_scores(const float *x, size_t n, size_t d, const int32_t *label, size_t classes,
                      double *score, lint_err *e);

#endif
