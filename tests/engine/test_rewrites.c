/* Random networks against themselves without what is rewritten when they are built: pools that become
 * part of a batch norm, batch norms and activations that become part of a convolution, depthwise and 1x1
 * convolutions that become one step; in a network that is trained and in one that only answers.
 * `maxpool 1`, which changes nothing, behind every layer keeps each of them by itself. */
#include "support/check.h"
#include "support/filled.h"

#include "base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NETS = 200, CLASSES = 3, PICTURES = 3, TEXT = 1 << 13 };

typedef struct writer {
    lint_rng rng;
    char *text, *plain;
    int names, side; /* of the map so far */
} writer;

static int below(writer *w, int n) {
    return (int)lint_rng_below(&w->rng, (uint64_t)n);
}

static void put(char *text, const char *line) {
    size_t n = strlen(text);
    snprintf(text + n, TEXT - n, "%s\n", line);
}

static void both(writer *w, const char *line) {
    put(w->text, line);
    put(w->plain, line);
}

static void layer(writer *w, const char *line) {
    both(w, line);
    put(w->plain, "maxpool 1");
}

static void conv(writer *w, int channels, int keep) {
    char line[128];
    int kernel = 1 + below(w, 3), stride = !keep && w->side > 8 && below(w, 4) == 0 ? 2 : 1;
    int pad = keep || w->side < 6 || below(w, 2);
    if (keep || pad)
        snprintf(line, sizeof line, "c%d: conv %d %dx%d same%s", w->names++, channels, kernel,
                 kernel, below(w, 2) ? " nobias" : "");
    else
        snprintf(line, sizeof line, "c%d: conv %d %dx%d stride %d", w->names++, channels, kernel,
                 kernel, stride);
    if (!pad) w->side = (w->side - kernel) / stride + 1;
    layer(w, line);
}

static void norm(writer *w) {
    char line[64];
    snprintf(line, sizeof line, "b%d: batchnorm", w->names++);
    layer(w, line);
}

static void pool(writer *w) {
    static const char *const kinds[] = {"maxpool 2", "maxpool 2", "maxpool 2", "avgpool 2",
                                        "maxpool 2 ceil"};
    if (w->side < 4) return;
    int k = below(w, 5);
    w->side = k == 4 ? (w->side + 1) / 2 : w->side / 2;
    layer(w, kinds[k]);
}

static void perhaps_norm_and_activation(writer *w) {
    static const char *const activations[] = {"relu", "relu6", "hardswish", "hardsigmoid"};
    if (below(w, 2)) norm(w);
    if (below(w, 4)) layer(w, activations[below(w, 4)]);
}

/* A depthwise convolution and a 1x1 one, mostly with a 1x1 one before them. Returns the channels. */
static int separable(writer *w, int channels) {
    char line[128];
    if (below(w, 4)) {
        snprintf(line, sizeof line, "c%d: conv %d 1x1%s", w->names++, channels = 2 + below(w, 30),
                 below(w, 2) ? " nobias" : "");
        layer(w, line);
        perhaps_norm_and_activation(w);
    }
    int kernel = 1 + below(w, 5), stride = 1 + below(w, 3), dilation = 1 + below(w, 2);
    if (w->side / stride < 4) stride = 1;
    snprintf(line, sizeof line, "c%d: conv %d %dx%d same stride %d dilation %d groups %d",
             w->names++, channels, kernel, kernel, stride, dilation, channels);
    layer(w, line);
    w->side = (w->side - 1) / stride + 1;
    perhaps_norm_and_activation(w);
    snprintf(line, sizeof line, "c%d: conv %d 1x1", w->names++, channels = 1 + below(w, 40));
    layer(w, line);
    if (below(w, 2)) norm(w);
    return channels;
}

static void block(writer *w, int channels) {
    static const char *const activations[] = {"relu", "relu6", "hardswish"};
    char line[64];
    snprintf(line, sizeof line, "r%d: residual", w->names++);
    both(w, line);
    conv(w, channels, 1);
    if (below(w, 4)) norm(w);
    if (below(w, 2)) layer(w, "relu");
    layer(w, "add");
    if (below(w, 4)) layer(w, activations[below(w, 3)]);
}

/* Two texts of one network. */
static void write_net(writer *w, uint64_t number) {
    static const char *const activations[] = {"relu", "relu6", "hardswish", "silu"};
    char line[64];
    int channels = 3;
    *w = (writer){lint_rng_at(number, 0, 0, 0), calloc(1, TEXT), calloc(1, TEXT), 0, 0};
    assert_true(w->text && w->plain);
    w->side = 9 + below(w, 24);
    snprintf(line, sizeof line, "input %dx%dx3", w->side, w->side);
    both(w, line);
    for (int i = 2 + below(w, 9); i > 0; i--) {
        int what = below(w, 12);
        if (what < 3)
            conv(w, channels = 1 + below(w, 9), 0);
        else if (what < 5)
            norm(w);
        else if (what < 8)
            pool(w);
        else if (what < 9)
            layer(w, activations[below(w, 4)]);
        else if (what < 10)
            block(w, channels);
        else
            channels = separable(w, channels);
    }
    conv(w, 4, 1);
    if (below(w, 2)) norm(w);
    layer(w, "relu");
    both(w, "cam");
    if (below(w, 2)) both(w, "globalpool");
    both(w, "flatten");
    both(w, "fc: dense classes");
}

