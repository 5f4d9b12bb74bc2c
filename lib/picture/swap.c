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

static size_t radius(size_t h, size_t w) {
    size_t r = (h < w ? h : w) / SIDE_PER_PIXEL;
    return r ? r : 1;
}

/* The mean of the (2 r + 1)^2 pixels around each, in place; of 0 and 255 alone, it is 0 or 255 where
 * and only where all of them are. */
static void smooth(size_t h, size_t w, size_t r, uint8_t *v, uint8_t *spare) {
    for (size_t i = 0; i < h; i++)
        smooth_line(v + i * w, spare + i * w, w, 1, r);
    for (size_t j = 0; j < w; j++)
        smooth_line(spare + j, v + j, h, w, r);
}

/* The rectangle of pixels that a mask marks; empty where it marks none. */
typedef struct box {
    size_t y0, y1, x0, x1;
} box;

/* to [H,W]: 255 where the mask marks, else 0. */
static box mark(size_t h, size_t w, const uint8_t *mask, uint8_t *to) {
    box b = {h, 0, w, 0};
    for (size_t i = 0; i < h; i++)
        for (size_t j = 0; j < w; j++, mask++, to++) {
            *to = *mask >= 128 ? 255 : 0;
            if (!*to) continue;
            if (i < b.y0) b.y0 = i;
            if (j < b.x0) b.x0 = j;
            if (j >= b.x1) b.x1 = j + 1;
            b.y1 = i + 1;
        }
    return b;
}

/* Fills only where it can be seen: in the box and `margin` pixels around it. */
static void fill_box(box b, size_t margin, size_t h, size_t w, uint8_t *image, uint8_t *weight,
                     uint8_t *room) {
    size_t y0 = b.y0 > margin ? b.y0 - margin : 0, y1 = b.y1 + margin < h ? b.y1 + margin : h;
    size_t x0 = b.x0 > margin ? b.x0 - margin : 0, x1 = b.x1 + margin < w ? b.x1 + margin : w;
    size_t at = y0 * w + x0;
    lint_fill(y1 - y0, x1 - x0, w, image + at * 3, weight + at, room);
}

size_t lint_swap_room(size_t h, size_t w) {
    return 2 * h * w + lint_fill_room(h, w);
}

int lint_swap_mask(size_t h, size_t w, const uint8_t *mask, uint8_t *image, uint8_t *window,
                   uint8_t *room) {
    uint8_t *sure = room, *spare = sure + h * w, *pyramid = spare + h * w;
    size_t r = radius(h, w);
    int deep = 0;
    box b = mark(h, w, mask, window);
    if (b.y1 == 0) return 0;
    smooth(h, w, r, window, spare);
    for (size_t i = 0; i < h * w; i++)
        deep |= sure[i] = window[i] == 255 ? 255 : 0;
    if (deep) fill_box(b, r, h, w, image, sure, pyramid);
    return 1;
}

void lint_swap_clear(size_t h, size_t w, const uint8_t *mask, uint8_t *image, uint8_t *room) {
    uint8_t *known = room, *spare = known + h * w, *pyramid = spare + h * w;
    size_t r = 2 * radius(h, w), side = h < w ? h : w;
    int left = 0;
    box b = mark(h, w, mask, known);
    if (b.y1 == 0) return;
    smooth(h, w, r, known, spare);
    for (size_t i = 0; i < h * w; i++)
        left |= known[i] = known[i] ? 0 : 255;
    if (left) fill_box(b, r + 2 + side / 8, h, w, image, known, pyramid);
}

/* --- the picture ------------------------------------------------------------------------------ */

void lint_swap_blend(size_t h, size_t w, const uint8_t *window, const uint8_t *donor,
                     uint8_t *image) {
    for (size_t i = 0; i < h * w * 3; i++) {
        unsigned keep = window[i / 3];
        image[i] = (uint8_t)((keep * image[i] + (255 - keep) * donor[i] + 127) / 255);
    }
}
