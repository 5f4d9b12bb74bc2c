/* Windows, donors without their objects, and the pictures made of both. */
#include "picture/augment.h"
#include "picture/swap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const size_t SIDES[][2] = {{1, 1}, {1, 5}, {6, 1}, {7, 7}, {8, 13}, {96, 64}, {33, 200}};
enum { SIZES = sizeof SIDES / sizeof *SIDES };

/* 1 in the middle third of both sides. */
static int in_object(size_t h, size_t w, size_t i) {
    size_t y = i / w, x = i % w;
    return 3 * y >= h && 3 * y < 2 * h && 3 * x >= w && 3 * x < 2 * w;
}

static uint8_t *object_mask(size_t h, size_t w) {
    uint8_t *m = malloc(h * w);
    assert_non_null(m);
    for (size_t i = 0; i < h * w; i++)
        m[i] = in_object(h, w, i) ? 255 : 0;
    return m;
}

static void an_ellipse_keeps_the_middle_and_not_the_corners(void **state) {
    (void)state;
    enum { H = 97, W = 61 };
    static uint8_t v[H * W];
    lint_rng rng = lint_rng_at(1, LINT_RNG_SWAP, 0, 0);
    for (int k = 0; k < 20; k++) {
        lint_swap s = lint_swap_draw(1, 10, &rng);
        lint_swap_ellipse(&s, H, W, v);
        assert_int_equal(v[H / 2 * W + W / 2], 255);
        assert_int_equal(v[0] + v[W - 1] + v[H * W - W] + v[H * W - 1], 0);
        for (size_t i = 0; i < H * W; i++)
            assert_int_equal(v[i], v[H * W - 1 - i]);
    }
}

static void draws_follow_the_probability_and_reach_every_donor(void **state) {
    (void)state;
    int swapped = 0, seen[5] = {0};
    lint_rng rng = lint_rng_at(2, LINT_RNG_SWAP, 0, 0);
    for (int k = 0; k < 1000; k++) {
        assert_false(lint_swap_draw(0, 5, &rng).swapped);
        assert_true(lint_swap_draw(1, 5, &rng).swapped);
        lint_swap s = lint_swap_draw(0.3, 5, &rng);
        swapped += s.swapped;
        assert_true(s.donor < 5 && s.size > 0.7 && s.size < 1.3 && s.aspect > 0.7 &&
                    s.aspect < 1.3);
        seen[s.donor]++;
    }
    assert_in_range(swapped, 250, 350);
    for (int k = 0; k < 5; k++)
        assert_in_range(seen[k], 150, 250);
}

static void a_masks_window_is_the_mask_with_a_soft_edge(void **state) {
    (void)state;
    enum { H = 96, W = 192 };
    uint8_t *mask = object_mask(H, W), *v = malloc(H * W), *room = malloc(lint_swap_room(H, W));
    uint8_t *image = malloc(H * W * 3);
    for (size_t i = 0; i < H * W; i++)
        memset(image + i * 3, mask[i] ? 150 : 30, 3);
    assert_int_equal(lint_swap_mask(H, W, mask, image, v, room), 1);
    for (size_t i = 0; i < H * W; i++) {
        size_t y = i / W, x = i % W;
        int deep = y >= H / 3 + 2 && y < 2 * H / 3 - 2 && x >= W / 3 + 2 && x < 2 * W / 3 - 2;
        int far = y + 2 < H / 3 || y >= 2 * H / 3 + 2 || x + 2 < W / 3 || x >= 2 * W / 3 + 2;
        if (deep) assert_int_equal(v[i], 255);
        if (far) assert_int_equal(v[i], 0);
        if (v[i]) assert_int_equal(image[i * 3], 150); /* nothing of the old surroundings */
    }
    memset(mask, 127, H * W);
    memset(image, 9, H * W * 3);
    assert_int_equal(lint_swap_mask(H, W, mask, image, v, room), 0);
    assert_int_equal(image[0], 9);
    free(mask);
    free(v);
    free(room);
    free(image);
}

static void a_cleared_picture_has_only_its_surroundings(void **state) {
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        size_t h = SIDES[k][0], w = SIDES[k][1], n = h * w;
        uint8_t *mask = object_mask(h, w), *image = malloc(n * 3);
        uint8_t *room = malloc(lint_swap_room(h, w));
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < 3; c++)
                image[i * 3 + c] = mask[i] ? 255 : (uint8_t)(40 + 10 * c);
        lint_swap_clear(h, w, mask, image, room);
        /* In the smallest ones the rim leaves no surroundings. */
        for (size_t i = 0; i < n && h > 6 && w > 6; i++)
            for (size_t c = 0; c < 3; c++)
                assert_int_equal(image[i * 3 + c], 40 + 10 * c);
        memset(mask, 255, n);
        memset(image, 77, n * 3);
        lint_swap_clear(h, w, mask, image, room);
        for (size_t i = 0; i < n * 3; i++)
            assert_int_equal(image[i], 77);
        free(mask);
        free(image);
        free(room);
    }
}

