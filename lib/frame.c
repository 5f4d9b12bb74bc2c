#include "frame.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensor data is used as it lies in the file, so the machine must be little-endian"
#endif

enum {
    ALIGN = 64,           /* of tensor data: a cache line, and the widest vector register */
    VALUES_MAX = 4000000, /* in a header: 300,000 tensors and more */
    FIRST_READ = 1 << 25  /* bytes asked for before any arrived, where the size cannot be checked */
};

static const char METADATA[] = "__metadata__";

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

/* --- memory ------------------------------------------------------------------------------- */

/* Aligned memory of at least one byte, so that a tensor of size zero has a pointer too. */
static void *data_alloc(size_t bytes) {
    if (bytes > PTRDIFF_MAX - ALIGN) return NULL;
    return aligned_alloc(ALIGN, bytes / ALIGN * ALIGN + ALIGN);
}

static char *copy_text(const char *s) {
    size_t n = strlen(s) + 1;
    char *p = malloc(n);
    if (p) memcpy(p, s, n);
    return p;
}

static void tensor_free(lint_tensor *t) {
    free(t->name);
    free(t->shape);
    free(t->data);
}

void lint_frame_clear(lint_frame *f) {
    for (size_t i = 0; i < f->count; i++)
        tensor_free(&f->tensors[i]);
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

/* --- tensors and metadata by name ----------------------------------------------------------- */

/* jansson knows UTF-8; what it refuses cannot stand in a header. */
static int is_utf8(const char *s) {
    json_t *j = json_string(s);
    json_decref(j);
    return j != NULL;
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

/* Fills *t but for its data. */
static int tensor_describe(lint_tensor *t, const char *name, lint_dtype dtype, size_t rank,
                           const uint64_t *shape, lint_err *e) {
    *t = (lint_tensor){.dtype = dtype, .rank = rank};
    if (shape_bytes(shape, rank, dtype, &t->bytes) < 0)
        return lint_fail(e, "tensor '%s': the size of its shape overflows", name);
    t->name = copy_text(name);
    if (rank) t->shape = malloc(rank * sizeof *shape);
    if (!t->name || (rank && !t->shape)) {
        tensor_free(t);
        return lint_fail_mem(e, "a tensor");
    }
    if (rank) memcpy(t->shape, shape, rank * sizeof *shape);
    return 0;
}

/* As lint_frame_add, but the data is not zeroed. */
static lint_tensor *add_raw(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                            const uint64_t *shape, lint_err *e) {
    if (!is_utf8(name) || strcmp(name, METADATA) == 0) {
        lint_fail(e, "'%s' cannot name a tensor", name);
        return NULL;
    }
    lint_tensor t;
    if (tensor_describe(&t, name, dtype, rank, shape, e) < 0) return NULL;
    t.room = t.bytes;
    t.data = data_alloc(t.bytes);
    lint_tensor *old = lint_frame_find(f, name), *slot = old;
    if (!old) {
        lint_tensor *more = realloc(f->tensors, (f->count + 1) * sizeof *more);
        if (more) f->tensors = more;
        slot = more ? &more[f->count] : NULL;
    }
    if (!t.data || !slot) {
        tensor_free(&t);
        lint_fail_mem(e, name);
        return NULL;
    }
    if (old)
        tensor_free(old);
    else
        f->count++;
    *slot = t;
    return slot;
}

lint_tensor *lint_frame_add(lint_frame *f, const char *name, lint_dtype dtype, size_t rank,
                            const uint64_t *shape, lint_err *e) {
    lint_tensor *t = add_raw(f, name, dtype, rank, shape, e);
    if (t) memset(t->data, 0, t->bytes);
    return t;
}

void lint_frame_drop(lint_frame *f, const char *name) {
    lint_tensor *t = lint_frame_find(f, name);
    if (!t) return;
    tensor_free(t);
    size_t after = (size_t)(f->tensors + f->count - (t + 1));
    memmove(t, t + 1, after * sizeof *t);
    f->count--;
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

int lint_frame_set_meta(lint_frame *f, const char *key, const char *value, lint_err *e) {
    struct lint_meta *m = find_meta(f, key);
    if (!value) {
        if (m) drop_meta(f, m);
        return 0;
    }
    if (!is_utf8(key) || !is_utf8(value))
        return lint_fail(e, "metadata '%s' is not valid UTF-8: %s", key, value);
    char *v = copy_text(value);
    if (!v) return lint_fail_mem(e, "metadata");
    if (m) {
        free(m->value);
        m->value = v;
        return 0;
    }
    struct lint_meta *more = realloc(f->meta, (f->metas + 1) * sizeof *more);
    char *k = copy_text(key);
    if (more) f->meta = more;
    if (!more || !k) {
        free(k);
        free(v);
        return lint_fail_mem(e, "metadata");
    }
    more[f->metas++] = (struct lint_meta){k, v};
    return 0;
}

/* --- whole frames and their samples ----------------------------------------------------------- */

size_t lint_frame_samples(const lint_frame *f) {
    static const char *const counted[] = {"image", "label", "logits"};
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        const lint_tensor *t = lint_frame_find(f, counted[i]);
        if (t) return t->rank ? (size_t)t->shape[0] : 0;
    }
    return 0;
}

/* Whether the tensor's rows are the n samples. */
static int per_sample(const lint_tensor *t, size_t n) {
    return t->rank && t->shape[0] == n;
}

static int copy_meta(lint_frame *dst, const lint_frame *src, lint_err *e) {
    for (size_t i = 0; i < src->metas; i++)
        if (lint_frame_set_meta(dst, src->meta[i].key, src->meta[i].value, e) < 0) return -1;
    return 0;
}

static int copy_tensor(lint_frame *dst, const lint_tensor *t, lint_err *e) {
    lint_tensor *to = add_raw(dst, t->name, t->dtype, t->rank, t->shape, e);
    if (!to) return -1;
    memcpy(to->data, t->data, t->bytes);
    return 0;
}

int lint_frame_copy(lint_frame *dst, const lint_frame *src, lint_err *e) {
    lint_frame_clear(dst);
    int ok = copy_meta(dst, src, e);
    for (size_t i = 0; ok == 0 && i < src->count; i++)
        ok = copy_tensor(dst, &src->tensors[i], e);
    if (ok < 0) lint_frame_clear(dst);
    return ok;
}

/* Adds to dst the given rows of t, whose first dimension is n. */
static int take_rows(lint_frame *dst, const lint_tensor *t, size_t n, const size_t *row,
                     size_t rows, lint_err *e) {
    uint64_t *shape = malloc(t->rank * sizeof *shape);
    if (!shape) return lint_fail_mem(e, t->name);
    memcpy(shape, t->shape, t->rank * sizeof *shape);
    shape[0] = rows;
    lint_tensor *to = add_raw(dst, t->name, t->dtype, t->rank, shape, e);
    free(shape);
    if (!to) return -1;
    size_t width = n ? t->bytes / n : 0;
    for (size_t i = 0; i < rows; i++)
        memcpy((char *)to->data + i * width, (const char *)t->data + row[i] * width, width);
    return 0;
}

int lint_frame_take(lint_frame *dst, const lint_frame *src, const size_t *row, size_t rows,
                    lint_err *e) {
    lint_frame_clear(dst);
    size_t n = lint_frame_samples(src);
    for (size_t i = 0; i < rows; i++)
        if (row[i] >= n) return lint_fail(e, "there is no sample %zu in a frame of %zu", row[i], n);
    int ok = copy_meta(dst, src, e);
    for (size_t i = 0; ok == 0 && i < src->count; i++) {
        const lint_tensor *t = &src->tensors[i];
        ok = per_sample(t, n) ? take_rows(dst, t, n, row, rows, e) : copy_tensor(dst, t, e);
    }
    if (ok < 0) lint_frame_clear(dst);
    return ok;
}

/* Makes room for `bytes` at the tensor's data, at least half as much again as there was. */
static int tensor_grow(lint_tensor *t, size_t bytes, lint_err *e) {
    if (bytes <= t->room) return 0;
    size_t room = t->room + t->room / 2;
    if (room < bytes) room = bytes;
    void *p = data_alloc(room);
    if (!p) return lint_fail_mem(e, t->name);
    memcpy(p, t->data, t->bytes);
    free(t->data);
    t->data = p;
    t->room = room;
    return 0;
}

/* Widens the rows of a [n,L] U8 tensor to `width` bytes, padded with zeros. */
static int widen(lint_tensor *t, size_t n, size_t width, lint_err *e) {
    size_t old = (size_t)t->shape[1], bytes;
    if (__builtin_mul_overflow(n, width, &bytes))
        return lint_fail(e, "tensor '%s': the size of its shape overflows", t->name);
    if (tensor_grow(t, bytes, e) < 0) return -1;
    char *p = t->data;
    for (size_t i = n; i-- > 0;) { /* from the end: rows move outwards */
        memmove(p + i * width, p + i * old, old);
        memset(p + i * width + old, 0, width - old);
    }
    t->shape[1] = width;
    t->bytes = bytes;
    return 0;
}

static int is_names(const lint_tensor *t) {
    return strcmp(t->name, "name") == 0 && t->dtype == LINT_U8 && t->rank == 2;
}

/* Whether two tensors agree in dtype and shape from dimension `from` on. */
static int agree(const lint_tensor *a, const lint_tensor *b, size_t from) {
    if (a->dtype != b->dtype || a->rank != b->rank) return 0;
    for (size_t i = from; i < a->rank; i++)
        if (a->shape[i] != b->shape[i]) return 0;
    return 1;
}

/* Appends the m rows of src to the n rows of dst. */
static int append_rows(lint_tensor *dst, size_t n, const lint_tensor *src, size_t m, lint_err *e) {
    size_t wide = 0, bytes;
    if (is_names(dst) && is_names(src)) {
        wide = (size_t)(src->shape[1] > dst->shape[1] ? src->shape[1] : dst->shape[1]);
        if (wide > dst->shape[1] && widen(dst, n, wide, e) < 0) return -1;
    } else if (!agree(dst, src, 1)) {
        return lint_fail(e, "'%s' has another type or shape than in the frames before", dst->name);
    }
    size_t width = m ? src->bytes / m : 0, step = wide ? wide : width;
    if (__builtin_mul_overflow(step, m, &bytes) ||
        __builtin_add_overflow(bytes, dst->bytes, &bytes))
        return lint_fail(e, "tensor '%s': the size of its shape overflows", dst->name);
    if (tensor_grow(dst, bytes, e) < 0) return -1;
    char *p = (char *)dst->data + dst->bytes;
    memset(p, 0, bytes - dst->bytes);
    for (size_t i = 0; i < m; i++)
        memcpy(p + i * step, (const char *)src->data + i * width, width);
    dst->bytes = bytes;
    dst->shape[0] = n + m;
    return 0;
}

static int append_all(lint_frame *dst, const lint_frame *src, lint_err *e) {
    size_t n = lint_frame_samples(dst), m = lint_frame_samples(src);
    for (size_t i = 0; i < src->count; i++)
        if (per_sample(&src->tensors[i], m) && !lint_frame_find(dst, src->tensors[i].name))
            return lint_fail(e, "'%s' is not in the frames before", src->tensors[i].name);
    for (size_t i = 0; i < dst->count; i++) {
        lint_tensor *to = &dst->tensors[i];
        const lint_tensor *from = lint_frame_find(src, to->name);
        int ours = per_sample(to, n), theirs = from && per_sample(from, m);
        if (ours && theirs) {
            if (append_rows(to, n, from, m, e) < 0) return -1;
        } else if (ours && !from) {
            return lint_fail(e, "no '%s', which the frames before have", to->name);
        } else if ((ours || theirs) && !agree(to, from, 0)) {
            return lint_fail(e, "'%s' follows the samples in some frames only", to->name);
        }
    }
    return 0;
}

int lint_frame_append(lint_frame *dst, const lint_frame *src, lint_err *e) {
    if (dst->count == 0) return lint_frame_copy(dst, src, e);
    int ok = append_all(dst, src, e);
    if (ok < 0) lint_frame_clear(dst);
    return ok;
}

/* --- the canonical order ---------------------------------------------------------------------- */

static int compare_tensors(const void *a, const void *b) {
    const lint_tensor *x = a, *y = b;
    size_t wx = DTYPE[x->dtype].bytes, wy = DTYPE[y->dtype].bytes;
    if (wx != wy) return wx > wy ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int compare_metas(const void *a, const void *b) {
    const struct lint_meta *x = a, *y = b;
    return strcmp(x->key, y->key);
}

/* --- the header ------------------------------------------------------------------------------- */

/* A tensor and where its data begins, counted from the end of the header. The tensor is first, so
 * that compare_tensors sorts these too. */
typedef struct placed {
    lint_tensor t;
    uint64_t begin;
} placed;

static int compare_begins(const void *a, const void *b) {
    const placed *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    if (x->t.bytes != y->t.bytes) return x->t.bytes < y->t.bytes ? -1 : 1;
    return strcmp(x->t.name, y->t.name); /* both empty: any fixed order */
}

static int parse_dtype(const char *name, const json_t *j, lint_dtype *d, lint_err *e) {
    const char *word = json_string_value(j);
    if (!word) return lint_fail(e, "tensor '%s': no dtype", name);
    for (int i = 0; i < LINT_DTYPES; i++)
        if (strcmp(word, DTYPE[i].name) == 0) {
            *d = (lint_dtype)i;
            return 0;
        }
    return lint_fail(e, "tensor '%s': unknown dtype '%s'", name, word);
}

/* The non-negative integers of an array, into to[json_array_size(j)]. */
static int parse_sizes(const char *name, const char *what, const json_t *j, uint64_t *to,
                       lint_err *e) {
    for (size_t i = 0; i < json_array_size(j); i++) {
        const json_t *v = json_array_get(j, i);
        if (!json_is_integer(v) || json_integer_value(v) < 0)
            return lint_fail(e, "tensor '%s': %s is not of whole numbers from 0", name, what);
        to[i] = (uint64_t)json_integer_value(v);
    }
    return 0;
}

static int parse_shape(lint_tensor *t, const char *name, lint_dtype dtype, const json_t *j,
                       lint_err *e) {
    if (!json_is_array(j)) return lint_fail(e, "tensor '%s': shape is not an array", name);
    size_t rank = json_array_size(j);
    uint64_t *shape = malloc((rank + 1) * sizeof *shape);
    if (!shape) return lint_fail_mem(e, "a shape");
    int ok = parse_sizes(name, "shape", j, shape, e);
    if (ok == 0) ok = tensor_describe(t, name, dtype, rank, shape, e);
    free(shape);
    return ok;
}

/* On success p->t owns its name and shape; on failure nothing. */
static int parse_tensor(placed *p, const char *name, const json_t *info, lint_err *e) {
    lint_dtype dtype = LINT_U8;
    uint64_t range[2];
    const json_t *offsets = json_object_get(info, "data_offsets");
    if (!json_is_object(info)) return lint_fail(e, "tensor '%s' is not an object", name);
    if (parse_dtype(name, json_object_get(info, "dtype"), &dtype, e) < 0) return -1;
    if (json_array_size(offsets) != 2)
        return lint_fail(e, "tensor '%s': data_offsets is not a pair", name);
    if (parse_sizes(name, "data_offsets", offsets, range, e) < 0) return -1;
    if (range[1] < range[0]) return lint_fail(e, "tensor '%s': data_offsets are reversed", name);
    if (parse_shape(&p->t, name, dtype, json_object_get(info, "shape"), e) < 0) return -1;
    p->begin = range[0];
    if (p->t.bytes == range[1] - range[0]) return 0;
    lint_fail(e,
              "tensor '%s': size mismatch: its shape needs %zu bytes, data_offsets hold %" PRIu64,
              name, p->t.bytes, range[1] - range[0]);
    tensor_free(&p->t);
    return -1;
}

static int parse_metadata(lint_frame *f, json_t *object, lint_err *e) {
    if (json_is_null(object)) return 0;
    if (!json_is_object(object)) return lint_fail(e, "%s is not an object", METADATA);
    f->meta = calloc(json_object_size(object) + 1, sizeof *f->meta);
    if (!f->meta) return lint_fail_mem(e, "metadata");
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (!json_is_string(value)) return lint_fail(e, "metadata '%s' is not a string", key);
        struct lint_meta *m = &f->meta[f->metas++];
        m->key = copy_text(key);
        m->value = copy_text(json_string_value(value));
        if (!m->key || !m->value) return lint_fail_mem(e, "metadata");
    }
    qsort(f->meta, f->metas, sizeof *f->meta, compare_metas);
    return 0;
}

/* Every byte of the data belongs to exactly one tensor: p is sorted by begin. */
static int check_cover(const placed *p, size_t n, uint64_t *total, lint_err *e) {
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i].begin > at)
            return lint_fail(e, "hole of %" PRIu64 " bytes before tensor '%s'", p[i].begin - at,
                             p[i].t.name);
        if (p[i].begin < at)
            return lint_fail(e, "overlap: tensor '%s' begins inside '%s'", p[i].t.name,
                             p[i - 1].t.name);
        at += p[i].t.bytes; /* begin + bytes came from a 63-bit integer */
    }
    *total = at;
    return 0;
}

