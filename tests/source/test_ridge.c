/* How much a sample resembles each class, by fits without its series. */
#include "base/rng.h"
#include "source/ridge.h"
#include "support/check.h"
#include "support/normal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 30, D = 3, M = D + 1, K = 3 };

/* As lint_ridge_test's, which this is the plain version of. */
static const double LADDER[] = {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1};

static lint_ridge_result test(const lint_ridge_data *data, size_t permutations, uint64_t seed,
                              double *score, int threads) {
    lint_err e;
    lint_ridge_result r;
    lint_threads *pool = lint_threads_new(threads, &e);
    assert_non_null(pool);
    if (lint_ridge_test(pool, data, permutations, seed, score, &r, &e) < 0) fail_msg("%s", e.msg);
    lint_threads_free(pool);
    return r;
}

/* --- against fitting anew --------------------------------------------------------------------- */

/* Solves a x = b for K right sides, by elimination. */
static void eliminate(double a[M][M], double b[M][K]) {
    for (int p = 0; p < M; p++)
        for (int r = 0; r < M; r++) {
            double f = r == p ? 0 : a[r][p] / a[p][p];
            for (int c = 0; c < M; c++)
                a[r][c] -= f * a[p][c];
            for (int k = 0; k < K; k++)
                b[r][k] -= f * b[p][k];
        }
    for (int p = 0; p < M; p++)
        for (int k = 0; k < K; k++)
            b[p][k] /= a[p][p];
}

/* What a fit to all samples but the series of `at` says of that one. n: with a label. */
static void refit(const float *x, const int32_t *label, const size_t *series, int n, int at,
                  double ridge, double *score) {
    double a[M][M] = {{0}}, b[M][K] = {{0}};
    for (int i = 0; i < N; i++) {
        if (series[i] == series[at] || label[i] < 0) continue;
        for (int r = 0; r < M; r++) {
            double xr = r < D ? x[i * D + r] : 1;
            b[r][label[i]] += xr / n;
            for (int c = 0; c < M; c++)
                a[r][c] += xr * (c < D ? x[i * D + c] : 1) / n;
        }
    }
    for (int r = 0; r < D; r++)
        a[r][r] += ridge;
    eliminate(a, b);
    for (int k = 0; k < K; k++) {
        score[k] = 0;
        for (int r = 0; r < M; r++)
            score[k] += b[r][k] * (r < D ? x[at * D + r] : 1);
    }
}

/* Of class k, among samples that are not of series `but`. */
static int count(const int32_t *label, const size_t *series, int k, size_t but) {
    int n = 0;
    for (int i = 0; i < N; i++)
        n += label[i] >= 0 && (k < 0 || label[i] == k) && series[i] != but;
    return n;
}

/* Raw scores become ratios, and what the sizes of classes add is taken off. */
static void even_out(const int32_t *label, const size_t *series, int n, double *score) {
    double rho = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < K && label[i] >= 0; k++) {
            double share =
                (double)count(label, series, k, series[i]) / count(label, series, -1, series[i]);
            score[i * K + k] = score[i * K + k] / share - 1;
        }
    for (int i = 0; i < N; i++)
        if (label[i] >= 0) rho += score[i * K + label[i]] / n / (K - 1);
    for (int k = 0; k < K; k++) {
        double share = (double)count(label, series, k, SIZE_MAX) / n;
        for (int i = 0; i < N; i++)
            if (label[i] >= 0) score[i * K + k] -= rho / 2 * (1 - share) / share;
    }
}

