#define _GNU_SOURCE /* O_TMPFILE */
#include "base/atomic_output.h"
#include "base/standard_io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct lint_output {
    FILE *f;
    char *path; /* NULL: standard output */
    char *temp; /* temporary name beside path; NULL while the file is nameless, or is `direct` */
    int direct; /* path exists and is not a regular file: written without a temporary file */
};

static lint_output *fail(lint_output *o, lint_err *e, const char *path) {
    lint_fail_errno(e, "%s", path);
    if (o) {
        free(o->path);
        free(o->temp);
        free(o);
    }
    return NULL;
}

/* "dir/.name.tail" for path "dir/name", from malloc. */
static char *beside(const char *path, const char *tail) {
    const char *slash = strrchr(path, '/');
    size_t dir = slash ? (size_t)(slash - path) + 1 : 0;
    return lint_text_format(NULL, "%.*s.%s.%s", (int)dir, path, path + dir, tail);
}

char *lint_temporary_make(const char *path, int (*make)(void *ctx, const char *temp), void *ctx,
                          int *made) {
    for (int attempt = 0; attempt < LINT_TEMPORARY_ATTEMPTS; attempt++) {
        char tail[48];
        snprintf(tail, sizeof tail, "%ld.%d", (long)getpid(), attempt);
        char *temp = beside(path, tail);
        if (!temp) return NULL;
        *made = make(ctx, temp);
        if (*made >= 0) return temp;
        int why = errno;
        free(temp);
        errno = why;
        if (why != EEXIST) return NULL;
    }
    return NULL;
}

/* Both kinds of files are created with mode 0666, from which the kernel takes the umask. mkstemp
 * would create 0600, and the umask cannot be read without changing it for all threads. */
static int create(void *unused, const char *temp) {
    (void)unused;
    return open(temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
}

static int open_nameless(const char *path) {
    char *dir = strdup(path);
    if (!dir) return -1;
    char *slash = strrchr(dir, '/');
    if (slash) slash[slash == dir ? 1 : 0] = 0;
    int fd = open(slash ? dir : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    free(dir);
    return fd;
}

lint_output *lint_output_open(const char *path, lint_err *e) {
    lint_output *o = calloc(1, sizeof *o);
    if (!o) return fail(o, e, lint_output_name(path));
    if (lint_is_stdio(path)) {
        o->f = stdout;
        return o;
    }
    o->path = strdup(path);
    if (!o->path) return fail(o, e, path);
    struct stat st;
    int fd;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fail(o, e, path);
    }
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        o->direct = 1;
        fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        fd = open_nameless(path);
        if (fd < 0) { /* no nameless files here */
            lint_output_sweep(path);
            o->temp = lint_temporary_make(path, create, NULL, &fd);
        }
    }
    if (fd < 0) return fail(o, e, path);
    if (!o->direct) flock(fd, LOCK_EX | LOCK_NB); /* for lint_output_sweep; best effort */
    o->f = fdopen(fd, "wb");
    if (!o->f) {
        close(fd);
        if (o->temp) unlink(o->temp);
        return fail(o, e, path);
    }
    return o;
}

FILE *lint_output_file(lint_output *o) {
    return o->f;
}

/* Links a nameless file to its temporary name. linkat cannot replace a file, as rename can. */
static int link_nameless(void *ctx, const char *temp) {
    const lint_output *o = ctx;
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", fileno(o->f));
    return linkat(AT_FDCWD, from, AT_FDCWD, temp, AT_SYMLINK_FOLLOW);
}

/* One new file needs no temporary name, and so leaves none behind. */
static int name_it(lint_output *o, int alone) {
    int made;
    if (alone && link_nameless(o, o->path) == 0) return 0;
    if (alone && errno != EEXIST) return -1;
    lint_output_sweep(o->path);
    o->temp = lint_temporary_make(o->path, link_nameless, o, &made);
    return o->temp ? 0 : -1;
}

/* Returns when everything written is on the disk. */
static int sync_it(lint_output *o) {
    if (fflush(o->f) != 0 || ferror(o->f)) return -1;
    if (!o->path || o->direct) return 0;
    return fsync(fileno(o->f)) != 0 && errno != EINVAL ? -1 : 0;
}

static int has_no_name_yet(const lint_output *o) {
    return o->path && !o->direct && !o->temp;
}

static int rename_it(lint_output *o) {
    if (!o->temp) return 0;
    if (rename(o->temp, o->path) != 0) return -1;
    free(o->temp);
    o->temp = NULL;
    return 0;
}

/* Every step is taken for all outputs before the next one. A full disk makes the first step fail,
 * or the second; the last one, which replaces the old files, hardly ever fails. */
static int commit_in_steps(lint_output *const *o, size_t n, const lint_output **failed) {
    enum { SYNC, NAME, RENAME, STEPS };
    for (int step = 0; step < STEPS; step++)
        for (size_t i = 0; i < n; i++) {
            if (!o[i]) continue;
            *failed = o[i];
            if (o[i]->path)
                errno = 0; /* for standard output, an earlier write may have left the reason */
            if (step == SYNC && sync_it(o[i]) < 0) return -1;
            if (step == NAME && has_no_name_yet(o[i]) && name_it(o[i], n == 1) < 0) return -1;
            if (step == RENAME && rename_it(o[i]) < 0) return -1;
        }
    return 0;
}

/* Closes and frees an output that has been renamed. */
static int close_it(lint_output *o, lint_err *e) {
    int err = o->path && fclose(o->f) != 0 ? lint_fail_errno(e, "%s", o->path) : 0;
    free(o->path);
    free(o);
    return err;
}

int lint_output_commit_all(lint_output *const *o, size_t n, lint_err *e) {
    const lint_output *failed = NULL;
    int err = commit_in_steps(o, n, &failed);
    if (err) lint_fail(e, "%s: %s", lint_output_name(failed->path), strerror(errno ? errno : EIO));
    for (size_t i = 0; i < n; i++) {
        if (err)
            lint_output_abort(o[i]);
        else if (o[i])
            err = close_it(o[i], e);
    }
    return err;
}

int lint_output_commit(lint_output *o, lint_err *e) {
    return lint_output_commit_all(&o, 1, e);
}

void lint_output_abort(lint_output *o) {
    if (!o) return;
    if (o->path) fclose(o->f);
    if (o->temp) unlink(o->temp);
    free(o->path);
    free(o->temp);
    free(o);
}

int lint_output_replace(const char *path, int (*make)(void *ctx, const char *temp), void *ctx,
                        lint_err *e) {
    int made, err = 0;
    lint_output_sweep(path);
    char *temp = lint_temporary_make(path, make, ctx, &made);
    if (!temp || rename(temp, path) != 0) err = lint_fail_errno(e, "%s", path);
    /* Where both are names of one file already, rename leaves both. */
    if (temp) unlink(temp);
    free(temp);
    return err;
}
