#include "source.h"
#include "csv.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { NAMES_MAX = 65536, NAME_BYTES_MAX = 4096 };

static const char *const EXTENSION[] = {".png", ".jpg", ".jpeg"};
enum { EXTENSIONS = sizeof EXTENSION / sizeof *EXTENSION };

const char *lint_split_name(lint_split s) {
    static const char *const name[LINT_SPLITS] = {"train", "val", "test"};
    return s < 0 ? "none" : name[s];
}

/* --- small parts ---------------------------------------------------------------------------- */

/* "a/b" from malloc; a or b alone where the other is empty. */
static char *join(const char *a, const char *b) {
    size_t n = strlen(a) + strlen(b) + 2;
    char *p = malloc(n);
    if (p) snprintf(p, n, "%s%s%s", a, *a && *b ? "/" : "", b);
    return p;
}

char *lint_source_path(const lint_source *s, const char *path, lint_err *e) {
    char *p = join(s->root, path);
    if (!p) lint_fail_mem(e, "paths");
    return p;
}

/* Whether there is a folder (or else a file) below the root. */
static int is_there(const lint_source *s, const char *path, int folder) {
    lint_err e;
    struct stat st;
    char *p = lint_source_path(s, path, &e);
    int yes = p && stat(p, &st) == 0 && (folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode));
    free(p);
    return yes;
}
static int is_folder(const lint_source *s, const char *path) {
    return is_there(s, path, 1);
}
static int is_file(const lint_source *s, const char *path) {
    return is_there(s, path, 0);
}

static int push_name(lint_names *n, const char *text, size_t len, lint_err *e) {
    if (n->n >= NAMES_MAX) return lint_fail(e, "more than %d names", NAMES_MAX);
    char **v = realloc(n->v, (n->n + 1) * sizeof *v);
    if (v) n->v = v;
    char *copy = v ? malloc(len + 1) : NULL;
    if (!copy) return lint_fail_mem(e, "names");
    memcpy(copy, text, len);
    copy[len] = 0;
    n->v[n->n++] = copy;
    return 0;
}

