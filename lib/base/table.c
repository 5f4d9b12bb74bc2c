#include "base/table.h"
#include "base/grow.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int make_room(lint_table *t) {
    char **more = lint_grow(t->cell, t->cells, &t->room, sizeof *more);
    if (!more) return -1;
    t->cell = more;
    return 0;
}

void lint_table_cell(lint_table *t, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = make_room(t) == 0 ? malloc(size) : NULL;
    if (copy)
        t->cell[t->cells++] = lint_text_clean(copy, size, text);
    else
        t->failed = 1;
}

void lint_table_number(lint_table *t, double v, int sign) {
    char text[64];
    if (isnan(v))
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, sign ? "%+.3f" : "%.3f", v);
    lint_table_cell(t, text);
}

void lint_table_end_row(lint_table *t) {
    while (!t->failed && t->cells % t->columns)
        lint_table_cell(t, "");
}

static void print_row(const lint_table *t, size_t row, const size_t *width, FILE *out) {
    size_t blank = 0;
    for (size_t c = 0; c < t->columns; c++) {
        const char *text = t->cell[row * t->columns + c];
        size_t pad = width[c] - lint_text_length(text);
        if (c) blank += 2 + pad;
        if (*text) {
            fprintf(out, "%*s%s", (int)blank, "", text);
            blank = 0;
        }
        if (!c) blank += *text ? pad : width[c];
    }
    putc('\n', out);
}

int lint_table_print(lint_table *t, FILE *out, lint_err *e) {
    size_t *width = calloc(t->columns, sizeof *width);
    int err = width && !t->failed ? 0 : lint_fail_mem(e, "a table");
    for (size_t i = 0; err == 0 && i < t->cells; i++) {
        size_t length = lint_text_length(t->cell[i]);
        if (length > width[i % t->columns]) width[i % t->columns] = length;
    }
    for (size_t row = 0; err == 0 && row < t->cells / t->columns; row++)
        print_row(t, row, width, out);
    for (size_t i = 0; i < t->cells; i++)
        free(t->cell[i]);
    free(t->cell);
    free(width);
    *t = (lint_table){.columns = t->columns};
    return err;
}
