/* Features: the activations at the `cam` line, which a head can be trained on. Declared in net.h. */
#include "base/rng.h"
#include "engine/net_head.h"
#include "engine/net_parts.h"

#include <string.h>

typedef struct features_job {
    lint_net *net;
    char *to;
} features_job;

static int all_finite(size_t n, const char *half) {
    for (size_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, half + i * sizeof h, sizeof h);
        if ((h & 0x7c00) == 0x7c00) return 0;
    }
    return 1;
}

/* Features of image i, [h*w,c] to [c,h*w], in tiles that stay in the first-level cache. cost[i]
 * becomes 1 where a number is not finite as F16, else 0. */
static void store_features(void *ctx, size_t i, int worker) {
    enum { CHANNELS = 16, CELLS = 64 };
    (void)worker;
    const features_job *j = ctx;
    lint_shape s = lint_net_map_shape(j->net);
    size_t area = s.h * s.w;
    const float *from = j->net->features + i * area * s.c;
    float tile[CHANNELS][CELLS];
    char *to = j->to + 2 * i * area * s.c;
    for (size_t k0 = 0; k0 < s.c; k0 += CHANNELS)
        for (size_t q0 = 0; q0 < area; q0 += CELLS) {
            size_t channels = s.c - k0 < CHANNELS ? s.c - k0 : CHANNELS;
            size_t cells = area - q0 < CELLS ? area - q0 : CELLS;
            for (size_t q = 0; q < cells; q++)
                for (size_t k = 0; k < channels; k++)
                    tile[k][q] = from[(q0 + q) * s.c + k0 + k];
            for (size_t k = 0; k < channels; k++)
                j->net->k->to_half(cells, tile[k], to + 2 * ((k0 + k) * area + q0));
        }
    j->net->cost[i] = !all_finite(area * s.c, to);
}

int lint_net_features(lint_net *net, const lint_batch *b, void *features, lint_err *e) {
    if (lint_net_check_batch(net, b, e) < 0) return -1;
    if (!net->chain.cam) return lint_fail(e, "the network has no 'cam' line, so no features");
    lint_pass p = lint_net_pass(net, b, 0);
    features_job j = {net, features};
    lint_net_forward(net, &p, net->chain.cam);
    lint_threads_run(net->pool, b->n, store_features, &j);
    for (size_t i = 0; i < b->n; i++)
        if (net->cost[i] != 0)
            return lint_fail(
                e, "a feature of picture %zu is not finite, or above 65504, the most of F16", i);
    return 0;
}

uint64_t lint_net_backbone(const lint_net *net) {
    uint64_t h = lint_hash(net->text, lint_text_before_cam(net->text), 0);
    const lint_layer *end = lint_net_layer(net, net->chain.cam);
    for (size_t i = 0; i < net->params; i++)
        if (net->owner[i] < end) {
            h = lint_hash(net->param[i]->name, strlen(net->param[i]->name), h);
            h = lint_hash_data(net->param[i]->value, net->param[i]->count * sizeof(float), h);
        }
    return h;
}
