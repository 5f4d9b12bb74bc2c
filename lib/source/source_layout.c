/* How people lay out folders of pictures: by split, by class, and what lies between. */
#include "source/source_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- words ------------------------------------------------------------------------------------ */

lint_split lint_split_of_word(const char *word) {
    static const struct {
        const char *word;
        lint_split split;
    } known[] = {{"train", LINT_TRAIN},  {"training", LINT_TRAIN}, {"seg_train", LINT_TRAIN},
                 {"val", LINT_VAL},      {"valid", LINT_VAL},      {"validation", LINT_VAL},
                 {"dev", LINT_VAL},      {"seg_val", LINT_VAL},    {"test", LINT_TEST},
                 {"testing", LINT_TEST}, {"seg_test", LINT_TEST}};
    size_t n = strlen(word);
    if (n > 4 && strncmp(word + n - 4, "20", 2) == 0 && strspn(word + n - 2, "0123456789") == 2)
        n -= 4; /* COCO's train2017 */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].word) == n && strncasecmp(word, known[i].word, n) == 0)
            return known[i].split;
    return LINT_UNSPLIT;
}

static int is_among(const char *name, const char *const *list) {
    for (; *list; list++)
        if (strcasecmp(name, *list) == 0) return 1;
    return 0;
}

/* What storage boxes, archivers and file systems leave behind; most holds copies of pictures. */
int lint_source_is_junk(const char *name) {
    static const char *const junk[] = {"@eaDir",
                                       "@Recycle",
                                       "@Recently-Snapshot",
                                       "#recycle",
                                       "#snapshot",
                                       "__MACOSX",
                                       "lost+found",
                                       "$RECYCLE.BIN",
                                       "System Volume Information",
                                       "__pycache__",
                                       NULL};
    return is_among(name, junk);
}

static int holds_pictures(const char *name) {
    static const char *const word[] = {"images",     "image",    "imgs",   "img",
                                       "JPEGImages", "pictures", "photos", NULL};
    return is_among(name, word);
}

static int goes_with_pictures(const char *name) {
    static const char *const word[] = {"masks",       "mask",          "labels",
                                       "annotations", "annotation",    "thumbs",
                                       "thumbnails",  "segmentations", "segmentation",
                                       "groundtruth", "ground_truth",  "SegmentationClass",
                                       NULL};
    return is_among(name, word);
}

/* --- splits ----------------------------------------------------------------------------------- */

/* The names of the folders in a folder, junk aside, sorted. What is named as a picture is not asked:
 * there may be many. */
static int list_folders(const lint_source *s, const char *path, lint_names *found, lint_err *e) {
    lint_names all;
    *found = (lint_names){0};
    if (lint_source_list(s, path, &all, e) < 0) return -1;
    int err = 0;
    for (size_t i = 0; i < all.n && !err; i++) {
        if (lint_source_is_junk(all.v[i]) || lint_source_is_picture(all.v[i])) continue;
        char *below = lint_join(path, all.v[i]);
        int folder = below ? lint_source_is_folder(s, below, e) : lint_fail_mem(e, "paths");
        free(below);
        if (folder < 0)
            err = -1;
        else if (folder)
            err = lint_names_append(found, all.v[i], strlen(all.v[i]), e);
    }
    lint_names_free(&all);
    if (err) lint_names_free(found);
    return err;
}

/* A folder that holds nothing but one for the same split, as archives unpack: seg_train/seg_train/. */
static int descend(const lint_source *s, char **path, lint_split split, lint_err *e) {
    lint_names inside;
    if (list_folders(s, *path, &inside, e) < 0) return -1;
    int err = 0;
    if (inside.n == 1 && lint_split_of_word(inside.v[0]) == split) {
        char *below = lint_join(*path, inside.v[0]);
        if (!below) err = lint_fail_mem(e, "paths");
        if (below) free(*path), *path = below;
    }
    lint_names_free(&inside);
    return err;
}

