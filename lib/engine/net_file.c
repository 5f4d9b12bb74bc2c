#define _POSIX_C_SOURCE 200809L /* strdup, strtok_r */
#include "engine/net_file.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Weights of VGG-16, a large one among known classifiers: 138 million. */
enum { LAYERS_MAX = 4096, WEIGHTS_MAX = 1 << 28 };

void lint_chain_free(lint_chain *c) {
    for (size_t i = 0; i < c->count; i++) {
        lint_layer *l = &c->layer[i];
        if (l->kind->free) l->kind->free(l);
        for (size_t a = 0; a < l->args; a++)
            free(l->arg[a]);
        for (size_t w = 0; w < l->weights; w++) {
            free(l->weight[w].value);
            free(l->weight[w].grad);
        }
    }
    free(c->layer);
    *c = (lint_chain){0};
}

static int name_is_fine(const char *s) {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return n > 0 && n < 48 && s[n] == 0;
}

static int bad_name(const char *name, lint_err *e) {
    return lint_fail(e, "'%s' is no layer name: expected up to 47 letters, digits, _, . and -",
                     name);
}

static const lint_chain_block *innermost(const lint_chain *c) {
    return c->blocks ? &c->block[c->blocks - 1] : NULL;
}

/* A name with those of the blocks it is in. */
static int full_name(const lint_chain *c, const char *name, char full[LINT_LAYER_NAME],
                     lint_err *e) {
    const char *before = c->blocks ? innermost(c)->name : "";
    if (!name_is_fine(name)) return bad_name(name, e);
    int n = snprintf(full, LINT_LAYER_NAME, "%s%s%s", before, *before ? "." : "", name);
    if (n >= LINT_LAYER_NAME) return lint_fail(e, "'%s.%s' is too long for a name", before, name);
    return 0;
}

/* The name that a layer's parameters begin with. */
static int set_name(const lint_chain *c, lint_layer *l, const char *name, lint_err *e) {
    if (!name) {
        if (l->kind->named)
            return lint_fail(e, "a %s has parameters and needs a name: expected 'NAME: %s %s'",
                             l->kind->word, l->kind->word, l->kind->syntax);
        return 0;
    }
    if (full_name(c, name, l->name, e) < 0) return -1;
    for (size_t i = 0; i + 1 < c->count; i++)
        if (strcmp(c->layer[i].name, l->name) == 0)
            return lint_fail(e, "the name '%s' is taken by line %d", l->name, c->layer[i].line);
    return 0;
}

/* The words after the layer's own become its arguments. */
static int take_arguments(lint_layer *l, char **save, lint_err *e) {
    for (char *w; (w = strtok_r(NULL, " \t\r", save)) != NULL;) {
        if (l->args == LINT_LAYER_ARGS) return lint_arg_syntax(l, e);
        for (size_t i = 0; i < l->args; i++)
            if (*w >= 'a' && *w <= 'z' && strcmp(w, l->arg[i]) == 0)
                return lint_fail(e, "'%s' stands twice", w);
        if (!(l->arg[l->args] = strdup(w))) return lint_fail_mem(e, "arguments");
        l->args++;
    }
    return 0;
}

static void connect(const lint_chain *c, lint_layer *l) {
    if (c->count < 2) return;
    const lint_layer *before = &c->layer[c->next];
    l->from = c->next;
    l->in = before->out;
    l->flat = before->flat;
    l->after_flatten = before->after_flatten;
    if (l->kind == &lint_layer_flatten && !l->after_flatten) {
        l->flat = l->in;
        l->after_flatten = 1;
    } else if (before->kind == &lint_layer_dense ||
               (!l->kind->behind_flatten && !l->kind->joins && !lint_layer_is_reordered(l))) {
        l->after_flatten = 0; /* of one cell, flatten leaves a map that goes on as one */
    }
}

static int is_fork(const lint_chain *c, size_t layer) {
    for (size_t i = 0; i < c->blocks; i++)
        if (c->block[i].fork == layer) return 1;
    return 0;
}

