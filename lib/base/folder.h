/* folder: makes a folder and its missing parents; sees links that lead back, while folders are walked.
 *
 *     if (lint_folder_make("runs/s0/camloss", &e) < 0) ...    // as mkdir -p
 */
#ifndef LINT_BASE_FOLDER_H
#define LINT_BASE_FOLDER_H

#include "base/err.h"
#include <sys/stat.h>

/* An existing folder is fine. Anything else of that name is an error. */
int lint_folder_make(const char *path, lint_err *e);

/* The folders above one whose entries are visited, to see a link that leads back into them. */
typedef struct lint_folder_above {
    dev_t dev;
    ino_t ino;
    const struct lint_folder_above *up;
} lint_folder_above;

/* Whether the folder that stat told of is one of these. */
int lint_folder_is_above(const lint_folder_above *up, const struct stat *st);

/* Whether errno, of stat or opendir, says that a path leads nowhere. Other errors say nothing of what is
 * there. */
int lint_folder_is_missing(void);

#endif
