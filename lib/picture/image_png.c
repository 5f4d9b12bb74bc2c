#include "base/atomic_output.h"
#include "picture/image_codec.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Moderate: twice the speed of zlib's default for a few percent more bytes on photographs. */
enum { PNG_LEVEL = 3 };

/* What one chunk (a profile, a text) may ask of memory. */
enum { CHUNK_BYTES_MAX = 8 << 20 };

/* Everything that a longjmp out of libpng must find again. */
typedef struct job {
    png_structp png;
    png_infop info;
    png_bytep *rows;
    const uint8_t *in;
    size_t left;
    FILE *out;
    lint_image *im;
    int orientation;
    lint_err *e;
} job;

static void on_error(png_structp png, png_const_charp msg) {
    job *j = png_get_error_ptr(png);
    lint_fail(j->e, "PNG: %s", msg);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp msg) {
    (void)png, (void)msg; /* of chunks that carry no picture */
}

static void get_bytes(png_structp png, png_bytep to, size_t n) {
    job *j = png_get_io_ptr(png);
    if (n > j->left) png_error(png, "the file ends too early");
    memcpy(to, j->in, n);
    j->in += n, j->left -= n;
}

/* Makes libpng deliver 8-bit grey, RGB or RGBA, whatever the file holds. */
static void ask_for_bytes(job *j) {
    int type = png_get_color_type(j->png, j->info);
    int alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(j->png, j->info, PNG_INFO_tRNS);
    png_set_expand(j->png); /* palette and 1, 2, 4 bit to bytes, tRNS to alpha */
    png_set_scale_16(j->png);
    if (alpha) png_set_gray_to_rgb(j->png);
    png_set_interlace_handling(j->png);
    png_read_update_info(j->png, j->info);
}

static int make_rows(job *j, int h, int stride) {
    j->rows = malloc((size_t)h * sizeof *j->rows);
    if (!j->rows) return lint_fail_mem(j->e, "picture");
    for (int y = 0; y < h; y++)
        j->rows[y] = j->im->px + (size_t)y * (size_t)stride;
    return 0;
}

static void find_orientation(job *j) {
    png_bytep exif = NULL;
    png_uint_32 n = 0;
    if (png_get_eXIf_1(j->png, j->info, &n, &exif)) j->orientation = lint_exif_orientation(exif, n);
}

static int decode(job *j) {
    if (setjmp(png_jmpbuf(j->png))) return -1;
    png_set_read_fn(j->png, j, get_bytes);
    png_set_user_limits(j->png, LINT_IMAGE_MAX, LINT_IMAGE_MAX);
    png_set_chunk_malloc_max(j->png, CHUNK_BYTES_MAX);
    png_read_info(j->png, j->info);
    ask_for_bytes(j);
    int w = (int)png_get_image_width(j->png, j->info);
    int h = (int)png_get_image_height(j->png, j->info);
    int c = png_get_channels(j->png, j->info);
    if (lint_image_new(j->im, w, h, c, j->e) < 0 || make_rows(j, h, w * c) < 0) return -1;
    png_read_image(j->png, j->rows);
    png_read_end(j->png, j->info);
    find_orientation(j);
    return 0;
}

int lint_png_decode(lint_image *im, const uint8_t *bytes, size_t n, int *orientation, lint_err *e) {
    job j = {.in = bytes, .left = n, .im = im, .orientation = 1, .e = e};
    int err = -1;
    j.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    if (j.info)
        err = decode(&j);
    else
        lint_fail_mem(e, "PNG reader");
    png_destroy_read_struct(&j.png, &j.info, NULL);
    free(j.rows);
    if (err) lint_image_free(im);
    *orientation = j.orientation;
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
    if (make_rows(j, im->h, im->w * im->c) < 0) return -1;
    png_write_info(j->png, j->info);
    png_write_image(j->png, j->rows);
    png_write_end(j->png, j->info);
    return 0;
}

int lint_image_write(const lint_image *im, FILE *out, lint_err *e) {
    lint_image rows = *im; /* libpng's row pointers are not const, though it only reads */
    job j = {.out = out, .im = &rows, .e = e};
    int err = -1;
    j.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    if (j.info)
        err = encode(&j);
    else
        lint_fail_mem(e, "PNG writer");
    png_destroy_write_struct(&j.png, &j.info);
    free(j.rows);
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
