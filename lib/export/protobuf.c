#include "export/protobuf.h"
#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

/* A field is a varint, number << 3 | type, and its value. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

void lint_protobuf_put(lint_protobuf *m, const void *bytes, size_t n) {
    if (m->failed || n > SIZE_MAX / 4 - m->n) {
        m->failed = 1;
        return;
    }
    if (n == 0) return;
    uint8_t *more = lint_grow_to(m->bytes, m->n + n, &m->room, 1);
    if (!more) {
        m->failed = 1;
        return;
    }
    m->bytes = more;
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

void lint_protobuf_varint(lint_protobuf *m, uint64_t v) {
    uint8_t byte[10];
    size_t n = 0;
    do {
        byte[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
    } while (v);
    lint_protobuf_put(m, byte, n);
}

static void put_key(lint_protobuf *m, unsigned field, unsigned type) {
    lint_protobuf_varint(m, field << 3 | type);
}

void lint_protobuf_little(uint8_t *to, uint64_t v, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

static void put_fixed(lint_protobuf *m, unsigned field, uint64_t bits, size_t n) {
    uint8_t bytes[8];
    lint_protobuf_little(bytes, bits, n);
    put_key(m, field, n == 8 ? FIXED64 : FIXED32);
    lint_protobuf_put(m, bytes, n);
}

void lint_protobuf_double(lint_protobuf *m, unsigned field, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_fixed(m, field, bits, sizeof bits);
}

void lint_protobuf_float(lint_protobuf *m, unsigned field, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_fixed(m, field, bits, sizeof bits);
}

void lint_protobuf_whole(lint_protobuf *m, unsigned field, uint64_t v) {
    put_key(m, field, VARINT);
    lint_protobuf_varint(m, v);
}

void lint_protobuf_head(lint_protobuf *m, unsigned field, uint64_t n) {
    put_key(m, field, BYTES);
    lint_protobuf_varint(m, n);
}

void lint_protobuf_bytes(lint_protobuf *m, unsigned field, const void *bytes, size_t n) {
    lint_protobuf_head(m, field, n);
    lint_protobuf_put(m, bytes, n);
}

void lint_protobuf_text(lint_protobuf *m, unsigned field, const char *text) {
    lint_protobuf_bytes(m, field, text, strlen(text));
}

void lint_protobuf_part(lint_protobuf *m, unsigned field, lint_protobuf *part) {
    lint_protobuf_bytes(m, field, part->bytes, part->n);
    m->failed |= part->failed;
    free(part->bytes);
    *part = (lint_protobuf){0};
}
