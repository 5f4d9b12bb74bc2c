/* Features: halves, a network taken apart at its `cam` line and joined again, and a head that learns
 * from features what it would have learnt behind its backbone. */
#include "engine/backbone.h"
#include "engine/net_head.h"
#include "support/check.h"
#include "support/filled.h"

#include "engine/kernels/kernels.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 5, CLASSES = 3 };

#define BACKBONE                                                                                   \
    "# a comment\ninput 9x8x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\na: conv 21 3x3 stride 2\n"      \
    "n: batchnorm\nrelu\n"
#define BEHIND "  cam # here\nglobalpool\nflatten\nfc: dense classes\n"

/* --- halves ----------------------------------------------------------------------------------- */

static const char *const tables[] = {"v2", "v3", "v4", "v4bf16", "v4amx", "plain"};

/* The value of a half by the standard's formula. */
static double half_value(unsigned h) {
    int exponent = h >> 10 & 31, mantissa = h & 1023;
    double v = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    if (exponent == 31) v = mantissa ? NAN : INFINITY;
    return h & 0x8000 ? -v : v;
}

static void all_halves_become_floats_and_back(void **state) {
    (void)state;
    static uint16_t half[1 << 16], back[1 << 16];
    static float v[1 << 16];
    lint_err e;
    for (unsigned h = 0; h < 1 << 16; h++)
        half[h] = (uint16_t)h;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        const lint_kernels *k = lint_kernels_pick(tables[t], &e);
        if (!k) continue;
        k->from_half(1 << 16, half, v);
        k->to_half(1 << 16, v, back);
        for (unsigned h = 0; h < 1 << 16; h++) {
            double want = half_value(h);
            if (isnan(want)) {
                assert_true(isnan(v[h]) && (back[h] & 0x7c00) == 0x7c00 && (back[h] & 0x3ff));
                continue;
            }
            assert_true((double)v[h] == want && !!signbit(v[h]) == (int)(h >> 15));
            assert_int_equal(back[h], h);
        }
    }
}

/* Between two halves the nearer one, half way the one whose last bit is 0. */
static void floats_round_to_the_nearest_half(void **state) {
    (void)state;
    lint_err e;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        const lint_kernels *k = lint_kernels_pick(tables[t], &e);
        for (unsigned h = 0; k && h < 0x7bff; h++) {
            double a = half_value(h), b = half_value(h + 1), middle = (a + b) / 2;
            /* nine of them, since the last of them is not one of a vector */
            float v[9] = {(float)a,      nextafterf((float)middle, 0),
                          (float)middle, nextafterf((float)middle, 1e9f),
                          (float)b,      -(float)middle,
                          (float)a,      (float)b,
                          (float)middle};
            unsigned even = h % 2 ? h + 1 : h;
            const unsigned want[9] = {h, h, even, h + 1, h + 1, even | 0x8000, h, h + 1, even};
            uint16_t got[9];
            k->to_half(9, v, got);
            for (int i = 0; i < 9; i++)
                assert_int_equal(got[i], want[i]);
        }
        static const float large[3] = {65519.0f, 65520.0f, 1e30f};
        uint16_t got[3];
        if (k) {
            k->to_half(3, large, got);
            assert_true(got[0] == 0x7bff && got[1] == 0x7c00 && got[2] == 0x7c00);
        }
    }
}

/* --- texts ------------------------------------------------------------------------------------ */

static void expect_text(char *got, const char *want, const lint_err *e) {
    if (!got) fail_msg("%s", e->msg);
    assert_string_equal(got, want);
    free(got);
}

static void a_text_is_cut_at_its_mark_and_joined_again(void **state) {
    (void)state;
    lint_err e = {0};
    char *head = lint_head_text(BACKBONE BEHIND, 4, 3, 21, &e);
    assert_non_null(head);
    assert_string_equal(head, "input 4x3x21 features\n" BEHIND);
    expect_text(lint_head_join(BACKBONE "cam\nflatten\n", head, &e), BACKBONE BEHIND, &e);
    free(head);
    expect_text(lint_head_fit("# x\n\ninput   features # the input\ncam\n", 7, 6, 5, &e),
                "# x\n\ninput   7x6x5 features # the input\ncam\n", &e);
    expect_text(lint_head_fit("features: input features", 7, 6, 5, &e),
                "features: input 7x6x5 features", &e);
    expect_text(lint_head_fit("input 4x4x2 features\n", 7, 6, 5, &e), "input 4x4x2 features\n", &e);
    expect_text(lint_head_fit(BACKBONE, 7, 6, 5, &e), BACKBONE, &e);
}

