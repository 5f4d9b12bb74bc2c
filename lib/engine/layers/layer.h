/* layer: one line of a network file, and what it can do. Internal to the engine (its files and
 * those named after layers); tools see net.h.
 *
 * A layer maps x [N, in.h, in.w, in.c] to y [N, out.h, out.w, out.c], channels last. It reads the
 * output of layer `from`, which is the one before it except where a block forks; `add`, `concat`
 * and `scale` read a second one, `also`. It owns its parameters and scratch; the net owns the
 * activations and gradients and sets the pointers. Each kind is one file, with forward and
 * backward side by side.
 *
 * The layers behind the `cam` line are the head. They are linear once the forward pass has fixed
 * their switches (which numbers a relu passes, which input a pool took). A kind that may stand
 * there has two more functions, the two products with the Jacobian J of that linear map, without
 * the bias:
 *
 *     vjp  cotangent u at the output -> J'u at the input: what HiResCAM is made of (net_cam.c)
 *     jvp  tangent v at the input -> Jv at the output: what the CAM loss is differentiated with
 *          (net_cam_gradient.c)
 *
 * While a layer has its v and u, backward adds what they bring: u v' to the weights' gradient, and,
 * of a kind that is curved, since its derivative is no switch, f''(x) v u to dx. So the gradient of the
 * CAM loss goes down with that of the cross-entropy.
 *
 * To add a kind:
 * - write a file named after its word, which defines a lint_layer_kind;
 * - declare that at the end of this header, and enter it in the table of layer.c, from which
 *   networks and messages know the word;
 * - describe it in docs/man/lint-net.5.in;
 * - put it into a network of tests/engine/test_layers.c, where finite differences check gradients.
 * Flags of lint_layer_kind say how memory may be shared; without any of them a kind is correct.
 */
#ifndef LINT_ENGINE_LAYERS_LAYER_H
#define LINT_ENGINE_LAYERS_LAYER_H

#include "base/err.h"
#include "base/rng.h"
#include "base/threads.h"
#include "engine/kernels/kernels.h"
#include "engine/layers/input_line.h"
#include "engine/layers/precision.h"
#include <stddef.h>
#include <stdint.h>

typedef struct lint_shape {
    size_t h, w, c;
} lint_shape;

/* How elements lie in memory against PyTorch's order of the same shape. */
typedef enum lint_order {
    LINT_ORDER_SAME,
    LINT_ORDER_CONV, /* PyTorch [O,C,kh,kw], here [kh,kw,C,O], or that for each group */
    LINT_ORDER_FLAT  /* PyTorch [O, C*h*w], here [O, h*w*C] */
} lint_order;

enum { LINT_LAYER_EPILOGUES = 2 };
enum { LINT_LAYER_WEIGHTS = 4, LINT_LAYER_ARGS = 16, LINT_LAYER_NAME = 64 };

typedef struct lint_weights {
    char name[LINT_LAYER_NAME + 16]; /* "conv1.weight" */
    lint_order order;
    size_t rank, shape[4]; /* PyTorch's */
    lint_shape flat;       /* for LINT_ORDER_FLAT */
    size_t groups;         /* for LINT_ORDER_CONV */
    float *value, *grad;   /* grad NULL: a buffer (running mean); or inference */
    size_t count;
} lint_weights;

typedef struct lint_layer lint_layer;

/* What a pass needs to know. */
typedef struct lint_pass {
    const lint_kernels *k;
    lint_threads *pool;
    lint_precision precision; /* of convolutions before `cam` */
    size_t n;                 /* images */
    int training;             /* batch statistics, and memory for backward */
    /* For the input layer, one of: pictures; features, F16 [c,h,w] of any alignment; masks. */
    const uint8_t *const *image;
    const void *const *features;
    const float *value;    /* [n, in.h, in.w] */
    uint64_t seed, step;   /* what dropout draws from */
    float *const *scratch; /* l->scratch floats for each worker */
    float *workspace;      /* l->workspace floats for the pass of a layer */
} lint_pass;

/* What a layer computes beyond its word and its shapes, for programs that compute it elsewhere. */
typedef struct lint_geometry {
    size_t taps[2], stride[2]; /* of a filter or window: height, width */
    size_t pad[2];             /* above, left; of pools below and right too */
    size_t dilation, groups;   /* of a convolution */
    double eps;                /* of a batchnorm */
    int pooled;                /* a batchnorm that a 2x2 maximum is fused into */
} lint_geometry;

