/* Models and mask encoders from strangers. */
#include "engine/mask_encoder.h"
#include "stream/mapped.h"
#include "support/fuzz.h"
#include "support/run_net.h"

#include <stdlib.h>

static void judge(lint_mask_encoder *m) {
    size_t cells = lint_mask_encoder_height(m) * lint_mask_encoder_width(m);
    int32_t label[] = {0, 1};
    double value[2];
    if (cells > 1 << 12) return;
    float *map = calloc(2 * cells + 1, sizeof *map), *d = calloc(2 * cells + 1, sizeof *d);
    if (!map || !d) abort();
    for (size_t i = 0; i < 2 * cells; i++)
        map[i] = (float)(i % 3);
    lint_mask_encoder_loss(m, 2, label, map, value, d);
    free(map);
    free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    lint_mapped m;
    lint_threads *pool = fuzz_pool();
    const char *path = fuzz_file(bytes, n);
    fuzz_begin();
    int err = lint_mapped_load(&m, path, &e);
    fuzz_told(err, &e);
    if (!err) {
        lint_net *net = lint_model_build(&m.frame, "fuzz", FUZZ_BATCH, LINT_NET_INFER, pool, &e);
        fuzz_told(net ? 0 : -1, &e);
        if (net) fuzz_run_net(net, 0);
        lint_net_free(net);
        lint_mapped_free(&m);
        lint_mask_encoder *encoder = lint_mask_encoder_load(path, FUZZ_BATCH, pool, &e);
        fuzz_told(encoder ? 0 : -1, &e);
        if (encoder) judge(encoder);
        lint_mask_encoder_free(encoder);
    }
    fuzz_end(n, 0);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    return fuzz_mutate_frame(bytes, n, room, seed, NULL, 0);
}
