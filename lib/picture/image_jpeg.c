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
    lint_image *im;
    uint8_t *cmyk; /* one row */
    int orientation;
    lint_err *e;
} job;

static void on_error(j_common_ptr c) {
    job *j = c->client_data;
    char text[JMSG_LENGTH_MAX];
    c->err->format_message(c, text);
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
            j->orientation =
                lint_exif_orientation(m->data + sizeof mark, m->data_length - sizeof mark);
            return;
        }
}

/* The largest reduction that leaves twice the wanted size on both sides. */
static unsigned reduction(const job *j, int want_w, int want_h) {
    int swap = lint_exif_swaps(j->orientation);
    unsigned w = (unsigned)(swap ? want_h : want_w), h = (unsigned)(swap ? want_w : want_h);
    unsigned by = 1;
    if (want_w <= 0 || want_h <= 0) return 1;
    while (by < 8 && j->jpeg.image_width / (4 * by) >= w && j->jpeg.image_height / (4 * by) >= h)
        by *= 2;
    return by;
}

/* Adobe programs store ink inverted (0 is full ink) and say so by their marker. */
static void cmyk_row(uint8_t *rgb, const uint8_t *cmyk, unsigned w, int inverted) {
    unsigned flip = inverted ? 0 : 255;
    for (unsigned x = 0; x < w; x++)
        for (int k = 0; k < 3; k++) {
            unsigned light = (cmyk[4 * x + (unsigned)k] ^ flip) * (cmyk[4 * x + 3] ^ flip);
            rgb[3 * x + (unsigned)k] = (uint8_t)((light + 127) / 255);
        }
}

static int read_rows(job *j) {
    struct jpeg_decompress_struct *d = &j->jpeg;
    int cmyk = d->out_color_space == JCS_CMYK;
    if (cmyk && !(j->cmyk = malloc(4 * (size_t)d->output_width)))
        return lint_fail_mem(j->e, "picture");
    while (d->output_scanline < d->output_height) {
        uint8_t *row =
            j->im->px + (size_t)d->output_scanline * d->output_width * (unsigned)j->im->c;
        JSAMPROW to = cmyk ? j->cmyk : row;
        jpeg_read_scanlines(d, &to, 1);
        if (cmyk) cmyk_row(row, j->cmyk, d->output_width, d->saw_Adobe_marker);
    }
    return 0;
}

/* Refuses a size before libjpeg asks for memory by it; the picture is made after reduction. */
static int check_size(job *j) {
    uint64_t w = j->jpeg.image_width, h = j->jpeg.image_height;
    if (w <= LINT_IMAGE_MAX && h <= LINT_IMAGE_MAX && w * h <= LINT_IMAGE_PIXELS) return 0;
    return lint_fail(j->e, "JPEG: %ux%u is larger than a picture may be", j->jpeg.image_width,
                     j->jpeg.image_height);
}

static int decode(job *j, const uint8_t *bytes, size_t n, int want_w, int want_h) {
    struct jpeg_decompress_struct *d = &j->jpeg;
    if (setjmp(j->escape)) return -1;
    jpeg_create_decompress(d);
    d->progress = &j->progress;
    jpeg_save_markers(d, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(d, bytes, n);
    jpeg_read_header(d, TRUE);
    if (check_size(j) < 0) return -1;
    find_orientation(j);
    int grey = d->jpeg_color_space == JCS_GRAYSCALE;
    int cmyk = d->jpeg_color_space == JCS_CMYK || d->jpeg_color_space == JCS_YCCK;
    d->out_color_space = grey ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
    d->dct_method = JDCT_ISLOW; /* exact integers: the same bytes with and without SIMD */
    d->scale_num = 1;
    d->scale_denom = reduction(j, want_w, want_h);
    jpeg_start_decompress(d);
    if (lint_image_new_raw(j->im, (int)d->output_width, (int)d->output_height, grey ? 1 : 3, j->e) <
        0)
        return -1;
    if (read_rows(j) < 0) return -1;
    jpeg_finish_decompress(d);
    return 0;
}

int lint_jpeg_decode(lint_image *im, const uint8_t *bytes, size_t n, int want_w, int want_h,
                     int *orientation, lint_err *e) {
    job *j = calloc(1, sizeof *j);
    if (!j) return lint_fail_mem(e, "JPEG reader");
    j->im = im, j->e = e, j->orientation = 1;
    j->jpeg.err = jpeg_std_error(&j->mgr);
    j->mgr.error_exit = on_error;
    j->mgr.emit_message = on_message;
    j->progress.progress_monitor = on_progress;
    j->jpeg.client_data = j;
    int bad = decode(j, bytes, n, want_w, want_h);
    jpeg_destroy_decompress(&j->jpeg);
    if (bad) lint_image_free(im);
    *orientation = j->orientation;
    free(j->cmyk);
    free(j);
    return bad;
}
