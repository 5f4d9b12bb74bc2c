/* lines: names from a file or a pipe, one a line (or ended by NUL), given out as they arrive.
 *
 * What has arrived can be worked on while more is on its way: a program that writes a name and
 * waits for the answer gets it.
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
    const char *name; /* in messages */
    int fd, end;      /* end: what ends a line */
    int done;         /* the input has ended */
    char *buf;        /* LINT_LINE_MAX bytes */
    size_t at, len;   /* what of it was not given out yet */
    size_t line;      /* given out so far */
} lint_lines;

/* "-" is standard input. end: '\n' or 0. */
int lint_lines_open(lint_lines *l, const char *path, int end, lint_err *e);
void lint_lines_close(lint_lines *l);

/* Waits for a line, and takes up to `most` of those that are there. 0 at the end; -1: an error (a
 * line that is too long, a NUL in it). Empty lines are passed over; the last needs no end. The
 * lines are good until the next call. */
long lint_lines_next(lint_lines *l, char **line, size_t most, lint_err *e);

#endif