/* Fills p (room for json_object_size(root)) and *n with the tensors, sorted by begin, and f with
 * the metadata. On failure the tensors so far are in p: the caller frees them. */
static int parse_root(lint_frame *f, json_t *root, placed *p, size_t *n, uint64_t *total,
                      lint_err *e) {
    const char *name;
    json_t *info;
    json_object_foreach(root, name, info) {
        if (strcmp(name, METADATA) == 0) {
            if (parse_metadata(f, info, e) < 0) return -1;
        } else {
            if (parse_tensor(&p[*n], name, info, e) < 0) return -1;
            ++*n;
        }
    }
    qsort(p, *n, sizeof *p, compare_begins);
    return check_cover(p, *n, total, e);
}

static const char *json_problem(const json_error_t *je) {
    switch (json_error_code(je)) {
    case json_error_invalid_utf8:
        return "not valid UTF-8";
    case json_error_duplicate_key:
        return "duplicate key";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "NUL in a text";
    case json_error_numeric_overflow:
        return "a number overflows 63 bits";
    default:
        return "not valid JSON";
    }
}

/* jansson takes up to 50 bytes of memory for a byte of JSON, so the header's length alone does not
 * bound it. Counts the commas, colons and brackets, even those in texts: about 12 a tensor. */
static int check_values(const char *json, size_t len, lint_err *e) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += json[i] == ',' || json[i] == ':' || json[i] == '[' || json[i] == '{';
    if (n <= VALUES_MAX) return 0;
    return lint_fail(e, "header holds more than %d values", VALUES_MAX);
}

