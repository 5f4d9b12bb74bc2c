/* rng: random numbers as a function of where they are used, never of when.
 *
 * A generator is made from (seed, what, epoch, sample), so threads draw the same numbers in
 * whatever order they handle the samples. `what` is one of the LINT_RNG_ values, so that two uses
 * of one seed stay independent. The state is a plain value on the caller's stack.
 *
 *     lint_rng r = lint_rng_at(seed, LINT_RNG_AUGMENT, epoch, index);
 *     if (lint_rng_unit(&r) < 0.5) flip(image);
 *
 * The generator is SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * OOPSLA 2014) from a hashed starting point. Its period is 2^64, and it passes BigCrush.
 */
#ifndef LINT_BASE_RNG_H
#define LINT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum {
    LINT_RNG_SPLIT,
    LINT_RNG_SHUFFLE,
    LINT_RNG_AUGMENT,
    LINT_RNG_INIT,
    LINT_RNG_SYNTH,
    LINT_RNG_BALANCE,
    LINT_RNG_PICK,
    LINT_RNG_DROPOUT,
    LINT_RNG_BOOTSTRAP,
    LINT_RNG_VARY,
    LINT_RNG_SWAP,
    LINT_RNG_PERMUTE
};

typedef struct lint_rng {
    uint64_t state;
} lint_rng;

lint_rng lint_rng_at(uint64_t seed, uint64_t what, uint64_t epoch, uint64_t sample);

/* 64 random bits. */
uint64_t lint_rng_u64(lint_rng *r);

/* Uniform in [0, 1), 53 bits. */
double lint_rng_unit(lint_rng *r);

/* Uniform in [lo, hi). */
double lint_rng_range(lint_rng *r, double lo, double hi);

/* Uniform in 0..n-1 without bias; n > 0. */
uint64_t lint_rng_below(lint_rng *r, uint64_t n);

/* Fisher-Yates over n indices. */
void lint_rng_shuffle(lint_rng *r, size_t *index, size_t n);

/* A 64-bit hash of bytes (FNV-1a, finalised); the same on every machine. */
uint64_t lint_hash(const void *bytes, size_t n, uint64_t seed);

/* A faster 64-bit hash for large data, which reads 32 bytes at a time. It detects accidental
 * changes of samples and weights, but does not resist deliberate collisions. */
uint64_t lint_hash_data(const void *bytes, size_t n, uint64_t seed);

#endif
