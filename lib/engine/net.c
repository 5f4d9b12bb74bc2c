#include "engine/buffer_plan.h"
#include "engine/net_parts.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* --- memory ----------------------------------------------------------------------------------- */

/* Buffers are zeroed, so what memory cannot hold beside the layers' own must be refused before: a
 * system that promises more memory than it has ends the program instead. */
static int fits_machine(const lint_net *net, size_t floats) {
    size_t most = lint_net_layer(net, net->chain.count - 1)->memory / sizeof(float);
    return net->floats <= most && floats <= most - net->floats;
}

static int out_of_memory(const lint_net *net, lint_err *e) {
    return lint_fail(e, "out of memory for batches of %zu images", net->batch);
}

/* The first touch of a page is dear: small buffers share blocks of 2 MB, which lint_floats puts on
 * large pages. The address sanitizer is to see where each one ends. */
enum { BLOCK = (1 << 21) / sizeof(float), LINE = 64 / sizeof(float) };
#ifdef LINT_SANITIZE
enum { SMALL = 0 };
#else
enum { SMALL = BLOCK / 2 };
#endif

static float *own(lint_net *net, size_t count) {
    float **more = realloc(net->owned, (net->owneds + 1) * sizeof *more);
    if (more) net->owned = more;
    float *p = more && fits_machine(net, count) ? lint_floats(count) : NULL;
    if (!p) return NULL;
    net->floats += count;
    return net->owned[net->owneds++] = p;
}

float *lint_net_floats(lint_net *net, size_t count, lint_err *e) {
    float *p = NULL;
    if (count > SMALL) {
        p = own(net, count);
    } else {
        size_t taken = (count + LINE) / LINE * LINE;
        if (taken > net->left && (net->block = own(net, BLOCK))) net->left = BLOCK;
        if (taken <= net->left) {
            p = net->block;
            net->block += taken;
            net->left -= taken;
        }
    }
    if (!p) out_of_memory(net, e);
    return p;
}

float *lint_net_buffer(lint_net *net, size_t each, lint_err *e) {
    size_t n;
    if (!__builtin_mul_overflow(each, net->batch, &n)) return lint_net_floats(net, n, e);
    out_of_memory(net, e);
    return NULL;
}

size_t lint_net_largest(const lint_net *net, size_t from, size_t to) {
    size_t most = 0;
    for (size_t i = from; i < to; i++) {
        size_t in = lint_shape_count(lint_net_layer(net, i)->in);
        size_t out = lint_shape_count(lint_net_layer(net, i)->out);
        if (in > most) most = in;
        if (out > most) most = out;
    }
    return most;
}

/* Takes the slots of a plan and points buffer[i] of layer i to that of item[root[i]]; item j is of
 * layer which[j]. */
static int take_slots(lint_net *net, lint_buffer *item, size_t items, float **slot, lint_err *e) {
    size_t *size = calloc(items + 1, sizeof *size);
    if (!size) return lint_fail_mem(e, "memory plan");
    size_t slots = lint_buffer_plan(item, items, size);
    int err = 0;
    for (size_t s = 0; s < slots && !err; s++)
        err = (slot[s] = lint_net_buffer(net, size[s], e)) == NULL;
    free(size);
    return err ? -1 : 0;
}

/* Whether a layer's value (or its gradient) goes through memory; see conv_rows.c. */
static int is_stored(const lint_layer *l, int gradient) {
    return !l->inlined && !(gradient && l->after);
}

/* One buffer for each root: layers whose root is the same share it at the same time. last[i] is the
 * step at which the buffer of layer i is used last, first[i] the first. Order: the layers by rising
 * `first`, which is their own order, or, downward, the opposite. */