int lint_names_from_list(lint_names *n, const char *list, lint_err *e) {
    *n = (lint_names){0};
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        int bad = len ? push_name(n, at, len, e) : lint_fail(e, "an empty name in '%s'", list);
        if (bad) {
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

static void sort_names(lint_names *n) {
    if (n->n) qsort(n->v, n->n, sizeof *n->v, by_text);
}

/* Place of a name, or -1. */
static int32_t find_name(const lint_names *n, const char *text) {
    for (size_t i = 0; i < n->n; i++)
        if (strcmp(n->v[i], text) == 0) return (int32_t)i;
    return -1;
}

/* A class named twice would be two classes of one name. */
static int check_distinct(const lint_names *n, const char *what, lint_err *e) {
    lint_names sorted;
    if (lint_names_copy(&sorted, n, e) < 0) return -1;
    sort_names(&sorted);
    int bad = 0;
    for (size_t i = 1; i < sorted.n && !bad; i++)
        if (strcmp(sorted.v[i - 1], sorted.v[i]) == 0)
            bad = lint_fail(e, "the %s '%s' is named twice", what, sorted.v[i]);
    lint_names_free(&sorted);
    return bad;
}

static int is_picture(const char *name) {
    size_t n = strlen(name);
    for (int i = 0; i < EXTENSIONS; i++) {
        size_t len = strlen(EXTENSION[i]);
        if (n > len && strcasecmp(name + n - len, EXTENSION[i]) == 0) return 1;
    }
    return 0;
}

/* Takes path over, whatever the answer. */
static int add_picture(lint_source *s, char *path, int32_t label, lint_split split, lint_err *e) {
    if (path && s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        lint_picture *more = realloc(s->picture, room * sizeof *more);
        if (more) {
            s->picture = more;
            s->room = room;
        }
    }
    if (!path || s->n == s->room) {
        free(path);
        return lint_fail_mem(e, "the list of pictures");
    }
    s->picture[s->n++] = (lint_picture){.path = path, .label = label, .place = -1, .split = split};
    return 0;
}

static void drop_picture(lint_picture *p) {
    free(p->path);
    free(p->mask);
    free(p->bad);
}

static void leave_out(lint_source *s, const char *path) {
    if (s->others++ == 0) s->other = join(path, "");
}

void lint_source_free(lint_source *s) {
    for (size_t i = 0; i < s->n; i++)
        drop_picture(&s->picture[i]);
    free(s->picture);
    free(s->root);
    free(s->other);
    lint_names_free(&s->classes);
    lint_names_free(&s->places);
    *s = (lint_source){0};
}

/* --- folders -------------------------------------------------------------------------------- */

/* The folders above one that is being read, to see a link that leads back into them. */
typedef struct above {
    dev_t dev;
    ino_t ino;
    const struct above *up;
} above;

/* A folder's entries that are not hidden, sorted. */
static int list_folder(const lint_source *s, const char *path, lint_names *names, lint_err *e) {
    *names = (lint_names){0};
    char *full = lint_source_path(s, path, e);
    if (!full) return -1;
    DIR *d = opendir(full);
    int bad = d ? 0 : lint_fail(e, "%s: %s", full, strerror(errno));
    while (!bad) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry && errno) bad = lint_fail(e, "%s: %s", full, strerror(errno));
        if (!entry) break;
        if (*entry->d_name == '.') continue;
        char **v = realloc(names->v, (names->n + 1) * sizeof *v);
        if (v) names->v = v;
        char *copy = v ? join(entry->d_name, "") : NULL;
        if (copy)
            v[names->n++] = copy;
        else
            bad = lint_fail_mem(e, "the list of pictures");
    }
    if (d) closedir(d);
    free(full);
    if (bad) lint_names_free(names);
    sort_names(names);
    return bad;
}

typedef struct walk {
    lint_source *s;
    int32_t label;
    lint_split split;
} walk;

static int walk_folder(const walk *w, const char *path, const above *up, lint_err *e);

/* Takes path over. A picture's link that leads nowhere is taken, so that reading it says so. */
static int walk_entry(const walk *w, char *path, const above *up, lint_err *e) {
    struct stat st;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *full = lint_source_path(w->s, path, e);
    int bad = full ? 0 : -1, there = full && stat(full, &st) == 0;
    free(full);
    if (!bad && is_picture(name) && (!there || S_ISREG(st.st_mode)))
        return add_picture(w->s, path, w->label, w->split, e);
    if (!bad && there && S_ISDIR(st.st_mode)) {
        above here = {st.st_dev, st.st_ino, up};
        for (const above *a = up; a && !bad; a = a->up)
            if (a->dev == st.st_dev && a->ino == st.st_ino)
                bad = lint_fail(e, "%s/%s: a link that leads back to a folder above it", w->s->root,
                                path);
        if (!bad) bad = walk_folder(w, path, &here, e);
    } else if (!bad) {
        leave_out(w->s, path);
    }
    free(path);
    return bad;
}

static int walk_folder(const walk *w, const char *path, const above *up, lint_err *e) {
    lint_names entries;
    if (list_folder(w->s, path, &entries, e) < 0) return -1;
    int bad = 0;
    for (size_t i = 0; i < entries.n && !bad; i++) {
        char *below = join(path, entries.v[i]);
        bad = below ? walk_entry(w, below, up, e) : lint_fail_mem(e, "paths");
    }
    lint_names_free(&entries);
    return bad;
}

