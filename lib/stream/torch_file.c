#include "stream/torch_file.h"
#include "base/grow.h"
#include "stream/frame_parts.h"
#include "stream/pickle.h"
#include "stream/zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_WEIGHTS "save the weights alone: torch.save(model.state_dict(), FILE)"
#define SAVE_AGAIN   "save it again: torch.save(torch.load(FILE), NEW)"

enum { RANK_MAX = 64 }; /* as in PyTorch */

/* What a pickle may name: the storages first, in the order of storage_dtype. */
static const char *const globals[] = {"torch FloatStorage",
                                      "torch HalfStorage",
                                      "torch BFloat16Storage",
                                      "torch DoubleStorage",
                                      "torch LongStorage",
                                      "torch IntStorage",
                                      "torch ShortStorage",
                                      "torch CharStorage",
                                      "torch ByteStorage",
                                      "torch BoolStorage",
                                      "torch._utils _rebuild_tensor_v2",
                                      "torch._utils _rebuild_tensor",
                                      "torch._utils _rebuild_parameter",
                                      NULL};
static const lint_dtype storage_dtype[] = {LINT_F32, LINT_F16, LINT_BF16, LINT_F64, LINT_I64,
                                           LINT_I32, LINT_I16, LINT_I8,   LINT_U8,  LINT_BOOL};
enum { STORAGES = sizeof storage_dtype / sizeof *storage_dtype };
enum { REBUILD_V2 = STORAGES, REBUILD_V1, PARAMETER };

/* A storage of the old format, by its key. */
typedef struct old_storage {
    const lint_pickle_value *key;
    lint_dtype dtype;
    const unsigned char *data; /* NULL: not found yet */
    uint64_t elements;
} old_storage;

typedef struct reader {
    lint_torch_file *to;
    lint_pickle pickle;
    lint_zip zip;
    const char *folder; /* in the zip, without what follows its last slash */
    size_t folder_length;
    lint_pickle keys; /* of the old format's storages */
    old_storage *old;
    size_t olds, old_room;
    uint64_t copied; /* bytes */
    lint_err *e;
} reader;

/* --- the parts of a value ---------------------------------------------------------------------- */

static const lint_pickle_value *item(const reader *r, const lint_pickle_value *v, size_t i) {
    return lint_pickle_item(&r->pickle, v, i);
}

static int is_kind(const lint_pickle_value *v, lint_pickle_kind kind) {
    return v && v->kind == kind;
}

/* Whether it is a number from 0, to *n. */
static int get_size(const lint_pickle_value *v, uint64_t *n) {
    if (!is_kind(v, LINT_PICKLE_INT) || v->number < 0) return 0;
    *n = (uint64_t)v->number;
    return 1;
}

/* The global that it calls, or -1. */
static int64_t called(const reader *r, const lint_pickle_value *v) {
    return is_kind(v, LINT_PICKLE_CALL) ? item(r, v, 0)->number : -1;
}

static int is_tensor(const reader *r, const lint_pickle_value *v) {
    return called(r, v) >= REBUILD_V2;
}

/* --- storages ---------------------------------------------------------------------------------- */

typedef struct storage {
    lint_dtype dtype;
    uint64_t elements;
    const lint_pickle_value *key;
    const unsigned char *data;
} storage;

/* Reads ("storage", class, key, device, elements, and in the old format None). */
static int describe_storage(const reader *r, const lint_pickle_value *v, storage *s,
                            const char *name) {
    const lint_pickle_value *id = is_kind(v, LINT_PICKLE_OUTSIDE) ? item(r, v, 0) : NULL;
    const lint_pickle_value *class = item(r, id, 1), *view = item(r, id, 5);
    s->key = item(r, id, 2);
    if (!is_kind(id, LINT_PICKLE_TUPLE) || !lint_pickle_is_text(item(r, id, 0), "storage") ||
        !is_kind(class, LINT_PICKLE_GLOBAL) || class->number >= STORAGES ||
        !is_kind(s->key, LINT_PICKLE_TEXT) || !get_size(item(r, id, 4), &s->elements))
        return lint_fail(r->e, "tensor '%s': its storage is not described as PyTorch does", name);
    if (view && view->kind != LINT_PICKLE_NONE)
        return lint_fail(r->e, "tensor '%s': its storage is part of another one; " SAVE_AGAIN,
                         name);
    s->dtype = storage_dtype[class->number];
    return 0;
}

