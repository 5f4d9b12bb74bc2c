/* Weights that torch.save wrote, from strangers: any bytes are read or refused, and every byte of what
 * was read is there. */
#include "stream/torch_file.h"
#include "support/fuzz.h"

static size_t take(const lint_frame *f) {
    size_t made = 0;
    for (size_t i = 0; i < f->count; i++) {
        fuzz_touch(f->tensors[i].data, f->tensors[i].bytes);
        made += f->tensors[i].bytes;
    }
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_torch_file t;
    lint_err e = {0};
    fuzz_begin();
    int err = lint_torch_file_read(&t, bytes, n, &e);
    fuzz_told(err, &e);
    size_t made = err ? 0 : take(&t.frame);
    if (!err) lint_torch_file_free(&t);
    fuzz_end(n, made);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    return fuzz_mutate_zip(bytes, n, room, seed);
}
