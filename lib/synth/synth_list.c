#include "synth/synth_list.h"
#include "base/grow.h"
#include "base/text.h"
#include "picture/image.h"
#include "synth/synth.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- building the list ------------------------------------------------------------------------ */

static char *copy(const char *s, size_t n) {
    char *p = malloc(n + 1);
    if (p) {
        memcpy(p, s, n);
        p[n] = 0;
    }
    return p;
}

static int find_name(lint_synth_list *l, const char *name, size_t len, size_t *group, lint_err *e) {
    for (*group = 0; *group < l->n_names; ++*group)
        if (strlen(l->names[*group]) == len && memcmp(l->names[*group], name, len) == 0) return 0;
    if (l->n_names == LINT_SYNTH_MAX_CLASSES)
        return lint_fail(e, "more than %d classes or places", LINT_SYNTH_MAX_CLASSES);
    char **names = lint_grow(l->names, l->n_names, &l->names_room, sizeof *names);
    if (!names) return lint_fail_mem(e, "names");
    l->names = names;
    names[l->n_names] = copy(name, len);
    if (!names[l->n_names]) return lint_fail_mem(e, "names");
    l->n_names++;
    return 0;
}

static void free_file(lint_synth_file *f) {
    free(f->path);
    free(f->name);
    free(f->identity);
}

/* Adds a file. Its strings, NULL where memory ran out, belong to l from then on, also on failure. */
static int add(lint_synth_list *l, lint_synth_file f, lint_err *e) {
    lint_synth_file *files = lint_grow(l->files, l->n, &l->room, sizeof *files);
    if (files) l->files = files;
    if (!files || !f.path || !f.name || !f.identity) {
        free_file(&f);
        return lint_fail_mem(e, "the list of files");
    }
    files[l->n++] = f;
    return 0;
}

static char *join(const char *dir, size_t dir_len, const char *name) {
    return lint_text_format(NULL, "%.*s%s%s", (int)dir_len, dir, dir_len ? "/" : "", name);
}

/* A file's name without folder and ending. */
static char *stem(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return copy(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

void lint_synth_list_free(lint_synth_list *l) {
    for (size_t i = 0; i < l->n; i++)
        free_file(&l->files[i]);
    for (size_t i = 0; i < l->n_names; i++)
        free(l->names[i]);
    free(l->files);
    free(l->names);
    *l = (lint_synth_list){0};
}

/* --- folders ---------------------------------------------------------------------------------- */

static int is_picture(const char *name) {
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || name[0] == '.') return 0;
    return lint_image_named(name);
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const lint_synth_file *)a)->path, ((const lint_synth_file *)b)->path);
}

static int add_folder(lint_synth_list *l, const char *name, size_t len, const char *dir,
                      lint_err *e) {
    size_t group, first = l->n;
    if (len == 0) return lint_fail(e, "expected NAME=DIR");
    if (find_name(l, name, len, &group, e) < 0) return -1;
    DIR *d = opendir(dir);
    if (!d) return lint_fail_errno(e, "%s", dir);
    int err = 0;
    while (err == 0) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry && errno) err = lint_fail_errno(e, "%s", dir);
        if (!entry) break;
        if (!is_picture(entry->d_name)) continue;
        err = add(l,
                  (lint_synth_file){.path = join(dir, strlen(dir), entry->d_name),
                                    .name = copy(entry->d_name, strlen(entry->d_name)),
                                    .identity = stem(entry->d_name),
                                    .group = group,
                                    .part = {0, 0, 1, 1}},
                  e);
    }
    closedir(d);
    if (err < 0) return -1;
    if (l->n == first) return lint_fail(e, "%s: no pictures", dir);
    qsort(l->files + first, l->n - first, sizeof *l->files, by_path);
    return 0;
}

/* --- lists ------------------------------------------------------------------------------------ */

enum { FIELDS = 4 };

