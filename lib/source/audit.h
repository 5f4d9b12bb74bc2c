/* audit: what is in a folder of pictures, and how much of the class their backgrounds give away.
 * Nothing is trained.
 *
 *     lint_audit a;
 *     if (lint_audit_make(&a, &decode, &source, seed, &e) < 0) ...
 *     lint_audit_print(&a, stdout, &e);
 *     lint_audit_free(&a);
 *
 * The struct owns its lists and looks, and refers to the source.
 */
#ifndef LINT_SOURCE_AUDIT_H
#define LINT_SOURCE_AUDIT_H

#include "source/background.h"
#include "source/decode.h"
#include "source/series.h"
#include <stdio.h>

/* Indices of pictures, in order. */
typedef struct lint_audit_list {
    size_t *v;
    size_t n;
} lint_audit_list;

/* Two pictures, the earlier one first. */
typedef struct lint_audit_pair {
    size_t a, b;
} lint_audit_pair;

typedef struct lint_audit_pairs {
    lint_audit_pair *v;
    size_t n;
} lint_audit_pairs;

typedef struct lint_audit {
    const lint_source *source;
    lint_look *look; /* [n] */
    int32_t
        *place; /* [n] the class whose borders the picture's border looks like; -1: unreadable */
    double *margin; /* [n] score of the best other class less that of its own: > 0 contradicts */
    double margin_of_crops; /* of objects that are samples, as in lint_decode */
    lint_background background;
    lint_series_found series;
    size_t parted;                           /* series in several splits that the folder gives */
    lint_audit_list readable;                /* the largest margin first */
    lint_audit_list unreadable, plain, dark; /* plain: nearly of one colour; dark: 12-bit values
                                                     in 16-bit samples */
    lint_audit_pairs copies, two_classes, case_only; /* equal files; of those, in two classes; paths
                                                        that differ in case alone */
    size_t smallest, median, largest;                /* pictures by area; of the readable ones */
} lint_audit;

/* Decodes every picture once. Marks unreadable pictures, and sets the series of all. c: pool, and tick
 * if wanted. On error a is empty. */
int lint_audit_make(lint_audit *a, const lint_decode *c, lint_source *s, uint64_t seed,
                    lint_err *e);
void lint_audit_free(lint_audit *a);

/* Sentences in lines of at most 79 columns: the verdict first, then what was counted. */
int lint_audit_print(const lint_audit *a, FILE *out, lint_err *e);

/* All of it as JSON; docs/audit.md has the keys. */
int lint_audit_json(const lint_audit *a, FILE *out, lint_err *e);

/* A line for each readable picture, tab-separated, the largest margin first: name, class, place,
 * margin, and the name of the first picture of its series. */
void lint_audit_samples(const lint_audit *a, FILE *out);

/* A sheet of up to LINT_AUDIT_TILES pictures, those with the largest margin. */
enum { LINT_AUDIT_TILES = 40 };
int lint_audit_sheet(const lint_audit *a, lint_image *out, lint_err *e);

#endif
