/* Halves (IEEE binary16) to floats and back. */
#include "engine/kernels/kernels_parts.h"

#include <string.h>
#ifdef __F16C__
#include <immintrin.h>
#endif

INLINE float float_of(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

INLINE uint32_t bits_of(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* With its bits moved to their places in a float, a half has 2^-112 times its value, since the
 * exponents' biases are 15 and 127; multiplying by 2^112 is exact. Infinity and NaN keep an
 * exponent of ones. */
INLINE float half_to_float(uint16_t h) {
    uint32_t magnitude = (uint32_t)(h & 0x7fff) << 13, sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t special = (h & 0x7c00) == 0x7c00 ? 0x7f800000 : 0;
    return float_of(bits_of(float_of(magnitude) * 0x1p112f) | special | sign);
}

/* Adding 0.5 to a magnitude below 2^-14 leaves its multiple of 2^-24, the smallest half, in the
 * last bits, rounded to nearest even. */
INLINE uint16_t half_of_float(float v) {
    uint32_t bits = bits_of(v), magnitude = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
    uint32_t small = bits_of(float_of(magnitude) + 0.5f) - 0x3f000000;
    uint32_t normal = (magnitude - ((127u - 15u) << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
    uint32_t large = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    uint32_t half = magnitude < 0x38800000 ? small : magnitude < 0x47800000 ? normal : large;
    return (uint16_t)(half | sign);
}

/* F16C converts eight at a time. */
#if defined(__F16C__) && LINT_VECTOR >= 32
enum { HALVES = 8 };
INLINE void halves_to_floats(const char *x, float *y) {
    _mm256_storeu_ps(y, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)x)));
}
INLINE void halves_of_floats(const float *x, char *y) {
    __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(x), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128((__m128i *)y, half);
}
#else
enum { HALVES = 1 };
INLINE void halves_to_floats(const char *x, float *y) {
    uint16_t h;
    memcpy(&h, x, sizeof h);
    *y = half_to_float(h);
}
INLINE void halves_of_floats(const float *x, char *y) {
    uint16_t h = half_of_float(*x);
    memcpy(y, &h, sizeof h);
}
#endif

void KERNEL(from_half)(size_t n, const void *x, float *y) {
    const char *from = x;
    size_t i = 0;
    for (; i + HALVES <= n; i += HALVES)
        halves_to_floats(from + 2 * i, y + i);
    for (uint16_t h; i < n; i++) {
        memcpy(&h, from + 2 * i, sizeof h);
        y[i] = half_to_float(h);
    }
}

void KERNEL(to_half)(size_t n, const float *x, void *y) {
    char *to = y;
    size_t i = 0;
    for (; i + HALVES <= n; i += HALVES)
        halves_of_floats(x + i, to + 2 * i);
    for (; i < n; i++) {
        uint16_t h = half_of_float(x[i]);
        memcpy(to + 2 * i, &h, sizeof h);
    }
}
