#include "base/rng.h"

#include <string.h>

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

lint_rng lint_rng_at(uint64_t seed, uint64_t what, uint64_t epoch, uint64_t sample) {
    uint64_t s = mix(seed + 0x9e3779b97f4a7c15u);
    s = mix(s ^ mix(what + 0x9e3779b97f4a7c15u * 2));
    s = mix(s ^ mix(epoch + 0x9e3779b97f4a7c15u * 3));
    s = mix(s ^ mix(sample + 0x9e3779b97f4a7c15u * 4));
    return (lint_rng){s};
}

uint64_t lint_rng_u64(lint_rng *r) {
    return mix(r->state += 0x9e3779b97f4a7c15u);
}

double lint_rng_unit(lint_rng *r) {
    return (double)(lint_rng_u64(r) >> 11) * 0x1p-53;
}

double lint_rng_range(lint_rng *r, double lo, double hi) {
    return lo + (hi - lo) * lint_rng_unit(r);
}

uint64_t lint_rng_below(lint_rng *r, uint64_t n) {
    uint64_t limit = -n % n; /* 2^64 mod n: values below it would be favoured */
    uint64_t x;
    do
        x = lint_rng_u64(r);
    while (x < limit);
    return x % n;
}

void lint_rng_shuffle(lint_rng *r, size_t *index, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)lint_rng_below(r, i);
        size_t t = index[i - 1];
        index[i - 1] = index[j];
        index[j] = t;
    }
}

uint64_t lint_hash(const void *bytes, size_t n, uint64_t seed) {
    const unsigned char *p = bytes;
    uint64_t h = 0xcbf29ce484222325u ^ mix(seed);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return mix(h);
}

uint64_t lint_hash_data(const void *bytes, size_t n, uint64_t seed) {
    enum { LANES = 4 };
    const unsigned char *p = bytes;
    uint64_t h[LANES], w[LANES];
    for (size_t i = 0; i < LANES; i++)
        h[i] = mix(seed + i);
    for (; n >= sizeof w; n -= sizeof w, p += sizeof w) {
        memcpy(w, p, sizeof w);
        for (size_t i = 0; i < LANES; i++) {
            h[i] = (h[i] ^ w[i]) * 0x9e3779b97f4a7c15u;
            h[i] ^= h[i] >> 32; /* the low bits of a product do not depend on the factors' high
                                 * bits */
        }
    }
    return lint_hash(p, n, lint_hash(h, sizeof h, seed));
}
