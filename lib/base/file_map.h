/* file_map: a file's bytes where they lie in the system's page cache.
 *
 * The bytes are read-only. If another program truncates the file, the reader ends with SIGBUS;
 * lint's own tools replace files whole.
 *
 *     lint_file_map m;
 *     if (lint_file_map_open(&m, "model.safetensors", &e) > 0) fwrite(m.bytes, 1, m.size, stdout);
 *     lint_file_map_close(&m);
 */
#ifndef LINT_BASE_FILE_MAP_H
#define LINT_BASE_FILE_MAP_H

#include "base/err.h"

#include <stddef.h>

typedef struct lint_file_map {
    const unsigned char *bytes; /* NULL: not mapped */
    size_t size;
} lint_file_map;

/* Returns 1, or 0 for what cannot be mapped: a missing or empty file, a pipe, "-". Whoever then
 * reads the input says what is wrong with it. A FIFO is not opened. -1 where the system failed (memory,
 * descriptors), which says nothing of the file. */
int lint_file_map_open(lint_file_map *m, const char *path, lint_err *e);
void lint_file_map_close(lint_file_map *m);

#endif
