/* json: JSON read and written whole, with jansson.
 *
 *     json_t *root = lint_json_read(in, 1 << 23, 100000, &e);
 *     if (!root) return -1;
 *     err = lint_json_write(root, out, &e);                   // frees root
 */
#ifndef LINT_BASE_JSON_H
#define LINT_BASE_JSON_H

#include "base/err.h"
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* Reads the stream to its end: at most so many bytes, with at most so many values in them. Duplicate
 * keys are an error. NULL on error. */
json_t *lint_json_read(FILE *in, size_t bytes, size_t values, lint_err *e);

/* As json_dumpf, with \uXXXX for each character that a terminal may obey and JSON leaves as it is: DEL, C1,
 * U+2028, U+2029, and marks that turn the direction of text. */
int lint_json_dump(const json_t *v, FILE *out, size_t flags);

/* Writes root with sorted keys, 17 digits and a line for each value, as lint_json_dump, and frees it. NULL
 * is an error: jansson makes no value of what is not UTF-8. */
int lint_json_write(json_t *root, FILE *out, lint_err *e);

#endif
