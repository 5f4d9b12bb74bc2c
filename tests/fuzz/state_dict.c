/* libFuzzer's target for weights from strangers: any bytes are read or refused, and every byte of
 * what was read is there. `make fuzz` builds and runs it. */
#include "stream/torch_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_torch_file t;
    lint_err e;
    if (lint_torch_file_read(&t, bytes, n, &e) < 0) {
        if (!*e.msg) abort();
        return 0;
    }
    volatile unsigned char sum = 0;
    for (size_t i = 0; i < t.frame.count; i++)
        for (size_t k = 0; k < t.frame.tensors[i].bytes; k++)
            sum ^= ((const unsigned char *)t.frame.tensors[i].data)[k];
    lint_torch_file_free(&t);
    return 0;
}