static void texts_that_are_no_backbone_or_no_head_are_refused(void **state) {
    (void)state;
    lint_err e = {0};
    assert_null(lint_head_text(BACKBONE, 4, 3, 21, &e));
    assert_non_null(strstr(e.msg, "no 'cam' line"));
    assert_null(lint_head_join(BACKBONE, "input features\ncam\n", &e));
    assert_non_null(strstr(e.msg, "no 'cam' line"));
    assert_null(lint_head_join(BACKBONE BEHIND, BACKBONE BEHIND, &e));
    assert_non_null(strstr(e.msg, "not features"));
}

static void a_head_without_a_size_is_no_network(void **state) {
    (void)state;
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    assert_null(lint_net_new("input features\n" BEHIND, "head", 2, 1, LINT_NET_INFER, pool, &e));
    assert_non_null(strstr(e.msg, "input WxHxC features"));
    lint_threads_free(pool);
}

/* --- a head ----------------------------------------------------------------------------------- */

/* The network whole, and its head on the features of its backbone, with the same weights. */
typedef struct pair {
    filled *whole, *head;
    char *features; /* [N,C,h,w] F16 */
} pair;

static pair pair_new(lint_net_mode mode, int threads) {
    pair p = {.whole = filled_new(BACKBONE BEHIND, CLASSES, N, mode, threads)};
    const lint_net *net = p.whole->net;
    lint_err e = {0};
    size_t each =
        2 * lint_net_cam_channels(net) * lint_net_cam_height(net) * lint_net_cam_width(net);
    assert_int_equal(each, 2 * 21 * 4 * 3);
    p.features = malloc(N * each);
    assert_non_null(p.features);
    if (lint_net_features(p.whole->net, &p.whole->batch, p.features, &e) < 0) fail_msg("%s", e.msg);
    char *text = lint_head_text(lint_net_text(net), 4, 3, 21, &e);
    p.head = filled_new(text, CLASSES, N, mode, threads);
    free(text);
    for (size_t i = 0; i < N; i++)
        memcpy(p.head->image[i], p.features + i * each, each);
    p.head->batch.mask = p.whole->batch.mask; /* of the picture's size */
    p.head->batch.mask_height = 8;
    p.head->batch.mask_width = 9;
    return p;
}

static void pair_free(pair *p) {
    p->head->batch.mask = NULL;
    filled_free(p->whole);
    filled_free(p->head);
    free(p->features);
}

static void a_head_answers_from_features_as_the_whole_from_pictures(void **state) {
    (void)state;
    enum { MAPS = N * CLASSES * 4 * 3 };
    lint_err e = {0};
    float z[2][N * CLASSES], cam[2][MAPS];
    pair p = pair_new(LINT_NET_INFER, 1);
    assert_true(lint_net_is_head(p.head->net) && !lint_net_is_head(p.whole->net));
    assert_int_equal(lint_net_run(p.whole->net, &p.whole->batch, z[0], cam[0], &e), 0);
    assert_int_equal(lint_net_run(p.head->net, &p.head->batch, z[1], cam[1], &e), 0);
    /* A half has 11 bits: 2^-12 of each feature. */
    assert_true(
        check_tensor("logits", z[1], z[0], N * CLASSES, 3e-4 * check_max(z[0], N * CLASSES), 0));
    assert_true(check_tensor("cam", cam[1], cam[0], MAPS, 3e-4 * check_max(cam[0], MAPS), 0));
    assert_int_equal(lint_net_run(p.head->net, &p.whole->batch, z[0], NULL, &e), -1);
    assert_non_null(strstr(e.msg, "features, no picture"));
    assert_int_equal(lint_net_run(p.whole->net, &p.head->batch, z[0], NULL, &e), -1);
    assert_non_null(strstr(e.msg, "a picture, no features"));
    pair_free(&p);
}

