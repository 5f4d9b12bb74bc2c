#include "picture/image.h"
#include "picture/image_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A compressed file larger than this is no picture that a data set holds. */
#define FILE_BYTES_MAX ((size_t)1 << 29)

int lint_image_new_raw(lint_image *im, int w, int h, int c, lint_err *e) {
    *im = (lint_image){0};
    if (w < 1 || h < 1 || w > LINT_IMAGE_MAX || h > LINT_IMAGE_MAX ||
        (int64_t)w * h > LINT_IMAGE_PIXELS)
        return lint_fail(e, "%dx%d is no size for a picture (at most %d on a side, %d in all)", w,
                         h, LINT_IMAGE_MAX, LINT_IMAGE_PIXELS);
    if (c != 1 && c != 3 && c != 4) return lint_fail(e, "a picture of %d channels", c);
    im->px = malloc((size_t)w * (size_t)h * (size_t)c);
    if (!im->px) return lint_fail_mem(e, "picture");
    im->w = w, im->h = h, im->c = c;
    return 0;
}

int lint_image_new(lint_image *im, int w, int h, int c, lint_err *e) {
    if (lint_image_new_raw(im, w, h, c, e) < 0) return -1;
    memset(im->px, 0, (size_t)w * (size_t)h * (size_t)c);
    return 0;
}

void lint_image_free(lint_image *im) {
    free(im->px);
    *im = (lint_image){0};
}

/* --- a file in memory ------------------------------------------------------------------------- */

/* Memory follows the bytes that arrive, so a wrong st_size does no harm. */
static uint8_t *read_all(FILE *in, size_t *n, lint_err *e) {
    struct stat st;
    size_t room = 1 << 16;
    if (fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        (uintmax_t)st.st_size <= FILE_BYTES_MAX)
        room = (size_t)st.st_size + 1;
    uint8_t *b = malloc(room);
    for (*n = 0; b;) {
        *n += fread(b + *n, 1, room - *n, in);
        if (*n < room) break;
        uint8_t *more = room > FILE_BYTES_MAX ? NULL : realloc(b, room *= 2);
        if (!more) free(b);
        b = more;
    }
    if (!b) {
        lint_fail(e, "too large to be read as a picture");
    } else if (ferror(in)) {
        lint_fail(e, "cannot read: %s", strerror(errno));
        free(b);
        b = NULL;
    }
    return b;
}

static uint8_t *read_file(const char *path, size_t *n, lint_err *e) {
    FILE *in = fopen(path, "rb");
    if (!in) {
        lint_fail(e, "cannot open: %s", strerror(errno));
        return NULL;
    }
    uint8_t *b = read_all(in, n, e);
    fclose(in);
    return b;
}

/* What a file that is neither PNG nor JPEG seems to be, for the message. */
static const char *guess(const uint8_t *b, size_t n) {
    if (n == 0) return "the file is empty";
    if (n >= 4 && !memcmp(b, "GIF8", 4)) return "a GIF; only PNG and JPEG are read";
    if (n >= 12 && !memcmp(b, "RIFF", 4) && !memcmp(b + 8, "WEBP", 4))
        return "a WebP; only PNG and JPEG are read";
    if (n >= 4 && (!memcmp(b, "II*\0", 4) || !memcmp(b, "MM\0*", 4)))
        return "a TIFF; only PNG and JPEG are read";
    if (n >= 8 && !memcmp(b + 4, "ftyp", 4)) return "HEIF or video; only PNG and JPEG are read";
    if (n >= 2 && !memcmp(b, "BM", 2)) return "a BMP; only PNG and JPEG are read";
    return "neither PNG nor JPEG";
}

/* --- channels --------------------------------------------------------------------------------- */

static uint8_t over_white(uint8_t v, uint8_t a) {
    return (uint8_t)((v * a + 255 * (255 - a) + 127) / 255);
}

