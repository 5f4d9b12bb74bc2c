/* Scores class by class, against values worked out by hand. */
#include "answer/classification.h"
#include "support/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Double arithmetic in another order than the hand's. */
#define EXACT 1e-12

static void assert_near(const char *what, double a, double b) {
    if (!check_value(what, a, b, EXACT, 0)) fail_msg("%s is %.17g, expected %.17g", what, a, b);
}

static lint_classification of(const float *logits, size_t K, const size_t *label, size_t n) {
    lint_classification c = {0};
    lint_err e;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(lint_classification_add(&c, logits + i * K, K, label[i], &e), 0);
    return c;
}

static double auroc(const lint_classification *c, size_t k) {
    double v = -1;
    lint_err e;
    assert_int_equal(lint_classification_auroc(c, k, &v, &e), 0);
    return v;
}

static double score(const lint_scores *s, const char *metric, const char *class_name) {
    const lint_score *r = lint_scores_find(s, metric, class_name, NULL);
    if (!r) fail_msg("no %s", metric);
    return r->value;
}

static void the_area_under_the_curve_counts_pairs_in_order_and_ties_by_half(void **state) {
    (void)state;
    /* scikit-learn's own example: y 0 0 1 1, scores 0.1 0.4 0.35 0.8; three of four pairs. */
    assert_near("doc", lint_auroc((double[]){0.35, 0.8}, 2, (double[]){0.1, 0.4}, 2), 0.75);
    assert_near("best", lint_auroc((double[]){3, 2}, 2, (double[]){1, 0}, 2), 1);
    assert_near("worst", lint_auroc((double[]){1, 0}, 2, (double[]){3, 2}, 2), 0);
    assert_near("equal", lint_auroc((double[]){1, 1, 1}, 3, (double[]){1, 1}, 2), 0.5);
    /* 2 2 5 against 1 2 6: of nine pairs (2,1) (2,1) (5,1) (5,2) in order, (2,2) twice a tie. */
    assert_near("ties", lint_auroc((double[]){2, 5, 2}, 3, (double[]){1, 2, 6}, 3), 5.0 / 9);
    assert_true(isnan(lint_auroc(NULL, 0, (double[]){1}, 1)));
    assert_true(isnan(lint_auroc((double[]){1}, 1, NULL, 0)));
}

/* Logits 0, 1, 2 of three classes are answered as the last of them, and so on: permutations. */
static const float three[8 * 3] = {2, 1, 0, 2, 0, 1, 0, 2, 1, 1, 2, 0, /* answers 0 0 1 1 */
                                   2, 1, 0, 0, 1, 2, 1, 0, 2, 0, 2, 1 /* 0 2 2 1 */};
static const size_t three_labels[8] = {0, 0, 0, 1, 1, 2, 2, 2};

static void precision_recall_and_f1_of_each_class(void **state) {
    (void)state;
    lint_err e;
    lint_classification c = of(three, 3, three_labels, 8);
    lint_scores s = {0};
    static const char *const name[] = {"a", "b", "c"};
    /* Confusion: a 2 1 0, b 1 1 0, c 0 1 2. */
    static const double precision[] = {2.0 / 3, 1.0 / 3, 1}, recall[] = {2.0 / 3, 0.5, 2.0 / 3},
                        f1[] = {2.0 / 3, 0.4, 0.8};
    assert_int_equal(lint_classification_whole(&c, &s, &e), 0);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(lint_classification_class(&c, k, name[k], &s, &e), 0);
        assert_near("precision", score(&s, "precision", name[k]), precision[k]);
        assert_near("recall", score(&s, "recall", name[k]), recall[k]);
        assert_near("f1", score(&s, "f1", name[k]), f1[k]);
    }
    assert_near("macro F1", score(&s, "macro_f1", NULL), (2.0 / 3 + 0.4 + 0.8) / 3);
    lint_scores_free(&s);
    lint_classification_free(&c);
}

