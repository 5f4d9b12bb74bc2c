/* The phases of a training from a command line, one a line: rates are finite in every epoch. */
#include "train/schedule.h"
#include "support/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check(lint_schedule *s, size_t epochs) {
    lint_err e = {0};
    int err = lint_schedule_set_epochs(s, epochs, &e);
    fuzz_told(err, &e);
    for (size_t i = 1; !err && i <= epochs; i++) {
        lint_rates now = lint_schedule_at(s, i);
        if (!isfinite(now.lr) || !isfinite(now.ce_weight) || !isfinite(now.cam_weight)) abort();
        if (now.lr < 0 || now.ce_weight < 0 || now.cam_weight < 0) abort();
    }
    lint_schedule_without_loss(s, 1);
    lint_schedule_without_rate(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    static const lint_schedule_kind kinds[] = {LINT_SCHEDULE_CONSTANT, LINT_SCHEDULE_STEP,
                                               LINT_SCHEDULE_COSINE};
    lint_err e = {0};
    lint_schedule s = {.kind = kinds[n % 3], .lr = 0.01, .ce_weight = 1, .step_factor = 0.5};
    char *text = fuzz_text(bytes, n), *rest;
    int err = 0;
    fuzz_begin();
    for (char *w = strtok_r(text, "\n", &rest); w && !err; w = strtok_r(NULL, "\n", &rest))
        err = lint_schedule_add_phase(&s, w, &e);
    fuzz_told(err, &e);
    if (!err) check(&s, 1 + n % 40);
    lint_schedule_free(&s);
    fuzz_end(n, 0);
    free(text);
    return 0;
}
