/* net_graph: a net as a list of nodes with their numbers, for programs that compute it elsewhere.
 *
 * The nodes are those of inference: dropout is left out, and layers that the engine fuses stand
 * apart. A node reads the output of node `from`; add, concat and scale read that of `also`, too.
 * Weights lie in the model's file under PyTorch's names: NAME.weight, NAME.bias.
 *
 *     lint_net_graph g;
 *     if (lint_net_graph_new(&g, net, &e) < 0) ...
 *     for (size_t i = 0; i < g.count; i++)
 *         printf("%s %s\n", g.node[i].word, g.node[i].name);
 *     lint_net_graph_free(&g);
 */
#ifndef LINT_ENGINE_NET_GRAPH_H
#define LINT_ENGINE_NET_GRAPH_H

#include "engine/layers/layer.h"
#include "engine/net.h"

typedef struct lint_net_node {
    const char *word;   /* of the network file: "conv" */
    const char *name;   /* of its parameters; "" */
    size_t from, also;  /* nodes; 0 is the input */
    int joins;          /* reads `also` */
    int flat;           /* its output is a row of numbers: behind flatten or dense */
    lint_shape in, out; /* of an image; in: the shape of node `from`, maps for flatten */
    lint_geometry g;
    size_t after[2]; /* padding below and to the right that its windows reach into */
    int bias;        /* of conv and dense */
} lint_net_node;

typedef struct lint_net_graph {
    lint_net_node *node; /* the first is the input */
    size_t count;
    size_t cam; /* nodes up to the 'cam' line, whose last one the maps are read from; 0: no line */
    lint_net_input input;
    size_t classes;
} lint_net_graph;

/* The graph borrows names from the net, which has to live longer. */
int lint_net_graph_new(lint_net_graph *g, const lint_net *net, lint_err *e);
void lint_net_graph_free(lint_net_graph *g);

#endif
