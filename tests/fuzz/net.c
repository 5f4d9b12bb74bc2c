/* The text of a network from strangers: it is refused, or becomes a network that runs, trains, and
 * stores weights that it loads. */
#include "engine/net_table.h"
#include "support/fuzz.h"
#include "support/run_net.h"

#include <math.h>
#include <stdlib.h>

/* Large numbers can make weights that are not finite, which load refuses. */
static int is_finite(const lint_net *net) {
    for (size_t i = 0; i < lint_net_params(net); i++) {
        lint_param p = lint_net_param(net, i);
        for (size_t k = 0; k < p.count; k++)
            if (!isfinite(p.value[k])) return 0;
    }
    return 1;
}

static void store(lint_net *net) {
    lint_err e = {0};
    lint_frame f = {0};
    int err = lint_net_store(net, &f, &e);
    fuzz_told(err, &e);
    if (!err && is_finite(net) && lint_net_load(net, &f, &e) < 0) abort();
    lint_frame_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    int trains = (int)(n % 2);
    char *text = fuzz_text(bytes, n);
    lint_threads *pool = fuzz_pool();
    fuzz_begin();
    lint_net *net = lint_net_new(text, "fuzz", 2, FUZZ_BATCH,
                                 trains ? LINT_NET_TRAIN : LINT_NET_INFER, pool, &e);
    fuzz_told(net ? 0 : -1, &e);
    if (net && lint_net_macs(net, trains) < 1e6) { /* else it takes milliseconds */
        lint_net_init(net, 7);
        fuzz_run_net(net, trains);
        store(net);
    }
    lint_net_free(net);
    fuzz_told(lint_net_table(text, "fuzz", 2, fuzz_null(), &e), &e);
    fuzz_end(n, 0);
    free(text);
    return 0;
}
