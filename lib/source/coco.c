#include "base/grow.h"
#include "base/text.h"
#include "picture/image.h"
#include "source/coco_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void lint_coco_free(lint_coco *c) {
    if (!c) return;
    for (size_t i = 0; i < c->images; i++) {
        free(c->image[i].file);
        free(c->image[i].failure);
    }
    for (size_t i = 0; i < c->outlines; i++)
        free(c->outline[i].v);
    free(c->image);
    free(c->outline);
    free(c->by_name);
    free(c->category);
    lint_names_free(&c->below);
    lint_names_free(&c->categories);
    free(c);
}

size_t lint_coco_skipped(const lint_coco *c) {
    return c->skipped;
}
size_t lint_coco_degenerate(const lint_coco *c) {
    return c->degenerate;
}
size_t lint_coco_boxes(const lint_coco *c) {
    return c->boxes;
}
size_t lint_coco_scored(const lint_coco *c) {
    return c->scored;
}
size_t lint_coco_unsure(const lint_coco *c) {
    return c->unsure;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Some programs write 640.0. */
static int is_whole(const json_t *j, json_int_t *v) {
    double x = json_real_value(j);
    if (json_is_real(j) && fabs(x) <= 1e15 && x == floor(x)) return *v = (json_int_t)x, 1;
    *v = json_integer_value(j);
    return json_is_integer(j);
}

static int whole(const json_t *o, const char *key, json_int_t least, json_int_t most, json_int_t *v,
                 lint_err *e) {
    const json_t *j = json_object_get(o, key);
    if (is_whole(j, v) && *v >= least && *v <= most) return 0;
    return lint_fail(e, "'%s': expected a whole number from %lld to %lld", key, (long long)least,
                     (long long)most);
}

char *lint_coco_file(const char *name, lint_err *e) {
    char *file = strdup(name);
    if (!file) lint_fail_mem(e, "annotations");
    for (char *at = file; at && (at = strchr(at, '\\'));)
        *at = '/';
    return file;
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
    return (i->file = lint_coco_file(file, e)) ? 0 : -1;
}

static int by_id(const void *a, const void *b) {
    json_int_t x = ((const entry *)a)->id, y = ((const entry *)b)->id;
    return (x > y) - (x < y);
}

entry *lint_coco_more_images(lint_coco *c, size_t n, lint_err *e) {
    entry *more = realloc(c->image, (c->images + n + 1) * sizeof *more);
    if (!more) return lint_fail_mem(e, "annotations"), NULL;
    c->image = more;
    return more + (c->first = c->images);
}

/* Ids are of one file: each has an image 0. */
static int read_images(lint_coco *c, const json_t *list, const char *below, lint_err *e) {
    if (!json_is_array(list)) return lint_fail(e, "'images': expected a list");
    size_t n = json_array_size(list);
    entry *image = lint_coco_more_images(c, n, e);
    if (!image) return -1;
    for (size_t i = 0; i < n; i++, c->images++) {
        image[i] = (entry){.below = below};
        if (read_image(&image[i], json_array_get(list, i), e) < 0)
            return lint_err_prefix(e, "images[%zu]: ", i);
    }
    if (n) qsort(image, n, sizeof *image, by_id);
    for (size_t i = 1; i < n; i++)
        if (image[i].id == image[i - 1].id)
            return lint_fail(e, "images: the id %lld is given twice", (long long)image[i].id);
    return 0;
}

static int by_category_id(const void *a, const void *b) {
    json_int_t x = ((const category *)a)->id, y = ((const category *)b)->id;
    return (x > y) - (x < y);
}

int lint_coco_category(lint_coco *c, const char *name, int32_t *number, lint_err *e) {
    *number = lint_names_find(&c->categories, name);
    if (*number >= 0) return 0;
    if (c->categories.n == LINT_COCO_CATEGORIES)
        return lint_fail(e, "more than %d categories", LINT_COCO_CATEGORIES);
    *number = (int32_t)c->categories.n;
    return lint_names_push(&c->categories, name, strlen(name), e);
}

/* Those without an id or a name are passed over: only who asks for categories needs them. */
static int read_categories(lint_coco *c, const json_t *list, lint_err *e) {
    size_t n = json_array_size(list);
    free(c->category);
    c->category_ids = 0;
    c->category = calloc(n + 1, sizeof *c->category);
    if (!c->category) return lint_fail_mem(e, "annotations");
    for (size_t i = 0; i < n; i++) {
        const json_t *o = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(o, "name"));
        category *to = &c->category[c->category_ids];
        if (!name || !*name || !is_whole(json_object_get(o, "id"), &to->id)) continue;
        if (lint_coco_category(c, name, &to->name, e) < 0) return -1;
        c->category_ids++;
    }
    if (c->category_ids) qsort(c->category, c->category_ids, sizeof *c->category, by_category_id);
    return 0;
}

