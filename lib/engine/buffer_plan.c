#include "engine/buffer_plan.h"

#include "base/grow.h"

#include <stdlib.h>

/* --- slots ------------------------------------------------------------------------------------ */

/* Whether slot `s` is free for buffer `i`: no earlier buffer in the order is still in use there. */
static int is_free(const lint_buffer *b, size_t i, size_t s) {
    for (size_t j = 0; j < i; j++)
        if (b[j].slot == s && b[j].end >= b[i].begin) return 0;
    return 1;
}

static int is_better(size_t floats, size_t size, size_t best) {
    if (size >= floats) return best < floats || size < best;
    return best < floats && size > best;
}

size_t lint_buffer_plan(lint_buffer *b, size_t n, size_t *size) {
    size_t slots = 0;
    for (size_t i = 0; i < n; i++) {
        size_t best = slots;
        for (size_t s = 0; s < slots; s++)
            if (is_free(b, i, s) && (best == slots || is_better(b[i].floats, size[s], size[best])))
                best = s;
        if (best == slots) size[slots++] = 0;
        if (size[best] < b[i].floats) size[best] = b[i].floats;
        b[i].slot = best;
    }
    return slots;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Buffers are zeroed, so those that do not fit into memory beside the layers' own must be refused
 * first: a system that promises more memory than it has would kill the program. */
static int fits_machine(const lint_net *net, size_t floats) {
    size_t most = lint_net_last(net)->memory / sizeof(float);
    return net->floats <= most && floats <= most - net->floats;
}

static int out_of_memory(const lint_net *net, lint_err *e) {
    return lint_fail(e, "out of memory for batches of %zu images", net->batch);
}

/* The first touch of a page is expensive, so small buffers share blocks of 2 MB, which lint_floats
 * puts on large pages. With the address sanitizer each buffer stands alone, so that overruns are
 * seen. */
enum { BLOCK = (1 << 21) / sizeof(float), LINE = 64 / sizeof(float) };
#ifdef LINT_SANITIZE
enum { SMALL = 0 };
#else
enum { SMALL = BLOCK / 2 };
#endif

static float *own(lint_net *net, size_t count, float *take(size_t)) {
    float **more = lint_grow(net->owned, net->owneds, &net->owned_room, sizeof *more);
    if (!more) return NULL;
    net->owned = more;
    float *p = fits_machine(net, count) ? take(count) : NULL;
    if (!p) return NULL;
    net->floats += count;
    return net->owned[net->owneds++] = p;
}

/* A part of the newest block, or of a new one. */
static float *share(lint_net *net, size_t count) {
    size_t taken = (count + LINE) / LINE * LINE;
    if (taken > net->left) {
        float *block = own(net, BLOCK, lint_floats);
        if (!block) return NULL;
        net->block = block;
        net->left = BLOCK;
    }
    float *p = net->block;
    net->block += taken;
    net->left -= taken;
    return p;
}

static float *take(lint_net *net, size_t count, float *large(size_t), lint_err *e) {
    float *p = count > SMALL ? own(net, count, large) : share(net, count);
    if (!p) out_of_memory(net, e);
    return p;
}

float *lint_net_floats(lint_net *net, size_t count, lint_err *e) {
    return take(net, count, lint_floats, e);
}

float *lint_net_buffer(lint_net *net, size_t each, lint_err *e) {
    size_t n;
    if (!__builtin_mul_overflow(each, net->batch, &n)) return take(net, n, lint_floats_unset, e);
    out_of_memory(net, e);
    return NULL;
}

/* --- when each layer's buffer is in use ------------------------------------------------------- */

/* For each layer's activation or gradient. Layers with the same root share one buffer throughout; a
 * root is its own root. first, last: the first and the last step that use the buffer. */
typedef struct lives {
    size_t *root, *first, *last;
} lives;

/* Whether a layer's value (or its gradient) goes through memory; see conv_rows.c, and lint_conv_epilogue. */
static int is_stored(const lint_net *net, const lint_layer *l, int gradient) {
    int passed_on = net->mode == LINT_NET_INFER && (l->epilogue[0] || l->consumer || l->sum);
    return !l->is_producer && !passed_on && !(gradient && l->consumer);
}

/* What assign_slots works with: one buffer for each root, of[i] for root i. */
typedef struct assignment {
    lint_buffer *buffer;
    size_t buffers, *of, *size;
    float **slot;
} assignment;

static void list_buffers(const lint_net *net, const lives *v, int backward, assignment *a) {
    size_t n = net->chain.count;
    for (size_t k = 0; k < n; k++) {
        size_t i = backward ? n - 1 - k : k;
        const lint_layer *l = lint_net_layer(net, i);
        if (v->root[i] == i) {
            a->of[i] = a->buffers;
            a->buffer[a->buffers++] = (lint_buffer){.begin = v->first[i]};
        }
        lint_buffer *b = &a->buffer[a->of[v->root[i]]];
        size_t floats = is_stored(net, l, backward) ? lint_shape_count(l->out) : 0;
        if (floats > b->floats) b->floats = floats;
        if (v->last[i] > b->end) b->end = v->last[i];
    }
}

static int take_slots(lint_net *net, const lives *v, int backward, assignment *a, float **to,
                      lint_err *e) {
    list_buffers(net, v, backward, a);
    size_t slots = lint_buffer_plan(a->buffer, a->buffers, a->size);
    for (size_t s = 0; s < slots; s++)
        if (!(a->slot[s] = lint_net_buffer(net, a->size[s], e))) return -1;
    for (size_t i = 0; i < net->chain.count; i++)
        to[i] = a->slot[a->buffer[a->of[v->root[i]]].slot];
    return 0;
}

/* Points to[i] to the memory of layer i. `first` rises with the layers, or, backward, falls. */
static int assign_slots(lint_net *net, const lives *v, int backward, float **to, lint_err *e) {
    size_t n = net->chain.count;
    assignment a = {.buffer = calloc(n, sizeof *a.buffer),
                    .of = calloc(n, sizeof *a.of),
                    .size = calloc(n, sizeof *a.size),
                    .slot = calloc(n, sizeof *a.slot)};
    int err = a.buffer && a.of && a.size && a.slot ? take_slots(net, v, backward, &a, to, e)
                                                   : lint_fail_mem(e, "memory plan");
    free(a.buffer);
    free(a.of);
    free(a.size);
    free(a.slot);
    return err;
}

/* Whether layer i may overwrite its input: no other layer and no backward pass reads that, and it
 * is not the features, from which the maps are computed (flatten writes nothing). */
static int writes_over_input(const lint_net *net, size_t i, size_t features_root,
                             const size_t *root) {
    const lint_layer *l = lint_net_layer(net, i);
    if (!i || !l->kind->in_place || net->readers[l->from] > 1) return 0;
    if (lint_net_layer(net, l->from)->kind->keeps_y) return 0;
    return l->kind == &lint_layer_flatten || root[l->from] != features_root;
}

/* Step i is layer i's. Training keeps every activation for backward. Inference keeps those of the
 * head (its switches); before `cam` an activation lives until its last reader has run. */
static int plan_activations(lint_net *net, const lives *v, lint_err *e) {
    size_t n = net->chain.count, cam = net->chain.cam, features = n;
    for (size_t i = 0; i < n; i++) {
        const lint_layer *l = lint_net_layer(net, i);
        v->root[i] = writes_over_input(net, i, features, v->root) ? v->root[l->from] : i;
        if (i + 1 == cam) features = v->root[i];
        v->first[i] = v->last[i] = i;
        if (i) v->last[l->from] = i;
        if (l->kind->joins) v->last[l->also] = i;
        for (const lint_layer *m = l->producer; m; m = m->producer)
            v->last[m->from] = i;
        if (l->is_consumer) v->first[i] = l->from; /* its y may begin while its input is made */
        if (l->is_epilogue || (l->is_done && !l->trains))
            v->first[i] = v->first[l->from]; /* the convolution writes it */
    }
    for (size_t i = 0; i < n; i++)
        if (net->mode == LINT_NET_TRAIN || i + 1 >= cam) v->last[i] = n;
    if (assign_slots(net, v, 0, net->value, e) < 0) return -1;
    if (cam) net->features = net->value[cam - 1];
    return 0;
}

/* Decides which gradients share memory: dx may overwrite dy if the kind allows it and no other
 * layer adds to dx. Returns the floats of the largest gradient that needs the spare buffer. */
static size_t share_gradients(const lint_net *net, size_t *root) {
    size_t n = net->chain.count, spare = 0;
    root[n - 1] = n - 1;
    for (size_t i = n; i-- > 1;) {
        const lint_layer *l = lint_net_layer(net, i);
        size_t in = lint_shape_count(l->in), readers = net->readers[l->from];
        int over = l->kind->in_place || l->kind->dx_over_dy;
        int alone = readers == 1 && in == lint_shape_count(l->out);
        root[l->from] = over && alone ? root[i] : l->from;
        if (readers > 1 && !l->kind->adds && in > spare) spare = in;
        if (l->kind->joins) root[l->also] = l->also;
    }
    return spare;
}

/* Step n - 1 - i is layer i's. A value's gradient lives from the backward pass of the value's last
 * reader to that of the layer that computes the value. */
static int plan_gradients(lint_net *net, const lives *v, lint_err *e) {
    size_t n = net->chain.count;
    if (net->mode == LINT_NET_INFER) return 0;
    size_t spare = share_gradients(net, v->root);
    for (size_t i = 0; i < n; i++)
        v->last[i] = n - 1 - i;
    v->first[n - 1] = 0;
    for (size_t i = n; i-- > 1;) {
        const lint_layer *l = lint_net_layer(net, i);
        if (!net->written[l->from]++) v->first[l->from] = n - 1 - i;
        if (l->kind->joins && !net->written[l->also]++) v->first[l->also] = n - 1 - i;
        if (l->is_consumer) v->last[i] = v->last[l->from]; /* it makes its dx only then */
    }
    if (spare && !(net->spare = lint_net_buffer(net, spare, e))) return -1;
    return assign_slots(net, v, 1, net->gradient, e);
}

static void count_readers(lint_net *net) {
    for (size_t i = 1; i < net->chain.count; i++) {
        const lint_layer *l = lint_net_layer(net, i);
        net->readers[l->from]++;
        if (l->kind->joins) net->readers[l->also]++;
    }
}

static int plan_layers(lint_net *net, lint_err *e) {
    size_t n = net->chain.count;
    size_t *work = calloc(3 * n, sizeof *work);
    if (!work) return lint_fail_mem(e, "layers");
    const lives v = {work, work + n, work + 2 * n};
    count_readers(net);
    int err = plan_activations(net, &v, e) < 0 || plan_gradients(net, &v, e) < 0 ? -1 : 0;
    free(work);
    return err;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* What layers borrow for a pass: as much as the layer that needs most. */
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

int lint_net_plan_buffers(lint_net *net, lint_err *e) {
    size_t n = net->chain.count;
    net->value = calloc(n, sizeof *net->value);
    net->gradient = calloc(n, sizeof *net->gradient);
    net->written = calloc(n, sizeof *net->written);
    net->readers = calloc(n, sizeof *net->readers);
    if (!net->value || !net->gradient || !net->written || !net->readers)
        return lint_fail_mem(e, "layers");
    return plan_layers(net, e) < 0 ? -1 : take_scratch(net, e);
}
