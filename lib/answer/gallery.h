/* gallery: samples as tiles with words, and the few of a stream that go onto a sheet.
 *
 * The words of a tile, where the sample has logits: the predicted class and its probability, then
 * the true class and the place. Where it has none: class and place, then its name. Where it has a
 * map, the evidence for the predicted class (the true one, without logits) lies over the picture.
 *
 *     lint_gallery *g = lint_gallery_new(LINT_PICK_SPREAD, 16, seed, &e);
 *     while (lint_reader_next(r, &frame, &e) > 0) {
 *         lint_samples_view(&frame, &s, &e);
 *         lint_gallery_add(g, &s, &e);
 *         lint_samples_free(&s);
 *     }
 *     lint_block block = lint_gallery_block(g, "default: test");
 *     lint_sheet(&sheet, &block, 1, 4, LINT_HEAT_WORDS, &e);
 *     lint_gallery_free(g);
 *
 * Memory is the tiles chosen, whatever the length of the stream.
 */
#ifndef LINT_ANSWER_GALLERY_H
#define LINT_ANSWER_GALLERY_H

#include "answer/gallery_pick.h"
#include "picture/draw.h"
#include "stream/samples.h"

/* What heat is of: evidence for the predicted class rather than the others, in words that fit under
 * two pictures. */
#define LINT_HEAT_WORDS "evidence for the answer, none to most:"

typedef struct lint_gallery lint_gallery;

#define LINT_GALLERY_FILE 128 /* room for a file name */

lint_gallery *lint_gallery_new(lint_pick_how how, size_t max, uint64_t seed, lint_err *e);
void lint_gallery_free(lint_gallery *g);

/* Offers every sample of a frame. Messages name the sample. With LINT_PICK_WORST samples need
 * logits and labels. */
int lint_gallery_add(lint_gallery *g, const lint_samples *s, lint_err *e);

/* The tiles in order under a title; the note counts those whose answer is right, or all
 * mistakes for LINT_PICK_WORST. Good until the
 * next add; title is the caller's. */
lint_block lint_gallery_block(lint_gallery *g, const char *title);

/* Sample i as a tile. Large pictures are reduced, small ones enlarged by whole pixels, so that
 * words find room. The caller frees tile->picture; on error there is none. */
int lint_tile_make(lint_tile *t, const lint_samples *s, size_t i, lint_err *e);

/* Sample i as a PNG of its own, with `name` as the last of its words. Messages begin with path. */
int lint_gallery_save_one(const char *path, const lint_samples *s, size_t i, const char *name,
                          lint_err *e);

/* Makes a folder for such pictures, unless it is there. */
int lint_gallery_folder(const char *path, lint_err *e);

/* "default: test" for "models/default/model.safetensors" or "default.safetensors" and split
 * "test". split may be NULL. */
void lint_gallery_title(char *buf, size_t size, const char *model, const char *split);

/* A file name for the picture of a sample: "00012-otter.png" for number 12 and name "otter.jpg".
 * Whatever the name is, there is no slash in the result, it does not begin with a dot, and it is
 * UTF-8 only where the name was; it fits. */
void lint_gallery_file(char buf[LINT_GALLERY_FILE], size_t number, const char *name);

#endif
