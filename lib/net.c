#include "net.h"

#include "camloss.h"
#include "netfile.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lint_net {
    char *text;
    size_t classes, batch;
    lint_net_mode mode;
    lint_pool *pool;
    const lint_kernels *k;
    lint_chain chain;

    float **owned;         /* every activation and gradient buffer, for freeing */
    size_t owneds, floats; /* buffers, and what they hold together */
    float *features;       /* at the cam mark [batch,h,w,F]; NULL without a mark */
    float *gradient[2];    /* backward's dy and dx, in turn; the largest activation each */
    float *dlogits;        /* [batch,K] */

    /* For the maps: u[i] is d(seed . logits) at the output of head layer i - 1, u[0] at the mark.
     */
    float **u;
    size_t heads;       /* layers behind the mark */
    float *v[2];        /* the jacobian's way back up, in turn */
    float *map;         /* [batch,h,w] */
    float *dmap;        /* [batch,h,w] */
    float *prior;       /* [batch,h,w], or [h,w] at its start for the centre prior */
    double prior_sigma; /* that `prior` was made for; 0: for none */
    double *value;      /* [batch] CAM loss of each image */
    double *entropy;    /* [batch] cross-entropy of each image */
    double *weight;     /* [batch] what it counts */

    lint_weights **param; /* all weights of all layers */
    size_t params;
};

/* --- building
 * ---------------------------------------------------------------------------------------- */

static lint_layer *layer(const lint_net *net, size_t i) {
    return &net->chain.layer[i];
}

static lint_layer *last(const lint_net *net) {
    return layer(net, net->chain.count - 1);
}

/* Buffers are zeroed, so a network that a file asks for and memory cannot hold must be refused
 * before: a system that promises more memory than it has ends the program instead. */
static int fits_machine(const lint_net *net, size_t floats) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages < 0 || page < 0) return 1;
    size_t most = (size_t)pages * (size_t)page / sizeof(float);
    return net->floats <= most && floats <= most - net->floats;
}

/* A buffer of `each` floats for each image of a batch. */
static float *buffer(lint_net *net, size_t each, lint_err *e) {
    float **more = realloc(net->owned, (net->owneds + 1) * sizeof *more);
    if (more) net->owned = more;
    size_t n;
    float *p = NULL;
    if (more && !__builtin_mul_overflow(each, net->batch, &n) && fits_machine(net, n))
        p = lint_floats(n);
    if (!p) {
        lint_fail(e, "out of memory for batches of %zu images", net->batch);
        return NULL;
    }
    net->floats += n;
    net->owned[net->owneds++] = p;
    return p;
}

static size_t largest(const lint_net *net, size_t from, size_t to) {
    size_t most = 0;
    for (size_t i = from; i < to; i++) {
        size_t in = lint_shape_count(layer(net, i)->in), out = lint_shape_count(layer(net, i)->out);
        if (in > most) most = in;
        if (out > most) most = out;
    }
    return most;
}

/* Whether layer i may write over its input: the maps are read from the features, so what comes
 * behind the mark leaves them alone. */
static int in_place(const lint_net *net, size_t i) {
    const lint_layer *l = layer(net, i);
    if (!l->kind->in_place) return 0;
    return l->kind == &lint_layer_flatten || net->features == NULL || l->x != net->features;
}

/* Training keeps every activation for backward. Inference needs those of the head (its switches);
 * before the mark two buffers in turn do. */
static int place_activations(lint_net *net, lint_err *e) {
    float *turn[2] = {NULL, NULL};
    size_t body = net->mode == LINT_NET_INFER ? net->chain.cam : 0;
    for (int i = 0; body && i < 2; i++)
        if (!(turn[i] = buffer(net, largest(net, 0, body), e))) return -1;
    float *x = NULL;
    for (size_t i = 0; i < net->chain.count; i++) {
        lint_layer *l = layer(net, i);
        l->x = x;
        if (i && in_place(net, i))
            l->y = x;
        else if (i < body)
            l->y = x == turn[0] ? turn[1] : turn[0];
        else if (!(l->y = buffer(net, lint_shape_count(l->out), e)))
            return -1;
        x = l->y;
        if (i + 1 == net->chain.cam) net->features = x;
    }
    return 0;
}

