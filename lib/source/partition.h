/* partition: which pictures train, which validate, which test.
 *
 * By hash: a picture's split is a function of its path and the seed, so that a new picture moves no
 * other. The price is that the shares hold on average, in every class and place alike, and not to
 * the picture. A class so small that it would miss a split has one of its pictures moved there, the
 * nearest by hash; lint_partition_check says which class has too few even for that.
 *
 * Misleading: each picture's place is the class whose borders it resembles most (border.h,
 * resemble.h), and the test set is filled first with those whose border speaks for another class.
 * docs/misleading.md tells the rule and its limits.
 *
 *     lint_ratio r;
 *     if (lint_ratio_parse(&r, "70/15/15", &e) < 0) ...
 *     if (lint_partition_hash(&source, &r, seed, &e) < 0) ...
 */
#ifndef LINT_SOURCE_PARTITION_H
#define LINT_SOURCE_PARTITION_H

#include "source/source.h"

/* Shares of train, val and test; each 0 or more, not all 0; the sum need not be 100. */
typedef struct lint_ratio {
    uint64_t part[LINT_SPLITS];
} lint_ratio;

int lint_ratio_parse(lint_ratio *r, const char *text, lint_err *e);

/* Gives every picture without a split its own. Where SRC has splits but no val (or no test), that
 * one is drawn from train, with its share of what train and it have in r; pictures of the given
 * val and test stay. Every class has a picture in each split that is drawn, if it has enough. */
int lint_partition_hash(lint_source *s, const lint_ratio *r, uint64_t seed, lint_err *e);

/* What lint_partition_mislead found. */
typedef struct lint_mislead {
    size_t pictures, misleading;  /* in all; whose place is another class */
    size_t test, misleading_test; /* in the test set */
    double told;                  /* mean over classes of the share whose place is their class */
} lint_mislead;

/* Sets place and split of every picture, and s->places to the classes. score [n,K] says how much
 * the border of picture i speaks for class k (lint_ridge_scores). In each class of n pictures the test
 * set gets round(n * test share), but one if there are enough for all splits, most misleading
 * first, by score[place] - score[label]; if there are not that many, the rest by hash. Of what
 * remains, validation is drawn by hash; every class keeps a training picture if train has a share,
 * and one to validate if it has two. Splits that SRC gives are pooled first, unless it gives a test
 * set: then the splits stay, and only places are told. */
int lint_partition_mislead(lint_source *s, const double *score, const lint_ratio *r, uint64_t seed,
                           lint_mislead *found, lint_err *e);

/* An error where a class has no picture to train with although train has a share in r. Otherwise
 * 0, and *warning (from malloc, or NULL) names a class that val or test misses. */
int lint_partition_check(const lint_source *s, const lint_ratio *r, char **warning, lint_err *e);

#endif
