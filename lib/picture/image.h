/* image: reads, writes and resizes pictures.
 *
 * PNG, JPEG and BMP are read by every build; WebP, TIFF, HEIC and AVIF where their libraries are there
 * (docs/formats.md). The first bytes of a file decide its format, never its name. A picture is rows of
 * 8-bit samples without padding. The caller frees a picture with lint_image_free. Untrusted files are
 * safe: dimensions (at most LINT_IMAGE_MAX on a side, and as many pixels as the caller allows) are
 * checked before memory is allocated.
 *
 *     lint_image a = {0}, b = {0};
 *     lint_image_read(&a, "cat.jpg", 3, &e);
 *     lint_image_fit(&b, &a, 192, 192, LINT_FIT_STRETCH, &e);
 *
 * The same bytes without a whole picture in memory, where the format allows it:
 *
 *     const lint_image_ask ask = {.c = 3, .w = 192, .h = 192, .fit = LINT_FIT_STRETCH};
 *     lint_image c = {0};
 *     lint_image_read_as(&c, "cat.jpg", &ask, NULL, &e);
 */
#ifndef LINT_PICTURE_IMAGE_H
#define LINT_PICTURE_IMAGE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINT_IMAGE_MAX    32768
#define LINT_IMAGE_PIXELS 200000000
#define LINT_IMAGE_DEPTH  32

typedef enum lint_fit { LINT_FIT_STRETCH, LINT_FIT_CROP, LINT_FIT_PAD } lint_fit;
#define LINT_FIT_CHOICES "stretch|crop|pad"

typedef struct lint_image {
    int w, h, c; /* c: 1 grey, 3 RGB, 4 RGB and straight alpha */
    uint8_t *px; /* [h,w,c] */
} lint_image;

int lint_image_new(lint_image *im, int w, int h, int c, lint_err *e); /* zeroed */
void lint_image_free(lint_image *im);

/* Reads a picture and converts it to c channels: 3 composes transparent pixels over white, 4 keeps
 * alpha (opaque if the file has none), 1 takes luma. Applies the EXIF orientation, reduces more than 8
 * bits to 8, and converts grey, palette and CMYK. Truncated or broken files are errors; the message does
 * not name the path. Frees what im held before; on error im is empty. */
int lint_image_read(lint_image *im, const char *path, int c, lint_err *e);

/* As lint_image_read, roughly, for a picture that will be fitted to want_w x want_h. A JPEG may be
 * halved, even several times, as long as both sides stay at least twice the wanted ones. The resized
 * picture differs, by 12 levels or more where there is text. For sheets and guesses; not for what a
 * network sees. */
int lint_image_read_for(lint_image *im, const char *path, int c, int want_w, int want_h,
                        lint_err *e);

/* How a picture is read. */
typedef struct lint_image_ask {
    int c;                /* channels, as in lint_image_read */
    int w, h;             /* what it is fitted to; 0: as large as it is */
    lint_fit fit;         /* how */
    int rough_w, rough_h; /* a JPEG may be halved as in lint_image_read_for; 0: it may not */
    int depth;       /* how many bits say white, in samples of more than 8 bits and in floats: 8 to
                     * LINT_IMAGE_DEPTH; 0: all of the integer's, or 1.0. More is white. */
    long max_pixels; /* 0: LINT_IMAGE_PIXELS */
    int regular; /* only a regular file is opened (regular_file.h): its name was found somewhere */
    struct lint_heif_decoder *heif; /* for HEIC and AVIF (heif_decoder.h); NULL: made anew */
} lint_image_ask;

/* What a file says of its picture. */
typedef struct lint_image_facts {
    int w, h;        /* upright, before any reduction */
    int bits;        /* of a sample, as stored: 1 to 32 */
    int floats;      /* whether samples are floats */
    double peak;     /* the largest sample of more than 8 bits, alpha apart; else 0 */
    size_t bytes;    /* of the file */
    uint64_t digest; /* of the file (lint_hash_data) */
    int orientation; /* EXIF: 1 to 8; the picture is read upright all the same */
} lint_image_facts;

/* The same bytes as lint_image_read and then lint_image_fit, if it is not rough. Writes the facts, if
 * facts is not NULL. */
int lint_image_read_as(lint_image *im, const char *path, const lint_image_ask *ask,
                       lint_image_facts *facts, lint_err *e);

/* As lint_image_read_as, of the bytes of a file. */
int lint_image_decode(lint_image *im, const uint8_t *bytes, size_t n, const lint_image_ask *ask,
                      lint_image_facts *facts, lint_err *e);

/* How the names of pictures end: ".png", ".jpg" and so on; NULL after the last. */
extern const char *const lint_image_endings[];

/* Whether a file's name ends so, in any case. */
int lint_image_named(const char *name);

/* True for the orientations that swap width and height. */
static inline int lint_exif_swaps(int orientation) {
    return orientation >= 5;
}

/* Turns a picture of stored pixels upright, as its camera says (EXIF orientation, 1 to 8). */
int lint_image_turn(lint_image *im, int orientation, lint_err *e);

/* The same for a box of a stored picture of w x h: x and y of its upper left corner, width, height. */
void lint_image_turn_box(double box[4], double w, double h, int orientation);

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
