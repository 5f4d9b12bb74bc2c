/* SGD against torch.optim.SGD, and its indifference to threads and to buffers. */
#include "check.h"
#include "optim.h"
#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 4, NUMBERS = 3 };

/* Start and gradients as in golden/sgd.py, which printed the table below. */
static const float start[NUMBERS] = {0.5f, -1.25f, 2.0f};
static const float grads[STEPS][NUMBERS] = {
    {0.1f, -0.2f, 0.3f}, {-0.4f, 0.5f, -0.6f}, {0.7f, -0.8f, 0.9f}, {0.05f, 0.0f, -1.5f}};

static const struct {
    double lr, momentum, weight_decay;
    float after[STEPS][NUMBERS];
} golden[] = {
    {0.1,
     0,
     0,
     {{0.49000001f, -1.23000002f, 1.97000003f},
      {0.530000031f, -1.27999997f, 2.02999997f},
      {0.460000038f, -1.19999993f, 1.93999994f},
      {0.455000043f, -1.19999993f, 2.08999991f}}},
    {0.01,
     0.9,
     0,
     {{0.499000013f, -1.24800003f, 1.99699998f},
      {0.502099991f, -1.25120008f, 2.00029993f},
      {0.497889996f, -1.24608004f, 1.99426997f},
      {0.493600994f, -1.24147201f, 2.00384307f}}},
    {0.05,
     0.9,
     0.01,
     {{0.494749993f, -1.239375f, 1.98399997f},
      {0.509777606f, -1.25419283f, 1.99860799f},
      {0.48804757f, -1.22690177f, 1.96575594f},
      {0.465746522f, -1.20172632f, 2.01020622f}}},
    {0.2,
     0.5,
     0.1,
     {{0.469999999f, -1.18499994f, 1.89999998f},
      {0.525600016f, -1.22879994f, 1.93200004f},
      {0.402888f, -1.06612396f, 1.7293601f},
      {0.323474228f, -0.963463485f, 1.89345288f}}},
};

static void sgd_moves_as_torch_does(void **state) {
    (void)state;
    lint_err e;
    lint_pool *pool = lint_pool_new(1, &e);
    for (size_t c = 0; c < sizeof golden / sizeof *golden; c++) {
        float value[NUMBERS], grad[NUMBERS];
        lint_param p = {"p", value, grad, NUMBERS};
        lint_optim_plan plan = {LINT_OPTIM_SGD, golden[c].momentum, golden[c].weight_decay};
        lint_optim *o = lint_optim_new(&p, 1, &plan, pool, &e);
        assert_non_null(o);
        memcpy(value, start, sizeof value);
        for (size_t s = 0; s < STEPS; s++) {
            memcpy(grad, grads[s], sizeof grad);
            lint_optim_step(o, golden[c].lr);
            /* Both round to float after every operation; torch may fuse some: an ulp or two. */
            assert_int_equal(check_tensor("p", value, golden[c].after[s], NUMBERS, 0, 5e-7), 1);
        }
        lint_optim_free(o);
    }
    lint_pool_free(pool);
}

static void buffers_are_left_alone(void **state) {
    (void)state;
    lint_err e;
    lint_pool *pool = lint_pool_new(1, &e);
    float value = 1, grad = 1, running = 7;
    lint_param p[] = {{"bn.running_mean", &running, NULL, 1}, {"w", &value, &grad, 1}};
    lint_optim *o = lint_optim_new(p, 2, &(lint_optim_plan){LINT_OPTIM_SGD, 0.9, 0.5}, pool, &e);
    lint_optim_step(o, 0.25);
    assert_true(running == 7);
    assert_true(value == 1 - 0.25f * 1.5f);
    lint_optim_free(o);
    lint_pool_free(pool);
}

/* Two steps over sizes around the length of a part. */
static void walk(int threads, float *value, const float *grad, size_t n) {
    lint_err e;
    lint_pool *pool = lint_pool_new(threads, &e);
    lint_param p[] = {{"a", value, (float *)grad, n / 3},
                      {"b", value + n / 3, (float *)grad + n / 3, n - n / 3}};
    lint_optim *o = lint_optim_new(p, 2, &(lint_optim_plan){LINT_OPTIM_SGD, 0.9, 0.1}, pool, &e);
    lint_optim_step(o, 0.1);
    lint_optim_step(o, 0.05);
    lint_optim_free(o);
    lint_pool_free(pool);
}

static void any_number_of_threads_gives_the_same_bytes(void **state) {
    (void)state;
    const size_t n = 100003;
    float *one = malloc(n * sizeof *one), *three = malloc(n * sizeof *three);
    float *grad = malloc(n * sizeof *grad), *plain = malloc(n * sizeof *plain);
    lint_rng r = lint_rng_at(1, LINT_RNG_INIT, 0, 0);
    for (size_t i = 0; i < n; i++) {
        one[i] = three[i] = plain[i] = (float)lint_rng_normal(&r);
        grad[i] = (float)lint_rng_normal(&r);
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
        cmocka_unit_test(sgd_moves_as_torch_does),
        cmocka_unit_test(buffers_are_left_alone),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
