#define _DEFAULT_SOURCE /* madvise */
#include "engine/layers/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const lint_layer_kind *const kinds[] = {
    &lint_layer_input,       &lint_layer_conv,    &lint_layer_batchnorm,
    &lint_layer_maxpool,     &lint_layer_avgpool, &lint_layer_adaptivepool,
    &lint_layer_globalpool,  &lint_layer_relu,    &lint_layer_relu6,
    &lint_layer_hardsigmoid, &lint_layer_sigmoid, &lint_layer_hardswish,
    &lint_layer_silu,        &lint_layer_dropout, &lint_layer_stochasticdepth,
    &lint_layer_add,         &lint_layer_concat,  &lint_layer_scale,
    &lint_layer_flatten,     &lint_layer_dense,
};

const lint_layer_kind *lint_layer_find(const char *word) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->word, word) == 0) return kinds[i];
    return NULL;
}

const char *lint_layer_words(char words[LINT_LAYER_WORDS]) {
    static const char no_layers[] = "residual, block, shortcut or cam"; /* see net_file.h */
    size_t at = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        at += (size_t)snprintf(words + at, LINT_LAYER_WORDS - at, "%s, ", kinds[i]->word);
    snprintf(words + at, LINT_LAYER_WORDS - at, "%s", no_layers);
    return words;
}

int lint_layer_activates(const lint_layer *l) {
    return l->kind->top > 0 || (l->kind == &lint_layer_hardswish && !l->trains);
}

lint_epilogue lint_activation_epilogue(const lint_layer *l) {
    if (!l) return (lint_epilogue){0};
    return (lint_epilogue){.top = l->kind->top, .hardswish = l->kind == &lint_layer_hardswish};
}

size_t lint_shape_count(lint_shape s) {
    return s.h * s.w * s.c;
}

size_t lint_machine_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages < 0 || page < 0 ? SIZE_MAX : (size_t)pages * (size_t)page;
}

int lint_layer_claim(lint_layer *l, size_t images, size_t each, size_t size, lint_err *e) {
    size_t bytes;
    if (__builtin_mul_overflow(images, each, &bytes) ||
        __builtin_mul_overflow(bytes, size, &bytes) || bytes > l->memory)
        return lint_fail(e, "out of memory for batches of %zu images", l->batch);
    l->memory -= bytes;
    return 0;
}

/* Large buffers lie on large pages where the system has them: the rows of a picture are pages apart, and
 * a step walks through gigabytes. */
float *lint_floats_unset(size_t n) {
    const size_t line = 64, page = 1 << 21;
    size_t bytes = n * sizeof(float), align = bytes < page ? line : page;
    if (n > SIZE_MAX / sizeof(float) - page) return NULL;
    bytes = bytes ? (bytes + align - 1) / align * align : line;
    float *p = aligned_alloc(align, bytes);
#ifdef MADV_HUGEPAGE
    if (p && align == page) madvise(p, bytes, MADV_HUGEPAGE); /* a wish: failure costs speed only */
#endif
    return p;
}

float *lint_floats(size_t n) {
    float *p = lint_floats_unset(n);
    if (p) memset(p, 0, n * sizeof *p);
    return p;
}

lint_weights *lint_layer_weights(lint_layer *l, const char *suffix, int trainable, size_t rank,
                                 const size_t *shape, lint_err *e) {
    lint_weights *w = &l->weight[l->weights];
    snprintf(w->name, sizeof w->name, "%s.%s", l->name, suffix);
    w->rank = rank;
    w->count = 1;
    for (size_t i = 0; i < rank; i++) {
        w->shape[i] = shape[i];
        if (__builtin_mul_overflow(w->count, shape[i], &w->count) || w->count > l->room) {
            lint_fail(e, "%s is too large: expected at most %zu numbers", w->name, l->room);
            return NULL;
        }
    }
    l->room -= w->count;
    int learns = trainable && l->trains;
    if (lint_layer_claim(l, 1 + (size_t)learns, w->count, sizeof *w->value, e) < 0) return NULL;
    w->value =
        l->trains ? lint_floats(w->count) : lint_floats_unset(w->count); /* a model's are loaded */
    l->weights++;
    if (learns) w->grad = lint_floats(w->count);
    if (!w->value || (learns && !w->grad)) {
        lint_fail_mem(e, w->name);
        return NULL;
    }
    return w;
}