static int place_gradients(lint_net *net, lint_err *e) {
    if (net->mode == LINT_NET_INFER) return 0;
    size_t most = largest(net, 0, net->chain.count);
    for (int i = 0; i < 2; i++)
        if (!(net->gradient[i] = buffer(net, most, e))) return -1;
    return 0;
}

static int place_maps(lint_net *net, lint_err *e) {
    size_t cam = net->chain.cam, count = net->chain.count;
    if (!cam) return 0;
    net->heads = count - cam;
    net->u = calloc(net->heads + 1, sizeof *net->u);
    if (!net->u) return lint_fail_mem(e, "maps");
    for (size_t i = net->heads + 1; i-- > 0;) {
        size_t each = lint_shape_count(layer(net, cam + i - 1)->out);
        int shared = i < net->heads && layer(net, cam + i)->kind->in_place;
        net->u[i] = shared ? net->u[i + 1] : buffer(net, each, e);
        if (!net->u[i]) return -1;
    }
    lint_shape s = layer(net, cam - 1)->out;
    if (!(net->map = buffer(net, s.h * s.w, e)) || !(net->dmap = buffer(net, s.h * s.w, e)) ||
        !(net->prior = buffer(net, s.h * s.w, e)))
        return -1;
    size_t most = largest(net, cam, count);
    for (int i = 0; i < 2 && net->mode == LINT_NET_TRAIN; i++)
        if (!(net->v[i] = buffer(net, most, e))) return -1;
    return 0;
}

static int list_params(lint_net *net, lint_err *e) {
    net->param = calloc(net->chain.count * LINT_LAYER_WEIGHTS, sizeof *net->param);
    if (!net->param) return lint_fail_mem(e, "parameters");
    for (size_t i = 0; i < net->chain.count; i++)
        for (size_t w = 0; w < layer(net, i)->weights; w++)
            net->param[net->params++] = &layer(net, i)->weight[w];
    return 0;
}

static int build(lint_net *net, const char *text, const char *name, lint_err *e) {
    const lint_chain_options o = {net->classes, net->batch, net->mode == LINT_NET_TRAIN,
                                  lint_pool_threads(net->pool)};
    net->text = strdup(text);
    net->value = calloc(net->batch, sizeof *net->value);
    net->entropy = calloc(net->batch, sizeof *net->entropy);
    net->weight = calloc(net->batch, sizeof *net->weight);
    if (!net->text || !net->value || !net->entropy || !net->weight) return lint_fail_mem(e, name);
    if (lint_chain_parse(&net->chain, text, name, &o, e) < 0) return -1;
    net->classes = last(net)->out.c;
    if (place_activations(net, e) < 0 || place_gradients(net, e) < 0 || place_maps(net, e) < 0)
        return lint_err_prefix(e, "%s: ", name);
    if (!(net->dlogits = buffer(net, net->classes, e))) return -1;
    return list_params(net, e);
}

lint_net *lint_net_new(const char *text, const char *name, size_t classes, size_t batch,
                       lint_net_mode mode, lint_pool *pool, lint_err *e) {
    lint_net *net = calloc(1, sizeof *net);
    if (!net) {
        lint_fail_mem(e, name);
        return NULL;
    }
    net->classes = classes;
    net->batch = batch;
    net->mode = mode;
    net->pool = pool;
    net->k = lint_kernels_pick(NULL);
    /* Threads are ours: each of a layer's parts is one sgemm by one thread. */
    openblas_set_num_threads(1);
    int bad;
    if (classes < 1 || batch < 1)
        bad = lint_fail(e, "%s: expected at least one class and one image a batch", name);
    else if (!net->k)
        bad = lint_fail(e,
                        "LINT_ISA=%s: this processor or build has no such instruction set "
                        "(expected v2, v3 or v4)",
                        getenv("LINT_ISA"));
    else
        bad = build(net, text, name, e);
    if (!bad) return net;
    lint_net_free(net);
    return NULL;
}

void lint_net_free(lint_net *net) {
    if (!net) return;
    lint_chain_free(&net->chain);
    for (size_t i = 0; i < net->owneds; i++)
        free(net->owned[i]);
    free(net->owned);
    free(net->u);
    free(net->value);
    free(net->entropy);
    free(net->weight);
    free(net->param);
    free(net->text);
    free(net);
}

