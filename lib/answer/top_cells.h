/* top_cells: whether the maps of a whole set look at the same cells, or follow the object.
 *
 *     lint_top_cells t = {0};
 *     for (size_t i = 0; i < n; i++)
 *         if (lint_top_cells_add(&t, d, h, w, &e) < 0) ...      // d from lint_evidence
 *     double share = lint_top_cells_share(&t);                    // NaN: too few pictures
 *     lint_top_cells_free(&t);
 *
 * A picture's evidence |D| is divided by its sum, and averaged over pictures cell by cell. The
 * result is what the 5 % of cells with the highest means hold together: 0.05 where all cells are
 * used alike, 1 where the evidence of every picture lies in the same cells. A network whose head has
 * weights for every cell can switch off all but a few and still have all its evidence in the centre;
 * no score of one picture tells that from a map that follows the object.
 *
 * Maps with few hot cells look fixed in a set of few pictures, hence the minimum. Of fewer than 20
 * cells the top is less than one cell, and could not hold all.
 */
#ifndef LINT_ANSWER_TOP_CELLS_H
#define LINT_ANSWER_TOP_CELLS_H

#include "base/err.h"
#include <stddef.h>

#define LINT_TOP_CELLS_OF       0.05 /* share of the cells that are the top */
#define LINT_TOP_CELLS_PICTURES 20   /* fewer say nothing */
#define LINT_TOP_CELLS_FIXED    0.5  /* above it the map is a fixed window */

typedef struct lint_top_cells {
    double *sum; /* [h * w], of pictures' shares */
    size_t h, w, n;
    int mixed; /* maps of different sizes, whose cells cannot be added */
} lint_top_cells;

/* Adds the evidence d [h,w] of a picture; one without evidence (all 0) is left out. */
int lint_top_cells_add(lint_top_cells *t, const double *d, size_t h, size_t w, lint_err *e);

/* The share, 0.05 to 1. Where 5 % is no whole number of cells, a fraction of the last one counts in
 * proportion. NaN for fewer than LINT_TOP_CELLS_PICTURES pictures, for maps of fewer than 20 cells or
 * of several sizes, and where memory for sorting runs out. */
double lint_top_cells_share(const lint_top_cells *t);
void lint_top_cells_free(lint_top_cells *t);

#endif
