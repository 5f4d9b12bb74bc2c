/* What the options of a training mean together, without a program around them. */
#include "train/recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static lint_recipe empty(void) {
    return (lint_recipe)LINT_RECIPE_EMPTY;
}

static void expect_settled(lint_recipe *r) {
    lint_err e;
    if (lint_recipe_settle(r, &e) < 0) fail_msg("%s", e.msg);
    lint_recipe_free(r);
}

static void expect_refused(lint_recipe r, const char *message) {
    lint_err e;
    r.net = "x.net";
    assert_int_equal(lint_recipe_settle(&r, &e), -1);
    assert_string_equal(e.msg, message);
    lint_recipe_free(&r);
}

static void defaults_depend_on_the_network_and_on_each_other(void **state) {
    (void)state;
    lint_recipe r = empty();
    expect_settled(&r);
    assert_int_equal(r.optim, LINT_OPTIM_SGD);
    assert_int_equal(r.schedule, LINT_SCHEDULE_COSINE);
    assert_int_equal(r.best, LINT_BEST_LAST);
    assert_int_equal(r.batch, 32);
    assert_true(r.lr == 0.01 && r.momentum == 0.9 && r.sigma == 0.25);
    assert_true(isnan(r.beta1) && isnan(r.cam_weight) && isnan(r.l1));

    r = empty();
    r.optim = LINT_OPTIM_ADAM;
    r.val = "val.lts";
    r.cam_loss = LINT_CAM_RADIAL;
    r.patience = 3;
    expect_settled(&r);
    assert_int_equal(r.best, LINT_BEST_ACCURACY);
    assert_int_equal(r.patience_from, 1);
    assert_true(r.lr == 0.001 && r.beta2 == 0.999 && r.cam_weight == 1 && r.cap == 10);
    assert_true(isnan(r.momentum));

    r = empty();
    r.is_encoder = 1;
    expect_settled(&r);
    assert_int_equal(r.optim, LINT_OPTIM_ADAM);
    assert_int_equal(r.objective, LINT_OBJECTIVE_BINARY);
    assert_int_equal(r.batch, 128);
    assert_true(r.lr == 0.002 && r.l1 == 0.03 && isnan(r.margin));
}

static void an_option_without_effect_says_what_it_needs(void **state) {
    (void)state;
    lint_recipe r = empty();
    r.prior = LINT_PRIOR_CENTER;
    expect_refused(r, "--prior needs --cam-loss mse, radial or energy");
    r = empty();
    r.cam_loss = LINT_CAM_ENERGY;
    r.prior = LINT_PRIOR_MASK;
    r.sigma = 0.3;
    expect_refused(r, "--sigma needs --cam-loss mse, radial or energy, and --prior center");
    r = empty();
    r.nesterov = 1;
    r.momentum = 0;
    expect_refused(r, "--nesterov needs a --momentum above 0");
    r = empty();
    r.step_epochs = 2;
    expect_refused(r, "--step-epochs needs --schedule step");
    r = empty();
    r.patience = 2;
    expect_refused(r, "--patience needs --val");
    r = empty();
    r.cam_loss = LINT_CAM_EMBEDDING;
    expect_refused(r, "--cam-loss embedding needs --encoder FILE");
}

static void options_of_the_other_kind_of_network_are_refused(void **state) {
    (void)state;
    lint_recipe r = empty();
    r.objective = LINT_OBJECTIVE_TRIPLET;
    expect_refused(r,
                   "--objective binary and triplet are for mask encoders, but the input of x.net "
                   "is a picture");
    r = empty();
    r.is_encoder = 1;
    r.cam_loss = LINT_CAM_MSE;
    expect_refused(r, "--cam-loss does not apply to x.net, which is a mask encoder");
}

static void a_phase_is_named_by_its_option(void **state) {
    (void)state;
    const char *phase[] = {"2:lr=x"};
    lint_recipe r = empty();
    r.phases = (lint_list){.v = phase, .n = 1};
    expect_refused(r, "--phase 'lr=x': expected a number, 0 or more, after '='");
    phase[0] = "2:cam=1";
    expect_refused(r, "--phase with cam= needs --cam-loss mse, radial, energy or embedding");
}

static void expect_files(lint_recipe r, const char *message) {
    lint_err e;
    assert_int_equal(lint_recipe_check_files(&r, &e), message ? -1 : 0);
    if (message) assert_string_equal(e.msg, message);
}

static void no_two_options_name_the_same_file(void **state) {
    (void)state;
    expect_files((lint_recipe){0}, "--net is missing: name a network, such as --net standard");
    expect_files((lint_recipe){.net = "n", .val = "-"},
                 "--train and --val cannot both be standard input");
    expect_files((lint_recipe){.net = "n", .log = "-"},
                 "--out and --log cannot both be standard output");
    expect_files((lint_recipe){.net = "n", .train = "t", .out = "t"},
                 "--train and --out are the same file");
    expect_files((lint_recipe){.net = "n", .checkpoint = "-", .out = "m"},
                 "--checkpoint -: expected a file");
    /* A model may overwrite the one it began with, unless the same command is to run again. */
    expect_files((lint_recipe){.net = "n", .init = "m", .out = "m"}, NULL);
    expect_files((lint_recipe){.net = "n", .init = "m", .out = "m", .checkpoint = "c"},
                 "--init and --out are the same file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_depend_on_the_network_and_on_each_other),
        cmocka_unit_test(an_option_without_effect_says_what_it_needs),
        cmocka_unit_test(options_of_the_other_kind_of_network_are_refused),
        cmocka_unit_test(a_phase_is_named_by_its_option),
        cmocka_unit_test(no_two_options_name_the_same_file),
    };
    return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
