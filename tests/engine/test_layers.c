/* Finite differences: the gradient of every kind of layer and every loss against the loss itself,
 * through the public step alone. Golden files say that lint agrees with PyTorch; this says that the
 * gradient belongs to the value, with no other program's word for it.
 *
 * For each parameter tensor, random directions d of unit length: the derivative along d is
 * (f(w + h d) - f(w - h d)) / 2h, at h and h/2, extrapolated (Richardson), so that the error is of
 * h^4. f is computed in float32: its noise, some 1e-7 of f, over h = 1/64 is 1e-5 of f.
 *
 * Kinks: relu, maxpool and |D| have places without a derivative, and a step may cross one. It then
 * shows in one of two ways: the differences at h and h/2 disagree, or the second differences do
 * not fall by four (a kink of slope s at distance k = h/3 hides from the latter but not from the
 * former, which sees s k / 2h; one at k = 0 the other way round). Such a direction is passed over
 * and another one tried. The verdict is made of values of f alone, never of the gradient under
 * test, and each tensor must have directions enough that were smooth.
 */
#include "support/check.h"
#include "support/filled.h"

#include "support/normal.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SMOOTH = 4, TRIES = 80, FINER = 4, IMAGES = 3, CLASSES = 3 };
static const double STEP = 1.0 / 64;

/* Of the length of the tensor's gradient; where that is small beside the whole one (a bias under
 * batch norm moves nothing), of a twentieth of the whole: the noise of f is the same for all. */
static const double TOLERANCE = 2e-3;

typedef struct trial {
    const char *title, *text;
    lint_loss loss;
} trial;

#define CE                                                                                         \
    { .ce_weight = 1 }
#define IN "input 7x6x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\n"
/* Few cells: few kinks. */
#define TINY "input 5x4x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\n"
/* So much that a line is cut off at both ends. */
#define LOUD "input 5x4x3 mean 0.5 0.5 0.5 std 0.05 0.05 0.05\n"
/* Places and channels enough for conv_winograd.c, in tiles of which the last are half outside. */
#define MANY "input 15x17x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\na: conv 32 1x1\n"
#define HEAD "flatten\nfc: dense classes\n"
#define CAM(kind, weight)                                                                          \
    { .cam = kind, .cam_weight = weight, .sigma = 0.2 }

/* One convolution and a mark behind which the head is two layers deep. */
#define DEEP                                                                                       \
    TINY "a: conv 4 2x2 same\nn: batchnorm\nrelu\ncam\nflatten\nf1: dense 8\nrelu\nf2: dense "     \
         "classes\n"
/* A linear head. */
#define FLAT TINY "a: conv 4 2x2 same\nn: batchnorm\nrelu\ncam\n" HEAD
/* Features of more channels than a tile of input.c has. */
#define HEAD_OF "input 4x3x21 features\n"
/* Pools before and behind the mark. */
#define POOLED                                                                                     \
    TINY "a: conv 4 2x2 same\nmaxpool 2 stride 1\nrelu\ncam\nmaxpool 2\nflatten\nf1: dense 6\n"    \
         "relu\nf2: dense classes\n"

