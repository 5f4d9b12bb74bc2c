/* Texts in the format of YOLO's programs: what is drawn, and what is refused. */
#include "source/yolo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { W = 8, H = 6 };

/* '#' is object. */
static void draws(const char *text, lint_box_shape shape, const char *want) {
    lint_err e;
    uint8_t mask[W * H];
    memset(mask, 7, sizeof mask);
    if (lint_yolo_draw(text, strlen(text), 0, shape, W, H, mask, &e) < 0) fail_msg("%s", e.msg);
    for (int i = 0; i < W * H; i++)
        if (mask[i] != (want[i] == '#' ? 255 : 0))
            fail_msg("pixel %d,%d: %d", i % W, i / W, mask[i]);
}

static void boxes_and_polygons_are_one_mask(void **state) {
    (void)state;
    static const char text[] = "\xef\xbb\xbf"
                               "0 0.5 0.5 0.75 0.666666\r\n"
                               "\n"
                               "17\t0 0  0.125 0 0.125 0.166667 0 0.166667\n"
                               "1 0.9375 0.9166 .125 1.6e-1 ";
    draws(text, LINT_BOX_ELLIPSE,
          "#......."
          "..####.."
          ".######."
          ".######."
          "..####.."
          ".......#");
    draws(text, LINT_BOX_RECTANGLE,
          "#......."
          ".######."
          ".######."
          ".######."
          ".######."
          ".......#");
}

static void a_text_without_lines_shows_no_object(void **state) {
    (void)state;
    static const char nothing[] = "                                                ";
    draws("", LINT_BOX_ELLIPSE, nothing);
    draws("\n \r\n\n", LINT_BOX_ELLIPSE, nothing);
}

static void what_says_nothing_is_refused_with_its_line(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"0 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.2", "line 2: 4 numbers, expected a class and a box"},
        {"0", "line 1: 1 number, expected a class and a box"},
        {"0 0.5 0.5 0.2 0.2 1.9", "line 1: 1.9 is out of range"},
        {"0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "line 1: 8 numbers"},
        {"0 0.5 0.5 1.2 0.2", "line 1: 1.2 is out of range, expected shares"},
        {"0 0.5 -0.5 0.2 0.2", "line 1: -0.5 is out of range"},
        {"0 0.1 0.1 0.2 0.2 0.3 320", "line 1: 320 is out of range"},
        {"0 0.5 0.5 0 0.2", "line 1: a box of 0x0.2 has no area"},
        {"0.5 0.5 0.5 0.2 0.2", "line 1: 0.5 is not a class"},
        {"-1 0.5 0.5 0.2 0.2", "line 1: -1 is not a class"},
        {"\n\norca 0.5 0.5 0.2 0.2", "line 3: 'orca' is not a number"},
        {"0 nan 0.5 0.2 0.2", "line 1: 'nan' is not a number"},
        {"0 0x1 0.5 0.2 0.2", "line 1: '0x1' is not a number"},
        {"0 1e999 0.5 0.2 0.2", "line 1: '1e999' is not a number"},
        {"0,0.5,0.5,0.2,0.2", "line 1: '0,0.5,0.5,0.2,0.2' is not a number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e = {0};
        uint8_t mask[W * H];
        if (lint_yolo_draw(bad[i][0], strlen(bad[i][0]), 0, LINT_BOX_ELLIPSE, W, H, mask, &e) == 0)
            fail_msg("accepted: %s", bad[i][0]);
        if (!strstr(e.msg, bad[i][1])) fail_msg("'%s' does not say '%s'", e.msg, bad[i][1]);
    }
    lint_err e;
    uint8_t mask[W * H];
    assert_int_equal(lint_yolo_draw("0 \0", 4, 0, LINT_BOX_ELLIPSE, W, H, mask, &e), -1);
    assert_string_equal(e.msg, "not a text");
}

