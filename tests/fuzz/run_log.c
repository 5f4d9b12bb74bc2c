/* Logs of trainings from strangers: epochs rise, and every cell is a number. */
#include "export/run_log.h"
#include "support/fuzz.h"

#include <stdlib.h>

static void check(const lint_run_log *l) {
    for (size_t r = 0; r < l->rows; r++) {
        if (r && lint_run_log_epoch(l, r) <= lint_run_log_epoch(l, r - 1)) abort();
        for (size_t c = 0; c < l->columns; c++) {
            const char *text = lint_run_log_cell(l, r, c);
            char *end;
            if (!text) continue;
            (void)strtod(text, &end);
            if (*end || end == text) abort();
        }
    }
    for (size_t i = 0; i < l->settings && i < 1000; i++)
        if (!lint_run_log_setting(l, l->setting[i].name)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_run_log l;
    FILE *in = fuzz_stream(bytes, n);
    fuzz_begin();
    int err = lint_run_log_read(&l, in, &e);
    fuzz_told(err, &e);
    if (!err) {
        check(&l);
        lint_run_log_free(&l);
    }
    fuzz_end(n, 0);
    fclose(in);
    return 0;
}
