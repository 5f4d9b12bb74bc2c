/* Each rule against torch.optim, factors by prefix, and indifference to threads and to buffers. */
#include "support/check.h"
#include "support/normal.h"
#include "train/optim.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 12, NUMBERS = 5 };

/* Start and gradients as in golden/sgd.py, which wrote the table. */
static float start(int i) {
    return (float)sin(3 * i + 1);
}

static float gradient(int step, int i) {
    if (i == 2 || (i == 3 && step % 3)) return 0;
    return (float)(cos(1.7 * step + 2.3 * i) * (i == 1 ? 0.01 : 1));
}

static const struct {
    double lr;
    lint_optim_plan plan;
    float after[STEPS][NUMBERS];
} golden[] = {
#include "golden/optim.h"
};

static void every_rule_moves_as_torch_does(void **state) {
    (void)state;
    lint_err e;
    lint_threads *pool = lint_threads_new(1, &e);
    for (size_t c = 0; c < sizeof golden / sizeof *golden; c++) {
        float value[NUMBERS], grad[NUMBERS];
        lint_param p = {"p", value, grad, NUMBERS};
        lint_optim *o = lint_optim_new(&p, NULL, 1, &golden[c].plan, pool, &e);
        assert_non_null(o);
        for (int i = 0; i < NUMBERS; i++)
            value[i] = start(i);
        for (int s = 0; s < STEPS; s++) {
            for (int i = 0; i < NUMBERS; i++)
                grad[i] = gradient(s, i);
            lint_optim_step(o, golden[c].lr * (s >= 7 ? 0.5 : 1));
            /* Both round to float after every operation; torch may fuse some: an ulp or two of
             * the largest number for each step. */
            assert_int_equal(check_tensor("p", value, golden[c].after[s], NUMBERS, 2e-7, 5e-7), 1);
        }
        lint_optim_free(o);
    }
    lint_threads_free(pool);
}

static void prefixes_set_the_rate_and_freeze(void **state) {
    (void)state;
    lint_err e;
    lint_threads *pool = lint_threads_new(1, &e);
    float value[4] = {1, 1, 1, 1}, grad[4] = {1, 1, 1, 1};
    lint_param p[] = {{"layer1.0.weight", value, grad, 1},
                      {"layer1.1.weight", value + 1, grad + 1, 1},
                      {"layer2.weight", value + 2, grad + 2, 1},
                      {"fc.weight", value + 3, grad + 3, 1}};
    const char *text[] = {"layer1.1.=0.5", "layer1.=0", "layer2=0.25", "layer=1"};
    double factor[4];
    assert_int_equal(lint_optim_factors(p, 4, text, 4, factor, &e), 0);
    assert_true(factor[0] == 0 && factor[1] == 0.5 && factor[2] == 0.25 && factor[3] == 1);
    lint_optim_plan plan = {.rule = LINT_OPTIM_SGD, .weight_decay = 1};
    lint_optim *o = lint_optim_new(p, factor, 4, &plan, pool, &e);
    lint_optim_step(o, 0.25);
    assert_true(value[0] == 1 && value[1] == 0.75f && value[2] == 0.875f && value[3] == 0.5f);
    lint_optim_free(o);
    static const char *const bad[] = {"layer1.",     "=1",         "layer1.=",   "layer1.=-1",
                                      "layer1.=nan", "layer1.= 1", "layer1.=1x", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(lint_optim_factors(p, 4, &bad[i], 1, factor, &e), -1);
        assert_non_null(strstr(e.msg, "expected PREFIX=R"));
    }
    assert_int_equal(lint_optim_factors(p, 4, (const char *[]){"conv=1"}, 1, factor, &e), -1);
    assert_string_equal(e.msg, "'conv=1': no parameter's name begins with it");
    lint_threads_free(pool);
}

