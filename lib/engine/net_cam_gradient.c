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
 * derivative is f''(x) v u', with v the tangent there (Pearlmutter 1994). Both are added in the head's backward
 * pass, so the tangent goes up before it; what concerns A follows it.
 *
 * Declared in net_parts.h. */
#include "engine/net_parts.h"

#include <string.h>

typedef struct gradient_job {
    const lint_net *net;
    double image_weight; /* of dmap */
    float *dfeatures;
} gradient_job;

/* dfeatures += d loss / d A. */
static void add_gradient(void *ctx, size_t image, int worker) {
    (void)worker;
    const gradient_job *j = ctx;
    lint_shape s = lint_net_map_shape(j->net);
    const float *dm = j->net->dmap + image * s.h * s.w;
    size_t step;
    const float *g = lint_net_cam_cotangent(j->net, image, &step);
    float *da = j->dfeatures + image * lint_shape_count(s);
    for (size_t q = 0; q < s.h * s.w; q++, g += step, da += s.c)
        for (size_t c = 0; c < s.c; c++)
            da[c] += dm[q] * g[c];
}

/* dg = d loss / d g = dM A; through a global pool, the mean of all cells. */
static void set_tangent(const lint_net *net, size_t image, const float *dm) {
    lint_shape s = lint_net_map_shape(net);
    const float *a = net->features + image * lint_shape_count(s);
    float *dg = net->tangent[0] + image * lint_shape_count(s);
    for (size_t q = 0; q < s.h * s.w; q++, a += s.c, dg += s.c)
        for (size_t c = 0; c < s.c; c++)
            dg[c] = dm[q] * a[c];
}

static void set_pooled_tangent(const lint_net *net, size_t image, const float *dm) {
    lint_shape s = lint_net_map_shape(net);
    const float *a = net->features + image * lint_shape_count(s);
    float *dg = net->tangent[1] + image * s.c, share = 1.0f / (float)(s.h * s.w);
    memset(dg, 0, s.c * sizeof *dg);
    for (size_t q = 0; q < s.h * s.w; q++, a += s.c)
        for (size_t c = 0; c < s.c; c++)
            dg[c] += dm[q] * a[c];
    for (size_t c = 0; c < s.c; c++)
        dg[c] *= share;
}

/* Gives dmap its weight, and begins the tangent. */
static void begin_tangent(void *ctx, size_t image, int worker) {
    (void)worker;
    const gradient_job *j = ctx;
    lint_shape s = lint_net_map_shape(j->net);
    float *dm = j->net->dmap + image * s.h * s.w;
    for (size_t q = 0; q < s.h * s.w; q++)
        dm[q] = (float)(j->image_weight * (double)dm[q]);
    int pools = lint_net_pools(j->net);
    if (!j->net->tangent[pools]) return; /* no layer of the head reads it */
    (pools ? set_pooled_tangent : set_tangent)(j->net, image, dm);
}

/* What the loss of one image counts: cam_weight / images, less what the cap takes away. */
static double image_weight(const lint_loss *loss, const lint_batch *b, double ce, double cam) {
    size_t labelled = lint_net_labelled(b);
    if (!labelled) return 0;
    double weight = loss->cam_weight / (double)labelled;
    if (loss->cam_cap > 0 && cam > loss->cam_cap * ce) weight *= loss->cam_cap * ce / cam;
    return weight;
}

void lint_net_cam_tangents(lint_net *net, const lint_pass *p, const lint_batch *b,
                           const lint_loss *loss, double ce, double cam) {
    gradient_job j = {net, image_weight(loss, b, ce, cam), NULL};
    lint_threads_run(net->pool, p->n, begin_tangent, &j);
    for (size_t i = (size_t)lint_net_pools(net); i < net->heads; i++) {
        lint_layer *l = lint_net_layer(net, net->chain.cam + i);
        l->v = net->tangent[i];
        l->u = net->cotangent[i + 1];
        if (i + 1 < net->heads) l->kind->jvp(l, p, net->tangent[i], net->tangent[i + 1]);
    }
}

void lint_net_cam_gradient(const lint_net *net, const lint_pass *p, float *dfeatures) {
    gradient_job j = {.net = net, .dfeatures = dfeatures};
    lint_threads_run(net->pool, p->n, add_gradient, &j);
}
