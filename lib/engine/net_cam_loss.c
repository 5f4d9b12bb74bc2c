/* The CAM loss of a batch: maps, prior, and the loss of each image (cam_loss.h), or the judge's.
 * Declared in net_parts.h. */
#include "engine/cam_loss.h"
#include "engine/net_parts.h"

#include <string.h>

static const float *prior_of(const lint_net *net, const lint_loss *loss, size_t image) {
    lint_shape s = lint_net_map_shape(net);
    return net->prior + (loss->prior == LINT_PRIOR_MASK ? image * s.h * s.w : 0);
}

typedef struct loss_job {
    lint_net *net;
    const lint_batch *b;
    const lint_loss *loss;
} loss_job;

/* The share of each cell that is not object; a mask may be of another size than the net's input. */
static void mask_prior(const lint_net *net, const lint_batch *b, size_t i) {
    lint_shape s = lint_net_map_shape(net);
    size_t h = b->mask_height ? b->mask_height : lint_net_height(net);
    size_t w = b->mask_width ? b->mask_width : lint_net_width(net);
    lint_prior_mask(net->prior + i * s.h * s.w, s.h, s.w, b->mask[i], h, w);
}

static void score_map(void *ctx, size_t i, int worker) {
    (void)worker;
    const loss_job *j = ctx;
    lint_net *net = j->net;
    lint_shape s = lint_net_map_shape(net);
    size_t n = s.h * s.w;
    if (j->loss->prior == LINT_PRIOR_MASK && j->b->label[i] >= 0) mask_prior(net, j->b, i);
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
    float *seed = net->cotangent[net->heads];
    for (size_t i = 0; i < b->n; i++) {
        size_t label = b->label[i] < 0 ? 0 : (size_t)b->label[i];
        lint_cam_seed(loss->cam, net->classes, label, seed + i * net->classes);
    }
    lint_net_cam_map(net, p, net->map, s.h * s.w);
    prepare_prior(net, loss);
    loss_job j = {net, b, loss};
    if (loss->cam == LINT_CAM_EMBEDDING)
        loss->judge.score(loss->judge.ctx, b->n, b->label, net->map, net->cost, net->dmap);
    else
        lint_threads_run(net->pool, b->n, score_map, &j);
    double total = 0;
    for (size_t i = 0; i < b->n; i++)
        total += net->cost[i];
    sum->cam += total;
    size_t labelled = lint_net_labelled(b);
    return labelled ? total / (double)labelled : 0;
}
