#include "base/grow.h"
#include "stream/frame_parts.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensor data is used as it lies in the file, so the machine must be little-endian"
#endif

enum { ALIGN = 64 }; /* of tensor data: a cache line, and the widest vector register */

static const struct {
    const char *name;
    size_t bytes;
} DTYPE[LINT_DTYPES] = {
    [LINT_BOOL] = {"BOOL", 1},       [LINT_U8] = {"U8", 1},
    [LINT_I8] = {"I8", 1},           [LINT_F8_E5M2] = {"F8_E5M2", 1},
    [LINT_F8_E4M3] = {"F8_E4M3", 1}, [LINT_F8_E8M0] = {"F8_E8M0", 1},
    [LINT_I16] = {"I16", 2},         [LINT_U16] = {"U16", 2},
    [LINT_F16] = {"F16", 2},         [LINT_BF16] = {"BF16", 2},
    [LINT_I32] = {"I32", 4},         [LINT_U32] = {"U32", 4},
    [LINT_F32] = {"F32", 4},         [LINT_F64] = {"F64", 8},
    [LINT_I64] = {"I64", 8},         [LINT_U64] = {"U64", 8},
    [LINT_C64] = {"C64", 8},
};

const char *lint_dtype_name(lint_dtype d) {
    return DTYPE[d].name;
}
size_t lint_dtype_bytes(lint_dtype d) {
    return DTYPE[d].bytes;
}

/* --- memory ----------------------------------------------------------------------------------- */

void *lint_data_alloc(size_t bytes) {
    if (bytes > PTRDIFF_MAX - ALIGN) return NULL;
    return aligned_alloc(ALIGN, bytes / ALIGN * ALIGN + ALIGN);
}

void lint_tensor_free(lint_tensor *t) {
    free(t->name);
    free(t->shape);
    free(t->data);
}

void lint_frame_clear(lint_frame *f) {
    for (size_t i = 0; i < f->count; i++)
        lint_tensor_free(&f->tensors[i]);
    for (size_t i = 0; i < f->metas; i++) {
        free(f->meta[i].key);
        free(f->meta[i].value);
    }
    free(f->tensors);
    free(f->meta);
    *f = (lint_frame){0};
}

void lint_frame_free(lint_frame *f) {
    lint_frame_clear(f);
}

/* Bytes of a tensor; -1 where a product does not fit. */
static int shape_bytes(const uint64_t *shape, size_t rank, lint_dtype dtype, size_t *bytes) {
    uint64_t n = 1;
    for (size_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(n, shape[i], &n)) return -1;
    return __builtin_mul_overflow(n, DTYPE[dtype].bytes, bytes) ? -1 : 0;
}

/* --- tensors and metadata by name ------------------------------------------------------------- */

/* jansson knows UTF-8; what it refuses cannot stand in a header. */
static int is_utf8(const char *s) {
    json_t *j = json_string(s);
    json_decref(j);
    return j != NULL;
}

int lint_name_is_valid(const char *name) {
    return is_utf8(name) && strcmp(name, LINT_METADATA) != 0;
}

lint_tensor *lint_frame_find(const lint_frame *f, const char *name) {
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->tensors[i].name, name) == 0) return &f->tensors[i];
    return NULL;
}

/* "[2, 3]" of a shape; UINT64_MAX reads as "n". */
static void shape_text(const uint64_t *shape, size_t rank, char *buf, size_t size) {
    size_t at = (size_t)snprintf(buf, size, "[");
    for (size_t i = 0; i < rank && at < size; i++) {
        const char *comma = i ? ", " : "";
        at += (size_t)(shape[i] == UINT64_MAX
                           ? snprintf(buf + at, size - at, "%sn", comma)
                           : snprintf(buf + at, size - at, "%s%" PRIu64, comma, shape[i]));
    }
    if (at < size) snprintf(buf + at, size - at, "]");
}

lint_tensor *lint_frame_need(const lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                             const uint64_t *want, lint_err *e) {
    lint_tensor *t = lint_frame_find(f, name);
    if (!t) {
        lint_fail(e, "no '%s'", name);
        return NULL;
    }
    if (t->dtype != dtype) {
        lint_fail(e, "'%s' is %s, expected %s", name, DTYPE[t->dtype].name, DTYPE[dtype].name);
        return NULL;
    }
    int same = t->rank == rank;
    for (size_t i = 0; same && i < rank; i++)
        same = want[i] == UINT64_MAX || want[i] == t->shape[i];
    if (same) return t;
    char is[200], expected[200];
    shape_text(t->shape, t->rank, is, sizeof is);
    shape_text(want, rank, expected, sizeof expected);
    lint_fail(e, "'%s' is %s, expected %s", name, is, expected);
    return NULL;
}

int lint_tensor_describe(lint_tensor *t, const char *name, lint_dtype dtype, size_t rank,
                         const uint64_t *shape, lint_err *e) {
    *t = (lint_tensor){.dtype = dtype, .rank = rank};
    if (shape_bytes(shape, rank, dtype, &t->bytes) < 0)
        return lint_fail(e, "tensor '%s': the size of its shape overflows", name);
    t->name = strdup(name);
    if (rank) t->shape = malloc(rank * sizeof *shape);
    if (!t->name || (rank && !t->shape)) {
        lint_tensor_free(t);
        return lint_fail_mem(e, "a tensor");
    }
    if (rank) memcpy(t->shape, shape, rank * sizeof *shape);
    return 0;
}

