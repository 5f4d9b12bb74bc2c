/* balance: chooses samples to copy, so that every class becomes as large as the largest; or draws
 * as many samples as there are, of each group (class and place) the same number.
 *
 * The samples of a class are copied in a shuffled order, round after round, so none is copied twice
 * before all were copied once. The order depends on (seed, epoch, class), so epochs copy different
 * samples. Samples with label -1 belong to no class. The same holds for what is drawn of a group.
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

/* Draws n samples into drawn [n], group by group: of each group that occurs the same number, one
 * more of the first groups where n does not divide. An index below n is a sample, drawn for the
 * first time; n + j is one more copy, of the sample (*copy)[j]. The caller frees *copy [*copies].
 * This is what a sampler with weights of 1 / (samples of the group) does (Sagawa et al. 2020 train
 * group DRO with one), but for the chance in how many there are of each group. It is an error if a
 * sample has no label or no place. */
int lint_balance_groups(const int32_t *label, const int32_t *place, size_t n, uint64_t seed,
                        uint64_t epoch, size_t *drawn, size_t **copy, size_t *copies, lint_err *e);

#endif
