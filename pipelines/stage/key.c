#define _GNU_SOURCE /* open_memstream */
#include "key.h"

#include "base/memstream.h"
#include <stdio.h>
#include <stdlib.h>

int step_key(const step *s, char key[LINT_SHA256_HEX], lint_err *e) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f) return lint_fail_mem(e, "a stage");
    fprintf(f, "run %s\n", s->run);
    items_put_names(f, "with", &s->with);
    items_put(f, "in", &s->in);
    items_put(f, "tool", &s->tool);
    items_put_names(f, "out", &s->out); /* their names: digests are not known before it has run */
    int err = lint_memstream_close(f, &text) ? 0 : lint_fail_mem(e, "a stage");
    if (!err) lint_sha256_of(text, key);
    free(text);
    return err;
}
