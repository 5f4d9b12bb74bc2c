/* picture: what targets of picture formats share: a file decoded in each way that tools do it.
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
 *         return fuzz_picture(bytes, n);
 *     }
 */
#ifndef FUZZ_PICTURE_H
#define FUZZ_PICTURE_H

#include "support/fuzz.h"

/* Returns 0. */
int fuzz_picture(const uint8_t *bytes, size_t n);

#endif
