#include "base/file_map.h"
#include "base/standard_io.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int lint_file_map_open(lint_file_map *m, const char *path) {
    struct stat st;
    *m = (lint_file_map){0};
    /* Before it is opened: whoever writes to a FIFO would find its reader gone. */
    if (lint_is_stdio(path) || stat(path, &st) < 0 || !S_ISREG(st.st_mode)) return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p != MAP_FAILED) *m = (lint_file_map){p, (size_t)st.st_size};
    }
    close(fd);
    return m->bytes != NULL;
}

void lint_file_map_close(lint_file_map *m) {
    if (m->bytes) munmap((void *)m->bytes, m->size);
    *m = (lint_file_map){0};
}
