/* loader: passes over a stream of samples, balanced, shuffled and augmented as planned.
 *
 * Without epochs, shuffle, balance and swap, the stream is read once, frame by frame, and may have
 * any length. Otherwise the stream is a lint_dataset, which needs memory for one frame and for an
 * index of a few bytes per sample. Pictures stay in their file; a pipe is copied to a temporary
 * file first.
 *
 * The changes of a sample depend only on (seed, epoch, its index in the input). Shuffling and other
 * options change neither its flip nor its noise. Copies made by balance follow the originals (from
 * index n on), class by class, with the names of their originals; those of groups come group by group
 * between them. The donor of swapped surroundings
 * may be any sample of the input, in any frame.
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

typedef enum lint_load_balance {
    LINT_LOAD_AS_IS,
    LINT_LOAD_CLASSES, /* copies until all classes are equal */
    LINT_LOAD_GROUPS /* of each group (class and place) the same number, as many as there are in all */
} lint_load_balance;

typedef struct lint_load_plan {
    uint64_t seed;
    size_t frame;    /* samples in a frame; 0: one frame for each epoch */
    uint64_t epochs; /* passes, marked "1", "2"... in metadata `epoch`, with `epochs` and
                          `epoch_samples` saying how many there will be; 0: one, not marked */
    int shuffle;     /* a new order in each epoch */
    lint_load_balance balance;
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

/* Opens the file (NULL or "-" is standard input). The caller owns the pool, which must outlive the
 * loader. NULL on error; the message begins with the file's name. */
lint_loader *lint_loader_new(const char *path, const lint_load_plan *plan, lint_threads *pool,
                             lint_err *e);
void lint_loader_free(lint_loader *l);

/* Clears f and puts the next frame into it; a frame never has samples of two epochs, and says
 * whether another follows. Returns 1, or
 * 0 at the end, or -1 on error. Changing pictures that have `cam` or `logits` is an error, since
 * those would no longer fit. */
int lint_loader_next(lint_loader *l, lint_frame *f, lint_err *e);

/* The number of samples in all epochs, or 0 if it is unknown before they are read. */
size_t lint_loader_total(const lint_loader *l);

#endif
