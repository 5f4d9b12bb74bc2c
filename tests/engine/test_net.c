/* Whole networks against themselves: threads, batches, steps. That they agree with PyTorch is in
 * test_golden.c. */
#include "engine/kernels/kernels.h"
#include "support/check.h"
#include "support/filled.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int is_buffer(const char *name) {
    return strstr(name, "running_") != NULL;
}

static const lint_loss ENERGY = {
    .cam = LINT_CAM_ENERGY, .ce_weight = 1, .cam_weight = 3, .sigma = 0.25};

/* Whether the program was started with it: getenv sees what it has set since. */
static int was_given(const char *variable) {
    FILE *f = fopen("/proc/self/environ", "r");
    char *one = NULL;
    size_t room = 0, length = strlen(variable);
    int given = 0;
    while (f && !given && getdelim(&one, &room, 0, f) > 0)
        given = strncmp(one, variable, length) == 0 && one[length] == '=';
    free(one);
    if (f) fclose(f);
    return given;
}

/* Otherwise a processor that is newer than OpenBLAS would be one without AVX to it. */
static void openblas_has_kernels_of_the_same_instruction_set(void **state) {
    (void)state;
    static const char *const cores[][2] = {
        {"v2", "Nehalem"}, {"v3", "Haswell"}, {"v4", "SkylakeX"}};
    lint_err e;
    const lint_kernels *k = lint_kernels_pick(NULL, &e);
    if (!k) fail_msg("%s", e.msg);
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
        if (strncmp(k->name, cores[i][0], 2) == 0) {
            const char *core = getenv("OPENBLAS_CORETYPE");
            assert_non_null(core); /* lint's, or the user's */
            assert_string_equal(openblas_get_corename(), core);
            if (!was_given("OPENBLAS_CORETYPE")) assert_string_equal(core, cores[i][1]);
        }
}

static void threads_leave_no_trace(void **state) {
    (void)state;
    const char *const paths[] = {"tests/golden/small.net", "models/standard.net"};
    for (int p = 0; p < 2; p++) {
        lint_frame first = {0};
        lint_loss_sum sum = {0};
        for (int threads = 1; threads <= 3; threads++) {
            filled *f = filled_new(paths[p], 2, 3, LINT_NET_TRAIN, threads);
            lint_loss loss = ENERGY;
            loss.prior = LINT_PRIOR_MASK;
            lint_loss_sum s = filled_step(f, &loss);
            lint_frame got = {0};
            filled_gradients(f, &got);
            if (threads == 1) {
                sum = s;
                assert_int_equal(lint_frame_copy(&first, &got, &(lint_err){0}), 0);
            }
            check_same_bytes(&got, &first);
            assert_memory_equal(&s.ce, &sum.ce, sizeof s.ce);
            assert_memory_equal(&s.cam, &sum.cam, sizeof s.cam);
            lint_frame_free(&got);
            filled_free(f);
        }
        lint_frame_free(&first);
    }
}

static void inference_is_the_same_bytes_for_any_threads_mode_and_batch(void **state) {
    (void)state;
    enum { N = 5, K = 3, PLACES = 12 };
    float first[N * K], cam[N * K * PLACES];
    lint_err e = {0};
    for (int threads = 1; threads <= 3; threads++)
        for (int mode = 0; mode < 2; mode++) {
            filled *f = filled_small(mode ? LINT_NET_TRAIN : LINT_NET_INFER, threads);
            float z[N * K], m[N * K * PLACES];
            assert_int_equal(lint_net_cam_height(f->net) * lint_net_cam_width(f->net), PLACES);
            assert_int_equal(lint_net_run(f->net, &f->batch, z, m, &e), 0);
            if (threads == 1 && mode == 0) {
                memcpy(first, z, sizeof z);
                memcpy(cam, m, sizeof m);
            }
            assert_memory_equal(z, first, sizeof z);
            assert_memory_equal(m, cam, sizeof m);
            /* Logits alone, and maps alone. */
            memset(z, 0, sizeof z);
            memset(m, 0, sizeof m);
            assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
            assert_int_equal(lint_net_run(f->net, &f->batch, NULL, m, &e), 0);
            assert_memory_equal(z, first, sizeof z);
            assert_memory_equal(m, cam, sizeof m);
            filled_free(f);
        }
}

/* What an image gets in inference must not depend on its company. Not bytes: BLAS may take another
 * kernel for another batch size. */
static void an_image_alone_gets_what_it_gets_in_a_batch(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_INFER, 1);
    float all[15], one[3];
    lint_err e = {0};
    assert_int_equal(lint_net_run(f->net, &f->batch, all, NULL, &e), 0);
    double scale = check_max(all, 15);
    for (size_t i = 0; i < 5; i++) {
        lint_batch b = f->batch;
        b.n = 1;
        b.image += i;
        b.label += i;
        b.mask += i;
        assert_int_equal(lint_net_run(f->net, &b, one, NULL, &e), 0);
        assert_true(check_tensor("logits", one, all + 3 * i, 3, 1e-6 * scale, 0));
    }
    filled_free(f);
}