static int place(lint_net *net, const size_t *root, const size_t *first, const size_t *last,
                 int downward, float **buffer, lint_err *e) {
    size_t n = net->chain.count, items = 0;
    lint_buffer *item = calloc(n, sizeof *item);
    size_t *of = calloc(n, sizeof *of);
    float **slot = calloc(n, sizeof *slot);
    int err = !item || !of || !slot ? lint_fail_mem(e, "memory plan") : 0;
    for (size_t k = 0; k < n && !err; k++) {
        size_t i = downward ? n - 1 - k : k;
        if (root[i] == i) {
            of[i] = items;
            item[items++] = (lint_buffer){.begin = first[i]};
        }
        lint_buffer *it = &item[of[root[i]]];
        size_t floats = is_stored(lint_net_layer(net, i), downward)
                            ? lint_shape_count(lint_net_layer(net, i)->out)
                            : 0;
        if (floats > it->floats) it->floats = floats;
        if (last[i] > it->end) it->end = last[i];
    }
    if (!err) err = take_slots(net, item, items, slot, e);
    for (size_t i = 0; i < n && !err; i++)
        buffer[i] = slot[item[of[root[i]]].slot];
    free(item);
    free(of);
    free(slot);
    return err ? -1 : 0;
}

/* Whether layer i may write over what it reads: nobody else reads that, no backward needs it, and
 * it is not the features, which the maps are read from (flatten does not write). */
static int over_input(const lint_net *net, size_t i, size_t features_root, const size_t *root) {
    const lint_layer *l = lint_net_layer(net, i);
    if (!i || !l->kind->in_place || net->readers[l->from] > 1) return 0;
    if (lint_net_layer(net, l->from)->kind->keeps_y) return 0;
    return l->kind == &lint_layer_flatten || root[l->from] != features_root;
}

/* Training keeps every activation for backward. Inference keeps those of the head (its switches);
 * before the mark an activation lives until its last reader has run. */
static int place_activations(lint_net *net, size_t *root, size_t *first, size_t *last,
                             lint_err *e) {
    size_t n = net->chain.count, cam = net->chain.cam, features = n;
    for (size_t i = 0; i < n; i++) {
        const lint_layer *l = lint_net_layer(net, i);
        root[i] = over_input(net, i, features, root) ? root[l->from] : i;
        if (i + 1 == cam) features = root[i];
        first[i] = last[i] = i;
        if (i) last[l->from] = i;
        if (l->kind->joins) last[l->also] = i;
        if (l->maker) last[l->maker->from] = i;
        if (l->fed) first[i] = l->from; /* what feeds it may begin to write its y */
    }
    for (size_t i = 0; i < n; i++)
        if (net->mode == LINT_NET_TRAIN || i + 1 >= cam) last[i] = n;
    if (place(net, root, first, last, 0, net->value, e) < 0) return -1;
    if (cam) net->features = net->value[cam - 1];
    return 0;
}

/* The gradient of a value is born when its last reader goes backward and dies with its maker's. */
static int place_gradients(lint_net *net, size_t *root, size_t *first, size_t *last, lint_err *e) {
    size_t n = net->chain.count, spare = 0;
    if (net->mode == LINT_NET_INFER) return 0;
    for (size_t i = n; i-- > 0;) {
        const lint_layer *l = lint_net_layer(net, i);
        if (i + 1 == n) root[i] = i;
        last[i] = n - 1 - i;
        if (!i) break;
        int over = l->kind->in_place || l->kind->dx_over_dy;
        int alone =
            net->readers[l->from] == 1 && lint_shape_count(l->in) == lint_shape_count(l->out);
        root[l->from] = over && alone ? root[i] : l->from;
        if (net->readers[l->from] > 1 && !l->kind->adds && lint_shape_count(l->in) > spare)
            spare = lint_shape_count(l->in);
        if (l->kind->joins) root[l->also] = l->also;
    }
    for (size_t i = n; i-- > 0;) {
        const lint_layer *l = lint_net_layer(net, i);
        if (i + 1 == n) first[i] = 0;
        if (!i) break;
        if (!net->written[l->from]++) first[l->from] = n - 1 - i;
        if (l->kind->joins && !net->written[l->also]++) first[l->also] = n - 1 - i;
        if (l->fed) last[i] = last[l->from]; /* it makes its dx only then */
    }
    if (spare && !(net->spare = lint_net_buffer(net, spare, e))) return -1;
    return place(net, root, first, last, 1, net->gradient, e);
}

