#include "synth/synth_paint.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float pi = 3.14159265f;

lint_easel *lint_easel_new(int w, int h, lint_err *err) {
    lint_easel *e = calloc(1, sizeof *e);
    size_t n = (size_t)w * (size_t)h;
    if (!e) return lint_fail_mem(err, "an easel"), NULL;
    e->w = w;
    e->h = h;
    e->side = (float)(w < h ? w : h);
    e->ground = malloc(n * 3 * sizeof(float));
    e->object = malloc(n * 4 * sizeof(float));
    e->front = malloc(n * 4 * sizeof(float));
    e->a = malloc(n * sizeof(float));
    e->b = malloc(n * sizeof(float));
    e->surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w, h);
    e->cr = cairo_create(e->surface);
    if (!e->ground || !e->object || !e->front || !e->a || !e->b ||
        cairo_status(e->cr) != CAIRO_STATUS_SUCCESS) {
        lint_easel_free(e);
        return lint_fail_mem(err, "an easel"), NULL;
    }
    e->px = cairo_image_surface_get_data(e->surface);
    e->stride = (size_t)cairo_image_surface_get_stride(e->surface);
    return e;
}

void lint_easel_free(lint_easel *e) {
    if (!e) return;
    free(e->ground);
    free(e->object);
    free(e->front);
    free(e->a);
    free(e->b);
    cairo_destroy(e->cr);
    cairo_surface_destroy(e->surface);
    free(e);
}

/* Where cairo gets no memory for a clip or a path, it may paint another picture and say nothing of it.
 * malloc leaves a word in errno, until mathematics overwrites it. */
static void note_memory(lint_easel *e) {
    if (errno == ENOMEM) e->no_memory = 1;
}

void lint_easel_begin(lint_easel *e, lint_rng rng) {
    errno = 0;
    e->no_memory = 0;
    size_t n = (size_t)e->w * (size_t)e->h;
    memset(e->ground, 0, n * 3 * sizeof(float));
    memset(e->object, 0, n * 4 * sizeof(float));
    memset(e->front, 0, n * 4 * sizeof(float));
    e->rng = rng;
    e->noise = (uint32_t)lint_rng_u64(&e->rng);
    float angle = lint_easel_range(e, -1.1f, 1.1f); /* from straight above */
    e->sun_x = sinf(angle);
    e->sun_y = -cosf(angle);
    cairo_matrix_init_scale(&e->frame, e->side, e->side);
}

int lint_easel_check(lint_easel *e, lint_err *err) {
    note_memory(e);
    cairo_status_t s = cairo_status(e->cr);
    if (s == CAIRO_STATUS_SUCCESS) s = cairo_surface_status(e->surface);
    if (s != CAIRO_STATUS_SUCCESS) return lint_fail(err, "cairo: %s", cairo_status_to_string(s));
    return e->no_memory ? lint_fail_mem(err, "a picture") : 0;
}

float lint_easel_range(lint_easel *e, float lo, float hi) {
    return (float)lint_rng_range(&e->rng, lo, hi);
}

int lint_easel_chance(lint_easel *e, float p) {
    return lint_rng_unit(&e->rng) < (double)p;
}

/* --- noise ------------------------------------------------------------------------------------ */

