#include "source/source.h"
#include "base/folder.h"
#include "base/grow.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "picture/image.h"
#include "source/source_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const char *lint_split_name(lint_split s) {
    static const char *const name[LINT_SPLITS] = {"train", "val", "test"};
    return name[s];
}

/* --- small parts ------------------------------------------------------------------------------ */

char *lint_join(const char *a, const char *b) {
    return lint_text_format(NULL, "%s%s%s", a, *a && *b ? "/" : "", b);
}

char *lint_source_path(const lint_source *s, const char *path, lint_err *e) {
    char *p = lint_join(s->root, path);
    if (!p) lint_fail_mem(e, "paths");
    return p;
}

size_t lint_source_first(const lint_source *s, size_t i) {
    return s->picture[i].series ? s->picture[i].series - 1 : i;
}

const char *lint_source_annotations(const lint_source *s) {
    return s->annotations.n == 1 ? s->annotations.v[0] : "the annotations";
}

/* Whether there is a folder (or else a file) below the root; -1 where that cannot be told. */
static int is_there(const lint_source *s, const char *path, int folder, lint_err *e) {
    struct stat st;
    char *p = lint_source_path(s, path, e);
    if (!p) return -1;
    int yes = 0;
    if (stat(p, &st) == 0)
        yes = folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode);
    else if (!lint_folder_is_missing())
        yes = lint_fail_errno(e, "%s", p);
    free(p);
    return yes;
}
int lint_source_is_folder(const lint_source *s, const char *path, lint_err *e) {
    return is_there(s, path, 1, e);
}
int lint_source_is_file(const lint_source *s, const char *path, lint_err *e) {
    return is_there(s, path, 0, e);
}

int lint_source_is_picture(const char *name) {
    return lint_image_named(name);
}

int lint_source_is_xml(const char *name) {
    size_t n = strlen(name);
    return n > 4 && strcasecmp(name + n - 4, ".xml") == 0;
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
    lint_names_free(&p->more_masks);
    free(p->group);
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
    lint_names_free(&s->annotations);
    for (int k = 0; k < LINT_SPLITS; k++)
        free(s->flat[k]);
    free(s->root);
    free(s->other);
    free(s->text);
    free(s->first_unlisted);
    lint_names_free(&s->classes);
    lint_names_free(&s->places);
    *s = (lint_source){0};
}

/* --- folders ---------------------------------------------------------------------------------- */

int lint_source_list(const lint_source *s, const char *path, lint_names *names, lint_err *e) {
    *names = (lint_names){0};
    char *full = lint_source_path(s, path, e);
    if (!full) return -1;
    DIR *d = opendir(full);
    int err = d ? 0 : lint_fail_errno(e, "%s", full);
    while (!err) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry && errno) err = lint_fail_errno(e, "%s", full);
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

/* Whether masks are read from this file, or from the files of this folder. */
static int tells_masks(const lint_source *s, const char *path) {
    size_t root = strlen(s->root);
    if (s->annotations_given) {
        const char *file = s->annotations.v[0];
        return strncmp(file, s->root, root) == 0 && file[root] == '/' &&
               strcmp(file + root + 1, path) == 0;
    }
    for (size_t i = 0; i < s->annotations.n; i++) {
        const char *file = s->annotations.v[i];
        if (strcmp(path, file) == 0) return 1;
        if (strcmp(path, "annotations") == 0 && strncmp(file, "annotations/", 12) == 0) return 1;
    }
    return 0;
}

/* Of a class, each folder once. */
typedef struct walk {
    lint_source *s;
    int32_t label;
    lint_split split;
    lint_folder_set seen;
} walk;

static int walk_folder(walk *w, const char *path, const struct stat *st, lint_err *e);

/* Whether the folder that stat told of is one of those above it in this path, which begins with the
 * root: its pictures would be in the class of the link. */
static int leads_back(const lint_source *s, char *full, const struct stat *st) {
    int found = 0;
    for (char *slash = strchr(full + strlen(s->root), '/'); slash && !found;
         slash = strchr(slash + 1, '/')) {
        struct stat above;
        *slash = 0;
        found = stat(full, &above) == 0 && above.st_dev == st->st_dev && above.st_ino == st->st_ino;
        *slash = '/';
    }
    return found;
}

