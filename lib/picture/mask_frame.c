#include "picture/mask_frame.h"
#include "picture/evidence.h"
#include "stream/samples.h"

#include <stdlib.h>
#include <string.h>

typedef struct job {
    const lint_samples *s;
    const lint_mask_how *how;
    uint8_t *mask;   /* [n,H,W] */
    float *map;      /* [n,h,w] */
    lint_err *why;   /* [n] */
    uint8_t *failed; /* [n] */
} job;

/* The evidence for the label's class. */
static int read_hint(const job *j, size_t i, lint_mask_hint *hint, lint_err *e) {
    size_t h = j->s->cam_h, w = j->s->cam_w, k = j->s->k;
    float *map = j->map + i * h * w;
    double *d = malloc(h * w * sizeof *d);
    if (!d) return lint_fail_mem(e, "a map");
    lint_evidence(j->s->cam + i * k * h * w, k, h * w, (size_t)j->s->label[i], d);
    for (size_t p = 0; p < h * w; p++)
        map[p] = (float)d[p];
    free(d);
    *hint = (lint_mask_hint){.map = map, .h = h, .w = w};
    return 0;
}

static void find_one(void *ctx, size_t i, int worker) {
    const job *j = ctx;
    size_t h = j->s->h, w = j->s->w;
    lint_mask_hint hint;
    int hinted = j->map && j->s->label[i] >= 0;
    (void)worker;
    int err = hinted ? read_hint(j, i, &hint, &j->why[i]) : 0;
    if (!err)
        err = lint_find_mask(j->s->image + i * h * w * 3, h, w, j->how->method,
                             hinted ? &hint : NULL, j->mask + i * h * w, &j->why[i]);
    j->failed[i] = err < 0;
}

static int find_all(job *j, lint_threads *threads, lint_err *e) {
    size_t n = j->s->n;
    int err = 0;
    lint_threads_run(threads, n, find_one, j);
    for (size_t i = 0; i < n && !err; i++)
        if (j->failed[i]) err = lint_fail(e, "sample %zu: %s", i + 1, j->why[i].msg);
    return err;
}

/* --- comparing -------------------------------------------------------------------------------- */

static int is_empty(const uint8_t *mask, size_t pixels) {
    for (size_t i = 0; i < pixels; i++)
        if (mask[i]) return 0;
    return 1;
}

/* Masks that were resized have greys; half is object. */
static void compare(const uint8_t *found, const uint8_t *own, size_t pixels, lint_mask_sums *sums) {
    size_t both = 0, object = 0, all = 0;
    for (size_t i = 0; i < pixels; i++) {
        both += found[i] && own[i] > 127;
        all += found[i] > 0;
        object += own[i] > 127;
    }
    if (!object) return;
    double iou = (double)both / (double)(all + object - both);
    sums->compared++;
    sums->poor += iou < LINT_MASK_POOR;
    sums->iou += iou;
    sums->recall += (double)both / (double)object;
    sums->precision += all ? (double)both / (double)all : 0;
}

static void add_up(const job *j, lint_mask_sums *sums) {
    size_t pixels = j->s->h * j->s->w;
    sums->samples += j->s->n;
    for (size_t i = 0; i < j->s->n; i++) {
        const uint8_t *found = j->mask + i * pixels;
        sums->nothing += is_empty(found, pixels);
        if (j->s->mask) compare(found, j->s->mask + i * pixels, pixels, sums);
    }
}

/* --- a frame ---------------------------------------------------------------------------------- */

static int check(const lint_samples *s, int by_maps, lint_err *e) {
    if (!s->image) return lint_fail(e, "no 'image'");
    if (s->n && (!s->h || !s->w)) return lint_fail(e, "pictures of %zux%zu", s->w, s->h);
    if (by_maps && !s->cam) return lint_fail(e, "no 'cam' (lint-cam adds a model's maps)");
    if (by_maps && !s->label) return lint_fail(e, "no 'label', so no map is the label's");
    return 0;
}

static int job_make(job *j, lint_err *e) {
    size_t n = j->s->n + 1, pixels = j->s->h * j->s->w, cells = j->s->cam_h * j->s->cam_w;
    j->mask = calloc(n, pixels ? pixels : 1);
    j->why = malloc(n * sizeof *j->why);
    j->failed = calloc(n, 1);
    if (j->how->by_maps) j->map = malloc(n * (cells + 1) * sizeof *j->map);
    if (j->mask && j->why && j->failed && (j->map || !j->how->by_maps)) return 0;
    return lint_fail_mem(e, "masks");
}

static void job_free(job *j) {
    free(j->mask);
    free(j->map);
    free(j->why);
    free(j->failed);
}

static int put_masks(lint_frame *f, const job *j, lint_err *e) {
    uint64_t shape[] = {j->s->n, j->s->h, j->s->w};
    if (j->s->mask && !j->how->replace) return 0;
    lint_tensor *t = lint_frame_add(f, "mask", LINT_U8, 3, shape, e);
    if (!t) return -1;
    memcpy(t->data, j->mask, t->bytes);
    return 0;
}

static int use_up_maps(lint_frame *f, lint_err *e) {
    lint_frame_drop(f, "logits");
    lint_frame_drop(f, "cam");
    return lint_frame_set_meta(f, "kind", "samples", e);
}

int lint_mask_frame(lint_frame *f, const lint_mask_how *how, lint_threads *threads,
                    lint_mask_sums *sums, lint_err *e) {
    lint_samples s;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    job j = {.s = &s, .how = how};
    int err = check(&s, how->by_maps, e);
    if (!err) err = job_make(&j, e);
    if (!err) err = find_all(&j, threads, e);
    if (!err) {
        add_up(&j, sums);
        err = put_masks(f, &j, e);
    }
    if (!err && how->by_maps) err = use_up_maps(f, e);
    job_free(&j);
    lint_samples_free(&s);
    return err;
}
