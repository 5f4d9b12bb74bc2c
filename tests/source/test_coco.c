/* Outlines and boxes of a COCO file: what is drawn, which picture it belongs to, and what is refused. */
#include "source/coco.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { W = 8, H = 6 };

/* '#' is object. */
static void expect(const uint8_t *mask, const char *want) {
    for (int i = 0; i < W * H; i++)
        if (mask[i] != (want[i] == '#' ? 255 : 0))
            fail_msg("pixel %d,%d: %d", i % W, i / W, mask[i]);
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
    assert_int_equal(lint_coco_draw(c, image[0], LINT_BOX_ELLIPSE, W, H, mask, &e), 0);
    expect(mask, "##......"
                 "###....."
                 ".##....."
                 ".......#"
                 "......##"
                 "........");
    assert_int_equal(lint_coco_draw(c, image[1], LINT_BOX_ELLIPSE, W, H, mask, &e),
                     0); /* nothing outlined */
    expect(mask, "                                                ");
    assert_int_equal(lint_coco_draw(c, image[0], LINT_BOX_ELLIPSE, H, W, mask, &e), -1);
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
    assert_int_equal(lint_coco_draw(c, 0, LINT_BOX_ELLIPSE, W, H, mask, &e), 0);
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

static void sizes_may_be_written_as_floats(void **state) {
    (void)state;
    lint_err e;
    uint8_t mask[W * H];
    lint_coco *c = parse("{\"images\": [{\"id\": 1.0, \"file_name\": \"a\", \"width\": 8.0, "
                         "\"height\": 6.0}], \"annotations\": [{\"image_id\": 1, "
                         "\"segmentation\": {\"size\": [6.0, 8.0], \"counts\": [0, 48]}}]}");
    assert_int_equal(lint_coco_draw(c, 0, LINT_BOX_ELLIPSE, W, H, mask, &e), 0);
    assert_int_equal(mask[0], 255);
    lint_coco_free(c);
}

/* Each has an image 1 of the same name. */
static void files_of_splits_keep_to_their_folders(void **state) {
    (void)state;
    static const char json[] = "\xef\xbb\xbf" /* as Windows' programs write it */
        FILE_OF(IMAGE("1", "1.png"), "{\"image_id\": 1, \"bbox\": [0,0,8,6]}");
    static const char none[] = FILE_OF(IMAGE("1", "1.png"), "");
    lint_err e;
    uint8_t mask[W * H];
    char path[] = "/tmp/lint-coco-XXXXXX";
    lint_coco *c = lint_coco_new(0, -1, &e);
    assert_non_null(c);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, json, strlen(json)), strlen(json));
    assert_int_equal(lint_coco_add(c, path, "train", &e), 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, none, strlen(none), 0), strlen(none));
    assert_int_equal(lint_coco_add(c, path, "valid", &e), 0);
    close(fd);
    unlink(path);
    match(c, 4, (const char *[]){"valid/a/1.png", "train/b/1.png", "trains/1.png", "1.png"},
          (long[]){1, 0, -1, -1});
    assert_int_equal(lint_coco_draw(c, 0, LINT_BOX_RECTANGLE, W, H, mask, &e), 0);
    assert_int_equal(mask[0], 255);
    assert_int_equal(lint_coco_draw(c, 1, LINT_BOX_RECTANGLE, W, H, mask, &e), 0);
    assert_int_equal(mask[0], 0);
    lint_coco_free(c);
}

