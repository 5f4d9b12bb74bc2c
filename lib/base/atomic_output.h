/* atomic_output: where a result goes. A regular file appears whole or not at all.
 *
 * lint_output_open writes to a nameless or temporary file beside the path; lint_output_commit
 * flushes it, fsyncs it and gives it its name. Anything that ends the program before leaves what
 * was there before. `-` or NULL is standard output; a path that exists and is no regular file
 * (/dev/full, a FIFO) is written straight to. A full disk or a closed output is an error at the
 * latest in commit.
 *
 *     lint_output *o = lint_output_open(path, &e);
 *     lint_frame_write(&f, lint_output_file(o), &e);
 *     if (lint_output_commit(o, &e) < 0) ...     // o is gone, whatever the answer
 */
#ifndef LINT_BASE_ATOMIC_OUTPUT_H
#define LINT_BASE_ATOMIC_OUTPUT_H

#include "base/err.h"
#include <stdio.h>

typedef struct lint_output lint_output;

lint_output *lint_output_open(const char *path, lint_err *e);
FILE *lint_output_file(lint_output *o);
int lint_output_commit(lint_output *o, lint_err *e);
/* The same of n, where NULL is none: all of them get their names, or none. */
int lint_output_commit_all(lint_output *const *o, size_t n, lint_err *e);
/* Forgets what was written; o is gone. NULL is fine. */
void lint_output_abort(lint_output *o);

#endif
