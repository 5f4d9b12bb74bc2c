#include "stream/zip.h"
#include "base/grow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Records begin with a signature; these are their lengths without what varies. */
enum {
    LOCAL = 30,
    CENTRAL = 46,
    END = 22,
    END64 = 56,
    LOCATOR64 = 20,
    COMMENT_MAX = 65535,
    ENCRYPTED = 1,  /* a flag */
    EXTRA_ZIP64 = 1 /* the extra field with sizes of 64 bits */
};

static const char LOCAL_MARK[] = "PK\3\4", CENTRAL_MARK[] = "PK\1\2", END_MARK[] = "PK\5\6",
                  END64_MARK[] = "PK\6\6", LOCATOR64_MARK[] = "PK\6\7";

static uint64_t little(const unsigned char *p, size_t bytes) {
    uint64_t v = 0;
    while (bytes--)
        v = v << 8 | p[bytes];
    return v;
}

/* Whether a record of `size` bytes with that signature fits at `at`. */
static int is_record(const unsigned char *bytes, size_t n, uint64_t at, const char *mark,
                     size_t size) {
    return at <= n && n - at >= size && memcmp(bytes + at, mark, 4) == 0;
}

/* --- the end, which tells where the directory is ----------------------------------------------- */

typedef struct directory {
    uint64_t at, size, entries;
} directory;

static int read_end64(const unsigned char *bytes, size_t n, size_t end, directory *d, lint_err *e) {
    uint64_t at = little(bytes + end - LOCATOR64 + 8, 8);
    if (!is_record(bytes, n, at, END64_MARK, END64))
        return lint_fail(e, "a zip file whose zip64 directory is not where its locator says");
    if (little(bytes + at + 16, 4) || little(bytes + at + 20, 4))
        return lint_fail(e, "a zip file of several disks");
    *d = (directory){.entries = little(bytes + at + 32, 8),
                     .size = little(bytes + at + 40, 8),
                     .at = little(bytes + at + 48, 8)};
    return 0;
}

static int read_end(const unsigned char *bytes, size_t n, directory *d, lint_err *e) {
    size_t end = n < END ? 0 : n - END, lowest = end > COMMENT_MAX ? end - COMMENT_MAX : 0;
    while (end > lowest && !is_record(bytes, n, end, END_MARK, END))
        end--;
    if (!is_record(bytes, n, end, END_MARK, END))
        return lint_fail(e, "truncated: a zip file without the directory at its end");
    if (end >= LOCATOR64 && is_record(bytes, n, end - LOCATOR64, LOCATOR64_MARK, LOCATOR64))
        return read_end64(bytes, n, end, d, e);
    if (little(bytes + end + 4, 2) || little(bytes + end + 6, 2))
        return lint_fail(e, "a zip file of several disks");
    *d = (directory){.entries = little(bytes + end + 10, 2),
                     .size = little(bytes + end + 12, 4),
                     .at = little(bytes + end + 16, 4)};
    return 0;
}

/* --- an entry of the directory ----------------------------------------------------------------- */

typedef struct entry {
    const unsigned char *record;
    size_t name_length;
    uint64_t packed, size, at; /* bytes in the archive; of the member; where its header begins */
} entry;

/* The extra field with sizes of 64 bits among `extra` [n]: its data, and *length of them. */
static const unsigned char *find_wide(const unsigned char *extra, size_t n, size_t *length) {
    while (n >= 4) {
        *length = (size_t)little(extra + 2, 2);
        if (*length > n - 4) break;
        if (little(extra, 2) == EXTRA_ZIP64) return extra + 4;
        extra += 4 + *length;
        n -= 4 + *length;
    }
    *length = 0;
    return NULL;
}

/* Numbers of the entry that do not fit into 32 bits are in the extra field, in this order. */
static int read_wide(entry *t, const unsigned char *extra, size_t n, lint_err *e) {
    uint64_t *const number[] = {&t->size, &t->packed, &t->at};
    size_t left;
    const unsigned char *at = find_wide(extra, n, &left);
    for (int i = 0; i < 3; i++) {
        if (*number[i] != UINT32_MAX) continue;
        if (left < 8) return lint_fail(e, "a zip file with an entry that lacks its zip64 sizes");
        *number[i] = little(at, 8);
        at += 8;
        left -= 8;
    }
    return 0;
}

/* Reads the entry at p, of which n bytes are left of the directory. Its length, or 0 on error. */
static size_t read_entry(entry *t, const unsigned char *p, size_t n, lint_err *e) {
    if (!is_record(p, n, 0, CENTRAL_MARK, CENTRAL)) {
        lint_fail(e, "a zip file with a damaged directory");
        return 0;
    }
    size_t name = (size_t)little(p + 28, 2), extra = (size_t)little(p + 30, 2);
    size_t length = CENTRAL + name + extra + (size_t)little(p + 32, 2);
    if (length > n) {
        lint_fail(e, "a zip file with a damaged directory");
        return 0;
    }
    *t = (entry){.record = p,
                 .name_length = name,
                 .packed = little(p + 20, 4),
                 .size = little(p + 24, 4),
                 .at = little(p + 42, 4)};
    return read_wide(t, p + CENTRAL + name, extra, e) < 0 ? 0 : length;
}

