/* Sheets by their pixels: sizes, words, marks that do not need colour, names of any kind; tiles
 * and the names of their files. */
#include "answer/gallery.h"
#include "picture/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 128, MARGIN = 16, GAP = 14 };

/* --- sheets ----------------------------------------------------------------------------------- */

static lint_tile grey_tile(void) {
    lint_tile t = {0};
    lint_err e;
    assert_int_equal(lint_image_new(&t.picture, SIDE, SIDE, 3, &e), 0);
    memset(t.picture.px, 128, 3 * SIDE * SIDE);
    return t;
}

static lint_image sheet_of(const lint_tile *t, size_t n, int columns, const char *title) {
    lint_image im = {0};
    lint_err e = {0};
    const lint_block b = {.title = title, .tile = t, .n = n};
    if (lint_sheet(&im, &b, 1, columns, "evidence", &e) < 0) fail_msg("%s", e.msg);
    return im;
}

static const uint8_t *pixel(const lint_image *im, int x, int y) {
    return im->px + 3 * ((size_t)y * (size_t)im->w + (size_t)x);
}

/* Pixels that are not white in columns x0..x1-1 of rows y0..y1-1. */
static int ink(const lint_image *im, int x0, int y0, int x1, int y1) {
    int n = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const uint8_t *p = pixel(im, x, y);
            n += p[0] < 200 || p[1] < 200 || p[2] < 200;
        }
    return n;
}

static void a_sheet_has_the_pictures_side_by_side(void **state) {
    (void)state;
    lint_tile one = grey_tile(), tile[6];
    for (int i = 0; i < 6; i++)
        tile[i] = one;
    lint_image im = sheet_of(tile, 6, 4, NULL);
    assert_int_equal(im.w, 2 * MARGIN + 4 * SIDE + 3 * GAP);
    for (int i = 0; i < 6; i++) {
        int x = MARGIN + i % 4 * (SIDE + GAP);
        int y = i / 4 ? im.h - MARGIN - 6 - SIDE / 2 : MARGIN + SIDE / 2;
        assert_int_equal(pixel(&im, x, y)[0], 128);
        assert_int_equal(pixel(&im, x + SIDE - 1, y)[0], 128);
        assert_int_equal(pixel(&im, x - 1, y)[0], 255);
        assert_int_equal(pixel(&im, x + SIDE, y)[0], 255);
    }
    lint_image_free(&im);
    im = sheet_of(tile, 2, 4, NULL); /* no empty columns */
    assert_int_equal(im.w, 2 * MARGIN + 2 * SIDE + GAP);
    lint_image_free(&im);
    lint_image_free(&one.picture);
}

static void words_stand_under_the_picture(void **state) {
    (void)state;
    lint_tile t = grey_tile();
    lint_image plain = sheet_of(&t, 1, 1, NULL);
    strcpy(t.line[0].left, "orca");
    strcpy(t.line[1].right, "blue");
    lint_image im = sheet_of(&t, 1, 1, NULL);
    int under = MARGIN + SIDE + 4;
    assert_int_equal(ink(&plain, 0, under, plain.w, plain.h), 0);
    assert_true(ink(&im, MARGIN, under, MARGIN + SIDE / 2, under + 19) > 40);  /* left, above */
    assert_int_equal(ink(&im, MARGIN + SIDE / 2, under, im.w, under + 19), 0); /* nothing right */
    assert_true(ink(&im, MARGIN + SIDE / 2, under + 19, im.w, im.h) > 20);
    assert_int_equal(ink(&im, MARGIN + SIDE + 1, 0, im.w, im.h), 0); /* margins stay white */
    lint_image_free(&plain);
    lint_image_free(&im);
    lint_image_free(&t.picture);
}

static void a_title_stands_above(void **state) {
    (void)state;
    lint_tile t = grey_tile();
    lint_image plain = sheet_of(&t, 1, 1, NULL), im = sheet_of(&t, 1, 1, "default: test");
    assert_true(im.h > plain.h);
    assert_true(ink(&im, MARGIN, MARGIN, im.w, MARGIN + 24) > 100);
    lint_image_free(&plain);
    lint_image_free(&im);
    lint_image_free(&t.picture);
}

