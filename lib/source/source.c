#include "source/source.h"
#include "base/grow.h"
#include "source/source_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const char *const EXTENSION[] = {".png", ".jpg", ".jpeg"};
enum { EXTENSIONS = sizeof EXTENSION / sizeof *EXTENSION };

const char *lint_split_name(lint_split s) {
    static const char *const name[LINT_SPLITS] = {"train", "val", "test"};
    return name[s];
}

/* --- small parts ------------------------------------------------------------------------------ */

char *lint_join(const char *a, const char *b) {
    size_t n = strlen(a) + strlen(b) + 2;
    char *p = malloc(n);
    if (p) snprintf(p, n, "%s%s%s", a, *a && *b ? "/" : "", b);
    return p;
}

char *lint_source_path(const lint_source *s, const char *path, lint_err *e) {
    char *p = lint_join(s->root, path);
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

/* A class named twice would be two classes of one name. */
static int check_distinct(const lint_names *n, const char *what, lint_err *e) {
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

static int is_picture(const char *name) {
    size_t n = strlen(name);
    for (int i = 0; i < EXTENSIONS; i++) {
        size_t len = strlen(EXTENSION[i]);
        if (n > len && strcasecmp(name + n - len, EXTENSION[i]) == 0) return 1;
    }
    return 0;
}

int lint_source_add(lint_source *s, char *path, int32_t label, lint_split split, lint_err *e) {
    lint_picture *more = path ? lint_grow(s->picture, s->n, &s->room, sizeof *more) : NULL;
    if (!more) {
        free(path);
        return lint_fail_mem(e, "the list of pictures");
    }
    s->picture = more;
    s->picture[s->n++] =
        (lint_picture){.path = path, .label = label, .place = -1, .split = split, .outline = -1};
    return 0;
}

void lint_picture_free(lint_picture *p) {
    free(p->path);
    free(p->mask);
    free(p->bad);
}

void lint_source_leave_out(lint_source *s, const char *path) {
    if (s->others++ == 0) s->other = lint_join(path, "");
}

void lint_source_free(lint_source *s) {
    for (size_t i = 0; i < s->n; i++)
        lint_picture_free(&s->picture[i]);
    free(s->picture);
    lint_coco_free(s->coco);
    free(s->root);
    free(s->other);
    lint_names_free(&s->classes);
    lint_names_free(&s->places);
    *s = (lint_source){0};
}

/* --- folders ---------------------------------------------------------------------------------- */

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
    int err = d ? 0 : lint_fail(e, "%s: %s", full, strerror(errno));
    while (!err) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry && errno) err = lint_fail(e, "%s: %s", full, strerror(errno));
        if (!entry) break;
        if (*entry->d_name == '.') continue;
        char **v = lint_grow(names->v, names->n, &names->room, sizeof *v);
        if (v) names->v = v;
        char *copy = v ? lint_join(entry->d_name, "") : NULL;
        if (copy)
            v[names->n++] = copy;
        else
            err = lint_fail_mem(e, "the list of pictures");
    }
    if (d) closedir(d);
    free(full);
    if (err) lint_names_free(names);
    lint_names_sort(names);
    return err;
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
    int err = full ? 0 : -1, there = full && stat(full, &st) == 0;
    free(full);
    if (!err && is_picture(name) && (!there || S_ISREG(st.st_mode)))
        return lint_source_add(w->s, path, w->label, w->split, e);
    if (!err && there && S_ISDIR(st.st_mode)) {
        above here = {st.st_dev, st.st_ino, up};
        for (const above *a = up; a && !err; a = a->up)
            if (a->dev == st.st_dev && a->ino == st.st_ino)
                err = lint_fail(e, "%s/%s: a link that leads back to a folder above it", w->s->root,
                                path);
        if (!err) err = walk_folder(w, path, &here, e);
    } else if (!err) {
        lint_source_leave_out(w->s, path);
    }
    free(path);
    return err;
}

static int walk_folder(const walk *w, const char *path, const above *up, lint_err *e) {
    lint_names entries;
    if (list_folder(w->s, path, &entries, e) < 0) return -1;
    int err = 0;
    for (size_t i = 0; i < entries.n && !err; i++) {
        char *below = lint_join(path, entries.v[i]);
        err = below ? walk_entry(w, below, up, e) : lint_fail_mem(e, "paths");
    }
    lint_names_free(&entries);
    return err;
}

