/* Networks in bf16 beside the same in f32: near, the same bytes for any number of threads, and no
 * different behind `cam`. That each sum rounds as it should is in test_kernels.c. */
#include "engine/layers/precision.h"

#include "support/check.h"
#include "support/filled.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CLASSES = 3, N = 4 };

static const lint_loss ENERGY = {
    .cam = LINT_CAM_ENERGY, .ce_weight = 1, .cam_weight = 1, .sigma = 0.25};

#define INPUT "input 40x36x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\n"
#define HEAD  "cam\nglobalpool\nflatten\nfc: dense classes\n"

/* Two factors are rounded by up to 2^-9 of their size each, so that a product is off by 2^-8 of its
 * size at most. What follows a layer adds its own. A relu near 0 and a pool of two nearly equal numbers
 * send a gradient elsewhere; behind maxpools, which do so most, SWITCHED is allowed. */
static const double NEAR = 2e-2, SWITCHED = 5e-2;

typedef struct trial {
    const char *name, *text;
    int pools; /* has maxpools */
} trial;

/* One way of a convolution each, behind one that gives it channels. */
static const trial layers[] = {
    {"3x3, Winograd's algorithm", INPUT "a: conv 32 1x1\nb: conv 64 3x3 pad 1\n" HEAD, 0},
    {"3x3 of few cells", INPUT "a: conv 32 3x3 stride 2 pad 1\nb: conv 64 3x3 pad 1\n" HEAD, 0},
    {"3x3, stride 2", INPUT "a: conv 32 1x1\nb: conv 64 3x3 stride 2 pad 1\n" HEAD, 0},
    {"3x3 of 48 channels to 80, over 10x9 cells",
     INPUT "a: conv 48 3x3 stride 4 pad 1\nb: conv 80 3x3 pad 1\n" HEAD, 0},
    {"5x5 of 40 channels to 16, stride 3",
     INPUT "a: conv 40 1x1\nb: conv 16 5x5 stride 3 pad 2\n" HEAD, 0},
    {"1x1, stride 2", INPUT "a: conv 32 1x1\nb: conv 64 1x1 stride 2\n" HEAD, 0},
    {"1x1", INPUT "a: conv 64 3x3 stride 2 pad 1\nb: conv 96 1x1\n" HEAD, 0},
    {"3x3 of a picture, stride 40", "input 930x370x3\na: conv 16 3x3 stride 40\n" HEAD, 0},
    {"7x7 of 3 channels, an odd number of terms", INPUT "a: conv 48 7x7 stride 2 pad 3\n" HEAD, 0},
    {"3x3 dilated", INPUT "a: conv 32 1x1\nb: conv 40 3x3 pad 2 dilation 2\n" HEAD, 0},
    {"groups", INPUT "a: conv 48 3x3 stride 2 pad 1\nb: conv 96 3x3 pad 1 groups 4\n" HEAD, 0},
    {"3x3 of 5 channels to 7", INPUT "a: conv 5 3x3 stride 2 pad 1\nb: conv 7 3x3 stride 2\n" HEAD,
     0},
};

#define STANDARD(pool, relu)                                                                       \
    INPUT "conv1: conv 16 2x2 same\nconv2: conv 16 2x2 same\nbn2: batchnorm\n" pool "\n"           \
          "conv3: conv 64 2x2 same\nbn3: batchnorm\n" pool "\n"                                    \
          "conv4: conv 32 2x2 same\nbn4: batchnorm\n" relu "\ncam\nflatten\n"                      \
          "fc1: dense 32\n" relu "\nfc2: dense classes\n"

