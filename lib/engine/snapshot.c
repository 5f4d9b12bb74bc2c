#include "engine/snapshot.h"

#include <stdlib.h>
#include <string.h>

float *lint_snapshot_new(const lint_net *net, lint_err *e) {
    size_t floats = 0;
    for (size_t i = 0; i < lint_net_params(net); i++)
        floats += lint_net_param(net, i).count;
    float *kept = calloc(floats + 1, sizeof *kept);
    if (!kept) lint_fail_mem(e, "a copy of the weights");
    return kept;
}

void lint_snapshot_take(const lint_net *net, float *kept) {
    for (size_t i = 0; i < lint_net_params(net); i++) {
        lint_param p = lint_net_param(net, i);
        memcpy(kept, p.value, p.count * sizeof *kept);
        kept += p.count;
    }
}

void lint_snapshot_restore(lint_net *net, const float *kept) {
    for (size_t i = 0; i < lint_net_params(net); i++) {
        lint_param p = lint_net_param(net, i);
        memcpy(p.value, kept, p.count * sizeof *kept);
        kept += p.count;
    }
}