static void a_box_without_an_outline_is_an_ellipse_or_a_rectangle(void **state) {
    (void)state;
    lint_err e;
    uint8_t mask[W * H];
    lint_coco *c = parse(FILE_OF(
        IMAGE("1", "a"), "{\"image_id\": 1, \"segmentation\": [], \"bbox\": [1.0, 1, 6, 4]},"
                         "{\"image_id\": 1, \"bbox\": [0, 0, 1, 1]},"
                         "{\"image_id\": 1, \"segmentation\": [[7,5,8,5,8,6,7,6]], "
                         "\"bbox\": [0, 0, 8, 6]}"));
    assert_int_equal(lint_coco_boxes(c), 2);
    assert_int_equal(lint_coco_draw(c, 0, LINT_BOX_ELLIPSE, W, H, mask, &e), 0);
    expect(mask, "#......."
                 "..####.."
                 ".######."
                 ".######."
                 "..####.."
                 ".......#");
    assert_int_equal(lint_coco_draw(c, 0, LINT_BOX_RECTANGLE, W, H, mask, &e), 0);
    expect(mask, "#......."
                 ".######."
                 ".######."
                 ".######."
                 ".######."
                 ".......#");
    lint_coco_free(c);
}

static void what_outlines_nothing_is_passed_over_where_asked(void **state) {
    (void)state;
    static const char json[] =
        FILE_OF(IMAGE("1", "a") "," IMAGE("2", "b") "," IMAGE("3", "c") "," IMAGE("4", "d"),
                "{\"image_id\": 1, \"segmentation\": []},"
                "{\"image_id\": 1, \"segmentation\": [[0,0,8,0,8,6,0,6], [1,1]]},"
                "{\"image_id\": 2, \"bbox\": [0,0,4,0]},"
                "{\"image_id\": 4, \"segmentation\": [[1,1,2,2]], \"bbox\": [0,0,2,2]}");
    lint_err e;
    uint8_t mask[W * H];
    assert_null(lint_coco_parse(json, strlen(json), 0, &e));
    assert_string_equal(e.msg, "annotations[0]: neither an outline nor a box");
    lint_coco *c = lint_coco_parse(json, strlen(json), 1, &e);
    if (!c) fail_msg("%s", e.msg);
    assert_int_equal(lint_coco_skipped(c), 2);
    assert_int_equal(lint_coco_degenerate(c), 2);
    assert_int_equal(lint_coco_draw(c, 0, LINT_BOX_ELLIPSE, W, H, mask, &e), 0);
    assert_int_equal(mask[W * H - 1], 255);
    /* There is an object, but nobody said where: no mask without it. */
    assert_int_equal(lint_coco_draw(c, 1, LINT_BOX_ELLIPSE, W, H, mask, &e), -1);
    assert_string_equal(e.msg, "its annotations have neither an outline nor a box");
    assert_int_equal(lint_coco_draw(c, 2, LINT_BOX_ELLIPSE, W, H, mask, &e), 0);
    assert_int_equal(mask[0], 0);
    assert_int_equal(lint_coco_draw(c, 3, LINT_BOX_ELLIPSE, W, H, mask, &e), 0); /* its box */
    assert_int_equal(mask[0], 255);
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
        lint_err e = {0};
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
    expect_most("", "{\"image_id\": 1, \"bbox\": [0,0,1e6,9000]}", 222,
                "annotations[222]: 'bbox': the outlines of a cover more than 200 times");
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
#define BOX(box) FILE_OF(IMAGE("1", "a"), "{\"image_id\": 1, \"bbox\": " box "}")
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
        {FILE_OF(IMAGE("1", "a"), "{\"image_id\": 1}"), "neither an outline nor a box"},
        {ONE("[]"), "neither an outline nor a box"},
        {ONE("7"), "'segmentation': expected polygons or a run-length code"},
        {ONE("[[0,0,8,0,8,6], [1,2,3,4]]"),
         "'segmentation': polygon 1 has 2 points, expected three"},
        {ONE("[[1,2]]"), "'segmentation': polygon 0 has 1 point, expected three or more"},
        {BOX("[1,2,3]"), "'bbox': expected x, y, width and height"},
        {BOX("{}"), "'bbox': expected x, y, width and height"},
        {BOX("[1,2,3,\"x\"]"), "'bbox': expected numbers"},
        {BOX("[1,2,3,1e7]"), "'bbox': expected numbers"},
        {BOX("[1,2,3,0]"), "'bbox': 3x0 has no area"},
        {BOX("[1,2,-3,4]"), "'bbox': -3x4 has no area"},
        {FILE_OF("{\"id\": 1, \"file_name\": \"a\", \"width\": 8.5, \"height\": 1}", ""),
         "'width': expected a whole number"},
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
        lint_err e = {0};
        lint_coco *c = lint_coco_parse(bad[i][0], strlen(bad[i][0]), 0, &e);
        if (c) fail_msg("accepted: %s", bad[i][0]);
        if (!strstr(e.msg, bad[i][1])) fail_msg("'%s' does not say '%s'", e.msg, bad[i][1]);
    }
}

