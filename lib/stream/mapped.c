#include "stream/mapped.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8, ALIGNED = 8 }; /* bytes of a frame's length; what the widest dtype wants */

void lint_mapped_free(lint_mapped *m) {
    for (size_t i = 0; m->map.bytes && i < m->frame.count; i++)
        m->frame.tensors[i].data = NULL;
    lint_frame_free(&m->frame);
    lint_file_map_close(&m->map);
}

/* Points the tensors into the map; 0 where that is not one whole, aligned frame. */
static int point(lint_mapped *m) {
    unsigned char *bytes = (unsigned char *)m->map.bytes;
    uint64_t length, total, *begin = NULL;
    lint_err e; /* the file's next reader says what is wrong with it */
    if (m->map.size <= LENGTH) return 0;
    memcpy(&length, bytes, LENGTH);
    if (length > m->map.size - LENGTH || length % ALIGNED) return 0;
    if (lint_header_parse(&m->frame, (char *)bytes + LENGTH, (size_t)length, &begin, &total, &e) <
        0)
        return 0;
    int fits = total == m->map.size - LENGTH - length && !m->frame.more;
    for (size_t i = 0; fits && i < m->frame.count; i++) {
        m->frame.tensors[i].data = bytes + LENGTH + length + begin[i];
        fits = begin[i] % lint_dtype_bytes(m->frame.tensors[i].dtype) == 0;
    }
    free(begin);
    return fits;
}

int lint_mapped_load(lint_mapped *m, const char *path, lint_err *e) {
    *m = (lint_mapped){0};
    if (lint_file_map_open(&m->map, path, e) > 0 && point(m)) return 0;
    lint_mapped_free(m);
    return lint_frame_load(&m->frame, path, e);
}
