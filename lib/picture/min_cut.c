#include "picture/min_cut.h"

#include <stdlib.h>

/* Every edge is two arcs, k and k ^ 1, one the way back of the other. */
typedef struct arc {
    int to, next; /* next arc from the same node, -1 at the end */
    int64_t room; /* what can still flow */
} arc;

struct lint_graph {
    int nodes, arcs, source, sink;
    arc *arc;
    int *first; /* of each node */
    int *level; /* steps from the source over arcs with room, -1 out of reach */
    int *at;    /* the arc that a search has come to */
    int *path;  /* nodes as a queue, or arcs from the source on */
};

lint_graph *lint_graph_new(int nodes, int edges, lint_err *e) {
    lint_graph *g = calloc(1, sizeof *g);
    size_t n = (size_t)nodes + 2, arcs = 2 * ((size_t)edges + (size_t)nodes);
    if (g) g->arc = malloc((arcs + 1) * sizeof *g->arc);
    if (g) g->first = malloc(4 * n * sizeof *g->first);
    if (!g || !g->arc || !g->first) {
        lint_graph_free(g);
        lint_fail_mem(e, "a graph");
        return NULL;
    }
    g->nodes = nodes, g->source = nodes, g->sink = nodes + 1;
    g->level = g->first + n, g->at = g->level + n, g->path = g->at + n;
    for (size_t i = 0; i < n; i++)
        g->first[i] = -1;
    return g;
}

void lint_graph_free(lint_graph *g) {
    if (!g) return;
    free(g->arc);
    free(g->first);
    free(g);
}

static void add_arc(lint_graph *g, int from, int to, int64_t room) {
    g->arc[g->arcs] = (arc){to, g->first[from], room};
    g->first[from] = g->arcs++;
}

void lint_graph_terminal(lint_graph *g, int node, int64_t favor) {
    int from = favor > 0 ? g->source : node, to = favor > 0 ? node : g->sink;
    add_arc(g, from, to, favor > 0 ? favor : -favor);
    add_arc(g, to, from, 0);
}

void lint_graph_edge(lint_graph *g, int a, int b, int64_t cost) {
    add_arc(g, a, b, cost);
    add_arc(g, b, a, cost);
}

/* Whether the sink can be reached. */
static int find_levels(lint_graph *g) {
    int begin = 0, end = 0;
    for (int i = 0; i < g->nodes + 2; i++) {
        g->level[i] = -1;
        g->at[i] = g->first[i];
    }
    g->level[g->source] = 0;
    g->path[end++] = g->source;
    while (begin < end) {
        int here = g->path[begin++];
        for (int k = g->first[here]; k >= 0; k = g->arc[k].next) {
            int to = g->arc[k].to;
            if (g->arc[k].room <= 0 || g->level[to] >= 0) continue;
            g->level[to] = g->level[here] + 1;
            g->path[end++] = to;
        }
    }
    return g->level[g->sink] >= 0;
}

/* The next arc from `here` that leads one level on, -1 where there is none. */
static int next_arc(lint_graph *g, int here) {
    int k = g->at[here];
    while (k >= 0 && (g->arc[k].room <= 0 || g->level[g->arc[k].to] != g->level[here] + 1))
        k = g->arc[k].next;
    return g->at[here] = k;
}

/* Fills the path of `length` arcs; how many of them stay, up to the first that is full now. */
static int push(lint_graph *g, int length) {
    int64_t most = g->arc[g->path[0]].room;
    int keep = length;
    for (int i = 1; i < length; i++)
        if (g->arc[g->path[i]].room < most) most = g->arc[g->path[i]].room;
    for (int i = length - 1; i >= 0; i--) {
        g->arc[g->path[i]].room -= most;
        g->arc[g->path[i] ^ 1].room += most;
        if (g->arc[g->path[i]].room == 0) keep = i;
    }
    return keep;
}

/* Sends flow along shortest paths, depth first, and never tries an arc twice. */
static void fill_level(lint_graph *g) {
    int length = 0;
    for (;;) {
        int here = length ? g->arc[g->path[length - 1]].to : g->source;
        if (here == g->sink) {
            length = push(g, length);
            continue;
        }
        int k = next_arc(g, here);
        if (k >= 0) {
            g->path[length++] = k;
        } else if (length > 0) {
            g->level[here] = -1;
            length--;
        } else {
            return;
        }
    }
}

void lint_graph_cut(lint_graph *g, uint8_t *side) {
    while (find_levels(g))
        fill_level(g);
    for (int i = 0; i < g->nodes; i++)
        side[i] = g->level[i] >= 0;
}
