#include "source/misleading.h"
#include "source/border.h"
#include "source/ridge.h"

#include <stdlib.h>
#include <string.h>

/* A picture that waits for a place in the test set. */
typedef struct waiting {
    size_t i;
    double margin; /* score of the place less that of the label; 0 if they are the same class */
    double draw;
} waiting;

/* Most misleading first, then by draw; the index decides between equals. */
static int by_turn(const void *a, const void *b) {
    const waiting *x = a, *y = b;
    if (x->margin != y->margin) return x->margin > y->margin ? -1 : 1;
    if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
    return x->i < y->i ? -1 : 1;
}

/* The class of the highest score; own, if that is as high. */
static int32_t highest_class(const double *score, size_t classes, int32_t own) {
    int32_t best = own;
    for (size_t k = 0; k < classes; k++)
        if (score[k] > score[best]) best = (int32_t)k;
    return best;
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

/* queue [n] holds the pictures of one class. */
static void divide_class(lint_source *s, waiting *queue, size_t n, const lint_ratio *r) {
    static const int rest[LINT_SPLITS] = {1, 1, 0};
    size_t test = quota(n, r), training = 0, lowest = test, highest = test;
    qsort(queue, n, sizeof *queue, by_turn);
    for (size_t q = 0; q < n; q++) {
        lint_picture *p = &s->picture[queue[q].i];
        p->split = q < test ? LINT_TEST : lint_partition_at(queue[q].draw, r, rest);
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

int lint_mislead_by_score(lint_source *s, const double *score, const lint_ratio *r, uint64_t seed,
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
            p->place = highest_class(of, classes, p->label);
            queue[n++] = (waiting){i, of[p->place] - of[p->label], lint_partition_draw(p, seed)};
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

int lint_mislead_by_border(const lint_decode *c, lint_source *s, const lint_ratio *r, uint64_t seed,
                           lint_mislead *found, lint_err *e) {
    float *border = calloc(s->n + 1, LINT_BORDER_DIM * sizeof *border);
    double *score = calloc(s->n + 1, s->classes.n * sizeof *score);
    int32_t *label = calloc(s->n + 1, sizeof *label);
    int err = border && score && label ? 0 : lint_fail_mem(e, "the borders of all pictures");
    if (!err) err = lint_decode_borders(c, s, border, e);
    for (size_t i = 0; i < s->n && !err; i++)
        label[i] = s->picture[i].bad ? -1 : s->picture[i].label;
    if (!err) err = lint_ridge_scores(border, s->n, LINT_BORDER_DIM, label, s->classes.n, score, e);
    if (!err) err = lint_mislead_by_score(s, score, r, seed, found, e);
    free(border);
    free(score);
    free(label);
    return err;
}
