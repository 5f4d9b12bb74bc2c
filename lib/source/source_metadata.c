/* metadata.csv, as Waterbirds, Hugging Face and people who keep tables have it. */
#include "base/csv.h"
#include "base/grow.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "picture/image.h"
#include "source/source_parts.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { NAME_BYTES_MAX = 4096 };

/* What the file calls one picture's class and place. */
typedef struct row {
    char *y, *place; /* place: "" if the file has none */
    size_t line;
} row;

/* Row i is picture i. */
typedef struct table {
    row *row;
    size_t n, room;
    char file[64], called[2][64]; /* what the columns of file, class and place are called */
    int waterbirds;               /* has the columns and the file names of the published set */
    const char *folder; /* that the table now read lies in, such as "train/"; "": the root */
    lint_split split;   /* of that folder, which a column replaces */
} table;

static void table_free(table *t) {
    for (size_t i = 0; i < t->n; i++) {
        free(t->row[i].y);
        free(t->row[i].place);
    }
    free(t->row);
}

static int table_add(table *t, const char *y, const char *place, size_t line, lint_err *e) {
    row *more = lint_grow(t->row, t->n, &t->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "the table");
    t->row = more;
    row *r = &t->row[t->n++];
    *r = (row){lint_join(y, ""), lint_join(place, ""), line};
    return r->y && r->place ? 0 : lint_fail_mem(e, "the table");
}

enum { COL_FILE, COL_Y, COL_SPLIT, COL_PLACE, COL_ID, COL_PLACE_FILE, COL_SERIES, COLUMNS };
enum { WATERBIRDS_COLUMNS = COL_SERIES, NAMES = 9 };

/* What columns are called, in any case; where a table has several, the first of these. */
static const char *const COLUMN[COLUMNS][NAMES] = {
    [COL_FILE] = {"img_filename", "file_name", "filename", "file", "image", "image_name",
                  "image_path", "path"},
    [COL_Y] = {"y", "label", "class", "target", "category"},
    [COL_SPLIT] = {"split"},
    [COL_PLACE] = {"place"},
    [COL_ID] = {"img_id"},
    [COL_PLACE_FILE] = {"place_filename"},
    [COL_SERIES] = {"series"}};

/* What --columns calls them. */
static const char *const KEY[COLUMNS] = {
    [COL_FILE] = "file",   [COL_Y] = "label",       [COL_SPLIT] = "split",
    [COL_PLACE] = "place", [COL_SERIES] = "series",
};

/* "a, b, c", as far as it fits. */
static void list_columns(const lint_csv *c, char *text, size_t size) {
    size_t len = 0;
    *text = 0;
    for (size_t i = 0; i < c->fields && len + 8 < size; i++) {
        int n = snprintf(text + len, size - len, "%s%.60s", i ? ", " : "", c->field[i]);
        len += (size_t)n;
    }
    if (len + 8 >= size) snprintf(text + size - 8, 8, ", ...");
}

static int fail_column(const lint_csv *c, const char *what, lint_err *e) {
    char columns[400];
    list_columns(c, columns, sizeof columns);
    return lint_fail(e,
                     "no column %s in the first line, which has: %s (--columns "
                     "file=NAME,label=NAME says what they are called)",
                     what, columns);
}

/* Sets *at to the column of that name, or SIZE_MAX. */
static int find_column(const lint_csv *c, const char *name, size_t *at, lint_err *e) {
    *at = SIZE_MAX;
    for (size_t i = 0; i < c->fields; i++) {
        if (strcasecmp(c->field[i], name)) continue;
        if (*at != SIZE_MAX) return lint_fail(e, "column '%s' appears twice", name);
        *at = i;
    }
    return 0;
}

