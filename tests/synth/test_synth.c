/* What the library behind lint-synth promises: how pictures are dealt to places, what lists say,
 * that a picture depends on its seed, split and index alone, and that objects are where they
 * belong. */
#include "support/check.h"
#include "synth/synth.h"
#include "synth/synth_animal.h"
#include "synth/synth_ground.h"
#include "synth/synth_list.h"
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- dealing ---------------------------------------------------------------------------------- */

static size_t count_in(const int *places, size_t n, int place) {
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += places[i] == place;
    return sum;
}

static void deals_whole_pictures(void **state) {
    (void)state;
    int p[100];
    lint_synth_deal(p, 100, 1, 2, 0.95);
    assert_int_equal(count_in(p, 100, 1), 95);
    assert_int_equal(count_in(p, 100, 0), 5);
    lint_synth_deal(p, 10, 0, 2, 0.95); /* 9.5 rounds away from zero */
    assert_int_equal(count_in(p, 10, 0), 10);
    lint_synth_deal(p, 3, 0, 2, 0);
    assert_int_equal(count_in(p, 3, 1), 3);
}

static void deals_the_rest_evenly(void **state) {
    (void)state;
    int p[100];
    lint_synth_deal(p, 100, 2, 4, 0.4);
    assert_int_equal(count_in(p, 100, 2), 40);
    for (int place = 0; place < 4; place++)
        if (place != 2) assert_int_equal(count_in(p, 100, place), 20);
}

static void one_place_takes_all(void **state) {
    (void)state;
    int p[5];
    lint_synth_deal(p, 5, 0, 1, 0.2);
    assert_int_equal(count_in(p, 5, 0), 5);
}

/* --- tubes and noise -------------------------------------------------------------------------- */

static void a_tube_passes_through_its_knots(void **state) {
    (void)state;
    lint_tube t;
    lint_tube_make(&t, (const lint_knot[]){{0, 0, .1f}, {1, 0, .2f}, {2, 1, .1f}, {3, 1, .3f}}, 4);
    float x, y;
    lint_tube_at(&t, 0, 0, &x, &y);
    assert_true(check_value("x at the head", x, 0, 1e-6, 0));
    lint_tube_at(&t, 1.0f / 3, 0, &x, &y);
    assert_true(check_value("x at the second knot", x, 1, 1e-4, 0));
    assert_true(check_value("its radius", lint_tube_radius(&t, 1.0f / 3), .2, 1e-4, 0));
    lint_tube_at(&t, 0, 1, &x, &y); /* v = 1 is below a tube that goes to the right */
    assert_true(y > 0.09f && y < 0.11f);
    lint_tube_at(&t, 2, 0, &x, &y); /* past the end is the end */
    assert_true(check_value("x past the end", x, 3, 1e-5, 0));
}

static void noise_is_even_and_bounded(void **state) {
    (void)state;
    double sum = 0;
    float lo = 1, hi = 0;
    for (int y = 0; y < 100; y++)
        for (int x = 0; x < 100; x++) {
            float v = lint_fbm(7, (float)x * .37f - 11, (float)y * .41f - 13, 4);
            sum += (double)v;
            lo = fminf(lo, v);
            hi = fmaxf(hi, v);
        }
    assert_true(lo >= 0 && hi <= 1 && lo < .25f && hi > .75f);
    assert_true(check_value("mean", sum / 1e4, .5, .02, 0));
    /* smooth through whole numbers, below zero too */
    for (int x = -3; x < 3; x++)
        assert_true(check_value("step", lint_noise(3, (float)x - 1e-3f, .5f),
                                lint_noise(3, (float)x + 1e-3f, .5f), 1e-3, 0));
}

static void blur_keeps_the_sum_and_a_constant(void **state) {
    (void)state;
    enum { W = 31, H = 70 };
    static float x[W * H], tmp[W * H];
    x[35 * W + 15] = 1;
    lint_paint_blur(x, tmp, W, H, 2);
    double sum = 0;
    for (int i = 0; i < W * H; i++)
        sum += (double)x[i];
    assert_true(check_value("sum", sum, 1, 1e-5, 0));
    /* the same to all four sides */
    assert_true(check_value("left and right", x[35 * W + 12], x[35 * W + 18], 1e-6, 0));
    assert_true(check_value("across and down", x[35 * W + 12], x[32 * W + 15], 1e-6, 0));
    for (int i = 0; i < W * H; i++)
        x[i] = .25f;
    lint_paint_blur(x, tmp, W, H, 40); /* wider than the picture */
    for (int i = 0; i < W * H; i++)
        assert_true(fabsf(x[i] - .25f) < 1e-5f);
}

