/* main of a target that is built without libFuzzer: runs the files named, or standard input.
 *
 *     build/tests/fuzz/frame tests/fuzz/found/frame/...
 *     make fuzz-programs CC=afl-clang-fast BUILD=build/afl
 *     afl-fuzz -i tests/fuzz/seeds/frame -o /tmp/found build/afl/tests/fuzz/frame
 */
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Only libFuzzer calls mutators, which call this. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t room) {
    (void)bytes, (void)room;
    return n;
}

static int run(FILE *in, const char *name) {
    size_t n = 0, room = 1 << 16;
    uint8_t *bytes = malloc(room);
    while (bytes && (n += fread(bytes + n, 1, room - n, in)) == room)
        bytes = realloc(bytes, room *= 2);
    if (!bytes || ferror(in)) {
        perror(name);
        free(bytes);
        return 1;
    }
    /* No more room than bytes, so that reading one more is seen. */
    uint8_t *exact = malloc(n ? n : 1);
    if (exact && n) memcpy(exact, bytes, n);
    free(bytes);
    if (!exact) return 1;
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return run(stdin, "standard input");
    for (int i = 1; i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        fprintf(stderr, "%s\n", argv[i]);
        if (!in || run(in, argv[i])) return perror(argv[i]), 1;
        fclose(in);
    }
    return 0;
}
