/* Class activation maps in an ONNX graph: HiResCAM, M_c = sum over channels of A * dz_c/dA, with A
 * the features at the 'cam' line. ONNX has no gradients for inference, so that of each layer behind
 * the line is written out: the cotangent u, d(logits)/d(output), [B,K,C,h,w] or [B,K,F], goes down
 * through the layers in reverse. B is 1 as long as it is the same for all pictures, then N. */
#include "export/onnx_parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct cotangent {
    lint_onnx_name value;
    int flat;  /* [B,K,F] */
    int alike; /* [B,K,C,1,1], for maps whose cells are alike */
} cotangent;

static lint_onnx_name apply(lint_onnx_job *j, const char *op, const char *a, const char *b) {
    return lint_onnx_apply(&j->file, op, a, b);
}

/* u times a number. */
static void times(lint_onnx_job *j, cotangent *u, double by) {
    lint_onnx_name factor = lint_onnx_scalar(&j->file, by);
    u->value = apply(j, "Mul", u->value.text, factor.text);
}

static void as_row(lint_onnx_job *j, cotangent *u, lint_shape s) {
    if (u->flat) return;
    const int64_t shape[] = {-1, (int64_t)j->graph->classes, (int64_t)lint_shape_count(s)};
    u->value = lint_onnx_reshape(&j->file, u->value.text, shape, 3);
    u->flat = 1;
}

static void as_maps(lint_onnx_job *j, cotangent *u, lint_shape s) {
    if (!u->flat) return;
    const int64_t shape[] = {-1, (int64_t)j->graph->classes, (int64_t)s.c, (int64_t)s.h,
                             (int64_t)s.w};
    u->value = lint_onnx_reshape(&j->file, u->value.text, shape, 5);
    u->flat = 0;
}

/* A value of node `at`, [N,...], in the shape of u: [N,1,C,h,w] or [N,1,F]. */
static lint_onnx_name beside(lint_onnx_job *j, const lint_onnx_name *value, lint_shape s,
                             const cotangent *u) {
    const int64_t maps[] = {-1, 1, (int64_t)s.c, (int64_t)s.h, (int64_t)s.w};
    const int64_t row[] = {-1, 1, (int64_t)lint_shape_count(s)};
    return lint_onnx_reshape(&j->file, value->text, u->flat ? row : maps, u->flat ? 3 : 5);
}

/* --- layers ----------------------------------------------------------------------------------- */

static void back_dense(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    (void)i;
    as_row(j, u, n->out);
    lint_onnx_name weight = lint_onnx_weight_name(n, "weight");
    u->value = apply(j, "MatMul", u->value.text, weight.text);
}

static void back_flatten(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    (void)i;
    as_row(j, u, n->out);
}

/* 1 where above `low` and below `high`, else 0. */
static lint_onnx_name between(lint_onnx_job *j, const char *v, double low, double high) {
    lint_onnx_name from = lint_onnx_scalar(&j->file, low), to = lint_onnx_scalar(&j->file, high);
    lint_onnx_name a = apply(j, "Greater", v, from.text), b = apply(j, "Less", v, to.text);
    return apply(j, "And", a.text, b.text);
}

/* u where `keep` (of the node's shape) holds, times `slope`. */
static void switched(lint_onnx_job *j, const lint_net_node *n, const lint_onnx_name *keep,
                     double slope, cotangent *u) {
    lint_onnx_name bits = lint_onnx_name_new(&j->file, "Cast");
    lint_onnx_begin(&j->file, "Cast", bits.text);
    lint_onnx_input(&j->file, keep->text);
    lint_onnx_int(&j->file, "to", 1); /* float */
    lint_onnx_end(&j->file);
    lint_onnx_name by = beside(j, &bits, n->out, u);
    u->value = apply(j, "Mul", u->value.text, by.text);
    if (slope != 1) times(j, u, slope);
}

static void back_relu(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    lint_onnx_name zero = lint_onnx_scalar(&j->file, 0);
    lint_onnx_name keep = apply(j, "Greater", j->value[i].text, zero.text);
    switched(j, n, &keep, 1, u);
}

