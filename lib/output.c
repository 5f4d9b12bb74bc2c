#define _GNU_SOURCE /* O_TMPFILE */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lint_output {
    FILE *f;
    char *path; /* NULL: standard output */
    char *temp; /* name beside path, while it has one; NULL: nameless, or written straight to */
    int direct; /* path exists and is no regular file */
};

static lint_output *fail(lint_output *o, lint_err *e, const char *path) {
    lint_fail(e, "%s: %s", path, strerror(errno));
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
    size_t size = strlen(path) + strlen(tail) + 3;
    char *t = malloc(size);
    if (t) snprintf(t, size, "%.*s.%s.%s", (int)dir, path, path + dir, tail);
    return t;
}

static mode_t new_file_mode(void) {
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* A named temporary file, for file systems without nameless ones. */
static int open_named(lint_output *o) {
    o->temp = beside(o->path, "XXXXXX");
    if (!o->temp) return -1;
    int fd = mkstemp(o->temp);
    if (fd < 0) {
        free(o->temp);
        o->temp = NULL;
        return -1;
    }
    if (fchmod(fd, new_file_mode()) < 0) return fd; /* stays 0600: usable, if private */
    return fd;
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
    if (!o) return fail(o, e, path ? path : "standard output");
    if (!path || strcmp(path, "-") == 0) {
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
        if (fd < 0) fd = open_named(o);
    }
    if (fd < 0) return fail(o, e, path);
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

/* Gives a nameless file a temporary name, since linkat cannot replace one that is there. */
static int name_it(lint_output *o) {
    char from[64];
    snprintf(from, sizeof from, "/proc/self/fd/%d", fileno(o->f));
    for (int attempt = 0; attempt < 100; attempt++) {
        char tail[48];
        snprintf(tail, sizeof tail, "%ld.%d", (long)getpid(), attempt);
        o->temp = beside(o->path, tail);
        if (!o->temp) return -1;
        if (linkat(AT_FDCWD, from, AT_FDCWD, o->temp, AT_SYMLINK_FOLLOW) == 0) return 0;
        int why = errno;
        free(o->temp);
        o->temp = NULL;
        errno = why;
        if (why != EEXIST) return -1;
    }
    return -1;
}

static int commit_file(lint_output *o) {
    if (fflush(o->f) != 0 || ferror(o->f)) return -1;
    if (o->direct) return 0;
    if (fsync(fileno(o->f)) != 0 && errno != EINVAL) return -1;
    if (!o->temp && name_it(o) < 0) return -1;
    if (rename(o->temp, o->path) != 0) return -1;
    free(o->temp);
    o->temp = NULL;
    return 0;
}

int lint_output_commit(lint_output *o, lint_err *e) {
    if (!o->path) {
        int bad = fflush(stdout) != 0 || ferror(stdout);
        int why = errno;
        free(o);
        return bad ? lint_fail(e, "standard output: %s", strerror(why ? why : EIO)) : 0;
    }
    errno = 0;
    if (commit_file(o) < 0) {
        lint_fail(e, "%s: %s", o->path, strerror(errno ? errno : EIO));
        lint_output_abort(o);
        return -1;
    }
    int bad = fclose(o->f) != 0;
    if (bad) lint_fail(e, "%s: %s", o->path, strerror(errno));
    free(o->path);
    free(o);
    return bad ? -1 : 0;
}

void lint_output_abort(lint_output *o) {
    if (!o) return;
    if (o->path) fclose(o->f);
    if (o->temp) unlink(o->temp);
    free(o->path);
    free(o->temp);
    free(o);
}
