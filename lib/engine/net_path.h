/* net_path: where a network lies that is named by a word, and its text.
 *
 * `--net standard` means the file of that name if there is one, else models/standard.net (in a
 * checkout), else ../share/lint/standard.net as seen from the program's own folder (where
 * `make install` puts it, whatever PREFIX and DESTDIR were). What has a slash or ends in .net, and
 * `-`, mean themselves.
 *
 *     char *path = lint_net_path("standard", &e);   // "models/standard.net", from malloc
 */
#ifndef LINT_ENGINE_NET_PATH_H
#define LINT_ENGINE_NET_PATH_H

#include "base/err.h"

/* The path, from malloc; NULL with a message that says where was looked. */
char *lint_net_path(const char *name, lint_err *e);

/* The text of the network in `path`, as lint_net_path gives it ("-": standard input), from malloc;
 * *name is what messages call it. NULL on error: no such file, longer than a network may be, a NUL.
 */
char *lint_net_read(const char *path, const char **name, lint_err *e);

#endif
