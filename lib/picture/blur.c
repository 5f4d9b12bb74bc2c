#include "picture/blur.h"

#include <math.h>

enum { FRAC_BITS = 8, PASSES = 3 }; /* between passes values have 8 more bits */

/* A mean of 2r + 1 values has variance ((2r + 1)^2 - 1) / 12; three of them make sigma^2. A line is
 * always blurred a little. */
static size_t radius(double sigma) {
    double r = round((sqrt(4 * sigma * sigma + 1) - 1) / 2);
    return r < 1 ? 1 : (size_t)r;
}

/* Mirrors a position outside 0..n-1 back in: ... b a | a b c ... x y z | z y ... */
static size_t reflect(int64_t i, size_t n) {
    int64_t period = 2 * (int64_t)n;
    i = (i % period + period) % period;
    return (size_t)(i < (int64_t)n ? i : period - 1 - i);
}

/* to [n]: means of the 2r + 1 values of from [n] round each. */
static void running_mean(const uint32_t *from, uint32_t *to, size_t n, size_t r) {
    uint64_t sum = 0, width = 2 * r + 1;
    int64_t R = (int64_t)r;
    for (int64_t i = -R; i <= R; i++)
        sum += from[reflect(i, n)];
    for (size_t i = 0; i < n; i++) {
        to[i] = (uint32_t)((sum + width / 2) / width);
        sum += from[reflect((int64_t)i + R + 1, n)];
        sum -= from[reflect((int64_t)i - R, n)];
    }
}

/* n bytes that lie `step` apart. */
static void blur_line(uint8_t *v, size_t n, size_t step, size_t r, uint32_t *line) {
    uint32_t *a = line, *b = line + n;
    for (size_t i = 0; i < n; i++)
        a[i] = (uint32_t)v[i * step] << FRAC_BITS;
    for (int pass = 0; pass < PASSES; pass++) {
        running_mean(a, b, n, r);
        uint32_t *t = a;
        a = b;
        b = t;
    }
    for (size_t i = 0; i < n; i++)
        v[i * step] = (uint8_t)((a[i] + (1u << (FRAC_BITS - 1))) >> FRAC_BITS);
}

void lint_blur(size_t h, size_t w, uint8_t *image, double sigma, uint32_t *line) {
    size_t rx = radius(sigma * (double)w), ry = radius(sigma * (double)h);
    for (size_t y = 0; y < h; y++)
        for (size_t c = 0; c < 3; c++)
            blur_line(image + y * w * 3 + c, w, 3, rx, line);
    for (size_t x = 0; x < w; x++)
        for (size_t c = 0; c < 3; c++)
            blur_line(image + x * 3 + c, h, w * 3, ry, line);
}
