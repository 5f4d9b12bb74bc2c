#include "stream/reframe.h"
#include "stream/samples.h"

#include <stdlib.h>
#include <string.h>

struct lint_reframe {
    lint_reader *in;
    char *name;
    size_t frame;    /* samples in a frame given out; 0 is all */
    lint_frame read; /* the last frame of the input; none if it has no tensors */
    size_t used;     /* its samples that were given out */
    size_t count;    /* frames read */
};

lint_reframe *lint_reframe_new(FILE *in, const char *name, size_t frame, lint_err *e) {
    lint_reframe *g = calloc(1, sizeof *g);
    if (!g || !(g->name = malloc(strlen(name) + 1))) {
        free(g);
        lint_fail_mem(e, "the input");
        return NULL;
    }
    strcpy(g->name, name);
    g->frame = frame;
    g->in = lint_reader_new(in, name, e);
    if (g->in) return g;
    lint_reframe_free(g);
    return NULL;
}

void lint_reframe_free(lint_reframe *g) {
    if (!g) return;
    lint_reader_free(g->in);
    lint_frame_free(&g->read);
    free(g->name);
    free(g);
}

static int fail_here(const lint_reframe *g, lint_err *e) {
    return lint_err_prefix(e, "%s: frame %zu: ", g->name, g->count);
}

/* Makes `read` the next frame of the input. Returns as lint_reader_next. */
static int read_next(lint_reframe *g, lint_err *e) {
    g->used = 0;
    int got = lint_reader_next(g->in, &g->read, e);
    if (got <= 0) {
        lint_frame_clear(&g->read);
        return got;
    }
    g->count++;
    lint_samples s;
    if (lint_samples_view(&g->read, &s, e) < 0) return fail_here(g, e);
    lint_samples_free(&s);
    return 1;
}

/* Both were read, so that their keys are sorted. */
static int same_metadata(const lint_frame *a, const lint_frame *b) {
    if (a->metas != b->metas) return 0;
    for (size_t i = 0; i < a->metas; i++)
        if (strcmp(a->meta[i].key, b->meta[i].key) != 0 ||
            strcmp(a->meta[i].value, b->meta[i].value) != 0)
            return 0;
    return 1;
}

static int follows(const lint_tensor *t, size_t n) {
    return t->rank > 0 && t->shape[0] == n;
}

static int differ(void *ctx, lint_tensor *x, lint_tensor *y, lint_err *e) {
    const size_t *samples = ctx;
    (void)e;
    if (!x || !y || follows(x, samples[0]) || follows(y, samples[1])) return 0;
    return x->bytes != y->bytes || memcmp(x->data, y->data, x->bytes) != 0;
}

/* Whether the tensors that do not follow the samples differ: 1 or 0. (The sizes of the frames show
 * which tensors those are; where the frames disagree, lint_frame_append decides.) */
static int others_differ(const lint_frame *a, const lint_frame *b, lint_err *e) {
    size_t samples[2] = {lint_frame_samples(a), lint_frame_samples(b)};
    return lint_frame_pair(a, b, differ, samples, e);
}

/* Appends up to `room` unused samples of `read` to f. */
static int move_some(lint_reframe *g, lint_frame *f, size_t room, lint_err *e) {
    size_t n = lint_frame_samples(&g->read), left = n - g->used;
    size_t take = left < room ? left : room;
    if (take == n && f->count == 0) { /* the whole frame, as it is */
        lint_frame whole = g->read;
        g->read = *f;
        *f = whole;
        lint_frame_clear(&g->read);
        return 0;
    }
    size_t *row = malloc((take + 1) * sizeof *row);
    if (!row) return lint_fail_mem(e, "samples");
    for (size_t i = 0; i < take; i++)
        row[i] = g->used + i;
    lint_frame part = {0};
    int err = lint_frame_take(&part, &g->read, row, take, e);
    if (!err) err = lint_frame_append(f, &part, e);
    lint_frame_free(&part);
    free(row);
    g->used += take;
    if (g->used == n) lint_frame_clear(&g->read);
    return err ? fail_here(g, e) : 0;
}

/* Whether what is at hand belongs behind f, as 1 or 0. */
static int joins(const lint_reframe *g, const lint_frame *f, lint_err *e) {
    if (f->count == 0) return 1;
    if (!same_metadata(f, &g->read)) return 0;
    int other = others_differ(f, &g->read, e);
    return other < 0 ? fail_here(g, e) : !other;
}

int lint_reframe_next(lint_reframe *g, lint_frame *f, lint_err *e) {
    lint_frame_clear(f);
    for (;;) { /* until something is at hand that is not for f: only then f->more is known */
        int got = g->read.count ? 1 : read_next(g, e);
        if (got <= 0) return got < 0 ? -1 : f->count > 0;
        if ((got = joins(g, f, e)) < 0) return -1;
        size_t have = lint_frame_samples(f), here = lint_frame_samples(&g->read);
        if (!got || (g->frame && have == g->frame && here > 0)) {
            f->more = 1;
            return 1;
        }
        if (move_some(g, f, g->frame ? g->frame - have : SIZE_MAX, e) < 0) return -1;
        f->more = 0; /* a frame that was moved whole had its own */
    }
}