static json_t *parse_json(const char *json, size_t len, lint_err *e) {
    json_error_t je;
    if (check_values(json, len, e) < 0) return NULL;
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &je);
    if (root && json_is_object(root)) return root;
    if (root)
        lint_fail(e, "header is not a JSON object");
    else
        lint_fail(e, "header: %s: %s (byte %d)", json_problem(&je), je.text, je.position);
    json_decref(root);
    return NULL;
}

/* The tensors of a header in the order of their data, from malloc, and their number; metadata goes
 * to f. NULL on error, with f cleared. */
static placed *parse_header(lint_frame *f, const char *json, size_t len, size_t *n, uint64_t *total,
                            lint_err *e) {
    *n = 0;
    json_t *root = parse_json(json, len, e);
    if (!root) return NULL;
    placed *p = calloc(json_object_size(root) + 1, sizeof *p);
    int ok = p ? parse_root(f, root, p, n, total, e) : lint_fail_mem(e, "the header");
    json_decref(root);
    if (ok == 0) return p;
    for (size_t i = 0; p && i < *n; i++)
        tensor_free(&p[i].t);
    free(p);
    lint_frame_clear(f);
    return NULL;
}

/* Moves the tensors into f, in canonical order, and (where wanted) their begins to *begin. */
static int adopt(lint_frame *f, placed *p, size_t n, uint64_t **begin, lint_err *e) {
    qsort(p, n, sizeof *p, compare_tensors);
    f->tensors = malloc((n + 1) * sizeof *f->tensors);
    uint64_t *b = begin ? malloc((n + 1) * sizeof *b) : NULL;
    if (!f->tensors || (begin && !b)) {
        free(b);
        return lint_fail_mem(e, "the header");
    }
    for (size_t i = 0; i < n; i++) {
        f->tensors[i] = p[i].t;
        if (b) b[i] = p[i].begin;
    }
    f->count = n;
    if (begin) *begin = b;
    return 0;
}

