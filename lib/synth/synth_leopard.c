/* The leopard: tubes for trunk, legs and tail, a head in profile or from the front, rosettes on the
 * trunk and solid spots on legs and face. Trunk and neck together are about 1 long; y grows down,
 * the animal looks left. */
#include "synth/synth_animal.h"
#include <math.h>

static const float pi = 3.14159265f;

enum { FAR_FORE, FAR_HIND, NEAR_HIND, NEAR_FORE, LEGS };

typedef struct leopard {
    lint_rgb coat, cream, dark, amber;
    lint_tube trunk, tail, leg[LEGS], thigh;
    int has_tail, has_legs, has_thigh;
    float head_x, head_y, head_size, head_turn;
    int frontal; /* the head looks at the viewer */
    float cut;   /* y below which nothing is drawn */
} leopard;

/* --- the coat --------------------------------------------------------------------------------- */

/* A broken ring of dark blots round a darker middle, radius 1 at the origin. */
static void rosette(lint_easel *e, const leopard *l) {
    cairo_t *cr = e->cr;
    lint_cairo_rgb(cr, lint_rgb_mix(l->coat, l->dark, 0.28f), 0.75f);
    lint_cairo_ellipse(cr, 0, 0, .7f, .7f, 0);
    cairo_fill(cr);
    int blots = 3 + (int)lint_rng_below(&e->rng, 3);
    float start = lint_easel_range(e, 0, 2 * pi);
    lint_cairo_rgb(cr, l->dark, 0.95f);
    for (int i = 0; i < blots; i++) {
        float a = start + 2 * pi * (float)i / (float)blots + lint_easel_range(e, -.2f, .2f);
        float far = lint_easel_range(e, .62f, .85f), wide = lint_easel_range(e, .34f, .52f);
        lint_cairo_ellipse(cr, far * cosf(a), far * sinf(a), lint_easel_range(e, .22f, .34f), wide,
                           a);
        cairo_fill(cr);
    }
}

static void spot(lint_easel *e, const leopard *l) {
    lint_cairo_rgb(e->cr, l->dark, 0.93f);
    float turn = lint_easel_range(e, 0, pi);
    float ry = lint_easel_range(e, .4f, .6f);
    float rx = lint_easel_range(e, .5f, .8f);
    lint_cairo_ellipse(e->cr, 0, 0, rx, ry, turn);
    cairo_fill(e->cr);
}

static float tube_length(const lint_tube *t) {
    float sum = 0;
    for (int i = 1; i < LINT_TUBE_POINTS; i++)
        sum += hypotf(t->p[i].x - t->p[i - 1].x, t->p[i].y - t->p[i - 1].y);
    return sum;
}

/* Covers a tube with marks about `step` apart, in rows round it. Marks near the outline are seen
 * from the side, so narrower. size: radius of a mark; ringed: rosettes in the middle of the tube's
 * length, else spots everywhere. */
static void mark_tube(lint_easel *e, const leopard *l, const lint_tube *t, float u0, float u1,
                      float step, float size, int ringed) {
    float length = tube_length(t), du = step / length;
    int row = 0;
    for (float u = u0; u < u1; u += du, row++) {
        float r = lint_tube_radius(t, u), da = step / r;
        float shift = (row & 1) ? da / 2 : 0;
        for (float a = -1.45f + shift; a < 1.45f; a += da) {
            float at = u + lint_easel_range(e, -.22f, .22f) * du;
            float angle = a + lint_easel_range(e, -.22f, .22f) * da;
            float x, y, x2, y2;
            lint_tube_at(t, at, sinf(angle), &x, &y);
            lint_tube_at(t, at + .01f, sinf(angle), &x2, &y2);
            int ring = ringed && angle < 0.75f && at > 0.16f;
            float k = size * (ring ? 1 : 0.72f) * lint_easel_range(e, .8f, 1.15f);
            cairo_save(e->cr);
            cairo_translate(e->cr, x, y);
            cairo_rotate(e->cr, atan2f(y2 - y, x2 - x));
            cairo_scale(e->cr, k, k * fmaxf(cosf(angle), .3f));
            if (ring)
                rosette(e, l);
            else
                spot(e, l);
            cairo_restore(e->cr);
        }
    }
}