/* --- pictures --------------------------------------------------------------------------------- */

enum { SIDE = 96 };

static lint_synth drawn(uint64_t seed, size_t train) {
    lint_err e;
    lint_synth s;
    lint_synth_plan p = {.seed = seed,
                         .count = {{train, train}, {2, 2}, {30, 30}},
                         .correlation = {1, 1, 1},
                         .size_lo = .5,
                         .size_hi = .74,
                         .jitter = .08};
    assert_int_equal(lint_synth_drawn(&s, &p, &e), 0);
    return s;
}

static void a_picture_depends_on_its_place_alone(void **state) {
    (void)state;
    static uint8_t a[SIDE * SIDE * 3], b[SIDE * SIDE * 3], ma[SIDE * SIDE], mb[SIDE * SIDE];
    lint_err err;
    lint_easel *used = lint_easel_new(SIDE, SIDE, &err), *fresh = lint_easel_new(SIDE, SIDE, &err);
    assert_non_null(used);
    assert_non_null(fresh);
    lint_synth one = drawn(5, 2), two = drawn(5, 9);
    /* the last test picture of either set, on an easel with a past and on one without */
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(lint_synth_render(&one, i, used, a, ma, &err), 0);
    assert_int_equal(lint_synth_render(&one, one.n - 1, used, a, ma, &err), 0);
    assert_int_equal(lint_synth_render(&two, two.n - 1, fresh, b, mb, &err), 0);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(ma, mb, sizeof ma);
    lint_synth_free(&one);
    lint_synth_free(&two);
    lint_easel_free(used);
    lint_easel_free(fresh);
}

/* Every animal can be seen on every ground, and its middle is near the picture's. */
static void objects_are_seen_near_the_middle(void **state) {
    (void)state;
    static uint8_t rgb[SIDE * SIDE * 3], mask[SIDE * SIDE];
    lint_err err;
    lint_easel *e = lint_easel_new(SIDE, SIDE, &err);
    assert_non_null(e);
    lint_synth s = drawn(3, 0);
    for (size_t i = 0; i < s.n; i++) {
        double n = 0, sx = 0, sy = 0;
        assert_int_equal(lint_synth_render(&s, i, e, rgb, mask, &err), 0);
        for (int p = 0; p < SIDE * SIDE; p++) {
            assert_true(mask[p] == 0 || mask[p] == 255);
            if (!mask[p]) continue;
            n++;
            sx += p % SIDE;
            sy += p / SIDE;
        }
        if (n < .04 * SIDE * SIDE || n > .6 * SIDE * SIDE || fabs(sx / n / SIDE - .5) > .22 ||
            fabs(sy / n / SIDE - .5) > .22)
            fail_msg("%s on %s: %.0f pixels around (%.2f, %.2f)", s.classes[s.items[i].y],
                     s.grounds[s.items[i].ground], n, sx / n / SIDE, sy / n / SIDE);
    }
    lint_synth_free(&s);
    lint_easel_free(e);
}

/* What lies before an object must follow from the ground: the same outline gets the same
 * foreground, whatever is painted in it. Else foam or grass would tell the class. */
static void the_foreground_knows_only_the_outline(void **state) {
    (void)state;
    enum { N = SIDE * SIDE };
    lint_err err;
    lint_easel *e = lint_easel_new(SIDE, SIDE, &err);
    assert_non_null(e);
    float *front = malloc(N * 4 * sizeof *front);
    assert_non_null(front);
    for (int g = 0; g < LINT_GROUNDS; g++)
        for (int colour = 0; colour < 2; colour++) {
            lint_scene scene;
            lint_easel_begin(e, lint_rng_at(1, LINT_RNG_SYNTH, 0, (uint64_t)g));
            lint_ground_paint(e, (lint_ground)g, &scene);
            for (int i = 0; i < N; i++) {
                int x = i % SIDE - SIDE / 2, y = i / SIDE - SIDE / 2;
                if (x * x + y * y > SIDE * SIDE / 9) continue;
                for (int c = 0; c < 3; c++)
                    e->object[i * 4 + c] = colour ? .9f : .1f;
                e->object[i * 4 + 3] = 1;
            }
            lint_ground_receive(e, &scene);
            if (colour)
                assert_memory_equal(front, e->front, N * 4 * sizeof *front);
            else
                memcpy(front, e->front, N * 4 * sizeof *front);
        }
    free(front);
    lint_easel_free(e);
}

