/* Lists of files' digests from a shared cache: no name leads out of the folder, and a list is written
 * as it was read. */
#include "stage/files.h"
#include "stage/hashes.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    content c, again;
    char *text = fuzz_text(bytes, n);
    fuzz_begin();
    int err = content_read_list(&c, text, &e);
    fuzz_told(err, &e);
    if (!err) {
        for (size_t i = 0; i < c.n; i++)
            if (!stays_inside(c.file[i].rel) || strlen(c.file[i].hex) != LINT_SHA256_HEX - 1)
                abort();
        char *list = content_list(&c);
        if (!list || content_read_list(&again, list, &e) < 0 || again.n != c.n) abort();
        content_free(&again);
        free(list);
    }
    content_free(&c);
    fuzz_end(n, 0);
    free(text);
    return 0;
}