/* "file=image_id,label=dx": the user's names for columns. */
static int take_names(const lint_csv *c, const char *list, size_t at[COLUMNS], lint_err *e) {
    lint_names names = {0};
    int err = lint_names_from_list(&names, list, e);
    if (err) lint_err_prefix(e, "--columns: ");
    for (size_t i = 0; i < names.n && !err; i++) {
        const char *equals = strchr(names.v[i], '=');
        size_t n = equals ? (size_t)(equals - names.v[i]) : 0;
        int k = 0;
        while (k < COLUMNS &&
               !(KEY[k] && n && strlen(KEY[k]) == n && strncmp(KEY[k], names.v[i], n) == 0))
            k++;
        if (k == COLUMNS) {
            err = lint_fail(e,
                            "--columns: '%s', expected file, label, split, place or series, "
                            "and =NAME behind it",
                            names.v[i]);
            break;
        }
        char what[80];
        snprintf(what, sizeof what, "'%.60s'", equals + 1);
        err = find_column(c, equals + 1, &at[k], e);
        if (!err && at[k] == SIZE_MAX) err = fail_column(c, what, e);
    }
    lint_names_free(&names);
    return err;
}

static int find_columns(const lint_csv *c, const char *list, size_t at[COLUMNS], lint_err *e) {
    for (int k = 0; k < COLUMNS; k++)
        at[k] = SIZE_MAX;
    if (list && take_names(c, list, at, e) < 0) return -1;
    for (int k = 0; k < COLUMNS; k++)
        for (int i = 0; i < NAMES && COLUMN[k][i] && at[k] == SIZE_MAX; i++)
            if (find_column(c, COLUMN[k][i], &at[k], e) < 0) return -1;
    if (at[COL_FILE] == SIZE_MAX) return fail_column(c, "'img_filename' or 'file_name'", e);
    return at[COL_Y] == SIZE_MAX ? fail_column(c, "'y' or 'label'", e) : 0;
}

static int parse_split(const char *text, lint_split *split, lint_err *e) {
    if ((*split = lint_split_of_word(text)) != LINT_UNSPLIT) return 0;
    if (strlen(text) == 1 && *text >= '0' && *text <= '2')
        return *split = (lint_split)(*text - '0'), 0;
    return lint_fail(e, "split '%s', expected 0, 1, 2, train, val or test", text);
}

/* A table must not lead out of its folder. */
static int check_below(const char *path, lint_err *e) {
    if (!*path) return lint_fail(e, "no file name");
    int out = *path == '/';
    for (const char *p = path; p && !out; p = strchr(p, '/'), p = p ? p + 1 : NULL)
        out = strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == 0);
    return out ? lint_fail(e, "'%s' leads out of the folder", path) : 0;
}

/* The path as it is named once: ./a//b.png is a/b.png. From malloc. */
static char *tidy(const char *path) {
    char *tidied = malloc(strlen(path) + 1), *to = tidied;
    if (!tidied) return NULL;
    for (const char *at = path; *at;) {
        size_t n = strcspn(at, "/");
        int skip = n == 0 || (n == 1 && *at == '.');
        if (!skip && to > tidied) *to++ = '/';
        if (!skip) memcpy(to, at, n), to += n;
        at += n + (at[n] == '/');
    }
    *to = 0;
    return tidied;
}

/* A path that leads through the folder, by whatever name, is one below it. */
static const char *below_root(const lint_source *s, const char *path) {
    struct stat root, st;
    char folder[NAME_BYTES_MAX];
    if (*path != '/' || strlen(path) >= sizeof folder || stat(s->root, &root) < 0) return path;
    for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        memcpy(folder, path, (size_t)(at - path));
        folder[at - path] = 0;
        if (stat(folder, &st) == 0 && st.st_dev == root.st_dev && st.st_ino == root.st_ino)
            return at + strspn(at, "/");
    }
    return path;
}

