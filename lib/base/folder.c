#define _GNU_SOURCE /* tdestroy */
#include "base/folder.h"

#include <errno.h>
#include <search.h>
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

typedef struct visited {
    dev_t dev;
    ino_t ino;
} visited;

static int by_inode(const void *a, const void *b) {
    const visited *x = a, *y = b;
    if (x->dev != y->dev) return x->dev < y->dev ? -1 : 1;
    return (x->ino > y->ino) - (x->ino < y->ino);
}

int lint_folder_set_add(lint_folder_set *s, const struct stat *st, lint_err *e) {
    visited key = {st->st_dev, st->st_ino};
    if (tfind(&key, &s->root, by_inode)) return 0;
    visited *v = malloc(sizeof *v);
    if (v) *v = key;
    if (v && tsearch(v, &s->root, by_inode)) return 1;
    free(v);
    return lint_fail_mem(e, "the list of folders");
}

void lint_folder_set_free(lint_folder_set *s) {
    tdestroy(s->root, free);
    s->root = NULL;
}

int lint_folder_is_missing(void) {
    return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG;
}
