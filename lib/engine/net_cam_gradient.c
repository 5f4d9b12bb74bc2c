/* The gradient of the CAM loss. A map is M = sum over channels of A g, with A the features and
 * g = d(seed . logits) / d A, which depends on the head's weights W, but, between the head's kinks,
 * not on A. So the loss has two gradients:
 *
 *     with respect to A: dM g, which goes on backward through the layers before `cam`
 *     with respect to W: g is a product of the head's Jacobians; the tangent d loss / d g = dM A
 *                        goes up through the head (JVP), and each layer multiplies it by the
 *                        cotangent at its output
 *
 * Where a layer f of the head is curved, g depends on A too: u = f'(x) u' changes with x. The
 * derivative is f''(x) v u', with v the tangent there (Pearlmutter 1994), and joins the gradient
 * that goes down through the head anyway. So the tangent goes up a first time before that.
 *
 * Declared in net_parts.h. */
#include "engine/net_parts.h"

#include <string.h>

typedef struct gradient_job {
    lint_net *net;
    double image_weight; /* of dmap */
    float *dfeatures;    /* NULL: not wanted */
} gradient_job;

/* dfeatures += d loss / d A, of the cell q. */
static void add_gradient(const gradient_job *j, size_t image, size_t q, float d) {
    lint_shape s = lint_net_map_shape(j->net);
    size_t step;
    const float *g = lint_net_cam_cotangent(j->net, image, &step) + q * step;
    float *da = j->dfeatures + image * lint_shape_count(s) + q * s.c;
    for (size_t c = 0; c < s.c; c++)
        da[c] += d * g[c];
}

/* tangent[0] = d loss / d g, of the cell q. */
static void set_tangent(const gradient_job *j, size_t image, size_t q, float d) {
    lint_shape s = lint_net_map_shape(j->net);
    size_t at = image * lint_shape_count(s) + q * s.c;
    const float *a = j->net->features + at;
    float *dg = j->net->tangent[0] + at;
    for (size_t c = 0; c < s.c; c++)
        dg[c] = d * a[c];
}

/* The same through a global pool: adds the cell to the sum of all. */
static void add_tangent(const gradient_job *j, size_t image, size_t q, float d) {
    lint_shape s = lint_net_map_shape(j->net);
    const float *a = j->net->features + image * lint_shape_count(s) + q * s.c;
    float *dg = j->net->tangent[0] + image * s.c;
    if (q == 0) memset(dg, 0, s.c * sizeof *dg);
    for (size_t c = 0; c < s.c; c++)
        dg[c] += d * a[c];
    float share = 1.0f / (float)(s.h * s.w);
    for (size_t c = 0; q + 1 == s.h * s.w && c < s.c; c++)
        dg[c] *= share;
}

static void cam_gradient_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const gradient_job *j = ctx;
    lint_shape s = lint_net_map_shape(j->net);
    const float *dm = j->net->dmap + i * s.h * s.w;
    int pools = lint_net_pools(j->net);
    for (size_t q = 0; q < s.h * s.w; q++) {
        float d = (float)(j->image_weight * (double)dm[q]);
        if (j->dfeatures) add_gradient(j, i, q, d);
        (pools ? add_tangent : set_tangent)(j, i, q, d);
    }
}

/* What the loss of one image counts: cam_weight / images, less what the cap takes away. */
static double image_weight(const lint_loss *loss, const lint_batch *b, double ce, double cam) {
    size_t labelled = lint_net_labelled(b);
    if (!labelled) return 0;
    double weight = loss->cam_weight / (double)labelled;
    if (loss->cam_cap > 0 && cam > loss->cam_cap * ce) weight *= loss->cam_cap * ce / cam;
    return weight;
}

static void tangent_up(lint_net *net, const lint_pass *p) {
    int turn = 0;
    for (size_t i = (size_t)lint_net_pools(net); i < net->heads; i++) {
        lint_layer *l = lint_net_layer(net, net->chain.cam + i);
        float *from = net->tangent[turn];
        if (!l->kind->in_place) turn ^= 1;
        l->kind->jvp(l, p, from, net->cotangent[i + 1], net->tangent[turn]);
    }
}

void lint_net_cam_gradient(lint_net *net, const lint_pass *p, const lint_batch *b,
                           const lint_loss *loss, double ce, double cam, float *dfeatures) {
    gradient_job j = {net, image_weight(loss, b, ce, cam), dfeatures};
    lint_threads_run(net->pool, p->n, cam_gradient_image, &j);
    tangent_up(net, p);
}

void lint_net_cam_bend(lint_net *net, const lint_pass *p, const lint_batch *b,
                       const lint_loss *loss, double ce, double cam) {
    int bends = 0;
    for (size_t i = net->chain.cam; i < net->chain.count; i++)
        bends |= lint_net_layer(net, i)->bends = lint_net_layer(net, i)->kind->curved;
    if (bends) lint_net_cam_gradient(net, p, b, loss, ce, cam, NULL);
}
