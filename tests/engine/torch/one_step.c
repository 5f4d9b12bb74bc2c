/* one_step: what lint makes of a network with given weights, for `twin whole`:
 *
 *     one_step NET STATE CLASSES N WEIGHT OUT
 *
 * N images of support/filled.c go through NET (a file), whose weights are in STATE (safetensors).
 * OUT gets `logits` [N,K] and `cam` [N,K,h,w] of inference, `loss` (ce, cam) and `grad.NAME` of one
 * training step with cross-entropy and WEIGHT times the energy loss, and the running statistics after it. */
#include "support/filled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct {
    const char *net, *state, *out;
    size_t classes, n;
    double weight;
} arg;

static void *added(lint_frame *f, const char *name, size_t rank, const uint64_t *shape) {
    lint_err e = {0};
    lint_tensor *t = lint_frame_add(f, name, LINT_F32, rank, shape, &e);
    if (!t) fail_msg("%s", e.msg);
    return t->data;
}

static void infer(filled *f, lint_frame *out) {
    lint_err e = {0};
    uint64_t shape[4] = {arg.n, arg.classes, lint_net_cam_height(f->net),
                         lint_net_cam_width(f->net)};
    float *logits = added(out, "logits", 2, shape), *cam = added(out, "cam", 4, shape);
    if (lint_net_run(f->net, &f->batch, logits, cam, &e) < 0) fail_msg("%s", e.msg);
}

static void step(filled *f, lint_frame *out) {
    const lint_loss loss = {
        .ce_weight = 1, .cam = LINT_CAM_ENERGY, .cam_weight = arg.weight, .sigma = 0.25};
    lint_loss_sum sum = {0};
    lint_err e = {0};
    if (lint_net_step(f->net, &f->batch, &loss, &sum, &e) < 0) fail_msg("%s", e.msg);
    float *to = added(out, "loss", 1, (uint64_t[]){2});
    to[0] = (float)(sum.ce / sum.weight);
    to[1] = (float)(sum.cam / (double)sum.n);
    for (size_t i = 0; i < lint_net_params(f->net); i++) {
        lint_param p = lint_net_param(f->net, i);
        for (size_t q = 0; p.grad && q < p.count; q++)
            p.value[q] = p.grad[q]; /* in the same order: they leave as values do */
    }
    if (lint_net_store_as(f->net, NULL, "grad.", out, &e) < 0) fail_msg("%s", e.msg);
}

static void one_step(void **state) {
    (void)state;
    lint_err e = {0};
    lint_frame out = {0};
    char *text = filled_text(arg.net);
    filled *f = filled_new(text, arg.classes, arg.n, LINT_NET_TRAIN, 2);
    lint_frame_clear(&f->weights);
    if (lint_frame_load(&f->weights, arg.state, &e) < 0) fail_msg("%s", e.msg);
    filled_load(f);
    infer(f, &out);
    step(f, &out);
    FILE *to = fopen(arg.out, "wb");
    if (!to || lint_frame_write(&out, to, &e) < 0 || fclose(to)) fail_msg("%s: %s", arg.out, e.msg);
    lint_frame_free(&out);
    filled_free(f);
    free(text);
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    arg.net = argv[1];
    arg.state = argv[2];
    arg.classes = strtoul(argv[3], NULL, 10);
    arg.n = strtoul(argv[4], NULL, 10);
    arg.weight = strtod(argv[5], NULL);
    arg.out = argv[6];
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
