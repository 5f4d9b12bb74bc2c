/* same_file: options of one command that must not name one file.
 *
 * A second output would replace the first, although each is written whole. The check comes before
 * any work is done:
 *
 *     const lint_named_file out[] = {{"out", path}, {"log", name}};
 *     if (lint_outputs_check(out, 2, &e) < 0) return -1; // "--out and --log are the same file"
 */
#ifndef LINT_BASE_SAME_FILE_H
#define LINT_BASE_SAME_FILE_H

#include "base/err.h"
#include <stddef.h>

/* A file and the option that names it, without dashes; path NULL: the option was not given. */
typedef struct lint_named_file {
    const char *option, *path;
} lint_named_file;

/* Two names of one regular file, such as m and ./m, are recognised where it exists. */
int lint_is_same_file(const char *a, const char *b);

/* -1 with a message where two of the n outputs are the same file, or both standard output. */
int lint_outputs_check(const lint_named_file *out, size_t n, lint_err *e);

#endif
