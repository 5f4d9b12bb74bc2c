/* Pascal VOC's XML from strangers: refused with a message, or boxes that are drawn. */
#include "source/voc.h"
#include "support/fuzz.h"
#include "support/objects.h"

#include <stdlib.h>

enum { W = 32, H = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_objects o = {0};
    uint8_t *mask = malloc(W * H);
    if (!mask) abort();
    fuzz_begin();
    int err = lint_voc_read((const char *)bytes, n, &o, &e);
    if (!err) fuzz_told(lint_objects_draw(&o, (lint_box_shape)(n % 2), W, H, mask, &e), &e);
    fuzz_objects(err, &o, &e);
    fuzz_end(n, W * H);
    free(mask);
    return 0;
}