int lint_header_parse(lint_frame *f, const char *json, size_t len, uint64_t **begin,
                      uint64_t *total, lint_err *e) {
    lint_frame_clear(f);
    size_t n;
    placed *p = parse_header(f, json, len, &n, total, e);
    if (!p) return -1;
    int ok = adopt(f, p, n, begin, e);
    if (ok < 0) {
        for (size_t i = 0; i < n; i++)
            tensor_free(&p[i].t);
        lint_frame_clear(f);
    }
    free(p);
    return ok;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct lint_reader {
    FILE *in;
    char *name;
    size_t frames;
};

lint_reader *lint_reader_new(FILE *in, const char *name, lint_err *e) {
    lint_reader *r = calloc(1, sizeof *r);
    char *copy = copy_text(name);
    if (!r || !copy) {
        free(r);
        free(copy);
        lint_fail_mem(e, "a reader");
        return NULL;
    }
    r->in = in;
    r->name = copy;
    return r;
}

void lint_reader_free(lint_reader *r) {
    if (!r) return;
    free(r->name);
    free(r);
}

/* Why fewer bytes came than were asked for. */
static int short_read(FILE *in, const char *what, uint64_t got, uint64_t want, lint_err *e) {
    if (ferror(in)) return lint_fail(e, "cannot read: %s", strerror(errno));
    return lint_fail(e, "truncated: %s ends after %" PRIu64 " of %" PRIu64 " bytes", what, got,
                     want);
}

/* Bytes that are left of a regular file; UINT64_MAX where nobody knows. Kernel files claim to be
 * regular and of size 0. */
static uint64_t bytes_left(FILE *in) {
    struct stat st;
    int fd = fileno(in);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) return UINT64_MAX;
    off_t at = ftello(in);
    if (at < 0) return UINT64_MAX;
    return at < st.st_size ? (uint64_t)(st.st_size - at) : 0;
}

