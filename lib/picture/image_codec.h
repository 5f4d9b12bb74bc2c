/* image_codec: the decoders behind lint_image_read, and where they put rows. Internal to image*.c.
 *
 * A decoder takes a whole file in memory and gives its picture to a sink in the file's own channels (1
 * grey, 3 RGB, 4 RGB and straight alpha), upright or with the orientation of the camera. Input may be
 * hostile: a decoder has the sink check dimensions before it asks for memory by them, and returns an
 * error for every broken or truncated file.
 *
 *     const lint_image_ask ask = {.c = 3, .w = 192, .h = 192};
 *     lint_sink s = {.ask = &ask, .orientation = 1};
 *     if (lint_sink_size(&s, 640, 480, &e) < 0) return -1;         // what the header says
 *     if (lint_sink_start(&s, 640, 480, 3, 1, &e) < 0) return -1;  // then every row, once
 *     for (int y = 0; y < 480; y++) {
 *         uint8_t *row = lint_sink_row(&s, y);
 *         row[0] = 255; // and so on
 *         lint_sink_put(&s, y);
 *     }
 *
 * A sink that gets every row once (by_rows), of an upright picture that is to be fitted, resizes each
 * as it comes and holds no whole picture. Any other sink holds it, and rows may be written to at will.
 */
#ifndef LINT_PICTURE_IMAGE_CODEC_H
#define LINT_PICTURE_IMAGE_CODEC_H

#include "picture/image.h"

/* --- resizing by rows (image_resize.c) -------------------------------------------------------- */

typedef struct lint_resizer lint_resizer;

/* Fits a picture of in_w x in_h to w x h, as lint_image_fit. NULL on error. */
lint_resizer *lint_resizer_new(int in_w, int in_h, int c, int w, int h, lint_fit how, lint_err *e);
void lint_resizer_free(lint_resizer *r);
/* Takes row y of the source, [in_w,c]; every row once, in any order. */
void lint_resizer_row(lint_resizer *r, int y, const uint8_t *row);
/* Replaces out by the result, and frees r. */
void lint_resizer_end(lint_resizer *r, lint_image *out);

/* Divides the colours of n pixels [n,4], multiplied by alpha, by it. */
void lint_image_straighten(uint8_t *px, size_t n);

/* --- where rows go (image_sink.c) ------------------------------------------------------------- */

typedef struct lint_sink {
    const lint_image_ask *ask;
    int orientation;        /* EXIF's, 1 to 8; to be set before lint_sink_start */
    lint_image_facts facts; /* w and h as stored; bits, floats and peak are the decoder's to set */
    int w, h, c;            /* of the rows */
    lint_image whole;       /* where rows lie, without resizer */
    lint_resizer *resizer;
    uint8_t *row, *converted; /* the row in hand, and in the channels that are resized */
} lint_sink;

/* Notes the size of the stored picture; an error if it is more than a picture may have. */
int lint_sink_size(lint_sink *s, uint32_t w, uint32_t h, lint_err *e);
/* Begins a picture of w x h and c channels, at most as large as the size noted. */
int lint_sink_start(lint_sink *s, int w, int h, int c, int by_rows, lint_err *e);
/* Where row y [w,c] is to be written. */
uint8_t *lint_sink_row(lint_sink *s, int y);
/* Takes what was written there. */
void lint_sink_put(lint_sink *s, int y);
/* Makes what was asked for of all rows: channels, upright, fitted. */
int lint_sink_end(lint_sink *s, lint_image *im, lint_err *e);
void lint_sink_free(lint_sink *s);

/* Reduces the w x c samples of a row to 8 bits, as ask->depth says, and notes the largest. Alpha, the
 * fourth channel, always has all bits. */
void lint_sink_take16(lint_sink *s, uint8_t *to, const uint16_t *from);
void lint_sink_take32(lint_sink *s, uint8_t *to, const uint32_t *from);
/* As those; 1.0 is white unless ask->depth says otherwise; NaN and less than 0 are black. */
void lint_sink_take_floats(lint_sink *s, uint8_t *to, const float *from);

/* --- formats ---------------------------------------------------------------------------------- */

/* Reads a picture from the bytes of its file; s is then ready for lint_sink_end. */
typedef int lint_decoder(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e);
lint_decoder lint_png_decode, lint_jpeg_decode, lint_bmp_decode, lint_webp_decode, lint_tiff_decode,
    lint_heif_decode;

/* The decoder of a file's format; NULL where there is none, with a message that says what the file
 * seems to be. */
lint_decoder *lint_image_format(const uint8_t *bytes, size_t n, lint_err *e);

/* Returns the orientation tag of a TIFF structure (the bytes after "Exif\0\0" in a JPEG, or a PNG's
 * eXIf chunk), or 1 if there is no tag or the structure is broken. */
int lint_exif_orientation(const uint8_t *tiff, size_t n);

/* All bytes of a file, from malloc. NULL on error, also for more than a picture may have; the message
 * does not name the path. */
uint8_t *lint_image_bytes(const char *path, size_t *n, lint_err *e);

/* As lint_image_new, but without zeroing the pixels, for callers that write all of them. */
int lint_image_new_raw(lint_image *im, int w, int h, int c, lint_err *e);

static inline uint32_t lint_big(const uint8_t *p, int bytes) {
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static inline uint32_t lint_little(const uint8_t *p, int bytes) {
    uint32_t v = 0;
    for (int i = bytes; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

#endif
