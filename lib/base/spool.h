/* spool: a file without a name, for what comes once and is to be read in any order.
 *
 *     int fd = lint_spool_open(&e);
 *     ...
 *     close(fd); // and it is gone
 */
#ifndef LINT_BASE_SPOOL_H
#define LINT_BASE_SPOOL_H

#include "base/err.h"

/* An empty file, open to write and read, in $TMPDIR or /tmp. -1 on error. */
int lint_spool_open(lint_err *e);

/* The folder it lies in. */
const char *lint_spool_folder(void);

#endif