/* Lightens the tube from v on toward its lower edge, softly: strips over each other. */
static void pale_below(lint_easel *e, const leopard *l, const lint_tube *t, float v, float alpha) {
    enum { STRIPS = 5 };
    for (int s = 0; s < STRIPS; s++) {
        float from = v + (1 - v) * (float)s / STRIPS * 0.8f, x, y;
        for (int i = 0; i <= 32; i++) {
            lint_tube_at(t, (float)i / 32, from, &x, &y);
            cairo_line_to(e->cr, x, y);
        }
        for (int i = 32; i >= 0; i--) {
            lint_tube_at(t, (float)i / 32, 1.3f, &x, &y);
            cairo_line_to(e->cr, x, y);
        }
        cairo_close_path(e->cr);
        lint_cairo_rgb(e->cr, l->cream, alpha);
        cairo_fill(e->cr);
    }
}

/* The chest from the front: pale along the middle of the trunk. */
static void pale_chest(lint_easel *e, const leopard *l) {
    for (float u = .1f; u < .9f; u += .05f) {
        float x, y;
        lint_tube_at(&l->trunk, u, 0, &x, &y);
        lint_cairo_ellipse(e->cr, x, y, .11f, .07f, 0);
        lint_cairo_rgb(e->cr, l->cream, .3f);
        cairo_fill(e->cr);
    }
}

static void begin(lint_easel *e, const leopard *l) {
    lint_layer_begin(e);
    cairo_rectangle(e->cr, -10, -10, 20, 10 + (double)l->cut);
    cairo_clip(e->cr);
}

static void fill_tube(lint_easel *e, const lint_tube *t, lint_rgb c) {
    lint_tube_path(t, e->cr);
    cairo_clip(e->cr);
    lint_cairo_rgb(e->cr, c, 1);
    cairo_paint(e->cr);
}

static void draw_trunk(lint_easel *e, const leopard *l) {
    lint_relief relief = {.radius = .06f, .depth = .34f, .shade = 1, .grain = .3f};
    begin(e, l);
    fill_tube(e, &l->trunk, l->coat);
    if (l->has_legs)
        pale_below(e, l, &l->trunk, 0.35f, .22f);
    else
        pale_chest(e, l);
    float size = lint_easel_range(e, .031f, .038f);
    mark_tube(e, l, &l->trunk, 0, 1.02f, size * 2.25f, size, 1);
    lint_layer_end(e, &relief);
}

static void draw_leg(lint_easel *e, const leopard *l, const lint_tube *t, float shade) {
    lint_relief relief = {.radius = .025f, .depth = .3f, .shade = shade, .grain = .3f};
    begin(e, l);
    fill_tube(e, t, l->coat);
    pale_below(e, l, t, 0.1f, .12f);
    mark_tube(e, l, t, .08f, .95f, .05f, .021f, 0);
    lint_layer_end(e, &relief);
}

static void draw_thigh(lint_easel *e, const leopard *l) {
    lint_relief relief = {.radius = .04f, .depth = .34f, .shade = 1, .grain = .3f};
    begin(e, l);
    fill_tube(e, &l->thigh, l->coat);
    mark_tube(e, l, &l->thigh, -.02f, 1.05f, .072f, .028f, 1);
    lint_layer_end(e, &relief);
}

static void draw_tail(lint_easel *e, const leopard *l) {
    lint_relief relief = {.radius = .015f, .depth = .3f, .shade = 0.95f, .grain = .3f};
    begin(e, l);
    fill_tube(e, &l->tail, l->coat);
    pale_below(e, l, &l->tail, 0.2f, .12f);
    mark_tube(e, l, &l->tail, 0, .5f, .05f, .018f, 0);
    cairo_set_line_cap(e->cr, CAIRO_LINE_CAP_BUTT);
    for (float u = .55f; u < 1.05f; u += .1f) { /* rings, and a dark tip */
        float x0, y0, x1, y1;
        lint_tube_at(&l->tail, u, -1.2f, &x0, &y0);
        lint_tube_at(&l->tail, u, 1.2f, &x1, &y1);
        cairo_move_to(e->cr, x0, y0);
        cairo_line_to(e->cr, x1, y1);
        cairo_set_line_width(e->cr, u > .9f ? .05 : .024);
        lint_cairo_rgb(e->cr, l->dark, 0.9f);
        cairo_stroke(e->cr);
    }
    lint_layer_end(e, &relief);
}

/* --- the head, in units of its own radius ----------------------------------------------------- */

