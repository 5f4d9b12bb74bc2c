/* Outlines of a COCO file: what is drawn, which picture it belongs to, and what is refused. */
#include "source/coco.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { W = 8, H = 6 };

/* '#' is object. */
static void expect(const uint8_t *mask, const char *want) {
    for (int i = 0; i < W * H; i++)
        if (mask[i] != (want[i] == '#' ? 255 : 0))
            fail_msg("pixel %d,%d: %d", i % W, i / W, mask[i]);
}

static void fill(uint8_t *mask, const double *xy, size_t points) {
    lint_err e;
    memset(mask, 0, W * H);
    assert_int_equal(lint_polygon_fill(mask, W, H, xy, points, &e), 0);
}

/* --- polygons --------------------------------------------------------------------------------- */

static void a_polygon_covers_the_pixels_whose_centres_are_in_it(void **state) {
    (void)state;
    uint8_t mask[W * H];
    fill(mask, (double[]){1, 1, 4, 1, 4, 3, 1, 3}, 4);
    expect(mask, "........"
                 ".###...."
                 ".###...."
                 "........"
                 "........"
                 "........");
    /* Either way round, and half a pixel further: the same centres. */
    fill(mask, (double[]){1.4, 3.4, 4.4, 3.4, 4.4, 1.4, 1.4, 1.4}, 4);
    expect(mask, "........"
                 ".###...."
                 ".###...."
                 "........"
                 "........"
                 "........");
    fill(mask, (double[]){0, 0, 6, 0, 0, 6}, 3); /* a centre on the slant is on the outer side */
    expect(mask, "#####..."
                 "####...."
                 "###....."
                 "##......"
                 "#......."
                 "........");
}

static void what_lies_beyond_the_picture_is_cut_off(void **state) {
    (void)state;
    uint8_t mask[W * H];
    fill(mask, (double[]){-1e6, -1e6, 1e6, -1e6, 1e6, 1e6, -1e6, 1e6}, 4);
    for (int i = 0; i < W * H; i++)
        assert_int_equal(mask[i], 255);
    fill(mask, (double[]){6, 4, 100, 4, 100, 100, 6, 100}, 4);
    expect(mask, "........"
                 "........"
                 "........"
                 "........"
                 "......##"
                 "......##");
    fill(mask, (double[]){20, 20, 30, 20, 30, 30}, 3);
    fill(mask, (double[]){-20, 2, -10, 2, -10, 4}, 3);
    for (int i = 0; i < W * H; i++)
        assert_int_equal(mask[i], 0);
}

static void a_polygon_that_crosses_itself_has_both_of_its_lobes(void **state) {
    (void)state;
    uint8_t mask[W * H];
    fill(mask, (double[]){0, 0, 0, 2, 8, 0, 8, 2}, 4);
    assert_int_equal(mask[0], 255);
    assert_int_equal(mask[7], 255);
    /* Wound twice: nonzero is inside. */
    fill(mask, (double[]){1, 1, 4, 1, 4, 4, 1, 4, 1, 1, 4, 1, 4, 4, 1, 4}, 8);
    assert_int_equal(mask[2 * W + 2], 255);
}

static void degenerate_polygons_cover_nothing(void **state) {
    (void)state;
    uint8_t mask[W * H];
    fill(mask, (double[]){1, 1, 5, 1, 3, 1}, 3);
    fill(mask, (double[]){2, 2, 2, 2, 2, 2}, 3);
    for (int i = 0; i < W * H; i++)
        assert_int_equal(mask[i], 0);
}

/* --- files ------------------------------------------------------------------------------------ */

#define IMAGE(id, file) "{\"id\": " id ", \"file_name\": \"" file "\", \"width\": 8, \"height\": 6}"
#define FILE_OF(images, annotations)                                                               \
    "{\"images\": [" images "], \"annotations\": [" annotations "], \"categories\": []}"

static lint_coco *parse(const char *json) {
    lint_err e;
    lint_coco *c = lint_coco_parse(json, strlen(json), 0, &e);
    if (!c) fail_msg("%s", e.msg);
    return c;
}

