/* reliance: whether a model goes by the background, from its accuracies by group.
 *
 * The place of a picture is the class that its background looks like (source/misleading.h). The
 * background agrees with the class if both are the same, and contradicts it otherwise. A model that
 * goes by the background is right more often where they agree.
 *
 *     lint_reliance r;
 *     if (lint_reliance_of(&scores, 1, &r) && r.finding == LINT_RELIES) ...
 *
 * The gap is the accuracy where the background agrees less the accuracy where it contradicts, within
 * each class, since a class may be harder than another. Classes are weighted as by Mantel and
 * Haenszel (Greenland and Robins, Estimation of a Common Effect Parameter from Sparse Follow-Up
 * Data, Biometrics 41, 1985). The interval is that of Agresti and Caffo (Simple and Effective
 * Confidence Intervals for Proportions and Differences of Proportions, The American Statistician
 * 54, 2000): a right and a wrong answer are added to each side, here in parts, by the weights.
 */
#ifndef LINT_ANSWER_RELIANCE_H
#define LINT_ANSWER_RELIANCE_H

#include "answer/scores.h"

/* The rules of the verdict, in shares of pictures. */
#define LINT_GAP_SEEN   0.10 /* a smaller gap is no sign, however many pictures there are */
#define LINT_GAP_SOUGHT 0.20 /* "no sign" means that a gap of this size is ruled out */
#define LINT_CURE_WORTH 0.05 /* of balanced accuracy, that a model without a sign may cost */

typedef enum lint_reliance_finding {
    LINT_RELIES,        /* the gap is at least LINT_GAP_SEEN, and its interval excludes 0 */
    LINT_RELIES_NOT,    /* the gap's interval excludes LINT_GAP_SOUGHT */
    LINT_RELIANCE_OPEN, /* neither: too few pictures to tell */
    LINT_UNTRAINED      /* the accuracy's interval does not exclude chance */
} lint_reliance_finding;

typedef struct lint_side {
    size_t n, right; /* pictures, and those that the model answers correctly */
} lint_side;

typedef struct lint_reliance {
    lint_reliance_finding finding;
    lint_side agree, contradict;
    double gap, low, high; /* with its 95 % interval; NaN without a class that has both sides */
    double
        needed; /* contradicting pictures that would show a gap of LINT_GAP_SOUGHT in four of five
                      tests of such a size (5 %, two-sided) */
} lint_reliance;

/* A difference of shares with its 95 % interval. */
typedef struct lint_gap {
    double gap, low, high;
} lint_gap;

/* Reads the accuracies by class and place of s. Pictures of one series repeat each other: per_series
 * >= 1, the mean number of pictures in a series, widens the intervals (all pictures of a series
 * count as one). Returns 1, or 0 if s has no accuracy by group. */
int lint_reliance_of(const lint_scores *s, double per_series, lint_reliance *r);

/* How much more often b is right than a where the background contradicts the class; all NaN if there
 * is no such picture. Both are scores of the same pictures. */
lint_gap lint_reliance_gain(const lint_scores *a, const lint_scores *b, double per_series);

#endif
