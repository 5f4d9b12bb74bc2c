#include "picture/image_codec.h"

#include <stdlib.h>
#include <string.h>

/* --- channels --------------------------------------------------------------------------------- */

static uint8_t over_white(uint8_t v, uint8_t a) {
    return (uint8_t)((v * a + 255 * (255 - a) + 127) / 255);
}

/* ITU-R BT.601 luma in 16 bits of fraction, as Pillow's. */
static uint8_t luma(const uint8_t p[3]) {
    return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
}

static void convert_pixel(uint8_t *to, int c, const uint8_t *from, int from_c) {
    uint8_t p[4] = {from[0], from[0], from[0], 255};
    if (from_c > 1) memcpy(p, from, (size_t)from_c);
    if (c < 4 && p[3] < 255)
        for (int k = 0; k < 3; k++)
            p[k] = over_white(p[k], p[3]);
    if (c > 1)
        memcpy(to, p, (size_t)c);
    else
        *to = from_c > 1 ? luma(p) : p[0];
}

static void convert_row(uint8_t *to, int c, const uint8_t *from, int from_c, size_t n) {
    for (size_t i = 0; i < n; i++)
        convert_pixel(to + i * (size_t)c, c, from + i * (size_t)from_c, from_c);
}

/* Replaces im by the same picture in c channels. */
static int convert(lint_image *im, int c, lint_err *e) {
    lint_image to;
    if (im->c == c) return 0;
    if (lint_image_new_raw(&to, im->w, im->h, c, e) < 0) return -1;
    convert_row(to.px, c, im->px, im->c, (size_t)im->w * (size_t)im->h);
    lint_image_free(im);
    *im = to;
    return 0;
}

/* --- orientation ------------------------------------------------------------------------------ */

/* By orientation: mirror stored x, mirror stored y. Exif 2.3, 4.6.4 A, tag Orientation. */
static const uint8_t MIRROR[9][2] = {{0, 0}, {0, 0}, {1, 0}, {1, 1}, {0, 1},
                                     {0, 0}, {0, 1}, {1, 1}, {1, 0}};

void lint_image_turn_box(double box[4], double w, double h, int orientation) {
    double x = MIRROR[orientation][0] ? w - box[0] - box[2] : box[0];
    double y = MIRROR[orientation][1] ? h - box[1] - box[3] : box[1];
    int swap = lint_exif_swaps(orientation);
    double upright[4] = {swap ? y : x, swap ? x : y, box[swap ? 3 : 2], box[swap ? 2 : 3]};
    memcpy(box, upright, sizeof upright);
}

/* Pixel (x, y) of the upright picture is stored at (x, y), with x and y swapped first where the
 * orientation swaps, then mirrored along the stored axes. */
int lint_image_turn(lint_image *im, int orientation, lint_err *e) {
    int swap = lint_exif_swaps(orientation);
    lint_image to;
    if (orientation == 1) return 0;
    if (lint_image_new_raw(&to, swap ? im->h : im->w, swap ? im->w : im->h, im->c, e) < 0)
        return -1;
    size_t c = (size_t)im->c;
    uint8_t *px = to.px;
    for (int y = 0; y < to.h; y++)
        for (int x = 0; x < to.w; x++, px += c) {
            int sx = swap ? y : x, sy = swap ? x : y;
            if (MIRROR[orientation][0]) sx = im->w - 1 - sx;
            if (MIRROR[orientation][1]) sy = im->h - 1 - sy;
            memcpy(px, im->px + ((size_t)sy * (size_t)im->w + (size_t)sx) * c, c);
        }
    lint_image_free(im);
    *im = to;
    return 0;
}

/* --- more than 8 bits ------------------------------------------------------------------------- */

/* How much of 255 one step of a sample is: of colour, and of alpha. White is odd, so no product lies
 * halfway between two integers, and what is rounded is the same in every arithmetic. */
typedef struct steps {
    double of[2];
} steps;

static double white(int bits) {
    return bits ? (double)((1ull << bits) - 1) : 1.0;
}

/* bits: of the samples; 0: floats. */
static steps steps_of(const lint_sink *s, int bits) {
    return (steps){{255 / white(s->ask->depth ? s->ask->depth : bits), 255 / white(bits)}};
}

