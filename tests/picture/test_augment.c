/* What lint-augment is made of: changes of one picture, the choice of copies, frames of another
 * size, and the passes of a loader. */
#include "load/balance.h"
#include "load/loader.h"
#include "picture/augment.h"
#include "stream/reframe.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) < 0) fail_msg("%s", e.msg);                                                     \
    } while (0)

static uint8_t *noise_picture(size_t bytes) {
    uint8_t *p = malloc(bytes);
    assert_non_null(p);
    lint_rng r = lint_rng_at(7, 0, 0, 0);
    for (size_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)lint_rng_u64(&r);
    return p;
}

/* Smooth, so that a place a hair beside the right one has nearly the right colour. */
static uint8_t *wave_picture(size_t h, size_t w) {
    uint8_t *p = malloc(h * w * 3);
    assert_non_null(p);
    for (size_t i = 0; i < h * w * 3; i++) {
        double x = (double)(i / 3 % w), y = (double)(i / 3 / w);
        p[i] = (uint8_t)(127 + 120 * sin(x * 0.3 + (double)(i % 3)) * cos(y * 0.2));
    }
    return p;
}

/* --- geometry --------------------------------------------------------------------------------- */

typedef struct size {
    size_t h, w;
} size;

static const size SIZES[] = {{1, 1}, {1, 5}, {6, 1}, {2, 2}, {7, 7}, {8, 8}, {9, 4}, {33, 48}};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

static void flips_move_pixels_and_alter_none(void **state) {
    (void)state;
    for (int k = 0; k < SIZE_COUNT * 4; k++) {
        size_t h = SIZES[k / 4].h, w = SIZES[k / 4].w, n = h * w * 3;
        uint8_t *in = noise_picture(n), *out = malloc(n), *mask = malloc(n);
        lint_change c = LINT_CHANGE_NONE;
        c.flip_h = k & 1;
        c.flip_v = k >> 1 & 1;
        lint_change_image(&c, h, w, in, out);
        lint_change_mask(&c, h, w, in, mask); /* the first third, as a mask */
        for (size_t y = 0; y < h; y++)
            for (size_t x = 0; x < w; x++) {
                size_t from = (c.flip_v ? h - 1 - y : y) * w + (c.flip_h ? w - 1 - x : x);
                assert_memory_equal(out + (y * w + x) * 3, in + from * 3, 3);
                assert_int_equal(mask[y * w + x], in[from]);
            }
        free(in);
        free(out);
        free(mask);
    }
}

static void a_quarter_turn_goes_clockwise_and_four_make_none(void **state) {
    (void)state;
    for (size_t s = 1; s <= 24; s++) {
        size_t n = s * s * 3;
        uint8_t *in = noise_picture(n), *out = malloc(n), *again = malloc(n);
        uint8_t *mask = malloc(s * s);
        lint_change c = LINT_CHANGE_NONE;
        c.degrees = 90;
        lint_change_image(&c, s, s, in, out);
        lint_change_mask(&c, s, s, in, mask);
        for (size_t y = 0; y < s; y++)
            for (size_t x = 0; x < s; x++) { /* the left column becomes the top row */
                assert_memory_equal(out + (y * s + x) * 3, in + ((s - 1 - x) * s + y) * 3, 3);
                assert_int_equal(mask[y * s + x], in[(s - 1 - x) * s + y]);
            }
        lint_change_image(&c, s, s, out, again);
        c.degrees = -180;
        lint_change_image(&c, s, s, again, out);
        assert_memory_equal(out, in, n);
        free(in);
        free(out);
        free(again);
        free(mask);
    }
}

static size_t mirrored(long i, size_t n) {
    while (i < 0 || i >= (long)n)
        i = i < 0 ? -1 - i : 2 * (long)n - 1 - i;
    return (size_t)i;
}

static void beyond_the_edge_comes_the_mirror_image(void **state) {
    (void)state;
    size_t h = 8, w = 4;
    uint8_t *in = noise_picture(h * w * 3), *out = malloc(h * w * 3);
    for (int step = -16; step <= 16; step++) {
        lint_change c = LINT_CHANGE_NONE;
        c.dx = step / 4.0; /* whole pixels: step and 2 step */
        c.dy = step / 4.0;
        lint_change_image(&c, h, w, in, out);
        for (size_t y = 0; y < h; y++)
            for (size_t x = 0; x < w; x++) {
                size_t iy = mirrored((long)y + 2 * step, h), ix = mirrored((long)x + step, w);
                assert_memory_equal(out + (y * w + x) * 3, in + (iy * w + ix) * 3, 3);
            }
    }
    free(in);
    free(out);
}

