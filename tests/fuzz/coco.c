/* Annotations of COCO's and MegaDetector's JSON from strangers: any bytes are refused with a message, or
 * draw masks and give boxes. */
#include "source/coco.h"
#include "support/fuzz.h"
#include "support/objects.h"

#include <stdlib.h>
#include <string.h>

/* Entries of other sizes are refused. */
static const int size[][2] = {{32, 24}, {640, 480}, {1, 1}};
enum { SIZES = 3, MOST = 640 * 480, PATHS = 2 };

static void draw(const lint_coco *c, long image, int rectangle) {
    lint_err e = {0};
    for (int k = 0; k < SIZES; k++) {
        size_t pixels = (size_t)size[k][0] * (size_t)size[k][1];
        uint8_t *mask = malloc(pixels);
        if (!mask) abort();
        memset(mask, 7, pixels);
        int err = lint_coco_draw(c, image, rectangle ? LINT_BOX_RECTANGLE : LINT_BOX_ELLIPSE,
                                 size[k][0], size[k][1], mask, &e);
        fuzz_told(err, &e);
        for (size_t i = 0; !err && i < pixels; i++)
            if (mask[i] != 0 && mask[i] != 255) abort();
        free(mask);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const char *const path[PATHS] = {"a/1.png", "images/x.jpg"};
    lint_err e = {0};
    long image[PATHS];
    fuzz_begin();
    lint_coco *c = lint_coco_parse((const char *)bytes, n, (int)(n % 2), &e);
    fuzz_told(c ? 0 : -1, &e);
    int err = c ? lint_coco_match(c, PATHS, path, image, &e) : -1;
    fuzz_told(err, &e);
    for (int i = 0; !err && i < PATHS; i++) {
        lint_objects o = {0};
        if (image[i] < 0) continue;
        draw(c, image[i], n / 2 % 2);
        fuzz_objects(lint_coco_objects(c, image[i], &o, &e), &o, &e);
    }
    lint_coco_free(c);
    fuzz_end(n, SIZES * PATHS * MOST);
    return 0;
}
