/* Learning rates against torch's schedulers, phases, and the words for a phase that is wrong. */
#include "support/check.h"
#include "train/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static double lr(const lint_schedule *s, size_t epoch) {
    return lint_schedule_at(s, epoch).lr;
}

static void cosine_falls_as_in_torch(void **state) {
    (void)state;
    /* CosineAnnealingLR(SGD(lr=0.01), T_max=12), get_last_lr() before each epoch */
    static const double torch[] = {0.01,
                                   0.009829629131445342,
                                   0.009330127018922194,
                                   0.008535533905932736,
                                   0.0075,
                                   0.006294095225512604,
                                   0.005,
                                   0.003705904774487397,
                                   0.0025000000000000014,
                                   0.0014644660940672629,
                                   0.0006698729810778065,
                                   0.00017037086855465903};
    lint_schedule s = {.kind = LINT_SCHEDULE_COSINE, .lr = 0.01, .epochs = 12};
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(check_value("lr", lr(&s, i + 1), torch[i], 0, 1e-12), 1);
}

static void constant_stays(void **state) {
    (void)state;
    lint_schedule s = {.kind = LINT_SCHEDULE_CONSTANT, .lr = 0.3};
    assert_true(lr(&s, 1) == 0.3);
    assert_true(lr(&s, 1000) == 0.3);
}

static void step_falls_every_third_unless_told(void **state) {
    (void)state;
    lint_schedule s = {
        .kind = LINT_SCHEDULE_STEP, .lr = 1, .epochs = 10, .step_factor = 0.1, .step_epochs = 3};
    assert_true(lr(&s, 3) == 1);
    assert_int_equal(check_value("lr", lr(&s, 4), 0.1, 0, 1e-12), 1);
    assert_int_equal(check_value("lr", lr(&s, 10), 0.001, 0, 1e-12), 1);
    s.step_epochs = 0; /* 4 of 10 */
    assert_int_equal(lint_schedule_step(&s), 4);
    assert_true(lr(&s, 4) == 1);
    assert_int_equal(check_value("lr", lr(&s, 5), 0.1, 0, 1e-12), 1);
    assert_int_equal(check_value("lr", lr(&s, 9), 0.01, 0, 1e-12), 1);
}

static void warm_up_leads_to_the_learning_rate(void **state) {
    (void)state;
    lint_schedule s = {.kind = LINT_SCHEDULE_COSINE, .lr = 0.3, .epochs = 6, .warmup = 2};
    assert_int_equal(check_value("lr", lr(&s, 1), 0.1, 0, 1e-12), 1);
    assert_int_equal(check_value("lr", lr(&s, 2), 0.2, 0, 1e-12), 1);
    assert_true(lr(&s, 3) == 0.3);
    assert_int_equal(check_value("lr", lr(&s, 5), 0.15, 0, 1e-12), 1); /* half of four */
}

static void phases_hold_until_the_next(void **state) {
    (void)state;
    lint_err e;
    lint_schedule s = {
        .kind = LINT_SCHEDULE_COSINE, .lr = 0.01, .ce_weight = 1, .cam_weight = 2, .epochs = 12};
    assert_int_equal(lint_schedule_add_phase(&s, "9:cam=0", &e), 0);
    assert_int_equal(lint_schedule_add_phase(&s, "6:lr=1e-4,ce=0.8,cam=500", &e), 0);
    assert_int_equal(lint_schedule_set_epochs(&s, 12, &e), 0);
    lint_rates r = lint_schedule_at(&s, 5);
    assert_int_equal(check_value("lr", r.lr, 0.0075, 0, 1e-12), 1);
    assert_true(r.ce_weight == 1 && r.cam_weight == 2);
    r = lint_schedule_at(&s, 6);
    assert_true(r.lr == 1e-4 && r.ce_weight == 0.8 && r.cam_weight == 500);
    r = lint_schedule_at(&s, 12);
    assert_true(r.lr == 1e-4 && r.ce_weight == 0.8 && r.cam_weight == 0);
    lint_schedule_free(&s);
}

static void a_wrong_phase_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "'': expected an epoch, from 1, or a percentage"},
        {"0:lr=1", "'0': expected an epoch, from 1, or a percentage"},
        {"-3:lr=1", "'-3': expected an epoch, from 1, or a percentage"},
        {"6x:lr=1", "'6x': expected an epoch, from 1, or a percentage"},
        {"99999999999999999999:lr=1",
         "'99999999999999999999': expected an epoch, from 1, or a percentage"},
        {"6", "'6': expected EPOCH:lr=N,ce=N,cam=N (any of the three)"},
        {"6:", "'6:': expected EPOCH:lr=N,ce=N,cam=N (any of the three)"},
        {"6:lr", "'lr': expected lr=N, ce=N or cam=N"},
        {"6:rate=1", "'rate=1': expected lr=N, ce=N or cam=N"},
        {"6:lr=1,,ce=1", "'': expected lr=N, ce=N or cam=N"},
        {"6:lr=1,", "'': expected lr=N, ce=N or cam=N"},
        {"6:lr=", "'lr=': expected a number, 0 or more, after '='"},
        {"6:lr=1e-4x", "'lr=1e-4x': expected a number, 0 or more, after '='"},
        {"6:lr= 1", "'lr= 1': expected a number, 0 or more, after '='"},
        {"6:ce=-1", "'ce=-1': expected a number, 0 or more, after '='"},
        {"6:cam=nan", "'cam=nan': expected a number, 0 or more, after '='"},
        {"6:cam=inf", "'cam=inf': expected a number, 0 or more, after '='"},
        {"6:lr=1,lr=2", "'lr=2': lr is set twice"},
        {"%:lr=1", "'%': expected 0% to less than 100%"},
        {"-5%:lr=1", "'-5%': expected 0% to less than 100%"},
        {"100%:lr=1", "'100%': expected 0% to less than 100%"},
        {"1e9%:lr=1", "'1e9%': expected 0% to less than 100%"},
        {"nan%:lr=1", "'nan%': expected 0% to less than 100%"},
        {"20x%:lr=1", "'20x%': expected 0% to less than 100%"},
        {"20%%:lr=1", "'20%%': expected 0% to less than 100%"},
        {"20%", "'20%': expected EPOCH:lr=N,ce=N,cam=N (any of the three)"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e;
        lint_phase p;
        assert_int_equal(lint_phase_parse(&p, bad[i].text, &e), -1);
        assert_string_equal(e.msg, bad[i].message);
    }
}

