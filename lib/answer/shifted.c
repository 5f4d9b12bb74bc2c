#include "answer/shifted.h"
#include "picture/augment.h"
#include "stream/samples.h"

#include <stdlib.h>

/* Pictures that are moved at a time. */
typedef struct moving {
    const lint_samples *s;
    size_t first;         /* of the samples at hand */
    double share;         /* of a side */
    uint8_t *moved;       /* [n,4,H,W,3] */
    const uint8_t **list; /* [n,4], each of them */
} moving;

/* The window moves the other way than what is seen in it. */
static void move_one(void *ctx, size_t part, int worker) {
    static const double x[LINT_SHIFT_MOVES] = {1, -1, 0, 0}, y[LINT_SHIFT_MOVES] = {0, 0, 1, -1};
    const moving *m = ctx;
    size_t pixels = m->s->h * m->s->w * 3, i = part / LINT_SHIFT_MOVES, k = part % LINT_SHIFT_MOVES;
    (void)worker;
    lint_change c = LINT_CHANGE_NONE;
    c.dx = x[k] * m->share;
    c.dy = y[k] * m->share;
    lint_change_image(&c, m->s->h, m->s->w, m->s->image + (m->first + i) * pixels,
                      m->moved + part * pixels);
}

static int answer_all(const lint_predictor *p, moving *m, size_t most, float *logits,
                      lint_threads *pool, lint_err *e) {
    size_t pixels = m->s->h * m->s->w * 3;
    for (size_t i = 0; i < most * LINT_SHIFT_MOVES; i++)
        m->list[i] = m->moved + i * pixels;
    for (m->first = 0; m->first < m->s->n; m->first += most) {
        size_t n = m->s->n - m->first < most ? m->s->n - m->first : most;
        lint_threads_run(pool, n * LINT_SHIFT_MOVES, move_one, m);
        if (lint_predictor_run(p, n * LINT_SHIFT_MOVES, m->list,
                               logits + m->first * LINT_SHIFT_MOVES * p->k, NULL, e) < 0)
            return lint_err_prefix(e, "moved pictures: ");
    }
    return 0;
}

static int answer(const lint_predictor *p, lint_frame *f, const lint_samples *s, double share,
                  lint_threads *pool, lint_err *e) {
    size_t most = lint_net_batch(p->net); /* pictures, and as many batches as there are moves */
    moving m = {.s = s, .share = share};
    lint_tensor *t = lint_frame_add(f, "logits_shifted", LINT_F32, 3,
                                    (uint64_t[]){s->n, LINT_SHIFT_MOVES, p->k}, e);
    if (!t) return -1;
    m.moved = malloc(most * LINT_SHIFT_MOVES * s->h * s->w * 3);
    m.list = malloc(most * LINT_SHIFT_MOVES * sizeof *m.list);
    int err = m.moved && m.list ? answer_all(p, &m, most, t->data, pool, e)
                                : lint_fail_mem(e, "moved pictures");
    free(m.moved);
    free(m.list);
    return err;
}

int lint_shifted_frame(const lint_predictor *p, lint_frame *f, double share, lint_threads *pool,
                       lint_err *e) {
    lint_samples s;
    char text[32];
    snprintf(text, sizeof text, "%g", share);
    if (lint_predictor_needs_pictures(p, e) < 0) return -1;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = answer(p, f, &s, share, pool, e);
    if (!err) err = lint_frame_set_meta(f, "shift", text, e);
    lint_samples_free(&s);
    return err;
}
