/* batches: where training gets its samples from, an epoch at a time.
 *
 * Two kinds of input, told apart by their first frame:
 *
 *     a set      frames without `epoch` in their metadata. Every epoch is a pass over all samples
 *                in an order of its own, drawn from (seed, epoch). Samples are mapped from the
 *                file, so memory does not grow with it; a pipe is first copied to an unlinked
 *                file in $TMPDIR.
 *     a stream   frames marked with their epoch, 1, 2, 3... by a loader such as lint-augment. They
 *                are read once, in order, file or pipe alike; memory is one frame and one batch.
 *                A loader that also says how many there are (`epochs`, `epoch_samples`) lets a
 *                stream that was cut short be noticed.
 *
 * Batches are of `batch` consecutive samples whatever the frames are; the last of an epoch may be
 * smaller. What a batch points to lives until the next call.
 *
 *     lint_batches *b = lint_batches_open("train.lts", 32, seed, &e);
 *     while (lint_batches_begin(b, epoch, &e) > 0) {
 *         while ((got = lint_batches_next(b, &batch, &e)) > 0) ...
 *         epoch++;
 *     }
 *     lint_batches_free(b);
 */
#ifndef LINT_LOAD_BATCHES_H
#define LINT_LOAD_BATCHES_H

#include "engine/net.h"
#include "stream/dataset.h"

typedef struct lint_batches lint_batches;

/* Opens a file, or standard input for "-". Errors: no sample, no 'image', no 'label', no class
 * names, an epoch mark that is not 1. Messages of this and all that follow begin with the name. */
lint_batches *lint_batches_open(const char *path, size_t batch, uint64_t seed, lint_err *e);
/* The same for what learns without labels (and class names), from every sample's mask. */
lint_batches *lint_batches_open_masks(const char *path, size_t batch, uint64_t seed, lint_err *e);
void lint_batches_free(lint_batches *b);

/* What the input is called in messages. */
const char *lint_batches_name(const lint_batches *b);
/* Whether it is a stream with marked epochs. */
int lint_batches_marked(const lint_batches *b);
size_t lint_batches_height(const lint_batches *b);
size_t lint_batches_width(const lint_batches *b);
/* Every frame must have what the first has. */
int lint_batches_has_mask(const lint_batches *b);
int lint_batches_has_place(const lint_batches *b);
const lint_names *lint_batches_classes(const lint_batches *b);
const lint_names *lint_batches_places(const lint_batches *b);
/* The set; NULL for a stream. */
const lint_dataset *lint_batches_set(const lint_batches *b);

/* Metadata of the first frame; key and value of entry i live as long as b. */
size_t lint_batches_metas(const lint_batches *b);
const char *lint_batches_meta_key(const lint_batches *b, size_t i);
const char *lint_batches_meta_value(const lint_batches *b, size_t i);

/* Epochs of a stream, as its loader says; 0: not said, or a set, which has any number. */
size_t lint_batches_epochs(const lint_batches *b);
/* Samples in an epoch: of a set, or as the loader says; 0: not said. */
size_t lint_batches_epoch_samples(const lint_batches *b);

/* Counts the labels of a set into count[0..K-1]. -1 with a message for a stream, which cannot be
 * counted ahead. */
int lint_batches_count(const lint_batches *b, size_t *count, lint_err *e);

/* Begins epoch `epoch` (from 1, one after the other). 1: it has samples. 0: a stream of unknown
 * length is at its end. -1: an error, also where a stream ends before the epoch that its loader
 * promised. What the epoch before has left is passed over. */
int lint_batches_begin(lint_batches *b, size_t epoch, lint_err *e);

/* 1: the next batch. 0: the end of the epoch. -1: an error. batch->mask, place and weight are NULL
 * unless every sample has them. */
int lint_batches_next(lint_batches *b, lint_batch *batch, lint_err *e);

/* --- a walk over a set ------------------------------------------------------------------------ */

/* Batches of a set in a given order, or as its samples lie (validation). The walk owns the arrays
 * that a batch points to; set and order are the caller's.
 *
 *     lint_walk w;
 *     if (lint_walk_new(&w, set, 32, &e) < 0) ...
 *     while (lint_walk_next(&w, &batch)) ...
 *     lint_walk_free(&w);
 */
typedef struct lint_walk {
    const lint_dataset *set;
    const size_t *order; /* set by the user, at any restart; NULL: 0, 1, 2... */
    size_t batch, at;
    const uint8_t **image, **mask;
    int32_t *label, *place;
    float *weight;
} lint_walk;

int lint_walk_new(lint_walk *w, const lint_dataset *set, size_t batch, lint_err *e);
void lint_walk_free(lint_walk *w);
void lint_walk_restart(lint_walk *w);
/* 1: the next batch. 0: all samples have been seen. */
int lint_walk_next(lint_walk *w, lint_batch *batch);

#endif