static int place_all(lint_net *net, lint_err *e) {
    size_t n = net->chain.count;
    size_t *work = calloc(3 * n, sizeof *work);
    net->value = calloc(n, sizeof *net->value);
    net->gradient = calloc(n, sizeof *net->gradient);
    net->written = calloc(n, sizeof *net->written);
    net->readers = calloc(n, sizeof *net->readers);
    int err = 0;
    if (!work || !net->value || !net->gradient || !net->written || !net->readers)
        err = lint_fail_mem(e, "layers");
    for (size_t i = 1; i < n && !err; i++) {
        net->readers[lint_net_layer(net, i)->from]++;
        if (lint_net_layer(net, i)->kind->joins) net->readers[lint_net_layer(net, i)->also]++;
    }
    if (!err) err = place_activations(net, work, work + n, work + 2 * n, e);
    if (!err) err = place_gradients(net, work, work + n, work + 2 * n, e);
    free(work);
    return err;
}

/* What layers borrow for a pass: as much as the hungriest of them. */
static int take_scratch(lint_net *net, lint_err *e) {
    size_t scratch = 0, workspace = 0, workers = (size_t)lint_threads_count(net->pool);
    for (size_t i = 0; i < net->chain.count; i++) {
        const lint_layer *l = lint_net_layer(net, i);
        if (l->scratch > scratch) scratch = l->scratch;
        if (l->workspace > workspace) workspace = l->workspace;
    }
    net->scratch = calloc(workers, sizeof *net->scratch);
    if (!net->scratch) return lint_fail_mem(e, "scratch");
    for (size_t w = 0; w < workers; w++)
        if (!(net->scratch[w] = lint_net_floats(net, scratch, e))) return -1;
    return (net->workspace = lint_net_floats(net, workspace, e)) ? 0 : -1;
}

/* --- building --------------------------------------------------------------------------------- */

static int build(lint_net *net, const char *text, const char *name, lint_err *e) {
    const lint_chain_options o = {net->classes, net->batch, net->mode == LINT_NET_TRAIN};
    net->text = strdup(text);
    net->cost = calloc(net->batch, sizeof *net->cost);
    net->entropy = calloc(net->batch, sizeof *net->entropy);
    net->weight = calloc(net->batch, sizeof *net->weight);
    if (!net->text || !net->cost || !net->entropy || !net->weight) return lint_fail_mem(e, name);
    if (lint_chain_parse(&net->chain, text, name, &o, e) < 0) return -1;
    net->classes = lint_net_last(net)->out.c;
    if (place_all(net, e) < 0 || take_scratch(net, e) < 0 || lint_net_cam_new(net, e) < 0)
        return lint_err_prefix(e, "%s: ", name);
    return lint_net_list_params(net, e);
}

lint_net *lint_net_new(const char *text, const char *name, size_t classes, size_t batch,
                       lint_net_mode mode, lint_threads *pool, lint_err *e) {
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
    int err;
    if (classes < 1 || batch < 1)
        err = lint_fail(e, "%s: expected at least one class and one image a batch", name);
    else if (!net->k)
        err = lint_fail(e,
                        "LINT_ISA=%s: this processor or build has no such instruction set "
                        "(expected v2, v3 or v4)",
                        getenv("LINT_ISA"));
    else
        err = build(net, text, name, e);
    if (!err) return net;
    lint_net_free(net);
    return NULL;
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
    free(net->u);
    free(net->cost);
    free(net->entropy);
    free(net->weight);
    free(net->param);
    free(net->owner);
    free(net->seconds);
    free(net->text);
    free(net);
}

void lint_net_init(lint_net *net, uint64_t seed) {
    net->seed = seed;
    for (size_t i = 0; i < net->chain.count; i++) {
        /* By name: the same first weights wherever the layer stands among others. */
        lint_layer *l = lint_net_layer(net, i);
        lint_rng r = lint_rng_at(seed, LINT_RNG_INIT, lint_hash(l->name, strlen(l->name), 0), 0);
        if (l->kind->init) l->kind->init(l, &r);
    }
}

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

int lint_net_is_encoder(const lint_net *net) {
    return lint_net_layer(net, 0)->out.c == 1;
}

/* --- passes ----------------------------------------------------------------------------------- */

static lint_pass pass_of(const lint_net *net, size_t n, int training) {
    return (lint_pass){.k = net->k,
                       .pool = net->pool,
                       .n = n,
                       .training = training,
                       .seed = net->seed,
                       .scratch = net->scratch,
                       .workspace = net->workspace};
}

