/* concat: `concat`, the end of a block: the channels of x2, then those of x, cell by cell. That is
 * torch.cat([x2, x], 1): what the block read, or its branch before `shortcut`, comes first. */
#include "engine/layers/layer.h"

#include <string.h>

static int concat_setup(lint_layer *l, lint_err *e) {
    lint_shape a = l->in2, b = l->in;
    if (l->args) return lint_arg_syntax(l, e);
    if (a.h != b.h || a.w != b.w)
        return lint_fail(e,
                         "'concat' of %zux%zux%zu and %zux%zux%zu: expected equal width and height",
                         a.w, a.h, a.c, b.w, b.h, b.c);
    l->out = (lint_shape){a.h, a.w, a.c + b.c};
    return 0;
}

/* Of one image, cells of `from` channels to cells of `to` channels, `count` of each. */
static void copy_channels(size_t cells, const float *x, size_t from, float *y, size_t to,
                          size_t count, int add) {
    for (size_t q = 0; q < cells; q++, x += from, y += to) {
        if (!add) memcpy(y, x, count * sizeof *y);
        for (size_t c = 0; add && c < count; c++)
            y[c] += x[c];
    }
}

static void concat_forward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const lint_layer *l = ctx;
    size_t cells = l->in.h * l->in.w, a = l->in2.c, b = l->in.c, c = l->out.c;
    float *y = l->y + i * cells * c;
    copy_channels(cells, l->x2 + i * cells * a, a, y, c, a, 0);
    copy_channels(cells, l->x + i * cells * b, b, y + a, c, b, 0);
}

static void concat_forward(lint_layer *l, const lint_pass *p) {
    lint_threads_run(p->pool, p->n, concat_forward_image, l);
}

static void concat_backward_image(void *ctx, size_t i, int worker) {
    (void)worker;
    const lint_layer *l = ctx;
    size_t cells = l->in.h * l->in.w, a = l->in2.c, b = l->in.c, c = l->out.c;
    const float *dy = l->dy + i * cells * c;
    if (l->dx2) copy_channels(cells, dy, c, l->dx2 + i * cells * a, a, a, l->dx2_adds);
    if (l->dx) copy_channels(cells, dy + a, c, l->dx + i * cells * b, b, b, l->dx_adds);
}

static void concat_backward(lint_layer *l, const lint_pass *p) {
    lint_threads_run(p->pool, p->n, concat_backward_image, l);
}

const lint_layer_kind lint_layer_concat = {
    .word = "concat",
    .joins = 1,
    .adds = 1,
    .syntax = "",
    .setup = concat_setup,
    .forward = concat_forward,
    .backward = concat_backward,
};
