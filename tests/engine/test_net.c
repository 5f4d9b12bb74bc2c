/* Whole networks against themselves: threads, storage, identities of the maps, refused input. That
 * they agree with PyTorch is in test_golden.c. */
#include "engine/kernels/kernels.h"
#include "stream/mapped.h"
#include "support/check.h"
#include "support/filled.h"

#include "base/rng.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int is_buffer(const char *name) {
    return strstr(name, "running_") != NULL;
}

/* --- the net and itself ----------------------------------------------------------------------- */

static const lint_loss ENERGY = {
    .cam = LINT_CAM_ENERGY, .ce_weight = 1, .cam_weight = 3, .sigma = 0.25};

static const lint_loss CROSS_ENTROPY = {.ce_weight = 1};

static filled *small(lint_net_mode mode, int threads) {
    return filled_new("tests/golden/small.net", 3, 5, mode, threads);
}

static lint_loss_sum step(filled *f, const lint_loss *loss) {
    lint_loss_sum sum = {0};
    lint_err e = {0};
    if (lint_net_step(f->net, &f->batch, loss, &sum, &e) < 0) fail_msg("%s", e.msg);
    return sum;
}

/* The gradients of one step from the filled weights. */
static void gradients_of(filled *f, const lint_loss *loss, lint_frame *to) {
    filled_load(f);
    step(f, loss);
    filled_gradients(f, to);
}

static void assert_same_bytes(const lint_frame *a, const lint_frame *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->tensors[i].name, b->tensors[i].name);
        assert_int_equal(a->tensors[i].bytes, b->tensors[i].bytes);
        if (memcmp(a->tensors[i].data, b->tensors[i].data, a->tensors[i].bytes) != 0)
            fail_msg("%s differs", a->tensors[i].name);
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
            lint_loss_sum s = step(f, &loss);
            lint_frame got = {0};
            filled_gradients(f, &got);
            if (threads == 1) {
                sum = s;
                assert_int_equal(lint_frame_copy(&first, &got, &(lint_err){0}), 0);
            }
            assert_same_bytes(&got, &first);
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
            filled *f = small(mode ? LINT_NET_TRAIN : LINT_NET_INFER, threads);
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
    filled *f = small(LINT_NET_INFER, 1);
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
    filled *f = small(LINT_NET_TRAIN, 1);
    lint_frame once = {0}, twice = {0};
    gradients_of(f, &ENERGY, &once);
    filled_load(f);
    lint_loss_sum sum = {0}, one = step(f, &ENERGY);
    lint_err e = {0};
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), 0);
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), 0);
    filled_load(f); /* running statistics as before */
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), 0);
    filled_gradients(f, &twice);
    assert_same_bytes(&once, &twice);
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
    filled *f = small(LINT_NET_TRAIN, 1);
    lint_loss none = {.ce_weight = 1}, watched = ENERGY;
    watched.cam_weight = 0;
    lint_frame a = {0}, b = {0};
    gradients_of(f, &none, &a);
    gradients_of(f, &watched, &b);
    assert_same_bytes(&a, &b);
    filled_load(f);
    assert_true(step(f, &watched).cam > 0);
    assert_true(step(f, &none).cam == 0);
    lint_frame_free(&a);
    lint_frame_free(&b);
    filled_free(f);
}

/* The capped loss is the uncapped one times a constant: g = ce + factor * cam. */
static void the_cap_of_radial_scales_its_gradient(void **state) {
    (void)state;
    filled *f = small(LINT_NET_TRAIN, 1);
    lint_loss ce = {.ce_weight = 1};
    lint_loss cam = {.cam = LINT_CAM_RADIAL, .cam_weight = 1, .sigma = 0.2};
    filled_load(f);
    lint_loss_sum s = step(f, &cam);
    double term = s.cam / (double)s.n, ce_mean = s.ce / s.weight;
    lint_loss both = cam;
    both.ce_weight = 1;
    both.cam_weight = 2;
    both.cam_cap = 0.25 * term / ce_mean;
    lint_frame a = {0}, b = {0}, c = {0};
    gradients_of(f, &ce, &a);
    gradients_of(f, &cam, &b);
    gradients_of(f, &both, &c);
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
    assert_true(check_value("uncapped mean is reported", step(f, &both).cam, s.cam, 0, 1e-9));
    assert_int_equal(bad, 0);
    lint_frame_free(&a);
    lint_frame_free(&b);
    lint_frame_free(&c);
    filled_free(f);
}

static void images_without_labels_are_in_no_loss(void **state) {
    (void)state;
    filled *f = small(LINT_NET_TRAIN, 1);
    for (size_t i = 0; i < f->batch.n; i++)
        f->label[i] = -1;
    lint_loss_sum s = step(f, &ENERGY);
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
    filled *f = small(LINT_NET_TRAIN, 1);
    for (size_t i = 0; i < lint_net_params(f->net); i++) {
        lint_param p = lint_net_param(f->net, i);
        for (size_t j = 0; strncmp(p.name, "fc", 2) == 0 && j < p.count; j++)
            p.value[j] *= FLT_MAX / 4;
    }
    lint_loss_sum s = step(f, &ENERGY);
    assert_false(isfinite(s.ce));
    filled_free(f);
}

/* --- maps ------------------------------------------------------------------------------------- */

