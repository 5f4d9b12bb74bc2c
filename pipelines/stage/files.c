#define _GNU_SOURCE /* copy_file_range */
#include "files.h"

#include "base/atomic_output.h"
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

path pathf(const char *fmt, ...) {
    path p;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(p.s, sizeof p.s, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof p.s) p.s[0] = 0;
    return p;
}

path folder_of(const char *p) {
    const char *slash = strrchr(p, '/');
    return slash ? pathf("%.*s", slash == p ? 1 : (int)(slash - p), p) : pathf(".");
}

static int fail(lint_err *e, const char *p) {
    return lint_fail(e, "%s: %s", p, strerror(errno));
}

int make_folders(const char *p, lint_err *e) {
    path part = pathf("%s", p);
    for (char *s = part.s + 1; part.s[0]; s++) {
        if (*s && *s != '/') continue;
        char was = *s;
        *s = 0;
        if (mkdir(part.s, 0777) < 0 && errno != EEXIST && errno != EISDIR) return fail(e, part.s);
        if (!was) return 0;
        *s = was;
    }
    return lint_fail(e, "a path is too long");
}

int remove_all(const char *p, lint_err *e) {
    struct stat st;
    if (lstat(p, &st) < 0) return errno == ENOENT ? 0 : fail(e, p);
    char *roots[] = {(char *)p, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!walk) return fail(e, p);
    int err = 0;
    for (FTSENT *f; (f = fts_read(walk)) && !err;) {
        if (f->fts_info == FTS_D) {
            /* A folder that nobody may write to can only be emptied by its owner. */
            if ((f->fts_statp->st_mode & 0700) != 0700) chmod(f->fts_accpath, 0700);
            continue;
        }
        if (remove(f->fts_accpath) < 0 && errno != ENOENT) err = fail(e, f->fts_path);
    }
    fts_close(walk);
    return err;
}

char *read_text(const char *p) {
    FILE *f = fopen(p, "rb");
    if (!f) return NULL;
    size_t n = 0, size = 4096;
    char *text = malloc(size);
    for (size_t got; text && (got = fread(text + n, 1, size - n - 1, f)) > 0;) {
        n += got;
        if (n + 1 < size) continue;
        char *more = realloc(text, size *= 2);
        if (!more) free(text);
        text = more;
    }
    if (text) text[n] = 0;
    if (text && ferror(f)) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

int write_text(const char *p, const char *text, lint_err *e) {
    lint_output *o = lint_output_open(p, e);
    if (!o) return -1;
    fputs(text, lint_output_file(o)); /* commit tells whether it could */
    return lint_output_commit(o, e);
}

static int copy_bytes(int from, int to) {
    ssize_t n;
    do
        n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
    while (n > 0);
    if (n == 0) return 0;
    if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return -1;
    char buf[1 << 16];
    while ((n = read(from, buf, sizeof buf)) > 0)
        for (ssize_t done = 0, w; done < n; done += w)
            if ((w = write(to, buf + done, (size_t)(n - done))) < 0) return -1;
    return n < 0 ? -1 : 0;
}

/* To a new file, which is deleted again where that fails. */
static int copy(const char *from, const char *to) {
    struct stat st;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) return -1;
    int out = -1, err = -1;
    if (fstat(in, &st) == 0) out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode);
    if (out >= 0) err = copy_bytes(in, out);
    int why = errno;
    if (out >= 0 && close(out) < 0 && !err) {
        why = errno;
        err = -1;
    }
    if (out >= 0 && err) unlink(to);
    close(in);
    errno = why;
    return err;
}

static int link_or_copy_to(void *ctx, const char *temp) {
    const char *from = ctx;
    if (link(from, temp) == 0) return 0;
    return errno == EEXIST ? -1 : copy(from, temp);
}

int link_or_copy(const char *from, const char *to, lint_err *e) {
    return lint_output_replace(to, link_or_copy_to, (char *)from, e);
}

static int copy_folder(const char *from, const char *to, lint_err *e) {
    char *roots[] = {(char *)from, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!walk) return fail(e, from);
    int err = 0;
    for (FTSENT *f; (f = fts_read(walk)) && !err;) {
        path p = pathf("%s%s", to, f->fts_path + strlen(from));
        if (f->fts_info == FTS_D)
            err = make_folders(p.s, e);
        else if (f->fts_info == FTS_F)
            err = link_or_copy(f->fts_path, p.s, e);
    }
    fts_close(walk);
    return err;
}

int move(const char *from, const char *to, lint_err *e) {
    if (rename(from, to) == 0) return 0;
    if (errno != EXDEV) return fail(e, to);
    struct stat st;
    if (stat(from, &st) < 0) return fail(e, from);
    if (S_ISDIR(st.st_mode) ? copy_folder(from, to, e) : link_or_copy(from, to, e)) return -1;
    return remove_all(from, e);
}
