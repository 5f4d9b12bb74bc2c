#include "load/upweight.h"
#include "stream/samples.h"

#include <float.h>

static int32_t answer(const float *logits, size_t k) {
    size_t best = 0;
    for (size_t c = 1; c < k; c++)
        if (logits[c] > logits[best]) best = c;
    return (int32_t)best;
}

/* The frame's weights, added if need be. */
static float *weights_of(lint_frame *f, uint64_t n, lint_err *e) {
    if (lint_frame_find(f, "weight")) {
        lint_tensor *t = lint_frame_need(f, "weight", LINT_F32, 1, (uint64_t[]){n}, e);
        return t ? t->data : NULL;
    }
    lint_tensor *t = lint_frame_add(f, "weight", LINT_F32, 1, (uint64_t[]){n}, e);
    float *w = t ? t->data : NULL;
    for (uint64_t i = 0; w && i < n; i++)
        w[i] = 1;
    return w;
}

static int weigh(lint_frame *f, const lint_samples *s, double factor, lint_upweighted *count,
                 lint_err *e) {
    if (!s->label) return lint_fail(e, "no 'label', so no answer is wrong");
    if (!s->logits) return lint_fail(e, "no 'logits' (lint-cam adds a model's answers)");
    float *w = weights_of(f, s->n, e);
    if (!w) return -1;
    for (size_t i = 0; i < s->n; i++) {
        if (s->label[i] < 0 || answer(s->logits + i * s->k, s->k) == s->label[i]) continue;
        double raised = (double)w[i] * factor;
        if (raised > FLT_MAX)
            return lint_fail(e, "the weight of sample %zu, %g times %g, is too large for a float",
                             i, w[i], factor);
        w[i] = (float)raised;
        count->wrong++;
    }
    count->samples += s->n;
    lint_frame_drop(f, "logits");
    lint_frame_drop(f, "cam");
    return lint_frame_set_meta(f, "kind", "samples", e);
}

int lint_upweight_wrong(lint_frame *f, double factor, lint_upweighted *count, lint_err *e) {
    lint_samples s;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = weigh(f, &s, factor, count, e);
    lint_samples_free(&s);
    return err;
}