static const trial nets[] = {
    {"like standard", STANDARD("maxpool 2", "relu"), 1},
    {"like standard, but smooth", STANDARD("avgpool 2", "silu"), 0},
    {"like resnet",
     INPUT "conv1: conv 64 7x7 stride 2 pad 3 nobias\nbn1: batchnorm\nrelu\n"
           "layer1.0: residual\nconv1: conv 64 3x3 pad 1 nobias\nbn1: batchnorm\nrelu\n"
           "conv2: conv 64 3x3 pad 1 nobias\nbn2: batchnorm\nadd\nrelu\n" HEAD,
     0},
    {"like resnet, over a wide picture",
     INPUT "conv1: conv 32 3x3 pad 1 nobias\nbn1: batchnorm\nrelu\n"
           "layer1.0: residual\nconv1: conv 48 1x1 nobias\nbn1: batchnorm\nrelu\n"
           "conv2: conv 40 3x3 pad 1 nobias\nbn2: batchnorm\nrelu\n"
           "conv3: conv 32 1x1 nobias\nbn3: batchnorm\nadd\nrelu\n" HEAD,
     0},
};

static filled *net_of(const trial *t, lint_precision precision, int threads) {
    lint_err e = {0};
    filled *f = filled_new(t->text, CLASSES, N, LINT_NET_TRAIN, threads);
    assert_int_equal(lint_net_precision(f->net), LINT_PRECISION_F32);
    if (lint_net_set_precision(f->net, precision, &e) < 0) fail_msg("%s", e.msg);
    assert_int_equal(lint_net_precision(f->net), precision);
    return f;
}

static void logits_of(filled *f, float *logits, float *maps) {
    lint_err e = {0};
    if (lint_net_run(f->net, &f->batch, logits, maps, &e) < 0) fail_msg("%s", e.msg);
}

static void step(filled *f, lint_frame *gradients) {
    lint_loss_sum sum = {0};
    lint_err e = {0};
    if (lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e) < 0) fail_msg("%s", e.msg);
    filled_gradients(f, gradients);
}

static double norm_off(const float *a, const float *b, size_t n) {
    double off = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double x = (double)a[i], y = (double)b[i];
        off += (x - y) * (x - y);
        size += y * y;
    }
    return sqrt(off / size);
}

/* All gradients as one long vector. */
static double gradients_off(const lint_frame *a, const lint_frame *b) {
    double off = 0, size = 0;
    for (size_t t = 0; t < b->count; t++) {
        size_t n = filled_count(&b->tensors[t]);
        const float *x = a->tensors[t].data, *y = b->tensors[t].data;
        for (size_t i = 0; i < n; i++) {
            double d = (double)x[i] - (double)y[i];
            off += d * d;
            size += (double)y[i] * (double)y[i];
        }
    }
    return sqrt(off / size);
}

/* Near f32's, and yet others: else bf16 would not have been used. */
static int check_near(const char *what, double off, double most) {
    return check_value(what, off, 0, most, 0) && off > 0;
}

static int compare(const trial *t) {
    float z32[N * CLASSES], z16[N * CLASSES];
    lint_frame g32 = {0}, g16 = {0};
    char what[128];
    filled *a = net_of(t, LINT_PRECISION_F32, 1), *b = net_of(t, LINT_PRECISION_BF16, 1);
    logits_of(a, z32, NULL);
    logits_of(b, z16, NULL);
    snprintf(what, sizeof what, "logits of %s", t->name);
    int bad = !check_near(what, norm_off(z16, z32, N * CLASSES), NEAR);
    step(a, &g32);
    step(b, &g16);
    snprintf(what, sizeof what, "gradients of %s", t->name);
    bad += !check_near(what, gradients_off(&g16, &g32), t->pools ? SWITCHED : NEAR);
    lint_frame_free(&g32);
    lint_frame_free(&g16);
    filled_free(a);
    filled_free(b);
    return bad;
}

static void each_way_of_a_convolution_is_near_f32(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        bad += compare(&layers[i]);
    assert_int_equal(bad, 0);
}