/* Whether there is such a picture, with or without an ending that its name lacks: *found, from malloc. */
static int look_for(const lint_source *s, const char *folder, const char *path, char **found,
                    lint_err *e) {
    int there = 0;
    for (int k = -1; there == 0 && (k < 0 || lint_image_endings[k]); k++) {
        free(*found);
        *found = lint_text_format(e, "%s%s%s", folder, path, k < 0 ? "" : lint_image_endings[k]);
        there = *found ? lint_source_is_file(s, *found, e) : -1;
        for (char *dot = *found ? *found + strlen(folder) + strlen(path) : NULL;
             there == 0 && k >= 0 && *dot; dot++)
            *dot = (char)toupper((unsigned char)*dot);
        if (there == 0 && k >= 0) there = lint_source_is_file(s, *found, e);
    }
    return there;
}

/* The picture that a row names, as programs write it: with \ for /, with all folders above, without its
 * ending, or below images/ or the table's folder. From malloc; what is nowhere is told when it is read. */
static char *find_picture(const lint_source *s, const char *folder, const char *named,
                          lint_err *e) {
    if (check_below(below_root(s, named), e) < 0) return NULL;
    char *path = tidy(below_root(s, named)), *found = NULL;
    if (!path) return lint_fail_mem(e, "paths"), NULL;
    int there = *folder ? look_for(s, folder, path, &found, e) : 0;
    if (there == 0) there = lint_source_is_file(s, path, e);
    for (char *at = path; there == 0 && (at = strchr(at, '\\'));)
        *at = '/';
    if (there == 0 && check_below(path, e) < 0) there = -1;
    char *again = there == 0 ? tidy(path) : NULL; /* .\a */
    if (again) free(path), path = again;
    if (there == 0) there = look_for(s, "", path, &found, e);
    if (there == 0) there = look_for(s, "images/", path, &found, e);
    if (there > 0 && found) free(path), path = found, found = NULL;
    free(found);
    if (there >= 0) return path;
    free(path);
    return NULL;
}

/* Names in Latin-1 would be read as other characters, or none. */
static int check_text(const char *text, const char *column, lint_err *e) {
    char shown[200];
    json_t *j = json_string(text); /* jansson knows UTF-8 */
    json_decref(j);
    if (j) return 0;
    return lint_fail(e, "column '%s': '%s' is not UTF-8; save the table as UTF-8", column,
                     lint_text_clean(shown, sizeof shown, text));
}

static int add_row(lint_source *s, const char *path, lint_split split, const char *series,
                   lint_err *e) {
    if (split != LINT_UNSPLIT) s->given[split] = 1;
    if (lint_source_add(s, lint_join(path, ""), -1, split, e) < 0) return -1;
    if (!*series) return 0;
    s->picture[s->n - 1].group = lint_join(series, "");
    return s->picture[s->n - 1].group ? 0 : lint_fail_mem(e, "the table");
}

static int read_row(lint_source *s, table *t, const lint_csv *c, const size_t at[COLUMNS],
                    lint_err *e) {
    lint_split split = t->split;
    const char *file = c->field[at[COL_FILE]], *y = c->field[at[COL_Y]];
    const char *place = at[COL_PLACE] == SIZE_MAX ? "" : c->field[at[COL_PLACE]];
    const char *series = at[COL_SERIES] == SIZE_MAX ? "" : c->field[at[COL_SERIES]];
    if (!*y) return lint_fail(e, "no class in column '%s'", t->called[0]);
    if (check_text(file, t->file, e) < 0 || check_text(y, t->called[0], e) < 0 ||
        check_text(place, t->called[1], e) < 0)
        return -1;
    char *path = find_picture(s, t->folder, file, e);
    if (!path) return -1;
    int err = at[COL_SPLIT] == SIZE_MAX ? 0 : parse_split(c->field[at[COL_SPLIT]], &split, e);
    if (!err) err = table_add(t, y, place, c->line, e);
    if (!err) err = add_row(s, path, split, series, e);
    free(path);
    return err;
}

/* For messages. */
static void keep_names(table *t, const lint_csv *c, const size_t at[COLUMNS]) {
    snprintf(t->file, sizeof t->file, "%.60s", c->field[at[COL_FILE]]);
    snprintf(t->called[0], sizeof t->called[0], "%.60s", c->field[at[COL_Y]]);
    snprintf(t->called[1], sizeof t->called[1], "%.60s",
             at[COL_PLACE] == SIZE_MAX ? "place" : c->field[at[COL_PLACE]]);
}

