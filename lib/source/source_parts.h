/* source_parts: functions shared by the files of source.h. Internal to them.
 *
 *     lint_source_add(s, lint_join("a", "b.png"), label, LINT_TRAIN, e);
 */
#ifndef LINT_SOURCE_SOURCE_PARTS_H
#define LINT_SOURCE_SOURCE_PARTS_H

#include "source/source.h"
#include <stdio.h>

/* Returns "a/b", or a or b alone if the other is empty, from malloc. */
char *lint_join(const char *a, const char *b);

/* Adds a picture. Takes ownership of path in any case; path is from malloc, or NULL if memory ran
 * out. */
int lint_source_add(lint_source *s, char *path, int32_t label, lint_split split, lint_err *e);

/* Counts a file that is not a picture of a class. */
void lint_source_leave_out(lint_source *s, const char *path);

void lint_picture_free(lint_picture *p);

/* A folder's entries that are not hidden, sorted. */
int lint_source_list(const lint_source *s, const char *path, lint_names *names, lint_err *e);
/* Whether a file of that name is taken for a picture. */
int lint_source_is_picture(const char *name);
int lint_source_is_xml(const char *name);
/* Whether there is such a file below the root; -1 and an error where the system does not say. */
int lint_source_is_file(const lint_source *s, const char *path, lint_err *e);
/* Whether there is such a folder below the root; -1 and an error where the system does not say. */
int lint_source_is_folder(const lint_source *s, const char *path, lint_err *e);

/* --- layouts (source_layout.c) ---------------------------------------------------------------- */

/* "train", "Training", "dev", "seg_test"...: LINT_UNSPLIT for any other word. */
lint_split lint_split_of_word(const char *word);

/* Whether a file or folder of that name is left by a storage box or an archiver: @eaDir, __MACOSX. */
int lint_source_is_junk(const char *name);

/* folder[split] becomes the path of that split's folder in `base`, from malloc, also where an error
 * follows. The caller sets all to NULL before. An error: two folders for one split. */
int lint_source_find_splits(const lint_source *s, const char *base, char *folder[LINT_SPLITS],
                            lint_err *e);

/* Whether there is no folder in the folder, which therefore holds no classes; -1 and an error where
 * it cannot be read. */
int lint_source_is_flat(const lint_source *s, const char *path, lint_err *e);

/* An error if the folders found in `path` are something else than classes: images/ beside masks/ or
 * labels/; folders that hold the same folders; thumbs/ that holds the classes once more. */
int lint_source_check_classes(const lint_source *s, const char *path, const lint_names *found,
                              lint_err *e);

/* --- masks that are pictures (source_masks.c) ------------------------------------------------- */

/* Gives each picture its mask in masks/; an error if one has none. */
int lint_source_find_masks(lint_source *s, lint_err *e);

/* Takes pictures such as a_mask.png beside a.jpg for masks, where half of the pictures or more have
 * one; then it is an error if one has none. Pictures are sorted by path. */
int lint_source_masks_beside(lint_source *s, lint_err *e);

/* --- texts of single pictures (source_labels.c) ----------------------------------------------- */

/* Whether base/images and base/labels, or base/JPEGImages and base/Annotations with XML files, are
 * there: *labels and *images, from malloc; NULL if not. */
int lint_source_find_labels(const lint_source *s, const char *base, lint_labels *labels,
                            char **images, lint_err *e);

/* Gives each picture the path of its text. Whether it is there is seen when it is read. */
int lint_source_label_paths(lint_source *s, lint_err *e);

/* Takes XML files beside pictures for theirs, where there is one beside any. */
int lint_source_use_beside(lint_source *s, lint_err *e);

/* --- objects as samples (source_objects.c) ---------------------------------------------------- */

/* Lists a picture once for each of its objects. A picture whose label is -1 gets its category. */
int lint_source_divide(lint_source *s, const lint_source_rules *rules, lint_err *e);

/* --- annotations (source_annotations.c) ------------------------------------------------------- */

/* Reads the files of outlines and boxes that the user names, or that the folder holds: s->coco. */
int lint_source_open_annotations(lint_source *s, int images, const lint_source_rules *rules,
                                 lint_err *e);

/* Finds what they say of each picture. */
int lint_source_find_outlines(lint_source *s, lint_err *e);

/* --- metadata.csv (source_metadata.c) --------------------------------------------------------- */

/* Reads pictures, labels, places and splits from metadata.csv, open as `in`. Messages do not name
 * its path. */
int lint_source_metadata(lint_source *s, FILE *in, const lint_source_rules *rules, lint_err *e);

/* The same for a metadata.csv in the folder of each split, as Hugging Face's ImageFolder has them: its
 * pictures lie beside it. 1: read. 0: no split has one. */
int lint_source_split_tables(lint_source *s, const lint_source_rules *rules, lint_err *e);

#endif
