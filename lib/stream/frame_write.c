/* Writing frames. Declared in frame.h. */
#include "stream/frame_parts.h"

#include "base/memstream.h"
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int put_string(FILE *out, const char *s) {
    json_t *j = json_string(s);
    int err = j ? json_dumpf(j, out, JSON_ENCODE_ANY) : -1;
    json_decref(j);
    return err;
}

static int put_meta(FILE *out, const struct lint_meta *meta, size_t n) {
    fprintf(out, "\"%s\":{", LINT_METADATA);
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
    fprintf(out, ":{\"dtype\":\"%s\",\"shape\":[", lint_dtype_name(t->dtype));
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
    if (!lint_memstream_close(mem, &text) || ok == 0) return text;
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
    return ok ? 0 : lint_fail(e, "%s", strerror(errno));
}

/* Fills meta, room for f->metas + 1, with what stands in the header, in its order. */
static size_t sorted_meta(const lint_frame *f, struct lint_meta *meta) {
    size_t n = 0;
    for (size_t i = 0; i < f->metas; i++)
        if (!f->more || strcmp(f->meta[i].key, LINT_MORE) != 0) meta[n++] = f->meta[i];
    if (f->more) meta[n++] = (struct lint_meta){LINT_MORE, LINT_MORE_YES};
    qsort(meta, n, sizeof *meta, lint_meta_compare);
    return n;
}

int lint_frame_write(const lint_frame *f, FILE *out, lint_err *e) {
    lint_frame sorted = *f; /* its own order, the same contents */
    sorted.tensors = malloc((f->count + 1) * sizeof *f->tensors);
    sorted.meta = malloc((f->metas + 1) * sizeof *f->meta);
    int err = -1;
    if (sorted.tensors && sorted.meta) {
        if (f->count) memcpy(sorted.tensors, f->tensors, f->count * sizeof *f->tensors);
        qsort(sorted.tensors, f->count, sizeof *f->tensors, lint_tensor_compare);
        sorted.metas = sorted_meta(f, sorted.meta);
        err = write_sorted(&sorted, out, e);
    } else {
        lint_fail_mem(e, "the header");
    }
    free(sorted.tensors);
    free(sorted.meta);
    return err;
}
