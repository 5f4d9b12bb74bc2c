/* Names from a pipe, one a line or ended by NUL. */
#include "base/lines.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_lines l;
    char *name[4];
    long got;
    const char *path = fuzz_file(bytes, n);
    fuzz_begin();
    if (lint_lines_open(&l, path, n % 2 ? '\n' : 0, &e) < 0) abort();
    while ((got = lint_lines_next(&l, name, 4, &e)) > 0)
        for (long i = 0; i < got; i++)
            if (!*name[i] || strlen(name[i]) >= LINT_LINE_MAX) abort();
    fuzz_told((int)got, &e);
    lint_lines_close(&l);
    fuzz_end(n, 0);
    return 0;
}