/* Sample i of a row. */
static uint8_t take(lint_sink *s, double v, size_t i, steps step) {
    int alpha = s->c == 4 && i % 4 == 3;
    if (!alpha && v > s->facts.peak) s->facts.peak = v;
    v = v * step.of[alpha] + 0.5;
    return v < 255 ? (uint8_t)v : 255;
}

void lint_sink_take16(lint_sink *s, uint8_t *to, const uint16_t *from) {
    steps step = steps_of(s, 16);
    for (size_t i = 0; i < (size_t)s->w * (size_t)s->c; i++)
        to[i] = take(s, from[i], i, step);
}

void lint_sink_take32(lint_sink *s, uint8_t *to, const uint32_t *from) {
    steps step = steps_of(s, 32);
    for (size_t i = 0; i < (size_t)s->w * (size_t)s->c; i++)
        to[i] = take(s, from[i], i, step);
}

void lint_sink_take_floats(lint_sink *s, uint8_t *to, const float *from) {
    steps step = steps_of(s, 0);
    for (size_t i = 0; i < (size_t)s->w * (size_t)s->c; i++)
        to[i] = take(s, from[i] > 0 ? from[i] : 0, i, step); /* NaN is not more than 0 */
}

/* --- rows ------------------------------------------------------------------------------------- */

int lint_sink_size(lint_sink *s, uint32_t w, uint32_t h, lint_err *e) {
    long most = s->ask->max_pixels ? s->ask->max_pixels : LINT_IMAGE_PIXELS;
    if (w < 1 || h < 1) return lint_fail(e, "%ux%u is no size for a picture", w, h);
    if (w > LINT_IMAGE_MAX || h > LINT_IMAGE_MAX)
        return lint_fail(e, "%ux%u is too large: at most %d on a side", w, h, LINT_IMAGE_MAX);
    if ((int64_t)w * h > most)
        return lint_fail(e, "%ux%u is too large: at most %ld pixels%s", w, h, most,
                         s->ask->max_pixels ? " (--max-pixels)" : "");
    s->facts.w = (int)w, s->facts.h = (int)h;
    return 0;
}

int lint_sink_start(lint_sink *s, int w, int h, int c, int by_rows, lint_err *e) {
    const lint_image_ask *ask = s->ask;
    s->w = w, s->h = h, s->c = c;
    if (!by_rows || !ask->w || s->orientation != 1)
        return lint_image_new_raw(&s->whole, w, h, c, e);
    /* Grey is three equal channels, which are resized as one. */
    int resized = c == 1 && ask->c == 3 ? 1 : ask->c;
    s->resizer = lint_resizer_new(w, h, resized, ask->w, ask->h, ask->fit, e);
    if (!s->resizer) return -1;
    s->row = malloc((size_t)w * (size_t)c);
    if (c != resized) s->converted = malloc((size_t)w * (size_t)resized);
    return s->row && (s->converted || c == resized) ? 0 : lint_fail_mem(e, "picture");
}

uint8_t *lint_sink_row(lint_sink *s, int y) {
    return s->resizer ? s->row : s->whole.px + (size_t)y * (size_t)s->w * (size_t)s->c;
}

void lint_sink_put(lint_sink *s, int y) {
    if (!s->resizer) return;
    if (s->converted) convert_row(s->converted, s->ask->c, s->row, s->c, (size_t)s->w);
    lint_resizer_row(s->resizer, y, s->converted ? s->converted : s->row);
}

int lint_sink_end(lint_sink *s, lint_image *im, lint_err *e) {
    const lint_image_ask *ask = s->ask;
    if (s->resizer) {
        lint_resizer_end(s->resizer, im);
        s->resizer = NULL;
        return convert(im, ask->c, e);
    }
    lint_image_free(im);
    *im = s->whole;
    s->whole = (lint_image){0};
    if (convert(im, ask->c, e) < 0 || lint_image_turn(im, s->orientation, e) < 0) return -1;
    return ask->w ? lint_image_fit(im, im, ask->w, ask->h, ask->fit, e) : 0;
}

void lint_sink_free(lint_sink *s) {
    lint_resizer_free(s->resizer);
    lint_image_free(&s->whole);
    free(s->row);
    free(s->converted);
    s->resizer = NULL;
    s->row = s->converted = NULL;
}
