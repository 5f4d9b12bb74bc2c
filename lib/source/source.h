/* source: what pictures a folder holds, of which class, before any is opened.
 *
 * A folder SRC is one of three things:
 *   - it holds metadata.csv, as the Waterbirds set does: columns by name, in any order:
 *     img_filename and y, and where there are, split and place;
 *   - it holds train/ and at least one of val/ (or valid/, validation/) and test/, each a folder of
 *     class folders;
 *   - it is a folder of class folders.
 * A class folder is read with everything below it. Pictures are told by the ends of their names
 * (.png, .jpg, .jpeg in any case); hidden files are passed over, others counted. Classes are
 * sorted by name, bytewise; pictures by path (those of metadata.csv stay in its order).
 *
 * Masks: masks/ beside images/. `images/a/b.jpg` has the mask `masks/a/b.jpg`, or .png instead.
 * Then images/ takes the place of SRC above. With metadata.csv, `a/b.jpg` has `masks/a/b.png` too.
 *
 * Without masks/, annotations/result.json (coco.h) tells the masks: polygons and run-length codes
 * as Label Studio exports them. Pictures are below images/, or beside annotations/.
 * An annotation without an outline is an error, or, with skip_bad, passed over (lint_coco_skipped).
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
    char *mask;   /* below root; NULL if there are none, or annotations instead */
    long outline; /* its entry in the annotations; -1: not listed there */
    int32_t label, place;
    lint_split split;
    char *bad; /* why it is left out: a message, from malloc; NULL while it is fine */
} lint_picture;

typedef struct lint_source {
    char *root; /* SRC */
    lint_picture *picture;
    size_t n, room;
    lint_names classes, places; /* places.n 0: unknown */
    int masks;                  /* every picture has one */
    lint_coco *coco;            /* the annotations, where they are the masks; else NULL */
    int given[LINT_SPLITS];     /* the splits that SRC itself tells; all 0 if it does not */
    size_t others;              /* files left out, as neither pictures nor hidden */
    char *other;                /* one of them, below root */
} lint_source;

/* Names that the user gives; both may be empty. For class folders and for classes that are words in
 * metadata.csv, classes picks them and gives their order. For numbers they are the names of 0, 1…
 * (next: classes.txt and places.txt in SRC, a name a line). */
typedef struct lint_source_names {
    lint_names classes, places;
} lint_source_names;

/* An error where there is no picture, a class folder is empty, fewer than two classes, a mask is
 * missing, or metadata.csv makes no sense; it begins with what it is about. s is empty then. */
int lint_source_open(lint_source *s, const char *root, const lint_source_names *names, int skip_bad,
                     lint_err *e);
void lint_source_free(lint_source *s);

const char *lint_split_name(lint_split s); /* "train", "val" or "test"; not for LINT_UNSPLIT */

/* root/path, from malloc. */
char *lint_source_path(const lint_source *s, const char *path, lint_err *e);

#endif