static int too_small(const reader *r, const storage *s, const char *name, uint64_t bytes) {
    return lint_fail(
        r->e, "tensor '%s': its storage has %" PRIu64 " bytes, expected %" PRIu64 " elements of %s",
        name, bytes, s->elements, lint_dtype_name(s->dtype));
}

static int find_in_zip(const reader *r, storage *s, const char *name) {
    char path[1024];
    uint64_t bytes;
    int length =
        snprintf(path, sizeof path, "%.*s/data/%.*s", (int)r->folder_length, r->folder,
                 (int)(s->key->count < sizeof path ? s->key->count : sizeof path), s->key->text);
    lint_zip_member *m = length < (int)sizeof path ? lint_zip_find(&r->zip, path) : NULL;
    if (!m) return lint_fail(r->e, "tensor '%s': the file lacks its storage '%.200s'", name, path);
    if (lint_zip_check(m, r->e) < 0) return lint_err_prefix(r->e, "tensor '%s': ", name);
    if (__builtin_mul_overflow(s->elements, lint_dtype_bytes(s->dtype), &bytes) || bytes != m->size)
        return too_small(r, s, name, m->size);
    s->data = m->data;
    return 0;
}

static int by_key(const void *a, const void *b) {
    const lint_pickle_value *x = ((const old_storage *)a)->key, *y = ((const old_storage *)b)->key;
    if (x->count != y->count) return x->count < y->count ? -1 : 1;
    return memcmp(x->text, y->text, x->count);
}

static old_storage *find_old(const reader *r, const lint_pickle_value *key) {
    old_storage wanted = {.key = key};
    return r->olds ? bsearch(&wanted, r->old, r->olds, sizeof wanted, by_key) : NULL;
}

static int find_behind(const reader *r, storage *s, const char *name) {
    const old_storage *o = find_old(r, s->key);
    if (!o || !o->data) return lint_fail(r->e, "tensor '%s': the file lacks its storage", name);
    if (o->elements != s->elements)
        return lint_fail(r->e,
                         "tensor '%s': its storage has %" PRIu64 " elements, expected %" PRIu64,
                         name, o->elements, s->elements);
    s->data = o->data;
    return 0;
}

/* --- a tensor ---------------------------------------------------------------------------------- */

typedef struct layout {
    size_t rank;
    uint64_t offset, size[RANK_MAX], stride[RANK_MAX], elements;
} layout;

/* Reads offset, size and stride of _rebuild_tensor_v2's arguments. */
static int read_layout(const reader *r, const lint_pickle_value *arguments, layout *l) {
    const lint_pickle_value *size = item(r, arguments, 2), *stride = item(r, arguments, 3);
    if (!get_size(item(r, arguments, 1), &l->offset) || !is_kind(size, LINT_PICKLE_TUPLE) ||
        !is_kind(stride, LINT_PICKLE_TUPLE) || size->count != stride->count ||
        size->count > RANK_MAX)
        return -1;
    l->rank = size->count;
    l->elements = 1;
    for (size_t i = 0; i < l->rank; i++)
        if (!get_size(item(r, size, i), &l->size[i]) ||
            !get_size(item(r, stride, i), &l->stride[i]) ||
            __builtin_mul_overflow(l->elements, l->size[i], &l->elements))
            return -1;
    return 0;
}

