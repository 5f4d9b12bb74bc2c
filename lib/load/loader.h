/* loader: passes over a stream of samples, each balanced, shuffled and augmented as planned.
 *
 * With neither epochs, shuffle, balance nor swap the stream is read once, frame by frame, and may be
 * of any length. Otherwise it is a lint_dataset: memory is an index of a few bytes a sample and one
 * frame, the pictures stay in their file (what is no file is copied to a temporary one first).
 *
 * What happens to a sample follows from (seed, epoch, its index in the input) alone: shuffling
 * or other options change neither its flip nor its noise. Copies made by balance stand behind the
 * originals (index n and on), class by class, under their originals' names. Swapped surroundings
 * are those of any sample of the input, whatever frame it is in.
 *
 *     lint_load_plan plan = LINT_LOAD_PLAN_NONE;
 *     plan.epochs = 3, plan.shuffle = 1, plan.each.flip_h = 1;
 *     lint_loader *l = lint_loader_new("train.lts", &plan, pool, &e);
 *     while ((got = lint_loader_next(l, &frame, &e)) > 0) ...
 *     lint_loader_free(l);
 */
#ifndef LINT_LOAD_LOADER_H
#define LINT_LOAD_LOADER_H

#include "base/err.h"
#include "base/threads.h"
#include "picture/augment.h"
#include "stream/frame.h"
#include <stddef.h>
#include <stdint.h>

typedef struct lint_load_plan {
    uint64_t seed;
    size_t frame;      /* samples in a frame; 0: an epoch in one */
    uint64_t epochs;   /* passes, marked "1", "2"... in metadata `epoch`, with `epochs` and
                          `epoch_samples` saying how many there will be; 0: one, not marked */
    int shuffle;       /* a new order in each epoch */
    int balance;       /* copies until all classes are equal */
    lint_augment each; /* what may happen to a sample of the input */
    lint_augment copy; /* what may happen to a copy made by balance */
    double swap;       /* probability that a sample's surroundings become another's */
    lint_swap_by swap_by;
    lint_augment donor;      /* what may happen to the picture that the surroundings come from... */
    double recolour;         /* ... and the probability that its colours change, */
    lint_augment recoloured; /* as this says, instead */
} lint_load_plan;

#define LINT_LOAD_PLAN_NONE                                                                        \
    ((lint_load_plan){.frame = 64,                                                                 \
                      .each = LINT_AUGMENT_NONE,                                                   \
                      .copy = LINT_AUGMENT_NONE,                                                   \
                      .donor = LINT_AUGMENT_NONE,                                                  \
                      .recoloured = LINT_AUGMENT_NONE})

typedef struct lint_loader lint_loader;

/* Opens the file (NULL or "-" is standard input). The pool stays the caller's and must outlive the
 * loader. NULL on error, with the file's name before it. */
lint_loader *lint_loader_new(const char *path, const lint_load_plan *plan, lint_threads *pool,
                             lint_err *e);
void lint_loader_free(lint_loader *l);

/* 1: f (cleared first) holds the next frame, never of two epochs. 0: done. -1: an error. Pictures
 * that `cam` or `logits` belong to are not changed: that is an error. */
int lint_loader_next(lint_loader *l, lint_frame *f, lint_err *e);

/* Samples in all epochs together, as far as is known before they are read; else 0. */
size_t lint_loader_total(const lint_loader *l);

#endif