static void filled_pixels_lie_between_those_around_them(void **state) {
    (void)state;
    enum { H = 50, W = 90 };
    uint8_t *mask = object_mask(H, W), *image = malloc(H * W * 3),
            *room = malloc(lint_swap_room(H, W));
    for (size_t i = 0; i < H * W; i++)
        memset(image + i * 3, mask[i] ? 255 : i % W < W / 2 ? 20 : 120, 3);
    lint_swap_clear(H, W, mask, image, room);
    for (size_t i = 0; i < H * W * 3; i++)
        assert_in_range(image[i], 20, 120);
    assert_true(image[(H / 2 * W + W / 3) * 3] < image[(H / 2 * W + 2 * W / 3 - 1) * 3]);
    free(mask);
    free(image);
    free(room);
}

static void a_window_keeps_or_replaces(void **state) {
    (void)state;
    uint8_t image[] = {1, 2, 3, 4, 5, 6, 10, 20, 30}, donor[] = {9, 9, 9, 8, 8, 8, 110, 120, 130};
    const uint8_t window[] = {255, 0, 128}, want[] = {1, 2, 3, 8, 8, 8, 60, 70, 80};
    lint_swap_blend(1, 3, window, donor, image);
    assert_memory_equal(image, want, sizeof want);
}

/* --- a frame ---------------------------------------------------------------------------------- */

enum { N = 4, H = 24, W = 32 };

static uint8_t donor_px[2][H * W * 3], donor_masks[2][H * W];

static const uint8_t *donor_image(const void *ctx, size_t i) {
    (void)ctx;
    return donor_px[i];
}

static const uint8_t *donor_mask(const void *ctx, size_t i) {
    (void)ctx;
    return donor_masks[i];
}

/* Sample 1 is not swapped, sample 2 has no object, samples 0 and 3 are. */
static void swapped_samples_lose_their_place_and_others_stay(void **state) {
    (void)state;
    lint_err e;
    lint_threads *pool = lint_threads_new(2, &e);
    uint8_t *image = malloc(N * H * W * 3), *mask = calloc(N, H * W), *object = object_mask(H, W);
    int32_t place[N] = {0, 1, 0, 1};
    lint_change change[N], of_donor[N];
    memset(image, 200, N * H * W * 3);
    memset(donor_px[0], 10, sizeof donor_px[0]);
    memset(donor_px[1], 20, sizeof donor_px[1]);
    for (size_t i = 0; i < H * W; i++)
        if (object[i]) memset(donor_px[1] + i * 3, 255, 3);
    memcpy(donor_masks[1], object, H * W);
    for (size_t i = 0; i < N; i++) {
        change[i] = of_donor[i] = LINT_CHANGE_NONE;
        change[i].swap = (lint_swap){.swapped = i != 1, .donor = i == 3, .size = 1, .aspect = 1};
        if (i != 2) memcpy(mask + i * H * W, object, H * W);
    }
    lint_samples s = {.n = N, .h = H, .w = W, .image = image, .mask = mask, .place = place};
    lint_donors d = {LINT_SWAP_MASK, of_donor, donor_image, donor_mask, NULL};
    assert_int_equal(lint_augment_samples(&s, change, &d, pool, &e), 0);
    const int32_t want[N] = {-1, 1, 0, -1};
    assert_memory_equal(place, want, sizeof want);
    size_t middle = H / 2 * W + W / 2;
    const int corner[N] = {10, 200, 200, 20};
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(image[i * H * W * 3], corner[i]);
        assert_int_equal(image[(i * H * W + middle) * 3], 200);
        /* Nothing of the donor's own object is left. */
        for (size_t k = 0; k < H * W * 3; k++)
            assert_in_range(image[i * H * W * 3 + k], 10, 200);
    }
    s.mask = NULL;
    assert_int_equal(lint_augment_samples(&s, change, &d, pool, &e), -1);
    assert_string_equal(e.msg, "no 'mask' to swap backgrounds by");
    lint_threads_free(pool);
    free(image);
    free(mask);
    free(object);
}

/* --- colours ---------------------------------------------------------------------------------- */

static void colours_turn_about_the_grey_axis(void **state) {
    (void)state;
    const uint8_t in[] = {200, 100, 50, 90, 90, 90};
    const uint8_t third[] = {50, 200, 100, 90, 90, 90}, grey[] = {124, 124, 124, 90, 90, 90};
    uint8_t out[6];
    lint_change c = LINT_CHANGE_NONE;
    c.hue = 120;
    lint_change_image(&c, 1, 2, in, out);
    assert_memory_equal(out, third, sizeof out);
    c.hue = 0;
    c.saturation = 0;
    lint_change_image(&c, 1, 2, in, out);
    assert_memory_equal(out, grey, sizeof out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ellipse_keeps_the_middle_and_not_the_corners),
        cmocka_unit_test(draws_follow_the_probability_and_reach_every_donor),
        cmocka_unit_test(a_masks_window_is_the_mask_with_a_soft_edge),
        cmocka_unit_test(a_cleared_picture_has_only_its_surroundings),
        cmocka_unit_test(filled_pixels_lie_between_those_around_them),
        cmocka_unit_test(a_window_keeps_or_replaces),
        cmocka_unit_test(swapped_samples_lose_their_place_and_others_stay),
        cmocka_unit_test(colours_turn_about_the_grey_axis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
