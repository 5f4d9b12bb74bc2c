#include "source/audit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A picture whose channels all vary less, in grey levels, is of one colour. */
#define SPREAD_PLAIN 3

/* What 12 bits of 16 hold at most. */
enum { MOST_12_OF_16 = 4095 };

void lint_audit_free(lint_audit *a) {
    free(a->look);
    free(a->place);
    free(a->margin);
    free(a->readable.v);
    free(a->unreadable.v);
    free(a->plain.v);
    free(a->dark.v);
    free(a->copies.v);
    free(a->two_classes.v);
    free(a->case_only.v);
    *a = (lint_audit){0};
}

static int audit_new(lint_audit *a, lint_err *e) {
    size_t n = a->source->n + 1;
    a->look = calloc(n, sizeof *a->look);
    a->place = malloc(n * sizeof *a->place);
    a->margin = calloc(n, sizeof *a->margin);
    a->readable.v = malloc(n * sizeof *a->readable.v);
    a->unreadable.v = malloc(n * sizeof *a->unreadable.v);
    a->plain.v = malloc(n * sizeof *a->plain.v);
    a->dark.v = malloc(n * sizeof *a->dark.v);
    a->copies.v = malloc(n * sizeof *a->copies.v);
    a->two_classes.v = malloc(n * sizeof *a->two_classes.v);
    a->case_only.v = malloc(n * sizeof *a->case_only.v);
    if (a->look && a->place && a->margin && a->readable.v && a->unreadable.v && a->plain.v &&
        a->dark.v && a->copies.v && a->two_classes.v && a->case_only.v)
        return 0;
    return lint_fail_mem(e, "an audit");
}

/* --- lists ------------------------------------------------------------------------------------ */

/* What pictures are sorted by. */
typedef struct entry {
    const lint_audit *a;
    size_t i;
} entry;

static double area(const entry *x) {
    const lint_image_facts *f = &x->a->look[x->i].file;
    return (double)f->w * f->h;
}

static int by_index(const entry *x, const entry *y) {
    return x->i < y->i ? -1 : x->i > y->i;
}

static int by_area(const void *a, const void *b) {
    const entry *x = a, *y = b;
    double left = area(x), right = area(y);
    return left != right ? (left < right ? -1 : 1) : by_index(x, y);
}

static int by_margin(const void *a, const void *b) {
    const entry *x = a, *y = b;
    double left = x->a->margin[x->i], right = y->a->margin[y->i];
    return left != right ? (left > right ? -1 : 1) : by_index(x, y);
}

static int by_file(const void *a, const void *b) {
    const entry *x = a, *y = b;
    const lint_image_facts *f = &x->a->look[x->i].file, *g = &y->a->look[y->i].file;
    if (f->bytes != g->bytes) return f->bytes < g->bytes ? -1 : 1;
    if (f->digest != g->digest) return f->digest < g->digest ? -1 : 1;
    return by_index(x, y);
}

static const char *path_of(const entry *x) {
    return x->a->source->picture[x->i].path;
}

static int by_folded_path(const void *a, const void *b) {
    const entry *x = a, *y = b;
    int order = strcasecmp(path_of(x), path_of(y));
    return order ? order : by_index(x, y);
}

/* v [n] becomes the readable pictures, or all, in an order. Returns n. */
static size_t sorted(const lint_audit *a, entry *v, int all,
                     int (*order)(const void *, const void *)) {
    size_t n = 0;
    for (size_t i = 0; i < a->source->n; i++)
        if (all || !a->source->picture[i].bad) v[n++] = (entry){a, i};
    if (n) qsort(v, n, sizeof *v, order);
    return n;
}

static void add_pair(lint_audit_pairs *to, size_t a, size_t b) {
    to->v[to->n++] = (lint_audit_pair){a, b};
}

static int is_other_file(const entry *x, const entry *y) {
    return strcmp(path_of(x), path_of(y)) != 0;
}

/* Each copy with the first of its kind; and the first copy in each other class. Objects of one picture are
 * no copies. */
