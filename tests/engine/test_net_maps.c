/* Identities of the maps of whole networks. */
#include "support/check.h"
#include "support/filled.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const lint_loss ENERGY = {
    .cam = LINT_CAM_ENERGY, .ce_weight = 1, .cam_weight = 3, .sigma = 0.25};

static const lint_loss CROSS_ENTROPY = {.ce_weight = 1};

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

/* Nothing stands behind 'cam': one cell, which holds the logit. Found by fuzzing. */
static void where_cam_is_the_last_line_a_map_is_the_logit(void **state) {
    (void)state;
    filled *f = filled_new("input 1x1x3\nrelu\nfc: dense classes\ncam\n", 4, 3, LINT_NET_TRAIN, 1);
    assert_int_equal(lint_net_cam_height(f->net) * lint_net_cam_width(f->net), 1);
    assert_int_equal(check_map_sums(f, NULL), 0);
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
        filled_step_gradients(groups, &CROSS_ENTROPY, &a);
        filled_step_gradients(whole, &CROSS_ENTROPY, &b);
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
    filled *f = filled_small(LINT_NET_TRAIN, 1);
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
    filled_step(f, &ENERGY);
    for (size_t i = 0; i < lint_net_params(f->net); i++) {
        lint_param p = lint_net_param(f->net, i);
        for (size_t j = 0; p.grad && j < p.count; j++)
            assert_true(isfinite(p.grad[j]));
    }
    free(m);
    filled_free(f);
}

#define TEST(f)                                                                                    \
    { #f, f, NULL, NULL, NULL }

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        TEST(behind_a_linear_head_a_map_sums_to_the_logit_less_the_bias),
        TEST(where_cam_is_the_last_line_a_map_is_the_logit),
        TEST(both_ways_of_a_3x3_convolution_agree),
        TEST(groups_are_filters_of_zeros_elsewhere),
        TEST(behind_a_linear_head_a_map_is_zhous_cam),
        TEST(behind_a_head_without_biases_a_map_sums_to_the_logit),
        TEST(energy_does_not_depend_on_the_scale_of_the_maps),
        TEST(one_class_is_scored_by_its_own_map),
    };
    return cmocka_run_group_tests_name("net_maps", tests, NULL, NULL);
}
