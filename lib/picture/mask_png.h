/* mask_png: a PNG as the numbers that its file holds, for masks. Internal to mask_image.c.
 *
 *     lint_mask_raw r = {0};
 *     int err = lint_mask_png_read(&r, "masks/1.png", 0, &e);      // 1: no PNG
 *     lint_mask_raw_free(&r);
 */
#ifndef LINT_PICTURE_MASK_PNG_H
#define LINT_PICTURE_MASK_PNG_H

#include "base/err.h"
#include <stdint.h>

typedef struct lint_mask_raw {
    int w, h;
    uint16_t *number;   /* [h,w]: shades, or a palette's numbers; NULL with colours */
    int top;            /* what white is: 255 or 65535; 0: the numbers are a palette's */
    int shades;         /* the palette is of greys: `means` are shades up to 255 */
    uint8_t means[256]; /* what a palette's numbers mean, see below */
    int orientation;    /* EXIF, 1 to 8 */
    uint8_t *rgba;      /* [h,w,4]; NULL with numbers */
} lint_mask_raw;

/* Returns 0, or 1 if the file is no PNG, or -1 and an error. A palette of greys
 * means shades. In a palette of colours black means 0, whatever its number, and so does what is
 * transparent; all others mean their numbers. */
int lint_mask_png_read(lint_mask_raw *r, const char *path, long max_pixels, lint_err *e);
void lint_mask_raw_free(lint_mask_raw *r);

#endif
