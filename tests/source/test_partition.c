/* Who trains, validates and tests; which class a border resembles. */
#include "source/border.h"
#include "source/misleading.h"
#include "source/partition.h"
#include "source/ridge.h"
#include "support/check.h"
#include "support/normal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const lint_ratio RATIO = {{70, 15, 15}};

/* n pictures a/0, b/1, a/2... of two classes; the caller frees it. */
static lint_source two_classes(size_t n) {
    lint_source s = {.n = n, .room = n};
    lint_err e;
    assert_int_equal(lint_names_from_list(&s.classes, "a,b", &e), 0);
    s.picture = calloc(n + 1, sizeof *s.picture);
    assert_non_null(s.picture);
    for (size_t i = 0; i < n; i++) {
        char *path = malloc(32);
        assert_non_null(path);
        snprintf(path, 32, "%c/%zu.png", "ab"[i % 2], i);
        s.picture[i] = (lint_picture){
            .path = path, .label = (int32_t)(i % 2), .place = -1, .split = LINT_UNSPLIT};
    }
    return s;
}

static size_t count(const lint_source *s, int label, int split) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->picture[i].label == label && (int)s->picture[i].split == split;
    return n;
}

static void partition(lint_source *s, const lint_ratio *r, uint64_t seed) {
    lint_err e;
    assert_int_equal(lint_partition_hash(s, r, seed, &e), 0);
}

/* --- ratios ----------------------------------------------------------------------------------- */

static void a_ratio_is_three_whole_numbers(void **state) {
    (void)state;
    lint_ratio r;
    lint_err e;
    assert_int_equal(lint_ratio_parse(&r, "8/0/2", &e), 0);
    assert_int_equal(r.part[LINT_TRAIN], 8);
    assert_int_equal(r.part[LINT_VAL], 0);
    assert_int_equal(r.part[LINT_TEST], 2);
    static const char *const wrong[] = {"",       "70",     "70/30",  "70/15/15/0",  "70/15/",
                                        "-1/1/1", "0/0/0",  "a/b/c",  "70/15/15x",   "1.5/1/1",
                                        " 1/1/1", "1 /1/1", "+1/1/1", "10000000/1/1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(lint_ratio_parse(&r, wrong[i], &e), -1);
}

/* --- by hash ---------------------------------------------------------------------------------- */

static void shares_hold_in_every_class(void **state) {
    (void)state;
    lint_source s = two_classes(4000);
    partition(&s, &RATIO, 0);
    for (int label = 0; label < 2; label++) { /* 2000 each: 4 standard deviations are 82 and 64 */
        assert_in_range(count(&s, label, LINT_TRAIN), 1400 - 82, 1400 + 82);
        assert_in_range(count(&s, label, LINT_VAL), 300 - 64, 300 + 64);
        assert_in_range(count(&s, label, LINT_TEST), 300 - 64, 300 + 64);
    }
    lint_source_free(&s);
}

static void a_new_picture_moves_no_other_and_another_seed_does(void **state) {
    (void)state;
    lint_source few = two_classes(100), more = two_classes(101), other = two_classes(100);
    partition(&few, &RATIO, 7);
    partition(&more, &RATIO, 7);
    partition(&other, &RATIO, 8);
    size_t moved = 0;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(few.picture[i].split, more.picture[i].split);
        moved += few.picture[i].split != other.picture[i].split;
    }
    assert_in_range(moved, 20, 80);
    lint_source_free(&few);
    lint_source_free(&more);
    lint_source_free(&other);
}

static void a_small_class_has_a_picture_in_every_split(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++)
        for (size_t n = 6; n < 14; n++) { /* three to seven of each class */
            lint_source s = two_classes(n);
            partition(&s, &RATIO, seed);
            for (int label = 0; label < 2; label++)
                for (int k = 0; k < LINT_SPLITS; k++)
                    assert_in_range(count(&s, label, k), 1, n / 2);
            lint_source_free(&s);
        }
}

static void two_pictures_are_not_enough_for_three_splits(void **state) {
    (void)state;
    lint_source s = two_classes(4);
    partition(&s, &(lint_ratio){{1, 1, 0}}, 3);
    for (int label = 0; label < 2; label++) {
        assert_int_equal(count(&s, label, LINT_TRAIN), 1);
        assert_int_equal(count(&s, label, LINT_VAL), 1);
    }
    lint_source_free(&s);
}

