/* Names of classes from a stream's metadata, and from a command line; they come back as they were. */
#include "base/names.h"
#include "support/fuzz.h"

#include <stdlib.h>

static void check_round(const lint_names *names) {
    lint_err e = {0};
    lint_names back = {0};
    char *json = lint_names_json(names, &e);
    if (!json) return; /* not UTF-8 */
    if (lint_names_parse(&back, json, &e) < 0 || !lint_names_equal(names, &back)) abort();
    lint_names_free(&back);
    free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_names names = {0};
    char *text = fuzz_text(bytes, n);
    fuzz_begin();
    int err = lint_names_parse(&names, text, &e);
    fuzz_told(err, &e);
    if (!err) check_round(&names);
    lint_names_free(&names);
    err = lint_names_from_list(&names, text, &e);
    fuzz_told(err, &e);
    if (!err) check_round(&names);
    lint_names_free(&names);
    fuzz_end(n, 0);
    free(text);
    return 0;
}
