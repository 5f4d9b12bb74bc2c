/* web_page: a model as one HTML file, in which a browser answers pictures: class and map, offline.
 *
 * The page holds the network, its weights as base64, and a forward pass in plain JavaScript
 * (page/net.js). Pictures are resized as lint-predict resizes them, so that its logits are the same
 * but for rounding. It is 4/3 as large as the model.
 *
 *     if (lint_web_page_write(out, &model.graph, &model.file.frame, &e) < 0) ...
 */
#ifndef LINT_EXPORT_WEB_PAGE_H
#define LINT_EXPORT_WEB_PAGE_H

#include "engine/net_graph.h"
#include "stream/frame.h"

#include <stdio.h>

/* Errors: a model that takes no pictures, memory, output. */
int lint_web_page_write(FILE *out, const lint_net_graph *graph, const lint_frame *model,
                        lint_err *e);

#endif