/* With its backbone frozen, the whole network's gradient is the head's: through maps and masks. */
static void a_head_learns_from_features_what_the_whole_learns(void **state) {
    (void)state;
    static const lint_loss losses[] = {
        {.ce_weight = 1},
        {.ce_weight = 1, .cam = LINT_CAM_ENERGY, .cam_weight = 2, .prior = LINT_PRIOR_MASK},
        {.ce_weight = 1, .cam = LINT_CAM_MSE, .cam_weight = 9, .sigma = 0.2},
        {.cam = LINT_CAM_RADIAL, .cam_weight = 9, .sigma = 0.2}};
    lint_err e = {0};
    pair p = pair_new(LINT_NET_TRAIN, 1);
    lint_net_freeze(p.whole->net, "a.");
    lint_net_freeze(p.whole->net, "n.");
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        lint_loss_sum a = {0}, b = {0};
        lint_frame want = {0}, got = {0};
        assert_int_equal(lint_net_step(p.whole->net, &p.whole->batch, &losses[i], &a, &e), 0);
        assert_int_equal(lint_net_step(p.head->net, &p.head->batch, &losses[i], &b, &e), 0);
        assert_true(check_value("ce", b.ce, a.ce, 0, 1e-3));
        assert_true(check_value("cam", b.cam, a.cam, 0, 1e-3));
        filled_gradients(p.whole, &want);
        filled_gradients(p.head, &got);
        for (size_t t = 0; t < got.count; t++) {
            const lint_tensor *g = &got.tensors[t], *w = lint_frame_find(&want, g->name);
            size_t n = filled_count(g);
            assert_true(
                check_tensor(g->name, g->data, w->data, n, 1e-3 * check_max(w->data, n) + 1e-6, 0));
        }
        filled_load(p.whole);
        filled_load(p.head);
        lint_frame_free(&want);
        lint_frame_free(&got);
    }
    pair_free(&p);
}

static void features_and_steps_are_the_same_bytes_for_any_threads(void **state) {
    (void)state;
    const lint_loss loss = {.ce_weight = 1, .cam = LINT_CAM_ENERGY, .cam_weight = 1, .sigma = 0.2};
    lint_err e = {0};
    pair one = pair_new(LINT_NET_TRAIN, 1), three = pair_new(LINT_NET_TRAIN, 3);
    assert_memory_equal(one.features, three.features, N * 2 * 21 * 4 * 3);
    lint_loss_sum sum = {0};
    lint_frame a = {0}, b = {0};
    assert_int_equal(lint_net_step(one.head->net, &one.head->batch, &loss, &sum, &e), 0);
    assert_int_equal(lint_net_step(three.head->net, &three.head->batch, &loss, &sum, &e), 0);
    filled_gradients(one.head, &a);
    filled_gradients(three.head, &b);
    for (size_t t = 0; t < a.count; t++)
        assert_memory_equal(a.tensors[t].data, b.tensors[t].data, a.tensors[t].bytes);
    lint_frame_free(&a);
    lint_frame_free(&b);
    pair_free(&one);
    pair_free(&three);
}

static void a_feature_that_no_half_can_hold_is_an_error(void **state) {
    (void)state;
    lint_err e = {0};
    char features[N * 2 * 21 * 4 * 3];
    filled *f = filled_new(BACKBONE BEHIND, CLASSES, N, LINT_NET_INFER, 1);
    float *bias = lint_frame_find(&f->weights, "n.bias")->data;
    bias[20] = 70000;
    filled_load(f);
    assert_int_equal(lint_net_features(f->net, &f->batch, features, &e), -1);
    assert_non_null(strstr(e.msg, "picture 0"));
    filled_free(f);
}

/* --- a backbone and its head ------------------------------------------------------------------ */

/* Writes weights, or a model with the classes a, b and c; its path. */
static const char *file_of(filled *f, int model) {
    static char path[64];
    lint_err e = {0};
    lint_frame frame = {0};
    snprintf(path, sizeof path, "/tmp/test_features-%d", (int)getpid());
    if (model)
        assert_int_equal(lint_model_store(f->net, "[\"a\",\"b\",\"c\"]", &frame, &e), 0);
    else
        filled_store(f, &frame);
    FILE *out = fopen(path, "wb");
    assert_int_equal(lint_frame_write(&frame, out, &e), 0);
    fclose(out);
    lint_frame_free(&frame);
    return path;
}

