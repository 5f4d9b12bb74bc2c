/* WebPs from strangers. */
#include "support/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    return fuzz_picture(bytes, n);
}
