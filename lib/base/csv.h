/* csv: records of a comma-separated file, one at a time (RFC 4180).
 *
 * A field may stand in quotes, and then hold commas, line ends and doubled quotes. Lines end in LF
 * or CRLF; empty lines are passed over, and so is a byte order mark. The reader owns the fields,
 * which live until the next call; the caller owns the file. A record is at most LINT_CSV_MAX bytes,
 * whatever the file holds.
 *
 *     lint_csv *c = lint_csv_new(in, &e);
 *     while ((got = lint_csv_next(c, &e)) > 0) use(c->field[0], c->fields, c->line);
 *     lint_csv_free(c);
 */
#ifndef LINT_BASE_CSV_H
#define LINT_BASE_CSV_H

#include "base/err.h"
#include <stddef.h>
#include <stdio.h>

#define LINT_CSV_MAX (1u << 20)

typedef struct lint_csv {
    char **field; /* NUL-terminated, without their quotes */
    size_t fields;
    size_t line; /* where the record begins, from 1 */
    struct lint_csv_state *state;
} lint_csv;

lint_csv *lint_csv_new(FILE *in, lint_err *e);
void lint_csv_free(lint_csv *c);

/* 1: a record is there. 0: the end. -1: an error, with `line N: ` before it. */
int lint_csv_next(lint_csv *c, lint_err *e);

#endif