static void outlines_of_a_picture_are_one_mask(void **state) {
    (void)state;
    lint_err e;
    uint8_t mask[W * H];
    lint_coco *c = parse(FILE_OF(
        IMAGE("7", "a.png") "," IMAGE("3", "b.png"),
        "{\"image_id\": 7, \"segmentation\": [[0,0,2,0,2,2,0,2], [1,1,3,1,3,3,1,3]]},"
        "{\"image_id\": 7, \"segmentation\": {\"size\": [6,8], \"counts\": [40,1,4,2,1]}}"));
    long image[2];
    assert_int_equal(lint_coco_match(c, 2, (const char *[]){"x/a.png", "x/b.png"}, image, &e), 0);
    assert_int_equal(lint_coco_draw(c, image[0], W, H, mask, &e), 0);
    expect(mask, "##......"
                 "###....."
                 ".##....."
                 ".......#"
                 "......##"
                 "........");
    assert_int_equal(lint_coco_draw(c, image[1], W, H, mask, &e), 0); /* nothing outlined */
    expect(mask, "                                                ");
    assert_int_equal(lint_coco_draw(c, image[0], H, W, mask, &e), -1);
    assert_string_equal(e.msg, "the annotations are of a picture of 8x6, but it is 6x8");
    lint_coco_free(c);
}

/* What pycocotools packs [40, 1, 4, 2, 1] into: 40 = 8 + 1 * 32, then 1 and 4 as they are, and from
 * the fourth on less the one but last: 2 - 1 and 1 - 4. */
static void packed_counts_are_those_of_the_list(void **state) {
    (void)state;
    lint_err e;
    uint8_t mask[W * H];
    lint_coco *c =
        parse(FILE_OF(IMAGE("7", "a.png"), "{\"image_id\": 7, \"segmentation\": {\"size\": [6,8], "
                                           "\"counts\": \"X1141M\"}}"));
    assert_int_equal(lint_coco_draw(c, 0, W, H, mask, &e), 0);
    expect(mask, "........"
                 "........"
                 "........"
                 ".......#"
                 "......##"
                 "........");
    lint_coco_free(c);
}

static void match(const lint_coco *c, size_t n, const char *const *path, const long *want) {
    lint_err e;
    long image[4];
    if (lint_coco_match(c, n, path, image, &e) < 0) fail_msg("%s", e.msg);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(image[i], want[i]);
}

static void pictures_are_found_by_their_names(void **state) {
    (void)state;
    lint_err e;
    long image[4];
    lint_coco *c = parse(FILE_OF(
        IMAGE("0", "images\\\\3f9ac01b-orca 1.jpg") "," IMAGE(
            "1", "/label-studio/upload/2/"
                 "00c0ffee-leo.jpg") "," IMAGE("2", "orca/01.jpg") "," IMAGE("3", "leopard/01.jpg"),
        ""));
    match(c, 4,
          (const char *[]){"images/orca/orca 1.jpg", "leopard/leo.jpg", "images/orca/01.jpg", "no"},
          (long[]){0, 1, 2, -1});
    match(c, 2, (const char *[]){"orca/3f9ac01b-orca 1.jpg", "orca/00000000-leo.jpg"},
          (long[]){0, -1});
    /* The picture of the folder that is named has it; the other one has none. */
    match(c, 1, (const char *[]){"leopard/01.jpg"}, (long[]){3});
    assert_int_equal(lint_coco_match(c, 1, (const char *[]){"seal/01.jpg"}, image, &e), -1);
    assert_non_null(strstr(e.msg, "'seal/01.jpg' fit both orca/01.jpg and leopard/01.jpg"));
    assert_int_equal(lint_coco_match(c, 2, (const char *[]){"a/leo.jpg", "b/leo.jpg"}, image, &e),
                     -1);
    assert_non_null(strstr(e.msg, "fits both a/leo.jpg and b/leo.jpg"));
    lint_coco_free(c);
}

/* Two that fit an entry alike do not matter where a third fits it better, whatever the order. */
static void the_order_of_pictures_does_not_matter(void **state) {
    (void)state;
    lint_err e;
    long image[3];
    lint_coco *c = parse(FILE_OF(IMAGE("0", "images/z/1.png"), ""));
    match(c, 3, (const char *[]){"images/x/1.png", "images/y/1.png", "images/z/1.png"},
          (long[]){-1, -1, 0});
    match(c, 3, (const char *[]){"images/z/1.png", "images/y/1.png", "images/x/1.png"},
          (long[]){0, -1, -1});
    assert_int_equal(
        lint_coco_match(c, 2, (const char *[]){"images/x/1.png", "images/y/1.png"}, image, &e), -1);
    assert_string_equal(e.msg, "'images/z/1.png' fits both images/x/1.png and images/y/1.png");
    lint_coco_free(c);
    /* Nor does one that fits two entries, where each has a picture that fits better. */
    c = parse(FILE_OF(IMAGE("0", "x/1.png") "," IMAGE("1", "y/1.png"), ""));
    match(c, 3, (const char *[]){"z/1.png", "x/1.png", "y/1.png"}, (long[]){-1, 0, 1});
    lint_coco_free(c);
}

