/* source: lists the pictures of a folder and their classes, without opening a picture.
 *
 * A folder SRC is one of three things:
 *   - a folder with metadata.csv, such as the Waterbirds set, with named columns in any order:
 *     img_filename and y, or as others call them (source_metadata.c), and optionally split, place and
 *     series;
 *   - a folder with train/ (training/, seg_train/) and at least one of val/ (valid/, validation/, dev/,
 *     seg_val/) and test/ (testing/, seg_test/), in any case, with class folders in each. One without
 *     class folders is left out, since nobody tells the classes of its pictures;
 *   - a folder of class folders.
 * Folders that are no classes are an error unless `classes` names them: images/ beside masks/ or labels/,
 * and folders that hold folders of the same names. What storage boxes and archivers leave behind
 * (@eaDir, __MACOSX, lost+found) is left out.
 *
 * A class folder is read with all its subfolders. Pictures are files with the ending of one
 * (lint_image_endings), in any case. Hidden files are skipped, and other files are counted. Classes are sorted
 * by name, bytewise, and pictures by path; the pictures of metadata.csv keep its order.
 *
 * Masks lie in masks/ beside images/: `images/a/b.jpg` has the mask `masks/a/b.jpg`, or .png
 * instead. Then images/ is what SRC is above. With metadata.csv, `a/b.jpg` may also have
 * `masks/a/b.png`. The mask's name may have more than the picture's: b_mask.png, b.jpg.png.
 *
 * Without masks/, `a/b.jpg` may have `a/b_mask.png` beside it, and more of them in `a/b_mask_1.png` and so
 * on. Or masks come from the first of these that is there:
 *   - the file that `annotations` names
 *   - annotations/result.json, or the only annotations/NAME.json, or all
 *     annotations/instances_*.json, or all whose names tell a split, such as train.json
 *   - result.json beside images/
 *   - _annotations.coco.json in SRC, or in its folders of splits
 *   - labels/ beside images/, in SRC or in its folders of splits; not with metadata.csv
 *   - Annotations/ beside JPEGImages/ (or both in lower case, or images/), with XML files, likewise
 *   - XML files beside the pictures
 * The first four are outlines and boxes in COCO's or MegaDetector's format (coco.h), as Label
 * Studio, CVAT and Roboflow export them; with skip_bad, annotations that say nothing are skipped
 * (lint_coco_skipped). Pictures are below images/, or beside annotations/. In labels/,
 * `images/a/b.jpg` has the text file `labels/a/b.txt` (yolo.h); the last two are voc.h's.
 *
 * With `objects`, each object is a sample: a picture is listed once for each box of it, and a picture
 * without boxes is left out. Then SRC needs no class folders: without them, the categories of the
 * annotations are the classes.
 *
 *     lint_source s;
 *     if (lint_source_open(&s, "photos", &(lint_source_rules){0}, &e) < 0) ...
 *     for (size_t i = 0; i < s.n; i++) use(s.picture[i].path, s.picture[i].label);
 *     lint_source_free(&s);
 *
 * The struct owns all that it points to.
 */
#ifndef LINT_SOURCE_SOURCE_H
#define LINT_SOURCE_SOURCE_H

#include "base/names.h"
#include "picture/mask_image.h"
#include "source/coco.h"
#include "source/crop.h"

typedef enum lint_split {
    LINT_UNSPLIT = -1,
    LINT_TRAIN,
    LINT_VAL,
    LINT_TEST,
    LINT_SPLITS
} lint_split;
#define LINT_SPLIT_CHOICES "train|val|test"

/* What the texts are that tell of one picture each. */
typedef enum lint_labels { LINT_NO_LABELS, LINT_YOLO, LINT_VOC } lint_labels;

typedef struct lint_picture {
    char *path; /* below root */
    char *mask; /* below root: a picture or, with labels, a text; NULL without masks, or with
                   * annotations instead */
    lint_names more_masks; /* of the same size, to be joined with it */
    long outline;          /* its entry in the annotations; -1: not listed there */
    int32_t label, place;
    lint_split split;
    lint_crop crop;          /* the part that is the sample */
    lint_mask_remark remark; /* what is odd about its mask, once it has been read (decode.h) */
    char *group;             /* name of a series that is given, from malloc; else NULL */
    size_t series; /* 1 + the index of the first picture of its series (series.h); 0: alone */
    char *bad;     /* message why the picture is left out, from malloc; else NULL */
} lint_picture;

typedef struct lint_source {
    char *root; /* SRC */
    lint_picture *picture;
    size_t n, room;
    lint_names classes, places; /* places.n 0: unknown */
    int masks;                  /* whether every picture has a mask */
    int cropped;                /* its samples are objects of pictures (--crop-to-box) */
    lint_coco *coco;            /* the annotations, if masks come from them; else NULL */
    lint_names annotations;     /* their files, below root */
    int annotations_given;      /* their one file is as the user names it, not below root */
    lint_labels labels;         /* whether masks are texts, in labels/ or beside pictures */
    int beside;                 /* the texts lie beside their pictures */
    size_t texts;               /* XML files beside pictures; the first of them, from malloc */
    char *text;
    double least;            /* confidence that a text's box needs */
    size_t without;          /* with objects: pictures without one, which are left out */
    int given[LINT_SPLITS];  /* whether SRC itself gives each split */
    char *flat[LINT_SPLITS]; /* a folder for it that has no class folders and is left out */
    size_t others;           /* files left out, which are neither pictures nor hidden */
    char *other;             /* one of them, below root */
    size_t unlisted;         /* pictures beside those of metadata.csv that it does not list */
    char *first_unlisted;    /* the first of them */
} lint_source;

/* What the user says of a folder; zeros: nothing. `classes` selects and orders class folders, or
 * classes that are words in metadata.csv. If metadata.csv has numbers, these are the names of 0, 1
 * and so on; without them, names come from classes.txt and places.txt in SRC, one on each line. */
typedef struct lint_source_rules {
    lint_names classes, places;
    int skip_bad;            /* annotations that say nothing are passed over */
    const char *annotations; /* the file of annotations; NULL: as above */
    const double *least;     /* the confidence that an object needs; NULL: as the file advises */
    int objects;             /* each object is a sample */
    const char *columns; /* of metadata.csv, as "file=image_id,label=dx"; NULL: by their names */
} lint_source_rules;

/* Lists the pictures of a folder. Errors: no pictures, an empty class folder, fewer than two
 * classes, an empty split, one file in two splits, a missing mask, an invalid metadata.csv. The
 * message begins with the folder or file at fault, and s is then empty. */
int lint_source_open(lint_source *s, const char *root, const lint_source_rules *rules, lint_err *e);
void lint_source_free(lint_source *s);

const char *lint_split_name(lint_split s); /* "train", "val" or "test"; not for LINT_UNSPLIT */

/* The file of the annotations, below root or as the user names it, or "the annotations" if there are several. */
const char *lint_source_annotations(const lint_source *s);

/* The index of the first picture of i's series: the same for all of a series, i if it is alone. */
size_t lint_source_first(const lint_source *s, size_t i);

/* Reads the objects of a picture that has annotations of any kind; *to is empty before. */
int lint_source_objects(const lint_source *s, const lint_picture *p, lint_objects *to, lint_err *e);

/* Reads the text of a picture, with labels: *text from malloc, with a 0 behind its *len bytes. */
int lint_source_text(const lint_source *s, const lint_picture *p, char **text, size_t *len,
                     lint_err *e);

/* Returns root/path, from malloc. */
char *lint_source_path(const lint_source *s, const char *path, lint_err *e);

#endif