static const trial trials[] = {
    {"conv with an even filter, same", IN "a: conv 4 2x2 same\n" HEAD, CE},
    {"conv with an odd filter, same", IN "a: conv 4 3x3 same\n" HEAD, CE},
    {"conv that is wider than high", IN "a: conv 3 4x2 same\n" HEAD, CE},
    {"conv without padding", IN "a: conv 4 3x2\n" HEAD, CE},
    {"conv with padding", IN "a: conv 4 3x3 pad 1\n" HEAD, CE},
    {"conv with stride", IN "a: conv 4 2x3 stride 2\n" HEAD, CE},
    {"conv with padding and stride", IN "a: conv 4 3x3 pad 2 stride 3\n" HEAD, CE},
    {"conv with a stride beyond its filter", IN "a: conv 4 1x1 stride 2 nobias\n" HEAD, CE},
    {"conv on conv", IN "a: conv 5 2x2 same\nb: conv 4 3x3 pad 1 stride 2\n" HEAD, CE},
    {"conv as wide as many vectors", IN "a: conv 35 2x2 same\nb: conv 18 3x1\n" HEAD, CE},
    {"conv in groups", IN "a: conv 6 2x2 same\nb: conv 9 3x3 pad 1 groups 3\n" HEAD, CE},
    {"conv of each channel alone", IN "a: conv 6 3x3 pad 1 stride 2 groups 3 nobias\n" HEAD, CE},
    {"conv in groups that go together, not evenly over panels",
     IN "a: conv 42 1x1\nb: conv 63 2x2 pad 1 groups 21\n" HEAD, CE},
    {"depthwise conv", IN "a: conv 21 1x1\nb: conv 21 3x2 pad 1 groups 21\n" HEAD, CE},
    {"depthwise conv with stride and wide padding",
     IN "a: conv 21 1x1\nb: conv 21 3x2 pad 4 stride 3 groups 21 nobias\n" HEAD, CE},
    {"depthwise conv of the picture, that a residual adds to",
     IN
     "r: residual\na: conv 3 3x3 pad 1 groups 3\nadd\nq: residual\nb: conv 3 3x3 pad 1 groups 3\n"
     "add\n" HEAD,
     CE},
    {"conv with padding beyond its filter", IN "a: conv 4 2x2 pad 3 stride 2\n" HEAD, CE},
    {"conv in wide groups", IN "a: conv 80 1x1\nb: conv 80 2x2 groups 2\n" HEAD, CE},
    {"conv, same, with stride", IN "a: conv 4 3x3 same stride 2\n" HEAD, CE},
    {"conv with an even filter, same, with stride", IN "a: conv 4 4x2 same stride 3\n" HEAD, CE},
    {"depthwise conv, same, with stride",
     IN "a: conv 21 1x1\nb: conv 21 5x3 same stride 2 groups 21\n" HEAD, CE},
    {"conv with dilation", IN "a: conv 4 3x2 pad 2 dilation 2\n" HEAD, CE},
    {"conv with dilation, same", IN "a: conv 5 1x1\nb: conv 4 3x3 same dilation 3\n" HEAD, CE},
    {"conv with dilation and a stride that shares no factor",
     IN "a: conv 5 1x1\nb: conv 4 3x3 pad 3 dilation 3 stride 2\n" HEAD, CE},
    {"conv with dilation and a stride that shares a factor",
     IN "a: conv 5 1x1\nb: conv 4 3x3 pad 5 dilation 4 stride 6\n" HEAD, CE},
    {"conv with as much dilation as stride",
     IN "a: conv 5 1x1\nb: conv 4 2x3 pad 2 dilation 2 stride 2 groups 1\n" HEAD, CE},
    {"depthwise conv with dilation",
     IN "a: conv 21 1x1\nb: conv 21 3x3 pad 2 dilation 2 groups 21\n" HEAD, CE},
    {"depthwise conv with dilation and stride",
     IN "a: conv 21 1x1\nb: conv 21 2x3 pad 3 dilation 3 stride 2 groups 21\n" HEAD, CE},
    {"conv with many taps", IN "a: conv 40 3x3 pad 1\nb: conv 70 3x3 pad 1 stride 2\n" HEAD, CE},
    {"conv over a wide picture", "input 40x5x3\na: conv 5 2x2 same\nb: conv 18 3x3 pad 1\n" HEAD,
     CE},
    {"convs over a wide picture, the first made by the second",
     "input 26x6x3\na: conv 4 2x2 same\nb: conv 5 3x3 pad 1\n" HEAD, CE},
    {"conv feeding batchnorm", "input 25x5x3\na: conv 4 2x2 same\nn: batchnorm\n" HEAD, CE},
    {"conv feeding batchnorm and pool, odd sizes",
     "input 25x5x3\na: conv 4 2x2 same\nn: batchnorm\nmaxpool 2\n" HEAD, CE},
    {"conv without padding, making and feeding",
     "input 30x7x3\na: conv 4 2x2\nb: conv 5 3x3\nn: batchnorm\n" HEAD, CE},
    {"3x3 conv of many channels", MANY "b: conv 32 3x3 same\n" HEAD, CE},
    {"3x3 conv of many channels, without padding", MANY "b: conv 64 3x3\n" HEAD, CE},
    {"3x3 conv of many channels, with more padding than usual",
     MANY "b: conv 32 3x3 pad 2 nobias\n" HEAD, CE},
    {"3x3 convs of many channels, that a residual adds to",
     MANY "r: residual\nb: conv 96 3x3 same\nc: conv 96 3x3 same\nshortcut\nd: conv 96 3x3 same\n"
          "add\n" HEAD,
     CE},
    {"avgpool", IN "a: conv 4 2x2 same\navgpool 2\n" HEAD, CE},
    {"avgpool with overlap and padding", IN "a: conv 4 2x2 same\navgpool 3 stride 2 pad 1\n" HEAD,
     CE},
    {"globalpool", IN "a: conv 4 2x2 same\nglobalpool\nfc: dense classes\n", CE},
    {"maxpool with padding", IN "a: conv 20 2x2 same\nmaxpool 3 stride 2 pad 1\n" HEAD, CE},
    {"maxpool that hangs over the end",
     IN "a: conv 18 2x2 same\nmaxpool 2 ceil\nmaxpool 3 stride 2 ceil\n" HEAD, CE},
    {"avgpool that hangs over the end and its padding",
     IN "a: conv 4 2x2 same\navgpool 4 stride 3 pad 1 ceil\n" HEAD, CE},
    {"adaptivepool", IN "a: conv 4 2x2 same\nadaptivepool 3x4\n" HEAD, CE},
    {"adaptivepool to more cells", IN "a: conv 4 2x2 same\nadaptivepool 9x7\n" HEAD, CE},
    {"stochastic depth of a residual",
     IN "a: conv 4 2x2 same\nr: residual\nb: conv 4 3x3 pad 1\nstochasticdepth 0.6\nadd\n" HEAD,
     CE},
    {"concat of two branches",
     IN "a: conv 4 2x2 same\nr: block\nb: conv 5 1x1\nshortcut\nc: conv 3 3x3 pad 1\n"
        "concat\n" HEAD,
     CE},
    {"concat with what the block reads, twice",
     IN "a: conv 4 2x2 same\nr: block\nn: batchnorm\nb: conv 5 3x3 pad 1\nconcat\n"
        "q: block\nn: batchnorm\nb: conv 3 1x1\nconcat\n" HEAD,
     CE},
    {"concat with the picture", IN "r: block\na: conv 3 3x3 pad 1\nconcat\n" HEAD, CE},
    {"squeeze and excite",
     IN "a: conv 19 2x2 same\ns: block\nglobalpool\nfc1: conv 4 1x1\nsilu\nfc2: conv 19 "
        "1x1\nsigmoid\nscale\n" HEAD,
     CE},
    {"blocks in blocks, which read the same",
     IN "a: conv 4 2x2 same\nr: residual\ns: block\nglobalpool\nb: conv 4 1x1\nsigmoid\nscale\n"
        "q: residual\nc: conv 4 3x3 pad 1\nadd\nd: conv 4 1x1\nadd\n" HEAD,
     CE},
    {"a shortcut that is a block",
     IN "a: conv 4 2x2 same\nr: residual\nb: conv 4 1x1\nshortcut\ns: block\nn: batchnorm\n"
        "globalpool\nb: conv 4 1x1\nscale\nadd\n" HEAD,
     CE},
    {"relu6", LOUD "a: conv 4 2x2 same\nrelu6\n" HEAD, CE},
    {"hardsigmoid", TINY "a: conv 4 2x2 same\nhardsigmoid\n" HEAD, CE},
    {"silu", IN "a: conv 5 2x2 same\nsilu\n" HEAD, CE},
    {"hardswish", IN "a: conv 5 2x2 same\nhardswish\n" HEAD, CE},
    {"batchnorm with a large eps", IN "a: conv 4 2x2 same\nn: batchnorm eps 0.5\n" HEAD, CE},
    {"dense without bias", IN "flatten\na: dense 7 nobias\nb: dense classes nobias\n", CE},
    {"dropout", IN "a: conv 4 2x2 same\ndropout 0.3\n" HEAD, CE},
    {"residual", IN "a: conv 4 2x2 same\nr: residual\nb: conv 4 3x3 pad 1\nadd\n" HEAD, CE},
    {"residual of the picture", IN "r: residual\na: conv 3 3x3 pad 1\nadd\n" HEAD, CE},
    {"residual with a shortcut",
     IN "a: conv 4 2x2 same\nr: residual\nb: conv 6 3x3 pad 1 stride 2\nn: batchnorm\n"
        "shortcut\nc: conv 6 1x1 stride 2\nm: batchnorm\nadd\n" HEAD,
     CE},
    {"residual of layers that cannot add",
     TINY "a: conv 4 2x2 same\nr: residual\nn: batchnorm\nshortcut\nm: batchnorm\nadd\n" HEAD, CE},
    {"residual, twice, with relu",
     TINY "a: conv 4 2x2 same\nr: residual\nn: batchnorm\nb: conv 4 1x1\nadd\nrelu\n"
          "q: residual\nb: conv 4 1x1\nadd\nrelu\n" HEAD,
     CE},
    {"batchnorm", IN "a: conv 4 2x2 same\nn: batchnorm\n" HEAD, CE},
    {"batchnorm on the picture", IN "n: batchnorm\n" HEAD, CE},
    {"batchnorm twice", IN "a: conv 3 2x2\nn: batchnorm\nb: conv 4 2x2\nm: batchnorm\n" HEAD, CE},
    {"maxpool", IN "a: conv 4 2x2 same\nmaxpool 2\n" HEAD, CE},
    {"maxpool with overlap", IN "a: conv 4 2x2 same\nmaxpool 3 stride 2\n" HEAD, CE},
    {"batchnorm, maxpool and relu", TINY "a: conv 4 2x2 same\nn: batchnorm\nmaxpool 2\nrelu\n" HEAD,
     CE},
    {"relu", TINY "a: conv 4 2x2 same\nrelu\n" HEAD, CE},
    {"dense", IN "flatten\na: dense 7\nb: dense 5\nc: dense classes\n", CE},
    {"dense and relu", IN "flatten\na: dense 9\nrelu\nb: dense classes\n", CE},
    {"mse, linear head", FLAT, CAM(LINT_CAM_MSE, 20)},
    {"mse, deep head", DEEP, CAM(LINT_CAM_MSE, 20)},
    {"mse, pools", POOLED, CAM(LINT_CAM_MSE, 20)},
    {"radial, linear head", FLAT, CAM(LINT_CAM_RADIAL, 20)},
    {"radial, deep head", DEEP, CAM(LINT_CAM_RADIAL, 20)},
    {"radial, pools", POOLED, CAM(LINT_CAM_RADIAL, 20)},
    {"energy, linear head without relu", TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\n" HEAD,
     CAM(LINT_CAM_ENERGY, 5)},
    {"energy, deep head", DEEP, CAM(LINT_CAM_ENERGY, 5)},
    {"energy, pools", POOLED, CAM(LINT_CAM_ENERGY, 5)},
    {"energy, average pools",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\navgpool 2 stride 1 pad 1\n" HEAD,
     CAM(LINT_CAM_ENERGY, 5)},
    {"energy, global pool",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nglobalpool\nf1: dense classes\n",
     CAM(LINT_CAM_ENERGY, 5)},
    {"energy, pools that hang over and adapt",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nmaxpool 2 ceil\nadaptivepool 2x1\n" HEAD,
     CAM(LINT_CAM_ENERGY, 5)},
    {"mse, convs and lines in the head",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nb: conv 6 3x3 same stride 2\nrelu6\n"
          "hardsigmoid\nc: conv classes 1x1 nobias\nrelu\nglobalpool\n",
     CAM(LINT_CAM_MSE, 4000)},
    {"energy, a conv in the head, with cross-entropy",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nb: conv 6 2x2 groups 2\nc: conv classes 1x1\n"
          "globalpool\n",
     {.cam = LINT_CAM_ENERGY, .sigma = 0.2, .ce_weight = 0.5, .cam_weight = 2}},
    {"mse, hardswish in the head",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nglobalpool\nf1: dense 9\nhardswish\nf2: dense "
          "classes\n",
     CAM(LINT_CAM_MSE, 20)},
    {"energy, silu twice in the head, with cross-entropy",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nsilu\nb: conv 5 2x2\nsilu\n" HEAD,
     {.cam = LINT_CAM_ENERGY, .sigma = 0.2, .ce_weight = 0.5, .cam_weight = 5}},
    {"energy, dropout in the head",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nflatten\ndropout 0.5\nf1: dense classes\n",
     CAM(LINT_CAM_ENERGY, 5)},
    {"conv behind flatten of one cell",
     IN "a: conv 4 2x2 same\nglobalpool\nflatten\nb: conv 5 1x1\nfc: dense classes\n", CE},
    {"mse, nothing behind cam, with cross-entropy",
     TINY "a: conv 4 2x2 same\nrelu\nglobalpool\nb: conv classes 1x1\ncam\n",
     {.cam = LINT_CAM_MSE, .sigma = 0.2, .ce_weight = 0.5, .cam_weight = 5}},
    {"mse behind residual blocks",
     TINY "a: conv 4 2x2 same\nr: residual\nb: conv 4 3x3 pad 1\nadd\ncam\nglobalpool\nf1: dense "
          "classes\n",
     CAM(LINT_CAM_MSE, 20)},
    {"energy, global pool and a deep head",
     TINY "a: conv 4 2x2 same\nn: batchnorm\ncam\nglobalpool\nflatten\nf1: dense 5\nrelu\nf2: "
          "dense classes\n",
     CAM(LINT_CAM_ENERGY, 5)},
    {"energy of features", HEAD_OF "cam\nglobalpool\nflatten\nf1: dense classes\n",
     CAM(LINT_CAM_ENERGY, 5)},
    {"mse of features by masks, with cross-entropy",
     HEAD_OF "cam\nflatten\nf1: dense 6\nrelu\nf2: dense classes\n",
     {.cam = LINT_CAM_MSE, .prior = LINT_PRIOR_MASK, .ce_weight = 0.5, .cam_weight = 20}},
    {"energy of what a conv makes of features",
     HEAD_OF "a: conv 4 1x1\nrelu\ncam\nglobalpool\nf1: dense classes\n", CAM(LINT_CAM_ENERGY, 5)},
    {"energy by masks, with cross-entropy",
     DEEP,
     {.cam = LINT_CAM_ENERGY, .prior = LINT_PRIOR_MASK, .ce_weight = 0.5, .cam_weight = 2}},
};