static void boxes_without_outlines_are_passed_over_where_asked(void **state) {
    (void)state;
    static const char json[] =
        FILE_OF(IMAGE("1", "a") "," IMAGE("2", "b") "," IMAGE("3", "c"),
                "{\"image_id\": 1, \"segmentation\": [], \"bbox\": [0,0,4,4]},"
                "{\"image_id\": 1, \"segmentation\": [[0,0,8,0,8,6,0,6]]},"
                "{\"image_id\": 2, \"bbox\": [0,0,4,4]}");
    lint_err e;
    uint8_t mask[W * H];
    assert_null(lint_coco_parse(json, strlen(json), 0, &e));
    assert_string_equal(e.msg, "annotations[0]: 'segmentation': no outline (a bounding box alone "
                               "is not enough)");
    lint_coco *c = lint_coco_parse(json, strlen(json), 1, &e);
    if (!c) fail_msg("%s", e.msg);
    assert_int_equal(lint_coco_skipped(c), 2);
    assert_int_equal(lint_coco_draw(c, 0, W, H, mask, &e), 0);
    assert_int_equal(mask[W * H - 1], 255);
    /* A box alone says that there is an object, but not where: no mask without one. */
    assert_int_equal(lint_coco_draw(c, 1, W, H, mask, &e), -1);
    assert_string_equal(e.msg,
                        "its annotations have no outline (a bounding box alone is not enough)");
    assert_int_equal(lint_coco_draw(c, 2, W, H, mask, &e), 0);
    assert_int_equal(mask[0], 0);
    lint_coco_free(c);
}

/* A file of n times the text, with a comma between. */
static char *repeated(const char *before, const char *text, size_t n, const char *after) {
    char *json = malloc(strlen(before) + n * (strlen(text) + 1) + strlen(after) + 1), *at = json;
    assert_non_null(json);
    at = stpcpy(at, before);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(stpcpy(at, i ? "," : ""), text);
    strcpy(at, after);
    return json;
}

/* n times the text makes a file of a picture of 100 megapixels; another one is too much. */
static void expect_most(const char *before, const char *text, size_t n, const char *says) {
    static const char big[] =
        "{\"images\": [{\"id\": 1, \"file_name\": \"a\", \"width\": 10000, \"height\": 10000}],"
        "\"annotations\": [";
    char start[sizeof big + 100];
    snprintf(start, sizeof start, "%s%s", big, before);
    for (size_t more = 0; more < 2; more++) {
        lint_err e = {""};
        char *json = repeated(start, text, n + more, *before ? "]}]}" : "]}");
        lint_coco *c = lint_coco_parse(json, strlen(json), 0, &e);
        if ((c == NULL) != (more == 1)) fail_msg("%zu times: %s", n + more, c ? "accepted" : e.msg);
        if (more && !strstr(e.msg, says)) fail_msg("'%s' does not say '%s'", e.msg, says);
        lint_coco_free(c);
        free(json);
    }
}

/* Few bytes may outline all of a picture, again and again. */
static void what_outlines_cover_is_bounded(void **state) {
    (void)state;
    expect_most("",
                "{\"image_id\": 1, \"segmentation\": {\"size\": [10000,10000], \"counts\": "
                "[0,100000000]}}",
                200,
                "annotations[200]: 'segmentation': the outlines of a cover more than 200 times");
    expect_most("{\"image_id\": 1, \"segmentation\": [", "[0,0,10000,0,10000,9000,0,9000]", 222,
                "the outlines of a cover more than 200 times its pixels");
}

static void a_file_of_many_values_is_not_read(void **state) {
    (void)state;
    lint_err e;
    char *json = repeated("[", "{}", LINT_COCO_VALUES / 2 + 1, "]");
    assert_null(lint_coco_parse(json, strlen(json), 0, &e));
    assert_string_equal(e.msg, "more than 10000000 values");
    free(json);
}

