/* Whole frames and their samples. Declared in frame.h. */
#include "stream/frame_parts.h"

#include <stdlib.h>
#include <string.h>

size_t lint_frame_samples(const lint_frame *f) {
    static const char *const counted[] = {"image", "label", "logits", "features"};
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

static int copy_tensor(lint_frame *dst, const lint_tensor *t, lint_err *e) {
    lint_tensor *to = lint_frame_add_new(dst, t->name, t->dtype, t->rank, t->shape, e);
    if (!to) return -1;
    memcpy(to->data, t->data, t->bytes);
    return 0;
}

int lint_frame_copy(lint_frame *dst, const lint_frame *src, lint_err *e) {
    lint_frame_clear(dst);
    int err = lint_frame_copy_meta(dst, src, e);
    for (size_t i = 0; err == 0 && i < src->count; i++)
        err = copy_tensor(dst, &src->tensors[i], e);
    if (err < 0) lint_frame_clear(dst);
    return err;
}

/* Adds to dst the given rows of t, whose first dimension is n. */
static int take_rows(lint_frame *dst, const lint_tensor *t, size_t n, const size_t *row,
                     size_t rows, lint_err *e) {
    uint64_t *shape = malloc(t->rank * sizeof *shape);
    if (!shape) return lint_fail_mem(e, t->name);
    memcpy(shape, t->shape, t->rank * sizeof *shape);
    shape[0] = rows;
    lint_tensor *to = lint_frame_add_new(dst, t->name, t->dtype, t->rank, shape, e);
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
    int err = lint_frame_copy_meta(dst, src, e);
    for (size_t i = 0; err == 0 && i < src->count; i++) {
        const lint_tensor *t = &src->tensors[i];
        err = per_sample(t, n) ? take_rows(dst, t, n, row, rows, e) : copy_tensor(dst, t, e);
    }
    if (err < 0) lint_frame_clear(dst);
    return err;
}

/* Makes room for `bytes` at the tensor's data, at least half as much again as there was. */
static int tensor_grow(lint_tensor *t, size_t bytes, lint_err *e) {
    if (bytes <= t->room) return 0;
    size_t room = t->room + t->room / 2;
    if (room < bytes) room = bytes;
    void *p = lint_data_alloc(room);
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
        return lint_fail(e, "'%s' differs in type or shape from the frames before", dst->name);
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

static int compare_names(const void *a, const void *b) {
    return strcmp((*(lint_tensor *const *)a)->name, (*(lint_tensor *const *)b)->name);
}

/* The tensors by name, from malloc. */
static lint_tensor **by_name(const lint_frame *f, lint_err *e) {
    lint_tensor **list = malloc((f->count + 1) * sizeof *list);
    if (!list) {
        lint_fail_mem(e, "a frame");
        return NULL;
    }
    for (size_t i = 0; i < f->count; i++)
        list[i] = &f->tensors[i];
    if (f->count) qsort(list, f->count, sizeof *list, compare_names);
    return list;
}

int lint_frame_pair(const lint_frame *a, const lint_frame *b, lint_pair_fn *fn, void *ctx,
                    lint_err *e) {
    lint_tensor **x = by_name(a, e), **y = x ? by_name(b, e) : NULL;
    int got = y ? 0 : -1;
    for (size_t i = 0, j = 0; !got && (i < a->count || j < b->count);) {
        int order = i == a->count ? 1 : j == b->count ? -1 : compare_names(&x[i], &y[j]);
        got = fn(ctx, order <= 0 ? x[i] : NULL, order >= 0 ? y[j] : NULL, e);
        i += order <= 0;
        j += order >= 0;
    }
    free(x);
    free(y);
    return got;
}

/* Samples of the frame that is added to, and of the one that is added. */
typedef struct counts {
    size_t n, m;
} counts;

static int append_tensor(void *ctx, lint_tensor *to, lint_tensor *from, lint_err *e) {
    const counts *c = ctx;
    int ours = to && per_sample(to, c->n), theirs = from && per_sample(from, c->m);
    if (ours && theirs) return append_rows(to, c->n, from, c->m, e);
    if (theirs && !to) return lint_fail(e, "'%s' is not in the frames before", from->name);
    if (ours && !from) return lint_fail(e, "no '%s', which the frames before have", to->name);
    if ((ours || theirs) && !agree(to, from, 0))
        return lint_fail(e, "'%s' has one row per sample in some frames only", to->name);
    return 0;
}

int lint_frame_append(lint_frame *dst, const lint_frame *src, lint_err *e) {
    if (dst->count == 0) return lint_frame_copy(dst, src, e);
    counts c = {lint_frame_samples(dst), lint_frame_samples(src)};
    int err = lint_frame_pair(dst, src, append_tensor, &c, e);
    if (err < 0) lint_frame_clear(dst);
    return err;
}