static void leaving_a_series_out_equals_fitting_anew(void **state) {
    (void)state;
    lint_rng r = lint_rng_at(5, 0, 0, 0);
    float x[N * D], got[N * K], want[N * K] = {0};
    int32_t label[N];
    size_t series[N];
    double score[N * K], best = INFINITY;
    for (int i = 0; i < N; i++) { /* alone; twos; and one of six, more than there are features */
        label[i] = i == 9 ? -1 : i % 7 < 4 ? 0 : i % 2 + 1;
        series[i] = i < 12 ? (size_t)i : i < 24 ? 100 + (size_t)i / 2 : 200;
        for (int d = 0; d < D; d++)
            x[i * D + d] = (float)(normal(&r) + (label[i] == d ? 1.5 : 0));
    }
    int n = count(label, series, -1, SIZE_MAX);
    for (size_t l = 0; l < sizeof LADDER / sizeof *LADDER; l++) {
        double anew[N * K] = {0}, loss = 0;
        for (int i = 0; i < N; i++) {
            if (label[i] < 0) continue;
            refit(x, label, series, n, i, LADDER[l], anew + i * K);
            for (int k = 0; k < K; k++)
                loss += pow((label[i] == k) - anew[i * K + k], 2) /
                        count(label, series, label[i], SIZE_MAX);
        }
        if (loss >= best) continue;
        best = loss;
        even_out(label, series, n, anew);
        for (int i = 0; i < N * K; i++)
            want[i] = (float)anew[i];
    }
    const lint_ridge_data data = {x, N, D, label, K, series};
    test(&data, 0, 0, score, 1);
    for (int i = 0; i < N * K; i++)
        got[i] = (float)score[i];
    assert_true(check_tensor("left-out scores", got, want, N * K, 1e-6, 1e-5));
}

/* --- what scores say -------------------------------------------------------------------------- */

/* A sample that nothing else is like must not speak for itself. */
static void a_sample_does_not_vouch_for_its_own_label(void **state) {
    (void)state;
    enum { n = 20 };
    float x[n * 2];
    int32_t label[n];
    double score[n * 2];
    for (int i = 0; i < n; i++) {
        label[i] = i % 2;
        x[2 * i] = (float)(i % 2);
        x[2 * i + 1] = (float)(1 - i % 2);
    }
    label[6] = 1; /* looks like class 0 */
    const lint_ridge_data data = {x, n, 2, label, 2, NULL};
    lint_ridge_result r = test(&data, 0, 0, score, 1);
    for (int i = 0; i < n; i++)
        assert_int_equal(score[2 * i + 1] > score[2 * i], i % 2);
    assert_true(check_value("accuracy", r.accuracy, (1 + 10 / 11.0) / 2, 1e-12, 0));
    assert_true(isnan(r.p));
}

