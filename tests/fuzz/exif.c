/* The orientation in EXIF data from strangers. */
#include "picture/image_codec.h"
#include "support/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    fuzz_begin();
    int orientation = lint_exif_orientation(bytes, n);
    if (orientation < 1 || orientation > 8) abort();
    fuzz_end(n, 0);
    return 0;
}
