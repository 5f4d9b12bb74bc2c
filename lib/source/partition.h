/* partition: which pictures are for training, validation and test, by hash.
 *
 * A picture's split is a function of its path and the seed, so a new picture moves no other one. In
 * return the shares hold only on average, in every class and place alike. A class so small that it
 * would miss a split gets one of its pictures moved there, the nearest by hash. lint_partition_check
 * names a class that is too small even for that. misleading.h has the other rule.
 *
 * Pictures of one series (series.h) go together, by the path of the first: no split has a copy of
 * what another has, unless SRC itself says so.
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

/* "70/15/15": three whole numbers. */
int lint_ratio_parse(lint_ratio *r, const char *text, lint_err *e);

/* Gives every picture without a split one. If SRC has splits but no val (or no test), that split is
 * drawn from train, with its share of what the two have in r; pictures of a given val or test stay.
 * Every class has a picture in each split that is drawn, if the class is large enough. */
int lint_partition_hash(lint_source *s, const lint_ratio *r, uint64_t seed, lint_err *e);

/* An error if a class has no picture to train with although train has a share in r. Otherwise 0, and
 * *warning (from malloc, or NULL) names a class that is missing in val or test. */
int lint_partition_check(const lint_source *s, const lint_ratio *r, char **warning, lint_err *e);

/* --- parts of both rules ---------------------------------------------------------------------- */

/* Uniform in [0, 1); a function of the seed and the path of the first picture of i's series. */
double lint_partition_draw(const lint_source *s, size_t i, uint64_t seed);

/* The split that u in [0, 1) falls into if the splits that `among` marks divide that interval as r
 * says; train if none of them has a share. */
lint_split lint_partition_at(double u, const lint_ratio *r, const int among[LINT_SPLITS]);

/* In how many of the marked splits a class should have a picture. */
size_t lint_partition_wanted(const lint_ratio *r, const int among[LINT_SPLITS]);

#endif
