#include "export/tfevents.h"
#include "base/grow.h"
#include "base/regular_file.h"
#include "export/protobuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    lint_protobuf_little(to, (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8), 4);
}

/* Writes the event as a record, and empties it. */
static int write_event(FILE *out, lint_protobuf *event, lint_err *e) {
    uint8_t length[12], check[4];
    int err = event->failed ? lint_fail_mem(e, "an event") : 0;
    if (!err) {
        lint_protobuf_little(length, event->n, 8);
        masked_crc(length + 8, length, 8);
        masked_crc(check, event->bytes, event->n);
        if (fwrite(length, 1, 12, out) != 12 ||
            fwrite(event->bytes, 1, event->n, out) != event->n || fwrite(check, 1, 4, out) != 4)
            err = lint_fail(e, "%s", strerror(errno ? errno : EIO));
    }
    free(event->bytes);
    *event = (lint_protobuf){0};
    return err;
}

/* --- events ----------------------------------------------------------------------------------- */

enum { EVENT_TIME = 1, EVENT_STEP, EVENT_VERSION, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1, METADATA_CLASS = 4, PLUGIN_NAME = 1, CLASS_TENSOR = 2, CLASS_BLOBS };
enum { TENSOR_TYPE = 1, TENSOR_SHAPE, TENSOR_STRING = 8, TYPE_STRING = 7 };
enum { SHAPE_DIM = 2, DIM_SIZE = 1 };

/* Text of a table's cell, with what would end the cell escaped. */
static void put_cell(lint_protobuf *m, const char *text) {
    for (; *text; text++) {
        if (*text == '|' || *text == '\\') lint_protobuf_put(m, "\\", 1);
        lint_protobuf_put(m, text, 1);
    }
}

/* A value that a plugin shows: a tensor of texts. Frees the tensor. */
static void put_tensor(lint_protobuf *summary, const char *tag, const char *of, unsigned class,
                       lint_protobuf *tensor) {
    lint_protobuf plugin = {0}, metadata = {0}, value = {0};
    lint_protobuf_text(&plugin, PLUGIN_NAME, of);
    lint_protobuf_part(&metadata, METADATA_PLUGIN, &plugin);
    lint_protobuf_whole(&metadata, METADATA_CLASS, class);
    lint_protobuf_text(&value, VALUE_TAG, tag);
    lint_protobuf_part(&value, VALUE_TENSOR, tensor);
    lint_protobuf_part(&value, VALUE_METADATA, &metadata);
    lint_protobuf_part(summary, SUMMARY_VALUE, &value);
}

/* A text value: a scalar tensor of strings, with the settings as a table in Markdown. */
static void put_settings(lint_protobuf *event, const lint_run_log *log) {
    static const char head[] = "| setting | value |\n|---|---|\n";
    lint_protobuf text = {0}, tensor = {0}, shape = {0}, summary = {0};
    lint_protobuf_put(&text, head, sizeof head - 1);
    for (size_t i = 0; i < log->settings; i++) {
        lint_protobuf_put(&text, "| ", 2);
        put_cell(&text, log->setting[i].name);
        lint_protobuf_put(&text, " | ", 3);
        put_cell(&text, log->setting[i].value);
        lint_protobuf_put(&text, " |\n", 3);
    }
    lint_protobuf_whole(&tensor, TENSOR_TYPE, TYPE_STRING);
    lint_protobuf_part(&tensor, TENSOR_SHAPE, &shape);
    lint_protobuf_part(&tensor, TENSOR_STRING, &text);
    put_tensor(&summary, "settings/text_summary", "text", CLASS_TENSOR, &tensor);
    lint_protobuf_part(event, EVENT_SUMMARY, &summary);
}

static void put_scalar(lint_protobuf *summary, const char *tag, float v) {
    lint_protobuf value = {0};
    lint_protobuf_text(&value, VALUE_TAG, tag);
    lint_protobuf_float(&value, VALUE_SIMPLE, v);
    lint_protobuf_part(summary, SUMMARY_VALUE, &value);
}

static void put_row(lint_protobuf *event, const lint_run_log *log, size_t row) {
    lint_protobuf summary = {0};
    for (size_t c = 1; c < log->columns; c++) {
        const char *word = lint_run_log_cell(log, row, c);
        if (word) put_scalar(&summary, log->column[c], strtof(word, NULL));
    }
    lint_protobuf_part(event, EVENT_SUMMARY, &summary);
}

static void put_scores(lint_protobuf *event, const lint_run_folder *f) {
    lint_protobuf summary = {0};
    for (size_t i = 0; i < f->scores; i++)
        put_scalar(&summary, f->score[i].name, (float)f->score[i].value);
    lint_protobuf_part(event, EVENT_SUMMARY, &summary);
}

/* --- pictures --------------------------------------------------------------------------------- */