/* Where the bytes of the member begin, behind a header that repeats its name. NULL: not there. */
static const unsigned char *locate(const entry *t, const unsigned char *bytes, size_t n) {
    if (!is_record(bytes, n, t->at, LOCAL_MARK, LOCAL)) return NULL;
    const unsigned char *p = bytes + t->at;
    uint64_t name = little(p + 26, 2), skip = LOCAL + name + little(p + 28, 2);
    if (n - t->at < skip || n - t->at - skip < t->packed) return NULL;
    if (name != t->name_length || memcmp(p + LOCAL, t->record + CENTRAL, (size_t)name) != 0)
        return NULL;
    return p + skip;
}

static int add_member(lint_zip *z, const entry *t, const unsigned char *bytes, size_t n,
                      lint_err *e) {
    lint_zip_member *more = lint_grow(z->member, z->count, &z->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "a zip directory");
    z->member = more;
    char *name = strndup((const char *)t->record + CENTRAL, t->name_length);
    if (!name) return lint_fail_mem(e, "a zip directory");
    lint_zip_member *m = &more[z->count++];
    *m = (lint_zip_member){.name = name,
                           .data = locate(t, bytes, n),
                           .size = (size_t)t->packed,
                           .crc = (uint32_t)little(t->record + 16, 4),
                           .method = (unsigned)little(t->record + 10, 2)};
    if (strlen(name) != t->name_length) return lint_fail(e, "a zip member with NUL in its name");
    if (little(t->record + 8, 2) & ENCRYPTED)
        return lint_fail(e, "zip member '%s' is encrypted", name);
    if (!m->data)
        return lint_fail(e, "truncated: zip member '%s' is not where the directory says", name);
    if (m->method == 0 && t->size != t->packed)
        return lint_fail(e, "zip member '%s' is stored, but of two sizes", name);
    return 0;
}

/* --- the list ---------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const lint_zip_member *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int by_place(const void *a, const void *b) {
    const lint_zip_member *x = a, *y = b;
    return (x->data > y->data) - (x->data < y->data);
}

/* Members that share bytes are no archiver's: a small file could have them read any number of times. */
static int check_apart(lint_zip *z, lint_err *e) {
    if (z->count) qsort(z->member, z->count, sizeof *z->member, by_place);
    for (size_t i = 1; i < z->count; i++) {
        const lint_zip_member *m = &z->member[i - 1];
        if ((size_t)(m[1].data - m->data) < m->size)
            return lint_fail(e, "a zip file whose members '%s' and '%s' overlap", m->name,
                             m[1].name);
    }
    return 0;
}

static int check_names(lint_zip *z, lint_err *e) {
    if (z->count) qsort(z->member, z->count, sizeof *z->member, by_name);
    for (size_t i = 1; i < z->count; i++)
        if (by_name(&z->member[i - 1], &z->member[i]) == 0)
            return lint_fail(e, "a zip file with two members '%s'", z->member[i].name);
    return 0;
}

static int read_directory(lint_zip *z, const unsigned char *bytes, size_t n, lint_err *e) {
    directory d = {0};
    if (read_end(bytes, n, &d, e) < 0) return -1;
    if (d.at > n || d.size > n - d.at)
        return lint_fail(e, "truncated: a zip file whose directory lies outside it");
    const unsigned char *p = bytes + d.at;
    for (uint64_t i = 0; i < d.entries; i++) {
        entry t;
        size_t length = read_entry(&t, p, (size_t)(bytes + d.at + d.size - p), e);
        if (length == 0 || add_member(z, &t, bytes, n, e) < 0) return -1;
        p += length;
    }
    return check_apart(z, e) < 0 ? -1 : check_names(z, e);
}

int lint_zip_open(lint_zip *z, const unsigned char *bytes, size_t n, lint_err *e) {
    *z = (lint_zip){0};
    if (read_directory(z, bytes, n, e) == 0) return 0;
    lint_zip_free(z);
    return -1;
}

void lint_zip_free(lint_zip *z) {
    for (size_t i = 0; i < z->count; i++)
        free(z->member[i].name);
    free(z->member);
    *z = (lint_zip){0};
}

lint_zip_member *lint_zip_find(const lint_zip *z, const char *name) {
    lint_zip_member key = {.name = (char *)name};
    return z->count ? bsearch(&key, z->member, z->count, sizeof key, by_name) : NULL;
}

int lint_zip_check(lint_zip_member *m, lint_err *e) {
    if (m->checked) return 0;
    if (m->method) return lint_fail(e, "zip member '%s' is compressed, expected stored", m->name);
    uint32_t is = (uint32_t)crc32_z(crc32_z(0, NULL, 0), m->data, m->size);
    if (is != m->crc)
        return lint_fail(e, "zip member '%s' is damaged: its CRC is %08" PRIx32 ", not %08" PRIx32,
                         m->name, is, m->crc);
    m->checked = 1;
    return 0;
}
