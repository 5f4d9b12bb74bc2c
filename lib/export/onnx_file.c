#include "export/onnx_file.h"
#include "base/cli.h"
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of fields and types, from onnx/onnx.proto of ONNX 1.12, which brought opset 17. */
enum { IR_VERSION = 8, OPSET = 17 };
enum {
    MODEL_IR = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_METADATA = 14
};
enum { OPSET_VERSION = 2, ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_CONSTANT = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP = 4, NODE_ATTRIBUTE = 5 };
enum {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_F = 2,
    ATTRIBUTE_I = 3,
    ATTRIBUTE_S = 4,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_TYPE = 20
};
enum { TYPE_F = 1, TYPE_I = 2, TYPE_S = 3, TYPE_INTS = 7 };
enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_DATA = 9 };
enum { FLOATS = 1, LONGS = 7 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_ELEMENT = 1, TENSOR_SHAPE = 2 };
enum { SHAPE_DIM = 1, DIM_VALUE = 1, DIM_NAME = 2 };

/* --- nodes ------------------------------------------------------------------------------------ */

void lint_onnx_begin(lint_onnx *o, const char *op, const char *output) {
    snprintf(o->op, sizeof o->op, "%s", op);
    lint_onnx_output(o, output);
    lint_protobuf_text(&o->outputs, NODE_NAME, output);
}

void lint_onnx_input(lint_onnx *o, const char *value) {
    lint_protobuf_text(&o->node, NODE_INPUT, value);
}

void lint_onnx_output(lint_onnx *o, const char *value) {
    lint_protobuf_text(&o->outputs, NODE_OUTPUT, value);
}

static void put_attribute(lint_onnx *o, lint_protobuf *a, const char *name, uint64_t type) {
    lint_protobuf_text(a, ATTRIBUTE_NAME, name);
    lint_protobuf_whole(a, ATTRIBUTE_TYPE, type);
    lint_protobuf_part(&o->attributes, NODE_ATTRIBUTE, a);
}

void lint_onnx_int(lint_onnx *o, const char *attribute, long v) {
    lint_protobuf a = {0};
    lint_protobuf_whole(&a, ATTRIBUTE_I, (uint64_t)v);
    put_attribute(o, &a, attribute, TYPE_I);
}

void lint_onnx_float(lint_onnx *o, const char *attribute, double v) {
    lint_protobuf a = {0};
    lint_protobuf_float(&a, ATTRIBUTE_F, (float)v);
    put_attribute(o, &a, attribute, TYPE_F);
}

void lint_onnx_text(lint_onnx *o, const char *attribute, const char *v) {
    lint_protobuf a = {0};
    lint_protobuf_text(&a, ATTRIBUTE_S, v);
    put_attribute(o, &a, attribute, TYPE_S);
}

void lint_onnx_ints(lint_onnx *o, const char *attribute, const size_t *v, size_t n) {
    lint_protobuf a = {0};
    for (size_t i = 0; i < n; i++)
        lint_protobuf_whole(&a, ATTRIBUTE_INTS, v[i]);
    put_attribute(o, &a, attribute, TYPE_INTS);
}

static void append(lint_protobuf *to, lint_protobuf *part) {
    lint_protobuf_put(to, part->bytes, part->n);
    to->failed |= part->failed;
    free(part->bytes);
    *part = (lint_protobuf){0};
}

void lint_onnx_end(lint_onnx *o) {
    append(&o->node, &o->outputs);
    lint_protobuf_text(&o->node, NODE_OP, o->op);
    append(&o->node, &o->attributes);
    lint_protobuf_part(&o->nodes, GRAPH_NODE, &o->node);
}

lint_onnx_name lint_onnx_name_new(lint_onnx *o, const char *what) {
    lint_onnx_name name;
    snprintf(name.text, sizeof name.text, "%s/%zu", what, o->made++);
    return name;
}

lint_onnx_name lint_onnx_apply(lint_onnx *o, const char *op, const char *a, const char *b) {
    lint_onnx_name name = lint_onnx_name_new(o, op);
    lint_onnx_begin(o, op, name.text);
    lint_onnx_input(o, a);
    if (b) lint_onnx_input(o, b);
    lint_onnx_end(o);
    return name;
}

