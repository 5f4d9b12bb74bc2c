/* regular_file: opens a file whose name was found in a folder or in another file.
 *
 * Both may come from a stranger. To open a FIFO would wait for a writer, possibly for ever. What the user
 * names on a command line may well be a pipe; standard_io.h opens it.
 *
 *     FILE *in = lint_regular_open("set/classes.txt", "set/classes.txt", &e);
 *     if (!in) return -1;                                          // errno tells whether it is there
 */
#ifndef LINT_BASE_REGULAR_FILE_H
#define LINT_BASE_REGULAR_FILE_H

#include "base/err.h"
#include <stdio.h>

/* Opens a regular file for reading, in binary. NULL if that cannot be: the message is `what`, a colon and the
 * reason, and errno is what open says, or EISDIR or EINVAL for what is no regular file. */
FILE *lint_regular_open(const char *path, const char *what, lint_err *e);

#endif
