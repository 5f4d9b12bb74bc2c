#include "names.h"

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

/* Room for n names, none there yet. */
static int names_new(lint_names *to, size_t n, lint_err *e) {
    *to = (lint_names){.v = calloc(n + 1, sizeof *to->v)};
    return to->v ? 0 : lint_fail_mem(e, "names");
}

static int names_push(lint_names *to, const char *text, lint_err *e) {
    char *s = strdup(text);
    if (!s) return lint_fail_mem(e, "names");
    to->v[to->n++] = s;
    return 0;
}

static int names_from_array(lint_names *n, const json_t *array, lint_err *e) {
    if (!json_is_array(array)) return lint_fail(e, "names are not a JSON array");
    if (names_new(n, json_array_size(array), e) < 0) return -1;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (!text) return lint_fail(e, "name %zu is not a string", i);
        if (names_push(n, text, e) < 0) return -1;
    }
    return 0;
}

int lint_names_parse(lint_names *n, const char *json, lint_err *e) {
    *n = (lint_names){0};
    if (!json) return 0;
    json_error_t je;
    json_t *array = json_loads(json, 0, &je);
    if (!array) return lint_fail(e, "names are not a JSON array: %s", je.text);
    int ok = names_from_array(n, array, e);
    json_decref(array);
    if (ok < 0) lint_names_free(n);
    return ok;
}

char *lint_names_json(const lint_names *n, lint_err *e) {
    json_t *array = json_array();
    int ok = array ? 0 : -1;
    for (size_t i = 0; ok == 0 && i < n->n; i++)
        ok = json_array_append_new(array, json_string(n->v[i]));
    char *text = ok == 0 ? json_dumps(array, JSON_COMPACT) : NULL;
    json_decref(array);
    if (!text) lint_fail(e, "names are not valid UTF-8, or out of memory");
    return text;
}

int lint_names_copy(lint_names *to, const lint_names *from, lint_err *e) {
    if (names_new(to, from->n, e) < 0) return -1;
    for (size_t i = 0; i < from->n; i++)
        if (names_push(to, from->v[i], e) < 0) {
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
