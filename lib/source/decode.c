#include "source/decode.h"
#include "source/yolo.h"
#include "stream/frame.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pictures decoded between two looks at errors and progress, where a frame is larger. Depends on
 * nothing but the data, as all parts must. */
enum { BATCH_MAX = 256 };

/* --- a batch of pictures, in parallel --------------------------------------------------------- */

/* A picture as it was read, and what its file says of it. */
typedef struct upright {
    lint_image im, mask; /* fitted, unless crops are cut from it; the mask is not */
    lint_image_facts facts;
    lint_mask_remark remark;
    int bad; /* it could not be read: e */
    lint_err e;
    const char *path; /* of a picture that is kept for its other objects; else NULL */
} upright;

static void free_upright(upright *u) {
    lint_image_free(&u->im);
    lint_image_free(&u->mask);
    *u = (upright){.remark = LINT_MASK_FINE};
}

/* The last picture of the batch before, and of this one: its objects may go on in the next. */
typedef struct last_read {
    upright from, to;
} last_read;

/* What one picture becomes: its place in a frame, or a look. */
typedef struct batch {
    const lint_decode *c;
    lint_source *s;
    const size_t *index; /* picture of each part */
    size_t n;
    last_read *last;
    uint8_t *image, *mask;
    lint_look *look;
    double *peak; /* the largest sample of each */
    struct outcome {
        int bad;
        lint_mask_remark remark;
        lint_err e;
        lint_image_facts facts;
    } * outcome; /* of each part */
} batch;

static int check_name(const char *path, lint_err *e) {
    json_t *j = json_string(path); /* jansson knows UTF-8 */
    json_decref(j);
    return j ? 0 : lint_fail(e, "its name is not UTF-8; rename it");
}

/* Opening a FIFO would wait for a writer, possibly for ever. A missing file is reported when it is
 * opened. */
static int check_regular(const char *path, lint_err *e) {
    struct stat st;
    if (stat(path, &st) < 0 || S_ISREG(st.st_mode)) return 0;
    return lint_fail(e, "is not a regular file");
}

/* w and h: what the picture is fitted to, unless they are 0. Looks and peaks may be rough; masks, of one
 * channel, have all their bits. facts may be NULL. */
static int read_picture(lint_image *im, const batch *b, const char *path, int c, int w, int h,
                        lint_image_facts *facts, lint_err *e) {
    char *full = lint_source_path(b->s, path, e);
    int err = full ? check_regular(full, e) : -1;
    int rough = b->look || b->peak;
    const lint_image_ask ask = {.c = c,
                                .w = w,
                                .h = h,
                                .fit = rough ? LINT_FIT_STRETCH : b->c->fit,
                                .rough_w = rough ? w : 0,
                                .rough_h = rough ? h : 0,
                                .depth = b->peak  ? LINT_IMAGE_DEPTH
                                         : c == 1 ? 0
                                                  : b->c->depth,
                                .max_pixels = b->c->max_pixels,
                                .regular = 1,
                                .heif = b->c->heif};
    if (!err) err = lint_image_read_as(im, full, &ask, facts, e);
    free(full);
    return err;
}

static int fit_into(uint8_t *to, const lint_decode *c, const lint_image *im, lint_err *e) {
    lint_image fitted = {0};
    if (lint_image_fit(&fitted, im, c->w, c->h, c->fit, e) < 0) return -1;
    memcpy(to, fitted.px, (size_t)c->w * (size_t)c->h * (size_t)im->c);
    lint_image_free(&fitted);
    return 0;
}

/* --- annotations ------------------------------------------------------------------------------ */

/* mask becomes of the size that was annotated, if that is the picture's or that of its stored pixels;
 * else what draws it will refuse it. w 0: not told. */
static int make_mask(lint_image *mask, const upright *u, int w, int h, lint_err *e) {
    int stored = lint_crop_is_stored(&u->facts, w, h);
    return lint_image_new(mask, stored ? w : u->facts.w, stored ? h : u->facts.h, 1, e);
}

static int draw_outlines(const batch *b, const lint_picture *p, const upright *u, lint_image *mask,
                         lint_err *e) {
    int w, h;
    if (p->outline < 0) return lint_fail(e, "not listed in %s", lint_source_annotations(b->s));
    lint_coco_size(b->s->coco, p->outline, &w, &h);
    if (make_mask(mask, u, w, h, e) < 0) return -1;
    return lint_coco_draw(b->s->coco, p->outline, b->c->boxes, mask->w, mask->h, mask->px, e);
}

