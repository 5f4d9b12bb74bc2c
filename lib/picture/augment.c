#include "picture/augment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longest side of a picture: positions some sides away still fit 63 bits. */
enum { SIDE_MAX = 32768 };

/* Fixed point: positions carry POS_BITS below the pixel, of which the blend uses FRAC_BITS; light
 * carries LIGHT_BITS below one step of 0..255. */
enum { POS_BITS = 32, FRAC_BITS = 8, LIGHT_BITS = 16 };
static const double ONE = 4294967296.0; /* 2^POS_BITS */

/* Output pixel (i, j) shows the input at x[0] i + x[1] j + x[2], y[0] i + y[1] j + y[2]; pixel
 * centres are whole numbers. */
typedef struct warp {
    int64_t x[3], y[3];
} warp;

int lint_augment_is_none(const lint_augment *a) {
    return !a->flip_h && !a->flip_v && a->rotate == 0 && a->crop == 1 && a->shift == 0 &&
           a->brightness == 0 && a->noise == 0 && a->center == 0 && a->scale == 0 && a->hue == 0 &&
           a->saturation == 0 && a->grey == 0;
}

/* Changes that were added later have a generator of their own, so that earlier streams stay as they
 * were. */
static void vary(const lint_augment *a, lint_rng rng, lint_change *c) {
    double zoom = lint_rng_range(&rng, -a->scale, a->scale);
    c->scale *= zoom < 0 ? 1 - zoom : 1 / (1 + zoom);
    if (a->center > 0) c->scale *= a->center, c->dx *= a->center, c->dy *= a->center;
    c->hue = lint_rng_range(&rng, -a->hue, a->hue);
    c->saturation = lint_rng_range(&rng, 1 - a->saturation, 1 + a->saturation);
    if (lint_rng_unit(&rng) < a->grey) c->saturation = 0;
}

lint_change lint_augment_draw(const lint_augment *a, uint64_t seed, uint64_t epoch,
                              uint64_t index) {
    lint_change c = LINT_CHANGE_NONE;
    lint_rng rng = lint_rng_at(seed, LINT_RNG_AUGMENT, epoch, index);
    int h = lint_rng_unit(&rng) < 0.5, v = lint_rng_unit(&rng) < 0.5;
    c.flip_h = a->flip_h && h;
    c.flip_v = a->flip_v && v;
    c.degrees = lint_rng_range(&rng, -a->rotate, a->rotate);
    c.scale = lint_rng_range(&rng, a->crop, 1);
    double room = (1 - c.scale) / 2;
    c.dx = lint_rng_range(&rng, -room, room);
    c.dy = lint_rng_range(&rng, -room, room);
    c.dx += lint_rng_range(&rng, -a->shift, a->shift);
    c.dy += lint_rng_range(&rng, -a->shift, a->shift);
    c.gain = lint_rng_range(&rng, 1 - a->brightness, 1 + a->brightness);
    c.noise = lint_rng_range(&rng, 0, a->noise);
    c.rng = rng;
    vary(a, lint_rng_at(seed, LINT_RNG_VARY, epoch, index), &c);
    return c;
}

/* --- geometry --------------------------------------------------------------------------------- */

/* From the output's pixel to the input's, about the centre: flip, zoom, turn, move. The matrix is
 * rounded before the offset is made from it, so that a quarter turn, whose sine and cosine are
 * whole once rounded, lands on pixel centres. */
static warp make_warp(const lint_change *c, size_t h, size_t w) {
    static const double RADIANS = 0.017453292519943295; /* pi / 180 */
    double co = cos(c->degrees * RADIANS) * c->scale, si = sin(c->degrees * RADIANS) * c->scale;
    double fx = c->flip_h ? -1 : 1, fy = c->flip_v ? -1 : 1;
    double cx = ((double)w - 1) / 2, cy = ((double)h - 1) / 2;
    double m[2][2] = {{rint(ONE * co * fx), rint(ONE * si * fy)},
                      {rint(-ONE * si * fx), rint(ONE * co * fy)}};
    double ox = ONE * (cx + c->dx * (double)w) - (m[0][0] * cx + m[0][1] * cy);
    double oy = ONE * (cy + c->dy * (double)h) - (m[1][0] * cx + m[1][1] * cy);
    return (warp){{(int64_t)m[0][0], (int64_t)m[0][1], llrint(ox)},
                  {(int64_t)m[1][0], (int64_t)m[1][1], llrint(oy)}};
}