/* Sum over cells of the map of class c of image i. */
static double map_sum(const float *cam, size_t k, size_t cells, size_t i, size_t c) {
    double sum = 0;
    for (size_t q = 0; q < cells; q++)
        sum += (double)cam[(i * k + c) * cells + q];
    return sum;
}

static float *values_of(filled *f, const char *name) {
    lint_tensor *t = lint_frame_find(&f->weights, name);
    assert_non_null(t);
    return t->data;
}

/* Runs the net and holds the sums of its maps against logits less `offset` (NULL: zeros). */
static int check_map_sums(filled *f, const float *offset) {
    size_t k = lint_net_classes(f->net), n = f->batch.n;
    size_t cells = lint_net_cam_height(f->net) * lint_net_cam_width(f->net);
    float *z = malloc(n * k * sizeof *z), *m = malloc(n * k * cells * sizeof *m);
    float *sum = malloc(n * k * sizeof *sum);
    lint_err e = {0};
    if (lint_net_run(f->net, &f->batch, z, m, &e) < 0) fail_msg("%s", e.msg);
    for (size_t i = 0; i < n * k; i++) {
        sum[i] = (float)map_sum(m, k, cells, i / k, i % k);
        if (offset) z[i] -= offset[i % k];
    }
    int bad = !check_tensor("sum of map", sum, z, n * k, 1e-5 * check_max(z, n * k), 0);
    free(z);
    free(m);
    free(sum);
    return bad;
}

static const char LINEAR[] = "input 20x14x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\n"
                             "conv1: conv 6 3x3 same\n"
                             "bn1: batchnorm\n"
                             "relu\n"
                             "maxpool 2\n"
                             "cam\n"
                             "flatten\n"
                             "fc: dense classes\n";

static void behind_a_linear_head_a_map_sums_to_the_logit_less_the_bias(void **state) {
    (void)state;
    filled *f = filled_new(LINEAR, 4, 3, LINT_NET_INFER, 1);
    assert_int_equal(check_map_sums(f, values_of(f, "fc.bias")), 0);
    filled_free(f);
}

/* A batch of five has cells enough for Winograd's algorithm, an image alone has not. */
static void both_ways_of_a_3x3_convolution_agree(void **state) {
    (void)state;
    const char text[] = "input 15x17x3\na: conv 64 1x1\nb: conv 96 3x3 pad 1\nrelu\n"
                        "c: conv 32 3x3\nflatten\nfc: dense classes\n";
    enum { K = 3, N = 5 };
    filled *one = filled_new(text, K, 1, LINT_NET_INFER, 1);
    filled *many = filled_new(text, K, N, LINT_NET_INFER, 1);
    float a[K], b[N * K];
    lint_err e = {0};
    assert_int_equal(lint_net_run(one->net, &one->batch, a, NULL, &e), 0);
    assert_int_equal(lint_net_run(many->net, &many->batch, b, NULL, &e), 0);
    assert_true(check_tensor("logits", b, a, K, 2e-5, 0));
    assert_memory_not_equal(a, b, sizeof a); /* else they went the same way */
    filled_free(one);
    filled_free(many);
}

#define GROUPED(out, words)                                                                        \
    "input 7x9x3\na: conv 42 1x1\nb: conv " out " 3x2 stride 2 pad 1" words                        \
    "\nrelu\nflatten\nfc: dense classes\n"

typedef struct grouped {
    const char *groups, *whole;
    size_t count, out, each; /* groups, outputs, weights of one of these */
} grouped;

/* The weights of an output of a convolution in groups, among those of one without. */
static float *within(const grouped *g, const lint_tensor *whole, size_t out) {
    return (float *)whole->data + (out * g->count + out * g->count / g->out) * g->each;
}

/* Those of the whole without what lies between groups. From malloc. */
static float *pick_groups(const grouped *g, const lint_tensor *whole) {
    float *w = malloc(g->out * g->each * sizeof *w);
    assert_non_null(w);
    for (size_t o = 0; o < g->out; o++)
        memcpy(w + o * g->each, within(g, whole, o), g->each * sizeof *w);
    return w;
}

static void compare_gradients(const grouped *g, const lint_frame *a, const lint_frame *b) {
    float *picked = pick_groups(g, lint_frame_find(b, "b.weight"));
    for (size_t i = 0; i < a->count; i++) {
        const char *name = a->tensors[i].name;
        size_t n = filled_count(&a->tensors[i]);
        const float *right = strcmp(name, "b.weight") ? lint_frame_find(b, name)->data : picked;
        double allowed = 1e-6 * check_max(right, n);
        assert_true(check_tensor(name, a->tensors[i].data, right, n, allowed, 0));
    }
    free(picked);
}

