#include "engine/buffer_plan.h"
#include "engine/net_parts.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* --- building --------------------------------------------------------------------------------- */

static int multiplies_tiles(const lint_net *net, lint_precision precision) {
    return precision == LINT_PRECISION_BF16 && net->k->tiles;
}

static int build(lint_net *net, const char *text, const char *name, lint_err *e) {
    const lint_chain_options o = {net->classes, net->batch, net->mode == LINT_NET_TRAIN,
                                  multiplies_tiles(net, net->precision)};
    net->text = strdup(text);
    net->cost = calloc(net->batch, sizeof *net->cost);
    net->ce = calloc(net->batch, sizeof *net->ce);
    net->weight = calloc(net->batch, sizeof *net->weight);
    if (!net->text || !net->cost || !net->ce || !net->weight) return lint_fail_mem(e, name);
    if (lint_chain_parse(&net->chain, text, name, &o, e) < 0) return -1;
    net->classes = lint_net_last(net)->out.c;
    if (lint_net_plan_buffers(net, e) < 0 || lint_net_cam_new(net, e) < 0)
        return lint_err_prefix(e, "%s: ", name);
    if (lint_blas_room(lint_threads_count(net->pool), e) < 0) return -1;
    return lint_net_list_params(net, e);
}

/* What is checked before anything is built. */
static int check_new(size_t classes, size_t batch, lint_err *e) {
    if (openblas_get_num_threads() != 1)
        return lint_fail(e, "OpenBLAS uses %d threads: expected 1, by lint_blas_one_thread()",
                         openblas_get_num_threads());
    if (classes < 1 || batch < 1)
        return lint_fail(e, "expected at least one class and one image a batch");
    return 0;
}

static lint_net *new_net(const char *text, const char *name, size_t classes, size_t batch,
                         lint_net_mode mode, lint_precision precision, lint_threads *pool,
                         lint_err *e) {
    if (check_new(classes, batch, e) < 0) {
        lint_err_prefix(e, "%s: ", name);
        return NULL;
    }
    const lint_kernels *k = lint_kernels_pick(NULL, e);
    if (!k) return NULL;
    lint_net *net = calloc(1, sizeof *net);
    if (!net) {
        lint_fail_mem(e, name);
        return NULL;
    }
    net->classes = classes;
    net->batch = batch;
    net->mode = mode;
    net->pool = pool;
    net->k = k;
    net->precision = precision;
    if (build(net, text, name, e) == 0) return net;
    lint_net_free(net);
    return NULL;
}

lint_net *lint_net_new(const char *text, const char *name, size_t classes, size_t batch,
                       lint_net_mode mode, lint_threads *pool, lint_err *e) {
    return new_net(text, name, classes, batch, mode, LINT_PRECISION_F32, pool, e);
}

void lint_net_free(lint_net *net) {
    if (!net) return;
    lint_chain_free(&net->chain);
    for (size_t i = 0; i < net->owneds; i++)
        free(net->owned[i]);
    free(net->owned);
    free(net->value);
    free(net->gradient);
    free(net->written);
    free(net->readers);
    free(net->scratch);
    free(net->cotangent);
    free(net->tangent);
    free(net->cost);
    free(net->ce);
    free(net->weight);
    free(net->param);
    free(net->owner);
    free(net->seconds);
    free(net->text);
    free(net);
}

static int has_convolution(const lint_net *net) {
    for (size_t i = 0; i < net->chain.count; i++) {
        const lint_layer *l = lint_net_layer(net, i);
        if (!l->head && l->kind == &lint_layer_conv) return 1;
    }
    return 0;
}

static void exchange(float **a, float **b) {
    float *was = *a;
    *a = *b;
    *b = was;
}

/* By tiles convolutions go other ways, and so have other buffers. The weights move. */
static int rebuild(lint_net *net, lint_precision precision, lint_err *e) {
    lint_net *other = new_net(net->text, "the network", net->classes, net->batch, net->mode,
                              precision, net->pool, e);
    if (!other) return -1;
    for (size_t i = 0; i < net->params; i++) {
        exchange(&net->param[i]->value, &other->param[i]->value);
        exchange(&net->param[i]->grad, &other->param[i]->grad);
        other->owner[i]->frozen = net->owner[i]->frozen;
    }
    other->lowest = net->lowest;
    other->seed = net->seed;
    const lint_net was = *net;
    *net = *other;
    *other = was;
    lint_net_free(other);
    return 0;
}