/* Sheets of lint are of a few megabytes; TensorBoard reads each into memory. */
enum { PICTURE_BYTES = 1 << 28, PNG_HEAD = 24, PNG_WIDTH = 16, PNG_HEIGHT = 20 };

static unsigned big(const uint8_t *b) {
    return (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
}

/* A file's bytes, from malloc, at least PNG_HEAD of them. */
static uint8_t *read_png(const char *path, size_t *n, lint_err *e) {
    FILE *in = lint_regular_open(path, path, e);
    uint8_t *bytes = NULL;
    size_t room = 0;
    *n = 0;
    if (!in) return NULL;
    for (size_t got = 1; got && *n < PICTURE_BYTES; *n += got) {
        uint8_t *more = lint_grow_to(bytes, *n + (1 << 16), &room, 1);
        if (!more) break;
        bytes = more;
        got = fread(bytes + *n, 1, 1 << 16, in);
    }
    int err = 0;
    if (ferror(in))
        err = lint_fail_errno(e, "%s", path);
    else if (!feof(in))
        err = *n < PICTURE_BYTES ? lint_fail_mem(e, path) : lint_fail(e, "%s: too large", path);
    else if (*n < PNG_HEAD || memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) != 0)
        err = lint_fail(e, "%s: not a PNG", path);
    fclose(in);
    if (!err) return bytes;
    free(bytes);
    return NULL;
}

/* The tag of a picture: its file's name without .png. */
static void name_of(const char *path, char *tag, size_t size) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(tag, size, "%.*s", (int)(strlen(name) - strlen(".png")), name);
}

static int put_picture(lint_protobuf *event, const char *path, lint_err *e) {
    char tag[256], side[16];
    size_t n;
    lint_protobuf tensor = {0}, shape = {0}, dim = {0}, summary = {0};
    uint8_t *png = read_png(path, &n, e);
    if (!png) return -1;
    lint_protobuf_whole(&dim, DIM_SIZE, 3); /* width, height, picture */
    lint_protobuf_part(&shape, SHAPE_DIM, &dim);
    lint_protobuf_whole(&tensor, TENSOR_TYPE, TYPE_STRING);
    lint_protobuf_part(&tensor, TENSOR_SHAPE, &shape);
    for (int at = PNG_WIDTH; at <= PNG_HEIGHT; at += PNG_HEIGHT - PNG_WIDTH) {
        snprintf(side, sizeof side, "%u", big(png + at));
        lint_protobuf_text(&tensor, TENSOR_STRING, side);
    }
    lint_protobuf_bytes(&tensor, TENSOR_STRING, png, n);
    name_of(path, tag, sizeof tag);
    put_tensor(&summary, tag, "images", CLASS_BLOBS, &tensor);
    lint_protobuf_part(event, EVENT_SUMMARY, &summary);
    free(png);
    return 0;
}

/* --------------------------------------------------------------------------------------------- */

/* Scores and pictures, at the last epoch. */
static int write_folder(FILE *out, const lint_run_log *log, const lint_run_folder *f, lint_err *e) {
    uint64_t last = log->rows ? lint_run_log_epoch(log, log->rows - 1) : 0;
    lint_protobuf event = {0};
    int err = 0;
    if (f->scores) {
        lint_protobuf_double(&event, EVENT_TIME, f->end);
        lint_protobuf_whole(&event, EVENT_STEP, last);
        put_scores(&event, f);
        err = write_event(out, &event, e);
    }
    for (size_t i = 0; i < f->pictures && !err; i++) {
        lint_protobuf_double(&event, EVENT_TIME, f->end);
        lint_protobuf_whole(&event, EVENT_STEP, last);
        err = put_picture(&event, f->picture[i], e);
        if (err)
            free(event.bytes);
        else
            err = write_event(out, &event, e);
    }
    return err;
}

int lint_tfevents_write(FILE *out, const lint_run_log *log, const lint_run_folder *folder,
                        lint_err *e) {
    lint_protobuf event = {0};
    lint_protobuf_double(&event, EVENT_TIME, folder->begin);
    lint_protobuf_text(&event, EVENT_VERSION, "brain.Event:2");
    int err = write_event(out, &event, e);
    if (!err && log->settings) {
        lint_protobuf_double(&event, EVENT_TIME, folder->begin);
        put_settings(&event, log);
        err = write_event(out, &event, e);
    }
    for (size_t row = 0; row < log->rows && !err; row++) {
        uint64_t epoch = lint_run_log_epoch(log, row);
        lint_protobuf_double(&event, EVENT_TIME, lint_run_folder_time(folder, log, epoch));
        lint_protobuf_whole(&event, EVENT_STEP, epoch);
        put_row(&event, log, row);
        err = write_event(out, &event, e);
    }
    return err ? err : write_folder(out, log, folder, e);
}