/* Groups of 2 channels, which go together in bundles of 7; of one. */
static void groups_are_filters_of_zeros_elsewhere(void **state) {
    (void)state;
    const grouped all[] = {{GROUPED("63", " groups 21"), GROUPED("63", ""), 21, 63, 12},
                           {GROUPED("84", " groups 42"), GROUPED("84", ""), 42, 84, 6},
                           {GROUPED("42", " groups 42"), GROUPED("42", ""), 42, 42, 6}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const grouped *g = &all[i];
        filled *groups = filled_new(g->groups, 3, 2, LINT_NET_TRAIN, 1);
        filled *whole = filled_new(g->whole, 3, 2, LINT_NET_TRAIN, 1);
        lint_frame a = {0}, b = {0};
        const float *w = lint_frame_find(&groups->weights, "b.weight")->data;
        const lint_tensor *wide = lint_frame_find(&whole->weights, "b.weight");
        memset(wide->data, 0, wide->bytes);
        for (size_t o = 0; o < g->out; o++)
            memcpy(within(g, wide, o), w + o * g->each, g->each * sizeof *w);
        gradients_of(groups, &CROSS_ENTROPY, &a);
        gradients_of(whole, &CROSS_ENTROPY, &b);
        compare_gradients(g, &a, &b);
        lint_frame_free(&a);
        lint_frame_free(&b);
        filled_free(groups);
        filled_free(whole);
    }
}

/* And is Zhou's CAM cell by cell: M_c = sum over k of w_ck A_k. Here with A the picture itself,
 * which the test knows. */
static void behind_a_linear_head_a_map_is_zhous_cam(void **state) {
    (void)state;
    enum { W = 5, H = 4, K = 2, C = 3 };
    const char text[] = "input 5x4x3 mean 0 0 0 std 1 1 1\n"
                        "conv1: conv 3 1x1\n"
                        "cam\nflatten\nfc: dense classes\n";
    filled *f = filled_new(text, K, 1, LINT_NET_INFER, 1);
    float *conv = values_of(f, "conv1.weight"), *w = values_of(f, "fc.weight");
    for (int i = 0; i < 9; i++)
        conv[i] = i % 4 == 0;
    memset(values_of(f, "conv1.bias"), 0, 3 * sizeof *conv);
    filled_load(f);
    float m[K * H * W], want[K * H * W];
    lint_err e = {0};
    assert_int_equal(lint_net_run(f->net, &f->batch, NULL, m, &e), 0);
    for (int c = 0; c < K; c++)
        for (int q = 0; q < H * W; q++) {
            double sum = 0;
            for (int ch = 0; ch < C; ch++)
                sum += (double)w[(c * C + ch) * H * W + q] * f->image[0][q * C + ch] / 255.0;
            want[c * H * W + q] = (float)sum;
        }
    assert_true(check_tensor("cam", m, want, K * H * W, 1e-6, 0));
    filled_free(f);
}

/* A head of dense, relu and maxpool without biases is positively homogeneous: z = A dz/dA. */
static void behind_a_head_without_biases_a_map_sums_to_the_logit(void **state) {
    (void)state;
    const char *const paths[] = {"tests/golden/small.net", "tests/golden/odd.net"};
    for (int p = 0; p < 2; p++) {
        filled *f = filled_new(paths[p], 3, 5, LINT_NET_INFER, 1);
        for (size_t i = 0; i < f->weights.count; i++) {
            lint_tensor *t = &f->weights.tensors[i];
            if (strncmp(t->name, "fc", 2) == 0 && strstr(t->name, "bias"))
                memset(t->data, 0, t->bytes);
        }
        filled_load(f);
        assert_int_equal(check_map_sums(f, NULL), 0);
        filled_free(f);
    }
}

/* Twice the last layer's weights: twice the maps, the same share of evidence. */
static void energy_does_not_depend_on_the_scale_of_the_maps(void **state) {
    (void)state;
    filled *f = small(LINT_NET_TRAIN, 1);
    lint_loss_sum one = {0}, ten = {0};
    lint_err e = {0};
    assert_int_equal(lint_net_score(f->net, &f->batch, &ENERGY, NULL, &one, &e), 0);
    lint_tensor *w = lint_frame_find(&f->weights, "fc5.weight");
    for (size_t i = 0; i < filled_count(w); i++)
        ((float *)w->data)[i] *= 10;
    filled_load(f);
    assert_int_equal(lint_net_score(f->net, &f->batch, &ENERGY, NULL, &ten, &e), 0);
    assert_true(check_value("energy", ten.cam, one.cam, 0, 1e-6));
    lint_loss mse = ENERGY;
    mse.cam = LINT_CAM_MSE;
    lint_loss_sum mse_ten = {0}, mse_one = {0};
    assert_int_equal(lint_net_score(f->net, &f->batch, &mse, NULL, &mse_ten, &e), 0);
    filled_reset(f);
    assert_int_equal(lint_net_score(f->net, &f->batch, &mse, NULL, &mse_one, &e), 0);
    assert_true(check_value("mse", mse_ten.cam, 100 * mse_one.cam, 0, 1e-5));
    filled_free(f);
}