static void samples_that_are_all_alike_tie(void **state) {
    (void)state;
    float x[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const int32_t label[4] = {0, 1, 0, 1};
    double score[8];
    const lint_ridge_data data = {x, 4, 2, label, 2, NULL};
    lint_ridge_result r = test(&data, 9, 0, score, 1);
    for (int i = 0; i < 8; i++)
        assert_true(check_value("score", score[i], 0, 1e-9, 0));
    assert_true(check_value("accuracy", r.accuracy, 0.5, 1e-12, 0));
    assert_true(check_value("p", r.p, 1, 0, 0));
}

static void a_class_that_is_one_series_has_nothing_to_be_compared_with(void **state) {
    (void)state;
    float x[12];
    static const int32_t label[6] = {0, 0, 0, 1, 1, 1};
    static const size_t series[6] = {0, 0, 0, 1, 2, 3};
    double score[12];
    for (int i = 0; i < 12; i++)
        x[i] = (float)(i % 2 == label[i / 2]);
    const lint_ridge_data data = {x, 6, 2, label, 2, series};
    test(&data, 0, 0, score, 1);
    for (int i = 0; i < 3; i++)
        assert_true(score[2 * i] == score[2 * i + 1]);
    for (int i = 3; i < 6; i++)
        assert_true(score[2 * i + 1] > score[2 * i]);
}

/* --- chance ----------------------------------------------------------------------------------- */

/* n samples of d features that say of the class as much as `told`: its mean is that far off. Of
 * class 0 there are `more` times as many; `each` in a row are a series, and nearly equal. */
static lint_ridge_result draw(uint64_t seed, int classes, int n, int more, int each, double told,
                              size_t permutations, int threads) {
    enum { d = 20, most = 2000 };
    static float x[most * d];
    static int32_t label[most];
    static size_t series[most];
    int all = 0, group = 0;
    for (int k = 0; k < classes; k++)
        for (int j = 0; j < (k ? n : n * more); j++, all++) {
            lint_rng r = lint_rng_at(seed, 0, (uint64_t)(group += j % each == 0), 0);
            lint_rng own = lint_rng_at(seed, 1, (uint64_t)all, 0);
            assert_true(all < most);
            label[all] = k;
            series[all] = (size_t)group;
            for (int i = 0; i < d; i++)
                x[all * d + i] = (float)((i == k ? told : 0) + 0.2 * normal(&r) +
                                         (each > 1 ? 0.02 * normal(&own) : 0));
        }
    const lint_ridge_data data = {x, (size_t)all, d, label, (size_t)classes, series};
    return test(&data, permutations, seed, NULL, threads);
}

/* By leaving samples out without the correction, 30 of each of two classes gave 0.02 to 0.62. */
static void where_there_is_nothing_to_tell_accuracy_is_chance(void **state) {
    (void)state;
    static const struct {
        int classes, n, more, each;
    } of[] = {{2, 30, 1, 1}, {2, 30, 5, 1}, {2, 60, 1, 5},
              {3, 30, 3, 2}, {5, 20, 1, 1}, {20, 10, 4, 1}};
    enum { SETS = 30 };
    for (size_t c = 0; c < sizeof of / sizeof *of; c++) {
        double mean = 0, squares = 0, chance = 1.0 / of[c].classes;
        for (uint64_t seed = 0; seed < SETS; seed++) {
            double a = draw(seed, of[c].classes, of[c].n, of[c].more, of[c].each, 0, 0, 1).accuracy;
            mean += a / SETS;
            squares += a * a / SETS;
        }
        double deviation = sqrt((squares - mean * mean) / SETS);
        /* The choice of a ridge adds a point or two; 4 deviations are chance. */
        assert_true(check_value("mean accuracy", mean, chance, 0.025 + 4 * deviation, 0));
        assert_true(deviation < 0.05);
    }
}

static void permutations_tell_what_chance_does(void **state) {
    (void)state;
    int low = 0;
    for (uint64_t seed = 0; seed < 40; seed++)
        low += draw(seed, 2, 20, 1, seed % 2 ? 2 : 1, 0, 39, 1).p <= 0.1;
    assert_in_range(low, 0, 10); /* 4 of 40 expected, deviation 1.9 */
    lint_ridge_result r = draw(0, 3, 30, 4, 1, 0.5, 99, 1);
    assert_true(r.accuracy > 0.8);
    assert_int_equal(r.permutations, 99);
    assert_true(check_value("p", r.p, 0.01, 1e-12, 0));
}

static void threads_do_not_change_it(void **state) {
    (void)state;
    lint_ridge_result a = draw(3, 4, 40, 2, 3, 0.1, 60, 1), b = draw(3, 4, 40, 2, 3, 0.1, 60, 3);
    assert_true(a.accuracy == b.accuracy);
    assert_true(a.p == b.p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaving_a_series_out_equals_fitting_anew),
        cmocka_unit_test(a_sample_does_not_vouch_for_its_own_label),
        cmocka_unit_test(samples_that_are_all_alike_tie),
        cmocka_unit_test(a_class_that_is_one_series_has_nothing_to_be_compared_with),
        cmocka_unit_test(where_there_is_nothing_to_tell_accuracy_is_chance),
        cmocka_unit_test(permutations_tell_what_chance_does),
        cmocka_unit_test(threads_do_not_change_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
