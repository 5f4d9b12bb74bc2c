/* The net's parameters by name. Declared in net.h and net_parts.h. */
#include "engine/net_parts.h"

#include <stdlib.h>
#include <string.h>

static int has_weights(const lint_layer *l) {
    return l->weights > 0 && !l->frozen;
}

static size_t lowest(const lint_net *net) {
    size_t i = 0;
    while (i < net->chain.count && !has_weights(lint_net_layer(net, i)))
        i++;
    return i;
}

int lint_net_list_params(lint_net *net, lint_err *e) {
    net->param = calloc(net->chain.count * LINT_LAYER_WEIGHTS, sizeof *net->param);
    net->owner = calloc(net->chain.count * LINT_LAYER_WEIGHTS, sizeof *net->owner);
    if (!net->param || !net->owner) return lint_fail_mem(e, "parameters");
    for (size_t i = 0; i < net->chain.count; i++)
        for (size_t w = 0; w < lint_net_layer(net, i)->weights; w++) {
            net->owner[net->params] = lint_net_layer(net, i);
            net->param[net->params++] = &lint_net_layer(net, i)->weight[w];
        }
    net->lowest = lowest(net);
    return 0;
}

size_t lint_net_params(const lint_net *net) {
    return net->params;
}

lint_param lint_net_param(const lint_net *net, size_t i) {
    const lint_weights *w = net->param[i];
    return (lint_param){w->name, w->value, net->owner[i]->frozen ? NULL : w->grad, w->count};
}

size_t lint_net_freeze(lint_net *net, const char *prefix) {
    size_t found = 0;
    for (size_t i = 0; i < net->params; i++)
        if (strncmp(net->param[i]->name, prefix, strlen(prefix)) == 0) {
            net->owner[i]->frozen = 1;
            found++;
        }
    net->lowest = lowest(net);
    return found;
}

size_t lint_net_freeze_batchnorms(lint_net *net) {
    size_t found = 0;
    for (size_t i = 0; i < net->chain.count; i++) {
        lint_layer *l = lint_net_layer(net, i);
        if (l->kind != &lint_layer_batchnorm) continue;
        l->frozen = 1;
        found++;
    }
    net->lowest = lowest(net);
    return found;
}

const char *lint_net_single_value_norm(const lint_net *net) {
    for (size_t i = 0; i < net->chain.count; i++) {
        const lint_layer *l = lint_net_layer(net, i);
        if (l->kind == &lint_layer_batchnorm && !l->frozen && l->in.h * l->in.w == 1)
            return l->name;
    }
    return NULL;
}

int lint_net_store_as(const lint_net *net, const float *kept, const char *before, lint_frame *f,
                      lint_err *e) {
    for (size_t i = 0; i < net->params; i++) {
        const lint_weights *w = net->param[i];
        uint64_t shape[4];
        char name[sizeof w->name + 16];
        if (snprintf(name, sizeof name, "%s%s", before, w->name) >= (int)sizeof name)
            return lint_fail(e, "'%s%s' is too long a name", before, w->name);
        for (size_t r = 0; r < w->rank; r++)
            shape[r] = w->shape[r];
        lint_tensor *t = lint_frame_add(f, name, LINT_F32, w->rank, shape, e);
        if (!t) return -1;
        lint_weights_reorder(w, kept ? kept : w->value, t->data, 1);
        if (kept) kept += w->count;
    }
    return 0;
}

int lint_net_store(const lint_net *net, lint_frame *f, lint_err *e) {
    return lint_net_store_as(net, NULL, "", f, e);
}

/* Compares bits, since the compiler can vectorise that maximum; an exponent of ones is infinite or
 * NaN. */
static int all_finite(const float *v, size_t n) {
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, v + i, sizeof bits);
        bits &= 0x7fffffff;
        most = bits > most ? bits : most;
    }
    return most < 0x7f800000;
}

static int load_one(lint_weights *w, const lint_frame *f, lint_err *e) {
    uint64_t shape[4];
    for (size_t r = 0; r < w->rank; r++)
        shape[r] = w->shape[r];
    const lint_tensor *t = lint_frame_need(f, w->name, LINT_F32, w->rank, shape, e);
    if (!t) return -1;
    const float *v = t->data;
    if (!all_finite(v, w->count))
        return lint_fail(e, "'%s' has a value that is not finite", w->name);
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
