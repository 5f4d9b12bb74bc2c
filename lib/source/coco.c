#include "source/coco.h"
#include "base/grow.h"

#include "base/text.h"
#include "picture/image.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Farther out than any picture; keeps rows and columns in int arithmetic. */
#define FAR 1e6

#define NO_OUTLINE "no outline (a bounding box alone is not enough)"

typedef struct entry {
    json_int_t id;
    char *file; /* as it is written, but with / for \ */
    int w, h;
    size_t points; /* of all its outlines */
    double work;   /* pixels that drawing them looks at */
    int skipped;   /* whether an annotation of it was passed over */
} entry;

/* A polygon, or a run-length code. */
typedef struct outline {
    size_t image; /* entry */
    int runs;
    double *v; /* x, y of each point; or lengths of runs down the columns, the first outside */
    size_t n;
} outline;

struct lint_coco {
    entry *image; /* by id */
    size_t images;
    outline *outline; /* by entry, in the file's order */
    size_t outlines, room;
    size_t *by_name; /* entries by the last part of their names */
    size_t runs;     /* unpacked, of all outlines */
    int skip;
    size_t skipped; /* annotations */
};

void lint_coco_free(lint_coco *c) {
    if (!c) return;
    for (size_t i = 0; i < c->images; i++)
        free(c->image[i].file);
    for (size_t i = 0; i < c->outlines; i++)
        free(c->outline[i].v);
    free(c->image);
    free(c->outline);
    free(c->by_name);
    free(c);
}

size_t lint_coco_skipped(const lint_coco *c) {
    return c->skipped;
}

/* --- polygons --------------------------------------------------------------------------------- */

typedef struct box {
    int x0, x1, y0, y1; /* pixels, the ends not in it */
} box;

static int clamp(double v, int most) {
    return v < 0 ? 0 : v > most ? most : (int)v;
}

