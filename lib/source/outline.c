#include "source/outline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- polygons --------------------------------------------------------------------------------- */

typedef struct box {
    int x0, x1, y0, y1; /* pixels, the ends not in it */
} box;

static int clamp(double v, int most) {
    return v < 0 ? 0 : v > most ? most : (int)v;
}

static box box_of(const double *xy, size_t points, int w, int h) {
    double least[2] = {LINT_OUTLINE_FAR, LINT_OUTLINE_FAR},
           most[2] = {-LINT_OUTLINE_FAR, -LINT_OUTLINE_FAR};
    for (size_t i = 0; i < 2 * points; i++) {
        least[i % 2] = fmin(least[i % 2], xy[i]);
        most[i % 2] = fmax(most[i % 2], xy[i]);
    }
    return (box){clamp(floor(least[0]), w), clamp(ceil(most[0]), w), clamp(floor(least[1]), h),
                 clamp(ceil(most[1]), h)};
}

/* How the winding number changes from pixel to pixel, by one edge: in each row whose centre it
 * crosses, from the first pixel whose centre lies right of it. */
static void cross(int *change, const box *b, double xa, double ya, double xb, double yb) {
    int down = ya < yb ? 1 : -1, width = b->x1 - b->x0 + 1;
    double top = fmin(ya, yb), bottom = fmax(ya, yb);
    int y = clamp(ceil(top - 0.5), b->y1), end = clamp(ceil(bottom - 0.5), b->y1);
    for (y = y < b->y0 ? b->y0 : y; y < end; y++) {
        double x = xa + (xb - xa) * ((double)y + 0.5 - ya) / (yb - ya);
        int at = clamp(ceil(x - 0.5), b->x1);
        change[(size_t)(y - b->y0) * (size_t)width + (size_t)(at < b->x0 ? 0 : at - b->x0)] += down;
    }
}

int lint_polygon_fill(uint8_t *mask, int w, int h, const double *xy, size_t points, lint_err *e) {
    box b = box_of(xy, points, w, h);
    size_t width = (size_t)(b.x1 - b.x0) + 1;
    if (points < 3 || b.x1 <= b.x0 || b.y1 <= b.y0) return 0;
    int *change = calloc(width * (size_t)(b.y1 - b.y0), sizeof *change);
    if (!change) return lint_fail_mem(e, "an outline");
    for (size_t i = 0; i < points; i++) {
        const double *p = xy + 2 * i, *q = xy + 2 * ((i + 1) % points);
        cross(change, &b, p[0], p[1], q[0], q[1]);
    }
    for (int y = b.y0; y < b.y1; y++) {
        int winding = 0;
        const int *row = change + (size_t)(y - b.y0) * width;
        for (int x = b.x0; x < b.x1; x++)
            if ((winding += row[x - b.x0])) mask[(size_t)y * (size_t)w + (size_t)x] = 255;
    }
    free(change);
    return 0;
}

double lint_polygon_work(const double *xy, size_t points, int w, int h) {
    box b = box_of(xy, points, w, h);
    double work = (double)(b.x1 - b.x0) * (b.y1 - b.y0);
    for (size_t i = 0; i < points; i++) {
        double y = xy[2 * i + 1], next = xy[2 * ((i + 1) % points) + 1];
        work += abs(clamp(next, h) - clamp(y, h));
    }
    return work;
}

/* --- boxes ------------------------------------------------------------------------------------ */

void lint_box_fill(uint8_t *mask, int w, int h, const double b[4], lint_box_shape shape) {
    double half_w = b[2] / 2, half_h = b[3] / 2, cx = b[0] + half_w, cy = b[1] + half_h;
    int y0 = clamp(ceil(b[1] - 0.5), h), y1 = clamp(ceil(b[1] + b[3] - 0.5), h);
    for (int y = y0; y < y1; y++) {
        double up = (y + 0.5 - cy) / half_h, inside = fmax(1 - up * up, 0);
        double reach = shape == LINT_BOX_ELLIPSE ? half_w * sqrt(inside) : half_w;
        int x0 = clamp(ceil(cx - reach - 0.5), w), x1 = clamp(ceil(cx + reach - 0.5), w);
        if (x1 > x0) memset(mask + (size_t)y * (size_t)w + (size_t)x0, 255, (size_t)(x1 - x0));
    }
}

double lint_box_work(const double b[4], int w, int h) {
    double x0 = b[0], y0 = b[1], x1 = x0 + b[2], y1 = y0 + b[3];
    return lint_polygon_work((double[]){x0, y0, x1, y0, x1, y1, x0, y1}, 4, w, h);
}
