/* frame_parts: what the files of the frame share. Internal to them and to set.c, which makes frames
 * of frames as they do. */
#ifndef LINT_STREAM_FRAME_PARTS_H
#define LINT_STREAM_FRAME_PARTS_H

#include "stream/frame.h"

/* The header's key of the metadata; no tensor may have that name. */
#define LINT_METADATA "__metadata__"

/* Memory aligned as tensor data is, of at least one byte, so that a tensor of size zero has a
 * pointer too. NULL where there is none. */
void *lint_data_alloc(size_t bytes);

/* Frees what the tensor owns, not the struct. */
void lint_tensor_free(lint_tensor *t);

/* Fills *t but for its data, which is NULL; the name and the shape are copied. On error there is
 * nothing to free. */
int lint_tensor_describe(lint_tensor *t, const char *name, lint_dtype dtype, size_t rank,
                         const uint64_t *shape, lint_err *e);

/* As lint_frame_add, but the data is not zeroed. */
lint_tensor *lint_frame_add_raw(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                                const uint64_t *shape, lint_err *e);

/* The same where no tensor of that name is there: a frame may hold hundreds of thousands, and to
 * look for each before it is added would take minutes. */
lint_tensor *lint_frame_add_new(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                                const uint64_t *shape, lint_err *e);

/* The canonical order, for qsort: of tensors, wide dtypes first, then by name; of metadata by key.
 */
int lint_tensor_compare(const void *a, const void *b);
int lint_meta_compare(const void *a, const void *b);

#endif
