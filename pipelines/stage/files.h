/* files: what the parts of the stage runner do with files and folders.
 *
 * Paths are values: `open(pathf("%s/index/%s", dir, name).s, O_RDONLY)`. One that is too long is
 * empty, and so is an error of whatever is done with it.
 */
#ifndef STAGE_FILES_H
#define STAGE_FILES_H

#include "base/err.h"
#include <stddef.h>

typedef struct path {
    char s[4096];
} path;

path pathf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The folder that a path lies in; "." where it names none. */
path folder_of(const char *p);

/* The folder and those above it. */
int make_folders(const char *p, lint_err *e);
/* The file or folder and all in it, not what links in it lead to; fine if it is not there. */
int remove_all(const char *p, lint_err *e);

/* The whole of a file and a NUL, from malloc; NULL with errno if it cannot be read. */
char *read_text(const char *p);
/* The file is there whole, or as it was before. */
int write_text(const char *p, const char *text, lint_err *e);

/* `to` becomes the file `from`: by a hard link, or where that cannot be by a copy (which costs no
 * space on file systems that share blocks). What was at `to` is replaced, in one step. */
int link_or_copy(const char *from, const char *to, lint_err *e);
/* By rename, or across file systems by a copy; a folder at `to` has to be gone. */
int move(const char *from, const char *to, lint_err *e);

#endif