static int draw_yolo(const batch *b, const lint_picture *p, const upright *u, lint_image *mask,
                     lint_err *e) {
    size_t len;
    char *text = NULL;
    int err = lint_source_text(b->s, p, &text, &len, e);
    if (!err) err = make_mask(mask, u, 0, 0, e);
    if (!err)
        err = lint_yolo_draw(text, len, b->s->least, b->c->boxes, mask->w, mask->h, mask->px, e);
    free(text);
    return err ? lint_err_prefix(e, "%s: ", p->mask) : 0;
}

static int draw_voc(const batch *b, const lint_picture *p, const upright *u, lint_image *mask,
                    lint_err *e) {
    lint_objects o = {0};
    int err = lint_source_objects(b->s, p, &o, e);
    if (!err) {
        err = make_mask(mask, u, o.w, o.h, e);
        if (!err) err = lint_objects_draw(&o, b->c->boxes, mask->w, mask->h, mask->px, e);
        if (err) lint_err_prefix(e, "%s: ", p->mask);
    }
    lint_objects_free(&o);
    return err;
}

/* --- masks ------------------------------------------------------------------------------------ */

static int read_mask_file(const batch *b, const char *path, lint_image *mask, lint_err *e) {
    char *full = lint_source_path(b->s, path, e);
    int err = full ? check_regular(full, e) : -1;
    if (!err) err = lint_mask_read(mask, full, b->c->labels, b->c->max_pixels, e);
    free(full);
    return err ? lint_err_prefix(e, "its mask %s: ", path) : 0;
}

/* Joins another of the picture's masks with those before. */
static int add_mask(const batch *b, const lint_picture *p, const char *path, lint_image *mask,
                    lint_err *e) {
    lint_image more = {0};
    int err = read_mask_file(b, path, &more, e);
    if (!err && (more.w != mask->w || more.h != mask->h))
        err = lint_fail(e, "its mask %s: %dx%d, but %s is %dx%d", path, more.w, more.h, p->mask,
                        mask->w, mask->h);
    for (size_t i = 0; !err && i < (size_t)mask->w * (size_t)mask->h; i++)
        if (more.px[i] > mask->px[i]) mask->px[i] = more.px[i];
    lint_image_free(&more);
    return err;
}

static int read_mask(const batch *b, const lint_picture *p, lint_image *mask, lint_err *e) {
    int err = read_mask_file(b, p->mask, mask, e);
    for (size_t i = 0; i < p->more_masks.n && !err; i++)
        err = add_mask(b, p, p->more_masks.v[i], mask, e);
    return err;
}