void lint_net_init(lint_net *net, uint64_t seed) {
    for (size_t i = 0; i < net->chain.count; i++) {
        /* By name: the same first weights wherever the layer stands among others. */
        const lint_layer *l = layer(net, i);
        lint_rng r = lint_rng_at(seed, LINT_RNG_INIT, lint_hash(l->name, strlen(l->name), 0), 0);
        if (l->kind->init) l->kind->init(layer(net, i), &r);
    }
}

const char *lint_net_text(const lint_net *net) {
    return net->text;
}

size_t lint_net_height(const lint_net *net) {
    return layer(net, 0)->out.h;
}

size_t lint_net_width(const lint_net *net) {
    return layer(net, 0)->out.w;
}

size_t lint_net_classes(const lint_net *net) {
    return net->classes;
}

size_t lint_net_batch(const lint_net *net) {
    return net->batch;
}

static lint_shape map_shape(const lint_net *net) {
    return net->chain.cam ? layer(net, net->chain.cam - 1)->out : (lint_shape){0, 0, 0};
}

size_t lint_net_cam_height(const lint_net *net) {
    return map_shape(net).h;
}

size_t lint_net_cam_width(const lint_net *net) {
    return map_shape(net).w;
}

size_t lint_net_params(const lint_net *net) {
    return net->params;
}

lint_param lint_net_param(const lint_net *net, size_t i) {
    const lint_weights *w = net->param[i];
    return (lint_param){w->name, w->value, w->grad, w->count};
}

/* --- passes
 * ------------------------------------------------------------------------------------------- */

static int check_batch(const lint_net *net, const lint_batch *b, lint_err *e) {
    if (lint_net_is_encoder(net)) return lint_fail(e, "the network's input is a mask, no image");
    if (b->n < 1 || b->n > net->batch)
        return lint_fail(e, "a batch of %zu images: expected 1 to %zu", b->n, net->batch);
    for (size_t i = 0; b->label && i < b->n; i++)
        if (b->label[i] < -1 || b->label[i] >= (int32_t)net->classes)
            return lint_fail(e, "label %d: expected -1 to %zu", (int)b->label[i], net->classes - 1);
    return 0;
}

static lint_pass pass_of(const lint_net *net, const lint_batch *b, int training) {
    return (lint_pass){net->k, net->pool, b->n, training, b->image, NULL};
}

static void forward(lint_net *net, const lint_pass *p) {
    for (size_t i = 0; i < net->chain.count; i++)
        layer(net, i)->kind->forward(layer(net, i), p);
}

/* Backward through layers [from, to), dy of the last of them given in gradient[*turn]; afterwards
 * gradient[*turn] is what arrives at the input of `from`. */
static void backward(lint_net *net, const lint_pass *p, size_t from, size_t to, int *turn) {
    for (size_t i = to; i-- > from;) {
        lint_layer *l = layer(net, i);
        l->dy = net->gradient[*turn];
        if (!l->kind->in_place) *turn ^= 1;
        /* Nobody reads the gradient to a picture; that to a mask moves the map behind it. */
        l->dx = i > 1 || lint_net_is_encoder(net) ? net->gradient[*turn] : NULL;
        l->kind->backward(l, p);
    }
}

/* --- cross-entropy
 * -------------------------------------------------------------------------------------- */

static double log_sum_exp(const float *z, size_t k) {
    double most = (double)z[0], sum = 0;
    for (size_t c = 1; c < k; c++)
        if (z[c] > z[0] && (double)z[c] > most) most = (double)z[c];
    for (size_t c = 0; c < k; c++)
        sum += exp((double)z[c] - most);
    return most + log(sum);
}

static double weight_of(const lint_loss *loss, const lint_batch *b, size_t i) {
    double w = loss->class_weight ? (double)loss->class_weight[b->label[i]] : 1;
    return b->weight ? w * (double)b->weight[i] : w;
}

static int is_best(const float *z, size_t k, int32_t label) {
    for (size_t c = 0; c < k; c++)
        if (!(z[c] < z[label]) && (int32_t)c != label)
            if (z[c] > z[label] || (int32_t)c < label || isnan(z[c])) return 0;
    return !isnan(z[label]);
}

/* Cross-entropy of the batch: of each image into net->entropy and its weight into net->weight,
 * what they come to into *sum. Returns the divisor of their weighted sum. */
