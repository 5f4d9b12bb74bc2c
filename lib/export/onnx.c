/* The layers of a net as nodes of ONNX. Each function adds the nodes of one kind of layer; the table
 * at the end says which. Channels come first, as in PyTorch. */
#include "export/onnx.h"
#include "export/onnx_parts.h"

#include <stdlib.h>
#include <string.h>

lint_onnx_name lint_onnx_weight_name(const lint_net_node *n, const char *suffix) {
    lint_onnx_name name;
    snprintf(name.text, sizeof name.text, "%s.%s", n->name, suffix);
    return name;
}

/* The output of node i: NAME/out where the layer has a name. */
static lint_onnx_name output_of(lint_onnx_job *j, size_t i) {
    const lint_net_node *n = &j->graph->node[i];
    lint_onnx_name name;
    if (i + 1 == j->graph->count && n->flat && strcmp(n->word, "dense") == 0)
        snprintf(name.text, sizeof name.text, "%s", j->graph->input.mask ? "code" : "logits");
    else if (*n->name)
        snprintf(name.text, sizeof name.text, "%s/out", n->name);
    else
        name = lint_onnx_name_new(&j->file, n->word);
    return name;
}

static const char *input_of(const lint_onnx_job *j, size_t i) {
    return j->value[j->graph->node[i].from].text;
}

/* Node `at`'s output as maps: where it is a row of numbers, as C maps of 1 x 1. */
static lint_onnx_name as_maps(lint_onnx_job *j, size_t at) {
    const lint_net_node *n = &j->graph->node[at];
    if (!n->flat) return j->value[at];
    const int64_t shape[] = {-1, (int64_t)n->out.c, 1, 1};
    return lint_onnx_reshape(&j->file, j->value[at].text, shape, 4);
}

static void begin(lint_onnx_job *j, size_t i, const char *op, const char *input) {
    j->value[i] = output_of(j, i);
    lint_onnx_begin(&j->file, op, j->value[i].text);
    lint_onnx_input(&j->file, input);
}

/* Declares a weight of the layer, and makes it an input of the node that was begun. */
static void put_weight(lint_onnx_job *j, const lint_net_node *n, const char *suffix) {
    lint_onnx_name name = lint_onnx_weight_name(n, suffix);
    const lint_tensor *t = lint_frame_find(j->model, name.text);
    if (t)
        lint_onnx_weight(&j->file, name.text, t->shape, t->rank, t->data);
    else
        j->file.failed = 1; /* cannot be: the net was loaded from this frame */
    lint_onnx_input(&j->file, name.text);
}

/* --- layers with numbers ---------------------------------------------------------------------- */

static void put_input(lint_onnx_job *j, size_t i) {
    const lint_net_input *in = &j->graph->input;
    const lint_shape s = j->graph->node[i].out;
    const char *name = in->features ? "features" : in->mask ? "mask" : "image";
    const size_t shape[] = {0, s.c, s.h, s.w}, each[] = {1, 3, 1, 1};
    lint_onnx_takes(&j->file, name, shape, 4);
    snprintf(j->value[i].text, sizeof j->value[i].text, "%s", name);
    if (in->features || in->mask) return;
    float mean[3], std[3];
    for (int c = 0; c < 3; c++) {
        mean[c] = (float)in->mean[c];
        std[c] = (float)in->std[c];
    }
    lint_onnx_name by = lint_onnx_floats(&j->file, mean, each, 4);
    lint_onnx_name centred = lint_onnx_apply(&j->file, "Sub", name, by.text);
    by = lint_onnx_floats(&j->file, std, each, 4);
    j->value[i] = lint_onnx_apply(&j->file, "Div", centred.text, by.text);
}

void lint_onnx_pads(lint_onnx_job *j, const lint_net_node *n) {
    lint_onnx_ints(&j->file, "pads",
                   (const size_t[]){n->g.pad[0], n->g.pad[1], n->after[0], n->after[1]}, 4);
}

static void put_window(lint_onnx_job *j, const lint_net_node *n) {
    lint_onnx_ints(&j->file, "kernel_shape", n->g.taps, 2);
    lint_onnx_ints(&j->file, "strides", n->g.stride, 2);
    lint_onnx_pads(j, n);
}

