/* The thread pool: every part once, scratch of one worker used by one part at a time, and sums
 * that join in part order the same whatever the number of threads. */
#include "base/threads.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PARTS = 1000, THREADS_MAX = 8 };

typedef struct count {
    atomic_int runs[PARTS], busy[THREADS_MAX], clashes, strangers;
    int threads;
} count;

static void count_part(void *ctx, size_t part, int worker) {
    count *c = ctx;
    if (worker < 0 || worker >= c->threads) {
        atomic_fetch_add(&c->strangers, 1);
        return;
    }
    if (atomic_fetch_add(&c->busy[worker], 1) != 0) atomic_fetch_add(&c->clashes, 1);
    atomic_fetch_add(&c->runs[part], 1);
    if (part % 50 == 0) sched_yield(); /* lets others take parts in between */
    atomic_fetch_sub(&c->busy[worker], 1);
}

static lint_threads *pool_of(int threads) {
    lint_err e = {0};
    lint_threads *p = lint_threads_new(threads, &e);
    if (!p) fail_msg("%s", e.msg);
    return p;
}

static void every_part_runs_once_with_scratch_of_its_own(void **state) {
    (void)state;
    for (int threads = 1; threads <= THREADS_MAX; threads++) {
        lint_threads *p = pool_of(threads);
        assert_int_equal(lint_threads_count(p), threads);
        count *c = calloc(1, sizeof *c);
        assert_non_null(c);
        c->threads = threads;
        lint_threads_run(p, PARTS, count_part, c);
        for (int i = 0; i < PARTS; i++)
            assert_int_equal(atomic_load(&c->runs[i]), 1);
        assert_int_equal(atomic_load(&c->clashes), 0);
        assert_int_equal(atomic_load(&c->strangers), 0);
        free(c);
        lint_threads_free(p);
    }
}

static void no_parts_and_one_part_are_fine(void **state) {
    (void)state;
    lint_threads *p = pool_of(3);
    count *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->threads = 3;
    lint_threads_run(p, 0, count_part, c);
    assert_int_equal(atomic_load(&c->runs[0]), 0);
    lint_threads_run(p, 1, count_part, c);
    assert_int_equal(atomic_load(&c->runs[0]), 1);
    assert_int_equal(atomic_load(&c->runs[1]), 0);
    free(c);
    lint_threads_free(p);
}

/* What a part writes is there when the run returns, thousands of times in a row. */
static void bump(void *ctx, size_t part, int worker) {
    (void)worker;
    ((int *)ctx)[part]++; /* no atomics: the run's end is what orders it */
}

static void a_run_ends_after_its_last_part(void **state) {
    (void)state;
    enum { ROUNDS = 2000, FEW = 5 };
    lint_threads *p = pool_of(3);
    int n[FEW] = {0};
    for (int round = 1; round <= ROUNDS; round++) {
        lint_threads_run(p, FEW, bump, n);
        for (int i = 0; i < FEW; i++)
            assert_int_equal(n[i], round);
    }
    lint_threads_free(p);
}

/* Sums of floats of very different sizes, so that their order shows in the last bits. */
static void sum_part(void *ctx, size_t part, int worker) {
    (void)worker;
    float s = 0;
    for (size_t i = 0; i < 1000; i++)
        s += 1.0f / (float)(1 + (part * 7919 + i * 104729) % 65537);
    ((float *)ctx)[part] = s;
}

static void sums_joined_in_part_order_are_the_same_bytes(void **state) {
    (void)state;
    float first = 0;
    for (int threads = 1; threads <= 4; threads++) {
        float sums[64], all = 0;
        lint_threads *p = pool_of(threads);
        lint_threads_run(p, 64, sum_part, sums);
        for (int i = 0; i < 64; i++)
            all += sums[i];
        if (threads == 1) first = all;
        assert_memory_equal(&all, &first, sizeof all);
        lint_threads_free(p);
    }
}

static void zero_threads_means_the_processors_there_are(void **state) {
    (void)state;
    lint_threads *p = pool_of(0);
    assert_true(lint_threads_count(p) >= 1);
    lint_threads_free(p);
    lint_threads_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_runs_once_with_scratch_of_its_own),
        cmocka_unit_test(no_parts_and_one_part_are_fine),
        cmocka_unit_test(a_run_ends_after_its_last_part),
        cmocka_unit_test(sums_joined_in_part_order_are_the_same_bytes),
        cmocka_unit_test(zero_threads_means_the_processors_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