/* The loss that is minimised, at the weights of f. */
static double value(filled *f, const lint_loss *loss) {
    lint_loss_sum s = {0};
    lint_err e = {0};
    filled_load(f);
    if (lint_net_step(f->net, &f->batch, loss, &s, &e) < 0) fail_msg("%s", e.msg);
    double cam = s.n ? s.cam / (double)s.n : 0;
    return loss->ce_weight * s.ce / s.weight + loss->cam_weight * cam;
}

/* The loss at w + t d; w is left as it was. */
static double value_at(filled *f, const lint_loss *loss, lint_tensor *t, const float *w,
                       const float *d, double at) {
    float *v = t->data;
    size_t n = filled_count(t);
    for (size_t i = 0; i < n; i++)
        v[i] = (float)((double)w[i] + at * (double)d[i]);
    double y = value(f, loss);
    memcpy(v, w, n * sizeof *v);
    return y;
}

static void unit_direction(float *d, size_t n, lint_rng *r) {
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        d[i] = (float)normal(r);
        square += (double)d[i] * (double)d[i];
    }
    for (size_t i = 0; i < n; i++)
        d[i] = (float)((double)d[i] / sqrt(square));
}

typedef struct tally {
    int smooth, kinked, bad;
    double largest; /* derivative along a direction, over all parameters */
} tally;