static int read_rows(lint_source *s, table *t, lint_csv *c, const char *list, lint_err *e) {
    size_t at[COLUMNS], columns;
    int got = lint_csv_next(c, e);
    if (got == 0) return lint_fail(e, "the file is empty");
    if (got < 0 || find_columns(c, list, at, e) < 0) return -1;
    keep_names(t, c, at);
    columns = c->fields;
    t->waterbirds = columns == WATERBIRDS_COLUMNS;
    for (int k = 0; k < WATERBIRDS_COLUMNS; k++)
        t->waterbirds &= at[k] != SIZE_MAX;
    while ((got = lint_csv_next(c, e)) > 0) {
        int err = c->fields == columns
                      ? read_row(s, t, c, at, e)
                      : lint_fail(e, "%zu fields, but the first line has %zu", c->fields, columns);
        if (err) return lint_err_prefix(e, "line %zu: ", c->line);
    }
    return got;
}

static int by_path(const void *a, const void *b) {
    const lint_picture *const *x = a, *const *y = b;
    return strcmp((*x)->path, (*y)->path);
}

static int is_listed(const lint_picture *const *p, size_t n, const char *path) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int by = strcmp(p[mid]->path, path);
        if (by == 0) return 1;
        if (by < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return 0;
}

/* Counts the pictures of one folder that are not listed. p is sorted. */
static int count_unlisted_in(lint_source *s, const char *folder, const lint_picture *const *p,
                             size_t n, lint_err *e) {
    lint_names names = {0};
    int err = lint_source_is_folder(s, folder, e); /* a missing one is told of its first picture */
    if (err <= 0) return err;
    err = lint_source_list(s, folder, &names, e);
    for (size_t i = 0; i < names.n && !err; i++) {
        char *path = lint_join(folder, names.v[i]);
        if (!path) {
            err = lint_fail_mem(e, "paths");
        } else if (lint_source_is_picture(names.v[i]) && !is_listed(p, n, path)) {
            if (s->unlisted++ == 0) s->first_unlisted = lint_join(path, "");
        }
        free(path);
    }
    lint_names_free(&names);
    return err;
}

/* A table that was cut after a line is a table. What tells is the pictures beside those that are listed.
 * p is sorted, so that pictures of one folder follow each other, with those of its folders between. */
static int count_unlisted(lint_source *s, const lint_picture *const *p, size_t n, lint_err *e) {
    lint_names folders = {0};
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        const char *slash = strrchr(p[i]->path, '/');
        size_t length = slash ? (size_t)(slash - p[i]->path) : 0;
        const char *last = folders.n ? folders.v[folders.n - 1] : NULL;
        if (last && strlen(last) == length && strncmp(last, p[i]->path, length) == 0) continue;
        err = lint_names_append(&folders, p[i]->path, length, e);
    }
    lint_names_sort(&folders);
    for (size_t i = 0; i < folders.n && !err; i++)
        if (i == 0 || strcmp(folders.v[i - 1], folders.v[i]) != 0)
            err = count_unlisted_in(s, folders.v[i], p, n, e);
    lint_names_free(&folders);
    return err;
}

/* One picture in two splits would be a leak. */
static int check_listed_once(lint_source *s, const table *t, lint_err *e) {
    const lint_picture **p = malloc((s->n + 1) * sizeof *p);
    int err = p ? 0 : lint_fail_mem(e, "the table");
    for (size_t i = 0; i < s->n && !err; i++)
        p[i] = &s->picture[i];
    if (!err) qsort(p, s->n, sizeof *p, by_path);
    for (size_t i = 1; i < s->n && !err; i++) {
        if (strcmp(p[i - 1]->path, p[i]->path)) continue;
        size_t a = t->row[p[i - 1] - s->picture].line, b = t->row[p[i] - s->picture].line;
        err = lint_fail(e, "line %zu: '%s' is already in line %zu", a > b ? a : b, p[i]->path,
                        a > b ? b : a);
    }
    if (!err) err = count_unlisted(s, p, s->n, e);
    free(p);
    return err;
}