static void one_class_is_scored_by_its_own_map(void **state) {
    (void)state;
    filled *f = filled_new(LINEAR, 1, 3, LINT_NET_TRAIN, 1);
    size_t cells = lint_net_cam_height(f->net) * lint_net_cam_width(f->net);
    float *m = malloc(3 * cells * sizeof *m);
    lint_loss_sum sum = {0};
    lint_err e = {0};
    assert_int_equal(lint_net_run(f->net, &f->batch, NULL, m, &e), 0);
    assert_int_equal(lint_net_score(f->net, &f->batch, &ENERGY, NULL, &sum, &e), 0);
    double want = 0;
    size_t h = lint_net_cam_height(f->net), w = lint_net_cam_width(f->net);
    for (size_t i = 0; i < 3; i++) {
        double cost = 0, all = 0;
        for (size_t q = 0; q < cells; q++) {
            double dy = ((double)(q / w) + 0.5) / (double)h - 0.5;
            double dx = ((double)(q % w) + 0.5) / (double)w - 0.5;
            double v = fabs((double)m[i * cells + q]);
            cost += (1 - exp(-(dx * dx + dy * dy) / (2 * 0.25 * 0.25))) * v;
            all += v;
        }
        want += cost / all;
    }
    assert_true(check_value("energy", sum.cam, want, 0, 1e-5));
    assert_true(check_value("ce", sum.ce, 0, 1e-12, 0));
    assert_int_equal(sum.correct, 3);
    step(f, &ENERGY);
    for (size_t i = 0; i < lint_net_params(f->net); i++) {
        lint_param p = lint_net_param(f->net, i);
        for (size_t j = 0; p.grad && j < p.count; j++)
            assert_true(isfinite(p.grad[j]));
    }
    free(m);
    filled_free(f);
}

/* --- storage ---------------------------------------------------------------------------------- */

static void initial_weights_are_pytorchs_and_follow_the_seed(void **state) {
    (void)state;
    filled *f = small(LINT_NET_TRAIN, 1);
    lint_frame a = {0}, b = {0}, c = {0};
    lint_net_init(f->net, 1);
    filled_store(f, &a);
    lint_net_init(f->net, 2);
    filled_store(f, &b);
    lint_net_init(f->net, 1);
    filled_store(f, &c);
    assert_same_bytes(&a, &c);
    for (size_t i = 0; i < a.count; i++) {
        const lint_tensor *t = &a.tensors[i];
        const float *v = t->data;
        size_t n = filled_count(t);
        if (strncmp(t->name, "bn", 2) == 0) {
            int one = strstr(t->name, "weight") || strstr(t->name, "running_var");
            for (size_t j = 0; j < n; j++)
                assert_true(v[j] == (one ? 1 : 0));
            continue;
        }
        assert_memory_not_equal(v, b.tensors[i].data, t->bytes);
        /* A layer's bias has its weight's fan in. */
        char name[64];
        snprintf(name, sizeof name, "%.*s.weight", (int)strcspn(t->name, "."), t->name);
        const lint_tensor *w = lint_frame_find(&a, name);
        double bound = 1 / sqrt((double)filled_count(w) / (double)w->shape[0]);
        assert_true(check_max(v, n) <= bound * (1 + 1e-6));
        if (n > 100) assert_true(check_max(v, n) > 0.9 * bound);
    }
    lint_frame_free(&a);
    lint_frame_free(&b);
    lint_frame_free(&c);
    filled_free(f);
}

static void what_is_stored_is_loaded_to_the_byte(void **state) {
    (void)state;
    filled *f = small(LINT_NET_TRAIN, 1), *g = small(LINT_NET_INFER, 1);
    lint_net_init(f->net, 5);
    step(f, &ENERGY); /* running statistics of its own */
    lint_frame a = {0}, b = {0};
    lint_err e = {0};
    filled_store(f, &a);
    assert_int_equal(lint_net_load(g->net, &a, &e), 0);
    filled_store(g, &b);
    assert_same_bytes(&a, &b);
    float z[15], y[15];
    assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
    assert_int_equal(lint_net_run(g->net, &g->batch, y, NULL, &e), 0);
    assert_memory_equal(z, y, sizeof z);
    lint_frame_free(&a);
    lint_frame_free(&b);
    filled_free(f);
    filled_free(g);
}

static char model_path[64];

/* Writes a frame to a temporary file, for read_model. */
static const char *write_model(const lint_frame *f) {
    lint_err e = {0};
    snprintf(model_path, sizeof model_path, "/tmp/lint-model-XXXXXX");
    int fd = mkstemp(model_path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "wb");
    assert_int_equal(lint_frame_write(f, out, &e), 0);
    assert_int_equal(fclose(out), 0);
    return model_path;
}

/* As the tools read a model: mapped, then built. */
static lint_net *read_model(const char *path, size_t batch, lint_threads *pool, char **classes,
                            lint_err *e) {
    lint_mapped m;
    if (lint_mapped_load(&m, path, e) < 0) return NULL;
    lint_net *net = lint_model_build(&m.frame, path, batch, LINT_NET_INFER, pool, e);
    if (net && classes) *classes = strdup(lint_frame_meta(&m.frame, "classes"));
    lint_mapped_free(&m);
    return net;
}

static void a_model_file_brings_its_network_and_classes(void **state) {
    (void)state;
    filled *f = small(LINT_NET_TRAIN, 1);
    lint_frame m = {0};
    lint_err e = {0};
    char *classes = NULL;
    const char *names = "[\"leopard\",\"orca\",\"seal\"]";
    assert_int_equal(lint_model_store(f->net, names, &m, &e), 0);
    assert_string_equal(lint_frame_meta(&m, "kind"), "model");
    lint_net *net = read_model(write_model(&m), 5, f->pool, &classes, &e);
    unlink(model_path);
    if (!net) fail_msg("%s", e.msg);
    assert_string_equal(classes, names);
    assert_string_equal(lint_net_text(net), lint_net_text(f->net));
    float z[15], y[15];
    assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
    assert_int_equal(lint_net_run(net, &f->batch, y, NULL, &e), 0);
    assert_memory_equal(z, y, sizeof z);
    free(classes);
    lint_net_free(net);
    lint_frame_free(&m);
    filled_free(f);
}