static void words_widen_a_cell_so_far_and_then_end_in_an_ellipsis(void **state) {
    (void)state;
    enum { WIDEST = 200, HEAD_MOST = 640 };
    lint_tile t = grey_tile();
    memset(t.line[0].left, 'm', LINT_TILE_TEXT - 1);
    strcpy(t.line[0].right, "0.97");
    memset(t.line[1].left, 0xc3, LINT_TILE_TEXT - 1); /* a broken name, "ö" by halves */
    for (int i = 1; i < LINT_TILE_TEXT - 1; i += 2)
        t.line[1].left[i] = (char)0xb6;
    lint_image im = sheet_of(&t, 1, 1, NULL);
    assert_int_equal(im.w, WIDEST + 2 * MARGIN);
    assert_int_equal(ink(&im, 0, 0, MARGIN - 1, im.h), 0);
    assert_int_equal(ink(&im, MARGIN + WIDEST + 1, 0, im.w, im.h), 0);
    lint_tile other = t; /* the probability is there, whatever the name */
    strcpy(other.line[0].right, "0.11");
    lint_image im2 = sheet_of(&other, 1, 1, NULL);
    assert_memory_not_equal(im.px, im2.px, 3 * (size_t)im.w * (size_t)im.h);
    lint_image_free(&im);
    lint_image_free(&im2);
    /* A title widens the sheet, so far. */
    im = sheet_of(&t, 1, 1, "a title that is too long for one picture");
    assert_in_range(im.w, WIDEST + 2 * MARGIN + 1, HEAD_MOST + 2 * MARGIN - 1);
    assert_int_equal(ink(&im, im.w - MARGIN, 0, im.w, im.h), 0);
    assert_true(ink(&im, im.w - MARGIN - 20, 0, im.w, im.h) > 0);
    lint_image_free(&im);
    char title[201];
    memset(title, 'm', sizeof title - 1);
    title[sizeof title - 1] = 0;
    im = sheet_of(&t, 1, 1, title);
    assert_int_equal(im.w, HEAD_MOST + 2 * MARGIN);
    assert_int_equal(ink(&im, im.w - MARGIN + 1, 0, im.w, im.h), 0);
    lint_image_free(&im);
    /* A name of a file, and words beside others, are shortened to the picture. */
    t.line[1].middle = 1;
    im = sheet_of(&t, 1, 1, NULL);
    assert_int_equal(im.w, SIDE + 2 * MARGIN);
    assert_int_equal(ink(&im, MARGIN + SIDE + 1, 0, im.w, im.h), 0);
    lint_image_free(&im);
    t.line[1].middle = 0;
    strcpy(t.line[1].right, "on blue");
    im = sheet_of(&t, 1, 1, NULL);
    assert_int_equal(im.w, SIDE + 2 * MARGIN);
    assert_int_equal(ink(&im, MARGIN + SIDE + 1, 0, im.w, im.h), 0);
    lint_image_free(&im);
    lint_image_free(&t.picture);
}

/* White pixels on the frame's line above the picture. */
static int gaps(const lint_image *im) {
    int n = 0;
    for (int x = MARGIN; x < MARGIN + SIDE; x++)
        n += pixel(im, x, MARGIN - 2)[0] == 255 && pixel(im, x, MARGIN - 2)[2] == 255;
    return n;
}

static void right_and_wrong_differ_by_more_than_colour(void **state) {
    (void)state;
    lint_tile t = grey_tile();
    t.mark = LINT_RIGHT;
    lint_image right = sheet_of(&t, 1, 1, NULL);
    t.mark = LINT_WRONG;
    lint_image wrong = sheet_of(&t, 1, 1, NULL);
    t.mark = LINT_UNMARKED;
    lint_image none = sheet_of(&t, 1, 1, NULL);
    assert_int_equal(gaps(&right), 0);
    assert_true(gaps(&wrong) > 20 && gaps(&wrong) < SIDE / 2);
    assert_int_equal(gaps(&none), SIDE);
    lint_image_free(&right);
    lint_image_free(&wrong);
    lint_image_free(&none);
    lint_image_free(&t.picture);
}

static void heat_is_explained_where_there_is_some(void **state) {
    (void)state;
    lint_tile t = grey_tile();
    lint_image without = sheet_of(&t, 1, 1, NULL);
    t.heat = 1;
    lint_image with = sheet_of(&t, 1, 1, NULL);
    assert_true(with.h > without.h);
    assert_true(ink(&with, MARGIN, with.h - MARGIN - 11, with.w - MARGIN, with.h - MARGIN) > 500);
    assert_int_equal(ink(&with, with.w - MARGIN + 1, 0, with.w, with.h), 0);
    lint_image_free(&without);
    lint_image_free(&with);
    lint_image_free(&t.picture);
}

