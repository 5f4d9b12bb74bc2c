/* A folder's metadata.csv from strangers: no listed path leaves the folder, no label is outside the
 * classes. */
#include "source/source_parts.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

static int leaves(const char *path) {
    return *path == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
           strstr(path, "/../") != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    char root[] = "/nonexistent/fuzz"; /* where no file is looked for twice */
    lint_source s = {.root = root};
    FILE *in = fuzz_stream(bytes, n);
    fuzz_begin();
    int err = lint_source_metadata(&s, in, &(lint_source_rules){0}, &e);
    fuzz_told(err, &e);
    for (size_t i = 0; i < s.n && !err; i++) {
        const lint_picture *p = &s.picture[i];
        if (leaves(p->path) || p->label < -1 || p->label >= (int64_t)s.classes.n || p->place < -1 ||
            (s.places.n && p->place >= (int64_t)s.places.n))
            abort();
    }
    s.root = NULL;
    lint_source_free(&s);
    fuzz_end(n, 0);
    fclose(in);
    return 0;
}
