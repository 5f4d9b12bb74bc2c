/* Heat: where it lies, what scales it, what is not shown. */
#include "picture/heat.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 48, MAP = 6 };

static float heat[SIDE * SIDE], map[2 * MAP * MAP];

static int setup(void **state) {
    (void)state;
    memset(map, 0, sizeof map);
    return 0;
}

static int make(size_t classes, size_t c) {
    lint_err e = {0};
    int got = lint_heat_make(heat, SIDE, SIDE, map, classes, MAP, MAP, c, &e);
    if (got < 0) fail_msg("%s", e.msg);
    return got;
}

static float at(int y, int x) {
    return heat[y * SIDE + x];
}

static void the_hottest_pixel_lies_in_the_place_of_the_evidence(void **state) {
    (void)state;
    map[1 * MAP + 4] = 3;
    assert_int_equal(make(1, 0), 1);
    int best = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        if (heat[i] > heat[best]) best = i;
    assert_int_equal(best / SIDE / (SIDE / MAP), 1);
    assert_int_equal(best % SIDE / (SIDE / MAP), 4);
    assert_true(heat[best] > 0.95F && heat[best] <= 1);
    assert_true(at(40, 5) == 0);
}

static void evidence_is_the_map_less_the_mean_of_the_others(void **state) {
    (void)state;
    for (int i = 0; i < 2 * MAP * MAP; i++)
        map[i] = 5; /* what both classes have speaks for neither */
    assert_int_equal(make(2, 0), 0);
    map[2 * MAP + 2] = 9;
    assert_int_equal(make(2, 0), 1);
    assert_true(at(20, 20) > 0.9F);
    assert_int_equal(make(2, 1), 1);
    assert_true(at(20, 20) < -0.9F);
}

static void one_place_does_not_darken_the_rest(void **state) {
    (void)state;
    enum { LARGE = 24 };
    static float large[LARGE * LARGE];
    lint_err e;
    for (int i = 0; i < LARGE * LARGE / 2; i++)
        large[i] = 1;
    large[LARGE * LARGE - 30] = 1000;
    assert_int_equal(lint_heat_make(heat, SIDE, SIDE, large, 1, LARGE, LARGE, 0, &e), 1);
    assert_true(at(8, 24) > 0.99F);
}

static void the_same_evidence_everywhere_is_heat_everywhere(void **state) {
    (void)state;
    for (int i = 0; i < MAP * MAP; i++)
        map[i] = 0.001F;
    assert_int_equal(make(1, 0), 1);
    for (int i = 0; i < SIDE * SIDE; i++)
        assert_true(fabsf(heat[i] - 1) < 1e-5F);
}

static void a_map_of_one_place_is_fine(void **state) {
    (void)state;
    lint_err e;
    const float one[] = {2};
    assert_int_equal(lint_heat_make(heat, 5, 7, one, 1, 1, 1, 0, &e), 1);
    for (int i = 0; i < 35; i++)
        assert_true(fabsf(heat[i] - 1) < 1e-5F);
}

static void values_that_are_not_finite_are_an_error(void **state) {
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        lint_err e = {0};
        map[7] = bad[i];
        assert_int_equal(lint_heat_make(heat, SIDE, SIDE, map, 2, MAP, MAP, 1, &e), -1);
        assert_string_equal(e.msg, "a map has values that are not finite");
    }
}

static void a_picture_without_evidence_is_faded_and_has_no_heat(void **state) {
    (void)state;
    const float none[] = {0, 0};
    uint8_t px[] = {200, 100, 0, 80, 80, 80};
    lint_heat_lay(px, none, 2);
    int grey = (int)(0.299 * 200 + 0.587 * 100);
    assert_true(px[0] > px[1] && px[1] > px[2]); /* its hue can still be told */
    assert_true(px[0] < 200 && px[2] > 0);
    assert_int_equal((299 * px[0] + 587 * px[1] + 114 * px[2] + 500) / 1000, grey);
    for (int i = 3; i < 6; i++)
        assert_int_equal(px[i], 80);
}

static void heat_grows_brighter_and_denser(void **state) {
    (void)state;
    double rgb[3], density, light_before = -1, density_before = -1;
    for (int i = 0; i <= 20; i++) {
        lint_heat_colour(i / 20.0, rgb, &density);
        double light = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        assert_true(light > light_before && density > density_before);
        assert_true(density >= 0 && density < 1); /* the picture shows through */
        light_before = light;
        density_before = density;
    }
}

static void evidence_against_is_not_shown(void **state) {
    (void)state;
    const float v[] = {-1}, none[] = {0};
    uint8_t plain[] = {90, 90, 90}, against[] = {90, 90, 90};
    lint_heat_lay(plain, none, 1);
    lint_heat_lay(against, v, 1);
    assert_memory_equal(against, plain, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_hottest_pixel_lies_in_the_place_of_the_evidence, setup),
        cmocka_unit_test_setup(evidence_is_the_map_less_the_mean_of_the_others, setup),
        cmocka_unit_test(one_place_does_not_darken_the_rest),
        cmocka_unit_test_setup(the_same_evidence_everywhere_is_heat_everywhere, setup),
        cmocka_unit_test(a_map_of_one_place_is_fine),
        cmocka_unit_test_setup(values_that_are_not_finite_are_an_error, setup),
        cmocka_unit_test(a_picture_without_evidence_is_faded_and_has_no_heat),
        cmocka_unit_test(heat_grows_brighter_and_denser),
        cmocka_unit_test(evidence_against_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
