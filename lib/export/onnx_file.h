/* onnx_file: an ONNX file put together: nodes, constants, inputs and outputs. Internal to onnx.c and
 * onnx_maps.c.
 *
 * Nodes are added in the order in which they are computed. A value is known by its name; those made
 * here have a '/' in it, which no layer's name has, so that none is that of an input, an output or a
 * weight. Where memory runs out, `failed` is set and lint_onnx_finish says so.
 *
 *     lint_onnx o = {0};
 *     lint_onnx_begin(&o, "Relu", "relu/3");
 *     lint_onnx_input(&o, "conv1/out");
 *     lint_onnx_end(&o);
 *     ...
 *     err = lint_onnx_finish(&o, out, &e);                  // frees o
 */
#ifndef LINT_EXPORT_ONNX_FILE_H
#define LINT_EXPORT_ONNX_FILE_H

#include "base/err.h"
#include "export/protobuf.h"

#include <stdio.h>

enum { LINT_ONNX_NAME = 112, LINT_ONNX_RANK = 5 };

typedef struct lint_onnx_name {
    char text[LINT_ONNX_NAME];
} lint_onnx_name;

/* A constant: the fields before its data, and the data. */
typedef struct lint_onnx_constant {
    lint_protobuf head;
    const void *data;
    void *own; /* the data, where it is to be freed */
    size_t bytes;
} lint_onnx_constant;

typedef struct lint_onnx {
    lint_protobuf nodes, edges, metadata;
    lint_protobuf node, outputs, attributes; /* of the node that was begun */
    char op[32];
    lint_onnx_constant *constant;
    size_t constants, room;
    size_t made; /* names */
    int failed;
} lint_onnx;

/* A node; its first output is also its name. Inputs and attributes follow until `end`. */
void lint_onnx_begin(lint_onnx *o, const char *op, const char *output);
void lint_onnx_input(lint_onnx *o, const char *value);
void lint_onnx_output(lint_onnx *o, const char *value); /* a further one */
void lint_onnx_int(lint_onnx *o, const char *attribute, long v);
void lint_onnx_float(lint_onnx *o, const char *attribute, double v);
void lint_onnx_text(lint_onnx *o, const char *attribute, const char *v);
void lint_onnx_ints(lint_onnx *o, const char *attribute, const size_t *v, size_t n);
void lint_onnx_end(lint_onnx *o);

/* A new name: `what`/NUMBER. */
lint_onnx_name lint_onnx_name_new(lint_onnx *o, const char *what);
/* A node of one or two inputs (b NULL) without attributes; returns its output's new name. */
lint_onnx_name lint_onnx_apply(lint_onnx *o, const char *op, const char *a, const char *b);

/* A constant of floats under a name; `data` is borrowed until finish. */
void lint_onnx_weight(lint_onnx *o, const char *name, const uint64_t *shape, size_t rank,
                      const float *data);
/* Constants under new names: copies of floats, of one float, of whole numbers. */
lint_onnx_name lint_onnx_floats(lint_onnx *o, const float *v, const size_t *shape, size_t rank);
lint_onnx_name lint_onnx_scalar(lint_onnx *o, double v);
lint_onnx_name lint_onnx_longs(lint_onnx *o, const int64_t *v, size_t n);

/* `value` reshaped; -1: what is left, 0: as it was. Returns the output's new name. */
lint_onnx_name lint_onnx_reshape(lint_onnx *o, const char *value, const int64_t *shape, size_t n);

/* Inputs and outputs of the graph, F32, whose first dimension is any number N. */
void lint_onnx_takes(lint_onnx *o, const char *name, const size_t *shape, size_t rank);
void lint_onnx_gives(lint_onnx *o, const char *name, const size_t *shape, size_t rank);
void lint_onnx_meta(lint_onnx *o, const char *key, const char *value);

/* Writes the file and frees o. */
int lint_onnx_finish(lint_onnx *o, FILE *out, lint_err *e);
void lint_onnx_free(lint_onnx *o);

#endif