/* Whether the warp is one of the four flips: then rows are copied, forward or backward. */
static int only_flips(const warp *m, size_t h, size_t w) {
    const int64_t one = (int64_t)1 << POS_BITS;
    int64_t right = ((int64_t)w - 1) * one, bottom = ((int64_t)h - 1) * one;
    return m->x[1] == 0 && m->y[0] == 0 &&
           ((m->x[0] == one && m->x[2] == 0) || (m->x[0] == -one && m->x[2] == right)) &&
           ((m->y[1] == one && m->y[2] == 0) || (m->y[1] == -one && m->y[2] == bottom));
}

static void copy_flipped(const warp *m, size_t h, size_t w, size_t c, const uint8_t *in,
                         uint8_t *out) {
    for (size_t j = 0; j < h; j++) {
        const uint8_t *from = in + (m->y[1] > 0 ? j : h - 1 - j) * w * c;
        if (m->x[0] > 0) {
            memcpy(out, from, w * c);
            out += w * c;
            continue;
        }
        for (size_t i = w; i-- > 0; out += c)
            memcpy(out, from + i * c, c);
    }
}

/* Mirrors a position outside 0..n-1 back in: ... c b a | a b c ... x y z | z y x ... */
static size_t reflect(int64_t i, size_t n) {
    int64_t period = 2 * (int64_t)n;
    i %= period;
    if (i < 0) i += period;
    return (size_t)(i < (int64_t)n ? i : period - 1 - i);
}

static void nearest(const warp *m, size_t h, size_t w, const uint8_t *in, uint8_t *out) {
    const int64_t half = (int64_t)1 << (POS_BITS - 1);
    for (size_t j = 0; j < h; j++) {
        int64_t x = m->x[1] * (int64_t)j + m->x[2] + half;
        int64_t y = m->y[1] * (int64_t)j + m->y[2] + half;
        for (size_t i = 0; i < w; i++, x += m->x[0], y += m->y[0])
            *out++ = in[reflect(y >> POS_BITS, h) * w + reflect(x >> POS_BITS, w)];
    }
}

/* Blend of the four RGB pixels round a place that lies fx, fy (of 2^FRAC_BITS) from the first. */
static void blend(const uint8_t *p00, const uint8_t *p01, const uint8_t *p10, const uint8_t *p11,
                  uint32_t fx, uint32_t fy, uint8_t *out) {
    uint32_t w11 = fx * fy, w01 = (fx << FRAC_BITS) - w11, w10 = (fy << FRAC_BITS) - w11;
    uint32_t w00 = (1u << 2 * FRAC_BITS) - w01 - w10 - w11;
    for (int c = 0; c < 3; c++) {
        uint32_t sum = w00 * p00[c] + w01 * p01[c] + w10 * p10[c] + w11 * p11[c];
        out[c] = (uint8_t)((sum + (1u << (2 * FRAC_BITS - 1))) >> 2 * FRAC_BITS);
    }
}

/* As blend, where some of the four lie outside. */
static void blend_mirrored(const uint8_t *in, size_t h, size_t w, int64_t ix, int64_t iy,
                           uint32_t fx, uint32_t fy, uint8_t *out) {
    size_t x0 = reflect(ix, w) * 3, x1 = reflect(ix + 1, w) * 3;
    const uint8_t *r0 = in + reflect(iy, h) * w * 3, *r1 = in + reflect(iy + 1, h) * w * 3;
    blend(r0 + x0, r0 + x1, r1 + x0, r1 + x1, fx, fy, out);
}

static void bilinear(const warp *m, size_t h, size_t w, const uint8_t *in, uint8_t *out) {
    enum { DROP = POS_BITS - FRAC_BITS };
    const int64_t half = (int64_t)1 << (DROP - 1);
    const uint32_t mask = (1u << FRAC_BITS) - 1;
    for (size_t j = 0; j < h; j++) {
        int64_t x = m->x[1] * (int64_t)j + m->x[2] + half;
        int64_t y = m->y[1] * (int64_t)j + m->y[2] + half;
        for (size_t i = 0; i < w; i++, x += m->x[0], y += m->y[0], out += 3) {
            int64_t ix = x >> POS_BITS, iy = y >> POS_BITS;
            uint32_t fx = (uint32_t)(x >> DROP) & mask, fy = (uint32_t)(y >> DROP) & mask;
            if ((uint64_t)ix < w - 1 &&
                (uint64_t)iy < h - 1) { /* negative ones wrap round to large */
                const uint8_t *p = in + ((size_t)iy * w + (size_t)ix) * 3;
                blend(p, p + 3, p + w * 3, p + w * 3 + 3, fx, fy, out);
            } else {
                blend_mirrored(in, h, w, ix, iy, fx, fy, out);
            }
        }
    }
}

