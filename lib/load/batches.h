/* batches: minibatches for training, epoch by epoch.
 *
 * The first frame decides which of two kinds the input is:
 *
 *     a set      frames without `epoch` in their metadata. Every epoch is a pass over all samples
 *                in an order of its own, drawn from (seed, epoch). Samples are mapped from the
 *                file, so memory does not grow with it. A pipe is first copied to an unlinked
 *                file in $TMPDIR.
 *     a stream   frames marked with their epoch (1, 2, 3...) by a loader such as lint-augment.
 *                Frames are read once, in order, from a file or a pipe. Memory holds one frame and
 *                one batch. If the loader states `epochs` and `epoch_samples`, a stream that was
 *                cut short is noticed.
 *
 * Features (lint-features) are always a set: they cost much more to make than to use. If their
 * frames are marked with epochs 1 to k, these are k views of the same samples: epoch e is a pass,
 * in an order of its own, over view (e - 1) mod k + 1.
 *
 * A batch has `batch` consecutive samples, whatever the sizes of frames; the last batch of an epoch
 * may be smaller. The arrays of a batch are valid until the next call.
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
 * names, a first epoch mark other than 1. Messages of all these functions begin with the file's
 * name. */
lint_batches *lint_batches_open(const char *path, size_t batch, uint64_t seed, lint_err *e);
/* The same for training on masks alone, which needs a mask in every sample but no labels or class
 * names. */
lint_batches *lint_batches_open_masks(const char *path, size_t batch, uint64_t seed, lint_err *e);
/* The same for training on 'features', which need no 'image'. */
lint_batches *lint_batches_open_features(const char *path, size_t batch, uint64_t seed,
                                         lint_err *e);
void lint_batches_free(lint_batches *b);

/* The input's name for messages. */
const char *lint_batches_name(const lint_batches *b);
/* Whether the input is a stream with marked epochs. */
int lint_batches_marked(const lint_batches *b);
/* Of images; of masks where there are no images. */
size_t lint_batches_height(const lint_batches *b);
size_t lint_batches_width(const lint_batches *b);
/* Whether the first frame, and thus every frame, has masks or places. */
int lint_batches_has_mask(const lint_batches *b);
int lint_batches_has_place(const lint_batches *b);
const lint_names *lint_batches_classes(const lint_batches *b);
const lint_names *lint_batches_places(const lint_batches *b);
/* The set; NULL for a stream. */
const lint_dataset *lint_batches_set(const lint_batches *b);

/* The number of views of each sample; 1 unless features are marked with epochs. */
size_t lint_batches_views(const lint_batches *b);

/* Metadata of the first frame; key and value of entry i live as long as b. */
size_t lint_batches_metas(const lint_batches *b);
const char *lint_batches_meta_key(const lint_batches *b, size_t i);
const char *lint_batches_meta_value(const lint_batches *b, size_t i);

/* The number of epochs that a stream's loader states; 0 if it states none, or for a set, which has
 * no limit. */
size_t lint_batches_epochs(const lint_batches *b);
/* The number of samples in an epoch, of a set or as the stream's loader states; 0 if unknown. */
size_t lint_batches_epoch_samples(const lint_batches *b);

/* Counts the labels of a set in count[0..K-1]. A stream is an error, since it cannot be counted
 * before it is read. */
int lint_batches_count(const lint_batches *b, size_t *count, lint_err *e);

/* Begins epoch `epoch`; epochs count from 1 and follow each other. Skips unread samples of the
 * epoch before. Returns 1 if the epoch has samples, 0 at the end of a stream of unknown length, and
 * -1 on error, for example if a stream ends before the last epoch that its loader announced. */
int lint_batches_begin(lint_batches *b, size_t epoch, lint_err *e);

/* Returns 1 with the next batch, 0 at the end of the epoch, and -1 on error. batch->mask, place and
 * weight are NULL unless every sample has them. */
int lint_batches_next(lint_batches *b, lint_batch *batch, lint_err *e);

/* --- a walk over a set ------------------------------------------------------------------------ */

/* Gives the batches of a set in a given order, or in the set's own order (for validation). The walk
 * owns the arrays that a batch points to; the caller owns set and order.
 *
 *     lint_walk w;
 *     if (lint_walk_new(&w, set, 32, &e) < 0) ...
 *     while (lint_walk_next(&w, &batch)) ...
 *     lint_walk_free(&w);
 */
typedef struct lint_walk {
    const lint_dataset *set;
    /* Set by the user, at any restart; order NULL: 0, 1, 2...; count: samples of the walk. */
    const size_t *order;
    size_t count;
    size_t batch, at;
    const uint8_t **image, **mask;
    const void **features;
    int32_t *label, *place;
    float *weight;
} lint_walk;

int lint_walk_new(lint_walk *w, const lint_dataset *set, size_t batch, lint_err *e);
void lint_walk_free(lint_walk *w);
void lint_walk_restart(lint_walk *w);
/* Returns 1 with the next batch, or 0 after the last one. */
int lint_walk_next(lint_walk *w, lint_batch *batch);

#endif