static void head_units(lint_easel *e, const leopard *l) {
    cairo_translate(e->cr, l->head_x, l->head_y);
    cairo_rotate(e->cr, l->head_turn);
    cairo_scale(e->cr, l->head_size, l->head_size);
}

static void dab(lint_easel *e, lint_rgb c, float alpha, float x, float y, float rx, float ry,
                float turn) {
    lint_cairo_ellipse(e->cr, x, y, rx, ry, turn);
    lint_cairo_rgb(e->cr, c, alpha);
    cairo_fill(e->cr);
}

static void line(lint_easel *e, lint_rgb c, float alpha, float width, float x0, float y0, float x1,
                 float y1) {
    cairo_move_to(e->cr, x0, y0);
    cairo_line_to(e->cr, x1, y1);
    cairo_set_line_width(e->cr, width);
    lint_cairo_rgb(e->cr, c, alpha);
    cairo_stroke(e->cr);
}

static void eye(lint_easel *e, const leopard *l, float x, float y, float size, float turn) {
    const lint_rgb black = {.03f, .03f, .03f}, white = {1, 1, 1};
    dab(e, l->dark, 1, x, y, size * 1.45f, size * 1.15f, turn);
    dab(e, l->amber, 1, x, y, size * 1.1f, size * .9f, turn);
    dab(e, black, 1, x, y, size * .5f, size * .62f, 0);
    dab(e, white, .9f, x - size * .25f, y - size * .3f, size * .2f, size * .2f, 0);
}

static void ear(lint_easel *e, const leopard *l, float x, float y, float turn, float shade) {
    lint_relief relief = {.radius = .012f, .depth = .25f, .shade = shade, .grain = .2f};
    begin(e, l);
    head_units(e, l);
    dab(e, lint_rgb_mix(l->coat, l->dark, .55f), 1, x, y, .34f, .38f, turn);
    dab(e, l->cream, .85f, x, y + .05f, .2f, .24f, turn);
    lint_layer_end(e, &relief);
}

static const lint_rgb nose_colour = {.42f, .24f, .22f};

static void face_spots(lint_easel *e, const leopard *l, float x0, float x1, float y0, float y1,
                       float size) {
    for (float y = y0; y < y1; y += size * 2.9f)
        for (float x = x0; x < x1; x += size * 2.9f) {
            float k = size * lint_easel_range(e, .55f, 1.0f);
            float off_y = lint_easel_range(e, -.7f, .7f) * size;
            float off_x = lint_easel_range(e, -.7f, .7f) * size;
            dab(e, l->dark, .9f, x + off_x, y + off_y, k, k * .8f, 0);
        }
}

static void draw_profile(lint_easel *e, const leopard *l) {
    lint_relief relief = {.radius = l->head_size * .45f, .depth = .3f, .shade = 1, .grain = .25f};
    static const lint_knot skull[] = {
        {.2f, .05f, .92f}, {-.25f, .08f, .86f}, {-.7f, .33f, .58f}, {-1.02f, .44f, .42f}};
    lint_tube t;
    lint_tube_make(&t, skull, 4);
    ear(e, l, .0f, -.86f, -.2f, .75f);
    begin(e, l);
    head_units(e, l);
    fill_tube(e, &t, l->coat);
    dab(e, l->cream, .75f, -.75f, .85f, .85f, .38f, .1f);
    dab(e, l->cream, .85f, -1.08f, .5f, .42f, .36f, 0);
    dab(e, l->cream, .7f, -.62f, .14f, .26f, .12f, .3f);
    face_spots(e, l, -.5f, .9f, -.85f, -.3f, .085f);
    face_spots(e, l, -.25f, .9f, -.25f, .75f, .1f);
    for (int i = 0; i < 6; i++)
        dab(e, l->dark, .8f, -1.2f + .13f * (float)(i % 3), .42f + .14f * (float)(i / 3), .035f,
            .035f, 0);
    dab(e, nose_colour, 1, -1.38f, .26f, .15f, .14f, 0);
    cairo_move_to(e->cr, -1.36, .62);
    cairo_curve_to(e->cr, -1.1, .72, -.95, .78, -.66, .66);
    cairo_set_line_width(e->cr, .06);
    lint_cairo_rgb(e->cr, l->dark, .9f);
    cairo_stroke(e->cr);
    line(e, l->dark, .8f, .07f, -.82f, -.02f, -1.0f, .2f);
    eye(e, l, -.68f, -.1f, .15f, -.3f);
    lint_layer_end(e, &relief);
    ear(e, l, .45f, -.74f, .35f, 1);
}

