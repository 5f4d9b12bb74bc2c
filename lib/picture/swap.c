#include "picture/swap.h"

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

/* --- windows from masks ----------------------------------------------------------------------- */

/* n values, `step` apart: each becomes the largest of those at most r away. */
static void grow_line(const uint8_t *in, uint8_t *out, size_t n, size_t step, size_t r) {
    for (size_t i = 0; i < n; i++) {
        size_t from = i < r ? 0 : i - r, to = i + r < n ? i + r : n - 1;
        uint8_t most = 0;
        for (size_t k = from; k <= to; k++)
            if (in[k * step] > most) most = in[k * step];
        out[i * step] = most;
    }
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
static void both_ways(line_fn *line, size_t h, size_t w, size_t r, uint8_t *v, uint8_t *room) {
    for (size_t i = 0; i < h; i++)
        line(v + i * w, room + i * w, w, 1, r);
    for (size_t j = 0; j < w; j++)
        line(room + j, v + j, h, w, r);
}

int lint_swap_mask(size_t h, size_t w, const uint8_t *mask, uint8_t *window, uint8_t *room) {
    int marks = 0;
    for (size_t i = 0; i < h * w && !marks; i++)
        marks = mask[i] >= 128;
    if (!marks) return 0;
    size_t side = h < w ? h : w, r = side / SIDE_PER_PIXEL > 0 ? side / SIDE_PER_PIXEL : 1;
    memcpy(window, mask, h * w);
    both_ways(grow_line, h, w, r, window, room);
    both_ways(smooth_line, h, w, r, window, room);
    both_ways(smooth_line, h, w, r, window, room);
    return 1;
}

/* --- a donor without its object --------------------------------------------------------------- */

/* A picture [h,w,3] whose pixels are known to a degree, 0 to 255: weight [h,w]. */
typedef struct level {
    size_t h, w;
    uint8_t *rgb, *weight;
} level;

/* Enough to bring any side that a picture may have to 1. */
enum { LEVELS_MAX = 17 };

size_t lint_swap_room(size_t h, size_t w) {
    size_t bytes = 2 * h * w;
    while (h > 1 || w > 1) {
        h = (h + 1) / 2, w = (w + 1) / 2;
        bytes += 4 * h * w;
    }
    return bytes;
}

/* A pixel of the next level from the up to four under it, each counted as far as it is known. */
static void push_pixel(const level *from, size_t y, size_t x, uint8_t *rgb, uint8_t *weight) {
    unsigned sum[3] = {0}, all = 0;
    for (size_t i = 2 * y; i < 2 * y + 2 && i < from->h; i++)
        for (size_t j = 2 * x; j < 2 * x + 2 && j < from->w; j++) {
            unsigned known = from->weight[i * from->w + j];
            for (int k = 0; k < 3; k++)
                sum[k] += known * from->rgb[(i * from->w + j) * 3 + k];
            all += known;
        }
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)(all ? (sum[k] + all / 2) / all : 0);
    *weight = (uint8_t)(all < 255 ? all : 255);
}

static void push(const level *from, const level *to) {
    for (size_t y = 0; y < to->h; y++)
        for (size_t x = 0; x < to->w; x++)
            push_pixel(from, y, x, to->rgb + (y * to->w + x) * 3, to->weight + y * to->w + x);
}

/* What a pixel lacks comes from the level above, bilinearly: its own cell there counts 3 of 4 in each
 * direction, the nearest other 1 of 4. */
static void pull(const level *from, const level *to) {
    for (size_t i = 0; i < to->h; i++)
        for (size_t j = 0; j < to->w; j++) {
            unsigned known = to->weight[i * to->w + j];
            if (known == 255) continue;
            size_t y = i / 2, x = j / 2;
            size_t v = i % 2 ? (y + 1 < from->h ? y + 1 : y) : (y ? y - 1 : y);
            size_t u = j % 2 ? (x + 1 < from->w ? x + 1 : x) : (x ? x - 1 : x);
            const uint8_t *a = from->rgb + (y * from->w + x) * 3,
                          *b = from->rgb + (y * from->w + u) * 3;
            const uint8_t *c = from->rgb + (v * from->w + x) * 3,
                          *d = from->rgb + (v * from->w + u) * 3;
            uint8_t *px = to->rgb + (i * to->w + j) * 3;
            for (int k = 0; k < 3; k++) {
                unsigned above = (9u * a[k] + 3u * b[k] + 3u * c[k] + d[k] + 8) / 16;
                px[k] = (uint8_t)((known * px[k] + (255 - known) * above + 127) / 255);
            }
        }
}

void lint_swap_clear(size_t h, size_t w, const uint8_t *mask, uint8_t *image, uint8_t *room) {
    level l[LEVELS_MAX] = {{h, w, image, room}};
    uint8_t *next = room + 2 * h * w;
    int top = 0, known = 0;
    if (!lint_swap_mask(h, w, mask, l[0].weight, room + h * w)) return;
    for (size_t i = 0; i < h * w; i++)
        known |= l[0].weight[i] = l[0].weight[i] ? 0 : 255;
    if (!known) return;
    while (l[top].h > 1 || l[top].w > 1) {
        level up = {(l[top].h + 1) / 2, (l[top].w + 1) / 2, next,
                    next + 3 * ((l[top].h + 1) / 2) * ((l[top].w + 1) / 2)};
        next = up.weight + up.h * up.w;
        push(&l[top], &up);
        l[++top] = up;
    }
    for (; top > 0; top--)
        pull(&l[top], &l[top - 1]);
}

/* --- the picture ------------------------------------------------------------------------------ */

void lint_swap_blend(size_t h, size_t w, const uint8_t *window, const uint8_t *donor,
                     uint8_t *image) {
    for (size_t i = 0; i < h * w * 3; i++) {
        unsigned keep = window[i / 3];
        image[i] = (uint8_t)((keep * image[i] + (255 - keep) * donor[i] + 127) / 255);
    }
}
