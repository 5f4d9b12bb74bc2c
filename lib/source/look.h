/* look: what one decoding tells of a picture: size, border, centre, and a thumbnail that finds
 * near-copies.
 *
 *     lint_look look;
 *     if (lint_look_make(&look, &picture, &facts, &e) < 0) ...
 *     if (lint_look_alike(&a, &b)) puts("the same scene");
 *
 * A look is 1.8 KB, so those of a whole folder fit into memory.
 */
#ifndef LINT_SOURCE_LOOK_H
#define LINT_SOURCE_LOOK_H

#include "picture/image.h"
#include "source/border.h"

enum { LINT_THUMB = 16 };

typedef struct lint_look {
    lint_image_facts file;
    float spread; /* the largest standard deviation of a channel, in grey levels */
    uint8_t thumb[LINT_THUMB * LINT_THUMB * 3];
    int detail;        /* different rows and columns of edges, 2 to 16 */
    uint64_t rises[2]; /* which cells of the thumbnail are brighter than their right (lower) ... */
    uint64_t differs[2]; /* ... neighbour, or darker, by enough to tell */
    float border[LINT_BORDER_DIM], center[LINT_BORDER_DIM];
} lint_look;

/* im: RGB, of any size; facts: of its file. */
int lint_look_make(lint_look *look, const lint_image *im, const lint_image_facts *facts,
                   lint_err *e);

/* Whether two files are the same bytes, by length and digest. */
int lint_look_same_file(const lint_look *a, const lint_look *b);

/* Whether two pictures are of one scene: copies, other sizes or qualities of one picture, frames of a
 * burst. Both must have detail: two clear skies are alike without being one. Of their edges, nine in
 * ten must agree, and the thumbnails but for brightness. */
int lint_look_alike(const lint_look *a, const lint_look *b);

/* 0 (equal) to 1: the share of edges that do not agree, or 1 without enough detail. */
double lint_look_distance(const lint_look *a, const lint_look *b);

#endif
