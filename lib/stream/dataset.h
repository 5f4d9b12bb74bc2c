/* dataset: a whole stream of samples, accessed by index and mapped from its file.
 *
 * A set needs memory for an index of a few bytes per sample; the samples themselves stay in the
 * system's page cache. Input that is not a regular file is first copied to an unlinked file in
 * $TMPDIR (or /tmp). Opening a set checks every frame. Messages begin with the name of the file.
 * Several threads may read a set. If another program truncates the mapped file, this program ends
 * with SIGBUS; lint's own tools replace files and never truncate them.
 *
 *     lint_dataset *set = lint_dataset_open("train.lts", &e);
 *     for (size_t i = 0; i < lint_dataset_count(set); i++) use(lint_dataset_image(set, order[i]));
 *     lint_dataset_free(set);
 */
#ifndef LINT_STREAM_DATASET_H
#define LINT_STREAM_DATASET_H

#include "base/names.h"
#include "stream/frame.h"

typedef struct lint_dataset lint_dataset;

lint_dataset *lint_dataset_open(const char *path, lint_err *e); /* "-" or NULL: standard input */
/* The same from an open descriptor, which the set does not keep; `name` is for messages. */
lint_dataset *lint_dataset_open_fd(int fd, const char *name, lint_err *e);
void lint_dataset_free(lint_dataset *s);
size_t lint_dataset_count(const lint_dataset *s);
/* Of images, or of masks where there are no images; 0 without both. */
size_t lint_dataset_height(const lint_dataset *s);
size_t lint_dataset_width(const lint_dataset *s);
int lint_dataset_has_image(const lint_dataset *s); /* samples that have features need none */
int lint_dataset_has_features(const lint_dataset *s);
/* Channels, height and width of features; 0 without. */
void lint_dataset_features_size(const lint_dataset *s, size_t *c, size_t *h, size_t *w);
int lint_dataset_has_mask(const lint_dataset *s);
int lint_dataset_has_place(const lint_dataset *s);
int lint_dataset_has_weight(const lint_dataset *s);
/* Of the first frame; an empty stream has no names. All frames must agree in them and in H, W. */
const lint_names *lint_dataset_classes(const lint_dataset *s);
const lint_names *lint_dataset_places(const lint_dataset *s);
const char *lint_dataset_meta(const lint_dataset *s,
                              const char *key); /* of the first frame, or NULL */

/* Of sample i < count. */
int32_t lint_dataset_label(const lint_dataset *s, size_t i); /* -1 unknown or absent */
int32_t lint_dataset_place(const lint_dataset *s, size_t i); /* -1 unknown or absent */
float lint_dataset_weight(const lint_dataset *s, size_t i);  /* 1 if absent */
/* [H,W,3], or NULL; [H,W], or NULL; F16 [c,h,w], or NULL: all of any alignment. */
const uint8_t *lint_dataset_image(const lint_dataset *s, size_t i);
const uint8_t *lint_dataset_mask(const lint_dataset *s, size_t i);
const void *lint_dataset_features(const lint_dataset *s, size_t i);
/* The pass that a loader marked the sample's frame with, from 1; 0 without such a mark. */
size_t lint_dataset_epoch(const lint_dataset *s, size_t i);

/* Makes `out` a frame of exactly these samples, with all their per-sample tensors, even unknown
 * ones. Metadata and other tensors are those of the first frame. All frames must have the same
 * tensors. `name` is as wide as the widest in the set. */
int lint_dataset_take(const lint_dataset *s, const size_t *row, size_t rows, lint_frame *out,
                      lint_err *e);

#endif
