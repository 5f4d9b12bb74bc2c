/* Which network weights belong to, by the names and shapes of their tensors. Declared in
 * backbone.h. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "base/regular_file.h"
#include "engine/backbone.h"
#include "engine/net_file.h"
#include "engine/net_init.h"
#include "engine/net_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ends_in(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

static size_t layer_length(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

/* Whether the tensor is of a dense layer: one with a matrix. Such belong to another task's head. */
static int is_dense(const lint_frame *f, const char *name) {
    size_t len = layer_length(name);
    for (size_t i = 0; i < f->count; i++)
        if (f->tensors[i].rank == 2 && layer_length(f->tensors[i].name) == len &&
            memcmp(f->tensors[i].name, name, len) == 0)
            return 1;
    return 0;
}

static const lint_weights *weights_of(const lint_chain *c, const char *name) {
    for (size_t i = 0; i < c->count; i++)
        for (size_t w = 0; w < c->layer[i].weights; w++)
            if (strcmp(c->layer[i].weight[w].name, name) == 0) return &c->layer[i].weight[w];
    return NULL;
}

/* Whether the file has the tensor of that name and shape. */
static int has(const lint_frame *f, const lint_weights *w) {
    const lint_tensor *t = lint_frame_find(f, w->name);
    if (!t || t->rank != w->rank) return 0;
    for (size_t r = 0; r < w->rank; r++)
        if (t->shape[r] != w->shape[r]) return 0;
    return 1;
}

/* Whether the file has every parameter before the `cam` line, and none that the network lacks. */
static int belongs(const lint_frame *f, const lint_chain *c) {
    if (!c->cam || c->input.mask || c->input.features) return 0;
    for (size_t i = 0; i < c->cam; i++)
        for (size_t w = 0; w < c->layer[i].weights; w++)
            if (!has(f, &c->layer[i].weight[w])) return 0;
    for (size_t i = 0; i < f->count; i++) {
        const char *name = f->tensors[i].name;
        if (!ends_in(name, ".num_batches_tracked") && !weights_of(c, name) && !is_dense(f, name))
            return 0;
    }
    return 1;
}

/* A file that is not a network, or that has unknown layers, does not match; -1 where that cannot be told. */
static int fits(const lint_frame *f, const char *path, lint_err *e) {
    const lint_chain_options o = {.classes = 1, .batch = 1};
    const char *name;
    lint_chain c;
    FILE *in = lint_regular_open(path, path, e);
    char *text = in ? lint_net_read(path, &name, e) : NULL;
    int read = text && lint_chain_parse(&c, text, name, &o, e) == 0, yes = 0;
    if (read) {
        yes = belongs(f, &c);
        lint_chain_free(&c);
    } else if (e->system) {
        yes = -1;
    }
    if (in) fclose(in);
    free(text);
    return yes;
}

char *lint_backbone_find(lint_frame *weights, lint_err *e) {
    char **path, *found = NULL;
    size_t n;
    if (lint_net_list(&path, &n, e) < 0) return NULL;
    lint_net_init_names(weights, &(lint_frame){0});
    int err = n ? 0 : lint_fail(e, "there are no networks to compare with: give --net");
    for (size_t i = 0; !err && i < n; i++) {
        int yes = fits(weights, path[i], e);
        if (yes < 0) err = -1;
        if (yes <= 0) continue;
        if (found)
            err = lint_fail(e, "fits both %s and %s: give --net", found, path[i]);
        else if (!(found = strdup(path[i])))
            err = lint_fail_mem(e, "a path");
    }
    if (!err && !found)
        lint_fail(e, "its tensors are those of no network in %.*s: give --net",
                  (int)(strrchr(path[0], '/') - path[0]), path[0]);
    lint_net_list_free(path, n);
    if (!err) return found;
    free(found);
    return NULL;
}