static void no_object_no_foreground(void **state) {
    (void)state;
    static uint8_t rgb[SIDE * SIDE * 3], mask[SIDE * SIDE];
    lint_err err;
    lint_easel *e = lint_easel_new(SIDE, SIDE, &err);
    assert_non_null(e);
    for (int g = 0; g < LINT_GROUNDS; g++) {
        lint_scene scene;
        lint_easel_begin(e, lint_rng_at(1, LINT_RNG_SYNTH, 0, (uint64_t)g));
        lint_ground_paint(e, (lint_ground)g, &scene);
        lint_ground_receive(e, &scene);
        for (int i = 0; i < SIDE * SIDE * 4; i++)
            assert_true(e->front[i] == 0);
        lint_scene_finish(e, rgb, mask);
        for (int i = 0; i < SIDE * SIDE; i++)
            assert_int_equal(mask[i], 0);
    }
    lint_easel_free(e);
}

/* --- the same pictures everywhere ------------------------------------------------------------- */

/* Both animals on every ground; with this seed, in every pose. */
enum { KNOWN_SEED = 64, KNOWN_EACH = LINT_GROUNDS, KNOWN = 2 * KNOWN_EACH, KNOWN_SIDE = 48 };

/* Digests of the known pictures and their masks, as cairo 1.16.0 paints them. */
static const uint64_t known[KNOWN] = {
    0x8e4a3ca08f889865, 0x35faec17fb1d48f7, 0x3bc9c3a59f9d2a17, 0x521e5933a3097059,
    0x28be80d5b30b92c4, 0x46540daa5cf59bf4, 0x9d36562768c35f30, 0xb7d3889dddf7e582,
    0x7cc327d0f6afe633, 0x8a03712510902888, 0xe2b8892500b3de36, 0x5a4a4f4d7549fead,
    0xfc941967cd657ecf, 0x80aff11080408707, 0xdece49fc5b7267ce, 0x05058d293f74221f,
    0x9ad2b8c046ef765b, 0xbe5fd321e5d1ba56,
};

static uint64_t digest(const lint_synth *s, size_t item, lint_easel *e) {
    enum { N = KNOWN_SIDE * KNOWN_SIDE };
    static uint8_t rgb[N * 3], mask[N];
    lint_err err;
    assert_int_equal(lint_synth_render(s, item, e, rgb, mask, &err), 0);
    return lint_hash(mask, sizeof mask, lint_hash(rgb, sizeof rgb, 0));
}

/* A picture is a function of seed, split and index, whichever compiler and flags built this: sets
 * are told by their seed. Whoever means to change what is drawn puts the numbers that this prints
 * into the table. */
static void known_pictures_stay_as_they_are(void **state) {
    (void)state;
    if (cairo_version() != CAIRO_VERSION_ENCODE(1, 16, 0)) {
        print_message("# digests are of cairo 1.16.0, this is %s\n", cairo_version_string());
        skip();
    }
    lint_err err;
    lint_synth s;
    lint_synth_plan p = {.seed = KNOWN_SEED,
                         .count = {[LINT_SYNTH_TEST] = {KNOWN_EACH, KNOWN_EACH}},
                         .size_lo = .5,
                         .size_hi = .74,
                         .jitter = .08};
    assert_int_equal(lint_synth_drawn(&s, &p, &err), 0);
    assert_int_equal(s.n, KNOWN);
    lint_easel *e = lint_easel_new(KNOWN_SIDE, KNOWN_SIDE, &err);
    assert_non_null(e);
    int others = 0;
    for (size_t i = 0; i < KNOWN; i++) {
        uint64_t d = digest(&s, i, e);
        if (d == known[i]) continue;
        print_message("# %s on %s: 0x%016" PRIx64 "\n", s.classes[s.items[i].y],
                      s.grounds[s.items[i].ground], d);
        others++;
    }
    lint_easel_free(e);
    lint_synth_free(&s);
    assert_int_equal(others, 0);
}