/* --- refused input ---------------------------------------------------------------------------- */

typedef struct bad_net {
    const char *text, *expected;
} bad_net;

#define INPUT "input 8x8x3\n"
#define HEAD  "flatten\nfc: dense classes\n"

static const bad_net bad_nets[] = {
    {"", "bad.net:1: expected layers after 'input'"},
    {"# nothing\n\n", "bad.net:"},
    {INPUT, "bad.net:"},
    {"conv1: conv 4 2x2\n" HEAD, "bad.net:1: expected 'input' as the first layer"},
    {INPUT INPUT HEAD, "bad.net:2: expected 'input' as the first layer"},
    {"input 8x8\n" HEAD, "bad.net:1: expected 'input WxHx3"},
    {"input 8x8x4\n" HEAD, "bad.net:1: expected 'input"},
    {"input 0x8x3\n" HEAD, "bad.net:1: expected 'input"},
    {"input -8x8x3\n" HEAD, "bad.net:1: expected 'input"},
    {"input 99999x8x3\n" HEAD, "bad.net:1: expected 'input"},
    {"input 8x8x3 mean 0 0\n" HEAD, "bad.net:1: expected 'input"},
    {"input 8x8x3 mean 0 0 nan\n" HEAD, "bad.net:1: expected 'input"},
    {"input 8x8x3 std 1 1 0\n" HEAD, "bad.net:1: std must be above 0"},
    {"input 8x8x3 colour\n" HEAD, "bad.net:1: expected 'input"},
    {INPUT "convolve 3\n" HEAD, "bad.net:2: unknown layer 'convolve': expected input, conv"},
    {INPUT "conv 4 2x2\n" HEAD, "bad.net:2: a conv has parameters and needs a name"},
    {INPUT "a: conv\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 0 2x2\n" HEAD, "bad.net:2: '0': expected 1 to 65536"},
    {INPUT "a: conv 4 2\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x2 stride 0\n" HEAD, "bad.net:2: 'stride 0': expected 1 to 64"},
    {INPUT "a: conv 4 2x2 stride 65\n" HEAD, "bad.net:2: 'stride 65': expected 1 to 64"},
    {INPUT "a: conv 4 2x2 pad -1\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x33\n" HEAD, "bad.net:2: '2x33': expected 1 to 32"},
    {INPUT "a: conv 4 2x2 pad 1 pad 1\n" HEAD, "bad.net:2: 'pad' stands twice"},
    {INPUT "a: conv 4 2x2 same same\n" HEAD, "bad.net:2: 'same' stands twice"},
    {"input 8x8x3 mean 0 0 0 mean 1 1 1\n" HEAD, "bad.net:1: 'mean' stands twice"},
    {INPUT "a: conv 4 2x2 stride\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x2 wide\n" HEAD, "bad.net:2: 'wide': expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x2 same pad 2\n" HEAD, "bad.net:2: 'same' goes without 'pad'"},
    {INPUT "a: conv 4 2x2 dilation 0\n" HEAD, "bad.net:2: 'dilation 0': expected 1 to 64"},
    {INPUT "a: conv 4 3x3 dilation 4\n" HEAD, "bad.net:2: a filter of 9x9 does not fit into 8x8"},
    {INPUT "maxpool 2 ceil ceil\n" HEAD, "bad.net:2: 'ceil' stands twice"},
    {INPUT "adaptivepool 2\n" HEAD, "bad.net:2: expected 'adaptivepool WxH'"},
    {INPUT "adaptivepool 0x2\n" HEAD, "bad.net:2: '0x2': expected 1 to 1024"},
    {INPUT "b: batchnorm eps\n" HEAD, "bad.net:2: expected 'batchnorm [eps E]"},
    {INPUT "b: batchnorm eps 0\n" HEAD, "bad.net:2: 'eps 0': expected a number above 0"},
    {INPUT "b: batchnorm momentum 0.1x\n" HEAD, "bad.net:2: expected 'batchnorm [eps E]"},
    {INPUT "flatten\nfc: dense classes bias\n", "bad.net:3: expected 'dense OUT|classes [nobias]'"},
    {INPUT "stochasticdepth 1\n" HEAD, "bad.net:2: expected 'stochasticdepth P'"},
    {INPUT "r: residual\nrelu\nconcat\n" HEAD, "bad.net:4: 'concat' without a block of its kind"},
    {INPUT "r: block\nrelu\nadd\n" HEAD, "bad.net:4: 'add' without a block of its kind"},
    {INPUT "r: block\nscale\n" HEAD, "bad.net:3: expected a layer between 'block' and 'scale'"},
    {INPUT "r: block\nrelu\nscale\n" HEAD,
     "bad.net:4: 'scale' of 8x8x3 by 8x8x3: expected 1x1x3 behind it"},
    {INPUT "r: block\nmaxpool 2\nconcat\n" HEAD,
     "bad.net:4: 'concat' of 8x8x3 and 4x4x3: expected equal width and height"},
    {INPUT "r: block\nflatten\nconcat\n" HEAD, "bad.net:4: 'concat' must stand before 'flatten'"},
    {INPUT "r: block\n" HEAD, "the block 'r' of line 2 has no 'concat' or 'scale' at its end"},
    {INPUT "a: conv 4 9x9\n" HEAD, "bad.net:2: a filter of 9x9 does not fit into 8x8"},
    {INPUT "a: conv 65536 32x32 same\nb: conv 65536 32x32 same\n" HEAD,
     "bad.net:2: its filters are too large"},
    {INPUT "a: conv 6 2x2 groups 2\n" HEAD, "bad.net:2: groups must divide both the 3 channels in"},
    {INPUT "a: conv 4 2x2 groups\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "maxpool 2 pad 2\n" HEAD, "bad.net:2: pad may be at most half of the window"},
    {INPUT "avgpool 2 step 2\n" HEAD, "bad.net:2: expected 'avgpool K"},
    {INPUT "globalpool 2\n" HEAD, "bad.net:2: expected 'globalpool"},
    {INPUT "dropout 1\n" HEAD, "bad.net:2: expected 'dropout P"},
    {INPUT "residual\n" HEAD, "bad.net:2: expected 'NAME: residual'"},
    {INPUT "a: residual\nb: block\nc: block\nd: block\ne: block\nf: block\ng: block\nh: block\n"
           "i: block\n" HEAD,
     "bad.net:10: a block within 8 others"},
    {INPUT "r: residual\nq: residual\n" HEAD, "the block 'r.q' of line 3 has no 'add' at its end"},
    {INPUT "r: residual\nadd\n" HEAD, "bad.net:3: expected a layer between 'residual' and 'add'"},
    {INPUT "r: residual\nshortcut\n" HEAD, "bad.net:3: 'shortcut' must stand once in a block"},
    {INPUT "shortcut\n" HEAD, "bad.net:2: 'shortcut' must stand once in a block"},
    {INPUT "relu\nadd\n" HEAD, "bad.net:3: 'add' without a block"},
    {INPUT "r: residual\na: conv 4 2x2 same\nadd\n" HEAD,
     "bad.net:4: 'add' of 8x8x4 and 8x8x3: expected equal shapes"},
    {INPUT "r: residual\nrelu\ncam\nadd\n" HEAD, "bad.net:4: 'cam' inside of the block 'r'"},
    {INPUT "relu\ncam\nr: residual\n" HEAD, "bad.net:4: a block cannot stand behind 'cam'"},
    {INPUT "r: residual\n" HEAD, "the block 'r' of line 2 has no 'add' at its end"},
    {INPUT "relu\ncam\nsigmoid\n" HEAD, "bad.net:4: a sigmoid cannot stand behind 'cam'"},
    {"input 8x8x1\n" HEAD, "bad.net:1: expected 'input WxHx3"},
    {"input 8x8x3 mask\n" HEAD, "bad.net:1: expected 'input WxHx3"},
    {"input 100x100x3\nflatten\na: dense 1000\nb: dense 1000000\n",
     "bad.net:4: b.weight is too large: expected at most 238434456 numbers"},
    {"input 16384x16384x3\nflatten\nfc: dense 1000\n", "bad.net:3: fc.weight is too large"},
    {INPUT "a: conv 4 99999999999999999999x2\n" HEAD,
     "bad.net:2: '99999999999999999999x2': expected 1 to 32"},
    {INPUT "a: conv 4 2x2\na: batchnorm\n" HEAD, "bad.net:3: the name 'a' is taken by line 2"},
    {INPUT "a/b: conv 4 2x2\n" HEAD, "bad.net:2: 'a/b' is no layer name"},
    {INPUT "a:\n" HEAD, "bad.net:2: expected a layer after 'a:'"},
    {INPUT "batchnorm\n" HEAD, "bad.net:2: a batchnorm has parameters and needs a name"},
    {INPUT "b: batchnorm 3\n" HEAD, "bad.net:2: expected 'batchnorm"},
    {INPUT "maxpool\n" HEAD, "bad.net:2: expected 'maxpool K"},
    {INPUT "maxpool 16\n" HEAD, "bad.net:2: '16': expected 1 to 15"},
    {INPUT "maxpool 9\n" HEAD, "bad.net:2: a window of 9x9 does not fit into 8x8"},
    {INPUT "relu 2\n" HEAD, "bad.net:2: expected 'relu"},
    {INPUT "fc: dense classes\n", "bad.net:2: expected 'flatten' before it"},
    {INPUT "flatten\nfc: dense many\n", "bad.net:3: expected 'dense OUT|classes [nobias]'"},
    {INPUT "flatten\nfc: dense 5\n", "bad.net:3: the last layer gives 1x1x5, expected 1x1x2"},
    {INPUT "flatten\ncam\nfc: dense classes\n", "bad.net:3: 'cam' must stand before 'flatten'"},
    {INPUT "cam\n" HEAD, "bad.net:2: expected a layer between 'input' and 'cam'"},
    {INPUT "relu\ncam\ncam\n" HEAD, "bad.net:4: a second 'cam'"},
    {INPUT "relu\ncam 3\n" HEAD, "bad.net:3: expected 'cam' alone on its line"},
    {INPUT "relu\ncam\nb: batchnorm\n" HEAD, "bad.net:4: a batchnorm cannot stand behind 'cam'"},
};

static void a_bad_line_is_named_with_what_was_expected(void **state) {
    (void)state;
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    int bad = 0;
    for (size_t i = 0; i < sizeof bad_nets / sizeof *bad_nets; i++) {
        e.msg[0] = 0;
        lint_net *net = lint_net_new(bad_nets[i].text, "bad.net", 2, 4, LINT_NET_TRAIN, pool, &e);
        if (net || !strstr(e.msg, bad_nets[i].expected)) {
            print_error("net %zu: got '%s', expected '%s'\n", i, net ? "a net" : e.msg,
                        bad_nets[i].expected);
            bad++;
        }
        lint_net_free(net);
    }
    lint_threads_free(pool);
    assert_int_equal(bad, 0);
}

static void line_ends_of_dos_and_no_last_newline_are_fine(void **state) {
    (void)state;
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    lint_net *net = lint_net_new("input 8x8x3\r\n\r\n# c\r\nflatten # d\r\nfc:\tdense  classes",
                                 "dos.net", 2, 1, LINT_NET_INFER, pool, &e);
    if (!net) fail_msg("%s", e.msg);
    lint_net_free(net);
    lint_threads_free(pool);
}

/* Ways to break a good set of weights, and what is said then. */
static void drop_one(lint_frame *f) {
    lint_frame_drop(f, "conv3.weight");
}
static void add_one(lint_frame *f) {
    assert_non_null(
        lint_frame_add(f, "conv9.weight", LINT_F32, 1, (uint64_t[]){3}, &(lint_err){0}));
}
static void transpose_one(lint_frame *f) {
    assert_non_null(
        lint_frame_add(f, "fc2.weight", LINT_F32, 2, (uint64_t[]){10, 9}, &(lint_err){0}));
}
static void flatten_one(lint_frame *f) {
    assert_non_null(lint_frame_add(f, "fc2.weight", LINT_F32, 1, (uint64_t[]){90}, &(lint_err){0}));
}
static void widen_one(lint_frame *f) {
    assert_non_null(
        lint_frame_add(f, "fc2.weight", LINT_F64, 2, (uint64_t[]){9, 10}, &(lint_err){0}));
}
static void put_nan(lint_frame *f) {
    ((float *)lint_frame_find(f, "bn3.bias")->data)[2] = NAN;
}
static void put_infinity(lint_frame *f) {
    ((float *)lint_frame_find(f, "bn4.running_mean")->data)[0] = -INFINITY;
}

static const struct {
    void (*spoil)(lint_frame *f);
    const char *names;
} bad_weights[] = {
    {drop_one, "conv3.weight"},         {add_one, "conv9.weight"}, {transpose_one, "fc2.weight"},
    {flatten_one, "fc2.weight"},        {widen_one, "fc2.weight"}, {put_nan, "bn3.bias"},
    {put_infinity, "bn4.running_mean"},
};

static void weights_that_do_not_fit_are_refused_by_name(void **state) {
    (void)state;
    filled *f = small(LINT_NET_INFER, 1);
    for (size_t i = 0; i < sizeof bad_weights / sizeof *bad_weights; i++) {
        lint_frame w = {0};
        lint_err e = {0};
        assert_int_equal(lint_frame_copy(&w, &f->weights, &e), 0);
        bad_weights[i].spoil(&w);
        assert_int_equal(lint_net_load(f->net, &w, &e), -1);
        if (!strstr(e.msg, bad_weights[i].names))
            fail_msg("'%s' does not name %s", e.msg, bad_weights[i].names);
        lint_frame_free(&w);
    }
    filled_free(f);
}

/* Layers' own buffers, before any is taken, and those of values. */
static void a_net_that_memory_cannot_hold_is_refused(void **state) {
    (void)state;
    const char *const texts[] = {
        "input 2048x2048x3\nflatten\nb: batchnorm\nd: dense classes\n",
        "input 2048x2048x3\na: conv 2 2x2\nb: batchnorm\nmaxpool 2\nglobalpool\nd: dense classes\n",
        "input 2048x2048x3\nmaxpool 3 stride 1\nglobalpool\nd: dense classes\n",
        "input 2048x2048x3\ndropout 0.5\nglobalpool\nd: dense classes\n",
        "input 2048x2048x3\nrelu\nglobalpool\nd: dense classes\n",
    };
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_null(lint_net_new(texts[i], "huge.net", 2, 1 << 20, LINT_NET_TRAIN, pool, &e));
        if (!strstr(e.msg, "memory") || !strstr(e.msg, "for batches of 1048576 images"))
            fail_msg("'%s'", e.msg);
    }
    lint_threads_free(pool);
}

