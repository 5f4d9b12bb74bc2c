#include "picture/shift.h"
#include "picture/augment.h"

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

static int move_all(moving *m, size_t most, lint_threads *pool, lint_shift_take *take, void *ctx,
                    lint_err *e) {
    size_t pixels = m->s->h * m->s->w * 3;
    for (size_t i = 0; i < most * LINT_SHIFT_MOVES; i++)
        m->list[i] = m->moved + i * pixels;
    for (m->first = 0; m->first < m->s->n; m->first += most) {
        size_t n = m->s->n - m->first < most ? m->s->n - m->first : most;
        lint_threads_run(pool, n * LINT_SHIFT_MOVES, move_one, m);
        if (take(ctx, m->first, n, m->list, e) != 0) return lint_err_prefix(e, "moved pictures: ");
    }
    return 0;
}

int lint_shift_each(const lint_samples *s, double share, size_t most, lint_threads *pool,
                    lint_shift_take *take, void *ctx, lint_err *e) {
    moving m = {.s = s, .share = share};
    m.moved = malloc(most * LINT_SHIFT_MOVES * s->h * s->w * 3);
    m.list = malloc(most * LINT_SHIFT_MOVES * sizeof *m.list);
    int err = m.moved && m.list ? move_all(&m, most, pool, take, ctx, e)
                                : lint_fail_mem(e, "moved pictures");
    free(m.moved);
    free(m.list);
    return err;
}