/* One direction in tensor p; f0 is the loss at w. Whether it was smooth. */
static int try_direction(filled *f, const trial *t, lint_tensor *p, const float *w, const float *d,
                         double step, double f0, double analytic, double allowed, tally *n) {
    double difference[2], second[2];
    for (int i = 0; i < 2; i++) {
        double h = step / (1 << i);
        double up = value_at(f, &t->loss, p, w, d, h), down = value_at(f, &t->loss, p, w, d, -h);
        difference[i] = (up - down) / (2 * h);
        second[i] = up - 2 * f0 + down;
    }
    double curve = (second[0] - 4 * second[1]) / step;
    if (fabs(difference[1] - difference[0]) > allowed / 2 || fabs(curve) > allowed) return 0;
    double best = (4 * difference[1] - difference[0]) / 3;
    n->largest = fmax(n->largest, fabs(best));
    n->bad += !check_value(p->name, analytic, best, allowed, 0);
    return 1;
}

static double dot(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void try_parameter(filled *f, const trial *t, size_t index, const lint_frame *gradient,
                          double whole, tally *n) {
    lint_tensor *p = &f->weights.tensors[index];
    const float *g = lint_frame_find(gradient, p->name)->data;
    size_t count = filled_count(p);
    int smooth = 0;
    float *w = malloc(p->bytes), *d = malloc(p->bytes);
    assert_non_null(w);
    assert_non_null(d);
    memcpy(w, p->data, p->bytes);
    double f0 = value(f, &t->loss);
    double allowed = TOLERANCE * fmax(sqrt(dot(g, g, count)), 0.05 * whole) + 1e-5;
    for (uint64_t i = 0; i < TRIES && smooth < SMOOTH; i++) {
        lint_rng r = lint_rng_at(7, index, i, 0);
        unit_direction(d, count, &r);
        double step = STEP / (double)(1 << i / (TRIES / FINER)); /* finer where kinks lie close */
        int good = try_direction(f, t, p, w, d, step, f0, dot(g, d, count), allowed, n);
        smooth += good;
        n->kinked += !good;
    }
    if (smooth < SMOOTH) fail_msg("%s: %d smooth directions of %d", p->name, smooth, TRIES);
    n->smooth += smooth;
    free(w);
    free(d);
}

static int is_buffer(const char *name) {
    return strstr(name, "running_") != NULL;
}

static double length_of(const lint_frame *f) {
    double square = 0;
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = 0; !is_buffer(f->tensors[i].name) && j < filled_count(&f->tensors[i]); j++)
            square += pow((double)((float *)f->tensors[i].data)[j], 2);
    return sqrt(square);
}