static void pytorchs_batch_counters_are_passed_over(void **state) {
    (void)state;
    filled *f = small(LINT_NET_INFER, 1);
    lint_err e = {0};
    assert_non_null(lint_frame_add(&f->weights, "bn2.num_batches_tracked", LINT_I64, 0, NULL, &e));
    filled_load(f);
    filled_free(f);
}

static void refuse_model(lint_threads *pool, const lint_frame *m, const char *expected) {
    lint_err e = {0};
    lint_net *net = read_model(write_model(m), 1, pool, NULL, &e);
    unlink(model_path);
    assert_null(net);
    if (!strstr(e.msg, model_path) || !strstr(e.msg, expected))
        fail_msg("'%s' lacks the path or '%s'", e.msg, expected);
}

static void a_file_that_is_no_model_is_refused_by_name(void **state) {
    (void)state;
    filled *f = small(LINT_NET_INFER, 1);
    lint_frame m = {0};
    lint_err e = {0};
    refuse_model(f->pool, &f->weights, "not a model");
    assert_int_equal(lint_model_store(f->net, "[\"a\",\"b\",\"c\"]", &m, &e), 0);
    lint_frame_set_meta(&m, "kind", "samples", &e);
    refuse_model(f->pool, &m, "samples");
    lint_frame_set_meta(&m, "kind", "model", &e);
    lint_frame_set_meta(&m, "classes", "[\"a\",3]", &e);
    refuse_model(f->pool, &m, "classes");
    lint_frame_set_meta(&m, "classes", "[\"a\",\"b\"]", &e);
    refuse_model(f->pool, &m, "fc5.weight");
    lint_frame_set_meta(&m, "classes", "[]", &e);
    refuse_model(f->pool, &m, "class");
    lint_frame_set_meta(&m, "classes", "[\"a\",\"b\",\"c\"]", &e);
    lint_frame_set_meta(&m, "net", "nonsense", &e);
    refuse_model(f->pool, &m, ":1: ");
    lint_frame_free(&m);
    filled_free(f);
}

