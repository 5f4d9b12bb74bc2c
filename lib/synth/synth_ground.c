#include "synth/synth_ground.h"
#include <math.h>

static const float pi = 3.14159265f;

/* --- colours ---------------------------------------------------------------------------------- */

/* A colour near c: brightness by up to `light`, each channel by up to `hue`. */
static lint_rgb near(lint_easel *e, lint_rgb c, float light, float hue) {
    float k = 1 + lint_easel_range(e, -light, light);
    c.r = lint_clamp01(c.r * k + lint_easel_range(e, -hue, hue));
    c.g = lint_clamp01(c.g * k + lint_easel_range(e, -hue, hue));
    c.b = lint_clamp01(c.b * k + lint_easel_range(e, -hue, hue));
    return c;
}

static lint_rgb scaled(lint_rgb c, float k) {
    return (lint_rgb){c.r * k, c.g * k, c.b * k};
}

/* --- painters: the colour at (x, y), fractions of the shorter side and of the height ---------- */

typedef lint_rgb shade_fn(const lint_scene *s, float x, float y);

static void shade(lint_easel *e, const lint_scene *s, shade_fn *fn) {
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            lint_rgb c = fn(s, ((float)x + .5f) / e->side, ((float)y + .5f) / (float)e->h);
            float *o = e->ground + ((size_t)y * (size_t)e->w + (size_t)x) * 3;
            o[0] = c.r;
            o[1] = c.g;
            o[2] = c.b;
        }
}

/* Clouds in a sky from c[2] (top) to c[3] (low); p[2] how much of it they cover. */
static lint_rgb sky(const lint_scene *s, float x, float y, float low) {
    lint_rgb c = lint_rgb_mix(s->c[2], s->c[3], lint_smooth(0, low, y));
    float n = lint_fbm(s->seed[2], x * 2.6f, y * 5.2f, 5);
    float edge = 0.62f - 0.3f * s->p[2];
    float cloud = lint_smooth(edge, edge + .16f, n);
    float lit = lint_fbm(s->seed[2] + 7, x * 2.6f + .12f, y * 5.2f + .2f, 4);
    lint_rgb white = lint_rgb_mix((lint_rgb){.99f, .99f, .98f}, (lint_rgb){.78f, .81f, .86f},
                                  lint_smooth(.35f, .75f, lit));
    return lint_rgb_mix(c, white, cloud * .92f);
}

static lint_rgb shade_sky(const lint_scene *s, float x, float y) {
    return sky(s, x, y, 1.1f);
}

/* Water in perspective: c[0] deep, c[1] light; foam where p[0] says; sky above the horizon. */
static lint_rgb water(const lint_scene *s, float x, float y, float foam) {
    float d = (y - s->horizon) / (1 - s->horizon);
    if (d < 0) return sky(s, x, y, fmaxf(s->horizon, .05f));
    float z = 1 / (d + .12f), lateral = (x - .5f) * z;
    float calm = lint_smooth(0, .3f, d); /* far waves melt together */
    float warp = lint_fbm(s->seed[1], lateral * 2, z * 3, 3) - .5f;
    float n = lint_fbm(s->seed[0], lateral * s->p[1] + warp, z * s->p[1] * 2.4f + warp * 2, 5);
    float t = .5f + (n - .5f) * (0.4f + 1.9f * calm);
    lint_rgb c = lint_rgb_mix(s->c[0], s->c[1], lint_clamp01(t * .75f + (1 - d) * .35f));
    float glint = lint_smooth(.66f, .78f, n) * calm;
    c = lint_rgb_mix(c, (lint_rgb){.92f, .96f, .98f}, glint * .55f);
    if (foam > 0) {
        float band = .5f + .5f * sinf(2 * pi * (z * s->p[3] + warp * 1.6f));
        float fine = lint_fbm(s->seed[3], lateral * 14, z * 22, 4);
        float w = lint_smooth(.62f, .95f, band * .62f + fine * .55f) * foam;
        c = lint_rgb_mix(c, scaled((lint_rgb){1, 1, 1}, .84f + .16f * fine), w);
    }
    return c;
}

static lint_rgb shade_sea(const lint_scene *s, float x, float y) {
    return water(s, x, y, 0);
}

