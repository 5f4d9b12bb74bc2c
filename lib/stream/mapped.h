/* mapped: a file of one frame, such as a model, mapped from the system's page cache. The data is
 * not copied, and only the header needs memory. Copying would take most of the time to load a
 * model.
 *
 * The frame's tensors are read-only and live until lint_mapped_free. Nothing may be added to the
 * frame or dropped from it. Input that cannot be mapped (a pipe, a file whose data is not aligned)
 * is read instead. If another program truncates the mapped file, the reader ends with SIGBUS;
 * lint's own tools replace files whole.
 *
 *     lint_mapped m;
 *     if (lint_mapped_load(&m, "model.safetensors", &e) < 0) ...
 *     lint_net_load(net, &m.frame, &e);
 *     lint_mapped_free(&m);
 */
#ifndef LINT_STREAM_MAPPED_H
#define LINT_STREAM_MAPPED_H

#include "base/file_map.h"
#include "stream/frame.h"

typedef struct lint_mapped {
    lint_frame frame;
    lint_file_map map; /* without bytes: the frame owns its data */
} lint_mapped;

/* As lint_frame_load, with its messages. On error there is nothing to free. */
int lint_mapped_load(lint_mapped *m, const char *path, lint_err *e);
void lint_mapped_free(lint_mapped *m);

#endif
