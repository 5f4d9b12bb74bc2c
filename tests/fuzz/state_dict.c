/* A file of weights of any kind, by its path, as lint-train --weights opens it. An index of several
 * files may find itself, `x`, and no other file. */
#include "stream/state_dict.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[FUZZ_PATH], path[FUZZ_PATH + 2];

static void clean_up(void) {
    unlink(path);
    rmdir(folder);
}

static void put(const uint8_t *bytes, size_t n) {
    if (!*path) {
        snprintf(path, sizeof path, "%s/x", fuzz_folder(folder, "weights"));
        if (atexit(clean_up)) abort();
    }
    FILE *f = fopen(path, "w");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_state_dict s;
    lint_err e = {0};
    size_t made = 0;
    put(bytes, n);
    fuzz_begin();
    int err = lint_state_dict_load(&s, path, &e);
    fuzz_told(err, &e);
    for (size_t i = 0; !err && i < s.frame.count; i++) {
        fuzz_touch(s.frame.tensors[i].data, s.frame.tensors[i].bytes);
        made += s.frame.tensors[i].bytes;
    }
    if (!err) lint_state_dict_free(&s);
    fuzz_end(n, made);
    return 0;
}