/* --- objects and detections ------------------------------------------------------------------- */

static void expect_object(const lint_object *o, const double *box, const char *category) {
    for (int k = 0; k < 4; k++)
        if (o->box[k] != box[k]) fail_msg("%s: box[%d] %g", category, k, o->box[k]);
    if (category)
        assert_string_equal(o->category, category);
    else
        assert_null(o->category);
}

static void an_object_is_the_box_round_its_outlines(void **state) {
    (void)state;
    lint_err e;
    lint_objects o = {0};
    lint_coco *c = parse("{\"images\": [" IMAGE(
        "1", "a") "],"
                  "\"categories\": [{\"id\": 5, \"name\": \"orca\"}, {\"name\": \"without\"}], "
                  "\"annotations\": ["
                  "{\"image_id\": 1, \"category_id\": 5, \"segmentation\": [[0,0,2,0,2,2], "
                  "[3,1,4,1,4,5]]},"
                  "{\"image_id\": 1, \"category_id\": 6, \"bbox\": [1,2,3,4]},"
                  "{\"image_id\": 1, \"segmentation\": {\"size\": [6,8], \"counts\": [14,2,32]}},"
                  "{\"image_id\": 1, \"segmentation\": {\"size\": [6,8], \"counts\": [17,2,29]}},"
                  "{\"image_id\": 1, \"segmentation\": {\"size\": [6,8], \"counts\": [48]}}]}");
    assert_int_equal(lint_coco_objects(c, 0, &o, &e), 0);
    assert_int_equal(o.n, 4);
    assert_int_equal(o.w, W);
    assert_false(o.shares);
    expect_object(&o.v[0], (double[]){0, 0, 4, 5}, "orca");
    expect_object(&o.v[1], (double[]){1, 2, 3, 4}, NULL);
    expect_object(&o.v[2], (double[]){2, 2, 1, 2}, NULL);
    expect_object(&o.v[3], (double[]){2, 0, 2, 6}, NULL); /* over the end of a column */
    lint_objects_free(&o);
    lint_coco_free(c);
}

#define DETECTED                                                                                   \
    "{\"info\": {\"detector_metadata\": {\"typical_detection_threshold\": 0.4}},"                  \
    "\"detection_categories\": {\"1\": \"animal\"}, \"images\": ["                                 \
    "{\"file\": \"a\\\\1.jpg\", \"detections\": ["                                                 \
    "{\"category\": \"1\", \"conf\": 0.5, \"bbox\": [0, 0, 0.5, 1]},"                              \
    "{\"category\": \"7\", \"conf\": 0.3, \"bbox\": [0.75, 0.5, 0.25, 0.5]}]},"                    \
    "{\"file\": \"b/1.jpg\", \"failure\": \"Failure image access\"}]}"