static void put_conv(lint_onnx_job *j, size_t i) {
    const lint_net_node *n = &j->graph->node[i];
    lint_onnx_name from = as_maps(j, n->from);
    begin(j, i, "Conv", from.text);
    put_weight(j, n, "weight");
    if (n->bias) put_weight(j, n, "bias");
    put_window(j, n);
    lint_onnx_ints(&j->file, "dilations", (const size_t[]){n->g.dilation, n->g.dilation}, 2);
    lint_onnx_int(&j->file, "group", (long)n->g.groups);
    lint_onnx_end(&j->file);
}

static void put_dense(lint_onnx_job *j, size_t i) {
    const lint_net_node *n = &j->graph->node[i];
    lint_onnx_name from = j->value[n->from];
    if (!j->graph->node[n->from].flat) from = lint_onnx_apply(&j->file, "Flatten", from.text, NULL);
    begin(j, i, "Gemm", from.text);
    put_weight(j, n, "weight");
    if (n->bias) put_weight(j, n, "bias");
    lint_onnx_int(&j->file, "transB", 1);
    lint_onnx_end(&j->file);
}

static void put_batchnorm(lint_onnx_job *j, size_t i) {
    static const char *const weights[] = {"weight", "bias", "running_mean", "running_var"};
    const lint_net_node *n = &j->graph->node[i];
    begin(j, i, "BatchNormalization", input_of(j, i));
    for (size_t w = 0; w < 4; w++)
        put_weight(j, n, weights[w]);
    lint_onnx_float(&j->file, "epsilon", n->g.eps);
    lint_onnx_end(&j->file);
}

/* --- pools ------------------------------------------------------------------------------------ */

static void put_maxpool(lint_onnx_job *j, size_t i) {
    lint_onnx_name from = as_maps(j, j->graph->node[i].from);
    begin(j, i, "MaxPool", from.text);
    if (j->maps && i >= j->graph->cam) {
        j->taken[i] = lint_onnx_name_new(&j->file, "taken");
        lint_onnx_output(&j->file, j->taken[i].text);
    }
    put_window(j, &j->graph->node[i]);
    lint_onnx_end(&j->file);
}

/* The cells [*from, *to) that window `at` covers in one direction, and what their sum is divided by;
 * as avgpool.c has it. */
static size_t cover(const lint_net_node *n, int axis, size_t at, size_t *from, size_t *to) {
    size_t in = axis ? n->in.w : n->in.h, out = axis ? n->out.w : n->out.h, pad = n->g.pad[axis];
    if (strcmp(n->word, "adaptivepool") == 0) {
        *from = at * in / out;
        *to = ((at + 1) * in + out - 1) / out;
        return *to - *from;
    }
    size_t first = at * n->g.stride[axis], end = first + n->g.taps[axis];
    if (end > in + 2 * pad) end = in + 2 * pad;
    *from = first > pad ? first - pad : 0;
    *to = end > pad ? end - pad : 0;
    if (*to > in) *to = in;
    return end - first;
}

/* [out,in] of one direction, or transposed. */
static lint_onnx_name pool_matrix(lint_onnx_job *j, const lint_net_node *n, int axis,
                                  int transposed) {
    size_t in = axis ? n->in.w : n->in.h, out = axis ? n->out.w : n->out.h, from, to;
    float *m = calloc(in * out, sizeof *m);
    for (size_t o = 0; m && o < out; o++) {
        size_t share = cover(n, axis, o, &from, &to);
        for (size_t i = from; i < to; i++)
            m[transposed ? i * out + o : o * in + i] = 1.0f / (float)share;
    }
    const size_t shape[] = {transposed ? in : out, transposed ? out : in};
    lint_onnx_name name = {"none"};
    if (m)
        name = lint_onnx_floats(&j->file, m, shape, 2);
    else
        j->file.failed = 1;
    free(m);
    return name;
}

lint_onnx_name lint_onnx_pool_rows(lint_onnx_job *j, const lint_net_node *n, int back) {
    return pool_matrix(j, n, 0, back);
}

