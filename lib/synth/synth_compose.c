#include "synth/synth_compose.h"
#include "base/memstream.h"
#include "picture/image.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams of lint_rng_at beside those of the pictures, which use 0..2. */
enum { RNG_OBJECTS = 16, RNG_GROUNDS = 32 };

/* Every fourth is kept for the test. */
enum { KEEP_ONE_IN = 4 };

typedef struct composer {
    lint_synth_list objects, places;
    lint_image *object, *ground; /* one for each file; not loaded (px NULL) if not used */
    int w, h;
} composer;

static void free_composer(void *ctx) {
    composer *c = ctx;
    for (size_t i = 0; c->object && i < c->objects.n; i++)
        lint_image_free(&c->object[i]);
    for (size_t i = 0; c->ground && i < c->places.n; i++)
        lint_image_free(&c->ground[i]);
    free(c->object);
    free(c->ground);
    lint_synth_list_free(&c->objects);
    lint_synth_list_free(&c->places);
    free(c);
}

/* --- who is seen where ------------------------------------------------------------------------ */

typedef struct ranked {
    uint64_t hash;
    const char *identity;
} ranked;

static int by_hash(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->hash != q->hash) return p->hash < q->hash ? -1 : 1;
    return strcmp(p->identity, q->identity);
}

/* The different identities of a group in an order that the seed and their names decide, so that a
 * new file moves few others. r has room for all files. */
static size_t rank(const lint_synth_list *l, size_t group, uint64_t seed, ranked *r) {
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->files[i].group == group) {
            const char *id = l->files[i].identity;
            r[n++] = (ranked){lint_hash(id, strlen(id), seed), id};
        }
    qsort(r, n, sizeof *r, by_hash);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || strcmp(r[i].identity, r[kept - 1].identity) != 0) r[kept++] = r[i];
    return kept;
}

/* Gives the first `keep` of the ranked identities to the test and the rest to training. */
static void divide(lint_synth_list *l, size_t group, const ranked *r, size_t keep) {
    for (size_t i = 0; i < l->n; i++) {
        lint_synth_file *f = &l->files[i];
        if (f->group != group) continue;
        f->side = LINT_SIDE_TRAIN;
        for (size_t k = 0; k < keep; k++)
            if (strcmp(r[k].identity, f->identity) == 0) f->side = LINT_SIDE_TEST;
    }
}

static void divide_objects(lint_synth_list *l, size_t hold_at, uint64_t seed, ranked *r) {
    for (size_t g = 0; g < l->n_names; g++)
        if (rank(l, g, seed, r) < hold_at) return;
    for (size_t g = 0; g < l->n_names; g++) {
        size_t n = rank(l, g, seed, r);
        if (n > 1) divide(l, g, r, n < KEEP_ONE_IN ? 1 : n / KEEP_ONE_IN);
    }
}

/* Leaves alone the places that their list has divided. */
static void divide_places(lint_synth_list *l, uint64_t seed, ranked *r) {
    for (size_t g = 0; g < l->n_names; g++) {
        int divided = 0;
        for (size_t i = 0; i < l->n; i++)
            divided |= l->files[i].group == g && l->files[i].side != LINT_SIDE_ANY;
        size_t n = rank(l, g, seed, r);
        if (!divided && n > 1) divide(l, g, r, n < KEEP_ONE_IN ? 1 : n / KEEP_ONE_IN);
    }
}

/* The files of a group that a split may show; all of the group if its side has none. */
static size_t choose(const lint_synth_list *l, size_t group, int split, size_t *row) {
    lint_side side = split == LINT_SYNTH_TEST ? LINT_SIDE_TEST : LINT_SIDE_TRAIN;
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->files[i].group == group &&
            (l->files[i].side == side || l->files[i].side == LINT_SIDE_ANY))
            row[n++] = i;
    if (n == 0)
        for (size_t i = 0; i < l->n; i++)
            if (l->files[i].group == group) row[n++] = i;
    return n;
}

/* --- the list of pictures --------------------------------------------------------------------- */

typedef struct dealer {
    lint_synth *s;
    composer *c;
    size_t *row,
        *grounds;         /* files to choose from; grounds: those of every place, one after other */
    size_t *ground_first; /* of each place in grounds, and the end */
    size_t *used;         /* of each place, pictures so far */
    int *places;
} dealer;

