/* input: `input WxHx3 [mean R G B] [std R G B]`: pictures, bytes to floats, (byte / 255 - mean) /
 * std. `input WxHx1 mask`: the share of each place that is object, 0 to 1, as it comes. */
#include "layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct input_state {
    float table[3][256];
} input_state;

static int parse_triple(const lint_layer *l, size_t at, double v[3], lint_err *e) {
    for (size_t i = 0; i < 3; i++) {
        char *end;
        if (at + i >= l->args) return lint_arg_syntax(l, e);
        v[i] = strtod(l->arg[at + i], &end);
        if (end == l->arg[at + i] || *end || !(v[i] > -1e6 && v[i] < 1e6))
            return lint_arg_syntax(l, e);
    }
    return 0;
}

static int parse_size(lint_layer *l, lint_err *e) {
    unsigned w, h, c;
    char tail;
    if (l->args < 1 || sscanf(l->arg[0], "%5ux%5ux%5u%c", &w, &h, &c, &tail) != 3)
        return lint_arg_syntax(l, e);
    if (w < 1 || h < 1 || w > 16384 || h > 16384) return lint_arg_syntax(l, e);
    int mask = l->args == 2 && strcmp(l->arg[1], "mask") == 0;
    if (c != (mask ? 1 : 3)) return lint_arg_syntax(l, e);
    l->out = (lint_shape){h, w, c};
    return 0;
}

static int setup(lint_layer *l, lint_err *e) {
    double mean[3] = {0, 0, 0}, std[3] = {1, 1, 1};
    if (parse_size(l, e) < 0) return -1;
    if (l->out.c == 1) return 0;
    for (size_t i = 1; i < l->args; i += 4) {
        int is_std = strcmp(l->arg[i], "std") == 0;
        if (!is_std && strcmp(l->arg[i], "mean") != 0) return lint_arg_syntax(l, e);
        if (parse_triple(l, i + 1, is_std ? std : mean, e) < 0) return -1;
    }
    input_state *s = malloc(sizeof *s);
    if (!s) return lint_fail_mem(e, "input");
    l->state = s;
    for (int c = 0; c < 3; c++) {
        if (!(std[c] > 0)) return lint_fail(e, "std must be above 0");
        for (int v = 0; v < 256; v++)
            s->table[c][v] = (float)((v / 255.0 - mean[c]) / std[c]);
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

static void forward(lint_layer *l, const lint_pass *p) {
    if (l->out.c == 1) {
        memcpy(l->y, p->value, p->n * lint_shape_count(l->out) * sizeof *l->y);
        return;
    }
    input_job j = {l, p};
    lint_pool_run(p->pool, p->n, convert, &j);
}

static void release(lint_layer *l) {
    free(l->state);
}

const lint_layer_kind lint_layer_input = {
    .word = "input",
    .syntax = "WxHx3 [mean R G B] [std R G B]' or 'input WxHx1 mask",
    .setup = setup,
    .forward = forward,
    .free = release,
};
