#include "train/blank_masks.h"

#include <stdio.h>

void lint_blank_masks_add(lint_blank_masks *c, const uint8_t *mask, size_t pixels) {
    uint8_t most = 0, least = 255;
    for (size_t i = 0; i < pixels; i++) {
        if (mask[i] > most) most = mask[i];
        if (mask[i] < least) least = mask[i];
    }
    c->masks++;
    if (most <= 1)
        c->nothing++;
    else if (least == most)
        c->everything++;
    c->ones += most == 1;
}

int lint_blank_masks_check(const lint_blank_masks *c, const char *name, lint_err *e) {
    if (!c->masks || c->nothing + c->everything < c->masks) return 0;
    if (c->ones)
        return lint_fail(e, "%s: no mask has a value above 1, but 255 marks the object", name);
    return lint_fail(e, "%s: every mask marks %s, so the CAM loss would be the same for every map",
                     name,
                     !c->everything ? "nothing"
                     : !c->nothing  ? "the whole picture"
                                    : "nothing or the whole picture");
}

int lint_blank_masks_some(const lint_blank_masks *c, const char *name, char *text, size_t size) {
    size_t blank = c->nothing + c->everything;
    if (!blank) return 0;
    snprintf(text, size,
             "%s: %zu of %zu masks say nothing of where the object is (%zu mark nothing, %zu the "
             "whole picture), so the CAM loss of these samples is of no use",
             name, blank, c->masks, c->nothing, c->everything);
    return 1;
}