static void batches_that_do_not_fit_are_refused(void **state) {
    (void)state;
    filled *f = small(LINT_NET_TRAIN, 1);
    lint_err e = {0};
    lint_loss_sum sum = {0};
    lint_batch b = f->batch;
    b.n = 6;
    assert_int_equal(lint_net_step(f->net, &b, &ENERGY, &sum, &e), -1);
    assert_int_equal(lint_net_run(f->net, &b, NULL, NULL, &e), -1);
    b.n = 0;
    assert_int_equal(lint_net_step(f->net, &b, &ENERGY, &sum, &e), -1);
    b = f->batch;
    f->label[2] = 3;
    assert_int_equal(lint_net_step(f->net, &b, &ENERGY, &sum, &e), -1);
    assert_non_null(strstr(e.msg, "label 3"));
    f->label[2] = 0;
    b.mask = NULL;
    lint_loss loss = ENERGY;
    loss.prior = LINT_PRIOR_MASK;
    assert_int_equal(lint_net_step(f->net, &b, &loss, &sum, &e), -1);
    assert_non_null(strstr(e.msg, "mask"));
    assert_int_equal(sum.n, 0);
    filled *g = small(LINT_NET_INFER, 1);
    assert_int_equal(lint_net_step(g->net, &g->batch, &ENERGY, &sum, &e), -1);
    filled_free(g);
    filled_free(f);
}

