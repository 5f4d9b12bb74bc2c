/* The net's maps and CAM loss. Declared in net_parts.h. */
#include "engine/cam_loss.h"
#include "engine/net_parts.h"

#include <stdlib.h>
#include <string.h>

lint_shape lint_net_map_shape(const lint_net *net) {
    size_t cam = net->chain.cam;
    return cam ? lint_net_layer(net, cam - 1)->out : (lint_shape){0, 0, 0};
}

int lint_net_cam_new(lint_net *net, lint_err *e) {
    size_t cam = net->chain.cam, count = net->chain.count;
    if (!cam) return 0;
    net->heads = count - cam;
    net->u = calloc(net->heads + 1, sizeof *net->u);
    if (!net->u) return lint_fail_mem(e, "maps");
    for (size_t i = net->heads + 1; i-- > 0;) {
        size_t each = lint_shape_count(lint_net_layer(net, cam + i - 1)->out);
        int shared = i < net->heads && lint_net_layer(net, cam + i)->kind->in_place;
        net->u[i] = shared ? net->u[i + 1] : lint_net_buffer(net, each, e);
        if (!net->u[i]) return -1;
    }
    lint_shape s = lint_net_layer(net, cam - 1)->out;
    if (!(net->map = lint_net_buffer(net, s.h * s.w, e)) ||
        !(net->dmap = lint_net_buffer(net, s.h * s.w, e)) ||
        !(net->prior = lint_net_buffer(net, s.h * s.w, e)))
        return -1;
    size_t most = lint_net_largest(net, cam, count);
    for (int i = 0; i < 2 && net->mode == LINT_NET_TRAIN; i++)
        if (!(net->v[i] = lint_net_buffer(net, most, e))) return -1;
    return 0;
}

typedef struct map_job {
    lint_net *net;
    const lint_batch *b;
    const lint_loss *loss;
    float *to;     /* maps of run() */
    size_t stride; /* floats between the maps of two images */
    double scale;  /* of dmap */
    float *dfeatures;
} map_job;

/* From the seeds in u[heads] down to u[0] = d(seed . logits) / d features. */
static void transpose_head(lint_net *net, const lint_pass *p) {
    for (size_t i = net->heads; i-- > 0;) {
        lint_layer *l = lint_net_layer(net, net->chain.cam + i);
        l->kind->transpose(l, p, net->u[i + 1], net->u[i]);
    }
}

/* HiResCAM (Draelos and Carin 2020): features times their gradient, summed over channels. */
static void make_map(void *ctx, size_t i, int worker) {
    (void)worker;
    const map_job *j = ctx;
    lint_shape s = lint_net_map_shape(j->net);
    const float *a = j->net->features + i * lint_shape_count(s);
    const float *g = j->net->u[0] + i * lint_shape_count(s);
    float *m = j->to + i * j->stride;
    for (size_t q = 0; q < s.h * s.w; q++, a += s.c, g += s.c) {
        float sum = 0;
        for (size_t c = 0; c < s.c; c++)
            sum += a[c] * g[c];
        m[q] = sum;
    }
}

static void maps_of_seed(lint_net *net, const lint_pass *p, float *to, size_t stride) {
    map_job j = {.net = net, .to = to, .stride = stride};
    transpose_head(net, p);
    lint_threads_run(net->pool, p->n, make_map, &j);
}

void lint_net_cam_maps(lint_net *net, const lint_pass *p, float *cam) {
    size_t k = net->classes;
    lint_shape s = lint_net_map_shape(net);
    for (size_t c = 0; c < k; c++) {
        float *seed = net->u[net->heads];
        for (size_t i = 0; i < p->n * k; i++)
            seed[i] = i % k == c;
        maps_of_seed(net, p, cam + c * s.h * s.w, k * s.h * s.w);
    }
}

static const float *prior_of(const lint_net *net, const lint_loss *loss, size_t image) {
    lint_shape s = lint_net_map_shape(net);
    return net->prior + (loss->prior == LINT_PRIOR_MASK ? image * s.h * s.w : 0);
}