static int take_split(const lint_source *s, const char *base, const char *name,
                      char *folder[LINT_SPLITS], lint_err *e) {
    lint_split split = lint_split_of_word(name);
    if (split == LINT_UNSPLIT) return 0;
    char *path = lint_join(base, name);
    if (!path) return lint_fail_mem(e, "paths");
    if (!folder[split]) {
        folder[split] = path;
        return 0;
    }
    lint_fail(e, "%s: both %s and %s", s->root, folder[split], path);
    free(path);
    return -1;
}

int lint_source_find_splits(const lint_source *s, const char *base, char *folder[LINT_SPLITS],
                            lint_err *e) {
    lint_names names;
    if (list_folders(s, base, &names, e) < 0) return -1;
    int err = 0;
    for (size_t i = 0; i < names.n && !err; i++)
        err = take_split(s, base, names.v[i], folder, e);
    for (int k = 0; k < LINT_SPLITS && !err; k++)
        if (folder[k]) err = descend(s, &folder[k], (lint_split)k, e);
    lint_names_free(&names);
    return err;
}

int lint_source_is_flat(const lint_source *s, const char *path, lint_err *e) {
    lint_names inside;
    if (list_folders(s, path, &inside, e) < 0) return -1;
    int flat = inside.n == 0;
    lint_names_free(&inside);
    return flat;
}

/* --- folders that are no classes -------------------------------------------------------------- */

static int fail_no_classes(const lint_source *s, const char *path, const char *what, lint_err *e) {
    char *full = lint_source_path(s, path, e);
    if (!full) return -1;
    lint_fail(e,
              "%s: %s, so these are not the folders of classes (--classes names them if they are)",
              full, what);
    free(full);
    return -1;
}

/* "a, b, ..." */
static void list_names(const lint_names *n, char *text, size_t size) {
    snprintf(text, size, "%.60s, %.60s%s", n->v[0], n->v[1], n->n > 2 ? ", ..." : "");
}

/* inside [found->n]: the folders in each of the folders found, which both are sorted. */
static int compare_inside(const lint_source *s, const char *path, const lint_names *found,
                          const lint_names *inside, lint_err *e) {
    char text[512], list[160];
    for (size_t i = 0; i < found->n; i++) {
        size_t siblings = 0;
        if (inside[i].n < 2) continue;
        list_names(&inside[i], list, sizeof list);
        for (size_t k = 0; k < inside[i].n; k++)
            siblings += lint_names_find(found, inside[i].v[k]) >= 0;
        if (siblings == inside[i].n) {
            snprintf(text, sizeof text,
                     "%.100s/ has folders of the same names as those beside it (%s)", found->v[i],
                     list);
            return fail_no_classes(s, path, text, e);
        }
        for (size_t j = i + 1; j < found->n; j++) {
            if (!lint_names_equal(&inside[i], &inside[j])) continue;
            snprintf(text, sizeof text, "%.100s/ and %.100s/ hold folders of the same names (%s)",
                     found->v[i], found->v[j], list);
            return fail_no_classes(s, path, text, e);
        }
    }
    return 0;
}

int lint_source_check_classes(const lint_source *s, const char *path, const lint_names *found,
                              lint_err *e) {
    char text[512];
    const char *pictures = NULL, *with = NULL;
    for (size_t i = 0; i < found->n; i++) {
        if (holds_pictures(found->v[i])) pictures = found->v[i];
        if (goes_with_pictures(found->v[i])) with = found->v[i];
    }
    if (pictures && with) {
        snprintf(text, sizeof text, "%.100s/ lies beside %.100s/", pictures, with);
        return fail_no_classes(s, path, text, e);
    }
    lint_names *inside = calloc(found->n + 1, sizeof *inside);
    int err = inside ? 0 : lint_fail_mem(e, "classes");
    for (size_t i = 0; i < found->n && !err; i++) {
        char *below = lint_join(path, found->v[i]);
        err = below ? list_folders(s, below, &inside[i], e) : lint_fail_mem(e, "paths");
        free(below);
    }
    if (!err) err = compare_inside(s, path, found, inside, e);
    for (size_t i = 0; inside && i < found->n; i++)
        lint_names_free(&inside[i]);
    free(inside);
    return err;
}
