/* mask_image: reads the picture of a mask by what it means: where is the object?
 *
 * Programs write masks in many ways. These are read as 255 (object) and 0 (elsewhere):
 *   - two values: 0 is elsewhere, the other is the object
 *   - labels, in grey of 8 or 16 bits or as a palette's numbers: 0 is the background, 255 (65535) is
 *     void and elsewhere, all others are the object
 *   - colours of labels: black is the background, VOC's void (224, 224, 192) elsewhere
 *   - trimaps: 1 is the object, 2 the background, 3 unknown and elsewhere; there is no 0
 *   - pictures with transparency: what is visible is the object; its alpha is kept
 * Everything else is a grey picture, whose values stay: 0 to 255, partly the object.
 *
 *     lint_image mask = {0};
 *     lint_mask_labels labels;
 *     if (lint_mask_labels_parse(&labels, "1,3,7-9", &e) < 0) ...
 *     if (lint_mask_read(&mask, "masks/1.png", &labels, 0, &e) < 0) ...      // NULL: as above
 *
 * Untrusted files are safe, as those of image.h.
 */
#ifndef LINT_PICTURE_MASK_IMAGE_H
#define LINT_PICTURE_MASK_IMAGE_H

#include "picture/image.h"

/* The labels that are the object, a bit each. */
typedef struct lint_mask_labels {
    uint8_t in[65536 / 8];
} lint_mask_labels;

/* "1,3,7-9": numbers from 0 to 65535. */
int lint_mask_labels_parse(lint_mask_labels *l, const char *text, lint_err *e);

/* Reads a mask of one channel. With labels, those are the object and all else is not; a mask in
 * colours is then an error. max_pixels: as in lint_image_ask. The message does not name the path. Frees
 * what im held before; on error im is empty. */
int lint_mask_read(lint_image *im, const char *path, const lint_mask_labels *labels,
                   long max_pixels, lint_err *e);

/* What a mask [h,w] of 0 to 255 says that is hardly meant. LINT_MASK_CORNERS: its four corners, an
 * eighth of each side, are more of the object than its middle, half of each side. */
typedef enum lint_mask_remark {
    LINT_MASK_FINE,
    LINT_MASK_EMPTY,
    LINT_MASK_FULL,
    LINT_MASK_CORNERS,
    LINT_MASK_REMARKS
} lint_mask_remark;
lint_mask_remark lint_mask_look(const lint_image *mask);

#endif
