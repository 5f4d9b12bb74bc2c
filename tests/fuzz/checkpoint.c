/* Checkpoints from strangers, read into a training that has group DRO and one that has not. libFuzzer
 * begins with what that training writes. */
#include "train/checkpoint.h"
#include "engine/snapshot.h"
#include "support/fuzz.h"
#include "support/run_net.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char text[] = "input 4x4x3\nc: conv 2 2x2\nb: batchnorm\nrelu\ncam\nflatten\n"
                           "fc: dense classes\n";

enum { PARAMS = 16 };

static lint_settings settings;
static lint_checkpoint training;
static lint_dro *dro;

static void start(void) {
    lint_err e;
    static lint_param param[PARAMS];
    lint_net *net = lint_net_new(text, "fuzz", 2, FUZZ_BATCH, LINT_NET_TRAIN, fuzz_pool(), &e);
    if (!net || lint_net_params(net) > PARAMS) abort();
    lint_net_init(net, 1);
    for (size_t i = 0; i < lint_net_params(net); i++)
        param[i] = lint_net_param(net, i);
    lint_optim_plan adam = {.rule = LINT_OPTIM_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
    lint_settings_real(&settings, "lr", 0.01);
    lint_settings_text(&settings, "net hash", "00ff");
    dro = lint_dro_new(2, 2, 0.01, &e);
    training = (lint_checkpoint){
        .net = net,
        .best = lint_snapshot_new(net, &e),
        .optim = lint_optim_new(param, NULL, lint_net_params(net), &adam, fuzz_pool(), &e),
        .settings = &settings};
    if (!dro || !training.best || !training.optim) abort();
    lint_snapshot_take(net, training.best);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    lint_err e = {0};
    if (!training.net) start();
    lint_checkpoint c = training;
    c.dro = n % 2 ? dro : NULL;
    const char *path = fuzz_file(bytes, n);
    fuzz_begin();
    int got = lint_checkpoint_read(path, &c, &e);
    fuzz_told(got < 0, &e);
    if (got == 0 || (got == 1 && (!c.row || c.rows == 0))) abort();
    free(c.row);
    fuzz_end(n, 0);
    return 0;
}

/* What the training writes, and its length. */
static const void *own_file(size_t *length) {
    static char bytes[1 << 14];
    static size_t n;
    if (!n) {
        lint_err e;
        char path[] = "/tmp/fuzz-checkpoint-XXXXXX";
        int fd = mkstemp(path);
        lint_epoch row = {.epoch = 1, .best = 1};
        if (!training.net) start();
        lint_checkpoint c = training;
        c.dro = dro;
        c.row = &row;
        c.rows = 1;
        if (fd < 0 || lint_checkpoint_write(path, &c, &e) < 0) abort();
        FILE *f = fopen(path, "rb");
        n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
        if (n == 0 || n == sizeof bytes) abort();
        fclose(f);
        close(fd);
        unlink(path);
    }
    *length = n;
    return bytes;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    size_t length;
    const void *own = own_file(&length);
    return fuzz_mutate_frame(bytes, n, room, seed, own, length);
}