static void the_gradient_belongs_to_the_loss(void **state) {
    const trial *t = *state;
    lint_frame gradient = {0};
    tally n = {0};
    filled *f = filled_new(t->text, CLASSES, IMAGES, LINT_NET_TRAIN, 1);
    value(f, &t->loss);
    filled_gradients(f, &gradient);
    double whole = length_of(&gradient);
    for (size_t i = 0; i < f->weights.count; i++)
        if (!is_buffer(f->weights.tensors[i].name)) try_parameter(f, t, i, &gradient, whole, &n);
    lint_frame_free(&gradient);
    filled_free(f);
    assert_int_equal(n.bad, 0);
    if (getenv("CHECK_VERBOSE"))
        print_error("# %s: %d smooth, %d kinked, derivatives up to %.3g\n", t->title, n.smooth,
                    n.kinked, n.largest);
    assert_true(n.largest > 0.01); /* a gradient of nothing would be right by chance */
}

/* --- frozen layers ---------------------------------------------------------------------------- */

#define FROZEN                                                                                     \
    TINY "a: conv 4 2x2 same\nn: batchnorm\nrelu\nb: conv 4 2x2 same\nm: "                         \
         "batchnorm\nrelu\ncam\n" HEAD

static lint_param param_of(const lint_net *net, const char *name) {
    for (size_t i = 0; i < lint_net_params(net); i++)
        if (strcmp(lint_net_param(net, i).name, name) == 0) return lint_net_param(net, i);
    fail_msg("no parameter %s", name);
    return (lint_param){0};
}

