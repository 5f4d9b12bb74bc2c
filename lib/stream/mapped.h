/* mapped: a file of one frame, as a model is, read where it lies in the system's cache. Nothing is
 * copied and no memory is asked for but the header's, which is most of the time that starting with
 * a model takes.
 *
 * The frame's tensors are for reading only and live until lint_mapped_free; nothing may be added
 * to or dropped from the frame. What cannot be mapped (a pipe, a file whose data is not aligned) is
 * read. As with every mapped file, a program that cuts it short meanwhile ends the reader; lint's
 * own replace a file whole.
 *
 *     lint_mapped m;
 *     if (lint_mapped_load(&m, "model.safetensors", &e) < 0) ...
 *     lint_net_load(net, &m.frame, &e);
 *     lint_mapped_free(&m);
 */
#ifndef LINT_STREAM_MAPPED_H
#define LINT_STREAM_MAPPED_H

#include "stream/frame.h"

typedef struct lint_mapped {
    lint_frame frame;
    void *map; /* NULL: the frame owns its data */
    size_t size;
} lint_mapped;

/* As lint_frame_load, with its messages. On error there is nothing to free. */
int lint_mapped_load(lint_mapped *m, const char *path, lint_err *e);
void lint_mapped_free(lint_mapped *m);

#endif
