/* frame: one safetensors file in memory; reading and writing.
 *
 * A stream (.lts) is a sequence of frames; a model is a stream of one frame. A frame has tensors,
 * found by name, and metadata, which maps text to text. The frame owns everything in it. Tensor
 * data is aligned to 64 bytes and lives until lint_frame_clear or lint_frame_free.
 *
 *     lint_frame f = {0};
 *     while ((got = lint_reader_next(r, &f, &e)) > 0) {
 *         const lint_tensor *image = lint_frame_find(&f, "image");
 *         ...
 *         if (lint_frame_write(&f, out, &e) < 0) ...
 *     }
 *     lint_frame_free(&f);
 *
 * Reading follows the rules of the reference implementation, and also rejects duplicate keys and
 * NUL in a name. A malicious file can cause no more than an error message: memory is allocated as
 * the bytes arrive, never on the word of the header alone, and a header holds at most four million
 * values (about 300,000 tensors). Writing is canonical: metadata sorted by key, tensors sorted by
 * the width of their dtype (widest first) and then by name, and the header padded with spaces to 8
 * bytes.
 *
 * Every frame of a stream but the last says in its metadata that another follows, so that a stream
 * that was cut between two frames is noticed. In memory that is `more`, not a key of the metadata.
 *
 * Format: https://github.com/huggingface/safetensors#format
 */
#ifndef LINT_STREAM_FRAME_H
#define LINT_STREAM_FRAME_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINT_HEADER_MAX 100000000u

typedef enum lint_dtype {
    LINT_BOOL,
    LINT_U8,
    LINT_I8,
    LINT_F8_E5M2,
    LINT_F8_E4M3,
    LINT_F8_E8M0,
    LINT_I16,
    LINT_U16,
    LINT_F16,
    LINT_BF16,
    LINT_I32,
    LINT_U32,
    LINT_F32,
    LINT_F64,
    LINT_I64,
    LINT_U64,
    LINT_C64,
    LINT_DTYPES
} lint_dtype;

typedef struct lint_tensor {
    char *name; /* UTF-8, NUL-terminated */
    lint_dtype dtype;
    size_t rank;
    uint64_t *shape; /* rank of them; NULL for a scalar */
    void *data;      /* row-major, little-endian; never NULL */
    size_t bytes;
    size_t room; /* bytes allocated at data, at least `bytes`: what lint_frame_append may fill */
} lint_tensor;

typedef struct lint_frame {
    lint_tensor *tensors; /* in canonical order after a read; in order of adding otherwise */
    size_t count;
    struct lint_meta {
        char *key, *value;
    } * meta;
    size_t metas;
    int more; /* whether another frame follows in the stream; lint_frame_write writes it */
    size_t tensors_room, metas_room; /* capacities for lint_grow; 0 if unknown */
} lint_frame;

const char *lint_dtype_name(lint_dtype d);
size_t lint_dtype_bytes(lint_dtype d);

/* Empties the frame; the struct stays usable. lint_frame_free does the same when the frame is no
 * longer needed. */
void lint_frame_clear(lint_frame *f);
void lint_frame_free(lint_frame *f);

/* The tensor of that name, or NULL. */
lint_tensor *lint_frame_find(const lint_frame *f, const char *name);

/* As find, but it is an error if there is no such tensor with this dtype, rank and shape. An entry
 * of UINT64_MAX in `want` matches any size. */
lint_tensor *lint_frame_need(const lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                             const uint64_t *want, lint_err *e);

/* Adds a zeroed tensor and returns it. Replaces an existing tensor of that name. The pointer is
 * valid until the next add or drop. NULL on error (overflow, memory, bad name). */
lint_tensor *lint_frame_add(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                            const uint64_t *shape, lint_err *e);
/* Whether there was a tensor of that name. */
int lint_frame_drop(lint_frame *f, const char *name);

/* Metadata value of a key, or NULL. */
const char *lint_frame_meta(const lint_frame *f, const char *key);
/* Sets (or, with value NULL, removes) a key. Both strings are copied and must be UTF-8. */
int lint_frame_set_meta(lint_frame *f, const char *key, const char *value, lint_err *e);
/* Sets every metadata key of src in dst. Copies, and frames made of parts of others, never have
 * `more`: their place in a stream is their maker's to know. */
int lint_frame_copy_meta(lint_frame *dst, const lint_frame *src, lint_err *e);

/* Copies metadata and tensors of src over dst (another frame, which is cleared first). */
int lint_frame_copy(lint_frame *dst, const lint_frame *src, lint_err *e);

/* Calls fn once for each tensor name in a or b, sorted by name. fn gets the tensors of that name
 * from both frames, or NULL for a frame without one. Stops when fn returns a value other than 0,
 * and returns that value. Else returns 0, or -1 with a message if memory runs out. */
typedef int lint_pair_fn(void *ctx, lint_tensor *a, lint_tensor *b, lint_err *e);
int lint_frame_pair(const lint_frame *a, const lint_frame *b, lint_pair_fn *fn, void *ctx,
                    lint_err *e);

/* The number of samples in the frame: the first dimension of `image`, else of `label`, else of
 * `logits`, else of `features`; 0 if there is none of them. */
size_t lint_frame_samples(const lint_frame *f);

/* Makes dst (another frame) a copy of src with only the samples row[0..rows-1], in that order;
 * indices may repeat. Tensors whose first dimension is the number of samples are selected likewise;
 * other tensors are copied whole. */
int lint_frame_take(lint_frame *dst, const lint_frame *src, const size_t *row, size_t rows,
                    lint_err *e);

/* Appends the samples of src to dst. If dst has no tensors, it becomes a copy of src. Per-sample
 * tensors must agree in name, dtype and the other dimensions (`name` is widened to the longer).
 * Metadata and other tensors stay those of dst. Memory grows by half, so joining a stream frame by
 * frame copies each byte a few times, not once per frame. After an error dst is empty. */
int lint_frame_append(lint_frame *dst, const lint_frame *src, lint_err *e);

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct lint_reader lint_reader;

/* Makes a reader for an open file, which the caller closes. `name` is for messages and is copied.
 * NULL on error. */
lint_reader *lint_reader_new(FILE *in, const char *name, lint_err *e);
void lint_reader_free(lint_reader *r);

/* Clears f and reads the next frame into it. Returns 1, or 0 if the input ended after a frame that
 * does not say that another follows, or -1 with a message that begins with `NAME: frame N: `; frames
 * count from 1. */
int lint_reader_next(lint_reader *r, lint_frame *f, lint_err *e);

/* Reads a file of exactly one frame, such as a model. An empty file or trailing bytes are errors.
 * The path "-" is standard input. */
int lint_frame_load(lint_frame *f, const char *path, lint_err *e);

/* Parses a header alone, `len` bytes of JSON, for random access. f gets the tensors in canonical
 * order, with NULL as data. Tensor i has the bytes [begin[i], begin[i] + f->tensors[i].bytes) after
 * the header. The caller frees *begin. *total is the size of the data. */
int lint_header_parse(lint_frame *f, const char *json, size_t len, uint64_t **begin,
                      uint64_t *total, lint_err *e);

/* --- writing ---------------------------------------------------------------------------------- */

/* Writes one canonical frame. Does not flush. The caller knows whether another will follow: a
 * filter of one frame in, one frame out writes the frame that it read; one that drops or regroups
 * frames reads ahead or holds a frame back until it knows. */
int lint_frame_write(const lint_frame *f, FILE *out, lint_err *e);

#endif
