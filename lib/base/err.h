/* err: errors as values with a message.
 *
 * Every function of liblint that can fail takes a `lint_err *` last and returns -1 (or NULL)
 * after writing one line into it: what, where, what was expected. The library never prints and
 * never exits. The caller owns the struct; it needs no initialisation and no freeing.
 *
 *     lint_err e;
 *     lint_names classes;
 *     if (lint_names_parse(&classes, json, &e) < 0)
 *         return lint_err_prefix(&e, "%s: classes: ", path);   // "x.lts: classes: names ..."
 *
 * Functions that open or read a file name that file in their messages. Callers add what the
 * function does not know.
 */
#ifndef LINT_BASE_ERR_H
#define LINT_BASE_ERR_H

#include <stdarg.h>

typedef struct lint_err {
    char msg[1024];
    int system; /* the system failed (memory, descriptors, a device), and says nothing of the data */
} lint_err;

/* Writes the message and returns -1, as in `return lint_fail(e, ...)`. What may command a terminal,
 * for example in file names, becomes `?`, as by lint_text_clean. */
int lint_fail(lint_err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As lint_fail, with a message that memory ran out for `what`. Sets e->system. */
int lint_fail_mem(lint_err *e, const char *what);

/* As lint_fail, with ": " and what errno says behind the message. Sets e->system, but where errno
 * says that what the path names is missing, forbidden or of another kind. */
int lint_fail_errno(lint_err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts a text, such as where the error occurred, before the message in *e. Returns -1. */
int lint_err_prefix(lint_err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