/* Adds a tensor, or replaces old unless that is NULL. */
static lint_tensor *put_tensor(lint_frame *f, lint_tensor *old, const char *name, lint_dtype dtype,
                               size_t rank, const uint64_t *shape, lint_err *e) {
    if (!lint_name_is_valid(name)) {
        lint_fail(e, "'%s' is not a valid tensor name", name);
        return NULL;
    }
    lint_tensor t;
    if (lint_tensor_describe(&t, name, dtype, rank, shape, e) < 0) return NULL;
    t.room = t.bytes;
    t.data = lint_data_alloc(t.bytes);
    lint_tensor *slot = old;
    if (!old) {
        lint_tensor *more = lint_grow(f->tensors, f->count, &f->tensors_room, sizeof *more);
        if (more) f->tensors = more;
        slot = more ? &more[f->count] : NULL;
    }
    if (!t.data || !slot) {
        lint_tensor_free(&t);
        lint_fail_mem(e, name);
        return NULL;
    }
    if (old)
        lint_tensor_free(old);
    else
        f->count++;
    *slot = t;
    return slot;
}

lint_tensor *lint_frame_add_raw(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                                const uint64_t *shape, lint_err *e) {
    return put_tensor(f, lint_frame_find(f, name), name, dtype, rank, shape, e);
}

lint_tensor *lint_frame_add_new(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                                const uint64_t *shape, lint_err *e) {
    return put_tensor(f, NULL, name, dtype, rank, shape, e);
}

lint_tensor *lint_frame_add(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                            const uint64_t *shape, lint_err *e) {
    lint_tensor *t = lint_frame_add_raw(f, name, dtype, rank, shape, e);
    if (t) memset(t->data, 0, t->bytes);
    return t;
}

int lint_frame_drop(lint_frame *f, const char *name) {
    lint_tensor *t = lint_frame_find(f, name);
    if (!t) return 0;
    lint_tensor_free(t);
    size_t after = (size_t)(f->tensors + f->count - (t + 1));
    memmove(t, t + 1, after * sizeof *t);
    f->count--;
    return 1;
}

static struct lint_meta *find_meta(const lint_frame *f, const char *key) {
    for (size_t i = 0; i < f->metas; i++)
        if (strcmp(f->meta[i].key, key) == 0) return &f->meta[i];
    return NULL;
}

const char *lint_frame_meta(const lint_frame *f, const char *key) {
    const struct lint_meta *m = find_meta(f, key);
    return m ? m->value : NULL;
}

static void drop_meta(lint_frame *f, struct lint_meta *m) {
    free(m->key);
    free(m->value);
    size_t after = (size_t)(f->meta + f->metas - (m + 1));
    memmove(m, m + 1, after * sizeof *m);
    f->metas--;
}

/* Replaces m, or adds an entry if m is NULL. */
static int put_meta(lint_frame *f, struct lint_meta *m, const char *key, const char *value,
                    lint_err *e) {
    if (!is_utf8(key) || !is_utf8(value))
        return lint_fail(e, "metadata '%s' is not valid UTF-8: %s", key, value);
    char *v = strdup(value);
    if (!v) return lint_fail_mem(e, "metadata");
    if (m) {
        free(m->value);
        m->value = v;
        return 0;
    }
    struct lint_meta *more = lint_grow(f->meta, f->metas, &f->metas_room, sizeof *more);
    char *k = strdup(key);
    if (more) f->meta = more;
    if (!more || !k) {
        free(k);
        free(v);
        return lint_fail_mem(e, "metadata");
    }
    more[f->metas++] = (struct lint_meta){k, v};
    return 0;
}

int lint_frame_set_meta(lint_frame *f, const char *key, const char *value, lint_err *e) {
    struct lint_meta *m = find_meta(f, key);
    if (value) return put_meta(f, m, key, value, e);
    if (m) drop_meta(f, m);
    return 0;
}

int lint_frame_copy_meta(lint_frame *dst, const lint_frame *src, lint_err *e) {
    int fresh = dst->metas == 0; /* the keys of src differ, so none has to be looked up */
    for (size_t i = 0; i < src->metas; i++) {
        const struct lint_meta *m = &src->meta[i];
        if (put_meta(dst, fresh ? NULL : find_meta(dst, m->key), m->key, m->value, e) < 0)
            return -1;
    }
    return 0;
}

/* --- the canonical order ---------------------------------------------------------------------- */

int lint_tensor_compare(const void *a, const void *b) {
    const lint_tensor *x = a, *y = b;
    size_t wx = DTYPE[x->dtype].bytes, wy = DTYPE[y->dtype].bytes;
    if (wx != wy) return wx > wy ? -1 : 1;
    return strcmp(x->name, y->name);
}

int lint_meta_compare(const void *a, const void *b) {
    const struct lint_meta *x = a, *y = b;
    return strcmp(x->key, y->key);
}
