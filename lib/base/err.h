/* err: an error is a value with a sentence.
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
 * Functions that open or read a file name it in their messages; callers add what the function
 * cannot know.
 */
#ifndef LINT_BASE_ERR_H
#define LINT_BASE_ERR_H

#include <stdarg.h>

typedef struct lint_err {
    char msg[1024];
} lint_err;

/* Writes the message and returns -1, so that `return lint_fail(e, ...)` reads as one thought.
 * Control characters in the message (file names may hold any) are written as `?`. */
int lint_fail(lint_err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As lint_fail, for "out of memory" while `what` was being made. */
int lint_fail_mem(lint_err *e, const char *what);

/* Puts where it happened before a message that is already there; returns -1. */
int lint_err_prefix(lint_err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
