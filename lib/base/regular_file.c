#include "base/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Without O_NONBLOCK, which only opening needs. NULL and errno. */
static FILE *stream_of(int fd) {
    struct stat st;
    int flags = fstat(fd, &st) < 0 ? -1 : fcntl(fd, F_GETFL);
    if (flags < 0) return NULL;
    if (!S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return NULL;
    }
    return fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? NULL : fdopen(fd, "rb");
}

FILE *lint_regular_open(const char *path, const char *what, lint_err *e) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    FILE *in = fd < 0 ? NULL : stream_of(fd);
    if (in) return in;
    int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    if (fd >= 0 && why == EINVAL)
        lint_fail(e, "%s: not a regular file", what);
    else
        lint_fail_errno(e, "%s", what);
    errno = why;
    return NULL;
}
