/* YOLO's texts beside pictures, and its data.yaml, from strangers: refused with a message, or drawn into
 * a mask, listed, and read as names. */
#include "source/yolo.h"
#include "support/fuzz.h"
#include "support/objects.h"

#include <stdlib.h>
#include <string.h>

enum { W = 32, H = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    char *text = fuzz_text(bytes, n);
    uint8_t *mask = malloc(W * H);
    if (!mask) abort();
    memset(mask, 7, W * H);
    fuzz_begin();
    int err = lint_yolo_draw(text, n, 0.25, n % 2 ? LINT_BOX_RECTANGLE : LINT_BOX_ELLIPSE, W, H,
                             mask, &e);
    fuzz_told(err, &e);
    lint_objects o = {0};
    lint_names names = {0};
    fuzz_objects(lint_yolo_objects(text, n, 0.5, &o, &e), &o, &e);
    fuzz_told(lint_yolo_names(text, n, &names, &e), &e);
    lint_names_free(&names);
    fuzz_end(n, W * H);
    for (size_t i = 0; !err && i < W * H; i++)
        if (mask[i] != 0 && mask[i] != 255) abort();
    free(mask);
    free(text);
    return 0;
}
