/* onnx: a model as an ONNX file, opset 17, for every runtime that reads those.
 *
 * Inputs and outputs are F32, for any number N of pictures at once:
 *
 *     image     [N,3,H,W]  RGB, 0 to 1: byte / 255; the network's mean and std are in the graph
 *     features  [N,C,h,w]  instead, of a head
 *     mask      [N,1,H,W]  instead, of a mask encoder; 0 to 1
 *     logits    [N,K]      code, of a mask encoder
 *     cam       [N,K,h,w]  with `maps`: HiResCAM of each class, as lint_net_run gives it
 *
 * Runtimes have no gradients, so the maps are a part of the graph: each layer behind 'cam' is
 * followed by its product with the Jacobian, in reverse order, for all classes at once.
 *
 *     if (lint_net_graph_new(&graph, net, &e) < 0) ...
 *     if (lint_onnx_write(out, &graph, &frame, 1, &e) < 0) ...     // frame: the model
 *
 * Metadata: `classes` (a JSON array of names), `net` (the network's text), `size` (WxH), `input`
 * (the range in words), and `fit` where the model has it.
 */
#ifndef LINT_EXPORT_ONNX_H
#define LINT_EXPORT_ONNX_H

#include "engine/net_graph.h"
#include "stream/frame.h"

#include <stdio.h>

/* Writes the file. The model has been checked: a net was built of it (lint_model_build). Errors:
 * maps of a net without a 'cam' line, memory, output. */
int lint_onnx_write(FILE *out, const lint_net_graph *graph, const lint_frame *model, int maps,
                    lint_err *e);

#endif