static lint_rgb shade_surf(const lint_scene *s, float x, float y) {
    return water(s, x, y, 1);
}

/* A meadow seen toward its far end: c[0] dark, c[1] light, c[4] dry. */
static lint_rgb meadow(const lint_scene *s, float x, float y, float from) {
    float d = (y - from) / (1 - from);
    float fan = (x - .5f) / (d * .7f + .3f);
    float blade = lint_fbm(s->seed[0], fan * 42, d * 7 + lint_noise(s->seed[1], fan * 9, d * 3), 3);
    float patch = lint_fbm(s->seed[1], fan * 3, d * 4, 4);
    float t = lint_clamp01(.5f + (blade - .5f) * 1.7f + (patch - .5f) * .7f);
    lint_rgb c = lint_rgb_mix(s->c[0], s->c[1], t);
    return lint_rgb_mix(c, s->c[4], lint_smooth(.5f, .8f, patch) * s->p[1]);
}

static lint_rgb shade_grass(const lint_scene *s, float x, float y) {
    float line = s->horizon + .02f * (lint_fbm(s->seed[3], x * 8, 0, 3) - .5f);
    if (y > line) return meadow(s, x, y, s->horizon);
    /* a hedge of bushes closes the meadow */
    float n = lint_fbm(s->seed[3], x * 9, y * 11, 5);
    return lint_rgb_mix(scaled(s->c[0], .45f), s->c[1], lint_smooth(.35f, .8f, n) * .8f);
}

static lint_rgb shade_savanna(const lint_scene *s, float x, float y) {
    float hill = s->horizon - .07f * lint_fbm(s->seed[3], x * 2.2f, 0, 3);
    if (y > s->horizon) return meadow(s, x, y, s->horizon - .02f);
    if (y > hill) {
        float n = lint_fbm(s->seed[3], x * 24, y * 40, 3);
        return lint_rgb_mix(scaled(s->c[0], .8f), s->c[3], .35f + .2f * n);
    }
    return lint_rgb_mix(s->c[2], s->c[3], lint_smooth(0, s->horizon, y));
}

/* Leaves out of focus above, litter and moss below; the trunks come later. */
static lint_rgb shade_forest(const lint_scene *s, float x, float y) {
    float leaf = lint_fbm(s->seed[0], x * 7, y * 7, 5);
    float light = lint_fbm(s->seed[1], x * 4, y * 3, 3);
    lint_rgb c = lint_rgb_mix(scaled(s->c[0], .5f), s->c[1],
                              lint_clamp01((leaf - .32f) * 1.5f) * lint_smooth(.25f, .7f, light));
    c = lint_rgb_mix(c, s->c[2],
                     lint_smooth(.62f, .74f, leaf) * lint_smooth(.45f, .7f, light) * .7f);
    float line = s->horizon + .05f * (lint_fbm(s->seed[3], x * 5, 1, 3) - .5f);
    if (y > line) {
        float litter = lint_fbm(s->seed[3], x * 30, y * 44, 4);
        float moss = lint_fbm(s->seed[2], x * 5, y * 9, 4);
        lint_rgb floor = lint_rgb_mix(scaled(s->c[3], .55f), s->c[3], litter * 1.2f);
        floor = lint_rgb_mix(floor, s->c[1], lint_smooth(.42f, .62f, moss) * .75f);
        floor = scaled(floor, .6f + .6f * lint_smooth(.3f, .7f, light));
        c = lint_rgb_mix(c, floor, lint_smooth(line, line + .05f, y));
    }
    return c;
}

