/* CSV from strangers: every record has a field, and every field is a text. */
#include "base/csv.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    int got;
    FILE *in = fuzz_stream(bytes, n);
    fuzz_begin();
    lint_csv *c = lint_csv_new(in, &e);
    if (!c) abort();
    while ((got = lint_csv_next(c, &e)) > 0) {
        if (c->fields == 0) abort();
        for (size_t i = 0; i < c->fields; i++)
            fuzz_touch(c->field[i], strlen(c->field[i]));
    }
    fuzz_told(got, &e);
    lint_csv_free(c);
    fuzz_end(n, 0);
    fclose(in);
    return 0;
}
