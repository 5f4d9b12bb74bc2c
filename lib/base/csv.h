/* csv: reads a comma-separated file record by record (RFC 4180), as programs write it.
 *
 * A quoted field may hold separators, line ends and doubled quotes. The separator is comma, semicolon or
 * tab: what the first line has most of. Blanks before a field are skipped; quotes keep them. Lines end in
 * LF, CRLF or CR. Empty lines and a byte order mark are skipped. UTF-16 with that mark becomes UTF-8; half
 * a unit at its end is an error. The reader owns the fields, which live until the next call; the caller owns the file. A record of more than LINT_CSV_MAX bytes is an error.
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
    size_t line; /* line in which the record begins, from 1 */
    struct lint_csv_state *state;
} lint_csv;

lint_csv *lint_csv_new(FILE *in, lint_err *e);
void lint_csv_free(lint_csv *c);

/* Reads the next record. Returns 1, or 0 at the end, or -1 with a message that begins with
 * `line N: `. */
int lint_csv_next(lint_csv *c, lint_err *e);

#endif
