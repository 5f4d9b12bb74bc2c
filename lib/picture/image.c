#include "picture/image.h"
#include "picture/image_codec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const lint_image_endings[] = {".png",  ".jpg", ".jpeg", ".jfif", ".webp", ".tif",
                                          ".tiff", ".bmp", ".heic", ".heif", ".avif", NULL};

int lint_image_named(const char *name) {
    size_t n = strlen(name);
    for (int i = 0; lint_image_endings[i]; i++) {
        size_t len = strlen(lint_image_endings[i]);
        if (n > len && strcasecmp(name + n - len, lint_image_endings[i]) == 0) return 1;
    }
    return 0;
}

/* Whatever its number of pixels: a sink has judged it. */
int lint_image_new_raw(lint_image *im, int w, int h, int c, lint_err *e) {
    *im = (lint_image){0};
    if (w < 1 || h < 1 || w > LINT_IMAGE_MAX || h > LINT_IMAGE_MAX)
        return lint_fail(e, "%dx%d is no size for a picture (at most %d on a side)", w, h,
                         LINT_IMAGE_MAX);
    if (c != 1 && c != 3 && c != 4) return lint_fail(e, "a picture of %d channels", c);
    im->px = malloc((size_t)w * (size_t)h * (size_t)c);
    if (!im->px) return lint_fail_mem(e, "picture");
    im->w = w, im->h = h, im->c = c;
    return 0;
}

int lint_image_new(lint_image *im, int w, int h, int c, lint_err *e) {
    *im = (lint_image){0};
    if ((int64_t)w * h > LINT_IMAGE_PIXELS)
        return lint_fail(e, "%dx%d is no size for a picture (at most %d pixels in all)", w, h,
                         LINT_IMAGE_PIXELS);
    if (lint_image_new_raw(im, w, h, c, e) < 0) return -1;
    memset(im->px, 0, (size_t)w * (size_t)h * (size_t)c);
    return 0;
}

void lint_image_free(lint_image *im) {
    free(im->px);
    im->px = NULL;
    im->w = im->h = im->c = 0;
}