static void a_sheet_of_nothing_or_of_too_much_is_an_error(void **state) {
    (void)state;
    lint_image im = {0};
    lint_err e;
    lint_block b = {.title = "x"};
    assert_int_equal(lint_sheet(&im, &b, 1, 4, NULL, &e), -1);
    assert_string_equal(e.msg, "no pictures for a sheet");
    lint_tile one = grey_tile(), *many = calloc(300, sizeof *many);
    assert_non_null(many);
    for (int i = 0; i < 300; i++)
        many[i] = one;
    b = (lint_block){.tile = many, .n = 300};
    assert_int_equal(lint_sheet(&im, &b, 1, 300, NULL, &e), -1);
    assert_non_null(strstr(e.msg, "too large"));
    assert_null(im.px);
    free(many);
    lint_image_free(&one.picture);
}

/* --- tiles ------------------------------------------------------------------------------------ */

static char *class_names[] = {"leopard", "orca"}, *place_names[] = {"green", "blue"};

static lint_tile tile_of(const lint_samples *s) {
    lint_tile t;
    lint_err e = {0};
    if (lint_tile_make(&t, s, 0, &e) < 0) fail_msg("%s", e.msg);
    return t;
}

static void a_tile_says_what_was_predicted_and_what_is_true(void **state) {
    (void)state;
    uint8_t *px = calloc(3 * SIDE, SIDE);
    int32_t label = 0, place = 1;
    float logits[] = {0, 3};
    lint_samples s = {.n = 1,
                      .h = SIDE,
                      .w = SIDE,
                      .image = px,
                      .label = &label,
                      .place = &place,
                      .logits = logits,
                      .k = 2,
                      .classes = {.v = class_names, .n = 2},
                      .places = {.v = place_names, .n = 2}};
    lint_tile t = tile_of(&s);
    assert_string_equal(t.line[0].left, "orca");
    assert_string_equal(t.line[0].right, "0.95"); /* 1 / (1 + exp(-3)) */
    assert_string_equal(t.line[1].left, "true: leopard");
    assert_string_equal(t.line[1].right, "on blue");
    assert_int_equal(t.mark, LINT_WRONG);
    assert_int_equal(t.heat, 0);
    lint_image_free(&t.picture);
    label = 1;
    t = tile_of(&s);
    assert_int_equal(t.mark, LINT_RIGHT);
    lint_image_free(&t.picture);
    label = -1; /* nobody knows */
    t = tile_of(&s);
    assert_int_equal(t.mark, LINT_UNMARKED);
    assert_string_equal(t.line[1].left, "");
    lint_image_free(&t.picture);
    s.logits = NULL;
    label = 0;
    s.name = "a.png";
    s.name_len = 5;
    t = tile_of(&s);
    assert_string_equal(t.line[0].left, "leopard");
    assert_string_equal(t.line[0].right, "on blue");
    assert_string_equal(t.line[1].left, "a.png");
    assert_int_equal(t.line[1].middle, 1);
    assert_int_equal(t.mark, LINT_UNMARKED);
    lint_image_free(&t.picture);
    /* Where places are classes, their words have a line of their own. */
    s.places = s.classes;
    t = tile_of(&s);
    assert_string_equal(t.line[0].left, "leopard");
    assert_string_equal(t.line[0].right, "");
    assert_string_equal(t.line[1].left, "on an orca-like background");
    assert_string_equal(t.line[2].left, "a.png");
    lint_image_free(&t.picture);
    s.logits = logits;
    t = tile_of(&s);
    assert_string_equal(t.line[1].left, "true: leopard");
    assert_string_equal(t.line[2].left, "on an orca-like background");
    assert_string_equal(t.line[3].left, "a.png");
    lint_image_free(&t.picture);
    free(px);
}

static void a_tile_shows_the_map_of_the_predicted_class(void **state) {
    (void)state;
    uint8_t *px = malloc(3 * SIDE * SIDE);
    memset(px, 100, 3 * SIDE * SIDE);
    float logits[] = {0, 3}, cam[] = {1, 0, 0, 1}; /* class 0 at the left, class 1 at the right */
    lint_samples s = {.n = 1,
                      .h = SIDE,
                      .w = SIDE,
                      .image = px,
                      .logits = logits,
                      .k = 2,
                      .cam = cam,
                      .cam_h = 1,
                      .cam_w = 2,
                      .classes = {.v = class_names, .n = 2}};
    lint_tile t = tile_of(&s);
    assert_int_equal(t.heat, 1);
    assert_int_equal(pixel(&t.picture, 4, 60)[0], 100); /* evidence against is not shown */
    assert_true(pixel(&t.picture, SIDE - 4, 60)[0] > 180);
    lint_image_free(&t.picture);
    lint_err e;
    cam[1] = NAN;
    assert_int_equal(lint_tile_make(&t, &s, 0, &e), -1);
    assert_null(t.picture.px);
    cam[1] = 0;
    logits[0] = INFINITY;
    assert_int_equal(lint_tile_make(&t, &s, 0, &e), -1);
    assert_string_equal(e.msg, "'logits' are not finite");
    free(px);
}

