/* find_mask: where the object of a picture lies, found in the picture alone.
 *
 * Nothing is trained and nothing is annotated. The background is what touches the picture's edge; the
 * object is what differs from it (picture/saliency.h, by colour and texture). From that first guess
 * two models are made, of the object and of the background: which colours and textures each has, and
 * where. They and a minimum cut, which wants contours short and where the picture has edges, decide
 * each superpixel anew, a few times. The object need not be in the middle.
 * docs/masks.md says how well that works.
 *
 *     uint8_t mask[H * W];
 *     if (lint_find_mask(image, H, W, LINT_MASK_CUT, NULL, mask, &e) < 0) ...
 */
#ifndef LINT_PICTURE_FIND_MASK_H
#define LINT_PICTURE_FIND_MASK_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

typedef enum lint_mask_method {
    LINT_MASK_CUT, /* all of the above */
    LINT_MASK_RBD  /* saliency by colour alone, divided by Otsu's threshold: the reference */
} lint_mask_method;
#define LINT_MASK_METHODS "cut|rbd"

/* A trained model's map [h,w] of the picture: what is high speaks for the object. */
typedef struct lint_mask_hint {
    const float *map;
    size_t h, w;
} lint_mask_hint;

/* mask [H,W] of image [H,W,3]: 255 object, 0 background; all 0 where nothing stands out, as in a picture
 * of one colour. H and W are at least 1; hint may be NULL. */
int lint_find_mask(const uint8_t *image, size_t H, size_t W, lint_mask_method method,
                   const lint_mask_hint *hint, uint8_t *mask, lint_err *e);

#endif