/* Takes path over. A picture's link that leads nowhere is taken, so that reading it says so. */
static int walk_entry(walk *w, char *path, lint_err *e) {
    struct stat st;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *full = lint_source_path(w->s, path, e);
    int err = full ? 0 : -1, there = full && stat(full, &st) == 0;
    if (full && !there && !lint_source_is_picture(name) && !lint_folder_is_missing())
        err = lint_fail_errno(e, "%s", full);
    if (there && S_ISDIR(st.st_mode) && leads_back(w->s, full, &st))
        err = lint_fail(e, "%s: a link that leads back to a folder above it", full);
    free(full);
    if (!err && lint_source_is_picture(name) && (!there || S_ISREG(st.st_mode)))
        return lint_source_add(w->s, path, w->label, w->split, e);
    if (!err && there && S_ISDIR(st.st_mode)) {
        err = walk_folder(w, path, &st, e);
    } else if (!err && tells_masks(w->s, path)) {
        ; /* read already */
    } else if (!err && lint_source_is_xml(name) && !w->s->masks && !w->s->coco && !w->s->labels) {
        w->s->texts++;
        if (!w->s->text) w->s->text = lint_join(path, "");
    } else if (!err) {
        lint_source_leave_out(w->s, path);
    }
    free(path);
    return err;
}

static int walk_folder(walk *w, const char *path, const struct stat *st, lint_err *e) {
    lint_names entries;
    int is_new = lint_folder_set_add(&w->seen, st, e);
    if (is_new != 1) return is_new;
    if (lint_source_list(w->s, path, &entries, e) < 0) return -1;
    int err = 0;
    for (size_t i = 0; i < entries.n && !err; i++) {
        char *below = lint_join(path, entries.v[i]);
        if (below && lint_source_is_junk(entries.v[i])) {
            lint_source_leave_out(w->s, below);
            free(below);
            continue;
        }
        err = below ? walk_entry(w, below, e) : lint_fail_mem(e, "paths");
    }
    lint_names_free(&entries);
    return err;
}

/* The pictures of a folder, if it is there. */
static int walk_all(lint_source *s, int32_t label, lint_split split, const char *path,
                    lint_err *e) {
    struct stat st;
    walk w = {s, label, split, {0}};
    char *full = lint_source_path(s, path, e);
    int err = full ? 0 : -1, there = full && stat(full, &st) == 0;
    if (full && !there && !lint_folder_is_missing()) err = lint_fail_errno(e, "%s", full);
    if (there && S_ISDIR(st.st_mode)) err = walk_folder(&w, path, &st, e);
    lint_folder_set_free(&w.seen);
    free(full);
    return err;
}

