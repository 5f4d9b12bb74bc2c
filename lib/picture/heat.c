#include "picture/heat.h"
#include "picture/evidence.h"

#include <math.h>
#include <stdlib.h>

/* --- map -> heat ------------------------------------------------------------------------------ */

/* One in this many cells of a map may exceed the value that counts as its maximum. */
enum { OUTLIERS = 100 };

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The robust maximum of |d| [n], or the maximum if that is 0. scratch [n]. */
static double robust_max(const double *d, size_t n, double *scratch) {
    for (size_t i = 0; i < n; i++)
        scratch[i] = fabs(d[i]);
    qsort(scratch, n, sizeof *scratch, by_size);
    double most = scratch[n - 1 - n / OUTLIERS];
    return most > 0 ? most : scratch[n - 1];
}

/* The four cells of a map that a pixel is interpolated from, along one side, with the weights of the
 * cubic B-spline. Beyond the edge of the map its last cell is repeated. */
typedef struct tap {
    size_t cell[4];
    double weight[4];
} tap;

static tap tap_at(size_t pixel, size_t pixels, size_t cells) {
    tap t;
    double at = ((double)pixel + 0.5) * (double)cells / (double)pixels - 0.5;
    double whole = floor(at), u = at - whole, v = 1 - u;
    t.weight[0] = v * v * v / 6;
    t.weight[1] = (4 - 6 * u * u + 3 * u * u * u) / 6;
    t.weight[2] = (4 - 6 * v * v + 3 * v * v * v) / 6;
    t.weight[3] = u * u * u / 6;
    for (int k = 0; k < 4; k++) {
        double cell = whole + k - 1;
        t.cell[k] = cell < 0 ? 0 : cell >= (double)(cells - 1) ? cells - 1 : (size_t)cell;
    }
    return t;
}

/* d [h,w] at (row, column), both of them taps. */
static double blend(const double *d, size_t w, const tap *row, const tap *column) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        const double *line = d + row->cell[i] * w;
        double across = 0;
        for (int j = 0; j < 4; j++)
            across += column->weight[j] * line[column->cell[j]];
        sum += row->weight[i] * across;
    }
    return sum;
}

/* The smoothed d at the centres of its cells, which the scale is taken from. */
static void smooth(double *out, const double *d, size_t h, size_t w) {
    for (size_t y = 0; y < h; y++) {
        tap row = tap_at(y, h, h);
        for (size_t x = 0; x < w; x++) {
            tap column = tap_at(x, w, w);
            out[y * w + x] = blend(d, w, &row, &column);
        }
    }
}

static void draw_out(float *heat, size_t H, size_t W, const double *d, size_t h, size_t w,
                     double scale, const tap *column) {
    for (size_t y = 0; y < H; y++) {
        tap row = tap_at(y, H, h);
        for (size_t x = 0; x < W; x++) {
            double v = blend(d, w, &row, &column[x]) / scale;
            heat[y * W + x] = (float)(v < -1 ? -1 : v > 1 ? 1 : v);
        }
    }
}

/* Brings d [n] into -limit..limit. */
static void clip(double *d, size_t n, double limit) {
    for (size_t i = 0; i < n; i++)
        d[i] = d[i] < -limit ? -limit : d[i] > limit ? limit : d[i];
}

int lint_heat_make(float *heat, size_t H, size_t W, const float *cam, size_t K, size_t h, size_t w,
                   size_t c, lint_err *e) {
    size_t n = h * w;
    for (size_t i = 0; i < K * n; i++)
        if (!isfinite(cam[i])) return lint_fail(e, "a map has values that are not finite");
    double *d = malloc(3 * n * sizeof *d);
    tap *column = malloc(W * sizeof *column);
    if (!d || !column) {
        free(d);
        free(column);
        return lint_fail_mem(e, "heat");
    }
    lint_evidence(cam, K, n, c, d);
    clip(d, n, robust_max(d, n, d + n));
    smooth(d + n, d, h, w);
    double scale = robust_max(d + n, n, d + 2 * n);
    for (size_t x = 0; x < W; x++)
        column[x] = tap_at(x, W, w);
    draw_out(heat, H, W, d, h, w, scale > 0 ? scale : 1, column);
    free(d);
    free(column);
    return scale > 0;
}

/* --- heat -> colour --------------------------------------------------------------------------- */

typedef struct stop {
    double at, r, g, b;
} stop;

/* matplotlib's plasma (CC0, Nathaniel Smith and Stefan van der Walt), at five points. */
static const stop evidence_for[] = {{0, 13, 8, 135},
                                    {0.25, 126, 3, 168},
                                    {0.5, 204, 71, 120},
                                    {0.75, 248, 149, 64},
                                    {1, 240, 249, 33}};

/* The density of the strongest evidence, through which the picture can still be seen. Density grows
 * a little faster than evidence, so that faint evidence is visible, but not so fast that evidence
 * from everywhere hides the scene. */
#define DENSEST       0.8
#define DENSITY_POWER 0.9
/* The share of the picture's own colours that is kept. */
#define COLOUR_KEPT 0.4

static void ramp(double v, double rgb[3]) {
    const stop *s = evidence_for;
    while (v > s[1].at)
        s++;
    double t = (v - s[0].at) / (s[1].at - s[0].at);
    rgb[0] = s[0].r + t * (s[1].r - s[0].r);
    rgb[1] = s[0].g + t * (s[1].g - s[0].g);
    rgb[2] = s[0].b + t * (s[1].b - s[0].b);
}

void lint_heat_colour(double v, double rgb[3], double *density) {
    ramp(v, rgb);
    *density = DENSEST * pow(v, DENSITY_POWER);
}

void lint_heat_lay(uint8_t *rgb, const float *heat, size_t n) {
    for (size_t i = 0; i < n; i++, rgb += 3) {
        double colour[3], density;
        lint_heat_colour(heat[i] < 0 ? 0 : (double)heat[i], colour, &density);
        double grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]; /* Rec. 601 luma */
        for (int c = 0; c < 3; c++) {
            double faded = grey + COLOUR_KEPT * (rgb[c] - grey);
            rgb[c] = (uint8_t)lround(faded + density * (colour[c] - faded));
        }
    }
}
