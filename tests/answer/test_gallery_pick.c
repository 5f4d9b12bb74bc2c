/* Choosing samples as they pass: the first, any, or some of each group. */
#include "answer/gallery_pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 64 };

/* Which samples of a stream are chosen, as they are shown; sample i is of class label(i). */
static size_t choose(size_t *index, lint_pick_how how, size_t max, uint64_t seed, size_t n,
                     int32_t (*label)(size_t), int32_t (*place)(size_t)) {
    lint_pick p;
    lint_err e;
    size_t in_slot[MOST], order[MOST];
    assert_int_equal(lint_pick_new(&p, how, max, seed, &e), 0);
    for (size_t i = 0; i < n; i++) {
        long slot = lint_pick_offer(&p, label ? label(i) : -1, place ? place(i) : -1,
                                    i % 3 ? (double)(i % 10) : LINT_PICK_RIGHT);
        assert_true(slot < (long)max);
        if (slot >= 0) in_slot[slot] = i;
    }
    lint_pick_order(&p, order);
    size_t chosen = p.n;
    for (size_t i = 0; i < chosen; i++)
        index[i] = in_slot[order[i]];
    lint_pick_free(&p);
    return chosen;
}

static int32_t half(size_t i) {
    return i >= 100;
}

static int32_t quarter(size_t i) {
    return (int32_t)(i / 25 % 2);
}

static int32_t itself(size_t i) {
    return (int32_t)i;
}

static int32_t rare(size_t i) {
    return i == 150;
}

static void first_are_the_first(void **state) {
    (void)state;
    size_t index[MOST];
    assert_int_equal(choose(index, LINT_PICK_FIRST, 5, 0, 200, half, NULL), 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(index[i], i);
}

static void a_short_stream_is_shown_whole(void **state) {
    (void)state;
    size_t index[MOST];
    for (int how = LINT_PICK_SPREAD; how <= LINT_PICK_RANDOM; how++) {
        assert_int_equal(choose(index, (lint_pick_how)how, 16, 3, 7, NULL, NULL), 7);
        for (size_t i = 0; i < 7; i++)
            assert_int_equal(index[i], i);
        assert_int_equal(choose(index, (lint_pick_how)how, 16, 3, 0, NULL, NULL), 0);
    }
}

static void random_is_the_same_for_the_same_seed_alone(void **state) {
    (void)state;
    size_t a[MOST], b[MOST], c[MOST];
    int differ = 0;
    choose(a, LINT_PICK_RANDOM, 8, 1, 200, half, NULL);
    choose(b, LINT_PICK_RANDOM, 8, 1, 200, quarter, half); /* labels do not matter */
    choose(c, LINT_PICK_RANDOM, 8, 2, 200, half, NULL);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(a[i], b[i]);
        if (i) assert_true(a[i] > a[i - 1]);
        differ |= a[i] != c[i];
    }
    assert_true(differ);
}

/* 3 of 10 over 4000 seeds: each is chosen 1200 times, give or take 29 (one standard deviation); 6
 * of those never happen by chance. */
static void random_likes_all_samples_alike(void **state) {
    (void)state;
    int times[10] = {0};
    size_t index[MOST];
    for (uint64_t seed = 0; seed < 4000; seed++) {
        assert_int_equal(choose(index, LINT_PICK_RANDOM, 3, seed, 10, NULL, NULL), 3);
        for (size_t i = 0; i < 3; i++)
            times[index[i]]++;
    }
    for (size_t i = 0; i < 10; i++)
        assert_in_range(times[i], 1200 - 6 * 29, 1200 + 6 * 29);
}

static void spread_takes_the_first_of_each_group_alike(void **state) {
    (void)state;
    const size_t starts[] = {0, 25, 100, 125}; /* class 0 at place 0 and 1, class 1 at 0 and 1 */
    size_t index[MOST];
    assert_int_equal(choose(index, LINT_PICK_SPREAD, 16, 0, 200, half, quarter), 16);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(index[i], starts[i / 4] + i % 4);
}

static void spread_shows_a_group_of_one(void **state) {
    (void)state;
    size_t index[MOST];
    assert_int_equal(choose(index, LINT_PICK_SPREAD, 4, 0, 200, rare, NULL), 4);
    assert_int_equal(index[2], 2);
    assert_int_equal(index[3], 150);
}

static void spread_over_more_groups_than_slots_keeps_the_first_groups(void **state) {
    (void)state;
    size_t index[MOST];
    assert_int_equal(choose(index, LINT_PICK_SPREAD, 8, 0, 200, itself, NULL), 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(index[i], i);
}

/* Sample i of 200 is a mistake unless 3 divides it, and is as sure as its last digit: of the nines,
 * 19, 29, 49, 59, 79, 89...; no 9, 39, 69. */
static void worst_takes_the_most_confident_mistakes(void **state) {
    (void)state;
    const size_t nines[] = {19, 29, 49, 59, 79, 89, 109, 119, 139, 149, 169, 179, 199};
    size_t index[MOST];
    assert_int_equal(choose(index, LINT_PICK_WORST, 16, 0, 200, half, NULL), 16);
    for (size_t i = 0; i < 13; i++)
        assert_int_equal(index[i], nines[i]);
    assert_int_equal(index[13], 8); /* then the first eights */
    assert_int_equal(index[14], 28);
    assert_int_equal(index[15], 38);
}

static void worst_leaves_right_answers_out(void **state) {
    (void)state;
    size_t index[MOST];
    assert_int_equal(choose(index, LINT_PICK_WORST, 16, 0, 7, half, NULL), 4);
    assert_int_equal(index[0], 5);
    assert_int_equal(index[3], 1);
    assert_int_equal(choose(index, LINT_PICK_WORST, 16, 0, 1, half, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_are_the_first),
        cmocka_unit_test(a_short_stream_is_shown_whole),
        cmocka_unit_test(random_is_the_same_for_the_same_seed_alone),
        cmocka_unit_test(random_likes_all_samples_alike),
        cmocka_unit_test(spread_takes_the_first_of_each_group_alike),
        cmocka_unit_test(spread_shows_a_group_of_one),
        cmocka_unit_test(spread_over_more_groups_than_slots_keeps_the_first_groups),
        cmocka_unit_test(worst_takes_the_most_confident_mistakes),
        cmocka_unit_test(worst_leaves_right_answers_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