/* ITU-R BT.601 luma in 16 bits of fraction, as Pillow's. */
static uint8_t luma(const uint8_t p[3]) {
    return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
}

static void convert_pixel(uint8_t *to, int c, const uint8_t *from, int from_c) {
    uint8_t p[4] = {from[0], from[0], from[0], 255};
    if (from_c > 1) memcpy(p, from, (size_t)from_c);
    if (c < 4 && p[3] < 255)
        for (int k = 0; k < 3; k++)
            p[k] = over_white(p[k], p[3]);
    if (c > 1)
        memcpy(to, p, (size_t)c);
    else
        *to = from_c > 1 ? luma(p) : p[0];
}

/* Replaces im by the same picture in c channels. */
static int convert(lint_image *im, int c, lint_err *e) {
    lint_image to;
    if (im->c == c) return 0;
    if (lint_image_new_raw(&to, im->w, im->h, c, e) < 0) return -1;
    size_t n = (size_t)im->w * (size_t)im->h;
    for (size_t i = 0; i < n; i++)
        convert_pixel(to.px + i * (size_t)c, c, im->px + i * (size_t)im->c, im->c);
    lint_image_free(im);
    *im = to;
    return 0;
}

/* --- orientation ------------------------------------------------------------------------------ */

/* Turns the stored picture upright. Pixel (x, y) of the upright picture is stored at (x, y), with
 * x and y swapped first where the orientation swaps, then mirrored along the stored axes. */
static int turn(lint_image *im, int orientation, lint_err *e) {
    /* By orientation: mirror stored x, mirror stored y. Exif 2.3, 4.6.4 A, tag Orientation. */
    static const uint8_t mirror[9][2] = {{0, 0}, {0, 0}, {1, 0}, {1, 1}, {0, 1},
                                         {0, 0}, {0, 1}, {1, 1}, {1, 0}};
    int swap = lint_exif_swaps(orientation);
    lint_image to;
    if (orientation == 1) return 0;
    if (lint_image_new_raw(&to, swap ? im->h : im->w, swap ? im->w : im->h, im->c, e) < 0)
        return -1;
    size_t c = (size_t)im->c;
    uint8_t *px = to.px;
    for (int y = 0; y < to.h; y++)
        for (int x = 0; x < to.w; x++, px += c) {
            int sx = swap ? y : x, sy = swap ? x : y;
            if (mirror[orientation][0]) sx = im->w - 1 - sx;
            if (mirror[orientation][1]) sy = im->h - 1 - sy;
            memcpy(px, im->px + ((size_t)sy * (size_t)im->w + (size_t)sx) * c, c);
        }
    lint_image_free(im);
    *im = to;
    return 0;
}

/* ---------------------------------------------------------------------------------------- */

static int decode(lint_image *im, const uint8_t *b, size_t n, int want_w, int want_h,
                  int *orientation, lint_err *e) {
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t jpeg[3] = {0xff, 0xd8, 0xff};
    if (n >= sizeof png && !memcmp(b, png, sizeof png))
        return lint_png_decode(im, b, n, orientation, e);
    if (n >= sizeof jpeg && !memcmp(b, jpeg, sizeof jpeg))
        return lint_jpeg_decode(im, b, n, want_w, want_h, orientation, e);
    return lint_fail(e, "%s", guess(b, n));
}

int lint_image_read_for(lint_image *im, const char *path, int c, int want_w, int want_h,
                        lint_err *e) {
    size_t n;
    int orientation = 1;
    lint_image_free(im);
    uint8_t *b = read_file(path, &n, e);
    if (!b) return -1;
    int err = decode(im, b, n, want_w, want_h, &orientation, e);
    free(b);
    if (!err) err = convert(im, c, e);
    if (!err) err = turn(im, orientation, e);
    if (err) lint_image_free(im);
    return err;
}

int lint_image_read(lint_image *im, const char *path, int c, lint_err *e) {
    return lint_image_read_for(im, path, c, 0, 0, e);
}