int lint_net_set_precision(lint_net *net, lint_precision precision, lint_err *e) {
    if (precision != LINT_PRECISION_F32 && !has_convolution(net))
        return lint_fail(e, "the network has no convolution%s, so %s would change nothing",
                         net->chain.cam ? " before its 'cam' line" : "",
                         lint_precision_name(precision));
    if (multiplies_tiles(net, precision) != multiplies_tiles(net, net->precision))
        return rebuild(net, precision, e);
    net->precision = precision;
    return 0;
}

lint_precision lint_net_precision(const lint_net *net) {
    return net->precision;
}

void lint_net_init(lint_net *net, uint64_t seed) {
    net->seed = seed;
    for (size_t i = 0; i < net->chain.count; i++) {
        /* Seeded by the layer's name, so that its initial weights do not depend on its position. */
        lint_layer *l = lint_net_layer(net, i);
        lint_rng r = lint_rng_at(seed, LINT_RNG_INIT, lint_hash(l->name, strlen(l->name), 0), 0);
        if (l->kind->init) l->kind->init(l, &r);
    }
}

/* --- passes ----------------------------------------------------------------------------------- */

static lint_pass pass_of(const lint_net *net, size_t n, int training) {
    return (lint_pass){.k = net->k,
                       .pool = net->pool,
                       .precision = net->precision,
                       .n = n,
                       .training = training,
                       .seed = net->seed,
                       .scratch = net->scratch,
                       .workspace = net->workspace};
}

lint_pass lint_net_pass(const lint_net *net, const lint_batch *b, int training) {
    lint_pass p = pass_of(net, b->n, training);
    p.image = b->image;
    p.features = b->features;
    p.step = b->step;
    return p;
}

/* Whether a layer before this one does its pass: a batchnorm's only in inference, since in training it
 * takes statistics first. */
static int is_done_before(const lint_layer *l, const lint_pass *p) {
    return l->is_epilogue && (l->kind != &lint_layer_batchnorm || !p->training);
}

/* Whether it does the sum behind it in this pass: a batchnorm that is trained, or a convolution where nothing
 * is. */
static int does_sum(const lint_layer *l, const lint_pass *p) {
    return l->sum && p->training == l->trains;
}

static void set_sum(const lint_net *net, lint_layer *l) {
    const lint_layer *sum = l->sum, *own = l;
    for (int k = 0; k < LINT_LAYER_EPILOGUES && l->epilogue[k]; k++)
        own = l->epilogue[k];
    size_t before = (size_t)(own - net->chain.layer);
    const lint_layer *last = sum->epilogue[0] ? sum->epilogue[0] : sum;
    l->x2 = net->value[sum->from == before ? sum->also : sum->from];
    l->y = net->value[last - net->chain.layer];
}

void lint_net_forward(lint_net *net, const lint_pass *p, size_t to) {
    for (size_t i = 0; i < net->chain.count; i++) {
        lint_layer *l = lint_net_layer(net, i);
        l->v = l->u = NULL;
        l->x = i ? net->value[l->from] : NULL;
        l->x2 = l->kind->joins ? net->value[l->also] : NULL;
        l->y = net->value[i];
        int applies = l->kind != &lint_layer_conv || !p->training;
        for (int k = 0; k < LINT_LAYER_EPILOGUES && l->epilogue[k] && applies; k++)
            l->y = net->value[l->epilogue[k] - net->chain.layer];
        if (does_sum(l, p)) set_sum(net, l);
    }
    for (size_t i = 0; i < to; i++) {
        lint_layer *l = lint_net_layer(net, i);
        if (is_done_before(l, p)) continue;
        double began = lint_net_clock(net);
        for (int k = 0; k < LINT_LAYER_EPILOGUES && l->epilogue[k] && !p->training; k++)
            if (l->epilogue[k]->kind->epilogue_begin)
                l->epilogue[k]->kind->epilogue_begin(l->epilogue[k]);
        if (l->is_producer || (l->is_done && p->training == l->trains)) continue;
        l->kind->forward(l, p);
        lint_net_clocked(net, i, LINT_FORWARD, began);
    }
}

static void forward(lint_net *net, const lint_pass *p) {
    lint_net_forward(net, p, net->chain.count);
}

/* No gradient is needed with respect to a picture, to given features, or to what only frozen layers
 * compute. The gradient with respect to a mask moves the map behind it. */
static float *wanted(const lint_net *net, size_t i) {
    if (i == 0) return lint_net_is_encoder(net) ? net->gradient[0] : NULL;
    return i >= net->lowest || lint_net_is_encoder(net) ? net->gradient[i] : NULL;
}

