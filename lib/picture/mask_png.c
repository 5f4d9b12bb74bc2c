#include "picture/mask_png.h"
#include "picture/image_codec.h"
#include "picture/png_bytes.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that a longjmp out of libpng must find again. */
typedef struct job {
    png_structp png;
    png_infop info;
    lint_png_bytes in;
    long most; /* pixels */
    lint_mask_raw *r;
    uint8_t *bytes;
    png_bytep *rows;
    int channels, wide; /* wide: two bytes for a sample, the high one first */
    lint_err *e;
} job;

void lint_mask_raw_free(lint_mask_raw *r) {
    free(r->number);
    free(r->rgba);
    *r = (lint_mask_raw){0};
}

static void on_error(png_structp png, png_const_charp msg) {
    job *j = png_get_error_ptr(png);
    if (errno == ENOMEM)
        lint_fail_mem(j->e, "a mask");
    else
        lint_fail(j->e, "PNG: %s", msg);
    png_longjmp(png, 1);
}

static int is_black(const png_color *c) {
    return !c->red && !c->green && !c->blue;
}

static void take_palette(job *j) {
    png_colorp colour = NULL;
    png_bytep alpha = NULL;
    int n = 0, n_alpha = 0, black = 0;
    uint8_t *means = j->r->means;
    png_get_PLTE(j->png, j->info, &colour, &n);
    png_get_tRNS(j->png, j->info, &alpha, &n_alpha, NULL);
    j->r->shades = 1;
    for (int k = 0; k < n; k++)
        j->r->shades &= colour[k].red == colour[k].green && colour[k].red == colour[k].blue;
    while (black < n && !is_black(&colour[black]))
        black++;
    for (int k = 0; k < 256; k++)
        means[k] = j->r->shades && k < n ? colour[k].red : (uint8_t)k;
    if (!j->r->shades && black > 0 && black < n) means[black] = 0, means[0] = (uint8_t)black;
    for (int k = 0; k < n_alpha && alpha; k++)
        if (!alpha[k]) means[k] = 0;
}

/* Makes libpng deliver numbers or RGBA. */
static void ask(job *j) {
    int type = png_get_color_type(j->png, j->info), depth = png_get_bit_depth(j->png, j->info);
    int clear = png_get_valid(j->png, j->info, PNG_INFO_tRNS) != 0;
    if (type == PNG_COLOR_TYPE_PALETTE) {
        take_palette(j);
        png_set_packing(j->png);
    } else if (type == PNG_COLOR_TYPE_GRAY && !clear) {
        png_set_expand_gray_1_2_4_to_8(j->png);
        j->wide = depth == 16;
    } else {
        png_set_expand(j->png);
        png_set_scale_16(j->png);
        png_set_gray_to_rgb(j->png);
        png_set_add_alpha(j->png, 255, PNG_FILLER_AFTER);
        j->channels = 4;
    }
    png_set_interlace_handling(j->png);
    png_read_update_info(j->png, j->info);
}

static int read_rows(job *j) {
    size_t stride = (size_t)j->r->w * (size_t)j->channels * (j->wide ? 2 : 1);
    j->bytes = malloc((size_t)j->r->h * stride);
    j->rows = malloc((size_t)j->r->h * sizeof *j->rows);
    if (!j->bytes || !j->rows) return lint_fail_mem(j->e, "a mask");
    if (png_get_rowbytes(j->png, j->info) != stride)
        return lint_fail(j->e, "PNG: rows of another length than expected");
    for (int y = 0; y < j->r->h; y++)
        j->rows[y] = j->bytes + (size_t)y * stride;
    png_read_image(j->png, j->rows);
    png_read_end(j->png, j->info);
    return 0;
}

static int decode(job *j) {
    if (setjmp(png_jmpbuf(j->png))) return -1;
    lint_png_feed(j->png, &j->in);
    png_read_info(j->png, j->info);
    int64_t w = png_get_image_width(j->png, j->info), h = png_get_image_height(j->png, j->info);
    if (w * h > j->most)
        return lint_fail(j->e, "%dx%d is too large (at most %ld pixels)", (int)w, (int)h, j->most);
    j->r->w = (int)w, j->r->h = (int)h;
    ask(j);
    return read_rows(j);
}

/* The bytes as numbers, or as RGBA. */
static int take(job *j) {
    lint_mask_raw *r = j->r;
    size_t n = (size_t)r->w * (size_t)r->h;
    int type = png_get_color_type(j->png, j->info);
    if (j->channels == 4) {
        r->rgba = j->bytes;
        j->bytes = NULL;
        return 0;
    }
    if (!(r->number = malloc(n * sizeof *r->number))) return lint_fail_mem(j->e, "a mask");
    r->top = j->wide ? 65535 : type == PNG_COLOR_TYPE_PALETTE ? 0 : 255;
    for (size_t i = 0; i < n; i++)
        r->number[i] =
            (uint16_t)(j->wide ? j->bytes[2 * i] << 8 | j->bytes[2 * i + 1] : j->bytes[i]);
    return 0;
}

static int read_png(job *j) {
    j->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, j, on_error, lint_png_no_warning);
    j->info = j->png ? png_create_info_struct(j->png) : NULL;
    errno = 0;
    int err = j->info ? decode(j) : lint_fail_mem(j->e, "PNG reader");
    if (!err) err = take(j);
    png_destroy_read_struct(&j->png, &j->info, NULL);
    free(j->bytes);
    free(j->rows);
    if (err) lint_mask_raw_free(j->r);
    return err;
}

int lint_mask_png_read(lint_mask_raw *r, const char *path, long max_pixels, lint_err *e) {
    static const uint8_t mark[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    size_t n;
    *r = (lint_mask_raw){.orientation = 1};
    uint8_t *b = lint_image_bytes(path, &n, e);
    if (!b) return -1;
    int err = 1;
    if (n >= sizeof mark && memcmp(b, mark, sizeof mark) == 0) {
        job j = {.in = {b, n},
                 .r = r,
                 .channels = 1,
                 .most = max_pixels ? max_pixels : LINT_IMAGE_PIXELS,
                 .e = e};
        err = lint_png_check(b, n, &r->orientation, e);
        if (!err) err = read_png(&j);
    }
    free(b);
    return err;
}
