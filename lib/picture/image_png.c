#include "base/atomic_output.h"
#include "picture/image_codec.h"
#include "picture/png_bytes.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Moderate: twice the speed of zlib's default for a few percent more bytes on photographs. */
enum { PNG_LEVEL = 3 };

/* Everything that a longjmp out of libpng must find again. */
typedef struct job {
    png_structp png;
    png_infop info;
    png_bytep *rows;
    lint_png_bytes in;
    FILE *out;
    lint_sink *to;        /* reading */
    const lint_image *im; /* writing */
    uint16_t *deep;       /* samples of 16 bits: one row, or all where rows come in passes */
    lint_err *e;
} job;

static void on_error(png_structp png, png_const_charp msg) {
    job *j = png_get_error_ptr(png);
    if (errno == ENOMEM) /* libpng has many words for it */
        lint_fail_mem(j->e, "picture");
    else
        lint_fail(j->e, "PNG: %s", msg);
    png_longjmp(png, 1);
}

/* Makes libpng deliver grey, RGB or RGBA of 8 or 16 bits, whatever the file holds. */
static void ask_for_samples(job *j) {
    int type = png_get_color_type(j->png, j->info);
    int alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(j->png, j->info, PNG_INFO_tRNS);
    png_set_expand(j->png); /* palette and 1, 2, 4 bit to bytes, tRNS to alpha */
    if (alpha) png_set_gray_to_rgb(j->png);
    png_set_interlace_handling(j->png);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) png_set_swap(j->png); /* of 16 bits */
    png_read_update_info(j->png, j->info);
}

static void read_rows(job *j, int h) {
    for (int y = 0; y < h; y++) {
        uint8_t *to = lint_sink_row(j->to, y);
        png_read_row(j->png, j->deep ? (png_bytep)j->deep : to, NULL);
        if (j->deep) lint_sink_take16(j->to, to, j->deep);
        lint_sink_put(j->to, y);
    }
}

/* Interlaced rows come in passes, each over the whole picture. */
static int read_whole(job *j, int h, size_t stride) {
    j->rows = malloc((size_t)h * sizeof *j->rows);
    if (!j->rows) return lint_fail_mem(j->e, "picture");
    for (int y = 0; y < h; y++)
        j->rows[y] = j->deep ? (png_bytep)(j->deep + (size_t)y * stride) : lint_sink_row(j->to, y);
    png_read_image(j->png, j->rows);
    for (int y = 0; j->deep && y < h; y++)
        lint_sink_take16(j->to, lint_sink_row(j->to, y), j->deep + (size_t)y * stride);
    return 0;
}

/* The first chunk of every PNG is IHDR, which libpng would refuse without a word of the size. */
static int check_size(job *j, const uint8_t *b, size_t n) {
    if (n < 26 || memcmp(b + 12, "IHDR", 4) != 0)
        return lint_fail(j->e, "PNG: the file ends too early");
    j->to->facts.bits = b[25] == PNG_COLOR_TYPE_PALETTE ? 8 : b[24];
    return lint_sink_size(j->to, lint_big(b + 16, 4), lint_big(b + 20, 4), j->e);
}

static int decode(job *j) {
    if (setjmp(png_jmpbuf(j->png))) return -1;
    lint_png_feed(j->png, &j->in);
    png_read_info(j->png, j->info);
    ask_for_samples(j);
    int w = (int)png_get_image_width(j->png, j->info);
    int h = (int)png_get_image_height(j->png, j->info);
    int c = png_get_channels(j->png, j->info);
    int passes = png_get_interlace_type(j->png, j->info) != PNG_INTERLACE_NONE;
    if (lint_sink_start(j->to, w, h, c, !passes, j->e) < 0) return -1;
    size_t stride = (size_t)w * (size_t)c;
    if (png_get_bit_depth(j->png, j->info) == 16) {
        j->deep = malloc((passes ? (size_t)h : 1) * stride * sizeof *j->deep);
        if (!j->deep) return lint_fail_mem(j->e, "picture");
    }
    if (!passes) read_rows(j, h);
    if (passes && read_whole(j, h, stride) < 0) return -1;
    png_read_end(j->png, NULL);
    return 0;
}

int lint_png_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    job j = {.in = {bytes, n}, .to = s, .e = e};
    if (check_size(&j, bytes, n) < 0 || lint_png_check(bytes, n, &s->orientation, e) < 0) return -1;
    int err = -1;
    errno = 0; /* on_error reads it: what failed before says nothing of this file */
    j.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &j, on_error, lint_png_no_warning);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    if (j.info)
        err = decode(&j);
    else
        lint_fail_mem(e, "PNG reader");
    png_destroy_read_struct(&j.png, &j.info, NULL);
    free(j.rows);
    free(j.deep);
    return err;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void put_bytes(png_structp png, png_bytep from, size_t n) {
    job *j = png_get_io_ptr(png);
    if (fwrite(from, 1, n, j->out) == n) return;
    lint_fail(j->e, "%s", strerror(errno));
    png_longjmp(png, 1);
}

static void no_flush(png_structp png) {
    (void)png;
}

static int encode(job *j) {
    const lint_image *im = j->im;
    int type = im->c == 1   ? PNG_COLOR_TYPE_GRAY
               : im->c == 3 ? PNG_COLOR_TYPE_RGB
                            : PNG_COLOR_TYPE_RGB_ALPHA;
    if (setjmp(png_jmpbuf(j->png))) return -1;
    png_set_write_fn(j->png, j, put_bytes, no_flush);
    png_set_user_limits(j->png, LINT_IMAGE_MAX, LINT_IMAGE_MAX);
    png_set_compression_level(j->png, PNG_LEVEL);
    png_set_filter(j->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB | PNG_FILTER_UP | PNG_FILTER_PAETH);
    png_set_IHDR(j->png, j->info, (png_uint_32)im->w, (png_uint_32)im->h, 8, type,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_write_info(j->png, j->info);
    for (int y = 0; y < im->h; y++)
        png_write_row(j->png, im->px + (size_t)y * (size_t)im->w * (size_t)im->c);
    png_write_end(j->png, j->info);
    return 0;
}

int lint_image_write(const lint_image *im, FILE *out, lint_err *e) {
    job j = {.out = out, .im = im, .e = e};
    int err = -1;
    errno = 0;
    j.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &j, on_error, lint_png_no_warning);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    if (j.info)
        err = encode(&j);
    else
        lint_fail_mem(e, "PNG writer");
    png_destroy_write_struct(&j.png, &j.info);
    return err;
}

int lint_image_save(const lint_image *im, const char *path, lint_err *e) {
    lint_output *o = lint_output_open(path, e);
    if (!o) return -1;
    if (lint_image_write(im, lint_output_file(o), e) < 0) {
        lint_output_abort(o);
        return lint_err_prefix(e, "%s: ", path);
    }
    return lint_output_commit(o, e);
}