/* More than what the weights' gradient takes at a time. */
static void many_images_are_near_f32(void **state) {
    (void)state;
    enum { MANY = 19 };
    static const char text[] = INPUT "a: conv 32 3x3 stride 4 pad 1\nb: conv 32 3x3 pad 1\n" HEAD;
    const lint_precision both[] = {LINT_PRECISION_F32, LINT_PRECISION_BF16};
    lint_frame g[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        lint_err e = {0};
        filled *f = filled_new(text, CLASSES, MANY, LINT_NET_TRAIN, 2);
        if (lint_net_set_precision(f->net, both[i], &e) < 0) fail_msg("%s", e.msg);
        step(f, &g[i]);
        filled_free(f);
    }
    assert_true(check_near("gradients of many images", gradients_off(&g[1], &g[0]), NEAR));
    lint_frame_free(&g[0]);
    lint_frame_free(&g[1]);
}

static void networks_are_near_f32(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
        bad += compare(&nets[i]);
    assert_int_equal(bad, 0);
}

static void assert_same_bytes(const lint_frame *a, const lint_frame *b, const char *name) {
    for (size_t i = 0; i < a->count; i++)
        if (memcmp(a->tensors[i].data, b->tensors[i].data, a->tensors[i].bytes) != 0)
            fail_msg("%s: %s differs", name, a->tensors[i].name);
}

static void threads_change_no_byte(const trial *t) {
    lint_frame first = {0};
    float z[N * CLASSES];
    for (int threads = 1; threads <= 3; threads++) {
        filled *f = net_of(t, LINT_PRECISION_BF16, threads);
        lint_frame got = {0};
        float same[N * CLASSES];
        logits_of(f, threads == 1 ? z : same, NULL);
        step(f, &got);
        if (threads == 1) {
            assert_int_equal(lint_frame_copy(&first, &got, &(lint_err){0}), 0);
        } else {
            assert_memory_equal(same, z, sizeof z);
            assert_same_bytes(&got, &first, t->name);
        }
        lint_frame_free(&got);
        filled_free(f);
    }
    lint_frame_free(&first);
}

static void threads_leave_no_trace(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        threads_change_no_byte(&layers[i]);
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
        threads_change_no_byte(&nets[i]);
}

/* --- behind `cam` ----------------------------------------------------------------------------- */

static const trial CONV_HEAD = {"a convolution behind cam",
                                "input 12x10x3\na: conv 32 3x3 pad 1\nb: conv 32 3x3 pad "
                                "1\nrelu\ncam\nc: conv 32 3x3 pad 1\nrelu\n"
                                "globalpool\nflatten\nfc: dense classes\n",
                                0};
enum { MAP = N * CLASSES * 10 * 12 };

/* Filters of zeros leave their bias, which no rounding changes: the features are the same in both
 * precisions, and all that is computed of them must be. */
static void drop_filters(filled *f) {
    const char *const names[] = {"a.weight", "b.weight"};
    for (size_t i = 0; i < 2; i++) {
        lint_tensor *t = lint_frame_find(&f->weights, names[i]);
        assert_non_null(t);
        memset(t->data, 0, t->bytes);
    }
    filled_load(f);
}

static void behind_cam_all_is_as_in_f32(void **state) {
    (void)state;
    static float m32[MAP], m16[MAP];
    float z32[N * CLASSES], z16[N * CLASSES];
    filled *a = net_of(&CONV_HEAD, LINT_PRECISION_F32, 1);
    filled *b = net_of(&CONV_HEAD, LINT_PRECISION_BF16, 1);
    assert_int_equal(lint_net_cam_height(a->net) * lint_net_cam_width(a->net) * N * CLASSES, MAP);
    logits_of(a, z32, m32);
    logits_of(b, z16, m16);
    assert_memory_not_equal(m32, m16, sizeof m32); /* with filters */
    drop_filters(a);
    drop_filters(b);
    logits_of(a, z32, m32);
    logits_of(b, z16, m16);
    assert_memory_equal(z32, z16, sizeof z32);
    assert_memory_equal(m32, m16, sizeof m32);
    assert_true(check_max(m32, MAP) > 0);

    lint_frame g32 = {0}, g16 = {0};
    step(a, &g32);
    step(b, &g16);
    const char *const names[] = {"c.weight", "c.bias", "fc.weight", "fc.bias"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const lint_tensor *x = lint_frame_find(&g32, names[i]),
                          *y = lint_frame_find(&g16, names[i]);
        assert_true(check_max(x->data, filled_count(x)) > 0);
        assert_memory_equal(x->data, y->data, x->bytes);
    }
    lint_frame_free(&g32);
    lint_frame_free(&g16);
    filled_free(a);
    filled_free(b);
}