/* The folders in `path`; files there belong to no class and are left out. */
static int class_folders(lint_source *s, const char *path, lint_names *found, lint_err *e) {
    lint_names all;
    *found = (lint_names){0};
    if (list_folder(s, path, &all, e) < 0) return -1;
    int bad = 0;
    for (size_t i = 0; i < all.n && !bad; i++) {
        char *below = join(path, all.v[i]);
        if (!below)
            bad = lint_fail_mem(e, "paths");
        else if (is_folder(s, below))
            bad = push_name(found, all.v[i], strlen(all.v[i]), e);
        else
            leave_out(s, below);
        free(below);
    }
    lint_names_free(&all);
    if (bad) lint_names_free(found);
    return bad;
}

/* The pictures of every class that is in s->classes and has a folder in `path`. */
static int read_classes(lint_source *s, const char *path, lint_split split, lint_err *e) {
    for (size_t k = 0; k < s->classes.n; k++) {
        struct stat st;
        walk w = {s, (int32_t)k, split};
        char *below = join(path, s->classes.v[k]);
        char *full = below ? lint_source_path(s, below, e) : NULL;
        int bad = full ? 0 : lint_fail_mem(e, "paths");
        if (!bad && stat(full, &st) == 0 && S_ISDIR(st.st_mode)) {
            above here = {st.st_dev, st.st_ino, NULL};
            bad = walk_folder(&w, below, &here, e);
        }
        free(below);
        free(full);
        if (bad) return -1;
    }
    return 0;
}

/* s->classes becomes the names given, or else all that were found; each given one must be found. */
static int choose_classes(lint_source *s, const lint_names *given, const lint_names *found,
                          lint_err *e) {
    for (size_t i = 0; i < given->n; i++)
        if (find_name(found, given->v[i]) < 0)
            return lint_fail(e, "%s: no class folder '%s'", s->root, given->v[i]);
    return lint_names_copy(&s->classes, given->n ? given : found, e);
}

static int read_class_folders(lint_source *s, const char *base, const lint_names *given,
                              lint_err *e) {
    lint_names found;
    if (class_folders(s, base, &found, e) < 0) return -1;
    int bad = choose_classes(s, given, &found, e);
    if (!bad) bad = read_classes(s, base, LINT_UNSPLIT, e);
    lint_names_free(&found);
    return bad;
}

/* --- train/, val/, test/ --------------------------------------------------------------------- */

static const struct {
    const char *name;
    lint_split split;
} SPLIT_FOLDER[] = {{"train", LINT_TRAIN},
                    {"val", LINT_VAL},
                    {"valid", LINT_VAL},
                    {"validation", LINT_VAL},
                    {"test", LINT_TEST}};
enum { SPLIT_FOLDERS = sizeof SPLIT_FOLDER / sizeof *SPLIT_FOLDER };

/* folder[split] becomes the path of that split's folder, from malloc, or NULL. */
static int find_splits(lint_source *s, const char *base, char *folder[LINT_SPLITS], lint_err *e) {
    for (int i = 0; i < SPLIT_FOLDERS; i++) {
        lint_split split = SPLIT_FOLDER[i].split;
        char *path = join(base, SPLIT_FOLDER[i].name);
        if (!path) return lint_fail_mem(e, "paths");
        if (!is_folder(s, path)) {
            free(path);
        } else if (folder[split]) {
            lint_fail(e, "%s: both %s and %s", s->root, folder[split], path);
            free(path);
            return -1;
        } else {
            folder[split] = path;
        }
    }
    return 0;
}

static int union_of_classes(lint_source *s, char *const folder[LINT_SPLITS], lint_names *all,
                            lint_err *e) {
    int bad = 0;
    for (int k = 0; k < LINT_SPLITS && !bad; k++) {
        lint_names found;
        if (!folder[k]) continue;
        if (class_folders(s, folder[k], &found, e) < 0) return -1;
        for (size_t i = 0; i < found.n && !bad; i++)
            if (find_name(all, found.v[i]) < 0)
                bad = push_name(all, found.v[i], strlen(found.v[i]), e);
        lint_names_free(&found);
    }
    sort_names(all);
    return bad;
}

