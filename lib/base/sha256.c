#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

/* Fractions of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void lint_sha256_start(lint_sha256 *s) {
    /* Fractions of the square roots of the first 8 primes. */
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->h, first, sizeof first);
    s->bytes = 0;
}

static uint32_t turn(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void add_round(uint32_t v[8], int r, uint32_t kw) {
    uint32_t a = v[-r & 7], b = v[(1 - r) & 7], c = v[(2 - r) & 7];
    uint32_t e = v[(4 - r) & 7], f = v[(5 - r) & 7], g = v[(6 - r) & 7];
    uint32_t t =
        v[(7 - r) & 7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + kw;
    v[(3 - r) & 7] += t;
    v[(7 - r) & 7] = t + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void add_block(uint32_t h[8], const unsigned char *p) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = big_endian(p + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
               (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
    memcpy(v, h, sizeof v);
    /* Instead of moving all eight variables in each round, the rounds use them under rotating
     * names; after eight rounds each has its own name again. */
    for (int i = 0; i < 64; i += 8)
        for (int r = 0; r < 8; r++)
            add_round(v, r, K[i + r] + w[i + r]);
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

void lint_sha256_add(lint_sha256 *s, const void *data, size_t n) {
    const unsigned char *p = data;
    size_t held = s->bytes % LINT_SHA256_BLOCK;
    s->bytes += n;
    if (held) {
        size_t take = n < LINT_SHA256_BLOCK - held ? n : LINT_SHA256_BLOCK - held;
        memcpy(s->block + held, p, take);
        if (held + take < LINT_SHA256_BLOCK) return;
        add_block(s->h, s->block);
        p += take;
        n -= take;
    }
    for (; n >= LINT_SHA256_BLOCK; p += LINT_SHA256_BLOCK, n -= LINT_SHA256_BLOCK)
        add_block(s->h, p);
    memcpy(s->block, p, n);
}

void lint_sha256_end(lint_sha256 *s, char hex[LINT_SHA256_HEX]) {
    static const unsigned char pad[LINT_SHA256_BLOCK] = {0x80};
    uint64_t bits = s->bytes * 8;
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    size_t held = s->bytes % LINT_SHA256_BLOCK;
    lint_sha256_add(s, pad, held < 56 ? 56 - held : 120 - held);
    lint_sha256_add(s, length, sizeof length);
    for (int i = 0; i < 8; i++)
        snprintf(hex + 8 * i, 9, "%08x", (unsigned)s->h[i]);
}

void lint_sha256_of(const char *text, char hex[LINT_SHA256_HEX]) {
    lint_sha256 s;
    lint_sha256_start(&s);
    lint_sha256_add(&s, text, strlen(text));
    lint_sha256_end(&s, hex);
}
