/* image_codec: the decoders behind lint_image_read. Internal to image*.c.
 *
 * A decoder takes a whole file in memory. It makes a picture in the file's own channels (1 grey, 3
 * RGB, 4 RGB and straight alpha) and returns the orientation of the camera. Input may be hostile: a
 * decoder checks dimensions with lint_image_new before it reads any pixel, and returns an error for
 * every broken or truncated file.
 *
 *     lint_image im = {0};
 *     int orientation = 1;
 *     if (lint_jpeg_decode(&im, bytes, n, 0, 0, &orientation, &e) < 0) ...
 */
#ifndef LINT_PICTURE_IMAGE_CODEC_H
#define LINT_PICTURE_IMAGE_CODEC_H

#include "picture/image.h"

/* As lint_image_new, but without zeroing the pixels, for callers that write all of them. */
int lint_image_new_raw(lint_image *im, int w, int h, int c, lint_err *e);

/* Decodes a PNG. *orientation is the EXIF value, 1 to 8, or 1 if there is none. On error im is
 * empty. */
int lint_png_decode(lint_image *im, const uint8_t *bytes, size_t n, int *orientation, lint_err *e);

/* Decodes a JPEG. The decoder may reduce it by 2, 4 or 8 in the DCT domain, as long as the upright
 * picture stays at least 2 want_w x 2 want_h. If want_w is 0, the picture is never reduced. */
int lint_jpeg_decode(lint_image *im, const uint8_t *bytes, size_t n, int want_w, int want_h,
                     int *orientation, lint_err *e);

/* Returns the orientation tag of a TIFF structure (the bytes after "Exif\0\0" in a JPEG, or a PNG's
 * eXIf chunk), or 1 if there is no tag or the structure is broken. */
int lint_exif_orientation(const uint8_t *tiff, size_t n);

/* True for the orientations that swap width and height. */
static inline int lint_exif_swaps(int orientation) {
    return orientation >= 5;
}

#endif
