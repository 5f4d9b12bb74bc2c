/* synth_paint: painting tools for the drawn pictures of lint-synth.
 *
 * An easel is the working memory for one picture: separate layers for the ground, the object and
 * the foreground, a cairo surface for paths, and the random numbers of the picture. A worker uses
 * one easel for all its pictures. Lengths in scenes are fractions of the picture's shorter side, so
 * the same picture can be painted in any size.
 *
 * Bodies are made of tubes: a curved centre line with a radius at each point, seen from the side. A
 * point on a tube is (u, v): u from 0 (head) to 1 (tail), v from -1 (one edge) to 1 (the other
 * edge). Spots and patches are given in (u, v) and so bend with the body. A layer is a path that
 * cairo fills and paints. It then gets relief (light on a rounded body, estimated from the blurred
 * coverage) and is laid over the object.
 *
 *     lint_easel *e = lint_easel_new(192, 192, &err);
 *     lint_easel_begin(e, rng);
 *     lint_layer_begin(e);
 *     ... cairo on e->cr, in the coordinates set with lint_easel_frame ...
 *     lint_layer_end(e, &(lint_relief){...});
 *     lint_easel_free(e);
 */
#ifndef LINT_SYNTH_SYNTH_PAINT_H
#define LINT_SYNTH_SYNTH_PAINT_H

#include "base/err.h"
#include "base/rng.h"
#include <cairo.h>
#include <stdint.h>

typedef struct lint_rgb {
    float r, g, b;
} lint_rgb;

typedef struct lint_easel {
    int w, h;
    float side;    /* the shorter of w and h, in pixels */
    float *ground; /* [h,w,3], 0..1 */
    float *object; /* [h,w,4], colour times coverage, then coverage */
    float *front;  /* [h,w,4] foreground, in the format of object */
    float *a, *b;  /* [h,w] scratch */
    cairo_surface_t *surface;
    const unsigned char *px; /* [h,stride] pixels of surface: ARGB, colours times alpha */
    size_t stride;           /* bytes */
    cairo_t *cr;
    lint_rng rng;
    uint32_t noise;       /* seed of this picture's noise */
    float sun_x, sun_y;   /* unit vector toward the light, y down */
    cairo_matrix_t frame; /* object coordinates to pixels */
    int no_memory;        /* an allocation failed while this picture was painted */
} lint_easel;

/* NULL on error. */
lint_easel *lint_easel_new(int w, int h, lint_err *e);
void lint_easel_free(lint_easel *e);

/* Clears the easel for a new picture, whose random numbers come from rng. */
void lint_easel_begin(lint_easel *e, lint_rng rng);

/* Fails if cairo ran out of memory. */
int lint_easel_check(lint_easel *e, lint_err *err);

/* A uniform random number in [lo, hi), from the picture's random numbers. */
float lint_easel_range(lint_easel *e, float lo, float hi);
int lint_easel_chance(lint_easel *e, float p);

/* --- noise ------------------------------------------------------------------------------------ */

/* A number in [0, 1) for each pixel, independent of its neighbours. */
float lint_grain(uint32_t seed, int x, int y);
/* The same, interpolated smoothly; and the sum of `octaves` of it, each with twice the frequency
 * and half the amplitude, again in [0, 1]. */
float lint_noise(uint32_t seed, float x, float y);
float lint_fbm(uint32_t seed, float x, float y, int octaves);

static inline lint_rgb lint_rgb_mix(lint_rgb a, lint_rgb b, float t) {
    return (lint_rgb){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

static inline float lint_clamp01(float x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* 0 below lo, 1 above hi, smooth between them; the reverse if hi < lo. */
static inline float lint_smooth(float lo, float hi, float x) {
    float t = lint_clamp01((x - lo) / (hi - lo));
    return t * t * (3 - 2 * t);
}

/* Three box passes of the given radius, close to a Gaussian of sigma = radius; in place on x [h,w]
 * with tmp [h,w]. Outside, the values at the edge continue. */
void lint_paint_blur(float *x, float *tmp, int w, int h, int radius);

/* --- tubes ------------------------------------------------------------------------------------ */

enum { LINT_TUBE_POINTS = 64, LINT_TUBE_KNOTS = 12 };

typedef struct lint_knot {
    float x, y, r;
} lint_knot;

typedef struct lint_tube {
    lint_knot p[LINT_TUBE_POINTS];                    /* along the centre line */
    float nx[LINT_TUBE_POINTS], ny[LINT_TUBE_POINTS]; /* unit normal, toward v = 1 */
} lint_tube;

typedef struct lint_box {
    float x0, y0, x1, y1;
} lint_box;

/* A Catmull-Rom curve through 2..LINT_TUBE_KNOTS knots; the radius is interpolated likewise. */
void lint_tube_make(lint_tube *t, const lint_knot *knot, int knots);
/* The point (u, v); |v| may exceed 1. */
void lint_tube_at(const lint_tube *t, float u, float v, float *x, float *y);
/* The point at distance d from the centre line at u, along the normal. */
void lint_tube_off(const lint_tube *t, float u, float d, float *x, float *y);
float lint_tube_radius(const lint_tube *t, float u);
/* Adds the outline, with round ends, to cairo's path. */
void lint_tube_path(const lint_tube *t, cairo_t *cr);
/* Extends box to contain the tube. */
void lint_tube_extend(const lint_tube *t, lint_box *box);

/* --- layers ----------------------------------------------------------------------------------- */

/* Position and size of an object: the centre of its body as fractions of width and height, and the
 * side of a square with the area of its bounding box, as a fraction of the picture's shorter side.
 * Long objects are reduced if they would not fit. */
typedef struct lint_spot {
    float x, y, size;
} lint_spot;

/* The centre of the tube's area above `cut`, if any is left; y grows downward. */
void lint_tube_centre(const lint_tube *t, float cut, float *x, float *y);

/* Sets object coordinates so that (x, y), the centre of the object's body, is at `at`, rotated by
 * `turn` radians and mirrored left to right if flip. Then moves the object by the smallest distance
 * that brings all of box into the picture. */
void lint_easel_frame(lint_easel *e, lint_box box, float x, float y, lint_spot at, float turn,
                      int flip);

typedef struct lint_relief {
    float radius; /* of the roundness, in object coordinates */
    float depth;  /* 0 flat, 0.5 strong */
    float shade;  /* brightness of the whole layer; 1 as painted, less for far legs */
    float gloss;  /* strength of the highlight on wet skin */
    float grain;  /* strength of the fine noise of fur */
} lint_relief;

/* lint_layer_begin clears e->cr and gives it object coordinates, without clipping. lint_layer_end
 * adds relief and lays the layer over the object. */
void lint_layer_begin(lint_easel *e);
void lint_layer_end(lint_easel *e, const lint_relief *relief);
/* Lays the layer over `onto` [h,w,4] without relief. */
void lint_layer_flat(lint_easel *e, float *onto);

void lint_cairo_rgb(cairo_t *cr, lint_rgb c, float alpha);
/* Adds an ellipse, rotated by `turn` radians, to the path. */
void lint_cairo_ellipse(cairo_t *cr, float x, float y, float rx, float ry, float turn);

#endif