static void what_is_no_coco_file_is_refused(void **state) {
    (void)state;
#define ONE(segmentation)                                                                          \
    FILE_OF(IMAGE("1", "a"), "{\"image_id\": 1, \"segmentation\": " segmentation "}")
    static const char *const bad[][2] = {
        {"", "not valid JSON"},
        {"[", "not valid JSON"},
        {"[]", "expected a JSON object"},
        {"{\"images\": 1}", "'images': expected a list"},
        {"{\"images\": []}", "'annotations': expected a list"},
        {FILE_OF("1", ""), "images[0]: expected an object"},
        {FILE_OF("{\"id\": 1}", ""), "images[0]: 'file_name'"},
        {FILE_OF("{\"id\": 1.5, \"file_name\": \"a\"}", ""), "images[0]: 'id'"},
        {FILE_OF("{\"id\": 1, \"file_name\": \"a\", \"width\": 99999, \"height\": 1}", ""),
         "'width'"},
        {FILE_OF("{\"id\": 1, \"file_name\": \"a\", \"width\": 32000, \"height\": 32000}", ""),
         "too large"},
        {FILE_OF(IMAGE("1", "a") "," IMAGE("1", "b"), ""), "the id 1 is given twice"},
        {FILE_OF(IMAGE("1", "a"), "{\"image_id\": 2}"), "annotations[0]: 'image_id' 2: no such"},
        {FILE_OF(IMAGE("1", "a"), "7"), "annotations[0]: expected an object"},
        {FILE_OF("", "{\"image_id\": 2}"), "no such image"},
        {FILE_OF(IMAGE("1", "a"), "{\"image_id\": 1}"), "polygons or a run-length code"},
        {ONE("[]"), "no outline"},
        {ONE("[[1,2,3,4]]"), "three points"},
        {ONE("[[1,2,3,4,5,6,7]]"), "three points"},
        {ONE("[1,2,3,4,5,6]"), "three points"},
        {ONE("[[1,2,3,4,5,\"x\"]]"), "expected numbers"},
        {ONE("[[1,2,3,4,5,1e300]]"), "expected numbers"},
        {ONE("{\"size\": [8,6], \"counts\": [48]}"), "'size': expected [6, 8]"},
        {ONE("{\"size\": [6,8], \"counts\": [47]}"), "do not add up"},
        {ONE("{\"size\": [6,8], \"counts\": [50,-2]}"), "expected numbers"},
        {ONE("{\"size\": [6,8], \"counts\": [47.5,0.5]}"), "do not add up"},
        {ONE("{\"size\": [6,8], \"counts\": 48}"), "a list or a text"},
        {ONE("{\"size\": [6,8], \"counts\": \"!!\"}"), "not a run-length code"},
        {ONE("{\"size\": [6,8], \"counts\": \"oooooooooooooooooooo\"}"), "not a run-length code"},
        {ONE("{\"size\": [6,8], \"counts\": \"X\"}"), "run-length code"},
        {ONE("{\"size\": [6,8]}"), "a list or a text"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e = {""};
        lint_coco *c = lint_coco_parse(bad[i][0], strlen(bad[i][0]), 0, &e);
        if (c) fail_msg("accepted: %s", bad[i][0]);
        if (!strstr(e.msg, bad[i][1])) fail_msg("'%s' does not say '%s'", e.msg, bad[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_polygon_covers_the_pixels_whose_centres_are_in_it),
        cmocka_unit_test(what_lies_beyond_the_picture_is_cut_off),
        cmocka_unit_test(a_polygon_that_crosses_itself_has_both_of_its_lobes),
        cmocka_unit_test(degenerate_polygons_cover_nothing),
        cmocka_unit_test(outlines_of_a_picture_are_one_mask),
        cmocka_unit_test(packed_counts_are_those_of_the_list),
        cmocka_unit_test(pictures_are_found_by_their_names),
        cmocka_unit_test(the_order_of_pictures_does_not_matter),
        cmocka_unit_test(boxes_without_outlines_are_passed_over_where_asked),
        cmocka_unit_test(what_outlines_cover_is_bounded),
        cmocka_unit_test(a_file_of_many_values_is_not_read),
        cmocka_unit_test(what_is_no_coco_file_is_refused),
    };
    return cmocka_run_group_tests_name("coco", tests, NULL, NULL);
}