/* What lies beside the folders of the splits belongs to none of them. */
static int leave_out_beside(lint_source *s, const char *base, char *const folder[LINT_SPLITS],
                            lint_err *e) {
    lint_names entries;
    int bad = list_folder(s, base, &entries, e);
    for (size_t i = 0; i < entries.n && !bad; i++) {
        char *path = join(base, entries.v[i]);
        int used = 0;
        for (int k = 0; path && k < LINT_SPLITS; k++)
            used |= folder[k] && strcmp(path, folder[k]) == 0;
        if (path && !used) leave_out(s, path);
        if (!path) bad = lint_fail_mem(e, "paths");
        free(path);
    }
    lint_names_free(&entries);
    return bad;
}

static int read_splits(lint_source *s, const char *base, char *const folder[LINT_SPLITS],
                       const lint_names *given, lint_err *e) {
    lint_names all = {0};
    int bad = union_of_classes(s, folder, &all, e);
    if (!bad) bad = choose_classes(s, given, &all, e);
    for (int k = 0; k < LINT_SPLITS && !bad; k++) {
        if (!folder[k]) continue;
        s->given[k] = 1;
        bad = read_classes(s, folder[k], (lint_split)k, e);
    }
    if (!bad) bad = leave_out_beside(s, base, folder, e);
    lint_names_free(&all);
    return bad;
}

static int read_folders(lint_source *s, const char *base, const lint_names *given, lint_err *e) {
    char *folder[LINT_SPLITS] = {0};
    int bad = find_splits(s, base, folder, e);
    if (!bad && folder[LINT_TRAIN] && (folder[LINT_VAL] || folder[LINT_TEST]))
        bad = read_splits(s, base, folder, given, e);
    else if (!bad)
        bad = read_class_folders(s, base, given, e);
    for (int k = 0; k < LINT_SPLITS; k++)
        free(folder[k]);
    return bad;
}

/* --- metadata.csv ---------------------------------------------------------------------------- */

/* What the file calls each picture's class and place; row i is picture i. */
typedef struct table {
    char **y, **place; /* place "" where it is not told */
    size_t *line;
    size_t n, room;
    int waterbirds; /* has the columns and the file names of the published set */
} table;

static void table_free(table *t) {
    for (size_t i = 0; i < t->n; i++) {
        free(t->y[i]);
        free(t->place[i]);
    }
    free(t->y);
    free(t->place);
    free(t->line);
}

static int table_add(table *t, const char *y, const char *place, size_t line, lint_err *e) {
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 256;
        char **ys = realloc(t->y, room * sizeof *ys);
        if (ys) t->y = ys;
        char **places = realloc(t->place, room * sizeof *places);
        if (places) t->place = places;
        size_t *lines = realloc(t->line, room * sizeof *lines);
        if (lines) t->line = lines;
        if (!ys || !places || !lines) return lint_fail_mem(e, "the table");
        t->room = room;
    }
    t->y[t->n] = join(y, "");
    t->place[t->n] = join(place, "");
    t->line[t->n] = line;
    if (t->y[t->n] && t->place[t->n]) return t->n++, 0;
    free(t->y[t->n]);
    free(t->place[t->n]);
    return lint_fail_mem(e, "the table");
}

enum { COL_FILE, COL_Y, COL_SPLIT, COL_PLACE, COL_ID, COL_PLACE_FILE, COLUMNS };

static const char *const COLUMN[COLUMNS] = {"img_filename", "y",      "split",
                                            "place",        "img_id", "place_filename"};

static int find_columns(const lint_csv *c, size_t at[COLUMNS], lint_err *e) {
    for (int k = 0; k < COLUMNS; k++) {
        at[k] = SIZE_MAX;
        for (size_t i = 0; i < c->fields; i++) {
            if (strcmp(c->field[i], COLUMN[k])) continue;
            if (at[k] != SIZE_MAX) return lint_fail(e, "two columns '%s'", COLUMN[k]);
            at[k] = i;
        }
    }
    for (int k = COL_FILE; k <= COL_Y; k++)
        if (at[k] == SIZE_MAX) return lint_fail(e, "no column '%s' in the first line", COLUMN[k]);
    return 0;
}