/* The plain version in doubles: what the picture shows at a place between pixels. */
static double sample(const uint8_t *in, size_t h, size_t w, double x, double y, size_t c) {
    double fx = x - floor(x), fy = y - floor(y), sum = 0;
    for (int k = 0; k < 4; k++) {
        size_t ix = mirrored((long)floor(x) + (k & 1), w), iy = mirrored((long)floor(y) + k / 2, h);
        double weight = (k & 1 ? fx : 1 - fx) * (k / 2 ? fy : 1 - fy);
        sum += weight * in[(iy * w + ix) * 3 + c];
    }
    return sum;
}

static void resampling_is_that_of_the_plain_version(void **state) {
    (void)state;
    size_t h = 40, w = 56;
    uint8_t *in = wave_picture(h, w), *out = malloc(h * w * 3);
    lint_augment a = {
        .flip_h = 1, .flip_v = 1, .rotate = 180, .crop = 0.4, .shift = 0.3, .noise = 0};
    for (uint64_t k = 0; k < 20; k++) {
        lint_change c = lint_augment_draw(&a, 1, 0, k);
        lint_change_image(&c, h, w, in, out);
        double t = c.degrees * acos(-1.0) / 180;
        for (size_t i = 0; i < h * w * 3; i++) {
            double dx = (double)(i / 3 % w) - (double)(w - 1) / 2;
            double dy = (double)(i / 3 / w) - (double)(h - 1) / 2;
            dx *= c.flip_h ? -c.scale : c.scale;
            dy *= c.flip_v ? -c.scale : c.scale;
            double x = cos(t) * dx + sin(t) * dy + c.dx * (double)w + (double)(w - 1) / 2;
            double y = -sin(t) * dx + cos(t) * dy + c.dy * (double)h + (double)(h - 1) / 2;
            double want = sample(in, h, w, x, y, i % 3);
            /* half a step of rounding, and places rounded to 1/256 pixel on slopes of 36 */
            if (fabs(out[i] - want) > 0.7) fail_msg("%d, expected %f", out[i], want);
        }
    }
    free(in);
    free(out);
}

static void a_mask_goes_where_its_picture_goes(void **state) {
    (void)state;
    enum { S = 64 };
    static uint8_t mask[S * S], image[S * S * 3], mask_out[S * S], image_out[S * S * 3];
    for (size_t i = 0; i < S * S; i++) {
        size_t x = i % S, y = i / S;
        mask[i] = x > 20 && x < 50 && y > 10 && y < 40 && x + y > 40 ? 255 : 0;
        memset(image + i * 3, mask[i], 3);
    }
    lint_augment a = {
        .flip_h = 1, .flip_v = 1, .rotate = 90, .crop = 0.5, .shift = 0.2, .brightness = 0};
    size_t object = 0, between = 0;
    for (uint64_t k = 0; k < 50; k++) {
        lint_change c = lint_augment_draw(&a, 3, 0, k);
        lint_change_image(&c, S, S, image, image_out);
        lint_change_mask(&c, S, S, mask, mask_out);
        for (size_t i = 0; i < S * S; i++) {
            assert_true(mask_out[i] == 0 || mask_out[i] == 255);
            object += mask_out[i] == 255;
            if (image_out[i * 3] == 0 || image_out[i * 3] == 255)
                assert_int_equal(mask_out[i], image_out[i * 3]);
            else
                between++;
        }
    }
    assert_true(object > 50 * 300);
    assert_true(between < object / 3); /* edges only */
}

/* --- light ------------------------------------------------------------------------------------ */

static void light_multiplies_and_is_cut_at_white(void **state) {
    (void)state;
    uint8_t in[256 * 3], out[256 * 3];
    for (int i = 0; i < 256 * 3; i++)
        in[i] = (uint8_t)(i / 3);
    lint_change c = LINT_CHANGE_NONE;
    c.gain = 1.5;
    lint_change_image(&c, 16, 16, in, out);
    for (int i = 0; i < 256; i++)
        assert_int_equal(out[i * 3], i * 3 / 2.0 + 0.5 > 255 ? 255 : (int)(i * 1.5 + 0.5));
    c.noise = 1e-9; /* the same through the other loop */
    uint8_t noisy[256 * 3];
    lint_change_image(&c, 16, 16, in, noisy);
    for (int i = 0; i < 256 * 3; i++) /* halves may round the other way */
        assert_in_range(noisy[i] + 1, out[i], out[i] + 2);
}

