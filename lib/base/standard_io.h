/* standard_io: `-` in the place of a file name, or no name at all, is standard input or output.
 *
 * Every function that opens a file asks here, so that all of them take the same names for it and
 * call it the same in messages.
 *
 *     FILE *in = lint_input_open(path, &e);                       // "x.lts: No such file ..."
 *     if (in && read_it(in, &e) < 0)
 *         lint_err_prefix(&e, "%s: ", lint_input_name(path));     // "standard input: ..."
 *     lint_input_close(in);
 */
#ifndef LINT_BASE_STANDARD_IO_H
#define LINT_BASE_STANDARD_IO_H

#include "base/err.h"
#include <stdio.h>

/* Whether path is NULL or "-". */
int lint_is_stdio(const char *path);

/* What messages call the file: the path itself, or "standard input" or "standard output". */
const char *lint_input_name(const char *path);
const char *lint_output_name(const char *path);

/* Opens a file for reading in binary, or gives stdin. NULL if it cannot be opened; the message
 * names the path. */
FILE *lint_input_open(const char *path, lint_err *e);
/* Closes it unless it is stdin. NULL is fine. */
void lint_input_close(FILE *in);

#endif
