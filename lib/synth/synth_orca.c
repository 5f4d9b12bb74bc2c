/* The orca: one body, a tube with patches given by place along it and angle round it, so that
 * bending and rolling it shows what a real one would show. Length of the body is 1. */
#include "synth/synth_animal.h"
#include <math.h>

static const float degree = 3.14159265f / 180;

typedef struct orca {
    lint_tube body;
    float roll;   /* radians; positive turns the belly toward the viewer */
    float fin;    /* height of the dorsal fin */
    float spread; /* of the flukes as seen, 0..1 */
    float cut;    /* y below which nothing is drawn; large for none */
    lint_rgb black, white, grey;
} orca;

/* Half the depth of the body at equal steps from nose to flukes, after photographs. */
static const float profile[LINT_TUBE_KNOTS] = {.022f, .078f, .112f, .130f, .136f, .132f,
                                               .119f, .098f, .072f, .046f, .027f, .022f};

/* Lays the body along an arc. turn: its direction at the nose, 0 level with the head to the left,
 * positive head up; bend and tail: how much the direction changes along all of it and its end. */
static void lay(orca *o, float turn, float bend, float tail) {
    lint_knot k[LINT_TUBE_KNOTS];
    float x = 0, y = 0, step = 1.0f / (LINT_TUBE_KNOTS - 1);
    for (int i = 0; i < LINT_TUBE_KNOTS; i++) {
        float u = (float)i * step;
        float a = turn + bend * (u - 0.35f) + (u > 0.6f ? tail * (u - 0.6f) : 0);
        k[i] = (lint_knot){x, y, profile[i]};
        x += cosf(a) * step;
        y += sinf(a) * step;
    }
    lint_tube_make(&o->body, k, LINT_TUBE_KNOTS);
}

/* A place on the skin: u along the body, angle round it (0 the flank, -90 back, 90 belly). What
 * the roll has carried out of sight lies on the nearer edge. */
static void skin(const orca *o, float u, float angle, float *x, float *y) {
    float a = angle * degree - o->roll;
    float v = a > 90 * degree ? 1 : a < -90 * degree ? -1 : sinf(a);
    lint_tube_at(&o->body, u, v, x, y);
}

static void to(cairo_t *cr, const orca *o, float u, float angle) {
    float x, y;
    skin(o, u, angle, &x, &y);
    cairo_line_to(cr, x, y);
}

/* Edge of the white underside: from the chin, narrow between the flippers, out onto the flank
 * behind the fin, and in under the tail. */
static const float belly[][2] = {{0.00f, 12}, {.03f, 14}, {.07f, 20}, {.12f, 30}, {.17f, 42},
                                 {.24f, 52},  {.32f, 58}, {.40f, 56}, {.46f, 47}, {.51f, 33},
                                 {.555f, 15}, {.60f, 0},  {.65f, -8}, {.69f, -8}, {.71f, 0},
                                 {.70f, 14},  {.67f, 28}, {.66f, 42}, {.69f, 55}, {.75f, 66},
                                 {.82f, 72},  {.90f, 80}};

static void paint_belly(cairo_t *cr, const orca *o) {
    const int n = sizeof belly / sizeof *belly;
    for (int i = 0; i < n; i++)
        to(cr, o, belly[i][0], belly[i][1]);
    for (int i = n - 1; i >= 0; i--)
        to(cr, o, belly[i][0], 180 - belly[i][1]);
    cairo_close_path(cr);
    lint_cairo_rgb(cr, o->white, 1);
    cairo_fill(cr);
}

/* An oval patch on the skin, slanted: its rear end `slant` degrees higher. */
static void patch(cairo_t *cr, const orca *o, float u, float angle, float along, float around,
                  float slant) {
    for (int i = 0; i < 24; i++) {
        float t = (float)i * 15 * degree;
        float c = cosf(t), s = sinf(t);
        to(cr, o, u + along * c, angle + around * s - slant * c);
    }
    cairo_close_path(cr);
}

static void paint_face(cairo_t *cr, const orca *o) {
    patch(cr, o, .155f, -14, .052f, 13, 6);
    lint_cairo_rgb(cr, o->white, 1);
    cairo_fill(cr);
    if (o->roll > 50 * degree) { /* belly up: the other eye patch comes into view */
        patch(cr, o, .155f, 194, .052f, 13, -6);
        cairo_fill(cr);
    }
    patch(cr, o, .098f, 2, .007f, 4, 0); /* the eye, a glint in the black */
    lint_cairo_rgb(cr, o->grey, 0.8f);
    cairo_fill(cr);
    for (int i = 0; i <= 8; i++) /* the mouth */
        to(cr, o, (float)i * .0115f, 13 + 0.6f * (float)i);
    cairo_set_line_width(cr, .006);
    lint_cairo_rgb(cr, o->black, 0.8f);
    cairo_stroke(cr);
}