typedef struct lint_layer_kind {
    const char *word;   /* in a network file */
    int named;          /* has parameters: needs a name */
    int linear;         /* may stand in the head, behind `cam`: has vjp and jvp */
    int behind_flatten; /* may stand there: does the same to each value, or knows their order */
    int in_place;       /* y may be x and dx dy, and backward needs no x */
    int dx_over_dy;     /* dx may be dy where their shapes are equal */
    int keeps_y;        /* backward reads y: nothing behind may write over it */
    int joins;          /* reads a second layer and ends a block; adds to dx2 if dx2_adds */
    int adds;           /* backward can add to dx instead of writing it */
    const char *syntax; /* what the arguments should be, for messages */
    /* From args and l->in: sets l->out, weights and scratch. */
    int (*setup)(lint_layer *l, lint_err *e);
    void (*init)(lint_layer *l, lint_rng *r);
    void (*forward)(lint_layer *l, const lint_pass *p);
    /* From dy (and x or y) to dx, unless that is NULL, and to the weights' grad (overwritten;
     * left alone if the layer is frozen). dy may be destroyed. */
    void (*backward)(lint_layer *l, const lint_pass *p);
    /* Operator fusion, of a kind that may consume a convolution's output row by row (conv_rows.c).
     * begin: before the first row. forward: row y of image's x, as soon as it is made, instead of a
     * pass over x; row y - 1 lies before it in memory. backward: row y of dx into `to`, perhaps the
     * next one too into `next`, instead of a pass over dx; returns how many rows that were. */
    void (*fused_begin)(lint_layer *l);
    void (*fused_forward)(lint_layer *l, const lint_pass *p, size_t image, size_t y,
                          const float *x);
    int (*fused_backward)(const lint_layer *l, const lint_pass *p, size_t image, size_t y,
                          float *to, float *next);
    /* Epilogues: what a layer before this one may do to its own output, a block at a time, instead of a
     * pass over memory. A batchnorm or a sum cuts off its output as the relu or relu6 behind it would; a
     * convolution, in inference, does the batchnorm's work and that, or that alone. begin: before the
     * first block. top: above 0 for a kind that only cuts off, see lint_epilogue. back: from the gradient d with
     * respect to n numbers y of the output to the one before, in its place. */
    void (*epilogue_begin)(lint_layer *l);
    float top;
    void (*epilogue_back)(const lint_layer *l, const lint_pass *p, size_t n, const float *y,
                          float *d);
    /* Products with the Jacobian: u is a cotangent, [N, out]; v a tangent, [N, in]. */
    void (*vjp)(lint_layer *l, const lint_pass *p, const float *u, float *to);
    void (*jvp)(lint_layer *l, const lint_pass *p, const float *v, float *to);
    /* Of a kind that has more to tell than its word and shapes. */
    void (*describe)(const lint_layer *l, lint_geometry *g);
    void (*free)(lint_layer *l);
} lint_layer_kind;

struct lint_layer {
    const lint_layer_kind *kind;
    char name[LINT_LAYER_NAME]; /* of its parameters: with the names of the blocks it is in */
    int line;                   /* in the network file */
    char *arg[LINT_LAYER_ARGS];
    size_t args;
    size_t classes;              /* of the net: what `dense classes` means */
    size_t batch;                /* most images of a pass */
    int trains;                  /* built for training */
    int head;                    /* stands behind `cam` */
    int tiles;                   /* of a convolution: multiplies bfloat16 by tiles (kernels.h) */
    size_t scratch, workspace;   /* floats that its passes borrow; set by setup */
    size_t room;                 /* numbers that its weights may have at most */
    size_t memory;               /* bytes of the machine's that it and those before leave */
    size_t from, also;           /* the layers read */
    lint_shape in2;              /* what `also` gives */
    size_t kernel[2], stride[2]; /* height, width of what an output cell sees; 0: one cell */
    double macs;                 /* multiply-adds of one image, forward */
    lint_shape in, out;
    const float *x, *x2; /* x2: of a kind that joins */
    float *y;
    float *dy, *dx, *dx2; /* dx, dx2 NULL: not wanted */
    int dx_adds;          /* dx has a gradient already, from another reader (kinds that add) */
    int dx2_adds;         /* so has dx2 (kinds that join) */
    const float *v, *u;   /* behind `cam`: what backward adds, see above; NULL: nothing */
    int frozen;           /* its weights stay, its statistics too */
    /* Operator fusion with neighbours, row by row (conv_rows.c, conv_separable.c). */
    lint_layer *producer; /* of a convolution: computes its x when asked for a row */
    lint_layer *consumer; /* of a convolution: takes its y and makes its dy, row by row */
    /* The layers behind this one that it applies to its output: a convolution in inference, a batchnorm
     * or a sum in training, too. */
    lint_layer *epilogue[LINT_LAYER_EPILOGUES];
    int is_epilogue; /* has no pass of its own, a batchnorm in inference */
    /* The `add` behind it that it does, with x2 as the other term: of a batchnorm in training, of a
     * convolution in a net for inference. */
    lint_layer *sum;
    int is_done;     /* of an `add`: one of these does its forward pass */
    int is_producer; /* has no passes of its own; its y and dy are not stored */
    int is_consumer; /* its dx is not stored */
    int halves; /* of a batchnorm: in bf16, a convolution before keeps its y as bfloat16 for training */
    lint_weights weight[LINT_LAYER_WEIGHTS];
    size_t weights;
    int after_flatten; /* in is [1,1,F], a row made from flat */
    lint_shape flat;
    void *state; /* the kind's own */
};

const lint_layer_kind *lint_layer_find(const char *word);
/* Whether the values that the layer reads lie cell by cell where PyTorch has them channel by channel. */
int lint_layer_is_reordered(const lint_layer *l);