/* The folders in `path`; files there belong to no class and are left out. */
static int class_folders(lint_source *s, const char *path, lint_names *found, lint_err *e) {
    lint_names all;
    *found = (lint_names){0};
    if (list_folder(s, path, &all, e) < 0) return -1;
    int err = 0;
    for (size_t i = 0; i < all.n && !err; i++) {
        char *below = lint_join(path, all.v[i]);
        if (!below)
            err = lint_fail_mem(e, "paths");
        else if (s->coco && strcmp(below, "annotations") == 0)
            ; /* no class: it tells the masks */
        else if (is_folder(s, below))
            err = lint_names_push(found, all.v[i], strlen(all.v[i]), e);
        else
            lint_source_leave_out(s, below);
        free(below);
    }
    lint_names_free(&all);
    if (err) lint_names_free(found);
    return err;
}

/* The pictures of every class that is in s->classes and has a folder in `path`. */
static int read_classes(lint_source *s, const char *path, lint_split split, lint_err *e) {
    for (size_t k = 0; k < s->classes.n; k++) {
        struct stat st;
        walk w = {s, (int32_t)k, split};
        char *below = lint_join(path, s->classes.v[k]);
        char *full = below ? lint_source_path(s, below, e) : NULL;
        int err = full ? 0 : lint_fail_mem(e, "paths");
        if (!err && stat(full, &st) == 0 && S_ISDIR(st.st_mode)) {
            above here = {st.st_dev, st.st_ino, NULL};
            err = walk_folder(&w, below, &here, e);
        }
        free(below);
        free(full);
        if (err) return -1;
    }
    return 0;
}

/* s->classes becomes the names given, or else all that were found; each given one must be found. */
static int choose_classes(lint_source *s, const lint_names *given, const lint_names *found,
                          lint_err *e) {
    for (size_t i = 0; i < given->n; i++)
        if (lint_names_find(found, given->v[i]) < 0)
            return lint_fail(e, "%s: no class folder '%s'", s->root, given->v[i]);
    return lint_names_copy(&s->classes, given->n ? given : found, e);
}

static int read_class_folders(lint_source *s, const char *base, const lint_names *given,
                              lint_err *e) {
    lint_names found;
    if (class_folders(s, base, &found, e) < 0) return -1;
    int err = choose_classes(s, given, &found, e);
    if (!err) err = read_classes(s, base, LINT_UNSPLIT, e);
    lint_names_free(&found);
    return err;
}

/* --- train/, val/, test/ ---------------------------------------------------------------------- */

const lint_split_word lint_split_words[LINT_SPLIT_WORDS] = {{"train", LINT_TRAIN},
                                                            {"val", LINT_VAL},
                                                            {"valid", LINT_VAL},
                                                            {"validation", LINT_VAL},
                                                            {"test", LINT_TEST}};