/* Of the picture's own size. */
static int make_sample_mask(const batch *b, const lint_picture *p, upright *u, lint_err *e) {
    lint_image *mask = &u->mask;
    int err = b->s->coco                  ? draw_outlines(b, p, u, mask, e)
              : b->s->labels == LINT_YOLO ? draw_yolo(b, p, u, mask, e)
              : b->s->labels == LINT_VOC  ? draw_voc(b, p, u, mask, e)
                                          : read_mask(b, p, mask, e);
    if (!err && lint_crop_is_stored(&u->facts, mask->w, mask->h))
        err = lint_image_turn(mask, u->facts.orientation, e);
    if (!err && (mask->w != u->facts.w || mask->h != u->facts.h))
        err = lint_fail(e, "its mask %s: %dx%d, but its picture is %dx%d", p->mask, mask->w,
                        mask->h, u->facts.w, u->facts.h);
    if (!err && !b->s->coco && !b->s->labels) u->remark = lint_mask_look(mask);
    return err;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* A crop needs all pixels. A peak takes one, which is made of the others, and a picture that cannot be
 * read has none. */
static int read_upright(const batch *b, const lint_picture *p, upright *u, lint_err *e) {
    int w = b->peak ? 1 : b->look ? LINT_BORDER_SIDE : b->c->w;
    int h = b->peak ? 1 : b->look ? LINT_BORDER_SIDE : b->c->h;
    if (p->crop.number && !b->peak) w = h = 0;
    if (check_name(p->path, e) < 0) return -1;
    int err = read_picture(&u->im, b, p->path, 3, w, h, &u->facts, e);
    if (!err && b->image && b->s->masks) err = make_sample_mask(b, p, u, e);
    if (!err || !b->peak || e->system) return err;
    u->facts = (lint_image_facts){0};
    return 0;
}

/* A look at a picture or a crop, or its place in a frame. mask has no pixels without masks. */
static int put_part(const batch *b, size_t part, const lint_image *im, const lint_image *mask,
                    const lint_image_facts *facts, lint_err *e) {
    size_t area = (size_t)b->c->w * (size_t)b->c->h;
    if (b->look) return lint_look_make(&b->look[part], im, facts, e);
    if (fit_into(b->image + part * area * 3, b->c, im, e) < 0) return -1;
    return mask->px ? fit_into(b->mask + part * area, b->c, mask, e) : 0;
}

static int cut_part(const batch *b, const lint_crop *crop, size_t part, const upright *u,
                    lint_err *e) {
    lint_image im = {0}, mask = {0};
    int err = lint_crop_cut(crop, b->c->margin, &u->facts, &u->im, &im, e);
    if (!err && u->mask.px) err = lint_crop_cut(crop, b->c->margin, &u->facts, &u->mask, &mask, e);
    if (!err) err = put_part(b, part, &im, &mask, &u->facts, e);
    lint_image_free(&im);
    lint_image_free(&mask);
    return err;
}

static int make_part(const batch *b, const lint_picture *p, size_t part, const upright *u,
                     lint_err *e) {
    if (b->peak) {
        b->peak[part] = u->facts.floats && u->facts.peak <= 1 ? 0 : u->facts.peak;
        return 0;
    }
    if (p->crop.number) return cut_part(b, &p->crop, part, u, e);
    return put_part(b, part, &u->im, &u->mask, &u->facts, e);
}

static const lint_picture *picture_of(const batch *b, size_t part) {
    return &b->s->picture[b->index[part]];
}

/* Whether the part is another object of the picture before. */
static int goes_on(const batch *b, size_t part) {
    if (part == 0 || part == b->n) return 0;
    const lint_picture *p = picture_of(b, part - 1), *q = picture_of(b, part);
    return p->crop.number && q->crop.number && strcmp(p->path, q->path) == 0;
}

static void make_parts(const batch *b, size_t *part, const upright *u) {
    do {
        const lint_picture *p = picture_of(b, *part);
        struct outcome *o = &b->outcome[*part];
        if (b->look) b->look[*part] = (lint_look){0};
        o->facts = u->facts;
        o->remark = u->remark;
        if (u->bad) o->e = u->e;
        o->bad = u->bad || p->bad ? u->bad : make_part(b, p, *part, u, &o->e);
    } while (goes_on(b, ++*part));
}

/* A picture is read once for all of its objects. */
static void read_part(void *ctx, size_t part, int worker) {
    const batch *b = ctx;
    const lint_picture *p = picture_of(b, part);
    upright u = {.remark = LINT_MASK_FINE};
    (void)worker;
    if (goes_on(b, part)) return;
    const char *before = part == 0 && p->crop.number ? b->last->from.path : NULL;
    if (before && strcmp(before, p->path) == 0) {
        u = b->last->from;
        b->last->from = (upright){0};
    } else if (!p->bad) {
        u.bad = read_upright(b, p, &u, &u.e);
    }
    make_parts(b, &part, &u);
    if (part == b->n && p->crop.number) {
        u.path = p->path;
        b->last->to = u;
    } else {
        free_upright(&u);
    }
}

static void note_deep(lint_deep *deep, const lint_image_facts *f) {
    if (!deep || f->bits <= 8 || f->peak <= 0) return;
    deep->pictures++;
    if (f->peak > deep->peak) deep->peak = f->peak;
}

static int mark_bad(lint_picture *p, const lint_err *why, lint_err *e) {
    p->bad = strdup(why->msg);
    return p->bad ? 0 : lint_fail_mem(e, "the list of bad pictures");
}

/* Reads n pictures, at most BATCH_MAX; those that failed are marked, or the first of them is the
 * error. */
static int read_batch(batch *b, size_t n, lint_err *e) {
    b->n = n;
    b->outcome = calloc(n, sizeof *b->outcome);
    if (!b->outcome) return lint_fail_mem(e, "a batch");
    lint_threads_run(b->c->pool, n, read_part, b);
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        lint_picture *p = &b->s->picture[b->index[i]];
        p->remark = b->outcome[i].remark;
        if (!b->outcome[i].bad) {
            note_deep(b->c->deep, &b->outcome[i].facts);
            continue;
        }
        /* Out of memory or descriptors, any picture would be bad. */
        err = b->c->skip_bad && !b->outcome[i].e.system
                  ? mark_bad(p, &b->outcome[i].e, e)
                  : lint_fail(e, "%s/%s: %s", b->s->root, p->path, b->outcome[i].e.msg);
    }
    free(b->outcome);
    free_upright(&b->last->from);
    b->last->from = b->last->to;
    b->last->to = (upright){0};
    if (!err && b->c->tick) b->c->tick(b->c->ctx, n);
    return err;
}

int lint_decode_looks(const lint_decode *c, lint_source *s, lint_look *look, lint_err *e) {
    size_t index[BATCH_MAX];
    last_read last = {0};
    int err = 0;
    for (size_t at = 0; at < s->n && !err;) {
        size_t n = s->n - at < BATCH_MAX ? s->n - at : BATCH_MAX;
        for (size_t i = 0; i < n; i++)
            index[i] = at + i;
        batch b = {.c = c, .s = s, .index = index, .last = &last, .look = look + at};
        err = read_batch(&b, n, e);
        at += n;
    }
    free_upright(&last.from);
    return err;
}