static void without_a_cam_line_there_are_no_maps(void **state) {
    (void)state;
    filled *f = filled_new("input 8x8x3\nflatten\nfc: dense classes\n", 2, 2, LINT_NET_TRAIN, 1);
    lint_err e = {0};
    lint_loss_sum sum = {0};
    float z[4], m[256];
    const lint_loss plain = {.ce_weight = 1};
    assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
    step(f, &plain);
    assert_int_equal(lint_net_run(f->net, &f->batch, z, m, &e), -1);
    assert_non_null(strstr(e.msg, "cam"));
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), -1);
    assert_non_null(strstr(e.msg, "cam"));
    filled_free(f);
}

/* --- main ------------------------------------------------------------------------------------- */

#define TEST(f)                                                                                    \
    { #f, f, NULL, NULL, NULL }

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        TEST(threads_leave_no_trace),
        TEST(inference_is_the_same_bytes_for_any_threads_mode_and_batch),
        TEST(an_image_alone_gets_what_it_gets_in_a_batch),
        TEST(a_step_overwrites_gradients_and_adds_to_the_sums),
        TEST(a_cam_weight_of_0_reports_the_loss_and_leaves_the_gradient),
        TEST(the_cap_of_radial_scales_its_gradient),
        TEST(images_without_labels_are_in_no_loss),
        TEST(a_loss_that_is_not_finite_is_reported_as_such),
        TEST(behind_a_linear_head_a_map_sums_to_the_logit_less_the_bias),
        TEST(both_ways_of_a_3x3_convolution_agree),
        TEST(groups_are_filters_of_zeros_elsewhere),
        TEST(behind_a_linear_head_a_map_is_zhous_cam),
        TEST(behind_a_head_without_biases_a_map_sums_to_the_logit),
        TEST(energy_does_not_depend_on_the_scale_of_the_maps),
        TEST(one_class_is_scored_by_its_own_map),
        TEST(initial_weights_are_pytorchs_and_follow_the_seed),
        TEST(what_is_stored_is_loaded_to_the_byte),
        TEST(a_model_file_brings_its_network_and_classes),
        TEST(a_bad_line_is_named_with_what_was_expected),
        TEST(line_ends_of_dos_and_no_last_newline_are_fine),
        TEST(weights_that_do_not_fit_are_refused_by_name),
        TEST(a_net_that_memory_cannot_hold_is_refused),
        TEST(pytorchs_batch_counters_are_passed_over),
        TEST(a_file_that_is_no_model_is_refused_by_name),
        TEST(batches_that_do_not_fit_are_refused),
        TEST(without_a_cam_line_there_are_no_maps),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
