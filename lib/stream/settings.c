#include "stream/settings.h"

#include "base/cli.h"
#include "base/grow.h"
#include "base/memstream.h"
#include "base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add(lint_settings *s, const char *key, const char *value, int number) {
    struct lint_setting *more = lint_grow(s->v, s->n, &s->room, sizeof *more);
    if (more) s->v = more;
    char *k = more ? strdup(key) : NULL, *v = more ? strdup(value) : NULL;
    if (!k || !v) {
        free(k);
        free(v);
        s->failed = 1;
        return;
    }
    s->v[s->n++] = (struct lint_setting){k, v, number};
}

void lint_shortest(char buf[32], double v) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, 32, "%.*g", digits, v);
        if (strtod(buf, NULL) == v) return;
    }
}

void lint_settings_text(lint_settings *s, const char *key, const char *value) {
    add(s, key, value, 0);
}

void lint_settings_real(lint_settings *s, const char *key, double value) {
    char text[32];
    lint_shortest(text, value);
    add(s, key, text, 1);
}

void lint_settings_whole(lint_settings *s, const char *key, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    add(s, key, text, 1);
}

void lint_settings_hash(lint_settings *s, const char *key, uint64_t hash) {
    char text[32];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    add(s, key, text, 0);
}

/* The word of a choice. */
static void add_choice(lint_settings *s, const lint_option *o, int i) {
    const char *word = o->choices;
    char text[32];
    while (i-- > 0)
        word = strchr(word, '|') + 1;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(word, "|"), word);
    lint_settings_text(s, o->name, text);
}

static void add_list(lint_settings *s, const lint_option *o, const lint_list *l) {
    char *text = NULL;
    size_t size;
    FILE *f = l->n ? open_memstream(&text, &size) : NULL;
    for (size_t i = 0; f && i < l->n; i++)
        fprintf(f, "%s%s", i ? " " : "", l->v[i]);
    if (l->n && !lint_memstream_close(f, &text)) s->failed = 1;
    if (text) lint_settings_text(s, o->name, text);
    free(text);
}

static void add_option(lint_settings *s, const lint_option *o) {
    switch (o->type) {
    case LINT_OPT_FLAG:
        if (*(int *)o->to) lint_settings_whole(s, o->name, 1);
        break;
    case LINT_OPT_INT:
        if (*(long *)o->to || o->min == 0)
            lint_settings_whole(s, o->name, (uint64_t) * (long *)o->to);
        break;
    case LINT_OPT_U64:
        lint_settings_whole(s, o->name, *(uint64_t *)o->to);
        break;
    case LINT_OPT_REAL:
        if (!isnan(*(double *)o->to)) lint_settings_real(s, o->name, *(double *)o->to);
        break;
    case LINT_OPT_STR:
        if (*(const char **)o->to) lint_settings_text(s, o->name, *(const char **)o->to);
        break;
    case LINT_OPT_SIZE: {
        char text[32];
        snprintf(text, sizeof text, "%dx%d", ((lint_size *)o->to)->w, ((lint_size *)o->to)->h);
        lint_settings_text(s, o->name, text);
        break;
    }
    case LINT_OPT_CHOICE:
        add_choice(s, o, *(int *)o->to);
        break;
    case LINT_OPT_LIST:
        add_list(s, o, o->to);
        break;
    case LINT_OPT_QUIET:
    case LINT_OPT_VERBOSE:
    case LINT_OPT_GROUP:
        break;
    }
}

static int is_among(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(name, *names) == 0) return 1;
    return 0;
}

void lint_settings_options(lint_settings *s, const lint_option *options, const char *const * not ) {
    for (const lint_option *o = options; o->name; o++)
        if (!is_among(o->name, not )) add_option(s, o);
}

int lint_settings_ok(const lint_settings *s, lint_err *e) {
    return s->failed ? lint_fail_mem(e, "the settings") : 0;
}

void lint_settings_free(lint_settings *s) {
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].key);
        free(s->v[i].value);
    }
    free(s->v);
    *s = (lint_settings){0};
}

void lint_settings_comments(const lint_settings *s, FILE *out) {
    for (size_t i = 0; i < s->n; i++) {
        fputs("# ", out);
        lint_text_put(s->v[i].key, out);
        fputc('\t', out);
        lint_text_put(s->v[i].value, out);
        fputc('\n', out);
    }
}

static int put_string(const char *text, FILE *out) {
    json_t *j = json_string(text);
    int err = j ? json_dumpf(j, out, JSON_ENCODE_ANY) : -1;
    json_decref(j);
    return err;
}

char *lint_settings_json(const lint_settings *s, lint_err *e) {
    char *text = NULL;
    size_t size;
    int ok = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; out && ok == 0 && i < s->n; i++) {
        fputc(i ? ',' : '{', out);
        ok = put_string(s->v[i].key, out);
        fputc(':', out);
        if (ok == 0 && s->v[i].number)
            fputs(s->v[i].value, out);
        else if (ok == 0)
            ok = put_string(s->v[i].value, out);
    }
    if (out) fputs(s->n ? "}" : "{}", out);
    if (!lint_memstream_close(out, &text)) {
        lint_fail_mem(e, "the settings");
        return NULL;
    }
    if (ok == 0) return text;
    free(text);
    lint_fail(e, "the settings are not valid UTF-8, or out of memory");
    return NULL;
}
