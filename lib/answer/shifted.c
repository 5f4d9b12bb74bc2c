#include "answer/shifted.h"
#include "picture/shift.h"
#include "stream/samples.h"

#include <stdlib.h>
#include <string.h>

typedef struct asking {
    const lint_predictor *p;
    float *logits; /* [N,4,K] */
} asking;

static int ask(void *ctx, size_t first, size_t n, const uint8_t *const *moved, lint_err *e) {
    const asking *a = ctx;
    return lint_predictor_run(a->p, n * LINT_SHIFT_MOVES, moved,
                              a->logits + first * LINT_SHIFT_MOVES * a->p->k, NULL, e);
}

/* The features of n samples' moved pictures, for a head. */
static const char *find_features(const lint_predictor *p, const lint_frame *f, size_t n,
                                 const char *share, lint_err *e) {
    const lint_tensor *t = lint_frame_find(f, "features_shifted");
    const char *theirs = lint_frame_meta(f, "features_shift");
    const uint64_t shape[] = {n, LINT_SHIFT_MOVES, lint_net_channels(p->net), p->h, p->w};
    if (!t)
        lint_fail(e,
                  "no 'features_shifted', which the model takes: it is a head (lint-features "
                  "--shift %s adds them)",
                  share);
    else if (!theirs || strcmp(theirs, share) != 0)
        lint_fail(e, "'features_shifted' are of pictures moved by %s, not %s",
                  theirs ? theirs : "?", share);
    else if (t->dtype != LINT_F16 || t->rank != 5 || memcmp(t->shape, shape, sizeof shape) != 0)
        lint_fail(e, "'features_shifted' are not F16 [%zu,%d,%zu,%zu,%zu]", n, LINT_SHIFT_MOVES,
                  lint_net_channels(p->net), p->h, p->w);
    else
        return t->data;
    return NULL;
}

static int ask_head(const asking *a, const lint_frame *f, size_t n, const char *share,
                    lint_err *e) {
    size_t each = 2 * lint_net_channels(a->p->net) * a->p->h * a->p->w;
    const char *features = find_features(a->p, f, n, share, e);
    if (!features) return -1;
    const void **list = malloc((n * LINT_SHIFT_MOVES + 1) * sizeof *list);
    if (!list) return lint_fail_mem(e, "a list of samples");
    for (size_t i = 0; i < n * LINT_SHIFT_MOVES; i++)
        list[i] = features + i * each;
    int err = lint_predictor_run_features(a->p, n * LINT_SHIFT_MOVES, list, a->logits, NULL, e);
    free(list);
    return err;
}

int lint_shifted_frame(const lint_predictor *p, lint_frame *f, double share, lint_threads *pool,
                       lint_err *e) {
    lint_samples s;
    char text[32];
    snprintf(text, sizeof text, "%g", share);
    if (lint_samples_view(f, &s, e) < 0) return -1;
    const lint_tensor *t = lint_frame_add(f, "logits_shifted", LINT_F32, 3,
                                          (uint64_t[]){s.n, LINT_SHIFT_MOVES, p->k}, e);
    asking a = {p, t ? t->data : NULL};
    int err = -1;
    if (t && p->is_head)
        err = ask_head(&a, f, s.n, text, e);
    else if (t)
        err = lint_shift_each(&s, share, lint_net_batch(p->net), pool, ask, &a, e);
    if (!err) err = lint_frame_set_meta(f, "shift", text, e);
    lint_samples_free(&s);
    return err;
}