/* A `maxpool 2` right behind a batchnorm that no other layer reads becomes part of it; see
 * batchnorm.c. */
static int fuses_with_batchnorm(const lint_chain *c) {
    if (c->count < 2) return 0;
    const lint_layer *pool = &c->layer[c->count - 1], *norm = pool - 1;
    return pool->kind == &lint_layer_maxpool && norm->kind == &lint_layer_batchnorm &&
           pool->from == c->count - 2 && pool->args == 1 && strcmp(pool->arg[0], "2") == 0 &&
           lint_batchnorm_has_room(norm) && c->cam != c->count - 1 && !is_fork(c, c->count - 2);
}

static void drop_last(lint_chain *c) {
    lint_layer *l = &c->layer[--c->count];
    l->kind->free(l);
    for (size_t a = 0; a < l->args; a++)
        free(l->arg[a]);
}

/* How many more elements the network's weights may have, since a short text can ask for many. */
static size_t room_left(const lint_chain *c) {
    size_t total = 0;
    for (size_t i = 0; i < c->count; i++)
        for (size_t w = 0; w < c->layer[i].weights; w++)
            total += c->layer[i].weight[w].count;
    return total < WEIGHTS_MAX ? WEIGHTS_MAX - total : 0;
}

/* Adds the layer that ends a block, and that also reads `also`. The layer itself checks whether the
 * two shapes fit. */
static int close_block(lint_chain *c, lint_layer *l, lint_err *e) {
    const lint_chain_block *b = innermost(c);
    const char *begins = l->kind == &lint_layer_add ? "residual" : "block";
    if (!b || b->residual != (l->kind == &lint_layer_add))
        return lint_fail(e, "'%s' without a block of its kind: expected 'NAME: %s' before",
                         l->kind->word, begins);
    l->also = b->branch ? b->branch : b->fork;
    if (l->from == l->also)
        return lint_fail(e, "expected a layer between '%s' and '%s'", begins, l->kind->word);
    l->in2 = c->layer[l->also].out;
    if (l->kind == &lint_layer_concat && (c->layer[l->also].after_flatten || l->after_flatten))
        return lint_fail(e, "'concat' must stand before 'flatten'");
    c->blocks--;
    return 0;
}

/* The map whose order the values of the layer's output have; one cell where none is left. */
static lint_shape order_of(const lint_layer *l) {
    int plain = l->kind == &lint_layer_dense || !lint_layer_is_reordered(l);
    return plain ? (lint_shape){1, 1, 1} : l->flat;
}

/* Behind `flatten` the engine counts cell by cell, PyTorch channel by channel. Only `dense` knows
 * that; what does the same to each value need not. */
static int check_order(const lint_chain *c, const lint_layer *l, lint_err *e) {
    lint_shape order = order_of(l), also = l->kind->joins ? order_of(&c->layer[l->also]) : order;
    if (lint_layer_is_reordered(l) && !l->kind->behind_flatten)
        return lint_fail(e, "a %s cannot stand behind 'flatten': expected 'dense' or an activation",
                         l->kind->word);
    if (order.h != also.h || order.w != also.w || order.c != also.c)
        return lint_fail(e, "'%s' joins what 'flatten' has put in two orders", l->kind->word);
    return 0;
}

