/* JSON of scores from strangers: what is read is written again, and compared with itself. */
#include "answer/scores.h"
#include "base/memstream.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void use(lint_scores *s, int all) {
    lint_err e = {0};
    lint_scores both[2] = {*s, {0}};
    char *text = NULL;
    size_t n;
    lint_scores_write_tsv(s, fuzz_null());
    lint_scores_find(s, "worst_group", NULL, NULL);
    FILE *out = open_memstream(&text, &n);
    if (!out || lint_scores_write_json(s, out, &e) < 0) abort();
    if (!lint_memstream_close(out, &text)) abort();
    /* What was read with few digits can be too long with all of them. */
    int err = lint_scores_read(&both[1], fuzz_file(text, n), &e);
    if (err && n < LINT_SCORES_BYTES) abort();
    if (!err) {
        fuzz_told(lint_scores_compare(both, 2, all, fuzz_null(), &e), &e);
        lint_scores_free(&both[1]);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_scores s;
    const char *path = fuzz_file(bytes, n);
    fuzz_begin();
    int err = lint_scores_read(&s, path, &e);
    fuzz_told(err, &e);
    if (!err) {
        use(&s, n % 2);
        lint_scores_free(&s);
    }
    fuzz_end(n, 0);
    return 0;
}
