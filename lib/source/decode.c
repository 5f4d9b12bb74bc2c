#include "source/decode.h"
#include "source/border.h"
#include "stream/frame.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Pictures decoded between two looks at errors and progress, where a frame is larger. Depends on
 * nothing but the data, as all parts must. */
enum { BATCH_MAX = 256 };

/* --- a batch of pictures, in parallel --------------------------------------------------------- */

/* What one picture becomes: its place in a frame, or its border. */
typedef struct batch {
    const lint_decode *c;
    lint_source *s;
    const size_t *index; /* picture of each part */
    uint8_t *image, *mask;
    float *border;
    struct outcome {
        int bad;
        lint_err e;
    } * outcome; /* of each part */
} batch;

static int check_name(const char *path, lint_err *e) {
    json_t *j = json_string(path); /* jansson knows UTF-8 */
    json_decref(j);
    return j ? 0 : lint_fail(e, "its name is not UTF-8; rename it");
}

/* Opening a FIFO would wait for somebody to write, for ever. What is not there is told when it is
 * opened. */
static int check_regular(const char *path, lint_err *e) {
    struct stat st;
    if (stat(path, &st) < 0 || S_ISREG(st.st_mode)) return 0;
    return lint_fail(e, "is not a regular file");
}

static int read_picture(lint_image *im, const batch *b, const char *path, int c, int reduce, int w,
                        int h, lint_err *e) {
    char *full = lint_source_path(b->s, path, e);
    int err = full ? check_regular(full, e) : -1;
    if (!err) err = lint_image_read_for(im, full, c, reduce ? w : 0, reduce ? h : 0, e);
    free(full);
    return err;
}

/* Masks drawn with 0 and 1, as label maps are, mean 0 and 255. */
static void stretch_mask(lint_image *im) {
    size_t n = (size_t)im->w * (size_t)im->h;
    uint8_t most = 0;
    for (size_t i = 0; i < n; i++)
        if (im->px[i] > most) most = im->px[i];
    for (size_t i = 0; i < n && most == 1; i++)
        im->px[i] = im->px[i] ? 255 : 0;
}

static int fit_into(uint8_t *to, const lint_decode *c, const lint_image *im, lint_err *e) {
    lint_image fitted = {0};
    if (lint_image_fit(&fitted, im, c->w, c->h, c->fit, e) < 0) return -1;
    memcpy(to, fitted.px, (size_t)c->w * (size_t)c->h * (size_t)im->c);
    lint_image_free(&fitted);
    return 0;
}

/* From the annotations, at the picture's own size. */
static int draw_mask(const batch *b, const lint_picture *p, const lint_image *im, uint8_t *to,
                     lint_err *e) {
    lint_image mask = {0};
    if (p->outline < 0) return lint_fail(e, "not listed in annotations/result.json");
    int err = lint_image_new(&mask, im->w, im->h, 1, e);
    if (!err) err = lint_coco_draw(b->s->coco, p->outline, im->w, im->h, mask.px, e);
    if (!err) err = fit_into(to, b->c, &mask, e);
    lint_image_free(&mask);
    return err;
}

static int read_mask(const batch *b, const lint_picture *p, const lint_image *im, uint8_t *to,
                     lint_err *e) {
    lint_image mask = {0};
    int err = read_picture(&mask, b, p->mask, 1, 0, 0, 0, e);
    if (!err && (mask.w != im->w || mask.h != im->h))
        err = lint_fail(e, "%dx%d, but its picture is %dx%d", mask.w, mask.h, im->w, im->h);
    if (err) lint_err_prefix(e, "its mask %s: ", p->mask);
    if (!err) stretch_mask(&mask);
    if (!err) err = fit_into(to, b->c, &mask, e);
    lint_image_free(&mask);
    return err;
}

static int read_sample(const batch *b, const lint_picture *p, size_t part, lint_err *e) {
    const lint_decode *c = b->c;
    size_t area = (size_t)c->w * (size_t)c->h;
    lint_image im = {0};
    if (read_picture(&im, b, p->path, 3, !b->s->masks, c->w, c->h, e) < 0) return -1;
    int err = fit_into(b->image + part * area * 3, c, &im, e);
    if (!err && b->s->coco) err = draw_mask(b, p, &im, b->mask + part * area, e);
    if (!err && p->mask) err = read_mask(b, p, &im, b->mask + part * area, e);
    lint_image_free(&im);
    return err;
}

