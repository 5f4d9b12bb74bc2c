/* Which pictures belong together: scenes that are drawn, changed as cameras and programs change them. */
#include "base/rng.h"
#include "source/series.h"
#include "support/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- pictures --------------------------------------------------------------------------------- */

static uint8_t byte(double v) {
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* A scene of 40 rectangles of any colour, `side` pixels square; light times all of it, and the view
 * moved by a share of the side. */
static lint_image scene(uint64_t seed, int side, double light, double moved) {
    lint_image im;
    lint_err e;
    assert_int_equal(lint_image_new(&im, side, side, 3, &e), 0);
    lint_rng r = lint_rng_at(seed, 0, 0, 0);
    for (int k = 0; k < 40; k++) {
        double x0 = lint_rng_range(&r, -0.2, 1), y0 = lint_rng_range(&r, -0.2, 1);
        double x1 = x0 + lint_rng_range(&r, 0.1, 0.5), y1 = y0 + lint_rng_range(&r, 0.1, 0.5);
        double c[3] = {lint_rng_range(&r, 0, 200), lint_rng_range(&r, 0, 200),
                       lint_rng_range(&r, 0, 200)};
        for (int i = 0; i < side * side; i++) {
            double x = (i % side + 0.5) / side + moved, y = (i / side + 0.5) / side;
            for (int b = 0; b < 3 && x >= x0 && x < x1 && y >= y0 && y < y1; b++)
                im.px[3 * i + b] = byte(light * c[b]);
        }
    }
    return im;
}

/* Brighter towards the ground, in some blue; a hill of any height. */
static lint_image sky(uint64_t seed) {
    lint_image im;
    lint_err e;
    assert_int_equal(lint_image_new(&im, 160, 160, 3, &e), 0);
    lint_rng r = lint_rng_at(seed, 1, 0, 0);
    double blue = lint_rng_range(&r, 120, 200), hill = lint_rng_range(&r, 0.7, 0.95);
    for (int i = 0; i < 160 * 160; i++) {
        double y = i / 160 / 160.0;
        im.px[3 * i] = byte(y < hill ? 60 + 100 * y : 40);
        im.px[3 * i + 1] = byte(y < hill ? 90 + 90 * y : 60);
        im.px[3 * i + 2] = byte(y < hill ? blue + 50 * y : 30);
    }
    return im;
}

/* Frees im. */
static lint_look look_at(lint_image im, uint64_t file) {
    lint_look l;
    lint_err e;
    const lint_image_facts facts = {.w = im.w, .h = im.h, .bits = 8, .bytes = 1000, .digest = file};
    assert_int_equal(lint_look_make(&l, &im, &facts, &e), 0);
    lint_image_free(&im);
    return l;
}

static void one_scene_is_known_in_another_size_and_light_and_a_little_moved(void **state) {
    (void)state;
    int moved = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        lint_look a = look_at(scene(seed, 320, 1, 0), 0), small = look_at(scene(seed, 90, 1, 0), 1);
        lint_look bright = look_at(scene(seed, 320, 1.15, 0), 2);
        lint_look next = look_at(scene(seed, 320, 1, 0.005), 3);
        assert_true(lint_look_alike(&a, &small));
        assert_true(lint_look_alike(&a, &bright));
        moved += lint_look_alike(&a, &next);
        assert_false(lint_look_same_file(&a, &small));
        assert_true(lint_look_same_file(&a, &a));
    }
    assert_in_range(moved, 18, 20);
}

static void two_scenes_are_not_one(void **state) {
    (void)state;
    enum { n = 60 };
    static lint_look l[n];
    for (uint64_t i = 0; i < n; i++)
        l[i] = look_at(scene(100 + i, 160, 1, 0), i);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            assert_true(lint_look_distance(&l[i], &l[j]) > 0.2);
}

static void clear_skies_are_not_one_scene(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 10; i++) {
        lint_look a = look_at(sky(i), 0), b = look_at(sky(i + 1), 1);
        assert_false(lint_look_alike(&a, &b));
        assert_true(check_value("distance", lint_look_distance(&a, &a), 1, 0, 0));
    }
}

/* --- series ----------------------------------------------------------------------------------- */

static lint_source names_of(size_t n, const char *const *path) {
    lint_source s = {.n = n, .room = n};
    s.picture = calloc(n + 1, sizeof *s.picture);
    assert_non_null(s.picture);
    for (size_t i = 0; i < n; i++) {
        const char *name = path ? path[i] : "p.png";
        s.picture[i] = (lint_picture){.path = malloc(64), .place = -1, .label = (int32_t)(i % 2)};
        assert_non_null(s.picture[i].path);
        snprintf(s.picture[i].path, 64, "%s", name);
    }
    return s;
}

static lint_series_found find(lint_source *s, const lint_look *look, int threads) {
    lint_err e;
    lint_series_found found;
    lint_threads *pool = lint_threads_new(threads, &e);
    assert_non_null(pool);
    assert_int_equal(lint_series_find(pool, s, look, &found, &e), 0);
    lint_threads_free(pool);
    return found;
}

