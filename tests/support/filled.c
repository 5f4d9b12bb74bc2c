#include "support/filled.h"

#include "base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

char *filled_text(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s: cannot be opened", path);
    char *text = calloc(1, 1 << 16);
    size_t n = fread(text, 1, (1 << 16) - 1, f);
    fclose(f);
    assert_true(n > 0);
    return text;
}

size_t filled_count(const lint_tensor *t) {
    return t->bytes / lint_dtype_bytes(t->dtype);
}

static int ends_with(const char *s, const char *tail) {
    size_t n = strlen(s), m = strlen(tail);
    return n >= m && strcmp(s + n - m, tail) == 0;
}

void filled_values(float *v, const char *name, size_t rank, const uint64_t *shape) {
    lint_rng r = lint_rng_at(1, lint_hash(name, strlen(name), 0), 0, 0);
    uint64_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    int lifted = ends_with(name, "running_var") || ends_with(name, "weight");
    double width = rank > 1 ? sqrt(6 / ((double)count / (double)shape[0])) : 0.25;
    double middle = rank == 1 && lifted ? 1 : 0;
    for (uint64_t i = 0; i < count; i++)
        v[i] = (float)((2 * lint_rng_unit(&r) - 1) * width + middle);
}

/* Halves of 0.5 to 2, a fourth of them 0, as behind a relu. */
static void fill_features(filled *f) {
    size_t each = lint_net_height(f->net) * lint_net_width(f->net) * lint_net_channels(f->net);
    lint_rng r = lint_rng_at(3, 0, 0, 0);
    for (size_t i = 0; i < f->batch.n; i++)
        for (size_t j = 0; j < each; j++) {
            uint64_t bits = lint_rng_u64(&r);
            uint16_t half = (uint16_t)(bits >> 62 ? 0x3800 + (bits & 0x7ff) : 0);
            memcpy(f->image[i] + 2 * j, &half, sizeof half);
        }
}

/* Slanted waves, each image and channel its own, under noise. */
static void fill_images(filled *f, uint64_t step) {
    size_t n = f->batch.n, h = lint_net_height(f->net), w = lint_net_width(f->net);
    lint_rng r = lint_rng_at(2, 0, step, 0);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < h * w * 3; j++) {
            uint64_t noise = lint_rng_u64(&r) >> 56;
            size_t y = j / 3 / w, x = j / 3 % w, c = j % 3;
            uint64_t wave = (x * (i + 1 + n * step) * 5 + y * (c + 2) * 3) & 255;
            f->image[i][j] = (uint8_t)((noise + 3 * wave) / 4);
        }
}

/* A rectangle of object off the centre, and a left edge of 100. */
static void fill_masks(filled *f, size_t n, size_t h, size_t w) {
    for (size_t i = 0; i < n; i++)
        for (size_t y = 0; y < h; y++)
            for (size_t x = 0; x < w; x++) {
                int in = y >= h / 4 + i && y < 3 * h / 4 && x >= w / 5 && x < w / 2 + i;
                f->mask[i][y * w + x] = in ? 255 : x == 0 ? 100 : 0;
            }
}

static uint8_t **rows(size_t n, size_t bytes) {
    uint8_t **p = calloc(n, sizeof *p);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        assert_non_null(p[i] = calloc(1, bytes));
    return p;
}

static void fill_batch(filled *f, size_t n, size_t classes) {
    size_t h = lint_net_height(f->net), w = lint_net_width(f->net);
    int head = lint_net_is_head(f->net);
    f->image = rows(n, h * w * lint_net_channels(f->net) * (head ? 2 : 1));
    f->mask = rows(n, h * w);
    f->label = calloc(n, sizeof *f->label);
    assert_non_null(f->label);
    for (size_t i = 0; i < n; i++)
        f->label[i] = (int32_t)(i % classes);
    fill_masks(f, n, h, w);
    f->batch = (lint_batch){.n = n, .label = f->label, .mask = (const uint8_t *const *)f->mask};
    if (head) {
        f->batch.features = (const void *const *)f->image;
        fill_features(f);
    } else {
        f->batch.image = (const uint8_t *const *)f->image;
        fill_images(f, 0);
    }
}

void filled_turn(filled *f, uint64_t step) {
    if (f->batch.step == step) return;
    fill_images(f, step);
    f->batch.step = step;
}

filled *filled_new(const char *path, size_t classes, size_t n, lint_net_mode mode, int threads) {
    lint_err e = {0};
    filled *f = calloc(1, sizeof *f);
    assert_non_null(f);
    char *text = strchr(path, '\n') ? strdup(path) : filled_text(path);
    assert_non_null(text);
    f->pool = lint_threads_new(threads, &e);
    assert_non_null(f->pool);
    f->net = lint_net_new(text, strchr(path, '\n') ? "text" : path, classes, n, mode, f->pool, &e);
    free(text);
    if (!f->net) fail_msg("%s", e.msg);
    filled_reset(f);
    fill_batch(f, n, classes);
    return f;
}

void filled_free(filled *f) {
    for (size_t i = 0; i < f->batch.n; i++) {
        free(f->image[i]);
        free(f->mask[i]);
    }
    free(f->image);
    free(f->mask);
    free(f->label);
    lint_frame_free(&f->weights);
    lint_net_free(f->net);
    lint_threads_free(f->pool);
    free(f);
}

void filled_store(filled *f, lint_frame *to) {
    lint_err e = {0};
    if (lint_net_store(f->net, to, &e) < 0) fail_msg("%s", e.msg);
}

void filled_load(filled *f) {
    lint_err e = {0};
    if (lint_net_load(f->net, &f->weights, &e) < 0) fail_msg("%s", e.msg);
}

void filled_reset(filled *f) {
    lint_frame_clear(&f->weights);
    filled_store(f, &f->weights);
    for (size_t i = 0; i < f->weights.count; i++) {
        const lint_tensor *t = &f->weights.tensors[i];
        filled_values(t->data, t->name, t->rank, t->shape);
    }
    filled_load(f);
}

/* value and grad share an order, so gradients leave the net as if they were its values. */
void filled_gradients(filled *f, lint_frame *to) {
    for (size_t i = 0; i < lint_net_params(f->net); i++) {
        lint_param p = lint_net_param(f->net, i);
        if (p.grad) memcpy(p.value, p.grad, p.count * sizeof *p.value);
    }
    filled_store(f, to);
}

filled *filled_small(lint_net_mode mode, int threads) {
    return filled_new("tests/golden/small.net", 3, 5, mode, threads);
}

lint_loss_sum filled_step(filled *f, const lint_loss *loss) {
    lint_loss_sum sum = {0};
    lint_err e = {0};
    if (lint_net_step(f->net, &f->batch, loss, &sum, &e) < 0) fail_msg("%s", e.msg);
    return sum;
}

void filled_step_gradients(filled *f, const lint_loss *loss, lint_frame *to) {
    filled_load(f);
    filled_step(f, loss);
    filled_gradients(f, to);
}

void check_same_bytes(const lint_frame *a, const lint_frame *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->tensors[i].name, b->tensors[i].name);
        assert_int_equal(a->tensors[i].bytes, b->tensors[i].bytes);
        if (memcmp(a->tensors[i].data, b->tensors[i].data, a->tensors[i].bytes) != 0)
            fail_msg("%s differs", a->tensors[i].name);
    }
}
