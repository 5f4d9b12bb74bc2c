/* HEIC and AVIF by libheif, in another process (heif_decoder.h): the primary picture, with its own
 * rotations and mirrorings, which say what EXIF says and are the ones that count (ISO/IEC 23008-12,
 * 6.5.10). */
#include "base/library.h"
#include "picture/heif_decoder.h"
#include "picture/image_codec.h"

#ifdef LINT_HAVE_LIBHEIF
#include <libheif/heif.h>
#if LIBHEIF_HAVE_VERSION(1, 15, 0) /* the first that lets the decoder be chosen */
#define READS_HEIF
#endif
#endif

#ifdef READS_HEIF
#include <unistd.h>

static int fail_gone(lint_err *e) {
    return lint_fail(
        e, "HEIF: libheif crashed, or took more memory or time than a picture of this size may");
}

/* The next message, which is to be of that kind. */
static int get_message(int fd, int kind, lint_heif_message *message, lint_err *e) {
    if (lint_heif_get(fd, message, sizeof *message) < 0) return fail_gone(e);
    if (message->kind == kind) return 0;
    message->text[sizeof message->text - 1] = 0;
    lint_fail(e, "HEIF: %s", message->text);
    e->system = message->kind == LINT_HEIF_SYSTEM;
    return -1;
}

static int note_size(lint_sink *s, int32_t w, int32_t h, lint_err *e) {
    return lint_sink_size(s, w > 0 ? (uint32_t)w : 0, h > 0 ? (uint32_t)h : 0, e);
}

/* Both the size that is stored and the one that is shown, which a hostile file may tell apart. */
static int check_size(lint_sink *s, const lint_heif_message *message, lint_err *e) {
    if (message->stored_w > 0 && message->stored_h > 0 &&
        note_size(s, message->stored_w, message->stored_h, e) < 0)
        return -1;
    if (message->bits > 0 && message->bits <= 32) s->facts.bits = message->bits;
    return note_size(s, message->w, message->h, e);
}

static int take_rows(lint_sink *s, int fd, const lint_heif_message *message, lint_err *e) {
    int c = message->c, multiplied = c == 4 && message->multiplied;
    if (c != 3 && c != 4) return lint_fail(e, "HEIF: no pixels");
    if (note_size(s, message->w, message->h, e) < 0) return -1;
    if (lint_sink_start(s, message->w, message->h, c, 1, e) < 0) return -1;
    for (int y = 0; y < message->h; y++) {
        uint8_t *to = lint_sink_row(s, y);
        if (lint_heif_get(fd, to, (size_t)message->w * (size_t)c) < 0) return fail_gone(e);
        if (multiplied) lint_image_straighten(to, (size_t)message->w);
        lint_sink_put(s, y);
    }
    return 0;
}

/* If the other side has gone, what it said last is still to be heard. */
static int converse(lint_sink *s, int fd, const uint8_t *bytes, size_t n, lint_err *e) {
    lint_heif_message message;
    uint64_t length = n;
    if (lint_heif_put(fd, &length, sizeof length) == 0) lint_heif_put(fd, bytes, n);
    if (get_message(fd, LINT_HEIF_SIZE, &message, e) < 0 || check_size(s, &message, e) < 0)
        return -1;
    lint_heif_put(fd, "", 1);
    if (get_message(fd, LINT_HEIF_PIXELS, &message, e) < 0) return -1;
    return take_rows(s, fd, &message, e);
}

int lint_heif_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    lint_heif_decoder *own = s->ask->heif ? NULL : lint_heif_decoder_new();
    int fd = lint_heif_decoder_call(own ? own : s->ask->heif, e);
    int err = fd < 0 ? lint_err_prefix(e, "HEIC or AVIF: ") : converse(s, fd, bytes, n, e);
    if (fd >= 0) close(fd);
    lint_heif_decoder_free(own);
    return err;
}
#else
int lint_heif_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    (void)s, (void)bytes, (void)n;
    return lint_library_absent(e, "HEIC and AVIF", "libheif-dev, 1.15 or later");
}
#endif