static void whiskers(lint_easel *e, float x, float y, float side) {
    const lint_rgb white = {.97f, .97f, .95f};
    for (int i = 0; i < 4; i++)
        line(e, white, .75f, .022f, x + side * .1f, y + .07f * (float)i, x + side * .95f,
             y - .12f + .17f * (float)i);
}

static void draw_frontal(lint_easel *e, const leopard *l) {
    lint_relief relief = {.radius = l->head_size * .4f, .depth = .28f, .shade = 1, .grain = .25f};
    ear(e, l, -.78f, -.74f, -.5f, 1);
    ear(e, l, .78f, -.74f, .5f, 1);
    begin(e, l);
    head_units(e, l);
    lint_cairo_ellipse(e->cr, 0, -.06f, 1.0f, .92f, 0);
    lint_cairo_ellipse(e->cr, -.5f, .3f, .52f, .5f, 0);
    lint_cairo_ellipse(e->cr, .5f, .3f, .52f, .5f, 0);
    lint_cairo_ellipse(e->cr, 0, .58f, .56f, .5f, 0);
    cairo_clip(e->cr);
    lint_cairo_rgb(e->cr, l->coat, 1);
    cairo_paint(e->cr);
    dab(e, l->cream, .5f, 0, .9f, .9f, .42f, 0);
    for (int s = -1; s <= 1; s += 2) {
        float f = (float)s;
        dab(e, l->cream, .85f, f * .24f, .62f, .32f, .26f, 0);
        dab(e, l->cream, .75f, f * .46f, -.3f, .22f, .09f, f * .2f);
        dab(e, l->cream, .6f, f * .5f, .14f, .24f, .1f, f * -.2f);
        line(e, lint_rgb_mix(l->coat, l->dark, .3f), .6f, .1f, f * .16f, -.25f, f * .19f, .3f);
        face_spots(e, l, s < 0 ? -.98f : .62f, s < 0 ? -.6f : 1.0f, -.1f, .75f, .085f);
    }
    dab(e, l->cream, .9f, 0, .88f, .27f, .17f, 0);
    face_spots(e, l, -.75f, .76f, -.92f, -.42f, .08f);
    for (int s = -1; s <= 1; s += 2) {
        float f = (float)s;
        line(e, l->dark, .85f, .07f, f * .26f, .03f, f * .19f, .22f);
        eye(e, l, f * .43f, -.08f, .16f, f * .25f);
        for (int i = 0; i < 6; i++)
            dab(e, l->dark, .8f, f * (.2f + .1f * (float)(i % 3)), .56f + .1f * (float)(i / 3),
                .028f, .028f, 0);
        cairo_move_to(e->cr, 0, .66);
        cairo_curve_to(e->cr, f * .06, .78, f * .2, .8, f * .32, .74);
        cairo_set_line_width(e->cr, .05);
        lint_cairo_rgb(e->cr, l->dark, .9f);
        cairo_stroke(e->cr);
    }
    cairo_move_to(e->cr, -.22, .28);
    cairo_curve_to(e->cr, -.1, .22, .1, .22, .22, .28);
    cairo_curve_to(e->cr, .16, .42, .06, .48, 0, .5);
    cairo_curve_to(e->cr, -.06, .48, -.16, .42, -.22, .28);
    lint_cairo_rgb(e->cr, nose_colour, 1);
    cairo_fill(e->cr);
    line(e, l->dark, .9f, .05f, 0, .48f, 0, .67f);
    cairo_reset_clip(e->cr);
    whiskers(e, -.25f, .52f, -1);
    whiskers(e, .25f, .52f, 1);
    lint_layer_end(e, &relief);
}

/* --- poses ------------------------------------------------------------------------------------ */

/* A leg from (x, y) with its foot dx farther right on the ground, or `lift` above it. */
static void fore_leg(lint_tube *t, float x, float y, float ground, float dx, float lift) {
    float h = ground - y;
    lint_knot k[] = {{x, y, .085f},
                     {x + .03f + .3f * dx, y + .36f * h, .058f},
                     {x + .75f * dx - .1f * lift, y + .72f * h - .5f * lift, .04f},
                     {x + dx, ground - .03f - lift, .04f},
                     {x + dx - .04f, ground - .02f - lift, .036f}};
    lint_tube_make(t, k, 5);
}