/* --- light ------------------------------------------------------------------------------------ */

static uint8_t clamp(int64_t v) {
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static int64_t fixed_gain(double gain) {
    return llrint(gain * (1 << LIGHT_BITS));
}

/* The grey axis' turn (rows sum to 1, so greys stay), mixed with luma by saturation (ITU-R BT.601),
 * times the gain. */
static void colour_matrix(const lint_change *c, int64_t m[3][3]) {
    static const double RADIANS = 0.017453292519943295, LUMA[3] = {0.299, 0.587, 0.114};
    double co = cos(c->hue * RADIANS), si = sin(c->hue * RADIANS) / sqrt(3);
    double turn[3] = {co + (1 - co) / 3, (1 - co) / 3 - si, (1 - co) / 3 + si};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            m[i][j] =
                llrint(c->gain * (1 << LIGHT_BITS) *
                       (c->saturation * turn[(j - i + 3) % 3] + (1 - c->saturation) * LUMA[j]));
}

static void apply_colour(const lint_change *c, size_t n, uint8_t *px) {
    int64_t m[3][3], half = 1 << (LIGHT_BITS - 1);
    colour_matrix(c, m);
    for (size_t i = 0; i < n; i += 3, px += 3) {
        int64_t r = px[0], g = px[1], b = px[2];
        for (int k = 0; k < 3; k++)
            px[k] = clamp((m[k][0] * r + m[k][1] * g + m[k][2] * b + half) >> LIGHT_BITS);
    }
}

static void apply_gain(double gain, size_t n, uint8_t *px) {
    uint8_t table[256];
    for (int v = 0; v < 256; v++)
        table[v] = clamp((v * fixed_gain(gain) + (1 << (LIGHT_BITS - 1))) >> LIGHT_BITS);
    for (size_t i = 0; i < n; i++)
        px[i] = table[px[i]];
}

/* Four 8-bit numbers added up, less their mean: whole numbers, and near enough to Gaussian for a
 * picture's noise (it ends at 3.45 standard deviations). */
static int64_t bell(uint32_t bits) {
    return (int64_t)((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24)) -
           2 * 255;
}

static void apply_gain_and_noise(const lint_change *c, double by, size_t n, uint8_t *px) {
    static const double BELL_DEVIATION = 147.8; /* sqrt(4 (256^2 - 1) / 12) */
    int64_t gain = fixed_gain(by), half = 1 << (LIGHT_BITS - 1);
    int64_t factor = llrint(c->noise * 255 / BELL_DEVIATION * (1 << LIGHT_BITS));
    lint_rng r = c->rng;
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        bits = i % 2 ? bits >> 32 : lint_rng_u64(&r);
        int64_t noise = bell((uint32_t)bits) * factor;
        px[i] = clamp((px[i] * gain + noise + half) >> LIGHT_BITS);
    }
}

static void change_light(const lint_change *c, size_t n, uint8_t *px) {
    int coloured = c->hue != 0 || c->saturation != 1;
    double gain = coloured ? 1 : c->gain;
    if (coloured) apply_colour(c, n, px);
    if (c->noise > 0)
        apply_gain_and_noise(c, gain, n, px);
    else if (gain != 1)
        apply_gain(gain, n, px);
}

/* --- a sample --------------------------------------------------------------------------------- */

static void move_pixels(const lint_change *c, size_t h, size_t w, const uint8_t *in, uint8_t *out) {
    warp m = make_warp(c, h, w);
    if (only_flips(&m, h, w))
        copy_flipped(&m, h, w, 3, in, out);
    else
        bilinear(&m, h, w, in, out);
}

void lint_change_image(const lint_change *c, size_t h, size_t w, const uint8_t *in, uint8_t *out) {
    move_pixels(c, h, w, in, out);
    change_light(c, h * w * 3, out);
}

