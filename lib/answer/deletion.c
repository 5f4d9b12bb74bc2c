#include "answer/deletion.h"
#include "picture/blur.h"
#include "picture/evidence.h"
#include "stream/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- areas ------------------------------------------------------------------------------------ */

static double probability(const float *z, size_t K, size_t class) {
    double sum = 0;
    for (size_t k = 0; k < K; k++)
        sum += exp((double)z[k] - (double)z[class]);
    return 1 / sum;
}

void lint_deletion_areas(const float *z, const float *whole, size_t K, size_t steps,
                         float *deletion, float *insertion) {
    size_t class = lint_predicted(whole, K, NULL);
    double ends = probability(z, K, class) + probability(whole, K, class);
    double del = ends / 2, ins = ends / 2;
    for (size_t i = 1; i < steps; i++) {
        del += probability(z + i * K, K, class);
        ins += probability(z + (steps - 1 + i) * K, K, class);
    }
    *deletion = (float)(del / (double)steps);
    *insertion = (float)(ins / (double)steps);
}

/* --- pictures with cells removed -------------------------------------------------------------- */

typedef struct cell {
    double d;
    size_t at;
} cell;

/* The pictures of one round, and the memory for them. */
typedef struct erasing {
    const lint_samples *s;
    size_t first; /* of the samples at hand */
    size_t steps, variants;
    uint8_t *image;       /* [n,variants,H,W,3] */
    const uint8_t **list; /* [n,variants], each of them */
    float *z;             /* [n,variants,K] */
    /* for each worker */
    double *d;      /* [P] */
    cell *order;    /* [P] */
    size_t *rank;   /* [P] */
    uint32_t *line; /* [2 max(H,W)] */
} erasing;

static int by_evidence(const void *a, const void *b) {
    const cell *x = a, *y = b;
    if (x->d != y->d) return x->d < y->d ? 1 : -1;
    return x->at < y->at ? -1 : 1;
}

/* rank [P]: when the cells are removed, from 0. */
static size_t *rank_cells(const erasing *t, size_t i, int worker) {
    const lint_samples *s = t->s;
    size_t P = s->cam_h * s->cam_w, at = (size_t)worker * P;
    lint_evidence(s->cam + i * s->k * P, s->k, P, lint_predicted(s->logits + i * s->k, s->k, NULL),
                  t->d + at);
    for (size_t c = 0; c < P; c++)
        t->order[at + c] = (cell){t->d[at + c], c};
    qsort(t->order + at, P, sizeof *t->order, by_evidence);
    for (size_t c = 0; c < P; c++)
        t->rank[at + t->order[at + c].at] = c;
    return t->rank + at;
}

/* Writes `first` where a cell is one of the `removed` that go first, and `rest` elsewhere. */
static void compose(const lint_samples *s, const size_t *rank, size_t removed, const uint8_t *first,
                    const uint8_t *rest, uint8_t *to) {
    for (size_t y = 0; y < s->h; y++) {
        const size_t *row = rank + y * s->cam_h / s->h * s->cam_w;
        for (size_t x = 0; x < s->w; x++) {
            size_t at = (y * s->w + x) * 3;
            memcpy(to + at, (row[x * s->cam_w / s->w] < removed ? first : rest) + at, 3);
        }
    }
}

static void erase_one(void *ctx, size_t part, int worker) {
    const erasing *t = ctx;
    const lint_samples *s = t->s;
    size_t pixels = s->h * s->w * 3, P = s->cam_h * s->cam_w, side = s->h > s->w ? s->h : s->w;
    const uint8_t *image = s->image + (t->first + part) * pixels;
    uint8_t *blurred = t->image + part * t->variants * pixels, *deleted = blurred + pixels;
    uint8_t *inserted = deleted + (t->steps - 1) * pixels;
    const size_t *rank = rank_cells(t, t->first + part, worker);
    memcpy(blurred, image, pixels);
    lint_blur(s->h, s->w, blurred, LINT_DELETION_BLUR, t->line + (size_t)worker * 2 * side);
    for (size_t i = 1; i < t->steps; i++, deleted += pixels, inserted += pixels) {
        size_t removed = (2 * i * P + t->steps) / (2 * t->steps);
        compose(s, rank, removed, blurred, image, deleted);
        compose(s, rank, removed, image, blurred, inserted);
    }
}

