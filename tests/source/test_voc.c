/* Pascal VOC's XML: which boxes are read, and what is refused. */
#include "source/voc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { W = 8, H = 6 };

#define BOX(a, b, c, d)                                                                            \
    "<bndbox><xmin>" a "</xmin><ymin>" b "</ymin><xmax>" c "</xmax><ymax>" d "</ymax></bndbox>"
#define FILE_OF(objects)                                                                           \
    "<annotation><filename>1.jpg</filename><size><width>8</width><height>6</height>"               \
    "<depth>3</depth></size>" objects "</annotation>"

static void read_all(const char *xml, lint_objects *o) {
    lint_err e;
    *o = (lint_objects){0};
    if (lint_voc_read(xml, strlen(xml), o, &e) < 0) fail_msg("%s", e.msg);
}

static void boxes_hold_their_last_pixel(void **state) {
    (void)state;
    lint_err e;
    lint_objects o;
    uint8_t mask[W * H];
    read_all(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
        "<!-- by hand -->" FILE_OF("<object><part><name>head</name>" BOX(
            "7", "1", "8",
            "2") "</part><name> sea &amp; orca\n</name>" BOX("2", "1", "3.0",
                                                             " 4 ") "</object><object>" BOX("8",
                                                                                            "6",
                                                                                            "8",
                                                                                            "6") "<"
                                                                                                 "/"
                                                                                                 "o"
                                                                                                 "b"
                                                                                                 "j"
                                                                                                 "e"
                                                                                                 "c"
                                                                                                 "t"
                                                                                                 ">"),
        &o);
    assert_int_equal(o.n, 2);
    assert_int_equal(o.w, W);
    assert_int_equal(o.h, H);
    assert_string_equal(o.v[0].category, "sea & orca");
    assert_null(o.v[1].category);
    assert_int_equal(lint_objects_draw(&o, LINT_BOX_RECTANGLE, W, H, mask, &e), 0);
    static const char want[] = ".##....."
                               ".##....."
                               ".##....."
                               ".##....."
                               "........"
                               ".......#";
    for (int i = 0; i < W * H; i++)
        assert_int_equal(mask[i], want[i] == '#' ? 255 : 0);
    assert_int_equal(lint_objects_draw(&o, LINT_BOX_RECTANGLE, H, W, mask, &e), -1);
    assert_string_equal(e.msg, "the annotations are of a picture of 8x6, but it is 6x8");
    lint_objects_free(&o);
}

static void a_size_that_is_not_told_fits_any_picture(void **state) {
    (void)state;
    lint_err e;
    lint_objects o;
    uint8_t mask[W * H];
    read_all("<annotation><size><width>0</width><height>6</height></size></annotation>", &o);
    assert_int_equal(o.w, 0);
    assert_int_equal(o.h, 0);
    assert_int_equal(lint_objects_draw(&o, LINT_BOX_ELLIPSE, H, W, mask, &e), 0);
    lint_objects_free(&o);
}

static void what_is_no_annotation_is_one_sentence(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"", "line 1: not valid XML: no element found"},
        {"<annotation>\n<object></annotation>", "line 2: not valid XML: mismatched tag"},
        {"<html/>", "line 1: <html>, expected <annotation>"},
        {FILE_OF("<object></object>"), "line 1: an object without the four edges of a bndbox"},
        {FILE_OF("<object>" BOX("5", "1", "2", "4") "</object>"),
         "line 1: a box of -2x4 has no area"},
        {FILE_OF("<object>" BOX("nan", "1", "2", "4") "</object>"),
         "line 1: 'nan' is not a number of pixels"},
        {FILE_OF("<object>" BOX("0x1", "1", "2", "4") "</object>"),
         "line 1: '0x1' is not a number of pixels"},
        {FILE_OF("<object>" BOX("1", "1", "1e9", "4") "</object>"),
         "line 1: '1e9' is not a number of pixels"},
        {"<annotation><size><width>-1</width></size></annotation>",
         "line 1: -1 is no size for a picture"},
        {"<!DOCTYPE a [\n<!ENTITY a \"b\">]>\n<annotation>&a;</annotation>",
         "line 2: declares the entity 'a', which no annotation needs"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e;
        lint_objects o = {0};
        if (lint_voc_read(bad[i][0], strlen(bad[i][0]), &o, &e) == 0)
            fail_msg("accepted: %s", bad[i][0]);
        assert_string_equal(e.msg, bad[i][1]);
        lint_objects_free(&o);
    }
}

/* text repeated, between two others; from malloc. */
static char *repeated(const char *before, const char *text, size_t times, const char *after) {
    size_t n = strlen(text);
    char *all = malloc(strlen(before) + n * times + strlen(after) + 1), *at = all;
    assert_non_null(all);
    at += sprintf(at, "%s", before);
    for (size_t i = 0; i < times; i++, at += n)
        memcpy(at, text, n);
    strcpy(at, after);
    return all;
}

static void a_file_is_bounded(void **state) {
    (void)state;
    static const char object[] = "<object>" BOX("1", "1", "8", "6") "</object>";
    const struct {
        char *xml;
        const char *want;
    } bad[] = {
        {repeated("<annotation>", "<a>", 64, ""), "line 1: elements more than 64 deep"},
        {repeated("<annotation>", object, 10001, "</annotation>"),
         "line 1: more than 10000 objects"},
        {repeated("<annotation><object><name>", "n", 300, "</name></object></annotation>"),
         "line 1: a name of 256 bytes or more"},
        {repeated("<annotation>", " ", LINT_VOC_BYTES, "</annotation>"), "larger than 8 MiB"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e;
        lint_objects o = {0};
        assert_int_equal(lint_voc_read(bad[i].xml, strlen(bad[i].xml), &o, &e), -1);
        assert_string_equal(e.msg, bad[i].want);
        lint_objects_free(&o);
        free(bad[i].xml);
    }
    lint_err e;
    lint_objects o;
    uint8_t mask[W * H];
    char *xml = repeated("<annotation>", object, 300, "</annotation>");
    read_all(xml, &o);
    assert_int_equal(lint_objects_draw(&o, LINT_BOX_ELLIPSE, W, H, mask, &e), -1);
    assert_string_equal(e.msg, "the objects cover more than 200 times the picture");
    lint_objects_free(&o);
    free(xml);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_hold_their_last_pixel),
        cmocka_unit_test(a_size_that_is_not_told_fits_any_picture),
        cmocka_unit_test(what_is_no_annotation_is_one_sentence),
        cmocka_unit_test(a_file_is_bounded),
    };
    return cmocka_run_group_tests_name("voc", tests, NULL, NULL);
}