static void paint_saddle(cairo_t *cr, const orca *o) {
    static const float edge[][2] = {{.47f, -88},  {.50f, -62}, {.55f, -45}, {.60f, -44},
                                    {.615f, -58}, {.60f, -75}, {.60f, -90}, {.54f, -100}};
    for (size_t i = 0; i < sizeof edge / sizeof *edge; i++)
        to(cr, o, edge[i][0], edge[i][1]);
    cairo_close_path(cr);
    lint_cairo_rgb(cr, o->grey, 0.75f);
    cairo_fill(cr);
}

/* The dorsal fin: leading edge full, trailing edge hollow, tip leaning back. */
static void path_fin(cairo_t *cr, const orca *o) {
    float h = o->fin * cosf(o->roll);
    float r = lint_tube_radius(&o->body, .42f);
    float x[6], y[6];
    lint_tube_off(&o->body, .34f, -r * 0.9f, &x[0], &y[0]);
    lint_tube_off(&o->body, .40f, -r - h * 0.55f, &x[1], &y[1]);
    lint_tube_off(&o->body, .45f, -r - h * 0.95f, &x[2], &y[2]);
    lint_tube_off(&o->body, .50f, -r - h, &x[3], &y[3]);
    lint_tube_off(&o->body, .465f, -r - h * 0.5f, &x[4], &y[4]);
    lint_tube_off(&o->body, .51f, -r * 0.8f, &x[5], &y[5]);
    cairo_move_to(cr, x[0], y[0]);
    cairo_curve_to(cr, x[1], y[1], x[2], y[2], x[3], y[3]);
    cairo_curve_to(cr, x[4], y[4], x[4], y[4], x[5], y[5]);
    cairo_close_path(cr);
}

/* The flukes, seen slantwise: two lobes on either side of the tail's end. */
static void path_flukes(cairo_t *cr, const orca *o) {
    const int end = LINT_TUBE_POINTS - 1;
    float nx = o->body.nx[end], ny = o->body.ny[end], tx = ny, ty = -nx;
    float x = o->body.p[end].x, y = o->body.p[end].y;
    for (int lobe = -1; lobe <= 1; lobe += 2) {
        float s = (float)lobe * o->spread;
#define AT(t, n) (double)(x + tx * (t) + nx * (n)), (double)(y + ty * (t) + ny * (n))
        cairo_move_to(cr, AT(-.05f, -.012f * (float)lobe));
        cairo_curve_to(cr, AT(.0f, .05f * s), AT(.07f, .14f * s), AT(.135f, .185f * s));
        cairo_curve_to(cr, AT(.115f, .12f * s), AT(.10f, .05f * s), AT(.075f, .0f));
        cairo_line_to(cr, AT(-.05f, -.012f * (float)lobe));
        cairo_close_path(cr);
#undef AT
    }
}

/* A flipper, a broad paddle from the chest; side 1 the near one, -1 the far one. */
static void path_flipper(cairo_t *cr, const orca *o, int side, float sweep) {
    float x0, y0;
    skin(o, .235f, side > 0 ? 50 : 140, &x0, &y0);
    float f;
    int i = (int)(.235f * (LINT_TUBE_POINTS - 1));
    f = side > 0 ? sweep : sweep + 0.35f;
    float nx = o->body.nx[i], ny = o->body.ny[i], tx = ny, ty = -nx;
    float ax = tx * cosf(f) + nx * sinf(f), ay = ty * cosf(f) + ny * sinf(f); /* along the blade */
    float bx = -ay, by = ax;
#define AT(l, w) (double)(x0 + ax * (l) + bx * (w)), (double)(y0 + ay * (l) + by * (w))
    cairo_move_to(cr, AT(-.01f, -.035f));
    cairo_curve_to(cr, AT(.06f, -.065f), AT(.17f, -.06f), AT(.19f, .0f));
    cairo_curve_to(cr, AT(.18f, .045f), AT(.07f, .05f), AT(-.01f, .03f));
    cairo_close_path(cr);
#undef AT
}

/* Widens box by cairo's current path, and forgets the path. */
static void extend_path(cairo_t *cr, lint_box *box) {
    double x0, y0, x1, y1;
    cairo_path_extents(cr, &x0, &y0, &x1, &y1);
    cairo_new_path(cr);
    box->x0 = fminf(box->x0, (float)x0);
    box->y0 = fminf(box->y0, (float)y0);
    box->x1 = fmaxf(box->x1, (float)x1);
    box->y1 = fmaxf(box->y1, (float)y1);
}

static lint_box measure(cairo_t *cr, const orca *o, float sweep) {
    lint_box b = {1e9f, 1e9f, -1e9f, -1e9f};
    cairo_identity_matrix(cr);
    cairo_new_path(cr);
    lint_tube_extend(&o->body, &b);
    path_fin(cr, o);
    extend_path(cr, &b);
    path_flukes(cr, o);
    extend_path(cr, &b);
    path_flipper(cr, o, 1, sweep);
    extend_path(cr, &b);
    if (b.y1 > o->cut) b.y1 = o->cut;
    return b;
}

