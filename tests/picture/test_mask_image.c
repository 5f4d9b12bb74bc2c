/* What masks mean, in the ways that programs write them. */
#include "picture/mask_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

enum { N = 4 };

static char path[64];

/* N pixels in a row; bytes as PNG stores them. */
typedef struct kind {
    int type, depth;
    const uint8_t *row;
    const png_color *palette;
    int colours;
    const uint8_t *clear; /* the palette's alpha, of as many colours */
} kind;

static void put(const kind *k) {
    FILE *out = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    assert_non_null(out);
    assert_non_null(info);
    png_init_io(png, out);
    png_set_IHDR(png, info, N, 1, k->depth, k->type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    if (k->palette) png_set_PLTE(png, info, k->palette, k->colours);
    if (k->clear) png_set_tRNS(png, info, k->clear, k->colours, NULL);
    png_write_info(png, info);
    png_write_row(png, k->row);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    assert_int_equal(fclose(out), 0);
}

static void expect(const kind *k, const char *labels, const uint8_t want[N]) {
    lint_err e;
    lint_image im = {0};
    lint_mask_labels l;
    put(k);
    if (labels) assert_int_equal(lint_mask_labels_parse(&l, labels, &e), 0);
    if (lint_mask_read(&im, path, labels ? &l : NULL, 0, &e) < 0) fail_msg("%s", e.msg);
    unlink(path);
    assert_int_equal(im.w, N);
    assert_int_equal(im.c, 1);
    for (int i = 0; i < N; i++)
        if (im.px[i] != want[i])
            fail_msg("pixel %d: %d, expected %d (type %d, depth %d)", i, im.px[i], want[i], k->type,
                     k->depth);
    lint_image_free(&im);
}

static void expect_grey(const uint8_t *row, const uint8_t *want) {
    expect(&(kind){.type = PNG_COLOR_TYPE_GRAY, .depth = 8, .row = row}, NULL, want);
}

static void grey_masks_are_labels_or_shades(void **state) {
    (void)state;
    static const uint8_t of[][2][N] = {
        {{0, 255, 255, 0}, {0, 255, 255, 0}},     /* black and white */
        {{0, 1, 1, 0}, {0, 255, 255, 0}},         /* two values */
        {{0, 2, 2, 0}, {0, 255, 255, 0}},         /* two values */
        {{0, 128, 0, 0}, {0, 255, 0, 0}},         /* two values */
        {{0, 1, 15, 255}, {0, 255, 255, 0}},      /* labels, and void */
        {{0, 7, 3, 200}, {0, 255, 255, 255}},     /* labels */
        {{0, 128, 255, 255}, {0, 128, 255, 255}}, /* a smooth edge */
        {{0, 64, 128, 255}, {0, 64, 128, 255}},   /* a smooth edge */
        {{2, 1, 3, 2}, {0, 255, 0, 0}},           /* a trimap */
        {{2, 2, 1, 2}, {0, 0, 255, 0}},           /* a trimap */
        {{0, 0, 0, 0}, {0, 0, 0, 0}},
        {{255, 255, 255, 255}, {255, 255, 255, 255}},
        {{1, 1, 1, 1}, {255, 255, 255, 255}},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        expect_grey(of[i][0], of[i][1]);
}

static void sixteen_bits_are_read_as_numbers(void **state) {
    (void)state;
    static const struct {
        uint8_t row[2 * N], want[N];
    } of[] = {
        {{0, 0, 0, 1, 0, 1, 0, 0}, {0, 255, 255, 0}},
        {{0, 0, 255, 255, 255, 255, 0, 0}, {0, 255, 255, 0}},
        {{0, 0, 0, 255, 0, 255, 0, 0}, {0, 255, 255, 0}},
        {{0, 0, 101, 144, 101, 145, 0, 7}, {0, 255, 255, 255}}, /* instances */
        {{0, 0, 0, 1, 0, 9, 255, 255}, {0, 255, 255, 0}},       /* labels, and void */
        {{0, 0, 0, 1, 0, 9, 0, 255}, {0, 255, 255, 0}},         /* void of 8 bits */
        {{0, 0, 128, 0, 255, 255, 255, 255}, {0, 128, 255, 255}},
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        expect(&(kind){.type = PNG_COLOR_TYPE_GRAY, .depth = 16, .row = of[i].row}, NULL,
               of[i].want);
}

static void a_palette_holds_labels_unless_it_is_grey(void **state) {
    (void)state;
    png_color voc[256] = {{0, 0, 0}, {128, 0, 0}, {0, 128, 0}};
    voc[255] = (png_color){224, 224, 192};
    static const png_color black_last[] = {{200, 0, 0}, {0, 0, 0}},
                           grey[] = {{255, 255, 255}, {0, 0, 0}};
    static const uint8_t row[] = {0, 1, 2, 255}, two[] = {0x40},
                         clear[] = {255, 255, 0}; /* 0 1 0 0 */
    expect(&(kind){PNG_COLOR_TYPE_PALETTE, 8, row, voc, 256, NULL}, NULL,
           (uint8_t[]){0, 255, 255, 0});
    expect(&(kind){PNG_COLOR_TYPE_PALETTE, 8, row, voc, 256, NULL}, "2,255",
           (uint8_t[]){0, 0, 255, 255});
    expect(&(kind){PNG_COLOR_TYPE_PALETTE, 1, two, black_last, 2, NULL}, NULL,
           (uint8_t[]){255, 0, 255, 255});
    expect(&(kind){PNG_COLOR_TYPE_PALETTE, 1, two, grey, 2, NULL}, NULL,
           (uint8_t[]){255, 0, 255, 255});
    static const uint8_t three[] = {0, 1, 2, 0};
    expect(&(kind){PNG_COLOR_TYPE_PALETTE, 8, three, voc, 3, clear}, NULL,
           (uint8_t[]){0, 255, 0, 0});
}

static void labels_are_chosen(void **state) {
    (void)state;
    static const uint8_t row[] = {0, 1, 5, 9}, wide[] = {0, 0, 1, 0, 1, 1, 2, 0};
    expect(&(kind){.type = PNG_COLOR_TYPE_GRAY, .depth = 8, .row = row}, "0,4-8",
           (uint8_t[]){255, 0, 255, 0});
    expect(&(kind){.type = PNG_COLOR_TYPE_GRAY, .depth = 16, .row = wide}, "256-257,65535",
           (uint8_t[]){0, 255, 255, 0});
    static const char *const bad[] = {"",      "a",  "1,", ",1",  "3-1",
                                      "65536", "1-", "-1", "1 2", "1--2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e;
        lint_mask_labels l;
        if (lint_mask_labels_parse(&l, bad[i], &e) == 0) fail_msg("accepted: %s", bad[i]);
    }
    lint_err e;
    lint_image im = {0};
    lint_mask_labels l;
    static const uint8_t red[] = {0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0};
    put(&(kind){.type = PNG_COLOR_TYPE_RGB, .depth = 8, .row = red});
    assert_int_equal(lint_mask_labels_parse(&l, "1", &e), 0);
    assert_int_equal(lint_mask_read(&im, path, &l, 0, &e), -1);
    assert_string_equal(e.msg, "is in colours, but --mask-labels needs numbers");
    unlink(path);
}

static void colours_are_labels_and_alpha_is_the_object(void **state) {
    (void)state;
    static const struct {
        uint8_t row[4 * N], want[N];
    } rgb[] = {{{0, 0, 0, 128, 0, 0, 0, 0, 128, 224, 224, 192}, {0, 255, 255, 0}},
               {{255, 255, 255, 128, 0, 0, 0, 0, 128, 255, 255, 255}, {0, 255, 255, 0}},
               {{0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0}, {0, 255, 255, 0}},
               {{0, 0, 0, 255, 255, 255, 128, 128, 128, 0, 0, 0}, {0, 255, 128, 0}}},
      rgba[] = {{{9, 9, 9, 0, 9, 9, 9, 255, 9, 9, 9, 128, 9, 9, 9, 0}, {0, 255, 128, 0}},
                {{0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 0}, {0, 255, 0, 0}},
                {{0, 0, 0, 0, 200, 9, 9, 255, 0, 90, 0, 255, 0, 0, 0, 0}, {0, 255, 255, 0}},
                {{0, 0, 0, 255, 200, 9, 9, 255, 0, 0, 0, 255, 0, 0, 0, 255}, {0, 255, 0, 0}}};
    for (size_t i = 0; i < sizeof rgb / sizeof *rgb; i++)
        expect(&(kind){.type = PNG_COLOR_TYPE_RGB, .depth = 8, .row = rgb[i].row}, NULL,
               rgb[i].want);
    for (size_t i = 0; i < sizeof rgba / sizeof *rgba; i++)
        expect(&(kind){.type = PNG_COLOR_TYPE_RGB_ALPHA, .depth = 8, .row = rgba[i].row}, NULL,
               rgba[i].want);
}

static void what_is_hardly_meant_is_remarked(void **state) {
    (void)state;
    lint_err e;
    lint_image im = {0};
    assert_int_equal(lint_image_new(&im, 16, 16, 1, &e), 0);
    assert_int_equal(lint_mask_look(&im), LINT_MASK_EMPTY);
    for (int y = 6; y < 10; y++)
        memset(im.px + 16 * y + 6, 255, 4);
    assert_int_equal(lint_mask_look(&im), LINT_MASK_FINE);
    for (int i = 0; i < 256; i++)
        im.px[i] = (uint8_t)(255 - im.px[i]);
    assert_int_equal(lint_mask_look(&im), LINT_MASK_CORNERS);
    memset(im.px, 255, 256);
    assert_int_equal(lint_mask_look(&im), LINT_MASK_FULL);
    lint_image_free(&im);
}

static void a_broken_mask_is_one_sentence(void **state) {
    (void)state;
    static const uint8_t row[] = {0, 255, 255, 0};
    put(&(kind){.type = PNG_COLOR_TYPE_GRAY, .depth = 8, .row = row});
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char bytes[1024];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t cut = 0; cut < n - 12; cut++) {
        lint_err e = {0};
        lint_image im = {0};
        f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(bytes, 1, cut, f);
        fclose(f);
        assert_int_equal(lint_mask_read(&im, path, NULL, 0, &e), -1);
        assert_true(*e.msg);
        assert_null(im.px);
    }
    unlink(path);
    lint_err e;
    lint_image im = {0};
    assert_int_equal(lint_mask_read(&im, path, NULL, 0, &e), -1);
    assert_non_null(strstr(e.msg, "No such file"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grey_masks_are_labels_or_shades),
        cmocka_unit_test(sixteen_bits_are_read_as_numbers),
        cmocka_unit_test(a_palette_holds_labels_unless_it_is_grey),
        cmocka_unit_test(labels_are_chosen),
        cmocka_unit_test(colours_are_labels_and_alpha_is_the_object),
        cmocka_unit_test(what_is_hardly_meant_is_remarked),
        cmocka_unit_test(a_broken_mask_is_one_sentence),
    };
    snprintf(path, sizeof path, "/tmp/lint-test-mask-%ld.png", (long)getpid());
    return cmocka_run_group_tests_name("mask_image", tests, NULL, NULL);
}
