/* Streams of samples from strangers, mapped and read by index, as lint-train reads them. */
#include "stream/dataset.h"
#include "support/fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void touch_sample(const lint_dataset *s, size_t i) {
    size_t pixels = lint_dataset_height(s) * lint_dataset_width(s), c, h, w;
    lint_dataset_features_size(s, &c, &h, &w);
    if (lint_dataset_image(s, i)) fuzz_touch(lint_dataset_image(s, i), 3 * pixels);
    if (lint_dataset_mask(s, i)) fuzz_touch(lint_dataset_mask(s, i), pixels);
    if (lint_dataset_features(s, i)) fuzz_touch(lint_dataset_features(s, i), 2 * c * h * w);
    if (lint_dataset_label(s, i) < -1 || lint_dataset_place(s, i) < -1) abort();
    if (!(lint_dataset_weight(s, i) >= 0)) abort();
    lint_dataset_epoch(s, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    size_t made = 0;
    int fd = open(fuzz_file(bytes, n), O_RDONLY);
    if (fd < 0) abort();
    fuzz_begin();
    lint_dataset *s = lint_dataset_open_fd(fd, "fuzz", &e);
    fuzz_told(s ? 0 : -1, &e);
    size_t count = s ? lint_dataset_count(s) : 0;
    /* Samples of no bytes can be more than there are bytes. */
    for (size_t i = 0; i < count && i < 1000; i++)
        touch_sample(s, i);
    if (count) {
        lint_frame f = {0};
        size_t row[] = {count - 1, 0};
        int err = lint_dataset_take(s, row, 2, &f, &e);
        fuzz_told(err, &e);
        for (size_t i = 0; i < f.count; i++)
            made += f.tensors[i].bytes;
        lint_frame_free(&f);
    }
    lint_dataset_free(s);
    fuzz_end(n, 2 * made);
    close(fd);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    return fuzz_mutate_frame(bytes, n, room, seed, NULL, 0);
}
