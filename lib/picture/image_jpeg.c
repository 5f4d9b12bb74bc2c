#include "picture/image_codec.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
/* jpeglib.h needs size_t and FILE before it. */
#include <jpeglib.h>

#include <jerror.h>

/* A progressive file may ask for a pass over the whole picture with every few bytes; no camera or
 * program writes more than a few tens (libjpeg-turbo's own advice is a limit of 100). */
enum { SCANS_MAX = 100 };

/* Everything that a longjmp out of libjpeg must find again. */
typedef struct job {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr mgr;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    lint_sink *to;
    uint8_t *cmyk; /* one row */
    lint_err *e;
} job;

static void on_error(j_common_ptr c) {
    job *j = c->client_data;
    char text[JMSG_LENGTH_MAX];
    c->err->format_message(c, text);
    if (c->err->msg_code == JERR_OUT_OF_MEMORY)
        lint_fail_mem(j->e, "picture");
    else
        lint_fail(j->e, "JPEG: %s", text);
    longjmp(j->escape, 1);
}

/* libjpeg only warns of data that is missing or makes no sense, and paints grey; a data set must
 * not hold such pictures. What stays a warning is oddity beside intact data. */
static void on_message(j_common_ptr c, int level) {
    if (level >= 0) return;
    switch (c->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
        return;
    case JWRN_JPEG_EOF: {
        job *j = c->client_data;
        lint_fail(j->e, "JPEG: the file ends too early");
        longjmp(j->escape, 1);
    }
    default:
        on_error(c);
    }
}

static void on_progress(j_common_ptr c) {
    job *j = c->client_data;
    if (j->jpeg.input_scan_number <= SCANS_MAX) return;
    lint_fail(j->e, "JPEG: more than %d scans", SCANS_MAX);
    longjmp(j->escape, 1);
}

static void find_orientation(job *j) {
    static const char mark[6] = "Exif\0";
    for (jpeg_saved_marker_ptr m = j->jpeg.marker_list; m; m = m->next)
        if (m->data_length > sizeof mark && !memcmp(m->data, mark, sizeof mark)) {
            j->to->orientation =
                lint_exif_orientation(m->data + sizeof mark, m->data_length - sizeof mark);
            return;
        }
}

/* The largest reduction that leaves twice the wanted size on both sides. */
static unsigned reduction(const job *j) {
    int swap = lint_exif_swaps(j->to->orientation);
    const lint_image_ask *ask = j->to->ask;
    unsigned w = (unsigned)(swap ? ask->rough_h : ask->rough_w);
    unsigned h = (unsigned)(swap ? ask->rough_w : ask->rough_h);
    unsigned by = 1;
    if (!w || !h) return 1;
    while (by < 8 && j->jpeg.image_width / (4 * by) >= w && j->jpeg.image_height / (4 * by) >= h)
        by *= 2;
    return by;
}

/* Ink is stored inverted (0 is full ink), as Adobe's programs do it. Those that do not say so by
 * Adobe's marker do it too; Pillow and browsers read all files so. */
static void cmyk_row(uint8_t *rgb, const uint8_t *cmyk, unsigned w) {
    for (unsigned x = 0; x < w; x++)
        for (int k = 0; k < 3; k++) {
            unsigned light = (unsigned)cmyk[4 * x + (unsigned)k] * cmyk[4 * x + 3];
            rgb[3 * x + (unsigned)k] = (uint8_t)((light + 127) / 255);
        }
}

static int read_rows(job *j) {
    struct jpeg_decompress_struct *d = &j->jpeg;
    int cmyk = d->out_color_space == JCS_CMYK;
    if (cmyk && !(j->cmyk = malloc(4 * (size_t)d->output_width)))
        return lint_fail_mem(j->e, "picture");
    while (d->output_scanline < d->output_height) {
        int y = (int)d->output_scanline;
        uint8_t *row = lint_sink_row(j->to, y);
        JSAMPROW to = cmyk ? j->cmyk : row;
        jpeg_read_scanlines(d, &to, 1);
        if (cmyk) cmyk_row(row, j->cmyk, d->output_width);
        lint_sink_put(j->to, y);
    }
    return 0;
}

/* Markers that begin a frame: SOF0 to SOF15, but for DHT, JPG and DAC. */
static int begins_frame(uint8_t marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Before libjpeg, which refuses some sizes without a word of which. */
static int check_size(job *j, const uint8_t *b, size_t n) {
    for (size_t at = 2; at + 9 < n && b[at] == 0xff;) {
        if (b[at + 1] == 0xff) /* fill byte */
            at++;
        else if (begins_frame(b[at + 1])) {
            j->to->facts.bits = b[at + 4];
            return lint_sink_size(j->to, lint_big(b + at + 7, 2), lint_big(b + at + 5, 2), j->e);
        } else
            at += 2 + (size_t)lint_big(b + at + 2, 2);
    }
    return 0;
}

/* What a progressive file has of each coefficient after its last scan: 0 where all bits of it. Fewer
 * scans than were written are a whole file to libjpeg, which blurs what it has not got. */
static int check_scans(const job *j) {
    const struct jpeg_decompress_struct *d = &j->jpeg;
    if (!d->progressive_mode || !d->coef_bits) return 0;
    for (int c = 0; c < d->num_components; c++)
        for (int k = 0; k < DCTSIZE2; k++)
            if (d->coef_bits[c][k] != 0)
                return lint_fail(j->e, "JPEG: the file ends too early: scans are missing");
    return 0;
}

static int start(job *j) {
    struct jpeg_decompress_struct *d = &j->jpeg;
    int grey = d->jpeg_color_space == JCS_GRAYSCALE;
    int cmyk = d->jpeg_color_space == JCS_CMYK || d->jpeg_color_space == JCS_YCCK;
    d->out_color_space = grey ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
    d->dct_method = JDCT_ISLOW; /* exact integers: the same bytes with and without SIMD */
    d->scale_num = 1;
    d->scale_denom = reduction(j);
    jpeg_start_decompress(d);
    if (check_scans(j) < 0) return -1;
    return lint_sink_start(j->to, (int)d->output_width, (int)d->output_height, grey ? 1 : 3, 1,
                           j->e);
}

static int decode(job *j, const uint8_t *bytes, size_t n) {
    struct jpeg_decompress_struct *d = &j->jpeg;
    if (check_size(j, bytes, n) < 0) return -1;
    if (setjmp(j->escape)) return -1;
    jpeg_create_decompress(d);
    d->progress = &j->progress;
    jpeg_save_markers(d, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(d, bytes, n);
    jpeg_read_header(d, TRUE);
    if (lint_sink_size(j->to, d->image_width, d->image_height, j->e) < 0) return -1;
    /* Its decoder makes pixels of nothing where data is missing, and does not say so. */
    if (d->arith_code) return lint_fail(j->e, "JPEG: arithmetic coding is not read");
    find_orientation(j);
    if (start(j) < 0 || read_rows(j) < 0) return -1;
    jpeg_finish_decompress(d);
    return 0;
}

int lint_jpeg_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    job *j = calloc(1, sizeof *j);
    if (!j) return lint_fail_mem(e, "JPEG reader");
    j->to = s, j->e = e;
    j->jpeg.err = jpeg_std_error(&j->mgr);
    j->mgr.error_exit = on_error;
    j->mgr.emit_message = on_message;
    j->progress.progress_monitor = on_progress;
    j->jpeg.client_data = j;
    int bad = decode(j, bytes, n);
    jpeg_destroy_decompress(&j->jpeg);
    free(j->cmyk);
    free(j);
    return bad;
}
