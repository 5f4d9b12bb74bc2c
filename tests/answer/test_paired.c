/* Two models over seeds: the sign test against numbers worked out by hand, the bootstrap against
 * NumPy and against all resamples that there are. */
#include "answer/paired.h"
#include "golden/paired.h"
#include "support/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void mean_and_deviation_are_those_of_a_sample(void **state) {
    (void)state;
    lint_mean m = lint_mean_of((const double[]){1, 2, 3, 6}, 4);
    assert_true(check_value("mean", m.mean, 3, 0, 0));
    assert_true(check_value("sd", m.sd, sqrt(14.0 / 3), 0, 1e-15)); /* 4 + 1 + 0 + 9 over 3 */
    m = lint_mean_of((const double[]){0.25}, 1);
    assert_true(check_value("mean", m.mean, 0.25, 0, 0));
    assert_true(isnan(m.sd));
    /* A large mean takes no digits from a small deviation. */
    m = lint_mean_of((const double[]){1e8, 1e8 + 1}, 2);
    assert_true(check_value("sd", m.sd, sqrt(0.5), 0, 1e-12));
}

/* All of these are fractions over 2^n that a pencil finds. */
static void the_sign_test_is_exact(void **state) {
    (void)state;
    static const struct {
        size_t wins, losses;
        double p;
    } by_hand[] = {
        {0, 0, 1},       /* nothing is no evidence */
        {1, 0, 1},       /* 2 of 2 outcomes */
        {2, 0, 0.5},     /* 2 of 4 */
        {3, 0, 0.25},    /* 2 of 8 */
        {5, 0, 0.0625},  /* 2 of 32: five pairs never suffice */
        {6, 0, 0.03125}, /* 2 of 64 */
        {10, 0, 0.001953125} /* 2 of 1024 */,
        {9, 1, 0.021484375} /* 2 (1 + 10) of 1024 */,
        {8, 2, 0.109375} /* 2 (1 + 10 + 45) of 1024 */,
        {7, 3, 0.34375} /* 2 (1 + 10 + 45 + 120) of 1024 */,
        {5, 5, 1},
        {3, 2, 1},
        {15, 5, 43400.0 / 1048576}, /* 2 (1 + 20 + 190 + 1140 + 4845 + 15504) of 2^20 */
    };
    for (size_t i = 0; i < COUNT(by_hand); i++) {
        size_t w = by_hand[i].wins, l = by_hand[i].losses;
        assert_true(check_value("p", lint_sign_test(w, l), by_hand[i].p, 0, 0));
        assert_true(check_value("mirrored", lint_sign_test(l, w), by_hand[i].p, 0, 0));
    }
}

static void the_sign_test_holds_where_a_power_of_two_does_not(void **state) {
    (void)state;
    /* 2 (C(2000, 1200) + ... + C(2000, 2000)) / 2^2000, in whole numbers by Python */
    double p = lint_sign_test(1200, 800);
    assert_true(check_value("p", p, 3.505006206935645e-19, 0, 1e-13));
    p = lint_sign_test(2000, 0); /* 2^-1999 is below any double */
    assert_true(p >= 0 && p < 1e-300);
}

static void students_tail_is_that_of_the_tables(void **state) {
    (void)state;
    static const struct {
        size_t df;
        double t;
    } table[] = {{1, 12.7062047362},  {2, 4.30265272975}, {3, 3.18244630528},  {4, 2.7764451052},
                 {5, 2.57058183661},  {9, 2.26215716274}, {10, 2.22813885196}, {19, 2.09302405441},
                 {30, 2.04227245630}, {99, 1.98421695150}};
    for (size_t i = 0; i < COUNT(table); i++)
        assert_true(
            check_value("tail", lint_student_tail(table[i].t, table[i].df), 0.025, 0, 1e-8));
    assert_true(check_value("middle", lint_student_tail(0, 7), 0.5, 0, 1e-15));
    /* erfc(2.2622 sqrt(10 / 9) / sqrt 2) / 2 */
    assert_true(check_value("tail", lint_bootstrap_tail(10), 0.00855, 0.00001, 0));
    assert_true(check_value("tail", lint_bootstrap_tail(100000), 0.025, 1e-5, 0));
}

static void the_interval_is_that_of_another_program(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(BOOTSTRAPPED); i++) {
        double low, high, atol = 6 * BOOTSTRAPPED[i].wobble + 1e-6;
        lint_err e;
        assert_int_equal(
            lint_bootstrap_mean(BOOTSTRAPPED[i].v, BOOTSTRAPPED[i].n, 0, &low, &high, &e), 0);
        assert_true(check_value(BOOTSTRAPPED[i].name, low, BOOTSTRAPPED[i].low, atol, 0));
        assert_true(check_value(BOOTSTRAPPED[i].name, high, BOOTSTRAPPED[i].high, atol, 0));
    }
}

