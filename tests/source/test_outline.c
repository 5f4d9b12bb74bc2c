/* Polygons and boxes: which pixels they cover. */
#include "source/outline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
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

/* --- boxes ------------------------------------------------------------------------------------ */

static void fill_box(uint8_t *mask, const double box[4], lint_box_shape shape) {
    memset(mask, 0, W * H);
    lint_box_fill(mask, W, H, box, shape);
}

static void a_rectangle_covers_what_its_polygon_covers(void **state) {
    (void)state;
    static const double box[][4] = {{1, 1, 3, 2},     {0.5, 0.5, 1, 1}, {1.4, 1.4, 3, 2},
                                    {-5, -5, 100, 8}, {6, 4, 1e6, 1e6}, {-1e6, 2, 1e6, 2},
                                    {3, 3, 0.1, 0.1}, {20, 20, 3, 3},   {2.25, 0.75, 4.5, 3.5}};
    for (size_t i = 0; i < sizeof box / sizeof *box; i++) {
        uint8_t mask[W * H], want[W * H];
        double x0 = box[i][0], y0 = box[i][1], x1 = x0 + box[i][2], y1 = y0 + box[i][3];
        fill(want, (double[]){x0, y0, x1, y0, x1, y1, x0, y1}, 4);
        fill_box(mask, box[i], LINT_BOX_RECTANGLE);
        assert_memory_equal(mask, want, sizeof mask);
    }
}

static void an_ellipse_lies_in_its_box(void **state) {
    (void)state;
    uint8_t mask[W * H];
    fill_box(mask, (double[]){0, 0, 8, 6}, LINT_BOX_ELLIPSE);
    expect(mask, "..####.."
                 ".######."
                 "########"
                 "########"
                 ".######."
                 "..####..");
    fill_box(mask, (double[]){2, 1, 1, 1}, LINT_BOX_ELLIPSE);
    expect(mask, "........"
                 "..#....."
                 "........"
                 "........"
                 "........"
                 "........");
    fill_box(mask, (double[]){-1e6, -1e6, 1e6, 1e6}, LINT_BOX_ELLIPSE); /* its corner only */
    for (int i = 0; i < W * H; i++)
        assert_int_equal(mask[i], 0);
}

static void a_box_of_no_area_covers_nothing(void **state) {
    (void)state;
    static const double box[][4] = {{1, 1, 0, 3}, {1, 1, 3, 0}, {3, 3, -2, 2}, {3, 3, 2, -2}};
    for (size_t i = 0; i < 2 * sizeof box / sizeof *box; i++) {
        uint8_t mask[W * H];
        fill_box(mask, box[i / 2], (lint_box_shape)(i % 2));
        for (int k = 0; k < W * H; k++)
            assert_int_equal(mask[k], 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_polygon_covers_the_pixels_whose_centres_are_in_it),
        cmocka_unit_test(what_lies_beyond_the_picture_is_cut_off),
        cmocka_unit_test(a_polygon_that_crosses_itself_has_both_of_its_lobes),
        cmocka_unit_test(degenerate_polygons_cover_nothing),
        cmocka_unit_test(a_rectangle_covers_what_its_polygon_covers),
        cmocka_unit_test(an_ellipse_lies_in_its_box),
        cmocka_unit_test(a_box_of_no_area_covers_nothing),
    };
    return cmocka_run_group_tests_name("outline", tests, NULL, NULL);
}