/* Dunes one behind the other, under a sky of dust. */
static lint_rgb shade_yellow(const lint_scene *s, float x, float y) {
    lint_rgb c = lint_rgb_mix(s->c[2], s->c[3], lint_smooth(0, s->horizon, y));
    for (int i = 0; i < 4; i++) {
        float f = (float)i, at = s->horizon + (1 - s->horizon) * f * .24f;
        float amp = .05f + .03f * f;
        float crest = at + amp * (2 * lint_fbm(s->seed[i], x * (2.6f - .4f * f), f, 2) - 1);
        if (y < crest) break;
        float ahead =
            at + amp * (2 * lint_fbm(s->seed[i], (x + .01f) * (2.6f - .4f * f), f, 2) - 1);
        float slope = lint_clamp01(.5f + (ahead - crest) * 26); /* which side is lit */
        float deep = lint_smooth(crest, crest + .28f, y);
        float ripple =
            .5f + .5f * sinf(2 * pi * (y * s->p[1] + 2 * lint_fbm(s->seed[1], x * 3, y * 6, 3)));
        float grain = lint_fbm(s->seed[0], x * 60, y * 60, 2);
        c = lint_rgb_mix(s->c[0], s->c[1], lint_clamp01(slope * .8f + deep * .25f));
        c = scaled(c, .93f + .1f * ripple * (.3f + deep) + .08f * (grain - .5f));
    }
    return c;
}

/* The sun has gone: violet to orange, streaks of cloud, dark land. c[0] land. */
static lint_rgb shade_dusk(const lint_scene *s, float x, float y) {
    float t = y / s->horizon;
    float line = s->horizon - .05f * lint_fbm(s->seed[3], x * 3, 0, 4);
    if (y > line) {
        float n = lint_fbm(s->seed[0], x * 26, y * 34, 4);
        lint_rgb land = lint_rgb_mix(scaled(s->c[0], .6f), lint_rgb_mix(s->c[0], s->c[3], .35f), n);
        return lint_rgb_mix(land, s->c[3], .3f * (1 - lint_smooth(line, line + .15f, y)));
    }
    lint_rgb c = t < .55f ? lint_rgb_mix(s->c[1], s->c[2], lint_smooth(0, .55f, t))
                          : lint_rgb_mix(s->c[2], s->c[3], lint_smooth(.55f, 1, t));
    float streak = lint_fbm(s->seed[1], x * 2, y * 16, 4);
    c = lint_rgb_mix(c, scaled(s->c[1], .75f), lint_smooth(.52f, .7f, streak) * .6f);
    float sun = hypotf(x - s->p[1], y - s->p[2]);
    lint_rgb glow = {1, .9f, .6f};
    c = lint_rgb_mix(c, glow, .55f * expf(-sun * sun / .02f));
    return lint_rgb_mix(c, (lint_rgb){1, .96f, .8f}, 1 - lint_smooth(.035f, .042f, sun));
}

/* --- things drawn on the ground with cairo ---------------------------------------------------- */

/* Lays the finished cairo layer over the ground. */
static void onto_ground(lint_easel *e) {
    size_t n = (size_t)e->w * (size_t)e->h;
    for (size_t i = 0; i < n * 4; i++)
        e->front[i] = 0;
    lint_layer_flat(e, e->front);
    for (size_t i = 0; i < n; i++) {
        float *f = e->front + i * 4;
        for (int c = 0; c < 3; c++)
            e->ground[i * 3 + (size_t)c] = e->ground[i * 3 + (size_t)c] * (1 - f[3]) + f[c];
        f[0] = f[1] = f[2] = f[3] = 0;
    }
}

static void layer_in_picture(lint_easel *e) {
    lint_layer_begin(e);
    cairo_identity_matrix(e->cr);
    cairo_scale(e->cr, e->side, e->h);
}

/* Blades that stand on the line y, give or take `depth`, `tall` high. */
static void blades(lint_easel *e, lint_rgb dark, lint_rgb light, int count, float y, float depth,
                   float tall) {
    float wide = (float)e->w / e->side;
    for (int i = 0; i < count; i++) {
        float x = lint_easel_range(e, -.05f, 1.05f) * wide;
        float root = y + lint_easel_range(e, -.5f, .5f) * depth;
        float h = tall * lint_easel_range(e, .5f, 1.2f);
        float lean = lint_easel_range(e, -.5f, .5f) * h;
        lint_cairo_rgb(e->cr, lint_rgb_mix(dark, light, lint_easel_range(e, 0, 1)), .9f);
        cairo_move_to(e->cr, x, root + .02);
        cairo_curve_to(e->cr, x, root - h * .4, x + lean * .3, root - h * .8, x + lean, root - h);
        cairo_set_line_width(e->cr, lint_easel_range(e, .004f, .010f));
        cairo_stroke(e->cr);
    }
}