void lint_change_mask(const lint_change *c, size_t h, size_t w, const uint8_t *in, uint8_t *out) {
    warp m = make_warp(c, h, w);
    if (only_flips(&m, h, w))
        copy_flipped(&m, h, w, 1, in, out);
    else
        nearest(&m, h, w, in, out);
}

/* --- all samples of a frame ------------------------------------------------------------------- */

typedef struct job {
    lint_samples *s;
    const lint_change *change;
    const lint_donors *donors;
    uint8_t *scratch; /* for each worker: two pictures, a window, and what swapping takes */
    size_t picture;   /* bytes of a picture */
    size_t each;      /* bytes of a worker's scratch */
} job;

static int moves(const lint_change *c) {
    return c->flip_h || c->flip_v || c->degrees != 0 || c->scale != 1 || c->dx != 0 || c->dy != 0;
}

static void move_sample(const job *j, size_t i, uint8_t *scratch) {
    size_t h = j->s->h, w = j->s->w, pixels = h * w;
    uint8_t *image = j->s->image + i * j->picture;
    memcpy(scratch, image, j->picture);
    move_pixels(&j->change[i], h, w, scratch, image);
    if (!j->s->mask) return;
    uint8_t *mask = j->s->mask + i * pixels;
    memcpy(scratch, mask, pixels);
    lint_change_mask(&j->change[i], h, w, scratch, mask);
}

/* The changed donor without its own object. scratch holds a picture; `to` holds one too, before it
 * holds the result. */
static void make_background(const job *j, size_t i, uint8_t *to, uint8_t *scratch, uint8_t *room) {
    const lint_donors *d = j->donors;
    size_t h = j->s->h, w = j->s->w, donor = j->change[i].swap.donor;
    const uint8_t *object = to;
    if (d->by == LINT_SWAP_MASK)
        object = d->mask(d->ctx, donor);
    else
        lint_swap_ellipse(&LINT_SWAP_NONE, h, w, to);
    memcpy(scratch, d->image(d->ctx, donor), j->picture);
    lint_swap_clear(h, w, object, scratch, room);
    lint_change_image(&d->change[i], h, w, scratch, to);
}

static void swap_sample(const job *j, size_t i, uint8_t *scratch) {
    size_t h = j->s->h, w = j->s->w, pixels = h * w;
    uint8_t *image = j->s->image + i * j->picture;
    uint8_t *background = scratch + j->picture, *window = background + j->picture;
    uint8_t *room = window + pixels;
    if (j->donors->by == LINT_SWAP_CENTER)
        lint_swap_ellipse(&j->change[i].swap, h, w, window);
    else if (!lint_swap_mask(h, w, j->s->mask + i * pixels, image, window, room))
        return;
    make_background(j, i, background, scratch, room);
    lint_swap_blend(h, w, window, background, image);
    if (j->s->place) j->s->place[i] = -1;
}

static void change_one(void *ctx, size_t i, int worker) {
    const job *j = ctx;
    uint8_t *scratch = j->scratch + (size_t)worker * j->each;
    if (moves(&j->change[i])) move_sample(j, i, scratch);
    if (j->change[i].swap.swapped) swap_sample(j, i, scratch);
    change_light(&j->change[i], j->picture, j->s->image + i * j->picture);
}

int lint_augment_samples(lint_samples *s, const lint_change *change, const lint_donors *donors,
                         lint_threads *pool, lint_err *e) {
    job j = {.s = s, .change = change, .donors = donors, .picture = s->h * s->w * 3};
    if (s->n == 0 || j.picture == 0) return 0;
    if (s->h > SIDE_MAX || s->w > SIDE_MAX)
        return lint_fail(e, "pictures of %zux%zu; at most %d on a side can be changed", s->w, s->h,
                         SIDE_MAX);
    if (donors && donors->by == LINT_SWAP_MASK && !s->mask)
        return lint_fail(e, "no 'mask' to swap backgrounds by");
    j.each = 2 * j.picture + s->h * s->w + lint_swap_room(s->h, s->w);
    j.scratch = calloc((size_t)lint_threads_count(pool), j.each);
    if (!j.scratch) return lint_fail_mem(e, "pictures");
    lint_threads_run(pool, s->n, change_one, &j);
    free(j.scratch);
    return 0;
}
