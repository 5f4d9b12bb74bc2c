/* Whether a model goes by the background, and the sentences about it. */
#include "answer/reliance.h"
#include "answer/verdict.h"
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const CLASS[] = {"bird", "cat", "flower"};

static void add(lint_scores *s, const char *metric, const char *of, const char *place, size_t right,
                size_t n) {
    lint_err e;
    double v = n ? (double)right / (double)n : NAN;
    assert_int_equal(lint_scores_add(s, metric, of, place, v, v / 2, (1 + v) / 2, n, &e), 0);
}

/* Scores of K classes with n[k][p] pictures in group (k, p), right[k][p] of them answered well. */
static void make(lint_scores *s, const char *model, size_t K, size_t n[3][3], size_t right[3][3]) {
    size_t all = 0, all_right = 0;
    *s = (lint_scores){.model = strdup(model), .path = strdup("scores.json")};
    for (size_t k = 0; k < K; k++) {
        size_t of = 0, of_right = 0;
        for (size_t p = 0; p < K; p++) {
            add(s, "accuracy", CLASS[k], CLASS[p], right[k][p], n[k][p]);
            of += n[k][p];
            of_right += right[k][p];
        }
        add(s, "accuracy", CLASS[k], NULL, of_right, of);
        all += of;
        all_right += of_right;
    }
    add(s, "accuracy", NULL, NULL, all_right, all);
}

/* One class, so that the gap is that of a single table. */
static void one_table(lint_scores *s, size_t x1, size_t n1, size_t x0, size_t n0) {
    *s = (lint_scores){.model = strdup("m"), .path = strdup("m.json")};
    add(s, "accuracy", "bird", "bird", x1, n1);
    add(s, "accuracy", "bird", "cat", x0, n0);
    add(s, "accuracy", "bird", NULL, x1 + x0, n1 + n0);
}

static void the_interval_of_one_table_is_agresti_and_caffos(void **state) {
    (void)state;
    /* 9 of 10 against 3 of 10: (10/12 - 4/12) -+ 1.96 sqrt(.8333 .1667/12 + .3333 .6667/12). */
    lint_scores s;
    lint_reliance r;
    one_table(&s, 9, 10, 3, 10);
    assert_int_equal(lint_reliance_of(&s, 1, &r), 1);
    assert_true(fabs(r.gap - 0.6) < 1e-12);
    assert_true(fabs(r.low - 0.15999) < 1e-4);
    assert_true(fabs(r.high - 0.84001) < 1e-4);
    assert_int_equal(r.agree.n, 10);
    assert_int_equal(r.contradict.right, 3);
    assert_int_equal(r.finding, LINT_RELIES);
    lint_scores_free(&s);
}

static void a_hard_class_is_no_gap(void **state) {
    (void)state;
    /* Cats are hard everywhere, and their backgrounds contradict more often: pooled 0.90 and 0.56. */
    size_t n[3][3] = {{180, 10}, {90, 90}}, right[3][3] = {{180, 10}, {45, 45}};
    lint_scores s;
    lint_reliance r;
    make(&s, "m", 2, n, right);
    assert_int_equal(lint_reliance_of(&s, 1, &r), 1);
    assert_true(fabs(r.gap) < 1e-12);
    assert_int_equal(r.finding, LINT_RELIES_NOT);
    lint_scores_free(&s);
}

static void few_pictures_are_too_few(void **state) {
    (void)state;
    size_t n[3][3] = {{90, 4}, {4, 90}}, right[3][3] = {{81, 3}, {3, 81}};
    lint_scores s;
    lint_reliance r;
    make(&s, "m", 2, n, right);
    assert_int_equal(lint_reliance_of(&s, 1, &r), 1);
    assert_int_equal(r.finding, LINT_RELIANCE_OPEN);
    assert_true(r.needed > 25 && r.needed < 60);
    lint_reliance wider; /* series of five: the same pictures say less */
    assert_int_equal(lint_reliance_of(&s, 5, &wider), 1);
    assert_true(wider.low < r.low && wider.needed > r.needed);
    lint_scores_free(&s);
}

