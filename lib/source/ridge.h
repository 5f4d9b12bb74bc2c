/* ridge: how much each sample resembles the other samples of each class.
 *
 * Ridge regression fits a linear score for each class to all samples: 1 for samples of the class, 0
 * for others. A sample's score is that of a fit without its series: the samples that must not vouch
 * for each other, such as frames of one burst. It follows exactly from the fit with them: residuals
 * of a series are multiplied by (I - H)^-1, H its block of the hat matrix (for series of one, Allen,
 * The relationship between variable selection and data augmentation and a method for prediction,
 * Technometrics 16, 1974). The ridge is the value of a fixed list with the smallest left-out
 * residuals.
 *
 * Scores are unbiased: where samples say nothing of their class, every class is equally likely to
 * score highest. Leaving a series out takes its weight from its own class, and the constant is free
 * of the ridge, so each raw score falls short by that (scikit-learn's issue 10233). So the raw score
 * of class k is divided by the share of k in the samples that are left, which makes it an estimate of
 * p(x|k) / p(x), and 1 is taken off. With classes of different size the constant is not halfway
 * between the classes; half of rho (1 - share) / share moves it there, rho being how far the classes
 * are apart (0 not at all, 1 perfectly). It is the same for all classes of equal size.
 *
 * Neither the hat matrix nor the ridges depend on labels, so tests with permuted labels are cheap.
 *
 *     lint_ridge_result r;
 *     lint_ridge_data data = {.x = x, .n = n, .d = d, .label = label, .classes = k};
 *     if (lint_ridge_test(pool, &data, 199, seed, score, &r, &e) < 0) ...
 *     // score[i * k + c]: how much sample i looks as if of class c
 *     // r.accuracy: how well the highest score tells the class; r.p: how often chance does as well
 */
#ifndef LINT_SOURCE_RIDGE_H
#define LINT_SOURCE_RIDGE_H

#include "base/err.h"
#include "base/threads.h"
#include <stddef.h>
#include <stdint.h>

typedef struct lint_ridge_data {
    const float *x; /* [n,d] */
    size_t n, d;
    const int32_t *label; /* [n] in -1..classes-1; a sample with -1 is left out */
    size_t classes;
    const size_t *series; /* [n] any number that is the same for samples of one series; NULL: each
                             sample is a series */
} lint_ridge_data;

typedef struct lint_ridge_result {
    /* Mean over classes of the share whose highest score is their class's. A tie of t classes
     * counts 1/t. */
    double accuracy;
    size_t permutations; /* as many as were made; 0: p is NaN */
    double p;            /* (1 + permutations that are as accurate) / (1 + permutations) */
} lint_ridge_result;

/* Writes score [n,classes]. A sample that is left out gets score 0, and so does one whose series has
 * all samples of its class: nothing is left to compare it with. score may be NULL.
 *
 * The permutations give each series the label of another one (that of its first sample). Every one
 * chooses its own ridge. Memory: (n + d) d doubles, n ints for each permutation, and 64 n doubles for
 * each thread. Sums have a fixed order, so results are the same on every run and for any number of
 * threads. */
int lint_ridge_test(lint_threads *pool, const lint_ridge_data *data, size_t permutations,
                    uint64_t seed, double *score, lint_ridge_result *r, lint_err *e);

#endif