static void a_share_of_0_stays_empty(void **state) {
    (void)state;
    lint_source s = two_classes(200);
    partition(&s, &(lint_ratio){{0, 0, 1}}, 0);
    assert_int_equal(count(&s, 0, LINT_TEST) + count(&s, 1, LINT_TEST), 200);
    lint_source_free(&s);
}

static void given_splits_stay_and_what_is_missing_comes_from_train(void **state) {
    (void)state;
    lint_source s = two_classes(400);
    s.given[LINT_TRAIN] = s.given[LINT_TEST] = 1;
    for (size_t i = 0; i < 400; i++)
        s.picture[i].split = i < 100 ? LINT_TEST : LINT_TRAIN;
    partition(&s, &RATIO, 0);
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(s.picture[i].split == LINT_TEST, i < 100);
    size_t val = count(&s, 0, LINT_VAL) + count(&s, 1, LINT_VAL);
    assert_in_range(val, 25, 81); /* 300 * 15 / 85 is 53, deviation 6.6 */
    lint_source_free(&s);
}

static void
a_class_without_training_pictures_is_an_error_and_one_without_others_a_warning(void **state) {
    (void)state;
    lint_source s = two_classes(4);
    lint_err e;
    char *warning;
    s.root = strcpy(malloc(8), "photos");
    for (size_t i = 0; i < 4; i++)
        s.picture[i].split = i == 3 ? LINT_TRAIN : LINT_TEST;
    assert_int_equal(lint_partition_check(&s, &RATIO, &warning, &e), -1);
    assert_null(warning);
    assert_string_equal(e.msg, "photos: no picture of class 'a' to train with; add pictures, or "
                               "choose another --seed or --ratio");
    assert_int_equal(lint_partition_check(&s, &(lint_ratio){{0, 0, 1}}, &warning, &e), 0);
    assert_null(warning);
    s.picture[0].split = LINT_TRAIN;
    assert_int_equal(lint_partition_check(&s, &RATIO, &warning, &e), 0);
    assert_string_equal(warning, "no picture of class 'a' in val");
    free(warning);
    lint_source_free(&s);
}

/* --- misleading ------------------------------------------------------------------------------- */

/* Scores that say: a picture's border speaks for its class by 1; of picture i in `odd` for the
 * other, the louder the later it stands there. */
static double *scores(const lint_source *s, const size_t *odd, size_t odds) {
    double *v = calloc(2 * s->n + 1, sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < s->n; i++)
        v[2 * i + (size_t)s->picture[i].label] = 1;
    for (size_t k = 0; k < odds; k++)
        v[2 * odd[k] + 1 - (size_t)s->picture[odd[k]].label] = 2 + (double)k;
    return v;
}

static void misleading_pictures_fill_the_test_set_first(void **state) {
    (void)state;
    lint_source s = two_classes(40); /* 20 each: test takes 3 of each */
    lint_err e;
    lint_mislead found;
    const size_t odd[] = {0, 4, 8, 12, 1}; /* four of class a, one of b */
    double *v = scores(&s, odd, 5);
    assert_int_equal(lint_mislead_by_score(&s, v, &RATIO, 0, &found, &e), 0);
    for (size_t i = 0; i < 40; i++) {
        int is_odd = i == 0 || i == 4 || i == 8 || i == 12 || i == 1;
        assert_int_equal(s.picture[i].place != s.picture[i].label, is_odd);
        assert_int_not_equal(s.picture[i].split, LINT_UNSPLIT);
    }
    assert_int_equal(count(&s, 0, LINT_TEST), 3);
    assert_int_equal(count(&s, 1, LINT_TEST), 3);
    assert_int_not_equal(s.picture[0].split, LINT_TEST); /* the least misleading of four */
    assert_int_equal(s.picture[4].split, LINT_TEST);
    assert_int_equal(s.picture[8].split, LINT_TEST);
    assert_int_equal(s.picture[12].split, LINT_TEST);
    assert_int_equal(s.picture[1].split, LINT_TEST);
    assert_int_equal(found.pictures, 40);
    assert_int_equal(found.misleading, 5);
    assert_int_equal(found.test, 6);
    assert_int_equal(found.misleading_test, 4);
    assert_true(fabs(found.told - (0.8 + 0.95) / 2) < 1e-12);
    assert_true(lint_names_equal(&s.places, &s.classes));
    free(v);
    lint_source_free(&s);
}