static int ascending(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* All 6^6 resamples of six numbers, one by one, as digits of a number. */
enum { SIX = 6, ALL = 46656 };
static double *every_mean(const double *v) {
    double *mean = malloc(ALL * sizeof *mean);
    assert_non_null(mean);
    for (size_t r = 0; r < ALL; r++) {
        mean[r] = 0;
        for (size_t i = 0, digits = r; i < SIX; i++, digits /= SIX)
            mean[r] += v[digits % SIX] / SIX;
    }
    qsort(mean, ALL, sizeof *mean, ascending);
    return mean;
}

static void the_interval_is_that_of_all_resamples(void **state) {
    (void)state;
    const double v[SIX] = {0.1, -0.37, 0.52, 0.233, 0.9, 0.411};
    double *mean = every_mean(v), low, high, tail = lint_bootstrap_tail(SIX);
    lint_err e;
    assert_int_equal(lint_bootstrap_mean(v, SIX, 0, &low, &high, &e), 0);
    /* Of 100,000 draws as many as `expect` fall below the limit, give or take its square root. */
    double spread = 6 * sqrt(tail / LINT_PAIRED_RESAMPLES);
    assert_true(low >= mean[(size_t)((tail - spread) * ALL)]);
    assert_true(low <= mean[(size_t)((tail + spread) * ALL)]);
    assert_true(high >= mean[(size_t)((1 - tail - spread) * ALL)]);
    assert_true(high <= mean[(size_t)((1 - tail + spread) * ALL)]);
    free(mean);
}

static void the_same_seed_gives_the_same_interval(void **state) {
    (void)state;
    const double *v = BOOTSTRAPPED[0].v;
    double a[2], b[2], c[2];
    lint_err e;
    lint_bootstrap_mean(v, 10, 3, &a[0], &a[1], &e);
    lint_bootstrap_mean(v, 10, 3, &b[0], &b[1], &e);
    lint_bootstrap_mean(v, 10, 4, &c[0], &c[1], &e);
    assert_memory_equal(a, b, sizeof a);
    assert_true(a[0] != c[0] || a[1] != c[1]);
}

static void few_pairs_have_their_range_and_one_has_none(void **state) {
    (void)state;
    double low, high;
    lint_err e;
    lint_bootstrap_mean((const double[]){0.5, 0.1, 0.3}, 3, 0, &low, &high, &e);
    assert_true(check_value("low", low, 0.1, 1e-15, 0));
    assert_true(check_value("high", high, 0.5, 1e-15, 0));
    lint_bootstrap_mean((const double[]){0.5}, 1, 0, &low, &high, &e);
    assert_true(isnan(low) && isnan(high));
    /* Differences without spread leave none. */
    lint_bootstrap_mean((const double[]){0.5, 0.5, 0.5}, 3, 0, &low, &high, &e);
    assert_true(check_value("low", low, 0.5, 0, 0));
    assert_true(check_value("high", high, 0.5, 0, 0));
}

static void pairs_are_won_tied_and_lost(void **state) {
    (void)state;
    const double a[] = {0.5, 0.5, 0.25, 0.75, 1}, b[] = {0.75, 1, 0.25, 0.5, 1};
    lint_paired p;
    lint_err e;
    assert_int_equal(lint_paired_make(&p, a, b, 5, LINT_HIGHER_IS_BETTER, 0, &e), 0);
    assert_int_equal(p.n, 5);
    assert_int_equal(p.wins, 2);
    assert_int_equal(p.ties, 2);
    assert_int_equal(p.losses, 1);
    assert_true(check_value("p", p.sign_p, 1, 0, 0)); /* 2 against 1; ties are no evidence */
    assert_true(check_value("a", p.a.mean, 0.6, 0, 1e-15));
    assert_true(check_value("b", p.b.mean, 0.7, 0, 1e-15));
    assert_true(check_value("difference", p.diff.mean, 0.1, 0, 1e-14));
    assert_true(check_value("its deviation", p.diff.sd, sqrt(0.325 / 4), 0, 1e-14));
    assert_true(p.low >= -0.25 && p.low < 0.1 && p.high > 0.1 && p.high <= 0.5);
    assert_int_equal(lint_paired_make(&p, a, b, 5, LINT_LOWER_IS_BETTER, 0, &e), 0);
    assert_int_equal(p.wins, 1);
    assert_int_equal(p.losses, 2);
    assert_int_equal(lint_paired_make(&p, a, a, 5, LINT_LOWER_IS_BETTER, 0, &e), 0);
    assert_int_equal(p.ties, 5);
    assert_true(check_value("p", p.sign_p, 1, 0, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_deviation_are_those_of_a_sample),
        cmocka_unit_test(the_sign_test_is_exact),
        cmocka_unit_test(the_sign_test_holds_where_a_power_of_two_does_not),
        cmocka_unit_test(students_tail_is_that_of_the_tables),
        cmocka_unit_test(the_interval_is_that_of_another_program),
        cmocka_unit_test(the_interval_is_that_of_all_resamples),
        cmocka_unit_test(the_same_seed_gives_the_same_interval),
        cmocka_unit_test(few_pairs_have_their_range_and_one_has_none),
        cmocka_unit_test(pairs_are_won_tied_and_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
