/* protobuf: messages in Protocol Buffers' wire format, put together in memory.
 *
 * A message grows in memory field by field; a field's value may be another message. Where memory
 * runs out, `failed` is set and the rest is ignored: one test at the end suffices.
 *
 *     lint_protobuf event = {0}, summary = {0};
 *     lint_protobuf_double(&event, 1, seconds);
 *     lint_protobuf_text(&summary, 1, "loss");
 *     lint_protobuf_part(&event, 5, &summary);              // frees summary
 *     if (event.failed) return lint_fail_mem(&e, "an event");
 *     fwrite(event.bytes, 1, event.n, out);
 *     free(event.bytes);
 *
 * Format: https://protobuf.dev/programming-guides/encoding
 */
#ifndef LINT_EXPORT_PROTOBUF_H
#define LINT_EXPORT_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

typedef struct lint_protobuf {
    uint8_t *bytes; /* from malloc */
    size_t n, room;
    int failed;
} lint_protobuf;

/* Bytes as they are. */
void lint_protobuf_put(lint_protobuf *m, const void *bytes, size_t n);
/* A number alone, of 1 to 10 bytes. */
void lint_protobuf_varint(lint_protobuf *m, uint64_t v);

/* A field: its number, and a value. */
void lint_protobuf_whole(lint_protobuf *m, unsigned field, uint64_t v);
void lint_protobuf_float(lint_protobuf *m, unsigned field, float v);
void lint_protobuf_double(lint_protobuf *m, unsigned field, double v);
void lint_protobuf_bytes(lint_protobuf *m, unsigned field, const void *bytes, size_t n);
void lint_protobuf_text(lint_protobuf *m, unsigned field, const char *text);
/* The beginning of a field of n bytes, which the caller puts or writes itself. */
void lint_protobuf_head(lint_protobuf *m, unsigned field, uint64_t n);
/* Appends the part to m as a field, and frees it. */
void lint_protobuf_part(lint_protobuf *m, unsigned field, lint_protobuf *part);

/* The lowest `bytes` bytes of v, the lowest first. */
void lint_protobuf_little(uint8_t *to, uint64_t v, size_t bytes);

#endif
