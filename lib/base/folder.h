/* folder: makes a folder and its missing parents; visits each folder once, while folders are walked.
 *
 *     if (lint_folder_make("runs/s0/camloss", &e) < 0) ...    // as mkdir -p
 */
#ifndef LINT_BASE_FOLDER_H
#define LINT_BASE_FOLDER_H

#include "base/err.h"
#include <sys/stat.h>

/* An existing folder is fine. Anything else of that name is an error. */
int lint_folder_make(const char *path, lint_err *e);

/* The folders that a walk has visited. Links may lead to a folder in many ways, or back to one above:
 * a few of them are enough for more paths than can be walked. Starts as {0}. */
typedef struct lint_folder_set {
    void *root;
} lint_folder_set;

/* Adds the folder that stat told of. Returns 1, 0 if it was there before, -1 without memory. */
int lint_folder_set_add(lint_folder_set *s, const struct stat *st, lint_err *e);
void lint_folder_set_free(lint_folder_set *s);

/* Whether errno, of stat or opendir, says that a path leads nowhere. Other errors say nothing of what is
 * there. */
int lint_folder_is_missing(void);

#endif