static void trunks(lint_easel *e, const lint_scene *s) {
    float wide = (float)e->w / e->side;
    int count = 4 + (int)lint_rng_below(&e->rng, 6);
    layer_in_picture(e);
    for (int i = 0; i < count; i++) { /* far to near */
        float near01 = (float)i / (float)count;
        float r = .012f + .045f * near01 * lint_easel_range(e, .6f, 1.3f);
        float x = lint_easel_range(e, 0, 1) * wide, lean = lint_easel_range(e, -.05f, .05f);
        float foot = s->horizon + .02f + .14f * near01;
        lint_rgb bark = near(e, s->c[4], .3f, .02f);
        bark = lint_rgb_mix(scaled(s->c[0], .6f), bark, .35f + .6f * near01);
        for (int strip = 0; strip < 9; strip++) { /* round, with streaks of bark */
            float t = ((float)strip + .5f) / 9 * 2 - 1;
            float side = .45f + .75f * sqrtf(1 - t * t) * (e->sun_x * t > 0 ? 1.2f : .8f);
            lint_cairo_rgb(e->cr, scaled(bark, side * lint_easel_range(e, .75f, 1.15f)), 1);
            float a = x + r * (t - .13f), b = x + r * (t + .13f);
            cairo_move_to(e->cr, a + lean, -.1);
            cairo_line_to(e->cr, b + lean, -.1);
            cairo_line_to(e->cr, b + r * t * .5f, foot);
            cairo_line_to(e->cr, a + r * t * .5f, foot);
            cairo_close_path(e->cr);
            cairo_fill(e->cr);
        }
    }
    onto_ground(e);
}

/* Flat-topped trees before the sky. */
static void acacias(lint_easel *e, const lint_scene *s) {
    float wide = (float)e->w / e->side;
    int count = (int)lint_rng_below(&e->rng, 5);
    layer_in_picture(e);
    for (int i = 0; i < count; i++) {
        float x = lint_easel_range(e, 0, 1) * wide, k = lint_easel_range(e, .05f, .16f);
        float y = s->horizon + .01f;
        lint_rgb c = lint_rgb_mix(scaled(s->c[0], .55f), s->c[3], .35f - k);
        lint_cairo_rgb(e->cr, c, .95f);
        cairo_set_line_width(e->cr, k * .09);
        cairo_move_to(e->cr, x, y);
        cairo_curve_to(e->cr, x, y - k * .5, x + k * .1, y - k * .6, x + k * .3, y - k);
        cairo_stroke(e->cr);
        cairo_move_to(e->cr, x, y - k * .5);
        cairo_line_to(e->cr, x - k * .3, y - k * .95);
        cairo_stroke(e->cr);
        for (int j = 0; j < 14; j++) {
            float at = lint_easel_range(e, -1, 1);
            float ry = k * lint_easel_range(e, .06f, .12f);
            float rx = k * lint_easel_range(e, .15f, .3f);
            lint_cairo_ellipse(e->cr, x + at * k * .8f, y - k * (1.05f - .12f * at * at), rx, ry,
                               0);
            cairo_fill(e->cr);
        }
    }
    onto_ground(e);
}

static void tufts(lint_easel *e, const lint_scene *s) {
    layer_in_picture(e);
    for (int row = 0; row < 4; row++) { /* nearer rows are taller */
        float t = (float)row / 3, y = s->horizon + (1.05f - s->horizon) * (.15f + .85f * t);
        blades(e, scaled(s->c[0], .8f), lint_rgb_mix(s->c[1], s->c[4], s->p[1] * .5f), 60, y, .2f,
               .03f + .08f * t);
    }
    onto_ground(e);
}

/* --- each ground's choices -------------------------------------------------------------------- */

static void choose_savanna(lint_easel *e, lint_scene *s) {
    s->horizon = lint_easel_range(e, .12f, .42f);
    s->c[0] = near(e, (lint_rgb){.38f, .37f, .17f}, .15f, .03f);
    s->c[1] = near(e, (lint_rgb){.74f, .68f, .38f}, .12f, .03f);
    s->c[2] = near(e, (lint_rgb){.74f, .78f, .78f}, .1f, .03f);
    s->c[3] = near(e, (lint_rgb){.93f, .89f, .76f}, .06f, .02f);
    s->c[4] = near(e, (lint_rgb){.46f, .50f, .22f}, .12f, .03f);
    s->p[1] = lint_easel_range(e, .3f, .9f);
}

