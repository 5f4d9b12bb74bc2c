#define _GNU_SOURCE /* asprintf, strchrnul */
#include "step.h"

#include "base/folder.h"
#include "base/grow.h"
#include "base/memstream.h"
#include "files.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void items_free(items *list) {
    for (size_t i = 0; i < list->n; i++) {
        free(list->v[i].name);
        free(list->v[i].real);
    }
    free(list->v);
    *list = (items){0};
}

void step_free(step *s) {
    free(s->name);
    free(s->run);
    items_free(&s->in);
    items_free(&s->out);
    items_free(&s->tool);
    items_free(&s->with);
    items_free(&s->fact);
    *s = (step){0};
}

item *items_find(const items *list, const char *name) {
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i].name, name) == 0) return &list->v[i];
    return NULL;
}

static item *items_add(items *list, const char *name, const char *real, lint_err *e) {
    item *more = lint_grow(list->v, list->n, &list->room, sizeof *more);
    if (!more) {
        lint_fail_mem(e, "a stage");
        return NULL;
    }
    list->v = more;
    item *i = &list->v[list->n];
    *i = (item){.name = strdup(name), .real = strdup(real)};
    if (!i->name || !i->real) {
        free(i->name);
        free(i->real);
        lint_fail_mem(e, "a stage");
        return NULL;
    }
    list->n++;
    return i;
}

int step_add_text(items *to, const char *text, lint_err *e) {
    return items_add(to, text, "", e) ? 0 : -1;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* `[DIGEST] PATH[/]`, the path below root. */
static int add_path(items *list, char *what, const char *root, lint_err *e) {
    const char *hex = "";
    if (strspn(what, "0123456789abcdef") == LINT_SHA256_HEX - 1 &&
        what[LINT_SHA256_HEX - 1] == ' ') {
        hex = what;
        what += LINT_SHA256_HEX;
    }
    size_t n = strlen(what);
    int folder = n > 1 && what[n - 1] == '/';
    if (folder) what[n - 1] = 0;
    item *i = items_add(list, what, *root && *what != '/' ? pathf("%s/%s", root, what).s : what, e);
    if (!i) return -1;
    if (*hex) memcpy(i->hex, hex, LINT_SHA256_HEX - 1);
    i->kind = folder ? CONTENT_FOLDER : *hex ? CONTENT_FILE : CONTENT_NONE;
    return 0;
}

/* An output lies below root. */
static int add_output(step *s, char *what, const char *root, lint_err *e) {
    if (add_path(&s->out, what, root, e) < 0) return -1;
    const char *name = s->out.v[s->out.n - 1].name;
    return stays_inside(name) ? 0 : lint_fail(e, "the output '%s' leads out of the folder", name);
}

static int add_data(step *s, char *what, lint_err *e) {
    char *equals = strchr(what, '=');
    if (!equals) return lint_fail(e, "data %s: not NAME=PATH", what);
    *equals = 0;
    return items_add(&s->in, what, equals + 1, e) ? 0 : -1;
}

static int take_line(step *s, const char *word, char *rest, const char *root, lint_err *e) {
    if (strcmp(word, "run") == 0) {
        free(s->run);
        s->run = strdup(rest);
        return s->run ? 0 : lint_fail_mem(e, "a stage");
    }
    if (strcmp(word, "in") == 0) return add_path(&s->in, rest, root, e);
    if (strcmp(word, "out") == 0) return add_output(s, rest, root, e);
    if (strcmp(word, "tool") == 0) return add_path(&s->tool, rest, "", e);
    if (strcmp(word, "data") == 0) return add_data(s, rest, e);
    if (strcmp(word, "with") == 0) return step_add_text(&s->with, rest, e);
    if (strcmp(word, "fact") == 0) return step_add_text(&s->fact, rest, e);
    if (strcmp(word, "resumes") == 0) {
        s->resumes = 1;
        return 0;
    }
    return lint_fail(e, "'%s' is no line of a stage", word);
}

/* Cuts the line at *at into its first word and the rest. NULL at the end of the text. */
static char *next_line(char **at, char **rest) {
    char *line = *at + strspn(*at, " \n");
    if (!*line) return NULL;
    char *end = strchrnul(line, '\n');
    *at = *end ? end + 1 : end;
    *end = 0;
    *rest = strchrnul(line, ' ');
    if (**rest) {
        *(*rest)++ = 0;
        *rest += strspn(*rest, " ");
    }
    return line;
}

int step_read(step *s, char **at, const char *root, lint_err *e) {
    *s = (step){0};
    char *rest, *word;
    while ((word = next_line(at, &rest)) != NULL) {
        if (strcmp(word, "stage") != 0 && !s->name)
            continue; /* a line of the file, not of a stage */
        if (strcmp(word, "stage") != 0) {
            if (take_line(s, word, rest, root, e) < 0) break;
        } else if (!s->name) {
            s->name = strdup(rest);
            if (!s->name) return lint_fail_mem(e, "a stage");
        }
        char *next = *at + strspn(*at, " \n");
        if (*next && strncmp(next, "stage ", 6) != 0) continue;
        if (s->run && s->out.n) return 1;
        lint_fail(e, "stage %s runs nothing, or makes nothing", s->name);
        break;
    }
    int ended = !word;
    step_free(s);
    return ended ? 0 : -1;
}

/* --- the command ------------------------------------------------------------------------------ */

static int find_program(const char *name, path *at) {
    const char *dirs = getenv("PATH");
    while (dirs) {
        const char *end = strchrnul(dirs, ':');
        *at = pathf("%.*s/%s", (int)(end - dirs), dirs, name);
        if (access(at->s, X_OK) == 0) return 1;
        dirs = *end ? end + 1 : NULL;
    }
    return 0;
}

/* Something is made there, or it is the folder of something made or read. */
static int is_part_of_it(const items *list, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i < list->n; i++)
        if (strncmp(list->v[i].name, word, n) == 0 &&
            (!list->v[i].name[n] || list->v[i].name[n] == '/' || (n && word[n - 1] == '/')))
            return 1;
    return 0;
}

