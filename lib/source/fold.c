#include "source/fold.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 1000 };

int lint_fold_parse(lint_fold *f, const char *text, lint_err *e) {
    char *end;
    size_t first = strspn(text, "0123456789");
    f->part = strtoul(text, &end, 10);
    int err = !first || *end != '/' || end[1] < '0' || end[1] > '9';
    if (!err) f->parts = strtoul(end + 1, &end, 10);
    if (err || *end || f->parts < 2 || f->parts > PARTS_MAX || f->part < 1 || f->part > f->parts)
        return lint_fail(e, "'%s': expected PART/PARTS, such as 1/5, with 2 to %d parts", text,
                         PARTS_MAX);
    return 0;
}

/* A series of pictures, which stays together. The class, place and draw are those of the picture
 * that is drawn first. */
typedef struct unit {
    size_t series, n;
    int32_t label, place;
    double draw;
    size_t part; /* then the split */
} unit;

typedef struct deal {
    lint_source *s;
    unit *unit; /* [n] by series */
    size_t units;
} deal;

/* Strata one after the other, in each by draw; the series decides between equals. */
static int by_stratum(const void *a, const void *b) {
    const unit *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
    return x->series < y->series ? -1 : x->series > y->series;
}

/* By number; in a series, the picture that is drawn first. */
static int by_series(const void *a, const void *b) {
    const unit *x = a, *y = b;
    if (x->series != y->series) return x->series < y->series ? -1 : 1;
    return x->draw < y->draw ? -1 : x->draw > y->draw;
}

static void gather(deal *d, uint64_t seed) {
    size_t n = 0;
    for (size_t i = 0; i < d->s->n; i++) {
        const lint_picture *p = &d->s->picture[i];
        if (p->bad) continue;
        d->unit[n++] = (unit){.series = lint_source_first(d->s, i),
                              .n = 1,
                              .label = p->label,
                              .place = p->place,
                              .draw = lint_partition_draw(d->s, i, seed)};
    }
    qsort(d->unit, n, sizeof *d->unit, by_series);
    d->units = 0;
    for (size_t i = 0; i < n; i++)
        if (d->units && d->unit[d->units - 1].series == d->unit[i].series)
            d->unit[d->units - 1].n++;
        else
            d->unit[d->units++] = d->unit[i];
    qsort(d->unit, d->units, sizeof *d->unit, by_stratum);
}

/* Pictures in each part: of a place in a class, of a class, of all. */
typedef struct tally {
    size_t *place, *of_class, *all; /* [parts] each */
} tally;

/* The part that has fewest of the place, then of the class, then of all. */
static size_t poorest(const tally *t, size_t parts) {
    size_t best = 0;
    for (size_t p = 1; p < parts; p++) {
        size_t *count[] = {t->place, t->of_class, t->all};
        int order = 0;
        for (int k = 0; k < 3 && !order; k++)
            order = count[k][p] < count[k][best] ? -1 : count[k][p] > count[k][best];
        if (order < 0) best = p;
    }
    return best;
}

static void deal_out(deal *d, size_t parts, const tally *t) {
    for (size_t i = 0; i < d->units; i++) {
        unit *u = &d->unit[i];
        const unit *last = i ? u - 1 : NULL;
        if (last && last->label != u->label) memset(t->of_class, 0, parts * sizeof *t->of_class);
        if (last && (last->label != u->label || last->place != u->place))
            memset(t->place, 0, parts * sizeof *t->place);
        u->part = poorest(t, parts);
        t->place[u->part] += u->n;
        t->of_class[u->part] += u->n;
        t->all[u->part] += u->n;
    }
}

/* Of the units of one stratum that are not for the test, every so-many-th is for validation. `owed`
 * carries the fraction over to the next stratum of the class. *training counts units of the class. */
static lint_split rest_of(const unit *u, double share, double *owed, size_t *training) {
    *owed += share * (double)u->n;
    if (*training && *owed >= 0.5 * (double)u->n) {
        *owed -= (double)u->n;
        return LINT_VAL;
    }
    ++*training;
    return LINT_TRAIN;
}

static int mark(deal *d, const lint_fold *f, const lint_ratio *r, lint_err *e) {
    double both = (double)(r->part[LINT_TRAIN] + r->part[LINT_VAL]), owed = 0;
    double share = both > 0 ? (double)r->part[LINT_VAL] / both : 0;
    size_t training = 0, of_class = 0;
    for (size_t i = 0; i < d->units; i++) {
        unit *u = &d->unit[i];
        if (i && u[-1].label != u->label) training = of_class = 0, owed = 0;
        of_class++;
        u->part = u->part + 1 == f->part ? LINT_TEST : rest_of(u, share, &owed, &training);
        int last = i + 1 == d->units || u[1].label != u->label;
        if (last && of_class < 2)
            return lint_fail(e,
                             "%s: a single picture or series of class '%s' cannot be in two parts",
                             d->s->root, d->s->classes.v[u->label]);
    }
    return 0;
}

static const unit *find(const deal *d, size_t series) {
    size_t low = 0, high = d->units;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->unit[middle].series < series)
            low = middle + 1;
        else
            high = middle;
    }
    return &d->unit[low];
}

static int divide(deal *d, const lint_fold *f, const lint_ratio *r, uint64_t seed, lint_err *e) {
    size_t *count = calloc(3 * f->parts, sizeof *count);
    if (!count) return lint_fail_mem(e, "parts");
    tally t = {count, count + f->parts, count + 2 * f->parts};
    gather(d, seed);
    deal_out(d, f->parts, &t);
    free(count);
    if (mark(d, f, r, e) < 0) return -1;
    qsort(d->unit, d->units, sizeof *d->unit, by_series);
    for (size_t i = 0; i < d->s->n; i++)
        if (!d->s->picture[i].bad)
            d->s->picture[i].split = (lint_split)find(d, lint_source_first(d->s, i))->part;
    return 0;
}

int lint_fold_divide(lint_source *s, const lint_fold *f, const lint_ratio *r, uint64_t seed,
                     lint_err *e) {
    if (s->given[LINT_TEST])
        return lint_fail(
            e, "%s has a test set of its own, so its pictures are not divided into parts", s->root);
    deal d = {.s = s, .unit = malloc((s->n + 1) * sizeof *d.unit)};
    if (!d.unit) return lint_fail_mem(e, "the list of pictures");
    int err = divide(&d, f, r, seed, e);
    free(d.unit);
    if (!err) memset(s->given, 0, sizeof s->given);
    return err;
}
