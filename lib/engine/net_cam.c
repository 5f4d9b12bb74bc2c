/* Class activation maps of a net: HiResCAM, M_c = sum over channels k of A_k * d z_c / d A_k, with
 * A the features and z the logits. One VJP through the head gives the gradient of a whole batch.
 * Declared in net_parts.h. */
#include "engine/buffer_plan.h"
#include "engine/net_parts.h"

#include <stdlib.h>
#include <string.h>

lint_shape lint_net_map_shape(const lint_net *net) {
    size_t cam = net->chain.cam;
    return cam ? lint_net_layer(net, cam - 1)->out : (lint_shape){0, 0, 0};
}

int lint_net_pools(const lint_net *net) {
    size_t cam = net->chain.cam; /* may be the last line of the network: nothing stands behind it */
    return cam < net->chain.count && lint_net_layer(net, cam)->kind == &lint_layer_globalpool;
}

const float *lint_net_cam_cotangent(const lint_net *net, size_t image, size_t *step) {
    lint_shape s = lint_net_map_shape(net);
    size_t cells = lint_net_pools(net) ? 1 : s.h * s.w;
    *step = cells == 1 ? 0 : s.c;
    return net->cotangent[0] + image * cells * s.c;
}

static int new_cotangents(lint_net *net, lint_err *e) {
    size_t cam = net->chain.cam;
    for (size_t i = net->heads + 1; i-- > 0;) {
        lint_shape out = lint_net_layer(net, cam + i - 1)->out;
        size_t each = lint_net_pools(net) && i == 0 ? out.c : lint_shape_count(out);
        int shared = i < net->heads && lint_net_layer(net, cam + i)->kind->in_place;
        net->cotangent[i] = shared ? net->cotangent[i + 1] : lint_net_buffer(net, each, e);
        if (!net->cotangent[i]) return -1;
    }
    return 0;
}

static int new_tangents(lint_net *net, lint_err *e) {
    for (size_t i = (size_t)lint_net_pools(net); i < net->heads; i++) {
        const lint_layer *l = lint_net_layer(net, net->chain.cam + i);
        int shared = i > (size_t)lint_net_pools(net) && (l - 1)->kind->in_place;
        net->tangent[i] =
            shared ? net->tangent[i - 1] : lint_net_buffer(net, lint_shape_count(l->in), e);
        if (!net->tangent[i]) return -1;
    }
    return 0;
}

int lint_net_cam_new(lint_net *net, lint_err *e) {
    if (!net->chain.cam) return 0;
    net->heads = net->chain.count - net->chain.cam;
    net->cotangent = calloc(net->heads + 1, sizeof *net->cotangent);
    net->tangent = calloc(net->heads + 1, sizeof *net->tangent);
    if (!net->cotangent || !net->tangent) return lint_fail_mem(e, "maps");
    lint_shape s = lint_net_map_shape(net);
    if (new_cotangents(net, e) < 0 || !(net->map = lint_net_buffer(net, s.h * s.w, e)) ||
        !(net->dmap = lint_net_buffer(net, s.h * s.w, e)) ||
        !(net->prior = lint_net_buffer(net, s.h * s.w, e)))
        return -1;
    return net->mode == LINT_NET_TRAIN ? new_tangents(net, e) : 0;
}

/* cotangent[0] of a global pool, whose cells are alike. */
static void vjp_pool(lint_net *net, const lint_pass *p) {
    lint_shape s = lint_net_map_shape(net);
    float share = 1.0f / (float)(s.h * s.w);
    for (size_t i = 0; i < p->n * s.c; i++)
        net->cotangent[0][i] = net->cotangent[1][i] * share;
}

/* From the seeds in cotangent[heads] down to cotangent[0] = d(seed . logits) / d features. */
static void vjp_head(lint_net *net, const lint_pass *p) {
    size_t pools = (size_t)lint_net_pools(net);
    for (size_t i = net->heads; i-- > pools;) {
        lint_layer *l = lint_net_layer(net, net->chain.cam + i);
        l->kind->vjp(l, p, net->cotangent[i + 1], net->cotangent[i]);
    }
    if (pools) vjp_pool(net, p);
}

typedef struct map_job {
    const lint_net *net;
    float *to;
    size_t stride; /* floats between the maps of two images */
} map_job;

/* to[i] = sum over c of a[i][c] * g[i][c] for `cells` rows; the rows of g are `step` apart. Each
 * sum adds its terms in order, so several cells are summed at a time to hide the latency of an
 * addition. */
static void dot_cells(size_t cells, size_t c, const float *a, const float *g, size_t step,
                      float *to) {
    enum { CELLS = 8 };
    size_t q = 0;
    for (; q + CELLS <= cells; q += CELLS) {
        float sum[CELLS] = {0};
        for (size_t k = 0; k < c; k++)
            for (size_t i = 0; i < CELLS; i++)
                sum[i] += a[(q + i) * c + k] * g[(q + i) * step + k];
        memcpy(to + q, sum, sizeof sum);
    }
    for (; q < cells; q++) {
        float sum = 0;
        for (size_t k = 0; k < c; k++)
            sum += a[q * c + k] * g[q * step + k];
        to[q] = sum;
    }
}

/* HiResCAM (Draelos and Carin 2020): features times their gradient, summed over channels. */
static void make_map(void *ctx, size_t i, int worker) {
    (void)worker;
    const map_job *j = ctx;
    lint_shape s = lint_net_map_shape(j->net);
    const float *a = j->net->features + i * lint_shape_count(s);
    size_t step;
    const float *g = lint_net_cam_cotangent(j->net, i, &step);
    dot_cells(s.h * s.w, s.c, a, g, step, j->to + i * j->stride);
}

void lint_net_cam_map(lint_net *net, const lint_pass *p, float *to, size_t stride) {
    map_job j = {net, to, stride};
    vjp_head(net, p);
    lint_threads_run(net->pool, p->n, make_map, &j);
}

void lint_net_cam_maps(lint_net *net, const lint_pass *p, float *cam) {
    size_t k = net->classes;
    lint_shape s = lint_net_map_shape(net);
    for (size_t c = 0; c < k; c++) {
        float *seed = net->cotangent[net->heads];
        for (size_t i = 0; i < p->n * k; i++)
            seed[i] = i % k == c;
        lint_net_cam_map(net, p, cam + c * s.h * s.w, k * s.h * s.w);
    }
}
