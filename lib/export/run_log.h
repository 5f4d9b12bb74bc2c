/* run_log: reads the log of a training (train/train_log.h).
 *
 * A log has lines "# NAME<TAB>VALUE" for the settings, a line with the names of the columns, of
 * which the first is `epoch`, and a row of numbers for each epoch, in rising order. Other columns
 * may have any name, so that logs of other versions can be read. The struct owns everything that it
 * points to.
 *
 *     lint_run_log l;
 *     if (lint_run_log_read(&l, in, &e) < 0) ...         // e has "line 7: ..."
 *     for (size_t r = 0; r < l.rows; r++)
 *         for (size_t c = 1; c < l.columns; c++) use(l.column[c], lint_run_log_cell(&l, r, c));
 *     lint_run_log_free(&l);
 *
 * The input may be hostile. Errors: more than LINT_RUNLOG_MAX bytes, a row of another length, a
 * value that is not a number, a last line without a line end (the log was cut short).
 */
#ifndef LINT_EXPORT_RUN_LOG_H
#define LINT_EXPORT_RUN_LOG_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINT_RUNLOG_MAX ((size_t)256 << 20)

typedef struct lint_run_log {
    char *text; /* the file, cut into NUL-terminated words */
    struct lint_run_log_setting {
        const char *name, *value;
    } * setting;
    size_t settings, settings_room;
    const char **column; /* column[0] is "epoch" */
    size_t columns, columns_room;
    const char **cell; /* rows x columns, as written in the file */
    size_t rows, cells_room;
} lint_run_log;

/* Reads to the end of the file, which the caller closes. On error there is nothing to free. */
int lint_run_log_read(lint_run_log *l, FILE *in, lint_err *e);
void lint_run_log_free(lint_run_log *l);

/* The text of a value, or NULL for a missing value, written as `nan`. */
const char *lint_run_log_cell(const lint_run_log *l, size_t row, size_t column);
/* The epoch of a row. */
uint64_t lint_run_log_epoch(const lint_run_log *l, size_t row);
/* A setting's value, or NULL. */
const char *lint_run_log_setting(const lint_run_log *l, const char *name);

#endif
