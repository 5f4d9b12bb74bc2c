/* png_bytes: a PNG in memory, as libpng is given it by image_png.c and mask_png.c.
 *
 * lint_png_check comes first: libpng takes as much memory for some chunks as they say they have,
 * whether the file has it or not. lint_png_feed then has libpng read from the bytes, within lint's
 * bounds. Where they end too early, libpng's error function is called.
 *
 *     lint_png_bytes from = {bytes, n};
 *     if (lint_png_check(bytes, n, &orientation, &e) < 0) return -1;
 *     lint_png_feed(png, &from);           // png: of png_create_read_struct
 */
#ifndef LINT_PICTURE_PNG_BYTES_H
#define LINT_PICTURE_PNG_BYTES_H

#include "base/err.h"
#include <png.h>
#include <stdint.h>

typedef struct lint_png_bytes {
    const uint8_t *in;
    size_t left;
} lint_png_bytes;

/* Goes over the chunks of a file of n bytes that begins as a PNG. -1 and a message if one is longer
 * than the file. *orientation becomes EXIF's, wherever that chunk lies, if there is one. */
int lint_png_check(const uint8_t *b, size_t n, int *orientation, lint_err *e);

/* `from` must live as long as png reads. */
void lint_png_feed(png_structp png, lint_png_bytes *from);

/* For png_create_read_struct: warnings are of chunks that carry no picture. */
void lint_png_no_warning(png_structp png, png_const_charp msg);

#endif
