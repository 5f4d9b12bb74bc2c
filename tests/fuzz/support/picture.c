#include "support/picture.h"
#include "picture/heif_decoder.h"

#include <stdlib.h>

/* Larger ones cost time and find nothing that smaller ones do not. */
enum { PIXELS = 1 << 14 };

static void read_as(const uint8_t *bytes, size_t n, const lint_image_ask *ask) {
    lint_err e = {0};
    lint_image im = {0};
    lint_image_facts facts;
    fuzz_begin();
    int err = lint_image_decode(&im, bytes, n, ask, &facts, &e);
    fuzz_told(err, &e);
    if (err && im.px) abort();
    if (!err) {
        if (im.c != ask->c || im.w < 1 || im.h < 1) abort();
        if (ask->w && (im.w != ask->w || im.h != ask->h)) abort();
        if (facts.w < 1 || facts.h < 1 || facts.orientation < 1 || facts.orientation > 8) abort();
        fuzz_touch(im.px, (size_t)im.w * (size_t)im.h * (size_t)im.c);
    }
    lint_image_free(&im);
    fuzz_end(n, 32 * PIXELS); /* four channels of floats, and as many once more */
}

int fuzz_picture(const uint8_t *bytes, size_t n) {
    static const int channels[] = {3, 1, 4};
    static lint_heif_decoder *heif;
    if (!heif) heif = lint_heif_decoder_new();
    lint_image_ask whole = {.c = channels[n % 3], .max_pixels = PIXELS, .heif = heif};
    lint_image_ask fitted = {
        .c = 3, .w = 9, .h = 5, .fit = (lint_fit)(n / 2 % 3), .max_pixels = PIXELS, .heif = heif};
    if (n % 2) fitted.rough_w = 7, fitted.rough_h = 5;
    if (n % 4 == 0) whole.depth = 12;
    read_as(bytes, n, &whole);
    read_as(bytes, n, &fitted);
    return 0;
}
