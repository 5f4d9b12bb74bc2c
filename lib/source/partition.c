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
            return lint_fail(e, "'%s': expected TRAIN/VAL/TEST in whole numbers, such as 70/15/15",
                             text);
        r->part[k] = v;
        sum += v;
        at = end + 1;
    }
    return sum ? 0 : lint_fail(e, "'%s': at least one share must be above 0", text);
}

double lint_partition_draw(const lint_picture *p, uint64_t seed) {
    lint_rng r = lint_rng_at(seed, LINT_RNG_SPLIT, 0, lint_hash(p->path, strlen(p->path), seed));
    return lint_rng_unit(&r);
}

lint_split lint_partition_at(double u, const lint_ratio *r, const int among[LINT_SPLITS]) {
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
        double d = lint_partition_draw(p, seed);
        if (best && (to > from ? d <= best_draw : d >= best_draw)) continue;
        best = p;
        best_draw = d;
    }
    return best;
}

size_t lint_partition_wanted(const lint_ratio *r, const int among[LINT_SPLITS]) {
    size_t n = 0;
    for (int j = 0; j < LINT_SPLITS; j++)
        n += among[j] && r->part[j];
    return n;
}

/* Gives each split that is drawn a picture of class k if the class has enough. The picture comes
 * from the split that has most. count [LINT_SPLITS] of the class. */
static void fill_gaps(const lint_source *s, size_t k, size_t *count, const lint_ratio *r,
                      const int among[LINT_SPLITS], uint64_t seed) {
    size_t all = 0;
    for (int j = 0; j < LINT_SPLITS; j++)
        all += among[j] ? count[j] : 0;
    if (all < lint_partition_wanted(r, among)) return;
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
            p->split = lint_partition_at(lint_partition_draw(p, seed), r, among);
        if (!p->bad) count[p->label][p->split]++;
    }
    for (size_t k = 0; k < s->classes.n; k++)
        fill_gaps(s, k, count[k], r, among, seed);
    free(count);
    return 0;
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
