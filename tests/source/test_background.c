/* What is said of backgrounds, of folders whose backgrounds are known. */
#include "source/background.h"
#include "support/check.h"
#include "support/drawn.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static lint_background test(const drawn_spec *spec, uint64_t seed) {
    lint_err e;
    lint_background b;
    drawn_folder f = drawn_make(spec, seed);
    lint_threads *pool = lint_threads_new(2, &e);
    assert_non_null(pool);
    if (lint_background_test(pool, &f.source, f.look, seed, NULL, NULL, &b, &e) < 0)
        fail_msg("%s", e.msg);
    lint_threads_free(pool);
    drawn_free(&f);
    return b;
}

/* Twenty of the 200 folders, small ones: `make test-audit` has the rest. Chance makes one of a hundred
 * independent folders look as if it gave the class away, so one may. */
static void
independent_backgrounds_give_no_sign_and_agreeing_ones_give_the_class_away(void **state) {
    (void)state;
    int wrong = 0;
    for (int i = 0; i < 20; i++) {
        int number = i / 10 * 100 + i % 10 * 4 + i % 2; /* 30 or 60 a class */
        drawn_spec s = drawn_number(number);
        lint_background b = test(&s, (uint64_t)number);
        if (b.verdict == (i < 10 ? LINT_NO_SIGN : LINT_GIVES_AWAY)) continue;
        wrong++;
        print_message("# folder %d: %s, accuracy %.2f of %.2f, p %.3f\n", number,
                      lint_background_verdict_name(b.verdict), b.accuracy, b.chance, b.p);
    }
    assert_in_range(wrong, 0, 1);
}

static void numbers_of_a_folder_that_gives_the_class_away(void **state) {
    (void)state;
    lint_background b = test(&(drawn_spec){.classes = 2, .n = 40, .series = 1, .agree = 0.9}, 1);
    assert_int_equal(b.pictures, 80);
    assert_int_equal(b.least, 40);
    assert_int_equal(b.count, 80);
    assert_int_equal(b.agree + b.contradict, 80);
    assert_true(check_value("chance", b.chance, 0.5, 0, 0));
    assert_true(check_value("accuracy", b.accuracy, 0.9, 0.1, 0));
    assert_true(b.low < b.accuracy && b.accuracy < b.high && b.low > 0.7);
    assert_true(check_value("center", b.center, 0.5, 0.2, 0));
    assert_true(b.colour > 0.75 && b.texture > 0.6);
}

/* Series of three that are one picture each in fact are worth a third. */
static void a_series_counts_as_one(void **state) {
    (void)state;
    drawn_spec s = {.classes = 2, .n = 30, .series = 1, .agree = -1};
    lint_err e;
    lint_background b;
    drawn_folder f = drawn_make(&s, 3);
    lint_threads *pool = lint_threads_new(1, &e);
    assert_non_null(pool);
    for (size_t i = 0; i < f.source.n; i++)
        f.source.picture[i].series = 1 + i / 3 * 3;
    assert_int_equal(lint_background_test(pool, &f.source, f.look, 0, NULL, NULL, &b, &e), 0);
    assert_int_equal(b.least, 10);
    assert_int_equal(b.count, 20);
    for (size_t i = 0; i < 6; i++)
        f.source.picture[i].series = 1;
    assert_int_equal(lint_background_test(pool, &f.source, f.look, 0, NULL, NULL, &b, &e), 0);
    assert_int_equal(b.least, 9);
    assert_int_equal(b.verdict, LINT_TOO_FEW);
    lint_threads_free(pool);
    drawn_free(&f);
}

static void bad_pictures_have_no_place(void **state) {
    (void)state;
    drawn_spec s = {.classes = 2, .n = 12, .series = 1, .agree = 1};
    lint_err e;
    lint_background b;
    drawn_folder f = drawn_make(&s, 4);
    lint_threads *pool = lint_threads_new(1, &e);
    int32_t place[24];
    assert_non_null(pool);
    f.source.picture[5].bad = calloc(1, 1);
    assert_int_equal(lint_background_test(pool, &f.source, f.look, 0, NULL, place, &b, &e), 0);
    assert_int_equal(b.pictures, 23);
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(place[i], i == 5 ? -1 : (int)i / 12);
    lint_threads_free(pool);
    drawn_free(&f);
}

static void ties_go_to_the_own_class(void **state) {
    (void)state;
    assert_int_equal(lint_background_place((double[]){0.5, 0.5, 0.1}, 3, 1), 1);
    assert_int_equal(lint_background_place((double[]){0.5 + 1e-12, 0.5, 0.1}, 3, 1), 1);
    assert_int_equal(lint_background_place((double[]){0.6, 0.5, 0.7}, 3, 1), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            independent_backgrounds_give_no_sign_and_agreeing_ones_give_the_class_away),
        cmocka_unit_test(numbers_of_a_folder_that_gives_the_class_away),
        cmocka_unit_test(a_series_counts_as_one),
        cmocka_unit_test(bad_pictures_have_no_place),
        cmocka_unit_test(ties_go_to_the_own_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