/* Reads n bytes into aligned memory, of which `first` are asked for at once and more as the bytes
 * arrive. NULL on error. */
static char *read_bytes(FILE *in, const char *what, size_t n, size_t first, lint_err *e) {
    size_t have = 0, room = n < first ? n : first;
    char *p = data_alloc(room);
    while (p) {
        have += fread(p + have, 1, room - have, in);
        if (have == n) return p;
        if (have < room) {
            short_read(in, what, have, n, e);
            free(p);
            return NULL;
        }
        room = room > n / 2 ? n : room * 2;
        char *more = data_alloc(room);
        if (more) memcpy(more, p, have);
        free(p);
        p = more;
    }
    lint_fail_mem(e, what);
    return NULL;
}

/* 1: *len is the next header's length. 0: end of the input. */
static int read_length(FILE *in, uint64_t *len, lint_err *e) {
    unsigned char b[8];
    size_t got = fread(b, 1, sizeof b, in);
    if (got == 0 && !ferror(in)) return 0;
    if (got < sizeof b) return short_read(in, "the header length", got, sizeof b, e);
    memcpy(len, b, sizeof b);
    if (*len > LINT_HEADER_MAX)
        return lint_fail(
            e, "header of %" PRIu64 " bytes is over the limit of %u (is this a tensor stream?)",
            *len, LINT_HEADER_MAX);
    return 1;
}

