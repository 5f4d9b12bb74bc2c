#include "source/partition.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHARE_MAX = 1000000 };

int lint_ratio_parse(lint_ratio *r, const char *text, lint_err *e) {
    const char *at = text;
    uint64_t sum = 0;
    for (int k = 0; k < LINT_SPLITS; k++) {
        char *end;
        size_t digits = strspn(at, "0123456789");
        unsigned long v = strtoul(at, &end, 10);
        if (!digits || digits > 7 || v > SHARE_MAX || *end != (k < LINT_TEST ? '/' : 0))
            return lint_fail(e, "'%s': expected TRAIN/VAL/TEST in whole numbers, as 70/15/15",
                             text);
        r->part[k] = v;
        sum += v;
        at = end + 1;
    }
    return sum ? 0 : lint_fail(e, "'%s': one share at least must be above 0", text);
}

/* Uniform in [0, 1) by path and seed alone. */
static double draw(const lint_picture *p, uint64_t seed) {
    lint_rng r = lint_rng_at(seed, LINT_RNG_SPLIT, 0, lint_hash(p->path, strlen(p->path), seed));
    return lint_rng_unit(&r);
}

/* The split that u falls into when those of `among` share [0, 1) as r says; train if none has a
 * share. */
static lint_split split_at(double u, const lint_ratio *r, const int among[LINT_SPLITS]) {
    double sum = 0, reached = 0;
    for (int k = 0; k < LINT_SPLITS; k++)
        if (among[k]) sum += (double)r->part[k];
    for (int k = 0; k < LINT_SPLITS; k++) {
        if (among[k]) reached += (double)r->part[k];
        if (among[k] && u * sum < reached) return (lint_split)k;
    }
    return LINT_TRAIN;
}

static int has_given(const lint_source *s) {
    return s->given[LINT_TRAIN] || s->given[LINT_VAL] || s->given[LINT_TEST];
}

/* The picture of class k in split `from` whose draw is nearest to that of split `to`. */
static lint_picture *nearest(const lint_source *s, size_t k, lint_split from, lint_split to,
                             uint64_t seed) {
    lint_picture *best = NULL;
    double best_draw = 0;
    for (size_t i = 0; i < s->n; i++) {
        lint_picture *p = &s->picture[i];
        if (p->bad || p->label != (int32_t)k || p->split != from) continue;
        double d = draw(p, seed);
        if (best && (to > from ? d <= best_draw : d >= best_draw)) continue;
        best = p;
        best_draw = d;
    }
    return best;
}

/* Parts that a class should have a picture in. */
static size_t wanted(const lint_ratio *r, const int among[LINT_SPLITS]) {
    size_t n = 0;
    for (int j = 0; j < LINT_SPLITS; j++)
        n += among[j] && r->part[j];
    return n;
}

/* Gives each split that is drawn a picture of class k, where there are enough of them: the split
 * that has most gives one. count [LINT_SPLITS] of the class. */
static void fill_gaps(const lint_source *s, size_t k, size_t *count, const lint_ratio *r,
                      const int among[LINT_SPLITS], uint64_t seed) {
    size_t all = 0;
    for (int j = 0; j < LINT_SPLITS; j++)
        all += among[j] ? count[j] : 0;
    if (all < wanted(r, among)) return;
    for (int j = 0; j < LINT_SPLITS; j++) {
        if (!among[j] || !r->part[j] || count[j]) continue;
        int most = j;
        for (int i = 0; i < LINT_SPLITS; i++)
            if (among[i] && count[i] > count[most]) most = i;
        lint_picture *p = nearest(s, k, (lint_split)most, (lint_split)j, seed);
        if (!p) continue;
        p->split = (lint_split)j;
        count[most]--;
        count[j]++;
    }
}

int lint_partition_hash(lint_source *s, const lint_ratio *r, uint64_t seed, lint_err *e) {
    int among[LINT_SPLITS] = {1, 1, 1}, given = has_given(s);
    size_t(*count)[LINT_SPLITS] = calloc(s->classes.n + 1, sizeof *count);
    if (!count) return lint_fail_mem(e, "classes");
    for (int k = LINT_VAL; k < LINT_SPLITS; k++)
        if (given && s->given[k]) among[k] = 0;
    for (size_t i = 0; i < s->n; i++) {
        lint_picture *p = &s->picture[i];
        if (p->split == LINT_UNSPLIT || (given && p->split == LINT_TRAIN))
            p->split = split_at(draw(p, seed), r, among);
        if (!p->bad) count[p->label][p->split]++;
    }
    for (size_t k = 0; k < s->classes.n; k++)
        fill_gaps(s, k, count[k], r, among, seed);
    free(count);
    return 0;
}

/* --- misleading ------------------------------------------------------------------------------- */

/* A picture in the queue for the test set. */
typedef struct waiting {
    size_t i;
    double margin; /* how much louder the border speaks for another class; 0 if it does not */
    double draw;
} waiting;

/* Most misleading first, then by draw; the index makes the order total. */
static int by_turn(const void *a, const void *b) {
    const waiting *x = a, *y = b;
    if (x->margin != y->margin) return x->margin > y->margin ? -1 : 1;
    if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
    return x->i < y->i ? -1 : 1;
}

