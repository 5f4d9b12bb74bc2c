/* misleading: a test set of the pictures whose background looks like another class's.
 *
 * Each picture's border becomes a vector of numbers (border.h). A linear score for each class, fitted
 * without the picture and its series, says which class's borders it resembles most (background.h):
 * that class is the picture's place. The test set is filled first with pictures whose place is not
 * their class. docs/misleading.md explains the rule and its limits.
 *
 *     lint_mislead found;
 *     lint_background background;
 *     if (lint_mislead_by_border(pool, &source, look, &ratio, seed, &found, &background, &e) < 0) ...
 */
#ifndef LINT_SOURCE_MISLEADING_H
#define LINT_SOURCE_MISLEADING_H

#include "source/background.h"
#include "source/partition.h"

/* What was found. A picture is misleading if its place is not its class. */
typedef struct lint_mislead {
    size_t pictures, misleading;  /* in all splits */
    size_t test, misleading_test; /* in the test set */
} lint_mislead;

/* Sets place and split of every picture of s, and s->places to the classes. look [n] of
 * lint_decode_looks; series are known (lint_series_find). Memory for each picture is
 * LINT_BORDER_DIM floats and a double for each class. */
int lint_mislead_by_border(lint_threads *pool, lint_source *s, const lint_look *look,
                           const lint_ratio *r, uint64_t seed, lint_mislead *found,
                           lint_background *background, lint_err *e);

/* The rule alone. score [n,K] says how much the border of picture i looks like class k's
 * (lint_background_test).
 *
 * In each class of n pictures the test set gets round(n * test share), at least one if there are
 * enough for all splits: most misleading first, by score[place] - score[label], then by hash.
 * Validation is drawn by hash from the rest. Every class keeps a training picture if train has a
 * share, and a validation picture if it has two left. A series is as misleading as its most
 * misleading picture and goes as a whole, or waits if the test set has no room for all of it. Splits
 * that SRC gives are pooled first. If SRC gives a test set, the splits stay and only places are set.
 */
int lint_mislead_by_score(lint_source *s, const double *score, const lint_ratio *r, uint64_t seed,
                          lint_mislead *found, lint_err *e);

#endif
