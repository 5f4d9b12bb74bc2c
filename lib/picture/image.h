/* image: pictures on disk <-> bytes in memory, and their size.
 *
 * PNG by libpng and JPEG by libjpeg-turbo, told apart by their first bytes, never by the file's
 * name. A picture is rows of 8-bit samples, no padding. Whoever passed the struct frees it with
 * lint_image_free. Untrusted files are fine: dimensions are checked (at most LINT_IMAGE_MAX on a
 * side and LINT_IMAGE_PIXELS in all) before memory is asked for.
 *
 *     lint_image a = {0}, b = {0};
 *     lint_image_read(&a, "cat.jpg", 3, &e);
 *     lint_image_fit(&b, &a, 192, 192, LINT_FIT_STRETCH, &e);
 */
#ifndef LINT_PICTURE_IMAGE_H
#define LINT_PICTURE_IMAGE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINT_IMAGE_MAX    32768
#define LINT_IMAGE_PIXELS 200000000

typedef enum lint_fit { LINT_FIT_STRETCH, LINT_FIT_CROP, LINT_FIT_PAD } lint_fit;
#define LINT_FIT_CHOICES "stretch|crop|pad"

typedef struct lint_image {
    int w, h, c; /* c 1 grey, 3 RGB, 4 RGB and straight alpha */
    uint8_t *px; /* [h,w,c] */
} lint_image;

int lint_image_new(lint_image *im, int w, int h, int c, lint_err *e); /* zeroed */
void lint_image_free(lint_image *im);

/* Reads and converts to c channels: 3 puts alpha over white, 4 keeps it (opaque where the file
 * has none), 1 takes luma. EXIF orientation is applied; 16 bit is reduced; grey, palette and CMYK
 * are converted. Truncated or broken files are errors. The message does not hold the path. What im
 * held before is freed; on error it is empty. */
int lint_image_read(lint_image *im, const char *path, int c, lint_err *e);

/* As lint_image_read, for a picture that will be fitted to want_w x want_h: a JPEG may come
 * halved, as often as both of its sides stay at least twice the wanted ones. The resize that
 * follows sees the difference by a level or two; a photograph of 12 megapixels comes four times
 * as fast. */
int lint_image_read_for(lint_image *im, const char *path, int c, int want_w, int want_h,
                        lint_err *e);

/* Antialiased resize (triangle filter scaled to the reduction, as Pillow's BILINEAR), same c.
 * RGBA is filtered with premultiplied alpha. Integer arithmetic: the same bytes everywhere. out may
 * be in. */
int lint_image_resize(lint_image *out, const lint_image *in, int w, int h, lint_err *e);

/* stretch: resize. crop: the centred part of the wanted shape, resized. pad: all of it, centred,
 * the rest black (0 also for masks). */
int lint_image_fit(lint_image *out, const lint_image *in, int w, int h, lint_fit how, lint_err *e);

/* PNG with no time and no text in it. */
int lint_image_write(const lint_image *im, FILE *out, lint_err *e);
/* To a path, whole or not at all. */
int lint_image_save(const lint_image *im, const char *path, lint_err *e);

#endif