/* The photographs of every place that the split may show, each place's in an order of its own. */
static void shuffle_grounds(dealer *d, int split) {
    const lint_synth_list *l = &d->c->places;
    size_t at = 0;
    for (size_t g = 0; g < l->n_names; g++) {
        lint_rng r = lint_rng_at(d->s->plan.seed, LINT_RNG_SYNTH, RNG_GROUNDS + (uint64_t)split, g);
        size_t n = choose(l, g, split, d->grounds + at);
        lint_rng_shuffle(&r, d->grounds + at, n);
        d->ground_first[g] = at;
        d->used[g] = 0;
        at += n;
    }
    d->ground_first[l->n_names] = at;
}

/* Individuals and photographs take turns, so that each is seen as often as any other. */
static void deal_class(dealer *d, int split, size_t y, size_t *index) {
    const lint_synth_plan *p = &d->s->plan;
    size_t count = p->count[split][y], n_places = d->c->places.n_names;
    lint_rng r = lint_rng_at(p->seed, LINT_RNG_SYNTH, RNG_OBJECTS + (uint64_t)split, y);
    size_t n = choose(&d->c->objects, y, split, d->row);
    lint_rng_shuffle(&r, d->row, n);
    lint_synth_deal(d->places, count, (int)y, (int)n_places, p->correlation[split]);
    for (size_t i = 0; i < count; i++) {
        size_t g = (size_t)d->places[i], first = d->ground_first[g];
        size_t grounds = d->ground_first[g + 1] - first;
        d->s->items[d->s->n++] =
            (lint_synth_item){.split = split,
                              .y = (int)y,
                              .place = (int)g,
                              .index = (*index)++,
                              .object = d->row[i % n],
                              .ground = d->grounds[first + d->used[g]++ % grounds]};
    }
}

static void deal_all(dealer *d) {
    for (int split = 0; split < LINT_SYNTH_SPLITS; split++) {
        size_t index = 0;
        shuffle_grounds(d, split);
        for (size_t y = 0; y < d->c->objects.n_names; y++)
            deal_class(d, split, y, &index);
    }
}

static int make_items(lint_synth *s, composer *c, lint_err *e) {
    size_t total = 0, most = 1;
    for (int split = 0; split < LINT_SYNTH_SPLITS; split++)
        for (size_t y = 0; y < c->objects.n_names; y++) {
            size_t n = s->plan.count[split][y];
            total += n;
            if (n > most) most = n;
        }
    dealer d = {.s = s, .c = c};
    s->items = malloc((total + 1) * sizeof *s->items);
    d.row = malloc(c->objects.n * sizeof *d.row);
    d.grounds = malloc(c->places.n * sizeof *d.grounds);
    d.ground_first = malloc((c->places.n_names + 1) * sizeof *d.ground_first);
    d.used = malloc(c->places.n_names * sizeof *d.used);
    d.places = malloc(most * sizeof *d.places);
    int err = 0;
    if (!s->items || !d.row || !d.grounds || !d.ground_first || !d.used || !d.places)
        err = lint_fail_mem(e, "the list of pictures");
    else
        deal_all(&d);
    free(d.row);
    free(d.grounds);
    free(d.ground_first);
    free(d.used);
    free(d.places);
    return err;
}

/* --- loading ---------------------------------------------------------------------------------- */

/* Takes the part [x0,x1) x [y0,y1) of a picture. */
static int cut(lint_image *im, int x0, int y0, int x1, int y1, lint_err *e) {
    lint_image out = {0};
    if (lint_image_new(&out, x1 - x0, y1 - y0, im->c, e) < 0) return -1;
    size_t c = (size_t)im->c, line = (size_t)out.w * c;
    for (int y = y0; y < y1; y++)
        memcpy(out.px + (size_t)(y - y0) * line,
               im->px + ((size_t)y * (size_t)im->w + (size_t)x0) * c, line);
    lint_image_free(im);
    *im = out;
    return 0;
}

/* Reduces a picture until its sides are about scale times as long; never enlarges. */
static int reduce(lint_image *im, double scale, lint_err *e) {
    if (scale >= 1) return 0;
    int w = (int)(im->w * scale + .5), h = (int)(im->h * scale + .5);
    return lint_image_resize(im, im, w < 1 ? 1 : w, h < 1 ? 1 : h, e);
}

/* Alpha from here on is the object; fainter is the halo of a careless cut-out. */
enum { ALPHA_SEEN = 40 };