static void every_class_keeps_a_training_picture(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        lint_source s = two_classes(3); /* two of a, one of b */
        lint_err e;
        lint_mislead found;
        const size_t odd[] = {0, 1, 2};
        double *v = scores(&s, odd, 3);
        assert_int_equal(lint_mislead_by_score(&s, v, &(lint_ratio){{1, 50, 49}}, seed, &found, &e),
                         0);
        assert_int_equal(count(&s, 0, LINT_TRAIN), 1);
        assert_int_equal(count(&s, 1, LINT_TRAIN), 1);
        free(v);
        lint_source_free(&s);
    }
}

static void a_test_set_that_is_given_stays(void **state) {
    (void)state;
    lint_source s = two_classes(40);
    lint_err e;
    lint_mislead found;
    const size_t odd[] = {0, 4};
    double *v = scores(&s, odd, 2);
    s.given[LINT_TRAIN] = s.given[LINT_VAL] = s.given[LINT_TEST] = 1;
    for (size_t i = 0; i < 40; i++)
        s.picture[i].split = (lint_split)(i % 3);
    assert_int_equal(lint_mislead_by_score(&s, v, &RATIO, 0, &found, &e), 0);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(s.picture[i].split, i % 3);
    assert_int_equal(s.picture[4].place, 1);
    free(v);
    lint_source_free(&s);
}

/* --- resemblance ------------------------------------------------------------------------------ */

enum { N = 14, D = 3, M = D + 1, K = 3 };

/* As lint_ridge_scores's, which it is the plain version of. */
static const double LADDER[] = {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1};

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

/* What a fit to all samples but one says of that one. */
static void refit(const float *x, const int32_t *label, const double *weight, int without,
                  double ridge, double *score) {
    double a[M][M] = {{0}}, b[M][K] = {{0}};
    for (int i = 0; i < N; i++) {
        if (i == without || label[i] < 0) continue;
        for (int r = 0; r < M; r++) {
            double xr = r < D ? x[i * D + r] : 1;
            b[r][label[i]] += weight[label[i]] * xr;
            for (int c = 0; c < M; c++)
                a[r][c] += weight[label[i]] * xr * (c < D ? x[i * D + c] : 1);
        }
    }
    for (int r = 0; r < D; r++)
        a[r][r] += ridge;
    eliminate(a, b);
    for (int k = 0; k < K; k++) {
        score[k] = 0;
        for (int r = 0; r < M; r++)
            score[k] += b[r][k] * (r < D ? x[without * D + r] : 1);
    }
}

static void leaving_out_by_leverage_equals_fitting_anew(void **state) {
    (void)state;
    static const int32_t label[N] = {0, 1, 2, 0, 1, 0, 0, 1, 2, -1, 0, 1, 2, 0};
    static const double weight[K] = {1 / 18.0, 1 / 12.0, 1 / 9.0}; /* 6, 4 and 3 samples */
    lint_rng r = lint_rng_at(5, 0, 0, 0);
    float x[N * D], got[N * K], want[N * K] = {0};
    double score[N * K], best = INFINITY;
    lint_err e;
    for (int i = 0; i < N * D; i++)
        x[i] = (float)(normal(&r) + (label[i / D] == i % D ? 1.5 : 0));
    for (size_t l = 0; l < sizeof LADDER / sizeof *LADDER; l++) {
        double anew[N * K] = {0}, loss = 0;
        for (int i = 0; i < N; i++) {
            if (label[i] < 0) continue;
            refit(x, label, weight, i, LADDER[l], anew + i * K);
            for (int k = 0; k < K; k++)
                loss += weight[label[i]] * pow((label[i] == k) - anew[i * K + k], 2);
        }
        for (int i = 0; i < N * K && loss < best; i++)
            want[i] = (float)anew[i];
        best = fmin(best, loss);
    }
    assert_int_equal(lint_ridge_scores(x, N, D, label, K, score, &e), 0);
    for (int i = 0; i < N * K; i++)
        got[i] = (float)score[i];
    assert_true(check_tensor("left-out scores", got, want, N * K, 1e-6, 1e-5));
}

