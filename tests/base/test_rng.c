/* Random numbers: known values, and that where they are used alone decides them. */
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Steele, Lea and Flood's generator as others publish its values for the seed 1234567. */
static void is_splitmix64(void **state) {
    (void)state;
    lint_rng r = {1234567};
    assert_true(lint_rng_u64(&r) == 6457827717110365317u);
    assert_true(lint_rng_u64(&r) == 3203168211198807973u);
    assert_true(lint_rng_u64(&r) == 9817491932198370423u);
    assert_true(lint_rng_u64(&r) == 4593380528125082431u);
}

/* From rng_u64 and hash64 of golden/make.py: a data set split by these must stay split so. */
static void keeps_its_values_from_version_to_version(void **state) {
    (void)state;
    lint_rng r = lint_rng_at(1, 2, 3, 4);
    assert_true(lint_rng_u64(&r) == 16414567036581720666u);
    assert_true(lint_rng_u64(&r) == 16715355959044192465u);
    assert_true(lint_hash("conv1.weight", 12, 0) == 5875749430593359806u);
    assert_true(lint_hash("conv1.weight", 12, 7) == 11812485901605015573u);
}

static void every_argument_makes_another_sequence(void **state) {
    (void)state;
    const uint64_t at[][4] = {{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0},
                              {0, 0, 0, 1}, {1, 1, 0, 0}, {0, 0, 1, 1}, {1, 0, 1, 0}};
    enum { N = sizeof at / sizeof *at };
    uint64_t first[N];
    for (int i = 0; i < N; i++) {
        lint_rng r = lint_rng_at(at[i][0], at[i][1], at[i][2], at[i][3]);
        first[i] = lint_rng_u64(&r);
        for (int j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
    }
}

static void neighbouring_samples_are_uncorrelated(void **state) {
    (void)state;
    enum { N = 10000 };
    double sum = 0, last = 0.5;
    for (uint64_t i = 0; i < N; i++) {
        lint_rng r = lint_rng_at(0, LINT_RNG_AUGMENT, 0, i);
        double u = lint_rng_unit(&r);
        sum += (u - 0.5) * (last - 0.5);
        last = u;
    }
    /* Var of one product is 1/144: five standard deviations of the mean. */
    assert_true(fabs(sum / N) < 5 / sqrt(144.0 * N));
}

static void unit_and_range_stay_inside_and_fill_their_interval(void **state) {
    (void)state;
    enum { N = 20000 };
    lint_rng r = lint_rng_at(3, 0, 0, 0);
    double sum = 0, min = 1, max = 0;
    for (int i = 0; i < N; i++) {
        double u = lint_rng_unit(&r), v = lint_rng_range(&r, -2, 3);
        assert_true(u >= 0 && u < 1 && v >= -2 && v < 3);
        sum += u;
        min = fmin(min, u);
        max = fmax(max, u);
    }
    assert_true(fabs(sum / N - 0.5) < 5 / sqrt(12.0 * N));
    assert_true(min < 0.001 && max > 0.999);
}

static void below_is_even_and_never_reaches_n(void **state) {
    (void)state;
    enum { N = 60000, SIDES = 6 };
    int count[SIDES] = {0};
    lint_rng r = lint_rng_at(4, 0, 0, 0);
    for (int i = 0; i < N; i++) {
        uint64_t v = lint_rng_below(&r, SIDES);
        assert_true(v < SIDES);
        count[v]++;
    }
    double chi = 0;
    for (int i = 0; i < SIDES; i++)
        chi += pow(count[i] - N / SIDES, 2) / (N / SIDES);
    assert_true(chi < 25.7); /* 5 degrees of freedom, one in ten thousand */
    for (int i = 0; i < 100; i++)
        assert_true(lint_rng_below(&r, 1) == 0);
    /* 2^63 + 1 must refuse nearly half of all draws to be even. */
    int high = 0;
    for (int i = 0; i < 1000; i++)
        high += lint_rng_below(&r, (UINT64_C(1) << 63) + 1) > UINT64_C(1) << 62;
    assert_true(high > 420 && high < 580);
}

static void shuffle_is_an_even_permutation_of_its_input(void **state) {
    (void)state;
    enum { N = 5, ROUNDS = 20000 };
    int at[N][N] = {{0}};
    for (uint64_t round = 0; round < ROUNDS; round++) {
        size_t v[N] = {0, 1, 2, 3, 4}, seen = 0;
        lint_rng r = lint_rng_at(6, LINT_RNG_SHUFFLE, round, 0);
        lint_rng_shuffle(&r, v, N);
        for (int i = 0; i < N; i++) {
            seen |= (size_t)1 << v[i];
            at[v[i]][i]++;
        }
        assert_int_equal(seen, (1 << N) - 1);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            assert_true(abs(at[i][j] - ROUNDS / N) < 5 * sqrt(ROUNDS * 0.16));
    size_t one = 7;
    lint_rng r = {0};
    lint_rng_shuffle(&r, &one, 1);
    lint_rng_shuffle(&r, &one, 0);
    assert_int_equal(one, 7);
}

static void hash_looks_at_every_byte_the_length_and_the_seed(void **state) {
    (void)state;
    uint64_t h = lint_hash("abc", 3, 0);
    assert_true(h == lint_hash("abcd", 3, 0));
    assert_true(h != lint_hash("abc", 4, 0)); /* the NUL */
    assert_true(h != lint_hash("abd", 3, 0));
    assert_true(h != lint_hash("Abc", 3, 0));
    assert_true(h != lint_hash("abc", 3, 1));
    assert_true(lint_hash("", 0, 0) != lint_hash("", 0, 1));
}

/* Of every length around its blocks, every bit, and the order of blocks. */
static void data_hash_looks_at_every_bit_the_length_and_the_seed(void **state) {
    (void)state;
    unsigned char v[100] = {0};
    for (size_t n = 0; n < sizeof v; n++) {
        uint64_t h = lint_hash_data(v, n, 5);
        assert_true(h == lint_hash_data(v, n, 5));
        assert_true(h != lint_hash_data(v, n + 1, 5));
        assert_true(h != lint_hash_data(v, n, 6));
        for (size_t bit = 0; bit < 8 * n; bit++) {
            v[bit / 8] ^= (unsigned char)(1u << bit % 8);
            assert_true(h != lint_hash_data(v, n, 5));
            v[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
    for (size_t i = 0; i < 64; i++)
        v[i] = (unsigned char)(i < 32);
    uint64_t h = lint_hash_data(v, 64, 5);
    for (size_t i = 0; i < 64; i++)
        v[i] = (unsigned char)(i >= 32);
    assert_true(h != lint_hash_data(v, 64, 5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_splitmix64),
        cmocka_unit_test(keeps_its_values_from_version_to_version),
        cmocka_unit_test(every_argument_makes_another_sequence),
        cmocka_unit_test(neighbouring_samples_are_uncorrelated),
        cmocka_unit_test(unit_and_range_stay_inside_and_fill_their_interval),
        cmocka_unit_test(below_is_even_and_never_reaches_n),
        cmocka_unit_test(shuffle_is_an_even_permutation_of_its_input),
        cmocka_unit_test(hash_looks_at_every_byte_the_length_and_the_seed),
        cmocka_unit_test(data_hash_looks_at_every_bit_the_length_and_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