/* A lattice point's value in [0, 1]: an integer hash (Wellons, "lowbias32") of its place. */
static float lattice(uint32_t seed, int32_t x, int32_t y) {
    uint32_t h = seed ^ (uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u;
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    h ^= h >> 16;
    return (float)(h >> 8) * 0x1p-24f;
}

/* floor, without the call that floorf is on plain x86-64. */
static inline int32_t whole(float x) {
    int32_t i = (int32_t)x;
    return (float)i > x ? i - 1 : i;
}

float lint_grain(uint32_t seed, int x, int y) {
    return lattice(seed, x, y);
}

float lint_noise(uint32_t seed, float x, float y) {
    int32_t ix = whole(x), iy = whole(y);
    float tx = x - (float)ix, ty = y - (float)iy;
    tx = tx * tx * (3 - 2 * tx);
    ty = ty * ty * (3 - 2 * ty);
    float a = lattice(seed, ix, iy), b = lattice(seed, ix + 1, iy);
    float c = lattice(seed, ix, iy + 1), d = lattice(seed, ix + 1, iy + 1);
    float top = a + (b - a) * tx, low = c + (d - c) * tx;
    return top + (low - top) * ty;
}

float lint_fbm(uint32_t seed, float x, float y, int octaves) {
    float sum = 0, height = 1, total = 0;
    for (int i = 0; i < octaves; i++) {
        sum += height * lint_noise(seed + (uint32_t)i * 0x51ed270bu, x, y);
        total += height;
        height *= 0.5f;
        x = x * 2 + 17.3f;
        y = y * 2 + 5.9f;
    }
    return sum / total;
}

static int clamp_index(int i, int n) {
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* A box pass along the rows of in [h,w]. */
static void box_rows(const float *in, float *out, int w, int h, int radius) {
    float scale = 1.0f / (float)(2 * radius + 1);
    for (int y = 0; y < h; y++, in += w, out += w) {
        float sum = 0;
        for (int i = -radius; i <= radius; i++)
            sum += in[clamp_index(i, w)];
        for (int i = 0; i < w; i++) {
            out[i] = sum * scale;
            sum += in[clamp_index(i + radius + 1, w)] - in[clamp_index(i - radius, w)];
        }
    }
}

/* A box pass down the columns, COLUMNS of them side by side. */
static void box_columns(const float *in, float *out, int w, int h, int radius) {
    enum { COLUMNS = 64 };
    float scale = 1.0f / (float)(2 * radius + 1), sum[COLUMNS];
    for (int x = 0; x < w; x += COLUMNS) {
        int n = w - x < COLUMNS ? w - x : COLUMNS;
        for (int i = 0; i < n; i++)
            sum[i] = 0;
        for (int r = -radius; r <= radius; r++)
            for (int i = 0; i < n; i++)
                sum[i] += in[(size_t)clamp_index(r, h) * (size_t)w + (size_t)(x + i)];
        for (int y = 0; y < h; y++) {
            const float *add = in + (size_t)clamp_index(y + radius + 1, h) * (size_t)w + x;
            const float *drop = in + (size_t)clamp_index(y - radius, h) * (size_t)w + x;
            float *o = out + (size_t)y * (size_t)w + x;
            for (int i = 0; i < n; i++) {
                o[i] = sum[i] * scale;
                sum[i] += add[i] - drop[i];
            }
        }
    }
}

void lint_paint_blur(float *x, float *tmp, int w, int h, int radius) {
    if (radius < 1) return;
    for (int pass = 0; pass < 3; pass++) {
        box_rows(x, tmp, w, h, radius);
        box_columns(tmp, x, w, h, radius);
    }
}

/* --- tubes ------------------------------------------------------------------------------------ */

static float catmull(float a, float b, float c, float d, float t) {
    return 0.5f * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t +
                   (3 * b - a - 3 * c + d) * t * t * t);
}

void lint_tube_make(lint_tube *t, const lint_knot *k, int knots) {
    for (int i = 0; i < LINT_TUBE_POINTS; i++) {
        float at = (float)i * (float)(knots - 1) / (LINT_TUBE_POINTS - 1);
        int s = (int)at;
        if (s > knots - 2) s = knots - 2;
        const lint_knot *b = &k[s], *c = &k[s + 1];
        const lint_knot *a = s > 0 ? &k[s - 1] : b, *d = s + 2 < knots ? &k[s + 2] : c;
        float f = at - (float)s;
        t->p[i].x = catmull(a->x, b->x, c->x, d->x, f);
        t->p[i].y = catmull(a->y, b->y, c->y, d->y, f);
        t->p[i].r = fmaxf(catmull(a->r, b->r, c->r, d->r, f), 1e-4f);
    }
    for (int i = 0; i < LINT_TUBE_POINTS; i++) {
        const lint_knot *a = &t->p[i > 0 ? i - 1 : 0];
        const lint_knot *b = &t->p[i + 1 < LINT_TUBE_POINTS ? i + 1 : i];
        float dx = b->x - a->x, dy = b->y - a->y, len = sqrtf(dx * dx + dy * dy);
        if (len < 1e-9f) len = 1e-9f;
        t->nx[i] = -dy / len;
        t->ny[i] = dx / len;
    }
}

/* Place u as an index and a fraction. */
static int tube_index(float u, float *f) {
    float at = lint_clamp01(u) * (LINT_TUBE_POINTS - 1);
    int i = (int)at;
    if (i > LINT_TUBE_POINTS - 2) i = LINT_TUBE_POINTS - 2;
    *f = at - (float)i;
    return i;
}

float lint_tube_radius(const lint_tube *t, float u) {
    float f;
    int i = tube_index(u, &f);
    return t->p[i].r + (t->p[i + 1].r - t->p[i].r) * f;
}

void lint_tube_off(const lint_tube *t, float u, float d, float *x, float *y) {
    float f;
    int i = tube_index(u, &f);
    float nx = t->nx[i] + (t->nx[i + 1] - t->nx[i]) * f;
    float ny = t->ny[i] + (t->ny[i + 1] - t->ny[i]) * f;
    *x = t->p[i].x + (t->p[i + 1].x - t->p[i].x) * f + nx * d;
    *y = t->p[i].y + (t->p[i + 1].y - t->p[i].y) * f + ny * d;
}

void lint_tube_at(const lint_tube *t, float u, float v, float *x, float *y) {
    lint_tube_off(t, u, v * lint_tube_radius(t, u), x, y);
}

void lint_tube_path(const lint_tube *t, cairo_t *cr) {
    const int n = LINT_TUBE_POINTS;
    float head = atan2f(t->ny[0], t->nx[0]), tail = atan2f(t->ny[n - 1], t->nx[n - 1]);
    cairo_new_sub_path(cr);
    cairo_arc(cr, t->p[0].x, t->p[0].y, t->p[0].r, head, head + pi);
    for (int i = 0; i < n; i++)
        cairo_line_to(cr, t->p[i].x - t->nx[i] * t->p[i].r, t->p[i].y - t->ny[i] * t->p[i].r);
    cairo_arc(cr, t->p[n - 1].x, t->p[n - 1].y, t->p[n - 1].r, tail + pi, tail + 2 * pi);
    for (int i = n - 1; i >= 0; i--)
        cairo_line_to(cr, t->p[i].x + t->nx[i] * t->p[i].r, t->p[i].y + t->ny[i] * t->p[i].r);
    cairo_close_path(cr);
}

void lint_tube_extend(const lint_tube *t, lint_box *b) {
    for (int i = 0; i < LINT_TUBE_POINTS; i++) {
        const lint_knot *p = &t->p[i];
        b->x0 = fminf(b->x0, p->x - p->r);
        b->y0 = fminf(b->y0, p->y - p->r);
        b->x1 = fmaxf(b->x1, p->x + p->r);
        b->y1 = fmaxf(b->y1, p->y + p->r);
    }
}

void lint_tube_centre(const lint_tube *t, float cut, float *x, float *y) {
    float sx = 0, sy = 0, all = 0;
    for (int i = 0; i + 1 < LINT_TUBE_POINTS; i++) {
        const lint_knot *p = &t->p[i], *q = p + 1;
        float area = (p->r + q->r) * hypotf(q->x - p->x, q->y - p->y);
        if (p->y >= cut) continue;
        sx += area * (p->x + q->x) / 2;
        sy += area * (p->y + q->y) / 2;
        all += area;
    }
    if (all > 0) {
        *x = sx / all;
        *y = sy / all;
    }
}

/* --- layers ----------------------------------------------------------------------------------- */

/* An object may fill this much of the shorter side in its longer one. */
static const float longest = 0.9f;

/* Where the centre must go, along one axis, for [lo, hi] around it to lie within [0, side]. */
static float inside(float at, float lo, float hi, float side) {
    if (hi - lo > side) return (side - lo - hi) / 2;
    return fminf(fmaxf(at, -lo), side - hi);
}

void lint_easel_frame(lint_easel *e, lint_box box, float x, float y, lint_spot at, float turn,
                      int flip) {
    float bw = box.x1 - box.x0, bh = box.y1 - box.y0, longer = bw > bh ? bw : bh;
    float scale = fminf(at.size / sqrtf(bw * bh), longest / longer) * e->side;
    float left = (flip ? x - box.x1 : box.x0 - x) * scale, top = (box.y0 - y) * scale;
    float px = inside(at.x * (float)e->w, left, left + bw * scale, (float)e->w);
    float py = inside(at.y * (float)e->h, top, top + bh * scale, (float)e->h);
    cairo_matrix_init_translate(&e->frame, px, py);
    cairo_matrix_scale(&e->frame, flip ? -scale : scale, scale);
    cairo_matrix_rotate(&e->frame, turn);
    cairo_matrix_translate(&e->frame, -x, -y);
}

void lint_layer_begin(lint_easel *e) {
    note_memory(e);
    cairo_t *cr = e->cr;
    cairo_reset_clip(cr);
    cairo_identity_matrix(cr);
    cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
    cairo_paint(cr);
    cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
    cairo_set_matrix(cr, &e->frame);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_new_path(cr);
}

/* Part of the picture, in pixels; x1 and y1 are past its end. */
typedef struct window {
    int x0, y0, x1, y1;
} window;

static uint32_t layer_pixel(const lint_easel *e, int x, int y) {
    uint32_t p;
    memcpy(&p, e->px + (size_t)y * e->stride + (size_t)x * 4, 4);
    return p;
}

/* What the layer's paint covers, with `margin` around; empty if nothing is painted. */
static window painted(const lint_easel *e, int margin) {
    window v = {e->w, e->h, 0, 0};
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++)
            if (layer_pixel(e, x, y) >> 24) {
                if (x < v.x0) v.x0 = x;
                if (x >= v.x1) v.x1 = x + 1;
                if (y < v.y0) v.y0 = y;
                v.y1 = y + 1;
            }
    if (v.x1 <= v.x0) return (window){0, 0, 0, 0};
    v.x0 = v.x0 > margin ? v.x0 - margin : 0;
    v.y0 = v.y0 > margin ? v.y0 - margin : 0;
    v.x1 = v.x1 + margin < e->w ? v.x1 + margin : e->w;
    v.y1 = v.y1 + margin < e->h ? v.y1 + margin : e->h;
    return v;
}