static void small_pictures_are_enlarged_and_large_ones_reduced(void **state) {
    (void)state;
    static uint8_t px[3 * 300 * 600];
    px[0] = 255;
    lint_samples s = {.n = 1, .h = 2, .w = 4, .image = px};
    lint_tile t = tile_of(&s);
    assert_int_equal(t.picture.w, 128);
    assert_int_equal(t.picture.h, 64);
    assert_int_equal(pixel(&t.picture, 31, 31)[0], 255); /* whole pixels, sharp */
    assert_int_equal(pixel(&t.picture, 32, 31)[0], 0);
    lint_image_free(&t.picture);
    s.h = s.w = 48; /* three times, since twice is too narrow for words */
    t = tile_of(&s);
    assert_int_equal(t.picture.w, 144);
    lint_image_free(&t.picture);
    s.h = 300;
    s.w = 600;
    t = tile_of(&s);
    assert_int_equal(t.picture.w, 256);
    assert_int_equal(t.picture.h, 128);
    lint_image_free(&t.picture);
    s.h = 1;
    t = tile_of(&s);
    assert_int_equal(t.picture.h, 1);
    lint_image_free(&t.picture);
}

/* --- names ------------------------------------------------------------------------------------ */

static void a_file_name_stays_in_its_folder(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "00007.png"},
        {"otter.jpg", "00007-otter.png"},
        {"a/b c.PNG", "00007-a_b_c.png"},
        {"../../etc/passwd", "00007-.._.._etc_passwd.png"},
        {"\\..\\x\n", "00007-_.._x_.png"},
        {".png", "00007-.png.png"},
        {"\xc3\xb6.jpeg", "00007-\xc3\xb6.png"},
    };
    char buf[LINT_GALLERY_FILE], longest[400];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lint_gallery_file(buf, 7, cases[i][0]);
        assert_string_equal(buf, cases[i][1]);
    }
    for (int i = 0; i < 399; i++)
        longest[i] = (char)(i % 2 ? 0xb6 : 0xc3);
    longest[399] = 0;
    lint_gallery_file(buf, SIZE_MAX, longest + 1);
    assert_true(strlen(buf) < sizeof buf);
    assert_string_equal(buf + strlen(buf) - 4, ".png");
}

static void a_title_is_made_of_the_model_and_the_split(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"models/x/s0/default/model.safetensors", "test", "default: test"},
        {"camloss.safetensors", "val", "camloss: val"},
        {"model.safetensors", NULL, "model"},
        {"/model.safetensors", "", "model"},
        {"a/best.st", NULL, "best.st"},
        {"-", "test", "standard input: test"},
    };
    char buf[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lint_gallery_title(buf, sizeof buf, cases[i][0], cases[i][1]);
        assert_string_equal(buf, cases[i][2]);
    }
    lint_gallery_title(buf, 8, "a-long-name.safetensors", "test");
    assert_string_equal(buf, "a-long-");
}

static int end(void **state) {
    (void)state;
    lint_draw_end();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sheet_has_the_pictures_side_by_side),
        cmocka_unit_test(words_stand_under_the_picture),
        cmocka_unit_test(a_title_stands_above),
        cmocka_unit_test(words_widen_a_cell_so_far_and_then_end_in_an_ellipsis),
        cmocka_unit_test(right_and_wrong_differ_by_more_than_colour),
        cmocka_unit_test(heat_is_explained_where_there_is_some),
        cmocka_unit_test(a_sheet_of_nothing_or_of_too_much_is_an_error),
        cmocka_unit_test(a_tile_says_what_was_predicted_and_what_is_true),
        cmocka_unit_test(a_tile_shows_the_map_of_the_predicted_class),
        cmocka_unit_test(small_pictures_are_enlarged_and_large_ones_reduced),
        cmocka_unit_test(a_file_name_stays_in_its_folder),
        cmocka_unit_test(a_title_is_made_of_the_model_and_the_split),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