static int add_layer(lint_chain *c, const lint_layer_kind *kind, const char *name, char **save,
                     const lint_chain_options *o, lint_err *e) {
    if (c->count == LAYERS_MAX) return lint_fail(e, "more than %d layers", LAYERS_MAX);
    if ((c->count == 0) != (kind == &lint_layer_input))
        return lint_fail(e, "expected 'input' as the first layer, and only there");
    if (c->cam && !kind->linear)
        return lint_fail(e,
                         "a %s cannot stand behind 'cam': maps are read through pooling, relu, "
                         "silu, hardswish, dropout, flatten, conv and dense only",
                         kind->word);
    size_t room = room_left(c);
    size_t memory = c->count ? c->layer[c->count - 1].memory : lint_machine_memory();
    lint_layer *more = lint_grow(c->layer, c->count, &c->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "layers");
    c->layer = more;
    lint_layer *l = &c->layer[c->count++];
    *l = (lint_layer){.kind = kind, .batch = o->batch, .trains = o->trains};
    l->classes = o->classes;
    l->head = c->cam > 0;
    l->tiles = o->tiles && !l->head;
    l->room = room;
    l->memory = memory;
    connect(c, l);
    if (set_name(c, l, name, e) < 0 || take_arguments(l, save, e) < 0) return -1;
    if (kind->joins && close_block(c, l, e) < 0) return -1;
    if (check_order(c, l, e) < 0 || kind->setup(l, e) < 0) return -1;
    if (kind == &lint_layer_input) c->input = lint_layer_input_of(l);
    if (fuses_with_batchnorm(c)) {
        drop_last(c);
        if (lint_batchnorm_fuse_pool(l - 1, e) < 0) return -1;
    }
    c->next = c->count - 1;
    return 0;
}

static int set_cam(lint_chain *c, char **save, lint_err *e) {
    if (strtok_r(NULL, " \t\r", save)) return lint_fail(e, "expected 'cam' alone on its line");
    if (c->cam) return lint_fail(e, "a second 'cam': expected at most one in a network");
    if (c->count < 2 && !(c->count && c->input.features))
        return lint_fail(e, "expected a layer between 'input' and 'cam'");
    if (c->blocks)
        return lint_fail(e,
                         "'cam' inside of the block '%s': expected it behind the block's end, "
                         "since maps are read through a chain of layers",
                         innermost(c)->name);
    if (c->layer[c->count - 1].after_flatten)
        return lint_fail(e, "'cam' must stand before 'flatten': a map has a height and a width");
    c->cam = c->count;
    return 0;
}

static int open_block(lint_chain *c, const char *name, const char *word, char **save, lint_err *e) {
    if (!name || strtok_r(NULL, " \t\r", save)) return lint_fail(e, "expected 'NAME: %s'", word);
    if (c->blocks == LINT_CHAIN_BLOCKS)
        return lint_fail(e, "a block within %d others: expected at most %d around each other",
                         LINT_CHAIN_BLOCKS, LINT_CHAIN_BLOCKS);
    if (c->count == 0) return lint_fail(e, "expected 'input' as the first layer");
    if (c->cam)
        return lint_fail(e, "a block cannot stand behind 'cam': maps are read through "
                            "a chain of layers");
    lint_chain_block b = {.residual = strcmp(word, "residual") == 0, .fork = c->next};
    b.line = c->line;
    if (full_name(c, name, b.name, e) < 0) return -1;
    c->block[c->blocks++] = b;
    return 0;
}

static int begin_shortcut(lint_chain *c, char **save, lint_err *e) {
    if (strtok_r(NULL, " \t\r", save)) return lint_fail(e, "expected 'shortcut' alone on its line");
    lint_chain_block *b = c->blocks ? &c->block[c->blocks - 1] : NULL;
    if (!b || b->branch || c->next == b->fork)
        return lint_fail(e, "'shortcut' must stand once in a block, behind its layers");
    b->branch = c->next;
    c->next = b->fork;
    return 0;
}

static int parse_line(lint_chain *c, char *line, const lint_chain_options *o, lint_err *e) {
    char *save = NULL, *name = NULL;
    char *word = strtok_r(line, " \t\r", &save);
    if (!word) return 0;
    size_t len = strlen(word);
    if (word[len - 1] == ':') {
        word[len - 1] = 0;
        name = word;
        word = strtok_r(NULL, " \t\r", &save);
        if (!word) return lint_fail(e, "expected a layer after '%s:'", name);
    }
    if (strcmp(word, "cam") == 0 && !name) return set_cam(c, &save, e);
    if (strcmp(word, "residual") == 0 || strcmp(word, "block") == 0)
        return open_block(c, name, word, &save, e);
    if (strcmp(word, "shortcut") == 0 && !name) return begin_shortcut(c, &save, e);
    const lint_layer_kind *kind = lint_layer_find(word);
    char words[LINT_LAYER_WORDS];
    if (!kind)
        return lint_fail(e, "unknown layer '%s': expected %s", word, lint_layer_words(words));
    return add_layer(c, kind, name, &save, o, e);
}