static int look_at_word(step *s, const char *word, lint_err *e) {
    struct stat st;
    path at;
    if (strncmp(word, "lint-", 5) == 0 && !strchr(word, '/')) {
        if (items_find(&s->tool, word)) return 0;
        if (!find_program(word, &at)) return lint_fail(e, "there is no program %s", word);
        return items_add(&s->tool, word, at.s, e) ? 0 : -1;
    }
    /* Names without slash and dot are options' words, even where a file of that name is. */
    if (!strpbrk(word, "/.") || is_part_of_it(&s->in, word) || is_part_of_it(&s->out, word))
        return 0;
    if (strspn(word, "./") == strlen(word)) return 0;
    if (stat(word, &st) < 0)
        return lint_folder_is_missing() || errno == EACCES ? 0 : lint_fail_errno(e, "%s", word);
    if (!S_ISREG(st.st_mode) && !(S_ISDIR(st.st_mode) && *word != '/')) return 0;
    if (strncmp(word, "../", 3) == 0)
        return lint_fail(e, "%s: give it from the root (/...): a stage runs in a folder of its own",
                         word);
    return items_add(&s->in, word, word, e) ? 0 : -1;
}

static int by_item_name(const void *a, const void *b) {
    return strcmp(((const item *)a)->name, ((const item *)b)->name);
}

static void sort(items *list) {
    if (list->n) qsort(list->v, list->n, sizeof *list->v, by_item_name);
}

int step_look_into_command(step *s, lint_err *e) {
    static const char between[] = " \t'\"<>()|&;=";
    char *copy = strdup(s->run), *rest;
    if (!copy) return lint_fail_mem(e, "a command");
    int err = 0;
    for (char *w = strtok_r(copy, between, &rest); w && !err; w = strtok_r(NULL, between, &rest))
        err = look_at_word(s, w, e);
    free(copy);
    sort(&s->in);
    sort(&s->out);
    sort(&s->tool);
    return err;
}

/* --- as text ---------------------------------------------------------------------------------- */

void items_put(FILE *f, const char *word, const items *list) {
    for (size_t i = 0; i < list->n; i++)
        fprintf(f, "  %-4s %s %s%s\n", word, list->v[i].hex, list->v[i].name,
                list->v[i].kind == CONTENT_FOLDER ? "/" : "");
}

void items_put_names(FILE *f, const char *word, const items *list) {
    for (size_t i = 0; i < list->n; i++)
        fprintf(f, "  %-4s %s\n", word, list->v[i].name);
}

char *step_text(const step *s, lint_err *e) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (f) {
        fprintf(f, "stage %s\n  run  %s\n", s->name, s->run);
        items_put_names(f, "with", &s->with);
        items_put(f, "in", &s->in);
        items_put(f, "out", &s->out);
        items_put(f, "tool", &s->tool);
        items_put_names(f, "fact", &s->fact);
    }
    if (lint_memstream_close(f, &text)) return text;
    lint_fail_mem(e, "a stage");
    return NULL;
}