static void hind_leg(lint_tube *t, float x, float y, float ground, float dx, float lift) {
    float h = ground - y;
    lint_knot k[] = {{x, y, .125f},
                     {x - .06f + .3f * dx, y + .33f * h, .085f},
                     {x + .07f + .8f * dx, y + .64f * h - .4f * lift, .044f},
                     {x + .03f + dx, ground - .035f - lift, .04f},
                     {x - .015f + dx, ground - .02f - lift, .037f}};
    lint_tube_make(t, k, 5);
}

static void tube(lint_tube *t, const lint_knot *k, int n) {
    lint_tube_make(t, k, n);
}
#define TUBE(t, ...)                                                                               \
    tube(t, (const lint_knot[]){__VA_ARGS__},                                                      \
         (int)(sizeof((const lint_knot[]){__VA_ARGS__}) / sizeof(lint_knot)))

static void tail_hanging(lint_easel *e, leopard *l, float x, float y) {
    float lift = lint_easel_range(e, -.28f, .12f), curl = lint_easel_range(e, -.16f, .06f);
    TUBE(&l->tail, {x, y, .045f}, {x + .12f, y + .1f + .3f * lift, .036f},
         {x + .22f, y + .26f + lift, .032f}, {x + .33f, y + .3f + lift, .031f},
         {x + .41f, y + .22f + lift + curl, .028f});
    l->has_tail = 1;
}

/* On four legs; stride 0 stands, 1 walks; low crouches. */
static void pose_upright(lint_easel *e, leopard *l, float stride, float ground) {
    float sag = lint_easel_range(e, -.015f, .02f), head = lint_easel_range(e, -.06f, .12f);
    TUBE(&l->trunk, {-.50f, -.15f + head * .8f, .088f}, {-.40f, -.09f + head * .3f, .12f},
         {-.29f, -.03f, .152f}, {-.1f, -.01f + sag, .145f}, {.1f, -.015f + sag, .136f},
         {.27f, -.025f, .145f}, {.39f, -.015f, .13f}, {.46f, -.01f, .085f});
    l->head_x = -.585f;
    l->head_y = -.205f + head;
    float a = lint_easel_range(e, -.03f, .03f) + .15f * stride;
    float b = lint_easel_range(e, -.03f, .03f) + .13f * stride;
    fore_leg(&l->leg[NEAR_FORE], -.28f, .02f, ground, -a, 0);
    fore_leg(&l->leg[FAR_FORE], -.31f, .02f, ground - .015f, a - .05f, .06f * stride);
    hind_leg(&l->leg[NEAR_HIND], .35f, .0f, ground, b, .03f * stride);
    hind_leg(&l->leg[FAR_HIND], .33f, .01f, ground - .015f, -b + .05f, 0);
    l->has_legs = 1;
    tail_hanging(e, l, .48f, -.04f);
}

static void pose_sitting(lint_easel *e, leopard *l) {
    float lean = lint_easel_range(e, -.05f, .05f);
    TUBE(&l->trunk, {-.17f + lean, -.35f, .092f}, {-.145f + lean, -.25f, .115f},
         {-.10f + lean * .7f, -.12f, .14f}, {-.02f + lean * .4f, .03f, .155f}, {.08f, .16f, .16f},
         {.16f, .26f, .15f}, {.2f, .29f, .13f});
    l->head_x = -.21f + lean;
    l->head_y = -.45f;
    float foot = .43f;
    fore_leg(&l->leg[NEAR_FORE], -.12f + lean * .6f, -.03f, foot, lint_easel_range(e, -.05f, 0), 0);
    fore_leg(&l->leg[FAR_FORE], -.16f + lean * .6f, -.03f, foot - .01f,
             lint_easel_range(e, -.09f, -.04f), 0);
    TUBE(&l->leg[NEAR_HIND], {.17f, .385f, .045f}, {.05f, .395f, .044f}, {-.04f, .398f, .042f},
         {-.075f, .402f, .036f});
    TUBE(&l->leg[FAR_HIND], {.1f, .38f, .04f}, {.0f, .385f, .04f}, {-.08f, .388f, .04f},
         {-.11f, .39f, .035f});
    TUBE(&l->thigh, {.19f, .24f, .125f}, {.1f, .265f, .115f}, {.02f, .29f, .09f});
    l->has_legs = l->has_thigh = 1;
    float up = lint_easel_range(e, -.2f, .03f);
    TUBE(&l->tail, {.27f, .35f, .036f}, {.38f, .395f, .032f}, {.5f, .38f + up * .3f, .03f},
         {.58f, .33f + up, .027f});
    l->has_tail = 1;
}