static double cross_entropy(lint_net *net, const lint_batch *b, const lint_loss *loss,
                            lint_loss_sum *sum) {
    double weight = 0;
    for (size_t i = 0; i < b->n; i++) {
        net->entropy[i] = net->weight[i] = 0;
        if (b->label[i] < 0) continue;
        const float *z = last(net)->y + i * net->classes;
        net->entropy[i] = log_sum_exp(z, net->classes) - (double)z[b->label[i]];
        net->weight[i] = weight_of(loss, b, i);
        weight += net->weight[i];
        sum->ce += net->weight[i] * net->entropy[i];
        sum->n++;
        sum->correct += (size_t)is_best(z, net->classes, b->label[i]);
    }
    sum->weight += weight;
    return weight;
}

/* The mean that is minimised, of what cross_entropy left. */
static double mean_entropy(const lint_net *net, const lint_batch *b, double divisor) {
    double sum = 0;
    for (size_t i = 0; i < b->n; i++)
        sum += net->weight[i] * net->entropy[i];
    return divisor > 0 ? sum / divisor : 0;
}

/* d = ce_weight * gradient of the weighted mean by the logits; zero for unlabelled images. */
static void cross_entropy_gradient(const lint_net *net, const lint_batch *b, double ce_weight,
                                   double divisor, float *d) {
    memset(d, 0, b->n * net->classes * sizeof *d);
    for (size_t i = 0; i < b->n && divisor > 0; i++) {
        if (b->label[i] < 0) continue;
        const float *z = last(net)->y + i * net->classes;
        double lse = log_sum_exp(z, net->classes);
        double scale = ce_weight * net->weight[i] / divisor;
        for (size_t c = 0; c < net->classes; c++) {
            double p = exp((double)z[c] - lse) - ((int32_t)c == b->label[i] ? 1 : 0);
            d[i * net->classes + c] = (float)(scale * p);
        }
    }
}

/* --- maps
 * -----------------------------------------------------------------------------------------------
 */

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
        lint_layer *l = layer(net, net->chain.cam + i);
        l->kind->transpose(l, p, net->u[i + 1], net->u[i]);
    }
}

/* HiResCAM (Draelos and Carin 2020): features times their gradient, summed over channels. */
static void make_map(void *ctx, size_t i, int worker) {
    (void)worker;
    const map_job *j = ctx;
    lint_shape s = map_shape(j->net);
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
    lint_pool_run(net->pool, p->n, make_map, &j);
}

static const float *prior_of(const lint_net *net, const lint_loss *loss, size_t image) {
    lint_shape s = map_shape(net);
    return net->prior + (loss->prior == LINT_PRIOR_MASK ? image * s.h * s.w : 0);
}

static void score_map(void *ctx, size_t i, int worker) {
    (void)worker;
    const map_job *j = ctx;
    lint_net *net = j->net;
    lint_shape s = map_shape(net);
    size_t n = s.h * s.w;
    if (j->loss->prior == LINT_PRIOR_MASK && j->b->label[i] >= 0)
        lint_prior_mask(net->prior + i * n, s.h, s.w, j->b->mask[i], lint_net_height(net),
                        lint_net_width(net));
    memset(net->dmap + i * n, 0, n * sizeof *net->dmap);
    net->value[i] = 0;
    if (j->b->label[i] < 0) return;
    net->value[i] = lint_cam_value(j->loss->cam, n, prior_of(net, j->loss, i), net->map + i * n,
                                   net->dmap + i * n);
}

static void prepare_prior(lint_net *net, const lint_loss *loss) {
    lint_shape s = map_shape(net);
    if (loss->prior == LINT_PRIOR_MASK) {
        net->prior_sigma = 0;
    } else if (net->prior_sigma != loss->sigma) {
        lint_prior_center(net->prior, s.h, s.w, loss->sigma);
        net->prior_sigma = loss->sigma;
    }
}