static void back_relu6(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    lint_onnx_name keep = between(j, j->value[i].text, 0, 6);
    switched(j, n, &keep, 1, u);
}

static void back_hardsigmoid(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    lint_onnx_name keep = between(j, j->value[i].text, 0, 1);
    switched(j, n, &keep, 1.0 / 6, u);
}

/* x/3 + 1/2 within -3 to 3, 0 below and 1 above. */
static void back_hardswish(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    (void)i;
    const char *x = j->value[n->from].text;
    lint_onnx_name third = lint_onnx_scalar(&j->file, 1.0 / 3),
                   half = lint_onnx_scalar(&j->file, 0.5);
    lint_onnx_name low = lint_onnx_scalar(&j->file, -3), high = lint_onnx_scalar(&j->file, 3);
    lint_onnx_name zero = lint_onnx_scalar(&j->file, 0), one = lint_onnx_scalar(&j->file, 1);
    lint_onnx_name slope = apply(j, "Mul", x, third.text);
    slope = apply(j, "Add", slope.text, half.text);
    lint_onnx_name is_low = apply(j, "Less", x, low.text),
                   is_high = apply(j, "Greater", x, high.text);
    const lint_onnx_name *const pick[][2] = {{&is_low, &zero}, {&is_high, &one}};
    for (size_t k = 0; k < 2; k++) {
        lint_onnx_name to = lint_onnx_name_new(&j->file, "Where");
        lint_onnx_begin(&j->file, "Where", to.text);
        lint_onnx_input(&j->file, pick[k][0]->text);
        lint_onnx_input(&j->file, pick[k][1]->text);
        lint_onnx_input(&j->file, slope.text);
        lint_onnx_end(&j->file);
        slope = to;
    }
    lint_onnx_name by = beside(j, &slope, n->out, u);
    u->value = apply(j, "Mul", u->value.text, by.text);
}

/* s + x s (1 - s), s the sigmoid of x. */
static void back_silu(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    (void)i;
    const char *x = j->value[n->from].text;
    lint_onnx_name one = lint_onnx_scalar(&j->file, 1), s = apply(j, "Sigmoid", x, NULL);
    lint_onnx_name rest = apply(j, "Sub", one.text, s.text), xs = apply(j, "Mul", x, s.text);
    rest = apply(j, "Mul", xs.text, rest.text);
    lint_onnx_name slope = apply(j, "Add", s.text, rest.text);
    lint_onnx_name by = beside(j, &slope, n->out, u);
    u->value = apply(j, "Mul", u->value.text, by.text);
}

static void back_conv(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    (void)i;
    const int64_t many[] = {-1, (int64_t)n->out.c, (int64_t)n->out.h, (int64_t)n->out.w};
    lint_onnx_name from = lint_onnx_reshape(&j->file, u->value.text, many, 4);
    lint_onnx_name weight = lint_onnx_weight_name(n, "weight");
    lint_onnx_name to = lint_onnx_name_new(&j->file, "ConvTranspose");
    /* Cells behind the last filter are in no window: they get zeros. */
    size_t rest[2];
    const size_t in[2] = {n->in.h, n->in.w}, out[2] = {n->out.h, n->out.w};
    for (int a = 0; a < 2; a++)
        rest[a] = in[a] + n->g.pad[a] + n->after[a] - (out[a] - 1) * n->g.stride[a] -
                  (n->g.taps[a] - 1) * n->g.dilation - 1;
    lint_onnx_begin(&j->file, "ConvTranspose", to.text);
    lint_onnx_input(&j->file, from.text);
    lint_onnx_input(&j->file, weight.text);
    lint_onnx_ints(&j->file, "kernel_shape", n->g.taps, 2);
    lint_onnx_ints(&j->file, "strides", n->g.stride, 2);
    lint_onnx_ints(&j->file, "dilations", (const size_t[]){n->g.dilation, n->g.dilation}, 2);
    lint_onnx_ints(&j->file, "output_padding", rest, 2);
    lint_onnx_pads(j, n);
    lint_onnx_int(&j->file, "group", (long)n->g.groups);
    lint_onnx_end(&j->file);
    const int64_t maps[] = {-1, (int64_t)j->graph->classes, (int64_t)n->in.c, (int64_t)n->in.h,
                            (int64_t)n->in.w};
    u->value = lint_onnx_reshape(&j->file, to.text, maps, 5);
}