static void list_copies(lint_audit *a, entry *v) {
    const lint_picture *p = a->source->picture;
    size_t n = sorted(a, v, 0, by_file), first = 0;
    for (size_t j = 1; j < n; j++) {
        if (!lint_look_same_file(&a->look[v[first].i], &a->look[v[j].i])) {
            first = j;
            continue;
        }
        if (!is_other_file(&v[first], &v[j])) continue;
        add_pair(&a->copies, v[first].i, v[j].i);
        if (p[v[first].i].label != p[v[j].i].label) add_pair(&a->two_classes, v[first].i, v[j].i);
    }
}

static void list_case(lint_audit *a, entry *v) {
    size_t n = sorted(a, v, 1, by_folded_path);
    for (size_t j = 1; j < n; j++)
        if (strcasecmp(path_of(&v[j - 1]), path_of(&v[j])) == 0 && is_other_file(&v[j - 1], &v[j]))
            add_pair(&a->case_only, v[j - 1].i, v[j].i);
}

static void list_pictures(lint_audit *a, int depth) {
    for (size_t i = 0; i < a->source->n; i++) {
        const lint_look *l = &a->look[i];
        if (a->source->picture[i].bad) {
            a->unreadable.v[a->unreadable.n++] = i;
        } else if (!depth && l->file.bits == 16 && l->file.peak <= MOST_12_OF_16 &&
                   l->file.peak > 0) {
            a->dark.v[a->dark.n++] = i;
        } else if (l->spread < SPREAD_PLAIN) {
            a->plain.v[a->plain.n++] = i;
        }
    }
}

static void list_sizes_and_margins(lint_audit *a, entry *v) {
    size_t n = sorted(a, v, 0, by_area);
    if (n) {
        a->smallest = v[0].i;
        a->median = v[n / 2].i;
        a->largest = v[n - 1].i;
    }
    a->readable.n = sorted(a, v, 0, by_margin);
    for (size_t j = 0; j < n; j++)
        a->readable.v[j] = v[j].i;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Series with pictures in two splits that SRC gives. */
static int count_parted(lint_audit *a, lint_err *e) {
    const lint_source *s = a->source;
    unsigned char *seen = calloc(s->n + 1, 1);
    if (!seen) return lint_fail_mem(e, "series");
    for (size_t i = 0; i < s->n; i++) {
        size_t first = lint_source_first(s, i);
        if (seen[first] || s->picture[i].split == s->picture[first].split) continue;
        seen[first] = 1;
        a->parted++;
    }
    free(seen);
    return 0;
}

static int find_margins(lint_audit *a, lint_threads *pool, uint64_t seed, lint_err *e) {
    size_t classes = a->source->classes.n;
    double *score = malloc((a->source->n + 1) * classes * sizeof *score);
    if (!score) return lint_fail_mem(e, "the borders of all pictures");
    int err =
        lint_background_test(pool, a->source, a->look, seed, score, a->place, &a->background, e);
    for (size_t i = 0; i < a->source->n && !err; i++) {
        const double *of = score + i * classes;
        int32_t own = a->source->picture[i].label;
        double best = -INFINITY;
        for (size_t k = 0; k < classes; k++)
            if ((int32_t)k != own) best = fmax(best, of[k]);
        a->margin[i] = a->place[i] < 0 ? 0 : best - of[own];
    }
    free(score);
    return err;
}

int lint_audit_make(lint_audit *a, const lint_decode *c, lint_source *s, uint64_t seed,
                    lint_err *e) {
    lint_decode all = *c;
    *a = (lint_audit){.source = s, .margin_of_crops = c->margin};
    all.skip_bad = 1;
    entry *v = malloc((s->n + 1) * sizeof *v);
    int err = v ? audit_new(a, e) : lint_fail_mem(e, "an audit");
    if (!err) err = lint_decode_looks(&all, s, a->look, e);
    if (!err) err = lint_series_find(c->pool, s, a->look, &a->series, e);
    if (!err) err = count_parted(a, e);
    if (!err) err = find_margins(a, c->pool, seed, e);
    if (!err) {
        list_pictures(a, c->depth);
        list_copies(a, v);
        list_case(a, v);
        list_sizes_and_margins(a, v);
    }
    free(v);
    if (err) lint_audit_free(a);
    return err;
}