/* n times the text is read; another one is too much. */
static void expect_most(const char *before, const char *text, size_t n, const char *says) {
    char *all = malloc(strlen(before) + (n + 1) * strlen(text) + 1), *at = all;
    assert_non_null(all);
    at = stpcpy(at, before);
    for (size_t i = 0; i <= n; i++)
        at = stpcpy(at, text);
    size_t len = (size_t)(at - all);
    lint_err e = {0};
    uint8_t mask[W * H];
    assert_int_equal(lint_yolo_draw(all, len, 0, LINT_BOX_ELLIPSE, W, H, mask, &e), -1);
    if (!strstr(e.msg, says)) fail_msg("'%s' does not say '%s'", e.msg, says);
    all[len - strlen(text)] = 0;
    if (lint_yolo_draw(all, len - strlen(text), 0, LINT_BOX_ELLIPSE, W, H, mask, &e) < 0)
        fail_msg("%s", e.msg);
    free(all);
}

static void what_a_text_asks_for_is_bounded(void **state) {
    (void)state;
    /* 8 * 6 pixels, and 6 rows for each of two edges. */
    expect_most("", "0 0.5 0.5 1 1\n", 160, "line 161: the objects cover more than 200 times");
    expect_most("0", " 0.5 0.5", LINT_YOLO_POINTS, "line 1: more than 200000 points");
}

static void a_box_of_little_confidence_does_not_count(void **state) {
    (void)state;
    static const char text[] = "0 0.5 0.5 1 1 0.5\n3 0.25 0.5 0.5 1\n4 0.5 0 1 0 1 1";
    lint_err e;
    lint_objects o = {0};
    assert_int_equal(lint_yolo_objects(text, strlen(text), 0.5, &o, &e), 0);
    assert_int_equal(o.n, 3);
    assert_true(o.shares);
    assert_string_equal(o.v[2].category, "4");
    assert_true(o.v[2].box[0] == 0.5 && o.v[2].box[1] == 0 && o.v[2].box[2] == 0.5);
    lint_objects_free(&o);
    o = (lint_objects){0};
    assert_int_equal(lint_yolo_objects(text, strlen(text), 0.51, &o, &e), 0);
    assert_int_equal(o.n, 2);
    assert_string_equal(o.v[0].category, "3");
    lint_objects_free(&o);
}

static void names_are_read_as_data_yaml_has_them(void **state) {
    (void)state;
    static const char *const good[] = {
        "path: x\nnames: ['sea orca', \"cat\", dog]\nnc: 3\n",
        "names:\n- sea orca\n- cat # the animal\n\n- \"dog\"\nnc: 3",
        "names: # all\r\n  0: sea orca\r\n  1: 'cat'\r\n  2: dog\r\n\r\ntrain: a\r\n",
        "nc: 3\nnames: [\n  sea orca,\n  cat,\n  dog,\n]\n",
        "\xef\xbb\xbfnames: [sea orca, cat, dog]\n",
    };
    lint_err e;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        lint_names n = {0};
        if (lint_yolo_names(good[i], strlen(good[i]), &n, &e) < 0) fail_msg("%s", e.msg);
        assert_int_equal(n.n, 3);
        assert_string_equal(n.v[0], "sea orca");
        assert_string_equal(n.v[1], "cat");
        assert_string_equal(n.v[2], "dog");
        lint_names_free(&n);
    }
    static const char *const bad[][2] = {
        {"names: [a, b", "names: [ is not closed"},
        {"names: ['a", "names: a quote is not closed"},
        {"names: [a, b, a]", "names: the class 'a' is named twice"},
        {"names: [a, , b]", "names: an empty name"},
        {"names: ['a' 'b']", "names: expected , or ] behind a name"},
        {"names: &list", "names: expected a list of names"},
        {"names:\n  1: a", "names: class 1, expected 0: they are to be in order"},
        {"names:\n  a: 1", "names: 'a: 1', expected NUMBER: NAME"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_names n = {0};
        if (lint_yolo_names(bad[i][0], strlen(bad[i][0]), &n, &e) == 0)
            fail_msg("accepted: %s", bad[i][0]);
        assert_string_equal(e.msg, bad[i][1]);
        lint_names_free(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_and_polygons_are_one_mask),
        cmocka_unit_test(a_text_without_lines_shows_no_object),
        cmocka_unit_test(what_says_nothing_is_refused_with_its_line),
        cmocka_unit_test(what_a_text_asks_for_is_bounded),
        cmocka_unit_test(a_box_of_little_confidence_does_not_count),
        cmocka_unit_test(names_are_read_as_data_yaml_has_them),
    };
    return cmocka_run_group_tests_name("yolo", tests, NULL, NULL);
}