static int parse_part(const char *text, float part[4]) {
    const char *p = text;
    for (int i = 0; i < 4; i++) {
        char *end;
        float v = strtof(p, &end);
        if (end == p || !(v >= 0 && v <= 1) || *end != (i < 3 ? ',' : 0)) return -1;
        part[i] = v;
        p = end + 1;
    }
    return part[0] < part[2] && part[1] < part[3] ? 0 : -1;
}

static int parse_side(const char *text, lint_side *side) {
    if (!*text || strcmp(text, "-") == 0)
        *side = LINT_SIDE_ANY;
    else if (strcmp(text, "train") == 0)
        *side = LINT_SIDE_TRAIN;
    else if (strcmp(text, "test") == 0)
        *side = LINT_SIDE_TEST;
    else
        return -1;
    return 0;
}

/* One line of a list, its end gone; fields are cut in place. */
static int add_line(lint_synth_list *l, char *text, int kind, const char *root, size_t root_len,
                    lint_err *e) {
    char *field[FIELDS] = {"", "", "", ""}, *p = text;
    int n = 0, most = kind == LINT_SYNTH_PLACES ? 4 : 3;
    for (;;) {
        char *tab = strchr(p, '\t');
        if (n == most) return lint_fail(e, "more than %d fields", most);
        field[n++] = p;
        if (!tab) break;
        *tab = 0;
        p = tab + 1;
    }
    if (!*field[0] || !*field[1]) return lint_fail(e, "expected a name, a tab and a path");
    lint_synth_file f = {.part = {0, 0, 1, 1}};
    if (kind == LINT_SYNTH_PLACES && parse_side(field[2], &f.side) < 0)
        return lint_fail(e, "'%s': expected train, test or -", field[2]);
    if (*field[3] && parse_part(field[3], f.part) < 0)
        return lint_fail(e, "'%s': expected x0,y0,x1,y1, each 0 to 1", field[3]);
    if (find_name(l, field[0], strlen(field[0]), &f.group, e) < 0) return -1;
    int given = kind == LINT_SYNTH_OBJECTS && *field[2];
    f.path = *field[1] == '/' ? copy(field[1], strlen(field[1])) : join(root, root_len, field[1]);
    f.name = copy(field[1], strlen(field[1]));
    f.identity = given ? copy(field[2], strlen(field[2])) : stem(field[1]);
    return add(l, f, e);
}

static int add_list(lint_synth_list *l, const char *path, int kind, const char *root, lint_err *e) {
    FILE *in = fopen(path, "r");
    if (!in) return lint_fail_errno(e, "%s", path);
    const char *slash = strrchr(path, '/');
    size_t root_len = root ? strlen(root) : slash ? (size_t)(slash - path) : 0;
    size_t first = l->n, number = 0;
    char line[8192];
    int err = 0;
    while (err == 0 && fgets(line, sizeof line, in)) {
        size_t len = strlen(line);
        number++;
        if (len + 1 == sizeof line) {
            err = lint_fail(e, "longer than %zu bytes", sizeof line - 2);
        } else {
            line[strcspn(line, "\r\n")] = 0;
            char *text = number == 1 ? (char *)lint_text_behind_mark(line) : line;
            if (*text && *text != '#')
                err = add_line(l, text, kind, root ? root : path, root_len, e);
        }
        if (err < 0) lint_err_prefix(e, "%s: line %zu: ", path, number);
    }
    if (err == 0 && ferror(in)) err = lint_fail_errno(e, "%s", path);
    fclose(in);
    if (err == 0 && l->n == first) err = lint_fail(e, "%s: no pictures in it", path);
    return err;
}

int lint_synth_list_add(lint_synth_list *l, const char *source, int kind, const char *root,
                        lint_err *e) {
    const char *equals = strchr(source, '=');
    if (equals) return add_folder(l, source, (size_t)(equals - source), equals + 1, e);
    return add_list(l, source, kind, root, e);
}
