#include "source/series.h"
#include "base/grow.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 10000, ROWS = 64, CHAIN_MOST = 50, CHAIN_PART = 20 };

/* How far the first pictures of two large series may be from each other, to be one. */
#define CHAIN_DISTANCE 0.2

/* --- given ------------------------------------------------------------------------------------ */

static int take_match(lint_picture *p, const regmatch_t *m, lint_err *e) {
    const regmatch_t *at = m[1].rm_so >= 0 ? &m[1] : &m[0];
    size_t n = (size_t)(at->rm_eo - at->rm_so);
    free(p->group);
    p->group = malloc(n + 1);
    if (!p->group) return lint_fail_mem(e, "series");
    memcpy(p->group, p->path + at->rm_so, n);
    p->group[n] = 0;
    return 0;
}

int lint_series_by_name(lint_source *s, const char *regex, lint_err *e) {
    regex_t r;
    size_t matched = 0;
    int err = 0, why = regcomp(&r, regex, REG_EXTENDED);
    if (why) {
        char msg[200];
        regerror(why, &r, msg, sizeof msg);
        return lint_fail(e, "'%s': %s", regex, msg);
    }
    for (size_t i = 0; i < s->n && !err; i++) {
        regmatch_t m[2];
        if (regexec(&r, s->picture[i].path, 2, m, 0)) continue;
        err = take_match(&s->picture[i], m, e);
        matched++;
    }
    regfree(&r);
    if (!err && !matched) return lint_fail(e, "'%s' matches no picture's name", regex);
    return err;
}

/* --- sets of pictures ------------------------------------------------------------------------- */

/* Union-find. A set's root is its first picture. */
typedef struct sets {
    size_t *up, *size;
    size_t n;
} sets;

static int sets_new(sets *u, size_t n, lint_err *e) {
    *u = (sets){calloc(n + 1, sizeof *u->up), calloc(n + 1, sizeof *u->size), n};
    if (!u->up || !u->size) return lint_fail_mem(e, "series");
    for (size_t i = 0; i < n; i++) {
        u->up[i] = i;
        u->size[i] = 1;
    }
    return 0;
}

static size_t root_of(const sets *u, size_t i) {
    while (u->up[i] != i)
        i = u->up[i] = u->up[u->up[i]];
    return i;
}

static void join(const sets *u, size_t a, size_t b) {
    a = root_of(u, a);
    b = root_of(u, b);
    if (a == b) return;
    size_t first = a < b ? a : b, second = a < b ? b : a;
    u->up[second] = first;
    u->size[first] += u->size[second];
}

/* --- equal keys ------------------------------------------------------------------------------- */

typedef struct keyed {
    const lint_picture *p;
    const lint_look *look;
    size_t i;
} keyed;

static int by_group(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    int order = strcmp(x->p->group, y->p->group);
    return order ? order : x->i < y->i ? -1 : 1;
}

static int by_file(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    if (x->look->file.bytes != y->look->file.bytes)
        return x->look->file.bytes < y->look->file.bytes ? -1 : 1;
    if (x->look->file.digest != y->look->file.digest)
        return x->look->file.digest < y->look->file.digest ? -1 : 1;
    return x->i < y->i ? -1 : 1;
}

static void join_given(const lint_source *s, const sets *u, keyed *k, lint_series_found *found) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!s->picture[i].bad && s->picture[i].group) k[n++] = (keyed){&s->picture[i], NULL, i};
    if (n) qsort(k, n, sizeof *k, by_group);
    for (size_t j = 1; j < n; j++)
        if (strcmp(k[j].p->group, k[j - 1].p->group) == 0) join(u, k[j].i, k[j - 1].i);
    found->given = n;
}

static void join_copies(const lint_source *s, const lint_look *look, const sets *u, keyed *k,
                        lint_series_found *found) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (!s->picture[i].bad) k[n++] = (keyed){&s->picture[i], &look[i], i};
    if (n) qsort(k, n, sizeof *k, by_file);
    for (size_t j = 1; j < n; j++) {
        if (!lint_look_same_file(k[j].look, k[j - 1].look)) continue;
        join(u, k[j].i, k[j - 1].i);
        int same = strcmp(k[j].p->path, k[j - 1].p->path) == 0; /* two of its objects */
        found->copies += !same;
        found->crops += same;
    }
}

/* --- near-equal pictures ---------------------------------------------------------------------- */

typedef struct pair {
    size_t a, b; /* a < b */
    double distance;
} pair;

typedef struct pairs {
    pair *v;
    size_t n, room;
    int failed;
} pairs;

typedef struct hunt {
    const lint_source *s;
    const lint_look *look;
    pairs *of; /* of each part */
} hunt;

