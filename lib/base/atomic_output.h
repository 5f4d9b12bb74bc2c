/* atomic_output: writes a result. A regular file appears whole or not at all.
 *
 * lint_output_open opens a nameless or temporary file beside the path. lint_output_commit flushes
 * and fsyncs that file, then renames it to the path. Until then the old file stays, however the
 * program ends. `-` or NULL is standard output. A path that exists and is not a regular file
 * (/dev/full, a FIFO) is written to directly. lint_output_commit reports a full disk or a closed
 * output at the latest.
 *
 *     lint_output *o = lint_output_open(path, &e);
 *     int err = lint_frame_write(&f, lint_output_file(o), &e);
 *     if (err < 0) lint_output_abort(o);
 *     if (err == 0) err = lint_output_commit(o, &e);     // frees o in either case
 */
#ifndef LINT_BASE_ATOMIC_OUTPUT_H
#define LINT_BASE_ATOMIC_OUTPUT_H

#include "base/err.h"
#include <stdio.h>

typedef struct lint_output lint_output;

enum { LINT_TEMPORARY_ATTEMPTS = 100 }; /* N of a temporary name is below */

/* NULL if the file cannot be opened. Messages of open and commit name the file. The mode of a new
 * file is 0666 less the umask. */
lint_output *lint_output_open(const char *path, lint_err *e);
/* The stream to write to; it belongs to o. */
FILE *lint_output_file(lint_output *o);
/* Completes the output and frees o, even on failure; a failure leaves the old file in place. */
int lint_output_commit(lint_output *o, lint_err *e);
/* Completes n outputs, all of them or none; elements may be NULL. */
int lint_output_commit_all(lint_output *const *o, size_t n, lint_err *e);
/* Discards what was written and frees o, which may be NULL. */
void lint_output_abort(lint_output *o);

/* Removes what runs left that were killed at once: the temporary files .NAME.PID.N beside path, if
 * they are regular, belong to this user and no living process writes them. It reads the folder, so
 * it is called once for a result and not for each of a thousand pictures. What cannot be removed
 * stays without a word; standard output has nothing beside it. */
void lint_output_sweep(const char *path);

/* Makes something, such as a folder, under a free name .NAME.PID.N beside path: `make` returns 0 or more, or
 * -1 with errno, where EEXIST asks for another name. Returns the name, from malloc, and make's result in
 * *made; NULL and errno if it fails. */
char *lint_temporary_make(const char *path, int (*make)(void *ctx, const char *temp), void *ctx,
                          int *made);

/* Whether `entry` is `name` with ".PID.N" behind it, as lint_temporary_make writes them, and if so, the number
 * of the process. */
int lint_temporary_pid(const char *entry, const char *name, long *pid);

/* Whether `entry`, beside a file called `name`, is a name that lint_temporary_make chose in a process that
 * lives no longer. Whose it is, and whether another machine has it locked, is for the caller to see. */
int lint_temporary_is_left(const char *entry, const char *name);

/* Replaces the file at path in one step by one that `make` creates, such as a hard link. make is
 * given a name beside path and returns -1 with errno if it fails; EEXIST asks for another name. It
 * leaves nothing behind when it fails. */
int lint_output_replace(const char *path, int (*make)(void *ctx, const char *temp), void *ctx,
                        lint_err *e);

#endif