typedef struct sum_job {
    const float *from;
    float *to;
    size_t each;
} sum_job;

static void sum_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const sum_job *j = ctx;
    for (size_t q = i * j->each; q < (i + 1) * j->each; q++)
        j->to[q] += j->from[q];
}

static void backward_layer(lint_net *net, const lint_pass *p, size_t i) {
    lint_layer *l = lint_net_layer(net, i);
    float *to = wanted(net, l->from);
    int again = net->written[l->from], beside = to && again && !l->kind->adds;
    l->dy = net->gradient[i];
    l->dx = beside ? net->spare : to;
    l->dx2 = l->kind->joins ? wanted(net, l->also) : NULL;
    l->dx_adds = again && !beside;
    l->dx2_adds = l->kind->joins && net->written[l->also];
    double began = lint_net_clock(net);
    if (!is_done_before(l, p)) l->kind->backward(l, p);
    lint_net_clocked(net, i, LINT_BACKWARD, began);
    net->written[l->from] = 1;
    if (l->kind->joins) net->written[l->also] = 1;
    sum_job j = {net->spare, to, lint_shape_count(l->in)};
    if (beside) lint_threads_run(p->pool, p->n, sum_image, &j);
}

/* Backward through layers [from, to), whose last has its gradient already. */
static void backward(lint_net *net, const lint_pass *p, size_t from, size_t to) {
    memset(net->written, 0, net->chain.count);
    for (size_t i = to; i-- > from;)
        if (wanted(net, i) && !lint_net_layer(net, i)->is_producer) backward_layer(net, p, i);
}

/* --- steps, inference, losses ----------------------------------------------------------------- */

int lint_net_check_batch(const lint_net *net, const lint_batch *b, lint_err *e) {
    if (lint_net_is_encoder(net)) return lint_fail(e, "the network's input is a mask, no image");
    if (lint_net_is_head(net) ? !b->features : !b->image)
        return lint_fail(e, "the network's input is %s",
                         lint_net_is_head(net) ? "features, no picture" : "a picture, no features");
    if (b->n < 1 || b->n > net->batch)
        return lint_fail(e, "a batch of %zu images: expected 1 to %zu", b->n, net->batch);
    for (size_t i = 0; b->label && i < b->n; i++)
        if (b->label[i] < -1 || b->label[i] >= (int32_t)net->classes)
            return lint_fail(e, "label %d: expected -1 to %zu", (int)b->label[i], net->classes - 1);
    return 0;
}

int lint_net_check_judge(const lint_net *net, const lint_judge *judge, lint_err *e) {
    if (!judge->score) return lint_fail(e, "the loss 'embedding' needs a mask encoder");
    size_t w = lint_net_cam_width(net), h = lint_net_cam_height(net);
    if (judge->w == w && judge->h == h) return 0;
    return lint_fail(e,
                     "the encoder takes masks of %zux%zu, but the network's maps are %zux%zu: its "
                     "input has to be 'input %zux%zux1 mask'",
                     judge->w, judge->h, w, h, w, h);
}

static int check_loss(const lint_net *net, const lint_batch *b, const lint_loss *loss,
                      lint_err *e) {
    if (!b->label) return lint_fail(e, "a batch without labels has no loss");
    if (loss->cam == LINT_CAM_NONE) return 0;
    if (!net->chain.cam) return lint_fail(e, "the network has no 'cam' line, so no CAM loss");
    if (loss->cam == LINT_CAM_EMBEDDING) return lint_net_check_judge(net, &loss->judge, e);
    if (loss->prior == LINT_PRIOR_MASK && !b->mask)
        return lint_fail(e, "the mask prior needs samples with a 'mask'");
    return 0;
}

/* The gradient with respect to the features; a net that begins with them needs none. */
static float *wanted_features(const lint_net *net) {
    return net->chain.cam > 1 ? net->gradient[net->chain.cam - 1] : NULL;
}