static void find_pairs(void *ctx, size_t part, int worker) {
    const hunt *h = ctx;
    pairs *to = &h->of[part];
    size_t end = (part + 1) * ROWS < h->s->n ? (part + 1) * ROWS : h->s->n;
    (void)worker;
    for (size_t b = part * ROWS; b < end; b++)
        for (size_t a = b > WINDOW ? b - WINDOW : 0; a < b && !to->failed; a++) {
            if (!lint_look_alike(&h->look[a], &h->look[b])) continue;
            if (h->s->picture[a].bad || h->s->picture[b].bad) continue;
            pair *more = lint_grow(to->v, to->n, &to->room, sizeof *more);
            if (!more) {
                to->failed = 1;
                continue;
            }
            to->v = more;
            to->v[to->n++] = (pair){a, b, lint_look_distance(&h->look[a], &h->look[b])};
        }
}

static int by_distance(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static int may_join(const sets *u, const lint_look *look, size_t a, size_t b) {
    size_t size = u->size[a] + u->size[b];
    if (size <= CHAIN_MOST || size <= u->n / CHAIN_PART) return 1;
    return lint_look_distance(&look[a], &look[b]) <= CHAIN_DISTANCE;
}

static void join_pairs(const pairs *all, const lint_look *look, const sets *u) {
    if (all->n) qsort(all->v, all->n, sizeof *all->v, by_distance);
    for (size_t i = 0; i < all->n; i++) {
        size_t a = root_of(u, all->v[i].a), b = root_of(u, all->v[i].b);
        if (a != b && may_join(u, look, a, b)) join(u, a, b);
    }
}

/* How many pictures are near an earlier one that is another file. */
static size_t count_alike(const pairs *all, const lint_look *look, unsigned char *seen) {
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const pair *p = &all->v[i];
        if (seen[p->b] || lint_look_same_file(&look[p->a], &look[p->b])) continue;
        seen[p->b] = 1;
        n++;
    }
    return n;
}

static int gather_pairs(pairs *all, const pairs *of, size_t parts, lint_err *e) {
    int failed = 0;
    for (size_t p = 0; p < parts; p++)
        all->n += of[p].n;
    all->v = malloc((all->n + 1) * sizeof *all->v);
    for (size_t p = 0, at = 0; p < parts && all->v; at += of[p++].n) {
        if (of[p].n) memcpy(all->v + at, of[p].v, of[p].n * sizeof *all->v);
        failed |= of[p].failed;
    }
    return all->v && !failed ? 0 : lint_fail_mem(e, "series");
}

static int join_alike(lint_threads *pool, const lint_source *s, const lint_look *look,
                      const sets *u, lint_series_found *found, lint_err *e) {
    size_t parts = (s->n + ROWS - 1) / ROWS;
    hunt h = {s, look, calloc(parts + 1, sizeof *h.of)};
    unsigned char *seen = calloc(s->n + 1, 1);
    pairs all = {0};
    int err = h.of && seen ? 0 : lint_fail_mem(e, "series");
    if (!err) lint_threads_run(pool, parts, find_pairs, &h);
    if (!err) err = gather_pairs(&all, h.of, parts, e);
    if (!err) join_pairs(&all, look, u);
    if (!err) found->alike = count_alike(&all, look, seen);
    for (size_t p = 0; h.of && p < parts; p++)
        free(h.of[p].v);
    free(h.of);
    free(all.v);
    free(seen);
    return err;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void set_series(lint_source *s, const sets *u, lint_series_found *found) {
    for (size_t i = 0; i < s->n; i++) {
        size_t first = root_of(u, i), size = u->size[first];
        s->picture[i].series = size > 1 ? first + 1 : 0;
        found->pictures += size > 1;
        found->series += size > 1 && first == i;
        if (size > 1 && size > found->largest) found->largest = size;
    }
}

static int count_mixed(const lint_source *s, lint_series_found *found, lint_err *e) {
    unsigned char *mixed = calloc(s->n + 1, 1);
    if (!mixed) return lint_fail_mem(e, "series");
    for (size_t i = 0; i < s->n; i++) {
        size_t first = lint_source_first(s, i);
        if (mixed[first] || s->picture[i].label == s->picture[first].label) continue;
        mixed[first] = 1;
        found->mixed++;
    }
    free(mixed);
    return 0;
}

int lint_series_find(lint_threads *pool, lint_source *s, const lint_look *look,
                     lint_series_found *found, lint_err *e) {
    sets u = {0};
    keyed *k = malloc((s->n + 1) * sizeof *k);
    *found = (lint_series_found){0};
    int err = k ? sets_new(&u, s->n, e) : lint_fail_mem(e, "series");
    if (!err) join_given(s, &u, k, found);
    if (!err && look) join_copies(s, look, &u, k, found);
    if (!err && look) err = join_alike(pool, s, look, &u, found, e);
    if (!err) set_series(s, &u, found);
    if (!err) err = count_mixed(s, found, e);
    free(u.up);
    free(u.size);
    free(k);
    return err;
}
