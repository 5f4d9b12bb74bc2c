/* export_model: a model file opened to be written in another form: its weights where they lie, and
 * the graph of its net. A model, a head and a mask encoder are all taken; the graph's input says
 * which it is. The whole file is checked, as for inference.
 *
 *     lint_export_model m;
 *     if (lint_export_model_open(&m, "model.safetensors", &e) < 0) ...
 *     printf("%zu layers, %zu tensors\n", m.graph.count, m.file.frame.count);
 *     lint_export_model_free(&m);
 */
#ifndef LINT_EXPORT_EXPORT_MODEL_H
#define LINT_EXPORT_EXPORT_MODEL_H

#include "base/threads.h"
#include "engine/mask_encoder.h"
#include "engine/net_graph.h"
#include "stream/mapped.h"

typedef struct lint_export_model {
    lint_threads *pool;
    lint_mapped file;
    lint_net *net;              /* of a model; its own */
    lint_mask_encoder *encoder; /* of an encoder */
    lint_net_graph graph;
} lint_export_model;

/* On error there is nothing to free; the message begins with the path. The program calls
 * lint_blas_one_thread before. */
int lint_export_model_open(lint_export_model *m, const char *path, lint_err *e);
void lint_export_model_free(lint_export_model *m);

#endif