int lint_net_step(lint_net *net, const lint_batch *b, const lint_loss *loss, lint_loss_sum *sum,
                  lint_err *e) {
    if (net->mode != LINT_NET_TRAIN) return lint_fail(e, "the network was built for inference");
    if (lint_net_check_batch(net, b, e) < 0 || check_loss(net, b, loss, e) < 0) return -1;
    lint_pass p = lint_net_pass(net, b, 1);
    size_t cam_at = net->chain.cam, count = net->chain.count;
    forward(net, &p);
    double divisor = lint_net_ce(net, b, loss, sum), cam = 0;
    if (loss->reweigh) divisor = loss->reweigh(loss->reweigh_ctx, b, net->ce, net->weight);
    double ce = lint_net_ce_mean(net, b, divisor);
    if (loss->cam != LINT_CAM_NONE) cam = lint_net_cam_loss(net, &p, b, loss, sum);
    int cam_learns = loss->cam != LINT_CAM_NONE && loss->cam_weight != 0;
    if (cam_learns) lint_net_cam_tangents(net, &p, b, loss, ce, cam);
    lint_net_ce_gradient(net, b, loss->ce_weight, divisor, net->gradient[count - 1]);
    backward(net, &p, cam_at ? cam_at : 1, count);
    if (cam_learns && wanted_features(net)) lint_net_cam_gradient(net, &p, wanted_features(net));
    if (cam_at) backward(net, &p, 1, cam_at);
    return 0;
}

int lint_net_run(lint_net *net, const lint_batch *b, float *logits, float *cam, lint_err *e) {
    if (lint_net_check_batch(net, b, e) < 0) return -1;
    if (cam && !net->chain.cam) return lint_fail(e, "the network has no 'cam' line, so no maps");
    lint_pass p = lint_net_pass(net, b, 0);
    forward(net, &p);
    if (logits) memcpy(logits, lint_net_last(net)->y, b->n * net->classes * sizeof *logits);
    if (cam) lint_net_cam_maps(net, &p, cam);
    return 0;
}

int lint_net_score(lint_net *net, const lint_batch *b, const lint_loss *loss, float *logits,
                   lint_loss_sum *sum, lint_err *e) {
    if (lint_net_check_batch(net, b, e) < 0 || check_loss(net, b, loss, e) < 0) return -1;
    lint_pass p = lint_net_pass(net, b, 0);
    forward(net, &p);
    if (logits) memcpy(logits, lint_net_last(net)->y, b->n * net->classes * sizeof *logits);
    lint_net_ce(net, b, loss, sum);
    if (loss->cam != LINT_CAM_NONE) lint_net_cam_loss(net, &p, b, loss, sum);
    return 0;
}

/* --- mask encoders ---------------------------------------------------------------------------- */

static int check_encoder(const lint_net *net, size_t n, lint_err *e) {
    if (!lint_net_is_encoder(net)) return lint_fail(e, "the network's input is not a mask");
    if (n < 1 || n > net->batch)
        return lint_fail(e, "a batch of %zu masks: expected 1 to %zu", n, net->batch);
    return 0;
}

int lint_net_encode(lint_net *net, size_t n, const float *x, float *code, int training,
                    lint_err *e) {
    if (check_encoder(net, n, e) < 0) return -1;
    lint_pass p = pass_of(net, n, training);
    p.value = x;
    forward(net, &p);
    memcpy(code, lint_net_last(net)->y, n * net->classes * sizeof *code);
    return 0;
}

int lint_net_encode_back(lint_net *net, size_t n, const float *dcode, float *dx, lint_err *e) {
    if (net->mode != LINT_NET_TRAIN) return lint_fail(e, "the network was built for inference");
    if (check_encoder(net, n, e) < 0) return -1;
    lint_pass p = pass_of(net, n, 1);
    size_t count = net->chain.count;
    memcpy(net->gradient[count - 1], dcode, n * net->classes * sizeof *dcode);
    backward(net, &p, 1, count);
    size_t each = lint_shape_count(lint_net_layer(net, 0)->out);
    if (dx) memcpy(dx, net->gradient[0], n * each * sizeof *dx);
    return 0;
}

/* --- what a net is ---------------------------------------------------------------------------- */

const char *lint_net_text(const lint_net *net) {
    return net->text;
}

size_t lint_net_height(const lint_net *net) {
    return lint_net_layer(net, 0)->out.h;
}

size_t lint_net_width(const lint_net *net) {
    return lint_net_layer(net, 0)->out.w;
}

size_t lint_net_classes(const lint_net *net) {
    return net->classes;
}

size_t lint_net_batch(const lint_net *net) {
    return net->batch;
}

size_t lint_net_cam_height(const lint_net *net) {
    return lint_net_map_shape(net).h;
}

size_t lint_net_cam_width(const lint_net *net) {
    return lint_net_map_shape(net).w;
}

size_t lint_net_cam_channels(const lint_net *net) {
    return lint_net_map_shape(net).c;
}

size_t lint_net_channels(const lint_net *net) {
    return lint_net_layer(net, 0)->out.c;
}

int lint_net_is_encoder(const lint_net *net) {
    return net->chain.input.mask;
}

int lint_net_is_head(const lint_net *net) {
    return net->chain.input.features;
}
