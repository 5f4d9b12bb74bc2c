/* What onnx.c (layers) and onnx_maps.c (maps) share. Internal to them. */
#ifndef LINT_EXPORT_ONNX_PARTS_H
#define LINT_EXPORT_ONNX_PARTS_H

#include "engine/net_graph.h"
#include "export/onnx_file.h"
#include "stream/frame.h"

typedef struct lint_onnx_job {
    lint_onnx file;
    const lint_net_graph *graph;
    const lint_frame *model;
    int maps;
    lint_onnx_name *value; /* of each node: its output */
    lint_onnx_name *taken; /* of each maxpool behind 'cam': where from, flat over [N,C,H,W] */
} lint_onnx_job;

/* The pool as two matrices, for windows that ONNX's own pools cannot have: rows [out.h,in.h] and
 * columns [in.w,out.w]; its output is rows x columns. back: transposed, for its Jacobian. */
lint_onnx_name lint_onnx_pool_rows(lint_onnx_job *j, const lint_net_node *n, int back);
lint_onnx_name lint_onnx_pool_columns(lint_onnx_job *j, const lint_net_node *n, int back);

/* "NAME.weight" */
lint_onnx_name lint_onnx_weight_name(const lint_net_node *n, const char *suffix);

/* Pads as ONNX wants them: above, left, below, right. */
void lint_onnx_pads(lint_onnx_job *j, const lint_net_node *n);

/* Adds the maps of all classes as the output `cam`. */
void lint_onnx_maps(lint_onnx_job *j);

#endif