static void back_pool(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    (void)i;
    lint_onnx_name rows = lint_onnx_pool_rows(j, n, 1), columns = lint_onnx_pool_columns(j, n, 1);
    lint_onnx_name half = apply(j, "MatMul", rows.text, u->value.text);
    u->value = apply(j, "MatMul", half.text, columns.text);
}

/* The last one on the way down: all cells have the same share, and one stands for them. */
static void back_globalpool(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    u->alike = i == j->graph->cam;
    if (u->alike)
        times(j, u, 1.0 / (double)(n->in.h * n->in.w));
    else
        back_pool(j, n, i, u);
}

/* u goes to the cells that the pool took, by their place in all pictures together; more windows than
 * one may have taken a cell. The classes come last: every place has a row of them. */
static void back_maxpool(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u) {
    lint_onnx *f = &j->file;
    const int64_t k = (int64_t)j->graph->classes, one = 1;
    const char *like = j->value[n->from].text;
    const size_t last[] = {0, 2, 3, 4, 1}, first[] = {0, 4, 1, 2, 3};
    /* u may be the same for all pictures: then it is repeated, by a sum with zeros. */
    lint_onnx_name zero = lint_onnx_scalar(f, 0),
                   none = apply(j, "Mul", j->value[i].text, zero.text);
    none = beside(j, &none, n->out, u);
    lint_onnx_name each = apply(j, "Add", u->value.text, none.text),
                   rows = lint_onnx_name_new(f, "Transpose");
    lint_onnx_begin(f, "Transpose", rows.text);
    lint_onnx_input(f, each.text);
    lint_onnx_ints(f, "perm", last, 5);
    lint_onnx_end(f);
    rows = lint_onnx_reshape(f, rows.text, (const int64_t[]){-1, k}, 2);
    lint_onnx_name at = lint_onnx_reshape(f, j->taken[i].text, (const int64_t[]){-1, one}, 2);
    lint_onnx_name to = lint_onnx_reshape(f, like, (const int64_t[]){-1, one}, 2);
    to = apply(j, "Mul", to.text, zero.text);
    const size_t wide[] = {1, (size_t)k};
    float *zeros = lint_floats((size_t)k);
    if (!zeros) f->failed = 1;
    if (zeros) {
        lint_onnx_name row = lint_onnx_floats(f, zeros, wide, 2);
        to = apply(j, "Add", to.text, row.text);
    }
    free(zeros);
    lint_onnx_name sum = lint_onnx_name_new(f, "ScatterND");
    lint_onnx_begin(f, "ScatterND", sum.text);
    lint_onnx_input(f, to.text);
    lint_onnx_input(f, at.text);
    lint_onnx_input(f, rows.text);
    lint_onnx_text(f, "reduction", "add");
    lint_onnx_end(f);
    const int64_t maps[] = {-1, (int64_t)n->in.c, (int64_t)n->in.h, (int64_t)n->in.w, k};
    sum = lint_onnx_reshape(f, sum.text, maps, 5);
    u->value = lint_onnx_name_new(f, "Transpose");
    lint_onnx_begin(f, "Transpose", u->value.text);
    lint_onnx_input(f, sum.text);
    lint_onnx_ints(f, "perm", first, 5);
    lint_onnx_end(f);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    int maps; /* takes u as maps */
    void (*back)(lint_onnx_job *j, const lint_net_node *n, size_t i, cotangent *u);
} layers[] = {
    {"dense", 0, back_dense},
    {"flatten", 0, back_flatten},
    {"relu", 0, back_relu},
    {"relu6", 0, back_relu6},
    {"silu", 0, back_silu},
    {"hardsigmoid", 0, back_hardsigmoid},
    {"hardswish", 0, back_hardswish},
    {"conv", 1, back_conv},
    {"avgpool", 1, back_pool},
    {"adaptivepool", 1, back_pool},
    {"globalpool", 1, back_globalpool},
    {"maxpool", 1, back_maxpool},
};

