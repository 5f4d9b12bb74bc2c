#include "base/file_map.h"
#include "base/standard_io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* By errno. */
static int not_opened(const char *path, lint_err *e) {
    lint_fail_errno(e, "%s", path);
    return e->system ? -1 : 0;
}

int lint_file_map_open(lint_file_map *m, const char *path, lint_err *e) {
    struct stat st;
    *m = (lint_file_map){0};
    /* Before it is opened: whoever writes to a FIFO would find its reader gone. */
    if (lint_is_stdio(path)) return 0;
    if (stat(path, &st) < 0) return not_opened(path, e);
    if (!S_ISREG(st.st_mode)) return 0;
    int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return not_opened(path, e);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p != MAP_FAILED)
            *m = (lint_file_map){p, (size_t)st.st_size};
        else if (errno == ENOMEM)
            err = lint_fail_mem(e, path);
    }
    close(fd);
    return err ? err : m->bytes != NULL;
}

void lint_file_map_close(lint_file_map *m) {
    if (m->bytes) munmap((void *)m->bytes, m->size);
    *m = (lint_file_map){0};
}
