/* frame_parts: declarations shared by the files frame*.c and by those that make frames in another
 * way, such as dataset.c and torch_file.c. Internal to them. */
#ifndef LINT_STREAM_FRAME_PARTS_H
#define LINT_STREAM_FRAME_PARTS_H

#include "stream/frame.h"

/* The key of the metadata in the header; no tensor may have this name. */
#define LINT_METADATA "__metadata__"

/* The key and the value by which a frame's metadata says that another frame follows. */
#define LINT_MORE     "more"
#define LINT_MORE_YES "1"

/* The message where a stream ends although its last frame says that another follows. */
int lint_fail_cut(lint_err *e);

/* Whether a tensor may have this name: UTF-8, and not the metadata's key. */
int lint_name_is_valid(const char *name);

/* Allocates memory with the alignment of tensor data, at least one byte, so that a tensor of size
 * zero has a pointer too. NULL if memory runs out. */
void *lint_data_alloc(size_t bytes);

/* Frees what the tensor owns, but not the struct. */
void lint_tensor_free(lint_tensor *t);

/* Fills *t, with copies of name and shape and NULL as data. On error there is nothing to free. */
int lint_tensor_describe(lint_tensor *t, const char *name, lint_dtype dtype, size_t rank,
                         const uint64_t *shape, lint_err *e);

/* As lint_frame_add, but without zeroing the data. */
lint_tensor *lint_frame_add_raw(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                                const uint64_t *shape, lint_err *e);

/* The same for a name that the frame does not have yet. A frame may hold hundreds of thousands of
 * tensors, and a search before each addition would take minutes. */
lint_tensor *lint_frame_add_new(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                                const uint64_t *shape, lint_err *e);

/* The canonical order, for qsort: tensors by dtype width (widest first), then by name; metadata by
 * key.
 */
int lint_tensor_compare(const void *a, const void *b);
int lint_meta_compare(const void *a, const void *b);

#endif
