/* input: `input WxHx3 [mean R G B] [std R G B]`: pictures, bytes to floats, (byte / 255 - mean) /
 * std. `input WxHx1 mask`: the share of each cell that is object, 0 to 1, as it comes. `input WxHxC
 * features`: halves to floats, channels last. */
#include "engine/layers/input_line.h"
#include "engine/layers/layer.h"

#include <stdlib.h>
#include <string.h>

typedef struct input_state {
    lint_net_input in;
    float table[3][256];
} input_state;

static int make_table(input_state *s, lint_err *e) {
    for (int c = 0; c < 3; c++) {
        if (!(s->in.std[c] > 0)) return lint_fail(e, "std must be above 0");
        for (int v = 0; v < 256; v++)
            s->table[c][v] = (float)((v / 255.0 - s->in.mean[c]) / s->in.std[c]);
    }
    return 0;
}

static int input_setup(lint_layer *l, lint_err *e) {
    lint_net_input in;
    if (lint_net_input_words(l->arg, l->args, &in) < 0) return lint_arg_syntax(l, e);
    if (in.features && !in.width)
        return lint_fail(e, "'input features' takes its size from samples, of which there are none "
                            "here: expected 'input WxHxC features'");
    input_state *s = malloc(sizeof *s);
    if (!s) return lint_fail_mem(e, "input");
    s->in = in;
    l->state = s;
    l->out = (lint_shape){in.height, in.width, in.channels};
    return in.mask || in.features ? 0 : make_table(s, e);
}

lint_net_input lint_layer_input_of(const lint_layer *l) {
    const input_state *s = l->state;
    return s->in;
}

typedef struct input_job {
    lint_layer *l;
    const lint_pass *p;
} input_job;

static void convert_picture(void *ctx, size_t i, int worker) {
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

/* [c,h*w] to [h*w,c], in tiles that stay in the first-level cache. */
static void convert_features(void *ctx, size_t i, int worker) {
    enum { CHANNELS = 16, CELLS = 64 };
    (void)worker;
    const input_job *j = ctx;
    const char *from = j->p->features[i];
    size_t c = j->l->out.c, area = j->l->out.h * j->l->out.w;
    float tile[CHANNELS][CELLS], *to = j->l->y + i * c * area;
    for (size_t k0 = 0; k0 < c; k0 += CHANNELS)
        for (size_t q0 = 0; q0 < area; q0 += CELLS) {
            size_t channels = c - k0 < CHANNELS ? c - k0 : CHANNELS;
            size_t cells = area - q0 < CELLS ? area - q0 : CELLS;
            for (size_t k = 0; k < channels; k++)
                j->p->k->from_half(cells, from + 2 * ((k0 + k) * area + q0), tile[k]);
            for (size_t q = 0; q < cells; q++)
                for (size_t k = 0; k < channels; k++)
                    to[(q0 + q) * c + k0 + k] = tile[k][q];
        }
}

static void input_forward(lint_layer *l, const lint_pass *p) {
    const input_state *s = l->state;
    input_job j = {l, p};
    if (s->in.mask)
        memcpy(l->y, p->value, p->n * lint_shape_count(l->out) * sizeof *l->y);
    else
        lint_threads_run(p->pool, p->n, s->in.features ? convert_features : convert_picture, &j);
}

static void input_release(lint_layer *l) {
    free(l->state);
}

const lint_layer_kind lint_layer_input = {
    .word = "input",
    .syntax = "WxHx3 [mean R G B] [std R G B]', 'input WxHx1 mask' or 'input WxHxC features",
    .setup = input_setup,
    .forward = input_forward,
    .free = input_release,
};