/* The folders in `path`; files there belong to no class and are left out. */
static int class_folders(lint_source *s, const char *path, lint_names *found, lint_err *e) {
    lint_names all;
    *found = (lint_names){0};
    if (lint_source_list(s, path, &all, e) < 0) return -1;
    int err = 0;
    for (size_t i = 0; i < all.n && !err; i++) {
        char *below = lint_join(path, all.v[i]);
        int folder = below ? lint_source_is_folder(s, below, e) : lint_fail_mem(e, "paths");
        if (folder < 0)
            err = -1;
        else if (tells_masks(s, below))
            ; /* no class */
        else if (folder && !lint_source_is_junk(all.v[i]))
            err = lint_names_append(found, all.v[i], strlen(all.v[i]), e);
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
        char *below = lint_join(path, s->classes.v[k]);
        int err = below ? walk_all(s, (int32_t)k, split, below, e) : lint_fail_mem(e, "paths");
        free(below);
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
    int err = given->n ? 0 : lint_source_check_classes(s, base, &found, e);
    if (!err) err = choose_classes(s, given, &found, e);
    if (!err) err = read_classes(s, base, LINT_UNSPLIT, e);
    lint_names_free(&found);
    return err;
}

/* --- train/, val/, test/ ---------------------------------------------------------------------- */

/* The classes of all splits; check: whether these folders must look like classes. */
static int union_of_classes(lint_source *s, char *const folder[LINT_SPLITS], int check,
                            lint_names *all, lint_err *e) {
    int err = 0;
    for (int k = 0; k < LINT_SPLITS && !err; k++) {
        lint_names found;
        if (!folder[k]) continue;
        if (class_folders(s, folder[k], &found, e) < 0) return -1;
        if (check) err = lint_source_check_classes(s, folder[k], &found, e);
        for (size_t i = 0; i < found.n && !err; i++)
            if (lint_names_find(all, found.v[i]) < 0)
                err = lint_names_push(all, found.v[i], strlen(found.v[i]), e);
        lint_names_free(&found);
    }
    lint_names_sort(all);
    return err;
}

/* Whether a path is the folder `in` or lies in it. */
static int is_within(const char *path, const char *in) {
    size_t n = strlen(in);
    return strncmp(path, in, n) == 0 && (path[n] == '/' || !path[n]);
}

/* What lies beside the folders of the splits belongs to none of them. */
static int leave_out_beside(lint_source *s, const char *base, char *const folder[LINT_SPLITS],
                            lint_err *e) {
    lint_names entries;
    int err = lint_source_list(s, base, &entries, e);
    for (size_t i = 0; i < entries.n && !err; i++) {
        char *path = lint_join(base, entries.v[i]);
        int used = 0;
        for (int k = 0; path && k < LINT_SPLITS; k++)
            used |= folder[k] && is_within(folder[k], path);
        if (path && !used && !tells_masks(s, path)) lint_source_leave_out(s, path);
        if (!path) err = lint_fail_mem(e, "paths");
        free(path);
    }
    lint_names_free(&entries);
    return err;
}

static int read_splits(lint_source *s, const char *base, char *const folder[LINT_SPLITS],
                       const lint_names *given, lint_err *e) {
    lint_names all = {0};
    int err = union_of_classes(s, folder, !given->n, &all, e);
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

/* A folder of pictures whose classes nobody tells is no set. */
static int drop_flat(lint_source *s, char *folder[LINT_SPLITS], lint_err *e) {
    for (int k = LINT_VAL; k < LINT_SPLITS; k++) {
        int flat = folder[k] ? lint_source_is_flat(s, folder[k], e) : 0;
        if (flat < 0) return -1;
        if (!flat) continue;
        s->flat[k] = folder[k];
        folder[k] = NULL;
    }
    return 0;
}

/* A split may have its class folders in images/, and texts of boxes beside it in labels/; then
 * *path, from malloc, becomes that of its images/. */
static int into_images(lint_source *s, int objects, char **path, lint_err *e) {
    lint_labels labels;
    char *images;
    if (s->masks || s->coco) return 0;
    if (lint_source_find_labels(s, *path, &labels, &images, e) < 0) return -1;
    int flat = images && !objects ? lint_source_is_flat(s, images, e) : 0;
    if (!images || flat) {
        free(images);
        return flat < 0 ? -1 : 0;
    }
    s->labels = labels;
    free(*path);
    *path = images;
    return 0;
}

/* Whether SRC has splits: train/ with class folders, and val/ or test/; -1 and an error. */
static int has_splits(lint_source *s, const char *base, const lint_source_rules *rules,
                      char *folder[LINT_SPLITS], lint_err *e) {
    if (lint_source_find_splits(s, base, folder, e) < 0) return -1;
    for (int k = 0; k < LINT_SPLITS; k++)
        if (folder[k] && into_images(s, rules->objects, &folder[k], e) < 0) return -1;
    if (!folder[LINT_TRAIN] || !(folder[LINT_VAL] || folder[LINT_TEST])) return 0;
    int flat = lint_source_is_flat(s, folder[LINT_TRAIN], e);
    if (flat > 0 && s->labels && !rules->objects) /* a set to find objects in */
        return lint_fail(e,
                         "%s/%s: no class folders, such as images/CLASS/NAME.jpg with "
                         "labels/CLASS/NAME.txt (--crop-to-box makes a sample of each object, of "
                         "its own class)",
                         s->root, folder[LINT_TRAIN]);
    return flat < 0 ? -1 : rules->objects || !flat;
}

/* All pictures in the folders, of no class yet: that of each object will be its category. */
static int read_flat_splits(lint_source *s, const char *base, char *const folder[LINT_SPLITS],
                            lint_err *e) {
    for (int k = 0; k < LINT_SPLITS; k++) {
        if (!folder[k]) continue;
        s->given[k] = 1;
        if (walk_all(s, -1, (lint_split)k, folder[k], e) < 0) return -1;
    }
    return leave_out_beside(s, base, folder, e);
}

static int read_folders(lint_source *s, const char *base, const lint_source_rules *rules,
                        lint_err *e) {
    char *folder[LINT_SPLITS] = {0};
    const lint_labels labels = s->labels;
    int splits = has_splits(s, base, rules, folder, e), err = splits < 0 ? -1 : 0, flat = 0;
    if (!err && rules->objects)
        flat = lint_source_is_flat(s, splits ? folder[LINT_TRAIN] : base, e);
    if (flat < 0) err = -1;
    if (splits > 0 && !err && !flat) err = drop_flat(s, folder, e);
    if (!splits) s->labels = labels;
    if (!err && splits && flat)
        err = read_flat_splits(s, base, folder, e);
    else if (!err && flat)
        err = walk_all(s, -1, LINT_UNSPLIT, base, e);
    else if (!err && splits)
        err = read_splits(s, base, folder, &rules->classes, e);
    else if (!err)
        err = read_class_folders(s, base, &rules->classes, e);
    for (int k = 0; k < LINT_SPLITS; k++)
        free(folder[k]);
    return err;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int by_picture_path(const void *a, const void *b) {
    return strcmp(((const lint_picture *)a)->path, ((const lint_picture *)b)->path);
}

/* A set that is there must have pictures: without a folder, it would be drawn. */
static int check_splits(const lint_source *s, lint_err *e) {
    size_t count[LINT_SPLITS] = {0};
    for (size_t i = 0; i < s->n; i++)
        if (s->picture[i].split != LINT_UNSPLIT) count[s->picture[i].split]++;
    for (int k = 0; k < LINT_SPLITS; k++)
        if (s->given[k] && !count[k])
            return lint_fail(e, "%s: its %s set is empty: there is no picture of any class in it",
                             s->root, lint_split_name((lint_split)k));
    return 0;
}

/* A picture by what it is, not by its name. */
typedef struct identity {
    dev_t dev;
    ino_t ino;
    size_t picture;
} identity;

static int by_identity(const void *a, const void *b) {
    const identity *x = a, *y = b;
    if (x->dev != y->dev) return x->dev < y->dev ? -1 : 1;
    if (x->ino != y->ino) return x->ino < y->ino ? -1 : 1;
    return x->picture < y->picture ? -1 : x->picture > y->picture;
}

/* What is not there, or may not be read, is told when it is read. */
static int identify(const lint_source *s, identity *id, size_t *n, lint_err *e) {
    int err = 0;
    *n = 0;
    for (size_t i = 0; i < s->n && !err; i++) {
        struct stat st;
        char *path = lint_source_path(s, s->picture[i].path, e);
        if (!path)
            err = -1;
        else if (stat(path, &st) == 0)
            id[(*n)++] = (identity){st.st_dev, st.st_ino, i};
        else if (!lint_folder_is_missing() && errno != EACCES)
            err = lint_fail_errno(e, "%s", path);
        free(path);
    }
    return err;
}

/* One file in two splits, by whatever names, would be a leak. */
static int check_leaks(const lint_source *s, lint_err *e) {
    int given = 0;
    size_t n;
    for (int k = 0; k < LINT_SPLITS; k++)
        given += s->given[k];
    if (given < 2) return 0;
    identity *id = malloc((s->n + 1) * sizeof *id);
    if (!id) return lint_fail_mem(e, "the list of pictures");
    int err = identify(s, id, &n, e);
    if (!err) qsort(id, n, sizeof *id, by_identity);
    for (size_t i = 1; i < n && !err; i++) {
        const lint_picture *a = &s->picture[id[i - 1].picture], *b = &s->picture[id[i].picture];
        if (id[i].dev != id[i - 1].dev || id[i].ino != id[i - 1].ino || a->split == b->split)
            continue;
        err = lint_fail(e, "%s: %s and %s are the same file, but in two splits", s->root, a->path,
                        b->path);
    }
    free(id);
    return err;
}

/* What a classifier cannot be made of. */
static int check_contents(const lint_source *s, lint_err *e) {
    if (s->classes.n == 0)
        return lint_fail(e,
                         "%s: no class folders; the pictures of each class belong in a folder "
                         "of their own%s",
                         s->root,
                         s->coco || s->labels ? ", or --crop-to-box makes a sample of each "
                                                "object, of its own class"
                                              : "");
    if (s->n == 0) return lint_fail(e, "%s: no picture in its class folders", s->root);
    if (s->classes.n == 1)
        return lint_fail(e,
                         "%s: only one class ('%s'), but a classifier needs two (is the folder one "
                         "level too high or too deep?)",
                         s->root, s->classes.v[0]);
    size_t *count = calloc(s->classes.n, sizeof *count);
    if (!count) return lint_fail_mem(e, "classes");
    for (size_t i = 0; i < s->n; i++)
        if (!s->picture[i].bad) count[s->picture[i].label]++;
    int err = 0;
    for (size_t k = 0; k < s->classes.n && !err; k++)
        if (count[k] == 0)
            err = lint_fail(
                e,
                "%s: no picture of class '%s'; remove its folder, or choose classes with --classes",
                s->root, s->classes.v[k]);
    free(count);
    return err ? err : check_splits(s, e);
}

/* Class folders, below images/ where masks lie beside it. */
static int read_pictures(lint_source *s, int images, const lint_source_rules *rules, lint_err *e) {
    char *base = NULL;
    s->masks &= images;
    if (!s->masks && !s->coco && lint_source_find_labels(s, "", &s->labels, &base, e) < 0)
        return -1;
    int below = s->masks || (images && s->coco);
    int err = read_folders(s, base ? base : below ? "images" : "", rules, e);
    free(base);
    if (!err && s->n) qsort(s->picture, s->n, sizeof *s->picture, by_picture_path);
    if (!err) err = lint_source_use_beside(s, e);
    return err || s->masks || s->coco || s->labels ? err : lint_source_masks_beside(s, e);
}

/* What tells where the objects are. */
static int find_objects(lint_source *s, lint_err *e) {
    if (s->coco) return lint_source_find_outlines(s, e);
    if (s->labels) return lint_source_label_paths(s, e);
    return s->masks ? lint_source_find_masks(s, e) : 0;
}

/* 1: read from metadata.csv, of the folder or of its splits. 0: there is none. */
static int read_tables(lint_source *s, const lint_source_rules *rules, lint_err *e) {
    char *path = lint_source_path(s, "metadata.csv", e);
    FILE *in = path ? lint_regular_open(path, path, e) : NULL;
    int got = path ? 1 : -1;
    if (in) {
        if (lint_source_metadata(s, in, rules, e) < 0) got = lint_err_prefix(e, "%s: ", path);
        fclose(in);
    } else if (path) {
        got = errno == ENOENT ? lint_source_split_tables(s, rules, e) : -1;
    }
    free(path);
    return got;
}

static int read_source(lint_source *s, const lint_source_rules *rules, lint_err *e) {
    int images = lint_source_is_folder(s, "images", e),
        masks = images < 0 ? -1 : lint_source_is_folder(s, "masks", e);
    if (masks < 0) return -1;
    s->masks = masks && !rules->annotations;
    s->least = rules->least ? *rules->least : 0;
    if (!s->masks && lint_source_open_annotations(s, images, rules, e) < 0) return -1;
    int table = read_tables(s, rules, e), err = table < 0 ? -1 : 0;
    if (!table && (rules->columns || rules->places.n))
        err = lint_fail(e, "--%s has no effect here: %s has no metadata.csv",
                        rules->columns ? "columns" : "places", s->root);
    else if (!table)
        err = read_pictures(s, images, rules, e);
    if (!err && !rules->objects) err = check_contents(s, e);
    if (!err) err = check_leaks(s, e);
    if (!err) err = find_objects(s, e);
    if (err || !rules->objects) return err;
    return lint_source_divide(s, rules, e) < 0 ? -1 : check_contents(s, e);
}

/* "photos//" names the same folder as "photos", and paths made of it read better. */
static char *trimmed(const char *root) {
    char *p = lint_join(root, "");
    size_t n = p ? strlen(p) : 0;
    while (n > 1 && p[n - 1] == '/')
        p[--n] = 0;
    return p;
}

int lint_source_open(lint_source *s, const char *root, const lint_source_rules *rules,
                     lint_err *e) {
    *s = (lint_source){.root = trimmed(root)};
    if (!s->root) return lint_fail_mem(e, "paths");
    struct stat st;
    int err = 0;
    if (stat(s->root, &st) < 0)
        err = lint_fail_errno(e, "%s", s->root);
    else if (!S_ISDIR(st.st_mode))
        err = lint_fail(e, "%s: not a folder", s->root);
    if (!err) err = lint_names_check_distinct(&rules->classes, "class", e);
    if (!err) err = lint_names_check_distinct(&rules->places, "place", e);
    if (!err) err = read_source(s, rules, e);
    if (err) lint_source_free(s);
    return err;
}