/* Era 2 of the original: 30 epochs, phases at 20 and 80 percent. */
static void percents_count_epochs_that_are_over(void **state) {
    (void)state;
    lint_err e;
    lint_schedule s = {
        .kind = LINT_SCHEDULE_CONSTANT, .lr = 1e-3, .ce_weight = 0.7, .cam_weight = 1};
    assert_int_equal(lint_schedule_needs_epochs(&s), 0);
    assert_int_equal(lint_schedule_add_phase(&s, "80%:lr=1e-6,ce=1,cam=0", &e), 0);
    assert_int_equal(lint_schedule_add_phase(&s, "20%:lr=1e-4,ce=0.8,cam=500", &e), 0);
    assert_int_equal(lint_schedule_needs_epochs(&s), 1);
    assert_int_equal(lint_schedule_set_epochs(&s, 30, &e), 0);
    assert_true(lint_schedule_at(&s, 6).lr == 1e-3 && lint_schedule_at(&s, 7).lr == 1e-4);
    assert_true(lint_schedule_at(&s, 24).cam_weight == 500);
    assert_true(lint_schedule_at(&s, 25).cam_weight == 0 && lint_schedule_at(&s, 25).lr == 1e-6);
    lint_schedule_free(&s);
    assert_int_equal(lint_schedule_add_phase(&s, "70%:lr=1", &e), 0);
    assert_int_equal(lint_schedule_set_epochs(&s, 10, &e), 0);
    assert_int_equal(s.phase[0].epoch, 8); /* 0.7 * 10 is a little below 7 in binary */
    assert_int_equal(lint_schedule_add_phase(&s, "8:ce=1", &e), 0);
    assert_int_equal(lint_schedule_set_epochs(&s, 10, &e), -1);
    assert_string_equal(e.msg, "two phases start at epoch 8");
    assert_int_equal(lint_schedule_set_epochs(&s, 0, &e), -1);
    assert_string_equal(e.msg, "the schedule needs the number of epochs");
    lint_schedule_free(&s);
}

static void a_schedule_must_fit_its_epochs(void **state) {
    (void)state;
    lint_err e;
    lint_schedule s = {.kind = LINT_SCHEDULE_COSINE, .lr = 1};
    assert_int_equal(lint_schedule_set_epochs(&s, 0, &e), -1);
    assert_string_equal(e.msg, "the schedule needs the number of epochs");
    s.kind = LINT_SCHEDULE_CONSTANT;
    assert_int_equal(lint_schedule_set_epochs(&s, 0, &e), 0);
    s.warmup = 5;
    assert_int_equal(lint_schedule_set_epochs(&s, 5, &e), -1);
    assert_string_equal(e.msg, "a warm-up of 5 epochs leaves none of 5");
    s.warmup = 0;
    assert_int_equal(lint_schedule_add_phase(&s, "6:lr=1", &e), 0);
    assert_int_equal(lint_schedule_set_epochs(&s, 5, &e), -1);
    assert_string_equal(e.msg, "a phase starts at epoch 6, which is after the last one, 5");
    lint_schedule_free(&s);
}

static void epochs_that_learn_nothing_are_found(void **state) {
    (void)state;
    lint_err e;
    lint_schedule s = {.lr = 0.3, .ce_weight = 1};
    assert_int_equal(lint_schedule_without_loss(&s, 0), 0);
    assert_int_equal(lint_schedule_without_rate(&s), 0);
    assert_int_equal(lint_schedule_add_phase(&s, "4:ce=0,cam=2", &e), 0);
    assert_int_equal(lint_schedule_add_phase(&s, "6:lr=0,cam=0", &e), 0);
    for (size_t epochs = 0; epochs <= 8; epochs += 8) { /* not known, and known */
        assert_int_equal(lint_schedule_set_epochs(&s, epochs, &e), 0);
        assert_int_equal(lint_schedule_without_loss(&s, 1), 6);
        assert_int_equal(lint_schedule_without_loss(&s, 0), 4);
        assert_int_equal(lint_schedule_without_rate(&s), 6);
    }
    lint_schedule_free(&s);
    s = (lint_schedule){
        .kind = LINT_SCHEDULE_STEP, .lr = 1, .ce_weight = 1, .step_epochs = 3, .epochs = 9};
    assert_int_equal(lint_schedule_without_rate(&s), 4); /* a factor of 0 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosine_falls_as_in_torch),
        cmocka_unit_test(constant_stays),
        cmocka_unit_test(step_falls_every_third_unless_told),
        cmocka_unit_test(warm_up_leads_to_the_learning_rate),
        cmocka_unit_test(phases_hold_until_the_next),
        cmocka_unit_test(percents_count_epochs_that_are_over),
        cmocka_unit_test(a_wrong_phase_is_named),
        cmocka_unit_test(a_schedule_must_fit_its_epochs),
        cmocka_unit_test(epochs_that_learn_nothing_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