static void copies_near_copies_and_names_are_joined(void **state) {
    (void)state;
    static const char *const path[] = {"a/1_x.png", "a/2.png", "b/1_y.png", "b/3.png",
                                       "b/4.png",   "c/5.png", "c/6.png"};
    lint_err e;
    lint_source s = names_of(7, path);
    lint_look l[7];
    for (uint64_t i = 0; i < 7; i++)
        l[i] = look_at(scene(200 + i, 160, 1, 0), i);
    l[3] = look_at(scene(202, 120, 1, 0), 3); /* near b/1_y.png, which goes with a/1_x.png */
    l[5].file.digest = l[4].file.digest = 4;  /* one file */
    assert_int_equal(lint_series_by_name(&s, "/([0-9]+)_", &e), 0);
    lint_series_found f = find(&s, l, 1);
    static const size_t series[] = {1, 0, 1, 1, 5, 5, 0};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(s.picture[i].series, series[i]);
    assert_int_equal(f.series, 2);
    assert_int_equal(f.pictures, 5);
    assert_int_equal(f.largest, 3);
    assert_int_equal(f.copies, 1);
    assert_int_equal(f.alike, 1);
    assert_int_equal(f.given, 2);
    assert_int_equal(f.mixed, 2); /* classes are 0 1 0 1 0 1 0 */
    assert_int_equal(lint_source_first(&s, 3), 0);
    assert_int_equal(lint_source_first(&s, 6), 6);
    lint_source_free(&s);
}

static void a_name_that_matches_nothing_or_makes_no_sense_is_an_error(void **state) {
    (void)state;
    lint_err e;
    lint_source s = names_of(2, NULL);
    assert_int_equal(lint_series_by_name(&s, "q", &e), -1);
    assert_string_equal(e.msg, "'q' matches no picture's name");
    assert_int_equal(lint_series_by_name(&s, "(", &e), -1);
    assert_int_equal(lint_series_by_name(&s, "p", &e), 0);
    assert_string_equal(s.picture[1].group, "p"); /* the whole match */
    lint_source_free(&s);
}

/* A walk: each frame is near the one before it, and the last is another place. */
static void a_chain_does_not_swallow_everything(void **state) {
    (void)state;
    enum { n = 150 };
    static lint_look l[n];
    lint_source s = names_of(n, NULL), again = names_of(n, NULL);
    for (int i = 0; i < n; i++)
        l[i] = look_at(scene(300, 160, 1, 0.004 * i), (uint64_t)i);
    assert_true(lint_look_alike(&l[0], &l[1]));
    assert_false(lint_look_alike(&l[0], &l[n - 1]));
    lint_series_found f = find(&s, l, 1), g = find(&again, l, 3);
    assert_in_range(f.largest, 10, 100);
    assert_int_equal(f.series, g.series);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(s.picture[i].series, again.picture[i].series);
    lint_source_free(&s);
    lint_source_free(&again);
}

/* --- more pairs than are kept at a time -------------------------------------------------------- */

enum { WALK = 2500 };

typedef struct pair {
    int a, b;
    double distance;
} pair;

static int by_distance(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return x->a != y->a ? x->a - y->a : x->b - y->b;
}

/* A slow walk: with each 100 frames two edges of 128 turn, and one of each frame; of a few frames nine, so that
 * they are joined last. */
static void look_along(lint_look l[WALK]) {
    lint_rng r = lint_rng_at(7, 0, 0, 0);
    for (int i = 0; i < WALK; i++) {
        l[i] = (lint_look){.detail = 16, .differs = {UINT64_MAX, UINT64_MAX}};
        l[i].file.bytes = 1000;
        l[i].file.digest = (uint64_t)i;
        l[i].rises[0] = ((uint64_t)1 << 2 * (i / 100)) - 1;
        for (int k = 0; k < (i % 97 ? 1 : 9); k++)
            l[i].rises[1] |= (uint64_t)1 << (int)lint_rng_range(&r, 0, 64);
    }
}

/* All pairs at once, as series.h has it: the first of each picture's set. */
static void join_plainly(const lint_look *l, int first[WALK]) {
    static int size[WALK];
    size_t n = 0, room = 1 << 21;
    pair *p = malloc(room * sizeof *p);
    assert_non_null(p);
    for (int b = 0; b < WALK; b++)
        for (int a = 0; a < b; a++) {
            const pair found = {a, b, lint_look_distance(&l[a], &l[b])};
            if (found.distance > 0.1) continue; /* not alike; the thumbnails are the same */
            assert_true(n < room);
            p[n++] = found;
        }
    assert_true(n > 1 << 20); /* more than a round holds */
    qsort(p, n, sizeof *p, by_distance);
    for (int i = 0; i < WALK; i++) {
        first[i] = i;
        size[i] = 1;
    }
    for (size_t i = 0; i < n; i++) {
        int a = first[p[i].a], b = first[p[i].b], low = a < b ? a : b, high = a < b ? b : a;
        if (a == b || (size[a] + size[b] > WALK / 20 && lint_look_distance(&l[a], &l[b]) > 0.2))
            continue;
        size[low] += size[high];
        for (int k = high; k < WALK; k++)
            if (first[k] == high) first[k] = low;
    }
    free(p);
}

static void pairs_found_in_rounds_make_the_series_of_all_at_once(void **state) {
    (void)state;
    static lint_look l[WALK];
    static int first[WALK];
    lint_source s = names_of(WALK, NULL);
    look_along(l);
    join_plainly(l, first);
    lint_series_found f = find(&s, l, 2);
    assert_in_range(f.series, 2, 20); /* some joins were refused */
    for (size_t i = 0; i < WALK; i++)
        assert_int_equal(lint_source_first(&s, i), first[i]);
    lint_source_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_scene_is_known_in_another_size_and_light_and_a_little_moved),
        cmocka_unit_test(two_scenes_are_not_one),
        cmocka_unit_test(clear_skies_are_not_one_scene),
        cmocka_unit_test(copies_near_copies_and_names_are_joined),
        cmocka_unit_test(a_name_that_matches_nothing_or_makes_no_sense_is_an_error),
        cmocka_unit_test(a_chain_does_not_swallow_everything),
        cmocka_unit_test(pairs_found_in_rounds_make_the_series_of_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