static void begin(lint_easel *e, const orca *o) {
    lint_layer_begin(e);
    cairo_rectangle(e->cr, -10, -10, 20, 10 + (double)o->cut);
    cairo_clip(e->cr);
}

static void draw(lint_easel *e, const orca *o, float sweep) {
    cairo_t *cr = e->cr;
    lint_relief skinned = {.radius = .05f, .depth = .38f, .shade = 1, .gloss = .34f};
    lint_relief thin = {.radius = .02f, .depth = .3f, .shade = 1, .gloss = .18f};
    lint_relief far = {.radius = .02f, .depth = .2f, .shade = 0.75f, .gloss = .06f};
    begin(e, o);
    lint_cairo_rgb(cr, o->black, 1);
    path_flipper(cr, o, -1, sweep);
    cairo_fill(cr);
    lint_layer_end(e, &far);

    begin(e, o);
    lint_cairo_rgb(cr, o->black, 1);
    path_fin(cr, o);
    cairo_fill(cr);
    path_flukes(cr, o);
    cairo_fill(cr);
    lint_layer_end(e, &thin);

    begin(e, o);
    lint_tube_path(&o->body, cr);
    cairo_clip(cr);
    lint_cairo_rgb(cr, o->black, 1);
    cairo_paint(cr);
    paint_belly(cr, o);
    paint_saddle(cr, o);
    paint_face(cr, o);
    lint_layer_end(e, &skinned);

    begin(e, o);
    lint_cairo_rgb(cr, o->black, 1);
    path_flipper(cr, o, 1, sweep);
    cairo_fill(cr);
    lint_layer_end(e, &thin);
}

/* Puts the cut at a share of the height from the top. */
static void cut_at(orca *o, cairo_t *cr, float sweep, float share) {
    lint_box b = measure(cr, o, sweep);
    o->cut = b.y0 + (b.y1 - b.y0) * share;
}

enum { SWIM, BREACH, SPYHOP, SURFACE, DIVE, POSES };

/* Each pose's bounds; what is left out is not drawn. Roll in degrees; seen: the share of the height
 * above the cut. */
static const struct bounds {
    float roll[2], tail[2], bend[2], turn[2], seen[2];
} poses[POSES] = {
    [SWIM] = {.tail = {-1.2f, 1.2f}, .bend = {-.4f, .4f}, .turn = {-.25f, .25f}},
    [BREACH] = {.roll = {5, 70}, .tail = {-1, 1}, .bend = {-.9f, .2f}, .turn = {.55f, 1.15f}},
    [SPYHOP] = {.roll = {10, 75},
                .bend = {-.2f, .2f},
                .turn = {1.25f, 1.75f},
                .seen = {.48f, .62f}},
    [SURFACE] = {.roll = {-10, 8},
                 .tail = {0, .8f},
                 .bend = {.2f, .6f},
                 .turn = {-.05f, .3f},
                 .seen = {.58f, .8f}},
    [DIVE] = {.tail = {-1.0f, .6f}, .bend = {-.9f, .1f}, .turn = {-1.0f, -.5f}},
};

static int given(const float bounds[2]) {
    return bounds[0] < bounds[1];
}

/* 0, and no number used up, where no bounds are given. */
static float within(lint_easel *e, const float bounds[2]) {
    return given(bounds) ? lint_easel_range(e, bounds[0], bounds[1]) : 0;
}

static void pose(lint_easel *e, orca *o, float *sweep) {
    *sweep = lint_easel_range(e, 0.5f, 1.2f);
    o->cut = 10;
    o->roll = lint_easel_range(e, -5, 20) * degree;
    const struct bounds *b = &poses[lint_rng_below(&e->rng, POSES)];
    if (given(b->roll)) o->roll = within(e, b->roll) * degree;
    float tail = within(e, b->tail);
    float bend = within(e, b->bend);
    float turn = within(e, b->turn);
    lay(o, turn, bend, tail);
    if (given(b->seen)) cut_at(o, e->cr, *sweep, within(e, b->seen));
}

void lint_draw_orca(lint_easel *e, lint_spot at) {
    orca o = {0};
    o.fin = lint_easel_range(e, .12f, .21f);
    o.spread = lint_easel_range(e, .5f, 1);
    float lift = lint_easel_range(e, 0, .05f), sweep;
    o.black = (lint_rgb){.055f + lift, .06f + lift, .075f + lift};
    float white = lint_easel_range(e, .86f, .97f);
    o.white = (lint_rgb){white, white, white * lint_easel_range(e, .93f, 1.0f)};
    o.grey = lint_rgb_mix(o.black, o.white, 0.55f);
    pose(e, &o, &sweep);
    lint_box box = measure(e->cr, &o, sweep);
    float x = (box.x0 + box.x1) / 2, y = (box.y0 + box.y1) / 2;
    lint_tube_centre(&o.body, o.cut, &x, &y);
    lint_easel_frame(e, box, x, y, at, 0, lint_easel_chance(e, 0.5f));
    draw(e, &o, sweep);
}