int lint_layer_is_reordered(const lint_layer *l) {
    return l->after_flatten && l->flat.h * l->flat.w > 1;
}

/* Index in memory of element i of PyTorch's order. */
static size_t index_of(const lint_weights *w, size_t i) {
    if (w->order == LINT_ORDER_CONV) {
        size_t c = w->shape[1], kh = w->shape[2], kw = w->shape[3], o = w->shape[0];
        size_t x = i % kw, y = i / kw % kh, in = i / kw / kh % c, out = i / kw / kh / c;
        size_t group = out / (o / w->groups), each = o / w->groups;
        return (((group * kh + y) * kw + x) * c + in) * each + out % each;
    }
    if (w->order == LINT_ORDER_FLAT) {
        size_t area = w->flat.h * w->flat.w, f = area * w->flat.c;
        size_t at = i % area, c = i / area % w->flat.c;
        return i / f * f + at * w->flat.c + c;
    }
    return i;
}

/* One matrix in two orders: element (r, c) lies at r * row + c * col. */
typedef struct strides {
    size_t row, col;
} strides;

/* In blocks, so that the cache lines of either order stay in the cache. */
static void move(size_t rows, size_t cols, const float *from, strides f, float *to, strides t) {
    enum { BLOCK = 16 };
    for (size_t r0 = 0; r0 < rows; r0 += BLOCK)
        for (size_t c0 = 0; c0 < cols; c0 += BLOCK)
            for (size_t r = r0; r < rows && r < r0 + BLOCK; r++)
                for (size_t c = c0; c < cols && c < c0 + BLOCK; c++)
                    to[r * t.row + c * t.col] = from[r * f.row + c * f.col];
}

/* The part of the weights that begins at `torch` in PyTorch's order and at `here` in this one. */
static void move_part(size_t rows, size_t cols, const float *from, float *to, size_t torch,
                      strides s_torch, size_t here, strides s_here, int to_torch) {
    if (to_torch)
        move(rows, cols, from + here, s_here, to + torch, s_torch);
    else
        move(rows, cols, from + torch, s_torch, to + here, s_here);
}

void lint_weights_reorder(const lint_weights *w, const float *from, float *to, int to_torch) {
    if (w->order == LINT_ORDER_CONV) {
        size_t c = w->shape[1], taps = w->shape[2] * w->shape[3], o = w->shape[0] / w->groups;
        for (size_t g = 0; g < w->groups; g++)
            for (size_t t = 0; t < taps; t++)
                move_part(c, o, from, to, g * o * c * taps + t, (strides){taps, c * taps},
                          (g * taps + t) * c * o, (strides){o, 1}, to_torch);
    } else if (w->order == LINT_ORDER_FLAT) {
        size_t area = w->flat.h * w->flat.w, c = w->flat.c;
        for (size_t at = 0; at < w->count; at += area * c)
            move_part(area, c, from, to, at, (strides){1, area}, at, (strides){c, 1}, to_torch);
    } else {
        memcpy(to, from, w->count * sizeof *to);
    }
}

void lint_weights_uniform(lint_weights *w, lint_rng *r, double bound) {
    for (size_t i = 0; i < w->count; i++)
        w->value[index_of(w, i)] = (float)lint_rng_range(r, -bound, bound);
}

int lint_arg_syntax(const lint_layer *l, lint_err *e) {
    return lint_fail(e, "expected '%s %s'", l->kind->word, l->kind->syntax);
}