/* Reads the data of the n tensors of p, which are in the order of their data. */
static int read_data(FILE *in, placed *p, size_t n, uint64_t total, lint_err *e) {
    uint64_t left = bytes_left(in);
    if (total > left) return short_read(in, "the data", left, total, e);
    for (size_t i = 0; i < n; i++) {
        lint_tensor *t = &p[i].t;
        size_t first = left == UINT64_MAX ? FIRST_READ : t->bytes;
        char what[100];
        snprintf(what, sizeof what, "the data of '%.60s'", t->name);
        t->data = read_bytes(in, what, t->bytes, first, e);
        if (!t->data) return -1;
        t->room = t->bytes;
    }
    return 0;
}

static int read_frame(FILE *in, lint_frame *f, lint_err *e) {
    uint64_t len = 0, total;
    size_t n;
    int got = read_length(in, &len, e);
    if (got <= 0) return got;
    uint64_t left = bytes_left(in);
    if (len > left) return short_read(in, "the header", left, len, e);
    char *json = read_bytes(in, "the header", (size_t)len, 1 << 16, e);
    if (!json) return -1;
    placed *p = parse_header(f, json, (size_t)len, &n, &total, e);
    free(json);
    if (!p) return -1;
    int ok = read_data(in, p, n, total, e);
    if (ok == 0) ok = adopt(f, p, n, NULL, e);
    for (size_t i = 0; ok < 0 && i < n; i++)
        tensor_free(&p[i].t);
    free(p);
    return ok < 0 ? -1 : 1;
}

