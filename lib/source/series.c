#include "source/series.h"
#include "base/grow.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 10000, ROWS = 64, CHAIN_MOST = 50, CHAIN_PART = 20 };

/* Pairs of near-equal pictures that are kept at a time: so many (24 MB), or so many of each part. */
enum { PAIRS = 1 << 20, PAIRS_LEAST = 1 << 10 };

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
    int cut, failed; /* cut: there are more, behind those kept */
} pairs;

/* Pairs are joined by distance, the nearest first. Of a hundred pictures there may be a million, so they are
 * found in rounds. In each, a part keeps its next ones, as many as fit. Two of one set are left out: they stay
 * there. */
typedef struct hunt {
    const lint_source *s;
    const lint_look *look;
    size_t *root;         /* of each picture, as the round begins */
    unsigned char *alike; /* pictures that are near an earlier one, but another file */
    const pair *last;     /* that is joined; NULL in the first round */
    size_t most, parts;   /* most: pairs that a part keeps */
    pairs *of;            /* of each part */
} hunt;

static int by_distance(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

/* Sorts, and leaves out what is behind the first `most`. */
static void cut_pairs(pairs *p, size_t most) {
    if (p->n) qsort(p->v, p->n, sizeof *p->v, by_distance);
    p->cut |= p->n > most;
    if (p->n > most) p->n = most;
}

/* By distance: whether the pair is behind the last one joined, and not behind those that are cut off. */
static int is_next(const hunt *h, const pairs *to, const pair *p) {
    return (!h->last || by_distance(p, h->last) > 0) &&
           (!to->cut || by_distance(p, &to->v[h->most - 1]) < 0);
}

static pair pair_of(const hunt *h, size_t a, size_t b) {
    return (pair){a, b, lint_look_distance(&h->look[a], &h->look[b])};
}

/* What of a pair can be told without comparing pictures. Few folders get to the distance. */
static int matters(const hunt *h, const pairs *to, size_t a, size_t b) {
    int count = !h->last && !h->alike[b];
    if (h->root[a] == h->root[b]) return count && !lint_look_same_file(&h->look[a], &h->look[b]);
    if (count || (!h->last && !to->cut)) return 1;
    const pair p = pair_of(h, a, b);
    return is_next(h, to, &p);
}

static void keep_pair(const hunt *h, pairs *to, size_t a, size_t b) {
    const pair p = pair_of(h, a, b);
    if (!is_next(h, to, &p)) return;
    if (to->n == 2 * h->most) cut_pairs(to, h->most);
    pair *more = lint_grow(to->v, to->n, &to->room, sizeof *more);
    to->failed |= !more;
    if (!more) return;
    to->v = more;
    to->v[to->n++] = p;
}

static void look_at_pair(const hunt *h, pairs *to, size_t a, size_t b) {
    if (!matters(h, to, a, b) || !lint_look_alike(&h->look[a], &h->look[b])) return;
    if (h->s->picture[a].bad || h->s->picture[b].bad) return;
    h->alike[b] = 1;
    if (h->root[a] != h->root[b]) keep_pair(h, to, a, b);
}

static void find_pairs(void *ctx, size_t part, int worker) {
    const hunt *h = ctx;
    pairs *to = &h->of[part];
    size_t end = (part + 1) * ROWS < h->s->n ? (part + 1) * ROWS : h->s->n;
    (void)worker;
    for (size_t b = part * ROWS; b < end; b++)
        for (size_t a = b > WINDOW ? b - WINDOW : 0; a < b && !to->failed; a++)
            look_at_pair(h, to, a, b);
    cut_pairs(to, h->most);
}

static int may_join(const sets *u, const lint_look *look, size_t a, size_t b) {
    size_t size = u->size[a] + u->size[b];
    if (size <= CHAIN_MOST || size <= u->n / CHAIN_PART) return 1;
    return lint_look_distance(&look[a], &look[b]) <= CHAIN_DISTANCE;
}

static void join_pairs(const pairs *all, const lint_look *look, const sets *u) {
    for (size_t i = 0; i < all->n; i++) {
        size_t a = root_of(u, all->v[i].a), b = root_of(u, all->v[i].b);
        if (a != b && may_join(u, look, a, b)) join(u, a, b);
    }
}

/* The last pair before which no part has cut one off; NULL where none has. */
static const pair *last_known(const hunt *h) {
    const pair *last = NULL;
    for (size_t p = 0; p < h->parts; p++) {
        const pairs *of = &h->of[p];
        const pair *end = of->cut ? &of->v[of->n - 1] : NULL;
        if (end && (!last || by_distance(end, last) < 0)) last = end;
    }
    return last;
}

/* All up to the last one that is known, in their order. */
static int gather_pairs(pairs *all, const hunt *h, const pair *known, lint_err *e) {
    int failed = 0;
    size_t n = 0;
    for (size_t p = 0; p < h->parts; p++) {
        n += h->of[p].n;
        failed |= h->of[p].failed;
    }
    all->v = failed ? NULL : malloc((n + 1) * sizeof *all->v);
    if (!all->v) return lint_fail_mem(e, "series");
    for (size_t p = 0; p < h->parts; p++) {
        const pairs *of = &h->of[p];
        for (size_t i = 0; i < of->n && (!known || by_distance(&of->v[i], known) <= 0); i++)
            all->v[all->n++] = of->v[i];
    }
    cut_pairs(all, all->n);
    return 0;
}

/* *last becomes the last pair joined. Returns 1 where there may be more. */
static int join_round(lint_threads *pool, hunt *h, const sets *u, pair *last, lint_err *e) {
    pairs all = {0};
    for (size_t i = 0; i < h->s->n; i++)
        h->root[i] = root_of(u, i);
    lint_threads_run(pool, h->parts, find_pairs, h);
    const pair *known = last_known(h);
    int err = gather_pairs(&all, h, known, e), more = known != NULL;
    if (!err) join_pairs(&all, h->look, u);
    if (more) *last = *known;
    for (size_t p = 0; p < h->parts; p++) {
        free(h->of[p].v);
        h->of[p] = (pairs){0};
    }
    free(all.v);
    return err ? -1 : more;
}

static int join_alike(lint_threads *pool, const lint_source *s, const lint_look *look,
                      const sets *u, lint_series_found *found, lint_err *e) {
    hunt h = {.s = s, .look = look, .parts = (s->n + ROWS - 1) / ROWS, .most = PAIRS_LEAST};
    pair last;
    if (h.parts && PAIRS / h.parts > h.most) h.most = PAIRS / h.parts;
    h.root = malloc((s->n + 1) * sizeof *h.root);
    h.alike = calloc(s->n + 1, 1);
    h.of = calloc(h.parts + 1, sizeof *h.of);
    int more = h.root && h.alike && h.of ? 1 : lint_fail_mem(e, "series");
    while (more > 0) {
        more = join_round(pool, &h, u, &last, e);
        h.last = &last;
    }
    for (size_t i = 0; i < s->n && !more; i++)
        found->alike += h.alike[i];
    free(h.root);
    free(h.alike);
    free(h.of);
    return more;
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
