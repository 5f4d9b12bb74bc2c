/* fold: the pictures in parts of equal kind, each of which is the test set once (cross-fitting).
 *
 *     lint_fold f;
 *     if (lint_fold_parse(&f, "1/5", &e) < 0) ...
 *     if (lint_fold_divide(&source, &f, &ratio, seed, &e) < 0) ...
 *
 * All parts have the same share of each class, and of each place within a class. Pictures of one
 * series lie in one part. The parts of a folder depend on its pictures, their places, K and the seed,
 * and not on which part is asked for.
 */
#ifndef LINT_SOURCE_FOLD_H
#define LINT_SOURCE_FOLD_H

#include "source/partition.h"

typedef struct lint_fold {
    size_t part, parts; /* part 1..parts, parts >= 2 */
} lint_fold;

/* "1/5" */
int lint_fold_parse(lint_fold *f, const char *text, lint_err *e);

/* Part f->part becomes the test set. Validation is drawn from the rest, in every class and place
 * alike, with its share of what train and val have in r; a class keeps a training picture. Errors:
 * a test set that SRC gives, a class with fewer than two series. */
int lint_fold_divide(lint_source *s, const lint_fold *f, const lint_ratio *r, uint64_t seed,
                     lint_err *e);

#endif
