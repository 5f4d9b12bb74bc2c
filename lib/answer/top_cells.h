/* top_cells: whether the maps of a whole set use the same cells or follow the object.
 *
 *     lint_top_cells t = {0};
 *     for (size_t i = 0; i < n; i++)
 *         if (lint_top_cells_add(&t, d, h, w, &e) < 0) ...      // d from lint_evidence
 *     double share = lint_top_cells_share(&t);                    // NaN: too few pictures
 *     lint_top_cells_free(&t);
 *
 * Each picture's evidence |D| is divided by its sum and averaged over pictures, cell by cell. The
 * result is the total of the 5 % of cells with the highest means: 0.05 if all cells are used
 * equally, 1 if the evidence of every picture lies in the same cells. A network whose head has
 * separate weights for every cell can switch off all but a few cells in the centre. No score of a
 * single picture can distinguish that from a map that follows the object.
 *
 * Maps with few hot cells look fixed in a set of few pictures, so a minimum number is required.
 * With fewer than 20 cells, the top is less than one cell and could not hold all evidence.
 */
#ifndef LINT_ANSWER_TOP_CELLS_H
#define LINT_ANSWER_TOP_CELLS_H

#include "base/err.h"
#include <stddef.h>

#define LINT_TOP_CELLS_OF       0.05 /* share of the cells that are the top */
#define LINT_TOP_CELLS_PICTURES 20   /* minimum number */
#define LINT_TOP_CELLS_FIXED    0.5  /* above this, the map is a fixed window */

typedef struct lint_top_cells {
    double *sum; /* [h * w]: sum of the pictures' shares */
    size_t h, w, n;
    int mixed; /* maps of different sizes, whose cells cannot be added */
} lint_top_cells;

/* Adds the evidence d [h,w] of a picture, unless all of it is 0. */
int lint_top_cells_add(lint_top_cells *t, const double *d, size_t h, size_t w, lint_err *e);

/* The share, 0.05 to 1. If 5 % is not a whole number of cells, a fraction of the last cell counts.
 * NaN for fewer than LINT_TOP_CELLS_PICTURES pictures, for maps of fewer than 20 cells or of
 * several sizes, and if memory for sorting runs out. */
double lint_top_cells_share(const lint_top_cells *t);
void lint_top_cells_free(lint_top_cells *t);

#endif
