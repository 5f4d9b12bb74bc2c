#include "picture/swap.h"
#include "picture/fill.h"

#include <math.h>
#include <string.h>

/* The ellipse, in sides of the picture, and how much its size and aspect vary. */
static const double INNER = 0.25, OUTER = 0.4, VARIES = 0.25;

/* One pixel of growth and of rim for so many pixels of a side. */
enum { SIDE_PER_PIXEL = 96 };

lint_swap lint_swap_draw(double probability, size_t donors, lint_rng *rng) {
    lint_swap s;
    s.swapped = lint_rng_unit(rng) < probability;
    s.donor = (size_t)lint_rng_below(rng, donors);
    s.size = lint_rng_range(rng, 1 - VARIES, 1 + VARIES);
    s.aspect = lint_rng_range(rng, 1 - VARIES, 1 + VARIES);
    return s;
}

/* 1 at and below `inner`, 0 from `outer` on, smooth between. */
static double fade(double r, double inner, double outer) {
    double t = (outer - r) / (outer - inner);
    if (t <= 0) return 0;
    if (t >= 1) return 1;
    return t * t * (3 - 2 * t);
}

void lint_swap_ellipse(const lint_swap *s, size_t h, size_t w, uint8_t *window) {
    for (size_t i = 0; i < h; i++) {
        double y = (((double)i + 0.5) / (double)h - 0.5) * s->aspect / s->size;
        for (size_t j = 0; j < w; j++) {
            double x = (((double)j + 0.5) / (double)w - 0.5) / s->aspect / s->size;
            *window++ = (uint8_t)(255 * fade(sqrt(x * x + y * y), INNER, OUTER) + 0.5);
        }
    }
}

/* --- masks ------------------------------------------------------------------------------------ */

typedef uint8_t pick_fn(uint8_t a, uint8_t b);

static uint8_t larger(uint8_t a, uint8_t b) {
    return a > b ? a : b;
}

static uint8_t smaller(uint8_t a, uint8_t b) {
    return a < b ? a : b;
}

/* n values, `step` apart: each becomes what pick makes of those at most r away. */
static void pick_line(pick_fn *pick, const uint8_t *in, uint8_t *out, size_t n, size_t step,
                      size_t r) {
    for (size_t i = 0; i < n; i++) {
        size_t from = i < r ? 0 : i - r, to = i + r < n ? i + r : n - 1;
        uint8_t best = in[from * step];
        for (size_t k = from + 1; k <= to; k++)
            best = pick(best, in[k * step]);
        out[i * step] = best;
    }
}

static void grow_line(const uint8_t *in, uint8_t *out, size_t n, size_t step, size_t r) {
    pick_line(larger, in, out, n, step, r);
}

static void shrink_line(const uint8_t *in, uint8_t *out, size_t n, size_t step, size_t r) {
    pick_line(smaller, in, out, n, step, r);
}

/* n values, `step` apart: each becomes the mean of those at most r away; the ends go on outside. */
static void smooth_line(const uint8_t *in, uint8_t *out, size_t n, size_t step, size_t r) {
    unsigned sum = in[0] * (unsigned)r, count = 2 * (unsigned)r + 1;
    for (size_t k = 0; k <= r; k++)
        sum += in[(k < n ? k : n - 1) * step];
    for (size_t i = 0; i < n; i++) {
        out[i * step] = (uint8_t)((sum + count / 2) / count);
        size_t enters = i + r + 1 < n ? i + r + 1 : n - 1, leaves = i < r ? 0 : i - r;
        sum += in[enters * step];
        sum -= in[leaves * step];
    }
}

typedef void line_fn(const uint8_t *in, uint8_t *out, size_t n, size_t step, size_t r);

/* Rows of v into room, columns of room back into v. */
static void both_ways(line_fn *line, size_t h, size_t w, uint8_t *v, uint8_t *room) {
    size_t side = h < w ? h : w, r = side / SIDE_PER_PIXEL > 0 ? side / SIDE_PER_PIXEL : 1;
    for (size_t i = 0; i < h; i++)
        line(v + i * w, room + i * w, w, 1, r);
    for (size_t j = 0; j < w; j++)
        line(room + j, v + j, h, w, r);
}

/* to [H,W]: 255 where the mask marks, else 0. Returns how many pixels it marks. */
static size_t marked(size_t n, const uint8_t *mask, uint8_t *to) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += to[i] = mask[i] >= 128;
    for (size_t i = 0; i < n; i++)
        to[i] = to[i] ? 255 : 0;
    return count;
}

size_t lint_swap_room(size_t h, size_t w) {
    return 2 * h * w + lint_fill_room(h, w);
}

int lint_swap_mask(size_t h, size_t w, const uint8_t *mask, uint8_t *image, uint8_t *window,
                   uint8_t *room) {
    uint8_t *sure = room, *spare = sure + h * w, *pyramid = spare + h * w;
    if (!marked(h * w, mask, window)) return 0;
    memcpy(sure, window, h * w);
    both_ways(shrink_line, h, w, sure, spare);
    if (marked(h * w, sure, sure)) lint_fill(h, w, image, sure, pyramid);
    both_ways(smooth_line, h, w, window, spare);
    return 1;
}

void lint_swap_clear(size_t h, size_t w, const uint8_t *mask, uint8_t *image, uint8_t *room) {
    uint8_t *known = room, *spare = known + h * w, *pyramid = spare + h * w;
    marked(h * w, mask, known);
    both_ways(grow_line, h, w, known, spare);
    both_ways(grow_line, h, w, known, spare);
    size_t left = 0;
    for (size_t i = 0; i < h * w; i++)
        left += (known[i] = 255 - known[i]) > 0;
    if (left > 0) lint_fill(h, w, image, known, pyramid);
}

/* --- the picture ------------------------------------------------------------------------------ */

void lint_swap_blend(size_t h, size_t w, const uint8_t *window, const uint8_t *donor,
                     uint8_t *image) {
    for (size_t i = 0; i < h * w * 3; i++) {
        unsigned keep = window[i / 3];
        image[i] = (uint8_t)((keep * image[i] + (255 - keep) * donor[i] + 127) / 255);
    }
}