int lint_reader_next(lint_reader *r, lint_frame *f, lint_err *e) {
    lint_frame_clear(f);
    int got = read_frame(r->in, f, e);
    if (got < 0) {
        lint_frame_clear(f);
        return lint_err_prefix(e, "%s: frame %zu: ", r->name, r->frames + 1);
    }
    r->frames += (size_t)got;
    return got;
}

/* The one frame of an open file. */
static int load_only(FILE *in, lint_frame *f, lint_err *e) {
    int got = read_frame(in, f, e);
    if (got < 0) return -1;
    if (got == 0) return lint_fail(e, "empty, expected one frame");
    if (getc(in) != EOF) return lint_fail(e, "trailing bytes after the frame, expected one frame");
    if (ferror(in)) return lint_fail(e, "cannot read: %s", strerror(errno));
    return 0;
}

int lint_frame_load(lint_frame *f, const char *path, lint_err *e) {
    lint_frame_clear(f);
    int from_stdin = strcmp(path, "-") == 0;
    FILE *in = from_stdin ? stdin : fopen(path, "rb");
    if (!in) return lint_fail(e, "%s: %s", path, strerror(errno));
    int ok = load_only(in, f, e);
    if (!from_stdin) fclose(in);
    if (ok == 0) return 0;
    lint_frame_clear(f);
    return lint_err_prefix(e, "%s: ", from_stdin ? "standard input" : path);
}

/* --- writing ---------------------------------------------------------------------------------- */

