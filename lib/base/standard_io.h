/* standard_io: `-` instead of a file name, or no name at all, means standard input or output.
 *
 * Every function that opens a file uses these functions, so that all accept the same names and use
 * the same wording in messages.
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

/* The file's name for messages: the path itself, "standard input" or "standard output". */
const char *lint_input_name(const char *path);
const char *lint_output_name(const char *path);

/* Opens a file for reading in binary, or returns stdin. Returns NULL if the file cannot be opened,
 * with a message that names the path. */
FILE *lint_input_open(const char *path, lint_err *e);
/* Closes `in` unless it is stdin or NULL. */
void lint_input_close(FILE *in);

#endif