/* --- where it would change nothing ------------------------------------------------------------ */

static void bf16_without_a_convolution_before_cam_is_refused(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"input 4x4x8 features\ncam\nc: conv 8 1x1\nglobalpool\nflatten\nfc: dense classes\n",
         "the network has no convolution before its 'cam' line, so bf16 would change nothing"},
        {"input 5x4x1 mask\nflatten\nfc: dense 1\nsigmoid\n",
         "the network has no convolution, so bf16 would change nothing"}};
    for (size_t i = 0; i < 2; i++) {
        lint_err e = {0};
        lint_threads *pool = lint_threads_new(1, &e);
        lint_net *net = lint_net_new(texts[i][0], "test", 2, 2, LINT_NET_INFER, pool, &e);
        if (!net) fail_msg("%s", e.msg);
        assert_int_equal(lint_net_set_precision(net, LINT_PRECISION_BF16, &e), -1);
        assert_string_equal(e.msg, texts[i][1]);
        assert_int_equal(lint_net_precision(net), LINT_PRECISION_F32);
        assert_int_equal(lint_net_set_precision(net, LINT_PRECISION_F32, &e), 0);
        lint_net_free(net);
        lint_threads_free(pool);
    }
}

/* --- whatever is built anew ------------------------------------------------------------------------ */

/* Of a net that is frozen in part: weights, what is frozen, and what it answers in f32. */
static void a_net_keeps_all_but_its_buffers(void **state) {
    (void)state;
    const lint_precision both[] = {LINT_PRECISION_BF16, LINT_PRECISION_F32};
    lint_err e = {0};
    filled *f = filled_new(nets[2].text, CLASSES, N, LINT_NET_TRAIN, 2);
    lint_frame first = {0};
    float z[N * CLASSES], again[N * CLASSES];
    assert_true(lint_net_freeze(f->net, "conv1.") > 0);
    assert_int_equal(lint_net_store(f->net, &first, &e), 0);
    assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
    for (int i = 0; i < 2; i++) {
        lint_frame got = {0};
        assert_int_equal(lint_net_set_precision(f->net, both[i], &e), 0);
        assert_int_equal(lint_net_store(f->net, &got, &e), 0);
        check_same_bytes(&got, &first);
        for (size_t k = 0; k < lint_net_params(f->net); k++) {
            lint_param p = lint_net_param(f->net, k);
            if (strncmp(p.name, "conv1.", 6) == 0) assert_null(p.grad);
        }
        lint_frame_free(&got);
    }
    assert_int_equal(lint_net_run(f->net, &f->batch, again, NULL, &e), 0);
    assert_memory_equal(again, z, sizeof z);
    lint_frame_free(&first);
    filled_free(f);
}

static void names_are_the_words_of_the_option(void **state) {
    (void)state;
    assert_string_equal(lint_precision_name(LINT_PRECISION_F32), "f32");
    assert_string_equal(lint_precision_name(LINT_PRECISION_BF16), "bf16");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_of_a_convolution_is_near_f32),
        cmocka_unit_test(many_images_are_near_f32),
        cmocka_unit_test(networks_are_near_f32),
        cmocka_unit_test(threads_leave_no_trace),
        cmocka_unit_test(behind_cam_all_is_as_in_f32),
        cmocka_unit_test(bf16_without_a_convolution_before_cam_is_refused),
        cmocka_unit_test(a_net_keeps_all_but_its_buffers),
        cmocka_unit_test(names_are_the_words_of_the_option),
    };
    lint_blas_one_thread();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