static int is_bit(const char *text) {
    return strcmp(text, "0") == 0 || strcmp(text, "1") == 0;
}

/* The published set has no names in it; its birds are files of CUB-200-2011, "001.Name/...", and
 * its README says what 0 and 1 are. https://github.com/kohpangwei/group_DRO#waterbirds */
static void know_waterbirds(const lint_source *s, table *t) {
    for (size_t i = 0; i < s->n && t->waterbirds; i++) {
        const char *p = s->picture[i].path;
        t->waterbirds = strspn(p, "0123456789") == 3 && p[3] == '.' && strchr(p, '/') &&
                        is_bit(t->row[i].y) && is_bit(t->row[i].place);
    }
}

/* A name a line. */
static int read_lines(FILE *in, lint_names *n, lint_err *e) {
    char text[NAME_BYTES_MAX];
    int err = 0;
    for (size_t line = 1; !err && fgets(text, sizeof text, in); line++) {
        size_t len = strcspn(text, "\r\n");
        const char *name = line == 1 ? lint_text_behind_mark(text) : text;
        if (len == sizeof text - 1)
            err = lint_fail(e, "line %zu: too long for a name", line);
        else if (text + len > name)
            err = lint_names_push(n, name, (size_t)(text + len - name), e);
    }
    return !err && ferror(in) ? lint_fail_errno(e, "cannot read") : err;
}

/* The names of the `what` (class, place) in a file; no such file: none. */
static int read_names(const lint_source *s, const char *file, const char *what, lint_names *n,
                      lint_err *e) {
    char *path = lint_source_path(s, file, e);
    int err = path ? 0 : -1;
    FILE *in = path ? lint_regular_open(path, path, e) : NULL;
    *n = (lint_names){0};
    if (path && !in && errno != ENOENT) err = -1;
    if (in && !err) {
        err = read_lines(in, n, e);
        if (!err) err = lint_names_check_distinct(n, what, e);
        if (err) lint_err_prefix(e, "%s: ", path);
    }
    if (in) fclose(in);
    free(path);
    if (err) lint_names_free(n);
    return err;
}

static int is_number(const char *text) {
    size_t n = strspn(text, "0123456789");
    return n >= 1 && n <= 6 && !text[n];
}

static int is_unknown(const char *text) {
    return !*text || strcmp(text, "-1") == 0;
}

/* The largest number in a column, or -1 where it holds words. */
static long largest_number(char *const *text, size_t n, int may_miss) {
    long most = -1;
    for (size_t i = 0; i < n; i++) {
        if (may_miss && is_unknown(text[i])) continue;
        if (!is_number(text[i])) return -1;
        long v = strtol(text[i], NULL, 10);
        if (v > most) most = v;
    }
    return most;
}

/* Names of 0..most: what is given, else "0", "1"… */
static int names_of_numbers(lint_names *to, const lint_names *given, long most, const char *what,
                            lint_err *e) {
    if (given->n && (size_t)most >= given->n)
        return lint_fail(e, "column '%s' holds %ld, but there are names for 0 to %zu", what, most,
                         given->n - 1);
    if (given->n) return lint_names_copy(to, given, e);
    for (long i = 0; i <= most; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "%ld", i);
        if (lint_names_push(to, text, (size_t)len, e) < 0) return -1;
    }
    return 0;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int names_of_words(lint_names *to, const lint_names *given, char *const *text, size_t n,
                          int may_miss, lint_err *e) {
    if (given->n) return lint_names_copy(to, given, e);
    char **sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted) return lint_fail_mem(e, "names");
    for (size_t i = 0; i < n; i++)
        sorted[i] = text[i];
    if (n) qsort(sorted, n, sizeof *sorted, by_text);
    int err = 0;
    for (size_t i = 0; i < n && !err; i++)
        if (!(may_miss && is_unknown(sorted[i])) && (!to->n || strcmp(to->v[to->n - 1], sorted[i])))
            err = lint_names_push(to, sorted[i], strlen(sorted[i]), e);
    free(sorted);
    return err;
}