static void choose_grass(lint_easel *e, lint_scene *s) {
    s->horizon = lint_easel_range(e, -.35f, .22f);
    s->c[0] = near(e, (lint_rgb){.14f, .30f, .09f}, .25f, .03f);
    s->c[1] = near(e, (lint_rgb){.45f, .64f, .22f}, .18f, .05f);
    s->c[4] = near(e, (lint_rgb){.62f, .66f, .30f}, .1f, .03f);
    s->p[1] = lint_easel_range(e, 0, .7f);
}

static void choose_forest(lint_easel *e, lint_scene *s) {
    s->horizon = lint_easel_range(e, .45f, .7f);
    s->c[0] = near(e, (lint_rgb){.10f, .18f, .07f}, .3f, .02f);
    s->c[1] = near(e, (lint_rgb){.32f, .50f, .16f}, .2f, .04f);
    s->c[2] = near(e, (lint_rgb){.78f, .88f, .56f}, .1f, .04f);
    s->c[3] = near(e, (lint_rgb){.36f, .29f, .17f}, .2f, .03f);
    s->c[4] = near(e, (lint_rgb){.36f, .29f, .22f}, .2f, .03f);
}

static void choose_autumn(lint_easel *e, lint_scene *s) {
    choose_forest(e, s);
    s->c[0] = near(e, (lint_rgb){.30f, .12f, .05f}, .2f, .03f);
    s->c[1] = near(e, (lint_rgb){.82f, .38f, .10f}, .15f, .06f);
    s->c[2] = near(e, (lint_rgb){.98f, .80f, .40f}, .05f, .04f);
    s->c[3] = near(e, (lint_rgb){.56f, .30f, .13f}, .2f, .04f);
}

static void choose_water(lint_easel *e, lint_scene *s) {
    s->horizon = lint_easel_range(e, -.5f, .42f);
    if (s->horizon < 0.05f) s->horizon -= .1f; /* no slit of sky */
    float green = lint_easel_range(e, 0, 1);
    s->c[0] =
        near(e, lint_rgb_mix((lint_rgb){.03f, .16f, .36f}, (lint_rgb){.04f, .28f, .38f}, green),
             .25f, .02f);
    s->c[1] =
        near(e, lint_rgb_mix((lint_rgb){.25f, .48f, .70f}, (lint_rgb){.30f, .60f, .70f}, green),
             .15f, .03f);
    s->c[2] = near(e, (lint_rgb){.36f, .58f, .85f}, .15f, .03f);
    s->c[3] = near(e, (lint_rgb){.76f, .86f, .94f}, .06f, .02f);
    s->p[1] = lint_easel_range(e, 2.5f, 5);
    s->p[2] = lint_easel_range(e, 0, .8f);
    s->p[3] = lint_easel_range(e, .5f, 1.1f);
}

static void choose_sky(lint_easel *e, lint_scene *s) {
    s->c[2] = near(e, (lint_rgb){.18f, .42f, .78f}, .2f, .04f);
    s->c[3] = near(e, (lint_rgb){.66f, .82f, .95f}, .08f, .03f);
    s->p[2] = lint_easel_range(e, .1f, 1);
}

static void choose_yellow(lint_easel *e, lint_scene *s) {
    s->horizon = lint_easel_range(e, .15f, .45f);
    s->c[0] = near(e, (lint_rgb){.68f, .45f, .12f}, .12f, .04f);
    s->c[1] = near(e, (lint_rgb){.97f, .80f, .32f}, .06f, .04f);
    s->c[2] = near(e, (lint_rgb){.93f, .74f, .28f}, .08f, .05f);
    s->c[3] = near(e, (lint_rgb){.99f, .92f, .62f}, .04f, .03f);
    s->p[1] = lint_easel_range(e, 14, 34);
}

