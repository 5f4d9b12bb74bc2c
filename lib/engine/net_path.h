/* net_path: finds the file of a network by a name, and reads it.
 *
 * `--net standard` means the file of that name if there is one, else models/standard.net (in a
 * checkout), else ../share/lint/standard.net as seen from the program's own folder (where
 * `make install` puts it, whatever PREFIX and DESTDIR were). A name with a slash or the
 * ending .net or .safetensors, and `-`, are taken as they are.
 *
 *     char *path = lint_net_path("standard", &e);   // "models/standard.net", from malloc
 */
#ifndef LINT_ENGINE_NET_PATH_H
#define LINT_ENGINE_NET_PATH_H

#include "base/err.h"
#include <stddef.h>

/* The path, which the caller frees. NULL and an error that lists where it was looked for. */
char *lint_net_path(const char *name, lint_err *e);

/* The text of the network in `path`, as lint_net_path gives it ("-": standard input; of a model its
 * network); the caller frees it. *name is what messages call it. NULL on error: no such
 * file, over 1 MB, a NUL, weights without a network. */
char *lint_net_read(const char *path, const char **name, lint_err *e);

/* The paths of all networks in models/, or where they are installed if there is no such folder, by
 * name. lint_net_list_free frees them; there may be none. */
int lint_net_list(char ***path, size_t *n, lint_err *e);
void lint_net_list_free(char **path, size_t n);

#endif
