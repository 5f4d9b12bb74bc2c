/* image: reads, writes and resizes pictures.
 *
 * libpng reads PNG and libjpeg-turbo reads JPEG. The first bytes of a file decide its format, never
 * its name. A picture is rows of 8-bit samples without padding. The caller frees a picture with
 * lint_image_free. Untrusted files are safe: dimensions (at most LINT_IMAGE_MAX on a side and
 * LINT_IMAGE_PIXELS in all) are checked before memory is allocated.
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
    int w, h, c; /* c: 1 grey, 3 RGB, 4 RGB and straight alpha */
    uint8_t *px; /* [h,w,c] */
} lint_image;

int lint_image_new(lint_image *im, int w, int h, int c, lint_err *e); /* zeroed */
void lint_image_free(lint_image *im);

/* Reads a picture and converts it to c channels: 3 composes transparent pixels over white, 4 keeps
 * alpha (opaque if the file has none), 1 takes luma. Applies the EXIF orientation, reduces 16 bits
 * to 8, and converts grey, palette and CMYK. Truncated or broken files are errors; the message does
 * not name the path. Frees what im held before; on error im is empty. */
int lint_image_read(lint_image *im, const char *path, int c, lint_err *e);

/* As lint_image_read, for a picture that will be fitted to want_w x want_h. A JPEG may be halved,
 * even several times, as long as both sides stay at least twice the wanted ones. The resized
 * picture differs by a level or two; a photograph of 12 megapixels is read four times as fast. */
int lint_image_read_for(lint_image *im, const char *path, int c, int want_w, int want_h,
                        lint_err *e);

/* Antialiased resize with a triangle filter scaled to the reduction, as Pillow's BILINEAR. Keeps c;
 * RGBA is filtered with premultiplied alpha. Integer arithmetic gives the same bytes on every
 * machine. `out` may be `in`. */
int lint_image_resize(lint_image *out, const lint_image *in, int w, int h, lint_err *e);

/* Brings a picture to w x h. stretch: resizes it. crop: resizes its largest centred part of the
 * wanted shape. pad: resizes it to fit, centred, on black (0 in masks too). */
int lint_image_fit(lint_image *out, const lint_image *in, int w, int h, lint_fit how, lint_err *e);

/* Writes a PNG without time or text chunks. */
int lint_image_write(const lint_image *im, FILE *out, lint_err *e);
/* Writes a PNG to a path, whole or not at all. */
int lint_image_save(const lint_image *im, const char *path, lint_err *e);

#endif