static void guessing_is_called_so(void **state) {
    (void)state;
    size_t n[3][3] = {{30, 10}, {10, 30}}, right[3][3] = {{17, 5}, {4, 15}};
    lint_scores s;
    lint_reliance r;
    make(&s, "m", 2, n, right);
    assert_int_equal(lint_reliance_of(&s, 1, &r), 1);
    assert_int_equal(r.finding, LINT_UNTRAINED);
    lint_scores_free(&s);
}

static size_t heads(lint_rng *rng, size_t n, double p) {
    size_t right = 0;
    for (size_t i = 0; i < n; i++)
        right += lint_rng_unit(rng) < p;
    return right;
}

/* How often the finding comes in 400 draws of a test set with 196 agreeing pictures. */
static double how_often(lint_reliance_finding f, double agree, double contradict, size_t few) {
    lint_rng rng = lint_rng_at(7, LINT_RNG_AUGMENT, 0, 0);
    size_t hits = 0;
    for (int i = 0; i < 400; i++) {
        size_t n[3][3] = {{98, few}, {few, 98}}, right[3][3] = {{0}};
        for (int k = 0; k < 2; k++)
            for (int p = 0; p < 2; p++)
                right[k][p] = heads(&rng, n[k][p], k == p ? agree : contradict);
        lint_scores s;
        lint_reliance r;
        make(&s, "m", 2, n, right);
        lint_reliance_of(&s, 1, &r);
        hits += r.finding == f;
        lint_scores_free(&s);
    }
    return (double)hits / 400;
}

static void alarms_are_seldom_false_and_needed_is_enough(void **state) {
    (void)state;
    assert_true(how_often(LINT_RELIES, 0.9, 0.9, 17) <= 0.05);
    assert_true(how_often(LINT_RELIES, 0.7, 0.7, 50) <= 0.05);
    assert_true(how_often(LINT_RELIES_NOT, 0.9, 0.7, 17) <= 0.05);
    assert_true(how_often(LINT_RELIES, 0.97, 0.14, 17) >= 0.99);
    /* `needed` of 0.9 against 0.7 is 2 x 23. */
    lint_scores s;
    lint_reliance r;
    size_t n[3][3] = {{98, 8}, {8, 98}}, right[3][3] = {{88, 6}, {6, 88}};
    make(&s, "m", 2, n, right);
    lint_reliance_of(&s, 1, &r);
    lint_scores_free(&s);
    double power = how_often(LINT_RELIES, 0.9, 0.7, (size_t)ceil(r.needed / 2));
    assert_true(power >= 0.7 && power <= 0.95);
}

/* --- the sentences ---------------------------------------------------------------------------- */

/* From malloc. */
static char *text_of(const lint_verdict *v) {
    char *text;
    size_t size;
    lint_err e;
    FILE *f = open_memstream(&text, &size);
    assert_int_equal(lint_verdict_write(v, f, &e), 0);
    fclose(f);
    return text;
}

static void assert_says(const lint_verdict *v, const char *expected) {
    char *text = text_of(v);
    assert_string_equal(text, expected);
    free(text);
}

/* A verdict on two models of two classes. */
static lint_verdict of_two(const lint_scores s[2], lint_background_verdict background, double told,
                           double center) {
    return (lint_verdict){.background = background,
                          .told = told,
                          .chance = 0.5,
                          .center = center,
                          .per_series = 1,
                          .s = s,
                          .n = 2};
}

static void free_both(lint_scores s[2]) {
    lint_scores_free(&s[0]);
    lint_scores_free(&s[1]);
}

static void a_cured_model_is_recommended(void **state) {
    (void)state;
    size_t n[3][3] = {{98, 17}, {17, 98}};
    size_t plain[3][3] = {{96, 2}, {3, 94}}, cured[3][3] = {{92, 16}, {15, 91}};
    lint_scores s[2];
    make(&s[0], "default", 2, n, plain);
    make(&s[1], "camloss", 2, n, cured);
    lint_verdict v = of_two(s, LINT_GIVES_AWAY, 0.85, 0.9);
    v.command = "lint-predict %/model.safetensors";
    assert_says(
        &v, "Your backgrounds give the class away: the border of a picture alone tells it for "
            "85 % of the pictures (chance: 50 %).\n"
            "default goes by the background. It is right on 97 % where the background agrees "
            "with the class (n = 196), and on 15 % where it contradicts the class (n = 34).\n"
            "camloss shows no sign of it. It is right on 93 % where the background agrees with "
            "the class (n = 196), and on 91 % where it contradicts the class (n = 34). There its "
            "gain over default is +76 points [+56, +88].\n"
            "Use camloss: expect it to be right on 93 % [89, 96] of new pictures like these.\n"
            "  lint-predict camloss/model.safetensors\n");
    free_both(s);
}