/* Whether numbers of classes are counted from 1, or have names of their own: none is 0. */
static int counts_from_one(char *const *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strtol(text[i], NULL, 10) == 0) return 0;
    return n > 0;
}

/* The classes of numbers from 1 on: the names given are those of 1, 2 and so on; without them, those
 * numbers that occur are the names. index [n]. */
static int resolve_from_one(lint_names *names, int32_t *index, const lint_names *given,
                            char *const *text, size_t n, long most, const char *what, lint_err *e) {
    int32_t *number = calloc((size_t)most + 1, sizeof *number);
    if (!number) return lint_fail_mem(e, "names");
    int err = 0;
    for (size_t i = 0; i < n; i++)
        number[strtol(text[i], NULL, 10)] = 1;
    if (given->n && (size_t)most > given->n)
        err = lint_fail(e, "column '%s' holds %ld, but there are names for 1 to %zu", what, most,
                        given->n);
    if (!err && given->n) err = lint_names_copy(names, given, e);
    for (long v = 1; v <= most && !err; v++) {
        char word[16];
        int len = snprintf(word, sizeof word, "%ld", v), occurs = number[v];
        number[v] = given->n ? (int32_t)v - 1 : (int32_t)names->n;
        if (!given->n && occurs) err = lint_names_push(names, word, (size_t)len, e);
    }
    for (size_t i = 0; i < n && !err; i++)
        index[i] = number[strtol(text[i], NULL, 10)];
    free(number);
    return err;
}

/* Gives a column its names, and writes each row's number to index; -1 where the word is none of
 * the names, or unknown. */
static int resolve(lint_names *names, int32_t *index, const lint_names *given, char *const *text,
                   size_t n, const char *what, int may_miss, lint_err *e) {
    long most = largest_number(text, n, may_miss);
    if (!may_miss && most > 0 && counts_from_one(text, n))
        return resolve_from_one(names, index, given, text, n, most, what, e);
    int err = most >= 0 ? names_of_numbers(names, given, most, what, e)
                        : names_of_words(names, given, text, n, may_miss, e);
    if (!err && most < 0) err = lint_names_find_all(names, text, n, index, e);
    for (size_t i = 0; i < n && !err; i++) {
        int missing = may_miss && is_unknown(text[i]);
        if (missing || most >= 0) index[i] = missing ? -1 : (int32_t)strtol(text[i], NULL, 10);
    }
    return err;
}

/* What the user gives, else the file's, else those of the published set. */
static int names_for(const lint_source *s, const lint_names *given, const char *file,
                     const char *what, const char *known, lint_names *to, lint_err *e) {
    if (given->n) return lint_names_copy(to, given, e);
    if (read_names(s, file, what, to, e) < 0) return -1;
    return !to->n && known ? lint_names_from_list(to, known, e) : 0;
}

static int resolve_column(lint_source *s, const table *t, int place, const lint_names *given,
                          int32_t *index, lint_err *e) {
    static const char *const file[2] = {"classes.txt", "places.txt"};
    static const char *const what[2] = {"class", "place"};
    static const char *const known[2] = {"landbird,waterbird", "land,water"};
    lint_names names = {0};
    char **text = malloc((s->n + 1) * sizeof *text);
    if (!text) return lint_fail_mem(e, "the table");
    for (size_t i = 0; i < s->n; i++)
        text[i] = place ? t->row[i].place : t->row[i].y;
    int err = names_for(s, given, file[place], what[place], t->waterbirds ? known[place] : NULL,
                        &names, e);
    if (!err)
        err = resolve(place ? &s->places : &s->classes, index, &names, text, s->n, t->called[place],
                      place, e);
    for (size_t i = 0; place && i < s->n && !err; i++)
        if (index[i] < 0 && !is_unknown(text[i]))
            err = lint_fail(e, "line %zu: place '%s' is not among the named places", t->row[i].line,
                            text[i]);
    free(text);
    lint_names_free(&names);
    return err;
}