int lint_coco_add_outline(lint_coco *c, const outline *o, lint_err *e) {
    outline *more = lint_grow(c->outline, c->outlines, &c->room, sizeof *more);
    if (!more) {
        free(o->v);
        return lint_fail_mem(e, "annotations");
    }
    c->outline = more;
    c->outline[c->outlines++] = *o;
    return 0;
}

/* Numbers of a list, all between least and most, from malloc. Set to 0 first, since the analyser does
 * not see that a list has one length. */
static double *numbers(const json_t *list, double least, double most, lint_err *e) {
    size_t n = json_array_size(list);
    double *v = calloc(n + 1, sizeof *v);
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

double *lint_coco_box(const json_t *box, lint_err *e) {
    if (!json_is_array(box) || json_array_size(box) != 4)
        return lint_fail(e, "expected x, y, width and height"), NULL;
    return numbers(box, -LINT_OUTLINE_FAR, LINT_OUTLINE_FAR, e);
}

static int count_points(entry *i, size_t more, lint_err *e) {
    i->points += more;
    if (i->points <= LINT_COCO_POINTS) return 0;
    return lint_fail(e, "more than %d points in the outlines of %s", LINT_COCO_POINTS, i->file);
}

/* Outlines may overlap, and a few bytes may outline a whole picture. */
static int count_work(entry *i, double more, lint_err *e) {
    i->work += more;
    if (i->work <= LINT_COCO_TIMES * (double)i->w * i->h) return 0;
    return lint_fail(e, "the outlines of %s cover more than %d times its pixels", i->file,
                     LINT_COCO_TIMES);
}

static int add_points(lint_coco *c, const outline *like, const json_t *p, lint_err *e) {
    entry *i = &c->image[like->image];
    outline o = *like;
    o.kind = POLYGON;
    o.n = json_array_size(p);
    if (count_points(i, o.n / 2, e) < 0) return -1;
    if (!(o.v = numbers(p, -LINT_OUTLINE_FAR, LINT_OUTLINE_FAR, e))) return -1;
    if (count_work(i, lint_polygon_work(o.v, o.n / 2, i->w, i->h), e) == 0)
        return lint_coco_add_outline(c, &o, e);
    free(o.v);
    return -1;
}

/* *added: how many have three points or more. */
static int read_polygons(lint_coco *c, const outline *like, const json_t *list, size_t *added,
                         lint_err *e) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        size_t n = json_array_size(p);
        if (!json_is_array(p) || n % 2)
            return lint_fail(e,
                             "expected polygons, each a list of x and y of three points or more");
        if (n < 6 && !c->skip)
            return lint_fail(e, "polygon %zu has %zu %s, expected three or more", i, n / 2,
                             n == 2 ? "point" : "points");
        c->degenerate += n < 6;
        if (n >= 6 && add_points(c, like, p, e) < 0) return -1;
        *added += n >= 6;
    }
    return 0;
}