static void score_map(void *ctx, size_t i, int worker) {
    (void)worker;
    const map_job *j = ctx;
    lint_net *net = j->net;
    lint_shape s = lint_net_map_shape(net);
    size_t n = s.h * s.w;
    if (j->loss->prior == LINT_PRIOR_MASK && j->b->label[i] >= 0)
        lint_prior_mask(net->prior + i * n, s.h, s.w, j->b->mask[i], lint_net_height(net),
                        lint_net_width(net));
    memset(net->dmap + i * n, 0, n * sizeof *net->dmap);
    net->cost[i] = 0;
    if (j->b->label[i] < 0) return;
    net->cost[i] = lint_cam_value(j->loss->cam, n, prior_of(net, j->loss, i), net->map + i * n,
                                  net->dmap + i * n);
}

static void prepare_prior(lint_net *net, const lint_loss *loss) {
    lint_shape s = lint_net_map_shape(net);
    if (loss->prior == LINT_PRIOR_MASK) {
        net->prior_sigma = 0;
    } else if (net->prior_sigma != loss->sigma) {
        lint_prior_center(net->prior, s.h, s.w, loss->sigma);
        net->prior_sigma = loss->sigma;
    }
}

double lint_net_cam_loss(lint_net *net, const lint_pass *p, const lint_batch *b,
                         const lint_loss *loss, lint_loss_sum *sum) {
    lint_shape s = lint_net_map_shape(net);
    float *seed = net->u[net->heads];
    size_t labelled = 0;
    for (size_t i = 0; i < b->n; i++) {
        size_t label = b->label[i] < 0 ? 0 : (size_t)b->label[i];
        lint_cam_seed(loss->cam, net->classes, label, seed + i * net->classes);
    }
    maps_of_seed(net, p, net->map, s.h * s.w);
    prepare_prior(net, loss);
    map_job j = {.net = net, .b = b, .loss = loss};
    if (loss->cam == LINT_CAM_EMBEDDING)
        loss->judge.score(loss->judge.ctx, b->n, b->label, net->map, net->cost, net->dmap);
    else
        lint_threads_run(net->pool, b->n, score_map, &j);
    double total = 0;
    for (size_t i = 0; i < b->n; i++) {
        total += net->cost[i];
        labelled += b->label[i] >= 0;
    }
    sum->cam += total;
    return labelled ? total / (double)labelled : 0;
}

/* The loss reaches the features on two ways: directly, M = sum A g, and through g, which depends
 * on the head's weights alone. dfeatures gets the first; v[0] becomes d loss / d g. */
static void cam_gradient_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const map_job *j = ctx;
    lint_net *net = j->net;
    lint_shape s = lint_net_map_shape(net);
    size_t at = i * lint_shape_count(s);
    const float *a = net->features + at, *g = net->u[0] + at, *dm = net->dmap + i * s.h * s.w;
    float *da = j->dfeatures + at, *dg = net->v[0] + at;
    for (size_t q = 0; q < s.h * s.w; q++) {
        float d = (float)(j->scale * (double)dm[q]);
        for (size_t c = q * s.c; c < (q + 1) * s.c; c++) {
            da[c] += d * g[c];
            dg[c] = d * a[c];
        }
    }
}

/* cam_weight / images, less what the cap takes away. */
static double cam_scale(const lint_loss *loss, const lint_batch *b, double ce, double cam) {
    size_t labelled = 0;
    for (size_t i = 0; i < b->n; i++)
        labelled += b->label[i] >= 0;
    if (!labelled) return 0;
    double scale = loss->cam_weight / (double)labelled;
    if (loss->cap > 0 && cam > loss->cap * ce) scale *= loss->cap * ce / cam;
    return scale;
}

void lint_net_cam_gradient(lint_net *net, const lint_pass *p, const lint_batch *b,
                           const lint_loss *loss, double ce, double cam, float *dfeatures) {
    map_job j = {.net = net, .scale = cam_scale(loss, b, ce, cam), .dfeatures = dfeatures};
    lint_threads_run(net->pool, p->n, cam_gradient_image, &j);
    int turn = 0;
    for (size_t i = 0; i < net->heads; i++) {
        lint_layer *l = lint_net_layer(net, net->chain.cam + i);
        float *from = net->v[turn];
        if (!l->kind->in_place) turn ^= 1;
        l->kind->jacobian(l, p, from, net->u[i + 1], net->v[turn]);
    }
}