/* folder[split] becomes the path of that split's folder, from malloc, or NULL. */
static int find_splits(lint_source *s, const char *base, char *folder[LINT_SPLITS], lint_err *e) {
    for (int i = 0; i < LINT_SPLIT_WORDS; i++) {
        lint_split split = lint_split_words[i].split;
        char *path = lint_join(base, lint_split_words[i].word);
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
    int err = 0;
    for (int k = 0; k < LINT_SPLITS && !err; k++) {
        lint_names found;
        if (!folder[k]) continue;
        if (class_folders(s, folder[k], &found, e) < 0) return -1;
        for (size_t i = 0; i < found.n && !err; i++)
            if (lint_names_find(all, found.v[i]) < 0)
                err = lint_names_push(all, found.v[i], strlen(found.v[i]), e);
        lint_names_free(&found);
    }
    lint_names_sort(all);
    return err;
}

/* What lies beside the folders of the splits belongs to none of them. */
static int leave_out_beside(lint_source *s, const char *base, char *const folder[LINT_SPLITS],
                            lint_err *e) {
    lint_names entries;
    int err = list_folder(s, base, &entries, e);
    for (size_t i = 0; i < entries.n && !err; i++) {
        char *path = lint_join(base, entries.v[i]);
        int used = 0;
        for (int k = 0; path && k < LINT_SPLITS; k++)
            used |= folder[k] && strcmp(path, folder[k]) == 0;
        if (path && !used) lint_source_leave_out(s, path);
        if (!path) err = lint_fail_mem(e, "paths");
        free(path);
    }
    lint_names_free(&entries);
    return err;
}

static int read_splits(lint_source *s, const char *base, char *const folder[LINT_SPLITS],
                       const lint_names *given, lint_err *e) {
    lint_names all = {0};
    int err = union_of_classes(s, folder, &all, e);
    if (!err) err = choose_classes(s, given, &all, e);
    for (int k = 0; k < LINT_SPLITS && !err; k++) {
        if (!folder[k]) continue;
        s->given[k] = 1;
        err = read_classes(s, folder[k], (lint_split)k, e);
    }
    if (!err) err = leave_out_beside(s, base, folder, e);
    lint_names_free(&all);
    return err;
}

static int read_folders(lint_source *s, const char *base, const lint_names *given, lint_err *e) {
    char *folder[LINT_SPLITS] = {0};
    int err = find_splits(s, base, folder, e);
    if (!err && folder[LINT_TRAIN] && (folder[LINT_VAL] || folder[LINT_TEST]))
        err = read_splits(s, base, folder, given, e);
    else if (!err)
        err = read_class_folders(s, base, given, e);
    for (int k = 0; k < LINT_SPLITS; k++)
        free(folder[k]);
    return err;
}

/* --- masks ------------------------------------------------------------------------------------ */

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
    lint_fail(e, "%s/%s: its mask %s/masks/%.*s.png is missing", s->root, path, s->root,
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

#define ANNOTATIONS "annotations/result.json"

static int open_annotations(lint_source *s, int skip_bad, lint_err *e) {
    if (!is_file(s, ANNOTATIONS)) return 0;
    char *path = lint_source_path(s, ANNOTATIONS, e);
    if (path) s->coco = lint_coco_load(path, skip_bad, e);
    free(path);
    return s->coco ? 0 : -1;
}

static int find_outlines(lint_source *s, lint_err *e) {
    const char **path = calloc(s->n + 1, sizeof *path);
    long *image = calloc(s->n + 1, sizeof *image);
    int err = path && image ? 0 : lint_fail_mem(e, "annotations");
    for (size_t i = 0; i < s->n && !err; i++)
        path[i] = s->picture[i].path;
    if (!err && (err = lint_coco_match(s->coco, s->n, path, image, e)) < 0)
        lint_err_prefix(e, "%s/" ANNOTATIONS ": ", s->root);
    for (size_t i = 0; i < s->n && !err; i++)
        s->picture[i].outline = image[i];
    s->masks = 1;
    free(path);
    free(image);
    return err;
}

/* --- all of it -------------------------------------------------------------------------------- */

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
                         "%s: only one class ('%s'), but a classifier needs two (is the folder one "
                         "level too high or too deep?)",
                         s->root, s->classes.v[0]);
    size_t *count = calloc(s->classes.n, sizeof *count);
    if (!count) return lint_fail_mem(e, "classes");
    for (size_t i = 0; i < s->n; i++)
        count[s->picture[i].label]++;
    int err = 0;
    for (size_t k = 0; k < s->classes.n && !err; k++)
        if (count[k] == 0)
            err = lint_fail(
                e,
                "%s: no picture of class '%s'; remove its folder, or choose classes with --classes",
                s->root, s->classes.v[k]);
    free(count);
    return err;
}

static int read_source(lint_source *s, const lint_source_names *names, int skip_bad, lint_err *e) {
    int images = is_folder(s, "images"), masks = is_folder(s, "masks");
    if (!masks && open_annotations(s, skip_bad, e) < 0) return -1;
    char *path = lint_source_path(s, "metadata.csv", e);
    if (!path) return -1;
    FILE *in = fopen(path, "r");
    int err = 0;
    if (in) {
        err = lint_source_metadata(s, in, names, e);
        fclose(in);
        if (err) lint_err_prefix(e, "%s: ", path);
    } else if (errno != ENOENT) {
        err = lint_fail(e, "%s: %s", path, strerror(errno));
    } else {
        err = read_folders(s, images && (masks || s->coco) ? "images" : "", &names->classes, e);
        masks &= images;
        if (!err && s->n) qsort(s->picture, s->n, sizeof *s->picture, by_picture_path);
    }
    free(path);
    if (!err) err = check_contents(s, e);
    if (!err && s->coco) return find_outlines(s, e);
    return !err && masks ? find_masks(s, e) : err;
}

/* "photos//" names the same folder as "photos", and paths made of it read better. */
static char *trimmed(const char *root) {
    char *p = lint_join(root, "");
    size_t n = p ? strlen(p) : 0;
    while (n > 1 && p[n - 1] == '/')
        p[--n] = 0;
    return p;
}

int lint_source_open(lint_source *s, const char *root, const lint_source_names *names, int skip_bad,
                     lint_err *e) {
    *s = (lint_source){.root = trimmed(root)};
    if (!s->root) return lint_fail_mem(e, "paths");
    struct stat st;
    int err = 0;
    if (stat(s->root, &st) < 0)
        err = lint_fail(e, "%s: %s", s->root, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        err = lint_fail(e, "%s: not a folder", s->root);
    if (!err) err = check_distinct(&names->classes, "class", e);
    if (!err) err = check_distinct(&names->places, "place", e);
    if (!err) err = read_source(s, names, skip_bad, e);
    if (err) lint_source_free(s);
    return err;
}