static void pose_lying(lint_easel *e, leopard *l) {
    float up = lint_easel_range(e, -.08f, .05f);
    TUBE(&l->trunk, {-.36f, -.09f + up, .09f}, {-.28f, -.01f + up * .6f, .118f},
         {-.17f, .06f, .138f}, {0, .085f, .14f}, {.18f, .085f, .138f}, {.32f, .09f, .132f},
         {.39f, .11f, .105f});
    l->head_x = -.43f;
    l->head_y = -.17f + up;
    float reach = lint_easel_range(e, -.06f, .05f);
    TUBE(&l->leg[NEAR_FORE], {-.19f, .10f, .08f}, {-.26f, .195f, .052f},
         {-.39f + reach, .205f, .044f}, {-.5f + reach, .21f, .042f}, {-.55f + reach, .215f, .037f});
    TUBE(&l->leg[FAR_FORE], {-.22f, .09f, .07f}, {-.32f, .17f, .048f},
         {-.44f - reach, .185f, .042f}, {-.54f - reach, .19f, .04f}, {-.58f - reach, .19f, .036f});
    TUBE(&l->leg[NEAR_HIND], {.26f, .205f, .046f}, {.12f, .212f, .044f}, {.05f, .215f, .04f},
         {.015f, .218f, .036f});
    TUBE(&l->leg[FAR_HIND], {.22f, .2f, .03f}, {.12f, .2f, .03f}, {.05f, .205f, .03f});
    TUBE(&l->thigh, {.3f, .11f, .125f}, {.22f, .13f, .115f}, {.14f, .16f, .085f});
    l->has_legs = l->has_thigh = 1;
    float curl = lint_easel_range(e, -.2f, .02f);
    TUBE(&l->tail, {.45f, .17f, .04f}, {.57f, .21f, .034f}, {.68f, .19f + curl * .3f, .031f},
         {.77f, .13f + curl, .027f});
    l->has_tail = 1;
}

static void pose_leaping(lint_easel *e, leopard *l) {
    float t = lint_easel_range(e, -.1f, .05f);
    TUBE(&l->trunk, {-.53f, -.17f + t, .088f}, {-.42f, -.12f + t, .118f}, {-.3f, -.06f + t, .145f},
         {-.1f, -.05f + t * .5f, .138f}, {.1f, -.05f, .13f}, {.27f, -.03f, .138f},
         {.39f, .0f, .125f}, {.46f, .01f, .085f});
    l->head_x = -.62f;
    l->head_y = -.21f + t;
    float f = lint_easel_range(e, -.08f, .12f);
    TUBE(&l->leg[NEAR_FORE], {-.31f, -.02f + t, .085f}, {-.43f, .07f + t, .058f},
         {-.56f, .07f + f + t, .042f}, {-.66f, .04f + f + t, .04f}, {-.71f, .03f + f + t, .035f});
    TUBE(&l->leg[FAR_FORE], {-.33f, -.02f + t, .08f}, {-.46f, .04f + t, .055f},
         {-.60f, .0f + f + t, .04f}, {-.70f, -.04f + f + t, .038f}, {-.74f, -.05f + f + t, .034f});
    TUBE(&l->leg[NEAR_HIND], {.36f, .02f, .125f}, {.43f, .13f, .082f}, {.56f, .17f, .045f},
         {.66f, .25f, .04f}, {.70f, .27f, .035f});
    TUBE(&l->leg[FAR_HIND], {.38f, .01f, .115f}, {.48f, .1f, .078f}, {.62f, .13f, .042f},
         {.73f, .2f, .038f}, {.77f, .21f, .034f});
    l->has_legs = 1;
    float up = lint_easel_range(e, -.15f, .1f);
    TUBE(&l->tail, {.48f, -.03f, .045f}, {.6f, -.11f, .036f}, {.73f, -.12f + up * .5f, .032f},
         {.84f, -.15f + up, .028f});
    l->has_tail = 1;
}