/* Rows of classes that the user did not pick go. */
static void keep_chosen(lint_source *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->picture[i].label >= 0) {
            s->picture[n++] = s->picture[i];
        } else {
            lint_source_leave_out(s, s->picture[i].path);
            lint_picture_free(&s->picture[i]);
        }
    }
    s->n = n;
}

static int resolve_names(lint_source *s, const table *t, const lint_source_rules *names,
                         lint_err *e) {
    int told = 0;
    int32_t *index = calloc(s->n + 1, sizeof *index);
    if (!index) return lint_fail_mem(e, "the table");
    for (size_t i = 0; i < s->n; i++)
        told |= !is_unknown(t->row[i].place);
    int err = resolve_column(s, t, 0, &names->classes, index, e);
    for (size_t i = 0; i < s->n && !err; i++)
        s->picture[i].label = index[i];
    if (!err && told) err = resolve_column(s, t, 1, &names->places, index, e);
    for (size_t i = 0; i < s->n && told && !err; i++)
        s->picture[i].place = index[i];
    free(index);
    return err;
}

static int read_table(lint_source *s, table *t, FILE *in, const char *columns, lint_err *e) {
    lint_csv *c = lint_csv_new(in, e);
    int err = c ? read_rows(s, t, c, columns, e) : -1;
    lint_csv_free(c);
    return err;
}

/* What can be said of the rows once all are read. */
static int resolve_table(lint_source *s, table *t, const lint_source_rules *names, lint_err *e) {
    if (s->n == 0) return lint_fail(e, "no picture listed");
    if (check_listed_once(s, t, e) < 0) return -1;
    know_waterbirds(s, t);
    if (resolve_names(s, t, names, e) < 0) return -1;
    keep_chosen(s);
    return 0;
}

int lint_source_metadata(lint_source *s, FILE *in, const lint_source_rules *names, lint_err *e) {
    table t = {.folder = "", .split = LINT_UNSPLIT};
    int err = read_table(s, &t, in, names->columns, e);
    if (!err) err = resolve_table(s, &t, names, e);
    table_free(&t);
    return err;
}

/* 1: read. 0: the folder of a split has no table. */
static int read_split_table(lint_source *s, table *t, const char *name, const char *columns,
                            lint_err *e) {
    char *folder = lint_text_format(e, "%s/", name);
    char *path = folder ? lint_text_format(e, "%s/%smetadata.csv", s->root, folder) : NULL;
    FILE *in = path ? lint_regular_open(path, path, e) : NULL;
    int got = path ? 0 : -1;
    if (in) {
        t->folder = folder;
        t->split = lint_split_of_word(name);
        got = read_table(s, t, in, columns, e) < 0 ? lint_err_prefix(e, "%s: ", path) : 1;
        fclose(in);
    } else if (path && errno != ENOENT && errno != ENOTDIR) {
        got = -1;
    }
    free(path);
    free(folder);
    return got;
}

int lint_source_split_tables(lint_source *s, const lint_source_rules *rules, lint_err *e) {
    table t = {0};
    lint_names names = {0};
    int err = lint_source_list(s, "", &names, e), found = 0;
    for (size_t i = 0; i < names.n && !err; i++) {
        if (lint_split_of_word(names.v[i]) == LINT_UNSPLIT) continue;
        int got = read_split_table(s, &t, names.v[i], rules->columns, e);
        found |= got > 0;
        err = got < 0 ? -1 : 0;
    }
    if (found && !err) err = resolve_table(s, &t, rules, e);
    lint_names_free(&names);
    table_free(&t);
    return err ? -1 : found;
}
