/* coco_parts: what the files of coco.h share. Internal to them.
 *
 *     lint_coco *c = lint_coco_new(0, -1, &e);
 *     int32_t orca;
 *     if (lint_coco_category(c, "orca", &orca, &e) < 0) ...
 */
#ifndef LINT_SOURCE_COCO_PARTS_H
#define LINT_SOURCE_COCO_PARTS_H

#include "base/names.h"
#include "source/coco.h"
#include <jansson.h>

#define LINT_COCO_NOTHING "neither an outline nor a box"

typedef struct entry {
    json_int_t id;
    char *file;        /* as it is written, but with / for \ */
    const char *below; /* the folder that its picture lies in; "" for any */
    char *failure;     /* why its objects are not known, from malloc; else NULL */
    int w, h;          /* 1 and 1 with shares */
    int shares;        /* boxes are shares of width and height, not pixels */
    size_t points;     /* of all its outlines */
    double work;       /* pixels that drawing them looks at */
    int skipped;       /* whether an annotation of it was passed over */
} entry;

typedef enum kind { POLYGON, RUNS, BOX } kind;

typedef struct outline {
    size_t image;  /* entry */
    size_t object; /* its annotation; one may have several outlines */
    int32_t category;
    kind kind;
    double *v; /* x, y of each point; or lengths of runs down the columns, the first outside; or x,
                * y, width and height */
    size_t n;
} outline;

/* A category's id in the file that is being read. */
typedef struct category {
    json_int_t id;
    int32_t name;
} category;

struct lint_coco {
    entry *image;         /* of each file by id */
    size_t images, first; /* first: of the file that is being read */
    lint_names below;     /* a folder for each file */
    outline *outline;     /* by entry, in the file's order */
    size_t outlines, room, objects;
    size_t *by_name; /* entries by the last part of their names */
    lint_names categories;
    category *category; /* of the file that is being read, by id */
    size_t category_ids;
    size_t runs; /* unpacked, of all outlines */
    size_t boxes;
    int skip;
    double least;               /* confidence; below 0: as the file advises */
    size_t scored, unsure;      /* annotations with a confidence; those that are left out */
    size_t skipped, degenerate; /* annotations, polygons */
};

/* Adds an outline; its v belongs to c from then on, also after an error. */
int lint_coco_add_outline(lint_coco *c, const outline *o, lint_err *e);

/* The file's name of a picture, from malloc, with / for \. */
char *lint_coco_file(const char *name, lint_err *e);

/* The number of a category, which may be new. */
int lint_coco_category(lint_coco *c, const char *name, int32_t *category, lint_err *e);

/* More entries of a file. */
entry *lint_coco_more_images(lint_coco *c, size_t n, lint_err *e);

/* A box from JSON: x, y, width and height, each at most LINT_OUTLINE_FAR from 0. NULL on error. */
double *lint_coco_box(const json_t *box, lint_err *e);

/* Whether an annotation of this confidence counts; tells it. */
int lint_coco_is_sure(lint_coco *c, const json_t *confidence, double advised);

/* Sorts entries by the last part of their names, for lint_coco_match (coco_match.c). */
int lint_coco_sort_names(lint_coco *c, lint_err *e);

/* --- MegaDetector (coco_detections.c) --------------------------------------------------------- */

int lint_coco_is_detections(const json_t *root);
int lint_coco_read_detections(lint_coco *c, const json_t *root, const char *below, lint_err *e);

#endif
