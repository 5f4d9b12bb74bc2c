/* input: `input WxHx3 [mean R G B] [std R G B]`: pictures, bytes to floats, (byte / 255 - mean) /
 * std. `input WxHx1 mask`: the share of each cell that is object, 0 to 1, as it comes. */
#include "engine/layers/input_line.h"
#include "engine/layers/layer.h"

#include <stdlib.h>
#include <string.h>

typedef struct input_state {
    float table[3][256];
} input_state;

static int input_setup(lint_layer *l, lint_err *e) {
    lint_net_input in;
    if (lint_net_input_words(l->arg, l->args, &in) < 0) return lint_arg_syntax(l, e);
    l->out = (lint_shape){in.height, in.width, in.mask ? 1 : 3};
    if (in.mask) return 0;
    input_state *s = malloc(sizeof *s);
    if (!s) return lint_fail_mem(e, "input");
    l->state = s;
    for (int c = 0; c < 3; c++) {
        if (!(in.std[c] > 0)) return lint_fail(e, "std must be above 0");
        for (int v = 0; v < 256; v++)
            s->table[c][v] = (float)((v / 255.0 - in.mean[c]) / in.std[c]);
    }
    return 0;
}

typedef struct input_job {
    lint_layer *l;
    const lint_pass *p;
} input_job;

static void convert(void *ctx, size_t i, int worker) {
    (void)worker;
    const input_job *j = ctx;
    const input_state *s = j->l->state;
    size_t count = lint_shape_count(j->l->out);
    const uint8_t *from = j->p->image[i];
    float *to = j->l->y + i * count;
    for (size_t q = 0; q < count; q += 3) {
        to[q] = s->table[0][from[q]];
        to[q + 1] = s->table[1][from[q + 1]];
        to[q + 2] = s->table[2][from[q + 2]];
    }
}

static void input_forward(lint_layer *l, const lint_pass *p) {
    if (l->out.c == 1) {
        memcpy(l->y, p->value, p->n * lint_shape_count(l->out) * sizeof *l->y);
        return;
    }
    input_job j = {l, p};
    lint_threads_run(p->pool, p->n, convert, &j);
}

static void input_release(lint_layer *l) {
    free(l->state);
}

const lint_layer_kind lint_layer_input = {
    .word = "input",
    .syntax = "WxHx3 [mean R G B] [std R G B]' or 'input WxHx1 mask",
    .setup = input_setup,
    .forward = input_forward,
    .free = input_release,
};
