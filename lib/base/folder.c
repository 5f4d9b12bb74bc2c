#include "base/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int make_one(const char *path, lint_err *e) {
    struct stat st;
    if (mkdir(path, 0777) == 0) return 0;
    int why = errno;
    if (why == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) return 0;
        why = ENOTDIR;
    }
    return lint_fail(e, "%s: %s", path, strerror(why));
}

int lint_folder_make(const char *path, lint_err *e) {
    size_t n = strlen(path);
    char *part = malloc(n + 1);
    if (!part) return lint_fail_mem(e, "paths");
    strcpy(part, path);
    int err = 0;
    for (size_t i = 1; i <= n && !err; i++) {
        char c = part[i];
        if (c != '/' && c != 0) continue;
        part[i] = 0;
        err = make_one(part, e);
        part[i] = c;
    }
    free(part);
    return err;
}

int lint_folder_is_above(const lint_folder_above *up, const struct stat *st) {
    for (; up; up = up->up)
        if (up->dev == st->st_dev && up->ino == st->st_ino) return 1;
    return 0;
}

int lint_folder_is_missing(void) {
    return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG;
}