/* The class of the highest score; a tie with its own is its own. */
static int32_t loudest(const double *score, size_t classes, int32_t own) {
    int32_t best = own;
    for (size_t k = 0; k < classes; k++)
        if (score[k] > score[best]) best = (int32_t)k;
    return best;
}

/* round(n * test share), but one where there are enough pictures for every part; one fewer than n
 * at most where train has a share. */
static size_t quota(size_t n, const lint_ratio *r) {
    static const int all[LINT_SPLITS] = {1, 1, 1};
    uint64_t sum = r->part[LINT_TRAIN] + r->part[LINT_VAL] + r->part[LINT_TEST];
    size_t q = (size_t)((2 * n * r->part[LINT_TEST] + sum) / (2 * sum));
    if (!q && r->part[LINT_TEST] && n >= wanted(r, all)) q = 1;
    return q == n && n > 0 && r->part[LINT_TRAIN] ? n - 1 : q;
}

/* queue [n] holds the pictures of one class. */
static void divide_class(lint_source *s, waiting *queue, size_t n, const lint_ratio *r) {
    static const int rest[LINT_SPLITS] = {1, 1, 0};
    size_t test = quota(n, r), training = 0, lowest = test, highest = test;
    qsort(queue, n, sizeof *queue, by_turn);
    for (size_t q = 0; q < n; q++) {
        lint_picture *p = &s->picture[queue[q].i];
        p->split = q < test ? LINT_TEST : split_at(queue[q].draw, r, rest);
        training += p->split == LINT_TRAIN;
        if (q > test && queue[q].draw < queue[lowest].draw) lowest = q;
        if (q > test && queue[q].draw > queue[highest].draw) highest = q;
    }
    if (training > 1 && test + training == n && r->part[LINT_VAL])
        s->picture[queue[highest].i].split = LINT_VAL;
    if (!training && test < n && r->part[LINT_TRAIN])
        s->picture[queue[lowest].i].split = LINT_TRAIN;
}

static void count_found(const lint_source *s, lint_mislead *found) {
    *found = (lint_mislead){0};
    for (size_t k = 0; k < s->classes.n; k++) {
        size_t n = 0, told = 0;
        for (size_t i = 0; i < s->n; i++) {
            const lint_picture *p = &s->picture[i];
            if (p->bad || p->label != (int32_t)k) continue;
            int misled = p->place != p->label, test = p->split == LINT_TEST;
            n++;
            told += !misled;
            found->misleading += (size_t)misled;
            found->test += (size_t)test;
            found->misleading_test += (size_t)(test && misled);
        }
        found->pictures += n;
        found->told += n ? (double)told / (double)n / (double)s->classes.n : 0;
    }
}

int lint_partition_mislead(lint_source *s, const double *score, const lint_ratio *r, uint64_t seed,
                           lint_mislead *found, lint_err *e) {
    size_t classes = s->classes.n;
    waiting *queue = malloc((s->n + 1) * sizeof *queue);
    if (!queue) return lint_fail_mem(e, "the list of pictures");
    for (size_t k = 0; k < classes; k++) {
        size_t n = 0;
        for (size_t i = 0; i < s->n; i++) {
            lint_picture *p = &s->picture[i];
            if (p->bad || p->label != (int32_t)k) continue;
            const double *of = score + i * classes;
            p->place = loudest(of, classes, p->label);
            queue[n++] = (waiting){i, of[p->place] - of[p->label], draw(p, seed)};
        }
        if (!s->given[LINT_TEST]) divide_class(s, queue, n, r);
    }
    free(queue);
    if (!s->given[LINT_TEST])
        memset(s->given, 0, sizeof s->given);
    else if (lint_partition_hash(s, r, seed, e) < 0) /* validation, if it is missing */
        return -1;
    lint_names_free(&s->places);
    count_found(s, found);
    return lint_names_copy(&s->places, &s->classes, e);
}

/* --- afterwards ------------------------------------------------------------------------------- */

int lint_partition_check(const lint_source *s, const lint_ratio *r, char **warning, lint_err *e) {
    size_t classes = s->classes.n;
    *warning = NULL;
    size_t *count = calloc(classes, sizeof *count * LINT_SPLITS);
    if (!count) return lint_fail_mem(e, "classes");
    for (size_t i = 0; i < s->n; i++)
        if (!s->picture[i].bad)
            count[(size_t)s->picture[i].split * classes + (size_t)s->picture[i].label]++;
    int err = 0;
    for (size_t k = 0; k < classes && !err; k++) {
        const char *name = s->classes.v[k];
        if (!count[k] && r->part[LINT_TRAIN])
            err = lint_fail(
                e, "%s: no picture of class '%s' to train with%s", s->root, name,
                s->given[LINT_TRAIN] ? "" : "; add pictures, or choose another --seed or --ratio");
        for (int j = LINT_VAL; j < LINT_SPLITS && !err && !*warning; j++) {
            static const char text[] = "no picture of class '%s' in %s";
            size_t size = sizeof text + strlen(name) + sizeof "test";
            if (count[(size_t)j * classes + k] || !(r->part[j] || s->given[j])) continue;
            if ((*warning = malloc(size)))
                snprintf(*warning, size, text, name, lint_split_name((lint_split)j));
        }
    }
    free(count);
    if (err) free(*warning), *warning = NULL;
    return err;
}
