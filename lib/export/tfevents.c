#include "export/tfevents.h"
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- protobuf's wire format ------------------------------------------------------------------- */

/* https://protobuf.dev/programming-guides/encoding: a field is a varint, number << 3 | type, and
 * its value. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* Memory that ran out is told by `failed`, once, at the end. */
typedef struct message {
    uint8_t *bytes;
    size_t n, room;
    int failed;
} message;

static void put(message *m, const void *bytes, size_t n) {
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

static void put_varint(message *m, uint64_t v) {
    uint8_t byte[10];
    size_t n = 0;
    do {
        byte[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
    } while (v);
    put(m, byte, n);
}

static void put_key(message *m, unsigned field, unsigned type) {
    put_varint(m, field << 3 | type);
}

static void little(uint8_t *to, uint64_t v, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

static void put_fixed(message *m, unsigned field, uint64_t bits, size_t n) {
    uint8_t bytes[8];
    little(bytes, bits, n);
    put_key(m, field, n == 8 ? FIXED64 : FIXED32);
    put(m, bytes, n);
}

static void put_double(message *m, unsigned field, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_fixed(m, field, bits, sizeof bits);
}

static void put_float(message *m, unsigned field, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_fixed(m, field, bits, sizeof bits);
}

static void put_whole(message *m, unsigned field, uint64_t v) {
    put_key(m, field, VARINT);
    put_varint(m, v);
}

static void put_bytes(message *m, unsigned field, const void *bytes, size_t n) {
    put_key(m, field, BYTES);
    put_varint(m, n);
    put(m, bytes, n);
}

static void put_text(message *m, unsigned field, const char *text) {
    put_bytes(m, field, text, strlen(text));
}

/* The part becomes a field of m, and is gone. */
static void put_part(message *m, unsigned field, message *part) {
    put_bytes(m, field, part->bytes, part->n);
    m->failed |= part->failed;
    free(part->bytes);
    *part = (message){0};
}

/* --- records ---------------------------------------------------------------------------------- */

uint32_t lint_crc32c(const void *bytes, size_t n) {
    const uint32_t reversed = 0x82f63b78; /* Castagnoli's polynomial, its bits reversed */
    uint32_t crc = ~UINT32_C(0);
    for (const uint8_t *b = bytes; n--; b++) {
        crc ^= *b;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? reversed : 0);
    }
    return ~crc;
}

static void masked_crc(uint8_t to[4], const void *bytes, size_t n) {
    uint32_t crc = lint_crc32c(bytes, n);
    little(to, (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8), 4);
}

/* Writes the event as a record, and empties it. */
static int write_event(FILE *out, message *event, lint_err *e) {
    uint8_t length[12], check[4];
    int err = event->failed ? lint_fail_mem(e, "an event") : 0;
    if (!err) {
        little(length, event->n, 8);
        masked_crc(length + 8, length, 8);
        masked_crc(check, event->bytes, event->n);
        if (fwrite(length, 1, 12, out) != 12 ||
            fwrite(event->bytes, 1, event->n, out) != event->n || fwrite(check, 1, 4, out) != 4)
            err = lint_fail(e, "%s", strerror(errno ? errno : EIO));
    }
    free(event->bytes);
    *event = (message){0};
    return err;
}

/* --- events ----------------------------------------------------------------------------------- */

enum { EVENT_TIME = 1, EVENT_STEP, EVENT_VERSION, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1, METADATA_CLASS = 4, PLUGIN_NAME = 1, CLASS_TENSOR = 2 };
enum { TENSOR_TYPE = 1, TENSOR_SHAPE, TENSOR_STRING = 8, TYPE_STRING = 7 };

/* What Markdown would take for the end of a cell. */
static void put_cell(message *m, const char *text) {
    for (; *text; text++) {
        if (*text == '|' || *text == '\\') put(m, "\\", 1);
        put(m, text, 1);
    }
}

/* A text value: a scalar tensor of strings, with the settings as a table in Markdown. */
static void put_settings(message *event, const lint_run_log *log) {
    static const char head[] = "| setting | value |\n|---|---|\n";
    message text = {0}, tensor = {0}, shape = {0}, plugin = {0}, metadata = {0}, value = {0},
            summary = {0};
    put(&text, head, sizeof head - 1);
    for (size_t i = 0; i < log->settings; i++) {
        put(&text, "| ", 2);
        put_cell(&text, log->setting[i].name);
        put(&text, " | ", 3);
        put_cell(&text, log->setting[i].value);
        put(&text, " |\n", 3);
    }
    put_whole(&tensor, TENSOR_TYPE, TYPE_STRING);
    put_part(&tensor, TENSOR_SHAPE, &shape);
    put_part(&tensor, TENSOR_STRING, &text);
    put_text(&plugin, PLUGIN_NAME, "text");
    put_part(&metadata, METADATA_PLUGIN, &plugin);
    put_whole(&metadata, METADATA_CLASS, CLASS_TENSOR);
    put_text(&value, VALUE_TAG, "settings/text_summary");
    put_part(&value, VALUE_TENSOR, &tensor);
    put_part(&value, VALUE_METADATA, &metadata);
    put_part(&summary, SUMMARY_VALUE, &value);
    put_part(event, EVENT_SUMMARY, &summary);
}

static void put_row(message *event, const lint_run_log *log, size_t row) {
    message summary = {0};
    for (size_t c = 1; c < log->columns; c++) {
        const char *word = lint_run_log_cell(log, row, c);
        message value = {0};
        if (!word) continue;
        put_text(&value, VALUE_TAG, log->column[c]);
        put_float(&value, VALUE_SIMPLE, strtof(word, NULL));
        put_part(&summary, SUMMARY_VALUE, &value);
    }
    put_part(event, EVENT_SUMMARY, &summary);
}

int lint_tfevents_write(FILE *out, const lint_run_log *log, uint64_t time, lint_err *e) {
    message event = {0};
    put_double(&event, EVENT_TIME, (double)time);
    put_text(&event, EVENT_VERSION, "brain.Event:2");
    int err = write_event(out, &event, e);
    if (!err && log->settings) {
        put_double(&event, EVENT_TIME, (double)time);
        put_settings(&event, log);
        err = write_event(out, &event, e);
    }
    for (size_t row = 0; row < log->rows && !err; row++) {
        uint64_t epoch = lint_run_log_epoch(log, row);
        put_double(&event, EVENT_TIME, (double)(time + epoch));
        put_whole(&event, EVENT_STEP, epoch);
        put_row(&event, log, row);
        err = write_event(out, &event, e);
    }
    return err;
}
