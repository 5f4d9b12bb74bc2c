/* Who trains, validates and tests; which class a border resembles. */
#include "source/border.h"
#include "source/misleading.h"
#include "source/partition.h"
#include "support/check.h"

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

/* Pictures of one series: every `each` after the other, of all classes. */
static void make_series(lint_source *s, size_t each) {
    for (size_t i = 0; i < s->n; i++)
        s->picture[i].series = 1 + i / each * each;
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

static void a_series_stays_in_one_split(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        for (size_t each = 2; each < 6; each++) {
            lint_source s = two_classes(24);
            make_series(&s, each);
            partition(&s, &RATIO, seed);
            for (size_t i = 0; i < s.n; i++)
                assert_int_equal(s.picture[i].split, s.picture[s.picture[i].series - 1].split);
            for (int label = 0; label < 2; label++)
                for (int k = 0; k < LINT_SPLITS; k++)
                    assert_in_range(count(&s, label, k), 1, 12);
            lint_source_free(&s);
        }
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
    assert_string_equal(warning, "the val set is empty: there are too few pictures, or --ratio "
                                 "leaves none for it");
    free(warning);
    s.picture[1].split = LINT_VAL;
    assert_int_equal(lint_partition_check(&s, &RATIO, &warning, &e), 0);
    assert_string_equal(warning, s.picture[1].label ? "no picture of class 'a' in val"
                                                    : "no picture of class 'b' in val");
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
    assert_true(lint_names_equal(&s.places, &s.classes));
    free(v);
    lint_source_free(&s);
}

static void a_series_is_as_misleading_as_its_worst_picture_and_goes_as_a_whole(void **state) {
    (void)state;
    lint_source s = two_classes(40); /* 20 each: test takes 3 of each */
    lint_err e;
    lint_mislead found;
    const size_t odd[] = {0, 5, 13}; /* of three series of two of each class */
    double *v = scores(&s, odd, 3);
    make_series(&s, 4);
    assert_int_equal(lint_mislead_by_score(&s, v, &RATIO, 0, &found, &e), 0);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(s.picture[i].split, s.picture[i / 4 * 4].split);
    assert_int_equal(s.picture[0].split, LINT_TEST); /* two of three; no second series fits */
    assert_int_equal(count(&s, 0, LINT_TEST), 2);
    assert_int_equal(count(&s, 1, LINT_TEST), 2);
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
        cmocka_unit_test(a_series_stays_in_one_split),
        cmocka_unit_test(given_splits_stay_and_what_is_missing_comes_from_train),
        cmocka_unit_test(
            a_class_without_training_pictures_is_an_error_and_one_without_others_a_warning),
        cmocka_unit_test(misleading_pictures_fill_the_test_set_first),
        cmocka_unit_test(a_series_is_as_misleading_as_its_worst_picture_and_goes_as_a_whole),
        cmocka_unit_test(every_class_keeps_a_training_picture),
        cmocka_unit_test(a_test_set_that_is_given_stays),
        cmocka_unit_test(a_border_is_told_by_colour_and_texture_and_not_by_what_it_encloses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