static int read_border(const batch *b, const lint_picture *p, size_t part, lint_err *e) {
    lint_image im = {0}, small = {0};
    int side = LINT_BORDER_SIDE, err = read_picture(&im, b, p->path, 3, 1, side, side, e);
    if (!err) err = lint_image_resize(&small, &im, side, side, e);
    if (!err) lint_border_describe(&small, b->border + part * LINT_BORDER_DIM);
    lint_image_free(&im);
    lint_image_free(&small);
    return err;
}

static void read_part(void *ctx, size_t part, int worker) {
    const batch *b = ctx;
    struct outcome *o = &b->outcome[part];
    const lint_picture *p = &b->s->picture[b->index[part]];
    (void)worker;
    o->bad = check_name(p->path, &o->e);
    if (o->bad) return;
    o->bad = b->border ? read_border(b, p, part, &o->e) : read_sample(b, p, part, &o->e);
}

static int mark_bad(lint_picture *p, const lint_err *why, lint_err *e) {
    p->bad = strdup(why->msg);
    return p->bad ? 0 : lint_fail_mem(e, "the list of bad pictures");
}

/* Reads n pictures, at most BATCH_MAX; those that failed are marked, or the first of them is the
 * error. */
static int read_batch(batch *b, size_t n, lint_err *e) {
    b->outcome = malloc(n * sizeof *b->outcome);
    if (!b->outcome) return lint_fail_mem(e, "a batch");
    lint_threads_run(b->c->pool, n, read_part, b);
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        lint_picture *p = &b->s->picture[b->index[i]];
        if (!b->outcome[i].bad) continue;
        err = b->c->skip_bad ? mark_bad(p, &b->outcome[i].e, e)
                             : lint_fail(e, "%s/%s: %s", b->s->root, p->path, b->outcome[i].e.msg);
    }
    free(b->outcome);
    if (!err && b->c->tick) b->c->tick(b->c->ctx, n);
    return err;
}

int lint_decode_borders(const lint_decode *c, lint_source *s, float *border, lint_err *e) {
    size_t index[BATCH_MAX];
    for (size_t at = 0; at < s->n;) {
        size_t n = s->n - at < BATCH_MAX ? s->n - at : BATCH_MAX;
        for (size_t i = 0; i < n; i++)
            index[i] = at + i;
        batch b = {.c = c, .s = s, .index = index, .border = border + at * LINT_BORDER_DIM};
        if (read_batch(&b, n, e) < 0) return -1;
        at += n;
    }
    return 0;
}

/* --- frames ----------------------------------------------------------------------------------- */

/* A split on its way out. */
typedef struct job {
    const lint_decode *c;
    lint_source *s;
    size_t *index; /* its pictures */
    size_t n, next;
    size_t name_len; /* of the longest */
    char *classes, *places;
    lint_split which;
} job;

static int describe(const job *j, lint_frame *f, lint_err *e) {
    static const char *const fits[] = {"stretch", "crop", "pad"};
    if (lint_frame_set_meta(f, "fit", fits[j->c->fit], e) < 0 ||
        lint_frame_set_meta(f, "lint", "1", e) < 0 ||
        lint_frame_set_meta(f, "kind", "samples", e) < 0 ||
        lint_frame_set_meta(f, "split", lint_split_name(j->which), e) < 0 ||
        lint_frame_set_meta(f, "classes", j->classes, e) < 0)
        return -1;
    return j->places ? lint_frame_set_meta(f, "places", j->places, e) : 0;
}

/* f becomes a frame with room for n samples. */
static int make_frame(const job *j, lint_frame *f, size_t n, lint_err *e) {
    uint64_t h = (uint64_t)j->c->h, w = (uint64_t)j->c->w;
    lint_frame_clear(f);
    if (!lint_frame_add(f, "image", LINT_U8, 4, (uint64_t[]){n, h, w, 3}, e) ||
        !lint_frame_add(f, "label", LINT_I32, 1, (uint64_t[]){n}, e) ||
        !lint_frame_add(f, "name", LINT_U8, 2, (uint64_t[]){n, j->name_len}, e))
        return -1;
    if (j->places && !lint_frame_add(f, "place", LINT_I32, 1, (uint64_t[]){n}, e)) return -1;
    if (j->s->masks && !lint_frame_add(f, "mask", LINT_U8, 3, (uint64_t[]){n, h, w}, e)) return -1;
    return describe(j, f, e);
}

