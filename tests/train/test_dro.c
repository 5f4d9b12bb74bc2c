/* Group DRO by hand, and accuracies of groups. */
#include "support/check.h"
#include "train/dro.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Two classes at two places; a batch of five, of which one has no place. */
static const int32_t label[] = {0, 0, 0, 1, 1}, place[] = {0, 0, 1, 0, -1};
static const double ce[] = {1, 3, 0.5, 0.25, 9};

static lint_batch batch(void) {
    return (lint_batch){.n = 5, .label = label, .place = place};
}

/* L = (2, 0.5, 0.25, 0 for the group that is not there); q = exp(step L) / sum. */
static void weights_follow_the_losses_of_groups(void **state) {
    (void)state;
    lint_err e;
    double weight[] = {1, 1, 1, 1, 1}, L[] = {2, 0.5, 0.25, 0}, q[4] = {1, 1, 1, 1};
    lint_batch b = batch();
    lint_dro *d = lint_dro_new(2, 2, 0.1, &e);
    assert_non_null(d);
    for (int step = 0; step < 3; step++) {
        double all = 0, loss = 0, want = 0;
        for (int i = 0; i < 5; i++)
            weight[i] = 1;
        double divisor = lint_dro_reweigh(d, &b, ce, weight);
        for (int g = 0; g < 4; g++)
            all += q[g] *= exp(0.1 * L[g]);
        for (int g = 0; g < 4; g++)
            want += q[g] / all * L[g];
        for (int i = 0; i < 5; i++)
            loss += weight[i] * ce[i] / divisor;
        assert_int_equal(check_value("robust loss", loss, want, 0, 1e-12), 1);
        assert_true(weight[4] == 0 && weight[0] == weight[1]);
    }
    lint_dro_free(d);
}

/* An image's own weight counts within its group, and not against other groups. */
static void weights_of_samples_count_within_their_group(void **state) {
    (void)state;
    lint_err e;
    double weight[] = {3, 1, 5, 7, 1};
    lint_batch b = batch();
    lint_dro *d = lint_dro_new(2, 2, 0, &e);
    lint_dro_reweigh(d, &b, ce, weight);
    assert_int_equal(check_value("first", weight[0], 0.25 * 3 / 4, 0, 1e-12), 1);
    assert_int_equal(check_value("second", weight[1], 0.25 * 1 / 4, 0, 1e-12), 1);
    assert_int_equal(check_value("alone", weight[2], 0.25, 0, 1e-12), 1);
    assert_int_equal(check_value("alone", weight[3], 0.25, 0, 1e-12), 1);
    lint_dro_free(d);
}

/* Classes 0 and 1: the answers below are right for samples 0, 2 and 3. */
static void groups_have_worst_mean_and_adjusted(void **state) {
    (void)state;
    lint_err e;
    const float logits[] = {2, 1, 1, 2, 1, 1, 0, 1, 5, 0};
    lint_groups g, shares;
    lint_batch b = batch();
    assert_int_equal(lint_groups_new(&g, 2, 2, &e), 0);
    assert_int_equal(lint_groups_new(&shares, 2, 2, &e), 0);
    assert_true(isnan(lint_groups_worst(&g)) && isnan(lint_groups_mean(&g)));
    lint_groups_add(&g, &b, logits);
    assert_true(lint_groups_worst(&g) == 0.5);
    assert_int_equal(check_value("mean", lint_groups_mean(&g), 2.5 / 3, 0, 1e-12), 1);
    shares.n[0] = 6;
    shares.n[1] = 2;
    shares.n[3] = 100; /* has no sample to be answered: is left out */
    assert_int_equal(
        check_value("adjusted", lint_groups_adjusted(&g, &shares), (6 * 0.5 + 2) / 8, 0, 1e-12), 1);
    lint_groups_clear(&g);
    assert_true(isnan(lint_groups_adjusted(&g, &shares)));
    lint_groups_free(&g);
    lint_groups_free(&shares);
    assert_int_equal(lint_groups_new(&g, 2, 0, &e), 0); /* no places: a class is a group */
    lint_groups_add(&g, &b, logits);
    assert_true(lint_groups_count(&g) == 2 && g.n[0] == 3 && g.n[1] == 2);
    assert_true(lint_groups_worst(&g) == 0.5);
    lint_groups_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_follow_the_losses_of_groups),
        cmocka_unit_test(weights_of_samples_count_within_their_group),
        cmocka_unit_test(groups_have_worst_mean_and_adjusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
