/* misleading: a test set of pictures whose background speaks for another class.
 *
 * The steps: each picture's border in numbers (border.h), which class's borders it resembles most,
 * itself left out (resemble.h), and who goes where by that (partition.h). docs/misleading.md tells
 * the rule, and what it cannot know.
 *
 *     lint_mislead found;
 *     if (lint_mislead_by_border(&collect, &source, &ratio, seed, &found, &e) < 0) ...
 */
#ifndef LINT_SOURCE_MISLEADING_H
#define LINT_SOURCE_MISLEADING_H

#include "source/decode.h"
#include "source/partition.h"

/* Sets place and split of every picture of s, and its places to the classes. Every picture is
 * decoded once; memory is LINT_BORDER_DIM floats and a double a class for each. */
int lint_mislead_by_border(const lint_decode *c, lint_source *s, const lint_ratio *r, uint64_t seed,
                           lint_mislead *found, lint_err *e);

#endif