/* The words that a network file may have, for messages: "input, conv, ... or cam"; in `words`. */
enum { LINT_LAYER_WORDS = 512 };
const char *lint_layer_words(char words[LINT_LAYER_WORDS]);

size_t lint_shape_count(lint_shape s);

/* Bytes of memory that the machine has; SIZE_MAX where it does not say. */
size_t lint_machine_memory(void);

/* Counts images * each * size bytes, which the layer is about to take, against the machine's
 * memory. A short text may ask for more, and memory that the system promises but does not have ends
 * the program. -1 and an error if it is too much. */
int lint_layer_claim(lint_layer *l, size_t images, size_t each, size_t size, lint_err *e);

/* Adds weight `suffix` ("weight", "bias", "running_mean") of this PyTorch shape; zeroed and, if
 * trainable, with a gradient, where the layer trains. NULL on error; good for the layer's life. */
lint_weights *lint_layer_weights(lint_layer *l, const char *suffix, int trainable, size_t rank,
                                 const size_t *shape, lint_err *e);

/* Uniform in +-bound, drawn in PyTorch's order of elements. */
void lint_weights_uniform(lint_weights *w, lint_rng *r, double bound);

/* The order in memory -> PyTorch's (to_torch 1), or back. Both hold w->count floats. */
void lint_weights_reorder(const lint_weights *w, const float *from, float *to, int to_torch);

/* 64-byte aligned zeroed floats, or NULL. */
float *lint_floats(size_t n);

/* The same not zeroed: what is never written takes no memory of the machine. */
float *lint_floats_unset(size_t n);

/* Arguments "K [stride N] [pad N] [ceil]" of a pooling window into l->kernel, l->stride (K unless
 * given) and *pad (0), and l->out from them: windows that do not fit are left out, or with `ceil`
 * kept where they begin inside of the picture or its first padding, as PyTorch does. */
int lint_arg_window(lint_layer *l, size_t most, size_t *pad, lint_err *e);

/* A whole number least..most in argument i; two numbers 1..most, "KxL". Else an error with the
 * line's syntax, or with the numbers that may stand there. */
int lint_arg_count(const lint_layer *l, size_t i, size_t least, size_t most, size_t *v,
                   lint_err *e);
int lint_arg_pair(const lint_layer *l, size_t i, size_t most, size_t *a, size_t *b, lint_err *e);
/* A number above 0 and below 1 in argument i. */
int lint_arg_share(const lint_layer *l, size_t i, double *v, lint_err *e);
int lint_arg_syntax(const lint_layer *l, lint_err *e); /* the message itself; -1 */

/* What an input layer takes. */
lint_net_input lint_layer_input_of(const lint_layer *l);

extern const lint_layer_kind lint_layer_input, lint_layer_conv, lint_layer_batchnorm,
    lint_layer_maxpool, lint_layer_avgpool, lint_layer_adaptivepool, lint_layer_globalpool,
    lint_layer_relu, lint_layer_relu6, lint_layer_hardsigmoid, lint_layer_sigmoid,
    lint_layer_hardswish, lint_layer_silu, lint_layer_dropout, lint_layer_stochasticdepth,
    lint_layer_add, lint_layer_concat, lint_layer_scale, lint_layer_flatten, lint_layer_dense;

/* Fuses l with the layer before it, whose only reader it is, where their kinds allow that; `first`
 * is what that layer reads. */
void lint_conv_rows_fuse(lint_layer *l, lint_layer *before, const lint_layer *first);

/* Whether, in inference, the convolution l can be fused with the depthwise one whose output it reads, as
 * the only one, perhaps through epilogues; and fuses them. before: the same of the depthwise one, or NULL. */
int lint_conv_separable_suits(const lint_layer *l, const lint_layer *deep);
void lint_conv_separable_fuse(lint_layer *l, lint_layer *deep, lint_layer *before);

/* Whether the convolution l can do the sum behind it in a net for inference. */
int lint_conv_adds_up(const lint_layer *l);

/* Whether the convolution l can keep its output as bfloat16 for the batchnorm behind it, which is no consumer. */
int lint_conv_gives_bfloats(const lint_layer *l);

/* Whether the output of a convolution before the batchnorm l is kept as bfloat16, in the first half of its
 * memory. */
int lint_batchnorm_takes_bfloats(const lint_layer *l, const lint_pass *p);

/* Whether a layer is an activation that the one before it may apply to its output: relu, relu6, and, where
 * nothing is trained, hardswish, whose backward needs what it was applied to. */
int lint_layer_activates(const lint_layer *l);

/* What such a layer does; of NULL: nothing. */
lint_epilogue lint_activation_epilogue(const lint_layer *l);

/* What a batchnorm, and the layer behind it that it applies, makes of its input, once its epilogue has
 * begun; good as long as the layer. */
lint_epilogue lint_batchnorm_epilogue(const lint_layer *l);

/* Makes a `maxpool 2` part of the batchnorm l before it, which then gives the pooled shape. It takes
 * one pool, and has room as long as it has none. */
int lint_batchnorm_fuse_pool(lint_layer *l, lint_err *e);
int lint_batchnorm_has_room(const lint_layer *l);

#endif
