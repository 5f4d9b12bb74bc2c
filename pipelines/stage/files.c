#define _GNU_SOURCE /* copy_file_range */
#include "files.h"

#include "base/atomic_output.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
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
    return lint_fail_errno(e, "%s", p);
}

int stays_inside(const char *rel) {
    if (!*rel || *rel == '/') return 0;
    for (const char *s = rel; s; s = strchr(s, '/') ? strchr(s, '/') + 1 : NULL)
        if (strncmp(s, "..", 2) == 0 && (s[2] == '/' || !s[2])) return 0;
    return 1;
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

const char *next_name(DIR *d) {
    for (;;) {
        errno = 0;
        const struct dirent *f = readdir(d);
        if (!f) return NULL;
        if (strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0) return f->d_name;
    }
}

static int remove_at(int dir, const char *name);

static int close_after(int fd, int err) {
    int why = errno;
    close(fd);
    errno = why;
    return err;
}

static int close_folder(DIR *d, int err) {
    int why = errno;
    closedir(d);
    errno = why;
    return err;
}

/* What is in a folder; not through a link that was put there meanwhile. */
static int empty_at(int dir, const char *name) {
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) return fd < 0 ? -1 : close_after(fd, -1);
    for (const char *in; !err && (in = next_name(d));)
        err = remove_at(fd, in);
    return close_folder(d, err || errno ? -1 : 0);
}

static int remove_at(int dir, const char *name) {
    struct stat st;
    int how = 0;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return errno == ENOENT ? 0 : -1;
    if (S_ISDIR(st.st_mode)) {
        /* A folder that nobody may write to can only be emptied by its owner. */
        if ((st.st_mode & 0700) != 0700) fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW);
        if (empty_at(dir, name) < 0) return -1;
        how = AT_REMOVEDIR;
    }
    return unlinkat(dir, name, how) == 0 || errno == ENOENT ? 0 : -1;
}

int remove_all(const char *p, lint_err *e) {
    return remove_at(AT_FDCWD, p) < 0 ? fail(e, p) : 0;
}

static char *read_stream(FILE *f) {
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
    int why = errno;
    fclose(f);
    errno = why;
    return text;
}

char *read_text(const char *p) {
    FILE *f = fopen(p, "rb");
    return f ? read_stream(f) : NULL;
}