/* With the front half frozen, what is left must have the gradient that it has when the front half
 * is an inference network, and the front's statistics stay. */
static void frozen_layers_keep_their_statistics_and_have_no_gradient(void **state) {
    (void)state;
    const lint_loss loss = {.ce_weight = 1, .cam = LINT_CAM_ENERGY, .cam_weight = 1, .sigma = 0.2};
    lint_loss_sum sum = {0};
    lint_err e = {0};
    filled *f = filled_new(FROZEN, CLASSES, IMAGES, LINT_NET_TRAIN, 1);
    float mean[4], other[4];
    memcpy(mean, param_of(f->net, "n.running_mean").value, sizeof mean);
    memcpy(other, param_of(f->net, "m.running_mean").value, sizeof other);
    assert_int_equal(lint_net_freeze(f->net, "nothing"), 0);
    assert_int_equal(lint_net_freeze(f->net, "n."), 4);
    assert_int_equal(lint_net_freeze(f->net, "a."), 2);
    assert_null(param_of(f->net, "a.weight").grad);
    assert_null(param_of(f->net, "n.bias").grad);
    assert_non_null(param_of(f->net, "b.weight").grad);
    assert_int_equal(lint_net_step(f->net, &f->batch, &loss, &sum, &e), 0);
    assert_memory_equal(param_of(f->net, "n.running_mean").value, mean, sizeof mean);
    assert_memory_not_equal(param_of(f->net, "m.running_mean").value, other, sizeof other);
    filled_free(f);
}

