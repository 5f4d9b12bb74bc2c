/* library: a shared library that is opened when it is needed.
 *
 * Few pictures are TIFF, and the library that reads them brings ten others: 17 ms for the dynamic
 * linker, where a whole process takes 45. So it is not linked.
 *
 *     struct {
 *         double (*cos)(double);
 *     } f;
 *     static const char *const name[] = {"cos"};
 *     if (lint_library_open(&f, "libm.so.6", "libc6", name, 1, &e) == 0) f.cos(0);
 *
 * A library that was opened stays in the process; opening it again costs microseconds.
 */
#ifndef LINT_BASE_LIBRARY_H
#define LINT_BASE_LIBRARY_H

#include "base/err.h"
#include <stddef.h>

/* For a list of functions, `#define LIST(F) F(cos) F(sin)`, of the types that the library's own header
 * gives them: `struct { LIST(LINT_LIBRARY_MEMBER) }` and `{LIST(LINT_LIBRARY_NAME)}`. */
#define LINT_LIBRARY_MEMBER(function) __typeof__(function) *function;
#define LINT_LIBRARY_NAME(function)   #function,

/* Fills a struct of n pointers to functions by their names. The error names the Debian package that
 * holds the library, and is one of the system. */
int lint_library_open(void *functions, const char *soname, const char *package,
                      const char *const *name, size_t n, lint_err *e);

/* The error where the library was missing when lint was built. */
int lint_library_absent(lint_err *e, const char *what, const char *package);

#endif
