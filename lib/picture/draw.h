/* draw: sheets of captioned pictures, drawn by cairo in DejaVu Sans.
 *
 * A tile is a picture with up to four lines of text under it. A sheet is one or more blocks of
 * tiles, each with a title. A tile shows in three ways whether the answer is right: by a tick or a
 * cross, by the mark's colour, and by the frame, which is dashed for a wrong answer.
 *
 * Texts may hold any bytes. Control characters and bytes that are not UTF-8 are shown as `?`, and a
 * text that is too long ends in an ellipsis, or has it in its middle. The caller owns the tiles.
 *
 *     lint_tile tile = {.picture = p, .line = {{"orca", "0.97"}, {"true: leopard", "blue"}},
 *                       .mark = LINT_WRONG};
 *     lint_block block = {.title = "default: test", .tile = &tile, .n = 1};
 *     lint_sheet(&sheet, &block, 1, 4, NULL, &e);
 *     lint_image_save(&sheet, "sheet.png", &e);
 */
#ifndef LINT_PICTURE_DRAW_H
#define LINT_PICTURE_DRAW_H

#include "base/err.h"
#include "picture/image.h"

#define LINT_TILE_LINES 4
#define LINT_TILE_TEXT  128

typedef enum lint_mark { LINT_UNMARKED, LINT_RIGHT, LINT_WRONG } lint_mark;

typedef struct lint_tile {
    lint_image picture; /* RGB */
    /* Texts at the left and right ends of a line; the left one is shortened if both do not fit. */
    struct lint_line {
        char left[LINT_TILE_TEXT], right[LINT_TILE_TEXT];
        int middle; /* the left one is shortened in its middle: file names differ at both ends */
    } line[LINT_TILE_LINES];
    lint_mark mark;
    int heat; /* the picture shows heat, which the sheet explains */
} lint_tile;

typedef struct lint_block {
    const char *title, *note; /* bold title, then a plain note; either may be NULL */
    const lint_tile *tile;
    size_t n;
} lint_block;

/* Draws the blocks one under the other, with `columns` tiles in a row, as an RGB picture. If a tile
 * has heat, a bar at the bottom explains its colours with the text `heat` (NULL: no bar). A sheet
 * without tiles, or one too large for a picture, is an error. */
int lint_sheet(lint_image *out, const lint_block *block, size_t blocks, int columns,
               const char *heat, lint_err *e);

/* Frees the memory that cairo keeps between drawings. Call it once, after the last drawing. */
void lint_draw_end(void);

#endif
