/* image_codec: what lint_image_read is made of; nobody else needs it.
 *
 * A decoder takes a whole file in memory and makes a picture in the file's own channels (1 grey,
 * 3 RGB, 4 RGB and straight alpha), and says how the camera was held. Input may be hostile: a
 * decoder checks dimensions with lint_image_new before any pixel is read, and ends every broken
 * or truncated file with an error.
 *
 *     lint_image im = {0};
 *     int orientation = 1;
 *     if (lint_jpeg_decode(&im, bytes, n, 0, 0, &orientation, &e) < 0) ...
 */
#ifndef LINT_PICTURE_IMAGE_CODEC_H
#define LINT_PICTURE_IMAGE_CODEC_H

#include "picture/image.h"

/* lint_image_new whose pixels are not zeroed, for who writes all of them. */
int lint_image_new_raw(lint_image *im, int w, int h, int c, lint_err *e);

/* On error im is empty. *orientation is the EXIF value, 1 to 8; 1 where there is none. */
int lint_png_decode(lint_image *im, const uint8_t *bytes, size_t n, int *orientation, lint_err *e);

/* As above. Where the picture, turned upright, is at least 2 want_w x 2 want_h, the decoder may
 * halve it (by 2, 4 or 8, in the DCT domain) as long as that remains so; want_w 0 never does. */
int lint_jpeg_decode(lint_image *im, const uint8_t *bytes, size_t n, int want_w, int want_h,
                     int *orientation, lint_err *e);

/* The orientation tag of a TIFF structure (what follows "Exif\0\0" in a JPEG, or fills a PNG's
 * eXIf chunk); 1 where there is none or the structure is broken. */
int lint_exif_orientation(const uint8_t *tiff, size_t n);

/* True for the orientations that swap width and height. */
static inline int lint_exif_swaps(int orientation) {
    return orientation >= 5;
}

#endif
