/* lines: reads names from a file or a pipe, one on each line (or ended by NUL), as they arrive.
 *
 * Names can be processed before the input ends, so a program that writes a name and waits for the
 * answer gets the answer.
 *
 *     lint_lines l;
 *     if (lint_lines_open(&l, "-", '\n', &e) < 0) ...
 *     while ((n = lint_lines_next(&l, name, 16, &e)) > 0) ...      // char *name[16]
 *     lint_lines_close(&l);
 */
#ifndef LINT_BASE_LINES_H
#define LINT_BASE_LINES_H

#include "base/err.h"
#include <stddef.h>

#define LINT_LINE_MAX 65536 /* bytes of a line, its end included */

typedef struct lint_lines {
    const char *name; /* for messages */
    int fd, end;      /* end: the byte that ends a line */
    int done;         /* the input has ended */
    char *buf;        /* LINT_LINE_MAX bytes */
    size_t at, len;   /* the part of buf that was not returned yet */
    size_t line;      /* number of lines returned so far */
} lint_lines;

/* "-" is standard input. end: '\n' or 0. */
int lint_lines_open(lint_lines *l, const char *path, int end, lint_err *e);
void lint_lines_close(lint_lines *l);

/* Whether it is a file, whose end is there, and no pipe or terminal. */
int lint_lines_is_file(const lint_lines *l);

/* Waits for a line, then returns up to `most` lines that have arrived, and their number. Returns 0
 * at the end and -1 on error (a line that is too long or contains a NUL). Skips empty lines; the
 * last line needs no end. The lines are valid until the next call. */
long lint_lines_next(lint_lines *l, char **line, size_t most, lint_err *e);

#endif