/* Head and shoulders from the front. */
static void pose_portrait(lint_easel *e, leopard *l) {
    float lean = lint_easel_range(e, -.1f, .1f);
    TUBE(&l->trunk, {lean * .2f, .02f, .15f}, {lean, .2f, .235f}, {lean * 1.5f, .4f, .275f},
         {lean * 1.6f, .6f, .29f});
    l->head_x = 0;
    l->head_y = -.06f;
    l->head_size = lint_easel_range(e, .19f, .22f);
    l->frontal = 1;
    l->head_turn = lint_easel_range(e, -.15f, .15f);
    l->cut = lint_easel_range(e, .33f, .48f);
}

static void pose(lint_easel *e, leopard *l) {
    l->cut = 10;
    l->head_size = lint_easel_range(e, .1f, .112f);
    l->head_turn = lint_easel_range(e, -.2f, .15f);
    l->frontal = lint_easel_chance(e, .4f);
    float ground;
    switch (lint_rng_below(&e->rng, 7)) {
    case 0:
        pose_upright(e, l, 0, lint_easel_range(e, .4f, .44f));
        break;
    case 1:
        ground = lint_easel_range(e, .38f, .43f);
        pose_upright(e, l, lint_easel_range(e, .6f, 1), ground);
        break;
    case 2: /* stalking */
        ground = lint_easel_range(e, .3f, .35f);
        pose_upright(e, l, lint_easel_range(e, .3f, 1), ground);
        break;
    case 3:
        pose_sitting(e, l);
        break;
    case 4:
        pose_lying(e, l);
        break;
    case 5:
        pose_leaping(e, l);
        break;
    default:
        pose_portrait(e, l);
    }
    if (l->frontal) l->head_x += .03f;
}

static lint_box measure(const leopard *l) {
    lint_box b = {1e9f, 1e9f, -1e9f, -1e9f};
    float r = l->head_size * 1.3f;
    b = (lint_box){l->head_x - r, l->head_y - r, l->head_x + r, l->head_y + r * .8f};
    lint_tube_extend(&l->trunk, &b);
    if (l->has_tail) lint_tube_extend(&l->tail, &b);
    for (int i = 0; l->has_legs && i < LEGS; i++)
        lint_tube_extend(&l->leg[i], &b);
    if (b.y1 > l->cut) b.y1 = l->cut;
    return b;
}

static void draw(lint_easel *e, const leopard *l) {
    if (l->has_legs) {
        draw_leg(e, l, &l->leg[FAR_FORE], .7f);
        draw_leg(e, l, &l->leg[FAR_HIND], .7f);
    }
    if (l->has_tail) draw_tail(e, l);
    if (l->has_legs && !l->has_thigh) draw_leg(e, l, &l->leg[NEAR_HIND], 1);
    draw_trunk(e, l);
    if (l->has_thigh) draw_thigh(e, l);
    if (l->has_legs) {
        if (l->has_thigh) draw_leg(e, l, &l->leg[NEAR_HIND], 1);
        draw_leg(e, l, &l->leg[NEAR_FORE], 1);
    }
    if (l->frontal)
        draw_frontal(e, l);
    else
        draw_profile(e, l);
}

static void colour(lint_easel *e, leopard *l) {
    const lint_rgb pale = {.86f, .72f, .5f}, rich = {.80f, .57f, .30f};
    l->coat = lint_rgb_mix(pale, rich, lint_easel_range(e, 0, 1));
    l->cream = (lint_rgb){.95f, .91f, .82f};
    l->dark = (lint_rgb){.13f, .09f, .065f};
    l->amber = lint_rgb_mix((lint_rgb){.86f, .68f, .25f}, (lint_rgb){.62f, .68f, .35f},
                            lint_easel_range(e, 0, 1));
}

void lint_draw_leopard(lint_easel *e, lint_spot at) {
    leopard l = {0};
    colour(e, &l);
    pose(e, &l);
    lint_box box = measure(&l);
    float x = (box.x0 + box.x1) / 2, y = (box.y0 + box.y1) / 2;
    lint_tube_centre(&l.trunk, l.cut, &x, &y);
    int flip = lint_easel_chance(e, 0.5f);
    lint_easel_frame(e, box, x, y, at, lint_easel_range(e, -.06f, .06f), flip);
    draw(e, &l);
}
