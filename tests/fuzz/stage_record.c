/* Records of stages from a shared cache, and lock files: no output leads out of the folder, and what is
 * written of a stage is read again. */
#include "stage/files.h"
#include "stage/key.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check(step *s) {
    lint_err e = {0};
    char key[LINT_SHA256_HEX];
    step again;
    for (size_t i = 0; i < s->out.n; i++)
        if (!stays_inside(s->out.v[i].name)) abort();
    fuzz_told(step_key(s, key, &e), &e);
    char *text = step_text(s, &e), *at = text;
    if (!text) abort();
    if (step_read(&again, &at, "", &e) == 1) step_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    step s;
    int got;
    char *text = fuzz_text(bytes, n), *at = text;
    fuzz_begin();
    while ((got = step_read(&s, &at, n % 2 ? "" : "data/x", &e)) > 0) {
        check(&s);
        step_free(&s);
    }
    fuzz_told(got, &e);
    fuzz_end(n, 0);
    free(text);
    return 0;
}