/* State and steps taken over by another optimiser make it go on as the first would have. */
static void state_that_is_carried_over_goes_on(void **state) {
    (void)state;
    lint_err e;
    lint_threads *pool = lint_threads_new(1, &e);
    float a[3] = {1, 2, 3}, b[3], grad[3] = {0.5f, -1, 2};
    lint_param pa = {"a", a, grad, 3}, pb = {"a", b, grad, 3};
    lint_optim_plan plan = {.rule = LINT_OPTIM_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
    lint_optim *oa = lint_optim_new(&pa, NULL, 1, &plan, pool, &e);
    lint_optim *ob = lint_optim_new(&pb, NULL, 1, &plan, pool, &e);
    lint_optim_step(oa, 0.1);
    size_t n, m;
    float *from = lint_optim_state(oa, &n), *to = lint_optim_state(ob, &m);
    assert_true(n == 6 && m == 6);
    memcpy(to, from, n * sizeof *to);
    *lint_optim_steps(ob) = *lint_optim_steps(oa);
    memcpy(b, a, sizeof b);
    grad[1] = 7;
    lint_optim_step(oa, 0.1);
    lint_optim_step(ob, 0.1);
    assert_memory_equal(a, b, sizeof a);
    lint_optim_free(oa);
    lint_optim_free(ob);
    lint_threads_free(pool);
}

static void buffers_are_left_alone(void **state) {
    (void)state;
    lint_err e;
    lint_threads *pool = lint_threads_new(1, &e);
    float value = 1, grad = 1, running = 7;
    lint_param p[] = {{"bn.running_mean", &running, NULL, 1}, {"w", &value, &grad, 1}};
    lint_optim *o = lint_optim_new(
        p, NULL, 2, &(lint_optim_plan){.momentum = 0.9, .weight_decay = 0.5}, pool, &e);
    lint_optim_step(o, 0.25);
    assert_true(running == 7);
    assert_true(value == 1 - 0.25f * 1.5f);
    lint_optim_free(o);
    lint_threads_free(pool);
}

/* Two steps over sizes around the length of a part. */
static void walk(int threads, float *value, const float *grad, size_t n) {
    lint_err e;
    lint_threads *pool = lint_threads_new(threads, &e);
    lint_param p[] = {{"a", value, (float *)grad, n / 3},
                      {"b", value + n / 3, (float *)grad + n / 3, n - n / 3}};
    lint_optim *o = lint_optim_new(
        p, NULL, 2, &(lint_optim_plan){.momentum = 0.9, .weight_decay = 0.1}, pool, &e);
    lint_optim_step(o, 0.1);
    lint_optim_step(o, 0.05);
    lint_optim_free(o);
    lint_threads_free(pool);
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    const size_t n = 100003;
    float *one = malloc(n * sizeof *one), *three = malloc(n * sizeof *three);
    float *grad = malloc(n * sizeof *grad), *plain = malloc(n * sizeof *plain);
    lint_rng r = lint_rng_at(1, LINT_RNG_INIT, 0, 0);
    for (size_t i = 0; i < n; i++) {
        one[i] = three[i] = plain[i] = (float)normal(&r);
        grad[i] = (float)normal(&r);
    }
    walk(1, one, grad, n);
    walk(3, three, grad, n);
    assert_memory_equal(one, three, n * sizeof *one);
    for (size_t i = 0; i < n; i++) { /* every element was reached, twice */
        float d = grad[i] + 0.1f * plain[i];
        plain[i] -= 0.1f * d;
        plain[i] -= 0.05f * (0.9f * d + grad[i] + 0.1f * plain[i]);
    }
    assert_int_equal(check_tensor("two steps", one, plain, n, 1e-6, 1e-6), 1);
    free(one);
    free(three);
    free(grad);
    free(plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_moves_as_torch_does),
        cmocka_unit_test(prefixes_set_the_rate_and_freeze),
        cmocka_unit_test(state_that_is_carried_over_goes_on),
        cmocka_unit_test(buffers_are_left_alone),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
