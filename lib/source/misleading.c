#include "source/misleading.h"

#include <stdlib.h>
#include <string.h>

/* A series, or its part in one class, that waits for a place in the test set. */
typedef struct waiting {
    size_t first;  /* picture of the series */
    size_t n;      /* pictures of the class */
    double margin; /* the largest of score of the place less that of the label; 0: all agree */
    double draw;
    lint_split split;
} waiting;

/* Most misleading first, then by draw; the index decides between equals. */
static int by_turn(const void *a, const void *b) {
    const waiting *x = a, *y = b;
    if (x->margin != y->margin) return x->margin > y->margin ? -1 : 1;
    if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
    return x->first < y->first ? -1 : 1;
}

/* How many of n pictures are for the test: round(n * test share), but at least one if there are
 * enough for all splits, and at most n - 1 if train has a share. */
static size_t quota(size_t n, const lint_ratio *r) {
    static const int all[LINT_SPLITS] = {1, 1, 1};
    uint64_t sum = r->part[LINT_TRAIN] + r->part[LINT_VAL] + r->part[LINT_TEST];
    size_t q = (size_t)((2 * n * r->part[LINT_TEST] + sum) / (2 * sum));
    if (!q && r->part[LINT_TEST] && n >= lint_partition_wanted(r, all)) q = 1;
    return q == n && n > 0 && r->part[LINT_TRAIN] ? n - 1 : q;
}

/* Index of the waiting one with the lowest (sign 1) or highest (-1) draw in a split; n if there is
 * none. */
static size_t extreme(const waiting *queue, size_t n, lint_split in, double sign) {
    size_t best = n;
    for (size_t q = 0; q < n; q++)
        if (queue[q].split == in && (best == n || sign * queue[q].draw < sign * queue[best].draw))
            best = q;
    return best;
}

/* How many pictures and series stand in a split. */
static size_t count_in(const waiting *queue, size_t n, lint_split in, size_t *series) {
    size_t pictures = 0;
    *series = 0;
    for (size_t q = 0; q < n; q++) {
        if (queue[q].split != in) continue;
        pictures += queue[q].n;
        ++*series;
    }
    return pictures;
}

/* queue [n] holds the series of one class, of `pictures` in all. Those with a split already have it
 * from another class that they are in too. */
static void divide_class(waiting *queue, size_t n, size_t pictures, const lint_ratio *r) {
    static const int rest[LINT_SPLITS] = {1, 1, 0};
    size_t test, series, wanted = quota(pictures, r);
    qsort(queue, n, sizeof *queue, by_turn);
    test = count_in(queue, n, LINT_TEST, &series);
    for (size_t q = 0; q < n; q++) {
        if (queue[q].split != LINT_UNSPLIT) continue;
        if (test + queue[q].n <= wanted) {
            queue[q].split = LINT_TEST;
            test += queue[q].n;
        } else {
            queue[q].split = lint_partition_at(queue[q].draw, r, rest);
        }
    }
    size_t val = count_in(queue, n, LINT_VAL, &series);
    size_t training = count_in(queue, n, LINT_TRAIN, &series);
    if (series > 1 && !val && r->part[LINT_VAL])
        queue[extreme(queue, n, LINT_TRAIN, -1)].split = LINT_VAL;
    if (!training && val && r->part[LINT_TRAIN])
        queue[extreme(queue, n, LINT_VAL, 1)].split = LINT_TRAIN;
}

/* The pictures of class k as series. slot [n] is scratch. Returns their number. */
static size_t line_up(const lint_source *s, size_t k, const double *score, uint64_t seed,
                      waiting *queue, size_t *slot, size_t *pictures) {
    size_t n = 0, classes = s->classes.n;
    *pictures = 0;
    for (size_t i = 0; i < s->n; i++)
        slot[i] = SIZE_MAX;
    for (size_t i = 0; i < s->n; i++) {
        const lint_picture *p = &s->picture[i];
        if (p->bad || p->label != (int32_t)k) continue;
        size_t first = lint_source_first(s, i);
        double margin = score[i * classes + (size_t)p->place] - score[i * classes + k];
        if (slot[first] == SIZE_MAX) {
            slot[first] = n;
            queue[n++] = (waiting){first, 0, 0, lint_partition_draw(s, i, seed), p->split};
        }
        waiting *w = &queue[slot[first]];
        w->n++;
        if (margin > w->margin) w->margin = margin;
        ++*pictures;
    }
    return n;
}

/* Every picture gets the split of its series, of all classes. */
static void follow(lint_source *s, const waiting *queue, size_t n, lint_split *of) {
    for (size_t i = 0; i < s->n; i++)
        of[i] = LINT_UNSPLIT;
    for (size_t q = 0; q < n; q++)
        of[queue[q].first] = queue[q].split;
    for (size_t i = 0; i < s->n; i++)
        if (of[lint_source_first(s, i)] != LINT_UNSPLIT)
            s->picture[i].split = of[lint_source_first(s, i)];
}

static int divide(lint_source *s, const double *score, const lint_ratio *r, uint64_t seed,
                  lint_err *e) {
    waiting *queue = malloc((s->n + 1) * sizeof *queue);
    size_t *slot = malloc((s->n + 1) * sizeof *slot);
    lint_split *of = malloc((s->n + 1) * sizeof *of);
    int err = queue && slot && of ? 0 : lint_fail_mem(e, "the list of pictures");
    for (size_t i = 0; i < s->n; i++)
        s->picture[i].split = LINT_UNSPLIT;
    for (size_t k = 0; k < s->classes.n && !err; k++) {
        size_t pictures, n = line_up(s, k, score, seed, queue, slot, &pictures);
        if (n) divide_class(queue, n, pictures, r);
        follow(s, queue, n, of);
    }
    free(queue);
    free(slot);
    free(of);
    return err;
}

static void count_found(const lint_source *s, lint_mislead *found) {
    *found = (lint_mislead){0};
    for (size_t i = 0; i < s->n; i++) {
        const lint_picture *p = &s->picture[i];
        if (p->bad) continue;
        int misled = p->place != p->label, test = p->split == LINT_TEST;
        found->pictures++;
        found->misleading += (size_t)misled;
        found->test += (size_t)test;
        found->misleading_test += (size_t)(test && misled);
    }
}

int lint_mislead_by_score(lint_source *s, const double *score, const lint_ratio *r, uint64_t seed,
                          lint_mislead *found, lint_err *e) {
    size_t classes = s->classes.n;
    for (size_t i = 0; i < s->n; i++) {
        lint_picture *p = &s->picture[i];
        if (!p->bad) p->place = lint_background_place(score + i * classes, classes, p->label);
    }
    int err;
    if (s->given[LINT_TEST]) {
        err = lint_partition_hash(s, r, seed, e); /* validation, if it is missing */
    } else {
        err = divide(s, score, r, seed, e);
        memset(s->given, 0, sizeof s->given);
    }
    if (err) return -1;
    lint_names_free(&s->places);
    count_found(s, found);
    return lint_names_copy(&s->places, &s->classes, e);
}

int lint_mislead_by_border(lint_threads *pool, lint_source *s, const lint_look *look,
                           const lint_ratio *r, uint64_t seed, lint_mislead *found,
                           lint_background *background, lint_err *e) {
    double *score = calloc(s->n + 1, s->classes.n * sizeof *score);
    int err = score ? 0 : lint_fail_mem(e, "the borders of all pictures");
    if (!err) err = lint_background_test(pool, s, look, seed, score, NULL, background, e);
    if (!err) err = lint_mislead_by_score(s, score, r, seed, found, e);
    free(score);
    return err;
}