static void a_step_overwrites_gradients_and_adds_to_the_sums(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    lint_frame once = {0}, twice = {0};
    filled_step_gradients(f, &ENERGY, &once);
    filled_load(f);
    lint_loss_sum sum = {0}, one = filled_step(f, &ENERGY);
    lint_err e = {0};
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), 0);
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), 0);
    filled_load(f); /* running statistics as before */
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), 0);
    filled_gradients(f, &twice);
    check_same_bytes(&once, &twice);
    assert_int_equal(sum.n, 3 * one.n);
    assert_int_equal(sum.correct, 3 * one.correct);
    assert_true(check_value("ce", sum.ce, 3 * one.ce, 0, 1e-12));
    assert_true(check_value("cam", sum.cam, 3 * one.cam, 0, 1e-12));
    lint_frame_free(&once);
    lint_frame_free(&twice);
    filled_free(f);
}

static void a_cam_weight_of_0_reports_the_loss_and_leaves_the_gradient(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    lint_loss none = {.ce_weight = 1}, watched = ENERGY;
    watched.cam_weight = 0;
    lint_frame a = {0}, b = {0};
    filled_step_gradients(f, &none, &a);
    filled_step_gradients(f, &watched, &b);
    check_same_bytes(&a, &b);
    filled_load(f);
    assert_true(filled_step(f, &watched).cam > 0);
    assert_true(filled_step(f, &none).cam == 0);
    lint_frame_free(&a);
    lint_frame_free(&b);
    filled_free(f);
}

/* The capped loss is the uncapped one times a constant: g = ce + factor * cam. */
static void the_cap_of_radial_scales_its_gradient(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    lint_loss ce = {.ce_weight = 1};
    lint_loss cam = {.cam = LINT_CAM_RADIAL, .cam_weight = 1, .sigma = 0.2};
    filled_load(f);
    lint_loss_sum s = filled_step(f, &cam);
    double term = s.cam / (double)s.n, ce_mean = s.ce / s.weight;
    lint_loss both = cam;
    both.ce_weight = 1;
    both.cam_weight = 2;
    both.cam_cap = 0.25 * term / ce_mean;
    lint_frame a = {0}, b = {0}, c = {0};
    filled_step_gradients(f, &ce, &a);
    filled_step_gradients(f, &cam, &b);
    filled_step_gradients(f, &both, &c);
    int bad = 0;
    for (size_t i = 0; i < a.count; i++) {
        float *x = a.tensors[i].data, *y = b.tensors[i].data;
        if (is_buffer(a.tensors[i].name)) continue;
        size_t n = filled_count(&a.tensors[i]);
        /* Gradients of nothing (a bias under batch norm) are noise as large as the others' eps. */
        double allowed = 1e-5 * (check_max(x, n) + check_max(y, n)) + 1e-5;
        for (size_t j = 0; j < n; j++)
            x[j] = (float)((double)x[j] + 2 * 0.25 * (double)y[j]);
        bad += !check_tensor(a.tensors[i].name, c.tensors[i].data, x, n, allowed, 0);
    }
    filled_load(f);
    assert_true(
        check_value("uncapped mean is reported", filled_step(f, &both).cam, s.cam, 0, 1e-9));
    assert_int_equal(bad, 0);
    lint_frame_free(&a);
    lint_frame_free(&b);
    lint_frame_free(&c);
    filled_free(f);
}

static void images_without_labels_are_in_no_loss(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    for (size_t i = 0; i < f->batch.n; i++)
        f->label[i] = -1;
    lint_loss_sum s = filled_step(f, &ENERGY);
    assert_int_equal(s.n, 0);
    assert_true(s.ce == 0 && s.cam == 0 && s.weight == 0);
    for (size_t i = 0; i < lint_net_params(f->net); i++) {
        lint_param p = lint_net_param(f->net, i);
        for (size_t j = 0; p.grad && j < p.count; j++)
            assert_true(p.grad[j] == 0);
    }
    filled_free(f);
}

static void a_loss_that_is_not_finite_is_reported_as_such(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    for (size_t i = 0; i < lint_net_params(f->net); i++) {
        lint_param p = lint_net_param(f->net, i);
        for (size_t j = 0; strncmp(p.name, "fc", 2) == 0 && j < p.count; j++)
            p.value[j] *= FLT_MAX / 4;
    }
    lint_loss_sum s = filled_step(f, &ENERGY);
    assert_false(isfinite(s.ce));
    filled_free(f);
}

#define TEST(f)                                                                                    \
    { #f, f, NULL, NULL, NULL }

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        TEST(openblas_has_kernels_of_the_same_instruction_set),
        TEST(threads_leave_no_trace),
        TEST(inference_is_the_same_bytes_for_any_threads_mode_and_batch),
        TEST(an_image_alone_gets_what_it_gets_in_a_batch),
        TEST(a_step_overwrites_gradients_and_adds_to_the_sums),
        TEST(a_cam_weight_of_0_reports_the_loss_and_leaves_the_gradient),
        TEST(the_cap_of_radial_scales_its_gradient),
        TEST(images_without_labels_are_in_no_loss),
        TEST(a_loss_that_is_not_finite_is_reported_as_such),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
