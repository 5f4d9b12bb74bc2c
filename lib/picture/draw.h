/* draw: sheets of pictures with words under them, by cairo, in DejaVu Sans.
 *
 * A tile is a picture and up to three lines under it. A sheet is one or more blocks of tiles, each
 * under a title of its own. Right and wrong are told three times: by a tick or a cross, by its
 * colour, and by the frame, which is dashed where the answer is wrong.
 *
 * Words may be anything a file can hold: bytes that are no UTF-8 and control characters are shown
 * as `?`, and what is too long ends in an ellipsis. The tiles stay the caller's.
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

#define LINT_TILE_LINES 3
#define LINT_TILE_TEXT  128

typedef enum lint_mark { LINT_UNMARKED, LINT_RIGHT, LINT_WRONG } lint_mark;

typedef struct lint_tile {
    lint_image picture; /* RGB */
    /* What stands at the left of a line, and at its right; the left gives way. */
    struct lint_line {
        char left[LINT_TILE_TEXT], right[LINT_TILE_TEXT];
    } line[LINT_TILE_LINES];
    lint_mark mark;
    int heat; /* the picture carries heat: the sheet explains it */
} lint_tile;

typedef struct lint_block {
    const char *title, *note; /* bold; plain, after it. Either may be NULL */
    const lint_tile *tile;
    size_t n;
} lint_block;

/* A sheet of the blocks, one under the other, `columns` tiles abreast. Where a tile has heat, a
 * bar at the bottom explains its colours: `heat` says of what (NULL: no bar). out is RGB; a sheet
 * without tiles, or too large for a picture, is an error. */
int lint_sheet(lint_image *out, const lint_block *block, size_t blocks, int columns,
               const char *heat, lint_err *e);

/* Gives back what cairo keeps between drawings. Call it once, after the last. */
void lint_draw_end(void);

#endif
