#include "stream/floats.h"

#include <float.h>
#include <math.h>
#include <string.h>

int lint_is_floats(lint_dtype d) {
    return d == LINT_F32 || d == LINT_F16 || d == LINT_BF16 || d == LINT_F64;
}

static float from_bits(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Sign, 5 bits of exponent and 10 of fraction, moved to where F32 has 8 and 23. */
static float from_half(uint16_t h) {
    enum { BIAS = 127 - 15, TOP = 31 };
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & TOP, fraction = h & 0x3ff;
    if (exponent == TOP) return from_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent) return from_bits(sign | (exponent + BIAS) << 23 | fraction << 13);
    float v = (float)fraction * 0x1p-24f; /* a subnormal number, or zero */
    return sign ? -v : v;
}

static void get_halves(const uint16_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++)
        to[i] = from_half(from[i]);
}

static void get_bfloats(const uint16_t *from, size_t n, float *to) {
    for (size_t i = 0; i < n; i++)
        to[i] = from_bits((uint32_t)from[i] << 16);
}

static int get_doubles(const double *from, size_t n, float *to) {
    int fits = 1;
    for (size_t i = 0; i < n; i++) {
        to[i] = (float)from[i];
        fits &= isfinite(to[i]) || !isfinite(from[i]);
    }
    return fits;
}

int lint_floats_get(const lint_tensor *t, float *to, lint_err *e) {
    size_t n = t->bytes / lint_dtype_bytes(t->dtype);
    if (t->dtype == LINT_F16)
        get_halves(t->data, n, to);
    else if (t->dtype == LINT_BF16)
        get_bfloats(t->data, n, to);
    else if (t->dtype != LINT_F64)
        memcpy(to, t->data, t->bytes);
    else if (!get_doubles(t->data, n, to))
        return lint_fail(e, "'%s' has a value that is too large for F32", t->name);
    return 0;
}