/* Whether all elements lie in a storage of n, and are no more. */
static int is_inside(const layout *l, uint64_t n) {
    uint64_t last = l->offset, step;
    if (l->elements == 0) return 1;
    for (size_t i = 0; i < l->rank; i++)
        if (__builtin_mul_overflow(l->size[i] - 1, l->stride[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            return 0;
    return last < n && l->elements <= n;
}

/* Whether they lie one behind the other, row by row. */
static int is_packed(const layout *l) {
    uint64_t row = 1;
    for (size_t i = l->rank; i-- > 0;) {
        if (l->size[i] != 1 && l->stride[i] != row) return 0;
        row *= l->size[i];
    }
    return 1;
}

/* Copies all elements, of `width` bytes, row by row. */
static void copy_strided(const layout *l, const unsigned char *from, size_t width,
                         unsigned char *to) {
    uint64_t at[RANK_MAX] = {0}, element = l->offset;
    for (uint64_t n = l->elements; n > 0; n--) {
        memcpy(to, from + element * width, width);
        to += width;
        for (size_t i = l->rank; i-- > 0;) {
            element += l->stride[i];
            if (++at[i] < l->size[i]) break;
            element -= l->stride[i] * l->size[i];
            at[i] = 0;
        }
    }
}

/* Points t's data into the file, or makes a copy. */
static int place(reader *r, lint_tensor *t, const layout *l, const storage *s) {
    size_t width = lint_dtype_bytes(t->dtype);
    const unsigned char *begin = s->data + (l->elements ? l->offset * width : 0);
    if (l->elements && is_packed(l) && (uintptr_t)begin % width == 0) {
        t->data = (void *)begin;
        return 0;
    }
    r->copied += t->bytes;
    if (r->copied / LINT_TORCH_COPIES > r->to->size)
        return lint_fail(r->e, "tensor '%s': the file's tensors share storages too often", t->name);
    t->data = lint_data_alloc(t->bytes);
    if (!t->data) return lint_fail_mem(r->e, t->name);
    t->room =
        t->bytes ? t->bytes : 1; /* lint_data_alloc's own minimum: 0 says that the file has it */
    copy_strided(l, s->data, width, t->data);
    return 0;
}

/* Fills *t. On error it owns what it has. */
static int read_tensor(reader *r, const lint_pickle_value *v, const char *name, lint_tensor *t) {
    storage s;
    layout l;
    if (called(r, v) == PARAMETER) v = item(r, item(r, v, 1), 0);
    int64_t how = called(r, v);
    const lint_pickle_value *arguments = item(r, v, 1);
    if ((how != REBUILD_V2 && how != REBUILD_V1) || read_layout(r, arguments, &l) < 0)
        return lint_fail(r->e, "tensor '%s': it is not described as PyTorch does", name);
    if (describe_storage(r, item(r, arguments, 0), &s, name) < 0) return -1;
    if ((r->zip.count ? find_in_zip : find_behind)(r, &s, name) < 0) return -1;
    if (!is_inside(&l, s.elements))
        return lint_fail(r->e,
                         "tensor '%s': its strides reach outside its storage of %" PRIu64
                         " elements, or repeat them",
                         name, s.elements);
    if (lint_tensor_describe(t, name, s.dtype, l.rank, l.size, r->e) < 0) return -1;
    return place(r, t, &l, &s);
}

/* --- the dict of tensors ----------------------------------------------------------------------- */

static const char *what_is(const lint_pickle_value *v) {
    static const char *const word[] = {
        [LINT_PICKLE_NONE] = "None",         [LINT_PICKLE_BOOL] = "a boolean",
        [LINT_PICKLE_INT] = "a number",      [LINT_PICKLE_REAL] = "a number",
        [LINT_PICKLE_TEXT] = "a text",       [LINT_PICKLE_TUPLE] = "a tuple",
        [LINT_PICKLE_LIST] = "a list",       [LINT_PICKLE_DICT] = "a dict",
        [LINT_PICKLE_GLOBAL] = "a class",    [LINT_PICKLE_CALL] = "a tensor",
        [LINT_PICKLE_OUTSIDE] = "a storage",
    };
    return word[v->kind];
}

/* A copy of the key, or NULL. */
static char *copy_name(reader *r, const lint_pickle_value *key) {
    if (!is_kind(key, LINT_PICKLE_TEXT)) {
        lint_fail(r->e, "a name among its tensors is %s, expected a text", what_is(key));
        return NULL;
    }
    char *name = strndup(key->text, key->count);
    if (!name) lint_fail_mem(r->e, "a name");
    if (name && (strlen(name) != key->count || !lint_name_is_valid(name))) {
        lint_fail(r->e, "'%s' is not a valid tensor name", name);
        free(name);
        return NULL;
    }
    return name;
}

static int add_tensor(reader *r, const lint_pickle_value *key, const lint_pickle_value *v) {
    lint_frame *f = &r->to->frame;
    lint_tensor *more = lint_grow(f->tensors, f->count, &f->tensors_room, sizeof *more);
    if (!more) return lint_fail_mem(r->e, "tensors");
    f->tensors = more;
    char *name = copy_name(r, key);
    if (!name) return -1;
    more[f->count] = (lint_tensor){0};
    int err = is_tensor(r, v) ? read_tensor(r, v, name, &more[f->count])
                              : lint_fail(r->e, "'%s' is %s, expected a tensor", name, what_is(v));
    if (more[f->count].name) f->count++;
    free(name);
    return err;
}

static int by_name(const void *a, const void *b) {
    const lint_tensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int add_all(reader *r, const lint_pickle_value *dict) {
    lint_frame *f = &r->to->frame;
    for (size_t i = 0; i + 1 < dict->count; i += 2)
        if (add_tensor(r, item(r, dict, i), item(r, dict, i + 1)) < 0) return -1;
    if (f->count == 0) return lint_fail(r->e, "a dict without tensors; " SAVE_WEIGHTS);
    qsort(f->tensors, f->count, sizeof *f->tensors, by_name);
    for (size_t i = 1; i < f->count; i++)
        if (by_name(&f->tensors[i - 1], &f->tensors[i]) == 0)
            return lint_fail(r->e, "two tensors of the name '%s'", f->tensors[i].name);
    qsort(f->tensors, f->count, sizeof *f->tensors, lint_tensor_compare);
    return 0;
}

/* The dict of tensors: the top one, or one of its values by a name that says so. NULL on error. */
static const lint_pickle_value *choose(const reader *r) {
    static const char *const name[] = {"state_dict", "model", "state_dict_ema", "model_ema"};
    const lint_pickle_value *top = lint_pickle_get(&r->pickle, r->pickle.top), *chosen = NULL;
    const char *as = NULL;
    if (top->kind != LINT_PICKLE_DICT) {
        lint_fail(r->e, "it holds %s, expected a dict of tensors; " SAVE_WEIGHTS, what_is(top));
        return NULL;
    }
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        const lint_pickle_value *v = lint_pickle_find(&r->pickle, top, name[i]);
        if (!is_kind(v, LINT_PICKLE_DICT)) continue;
        if (chosen) {
            lint_fail(r->e, "it holds weights as '%s' and as '%s'; save those that you mean", as,
                      name[i]);
            return NULL;
        }
        chosen = v;
        as = name[i];
    }
    return chosen ? chosen : top;
}

/* --- the two formats --------------------------------------------------------------------------- */

static const unsigned char OLD_MAGIC[] = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                          0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
static const char ZIP_MARK[] = "PK\3\4", PICKLE[] = "/data.pkl";
enum { TAR_MARK = 257 }; /* where a tar archive says "ustar" */

static int begins(const unsigned char *bytes, size_t n, const void *with, size_t length) {
    return n >= length && memcmp(bytes, with, length) == 0;
}

static int is_tar(const unsigned char *bytes, size_t n) {
    return n > TAR_MARK && begins(bytes + TAR_MARK, n - TAR_MARK, "ustar", 5);
}

/* Any pickle of protocol 2 to 5; lengths of safetensors headers are too small to begin so. */
static int is_pickle(const unsigned char *bytes, size_t n) {
    uint64_t length;
    if (n < sizeof length) return 0;
    memcpy(&length, bytes, sizeof length);
    return bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5 && length > LINT_HEADER_MAX;
}

int lint_torch_file_is(const unsigned char *bytes, size_t n) {
    return begins(bytes, n, ZIP_MARK, 4) || is_pickle(bytes, n) || is_tar(bytes, n);
}

/* The pickle's member, whose folder is noted. */
static lint_zip_member *find_pickle(reader *r) {
    lint_zip_member *found = NULL;
    size_t tail = strlen(PICKLE);
    for (size_t i = 0; i < r->zip.count; i++) {
        lint_zip_member *m = &r->zip.member[i];
        size_t length = strlen(m->name);
        if (length <= tail || strcmp(m->name + length - tail, PICKLE) != 0) continue;
        if (found) {
            lint_fail(r->e, "a zip file with '%s' and '%s', expected one of PyTorch", found->name,
                      m->name);
            return NULL;
        }
        found = m;
        r->folder = m->name;
        r->folder_length = length - tail;
    }
    if (!found) lint_fail(r->e, "a zip file without data.pkl, expected one of PyTorch");
    return found;
}

static lint_zip_member *find_beside(const reader *r, const char *name) {
    char path[1024];
    int length = snprintf(path, sizeof path, "%.*s/%s", (int)r->folder_length, r->folder, name);
    return length < (int)sizeof path ? lint_zip_find(&r->zip, path) : NULL;
}

/* TorchScript's files hold a program; data of other byte orders would be read as noise. */
static int check_zip(const reader *r) {
    lint_zip_member *order = find_beside(r, "byteorder");
    if (find_beside(r, "constants.pkl"))
        return lint_fail(r->e, "a TorchScript program, expected a state dict; "
                               "torch.save(torch.jit.load(FILE).state_dict(), NEW)");
    if (!order) return 0;
    if (lint_zip_check(order, r->e) < 0) return -1;
    if (order->size == 6 && memcmp(order->data, "little", 6) == 0) return 0;
    return lint_fail(r->e, "its byte order is '%.*s', expected 'little'",
                     (int)(order->size < 20 ? order->size : 20), (const char *)order->data);
}

static int read_zip(reader *r) {
    if (lint_zip_open(&r->zip, r->to->bytes, r->to->size, r->e) < 0) return -1;
    lint_zip_member *m = find_pickle(r);
    if (!m || check_zip(r) < 0 || lint_zip_check(m, r->e) < 0) return -1;
    if (lint_pickle_read(&r->pickle, m->data, m->size, globals, r->e) < 0)
        return lint_err_prefix(r->e, "%s: ", m->name);
    return 0;
}

/* The old format is five pickles: a magic number, a version, facts of the machine, the tensors, and
 * the keys of their storages in the order in which these follow, each behind its length. */
enum { OLD_VERSION = 1001 };

/* Reads one more pickle at *at. */
static int next_pickle(reader *r, size_t *at, lint_pickle *p) {
    if (lint_pickle_read(p, r->to->bytes + *at, r->to->size - *at, globals, r->e) < 0) return -1;
    *at += p->length;
    return 0;
}

static int check_version(reader *r, size_t *at) {
    lint_pickle p;
    if (next_pickle(r, at, &p) < 0) return -1;
    const lint_pickle_value *v = lint_pickle_get(&p, p.top);
    int fine = v->kind == LINT_PICKLE_INT && v->number == OLD_VERSION;
    lint_pickle_free(&p);
    return fine ? 0 : lint_fail(r->e, "PyTorch's old format in an unknown version; " SAVE_AGAIN);
}

static int check_machine(reader *r, size_t *at) {
    lint_pickle p;
    if (next_pickle(r, at, &p) < 0) return -1;
    const lint_pickle_value *v = lint_pickle_get(&p, p.top), *little = NULL;
    if (v->kind == LINT_PICKLE_DICT) little = lint_pickle_find(&p, v, "little_endian");
    int fine = little && little->kind == LINT_PICKLE_BOOL && little->number;
    lint_pickle_free(&p);
    return fine ? 0 : lint_fail(r->e, "its byte order is not 'little'");
}

/* Lists the storages that tensors name. */
static int list_old(reader *r) {
    for (size_t i = 0; i < r->pickle.count; i++) {
        storage s;
        if (r->pickle.value[i].kind != LINT_PICKLE_OUTSIDE) continue;
        if (describe_storage(r, &r->pickle.value[i], &s, "?") < 0) return -1;
        old_storage *more = lint_grow(r->old, r->olds, &r->old_room, sizeof *more);
        if (!more) return lint_fail_mem(r->e, "storages");
        r->old = more;
        more[r->olds++] = (old_storage){.key = s.key, .dtype = s.dtype};
    }
    size_t n = 0;
    if (r->olds) qsort(r->old, r->olds, sizeof *r->old, by_key);
    for (size_t i = 0; i < r->olds; i++) {
        if (n == 0 || by_key(&r->old[n - 1], &r->old[i]) != 0)
            r->old[n++] = r->old[i];
        else if (r->old[n - 1].dtype != r->old[i].dtype)
            return lint_fail(r->e, "a storage of two dtypes");
    }
    r->olds = n;
    return 0;
}

/* The storage that lies at *at. */
static int place_old(reader *r, const lint_pickle_value *key, size_t *at) {
    uint64_t left = r->to->size - *at, bytes;
    old_storage *o = is_kind(key, LINT_PICKLE_TEXT) ? find_old(r, key) : NULL;
    if (!o || o->data) return lint_fail(r->e, "a storage that no tensor names");
    if (left < sizeof o->elements) return lint_fail(r->e, "truncated: it ends before a storage");
    memcpy(&o->elements, r->to->bytes + *at, sizeof o->elements);
    left -= sizeof o->elements;
    if (__builtin_mul_overflow(o->elements, lint_dtype_bytes(o->dtype), &bytes) || bytes > left)
        return lint_fail(r->e, "truncated: it ends within a storage of %" PRIu64 " elements",
                         o->elements);
    o->data = r->to->bytes + *at + sizeof o->elements;
    *at += sizeof o->elements + (size_t)bytes;
    return 0;
}

static int read_old(reader *r) {
    size_t at = sizeof OLD_MAGIC;
    if (check_version(r, &at) < 0 || check_machine(r, &at) < 0) return -1;
    if (next_pickle(r, &at, &r->pickle) < 0 || list_old(r) < 0) return -1;
    if (next_pickle(r, &at, &r->keys) < 0) return -1;
    const lint_pickle_value *keys = lint_pickle_get(&r->keys, r->keys.top);
    if (keys->kind != LINT_PICKLE_LIST) return lint_fail(r->e, "its storages are not listed");
    for (size_t i = 0; i < keys->count; i++)
        if (place_old(r, lint_pickle_item(&r->keys, keys, i), &at) < 0) return -1;
    return 0;
}

/* --- any file ---------------------------------------------------------------------------------- */

static int read_any(reader *r) {
    const unsigned char *bytes = r->to->bytes;
    size_t n = r->to->size;
    if (begins(bytes, n, ZIP_MARK, 4)) return read_zip(r);
    if (begins(bytes, n, OLD_MAGIC, sizeof OLD_MAGIC)) return read_old(r);
    return lint_fail(r->e, "%s; " SAVE_AGAIN,
                     is_tar(bytes, n) ? "a tar archive, as PyTorch wrote before version 0.2"
                                      : "a pickle, but none that torch.save wrote");
}

int lint_torch_file_read(lint_torch_file *t, const unsigned char *bytes, size_t n, lint_err *e) {
    *t = (lint_torch_file){.bytes = bytes, .size = n};
    reader r = {.to = t, .e = e};
    int err = read_any(&r);
    const lint_pickle_value *dict = err == 0 ? choose(&r) : NULL;
    if (!dict || add_all(&r, dict) < 0) err = -1;
    lint_pickle_free(&r.pickle);
    lint_pickle_free(&r.keys);
    lint_zip_free(&r.zip);
    free(r.old);
    if (err < 0) lint_torch_file_free(t);
    return err;
}

void lint_torch_file_free(lint_torch_file *t) {
    for (size_t i = 0; i < t->frame.count; i++)
        if (t->frame.tensors[i].room == 0) t->frame.tensors[i].data = NULL;
    lint_frame_free(&t->frame);
    *t = (lint_torch_file){0};
}