static int load_object(const composer *c, double largest, const char *path, lint_image *im,
                       lint_err *e) {
    const lint_image_ask ask = {.c = 4, .regular = 1};
    if (lint_image_read_as(im, path, &ask, NULL, e) < 0) return -1;
    int x0 = im->w, y0 = im->h, x1 = 0, y1 = 0, solid = 1;
    for (int y = 0; y < im->h; y++)
        for (int x = 0; x < im->w; x++) {
            int alpha = im->px[((size_t)y * (size_t)im->w + (size_t)x) * 4 + 3];
            solid &= alpha == 255;
            if (alpha < ALPHA_SEEN) continue;
            if (x < x0) x0 = x;
            if (x >= x1) x1 = x + 1;
            if (y < y0) y0 = y;
            y1 = y + 1;
        }
    if (x1 <= x0) return lint_fail(e, "nothing of the cut-out is visible");
    if (solid) return lint_fail(e, "no transparency around the object");
    if (cut(im, x0, y0, x1, y1, e) < 0) return -1;
    double side = c->w < c->h ? c->w : c->h;
    return reduce(im, 2 * largest * side / sqrt((double)im->w * im->h), e);
}

static int load_ground(const composer *c, const lint_synth_file *f, lint_image *im, lint_err *e) {
    const lint_image_ask ask = {.c = 3, .rough_w = 3 * c->w, .rough_h = 3 * c->h, .regular = 1};
    if (lint_image_read_as(im, f->path, &ask, NULL, e) < 0) return -1;
    int x0 = (int)(f->part[0] * (float)im->w), x1 = (int)(f->part[2] * (float)im->w);
    int y0 = (int)(f->part[1] * (float)im->h), y1 = (int)(f->part[3] * (float)im->h);
    if (x1 <= x0 || y1 <= y0) return lint_fail(e, "the given part of it is empty");
    if (cut(im, x0, y0, x1, y1, e) < 0) return -1;
    return reduce(im, fmax(2.0 * c->w / im->w, 2.0 * c->h / im->h), e);
}

typedef struct loading {
    composer *c;
    double largest;
    const unsigned char *object_used, *ground_used;
    lint_err *err;         /* one for each file */
    unsigned char *failed; /* likewise */
} loading;

static void load_one(void *ctx, size_t part, int who) {
    (void)who;
    loading *l = ctx;
    composer *c = l->c;
    const lint_synth_file *f;
    int bad = 0;
    if (part < c->objects.n) {
        f = &c->objects.files[part];
        if (l->object_used[part])
            bad = load_object(c, l->largest, f->path, &c->object[part], &l->err[part]);
    } else {
        size_t i = part - c->objects.n;
        f = &c->places.files[i];
        if (l->ground_used[i]) bad = load_ground(c, f, &c->ground[i], &l->err[part]);
    }
    if (bad < 0) lint_err_prefix(&l->err[part], "%s: ", f->path);
    l->failed[part] = bad < 0;
}

static int load_all(const lint_synth *s, composer *c, lint_threads *pool, lint_err *e) {
    size_t n = c->objects.n + c->places.n;
    unsigned char *flags = calloc(2 * n, 1); /* used, then failed */
    loading l = {.c = c, .largest = s->plan.size_hi};
    l.err = malloc(n * sizeof *l.err);
    c->object = calloc(c->objects.n, sizeof *c->object);
    c->ground = calloc(c->places.n, sizeof *c->ground);
    int bad = 0;
    if (!flags || !l.err || !c->object || !c->ground) {
        bad = lint_fail_mem(e, "pictures");
    } else {
        for (size_t i = 0; i < s->n; i++)
            flags[s->items[i].object] = flags[c->objects.n + s->items[i].ground] = 1;
        l.object_used = flags;
        l.ground_used = flags + c->objects.n;
        l.failed = flags + n;
        lint_threads_run(pool, n, load_one, &l);
        for (size_t i = n; i-- > 0;)
            if (l.failed[i]) {
                *e = l.err[i];
                bad = -1;
            }
    }
    free(flags);
    free(l.err);
    return bad;
}

/* --- painting --------------------------------------------------------------------------------- */

/* Adds the colour at (x, y), in pixels of im, times its alpha, and the alpha, to out[4]; nothing
 * outside of a picture with alpha, the edge's colour outside of one without. */
static void sample(const lint_image *im, float x, float y, float weight, float out[4]) {
    float fx = floorf(x - .5f), fy = floorf(y - .5f), tx = x - .5f - fx, ty = y - .5f - fy;
    for (int k = 0; k < 4; k++) {
        int ix = (int)fx + (k & 1), iy = (int)fy + (k >> 1);
        float w = weight * (k & 1 ? tx : 1 - tx) * (k >> 1 ? ty : 1 - ty);
        if (im->c == 4 && (ix < 0 || iy < 0 || ix >= im->w || iy >= im->h)) continue;
        ix = ix < 0 ? 0 : ix >= im->w ? im->w - 1 : ix;
        iy = iy < 0 ? 0 : iy >= im->h ? im->h - 1 : iy;
        const uint8_t *p = im->px + ((size_t)iy * (size_t)im->w + (size_t)ix) * (size_t)im->c;
        if (im->c == 4) w *= (float)p[3] / 255;
        out[0] += w * (float)p[0] / 255;
        out[1] += w * (float)p[1] / 255;
        out[2] += w * (float)p[2] / 255;
        out[3] += w;
    }
}

