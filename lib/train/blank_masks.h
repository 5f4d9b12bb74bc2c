/* blank_masks: masks that do not say where the object is. All their pixels have one value, so the mask
 * prior costs the same in every cell, and the CAM loss of such a sample cannot tell good maps from bad.
 *
 *     lint_blank_masks c = {0};
 *     char remark[512];
 *     lint_blank_masks_add(&c, mask, h * w);            // for each
 *     if (lint_blank_masks_check(&c, "train.lts", &e) < 0) ...      // all of them are blank
 *     if (lint_blank_masks_some(&c, "train.lts", remark, sizeof remark)) puts(remark);
 */
#ifndef LINT_TRAIN_BLANK_MASKS_H
#define LINT_TRAIN_BLANK_MASKS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

typedef struct lint_blank_masks {
    size_t masks;      /* that were looked at */
    size_t nothing;    /* of these: no pixel is above 1, which is next to nothing of 255 */
    size_t everything; /* all pixels have the same value above 1 */
    size_t ones;       /* of `nothing`: some pixels are 1 */
} lint_blank_masks;

/* Counts a mask of that many pixels; 255 marks the object. */
void lint_blank_masks_add(lint_blank_masks *c, const uint8_t *mask, size_t pixels);

/* An error if there are masks and all of them are blank; its message begins with `name`. */
int lint_blank_masks_check(const lint_blank_masks *c, const char *name, lint_err *e);

/* Whether some are blank; then text is a sentence that begins with `name`. */
int lint_blank_masks_some(const lint_blank_masks *c, const char *name, char *text, size_t size);

#endif