static void choose_dusk(lint_easel *e, lint_scene *s) {
    s->horizon = lint_easel_range(e, .5f, .78f);
    s->c[0] = near(e, (lint_rgb){.16f, .09f, .15f}, .25f, .03f);
    s->c[1] = near(e, (lint_rgb){.33f, .19f, .45f}, .2f, .05f);
    s->c[2] = near(e, (lint_rgb){.82f, .38f, .42f}, .12f, .06f);
    s->c[3] = near(e, (lint_rgb){.98f, .68f, .30f}, .06f, .05f);
    s->p[1] = lint_easel_range(e, .05f, .95f);
    s->p[2] = s->horizon - lint_easel_range(e, .04f, .25f);
}

/* --- what takes the object in ----------------------------------------------------------------- */

/* The object's bounding box in pixels; 0 where there is none. */
static int object_box(const lint_easel *e, lint_box *b) {
    *b = (lint_box){1e9f, 1e9f, -1e9f, -1e9f};
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++)
            if (e->object[((size_t)y * (size_t)e->w + (size_t)x) * 4 + 3] > .5f) {
                b->x0 = fminf(b->x0, (float)x);
                b->x1 = fmaxf(b->x1, (float)x + 1);
                b->y0 = fminf(b->y0, (float)y);
                b->y1 = fmaxf(b->y1, (float)y + 1);
            }
    return b->x1 > b->x0;
}

/* A soft dark ellipse on the ground where the object stands. */
static void shadow(lint_easel *e, lint_box b, float strength) {
    float cx = (b.x0 + b.x1) / 2 - e->sun_x * (b.x1 - b.x0) * .12f;
    float rx = (b.x1 - b.x0) * .52f, ry = e->side * .045f;
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            float dx = ((float)x - cx) / rx, dy = ((float)y - b.y1 + ry * .3f) / ry;
            float k = 1 - strength * expf(-(dx * dx * dx * dx + dy * dy));
            float *o = e->ground + ((size_t)y * (size_t)e->w + (size_t)x) * 3;
            for (int c = 0; c < 3; c++)
                o[c] *= k;
        }
}

static void cover(float *front, lint_rgb c, float alpha) {
    front[0] = front[0] * (1 - alpha) + c.r * alpha;
    front[1] = front[1] * (1 - alpha) + c.g * alpha;
    front[2] = front[2] * (1 - alpha) + c.b * alpha;
    front[3] = front[3] * (1 - alpha) + alpha;
}

static lint_rgb ground_at(const lint_easel *e, size_t i) {
    return (lint_rgb){e->ground[i * 3], e->ground[i * 3 + 1], e->ground[i * 3 + 2]};
}

/* The ground itself, from an uneven line downward, hides the object: `up` pixels at most. */
static void bury(lint_easel *e, const lint_scene *s, lint_box b, float up) {
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            size_t i = (size_t)y * (size_t)e->w + (size_t)x;
            float n = lint_fbm(s->seed[0] + 11, (float)x / e->side * 9, 0, 3);
            float line = b.y1 - up * (.55f + .9f * (n - .5f));
            cover(e->front + i * 4, ground_at(e, i), lint_smooth(line - 1, line + 1.5f, (float)y));
        }
}

/* Water over the lowest part of the object, seen through a little, with foam where it is cut. */
static void submerge(lint_easel *e, const lint_scene *s, lint_box b) {
    float depth = (b.y1 - b.y0) * lint_easel_range(e, .08f, .24f) + e->side * .015f;
    float murk = lint_easel_range(e, .8f, .97f), spray = lint_easel_range(e, .5f, 1);
    size_t n = (size_t)e->w * (size_t)e->h;
    for (size_t i = 0; i < n; i++)
        e->a[i] = e->object[i * 4 + 3];
    lint_paint_blur(e->a, e->b, e->w, e->h, (int)(e->side / 60) + 1);
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            size_t i = (size_t)y * (size_t)e->w + (size_t)x;
            float fx = (float)x / e->side, fy = (float)y / e->side;
            float n1 = lint_fbm(s->seed[0] + 5, fx * 12, 0, 3) - .5f;
            float line = b.y1 - depth + n1 * e->side * .035f;
            cover(e->front + i * 4, ground_at(e, i),
                  murk * lint_smooth(line - 1, line + 2, (float)y));
            float fine = lint_fbm(s->seed[1] + 5, fx * 38, fy * 38, 3);
            float off = ((float)y - line) / (e->side * .028f);
            float foam = expf(-off * off) * lint_smooth(.03f, .3f, e->a[i]);
            cover(e->front + i * 4, (lint_rgb){.95f, .97f, .98f},
                  spray * lint_smooth(.28f, .62f, foam * (.35f + fine)));
        }
}