static void each_class_is_ranked_against_the_rest(void **state) {
    (void)state;
    lint_err e;
    lint_classification c = of(three, 3, three_labels, 8);
    /* All logits are a permutation of 0 1 2, so that the order of a class's probabilities is that of
     * its logits. a: 2 2 0 against 1 2 0 1 0. 2: four below and a tie, twice; 0: two ties. */
    assert_near("a", auroc(&c, 0), (4.5 + 4.5 + 1) / 15);
    /* b: 2 1 against 1 0 2 1 0 2. 2: four below, two ties; 1: two below, two ties. */
    assert_near("b", auroc(&c, 1), (5.0 + 3) / 12);
    /* c: 2 2 1 against 0 1 1 0 0. 2: five below, twice; 1: three below, two ties. */
    assert_near("c", auroc(&c, 2), (5.0 + 5 + 4) / 15);
    assert_near("all", auroc(&c, 3), (10.0 / 15 + 8.0 / 12 + 14.0 / 15) / 3);
    lint_classification_free(&c);

    /* Probabilities, not logits, are ranked: 5 of (5, 5) is even, 1 of (1, -9) is nearly sure. */
    c = of((float[]){1, -9, 5, 5}, 2, (size_t[]){0, 1}, 2);
    assert_near("of two classes the same", auroc(&c, 0), 1);
    assert_near("of two classes the same", auroc(&c, 1), 1);
    assert_near("of two classes the same", auroc(&c, 2), 1);
    lint_classification_free(&c);

    /* Probabilities that are 1 in double precision are still in order, on either side. */
    c = of((float[]){2000, 0, 1000, 0, 1900, 0, 900, 0}, 2, (size_t[]){0, 0, 1, 1}, 4);
    assert_near("sure and surer", auroc(&c, 0), 0.75);
    assert_near("sure and surer", auroc(&c, 1), 0.75);
    lint_classification_free(&c);

    lint_scores s = {0};
    c = of((float[]){0, 1}, 2, (size_t[]){1}, 1);
    assert_true(isnan(auroc(&c, 0)) && isnan(auroc(&c, 1)) && isnan(auroc(&c, 2)));
    assert_int_equal(lint_classification_class(&c, 0, "absent", &s, &e), 0);
    assert_true(isnan(score(&s, "precision", "absent")) && isnan(score(&s, "f1", "absent")));
    assert_near("macro F1 of what is there", lint_classification_macro_f1(&c), 1);
    lint_scores_free(&s);
    lint_classification_free(&c);
    c = of((float[]){3}, 1, (size_t[]){0}, 1);
    assert_true(isnan(auroc(&c, 1)));
    lint_classification_free(&c);
}

static void probabilities_are_compared_with_accuracy_bin_by_bin(void **state) {
    (void)state;
    /* Two classes, probability p of the first: logit log(p / (1 - p)). */
    const double p[] = {0.9, 0.92, 0.9, 0.55, 0.65};
    const size_t label[] = {0, 0, 1, 0, 1};
    float z[2 * 5] = {0};
    for (size_t i = 0; i < 5; i++)
        z[2 * i] = (float)log(p[i] / (1 - p[i]));
    lint_classification c = of(z, 2, label, 5);
    /* Two right of three in (13/15, 14/15], one of one in (8/15, 9/15], none of one in the next. */
    double expected = (fabs(2 - (0.9 + 0.92 + 0.9)) + fabs(1 - 0.55) + fabs(0 - 0.65)) / 5;
    if (!check_value("ECE", lint_calibration_error(&c), expected, 1e-7, 0)) /* logits are floats */
        fail_msg("another error");
    lint_classification_free(&c);

    /* A third is the upper edge of the fifth bin; two of these are as right as they say. */
    c = of((float[9]){0}, 3, (size_t[]){0, 1, 2}, 3);
    assert_int_equal(c.bin[4].n, 3);
    assert_near("even", lint_calibration_error(&c), 0);
    lint_classification_free(&c);
    c = of((float[]){900, 0}, 2, (size_t[]){1}, 1);
    assert_int_equal(c.bin[14].n, 1);
    assert_near("sure and wrong", lint_calibration_error(&c), 1);
    lint_classification_free(&c);
}

static void the_confusion_matrix_lists_what_occurred(void **state) {
    (void)state;
    lint_err e;
    lint_classification c = of(three, 3, three_labels, 8);
    char *v[] = {"a", "b", "c"};
    const lint_names names = {.v = v, .n = 3};
    lint_scores s = {0};
    assert_int_equal(lint_classification_confusion(&c, &names, &s, &e), 0);
    static const struct {
        const char *class_name, *answer;
        size_t n;
    } cell[] = {{"a", "a", 2}, {"a", "b", 1}, {"b", "a", 1},
                {"b", "b", 1}, {"c", "b", 1}, {"c", "c", 2}};
    assert_int_equal(s.confusions, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(s.confused[i].class_name, cell[i].class_name);
        assert_string_equal(s.confused[i].answer, cell[i].answer);
        assert_int_equal(s.confused[i].n, cell[i].n);
    }
    lint_scores_free(&s);
    lint_classification_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_area_under_the_curve_counts_pairs_in_order_and_ties_by_half),
        cmocka_unit_test(precision_recall_and_f1_of_each_class),
        cmocka_unit_test(each_class_is_ranked_against_the_rest),
        cmocka_unit_test(probabilities_are_compared_with_accuracy_bin_by_bin),
        cmocka_unit_test(the_confusion_matrix_lists_what_occurred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
