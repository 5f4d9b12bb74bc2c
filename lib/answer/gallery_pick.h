/* gallery_pick: selects the samples of a stream that go onto a sheet, in one pass.
 *
 *     first    the first `max` samples.
 *     random   samples with equal probability: those with the smallest random numbers, which are a
 *              function of (seed, index).
 *     spread   equally many samples from each group (class and place), the first ones of each; if
 *              there are more groups than `max`, the first groups.
 *     worst    wrong answers only, the most confident first; among equal ones the first.
 *
 * Only `worst` looks at a model's answers. Samples are offered one after the other. The result is
 * the slot for the sample, which may replace an earlier one, or -1. Memory is `max` slots, whatever
 * the length of the stream.
 *
 *     lint_pick p;
 *     if (lint_pick_new(&p, LINT_PICK_SPREAD, 16, seed, &e) < 0) ...
 *     for (size_t i = 0; i < n; i++)
 *         if ((slot = lint_pick_offer(&p, label, place, LINT_PICK_RIGHT)) >= 0) cell[slot] = i;
 *     lint_pick_order(&p, slots);      // p.n slots, in display order
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

/* The value of `mistake` for an answer that is right, or not known to be wrong. */
#define LINT_PICK_RIGHT (-INFINITY)

typedef struct lint_pick {
    lint_pick_how how;
    size_t max, n;     /* number of slots, and of those taken */
    uint64_t seed;     /* for random */
    uint64_t offered;  /* samples so far */
    uint64_t mistakes; /* among them */
    struct lint_picked {
        uint64_t index, rank; /* in the stream; the random number */
        int32_t label, place;
        double mistake;
        size_t group; /* slots of the same class and place */
    } * slot;
} lint_pick;

int lint_pick_new(lint_pick *p, lint_pick_how how, size_t max, uint64_t seed, lint_err *e);
void lint_pick_free(lint_pick *p);

/* Returns the slot, 0..max-1, for the next sample of the stream, or -1 if it is not selected.
 * mistake: for a wrong answer any measure of the model's confidence, else LINT_PICK_RIGHT. */
long lint_pick_offer(lint_pick *p, int32_t label, int32_t place, double mistake);

/* Writes the slots taken to order [p->n]: with spread by class, place, index; with worst by
 * mistake; else by index. */
void lint_pick_order(lint_pick *p, size_t *order);

#endif
