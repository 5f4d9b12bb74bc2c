/* files: what the parts of the stage runner do with files and folders.
 *
 * Paths are values: `open(pathf("%s/index/%s", dir, name).s, O_RDONLY)`. One that is too long is
 * empty, and so is an error of whatever is done with it.
 */
#ifndef STAGE_FILES_H
#define STAGE_FILES_H

#include "base/err.h"
#include <dirent.h>
#include <stddef.h>
#include <sys/stat.h>

typedef struct path {
    char s[4096];
} path;

path pathf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The folder that a path lies in; "." where it names none. */
path folder_of(const char *p);

/* The path is relative, and leads nowhere above where it begins. */
int stays_inside(const char *rel);

/* The next name in an open folder but "." and ".."; NULL at the end, and with errno, which is 0 at the
 * end, where the system fails. */
const char *next_name(DIR *d);

/* The folder and those above it. */
int make_folders(const char *p, lint_err *e);
/* The file or folder and all in it, not what links in it lead to, even those that others put there
 * meanwhile; fine if it is not there. */
int remove_all(const char *p, lint_err *e);

/* The whole of a file and a NUL, from malloc; NULL with errno if it cannot be read. */
char *read_text(const char *p);
/* The same of what others may have put there: a regular file, no link to one, of at most max bytes. */
char *read_regular(const char *p, size_t max, struct stat *st);
/* The file is there whole, or as it was before. */
int write_text(const char *p, const char *text, lint_err *e);

/* The same where others may have put anything at p: that goes, and nothing is written through it. The
 * file has the mode of a new one, less `without`, where modes can be set. */
int replace_by_text(const char *p, const char *text, mode_t without, lint_err *e);

/* A file to lock, made if it is not there; not through a link. -1 with errno. flags may be
 * O_CLOEXEC. */
int open_lock(const char *p, int flags);

/* `to` becomes the file `from`: by a hard link, or where that cannot be by a copy (which costs no
 * space on file systems that share blocks). What was at `to` is replaced, in one step. */
int link_or_copy(const char *from, const char *to, lint_err *e);
/* `to` becomes what the regular file `from` holds, whoever put that there; links are not followed. A
 * hard link is made only of a file that this user owns and nobody else may write to, so that what
 * is at `to` stays as it is. A copy of what another owns has the mode of a new file. */
int take_regular(const char *from, const char *to, lint_err *e);
/* `to` becomes what this user's file `from` holds, so that nobody else may write to it: by a hard
 * link, after the group's and the others' permission to write was taken off, or by a copy. Whatever
 * was at `to` goes. */
int keep_regular(const char *from, const char *to, lint_err *e);

/* By rename, or across file systems by a copy; a folder at `to` has to be gone. */
int move(const char *from, const char *to, lint_err *e);

#endif