/* Light on a rounded body at one pixel: -1 turned away from the sun, 1 toward it. The blurred
 * coverage soft [h,w] rises from the edge inward, so its slope points as the skin's normal does. */
static float slope(const lint_easel *e, const float *soft, int w, int h, int x, int y, int radius) {
    const float *row = soft + (size_t)y * (size_t)w;
    float gx = (row[clamp_index(x + 1, w)] - row[clamp_index(x - 1, w)]) / 2;
    float gy = (soft[(size_t)clamp_index(y + 1, h) * (size_t)w + (size_t)x] -
                soft[(size_t)clamp_index(y - 1, h) * (size_t)w + (size_t)x]) /
               2;
    float t = -(gx * e->sun_x + gy * e->sun_y) * 3 * (float)radius;
    return t < -1 ? -1 : t > 1 ? 1 : t;
}

/* Lays one pixel of the layer over the object, t being how it faces the sun. */
static void lay_pixel(lint_easel *e, const lint_relief *rel, int x, int y, float t) {
    uint32_t p = layer_pixel(e, x, y);
    float alpha = (float)(p >> 24) / 255.0f, light = rel->shade * (1 + rel->depth * t);
    if (rel->grain > 0) {
        float fx = 173 * (float)x / e->side, fy = 173 * (float)y / e->side;
        light *= 1 + rel->grain * (lint_fbm(e->noise, fx, fy, 2) - 0.5f);
    }
    float shine = t > 0 ? rel->gloss * t * t * alpha : 0;
    float *o = e->object + ((size_t)y * (size_t)e->w + (size_t)x) * 4;
    for (int c = 0; c < 3; c++) {
        float v = (float)(p >> (16 - 8 * c) & 255) / 255.0f * light + shine;
        o[c] = o[c] * (1 - alpha) + (v < alpha ? v : alpha);
    }
    o[3] = o[3] * (1 - alpha) + alpha;
}