/* *added: 1, unless it has no area. */
static int read_box(lint_coco *c, const outline *like, const json_t *box, size_t *added,
                    lint_err *e) {
    entry *i = &c->image[like->image];
    outline o = *like;
    o.kind = BOX;
    o.n = 4;
    if (!(o.v = lint_coco_box(box, e))) return -1;
    int area = o.v[2] > 0 && o.v[3] > 0, err = 0;
    if (!area && !c->skip) err = lint_fail(e, "%gx%g has no area", o.v[2], o.v[3]);
    if (!err && area) err = count_work(i, lint_box_work(o.v, i->w, i->h), e);
    if (!err && area) {
        c->boxes++;
        *added = 1;
        return lint_coco_add_outline(c, &o, e);
    }
    free(o.v);
    return err;
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

/* How many pixels lie in them. */
static double runs_inside(const outline *o) {
    double sum = 0;
    for (size_t i = 1; i < o->n; i += 2)
        sum += o->v[i];
    return sum;
}

static int read_runs(lint_coco *c, const outline *like, const json_t *o, lint_err *e) {
    entry *i = &c->image[like->image];
    const json_t *size = json_object_get(o, "size"), *counts = json_object_get(o, "counts");
    double sum = 0, all = (double)i->w * i->h;
    if (json_array_size(size) != 2 || json_number_value(json_array_get(size, 0)) != i->h ||
        json_number_value(json_array_get(size, 1)) != i->w)
        return lint_fail(e, "'size': expected [%d, %d], height and width of the picture", i->h,
                         i->w);
    outline r = *like;
    r.kind = RUNS;
    r.n = json_array_size(counts);
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
    if (!err && count_work(i, runs_inside(&r), e) == 0) return lint_coco_add_outline(c, &r, e);
    free(r.v);
    return -1;
}

static int is_empty(const json_t *shape) {
    return !shape || json_is_null(shape) || (json_is_array(shape) && !json_array_size(shape));
}

static int read_outline(lint_coco *c, const outline *like, const json_t *shape, size_t *added,
                        lint_err *e) {
    if (is_empty(shape)) return 0;
    if (json_is_array(shape)) return read_polygons(c, like, shape, added, e);
    if (!json_is_object(shape)) return lint_fail(e, "expected polygons or a run-length code");
    *added = 1;
    return read_runs(c, like, shape, e);
}

int lint_coco_is_sure(lint_coco *c, const json_t *confidence, double advised) {
    if (!json_is_number(confidence)) return 1;
    double least = c->least < 0 ? advised : c->least;
    int sure = json_number_value(confidence) >= least;
    c->scored++;
    c->unsure += !sure;
    return sure;
}

static int32_t category_of(const lint_coco *c, const json_t *annotation) {
    category want = {0};
    if (!is_whole(json_object_get(annotation, "category_id"), &want.id) || !c->category_ids)
        return -1;
    const category *found =
        bsearch(&want, c->category, c->category_ids, sizeof want, by_category_id);
    return found ? found->name : -1;
}

/* A box counts only without an outline, which says more. */
static int read_annotation(lint_coco *c, const json_t *o, lint_err *e) {
    entry want = {0};
    const json_t *box = json_object_get(o, "bbox");
    if (!json_is_object(o)) return lint_fail(e, "expected an object");
    if (whole(o, "image_id", INT64_MIN, INT64_MAX, &want.id, e) < 0) return -1;
    const entry *i = c->images > c->first ? bsearch(&want, c->image + c->first,
                                                    c->images - c->first, sizeof want, by_id)
                                          : NULL;
    if (!i) return lint_fail(e, "'image_id' %lld: no such image", (long long)want.id);
    if (!lint_coco_is_sure(c, json_object_get(o, "score"), 0)) return 0;
    size_t image = (size_t)(i - c->image), added = 0;
    outline like = {.image = image, .object = c->objects++, .category = category_of(c, o)};
    if (read_outline(c, &like, json_object_get(o, "segmentation"), &added, e) < 0)
        return lint_err_prefix(e, "'segmentation': ");
    if (!added && !is_empty(box) && read_box(c, &like, box, &added, e) < 0)
        return lint_err_prefix(e, "'bbox': ");
    if (added) return 0;
    if (!c->skip) return lint_fail(e, LINT_COCO_NOTHING);
    c->image[image].skipped = 1;
    c->skipped++;
    return 0;
}

static int by_image(const void *a, const void *b) {
    const outline *x = a, *y = b;
    if (x->image != y->image) return x->image < y->image ? -1 : 1;
    return (x->object > y->object) - (x->object < y->object);
}

static int read_annotations(lint_coco *c, const json_t *list, lint_err *e) {
    if (!json_is_array(list)) return lint_fail(e, "'annotations': expected a list");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (read_annotation(c, json_array_get(list, i), e) < 0)
            return lint_err_prefix(e, "annotations[%zu]: ", i);
    return 0;
}

/* COCO's own format. */
static int read_coco(lint_coco *c, const json_t *root, const char *below, lint_err *e) {
    if (read_images(c, json_object_get(root, "images"), below, e) < 0) return -1;
    if (read_categories(c, json_object_get(root, "categories"), e) < 0) return -1;
    return read_annotations(c, json_object_get(root, "annotations"), e);
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

static int read_json(lint_coco *c, const char *json, size_t len, const char *below, lint_err *e) {
    json_t *root = parse_json(json, len, e);
    if (!root) return -1;
    int err = lint_names_push(&c->below, below, strlen(below), e);
    if (!err && !json_is_object(root))
        err = lint_fail(e, "expected a JSON object with 'images' and 'annotations'");
    const char *folder = err ? "" : c->below.v[c->below.n - 1];
    if (!err)
        err = lint_coco_is_detections(root) ? lint_coco_read_detections(c, root, folder, e)
                                            : read_coco(c, root, folder, e);
    if (!err && c->outlines) qsort(c->outline, c->outlines, sizeof *c->outline, by_image);
    if (!err) err = lint_coco_sort_names(c, e);
    json_decref(root);
    return err;
}

lint_coco *lint_coco_new(int skip, double least, lint_err *e) {
    lint_coco *c = calloc(1, sizeof *c);
    if (!c) return lint_fail_mem(e, "annotations"), NULL;
    c->skip = skip;
    c->least = least;
    return c;
}

lint_coco *lint_coco_parse(const char *json, size_t len, int skip, lint_err *e) {
    lint_coco *c = lint_coco_new(skip, -1, e);
    if (!c || read_json(c, json, len, "", e) == 0) return c;
    lint_coco_free(c);
    return NULL;
}

int lint_coco_add(lint_coco *c, const char *path, const char *below, lint_err *e) {
    size_t len;
    char *text;
    int err = lint_text_read_given(path, LINT_COCO_BYTES, &text, &len, e);
    if (!err) {
        const char *json = lint_text_behind_mark(text);
        err = read_json(c, json, len - (size_t)(json - text), below, e);
    }
    free(text);
    return err ? lint_err_prefix(e, "%s: ", path) : 0;
}