/* --- lists ------------------------------------------------------------------------------------ */

static int list_of(const char *text, int kind, lint_synth_list *l, lint_err *e) {
    char path[] = "/tmp/lint-test-list-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int bad = lint_synth_list_add(l, path, kind, "/photos", e);
    unlink(path);
    return bad;
}

static void a_list_is_read(void **state) {
    (void)state;
    lint_err e;
    lint_synth_list l = {0};
    assert_int_equal(
        list_of("# places\n\nsea\ta.jpg\ttest\t0,0.25,1,0.5\r\nland\t/b/c.d.png\nsea\te\t-",
                LINT_SYNTH_PLACES, &l, &e),
        0);
    assert_int_equal(l.n_names, 2);
    assert_string_equal(l.names[0], "sea");
    assert_string_equal(l.names[1], "land");
    assert_int_equal(l.n, 3);
    assert_string_equal(l.files[0].path, "/photos/a.jpg");
    assert_int_equal(l.files[0].side, LINT_SIDE_TEST);
    assert_true(l.files[0].part[1] == .25f && l.files[0].part[3] == .5f);
    assert_string_equal(l.files[1].path, "/b/c.d.png");
    assert_string_equal(l.files[1].identity, "c.d");
    assert_int_equal(l.files[1].side, LINT_SIDE_ANY);
    assert_int_equal(l.files[2].group, 0);
    lint_synth_list_free(&l);
}

static void bad_lines_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"sea",
                                      "sea\t",
                                      "\ta",
                                      "sea\ta\tnowhere",
                                      "sea\ta\t-\t0,0,0,0",
                                      "sea\ta\t-\t0,0,1,2",
                                      "sea\ta\t-\t0,0,1,1,1",
                                      "sea\ta\t-\t",
                                      "sea\ta\t-\t0,0,1,1\t"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lint_err e;
        lint_synth_list l = {0};
        int got = list_of(bad[i], LINT_SYNTH_PLACES, &l, &e);
        if (strcmp(bad[i], "sea\ta\t-\t") == 0) {
            assert_int_equal(got, 0); /* an empty field is one that is not given */
        } else {
            assert_int_equal(got, -1);
            assert_non_null(strstr(e.msg, ": line 1: "));
        }
        lint_synth_list_free(&l);
    }
}

static void a_long_line_and_too_many_names_are_refused(void **state) {
    (void)state;
    lint_err e;
    lint_synth_list l = {0};
    char *text = malloc(100000);
    assert_non_null(text);
    memset(text, 'x', 20000);
    text[20000] = 0;
    assert_int_equal(list_of(text, LINT_SYNTH_OBJECTS, &l, &e), -1);
    assert_non_null(strstr(e.msg, "longer than"));
    lint_synth_list_free(&l);
    size_t at = 0;
    for (int i = 0; i <= LINT_SYNTH_MAX_CLASSES; i++)
        at += (size_t)sprintf(text + at, "class %d\tfile\n", i);
    assert_int_equal(list_of(text, LINT_SYNTH_OBJECTS, &l, &e), -1);
    assert_non_null(strstr(e.msg, "more than 64"));
    lint_synth_list_free(&l);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deals_whole_pictures),
        cmocka_unit_test(deals_the_rest_evenly),
        cmocka_unit_test(one_place_takes_all),
        cmocka_unit_test(a_tube_passes_through_its_knots),
        cmocka_unit_test(noise_is_even_and_bounded),
        cmocka_unit_test(blur_keeps_the_sum_and_a_constant),
        cmocka_unit_test(a_picture_depends_on_its_place_alone),
        cmocka_unit_test(objects_are_seen_near_the_middle),
        cmocka_unit_test(the_foreground_knows_only_the_outline),
        cmocka_unit_test(no_object_no_foreground),
        cmocka_unit_test(known_pictures_stay_as_they_are),
        cmocka_unit_test(a_list_is_read),
        cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(a_long_line_and_too_many_names_are_refused),
    };
    return cmocka_run_group_tests_name("synth", tests, NULL, NULL);
}