static void a_head_joins_its_backbone_to_the_whole(void **state) {
    (void)state;
    lint_err e = {0};
    pair p = pair_new(LINT_NET_INFER, 1);
    lint_backbone b;
    lint_frame head = {0}, joined = {0}, want = {0};
    if (lint_backbone_open(&b, file_of(p.whole, 1), NULL, N, p.whole->pool, &e) < 0)
        fail_msg("%s", e.msg);
    assert_int_equal(lint_model_store(p.head->net, "[\"a\",\"b\",\"c\"]", &head, &e), 0);
    assert_int_equal(lint_frame_set_meta(&head, "backbone", b.hash, &e), 0);
    assert_int_equal(lint_frame_set_meta(&head, "fit", "crop", &e), 0);
    if (lint_backbone_join(&b, &head, &joined, &e) < 0) fail_msg("%s", e.msg);
    assert_string_equal(lint_frame_meta(&joined, "net"), BACKBONE BEHIND);
    assert_string_equal(lint_frame_meta(&joined, "fit"), "crop");
    filled_store(p.whole, &want);
    assert_int_equal(joined.count, want.count);
    for (size_t t = 0; t < want.count; t++) {
        const lint_tensor *got = lint_frame_find(&joined, want.tensors[t].name);
        assert_non_null(got);
        assert_memory_equal(got->data, want.tensors[t].data, got->bytes);
    }
    lint_frame_clear(&joined);
    assert_int_equal(lint_frame_set_meta(&head, "backbone", "0123456789abcdef", &e), 0);
    assert_int_equal(lint_backbone_join(&b, &head, &joined, &e), -1);
    assert_non_null(strstr(e.msg, "another backbone"));
    lint_backbone_free(&b);
    unlink(file_of(p.whole, 1));
    lint_frame_free(&head);
    lint_frame_free(&joined);
    lint_frame_free(&want);
    pair_free(&p);
}

/* As wrappers of PyTorch name them. */
static void put_before_names(lint_frame *f, const char *prefix) {
    for (size_t i = 0; i < f->count; i++) {
        char *name = malloc(strlen(prefix) + strlen(f->tensors[i].name) + 1);
        assert_non_null(name);
        strcat(strcpy(name, prefix), f->tensors[i].name);
        free(f->tensors[i].name);
        f->tensors[i].name = name;
    }
}

/* Networks of models/ are told apart by tensors alone; the head does not matter. */
static void weights_tell_their_network(void **state) {
    (void)state;
    static const char *const nets[] = {
        "models/resnet18.net",        "models/resnet34.net",    "models/resnet50.net",
        "models/mobilenet_v2.net",    "models/cnn.net",         "models/mobilenet_v2_140.net",
        "models/efficientnet_b0.net", "models/densenet121.net", "models/squeezenet1_1.net",
        "models/regnet_x_400mf.net",  "models/standard.net",    "models/mobilenet_v3_large.net"};
    lint_err e = {0};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        filled *f = filled_new(nets[i], 7, 1, LINT_NET_INFER, 1);
        put_before_names(&f->weights, "module.");
        char *found = lint_backbone_find(&f->weights, &e);
        if (!found) fail_msg("%s: %s", nets[i], e.msg);
        assert_string_equal(found, nets[i]);
        free(found);
        lint_frame_drop(&f->weights, f->weights.tensors[0].name);
        assert_null(lint_backbone_find(&f->weights, &e));
        assert_non_null(strstr(e.msg, "no network in models: give --net"));
        filled_free(f);
    }
}

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_halves_become_floats_and_back),
        cmocka_unit_test(floats_round_to_the_nearest_half),
        cmocka_unit_test(a_text_is_cut_at_its_mark_and_joined_again),
        cmocka_unit_test(texts_that_are_no_backbone_or_no_head_are_refused),
        cmocka_unit_test(a_head_without_a_size_is_no_network),
        cmocka_unit_test(a_head_answers_from_features_as_the_whole_from_pictures),
        cmocka_unit_test(a_head_learns_from_features_what_the_whole_learns),
        cmocka_unit_test(features_and_steps_are_the_same_bytes_for_any_threads),
        cmocka_unit_test(a_feature_that_no_half_can_hold_is_an_error),
        cmocka_unit_test(a_head_joins_its_backbone_to_the_whole),
        cmocka_unit_test(weights_tell_their_network),
    };
    return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