/* --- constants -------------------------------------------------------------------------------- */

/* Takes `own` in any case. */
static void put_constant(lint_onnx *o, const char *name, uint64_t type, const uint64_t *shape,
                         size_t rank, const void *data, void *own, size_t bytes) {
    lint_onnx_constant c = {.data = data, .own = own, .bytes = bytes};
    lint_onnx_constant *more = lint_grow(o->constant, o->constants, &o->room, sizeof *more);
    if (!more || !data) {
        if (more) o->constant = more;
        o->failed = 1;
        free(own);
        return;
    }
    for (size_t i = 0; i < rank; i++)
        lint_protobuf_whole(&c.head, TENSOR_DIM, shape[i]);
    lint_protobuf_whole(&c.head, TENSOR_TYPE, type);
    lint_protobuf_text(&c.head, TENSOR_NAME, name);
    lint_protobuf_head(&c.head, TENSOR_DATA, bytes);
    o->failed |= c.head.failed;
    o->constant = more;
    o->constant[o->constants++] = c;
}

void lint_onnx_weight(lint_onnx *o, const char *name, const uint64_t *shape, size_t rank,
                      const float *data) {
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= (size_t)shape[i];
    put_constant(o, name, FLOATS, shape, rank, data, NULL, count * sizeof *data);
}

static void *copy_of(const void *v, size_t bytes) {
    void *copy = malloc(bytes);
    return copy ? memcpy(copy, v, bytes) : NULL;
}

lint_onnx_name lint_onnx_floats(lint_onnx *o, const float *v, const size_t *shape, size_t rank) {
    lint_onnx_name name = lint_onnx_name_new(o, "constant");
    uint64_t wide[LINT_ONNX_RANK];
    size_t count = 1;
    for (size_t i = 0; i < rank; i++) {
        wide[i] = shape[i];
        count *= shape[i];
    }
    void *own = copy_of(v, count * sizeof *v);
    put_constant(o, name.text, FLOATS, wide, rank, own, own, count * sizeof *v);
    return name;
}

lint_onnx_name lint_onnx_scalar(lint_onnx *o, double v) {
    return lint_onnx_floats(o, &(float){(float)v}, NULL, 0);
}

lint_onnx_name lint_onnx_longs(lint_onnx *o, const int64_t *v, size_t n) {
    lint_onnx_name name = lint_onnx_name_new(o, "shape");
    void *own = copy_of(v, n * sizeof *v);
    put_constant(o, name.text, LONGS, &(uint64_t){n}, 1, own, own, n * sizeof *v);
    return name;
}

lint_onnx_name lint_onnx_reshape(lint_onnx *o, const char *value, const int64_t *shape, size_t n) {
    lint_onnx_name to = lint_onnx_longs(o, shape, n);
    return lint_onnx_apply(o, "Reshape", value, to.text);
}

/* --- the graph's edges, and what is said of it ------------------------------------------------ */

static void put_edge(lint_onnx *o, unsigned field, const char *name, const size_t *shape,
                     size_t rank) {
    lint_protobuf dims = {0}, tensor = {0}, type = {0}, value = {0};
    for (size_t i = 0; i < rank; i++) {
        lint_protobuf dim = {0};
        if (i == 0)
            lint_protobuf_text(&dim, DIM_NAME, "N");
        else
            lint_protobuf_whole(&dim, DIM_VALUE, shape[i]);
        lint_protobuf_part(&dims, SHAPE_DIM, &dim);
    }
    lint_protobuf_whole(&tensor, TENSOR_ELEMENT, FLOATS);
    lint_protobuf_part(&tensor, TENSOR_SHAPE, &dims);
    lint_protobuf_part(&type, TYPE_TENSOR, &tensor);
    lint_protobuf_text(&value, VALUE_NAME, name);
    lint_protobuf_part(&value, VALUE_TYPE, &type);
    lint_protobuf_part(&o->edges, field, &value);
}

void lint_onnx_takes(lint_onnx *o, const char *name, const size_t *shape, size_t rank) {
    put_edge(o, GRAPH_INPUT, name, shape, rank);
}