/* Cloud drifting over the lowest part. */
static void mist(lint_easel *e, const lint_scene *s, lint_box b) {
    float up = (b.y1 - b.y0) * lint_easel_range(e, .06f, .2f) + e->side * .02f;
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            size_t i = (size_t)y * (size_t)e->w + (size_t)x;
            float n = lint_fbm(s->seed[1], (float)x / e->side * 5, (float)y / e->side * 8, 4);
            float rise = lint_smooth(b.y1 - up * 1.6f, b.y1 - up * .3f, (float)y);
            float fall = 1 - lint_smooth(b.y1 + up * .5f, b.y1 + up * 3, (float)y) * .8f;
            float a = lint_clamp01(rise * (1.1f + (n - .5f) * 2)) * fall;
            cover(e->front + i * 4,
                  lint_rgb_mix((lint_rgb){.84f, .88f, .93f}, (lint_rgb){1, 1, 1}, n), a);
        }
}

static void grow(lint_easel *e, const lint_scene *s, lint_box b, float tall) {
    float y = b.y1 / (float)e->h;
    layer_in_picture(e);
    blades(e, scaled(s->c[0], .75f), s->c[1], 110, y + .005f, .03f, tall);
    blades(e, scaled(s->c[0], .9f), lint_rgb_mix(s->c[1], s->c[4], .4f), 120, y + .06f, .1f,
           tall * 1.15f);
    lint_layer_flat(e, e->front);
}

/* --- the table -------------------------------------------------------------------------------- */

typedef void choose_fn(lint_easel *e, lint_scene *s);
typedef void extra_fn(lint_easel *e, const lint_scene *s);
enum front { GROW, BURY, SUBMERGE, MIST };

static const struct kind {
    const char *name;
    choose_fn *choose;
    shade_fn *shade;
    extra_fn *extra;
    enum front front;
} kinds[LINT_GROUNDS] = {
    [LINT_GROUND_SAVANNA] = {"savanna", choose_savanna, shade_savanna, acacias, GROW},
    [LINT_GROUND_GRASS] = {"grass", choose_grass, shade_grass, NULL, GROW},
    [LINT_GROUND_FOREST] = {"forest", choose_forest, shade_forest, trunks, GROW},
    [LINT_GROUND_SEA] = {"sea", choose_water, shade_sea, NULL, SUBMERGE},
    [LINT_GROUND_SURF] = {"surf", choose_water, shade_surf, NULL, SUBMERGE},
    [LINT_GROUND_SKY] = {"sky", choose_sky, shade_sky, NULL, MIST},
    [LINT_GROUND_YELLOW] = {"yellow", choose_yellow, shade_yellow, NULL, BURY},
    [LINT_GROUND_DUSK] = {"dusk", choose_dusk, shade_dusk, NULL, BURY},
    [LINT_GROUND_AUTUMN] = {"autumn", choose_autumn, shade_forest, trunks, BURY},
};

const char *lint_ground_name(lint_ground g) {
    return kinds[g].name;
}

void lint_ground_paint(lint_easel *e, lint_ground g, lint_scene *s) {
    *s = (lint_scene){.ground = g};
    for (int i = 0; i < 4; i++)
        s->seed[i] = (uint32_t)lint_rng_u64(&e->rng);
    kinds[g].choose(e, s);
    shade(e, s, kinds[g].shade);
    if (kinds[g].extra) kinds[g].extra(e, s);
    if (g == LINT_GROUND_SAVANNA || g == LINT_GROUND_GRASS) tufts(e, s);
}

void lint_ground_receive(lint_easel *e, const lint_scene *s) {
    lint_box b;
    if (!object_box(e, &b)) return;
    switch (kinds[s->ground].front) {
    case GROW:
        shadow(e, b, lint_easel_range(e, .35f, .6f));
        grow(e, s, b, lint_easel_range(e, .035f, .08f));
        break;
    case BURY:
        shadow(e, b, lint_easel_range(e, .3f, .55f));
        bury(e, s, b, e->side * lint_easel_range(e, .02f, .05f));
        break;
    case SUBMERGE:
        submerge(e, s, b);
        break;
    case MIST:
        mist(e, s, b);
    }
}

