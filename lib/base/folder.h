/* folder: makes a folder and those above it.
 *
 *     if (lint_folder_make("runs/s0/camloss", &e) < 0) ...    // as mkdir -p
 */
#ifndef LINT_BASE_FOLDER_H
#define LINT_BASE_FOLDER_H

#include "base/err.h"

/* What is there already is fine; what is there and no folder is an error. */
int lint_folder_make(const char *path, lint_err *e);

#endif
