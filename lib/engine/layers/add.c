/* add: `add`, the end of a residual block (He et al. 2016): y = x + x2. The gradient goes both ways
 * as it is: to dx, which is dy itself where the net could arrange that, and to dx2. A relu or relu6 behind it
 * is done in the same passes. */
#include "engine/layers/layer.h"

#include <string.h>

static int add_setup(lint_layer *l, lint_err *e) {
    lint_shape a = l->in, b = l->in2;
    if (l->args) return lint_arg_syntax(l, e);
    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return lint_fail(e, "'add' of %zux%zux%zu and %zux%zux%zu: expected equal shapes", a.w, a.h,
                         a.c, b.w, b.h, b.c);
    l->out = l->in;
    return 0;
}

typedef struct add_job {
    const lint_layer *l;
    const lint_pass *p;
} add_job;

static void add_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const add_job *j = ctx;
    const lint_layer *l = j->l;
    size_t n = lint_shape_count(l->in), at = i * n;
    float top = lint_activation_epilogue(l->epilogue[0]).top;
    j->p->k->add(n, l->x + at, l->x2 + at, top, l->y + at);
}

static void add_forward(lint_layer *l, const lint_pass *p) {
    add_job j = {l, p};
    lint_threads_run(p->pool, p->n, add_forward_image, &j);
}

enum { BLOCK = 4096 }; /* numbers that stay in the first-level cache from one step to the next */

static void give(const lint_pass *p, size_t n, const float *dy, int adds, float *dx) {
    if (adds)
        p->k->add(n, dx, dy, 0, dx);
    else if (dx && dx != dy)
        memcpy(dx, dy, n * sizeof *dx);
}

static void add_backward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const add_job *j = ctx;
    const lint_layer *l = j->l, *clip = l->epilogue[0];
    size_t n = lint_shape_count(l->in), end = (i + 1) * n;
    for (size_t at = i * n; at < end; at += BLOCK) {
        size_t some = end - at < BLOCK ? end - at : BLOCK;
        float *dy = l->dy + at;
        if (clip) clip->kind->epilogue_back(clip, j->p, some, l->y + at, dy);
        give(j->p, some, dy, l->dx2 && l->dx2_adds, l->dx2 ? l->dx2 + at : NULL);
        give(j->p, some, dy, 0, l->dx ? l->dx + at : NULL);
    }
}

static void add_backward(lint_layer *l, const lint_pass *p) {
    add_job j = {l, p};
    lint_threads_run(p->pool, p->n, add_backward_image, &j);
}

const lint_layer_kind lint_layer_add = {
    .word = "add",
    .behind_flatten = 1,
    .in_place = 1,
    .joins = 1,
    .syntax = "",
    .setup = add_setup,
    .forward = add_forward,
    .backward = add_backward,
};