static void detections_count_where_they_are_sure(void **state) {
    (void)state;
    lint_err e;
    uint8_t mask[W * H];
    lint_objects o = {0};
    lint_coco *c = parse(DETECTED);
    long image[2];
    assert_int_equal(lint_coco_match(c, 2, (const char *[]){"b/1.jpg", "a/1.jpg"}, image, &e), 0);
    assert_int_equal(lint_coco_scored(c), 2);
    assert_int_equal(lint_coco_unsure(c), 1);
    assert_int_equal(lint_coco_draw(c, image[1], LINT_BOX_RECTANGLE, W, H, mask, &e), 0);
    expect(mask, "####...."
                 "####...."
                 "####...."
                 "####...."
                 "####...."
                 "####....");
    assert_int_equal(lint_coco_draw(c, image[0], LINT_BOX_RECTANGLE, W, H, mask, &e), -1);
    assert_string_equal(e.msg, "the detector says of it: Failure image access");
    assert_int_equal(lint_coco_objects(c, image[0], &o, &e), -1);
    lint_coco_free(c);
    char path[] = "/tmp/lint-coco-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, DETECTED, strlen(DETECTED)), strlen(DETECTED));
    close(fd);
    assert_non_null(c = lint_coco_new(0, 0.3, &e));
    assert_int_equal(lint_coco_add(c, path, "", &e), 0);
    unlink(path);
    assert_int_equal(lint_coco_unsure(c), 0);
    assert_int_equal(lint_coco_objects(c, 0, &o, &e), 0);
    assert_int_equal(o.n, 2);
    assert_true(o.shares);
    expect_object(&o.v[0], (double[]){0, 0, 0.5, 1}, "animal");
    expect_object(&o.v[1], (double[]){0.75, 0.5, 0.25, 0.5}, "7");
    lint_objects_free(&o);
    lint_coco_free(c);
}

#define DETECTION(text) "{\"images\": [{\"file\": \"a\", \"detections\": [" text "]}]}"

static void what_is_no_detection_is_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"{\"detection_categories\": {}}", "'images': expected a list"},
        {"{\"detection_categories\": {}, \"images\": [3]}", "images[0]: 'file': expected a text"},
        {"{\"images\": [{\"file\": \"a\"}]}", "images[0]: 'detections': expected a list"},
        {DETECTION("3"), "images[0]: detections[0]: 'conf': expected a number"},
        {DETECTION("{\"conf\": 1}"),
         "images[0]: detections[0]: 'bbox': expected x, y, width and height"},
        {DETECTION("{\"conf\": 1, \"bbox\": [0, 0, 1, 0]}"),
         "images[0]: detections[0]: 'bbox': 1x0 has no area"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e = {0};
        lint_coco *c = lint_coco_parse(bad[i][0], strlen(bad[i][0]), 0, &e);
        if (c) fail_msg("accepted: %s", bad[i][0]);
        assert_string_equal(e.msg, bad[i][1]);
    }
    lint_err e;
    char many[20000] = "{\"images\": [{\"file\": \"a\", \"detections\": [",
         *at = many + strlen(many);
    for (int i = 0; i < 200; i++)
        at += sprintf(at, "%s{\"conf\": 1, \"bbox\": [0, 0, 1, 1]}", i ? "," : "");
    strcpy(at, "]}]}");
    assert_null(lint_coco_parse(many, strlen(many), 0, &e));
    assert_string_equal(
        e.msg, "images[0]: detections[198]: the boxes of a cover more than 200 times its pixels");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlines_of_a_picture_are_one_mask),
        cmocka_unit_test(packed_counts_are_those_of_the_list),
        cmocka_unit_test(pictures_are_found_by_their_names),
        cmocka_unit_test(the_order_of_pictures_does_not_matter),
        cmocka_unit_test(sizes_may_be_written_as_floats),
        cmocka_unit_test(files_of_splits_keep_to_their_folders),
        cmocka_unit_test(a_box_without_an_outline_is_an_ellipse_or_a_rectangle),
        cmocka_unit_test(what_outlines_nothing_is_passed_over_where_asked),
        cmocka_unit_test(what_outlines_cover_is_bounded),
        cmocka_unit_test(a_file_of_many_values_is_not_read),
        cmocka_unit_test(what_is_no_coco_file_is_refused),
        cmocka_unit_test(an_object_is_the_box_round_its_outlines),
        cmocka_unit_test(detections_count_where_they_are_sure),
        cmocka_unit_test(what_is_no_detection_is_refused),
    };
    return cmocka_run_group_tests_name("coco", tests, NULL, NULL);
}