/* A sample that nothing else is like must not speak for itself. */
static void a_sample_does_not_vouch_for_its_own_label(void **state) {
    (void)state;
    enum { n = 20 };
    float x[n * 2];
    int32_t label[n];
    double score[n * 2];
    lint_err e;
    for (int i = 0; i < n; i++) {
        label[i] = i % 2;
        x[2 * i] = (float)(i % 2);
        x[2 * i + 1] = (float)(1 - i % 2);
    }
    label[6] = 1; /* looks like class 0 */
    assert_int_equal(lint_ridge_scores(x, n, 2, label, 2, score, &e), 0);
    for (int i = 0; i < n; i++)
        assert_int_equal(score[2 * i + 1] > score[2 * i], i % 2);
}

static void all_alike_samples_can_be_compared_too(void **state) {
    (void)state;
    float x[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const int32_t label[4] = {0, 1, 0, 1};
    double score[8];
    lint_err e;
    assert_int_equal(lint_ridge_scores(x, 4, 2, label, 2, score, &e), 0);
    for (int i = 0; i < 8; i++)
        assert_true(isfinite(score[i]));
}

/* --- borders ---------------------------------------------------------------------------------- */

static double distance(const float *a, const float *b) {
    double sum = 0;
    for (int i = 0; i < LINT_BORDER_DIM; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

/* A picture: colour outside, stripes of that strength, and a grey level inside the ring. */
static void describe(float *out, const int colour[3], int stripes, int inside) {
    lint_image im;
    lint_err e;
    int side = LINT_BORDER_SIDE, ring = side / 10 + 2; /* the gradient sees one pixel in */
    assert_int_equal(lint_image_new(&im, side, side, 3, &e), 0);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            for (int k = 0; k < 3; k++) {
                int in = x >= ring && y >= ring && x < side - ring && y < side - ring;
                int v = in ? inside : colour[k] + (x / 2 % 2 ? stripes : 0);
                im.px[(y * side + x) * 3 + k] = (uint8_t)v;
            }
    lint_border_describe(&im, out);
    lint_image_free(&im);
}

static void a_border_is_told_by_colour_and_texture_and_not_by_what_it_encloses(void **state) {
    (void)state;
    static const int blue[3] = {40, 90, 170}, green[3] = {60, 140, 50};
    float a[LINT_BORDER_DIM], b[LINT_BORDER_DIM], c[LINT_BORDER_DIM], d[LINT_BORDER_DIM];
    describe(a, blue, 0, 0);
    describe(b, blue, 0, 255);
    describe(c, green, 0, 0);
    describe(d, blue, 40, 0);
    assert_true(distance(a, b) < 0.25); /* the half-size scale sees a little of the inside */
    assert_true(distance(a, c) > 0.5);
    assert_true(distance(a, d) > 0.5);
    double sum = 0;
    for (int i = 0; i < LINT_BORDER_COLOURS; i++)
        sum += d[i] * d[i];
    assert_true(check_value("colour shares", sum, 1, 1e-6, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ratio_is_three_whole_numbers),
        cmocka_unit_test(shares_hold_in_every_class),
        cmocka_unit_test(a_new_picture_moves_no_other_and_another_seed_does),
        cmocka_unit_test(a_small_class_has_a_picture_in_every_split),
        cmocka_unit_test(two_pictures_are_not_enough_for_three_splits),
        cmocka_unit_test(a_share_of_0_stays_empty),
        cmocka_unit_test(given_splits_stay_and_what_is_missing_comes_from_train),
        cmocka_unit_test(
            a_class_without_training_pictures_is_an_error_and_one_without_others_a_warning),
        cmocka_unit_test(misleading_pictures_fill_the_test_set_first),
        cmocka_unit_test(every_class_keeps_a_training_picture),
        cmocka_unit_test(a_test_set_that_is_given_stays),
        cmocka_unit_test(leaving_out_by_leverage_equals_fitting_anew),
        cmocka_unit_test(a_sample_does_not_vouch_for_its_own_label),
        cmocka_unit_test(all_alike_samples_can_be_compared_too),
        cmocka_unit_test(a_border_is_told_by_colour_and_texture_and_not_by_what_it_encloses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
