/* net_table: a network, layer by layer, as a table to read.
 *
 * A row for each layer: its output (width x height x channels), its trainable parameters, its
 * multiply-adds for one image, and its receptive field: the patch of the picture that one cell of
 * its output sees, padding included. Then the sums, and what the maps are read from.
 *
 *     if (lint_net_table(text, "models/resnet50.net", 2, stdout, &e) < 0) ...
 */
#ifndef LINT_ENGINE_NET_TABLE_H
#define LINT_ENGINE_NET_TABLE_H

#include "base/err.h"
#include <stddef.h>
#include <stdio.h>

/* `name` stands in messages (`name:line: ...`). Errors: a text that is no network, memory. */
int lint_net_table(const char *text, const char *name, size_t classes, FILE *out, lint_err *e);

#endif
