#include "source/crop.h"

#include <math.h>
#include <string.h>

lint_crop lint_crop_of(const lint_objects *o, size_t i) {
    lint_crop c = {.number = i + 1, .shares = o->shares, .w = o->w, .h = o->h};
    memcpy(c.box, o->v[i].box, sizeof c.box);
    return c;
}

int lint_crop_is_stored(const lint_image_facts *facts, int w, int h) {
    return lint_exif_swaps(facts->orientation) && w != h && w == facts->h && h == facts->w;
}

/* The crop's box in pixels of the upright picture, with its margin. */
static int place_box(const lint_crop *c, double margin, const lint_image_facts *facts,
                     double box[4], lint_err *e) {
    double w = c->shares ? facts->w : 1, h = c->shares ? facts->h : 1;
    for (int k = 0; k < 4; k++)
        box[k] = c->box[k] * (k % 2 ? h : w);
    if (!c->shares && lint_crop_is_stored(facts, c->w, c->h))
        lint_image_turn_box(box, c->w, c->h, facts->orientation);
    else if (!c->shares && c->w && (c->w != facts->w || c->h != facts->h))
        return lint_fail_size(c->w, c->h, facts->w, facts->h, e);
    box[0] -= margin * box[2];
    box[1] -= margin * box[3];
    box[2] *= 1 + 2 * margin;
    box[3] *= 1 + 2 * margin;
    return 0;
}

/* The pixels that an interval touches; what it touches by rounding alone does not count. */
static void pixels_of(double from, double size, int most, int *first, int *end) {
    static const double NONE = 1e-6;
    *first = (int)fmin(fmax(floor(from + NONE), 0), most);
    *end = (int)fmin(fmax(ceil(from + size - NONE), 0), most);
}

static int cut(const lint_image *from, lint_image *to, int x, int y, int w, int h, lint_err *e) {
    size_t c = (size_t)from->c, row = (size_t)w * c;
    lint_image_free(to);
    if (lint_image_new(to, w, h, from->c, e) < 0) return -1;
    for (int j = 0; j < h; j++)
        memcpy(to->px + (size_t)j * row,
               from->px + ((size_t)(y + j) * (size_t)from->w + (size_t)x) * c, row);
    return 0;
}

int lint_crop_cut(const lint_crop *c, double margin, const lint_image_facts *facts,
                  const lint_image *from, lint_image *to, lint_err *e) {
    double box[4];
    int x, y, x_end, y_end;
    if (place_box(c, margin, facts, box, e) < 0) return -1;
    pixels_of(box[0], box[2], facts->w, &x, &x_end);
    pixels_of(box[1], box[3], facts->h, &y, &y_end);
    if (x >= x_end || y >= y_end)
        return lint_fail(e, "object %zu lies beyond the picture", c->number);
    return cut(from, to, x, y, x_end - x, y_end - y, e);
}