/* --- bits ------------------------------------------------------------------------------------- */

static int bits_of(double peak) {
    int bits = 8;
    while (bits < LINT_IMAGE_DEPTH && peak > (double)((1ull << bits) - 1))
        bits++;
    return bits;
}

int lint_depth_parse(int *depth, const char *text, lint_err *e) {
    char *end;
    long v = text ? strtol(text, &end, 10) : 0;
    int is_auto = text && strcmp(text, "auto") == 0;
    *depth = is_auto ? -1 : (int)v;
    if (!text || is_auto) return 0;
    if (*end || end == text || v < 8 || v > LINT_IMAGE_DEPTH)
        return lint_fail(e, "'%s' is neither auto nor a number from 8 to %d", text,
                         LINT_IMAGE_DEPTH);
    return 0;
}

int lint_decode_depth(const lint_decode *c, lint_source *s, int *depth, lint_err *e) {
    size_t index[BATCH_MAX];
    double peak[BATCH_MAX], most = 0;
    last_read last = {0};
    int err = 0;
    for (size_t at = 0; at < s->n && !err;) {
        size_t n = s->n - at < BATCH_MAX ? s->n - at : BATCH_MAX;
        for (size_t i = 0; i < n; i++)
            index[i] = at + i, peak[i] = 0;
        batch b = {.c = c, .s = s, .index = index, .last = &last, .peak = peak};
        err = read_batch(&b, n, e);
        for (size_t i = 0; i < n && !err; i++)
            if (peak[i] > most) most = peak[i];
        at += n;
    }
    free_upright(&last.from);
    *depth = most > 0 ? bits_of(most) : 0;
    return err;
}

/* --- frames ----------------------------------------------------------------------------------- */

/* A split on its way out. */
typedef struct job {
    const lint_decode *c;
    lint_source *s;
    size_t *index; /* its pictures */
    size_t n, next;
    last_read last;
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
    char depth[16];
    snprintf(depth, sizeof depth, "%d", j->c->depth);
    if (j->c->depth && lint_frame_set_meta(f, "depth", depth, e) < 0) return -1;
    char margin[32];
    snprintf(margin, sizeof margin, "%.9g", j->c->margin);
    if (j->s->cropped && lint_frame_set_meta(f, "crop_margin", margin, e) < 0) return -1;
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

/* What stands behind the path in a crop's name, and its length. */
static size_t number_of(const lint_picture *p, char text[32]) {
    return p->crop.number ? (size_t)snprintf(text, 32, "#%zu", p->crop.number) : 0;
}

static void put_facts(const job *j, const lint_frame *f, size_t row, const lint_picture *p) {
    memcpy(row_of(f, "label", row, sizeof p->label), &p->label, sizeof p->label);
    if (j->places) memcpy(row_of(f, "place", row, sizeof p->place), &p->place, sizeof p->place);
    char *name = (char *)row_of(f, "name", row, j->name_len);
    memcpy(name, p->path, strlen(p->path));
    char number[32];
    memcpy(name + strlen(p->path), number, number_of(p, number));
}

/* Reads the next n pictures to the rows from `row` on, without gaps; *row moves on. */
static int fill(job *j, const lint_frame *f, size_t *row, size_t n, lint_err *e) {
    size_t area = (size_t)j->c->w * (size_t)j->c->h, first = *row;
    batch b = {.c = j->c,
               .s = j->s,
               .index = j->index + j->next,
               .last = &j->last,
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

/* Each frame is written when the next has samples or there is none: those that are left may all be
 * bad. */
static int write_frames(job *j, FILE *out, lint_err *e) {
    lint_frame held = {0}, f = {0};
    size_t rows;
    int err = next_frame(j, &held, &rows, e);
    while (!err && j->next < j->n) {
        if ((err = next_frame(j, &f, &rows, e)) < 0 || rows == 0) continue;
        held.more = lint_frame_samples(&held) > 0; /* an empty one is dropped */
        if (held.more) err = lint_frame_write(&held, out, e);
        lint_frame_free(&held);
        held = f;
        f = (lint_frame){0};
    }
    if (!err) err = lint_frame_write(&held, out, e);
    lint_frame_free(&held);
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
        char number[32];
        size_t len = strlen(s->picture[i].path) + number_of(&s->picture[i], number);
        if (len > j->name_len) j->name_len = len;
    }
    return 0;
}

int lint_decode_write(const lint_decode *c, lint_source *s, lint_split which, FILE *out,
                      lint_err *e) {
    job j = {.c = c, .s = s, .which = which};
    int err = job_new(&j, e);
    if (!err) err = write_frames(&j, out, e);
    free_upright(&j.last.from);
    free(j.index);
    free(j.classes);
    free(j.places);
    return err;
}
