/* min_cut: the cheapest division of a graph between a source and a sink.
 *
 * Dinic's maximum flow (1970), for graphs of some hundred nodes. Capacities are integers, so the
 * answer is exact and the same everywhere. Of several cheapest cuts it takes the one with the
 * smallest source side.
 *
 *     lint_graph *g = lint_graph_new(2, 1, &e);
 *     lint_graph_terminal(g, 0, 10);      // node 0 belongs to the source
 *     lint_graph_terminal(g, 1, -3);      // node 1 rather to the sink
 *     lint_graph_edge(g, 0, 1, 5);        // dividing them costs 5
 *     uint8_t side[2];
 *     lint_graph_cut(g, side);            // side[i] is 1 on the source's side
 *     lint_graph_free(g);
 */
#ifndef LINT_PICTURE_MIN_CUT_H
#define LINT_PICTURE_MIN_CUT_H

#include "base/err.h"
#include <stdint.h>

typedef struct lint_graph lint_graph;

/* `edges` is how many calls of lint_graph_edge may follow; lint_graph_terminal is to be called at
 * most once a node. */
lint_graph *lint_graph_new(int nodes, int edges, lint_err *e);
void lint_graph_free(lint_graph *g);

void lint_graph_terminal(lint_graph *g, int node, int64_t favor);
void lint_graph_edge(lint_graph *g, int a, int b, int64_t cost);

/* side [nodes]. The graph is used up. */
void lint_graph_cut(lint_graph *g, uint8_t *side);

#endif