static box box_of(const double *xy, size_t points, int w, int h) {
    double least[2] = {FAR, FAR}, most[2] = {-FAR, -FAR};
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

/* What filling looks at: the pixels of the box, and the rows that each edge crosses. */
static double polygon_work(const double *xy, size_t points, int w, int h) {
    box b = box_of(xy, points, w, h);
    double work = (double)(b.x1 - b.x0) * (b.y1 - b.y0);
    for (size_t i = 0; i < points; i++) {
        double y = xy[2 * i + 1], next = xy[2 * ((i + 1) % points) + 1];
        work += abs(clamp(next, h) - clamp(y, h));
    }
    return work;
}

/* --- run-length codes ------------------------------------------------------------------------- */

/* Runs go down the columns: outside, inside, outside... */
static void fill_runs(uint8_t *columns, const outline *o) {
    size_t at = 0;
    for (size_t i = 0; i < o->n; i++) {
        size_t run = (size_t)o->v[i];
        if (i % 2) memset(columns + at, 255, run);
        at += run;
    }
}

/* Adds what is drawn column by column to a mask of rows, some columns at a time for the cache. */
static void add_columns(uint8_t *mask, int w, int h, const uint8_t *columns) {
    enum { SOME = 64 };
    size_t width = (size_t)w, height = (size_t)h;
    for (size_t x0 = 0; x0 < width; x0 += SOME)
        for (size_t y = 0; y < height; y++)
            for (size_t x = x0; x < width && x < x0 + SOME; x++)
                mask[y * width + x] |= columns[x * height + y];
}

static double runs_inside(const outline *o) {
    double sum = 0;
    for (size_t i = 1; i < o->n; i += 2)
        sum += o->v[i];
    return sum;
}

/* --- masks ------------------------------------------------------------------------------------ */

/* The first outline of an entry, or of those behind it. */
static size_t first_outline(const lint_coco *c, size_t image) {
    size_t at = 0, end = c->outlines;
    while (at < end) {
        size_t middle = at + (end - at) / 2;
        if (c->outline[middle].image < image)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

static int draw_polygons(const outline *o, size_t n, int w, int h, uint8_t *mask, lint_err *e) {
    for (size_t i = 0; i < n; i++)
        if (!o[i].runs && lint_polygon_fill(mask, w, h, o[i].v, o[i].n / 2, e) < 0) return -1;
    return 0;
}

static int draw_runs(const outline *o, size_t n, int w, int h, uint8_t *mask, lint_err *e) {
    size_t first = 0;
    while (first < n && !o[first].runs)
        first++;
    if (first == n) return 0;
    uint8_t *columns = calloc((size_t)w * (size_t)h, 1);
    if (!columns) return lint_fail_mem(e, "an outline");
    for (size_t i = first; i < n; i++)
        if (o[i].runs) fill_runs(columns, &o[i]);
    add_columns(mask, w, h, columns);
    free(columns);
    return 0;
}

int lint_coco_draw(const lint_coco *c, long image, int w, int h, uint8_t *mask, lint_err *e) {
    const entry *i = &c->image[image];
    if (i->w != w || i->h != h)
        return lint_fail(e, "the annotations are of a picture of %dx%d, but it is %dx%d", i->w,
                         i->h, w, h);
    size_t first = first_outline(c, (size_t)image), n = first_outline(c, (size_t)image + 1) - first;
    if (!n && i->skipped) return lint_fail(e, "its annotations have " NO_OUTLINE);
    memset(mask, 0, (size_t)w * (size_t)h);
    if (!n) return 0;
    const outline *o = c->outline + first;
    return draw_polygons(o, n, w, h, mask, e) < 0 ? -1 : draw_runs(o, n, w, h, mask, e);
}

/* --- names ------------------------------------------------------------------------------------ */

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A name without what Label Studio puts before it. */
static const char *without_prefix(const char *name) {
    for (int i = 0; i < 8; i++)
        if (!isxdigit((unsigned char)name[i])) return name;
    return name[8] == '-' && name[9] ? name + 9 : name;
}

static int compare_names(const char *a, const char *b) {
    return strcmp(without_prefix(last_part(a)), without_prefix(last_part(b)));
}

/* How well a picture's path fits an entry's; 0: not at all. A name that is the same with its prefix
 * counts for more than any folder. */
static size_t likeness(const char *path, const char *file) {
    enum { SAME_NAME = 1 << 20 };
    const char *a = last_part(path), *b = last_part(file);
    size_t score = strcmp(a, b) == 0 ? SAME_NAME : strcmp(a, without_prefix(b)) == 0 ? 1 : 0;
    while (score && a > path && b > file && a[-1] == '/' && b[-1] == '/') {
        const char *x = a - 1, *y = b - 1;
        while (x > path && x[-1] != '/')
            x--;
        while (y > file && y[-1] != '/')
            y--;
        if (a - 1 - x != b - 1 - y || memcmp(x, y, (size_t)(a - 1 - x)) != 0) break;
        score++;
        a = x;
        b = y;
    }
    return score;
}

/* The first entry, in the order by name, whose name is not before the path's. */
static size_t first_like(const lint_coco *c, const char *path) {
    size_t at = 0, end = c->images;
    while (at < end) {
        size_t middle = at + (end - at) / 2;
        if (compare_names(c->image[c->by_name[middle]].file, path) < 0)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

/* Whether the entry at this place of the order by name has the path's name. */
static int is_like(const lint_coco *c, size_t at, const char *path) {
    return at < c->images && compare_names(c->image[c->by_name[at]].file, path) == 0;
}

/* How well the entries fit that fit best. */
static size_t best_score(const lint_coco *c, const char *path) {
    size_t best = 0;
    for (size_t at = first_like(c, path); is_like(c, at, path); at++) {
        size_t now = likeness(path, c->image[c->by_name[at]].file);
        if (now > best) best = now;
    }
    return best;
}

/* Raises what each of those entries has seen so far. */
static void claim(const lint_coco *c, const char *path, size_t score, size_t *most) {
    for (size_t at = first_like(c, path); is_like(c, at, path); at++) {
        size_t k = c->by_name[at];
        if (likeness(path, c->image[k].file) == score && score > most[k]) most[k] = score;
    }
}

/* Of those entries the one that no other picture fits better, or -1. */
static int best_entry(const lint_coco *c, const char *path, size_t score, const size_t *most,
                      long *best, lint_err *e) {
    *best = -1;
    for (size_t at = first_like(c, path); is_like(c, at, path); at++) {
        size_t k = c->by_name[at];
        if (!score || likeness(path, c->image[k].file) != score || most[k] > score) continue;
        if (*best >= 0)
            return lint_fail(e, "annotations of '%s' fit both %s and %s", path,
                             c->image[*best].file, c->image[k].file);
        *best = (long)k;
    }
    return 0;
}

/* All pictures are looked at before any gets its entry, so that their order does not matter: two
 * that fit one alike are nothing to complain of where a third fits it better. */
int lint_coco_match(const lint_coco *c, size_t n, const char *const *path, long *image,
                    lint_err *e) {
    size_t *score = calloc(n + 1, sizeof *score), *most = calloc(c->images + 1, sizeof *most),
           *owner = calloc(c->images + 1, sizeof *owner); /* counted from 1 */
    int err = score && most && owner ? 0 : lint_fail_mem(e, "annotations");
    for (size_t i = 0; i < n && !err; i++) {
        score[i] = best_score(c, path[i]);
        if (score[i]) claim(c, path[i], score[i], most);
    }
    for (size_t i = 0; i < n && !err; i++) {
        err = best_entry(c, path[i], score[i], most, &image[i], e);
        if (err || image[i] < 0) continue;
        size_t k = (size_t)image[i];
        if (owner[k])
            err = lint_fail(e, "'%s' fits both %s and %s", c->image[k].file, path[owner[k] - 1],
                            path[i]);
        owner[k] = i + 1;
    }
    free(score);
    free(most);
    free(owner);
    return err;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int whole(const json_t *o, const char *key, json_int_t least, json_int_t most, json_int_t *v,
                 lint_err *e) {
    const json_t *j = json_object_get(o, key);
    if (json_is_integer(j) && json_integer_value(j) >= least && json_integer_value(j) <= most) {
        *v = json_integer_value(j);
        return 0;
    }
    return lint_fail(e, "'%s': expected a whole number from %lld to %lld", key, (long long)least,
                     (long long)most);
}

static int read_image(entry *i, const json_t *o, lint_err *e) {
    json_int_t w, h;
    const char *file = json_string_value(json_object_get(o, "file_name"));
    if (!json_is_object(o)) return lint_fail(e, "expected an object");
    if (!file || !*file) return lint_fail(e, "'file_name': expected a text");
    if (whole(o, "id", INT64_MIN, INT64_MAX, &i->id, e) < 0 ||
        whole(o, "width", 1, LINT_IMAGE_MAX, &w, e) < 0 ||
        whole(o, "height", 1, LINT_IMAGE_MAX, &h, e) < 0)
        return -1;
    if (w * h > LINT_IMAGE_PIXELS)
        return lint_fail(e, "%lldx%lld is too large for a picture", (long long)w, (long long)h);
    i->w = (int)w;
    i->h = (int)h;
    if (!(i->file = strdup(file))) return lint_fail_mem(e, "annotations");
    for (char *at = i->file; (at = strchr(at, '\\'));)
        *at = '/';
    return 0;
}

static int by_id(const void *a, const void *b) {
    json_int_t x = ((const entry *)a)->id, y = ((const entry *)b)->id;
    return (x > y) - (x < y);
}

static int read_images(lint_coco *c, const json_t *list, lint_err *e) {
    if (!json_is_array(list)) return lint_fail(e, "'images': expected a list");
    size_t n = json_array_size(list);
    if (!(c->image = calloc(n + 1, sizeof *c->image))) return lint_fail_mem(e, "annotations");
    for (; c->images < n; c->images++)
        if (read_image(&c->image[c->images], json_array_get(list, c->images), e) < 0)
            return lint_err_prefix(e, "images[%zu]: ", c->images);
    if (n) qsort(c->image, n, sizeof *c->image, by_id);
    for (size_t i = 1; i < n; i++)
        if (c->image[i].id == c->image[i - 1].id)
            return lint_fail(e, "images: the id %lld is given twice", (long long)c->image[i].id);
    return 0;
}

/* Adds an outline; its v belongs to c from then on. */
static int add_outline(lint_coco *c, const outline *o, lint_err *e) {
    outline *more = lint_grow(c->outline, c->outlines, &c->room, sizeof *more);
    if (!more) {
        free(o->v);
        return lint_fail_mem(e, "annotations");
    }
    c->outline = more;
    c->outline[c->outlines++] = *o;
    return 0;
}

/* Numbers of a list, all between least and most, from malloc. */
static double *numbers(const json_t *list, double least, double most, lint_err *e) {
    size_t n = json_array_size(list);
    double *v = malloc((n + 1) * sizeof *v);
    if (!v) lint_fail_mem(e, "annotations");
    for (size_t i = 0; v && i < n; i++) {
        const json_t *j = json_array_get(list, i);
        v[i] = json_number_value(j);
        if (json_is_number(j) && v[i] >= least && v[i] <= most) continue;
        lint_fail(e, "expected numbers from %.0f to %.0f", least, most);
        free(v);
        return NULL;
    }
    return v;
}

static int count_points(entry *i, size_t more, lint_err *e) {
    i->points += more;
    if (i->points <= LINT_COCO_POINTS) return 0;
    return lint_fail(e, "more than %d points in the outlines of %s", LINT_COCO_POINTS, i->file);
}

/* Outlines may lie one on the other, and few bytes may outline all of a picture. */
static int count_work(entry *i, double more, lint_err *e) {
    i->work += more;
    if (i->work <= LINT_COCO_TIMES * (double)i->w * i->h) return 0;
    return lint_fail(e, "the outlines of %s cover more than %d times its pixels", i->file,
                     LINT_COCO_TIMES);
}

static int read_polygons(lint_coco *c, size_t image, const json_t *list, lint_err *e) {
    size_t n = json_array_size(list);
    if (n == 0) return lint_fail(e, NO_OUTLINE);
    entry *at = &c->image[image];
    for (size_t i = 0; i < n; i++) {
        const json_t *p = json_array_get(list, i);
        outline o = {.image = image, .n = json_array_size(p)};
        if (!json_is_array(p) || o.n < 6 || o.n % 2)
            return lint_fail(e,
                             "expected polygons, each a list of x and y of three points or more");
        if (count_points(at, o.n / 2, e) < 0 || !(o.v = numbers(p, -FAR, FAR, e))) return -1;
        if (count_work(at, polygon_work(o.v, o.n / 2, at->w, at->h), e) < 0) {
            free(o.v);
            return -1;
        }
        if (add_outline(c, &o, e) < 0) return -1;
    }
    return 0;
}

/* How many numbers packed counts hold: each has one digit that none follows. */
static size_t count_packed(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += !((*text - '0') & 0x20);
    return n;
}

/* COCO's compressed counts: numbers in digits of 5 bits from '0' on, the lowest first, a sixth bit
 * where more follow, signed; from the fourth on, less the one but last. From malloc. */
static double *unpack(lint_coco *c, const char *text, size_t *n, lint_err *e) {
    size_t all = count_packed(text);
    if ((c->runs += all) > LINT_COCO_VALUES) {
        lint_fail(e, "more than %d runs in the file", LINT_COCO_VALUES);
        return NULL;
    }
    double *v = malloc((all + 1) * sizeof *v);
    if (!v) {
        lint_fail_mem(e, "annotations");
        return NULL;
    }
    for (*n = 0; *text; (*n)++) {
        int64_t x = 0;
        int shift = 0, digit = 0x20;
        for (; digit & 0x20; text++, shift += 5) {
            digit = *text - '0';
            if (digit < 0 || digit > 0x3f || shift > 40) {
                lint_fail(e, "'counts' is not a run-length code");
                free(v);
                return NULL;
            }
            x |= (int64_t)(digit & 0x1f) << shift;
        }
        if (digit & 0x10) x -= (int64_t)1 << shift;
        v[*n] = (double)x + (*n > 2 ? v[*n - 2] : 0);
    }
    return v;
}

static int read_runs(lint_coco *c, size_t image, const json_t *o, lint_err *e) {
    entry *i = &c->image[image];
    const json_t *size = json_object_get(o, "size"), *counts = json_object_get(o, "counts");
    double sum = 0, all = (double)i->w * i->h;
    if (json_array_size(size) != 2 || json_integer_value(json_array_get(size, 0)) != i->h ||
        json_integer_value(json_array_get(size, 1)) != i->w)
        return lint_fail(e, "'size': expected [%d, %d], height and width of the picture", i->h,
                         i->w);
    outline r = {.image = image, .runs = 1, .n = json_array_size(counts)};
    if (json_is_string(counts))
        r.v = unpack(c, json_string_value(counts), &r.n, e);
    else if (json_is_array(counts))
        r.v = numbers(counts, 0, LINT_IMAGE_PIXELS, e);
    else
        return lint_fail(e, "'counts': expected a list or a text");
    if (!r.v) return -1;
    int err = 0;
    for (size_t k = 0; k < r.n && !err; k++) {
        err = r.v[k] < 0 || r.v[k] != floor(r.v[k]);
        sum += r.v[k];
    }
    err = err || sum != all;
    if (err) lint_fail(e, "'counts' do not add up to the picture's %.0f pixels", all);
    if (!err && count_work(i, runs_inside(&r), e) == 0) return add_outline(c, &r, e);
    free(r.v);
    return -1;
}

static int is_empty(const json_t *shape) {
    return !shape || json_is_null(shape) || (json_is_array(shape) && !json_array_size(shape));
}

static int read_annotation(lint_coco *c, const json_t *o, lint_err *e) {
    entry want = {0};
    const json_t *shape = json_object_get(o, "segmentation");
    if (!json_is_object(o)) return lint_fail(e, "expected an object");
    if (whole(o, "image_id", INT64_MIN, INT64_MAX, &want.id, e) < 0) return -1;
    const entry *i = c->images ? bsearch(&want, c->image, c->images, sizeof want, by_id) : NULL;
    if (!i) return lint_fail(e, "'image_id' %lld: no such image", (long long)want.id);
    size_t image = (size_t)(i - c->image);
    if (c->skip && is_empty(shape)) {
        c->image[image].skipped = 1;
        c->skipped++;
        return 0;
    }
    int err = json_is_object(shape)  ? read_runs(c, image, shape, e)
              : json_is_array(shape) ? read_polygons(c, image, shape, e)
                                     : lint_fail(e, "expected polygons or a run-length code");
    return err ? lint_err_prefix(e, "'segmentation': ") : 0;
}

static int by_image(const void *a, const void *b) {
    size_t x = ((const outline *)a)->image, y = ((const outline *)b)->image;
    return (x > y) - (x < y);
}

static int read_annotations(lint_coco *c, const json_t *list, lint_err *e) {
    if (!json_is_array(list)) return lint_fail(e, "'annotations': expected a list");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (read_annotation(c, json_array_get(list, i), e) < 0)
            return lint_err_prefix(e, "annotations[%zu]: ", i);
    if (c->outlines) qsort(c->outline, c->outlines, sizeof *c->outline, by_image);
    return 0;
}

/* Order by name: an insertion of each into a sorted list would be slow, and qsort has no context,
 * so pairs are sorted. */
typedef struct named {
    const char *file;
    size_t image;
} named;

static int by_name(const void *a, const void *b) {
    const named *x = a, *y = b;
    int order = compare_names(x->file, y->file);
    return order ? order : (x->image > y->image) - (x->image < y->image);
}

static int sort_names(lint_coco *c, lint_err *e) {
    named *list = calloc(c->images + 1, sizeof *list);
    c->by_name = calloc(c->images + 1, sizeof *c->by_name);
    int err = list && c->by_name ? 0 : lint_fail_mem(e, "annotations");
    for (size_t i = 0; i < c->images && !err; i++)
        list[i] = (named){c->image[i].file, i};
    if (!err && c->images) qsort(list, c->images, sizeof *list, by_name);
    for (size_t i = 0; i < c->images && !err; i++)
        c->by_name[i] = list[i].image;
    free(list);
    return err;
}

static json_t *parse_json(const char *json, size_t len, lint_err *e) {
    json_error_t je;
    if (lint_json_values(json, len) > LINT_COCO_VALUES) {
        lint_fail(e, "more than %d values", LINT_COCO_VALUES);
        return NULL;
    }
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &je);
    if (!root) lint_fail(e, "line %d: not valid JSON: %s", je.line, je.text);
    return root;
}

lint_coco *lint_coco_parse(const char *json, size_t len, int skip, lint_err *e) {
    json_t *root = parse_json(json, len, e);
    if (!root) return NULL;
    lint_coco *c = calloc(1, sizeof *c);
    int err = c ? 0 : lint_fail_mem(e, "annotations");
    if (!err && !json_is_object(root))
        err = lint_fail(e, "expected a JSON object with 'images' and 'annotations'");
    if (!err) c->skip = skip;
    if (!err) err = read_images(c, json_object_get(root, "images"), e);
    if (!err) err = read_annotations(c, json_object_get(root, "annotations"), e);
    if (!err) err = sort_names(c, e);
    json_decref(root);
    if (!err) return c;
    lint_coco_free(c);
    return NULL;
}

/* All of a file, at most LINT_COCO_BYTES, from malloc. */
static char *read_file(const char *path, size_t *len, lint_err *e) {
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t room = 0;
    int err = in ? 0 : lint_fail(e, "%s", strerror(errno));
    for (*len = 0; !err && !feof(in);) {
        if (*len == room) {
            room = room ? 2 * room : 1 << 16;
            char *more = room <= 2 * (size_t)LINT_COCO_BYTES ? realloc(text, room) : NULL;
            if (!more) err = lint_fail_mem(e, "annotations");
            if (more) text = more;
        }
        if (!err) *len += fread(text + *len, 1, room - *len, in);
        if (!err && ferror(in)) err = lint_fail(e, "%s", strerror(errno));
        if (!err && *len > LINT_COCO_BYTES)
            err = lint_fail(e, "larger than %u MiB", LINT_COCO_BYTES >> 20);
    }
    if (in) fclose(in);
    if (!err) return text;
    free(text);
    return NULL;
}

lint_coco *lint_coco_load(const char *path, int skip, lint_err *e) {
    size_t len;
    char *text = read_file(path, &len, e);
    lint_coco *c = text ? lint_coco_parse(text, len, skip, e) : NULL;
    if (!c) lint_err_prefix(e, "%s: ", path);
    free(text);
    return c;
}
