#include "picture/png_bytes.h"
#include "picture/image_codec.h"

#include <string.h>

/* What one chunk (a profile, a text) may ask of memory. */
enum { CHUNK_BYTES_MAX = 8 << 20 };

int lint_png_check(const uint8_t *b, size_t n, int *orientation, lint_err *e) {
    for (size_t at = 8; at + 12 <= n;) {
        size_t len = lint_big(b + at, 4);
        if (len > n - at - 12) return lint_fail(e, "PNG: the file ends too early");
        if (memcmp(b + at + 4, "IEND", 4) == 0) return 0;
        if (memcmp(b + at + 4, "eXIf", 4) == 0)
            *orientation = lint_exif_orientation(b + at + 8, len);
        at += 12 + len;
    }
    return 0;
}

static void get_bytes(png_structp png, png_bytep to, size_t n) {
    lint_png_bytes *from = png_get_io_ptr(png);
    if (n > from->left) png_error(png, "the file ends too early");
    memcpy(to, from->in, n);
    from->in += n, from->left -= n;
}

void lint_png_feed(png_structp png, lint_png_bytes *from) {
    png_set_read_fn(png, from, get_bytes);
    png_set_user_limits(png, LINT_IMAGE_MAX, LINT_IMAGE_MAX);
    png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
}

void lint_png_no_warning(png_structp png, png_const_charp msg) {
    (void)png, (void)msg;
}
