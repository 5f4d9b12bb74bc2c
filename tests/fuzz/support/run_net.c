#include "support/run_net.h"
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const double MACS = 3e5; /* less than a millisecond under sanitizers */

lint_threads *fuzz_pool(void) {
    static lint_threads *pool;
    lint_err e;
    if (pool) return pool;
    lint_blas_one_thread();
    pool = lint_threads_new(1, &e);
    if (!pool) abort();
    return pool;
}

static void *room(size_t n) {
    void *p = calloc(n + 1, 1);
    if (!p) abort();
    return p;
}

static void encode(lint_net *net, size_t pixels, int trains) {
    lint_err e = {0};
    size_t k = lint_net_classes(net);
    float *x = room(FUZZ_BATCH * pixels * sizeof *x), *dx = room(FUZZ_BATCH * pixels * sizeof *dx);
    float *code = room(FUZZ_BATCH * k * sizeof *code);
    int err = lint_net_encode(net, FUZZ_BATCH, x, code, trains, &e);
    fuzz_told(err, &e);
    if (!err && trains) fuzz_told(lint_net_encode_back(net, FUZZ_BATCH, code, dx, &e), &e);
    free(x);
    free(dx);
    free(code);
}

static void step(lint_net *net, const lint_batch *b) {
    lint_err e = {0};
    lint_loss_sum sum = {0};
    lint_loss loss = {.cam = lint_net_cam_height(net) ? LINT_CAM_ENERGY : LINT_CAM_NONE,
                      .prior = LINT_PRIOR_CENTER,
                      .ce_weight = 1,
                      .cam_weight = 1,
                      .sigma = 0.3};
    fuzz_told(lint_net_step(net, b, &loss, &sum, &e), &e);
}

void fuzz_run_net(lint_net *net, int trains) {
    lint_err e = {0};
    size_t pixels = lint_net_height(net) * lint_net_width(net), k = lint_net_classes(net);
    size_t map = lint_net_cam_height(net) * lint_net_cam_width(net), c = lint_net_channels(net);
    if (lint_net_macs(net, trains) > MACS || pixels * c > 1 << 18 || k * (map + 1) > 1 << 18)
        return;
    if (lint_net_is_encoder(net)) {
        encode(net, pixels, trains);
        return;
    }
    uint8_t *image = room(2 * pixels * c); /* two bytes for each number of features */
    memset(image, 1, 2 * pixels * c);
    const uint8_t *images[] = {image, image};
    const void *features[] = {image, image};
    int32_t label[] = {0, 1};
    lint_batch b = {.n = FUZZ_BATCH, .label = label, .step = 1};
    if (lint_net_is_head(net))
        b.features = features;
    else
        b.image = images;
    float *logits = room(FUZZ_BATCH * k * sizeof *logits);
    float *cam = map ? room(FUZZ_BATCH * k * map * sizeof *cam) : NULL;
    fuzz_told(lint_net_run(net, &b, logits, cam, &e), &e);
    if (trains) step(net, &b);
    free(image);
    free(logits);
    free(cam);
}