static lint_pass pass_of_batch(const lint_net *net, const lint_batch *b, int training) {
    lint_pass p = pass_of(net, b->n, training);
    p.image = b->image;
    p.step = b->step;
    return p;
}

static void forward(lint_net *net, const lint_pass *p) {
    for (size_t i = 0; i < net->chain.count; i++) {
        lint_layer *l = lint_net_layer(net, i);
        l->x = i ? net->value[l->from] : NULL;
        l->x2 = l->kind->joins ? net->value[l->also] : NULL;
        l->y = net->value[i];
    }
    for (size_t i = 0; i < net->chain.count; i++) {
        lint_layer *l = lint_net_layer(net, i);
        if (l->inlined) continue;
        double began = lint_net_clock(net);
        l->kind->forward(l, p);
        lint_net_clocked(net, i, LINT_FORWARD, began);
    }
}

/* Nobody reads the gradient to a picture, nor what only frozen layers have made; that to a mask
 * moves the map behind it. */
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
    double began = lint_net_clock(net);
    l->kind->backward(l, p);
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
        if (wanted(net, i) && !lint_net_layer(net, i)->inlined) backward_layer(net, p, i);
}

/* --- what is done with a net ------------------------------------------------------------------ */

static int check_batch(const lint_net *net, const lint_batch *b, lint_err *e) {
    if (lint_net_is_encoder(net)) return lint_fail(e, "the network's input is a mask, no image");
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

int lint_net_step(lint_net *net, const lint_batch *b, const lint_loss *loss, lint_loss_sum *sum,
                  lint_err *e) {
    if (net->mode != LINT_NET_TRAIN) return lint_fail(e, "the network was built for inference");
    if (check_batch(net, b, e) < 0 || check_loss(net, b, loss, e) < 0) return -1;
    lint_pass p = pass_of_batch(net, b, 1);
    size_t cam_at = net->chain.cam, count = net->chain.count;
    forward(net, &p);
    double divisor = lint_net_entropy(net, b, loss, sum), cam = 0;
    if (loss->reweigh) divisor = loss->reweigh(loss->reweigh_ctx, b, net->entropy, net->weight);
    double ce = lint_net_entropy_mean(net, b, divisor);
    if (loss->cam != LINT_CAM_NONE) cam = lint_net_cam_loss(net, &p, b, loss, sum);
    lint_net_entropy_gradient(net, b, loss->ce_weight, divisor, net->gradient[count - 1]);
    backward(net, &p, cam_at ? cam_at : 1, count);
    if (loss->cam != LINT_CAM_NONE && loss->cam_weight != 0)
        lint_net_cam_gradient(net, &p, b, loss, ce, cam, net->gradient[cam_at - 1]);
    if (cam_at) backward(net, &p, 1, cam_at);
    return 0;
}

int lint_net_run(lint_net *net, const lint_batch *b, float *logits, float *cam, lint_err *e) {
    if (check_batch(net, b, e) < 0) return -1;
    if (cam && !net->chain.cam) return lint_fail(e, "the network has no 'cam' line, so no maps");
    lint_pass p = pass_of_batch(net, b, 0);
    forward(net, &p);
    if (logits) memcpy(logits, lint_net_last(net)->y, b->n * net->classes * sizeof *logits);
    if (cam) lint_net_cam_maps(net, &p, cam);
    return 0;
}

int lint_net_score(lint_net *net, const lint_batch *b, const lint_loss *loss, float *logits,
                   lint_loss_sum *sum, lint_err *e) {
    if (check_batch(net, b, e) < 0 || check_loss(net, b, loss, e) < 0) return -1;
    lint_pass p = pass_of_batch(net, b, 0);
    forward(net, &p);
    if (logits) memcpy(logits, lint_net_last(net)->y, b->n * net->classes * sizeof *logits);
    lint_net_entropy(net, b, loss, sum);
    if (loss->cam != LINT_CAM_NONE) lint_net_cam_loss(net, &p, b, loss, sum);
    return 0;
}

/* --- encoders --------------------------------------------------------------------------------- */

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