void lint_onnx_gives(lint_onnx *o, const char *name, const size_t *shape, size_t rank) {
    put_edge(o, GRAPH_OUTPUT, name, shape, rank);
}

void lint_onnx_meta(lint_onnx *o, const char *key, const char *value) {
    lint_protobuf entry = {0};
    lint_protobuf_text(&entry, ENTRY_KEY, key);
    lint_protobuf_text(&entry, ENTRY_VALUE, value);
    lint_protobuf_part(&o->metadata, MODEL_METADATA, &entry);
}

/* --- the file --------------------------------------------------------------------------------- */

void lint_onnx_free(lint_onnx *o) {
    lint_protobuf *const all[] = {&o->nodes, &o->edges,   &o->metadata,
                                  &o->node,  &o->outputs, &o->attributes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->bytes);
    for (size_t i = 0; i < o->constants; i++) {
        free(o->constant[i].head.bytes);
        free(o->constant[i].own);
    }
    free(o->constant);
    *o = (lint_onnx){0};
}

/* The constants' fields: their beginnings, which say how long they are, and the sum of all. */
static uint64_t field_heads(const lint_onnx *o, lint_protobuf *heads, size_t *end) {
    uint64_t sum = 0;
    for (size_t i = 0; i < o->constants; i++) {
        const lint_onnx_constant *c = &o->constant[i];
        lint_protobuf_head(heads, GRAPH_CONSTANT, c->head.n + c->bytes);
        end[i] = heads->n;
        sum += c->head.n + c->bytes;
    }
    return sum + heads->n;
}

static void put_head(const lint_onnx *o, uint64_t constants, lint_protobuf *m) {
    lint_protobuf opset = {0}, name = {0};
    lint_protobuf_whole(m, MODEL_IR, IR_VERSION);
    lint_protobuf_text(m, MODEL_PRODUCER, "lint");
    lint_protobuf_text(m, MODEL_PRODUCER_VERSION, LINT_VERSION);
    lint_protobuf_whole(&opset, OPSET_VERSION, OPSET);
    lint_protobuf_part(m, MODEL_OPSET, &opset);
    lint_protobuf_put(m, o->metadata.bytes, o->metadata.n);
    lint_protobuf_text(&name, GRAPH_NAME, "lint");
    lint_protobuf_head(m, MODEL_GRAPH, name.n + o->edges.n + o->nodes.n + constants);
    append(m, &name);
    lint_protobuf_put(m, o->edges.bytes, o->edges.n);
    lint_protobuf_put(m, o->nodes.bytes, o->nodes.n);
}

static int put_out(FILE *out, const void *bytes, size_t n) {
    return n == 0 || fwrite(bytes, 1, n, out) == n ? 0 : -1;
}

static int write_all(const lint_onnx *o, const lint_protobuf *head, const lint_protobuf *fields,
                     const size_t *end, FILE *out) {
    int err = put_out(out, head->bytes, head->n);
    for (size_t i = 0; i < o->constants && !err; i++) {
        const lint_onnx_constant *c = &o->constant[i];
        size_t begin = i ? end[i - 1] : 0;
        err = put_out(out, fields->bytes + begin, end[i] - begin) ||
              put_out(out, c->head.bytes, c->head.n) || put_out(out, c->data, c->bytes);
    }
    return err ? -1 : 0;
}

int lint_onnx_finish(lint_onnx *o, FILE *out, lint_err *e) {
    lint_protobuf head = {0}, fields = {0};
    size_t *end = calloc(o->constants + 1, sizeof *end);
    int err = -1;
    if (end) {
        uint64_t constants = field_heads(o, &fields, end);
        put_head(o, constants, &head);
    }
    if (!end || o->failed || o->nodes.failed || o->edges.failed || o->metadata.failed ||
        head.failed || fields.failed)
        lint_fail_mem(e, "an ONNX file");
    else if ((err = write_all(o, &head, &fields, end, out)) < 0)
        lint_fail(e, "%s", strerror(errno ? errno : EIO));
    free(end);
    free(head.bytes);
    free(fields.bytes);
    lint_onnx_free(o);
    return err;
}
