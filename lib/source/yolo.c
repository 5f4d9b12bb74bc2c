#include "source/yolo.h"
#include "base/grow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far beyond 0 and 1 a share may be by rounding, in programs that clip after it. */
#define SLACK 0.01

enum { CENTRE_X = 1, CENTRE_Y, WIDTH, HEIGHT, BOX_NUMBERS, CONFIDENCE = BOX_NUMBERS };
enum { SURE_BOX_NUMBERS = CONFIDENCE + 1, POLYGON_NUMBERS };

/* Draws into a mask, or collects. */
typedef struct drawing {
    lint_objects *to; /* NULL: draws */
    double least;
    int w, h;
    uint8_t *mask;
    lint_box_shape shape;
    double *v; /* the numbers of a line */
    size_t n, room, points;
    double work; /* pixels that drawing looks at */
} drawing;

/* The number at *at, with blanks before it skipped; 0 at the line's end. */
static int next_number(const char **at, double *v, lint_err *e) {
    *at += strspn(*at, " \t\r");
    size_t n = strcspn(*at, " \t\r\n");
    char *end;
    if (!n) return 0;
    *v = strtod(*at, &end);
    /* strtod knows nan, inf and hexadecimal. */
    if (end != *at + n || strspn(*at, "0123456789+-.eE") != n || !isfinite(*v))
        return lint_fail(e, "'%.*s' is not a number", n < 40 ? (int)n : 40, *at);
    *at += n;
    return 1;
}

static int read_numbers(drawing *d, const char *at, lint_err *e) {
    double v, *more;
    int got;
    for (d->n = 0; (got = next_number(&at, &v, e)) > 0; d->v[d->n++] = v) {
        if (d->n > 2 * LINT_YOLO_POINTS)
            return lint_fail(e, "more than %d points", LINT_YOLO_POINTS);
        if (!(more = lint_grow(d->v, d->n, &d->room, sizeof *more)))
            return lint_fail_mem(e, "an outline");
        d->v = more;
    }
    return got;
}

static int check_numbers(const drawing *d, lint_err *e) {
    int is_box = d->n == BOX_NUMBERS || d->n == SURE_BOX_NUMBERS;
    if (!is_box && (d->n < POLYGON_NUMBERS || d->n % 2 == 0))
        return lint_fail(e,
                         "%zu %s, expected a class and a box (4 numbers) or a class and a polygon "
                         "(x and y of three points or more)",
                         d->n, d->n == 1 ? "number" : "numbers");
    if (d->v[0] < 0 || d->v[0] > 1e9 || d->v[0] != floor(d->v[0]))
        return lint_fail(e, "%g is not a class, expected a whole number", d->v[0]);
    for (size_t i = 1; i < d->n; i++)
        if (d->v[i] < -SLACK || d->v[i] > 1 + SLACK)
            return lint_fail(e, "%g is out of range, expected shares of width and height (0 to 1)",
                             d->v[i]);
    if (is_box && (d->v[WIDTH] <= 0 || d->v[HEIGHT] <= 0))
        return lint_fail(e, "a box of %gx%g has no area", d->v[WIDTH], d->v[HEIGHT]);
    return 0;
}

static int count_work(drawing *d, size_t points, double work, lint_err *e) {
    d->points += points;
    d->work += work;
    if (d->points > LINT_YOLO_POINTS) return lint_fail(e, "more than %d points", LINT_YOLO_POINTS);
    if (d->work > LINT_YOLO_TIMES * (double)d->w * d->h)
        return lint_fail(e, "the objects cover more than %d times the picture", LINT_YOLO_TIMES);
    return 0;
}

static int draw_box(drawing *d, lint_err *e) {
    double w = d->v[WIDTH] * d->w, h = d->v[HEIGHT] * d->h;
    double box[4] = {d->v[CENTRE_X] * d->w - w / 2, d->v[CENTRE_Y] * d->h - h / 2, w, h};
    if (count_work(d, 2, lint_box_work(box, d->w, d->h), e) < 0) return -1;
    lint_box_fill(d->mask, d->w, d->h, box, d->shape);
    return 0;
}

static int draw_polygon(drawing *d, lint_err *e) {
    double *xy = d->v + 1;
    size_t points = (d->n - 1) / 2;
    for (size_t i = 0; i < 2 * points; i++)
        xy[i] *= i % 2 ? d->h : d->w;
    if (count_work(d, points, lint_polygon_work(xy, points, d->w, d->h), e) < 0) return -1;
    return lint_polygon_fill(d->mask, d->w, d->h, xy, points, e);
}

/* The box, or the smallest box round the polygon. */
static int collect(const drawing *d, lint_err *e) {
    double x0 = 2, y0 = 2, x1 = -1, y1 = -1;
    char class[32];
    snprintf(class, sizeof class, "%.0f", d->v[0]);
    for (size_t i = 1; i + 1 < d->n && d->n >= POLYGON_NUMBERS; i += 2) {
        x0 = fmin(x0, d->v[i]), x1 = fmax(x1, d->v[i]);
        y0 = fmin(y0, d->v[i + 1]), y1 = fmax(y1, d->v[i + 1]);
    }
    if (d->n < POLYGON_NUMBERS) {
        x0 = d->v[CENTRE_X] - d->v[WIDTH] / 2, x1 = x0 + d->v[WIDTH];
        y0 = d->v[CENTRE_Y] - d->v[HEIGHT] / 2, y1 = y0 + d->v[HEIGHT];
    }
    if (x1 <= x0 || y1 <= y0) return lint_fail(e, "a polygon without area");
    return lint_objects_add(d->to, (double[]){x0, y0, x1 - x0, y1 - y0}, class, e);
}

static int draw_line(drawing *d, const char *line, lint_err *e) {
    if (read_numbers(d, line, e) < 0) return -1;
    if (d->n == 0) return 0; /* an empty line */
    if (check_numbers(d, e) < 0) return -1;
    if (d->n == SURE_BOX_NUMBERS && d->v[CONFIDENCE] < d->least) return 0;
    if (d->to) return collect(d, e);
    return d->n < POLYGON_NUMBERS ? draw_box(d, e) : draw_polygon(d, e);
}

static int read_lines(drawing *d, const char *text, size_t len, lint_err *e) {
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as Windows' editors put it first */
    const char *at = strncmp(text, mark, 3) == 0 ? text + 3 : text;
    int err = 0;
    if (strlen(text) != len) return lint_fail(e, "not a text");
    for (size_t line = 1; at && !err; line++) {
        err = draw_line(d, at, e);
        if (err) lint_err_prefix(e, "line %zu: ", line);
        at = strchr(at, '\n');
        if (at) at++;
    }
    free(d->v);
    return err;
}

int lint_yolo_draw(const char *text, size_t len, double least, lint_box_shape shape, int w, int h,
                   uint8_t *mask, lint_err *e) {
    drawing d = {.least = least, .w = w, .h = h, .mask = mask, .shape = shape};
    memset(mask, 0, (size_t)w * (size_t)h);
    return read_lines(&d, text, len, e);
}

int lint_yolo_objects(const char *text, size_t len, double least, lint_objects *to, lint_err *e) {
    drawing d = {.to = to, .least = least};
    to->shares = 1;
    return read_lines(&d, text, len, e);
}