static int parse_split(const char *text, lint_split *split, lint_err *e) {
    for (int i = 0; i < SPLIT_FOLDERS; i++)
        if (strcmp(text, SPLIT_FOLDER[i].name) == 0) return *split = SPLIT_FOLDER[i].split, 0;
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
    return add_picture(s, join(c->field[at[COL_FILE]], ""), -1, split, e);
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
        int bad = c->fields == columns
                      ? read_row(s, t, c, at, e)
                      : lint_fail(e, "%zu fields, but the first line has %zu", c->fields, columns);
        if (bad) return lint_err_prefix(e, "line %zu: ", c->line);
    }
    return got;
}

static const char *by_path_text(const void *p) {
    return (*(const lint_picture *const *)p)->path;
}
static int by_path(const void *a, const void *b) {
    return strcmp(by_path_text(a), by_path_text(b));
}

/* One picture in two splits would be a leak. */
static int check_listed_once(const lint_source *s, const table *t, lint_err *e) {
    const lint_picture **p = malloc((s->n + 1) * sizeof *p);
    int bad = p ? 0 : lint_fail_mem(e, "the table");
    for (size_t i = 0; i < s->n && !bad; i++)
        p[i] = &s->picture[i];
    if (!bad) qsort(p, s->n, sizeof *p, by_path);
    for (size_t i = 1; i < s->n && !bad; i++) {
        if (strcmp(p[i - 1]->path, p[i]->path)) continue;
        size_t a = t->line[p[i - 1] - s->picture], b = t->line[p[i] - s->picture];
        bad = lint_fail(e, "line %zu: '%s' stands in line %zu already", a > b ? a : b, p[i]->path,
                        a > b ? b : a);
    }
    free(p);
    return bad;
}

/* The published set has no names in it; its birds are files of CUB-200-2011, "001.Name/...", and
 * its README says what 0 and 1 are. https://github.com/kohpangwei/group_DRO#waterbirds */
static void know_waterbirds(const lint_source *s, table *t) {
    for (size_t i = 0; i < s->n && t->waterbirds; i++) {
        const char *p = s->picture[i].path;
        t->waterbirds = strspn(p, "0123456789") == 3 && p[3] == '.' && strchr(p, '/');
    }
}

/* A name a line; no such file: none. */
static int read_names(const lint_source *s, const char *file, lint_names *n, lint_err *e) {
    char text[NAME_BYTES_MAX];
    char *path = lint_source_path(s, file, e);
    int bad = path ? 0 : -1;
    FILE *in = path ? fopen(path, "r") : NULL;
    *n = (lint_names){0};
    if (path && !in && errno != ENOENT) bad = lint_fail(e, "%s: %s", path, strerror(errno));
    for (size_t line = 1; in && !bad && fgets(text, sizeof text, in); line++) {
        size_t len = strcspn(text, "\r\n");
        if (len == sizeof text - 1)
            bad = lint_fail(e, "%s: line %zu: too long for a name", path, line);
        else if (len)
            bad = push_name(n, text, len, e);
    }
    if (in && !bad && ferror(in)) bad = lint_fail(e, "%s: %s", path, strerror(errno));
    if (in) fclose(in);
    free(path);
    if (bad) lint_names_free(n);
    return bad;
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
        if (push_name(to, text, (size_t)len, e) < 0) return -1;
    }
    return 0;
}

static int names_of_words(lint_names *to, const lint_names *given, char *const *text, size_t n,
                          int may_miss, lint_err *e) {
    if (given->n) return lint_names_copy(to, given, e);
    char **sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted) return lint_fail_mem(e, "names");
    for (size_t i = 0; i < n; i++)
        sorted[i] = text[i];
    if (n) qsort(sorted, n, sizeof *sorted, by_text);
    int bad = 0;
    for (size_t i = 0; i < n && !bad; i++)
        if (!(may_miss && is_unknown(sorted[i])) && (!to->n || strcmp(to->v[to->n - 1], sorted[i])))
            bad = push_name(to, sorted[i], strlen(sorted[i]), e);
    free(sorted);
    return bad;
}