static int check_end(const lint_chain *c, size_t classes, lint_err *e) {
    if (c->count < 2) return lint_fail(e, "expected layers after 'input'");
    const lint_chain_block *b = innermost(c);
    if (b)
        return lint_fail(e, "the block '%s' of line %d has no %s at its end", b->name, b->line,
                         b->residual ? "'add'" : "'concat' or 'scale'");
    lint_shape out = c->layer[c->count - 1].out;
    if (c->input.mask && out.h == 1 && out.w == 1) return 0; /* a code of any length */
    if (out.h != 1 || out.w != 1 || out.c != classes)
        return lint_fail(e,
                         "the last layer gives %zux%zux%zu, expected 1x1x%zu: a logit for each "
                         "class ('dense classes')",
                         out.w, out.h, out.c, classes);
    return 0;
}

/* The layer that a layer before `cam` may apply to its output: its only reader. */
static lint_layer *epilogue_of(const lint_chain *c, const size_t *readers, size_t at) {
    lint_layer *next = at + 1 < c->count ? &c->layer[at + 1] : NULL;
    if (!next || readers[at] != 1 || next->from != at || next->head ||
        (next->kind != &lint_layer_batchnorm && !lint_layer_activates(next)))
        return NULL;
    return next;
}

/* Lets a batchnorm or a sum activate its output, and a convolution apply the batchnorm and its activation, or,
 * where there is no batchnorm and nothing is trained, the activation alone. */
static void fuse_epilogue(const lint_chain *c, const size_t *readers, size_t at) {
    lint_layer *l = &c->layer[at], *next = epilogue_of(c, readers, at);
    if (!next) return;
    if ((l->kind == &lint_layer_batchnorm && lint_layer_activates(next)) ||
        (l->kind == &lint_layer_add && next->kind->top > 0)) {
        l->epilogue[0] = next;
        next->is_epilogue = 1;
    }
    if (l->kind == &lint_layer_conv && !l->is_producer && next->kind == &lint_layer_batchnorm &&
        lint_batchnorm_has_room(next)) {
        l->epilogue[0] = next;
        next->is_epilogue = 1;
        l->epilogue[1] = next->epilogue[0];
        if (lint_conv_gives_bfloats(l)) next->halves = 1;
    }
    if (l->kind == &lint_layer_conv && !l->is_producer && !l->consumer && !l->trains &&
        lint_layer_activates(next)) {
        l->epilogue[0] = next;
        next->is_epilogue = 1;
    }
}

/* Lets a batchnorm that is trained add the other term of the sum behind it, which is known by then. */
static void fuse_sum(const lint_chain *c, const size_t *readers, size_t at) {
    lint_layer *l = &c->layer[at], *next = at + 1 < c->count ? l + 1 : NULL;
    if (!next || next->kind != &lint_layer_add || readers[at] != 1) return;
    if (next->from != at && next->also != at) return;
    if (l->kind != &lint_layer_batchnorm || !l->trains || !lint_batchnorm_has_room(l)) return;
    l->sum = next;
    next->is_done = 1;
}

/* Lets a convolution, where nothing is trained, do the same to each block of its output: the batchnorm is its
 * epilogue then. Its output is the sum's first term, in whose memory the sum may be. */