/* Maps and CAM loss of the batch: net->map, net->dmap (by one image's loss) and the mean. */
static double cam_loss(lint_net *net, const lint_pass *p, const lint_batch *b,
                       const lint_loss *loss, lint_loss_sum *sum) {
    lint_shape s = map_shape(net);
    float *seed = net->u[net->heads];
    size_t labelled = 0;
    for (size_t i = 0; i < b->n; i++) {
        size_t label = b->label[i] < 0 ? 0 : (size_t)b->label[i];
        lint_cam_seed(loss->cam, net->classes, label, seed + i * net->classes);
    }
    maps_of_seed(net, p, net->map, s.h * s.w);
    prepare_prior(net, loss);
    map_job j = {.net = net, .b = b, .loss = loss};
    lint_pool_run(net->pool, b->n, score_map, &j);
    double total = 0;
    for (size_t i = 0; i < b->n; i++) {
        total += net->value[i];
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
    lint_shape s = map_shape(net);
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

static void cam_gradient(lint_net *net, const lint_pass *p, double scale, float *dfeatures) {
    map_job j = {.net = net, .scale = scale, .dfeatures = dfeatures};
    lint_pool_run(net->pool, p->n, cam_gradient_image, &j);
    int turn = 0;
    for (size_t i = 0; i < net->heads; i++) {
        lint_layer *l = layer(net, net->chain.cam + i);
        float *from = net->v[turn];
        if (!l->kind->in_place) turn ^= 1;
        l->kind->jacobian(l, p, from, net->u[i + 1], net->v[turn]);
    }
}

/* cam_weight / images, less what the cap of `radial` takes away. */
static double cam_scale(const lint_loss *loss, const lint_batch *b, double ce, double cam) {
    size_t labelled = 0;
    for (size_t i = 0; i < b->n; i++)
        labelled += b->label[i] >= 0;
    if (!labelled) return 0;
    double scale = loss->cam_weight / (double)labelled;
    if (loss->cam == LINT_CAM_RADIAL && loss->cap > 0 && cam > loss->cap * ce)
        scale *= loss->cap * ce / cam;
    return scale;
}

static int check_loss(const lint_net *net, const lint_batch *b, const lint_loss *loss,
                      lint_err *e) {
    if (!b->label) return lint_fail(e, "a batch without labels has no loss");
    if (loss->cam == LINT_CAM_NONE) return 0;
    if (!net->chain.cam) return lint_fail(e, "the network has no 'cam' line, so no CAM loss");
    if (loss->prior == LINT_PRIOR_MASK && !b->mask)
        return lint_fail(e, "the mask prior needs samples with a 'mask'");
    return 0;
}

/* --- what is done with a net
 * -------------------------------------------------------------------------- */

int lint_net_step(lint_net *net, const lint_batch *b, const lint_loss *loss, lint_loss_sum *sum,
                  lint_err *e) {
    if (net->mode != LINT_NET_TRAIN) return lint_fail(e, "the network was built for inference");
    if (check_batch(net, b, e) < 0 || check_loss(net, b, loss, e) < 0) return -1;
    lint_pass p = pass_of(net, b, 1);
    size_t cam_at = net->chain.cam;
    int turn = 0;
    forward(net, &p);
    double divisor = cross_entropy(net, b, loss, sum), cam = 0;
    if (loss->reweigh) divisor = loss->reweigh(loss->reweigh_ctx, b, net->entropy, net->weight);
    double ce = mean_entropy(net, b, divisor);
    if (loss->cam != LINT_CAM_NONE) cam = cam_loss(net, &p, b, loss, sum);
    cross_entropy_gradient(net, b, loss->ce_weight, divisor, net->gradient[0]);
    backward(net, &p, cam_at ? cam_at : 1, net->chain.count, &turn);
    if (loss->cam != LINT_CAM_NONE && loss->cam_weight != 0)
        cam_gradient(net, &p, cam_scale(loss, b, ce, cam), net->gradient[turn]);
    if (cam_at) backward(net, &p, 1, cam_at, &turn);
    return 0;
}

int lint_net_run(lint_net *net, const lint_batch *b, float *logits, float *cam, lint_err *e) {
    if (check_batch(net, b, e) < 0) return -1;
    if (cam && !net->chain.cam) return lint_fail(e, "the network has no 'cam' line, so no maps");
    lint_pass p = pass_of(net, b, 0);
    size_t k = net->classes;
    lint_shape s = map_shape(net);
    forward(net, &p);
    if (logits) memcpy(logits, last(net)->y, b->n * k * sizeof *logits);
    for (size_t c = 0; cam && c < k; c++) {
        float *seed = net->u[net->heads];
        for (size_t i = 0; i < b->n * k; i++)
            seed[i] = i % k == c;
        maps_of_seed(net, &p, cam + c * s.h * s.w, k * s.h * s.w);
    }
    return 0;
}

int lint_net_score(lint_net *net, const lint_batch *b, const lint_loss *loss, float *logits,
                   lint_loss_sum *sum, lint_err *e) {
    if (check_batch(net, b, e) < 0 || check_loss(net, b, loss, e) < 0) return -1;
    lint_pass p = pass_of(net, b, 0);
    forward(net, &p);
    if (logits) memcpy(logits, last(net)->y, b->n * net->classes * sizeof *logits);
    cross_entropy(net, b, loss, sum);
    if (loss->cam != LINT_CAM_NONE) cam_loss(net, &p, b, loss, sum);
    return 0;
}

/* --- encoders
 * -------------------------------------------------------------------------------------------- */

int lint_net_is_encoder(const lint_net *net) {
    return layer(net, 0)->out.c == 1;
}

static int check_encoder(const lint_net *net, size_t n, lint_err *e) {
    if (!lint_net_is_encoder(net)) return lint_fail(e, "the network's input is not a mask");
    if (n < 1 || n > net->batch)
        return lint_fail(e, "a batch of %zu masks: expected 1 to %zu", n, net->batch);
    return 0;
}

int lint_net_encode(lint_net *net, size_t n, const float *x, float *code, int training,
                    lint_err *e) {
    if (check_encoder(net, n, e) < 0) return -1;
    lint_pass p = {.k = net->k, .pool = net->pool, .n = n, .training = training, .value = x};
    forward(net, &p);
    memcpy(code, last(net)->y, n * net->classes * sizeof *code);
    return 0;
}

int lint_net_encode_back(lint_net *net, size_t n, const float *dcode, float *dx, lint_err *e) {
    if (net->mode != LINT_NET_TRAIN) return lint_fail(e, "the network was built for inference");
    if (check_encoder(net, n, e) < 0) return -1;
    lint_pass p = {.k = net->k, .pool = net->pool, .n = n, .training = 1};
    int turn = 0;
    memcpy(net->gradient[0], dcode, n * net->classes * sizeof *dcode);
    backward(net, &p, 1, net->chain.count, &turn);
    if (dx) memcpy(dx, net->gradient[turn], n * lint_shape_count(layer(net, 0)->out) * sizeof *dx);
    return 0;
}

/* --- parameters in a frame
 * ------------------------------------------------------------------------------ */

int lint_net_store(const lint_net *net, lint_frame *f, lint_err *e) {
    for (size_t i = 0; i < net->params; i++) {
        const lint_weights *w = net->param[i];
        uint64_t shape[4];
        for (size_t r = 0; r < w->rank; r++)
            shape[r] = w->shape[r];
        lint_tensor *t = lint_frame_add(f, w->name, LINT_F32, w->rank, shape, e);
        if (!t) return -1;
        lint_weights_reorder(w, w->value, t->data, 1);
    }
    return 0;
}

static int load_one(lint_weights *w, const lint_frame *f, lint_err *e) {
    uint64_t shape[4];
    for (size_t r = 0; r < w->rank; r++)
        shape[r] = w->shape[r];
    const lint_tensor *t = lint_frame_need(f, w->name, LINT_F32, w->rank, shape, e);
    if (!t) return -1;
    const float *v = t->data;
    for (size_t i = 0; i < w->count; i++)
        if (!isfinite(v[i])) return lint_fail(e, "'%s' has a value that is not finite", w->name);
    lint_weights_reorder(w, v, w->value, 0);
    return 0;
}

static int is_known(const lint_net *net, const char *name) {
    size_t len = strlen(name);
    static const char optional[] = ".num_batches_tracked";
    if (len >= sizeof optional - 1 && strcmp(name + len - (sizeof optional - 1), optional) == 0)
        return 1;
    for (size_t i = 0; i < net->params; i++)
        if (strcmp(net->param[i]->name, name) == 0) return 1;
    return 0;
}

int lint_net_load(lint_net *net, const lint_frame *f, lint_err *e) {
    for (size_t i = 0; i < f->count; i++)
        if (!is_known(net, f->tensors[i].name))
            return lint_fail(e, "'%s' is no parameter of this network", f->tensors[i].name);
    for (size_t i = 0; i < net->params; i++)
        if (load_one(net->param[i], f, e) < 0) return -1;
    return 0;
}
