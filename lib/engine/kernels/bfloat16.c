/* Floats to bfloat16: the upper half of a float, rounded to the nearest, to the even one of two. */
#include "engine/kernels/kernels_parts.h"

#include <string.h>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

typedef uint16_t vs __attribute__((vector_size(LINT_VECTOR)));
typedef uint16_t vh __attribute__((vector_size(LINT_VECTOR / 2)));
typedef unsigned vu __attribute__((vector_size(LINT_VECTOR)));
typedef unsigned vu_any __attribute__((vector_size(LINT_VECTOR), aligned(4), may_alias));

/* In the upper half of each place; the lower one is zero. What is not a number stays that, since it
 * does not carry into the exponent. A subnormal number becomes zero, as the processor's does. */
INLINE vu rounded(vf x) {
    vu bits = (vu)x, exponent = bits & 0x7f800000, sign = bits & 0x80000000;
    vu even = bits + 0x7fff + (bits >> 16 & 1);
    vu nan = (vu)(x != x), small = (vu)(exponent == 0);
    even = (nan & (bits | 0x00400000)) | (~nan & even);
    return ((small & sign) | (~small & even)) & 0xffff0000;
}

INLINE unsigned rounded_one(float x) {
    vf v = {x};
    return rounded(v)[0];
}

#ifdef __AVX512BF16__
INLINE vh upper_halves(vf x) {
    return (vh)_mm512_cvtneps_pbh((__m512)x);
}
/* The instruction puts all of low before all of high. */
INLINE vu pair_of(vf low, vf high) {
    const vs order = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return (vu)_mm512_permutexvar_epi16((__m512i)order,
                                        (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
}
#else
INLINE vh upper_halves(vf x) {
    return __builtin_convertvector(rounded(x) >> 16, vh);
}
INLINE vu pair_of(vf low, vf high) {
    return rounded(low) >> 16 | rounded(high);
}
#endif

static void pair_row(size_t c, const float *x, const float *y, float *to) {
    size_t i = 0;
    for (; i + W <= c; i += W)
        *(vu_any *)(to + i) = pair_of(load(x + i), y ? load(y + i) : (vf){0});
    for (; i < c; i++) {
        unsigned pair = rounded_one(x[i]) >> 16 | (y ? rounded_one(y[i]) : 0);
        memcpy(to + i, &pair, sizeof pair);
    }
}

void KERNEL(pair_rows)(size_t rows, size_t c, const float *x, size_t ldx, float *to, size_t ldt) {
    for (size_t r = 0; r < rows; r += 2)
        pair_row(c, x + r * ldx, r + 1 < rows ? x + (r + 1) * ldx : NULL, to + r / 2 * ldt);
}

void KERNEL(from_bfloat16)(size_t n, const void *x, float *y) {
    const char *from = x;
    size_t i = 0;
    for (; i + W <= n; i += W) {
        vh half;
        memcpy(&half, from + 2 * i, sizeof half);
        *(vu_any *)(y + i) = __builtin_convertvector(half, vu) << 16;
    }
    for (; i < n; i++) {
        uint16_t half;
        memcpy(&half, from + 2 * i, sizeof half);
        unsigned bits = (unsigned)half << 16;
        memcpy(y + i, &bits, sizeof bits);
    }
}

void KERNEL(to_bfloat16)(size_t n, const float *x, void *to) {
    char *y = to;
    size_t i = 0;
    for (; i + W <= n; i += W) {
        vh half = upper_halves(load(x + i));
        memcpy(y + 2 * i, &half, sizeof half);
    }
    for (; i < n; i++) {
        uint16_t half = (uint16_t)(rounded_one(x[i]) >> 16);
        memcpy(y + 2 * i, &half, sizeof half);
    }
}
