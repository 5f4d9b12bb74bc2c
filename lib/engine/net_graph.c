#include "engine/net_graph.h"
#include "engine/net_parts.h"

#include <stdlib.h>
#include <string.h>

void lint_net_graph_free(lint_net_graph *g) {
    free(g->node);
    *g = (lint_net_graph){0};
}

/* The cells beyond the picture's end that the last window reaches. */
static void set_after(lint_net_node *n) {
    const size_t in[2] = {n->in.h, n->in.w}, out[2] = {n->out.h, n->out.w};
    for (int i = 0; i < 2 && n->g.taps[i]; i++) {
        size_t dilation = n->g.dilation ? n->g.dilation : 1;
        size_t end = (out[i] - 1) * n->g.stride[i] + (n->g.taps[i] - 1) * dilation + 1;
        n->after[i] = end > in[i] + n->g.pad[i] ? end - in[i] - n->g.pad[i] : 0;
    }
}

static int is_left_out(const lint_layer *l) {
    return l->kind == &lint_layer_dropout || l->kind == &lint_layer_stochasticdepth;
}

static lint_net_node node_of(const lint_layer *l, const size_t *at) {
    lint_net_node n = {.word = l->kind->word,
                       .name = l->name,
                       .from = at[l->from],
                       .joins = l->kind->joins,
                       .in = l->in,
                       .out = l->out};
    if (n.joins) n.also = at[l->also];
    n.bias = l->weights > 1;
    if (l->kind->describe) l->kind->describe(l, &n.g);
    return n;
}

/* The batchnorm's maximum, a node of its own again. */
static void unfuse_pool(lint_net_graph *g) {
    lint_net_node *norm = &g->node[g->count - 1], *pool = &g->node[g->count++];
    *pool = (lint_net_node){.word = lint_layer_maxpool.word,
                            .name = "",
                            .from = g->count - 2,
                            .in = norm->in,
                            .out = norm->out,
                            .g = {.taps = {2, 2}, .stride = {2, 2}}};
    norm->out = norm->in;
}

/* at[i]: the node that has the output of layer i. */
static void add_layers(lint_net_graph *g, const lint_net *net, size_t *at) {
    for (size_t i = 0; i < net->chain.count; i++) {
        const lint_layer *l = lint_net_layer(net, i);
        at[i] = at[l->from];
        if (is_left_out(l)) continue;
        g->node[g->count++] = node_of(l, at);
        if (l->kind == &lint_layer_batchnorm && g->node[g->count - 1].g.pooled) unfuse_pool(g);
        at[i] = g->count - 1;
    }
    if (net->chain.cam) g->cam = at[net->chain.cam - 1] + 1;
}

static void finish(lint_net_graph *g) {
    for (size_t i = 0; i < g->count; i++) {
        lint_net_node *n = &g->node[i];
        const lint_net_node *from = &g->node[n->from];
        if (i) n->in = from->out;
        n->flat = strcmp(n->word, "flatten") == 0 || strcmp(n->word, "dense") == 0;
        if (strncmp(n->word, "adaptive", 8) != 0) set_after(n);
        /* What does the same to each value keeps the row. */
        if (i && !n->flat && from->flat && !n->g.taps[0] && !n->joins) n->flat = 1;
        if (n->joins) n->flat = from->flat && g->node[n->also].flat;
    }
}

int lint_net_graph_new(lint_net_graph *g, const lint_net *net, lint_err *e) {
    size_t layers = net->chain.count, *at = calloc(layers, sizeof *at);
    *g = (lint_net_graph){.input = net->chain.input, .classes = net->classes};
    g->node = calloc(2 * layers, sizeof *g->node);
    int err = at && g->node ? 0 : lint_fail_mem(e, "a graph");
    if (!err) {
        add_layers(g, net, at);
        finish(g);
    } else {
        lint_net_graph_free(g);
    }
    free(at);
    return err;
}