/* A pixel's place in the source: an affine map, x' = xx x + xy y + x0 and so on. */
typedef struct affine {
    float xx, xy, x0, yx, yy, y0;
} affine;

/* The mean of four samples inside the pixel, so that a source twice as fine does not flicker. */
static void sample_pixel(const lint_image *im, const affine *m, int x, int y, float out[4]) {
    out[0] = out[1] = out[2] = out[3] = 0;
    for (int k = 0; k < 4; k++) {
        float px = (float)x + (k & 1 ? .75f : .25f), py = (float)y + (k >> 1 ? .75f : .25f);
        sample(im, m->xx * px + m->xy * py + m->x0, m->yx * px + m->yy * py + m->y0, .25f, out);
    }
}

/* A random window of the photograph, half of it to all, perhaps mirrored. */
static void paint_ground(lint_easel *e, const lint_image *im) {
    float fit = fminf((float)im->w / (float)e->w, (float)im->h / (float)e->h);
    float scale = fit * lint_easel_range(e, .5f, 1);
    float room_x = (float)im->w - scale * (float)e->w, room_y = (float)im->h - scale * (float)e->h;
    affine m = {.xx = scale, .yy = scale};
    m.x0 = lint_easel_range(e, 0, 1) * room_x;
    m.y0 = lint_easel_range(e, 0, 1) * room_y;
    if (lint_easel_chance(e, .5f)) {
        m.xx = -scale;
        m.x0 = (float)im->w - m.x0;
    }
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            float c[4];
            sample_pixel(im, &m, x, y, c);
            memcpy(e->ground + ((size_t)y * (size_t)e->w + (size_t)x) * 3, c, 3 * sizeof *c);
        }
}

/* The colour of the light in a place: the ground's mean, its brightness taken out. */
static void cast(const lint_easel *e, float gain[3]) {
    size_t n = (size_t)e->w * (size_t)e->h;
    double sum[3] = {0, 0, 0};
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < 3; c++)
            sum[c] += (double)e->ground[i * 3 + (size_t)c];
    double mean = (sum[0] + sum[1] + sum[2]) / 3 + 1e-9;
    for (int c = 0; c < 3; c++)
        gain[c] = (float)(1 + .12 * (fmin(sum[c] / mean, 2) - 1));
}

/* The centre of an object's alpha, in its pixels. */
static void centre_of(const lint_image *im, float *x, float *y) {
    double sx = 0, sy = 0, all = 1e-9;
    for (int j = 0; j < im->h; j++)
        for (int i = 0; i < im->w; i++) {
            double a = im->px[((size_t)j * (size_t)im->w + (size_t)i) * 4 + 3];
            sx += a * (i + .5);
            sy += a * (j + .5);
            all += a;
        }
    *x = (float)(sx / all);
    *y = (float)(sy / all);
}

static void paint_object(const lint_synth_plan *p, lint_easel *e, const lint_image *im) {
    float j = (float)p->jitter, gain[3], light = lint_easel_range(e, .75f, 1.15f);
    float cx = (.5f + lint_easel_range(e, -j, j)) * (float)e->w;
    float cy = (.5f + lint_easel_range(e, -j, j)) * (float)e->h;
    float side = lint_easel_range(e, (float)p->size_lo, (float)p->size_hi) * e->side;
    float turn = lint_easel_range(e, -.12f, .12f);
    float longer = (float)(im->w > im->h ? im->w : im->h);
    /* source pixels in one of the picture's */
    float scale = fmaxf(sqrtf((float)im->w * (float)im->h) / side, longer / (.9f * e->side));
    float mx, my;
    centre_of(im, &mx, &my);
    float c = cosf(turn) * scale, s = sinf(turn) * scale, flip = lint_easel_chance(e, .5f) ? -1 : 1;
    affine m = {.xx = flip * c, .xy = flip * s, .yx = -s, .yy = c};
    m.x0 = mx - m.xx * cx - m.xy * cy;
    m.y0 = my - m.yx * cx - m.yy * cy;
    cast(e, gain);
    for (int y = 0; y < e->h; y++)
        for (int x = 0; x < e->w; x++) {
            float v[4], *o = e->object + ((size_t)y * (size_t)e->w + (size_t)x) * 4;
            sample_pixel(im, &m, x, y, v);
            for (int k = 0; k < 3; k++)
                o[k] = fminf(v[k] * light * gain[k], v[3]);
            o[3] = v[3];
        }
}