/* --- the camera ------------------------------------------------------------------------------- */

/* ground <- everything together; a <- how much of the object is seen. */
static void join(lint_easel *e) {
    size_t n = (size_t)e->w * (size_t)e->h;
    for (size_t i = 0; i < n; i++) {
        const float *o = e->object + i * 4, *f = e->front + i * 4;
        float *g = e->ground + i * 3;
        for (int c = 0; c < 3; c++)
            g[c] = (g[c] * (1 - o[3]) + o[c]) * (1 - f[3]) + f[c];
        e->a[i] = o[3] * (1 - f[3]);
    }
}

/* Mixes in `share` of a blurred copy of each channel; uses a and b. */
static void soften(lint_easel *e, int radius, float share) {
    size_t n = (size_t)e->w * (size_t)e->h;
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < n; i++)
            e->a[i] = e->ground[i * 3 + c];
        lint_paint_blur(e->a, e->b, e->w, e->h, radius);
        for (size_t i = 0; i < n; i++)
            e->ground[i * 3 + c] += share * (e->a[i] - e->ground[i * 3 + c]);
    }
}

typedef struct camera {
    float gain[3], contrast, saturation, slant_x, slant_y, vignette, grain;
} camera;

static camera choose_camera(lint_easel *e) {
    camera k;
    k.contrast = lint_easel_range(e, .85f, 1.15f);
    k.saturation = lint_easel_range(e, .75f, 1.1f);
    k.vignette = lint_easel_range(e, 0, .35f);
    k.grain = lint_easel_range(e, .01f, .05f);
    float light = lint_easel_range(e, .8f, 1.12f), warm = lint_easel_range(e, -.06f, .06f);
    k.gain[0] = light * (1 + warm);
    k.gain[1] = light;
    k.gain[2] = light * (1 - warm);
    k.slant_x = lint_easel_range(e, -.25f, .25f);
    k.slant_y = lint_easel_range(e, -.2f, .2f);
    return k;
}

static uint8_t byte(float v) {
    return (uint8_t)(lint_clamp01(v) * 255 + .5f);
}

static void expose(const lint_easel *e, const camera *k, int x, int y, uint8_t *out) {
    size_t i = (size_t)y * (size_t)e->w + (size_t)x;
    const float *g = e->ground + i * 3;
    float dx = ((float)x + .5f) / (float)e->w - .5f, dy = ((float)y + .5f) / (float)e->h - .5f;
    float light = 1 + k->slant_x * dx + k->slant_y * dy - k->vignette * (dx * dx + dy * dy) * 1.6f;
    float grey = .3f * g[0] + .59f * g[1] + .11f * g[2];
    for (int c = 0; c < 3; c++) {
        float v = (grey + (g[c] - grey) * k->saturation) * k->gain[c] * light;
        v = .5f + (v - .5f) * k->contrast;
        uint32_t seed = e->noise + 101u * (uint32_t)c; /* two even ones add to a triangle */
        float n = lint_grain(seed, x, y) + lint_grain(seed + 7, x, y) - 1;
        out[c] = byte(v + n * k->grain);
    }
}

void lint_scene_finish(lint_easel *e, uint8_t *rgb, uint8_t *mask) {
    size_t n = (size_t)e->w * (size_t)e->h;
    if (lint_easel_chance(e, .6f)) { /* the ground out of focus */
        float share = lint_easel_range(e, .3f, .9f);
        soften(e, (int)(e->side / 192 * lint_easel_range(e, 1, 3)), share);
    }
    join(e);
    for (size_t i = 0; i < n; i++)
        mask[i] = e->a[i] >= .5f ? 255 : 0;
    soften(e, (int)(e->side / 192 + .5f), lint_easel_range(e, .05f, .45f));
    camera k = choose_camera(e);
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++)
            expose(e, &k, x, y, rgb + ((size_t)y * (size_t)e->w + (size_t)x) * 3);
}
