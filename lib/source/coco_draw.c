/* Masks of outlines and boxes, and the box of each object. Declared in coco.h. */
#include "picture/image.h"
#include "source/coco_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- run-length codes ------------------------------------------------------------------------- */

/* Runs go down the columns: outside, inside, outside... */
static void fill_runs(uint8_t *columns, const outline *o) {
    size_t at = 0;
    for (size_t i = 0; i < o->n; i++) {
        size_t run = (size_t)o->v[i];
        if (i % 2) memset(columns + at, 255, run);
        at += run;
    }
}

/* Adds what is drawn column by column to a mask of rows, some columns at a time for the cache. */
static void add_columns(uint8_t *mask, int w, int h, const uint8_t *columns) {
    enum { SOME = 64 };
    size_t width = (size_t)w, height = (size_t)h;
    for (size_t x0 = 0; x0 < width; x0 += SOME)
        for (size_t y = 0; y < height; y++)
            for (size_t x = x0; x < width && x < x0 + SOME; x++)
                mask[y * width + x] |= columns[x * height + y];
}

/* --- masks ------------------------------------------------------------------------------------ */

/* The first outline of an entry, or of those behind it. */
static size_t first_outline(const lint_coco *c, size_t image) {
    size_t at = 0, end = c->outlines;
    while (at < end) {
        size_t middle = at + (end - at) / 2;
        if (c->outline[middle].image < image)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

static int draw_polygons(const outline *o, size_t n, int w, int h, uint8_t *mask, lint_err *e) {
    for (size_t i = 0; i < n; i++)
        if (o[i].kind == POLYGON && lint_polygon_fill(mask, w, h, o[i].v, o[i].n / 2, e) < 0)
            return -1;
    return 0;
}

/* kx, ky: pixels of a unit of the boxes. */
static void draw_boxes(const outline *o, size_t n, lint_box_shape shape, double kx, double ky,
                       int w, int h, uint8_t *mask) {
    for (size_t i = 0; i < n; i++) {
        const double *v = o[i].v;
        if (o[i].kind == BOX)
            lint_box_fill(mask, w, h, (double[]){v[0] * kx, v[1] * ky, v[2] * kx, v[3] * ky},
                          shape);
    }
}

static int draw_runs(const outline *o, size_t n, int w, int h, uint8_t *mask, lint_err *e) {
    size_t first = 0;
    while (first < n && o[first].kind != RUNS)
        first++;
    if (first == n) return 0;
    uint8_t *columns = calloc((size_t)w * (size_t)h, 1);
    if (!columns) return lint_fail_mem(e, "an outline");
    for (size_t i = first; i < n; i++)
        if (o[i].kind == RUNS) fill_runs(columns, &o[i]);
    add_columns(mask, w, h, columns);
    free(columns);
    return 0;
}

/* n: its outlines. */
static int check_entry(const entry *i, size_t n, lint_err *e) {
    if (i->failure) return lint_fail(e, "the detector says of it: %s", i->failure);
    return !n && i->skipped ? lint_fail(e, "its annotations have " LINT_COCO_NOTHING) : 0;
}

void lint_coco_size(const lint_coco *c, long image, int *w, int *h) {
    const entry *i = &c->image[image];
    *w = i->shares ? 0 : i->w;
    *h = i->shares ? 0 : i->h;
}

int lint_coco_draw(const lint_coco *c, long image, lint_box_shape shape, int w, int h,
                   uint8_t *mask, lint_err *e) {
    const entry *i = &c->image[image];
    if (!i->shares && (i->w != w || i->h != h)) return lint_fail_size(i->w, i->h, w, h, e);
    size_t first = first_outline(c, (size_t)image), n = first_outline(c, (size_t)image + 1) - first;
    if (check_entry(i, n, e) < 0) return -1;
    memset(mask, 0, (size_t)w * (size_t)h);
    if (!n) return 0;
    const outline *o = c->outline + first;
    draw_boxes(o, n, shape, i->shares ? w : 1, i->shares ? h : 1, w, h, mask);
    return draw_polygons(o, n, w, h, mask, e) < 0 ? -1 : draw_runs(o, n, w, h, mask, e);
}

/* --- objects ---------------------------------------------------------------------------------- */

static void widen(double edge[4], double x, double y) {
    edge[0] = fmin(edge[0], x);
    edge[1] = fmin(edge[1], y);
    edge[2] = fmax(edge[2], x);
    edge[3] = fmax(edge[3], y);
}

/* Widens the edges by all that an outline reaches; h is the picture's height. */
static void widen_by(double edge[4], const outline *o, int h) {
    double at = 0;
    for (size_t i = 0; o->kind == POLYGON && i + 1 < o->n; i += 2)
        widen(edge, o->v[i], o->v[i + 1]);
    for (size_t i = 0; o->kind == RUNS && i < o->n; at += o->v[i++]) {
        if (i % 2 == 0 || o->v[i] == 0) continue;
        double x = floor(at / h), y = at - x * h, last = at + o->v[i] - 1;
        double end = floor(last / h);
        int whole = end > x; /* reaches into the next column, so over all rows */
        widen(edge, x, whole ? 0 : y);
        widen(edge, end + 1, whole ? h : last - end * h + 1);
    }
    if (o->kind == BOX) {
        widen(edge, o->v[0], o->v[1]);
        widen(edge, o->v[0] + o->v[2], o->v[1] + o->v[3]);
    }
}

int lint_coco_objects(const lint_coco *c, long image, lint_objects *to, lint_err *e) {
    const entry *i = &c->image[image];
    size_t at = first_outline(c, (size_t)image), end = first_outline(c, (size_t)image + 1);
    to->shares = i->shares;
    lint_coco_size(c, image, &to->w, &to->h);
    if (check_entry(i, end - at, e) < 0) return -1;
    while (at < end) {
        double edge[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
        size_t object = c->outline[at].object;
        int32_t name = c->outline[at].category;
        for (; at < end && c->outline[at].object == object; at++)
            widen_by(edge, &c->outline[at], i->h);
        const double box[4] = {edge[0], edge[1], edge[2] - edge[0], edge[3] - edge[1]};
        if (!(box[2] > 0 && box[3] > 0)) continue; /* nothing: a code without runs */
        if (lint_objects_add(to, box, name < 0 ? NULL : c->categories.v[name], e) < 0) return -1;
    }
    return 0;
}
