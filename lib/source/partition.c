#include "source/partition.h"
#include "base/rng.h"
#include "base/text.h"

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

double lint_partition_draw(const lint_source *s, size_t i, uint64_t seed) {
    const char *path = s->picture[lint_source_first(s, i)].path;
    lint_rng r = lint_rng_at(seed, LINT_RNG_SPLIT, 0, lint_hash(path, strlen(path), seed));
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

/* How many pictures of class k in split `from` are in i's series. */
static size_t companions(const lint_source *s, size_t i, size_t k, lint_split from) {
    size_t n = 0;
    if (!s->picture[i].series) return 1;
    for (size_t j = lint_source_first(s, i); j < s->n; j++)
        n += s->picture[j].series == s->picture[i].series && !s->picture[j].bad &&
             s->picture[j].label == (int32_t)k && s->picture[j].split == from;
    return n;
}

/* The picture of class k in split `from` whose draw is nearest to that of split `to`, unless its
 * series is all that the class has there; s->n if there is none. */
static size_t nearest(const lint_source *s, size_t k, lint_split from, lint_split to, size_t there,
                      uint64_t seed) {
    size_t best = s->n;
    double best_draw = 0;
    for (size_t i = 0; i < s->n; i++) {
        const lint_picture *p = &s->picture[i];
        if (p->bad || p->label != (int32_t)k || p->split != from) continue;
        double d = lint_partition_draw(s, i, seed);
        if (best < s->n && (to > from ? d <= best_draw : d >= best_draw)) continue;
        if (companions(s, i, k, from) == there) continue;
        best = i;
        best_draw = d;
    }
    return best;
}

/* Moves picture i and its series, of all classes. */
static void move_series(const lint_source *s, size_t i, lint_split from, lint_split to,
                        size_t (*count)[LINT_SPLITS]) {
    size_t first = lint_source_first(s, i);
    for (size_t j = first; j < s->n; j++) {
        lint_picture *p = &s->picture[j];
        if (lint_source_first(s, j) != first || p->split != from) continue;
        p->split = to;
        if (p->bad) continue;
        count[p->label][from]--;
        count[p->label][to]++;
    }
}

size_t lint_partition_wanted(const lint_ratio *r, const int among[LINT_SPLITS]) {
    size_t n = 0;
    for (int j = 0; j < LINT_SPLITS; j++)
        n += among[j] && r->part[j];
    return n;
}

/* Gives each split that is drawn a picture of class k if the class has enough. The picture comes
 * from the split that has most. counts [K,LINT_SPLITS]. */
static void fill_gaps(const lint_source *s, size_t k, size_t (*counts)[LINT_SPLITS],
                      const lint_ratio *r, const int among[LINT_SPLITS], uint64_t seed) {
    size_t all = 0, *count = counts[k];
    for (int j = 0; j < LINT_SPLITS; j++)
        all += among[j] ? count[j] : 0;
    if (all < lint_partition_wanted(r, among)) return;
    for (int j = 0; j < LINT_SPLITS; j++) {
        if (!among[j] || !r->part[j] || count[j]) continue;
        int most = j;
        for (int i = 0; i < LINT_SPLITS; i++)
            if (among[i] && count[i] > count[most]) most = i;
        size_t i = nearest(s, k, (lint_split)most, (lint_split)j, count[most], seed);
        if (i < s->n) move_series(s, i, (lint_split)most, (lint_split)j, counts);
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
            p->split = lint_partition_at(lint_partition_draw(s, i, seed), r, among);
        if (!p->bad) count[p->label][p->split]++;
    }
    for (size_t k = 0; k < s->classes.n; k++)
        fill_gaps(s, k, count, r, among, seed);
    free(count);
    return 0;
}

/* --- afterwards ------------------------------------------------------------------------------- */

/* What is said of a split without a picture of a class; count [classes] of that split. From malloc. */
static char *missing(const size_t *count, size_t classes, const char *name, lint_split split) {
    size_t pictures = 0;
    for (size_t k = 0; k < classes; k++)
        pictures += count[k];
    if (pictures)
        return lint_text_format(NULL, "no picture of class '%s' in %s", name,
                                lint_split_name(split));
    return lint_text_format(NULL,
                            "the %s set is empty: there are too few pictures, or --ratio leaves "
                            "none for it",
                            lint_split_name(split));
}

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
            if (count[(size_t)j * classes + k] || !(r->part[j] || s->given[j])) continue;
            *warning = missing(&count[(size_t)j * classes], classes, name, (lint_split)j);
        }
    }
    free(count);
    if (err) free(*warning), *warning = NULL;
    return err;
}
