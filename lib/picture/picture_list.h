/* picture_list: the picture files that a user means: those named, and all in the folders named.
 *
 *     lint_picture_list l = {0};
 *     if (lint_picture_list_add(&l, "photos", &e) < 0) ...    // a folder or a file
 *     for (size_t i = 0; i < l.n; i++) puts(l.v[i]);
 *     lint_picture_list_free(&l);
 *
 * The struct owns its texts.
 */
#ifndef LINT_PICTURE_PICTURE_LIST_H
#define LINT_PICTURE_PICTURE_LIST_H

#include "base/err.h"
#include <stddef.h>

typedef struct lint_picture_list {
    char **v;
    size_t n, room;
} lint_picture_list;

/* Adds a path; or, if it is a folder, the files below it whose names end as those of pictures, sorted by
 * name in each folder, hidden ones left out, each folder once, wherever links lead. What is no folder is
 * added as it is: whether it can be read is seen later. An error if a folder holds no picture or cannot
 * be read; the list may then hold some of its pictures. */
int lint_picture_list_add(lint_picture_list *l, const char *path, lint_err *e);
/* Adds a text as it is. */
int lint_picture_list_note(lint_picture_list *l, const char *text, lint_err *e);
void lint_picture_list_free(lint_picture_list *l);

#endif
