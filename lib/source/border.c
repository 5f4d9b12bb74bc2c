#include "source/border.h"

#include <math.h>
#include <string.h>

enum {
    SIDE = LINT_BORDER_SIDE,
    LIGHTS = 4,
    OPPONENTS = 5,
    DIRECTIONS = 4,
    STRENGTHS = 3,
    SCALES = 2
};

/* Gradients weaker than the first are flat; the others part weak, middling and strong. In grey
 * levels over two pixels. */
static const double STRENGTH[STRENGTHS] = {6, 20, 60};

/* tan(22.5 degrees): where one of four directions ends and the next begins. */
static const double OCTANT = 0.41421356237309503;

/* The part of a picture that is described. A ring of a tenth is 36 % of the picture, as is the square
 * that leaves a fifth on each side. */
typedef enum part { BORDER, CENTER } part;

static int is_in(part of, int x, int y, int side) {
    int off = of == BORDER ? side / 10 : side / 5;
    int outside = x < off || y < off || x >= side - off || y >= side - off;
    return outside == (of == BORDER);
}

/* --- colour ----------------------------------------------------------------------------------- */

/* v in [0, 1] lies between two of n bins; it counts for both by nearness. */
static int spread(double v, int n, double *upper) {
    double at = v * (n - 1);
    int lower = (int)at;
    if (lower > n - 2) lower = n - 2;
    *upper = at - lower;
    return lower;
}

/* -1..1 -> 0..1, finest round grey. */
static double opponent(double v) {
    return 0.5 + 0.5 * (v < 0 ? -sqrt(-v) : sqrt(v));
}

static void count_colour(double *hist, const uint8_t *p) {
    double r = p[0] / 255.0, g = p[1] / 255.0, b = p[2] / 255.0;
    double share[3];
    int at[3] = {spread((r + g + b) / 3, LIGHTS, &share[0]),
                 spread(opponent(r - g), OPPONENTS, &share[1]),
                 spread(opponent((r + g) / 2 - b), OPPONENTS, &share[2])};
    for (int corner = 0; corner < 8; corner++) {
        double weight = 1;
        int i[3];
        for (int k = 0; k < 3; k++) {
            int up = corner >> k & 1;
            weight *= up ? share[k] : 1 - share[k];
            i[k] = at[k] + up;
        }
        hist[(i[0] * OPPONENTS + i[1]) * OPPONENTS + i[2]] += weight;
    }
}

/* --- texture ---------------------------------------------------------------------------------- */

static int direction(double gx, double gy) {
    double ax = fabs(gx), ay = fabs(gy);
    if (ay <= OCTANT * ax) return 0;
    if (ax <= OCTANT * ay) return 2;
    return (gx < 0) == (gy < 0) ? 1 : 3;
}

/* hist [1 + DIRECTIONS * STRENGTHS] of grey [side,side], central differences. */
static void count_texture(double *hist, const double *grey, int side, part of) {
    for (int y = 1; y < side - 1; y++)
        for (int x = 1; x < side - 1; x++) {
            if (!is_in(of, x, y, side)) continue;
            const double *g = grey + y * side + x;
            double gx = g[1] - g[-1], gy = g[side] - g[-side];
            double strength = sqrt(gx * gx + gy * gy);
            int level = 0;
            while (level < STRENGTHS && strength >= STRENGTH[level])
                level++;
            hist[level ? 1 + direction(gx, gy) * STRENGTHS + level - 1 : 0] += 1;
        }
}

/* half [side/2,side/2] of grey [side,side]; may be the same memory. */
static void halve(double *half, const double *grey, int side) {
    int n = side / 2;
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++) {
            const double *g = grey + 2 * y * side + 2 * x;
            half[y * n + x] = (g[0] + g[1] + g[side] + g[side + 1]) / 4;
        }
}

/* ---------------------------------------------------------------------------------------------- */

static void store(float *out, const double *hist, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += hist[i];
    for (int i = 0; i < n; i++)
        out[i] = (float)sqrt(hist[i] / sum);
}

static void describe(const lint_image *im, part of, float *out) {
    enum { BINS = 1 + DIRECTIONS * STRENGTHS };
    _Static_assert(LIGHTS * OPPONENTS * OPPONENTS == LINT_BORDER_COLOURS, "colours");
    _Static_assert(SCALES * BINS == LINT_BORDER_TEXTURES, "textures");
    double grey[SIDE * SIDE], colour[LINT_BORDER_COLOURS] = {0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        const uint8_t *p = im->px + 3 * i;
        grey[i] = (299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000.0;
        if (is_in(of, i % SIDE, i / SIDE, SIDE)) count_colour(colour, p);
    }
    store(out, colour, LINT_BORDER_COLOURS);
    for (int scale = 0, side = SIDE; scale < SCALES; scale++, side /= 2) {
        double texture[BINS] = {0};
        if (scale) halve(grey, grey, 2 * side);
        count_texture(texture, grey, side, of);
        store(out + LINT_BORDER_COLOURS + scale * BINS, texture, BINS);
    }
}

void lint_border_describe(const lint_image *im, float *out) {
    describe(im, BORDER, out);
}

void lint_border_describe_center(const lint_image *im, float *out) {
    describe(im, CENTER, out);
}