static int paint_composed(const lint_synth *s, lint_easel *e, const lint_synth_item *it,
                          lint_err *err) {
    const composer *c = s->ctx;
    (void)err;
    paint_ground(e, &c->ground[it->ground]);
    paint_object(&s->plan, e, &c->object[it->object]);
    return 0;
}

/* --- the report ------------------------------------------------------------------------------- */

/* Adds a line on each group of the list: how many serve training, how many the test, what both. */
static void report_list(FILE *f, const lint_synth_list *l, const char *what, ranked *r) {
    for (size_t g = 0; g < l->n_names; g++) {
        size_t side[3] = {0, 0, 0};
        for (size_t i = 0; i < l->n; i++)
            if (l->files[i].group == g) side[l->files[i].side]++;
        size_t n = rank(l, g, 0, r);
        if (side[LINT_SIDE_TRAIN] && side[LINT_SIDE_TEST])
            fprintf(f, "%s %s: %zu files for training, %zu others for the test%s\n", what,
                    l->names[g], side[LINT_SIDE_TRAIN], side[LINT_SIDE_TEST],
                    side[LINT_SIDE_ANY] ? ", some for both" : "");
        else
            fprintf(f,
                    "%s %s: %zu files, %zu different, shared by training and test: too few to "
                    "divide\n",
                    what, l->names[g], side[0] + side[1] + side[2], n);
    }
}

static char *make_report(const composer *c, ranked *r, lint_err *e) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f) return lint_fail_mem(e, "a report"), NULL;
    report_list(f, &c->objects, "class", r);
    report_list(f, &c->places, "place", r);
    if (!lint_memstream_close(f, &text)) lint_fail_mem(e, "a report");
    return text;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int take_names(lint_synth *s, const composer *c, lint_err *e) {
    s->n_classes = c->objects.n_names;
    s->n_places = c->places.n_names;
    s->classes = malloc(s->n_classes * sizeof *s->classes);
    s->places = malloc(s->n_places * sizeof *s->places);
    s->grounds = malloc(c->places.n * sizeof *s->grounds);
    if (!s->classes || !s->places || !s->grounds) return lint_fail_mem(e, "names");
    for (size_t i = 0; i < s->n_classes; i++)
        s->classes[i] = c->objects.names[i];
    for (size_t i = 0; i < s->n_places; i++)
        s->places[i] = c->places.names[i];
    for (size_t i = 0; i < c->places.n; i++)
        s->grounds[i] = c->places.files[i].name;
    return 0;
}

static int build(lint_synth *s, composer *c, size_t hold_at, lint_threads *pool, char **report,
                 lint_err *e) {
    if (c->objects.n_names == 0 || c->objects.n_names != c->places.n_names)
        return lint_fail(e, "%zu classes and %zu places: each class needs one place",
                         c->objects.n_names, c->places.n_names);
    size_t most = c->objects.n > c->places.n ? c->objects.n : c->places.n;
    ranked *r = malloc(most * sizeof *r);
    if (!r) return lint_fail_mem(e, "the list of files");
    divide_objects(&c->objects, hold_at, s->plan.seed, r);
    divide_places(&c->places, s->plan.seed, r);
    int err = take_names(s, c, e);
    if (err == 0) err = make_items(s, c, e);
    if (err == 0) err = load_all(s, c, pool, e);
    if (err == 0 && !(*report = make_report(c, r, e))) err = -1;
    free(r);
    return err;
}

int lint_synth_compose(lint_synth *s, const lint_synth_plan *plan, lint_synth_list *objects,
                       lint_synth_list *places, size_t hold_at, int w, int h, lint_threads *pool,
                       char **report, lint_err *e) {
    composer *c = calloc(1, sizeof *c);
    *s = (lint_synth){.plan = *plan, .paint = paint_composed, .ctx = c, .free_ctx = free_composer};
    *report = NULL;
    if (!c) {
        s->free_ctx = NULL;
        lint_synth_list_free(objects);
        lint_synth_list_free(places);
        return lint_fail_mem(e, "a composer");
    }
    c->w = w;
    c->h = h;
    c->objects = *objects;
    c->places = *places;
    *objects = *places = (lint_synth_list){0};
    if (build(s, c, hold_at, pool, report, e) < 0) {
        lint_synth_free(s);
        return -1;
    }
    return 0;
}
