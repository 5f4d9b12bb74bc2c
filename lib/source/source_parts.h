/* source_parts: functions shared by source.c and source_metadata.c. Internal to them.
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

/* "train", "val", "valid", "validation", "test", and their splits. */
enum { LINT_SPLIT_WORDS = 5 };
typedef struct lint_split_word {
    const char *word;
    lint_split split;
} lint_split_word;
extern const lint_split_word lint_split_words[LINT_SPLIT_WORDS];

/* Reads pictures, labels, places and splits from metadata.csv, open as `in`. Messages do not name
 * its path. */
int lint_source_metadata(lint_source *s, FILE *in, const lint_source_names *names, lint_err *e);

#endif