/* Gives a column its names, and writes each row's number to index; -1 where the word is none of
 * the names, or unknown. */
static int resolve(lint_names *names, int32_t *index, const lint_names *given, char *const *text,
                   size_t n, const char *what, int may_miss, lint_err *e) {
    long most = largest_number(text, n, may_miss);
    int bad = most >= 0 ? names_of_numbers(names, given, most, what, e)
                        : names_of_words(names, given, text, n, may_miss, e);
    for (size_t i = 0; i < n && !bad; i++) {
        int missing = may_miss && is_unknown(text[i]);
        index[i] = missing     ? -1
                   : most >= 0 ? (int32_t)strtol(text[i], NULL, 10)
                               : find_name(names, text[i]);
    }
    return bad;
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
    char **text = place ? t->place : t->y;
    lint_names names = {0};
    int bad = names_for(s, given, file[place], t->waterbirds ? known[place] : NULL, &names, e);
    if (!bad)
        bad = resolve(place ? &s->places : &s->classes, index, &names, text, s->n,
                      place ? "place" : "y", place, e);
    for (size_t i = 0; place && i < s->n && !bad; i++)
        if (index[i] < 0 && !is_unknown(text[i]))
            bad = lint_fail(e, "line %zu: place '%s' is none of the places named", t->line[i],
                            text[i]);
    lint_names_free(&names);
    return bad;
}

/* Rows of classes that the user did not pick go. */
static void keep_chosen(lint_source *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->picture[i].label >= 0) {
            s->picture[n++] = s->picture[i];
        } else {
            leave_out(s, s->picture[i].path);
            drop_picture(&s->picture[i]);
        }
    }
    s->n = n;
}

static int resolve_names(lint_source *s, const table *t, const lint_source_names *names,
                         lint_err *e) {
    int told = 0;
    int32_t *index = malloc((s->n + 1) * sizeof *index);
    if (!index) return lint_fail_mem(e, "the table");
    for (size_t i = 0; i < s->n; i++)
        told |= !is_unknown(t->place[i]);
    int bad = resolve_column(s, t, 0, &names->classes, index, e);
    for (size_t i = 0; i < s->n && !bad; i++)
        s->picture[i].label = index[i];
    if (!bad && told) bad = resolve_column(s, t, 1, &names->places, index, e);
    for (size_t i = 0; i < s->n && told && !bad; i++)
        s->picture[i].place = index[i];
    free(index);
    return bad;
}

static int read_metadata(lint_source *s, FILE *in, const lint_source_names *names, lint_err *e) {
    table t = {0};
    lint_csv *c = lint_csv_new(in, e);
    int bad = c ? read_rows(s, &t, c, e) : -1;
    lint_csv_free(c);
    if (!bad && s->n == 0) bad = lint_fail(e, "no picture listed");
    if (!bad) bad = check_listed_once(s, &t, e);
    if (!bad) know_waterbirds(s, &t);
    if (!bad) bad = resolve_names(s, &t, names, e);
    if (!bad) keep_chosen(s);
    table_free(&t);
    return bad;
}

/* --- masks ----------------------------------------------------------------------------------- */

