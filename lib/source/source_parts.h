/* source_parts: what source.c and source_metadata.c share; nobody else needs it.
 *
 *     lint_source_add(s, lint_join("a", "b.png"), label, LINT_TRAIN, e);
 */
#ifndef LINT_SOURCE_SOURCE_PARTS_H
#define LINT_SOURCE_SOURCE_PARTS_H

#include "source/source.h"
#include <stdio.h>

/* "a/b" from malloc; a or b alone where the other is empty. */
char *lint_join(const char *a, const char *b);

/* Adds a picture; takes path (from malloc, or NULL where memory ended) over, whatever the answer.
 */
int lint_source_add(lint_source *s, char *path, int32_t label, lint_split split, lint_err *e);

/* Counts a file that is no picture of a class. */
void lint_source_leave_out(lint_source *s, const char *path);

void lint_picture_free(lint_picture *p);

/* "train", "val", "valid", "validation", "test", and their splits. */
enum { LINT_SPLIT_WORDS = 5 };
typedef struct lint_split_word {
    const char *word;
    lint_split split;
} lint_split_word;
extern const lint_split_word lint_split_words[LINT_SPLIT_WORDS];

/* Reads metadata.csv, open as `in`: pictures, labels, places, splits. The message lacks its path.
 */
int lint_source_metadata(lint_source *s, FILE *in, const lint_source_names *names, lint_err *e);

#endif