lint_onnx_name lint_onnx_pool_columns(lint_onnx_job *j, const lint_net_node *n, int back) {
    return pool_matrix(j, n, 1, !back);
}

/* Whether all windows are of one size, padding included: then ONNX's pool is the same. */
static int is_even(const lint_net_node *n) {
    return n->after[0] <= n->g.pad[0] && n->after[1] <= n->g.pad[1];
}

static void put_matrices(lint_onnx_job *j, size_t i, const char *from) {
    const lint_net_node *n = &j->graph->node[i];
    lint_onnx_name rows = lint_onnx_pool_rows(j, n, 0), columns = lint_onnx_pool_columns(j, n, 0);
    lint_onnx_name half = lint_onnx_apply(&j->file, "MatMul", rows.text, from);
    begin(j, i, "MatMul", half.text);
    lint_onnx_input(&j->file, columns.text);
    lint_onnx_end(&j->file);
}

static void put_avgpool(lint_onnx_job *j, size_t i) {
    const lint_net_node *n = &j->graph->node[i];
    lint_onnx_name from = as_maps(j, n->from);
    if (!is_even(n)) {
        put_matrices(j, i, from.text);
        return;
    }
    begin(j, i, "AveragePool", from.text);
    put_window(j, n);
    lint_onnx_int(&j->file, "count_include_pad", 1);
    lint_onnx_end(&j->file);
}

static void put_adaptivepool(lint_onnx_job *j, size_t i) {
    const lint_net_node *n = &j->graph->node[i];
    lint_onnx_name from = as_maps(j, n->from);
    if (n->in.h == n->out.h && n->in.w == n->out.w)
        j->value[i] = from;
    else
        put_matrices(j, i, from.text);
}

static void put_globalpool(lint_onnx_job *j, size_t i) {
    lint_onnx_name from = as_maps(j, j->graph->node[i].from);
    begin(j, i, "GlobalAveragePool", from.text);
    lint_onnx_end(&j->file);
}

/* --- value by value --------------------------------------------------------------------------- */

static void put_alone(lint_onnx_job *j, size_t i, const char *op) {
    begin(j, i, op, input_of(j, i));
    lint_onnx_end(&j->file);
}

static void put_relu(lint_onnx_job *j, size_t i) {
    put_alone(j, i, "Relu");
}

static void put_sigmoid(lint_onnx_job *j, size_t i) {
    put_alone(j, i, "Sigmoid");
}

static void put_hardswish(lint_onnx_job *j, size_t i) {
    put_alone(j, i, "HardSwish");
}

static void put_relu6(lint_onnx_job *j, size_t i) {
    lint_onnx_name low = lint_onnx_scalar(&j->file, 0), high = lint_onnx_scalar(&j->file, 6);
    begin(j, i, "Clip", input_of(j, i));
    lint_onnx_input(&j->file, low.text);
    lint_onnx_input(&j->file, high.text);
    lint_onnx_end(&j->file);
}

static void put_hardsigmoid(lint_onnx_job *j, size_t i) {
    begin(j, i, "HardSigmoid", input_of(j, i));
    lint_onnx_float(&j->file, "alpha", 1.0 / 6);
    lint_onnx_float(&j->file, "beta", 0.5);
    lint_onnx_end(&j->file);
}

static void put_silu(lint_onnx_job *j, size_t i) {
    lint_onnx_name gate = lint_onnx_apply(&j->file, "Sigmoid", input_of(j, i), NULL);
    begin(j, i, "Mul", input_of(j, i));
    lint_onnx_input(&j->file, gate.text);
    lint_onnx_end(&j->file);
}

static void put_flatten(lint_onnx_job *j, size_t i) {
    if (j->graph->node[j->graph->node[i].from].flat)
        j->value[i] = j->value[j->graph->node[i].from];
    else
        put_alone(j, i, "Flatten");
}

/* --- ends of blocks --------------------------------------------------------------------------- */

