/* gallery_pick: which samples of a stream go onto a sheet, decided as they pass by.
 *
 *     first    the first `max`.
 *     random   any, all alike likely: those with the smallest random number, which is a function
 *              of (seed, index).
 *     spread   as many from each group (class and place) as can be, the first ones of each; of
 *              more groups than `max`, the first that come.
 *     worst    wrong answers only: those that the model was surest of, the surest first; of equal
 *              ones the first that come.
 *
 * No way of choosing but `worst` looks at what a model says. Each sample is offered in turn; the
 * answer is the slot to keep it in (whoever was there is out) or that it is not wanted. Memory is
 * `max` slots, whatever the length of the stream.
 *
 *     lint_pick p;
 *     if (lint_pick_new(&p, LINT_PICK_SPREAD, 16, seed, &e) < 0) ...
 *     for (size_t i = 0; i < n; i++)
 *         if ((slot = lint_pick_offer(&p, label, place, LINT_PICK_RIGHT)) >= 0) cell[slot] = i;
 *     lint_pick_order(&p, slots);      // p.n of them, as they are to be shown
 *     lint_pick_free(&p);
 */
#ifndef LINT_ANSWER_GALLERY_PICK_H
#define LINT_ANSWER_GALLERY_PICK_H

#include "base/err.h"
#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lint_pick_how {
    LINT_PICK_SPREAD,
    LINT_PICK_FIRST,
    LINT_PICK_RANDOM,
    LINT_PICK_WORST
} lint_pick_how;
#define LINT_PICK_CHOICES "spread|first|random|worst"

/* How sure a model was of an answer that is right, or not known to be wrong: no mistake. */
#define LINT_PICK_RIGHT (-INFINITY)

typedef struct lint_pick {
    lint_pick_how how;
    size_t max, n;     /* slots, and how many are taken */
    uint64_t seed;     /* of random */
    uint64_t offered;  /* so far */
    uint64_t mistakes; /* of them */
    struct lint_picked {
        uint64_t index, rank; /* in the stream; in the lottery */
        int32_t label, place;
        double mistake;
        size_t group; /* slots of the same class and place */
    } * slot;
} lint_pick;

int lint_pick_new(lint_pick *p, lint_pick_how how, size_t max, uint64_t seed, lint_err *e);
void lint_pick_free(lint_pick *p);

/* The slot, 0..max-1, for the next sample of the stream; -1: not wanted. mistake: for a wrong
 * answer anything that grows with how sure the model was of it, else LINT_PICK_RIGHT. */
long lint_pick_offer(lint_pick *p, int32_t label, int32_t place, double mistake);

/* order [p->n] receives the slots taken: of spread by class, place, index; of worst by mistake;
 * else by index. */
void lint_pick_order(lint_pick *p, size_t *order);

#endif
