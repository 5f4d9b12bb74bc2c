/* table: cells of text in columns, aligned for reading.
 *
 *     lint_table t = {.columns = 3};
 *     lint_table_cell(&t, "accuracy");
 *     lint_table_number(&t, 0.5, 0);
 *     lint_table_end_row(&t);
 *     if (lint_table_print(&t, stdout, &e) < 0) ...
 *
 * Cells fill rows from left to right. The table owns copies of their texts, cleaned for a terminal
 * (see text.h); printing measures the columns, prints and frees. Want of memory on the way is
 * remembered and told by lint_table_print alone.
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

/* Adds a cell: text; or a number with three decimals, `-` for NaN, with its sign if asked. */
void lint_table_cell(lint_table *t, const char *text);
void lint_table_number(lint_table *t, double v, int sign);

/* Fills the row at hand with empty cells. */
void lint_table_end_row(lint_table *t);

/* The first column flush left, the others flush right, two spaces between, none at the end. */
int lint_table_print(lint_table *t, FILE *out, lint_err *e);

#endif
