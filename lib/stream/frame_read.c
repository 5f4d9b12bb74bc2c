/* Reading frames, and the header alone. Declared in frame.h. */
#include "base/standard_io.h"
#include "base/text.h"
#include "stream/frame_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    VALUES_MAX = 4000000, /* in a header: 300,000 tensors and more */
    FIRST_READ = 1 << 25  /* bytes asked for before any arrived, where the size cannot be checked */
};

/* --- the header ------------------------------------------------------------------------------- */

/* A tensor and where its data begins, counted from the end of the header. The tensor is first, so
 * that lint_tensor_compare sorts these too. */
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
        if (strcmp(word, lint_dtype_name((lint_dtype)i)) == 0) {
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
            return lint_fail(e, "tensor '%s': %s must hold whole numbers from 0", name, what);
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
    int err = parse_sizes(name, "shape", j, shape, e);
    if (err == 0) err = lint_tensor_describe(t, name, dtype, rank, shape, e);
    free(shape);
    return err;
}

/* On success p->t owns its name and shape; on failure nothing. */
static int parse_tensor(placed *p, const char *name, const json_t *info, lint_err *e) {
    lint_dtype dtype = LINT_U8;
    uint64_t range[2] = {0};
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
    lint_tensor_free(&p->t);
    return -1;
}

/* With another value, the key means something to somebody else. */
static int says_more(const char *key, const json_t *value) {
    return strcmp(key, LINT_MORE) == 0 && strcmp(json_string_value(value), LINT_MORE_YES) == 0;
}

static int parse_metadata(lint_frame *f, json_t *object, lint_err *e) {
    if (json_is_null(object)) return 0;
    if (!json_is_object(object)) return lint_fail(e, "%s is not an object", LINT_METADATA);
    f->meta = calloc(json_object_size(object) + 1, sizeof *f->meta);
    if (!f->meta) return lint_fail_mem(e, "metadata");
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (!json_is_string(value)) return lint_fail(e, "metadata '%s' is not a string", key);
        if (says_more(key, value)) {
            f->more = 1;
            continue;
        }
        struct lint_meta *m = &f->meta[f->metas++];
        m->key = strdup(key);
        m->value = strdup(json_string_value(value));
        if (!m->key || !m->value) return lint_fail_mem(e, "metadata");
    }
    qsort(f->meta, f->metas, sizeof *f->meta, lint_meta_compare);
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
        if (strcmp(name, LINT_METADATA) == 0) {
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

/* About 12 values a tensor. */
static int check_values(const char *json, size_t len, lint_err *e) {
    if (lint_json_values(json, len) <= VALUES_MAX) return 0;
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
    int err = p ? parse_root(f, root, p, n, total, e) : lint_fail_mem(e, "the header");
    json_decref(root);
    if (err == 0) return p;
    for (size_t i = 0; p && i < *n; i++)
        lint_tensor_free(&p[i].t);
    free(p);
    lint_frame_clear(f);
    return NULL;
}

/* Moves the tensors into f, in canonical order, and (where wanted) their begins to *begin. */
static int adopt(lint_frame *f, placed *p, size_t n, uint64_t **begin, lint_err *e) {
    qsort(p, n, sizeof *p, lint_tensor_compare);
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
    int err = adopt(f, p, n, begin, e);
    if (err < 0) {
        for (size_t i = 0; i < n; i++)
            lint_tensor_free(&p[i].t);
        lint_frame_clear(f);
    }
    free(p);
    return err;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct lint_reader {
    FILE *in;
    char *name;
    size_t frames;
    int more; /* whether the last frame says that another follows */
};

lint_reader *lint_reader_new(FILE *in, const char *name, lint_err *e) {
    lint_reader *r = calloc(1, sizeof *r);
    char *copy = strdup(name);
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
    if (ferror(in)) return lint_fail_errno(e, "cannot read");
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
    char *p = lint_data_alloc(room);
    while (p) {
        have += fread(p + have, 1, room - have, in);
        if (have == n) return p;
        if (have < room) {
            short_read(in, what, have, n, e);
            free(p);
            return NULL;
        }
        room = room > n / 2 ? n : room * 2;
        char *more = lint_data_alloc(room);
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
    int err = read_data(in, p, n, total, e);
    if (err == 0) err = adopt(f, p, n, NULL, e);
    for (size_t i = 0; err < 0 && i < n; i++)
        lint_tensor_free(&p[i].t);
    free(p);
    return err < 0 ? -1 : 1;
}

int lint_fail_cut(lint_err *e) {
    return lint_fail(e,
                     "truncated: the input ends, but the frame before says that another follows");
}

int lint_reader_next(lint_reader *r, lint_frame *f, lint_err *e) {
    lint_frame_clear(f);
    int got = read_frame(r->in, f, e);
    if (got == 0 && r->more) got = lint_fail_cut(e);
    if (got < 0) {
        lint_frame_clear(f);
        return lint_err_prefix(e, "%s: frame %zu: ", r->name, r->frames + 1);
    }
    r->frames += (size_t)got;
    r->more = f->more;
    return got;
}

/* The one frame of an open file. */
static int load_only(FILE *in, lint_frame *f, lint_err *e) {
    int got = read_frame(in, f, e);
    if (got < 0) return -1;
    if (got == 0) return lint_fail(e, "empty, expected one frame");
    if (getc(in) != EOF) return lint_fail(e, "trailing bytes after the frame, expected one frame");
    if (ferror(in)) return lint_fail_errno(e, "cannot read");
    return f->more ? lint_fail_cut(e) : 0;
}

int lint_frame_load(lint_frame *f, const char *path, lint_err *e) {
    lint_frame_clear(f);
    FILE *in = lint_input_open(path, e);
    if (!in) return -1;
    int err = load_only(in, f, e);
    lint_input_close(in);
    if (err == 0) return 0;
    lint_frame_clear(f);
    return lint_err_prefix(e, "%s: ", lint_input_name(path));
}
