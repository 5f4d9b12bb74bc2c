/* draw: maps over pictures, and sheets of pictures with words under them.
 *
 * What is drawn is a choice, so it is made once, here. The map of a picture is the evidence for
 * the predicted class over the others: D = its map less the mean of the others'. Only what speaks
 * for the class (D > 0) is shown, as heat over the greyed picture: nothing, then orange, then
 * bright yellow at the map's maximum. Text is by cairo in DejaVu Sans.
 *
 *     lint_evidence(d, cam_of_sample, k, h * w, predicted);
 *     lint_overlay(&over, image, 192, 192, d, h, w, &e);
 *     lint_tile tile = {.picture = over, .words = {"orca", "is leopard"}, .mark = LINT_WRONG};
 *     lint_sheet(&sheet, "default: test", &tile, 1, 4, &e);
 *     lint_image_save(&sheet, "sheet.png", &e);
 */
#ifndef LINT_DRAW_H
#define LINT_DRAW_H

#include "err.h"
#include "image.h"

/* d [n] = map of class c less the mean of the other maps; maps [K,n]. With one class, its map. */
void lint_evidence(float *d, const float *maps, size_t k, size_t n, size_t c);

/* out: [H,W,3] from picture rgb [H,W,3] and map d [h,w]. The map is smoothed by one cell and
 * enlarged bilinearly; its 99.5th percentile is full heat, so one cell does not dim the rest. A map
 * without a positive value leaves the greyed picture. */
int lint_overlay(lint_image *out, const uint8_t *rgb, int height, int width, const float *d,
                 size_t h, size_t w, lint_err *e);

typedef enum lint_mark { LINT_UNMARKED, LINT_RIGHT, LINT_WRONG } lint_mark;

typedef struct lint_tile {
    lint_image picture; /* RGB; all of a sheet alike in size */
    char words[2][96];  /* two lines; too long ones end in an ellipsis */
    lint_mark mark;     /* a tick or a cross before the first line, and a frame */
} lint_tile;

/* A sheet of n tiles, `columns` abreast, under a title ("" for none). out is RGB. */
int lint_sheet(lint_image *out, const char *title, const lint_tile *tiles, size_t n, int columns,
               lint_err *e);

/* Gives back what cairo and fontconfig keep between drawings. Call it once, at the end. */
void lint_draw_end(void);

#endif