/* The mask of a picture, from malloc; NULL with *e set where there is none. */
static char *find_mask(const lint_source *s, const char *path, lint_err *e) {
    const char *below = strncmp(path, "images/", 7) == 0 ? path + 7 : path;
    char *mask = malloc(strlen(below) + sizeof "masks/" + sizeof ".jpeg");
    if (!mask) {
        lint_fail_mem(e, "paths");
        return NULL;
    }
    int n = sprintf(mask, "masks/%s", below);
    if (is_file(s, mask)) return mask;
    const char *dot = strrchr(mask, '.');
    size_t stem = dot && !strchr(dot, '/') ? (size_t)(dot - mask) : (size_t)n;
    for (int i = 0; i < EXTENSIONS; i++) {
        strcpy(mask + stem, EXTENSION[i]);
        if (is_file(s, mask)) return mask;
    }
    lint_fail(e, "%s/%s: no mask %s/masks/%.*s.png, though there is masks/", s->root, path, s->root,
              (int)(stem - 6), mask + 6);
    free(mask);
    return NULL;
}

static int find_masks(lint_source *s, lint_err *e) {
    s->masks = 1;
    for (size_t i = 0; i < s->n; i++)
        if (!(s->picture[i].mask = find_mask(s, s->picture[i].path, e))) return -1;
    return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int by_picture_path(const void *a, const void *b) {
    return strcmp(((const lint_picture *)a)->path, ((const lint_picture *)b)->path);
}

/* What a classifier cannot be made of. */
static int check_contents(const lint_source *s, lint_err *e) {
    if (s->classes.n == 0)
        return lint_fail(e,
                         "%s: no class folders; the pictures of each class belong in a folder "
                         "of their own",
                         s->root);
    if (s->n == 0) return lint_fail(e, "%s: no PNG or JPEG in its class folders", s->root);
    if (s->classes.n == 1)
        return lint_fail(e,
                         "%s: one class only ('%s'); a classifier needs two (is the folder one "
                         "level too high or too deep?)",
                         s->root, s->classes.v[0]);
    size_t *count = calloc(s->classes.n, sizeof *count);
    if (!count) return lint_fail_mem(e, "classes");
    for (size_t i = 0; i < s->n; i++)
        count[s->picture[i].label]++;
    int bad = 0;
    for (size_t k = 0; k < s->classes.n && !bad; k++)
        if (count[k] == 0)
            bad = lint_fail(e, "%s: no picture of class '%s'", s->root, s->classes.v[k]);
    free(count);
    return bad;
}

static int read_source(lint_source *s, const lint_source_names *names, lint_err *e) {
    int images = is_folder(s, "images"), masks = is_folder(s, "masks");
    char *path = lint_source_path(s, "metadata.csv", e);
    if (!path) return -1;
    FILE *in = fopen(path, "r");
    int bad = 0;
    if (in) {
        bad = read_metadata(s, in, names, e);
        fclose(in);
        if (bad) lint_err_prefix(e, "%s: ", path);
    } else if (errno != ENOENT) {
        bad = lint_fail(e, "%s: %s", path, strerror(errno));
    } else {
        bad = read_folders(s, images && masks ? "images" : "", &names->classes, e);
        masks &= images;
        if (!bad && s->n) qsort(s->picture, s->n, sizeof *s->picture, by_picture_path);
    }
    free(path);
    if (!bad) bad = check_contents(s, e);
    return !bad && masks ? find_masks(s, e) : bad;
}

/* "photos//" names the same folder as "photos", and paths made of it read better. */
static char *trimmed(const char *root) {
    char *p = join(root, "");
    size_t n = p ? strlen(p) : 0;
    while (n > 1 && p[n - 1] == '/')
        p[--n] = 0;
    return p;
}

int lint_source_open(lint_source *s, const char *root, const lint_source_names *names,
                     lint_err *e) {
    *s = (lint_source){.root = trimmed(root)};
    if (!s->root) return lint_fail_mem(e, "paths");
    struct stat st;
    int bad = 0;
    if (stat(s->root, &st) < 0)
        bad = lint_fail(e, "%s: %s", s->root, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        bad = lint_fail(e, "%s: not a folder", s->root);
    if (!bad) bad = check_distinct(&names->classes, "class", e);
    if (!bad) bad = check_distinct(&names->places, "place", e);
    if (!bad) bad = read_source(s, names, e);
    if (bad) lint_source_free(s);
    return bad;
}
