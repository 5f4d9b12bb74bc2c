/* spool: a file without a name, for input that arrives once but is read in any order.
 *
 *     int fd = lint_spool_open(&e);
 *     ...
 *     close(fd); // and it is gone
 */
#ifndef LINT_BASE_SPOOL_H
#define LINT_BASE_SPOOL_H

#include "base/err.h"

/* Returns a descriptor of an empty file in $TMPDIR or /tmp, open for reading and writing, or -1 on
 * error. */
int lint_spool_open(lint_err *e);

/* The folder of that file. */
const char *lint_spool_folder(void);

#endif