static void noise_has_the_deviation_asked_for(void **state) {
    (void)state;
    enum { S = 200, N = S * S * 3 };
    uint8_t *in = malloc(N), *out = malloc(N);
    memset(in, 128, N);
    lint_change c = LINT_CHANGE_NONE;
    c.noise = 0.1;
    c.rng = lint_rng_at(0, 0, 0, 0);
    lint_change_image(&c, S, S, in, out);
    double sum = 0, squares = 0, within = 0;
    for (int i = 0; i < N; i++) {
        double d = out[i] - 128.0;
        sum += d;
        squares += d * d;
        within += fabs(d) <= 25.5;
    }
    /* 120000 values: the mean is good to 0.07, the deviation to 0.05; 68.3 % of a Gaussian lie
     * within one deviation, of four numbers added up 67.6 */
    assert_true(fabs(sum / N) < 0.3);
    assert_true(fabs(sqrt(squares / N) - 25.5) < 0.25);
    assert_true(fabs(within / N - 0.68) < 0.02);
    free(in);
    free(out);
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void draws_fill_their_ranges(void **state) {
    (void)state;
    lint_augment a = {
        .flip_h = 1, .rotate = 20, .crop = 0.5, .shift = 0.1, .brightness = 0.3, .noise = 0.2};
    double turn[2] = {0, 0}, scale[2] = {1, 0}, gain[2] = {1, 1}, noise[2] = {1, 0};
    int flips = 0;
    for (uint64_t k = 0; k < 2000; k++) {
        lint_change c = lint_augment_draw(&a, 0, 0, k);
        assert_false(c.flip_v);
        flips += c.flip_h;
        assert_true(fabs(c.dx) <= (1 - c.scale) / 2 + 0.1 && fabs(c.dy) <= 0.35);
        turn[0] = fmin(turn[0], c.degrees), turn[1] = fmax(turn[1], c.degrees);
        scale[0] = fmin(scale[0], c.scale), scale[1] = fmax(scale[1], c.scale);
        gain[0] = fmin(gain[0], c.gain), gain[1] = fmax(gain[1], c.gain);
        noise[0] = fmin(noise[0], c.noise), noise[1] = fmax(noise[1], c.noise);
    }
    assert_in_range(flips, 900, 1100);
    assert_true(turn[0] >= -20 && turn[0] < -19.5 && turn[1] <= 20 && turn[1] > 19.5);
    assert_true(scale[0] >= 0.5 && scale[0] < 0.51 && scale[1] <= 1 && scale[1] > 0.99);
    assert_true(gain[0] >= 0.7 && gain[0] < 0.71 && gain[1] <= 1.3 && gain[1] > 1.29);
    assert_true(noise[0] >= 0 && noise[0] < 0.01 && noise[1] <= 0.2 && noise[1] > 0.19);
}

static void switching_one_thing_on_leaves_the_others(void **state) {
    (void)state;
    lint_augment one = LINT_AUGMENT_NONE, all = {.flip_h = 1,
                                                 .flip_v = 1,
                                                 .rotate = 30,
                                                 .crop = 0.5,
                                                 .shift = 0.1,
                                                 .brightness = 0.2,
                                                 .noise = 0.1,
                                                 .hue = 90,
                                                 .saturation = 0.5,
                                                 .grey = 0.5};
    one.rotate = 30;
    for (uint64_t k = 0; k < 20; k++) {
        lint_change a = lint_augment_draw(&one, 0, 0, k);
        lint_change b = lint_augment_draw(&all, 0, 0, k);
        assert_true(a.degrees == b.degrees && a.rng.state == b.rng.state);
        assert_true(a.scale == 1 && a.gain == 1 && a.noise == 0 && !a.flip_h && a.dx == 0);
    }
}

/* --- balance ---------------------------------------------------------------------------------- */

static char *TWO[] = {"leopard", "orca"};
static const lint_names NAMES = {.v = TWO, .n = 2}, NO_NAMES = {0};

static void balance_copies_all_once_before_any_twice(void **state) {
    (void)state;
    lint_err e;
    int32_t label[100]; /* 70 of class 0, 20 of class 1, 10 unknown */
    for (int i = 0; i < 100; i++)
        label[i] = i % 10 == 3 ? -1 : i % 10 < 2 ? 1 : 0;
    size_t *copy, *other, copies, used[100] = {0};
    OK(lint_balance(label, 100, &NAMES, 1, 1, &copy, &copies, &e));
    assert_int_equal(copies, 50);
    for (size_t i = 0; i < copies; i++) {
        assert_int_equal(label[copy[i]], 1);
        assert_int_equal(used[copy[i]]++, i / 20);
    }
    OK(lint_balance(label, 100, &NAMES, 1, 1, &other, &copies, &e));
    assert_memory_equal(copy, other, copies * sizeof *copy);
    free(other);
    OK(lint_balance(label, 100, &NAMES, 1, 2, &other, &copies, &e));
    assert_memory_not_equal(copy, other, copies * sizeof *copy); /* another epoch */
    free(other);
    OK(lint_balance(label, 100, &NAMES, 2, 1, &other, &copies, &e));
    assert_memory_not_equal(copy, other, copies * sizeof *copy); /* another seed */
    free(other);
    free(copy);
}

static void balance_of_many_classes_without_names(void **state) {
    (void)state;
    lint_err e;
    int32_t label[] = {5, INT32_MAX, 5, 0, 5, 0, -1};
    size_t *copy, copies;
    OK(lint_balance(label, 7, &NO_NAMES, 0, 1, &copy, &copies, &e));
    assert_int_equal(copies, 3);
    assert_int_equal(label[copy[0]], 0);
    assert_int_equal(copy[1], 1);
    assert_int_equal(copy[2], 1);
    free(copy);
    OK(lint_balance(label, 1, &NO_NAMES, 0, 1, &copy, &copies, &e));
    assert_int_equal(copies, 0);
    free(copy);
}

static void balance_refuses_what_cannot_be_balanced(void **state) {
    (void)state;
    lint_err e;
    int32_t zeros[3] = {0}, unknown[2] = {-1, -1};
    size_t *copy, copies;
    assert_int_equal(lint_balance(zeros, 3, &NAMES, 0, 1, &copy, &copies, &e), -1);
    assert_string_equal(e.msg, "cannot balance: class 'orca' has no samples to copy");
    assert_int_equal(lint_balance(unknown, 2, &NO_NAMES, 0, 1, &copy, &copies, &e), -1);
    assert_string_equal(e.msg, "cannot balance: no sample has a label");
    OK(lint_balance(NULL, 0, &NAMES, 0, 1, &copy, &copies, &e));
    assert_int_equal(copies, 0);
}

/* --- streams ---------------------------------------------------------------------------------- */

enum { H = 12, W = 12 };

/* n samples with ids first, first + 1...: the id is in `id` and in every pixel. */
static void fill(lint_frame *f, size_t n, int first, const char *split) {
    lint_err e;
    uint64_t shape[] = {n, H, W, 3};
    lint_frame_clear(f);
    lint_tensor *t = lint_frame_add(f, "image", LINT_U8, 4, shape, &e);
    assert_non_null(t);
    for (size_t i = 0; i < n * H * W * 3; i++)
        ((uint8_t *)t->data)[i] = (uint8_t)(first + (int)(i / (H * W * 3)));
    assert_non_null(t = lint_frame_add(f, "label", LINT_I32, 1, shape, &e));
    for (size_t i = 0; i < n; i++)
        ((int32_t *)t->data)[i] = (first + (int)i) % 3 == 0;
    assert_non_null(t = lint_frame_add(f, "id", LINT_F32, 1, shape, &e));
    for (size_t i = 0; i < n; i++)
        ((float *)t->data)[i] = (float)first + (float)i;
    assert_non_null(t = lint_frame_add(f, "about", LINT_F32, 2, (uint64_t[]){2, 2}, &e));
    OK(lint_frame_set_meta(f, "split", split, &e));
}

static float id_of(const lint_frame *f, size_t i) {
    const lint_tensor *t = lint_frame_find(f, "id");
    assert_non_null(t);
    return ((float *)t->data)[i];
}

static void frames_of_any_size_become_frames_of_the_size_asked_for(void **state) {
    (void)state;
    lint_err e;
    static const size_t sizes[] = {1, 5, 0, 7, 3, 9}; /* ids 0..24; the last nine are `b` */
    for (size_t frame = 0; frame <= 26; frame++) {
        FILE *file = tmpfile();
        lint_frame f = {0};
        int id = 0;
        for (size_t i = 0; i < 6; i++) {
            fill(&f, sizes[i], id, i < 5 ? "a" : "b");
            OK(lint_frame_write(&f, file, &e));
            id += (int)sizes[i];
        }
        rewind(file);
        lint_reframe *g = lint_reframe_new(file, "test", frame, &e);
        assert_non_null(g);
        size_t at = 0, got_frames = 0;
        int got;
        while ((got = lint_reframe_next(g, &f, &e)) > 0) {
            size_t n = lint_frame_samples(&f), end = at < 16 ? 16 : 25;
            size_t want = frame && frame < end - at ? frame : end - at;
            assert_int_equal(n, want);
            assert_string_equal(lint_frame_meta(&f, "split"), at < 16 ? "a" : "b");
            for (size_t i = 0; i < n; i++)
                assert_int_equal((int)id_of(&f, i), at + i);
            at += n;
            got_frames++;
        }
        OK(got);
        assert_int_equal(at, 25);
        if (frame == 0) assert_int_equal(got_frames, 2);
        lint_reframe_free(g);
        lint_frame_free(&f);
        fclose(file);
    }
}

static void regroup_names_the_frame_that_does_not_fit(void **state) {
    (void)state;
    lint_err e;
    FILE *file = tmpfile();
    lint_frame f = {0};
    fill(&f, 3, 0, "a");
    OK(lint_frame_write(&f, file, &e));
    lint_frame_drop(&f, "id");
    OK(lint_frame_write(&f, file, &e));
    rewind(file);
    lint_reframe *g = lint_reframe_new(file, "x.lts", 10, &e);
    assert_non_null(g);
    assert_int_equal(lint_reframe_next(g, &f, &e), -1);
    if (strncmp(e.msg, "x.lts: frame 2: ", 16) != 0) fail_msg("%s", e.msg);
    lint_reframe_free(g);
    lint_frame_free(&f);
    fclose(file);
}

/* Writes frames of 7 and 13 samples, ids 0..19, to a new file; the caller unlinks it. */
static void make_file(char path[32]) {
    lint_err e;
    strcpy(path, "/tmp/test-augment-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    lint_frame f = {0};
    fill(&f, 7, 0, "train");
    OK(lint_frame_write(&f, file, &e));
    fill(&f, 13, 7, "train");
    OK(lint_frame_write(&f, file, &e));
    lint_frame_free(&f);
    assert_int_equal(fclose(file), 0);
}

static void each_epoch_is_a_new_order_of_all_samples(void **state) {
    (void)state;
    lint_err e;
    char path[32];
    make_file(path);
    lint_threads *pool = lint_threads_new(1, &e);
    lint_load_plan plan = LINT_LOAD_PLAN_NONE;
    plan.epochs = 3, plan.shuffle = 1, plan.frame = 6;
    lint_loader *l = lint_loader_new(path, &plan, pool, &e);
    assert_non_null(l);
    assert_int_equal(lint_loader_total(l), 60);
    int order[3][20] = {{0}}, seen = 0, got;
    lint_frame f = {0};
    while ((got = lint_loader_next(l, &f, &e)) > 0) {
        size_t n = lint_frame_samples(&f);
        char mark[] = {(char)('1' + seen / 20), 0};
        assert_string_equal(lint_frame_meta(&f, "epoch"), mark);
        assert_string_equal(lint_frame_meta(&f, "split"), "train");
        assert_int_equal(n, seen % 20 == 18 ? 2 : 6);
        const uint8_t *px = lint_frame_find(&f, "image")->data;
        for (size_t i = 0; i < n; i++, seen++) {
            order[seen / 20][seen % 20] = (int)id_of(&f, i);
            assert_int_equal(px[i * H * W * 3], (int)id_of(&f, i));
        }
    }
    OK(got);
    assert_int_equal(seen, 60);
    for (int k = 0; k < 3; k++) {
        int count[20] = {0};
        for (int i = 0; i < 20; i++) {
            assert_in_range(order[k][i], 0, 19);
            assert_int_equal(count[order[k][i]]++, 0);
        }
        assert_memory_not_equal(order[k], order[(k + 1) % 3], sizeof order[k]);
    }
    lint_frame_free(&f);
    lint_loader_free(l);
    lint_threads_free(pool);
    unlink(path);
}

/* Sum of the pixels of the sample with that id (the first one), whichever way it is loaded. */
static unsigned long pixels_of(const char *path, const lint_load_plan *plan, int threads, int id) {
    lint_err e;
    lint_threads *pool = lint_threads_new(threads, &e);
    lint_loader *l = lint_loader_new(path, plan, pool, &e);
    assert_non_null(l);
    lint_frame f = {0};
    unsigned long hash = 0;
    int got;
    while ((got = lint_loader_next(l, &f, &e)) > 0)
        for (size_t i = 0; i < lint_frame_samples(&f); i++)
            if (!hash && (int)id_of(&f, i) == id)
                hash = lint_hash((uint8_t *)lint_frame_find(&f, "image")->data + i * H * W * 3,
                                 H * W * 3, 0);
    OK(got);
    lint_frame_free(&f);
    lint_loader_free(l);
    lint_threads_free(pool);
    return hash;
}

static void what_happens_to_a_sample_hangs_on_seed_epoch_and_index_alone(void **state) {
    (void)state;
    char path[32];
    make_file(path);
    lint_load_plan plan = LINT_LOAD_PLAN_NONE;
    plan.each = (lint_augment){.crop = 1, .noise = 0.2, .brightness = 0.5};
    unsigned long first = pixels_of(path, &plan, 1, 11);
    assert_int_equal(first, pixels_of(path, &plan, 3, 11));
    plan.frame = 3;
    assert_int_equal(first, pixels_of(path, &plan, 2, 11));
    plan.shuffle = 1;
    assert_int_equal(first, pixels_of(path, &plan, 2, 11));
    plan.epochs = 2;
    assert_int_equal(first, pixels_of(path, &plan, 2, 11));
    assert_int_not_equal(first, pixels_of(path, &plan, 2, 14));
    plan.seed = 1;
    assert_int_not_equal(first, pixels_of(path, &plan, 2, 11));
    unlink(path);
}

static void balance_appends_changed_copies_and_leaves_the_originals(void **state) {
    (void)state;
    lint_err e;
    char path[32];
    make_file(path);
    lint_threads *pool = lint_threads_new(2, &e);
    lint_load_plan plan = LINT_LOAD_PLAN_NONE;
    plan.frame = 0, plan.balance = 1, plan.copy.noise = 0.5;
    lint_loader *l = lint_loader_new(path, &plan, pool, &e);
    assert_non_null(l);
    lint_frame f = {0}; /* 7 of label 1, 13 of label 0: six copies */
    assert_int_equal(lint_loader_next(l, &f, &e), 1);
    assert_int_equal(lint_frame_samples(&f), 26);
    const uint8_t *px = lint_frame_find(&f, "image")->data;
    for (size_t i = 0; i < 26; i++, px += H * W * 3) {
        int id = (int)id_of(&f, i), plain = 1;
        if (i < 20) assert_int_equal(id, i);
        if (i >= 20) assert_int_equal(id % 3, 0);
        for (size_t k = 0; k < H * W * 3; k++)
            plain &= px[k] == id;
        assert_int_equal(plain, i < 20);
    }
    assert_int_equal(lint_loader_next(l, &f, &e), 0);
    assert_null(lint_frame_meta(&f, "epoch"));
    lint_frame_free(&f);
    lint_loader_free(l);
    lint_threads_free(pool);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flips_move_pixels_and_alter_none),
        cmocka_unit_test(a_quarter_turn_goes_clockwise_and_four_make_none),
        cmocka_unit_test(beyond_the_edge_comes_the_mirror_image),
        cmocka_unit_test(resampling_is_that_of_the_plain_version),
        cmocka_unit_test(a_mask_goes_where_its_picture_goes),
        cmocka_unit_test(light_multiplies_and_is_cut_at_white),
        cmocka_unit_test(noise_has_the_deviation_asked_for),
        cmocka_unit_test(draws_fill_their_ranges),
        cmocka_unit_test(switching_one_thing_on_leaves_the_others),
        cmocka_unit_test(balance_copies_all_once_before_any_twice),
        cmocka_unit_test(balance_of_many_classes_without_names),
        cmocka_unit_test(balance_refuses_what_cannot_be_balanced),
        cmocka_unit_test(frames_of_any_size_become_frames_of_the_size_asked_for),
        cmocka_unit_test(regroup_names_the_frame_that_does_not_fit),
        cmocka_unit_test(each_epoch_is_a_new_order_of_all_samples),
        cmocka_unit_test(what_happens_to_a_sample_hangs_on_seed_epoch_and_index_alone),
        cmocka_unit_test(balance_appends_changed_copies_and_leaves_the_originals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
