/* balance: which samples to copy so that every class is as large as the largest.
 *
 * The copies of a class walk through its samples in a shuffled order, round after round: none is
 * copied twice before all were copied once. The order is drawn from (seed, epoch, class), so each
 * epoch favours others. Samples with label -1 are of no class.
 *
 *     size_t *copy, copies;
 *     if (lint_balance(label, n, &classes, seed, epoch, &copy, &copies, &e) < 0) ...
 *     for (size_t i = 0; i < copies; i++) add_a_copy_of(copy[i]);
 *     free(copy);
 */
#ifndef LINT_LOAD_BALANCE_H
#define LINT_LOAD_BALANCE_H

#include "base/err.h"
#include "base/names.h"
#include <stddef.h>
#include <stdint.h>

/* *copy receives *copies indices into label [n], class by class; from malloc, the caller frees it
 * (it may be NULL when there are none). Every class named in `classes` must have a sample, else
 * there is nothing to copy: an error, as it is when n > 0 samples have no label at all. Without
 * names (classes->n 0) the classes are the labels that occur. */
int lint_balance(const int32_t *label, size_t n, const lint_names *classes, uint64_t seed,
                 uint64_t epoch, size_t **copy, size_t *copies, lint_err *e);

#endif
