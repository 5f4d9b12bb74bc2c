/* Pictures of masks from strangers: refused with a message, or 0 to 255 for each pixel. */
#include "picture/mask_image.h"
#include "support/fuzz.h"

#include <stdlib.h>

enum { PIXELS = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_image im = {0};
    lint_mask_labels labels;
    const char *path = fuzz_file(bytes, n);
    fuzz_begin();
    if (lint_mask_labels_parse(&labels, "1,3,7-9,65535", &e) < 0) abort();
    int err = lint_mask_read(&im, path, n % 2 ? &labels : NULL, PIXELS, &e);
    fuzz_told(err, &e);
    if (err && im.px) abort();
    if (!err) {
        size_t pixels = (size_t)im.w * (size_t)im.h;
        if (im.c != 1 || pixels > PIXELS) abort();
        fuzz_touch(im.px, pixels);
        if (lint_mask_look(&im) >= LINT_MASK_REMARKS) abort();
        for (size_t i = 0; n % 2 && i < pixels; i++)
            if (im.px[i] != 0 && im.px[i] != 255) abort();
    }
    lint_image_free(&im);
    fuzz_end(n, 16 * (size_t)PIXELS);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    return fuzz_mutate_png(bytes, n, room, seed);
}