static int put_string(FILE *out, const char *s) {
    json_t *j = json_string(s);
    int ok = j ? json_dumpf(j, out, JSON_ENCODE_ANY) : -1;
    json_decref(j);
    return ok;
}

static int put_meta(FILE *out, const struct lint_meta *meta, size_t n) {
    fprintf(out, "\"%s\":{", METADATA);
    for (size_t i = 0; i < n; i++) {
        if (i) putc(',', out);
        if (put_string(out, meta[i].key) < 0) return -1;
        putc(':', out);
        if (put_string(out, meta[i].value) < 0) return -1;
    }
    putc('}', out);
    return 0;
}

static int put_tensor(FILE *out, const lint_tensor *t, uint64_t at) {
    if (put_string(out, t->name) < 0) return -1;
    fprintf(out, ":{\"dtype\":\"%s\",\"shape\":[", DTYPE[t->dtype].name);
    for (size_t i = 0; i < t->rank; i++)
        fprintf(out, "%s%" PRIu64, i ? "," : "", t->shape[i]);
    fprintf(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", at, at + t->bytes);
    return 0;
}

/* The header's text, tensors and metadata in the order given. */
static int put_header(FILE *out, const lint_frame *f) {
    uint64_t at = 0;
    putc('{', out);
    if (f->metas && put_meta(out, f->meta, f->metas) < 0) return -1;
    for (size_t i = 0; i < f->count; i++) {
        if (i || f->metas) putc(',', out);
        if (put_tensor(out, &f->tensors[i], at) < 0) return -1;
        at += f->tensors[i].bytes;
    }
    putc('}', out);
    for (long n = ftell(out); n % 8; n++)
        putc(' ', out);
    return ferror(out) ? -1 : 0;
}

/* The header from malloc; NULL where memory ran out. */
static char *header_text(const lint_frame *sorted, size_t *len) {
    char *text = NULL;
    FILE *mem = open_memstream(&text, len);
    if (!mem) return NULL;
    int ok = put_header(mem, sorted);
    if (fclose(mem) == 0 && ok == 0) return text;
    free(text);
    return NULL;
}

static int write_sorted(const lint_frame *f, FILE *out, lint_err *e) {
    size_t len = 0;
    char *text = header_text(f, &len);
    if (!text) return lint_fail_mem(e, "the header");
    if (len > LINT_HEADER_MAX) {
        free(text);
        return lint_fail(e, "header of %zu bytes is over the limit of %u", len, LINT_HEADER_MAX);
    }
    uint64_t length = len;
    size_t ok = fwrite(&length, sizeof length, 1, out) == 1 && fwrite(text, 1, len, out) == len;
    free(text);
    for (size_t i = 0; ok && i < f->count; i++)
        ok = fwrite(f->tensors[i].data, 1, f->tensors[i].bytes, out) == f->tensors[i].bytes;
    return ok ? 0 : lint_fail(e, "cannot write: %s", strerror(errno));
}

int lint_frame_write(const lint_frame *f, FILE *out, lint_err *e) {
    lint_frame sorted = *f; /* its own order, the same contents */
    sorted.tensors = malloc((f->count + 1) * sizeof *f->tensors);
    sorted.meta = malloc((f->metas + 1) * sizeof *f->meta);
    int ok = -1;
    if (sorted.tensors && sorted.meta) {
        if (f->count) memcpy(sorted.tensors, f->tensors, f->count * sizeof *f->tensors);
        if (f->metas) memcpy(sorted.meta, f->meta, f->metas * sizeof *f->meta);
        qsort(sorted.tensors, f->count, sizeof *f->tensors, compare_tensors);
        qsort(sorted.meta, f->metas, sizeof *f->meta, compare_metas);
        ok = write_sorted(&sorted, out, e);
    } else {
        lint_fail_mem(e, "the header");
    }
    free(sorted.tensors);
    free(sorted.meta);
    return ok;
}