void lint_layer_end(lint_easel *e, const lint_relief *rel) {
    note_memory(e);
    double sx = e->frame.xx, sy = e->frame.yx;
    int radius = (int)(rel->radius * (float)sqrt(sx * sx + sy * sy) + 0.5f);
    if (radius < 1) radius = 1;
    cairo_surface_flush(e->surface);
    window v = painted(e, 3 * radius);
    int w = v.x1 - v.x0, h = v.y1 - v.y0;
    if (w < 1) return;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            e->a[(size_t)y * (size_t)w + (size_t)x] =
                (float)(layer_pixel(e, v.x0 + x, v.y0 + y) >> 24) / 255.0f;
    lint_paint_blur(e->a, e->b, w, h, radius);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if (layer_pixel(e, v.x0 + x, v.y0 + y) >> 24)
                lay_pixel(e, rel, v.x0 + x, v.y0 + y, slope(e, e->a, w, h, x, y, radius));
}

void lint_layer_flat(lint_easel *e, float *onto) {
    cairo_surface_flush(e->surface);
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            uint32_t p = layer_pixel(e, x, y);
            float alpha = (float)(p >> 24) / 255.0f;
            if (alpha == 0) continue;
            float *o = onto + ((size_t)y * (size_t)e->w + (size_t)x) * 4;
            for (int c = 0; c < 3; c++)
                o[c] = o[c] * (1 - alpha) + (float)(p >> (16 - 8 * c) & 255) / 255.0f;
            o[3] = o[3] * (1 - alpha) + alpha;
        }
}

void lint_cairo_rgb(cairo_t *cr, lint_rgb c, float alpha) {
    cairo_set_source_rgba(cr, c.r, c.g, c.b, alpha);
}

void lint_cairo_ellipse(cairo_t *cr, float x, float y, float rx, float ry, float turn) {
    cairo_matrix_t m;
    cairo_get_matrix(cr, &m);
    cairo_translate(cr, x, y);
    cairo_rotate(cr, turn);
    cairo_scale(cr, rx, ry);
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0, 0, 1, 0, 2 * pi);
    cairo_close_path(cr);
    cairo_set_matrix(cr, &m);
}
