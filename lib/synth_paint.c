#include "synth_paint.h"
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

void lint_easel_begin(lint_easel *e, lint_rng rng) {
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

int lint_easel_check(const lint_easel *e, lint_err *err) {
    cairo_status_t s = cairo_status(e->cr);
    if (s != CAIRO_STATUS_SUCCESS) return lint_fail(err, "cairo: %s", cairo_status_to_string(s));
    return 0;
}

float lint_easel_range(lint_easel *e, float lo, float hi) {
    return (float)lint_rng_range(&e->rng, lo, hi);
}

int lint_easel_chance(lint_easel *e, float p) {
    return lint_rng_unit(&e->rng) < (double)p;
}

/* --- noise ------------------------------------------------------------------------------- */

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

float lint_noise(uint32_t seed, float x, float y) {
    float fx = floorf(x), fy = floorf(y);
    int32_t ix = (int32_t)fx, iy = (int32_t)fy;
    float tx = x - fx, ty = y - fy;
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

lint_rgb lint_rgb_mix(lint_rgb a, lint_rgb b, float t) {
    return (lint_rgb){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

float lint_clamp01(float x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

float lint_smooth(float lo, float hi, float x) {
    float t = lint_clamp01((x - lo) / (hi - lo));
    return t * t * (3 - 2 * t);
}

/* One box pass along n values that lie `step` apart. */
static void box(const float *in, float *out, int n, size_t step, int radius) {
    float scale = 1.0f / (float)(2 * radius + 1), sum = 0;
    for (int i = -radius; i <= radius; i++)
        sum += in[(size_t)(i < 0 ? 0 : i >= n ? n - 1 : i) * step];
    for (int i = 0; i < n; i++) {
        out[(size_t)i * step] = sum * scale;
        int add = i + radius + 1, drop = i - radius;
        sum +=
            in[(size_t)(add >= n ? n - 1 : add) * step] - in[(size_t)(drop < 0 ? 0 : drop) * step];
    }
}

void lint_blur(float *x, float *tmp, int w, int h, int radius) {
    if (radius < 1) return;
    for (int pass = 0; pass < 3; pass++) {
        for (int y = 0; y < h; y++)
            box(x + (size_t)y * (size_t)w, tmp + (size_t)y * (size_t)w, w, 1, radius);
        for (int i = 0; i < w; i++)
            box(tmp + i, x + i, h, (size_t)w, radius);
    }
}

/* --- tubes ------------------------------------------------------------------------------- */

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

/* --- layers ------------------------------------------------------------------------------ */

/* An object may fill this much of the shorter side in its longer one. */
static const float longest = 0.9f;

void lint_easel_frame(lint_easel *e, lint_box box, lint_spot at, float turn, int flip) {
    float bw = box.x1 - box.x0, bh = box.y1 - box.y0, longer = bw > bh ? bw : bh;
    float scale = fminf(at.size / sqrtf(bw * bh), longest / longer) * e->side;
    cairo_matrix_init_translate(&e->frame, at.x * (float)e->w, at.y * (float)e->h);
    cairo_matrix_scale(&e->frame, flip ? -scale : scale, scale);
    cairo_matrix_rotate(&e->frame, turn);
    cairo_matrix_translate(&e->frame, -(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2);
}

void lint_layer_begin(lint_easel *e) {
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

/* Light on a rounded body at one pixel: -1 turned away from the sun, 1 toward it. The blurred
 * coverage rises from the edge inward, so its slope points as the skin's normal does. */
static float slope(const lint_easel *e, const float *soft, int x, int y, int radius) {
    size_t w = (size_t)e->w;
    const float *row = soft + (size_t)y * w;
    int l = x > 0 ? x - 1 : x, r = x + 1 < e->w ? x + 1 : x;
    int u = y > 0 ? y - 1 : y, d = y + 1 < e->h ? y + 1 : y;
    float gx = (row[r] - row[l]) / 2;
    float gy = (soft[(size_t)d * w + (size_t)x] - soft[(size_t)u * w + (size_t)x]) / 2;
    float t = -(gx * e->sun_x + gy * e->sun_y) * 3 * (float)radius;
    return t < -1 ? -1 : t > 1 ? 1 : t;
}

void lint_layer_end(lint_easel *e, const lint_relief *rel) {
    cairo_surface_flush(e->surface);
    const unsigned char *px = cairo_image_surface_get_data(e->surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(e->surface), w = (size_t)e->w;
    double sx = e->frame.xx, sy = e->frame.yx;
    int radius = (int)(rel->radius * (float)sqrt(sx * sx + sy * sy) + 0.5f);
    if (radius < 1) radius = 1;
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            uint32_t p;
            memcpy(&p, px + (size_t)y * stride + (size_t)x * 4, 4);
            e->a[(size_t)y * w + (size_t)x] = (float)(p >> 24) / 255.0f;
        }
    lint_blur(e->a, e->b, e->w, e->h, radius);
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            uint32_t p;
            memcpy(&p, px + (size_t)y * stride + (size_t)x * 4, 4);
            float alpha = (float)(p >> 24) / 255.0f;
            if (alpha == 0) continue;
            float t = slope(e, e->a, x, y, radius);
            float light = rel->shade * (1 + rel->depth * t);
            if (rel->grain > 0) {
                float fx = 192 * (float)x / e->side, fy = 192 * (float)y / e->side;
                light *= 1 + rel->grain * (lint_fbm(e->noise, fx * 0.9f, fy * 0.9f, 2) - 0.5f);
            }
            float shine = t > 0 ? rel->gloss * t * t * alpha : 0;
            float *o = e->object + ((size_t)y * w + (size_t)x) * 4;
            for (int c = 0; c < 3; c++) {
                float v = (float)(p >> (16 - 8 * c) & 255) / 255.0f * light + shine;
                o[c] = o[c] * (1 - alpha) + fminf(v, alpha);
            }
            o[3] = o[3] * (1 - alpha) + alpha;
        }
}

void lint_layer_flat(lint_easel *e, float *onto) {
    cairo_surface_flush(e->surface);
    const unsigned char *px = cairo_image_surface_get_data(e->surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(e->surface), w = (size_t)e->w;
    for (size_t y = 0; y < (size_t)e->h; y++)
        for (size_t x = 0; x < w; x++) {
            uint32_t p;
            memcpy(&p, px + y * stride + x * 4, 4);
            float alpha = (float)(p >> 24) / 255.0f;
            if (alpha == 0) continue;
            float *o = onto + (y * w + x) * 4;
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
