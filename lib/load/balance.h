/* balance: chooses samples to copy, so that every class becomes as large as the largest.
 *
 * The samples of a class are copied in a shuffled order, round after round, so none is copied twice
 * before all were copied once. The order depends on (seed, epoch, class), so epochs copy different
 * samples. Samples with label -1 belong to no class.
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

/* Sets *copy to *copies indices into label [n], class by class. The caller frees *copy, which may
 * be NULL if there are no copies. It is an error if a class named in `classes` has no sample to
 * copy, or if none of n > 0 samples has a label. Without names (classes->n 0), the classes are the
 * labels that occur. */
int lint_balance(const int32_t *label, size_t n, const lint_names *classes, uint64_t seed,
                 uint64_t epoch, size_t **copy, size_t *copies, lint_err *e);

#endif
