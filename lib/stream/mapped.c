#include "stream/mapped.h"
#include "base/standard_io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LENGTH = 8, ALIGNED = 8 }; /* bytes of a frame's length; what the widest dtype wants */

void lint_mapped_free(lint_mapped *m) {
    for (size_t i = 0; m->map && i < m->frame.count; i++)
        m->frame.tensors[i].data = NULL;
    lint_frame_free(&m->frame);
    if (m->map) munmap(m->map, m->size);
    *m = (lint_mapped){0};
}

/* Points the tensors into the map; 0 where that is not one whole, aligned frame. */
static int point(lint_mapped *m) {
    unsigned char *bytes = m->map;
    uint64_t length, total, *begin = NULL;
    lint_err e; /* whoever reads the file next says what is wrong with it */
    memcpy(&length, bytes, LENGTH);
    if (length > m->size - LENGTH || length % ALIGNED) return 0;
    if (lint_header_parse(&m->frame, (char *)bytes + LENGTH, (size_t)length, &begin, &total, &e) <
        0)
        return 0;
    int fits = total == m->size - LENGTH - length;
    for (size_t i = 0; fits && i < m->frame.count; i++) {
        m->frame.tensors[i].data = bytes + LENGTH + length + begin[i];
        fits = begin[i] % lint_dtype_bytes(m->frame.tensors[i].dtype) == 0;
    }
    free(begin);
    return fits;
}

static int map(lint_mapped *m, const char *path) {
    struct stat st;
    /* Before it is opened: whoever writes to a FIFO would find its reader gone. */
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > LENGTH) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p != MAP_FAILED) {
            m->map = p;
            m->size = (size_t)st.st_size;
        }
    }
    close(fd);
    return m->map != NULL;
}

int lint_mapped_load(lint_mapped *m, const char *path, lint_err *e) {
    *m = (lint_mapped){0};
    if (!lint_is_stdio(path) && map(m, path) && point(m)) return 0;
    lint_mapped_free(m);
    return lint_frame_load(&m->frame, path, e);
}
