/* gallery: samples as captioned tiles, and the selection of those that go onto a sheet.
 *
 * With logits, the caption of a tile is the predicted class and its probability, then the true
 * class and the place, then the sample's name. Without logits the first line is left out. Places are
 * told in the words of group_words.h: "on green". With a map,
 * the evidence for the predicted class (without logits, for the true class) is drawn over the
 * picture.
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
 * Memory holds only the chosen tiles, whatever the length of the stream.
 */
#ifndef LINT_ANSWER_GALLERY_H
#define LINT_ANSWER_GALLERY_H

#include "answer/gallery_pick.h"
#include "picture/draw.h"
#include "stream/samples.h"

/* The legend of the heat colours, short enough for the width of two pictures. */
#define LINT_HEAT_WORDS "evidence for the answer, none to most:"

typedef struct lint_gallery lint_gallery;

#define LINT_GALLERY_FILE 128 /* room for a file name */

lint_gallery *lint_gallery_new(lint_pick_how how, size_t max, uint64_t seed, lint_err *e);
void lint_gallery_free(lint_gallery *g);

/* Offers all samples of a frame to the selection. Messages name the sample. LINT_PICK_WORST needs
 * logits and labels. */
int lint_gallery_add(lint_gallery *g, const lint_samples *s, lint_err *e);

/* The tiles in order, under a title. The note counts correct answers, or all mistakes with
 * LINT_PICK_WORST. Valid until the next add; the caller keeps title. */
lint_block lint_gallery_block(lint_gallery *g, const char *title);

/* Sample i as a tile. Large pictures are reduced, and small ones enlarged by a whole factor, so
 * that captions fit. The caller frees t->picture; on error there is none. */
int lint_tile_make(lint_tile *t, const lint_samples *s, size_t i, lint_err *e);

/* Writes sample i as a single PNG. name: for a sample without one, the last line of the caption;
 * may be NULL. Messages begin with path. */
int lint_gallery_save_one(const char *path, const lint_samples *s, size_t i, const char *name,
                          lint_err *e);

/* Makes a folder for such pictures if it does not exist. */
int lint_gallery_folder(const char *path, lint_err *e);

/* "default: test" for "models/default/model.safetensors" or "default.safetensors" and split
 * "test". split may be NULL. */
void lint_gallery_title(char *buf, size_t size, const char *model, const char *split);

/* A file name for the picture of a sample: "00012-otter.png" for number 12 and name "otter.jpg".
 * Whatever the name is, the result fits into buf, has no slash and does not begin with a dot. It is
 * valid UTF-8 if the name is. */
void lint_gallery_file(char buf[LINT_GALLERY_FILE], size_t number, const char *name);

#endif