static void back(lint_onnx_job *j, size_t i, cotangent *u) {
    const lint_net_node *n = &j->graph->node[i];
    for (size_t k = 0; k < sizeof layers / sizeof *layers; k++) {
        if (strcmp(layers[k].word, n->word) != 0) continue;
        if (layers[k].maps) as_maps(j, u, n->out);
        layers[k].back(j, n, i, u);
    }
}

/* d(logit c)/d(logit c'): a one for each class. */
static cotangent ones(lint_onnx_job *j) {
    const int64_t k = (int64_t)j->graph->classes, side[] = {k, k}, row[] = {1, k, k};
    lint_onnx_name shape = lint_onnx_longs(&j->file, side, 2);
    lint_onnx_name square = apply(j, "ConstantOfShape", shape.text, NULL);
    lint_onnx_name one = apply(j, "EyeLike", square.text, NULL);
    return (cotangent){.value = lint_onnx_reshape(&j->file, one.text, row, 3), .flat = 1};
}

/* The gradient above node *i, and *i the node before it. That of the last layer, if it is dense, is
 * its weight itself: [K,F], the same for all pictures. */
static cotangent seed(lint_onnx_job *j, size_t *i) {
    const lint_net_graph *g = j->graph;
    const lint_net_node *last = &g->node[g->count - 1];
    *i = g->count;
    if (g->count == g->cam || strcmp(last->word, "dense") != 0) return ones(j);
    const int64_t shape[] = {1, (int64_t)g->classes, (int64_t)last->in.c};
    lint_onnx_name weight = lint_onnx_weight_name(last, "weight");
    *i = g->count - 1;
    return (cotangent){.value = lint_onnx_reshape(&j->file, weight.text, shape, 3), .flat = 1};
}

/* The features times u, summed over channels. */
static void put_maps(lint_onnx_job *j, cotangent *u) {
    const lint_onnx_name *a = &j->value[j->graph->cam - 1];
    lint_shape s = j->graph->node[j->graph->cam - 1].out;
    const int64_t k = (int64_t)j->graph->classes, c = (int64_t)s.c, cells = (int64_t)(s.h * s.w);
    if (u->alike) {
        lint_onnx_name rows =
            lint_onnx_reshape(&j->file, u->value.text, (const int64_t[]){-1, k, c}, 3);
        lint_onnx_name features =
            lint_onnx_reshape(&j->file, a->text, (const int64_t[]){-1, c, cells}, 3);
        u->value = apply(j, "MatMul", rows.text, features.text);
    } else {
        as_maps(j, u, s);
        lint_onnx_name features = beside(j, a, s, u),
                       axis = lint_onnx_longs(&j->file, (const int64_t[]){2}, 1);
        lint_onnx_name product = apply(j, "Mul", u->value.text, features.text);
        u->value = apply(j, "ReduceSum", product.text, axis.text);
    }
    const int64_t shape[] = {-1, k, (int64_t)s.h, (int64_t)s.w};
    lint_onnx_name to = lint_onnx_longs(&j->file, shape, 4);
    lint_onnx_begin(&j->file, "Reshape", "cam");
    lint_onnx_input(&j->file, u->value.text);
    lint_onnx_input(&j->file, to.text);
    lint_onnx_end(&j->file);
    lint_onnx_gives(&j->file, "cam", (const size_t[]){0, (size_t)k, s.h, s.w}, 4);
}

void lint_onnx_maps(lint_onnx_job *j) {
    size_t i;
    cotangent u = seed(j, &i);
    while (i-- > j->graph->cam)
        back(j, i, &u);
    put_maps(j, &u);
}