static void what_is_not_cured_comes_with_remedies(void **state) {
    (void)state;
    static const char *const remedy[] = {"Masks help."};
    size_t n[3][3] = {{98, 17}, {17, 98}};
    size_t plain[3][3] = {{96, 2}, {3, 94}}, half[3][3] = {{92, 10}, {5, 91}};
    lint_scores s[2];
    make(&s[0], "default", 2, n, plain);
    make(&s[1], "camloss", 2, n, half);
    add(&s[1], "worst_group", "cat", "bird", 5, 17);
    lint_verdict v = of_two(s, LINT_GIVES_AWAY, 0.85, 0.6);
    v.remedy = remedy;
    v.remedies = 1;
    char *text = text_of(&v);
    assert_non_null(strstr(text, "\nNo model is cured. The best is camloss: expect"));
    assert_non_null(
        strstr(text, "more of cat on backgrounds like those of bird (right on 29 %, n = 17)"));
    assert_non_null(strstr(text, "objects are small, or not in the middle. Masks help.\n"));
    free(text);
    free_both(s);
}

static void a_model_that_fails_everywhere_is_not_recommended(void **state) {
    (void)state;
    size_t n[3][3] = {{98, 17}, {17, 98}};
    size_t plain[3][3] = {{95, 1}, {1, 92}}, poor[3][3] = {{60, 6}, {6, 60}};
    lint_scores s[2];
    make(&s[0], "default", 2, n, plain);
    make(&s[1], "camloss", 2, n, poor);
    lint_verdict v = of_two(s, LINT_GIVES_AWAY, 0.85, 0.9);
    char *text = text_of(&v);
    assert_non_null(strstr(text, "\nNo model is cured. The best is default: "));
    free(text);
    free_both(s);
}

static void without_a_sign_the_plain_model_will_do(void **state) {
    (void)state;
    size_t n[3][3] = {{100, 90}, {95, 105}}, right[3][3] = {{90, 81}, {86, 94}};
    lint_scores s[2];
    make(&s[0], "default", 2, n, right);
    make(&s[1], "camloss", 2, n, right);
    lint_verdict v = of_two(s, LINT_NO_SIGN, 0.52, 0.6);
    char *text = text_of(&v);
    assert_non_null(strstr(text, "No sign that backgrounds give the class away"));
    assert_non_null(strstr(text, "default shows no sign of going by the background"));
    assert_non_null(strstr(text, "\nUse default: "));
    free(text);
    free_both(s);
}

static void assert_part(const lint_verdict *v, const char *part) {
    char *text = text_of(v);
    if (!strstr(text, part)) fail_msg("no '%s' in: %s", part, text);
    free(text);
}

static void a_plain_model_without_a_sign_is_not_left_for_one_with(void **state) {
    (void)state;
    size_t n[3][3] = {{200, 200}, {200, 200}};
    size_t plain[3][3] = {{180, 180}, {180, 180}}, relies[3][3] = {{192, 168}, {168, 192}};
    lint_scores s[2];
    make(&s[0], "default", 2, n, plain);
    make(&s[1], "camloss", 2, n, relies);
    lint_verdict v = of_two(s, LINT_GIVES_AWAY, 0.85, 0.9);
    assert_part(&v, "camloss goes by the background");
    assert_part(&v, "\nUse default: ");
    free_both(s);
}

static void a_cure_that_costs_too_much_leaves_the_best_of_the_others(void **state) {
    (void)state;
    size_t n[3][3] = {{100, 100}, {100, 100}};
    size_t plain[3][3] = {{90, 50}, {50, 90}}, half[3][3] = {{95, 75}, {75, 95}};
    size_t cured[3][3] = {{62, 62}, {62, 62}};
    lint_scores s[3];
    make(&s[0], "default", 2, n, plain);
    make(&s[1], "cured", 2, n, cured);
    make(&s[2], "half", 2, n, half);
    lint_verdict v = of_two(s, LINT_GIVES_AWAY, 0.85, 0.9);
    v.n = 3;
    assert_part(&v, "\nThe cure costs too much. The best is half: ");
    free_both(s);
    lint_scores_free(&s[2]);
}

