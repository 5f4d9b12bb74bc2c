/* Which epoch is kept, and when a training gives up waiting for a better one. */
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const lint_rates RATES = {.lr = 0.1, .ce_weight = 1, .cam_weight = 1};

static lint_epoch row_of(size_t epoch, double accuracy, double ce, double cam) {
    lint_epoch row = {.epoch = epoch, .rates = RATES, .groups = {NAN, NAN, NAN}};
    row.val = (lint_epoch_scores){.loss = ce + cam, .ce = ce, .cam = cam, .accuracy = accuracy};
    return row;
}

static int better(lint_best by, const lint_epoch *row, const lint_epoch *best) {
    lint_training t = {.best = by, .loss = {.cam = LINT_CAM_ENERGY}};
    return lint_epoch_is_better(&t, row, best);
}

static void the_first_epoch_is_the_best_so_far(void **state) {
    (void)state;
    lint_epoch none = {0}, row = row_of(1, 0, 9, 9);
    for (int by = LINT_BEST_ACCURACY; by <= LINT_BEST_LAST; by++)
        assert_true(better((lint_best)by, &row, &none));
}

static void of_equal_accuracies_the_lower_loss_wins_then_the_earlier_epoch(void **state) {
    (void)state;
    lint_epoch best = row_of(1, 0.9, 0.5, 0.2);
    lint_epoch higher = row_of(2, 0.91, 5, 5), lower_loss = row_of(2, 0.9, 0.4, 0.2);
    lint_epoch equal = row_of(2, 0.9, 0.5, 0.2), worse = row_of(2, 0.89, 0.1, 0.1);
    assert_true(better(LINT_BEST_ACCURACY, &higher, &best));
    assert_true(better(LINT_BEST_ACCURACY, &lower_loss, &best));
    assert_false(better(LINT_BEST_ACCURACY, &equal, &best));
    assert_false(better(LINT_BEST_ACCURACY, &worse, &best));
}

static void each_criterion_looks_at_its_own_number(void **state) {
    (void)state;
    lint_epoch best = row_of(1, 0.9, 0.5, 0.2), row = row_of(2, 0.1, 0.6, 0.05);
    best.groups = (lint_group_scores){0.5, 0.7, 0.8};
    row.groups = (lint_group_scores){0.6, 0.6, 0.9};
    assert_true(better(LINT_BEST_LOSS, &row, &best)); /* 0.65 against 0.7 */
    assert_false(better(LINT_BEST_CE, &row, &best));
    assert_true(better(LINT_BEST_CAM, &row, &best));
    assert_true(better(LINT_BEST_WORST_GROUP, &row, &best));
    assert_false(better(LINT_BEST_GROUP_MEAN, &row, &best));
    assert_true(better(LINT_BEST_ADJUSTED, &row, &best));
    assert_true(better(LINT_BEST_LAST, &row, &best));
}

static void losses_are_compared_under_the_later_epochs_weights(void **state) {
    (void)state;
    lint_epoch best = row_of(1, 0.9, 0.5, 0), row = row_of(2, 0.9, 0.4, 0.3);
    assert_false(better(LINT_BEST_LOSS, &row, &best));
    row.rates.cam_weight = 0; /* a phase that ends the CAM loss */
    assert_true(better(LINT_BEST_LOSS, &row, &best));
}

static void a_capped_cam_loss_counts_as_its_cap(void **state) {
    (void)state;
    lint_training t = {.loss = {.cam = LINT_CAM_ENERGY}, .term_cap = 2};
    assert_true(lint_train_loss(&t, &RATES, 0.5, 0.7) == 0.5 + 0.7);
    assert_true(lint_train_loss(&t, &RATES, 0.5, 70) == 0.5 + 1);
    assert_true(isinf(lint_train_loss(&t, &RATES, 0.5, INFINITY)));
    t.loss.cam = LINT_CAM_NONE;
    assert_true(lint_train_loss(&t, &RATES, 0.5, NAN) == 0.5);
}

static void without_validation_the_last_epoch_is_kept(void **state) {
    (void)state;
    lint_epoch best = row_of(1, NAN, NAN, NAN), row = row_of(2, NAN, NAN, NAN);
    assert_true(better(LINT_BEST_ACCURACY, &row, &best));
}

static int over(size_t patience, size_t from, size_t epochs, size_t best) {
    lint_training t = {.patience = patience, .patience_from = from};
    lint_trained done = {.epochs = epochs, .best = {.epoch = best}};
    return lint_patience_is_over(&t, &done);
}

static void patience_counts_from_the_best_epoch_or_from_the_one_given(void **state) {
    (void)state;
    assert_false(over(0, 0, 1000, 1));
    assert_false(over(3, 1, 6, 4));
    assert_true(over(3, 1, 7, 4));
    assert_false(over(3, 6, 7, 4));
    assert_true(over(3, 6, 8, 4));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_epoch_is_the_best_so_far),
        cmocka_unit_test(of_equal_accuracies_the_lower_loss_wins_then_the_earlier_epoch),
        cmocka_unit_test(each_criterion_looks_at_its_own_number),
        cmocka_unit_test(losses_are_compared_under_the_later_epochs_weights),
        cmocka_unit_test(a_capped_cam_loss_counts_as_its_cap),
        cmocka_unit_test(without_validation_the_last_epoch_is_kept),
        cmocka_unit_test(patience_counts_from_the_best_epoch_or_from_the_one_given),
    };
    return cmocka_run_group_tests_name("best_epoch", tests, NULL, NULL);
}
