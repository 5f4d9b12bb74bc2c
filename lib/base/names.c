#include "base/names.h"
#include "base/grow.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lint_names_free(lint_names *n) {
    for (size_t i = 0; i < n->n; i++)
        free(n->v[i]);
    free(n->v);
    *n = (lint_names){0};
}

enum { NAMES_MAX = 65536 };

int lint_names_append(lint_names *n, const char *text, size_t len, lint_err *e) {
    char **v = lint_grow(n->v, n->n, &n->room, sizeof *v);
    if (v) n->v = v;
    char *copy = v ? strndup(text, len) : NULL;
    if (!copy) return lint_fail_mem(e, "names");
    n->v[n->n++] = copy;
    return 0;
}

int lint_names_push(lint_names *n, const char *text, size_t len, lint_err *e) {
    if (n->n >= NAMES_MAX) return lint_fail(e, "more than %d names", NAMES_MAX);
    return lint_names_append(n, text, len, e);
}

int lint_names_from_list(lint_names *n, const char *list, lint_err *e) {
    *n = (lint_names){0};
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        int err =
            len ? lint_names_push(n, at, len, e) : lint_fail(e, "an empty name in '%s'", list);
        if (err) {
            lint_names_free(n);
            return -1;
        }
        at += len;
        if (!*at) return 0;
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void lint_names_sort(lint_names *n) {
    if (n->n) qsort(n->v, n->n, sizeof *n->v, by_text);
}

int lint_names_check_distinct(const lint_names *n, const char *what, lint_err *e) {
    lint_names sorted;
    if (lint_names_copy(&sorted, n, e) < 0) return -1;
    lint_names_sort(&sorted);
    int err = 0;
    for (size_t i = 1; i < sorted.n && !err; i++)
        if (strcmp(sorted.v[i - 1], sorted.v[i]) == 0)
            err = lint_fail(e, "the %s '%s' is named twice", what, sorted.v[i]);
    lint_names_free(&sorted);
    return err;
}

int32_t lint_names_find(const lint_names *n, const char *text) {
    for (size_t i = 0; i < n->n; i++)
        if (strcmp(n->v[i], text) == 0) return (int32_t)i;
    return -1;
}

typedef struct numbered {
    const char *text;
    int32_t number;
} numbered;

static int by_numbered_text(const void *a, const void *b) {
    const numbered *x = a, *y = b;
    return strcmp(x->text, y->text);
}

static int by_text_and_number(const void *a, const void *b) {
    const numbered *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* The names by text, from malloc; of equal ones the first. */
static numbered *sort_numbered(const lint_names *n, size_t *distinct, lint_err *e) {
    numbered *sorted = malloc((n->n + 1) * sizeof *sorted);
    if (!sorted) {
        lint_fail_mem(e, "names");
        return NULL;
    }
    for (size_t i = 0; i < n->n; i++)
        sorted[i] = (numbered){n->v[i], (int32_t)i};
    qsort(sorted, n->n, sizeof *sorted, by_text_and_number);
    *distinct = 0;
    for (size_t i = 0; i < n->n; i++)
        if (i == 0 || by_numbered_text(&sorted[*distinct - 1], &sorted[i]) != 0)
            sorted[(*distinct)++] = sorted[i];
    return sorted;
}

int lint_names_find_all(const lint_names *n, char *const *text, size_t count, int32_t *index,
                        lint_err *e) {
    size_t distinct;
    numbered *sorted = sort_numbered(n, &distinct, e);
    if (!sorted) return -1;
    for (size_t i = 0; i < count; i++) {
        numbered key = {.text = text[i]};
        const numbered *found = bsearch(&key, sorted, distinct, sizeof key, by_numbered_text);
        index[i] = found ? found->number : -1;
    }
    free(sorted);
    return 0;
}

static int names_from_array(lint_names *n, const json_t *array, lint_err *e) {
    if (!json_is_array(array)) return lint_fail(e, "names are not a JSON array");
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (!text) return lint_fail(e, "name %zu is not a string", i);
        if (lint_names_push(n, text, strlen(text), e) < 0) return -1;
    }
    return 0;
}

int lint_names_parse(lint_names *n, const char *json, lint_err *e) {
    *n = (lint_names){0};
    if (!json) return 0;
    json_error_t je;
    json_t *array = json_loads(json, 0, &je);
    if (!array) return lint_fail(e, "names are not a JSON array: %s", je.text);
    int err = names_from_array(n, array, e);
    json_decref(array);
    if (err < 0) lint_names_free(n);
    return err;
}

char *lint_names_json(const lint_names *n, lint_err *e) {
    json_t *array = json_array();
    int err = array ? 0 : -1;
    for (size_t i = 0; err == 0 && i < n->n; i++)
        err = json_array_append_new(array, json_string(n->v[i]));
    char *text = err == 0 ? json_dumps(array, JSON_COMPACT) : NULL;
    json_decref(array);
    if (!text) lint_fail(e, "names are not valid UTF-8, or out of memory");
    return text;
}

int lint_names_copy(lint_names *to, const lint_names *from, lint_err *e) {
    *to = (lint_names){0};
    for (size_t i = 0; i < from->n; i++)
        if (lint_names_push(to, from->v[i], strlen(from->v[i]), e) < 0) {
            lint_names_free(to);
            return -1;
        }
    return 0;
}

int lint_names_equal(const lint_names *a, const lint_names *b) {
    if (a->n != b->n) return 0;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->v[i], b->v[i]) != 0) return 0;
    return 1;
}

const char *lint_names_get(const lint_names *n, int32_t i, const char *what, char buf[32]) {
    if (i < 0) return "unknown";
    if ((size_t)i < n->n) return n->v[i];
    snprintf(buf, 32, "%s %" PRId32, what, i);
    return buf;
}