static void a_rare_class_hides_no_chance(void **state) {
    (void)state;
    /* Who always says bird is right on 100 % of birds, and by luck on one cat of five. */
    size_t n[3][3] = {{900, 100}, {1, 4}}, right[3][3] = {{900, 100}, {0, 1}};
    lint_scores s;
    lint_reliance r;
    make(&s, "m", 2, n, right);
    assert_int_equal(lint_reliance_of(&s, 1, &r), 1);
    assert_int_equal(r.finding, LINT_UNTRAINED);
    lint_scores_free(&s);
}

static void series_widen_what_is_expected(void **state) {
    (void)state;
    size_t n[3][3] = {{100, 100}, {100, 100}}, right[3][3] = {{88, 87}, {87, 88}};
    lint_scores s[2];
    make(&s[0], "default", 2, n, right);
    make(&s[1], "camloss", 2, n, right);
    lint_verdict v = of_two(s, LINT_NO_SIGN, 0.52, 0.6);
    assert_part(&v, "right on 88 % [84, 90] of new pictures");
    v.per_series = 10; /* 40 pictures that say something of their own */
    assert_part(&v, "right on 88 % [74, 95] of new pictures");
    free_both(s);
}

static void what_is_needed_is_more_than_what_is_there(void **state) {
    (void)state;
    /* Right on a fifth where the background agrees: no less than 0 can be right where it contradicts. */
    size_t few[3][3] = {{500, 10}, {4, 500}}, poor[3][3] = {{420, 3}, {1, 90}};
    lint_scores s[2];
    make(&s[0], "default", 2, few, poor);
    make(&s[1], "camloss", 2, few, poor);
    lint_verdict v = of_two(s, LINT_GIVES_AWAY, 0.85, 0.9);
    lint_reliance r;
    assert_int_equal(lint_reliance_of(&s[0], 1, &r), 1);
    assert_true(r.needed >= 1);
    free_both(s);
    /* Most of those that contradict are in a class that never agrees. */
    size_t uneven[3][3] = {{300, 6}, {400, 4}}, same[3][3] = {{270, 5}, {360, 4}};
    make(&s[0], "default", 2, uneven, same);
    make(&s[1], "camloss", 2, uneven, same);
    assert_int_equal(lint_reliance_of(&s[0], 1, &r), 1);
    assert_int_equal(r.finding, LINT_RELIANCE_OPEN);
    assert_true(r.needed < (double)r.contradict.n);
    assert_part(&v, "Too few pictures to tell: the difference may be anything from -");
    free_both(s);
}

static void an_unknown_middle_is_not_told(void **state) {
    (void)state;
    size_t n[3][3] = {{98, 17}, {17, 98}}, plain[3][3] = {{96, 2}, {3, 94}};
    lint_scores s[2];
    make(&s[0], "default", 2, n, plain);
    make(&s[1], "camloss", 2, n, plain);
    lint_verdict v = of_two(s, LINT_GIVES_AWAY, 0.85, NAN);
    char *text = text_of(&v);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "The middle"));
    free(text);
    free_both(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interval_of_one_table_is_agresti_and_caffos),
        cmocka_unit_test(a_hard_class_is_no_gap),
        cmocka_unit_test(few_pictures_are_too_few),
        cmocka_unit_test(guessing_is_called_so),
        cmocka_unit_test(alarms_are_seldom_false_and_needed_is_enough),
        cmocka_unit_test(a_cured_model_is_recommended),
        cmocka_unit_test(what_is_not_cured_comes_with_remedies),
        cmocka_unit_test(a_model_that_fails_everywhere_is_not_recommended),
        cmocka_unit_test(without_a_sign_the_plain_model_will_do),
        cmocka_unit_test(a_plain_model_without_a_sign_is_not_left_for_one_with),
        cmocka_unit_test(a_cure_that_costs_too_much_leaves_the_best_of_the_others),
        cmocka_unit_test(a_rare_class_hides_no_chance),
        cmocka_unit_test(series_widen_what_is_expected),
        cmocka_unit_test(what_is_needed_is_more_than_what_is_there),
        cmocka_unit_test(an_unknown_middle_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