/* Where others may write, a FIFO or a link may wait under any name. */
static int open_regular(const char *p, struct stat *st) {
    int fd = open(p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fstat(fd, st) < 0) return close_after(fd, -1);
    if (S_ISREG(st->st_mode)) return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

char *read_regular(const char *p, size_t max, struct stat *st) {
    int fd = open_regular(p, st);
    if (fd < 0) return NULL;
    errno = EFBIG;
    FILE *f = (uint64_t)st->st_size <= max ? fdopen(fd, "rb") : NULL;
    if (f) return read_stream(f);
    close_after(fd, -1);
    return NULL;
}

int write_text(const char *p, const char *text, lint_err *e) {
    lint_output *o = lint_output_open(p, e);
    if (!o) return -1;
    fputs(text, lint_output_file(o)); /* commit tells whether it could */
    return lint_output_commit(o, e);
}

int open_lock(const char *p, int flags) {
    struct stat st;
    flags |= O_NOFOLLOW | O_NONBLOCK;
    int fd = open(p, O_RDWR | flags);
    /* Not O_CREAT alone: Linux refuses that of another's file in a sticky folder. */
    if (fd < 0 && errno == ENOENT) fd = open(p, O_RDWR | O_CREAT | O_EXCL | flags, 0666);
    if (fd < 0 && errno == EEXIST) fd = open(p, O_RDWR | flags);
    if (fd < 0 && errno == EACCES) fd = open(p, O_RDONLY | flags); /* enough but for NFS */
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static int write_bytes(int to, const char *bytes, size_t n) {
    for (ssize_t w; n; bytes += w, n -= (size_t)w)
        if ((w = write(to, bytes, n)) < 0) return -1;
    return 0;
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
        if (write_bytes(to, buf, (size_t)n) < 0) return -1;
    return n < 0 ? -1 : 0;
}

/* To a new file, which is deleted again where that fails. */
static int copy_open(int in, const char *to, mode_t mode) {
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (out < 0) return -1;
    int err = copy_bytes(in, out), why = errno;
    if (close(out) < 0 && !err) {
        why = errno;
        err = -1;
    }
    if (err) unlink(to);
    errno = why;
    return err;
}

static int copy(const char *from, const char *to) {
    struct stat st;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) return -1;
    return close_after(in, fstat(in, &st) < 0 ? -1 : copy_open(in, to, st.st_mode & 0777));
}

static int link_or_copy_to(void *ctx, const char *temp) {
    const char *from = ctx;
    if (link(from, temp) == 0) return 0;
    return errno == EEXIST ? -1 : copy(from, temp);
}

static int is_mine_alone(const struct stat *st) {
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static int take_to(void *ctx, const char *temp) {
    const char *from = ctx;
    struct stat st;
    if (link(from, temp) == 0) {
        /* What was linked is looked at, not what is at `from` by now. */
        if (lstat(temp, &st) == 0 && is_mine_alone(&st)) return 0;
        unlink(temp);
    } else if (errno == EEXIST) {
        return -1;
    }
    int in = open_regular(from, &st);
    if (in < 0) return -1;
    return close_after(in, copy_open(in, temp, is_mine_alone(&st) ? st.st_mode & 0777 : 0666));
}

int take_regular(const char *from, const char *to, lint_err *e) {
    return lint_output_replace(to, take_to, (char *)from, e);
}

static int keep_to(void *ctx, const char *temp) {
    const char *from = ctx;
    struct stat st;
    if (lstat(from, &st) < 0) return -1;
    mode_t mode = st.st_mode & 0777 & ~(mode_t)(S_IWGRP | S_IWOTH);
    /* A file of several names may be one that the user works on under another. */
    if (st.st_nlink == 1 && st.st_uid == geteuid() && S_ISREG(st.st_mode) && !is_mine_alone(&st) &&
        chmod(from, mode) == 0)
        st.st_mode = S_IFREG | mode;
    if (is_mine_alone(&st)) {
        if (link(from, temp) == 0) return 0;
        if (errno == EEXIST) return -1;
    }
    int in = open(from, O_RDONLY | O_CLOEXEC);
    return in < 0 ? -1 : close_after(in, copy_open(in, temp, S_ISREG(st.st_mode) ? mode : 0644));
}

/* A folder is all that rename does not replace by a file. */
static int make_way(const char *p, lint_err *e) {
    struct stat st;
    return lstat(p, &st) == 0 && S_ISDIR(st.st_mode) ? remove_all(p, e) : 0;
}

int keep_regular(const char *from, const char *to, lint_err *e) {
    return make_way(to, e) < 0 ? -1 : lint_output_replace(to, keep_to, (char *)from, e);
}

typedef struct new_text {
    const char *text;
    mode_t without;
} new_text;

static int text_to(void *ctx, const char *temp) {
    const new_text *t = ctx;
    struct stat st;
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return -1;
    if (fstat(fd, &st) == 0 && (st.st_mode & t->without))
        (void)!fchmod(fd, st.st_mode & 0777 & ~t->without);
    int err = write_bytes(fd, t->text, strlen(t->text));
    if (!err && fsync(fd) < 0 && errno != EINVAL) err = -1;
    if (close_after(fd, err) < 0) unlink(temp);
    return err;
}

int replace_by_text(const char *p, const char *text, mode_t without, lint_err *e) {
    new_text t = {text, without};
    return make_way(p, e) < 0 ? -1 : lint_output_replace(p, text_to, &t, e);
}

int link_or_copy(const char *from, const char *to, lint_err *e) {
    return lint_output_replace(to, link_or_copy_to, (char *)from, e);
}

static int copy_link(const char *from, const char *to, lint_err *e) {
    path at;
    ssize_t n = readlink(from, at.s, sizeof at.s - 1);
    if (n < 0) return fail(e, from);
    at.s[n] = 0;
    return symlink(at.s, to) == 0 ? 0 : fail(e, to);
}

static int copy_folder(const char *from, const char *to, lint_err *e) {
    DIR *d = opendir(from);
    if (!d) return fail(e, from);
    int err = make_folders(to, e);
    for (const char *name; !err && (name = next_name(d));) {
        struct stat st;
        path a = pathf("%s/%s", from, name), b = pathf("%s/%s", to, name);
        if (lstat(a.s, &st) < 0)
            err = fail(e, a.s);
        else if (S_ISDIR(st.st_mode))
            err = copy_folder(a.s, b.s, e);
        else
            err = S_ISLNK(st.st_mode) ? copy_link(a.s, b.s, e) : link_or_copy(a.s, b.s, e);
    }
    if (!err && errno) err = fail(e, from);
    closedir(d);
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
