#include "source/object.h"
#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

int lint_objects_add(lint_objects *o, const double box[4], const char *category, lint_err *e) {
    if (o->n == LINT_OBJECTS_MAX) return lint_fail(e, "more than %d objects", LINT_OBJECTS_MAX);
    lint_object *more = lint_grow(o->v, o->n, &o->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "annotations");
    o->v = more;
    lint_object *to = &o->v[o->n];
    memcpy(to->box, box, sizeof to->box);
    to->category = category ? strdup(category) : NULL;
    if (category && !to->category) return lint_fail_mem(e, "annotations");
    o->n++;
    return 0;
}

void lint_objects_free(lint_objects *o) {
    for (size_t i = 0; i < o->n; i++)
        free(o->v[i].category);
    free(o->v);
    *o = (lint_objects){0};
}

int lint_fail_size(int w, int h, int picture_w, int picture_h, lint_err *e) {
    return lint_fail(e, "the annotations are of a picture of %dx%d, but it is %dx%d", w, h,
                     picture_w, picture_h);
}

int lint_objects_draw(const lint_objects *o, lint_box_shape shape, int w, int h, uint8_t *mask,
                      lint_err *e) {
    double work = 0;
    if (o->w && (o->w != w || o->h != h)) return lint_fail_size(o->w, o->h, w, h, e);
    memset(mask, 0, (size_t)w * (size_t)h);
    for (size_t i = 0; i < o->n; i++) {
        const double *b = o->v[i].box, kx = o->shares ? w : 1, ky = o->shares ? h : 1;
        const double box[4] = {b[0] * kx, b[1] * ky, b[2] * kx, b[3] * ky};
        work += lint_box_work(box, w, h);
        if (work > LINT_OBJECTS_TIMES * (double)w * h)
            return lint_fail(e, "the objects cover more than %d times the picture",
                             LINT_OBJECTS_TIMES);
        lint_box_fill(mask, w, h, box, shape);
    }
    return 0;
}