static uint8_t *row_of(const lint_frame *f, const char *name, size_t row, size_t bytes) {
    lint_tensor *t = lint_frame_find(f, name);
    return t ? (uint8_t *)t->data + row * bytes : NULL;
}

static void move_row(const lint_frame *f, const char *name, size_t to, size_t from, size_t bytes) {
    if (to == from || !row_of(f, name, 0, bytes)) return;
    memcpy(row_of(f, name, to, bytes), row_of(f, name, from, bytes), bytes);
}

static void put_facts(const job *j, const lint_frame *f, size_t row, const lint_picture *p) {
    memcpy(row_of(f, "label", row, sizeof p->label), &p->label, sizeof p->label);
    if (j->places) memcpy(row_of(f, "place", row, sizeof p->place), &p->place, sizeof p->place);
    memcpy(row_of(f, "name", row, j->name_len), p->path, strlen(p->path));
}

/* Reads the next n pictures to the rows from `row` on, without gaps; *row moves on. */
static int fill(job *j, const lint_frame *f, size_t *row, size_t n, lint_err *e) {
    size_t area = (size_t)j->c->w * (size_t)j->c->h, first = *row;
    batch b = {.c = j->c,
               .s = j->s,
               .index = j->index + j->next,
               .image = row_of(f, "image", first, area * 3),
               .mask = row_of(f, "mask", first, area)};
    if (read_batch(&b, n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++) {
        const lint_picture *p = &j->s->picture[b.index[i]];
        if (p->bad) continue;
        move_row(f, "image", *row, first + i, area * 3);
        move_row(f, "mask", *row, first + i, area);
        put_facts(j, f, (*row)++, p);
    }
    j->next += n;
    return 0;
}

/* f without its last rows. */
static int shorten(lint_frame *f, size_t rows, lint_err *e) {
    lint_frame part = {0};
    size_t *row = malloc((rows + 1) * sizeof *row);
    if (!row) return lint_fail_mem(e, "a frame");
    for (size_t i = 0; i < rows; i++)
        row[i] = i;
    int err = lint_frame_take(&part, f, row, rows, e);
    free(row);
    if (err < 0) return -1;
    lint_frame_free(f);
    *f = part;
    return 0;
}

/* f becomes the next frame of as many samples as there should be, or are left. */
static int next_frame(job *j, lint_frame *f, size_t *rows, lint_err *e) {
    size_t left = j->n - j->next;
    size_t room = j->c->frame && j->c->frame < left ? j->c->frame : left;
    *rows = 0;
    if (make_frame(j, f, room, e) < 0) return -1;
    while (*rows < room && j->next < j->n) {
        size_t n = room - *rows;
        if (n > j->n - j->next) n = j->n - j->next;
        if (n > BATCH_MAX) n = BATCH_MAX;
        if (fill(j, f, rows, n, e) < 0) return -1;
    }
    return *rows < room ? shorten(f, *rows, e) : 0;
}

static int write_frames(job *j, FILE *out, lint_err *e) {
    lint_frame f = {0};
    size_t rows, written = 0;
    int err = 0;
    do {
        err = next_frame(j, &f, &rows, e);
        int last = j->next == j->n;
        if (!err && (rows || (last && !written))) {
            err = lint_frame_write(&f, out, e);
            written += rows;
        }
    } while (!err && j->next < j->n);
    lint_frame_free(&f);
    return err;
}

static int job_new(job *j, lint_err *e) {
    lint_source *s = j->s;
    j->name_len = 1;
    j->index = malloc((s->n + 1) * sizeof *j->index);
    j->classes = lint_names_json(&s->classes, e);
    if (!j->classes) return -1;
    if (s->places.n && !(j->places = lint_names_json(&s->places, e))) return -1;
    if (!j->index) return lint_fail_mem(e, "the list of pictures");
    for (size_t i = 0; i < s->n; i++) {
        if (s->picture[i].split != j->which || s->picture[i].bad) continue;
        j->index[j->n++] = i;
        size_t len = strlen(s->picture[i].path);
        if (len > j->name_len) j->name_len = len;
    }
    return 0;
}

int lint_decode_write(const lint_decode *c, lint_source *s, lint_split which, FILE *out,
                      lint_err *e) {
    job j = {.c = c, .s = s, .which = which};
    int err = job_new(&j, e);
    if (!err) err = write_frames(&j, out, e);
    free(j.index);
    free(j.classes);
    free(j.places);
    return err;
}
