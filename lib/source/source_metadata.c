/* metadata.csv, as the Waterbirds set has it. */
#include "base/csv.h"
#include "base/grow.h"
#include "source/source_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    int waterbirds; /* has the columns and the file names of the published set */
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

enum { COL_FILE, COL_Y, COL_SPLIT, COL_PLACE, COL_ID, COL_PLACE_FILE, COLUMNS };

static const char *const COLUMN[COLUMNS] = {"img_filename", "y",      "split",
                                            "place",        "img_id", "place_filename"};

static int find_columns(const lint_csv *c, size_t at[COLUMNS], lint_err *e) {
    for (int k = 0; k < COLUMNS; k++) {
        at[k] = SIZE_MAX;
        for (size_t i = 0; i < c->fields; i++) {
            if (strcmp(c->field[i], COLUMN[k])) continue;
            if (at[k] != SIZE_MAX) return lint_fail(e, "column '%s' appears twice", COLUMN[k]);
            at[k] = i;
        }
    }
    for (int k = COL_FILE; k <= COL_Y; k++)
        if (at[k] == SIZE_MAX) return lint_fail(e, "no column '%s' in the first line", COLUMN[k]);
    return 0;
}

static int parse_split(const char *text, lint_split *split, lint_err *e) {
    for (int i = 0; i < LINT_SPLIT_WORDS; i++)
        if (strcmp(text, lint_split_words[i].word) == 0)
            return *split = lint_split_words[i].split, 0;
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

static int read_row(lint_source *s, table *t, const lint_csv *c, const size_t at[COLUMNS],
                    lint_err *e) {
    lint_split split = LINT_UNSPLIT;
    const char *y = c->field[at[COL_Y]];
    const char *place = at[COL_PLACE] == SIZE_MAX ? "" : c->field[at[COL_PLACE]];
    if (!*y) return lint_fail(e, "no class in column 'y'");
    if (check_below(c->field[at[COL_FILE]], e) < 0) return -1;
    if (at[COL_SPLIT] != SIZE_MAX && parse_split(c->field[at[COL_SPLIT]], &split, e) < 0) return -1;
    if (table_add(t, y, place, c->line, e) < 0) return -1;
    if (split != LINT_UNSPLIT) s->given[split] = 1;
    return lint_source_add(s, lint_join(c->field[at[COL_FILE]], ""), -1, split, e);
}

static int read_rows(lint_source *s, table *t, lint_csv *c, lint_err *e) {
    size_t at[COLUMNS], columns;
    int got = lint_csv_next(c, e);
    if (got == 0) return lint_fail(e, "the file is empty");
    if (got < 0 || find_columns(c, at, e) < 0) return -1;
    columns = c->fields;
    t->waterbirds = columns == COLUMNS;
    for (int k = 0; k < COLUMNS; k++)
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

/* One picture in two splits would be a leak. */
static int check_listed_once(const lint_source *s, const table *t, lint_err *e) {
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

/* A name a line; no such file: none. */
static int read_names(const lint_source *s, const char *file, lint_names *n, lint_err *e) {
    char text[NAME_BYTES_MAX];
    char *path = lint_source_path(s, file, e);
    int err = path ? 0 : -1;
    FILE *in = path ? fopen(path, "r") : NULL;
    *n = (lint_names){0};
    if (path && !in && errno != ENOENT) err = lint_fail(e, "%s: %s", path, strerror(errno));
    for (size_t line = 1; in && !err && fgets(text, sizeof text, in); line++) {
        size_t len = strcspn(text, "\r\n");
        if (len == sizeof text - 1)
            err = lint_fail(e, "%s: line %zu: too long for a name", path, line);
        else if (len)
            err = lint_names_push(n, text, len, e);
    }
    if (in && !err && ferror(in)) err = lint_fail(e, "%s: %s", path, strerror(errno));
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

/* Gives a column its names, and writes each row's number to index; -1 where the word is none of
 * the names, or unknown. */
static int resolve(lint_names *names, int32_t *index, const lint_names *given, char *const *text,
                   size_t n, const char *what, int may_miss, lint_err *e) {
    long most = largest_number(text, n, may_miss);
    int err = most >= 0 ? names_of_numbers(names, given, most, what, e)
                        : names_of_words(names, given, text, n, may_miss, e);
    for (size_t i = 0; i < n && !err; i++) {
        int missing = may_miss && is_unknown(text[i]);
        index[i] = missing     ? -1
                   : most >= 0 ? (int32_t)strtol(text[i], NULL, 10)
                               : lint_names_find(names, text[i]);
    }
    return err;
}

/* What the user gives, else the file's, else those of the published set. */
static int names_for(const lint_source *s, const lint_names *given, const char *file,
                     const char *known, lint_names *to, lint_err *e) {
    if (given->n) return lint_names_copy(to, given, e);
    if (read_names(s, file, to, e) < 0) return -1;
    return !to->n && known ? lint_names_from_list(to, known, e) : 0;
}

static int resolve_column(lint_source *s, const table *t, int place, const lint_names *given,
                          int32_t *index, lint_err *e) {
    static const char *const file[2] = {"classes.txt", "places.txt"};
    static const char *const known[2] = {"landbird,waterbird", "land,water"};
    lint_names names = {0};
    char **text = malloc((s->n + 1) * sizeof *text);
    if (!text) return lint_fail_mem(e, "the table");
    for (size_t i = 0; i < s->n; i++)
        text[i] = place ? t->row[i].place : t->row[i].y;
    int err = names_for(s, given, file[place], t->waterbirds ? known[place] : NULL, &names, e);
    if (!err)
        err = resolve(place ? &s->places : &s->classes, index, &names, text, s->n,
                      place ? "place" : "y", place, e);
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

static int resolve_names(lint_source *s, const table *t, const lint_source_names *names,
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

int lint_source_metadata(lint_source *s, FILE *in, const lint_source_names *names, lint_err *e) {
    table t = {0};
    lint_csv *c = lint_csv_new(in, e);
    int err = c ? read_rows(s, &t, c, e) : -1;
    lint_csv_free(c);
    if (!err && s->n == 0) err = lint_fail(e, "no picture listed");
    if (!err) err = check_listed_once(s, &t, e);
    if (!err) know_waterbirds(s, &t);
    if (!err) err = resolve_names(s, &t, names, e);
    if (!err) keep_chosen(s);
    table_free(&t);
    return err;
}
