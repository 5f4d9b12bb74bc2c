/* table: text in aligned columns.
 *
 *     lint_table t = {.columns = 3};
 *     lint_table_cell(&t, "accuracy");
 *     lint_table_number(&t, 0.5, 0);
 *     lint_table_end_row(&t);
 *     if (lint_table_print(&t, stdout, &e) < 0) ...
 *
 * Cells fill rows from left to right. The table owns copies of their texts, cleaned for a terminal
 * (text.h). lint_table_print measures the columns, prints the table and frees it. If memory runs
 * out before, only lint_table_print reports that.
 */
#ifndef LINT_BASE_TABLE_H
#define LINT_BASE_TABLE_H

#include "base/err.h"
#include <stddef.h>
#include <stdio.h>

typedef struct lint_table {
    size_t columns;
    char **cell;
    size_t cells, room;
    int failed;
} lint_table;

/* Add a cell with a text, or with a number of three decimals (`-` for NaN; a plus sign if `sign`).
 */
void lint_table_cell(lint_table *t, const char *text);
void lint_table_number(lint_table *t, double v, int sign);

/* Fills the rest of the current row with empty cells. */
void lint_table_end_row(lint_table *t);

/* Prints the first column flush left and the others flush right, separated by two spaces. */
int lint_table_print(lint_table *t, FILE *out, lint_err *e);

#endif
