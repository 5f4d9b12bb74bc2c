/* source: lists the pictures of a folder and their classes, without opening a picture.
 *
 * A folder SRC is one of three things:
 *   - a folder with metadata.csv, such as the Waterbirds set, with named columns in any order:
 *     img_filename and y, and optionally split and place;
 *   - a folder with train/ and at least one of val/ (or valid/, validation/) and test/, each with
 *     class folders;
 *   - a folder of class folders.
 * A class folder is read with all its subfolders. Pictures are files whose names end in .png, .jpg
 * or .jpeg, in any case. Hidden files are skipped, and other files are counted. Classes are sorted
 * by name, bytewise, and pictures by path; the pictures of metadata.csv keep its order.
 *
 * Masks lie in masks/ beside images/: `images/a/b.jpg` has the mask `masks/a/b.jpg`, or .png
 * instead. Then images/ is what SRC is above. With metadata.csv, `a/b.jpg` may also have
 * `masks/a/b.png`.
 *
 * Without masks/, masks come from annotations/result.json (coco.h): polygons and run-length codes
 * as Label Studio exports them. Pictures are below images/, or beside annotations/. An annotation
 * without an outline is an error, or, with skip_bad, is skipped (lint_coco_skipped).
 *
 *     lint_source s;
 *     if (lint_source_open(&s, "photos", &(lint_source_names){0}, 0, &e) < 0) ...
 *     for (size_t i = 0; i < s.n; i++) use(s.picture[i].path, s.picture[i].label);
 *     lint_source_free(&s);
 *
 * The struct owns all that it points to.
 */
#ifndef LINT_SOURCE_SOURCE_H
#define LINT_SOURCE_SOURCE_H

#include "base/names.h"
#include "source/coco.h"

typedef enum lint_split {
    LINT_UNSPLIT = -1,
    LINT_TRAIN,
    LINT_VAL,
    LINT_TEST,
    LINT_SPLITS
} lint_split;
#define LINT_SPLIT_CHOICES "train|val|test"

typedef struct lint_picture {
    char *path;   /* below root */
    char *mask;   /* below root; NULL without masks, or with annotations instead */
    long outline; /* its entry in the annotations; -1: not listed there */
    int32_t label, place;
    lint_split split;
    char *bad; /* message why the picture is left out, from malloc; else NULL */
} lint_picture;

typedef struct lint_source {
    char *root; /* SRC */
    lint_picture *picture;
    size_t n, room;
    lint_names classes, places; /* places.n 0: unknown */
    int masks;                  /* whether every picture has a mask */
    lint_coco *coco;            /* the annotations, if masks come from them; else NULL */
    int given[LINT_SPLITS];     /* whether SRC itself gives each split */
    size_t others;              /* files left out, which are neither pictures nor hidden */
    char *other;                /* one of them, below root */
} lint_source;

/* Names given by the user; both may be empty. `classes` selects and orders class folders, or
 * classes that are words in metadata.csv. If metadata.csv has numbers, these are the names of 0, 1
 * and so on; without them, names come from classes.txt and places.txt in SRC, one on each line. */
typedef struct lint_source_names {
    lint_names classes, places;
} lint_source_names;

/* Lists the pictures of a folder. Errors: no pictures, an empty class folder, fewer than two
 * classes, a missing mask, an invalid metadata.csv. The message begins with the folder or file at
 * fault, and s is then empty. */
int lint_source_open(lint_source *s, const char *root, const lint_source_names *names, int skip_bad,
                     lint_err *e);
void lint_source_free(lint_source *s);

const char *lint_split_name(lint_split s); /* "train", "val" or "test"; not for LINT_UNSPLIT */

/* Returns root/path, from malloc. */
char *lint_source_path(const lint_source *s, const char *path, lint_err *e);

#endif
