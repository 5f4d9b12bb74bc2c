#include "engine/net_table.h"

#include "base/text.h"
#include "engine/net_file.h"

#include <stdlib.h>
#include <string.h>

/* What one cell of a layer sees of the picture, and how far apart two of them look; height, width.
 * blind: a cell sees all of it. */
typedef struct field {
    size_t size[2], step[2];
    int blind;
} field;

static void see(field *to, const field *from, const lint_layer *l) {
    *to = *from;
    for (int i = 0; i < 2 && l->kernel[i]; i++) {
        to->size[i] += (l->kernel[i] - 1) * from->step[i];
        to->step[i] *= l->stride[i];
    }
}

/* Both ways into a block's end: the wider view is that of both. A scale is said to see what it
 * scales, since a cell has its own part from there. */
static void widen(field *to, const field *other, const lint_layer *l) {
    if (l->kind == &lint_layer_scale) *to = *other;
    for (int i = 0; i < 2; i++)
        if (other->size[i] > to->size[i]) to->size[i] = other->size[i];
}

/* 1234567 -> "1,234,567". */
static const char *grouped(double n, char text[32]) {
    char plain[24];
    int len = snprintf(plain, sizeof plain, "%.0f", n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) text[at++] = ',';
        text[at++] = plain[i];
    }
    text[at] = 0;
    return n > 0 ? text : "";
}

static size_t parameters(const lint_layer *l) {
    size_t n = 0;
    for (size_t i = 0; i < l->weights; i++)
        if (!strstr(l->weight[i].name, ".running_")) n += l->weight[i].count;
    return n;
}

static void shape_text(lint_shape s, char text[48]) {
    snprintf(text, 48, "%zux%zux%zu", s.w, s.h, s.c);
}

/* Of the columns whose words may be long. */
typedef struct widths {
    int name, what;
} widths;

static void row(const widths *w, const char *name, const char *what, const char *shape,
                double params, double macs, const field *f, FILE *out) {
    char p[32], m[32], line[256], sees[48] = "";
    if (f) snprintf(sees, sizeof sees, "%zux%zu", f->size[1], f->size[0]);
    int n = snprintf(line, sizeof line, "  %-*s %-*s %-12s %12s %15s  %s", w->name, name, w->what,
                     what, shape, grouped(params, p), grouped(macs, m), sees);
    while (n > 0 && n < (int)sizeof line && line[n - 1] == ' ')
        line[--n] = 0;
    lint_text_put(line, out);
    putc('\n', out);
}

/* The line as it stands in the file: word and arguments. */
static void words(const lint_layer *l, char *text, size_t room) {
    size_t at = (size_t)snprintf(text, room, "%s", l->kind->word);
    for (size_t i = 0; i < l->args && at < room; i++)
        at += (size_t)snprintf(text + at, room - at, " %s", l->arg[i]);
    if (l->kind == &lint_layer_input) snprintf(text, room, "input");
    if (l->kind == &lint_layer_batchnorm && l->kernel[0])
        snprintf(text, room, "batchnorm, maxpool %zu", l->kernel[0]);
}

static widths widths_of(const lint_chain *c) {
    widths w = {22, 34};
    for (size_t i = 0; i < c->count; i++) {
        char what[96];
        words(&c->layer[i], what, sizeof what);
        int name = (int)strlen(c->layer[i].name), len = (int)strlen(what);
        w.name = name > w.name ? name : w.name;
        w.what = len > w.what ? len : w.what;
    }
    return w;
}

static void body(const lint_chain *c, const widths *w, field *f, FILE *out) {
    double params = 0, macs = 0;
    for (size_t i = 0; i < c->count; i++) {
        const lint_layer *l = &c->layer[i];
        char what[96], shape[48];
        if (i) see(&f[i], &f[l->from], l);
        f[i].blind |= l->kind == &lint_layer_flatten || l->kind == &lint_layer_globalpool;
        if (l->kind->joins) widen(&f[i], &f[l->also], l);
        words(l, what, sizeof what);
        shape_text(l->out, shape);
        row(w, l->name, what, shape, (double)parameters(l), l->macs, f[i].blind ? NULL : &f[i],
            out);
        params += (double)parameters(l);
        macs += l->macs;
        if (i + 1 == c->cam) row(w, "", "cam", "", 0, 0, NULL, out);
    }
    row(w, "total", "", "", params, macs, NULL, out);
    if (!c->cam) {
        fputs("\nIt has no 'cam' line, so no maps.\n", out);
        return;
    }
    lint_shape s = c->layer[c->cam - 1].out;
    fprintf(out,
            "\nMaps are %zux%zu of %zu features; one cell sees %zux%zu of the %zux%zu picture.\n",
            s.w, s.h, s.c, f[c->cam - 1].size[1], f[c->cam - 1].size[0], c->layer[0].out.w,
            c->layer[0].out.h);
}

int lint_net_table(const char *text, const char *name, size_t classes, FILE *out, lint_err *e) {
    const lint_chain_options o = {.classes = classes, .batch = 1};
    lint_chain c;
    if (lint_chain_parse(&c, text, name, &o, e) < 0) return -1;
    field *f = calloc(c.count, sizeof *f);
    if (f) {
        f[0] = (field){{1, 1}, {1, 1}, 0};
        widths w = widths_of(&c);
        lint_text_put(name, out);
        fprintf(out, "\n  %-*s %-*s %-12s %12s %15s  %s\n", w.name, "name", w.what, "layer",
                "output", "parameters", "multiply-adds", "sees");
        body(&c, &w, f, out);
    }
    free(f);
    lint_chain_free(&c);
    return f ? 0 : lint_fail_mem(e, name);
}
