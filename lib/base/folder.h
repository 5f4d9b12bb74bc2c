/* folder: makes a folder and its missing parents.
 *
 *     if (lint_folder_make("runs/s0/camloss", &e) < 0) ...    // as mkdir -p
 */
#ifndef LINT_BASE_FOLDER_H
#define LINT_BASE_FOLDER_H

#include "base/err.h"

/* An existing folder is fine. Anything else of that name is an error. */
int lint_folder_make(const char *path, lint_err *e);

#endif