static int compare_runs(filled *a, filled *b) {
    size_t maps = PICTURES * CLASSES * lint_net_cam_height(b->net) * lint_net_cam_width(b->net);
    float x[2][PICTURES * CLASSES], *m[2];
    filled *const of[] = {a, b};
    assert_int_equal(lint_net_cam_height(a->net), lint_net_cam_height(b->net));
    assert_int_equal(lint_net_cam_width(a->net), lint_net_cam_width(b->net));
    for (int i = 0; i < 2; i++) {
        m[i] = calloc(maps, sizeof *m[i]);
        assert_non_null(m[i]);
        assert_int_equal(lint_net_run(of[i]->net, &of[i]->batch, x[i], m[i], &(lint_err){0}), 0);
    }
    int good = check_tensor("logits", x[0], x[1], PICTURES * CLASSES,
                            1e-4 * check_max(x[1], PICTURES * CLASSES), 0) &
               check_tensor("maps", m[0], m[1], maps, 1e-4 * check_max(m[1], maps), 0);
    free(m[0]);
    free(m[1]);
    return good;
}

/* A network that only answers does more at once, and has the same bits. */
static int same_answers(filled *trained, filled *only) {
    float x[2][PICTURES * CLASSES];
    filled *const of[] = {trained, only};
    for (int i = 0; i < 2; i++)
        assert_int_equal(lint_net_run(of[i]->net, &of[i]->batch, x[i], NULL, &(lint_err){0}), 0);
    return check_tensor("logits", x[1], x[0], PICTURES * CLASSES, 0, 0);
}

static int same_answers_in_any_precision(filled *trained, filled *only) {
    int good = 1;
    for (int bf16 = 1; bf16 >= 0; bf16--) {
        lint_precision precision = bf16 ? LINT_PRECISION_BF16 : LINT_PRECISION_F32;
        assert_int_equal(lint_net_set_precision(trained->net, precision, &(lint_err){0}), 0);
        assert_int_equal(lint_net_set_precision(only->net, precision, &(lint_err){0}), 0);
        good &= same_answers(trained, only);
    }
    return good;
}

/* Gradients within a share of the largest of all: a convolution's bias before a batch norm has none but
 * rounding, and where two cells of a pool are nearly alike, either may be taken. */
static int compare_steps(filled *a, filled *b) {
    static const lint_loss loss = {.ce_weight = 1};
    lint_frame got[2] = {{0}};
    lint_loss_sum sum[2] = {{0}};
    filled *const of[] = {a, b};
    double largest = 0;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lint_net_step(of[i]->net, &of[i]->batch, &loss, &sum[i], &(lint_err){0}),
                         0);
        filled_gradients(of[i], &got[i]);
    }
    int good = check_value("loss", sum[0].ce, sum[1].ce, 0, 1e-4);
    assert_int_equal(got[0].count, got[1].count);
    for (size_t t = 0; t < got[1].count; t++)
        largest = fmax(largest, check_max((const float *)got[1].tensors[t].data,
                                          filled_count(&got[1].tensors[t])));
    for (size_t t = 0; t < got[1].count; t++)
        good &= check_tensor(got[1].tensors[t].name, (const float *)got[0].tensors[t].data,
                             (const float *)got[1].tensors[t].data,
                             filled_count(&got[1].tensors[t]), 2e-3 * largest, 0);
    lint_frame_free(&got[0]);
    lint_frame_free(&got[1]);
    return good;
}

static void networks_are_what_their_layers_are(void **state) {
    (void)state;
    int bad = 0;
    for (uint64_t i = 0; i < NETS && !bad; i++) {
        writer w;
        write_net(&w, i);
        filled *a = filled_new(w.text, CLASSES, PICTURES, LINT_NET_TRAIN, 1);
        filled *b = filled_new(w.plain, CLASSES, PICTURES, LINT_NET_TRAIN, 1);
        filled *c = filled_new(w.text, CLASSES, PICTURES, LINT_NET_INFER, 1);
        bad = !compare_runs(a, b) || !compare_runs(c, b) || !same_answers_in_any_precision(a, c) ||
              !compare_steps(a, b);
        if (bad) print_message("# network %d:\n%s", (int)i, w.text);
        filled_free(a);
        filled_free(b);
        filled_free(c);
        free(w.text);
        free(w.plain);
    }
    assert_int_equal(bad, 0);
}

static void a_second_pool_behind_a_batch_norm_stays(void **state) {
    (void)state;
    filled *f = filled_new(
        "input 16x16x3\nc: conv 4 3x3 same\nb: batchnorm\nmaxpool 2\nmaxpool 2\nrelu\ncam\n"
        "flatten\nfc: dense classes\n",
        2, 1, LINT_NET_TRAIN, 1);
    assert_int_equal(lint_net_cam_height(f->net), 4);
    filled_free(f);
}

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_pool_behind_a_batch_norm_stays),
        cmocka_unit_test(networks_are_what_their_layers_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
