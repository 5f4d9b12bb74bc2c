/* What a net's passes cost. Declared in net.h and net_parts.h. */
#include "engine/net_parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double lint_net_macs(const lint_net *net, int training) {
    double all = 0, first = 0;
    for (size_t i = net->chain.count; i-- > 0;) {
        const lint_layer *l = lint_net_layer(net, i);
        all += l->macs;
        if (l->macs > 0) first = l->macs;
    }
    return training ? 3 * all - first : all;
}

int lint_net_profile(lint_net *net, lint_err *e) {
    size_t bytes = 2 * net->chain.count * sizeof *net->seconds;
    if (!net->seconds) net->seconds = malloc(bytes);
    if (!net->seconds) return lint_fail_mem(e, "times");
    memset(net->seconds, 0, bytes);
    return 0;
}

double lint_net_clock(const lint_net *net) {
    struct timespec t;
    if (!net->seconds) return 0;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void lint_net_clocked(lint_net *net, size_t layer, int direction, double began) {
    if (net->seconds) net->seconds[2 * layer + (size_t)direction] += lint_net_clock(net) - began;
}

size_t lint_net_layers(const lint_net *net) {
    return net->chain.count;
}

lint_net_time lint_net_time_of(const lint_net *net, size_t layer) {
    const lint_layer *l = lint_net_layer(net, layer);
    lint_net_time t = {.kind = l->kind->word, .name = l->name, .macs = l->macs};
    t.in = lint_shape_count(l->in) * (l->kind->joins ? 2 : 1);
    t.out = lint_shape_count(l->out);
    for (size_t w = 0; w < l->weights; w++)
        t.weights += l->weight[w].count;
    t.has_dx = layer > 0 && l->from >= net->lowest;
    if (net->seconds) {
        t.forward = net->seconds[2 * layer + LINT_FORWARD];
        t.backward = net->seconds[2 * layer + LINT_BACKWARD];
    }
    return t;
}