/* --- a frame ---------------------------------------------------------------------------------- */

static void erasing_free(erasing *t) {
    free(t->image);
    free(t->list);
    free(t->z);
    free(t->d);
    free(t->order);
    free(t->rank);
    free(t->line);
}

/* Memory for `most` pictures. */
static int erasing_make(erasing *t, const lint_samples *s, size_t steps, size_t most,
                        size_t workers, lint_err *e) {
    size_t pixels = s->h * s->w * 3, P = s->cam_h * s->cam_w, side = s->h > s->w ? s->h : s->w;
    *t = (erasing){.s = s, .steps = steps, .variants = 2 * steps - 1};
    t->image = malloc(most * t->variants * pixels);
    t->list = malloc(most * t->variants * sizeof *t->list);
    t->z = malloc(most * t->variants * s->k * sizeof *t->z);
    t->d = malloc(workers * P * sizeof *t->d);
    t->order = malloc(workers * P * sizeof *t->order);
    t->rank = malloc(workers * P * sizeof *t->rank);
    t->line = malloc(workers * 2 * side * sizeof *t->line);
    if (!t->image || !t->list || !t->z || !t->d || !t->order || !t->rank || !t->line) {
        erasing_free(t);
        return lint_fail_mem(e, "pictures with cells removed");
    }
    for (size_t i = 0; i < most * t->variants; i++)
        t->list[i] = t->image + i * pixels;
    return 0;
}

static int erase_all(const lint_predictor *p, erasing *t, size_t most, float *deletion,
                     float *insertion, lint_threads *pool, lint_err *e) {
    const lint_samples *s = t->s;
    for (t->first = 0; t->first < s->n; t->first += most) {
        size_t n = s->n - t->first < most ? s->n - t->first : most;
        lint_threads_run(pool, n, erase_one, t);
        if (lint_predictor_run(p, n * t->variants, t->list, t->z, NULL, e) < 0)
            return lint_err_prefix(e, "pictures with cells removed: ");
        for (size_t i = 0; i < n; i++)
            lint_deletion_areas(t->z + i * t->variants * s->k, s->logits + (t->first + i) * s->k,
                                s->k, t->steps, deletion + t->first + i, insertion + t->first + i);
    }
    return 0;
}

static int answer(const lint_predictor *p, lint_frame *f, const lint_samples *s, size_t steps,
                  lint_threads *pool, lint_err *e) {
    enum { BATCHES = 8 }; /* at a time: few of them are half empty, and memory stays small */
    size_t most = BATCHES * lint_net_batch(p->net) / (2 * steps - 1);
    erasing t;
    lint_tensor *tensor = lint_frame_add(f, "deletion", LINT_F32, 1, (uint64_t[]){s->n}, e);
    float *deletion =
        tensor ? tensor->data : NULL; /* adding a tensor may move the others, but not their data */
    if (tensor) tensor = lint_frame_add(f, "insertion", LINT_F32, 1, (uint64_t[]){s->n}, e);
    if (!tensor) return -1;
    if (most == 0) most = 1;
    if (erasing_make(&t, s, steps, most, (size_t)lint_threads_count(pool), e) < 0) return -1;
    int err = erase_all(p, &t, most, deletion, tensor->data, pool, e);
    erasing_free(&t);
    return err;
}

int lint_deletion_frame(const lint_predictor *p, lint_frame *f, size_t steps, lint_threads *pool,
                        lint_err *e) {
    lint_samples s;
    if (lint_predictor_needs_pictures(p, e) < 0) return -1;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = s.cam ? answer(p, f, &s, steps, pool, e) : lint_fail(e, "no maps to remove cells by");
    lint_samples_free(&s);
    return err;
}