/* What the block read, or its branch, first: as in the engine. */
static void put_join(lint_onnx_job *j, size_t i, const char *op, int axis) {
    const lint_net_node *n = &j->graph->node[i];
    lint_onnx_name first = n->flat ? j->value[n->also] : as_maps(j, n->also);
    lint_onnx_name last = n->flat ? j->value[n->from] : as_maps(j, n->from);
    begin(j, i, op, first.text);
    lint_onnx_input(&j->file, last.text);
    if (axis) lint_onnx_int(&j->file, "axis", axis);
    lint_onnx_end(&j->file);
}

static void put_add(lint_onnx_job *j, size_t i) {
    put_join(j, i, "Add", 0);
}

static void put_scale(lint_onnx_job *j, size_t i) {
    put_join(j, i, "Mul", 0);
}

static void put_concat(lint_onnx_job *j, size_t i) {
    put_join(j, i, "Concat", 1);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    void (*put)(lint_onnx_job *j, size_t i);
} layers[] = {
    {"input", put_input},         {"conv", put_conv},
    {"batchnorm", put_batchnorm}, {"maxpool", put_maxpool},
    {"avgpool", put_avgpool},     {"adaptivepool", put_adaptivepool},
    {"relu", put_relu},           {"globalpool", put_globalpool},
    {"relu6", put_relu6},         {"silu", put_silu},
    {"sigmoid", put_sigmoid},     {"hardsigmoid", put_hardsigmoid},
    {"flatten", put_flatten},     {"hardswish", put_hardswish},
    {"dense", put_dense},         {"add", put_add},
    {"concat", put_concat},       {"scale", put_scale},
};

static int put_layer(lint_onnx_job *j, size_t i, lint_err *e) {
    const char *word = j->graph->node[i].word;
    for (size_t k = 0; k < sizeof layers / sizeof *layers; k++)
        if (strcmp(layers[k].word, word) == 0) {
            layers[k].put(j, i);
            return 0;
        }
    return lint_fail(e, "the layer '%s' cannot be written as ONNX", word);
}

/* The last node's output under its name. */
static void put_logits(lint_onnx_job *j) {
    const lint_net_graph *g = j->graph;
    const char *name = g->input.mask ? "code" : "logits", *last = j->value[g->count - 1].text;
    lint_onnx_gives(&j->file, name, (const size_t[]){0, g->classes}, 2);
    if (strcmp(last, name) == 0) return;
    lint_onnx_begin(&j->file, g->node[g->count - 1].flat ? "Identity" : "Flatten", name);
    lint_onnx_input(&j->file, last);
    lint_onnx_end(&j->file);
}

static void put_metadata(lint_onnx_job *j) {
    static const char *const keys[] = {"classes", "net", "fit", "depth", "crop_margin"};
    const lint_net_input *in = &j->graph->input;
    char size[48];
    snprintf(size, sizeof size, "%zux%zu", in->width, in->height);
    lint_onnx_meta(&j->file, "size", size);
    lint_onnx_meta(&j->file, "input",
                   in->features ? "features"
                   : in->mask   ? "mask, 0 to 1"
                                : "RGB, 0 to 1");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = lint_frame_meta(j->model, keys[i]);
        if (value) lint_onnx_meta(&j->file, keys[i], value);
    }
}

static int put_all(lint_onnx_job *j, FILE *out, lint_err *e) {
    for (size_t i = 0; i < j->graph->count; i++)
        if (put_layer(j, i, e) < 0) return -1;
    put_logits(j);
    if (j->maps) lint_onnx_maps(j);
    put_metadata(j);
    return lint_onnx_finish(&j->file, out, e);
}

int lint_onnx_write(FILE *out, const lint_net_graph *graph, const lint_frame *model, int maps,
                    lint_err *e) {
    lint_onnx_job j = {.graph = graph, .model = model, .maps = maps};
    if (maps && !graph->cam)
        return lint_fail(e, "the model's network has no 'cam' line, so no maps");
    j.value = calloc(graph->count, sizeof *j.value);
    j.taken = calloc(graph->count, sizeof *j.taken);
    int err = j.value && j.taken ? put_all(&j, out, e) : lint_fail_mem(e, "an ONNX file");
    lint_onnx_free(&j.file);
    free(j.value);
    free(j.taken);
    return err;
}
