/* names: names for the numbers of classes and places.
 *
 * The struct owns its strings. In metadata, names are a JSON array of strings.
 *
 *     lint_names classes;
 *     if (lint_names_parse(&classes, lint_frame_meta(&frame, "classes"), &e) < 0) ...
 *     puts(lint_names_get(&classes, label, "class", buf));
 *     lint_names_free(&classes);
 */
#ifndef LINT_BASE_NAMES_H
#define LINT_BASE_NAMES_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

typedef struct lint_names {
    char **v;
    size_t n, room;
} lint_names;

/* Returns the name of class or place i, or `what` and the number ("class 3") if there is no name,
 * or "unknown" for -1. Texts that are not in `n` are written to buf. */
const char *lint_names_get(const lint_names *n, int32_t i, const char *what, char buf[32]);

/* Converts a JSON array of strings to names and back. If json is NULL, parse gives no names. It
 * does not free what `n` held before. */
int lint_names_parse(lint_names *n, const char *json, lint_err *e);
char *lint_names_json(const lint_names *n, lint_err *e); /* caller frees */
int lint_names_copy(lint_names *to, const lint_names *from, lint_err *e);
/* "a,b,c" -> names. An empty name is an error. */
int lint_names_from_list(lint_names *n, const char *list, lint_err *e);
/* Adds a copy of the first len bytes of text. More than 65,536 names are an error. On error `n` is
 * unchanged. */
int lint_names_push(lint_names *n, const char *text, size_t len, lint_err *e);
/* The same without a limit: for lists of files and folders, of which a disk may hold any number. */
int lint_names_append(lint_names *n, const char *text, size_t len, lint_err *e);
void lint_names_sort(lint_names *n); /* by bytes */
/* An error if a name is there twice, since that would be two classes of one name. what: "class". */
int lint_names_check_distinct(const lint_names *n, const char *what, lint_err *e);
/* Index of a name, or -1. */
int32_t lint_names_find(const lint_names *n, const char *text);
/* The same for each of many texts [count], in the time of sorting the names. */
int lint_names_find_all(const lint_names *n, char *const *text, size_t count, int32_t *index,
                        lint_err *e);
int lint_names_equal(const lint_names *a, const lint_names *b);
void lint_names_free(lint_names *n);

#endif