static int parse_count(const char **s, size_t *v) {
    char *end;
    if (**s < '0' || **s > '9') return -1;
    *v = strtoul(*s, &end, 10); /* ULONG_MAX where it is too large */
    *s = end;
    return 0;
}

static int check_range(const lint_layer *l, size_t i, size_t v, size_t least, size_t most,
                       lint_err *e) {
    if (v >= least && v <= most) return 0;
    int after_word = i > 0 && l->arg[i - 1][0] >= 'a' && l->arg[i - 1][0] <= 'z';
    return lint_fail(e, "'%s%s%s': expected %zu to %zu", after_word ? l->arg[i - 1] : "",
                     after_word ? " " : "", l->arg[i], least, most);
}

int lint_arg_count(const lint_layer *l, size_t i, size_t least, size_t most, size_t *v,
                   lint_err *e) {
    const char *s = i < l->args ? l->arg[i] : "";
    if (parse_count(&s, v) < 0 || *s) return lint_arg_syntax(l, e);
    return check_range(l, i, *v, least, most, e);
}

int lint_arg_pair(const lint_layer *l, size_t i, size_t most, size_t *a, size_t *b, lint_err *e) {
    const char *s = i < l->args ? l->arg[i] : "";
    if (parse_count(&s, a) < 0 || *s++ != 'x' || parse_count(&s, b) < 0 || *s)
        return lint_arg_syntax(l, e);
    return check_range(l, i, *a, 1, most, e) < 0 ? -1 : check_range(l, i, *b, 1, most, e);
}

int lint_arg_share(const lint_layer *l, size_t i, double *v, lint_err *e) {
    char *end = NULL;
    *v = i < l->args ? strtod(l->arg[i], &end) : 0;
    if (!end || end == l->arg[i] || *end) return lint_arg_syntax(l, e);
    if (*v > 0 && *v < 1) return 0;
    return lint_fail(e, "'%s %s': expected a number above 0 and below 1", l->arg[i - 1], l->arg[i]);
}

typedef struct window {
    size_t k, stride, pad;
    int ceil;
} window;

static int parse_window(lint_layer *l, size_t most, window *w, lint_err *e) {
    if (lint_arg_count(l, 0, 1, most, &w->k, e) < 0) return -1;
    w->stride = w->k;
    for (size_t i = 1; i < l->args; i++) {
        int is_pad = strcmp(l->arg[i], "pad") == 0;
        if (strcmp(l->arg[i], "ceil") == 0) {
            w->ceil = 1;
            continue;
        }
        if (!is_pad && strcmp(l->arg[i], "stride") != 0) return lint_arg_syntax(l, e);
        if (lint_arg_count(l, ++i, !is_pad, 64, is_pad ? &w->pad : &w->stride, e) < 0) return -1;
    }
    return 0;
}

/* Windows over `in` cells. One that hangs over the end has to begin before the padding there. */
static size_t windows_over(size_t in, const window *w) {
    size_t whole = (in + 2 * w->pad - w->k) / w->stride,
           rest = (in + 2 * w->pad - w->k) % w->stride;
    int hangs = w->ceil && rest && (whole + 1) * w->stride < in + w->pad;
    return whole + 1 + (size_t)hangs;
}

int lint_arg_window(lint_layer *l, size_t most, size_t *pad, lint_err *e) {
    window w = {0};
    if (parse_window(l, most, &w, e) < 0) return -1;
    if (2 * w.pad > w.k) return lint_fail(e, "pad may be at most half of the window");
    if (l->in.h + 2 * w.pad < w.k || l->in.w + 2 * w.pad < w.k)
        return lint_fail(e, "a window of %zux%zu does not fit into %zux%zu", w.k, w.k, l->in.w,
                         l->in.h);
    l->out = (lint_shape){windows_over(l->in.h, &w), windows_over(l->in.w, &w), l->in.c};
    l->kernel[0] = l->kernel[1] = w.k;
    l->stride[0] = l->stride[1] = w.stride;
    *pad = w.pad;
    return 0;
}