static void a_frozen_batchnorm_passes_the_gradient_of_its_fixed_statistics(void **state) {
    (void)state;
    static const trial t = {"frozen batchnorm", FROZEN, CE};
    filled *f = filled_new(FROZEN, CLASSES, IMAGES, LINT_NET_TRAIN, 1);
    lint_frame gradient = {0};
    tally n = {0};
    assert_int_equal(lint_net_freeze(f->net, "m."), 4);
    value(f, &t.loss);
    filled_gradients(f, &gradient);
    double whole = length_of(&gradient);
    for (size_t i = 0; i < f->weights.count; i++) {
        const char *name = f->weights.tensors[i].name;
        if (!is_buffer(name) && strncmp(name, "m.", 2) != 0)
            try_parameter(f, &t, i, &gradient, whole, &n);
    }
    lint_frame_free(&gradient);
    filled_free(f);
    assert_int_equal(n.bad, 0);
    assert_true(n.largest > 0.01);
}

/* --- encoders --------------------------------------------------------------------------------- */

/* f = sum of w code; its derivative by each number of the masks. */
static void the_gradient_by_a_mask_belongs_to_its_code(void **state) {
    (void)state;
    enum { N = 2, PLACES = 6, K = 3 };
    static const char text[] =
        "input 3x2x1 mask\nflatten\na: dense 5\nsigmoid\nb: dense 3\nsigmoid\n";
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    lint_net *net = lint_net_new(text, "encoder", 1, N, LINT_NET_TRAIN, pool, &e);
    if (!net) fail_msg("%s", e.msg);
    float x[N * PLACES], d[N * PLACES], code[N * K], w[N * K];
    lint_net_init(net, 5);
    assert_true(lint_net_is_encoder(net));
    assert_int_equal(lint_net_classes(net), K);
    lint_rng r = lint_rng_at(3, 0, 0, 0);
    for (size_t i = 0; i < N * PLACES; i++)
        x[i] = (float)lint_rng_unit(&r);
    for (size_t i = 0; i < N * K; i++)
        w[i] = (float)normal(&r);
    assert_int_equal(lint_net_encode(net, N, x, code, 1, &e), 0);
    assert_int_equal(lint_net_encode_back(net, N, w, d, &e), 0);
    for (size_t i = 0; i < N * PLACES; i++) {
        double side[2];
        float old = x[i];
        for (int s = 0; s < 2; s++) {
            x[i] = old + (s ? -0.0625f : 0.0625f);
            assert_int_equal(lint_net_encode(net, N, x, code, 0, &e), 0);
            side[s] = dot(w, code, N * K);
        }
        x[i] = old;
        assert_true(check_value("mask", (double)d[i], (side[0] - side[1]) / 0.125, 1e-4, 1e-2));
    }
    lint_net_free(net);
    lint_threads_free(pool);
}

int main(void) {
    lint_blas_one_thread();
    enum { N = sizeof trials / sizeof *trials };
    static struct CMUnitTest tests[N + 3] = {
        [N] = cmocka_unit_test(frozen_layers_keep_their_statistics_and_have_no_gradient),
        [N + 1] = cmocka_unit_test(a_frozen_batchnorm_passes_the_gradient_of_its_fixed_statistics),
        [N + 2] = cmocka_unit_test(the_gradient_by_a_mask_belongs_to_its_code),
    };
    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){trials[i].title, the_gradient_belongs_to_the_loss, NULL,
                                       NULL, (void *)&trials[i]};
    return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
