/* The index of digests that a stage runner keeps, of which it believes what fits the file's size, time
 * and inode: whatever is in it, a folder is read, and every digest has its length. */
#include "stage/files.h"
#include "stage/hashes.h"
#include "support/fuzz.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[FUZZ_PATH];
static path index_file, data;
static hashes h;

static void clean_up(void) {
    lint_err e;
    remove_all(folder, &e);
}

static void start(void) {
    lint_err e;
    content c;
    static path dir;
    dir = pathf("%s/index", fuzz_folder(folder, "index"));
    if (atexit(clean_up)) abort();
    data = pathf("%s/data", folder);
    h.dir = dir.s;
    if (mkdir(data.s, 0777) < 0 || write_text(pathf("%s/a", data.s).s, "orca", &e) < 0 ||
        hashes_of(&h, data.s, &c, &e) < 0)
        abort();
    content_free(&c);
    DIR *d = opendir(dir.s);
    for (struct dirent *f; d && (f = readdir(d));)
        if (*f->d_name != '.') index_file = pathf("%s/%s", dir.s, f->d_name);
    if (d) closedir(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    content c;
    if (!*index_file.s) start();
    FILE *f = fopen(index_file.s, "w");
    if (!f || fprintf(f, "%s\n", data.s) < 0 || fwrite(bytes, 1, n, f) != n || fclose(f)) abort();
    fuzz_begin();
    int err = hashes_of(&h, data.s, &c, &e);
    fuzz_end(n, 0);
    if (err || c.n != 1 || strlen(c.file[0].hex) != LINT_SHA256_HEX - 1) abort();
    content_free(&c);
    return 0;
}