static void fuse_sum_of_convolution(const lint_chain *c, const size_t *readers, size_t at) {
    lint_layer *l = &c->layer[at], *last = l;
    if (l->kind != &lint_layer_conv || l->trains || l->is_producer || !lint_conv_adds_up(l)) return;
    for (int i = 0; i < LINT_LAYER_EPILOGUES && l->epilogue[i]; i++)
        last = l->epilogue[i];
    size_t end = (size_t)(last - c->layer);
    lint_layer *next = end + 1 < c->count ? last + 1 : NULL;
    if (!next || next->kind != &lint_layer_add || next->head) return;
    if (readers[end] != 1 || next->from != end || next->also == end) return;
    l->sum = next;
    next->is_done = 1;
}

/* The convolution whose output, with what is applied to that, layer `at` reads, as the only one. */
static lint_layer *convolution_before(const lint_chain *c, const size_t *readers, size_t at) {
    size_t from = c->layer[at].from;
    while (c->layer[from].is_epilogue && readers[from] == 1)
        from = c->layer[from].from;
    lint_layer *l = &c->layer[from];
    return l->kind == &lint_layer_conv && readers[from] == 1 ? l : NULL;
}

static void make_producer(lint_layer *l) {
    l->is_producer = 1;
    for (int i = 0; i < LINT_LAYER_EPILOGUES && l->epilogue[i]; i++)
        l->epilogue[i]->is_producer = 1;
}

static void fuse_separable(const lint_chain *c, const size_t *readers, size_t at) {
    lint_layer *l = &c->layer[at];
    if (l->kind != &lint_layer_conv) return;
    lint_layer *deep = convolution_before(c, readers, at);
    if (!deep || !lint_conv_separable_suits(l, deep)) return;
    lint_conv_separable_fuse(l, deep, convolution_before(c, readers, (size_t)(deep - c->layer)));
    for (lint_layer *m = l->producer; m; m = m->producer)
        make_producer(m);
}

/* Fuses neighbours where one is the other's only reader. The layer before `cam` is also read by the
 * maps. */
static int fuse_neighbours(lint_chain *c, lint_err *e) {
    size_t *readers = calloc(c->count, sizeof *readers);
    if (!readers) return lint_fail_mem(e, "layers");
    for (size_t k = 1; k < c->count; k++) {
        readers[c->layer[k].from]++;
        if (c->layer[k].kind->joins) readers[c->layer[k].also]++;
    }
    for (size_t i = 1; i < c->count; i++) {
        lint_layer *l = &c->layer[i], *before = &c->layer[l->from];
        if (l->from && readers[l->from] == 1 && c->cam != l->from + 1)
            lint_conv_rows_fuse(l, before, &c->layer[before->from]);
    }
    for (size_t i = c->count; i-- > 1;) {
        fuse_epilogue(c, readers, i);
        fuse_sum(c, readers, i);
    }
    for (size_t i = 1; i < c->count; i++)
        fuse_separable(c, readers, i);
    for (size_t i = 1; i < c->count; i++)
        fuse_sum_of_convolution(c, readers, i);
    free(readers);
    return 0;
}

int lint_chain_parse(lint_chain *c, const char *text, const char *name, const lint_chain_options *o,
                     lint_err *e) {
    *c = (lint_chain){0};
    char *copy = strdup(text);
    if (!copy) return lint_fail_mem(e, name);
    int err = 0, number = 0;
    for (char *line = copy; line && !err;) {
        char *end = strchr(line, '\n');
        if (end) *end = 0;
        line[strcspn(line, "#")] = 0;
        size_t before = c->count;
        c->line = ++number;
        err = parse_line(c, line, o, e) < 0;
        if (c->count > before) c->layer[c->count - 1].line = number;
        line = end ? end + 1 : NULL;
    }
    if (!err) {
        err = check_end(c, o->classes, e) < 0;
        if (c->count) number = c->layer[c->count - 1].line;
    }
    free(copy);
    if (!err) err = fuse_neighbours(c, e) < 0;
    if (!err) return 0;
    lint_chain_free(c);
    return lint_err_prefix(e, "%s:%d: ", name, number);
}
