/* Networks and models as files: what is stored, what is loaded, what is refused. */
#include "stream/mapped.h"
#include "support/check.h"
#include "support/filled.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const lint_loss ENERGY = {
    .cam = LINT_CAM_ENERGY, .ce_weight = 1, .cam_weight = 3, .sigma = 0.25};

/* --- storage ---------------------------------------------------------------------------------- */

static void initial_weights_are_pytorchs_and_follow_the_seed(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    lint_frame a = {0}, b = {0}, c = {0};
    lint_net_init(f->net, 1);
    filled_store(f, &a);
    lint_net_init(f->net, 2);
    filled_store(f, &b);
    lint_net_init(f->net, 1);
    filled_store(f, &c);
    check_same_bytes(&a, &c);
    for (size_t i = 0; i < a.count; i++) {
        const lint_tensor *t = &a.tensors[i];
        const float *v = t->data;
        size_t n = filled_count(t);
        if (strncmp(t->name, "bn", 2) == 0) {
            int one = strstr(t->name, "weight") || strstr(t->name, "running_var");
            for (size_t j = 0; j < n; j++)
                assert_true(v[j] == (one ? 1 : 0));
            continue;
        }
        assert_memory_not_equal(v, b.tensors[i].data, t->bytes);
        /* A layer's bias has its weight's fan in. */
        char name[64];
        snprintf(name, sizeof name, "%.*s.weight", (int)strcspn(t->name, "."), t->name);
        const lint_tensor *w = lint_frame_find(&a, name);
        double bound = 1 / sqrt((double)filled_count(w) / (double)w->shape[0]);
        assert_true(check_max(v, n) <= bound * (1 + 1e-6));
        if (n > 100) assert_true(check_max(v, n) > 0.9 * bound);
    }
    lint_frame_free(&a);
    lint_frame_free(&b);
    lint_frame_free(&c);
    filled_free(f);
}

static void what_is_stored_is_loaded_to_the_byte(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1), *g = filled_small(LINT_NET_INFER, 1);
    lint_net_init(f->net, 5);
    filled_step(f, &ENERGY); /* running statistics of its own */
    lint_frame a = {0}, b = {0};
    lint_err e = {0};
    filled_store(f, &a);
    assert_int_equal(lint_net_load(g->net, &a, &e), 0);
    filled_store(g, &b);
    check_same_bytes(&a, &b);
    float z[15], y[15];
    assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
    assert_int_equal(lint_net_run(g->net, &g->batch, y, NULL, &e), 0);
    assert_memory_equal(z, y, sizeof z);
    lint_frame_free(&a);
    lint_frame_free(&b);
    filled_free(f);
    filled_free(g);
}

static char model_path[64];

/* Writes a frame to a temporary file, for read_model. */
static const char *write_model(const lint_frame *f) {
    lint_err e = {0};
    snprintf(model_path, sizeof model_path, "/tmp/lint-model-XXXXXX");
    int fd = mkstemp(model_path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "wb");
    assert_int_equal(lint_frame_write(f, out, &e), 0);
    assert_int_equal(fclose(out), 0);
    return model_path;
}

/* As the tools read a model: mapped, then built. */
static lint_net *read_model(const char *path, size_t batch, lint_threads *pool, char **classes,
                            lint_err *e) {
    lint_mapped m;
    if (lint_mapped_load(&m, path, e) < 0) return NULL;
    lint_net *net = lint_model_build(&m.frame, path, batch, LINT_NET_INFER, pool, e);
    if (net && classes) *classes = strdup(lint_frame_meta(&m.frame, "classes"));
    lint_mapped_free(&m);
    return net;
}

static void a_model_file_brings_its_network_and_classes(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    lint_frame m = {0};
    lint_err e = {0};
    char *classes = NULL;
    const char *names = "[\"leopard\",\"orca\",\"seal\"]";
    assert_int_equal(lint_model_store(f->net, names, &m, &e), 0);
    assert_string_equal(lint_frame_meta(&m, "kind"), "model");
    lint_net *net = read_model(write_model(&m), 5, f->pool, &classes, &e);
    unlink(model_path);
    if (!net) fail_msg("%s", e.msg);
    assert_string_equal(classes, names);
    assert_string_equal(lint_net_text(net), lint_net_text(f->net));
    float z[15], y[15];
    assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
    assert_int_equal(lint_net_run(net, &f->batch, y, NULL, &e), 0);
    assert_memory_equal(z, y, sizeof z);
    free(classes);
    lint_net_free(net);
    lint_frame_free(&m);
    filled_free(f);
}

/* --- refused input ---------------------------------------------------------------------------- */

typedef struct bad_net {
    const char *text, *expected;
} bad_net;

#define INPUT "input 8x8x3\n"
#define HEAD  "flatten\nfc: dense classes\n"

static const bad_net bad_nets[] = {
    {"", "bad.net:1: expected layers after 'input'"},
    {"# nothing\n\n", "bad.net:"},
    {INPUT, "bad.net:"},
    {"conv1: conv 4 2x2\n" HEAD, "bad.net:1: expected 'input' as the first layer"},
    {INPUT INPUT HEAD, "bad.net:2: expected 'input' as the first layer"},
    {"input 8x8\n" HEAD, "bad.net:1: expected 'input WxHx3"},
    {"input 8x8x4\n" HEAD, "bad.net:1: expected 'input"},
    {"input 0x8x3\n" HEAD, "bad.net:1: expected 'input"},
    {"input -8x8x3\n" HEAD, "bad.net:1: expected 'input"},
    {"input 99999x8x3\n" HEAD, "bad.net:1: expected 'input"},
    {"input 8x8x3 mean 0 0\n" HEAD, "bad.net:1: expected 'input"},
    {"input 8x8x3 mean 0 0 nan\n" HEAD, "bad.net:1: expected 'input"},
    {"input 8x8x3 std 1 1 0\n" HEAD, "bad.net:1: std must be above 0"},
    {"input 8x8x3 colour\n" HEAD, "bad.net:1: expected 'input"},
    {INPUT "convolve 3\n" HEAD, "bad.net:2: unknown layer 'convolve': expected input, conv"},
    {INPUT "conv 4 2x2\n" HEAD, "bad.net:2: a conv has parameters and needs a name"},
    {INPUT "a: conv\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 0 2x2\n" HEAD, "bad.net:2: '0': expected 1 to 65536"},
    {INPUT "a: conv 4 2\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x2 stride 0\n" HEAD, "bad.net:2: 'stride 0': expected 1 to 64"},
    {INPUT "a: conv 4 2x2 stride 65\n" HEAD, "bad.net:2: 'stride 65': expected 1 to 64"},
    {INPUT "a: conv 4 2x2 pad -1\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x33\n" HEAD, "bad.net:2: '2x33': expected 1 to 32"},
    {INPUT "a: conv 4 2x2 pad 1 pad 1\n" HEAD, "bad.net:2: 'pad' stands twice"},
    {INPUT "a: conv 4 2x2 same same\n" HEAD, "bad.net:2: 'same' stands twice"},
    {"input 8x8x3 mean 0 0 0 mean 1 1 1\n" HEAD, "bad.net:1: 'mean' stands twice"},
    {INPUT "a: conv 4 2x2 stride\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x2 wide\n" HEAD, "bad.net:2: 'wide': expected 'conv OUT|classes KxK"},
    {INPUT "a: conv 4 2x2 same pad 2\n" HEAD, "bad.net:2: 'same' goes without 'pad'"},
    {INPUT "a: conv 4 2x2 dilation 0\n" HEAD, "bad.net:2: 'dilation 0': expected 1 to 64"},
    {INPUT "a: conv 4 3x3 dilation 4\n" HEAD, "bad.net:2: a filter of 9x9 does not fit into 8x8"},
    {INPUT "maxpool 2 ceil ceil\n" HEAD, "bad.net:2: 'ceil' stands twice"},
    {INPUT "adaptivepool 2\n" HEAD, "bad.net:2: expected 'adaptivepool WxH'"},
    {INPUT "adaptivepool 0x2\n" HEAD, "bad.net:2: '0x2': expected 1 to 1024"},
    {INPUT "b: batchnorm eps\n" HEAD, "bad.net:2: expected 'batchnorm [eps E]"},
    {INPUT "b: batchnorm eps 0\n" HEAD, "bad.net:2: 'eps 0': expected a number above 0"},
    {INPUT "b: batchnorm momentum 0.1x\n" HEAD, "bad.net:2: expected 'batchnorm [eps E]"},
    {INPUT "flatten\nfc: dense classes bias\n", "bad.net:3: expected 'dense OUT|classes [nobias]'"},
    {INPUT "stochasticdepth 1\n" HEAD, "bad.net:2: expected 'stochasticdepth P'"},
    {INPUT "r: residual\nrelu\nconcat\n" HEAD, "bad.net:4: 'concat' without a block of its kind"},
    {INPUT "r: block\nrelu\nadd\n" HEAD, "bad.net:4: 'add' without a block of its kind"},
    {INPUT "r: block\nscale\n" HEAD, "bad.net:3: expected a layer between 'block' and 'scale'"},
    {INPUT "r: block\nrelu\nscale\n" HEAD,
     "bad.net:4: 'scale' of 8x8x3 by 8x8x3: expected 1x1x3 behind it"},
    {INPUT "r: block\nmaxpool 2\nconcat\n" HEAD,
     "bad.net:4: 'concat' of 8x8x3 and 4x4x3: expected equal width and height"},
    {INPUT "r: block\nflatten\nconcat\n" HEAD, "bad.net:4: 'concat' must stand before 'flatten'"},
    {INPUT "r: block\n" HEAD, "the block 'r' of line 2 has no 'concat' or 'scale' at its end"},
    {INPUT "a: conv 4 9x9\n" HEAD, "bad.net:2: a filter of 9x9 does not fit into 8x8"},
    {INPUT "a: conv 65536 32x32 same\nb: conv 65536 32x32 same\n" HEAD,
     "bad.net:2: its filters are too large"},
    {INPUT "a: conv 6 2x2 groups 2\n" HEAD, "bad.net:2: groups must divide both the 3 channels in"},
    {INPUT "a: conv 4 2x2 groups\n" HEAD, "bad.net:2: expected 'conv OUT|classes KxK"},
    {INPUT "maxpool 2 pad 2\n" HEAD, "bad.net:2: pad may be at most half of the window"},
    {INPUT "avgpool 2 step 2\n" HEAD, "bad.net:2: expected 'avgpool K"},
    {INPUT "globalpool 2\n" HEAD, "bad.net:2: expected 'globalpool"},
    {INPUT "dropout 1\n" HEAD, "bad.net:2: expected 'dropout P"},
    {INPUT "residual\n" HEAD, "bad.net:2: expected 'NAME: residual'"},
    {INPUT "a: residual\nb: block\nc: block\nd: block\ne: block\nf: block\ng: block\nh: block\n"
           "i: block\n" HEAD,
     "bad.net:10: a block within 8 others"},
    {INPUT "r: residual\nq: residual\n" HEAD, "the block 'r.q' of line 3 has no 'add' at its end"},
    {INPUT "r: residual\nadd\n" HEAD, "bad.net:3: expected a layer between 'residual' and 'add'"},
    {INPUT "r: residual\nshortcut\n" HEAD, "bad.net:3: 'shortcut' must stand once in a block"},
    {INPUT "shortcut\n" HEAD, "bad.net:2: 'shortcut' must stand once in a block"},
    {INPUT "relu\nadd\n" HEAD, "bad.net:3: 'add' without a block"},
    {INPUT "r: residual\na: conv 4 2x2 same\nadd\n" HEAD,
     "bad.net:4: 'add' of 8x8x4 and 8x8x3: expected equal shapes"},
    {INPUT "r: residual\nrelu\ncam\nadd\n" HEAD, "bad.net:4: 'cam' inside of the block 'r'"},
    {INPUT "relu\ncam\nr: residual\n" HEAD, "bad.net:4: a block cannot stand behind 'cam'"},
    {INPUT "r: residual\n" HEAD, "the block 'r' of line 2 has no 'add' at its end"},
    {INPUT "relu\ncam\nsigmoid\n" HEAD, "bad.net:4: a sigmoid cannot stand behind 'cam'"},
    {"input 8x8x1\n" HEAD, "bad.net:1: expected 'input WxHx3"},
    {"input 8x8x3 mask\n" HEAD, "bad.net:1: expected 'input WxHx3"},
    {"input 100x100x3\nflatten\na: dense 1000\nb: dense 1000000\n",
     "bad.net:4: b.weight is too large: expected at most 238434456 numbers"},
    {"input 16384x16384x3\nflatten\nfc: dense 1000\n", "bad.net:3: fc.weight is too large"},
    {INPUT "a: conv 4 99999999999999999999x2\n" HEAD,
     "bad.net:2: '99999999999999999999x2': expected 1 to 32"},
    {INPUT "a: conv 4 2x2\na: batchnorm\n" HEAD, "bad.net:3: the name 'a' is taken by line 2"},
    {INPUT "a/b: conv 4 2x2\n" HEAD, "bad.net:2: 'a/b' is no layer name"},
    {INPUT "a:\n" HEAD, "bad.net:2: expected a layer after 'a:'"},
    {INPUT "batchnorm\n" HEAD, "bad.net:2: a batchnorm has parameters and needs a name"},
    {INPUT "b: batchnorm 3\n" HEAD, "bad.net:2: expected 'batchnorm"},
    {INPUT "maxpool\n" HEAD, "bad.net:2: expected 'maxpool K"},
    {INPUT "maxpool 16\n" HEAD, "bad.net:2: '16': expected 1 to 15"},
    {INPUT "maxpool 9\n" HEAD, "bad.net:2: a window of 9x9 does not fit into 8x8"},
    {INPUT "relu 2\n" HEAD, "bad.net:2: expected 'relu"},
    {INPUT "fc: dense classes\n", "bad.net:2: expected 'flatten' before it"},
    {INPUT "flatten\nfc: dense many\n", "bad.net:3: expected 'dense OUT|classes [nobias]'"},
    {INPUT "flatten\nfc: dense 5\n", "bad.net:3: the last layer gives 1x1x5, expected 1x1x2"},
    {INPUT "flatten\nbn: batchnorm\nfc: dense classes\n",
     "bad.net:3: a batchnorm cannot stand behind 'flatten': expected 'dense' or an activation"},
    {INPUT "flatten\nrelu\na: conv 2 1x1\nfc: dense classes\n",
     "bad.net:4: a conv cannot stand behind 'flatten'"},
    {INPUT "globalpool\na: conv 12 1x1\nr: residual\nadaptivepool 2x2\nb: conv 3 1x1\nflatten\n"
           "add\nfc: dense classes\n",
     "bad.net:8: 'add' joins what 'flatten' has put in two orders"},
    {INPUT "flatten\ncam\nfc: dense classes\n", "bad.net:3: 'cam' must stand before 'flatten'"},
    {INPUT "cam\n" HEAD, "bad.net:2: expected a layer between 'input' and 'cam'"},
    {INPUT "relu\ncam\ncam\n" HEAD, "bad.net:4: a second 'cam'"},
    {INPUT "relu\ncam 3\n" HEAD, "bad.net:3: expected 'cam' alone on its line"},
    {INPUT "relu\ncam\nb: batchnorm\n" HEAD, "bad.net:4: a batchnorm cannot stand behind 'cam'"},
};

static void a_bad_line_is_named_with_what_was_expected(void **state) {
    (void)state;
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    int bad = 0;
    for (size_t i = 0; i < sizeof bad_nets / sizeof *bad_nets; i++) {
        e.msg[0] = 0;
        lint_net *net = lint_net_new(bad_nets[i].text, "bad.net", 2, 4, LINT_NET_TRAIN, pool, &e);
        if (net || !strstr(e.msg, bad_nets[i].expected)) {
            print_error("net %zu: got '%s', expected '%s'\n", i, net ? "a net" : e.msg,
                        bad_nets[i].expected);
            bad++;
        }
        lint_net_free(net);
    }
    lint_threads_free(pool);
    assert_int_equal(bad, 0);
}

static void line_ends_of_dos_and_no_last_newline_are_fine(void **state) {
    (void)state;
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    lint_net *net = lint_net_new("input 8x8x3\r\n\r\n# c\r\nflatten # d\r\nfc:\tdense  classes",
                                 "dos.net", 2, 1, LINT_NET_INFER, pool, &e);
    if (!net) fail_msg("%s", e.msg);
    lint_net_free(net);
    lint_threads_free(pool);
}

/* Ways to break a good set of weights, and what is said then. */
static void drop_one(lint_frame *f) {
    lint_frame_drop(f, "conv3.weight");
}
static void add_one(lint_frame *f) {
    assert_non_null(
        lint_frame_add(f, "conv9.weight", LINT_F32, 1, (uint64_t[]){3}, &(lint_err){0}));
}
static void transpose_one(lint_frame *f) {
    assert_non_null(
        lint_frame_add(f, "fc2.weight", LINT_F32, 2, (uint64_t[]){10, 9}, &(lint_err){0}));
}
static void flatten_one(lint_frame *f) {
    assert_non_null(lint_frame_add(f, "fc2.weight", LINT_F32, 1, (uint64_t[]){90}, &(lint_err){0}));
}
static void widen_one(lint_frame *f) {
    assert_non_null(
        lint_frame_add(f, "fc2.weight", LINT_F64, 2, (uint64_t[]){9, 10}, &(lint_err){0}));
}
static void put_nan(lint_frame *f) {
    ((float *)lint_frame_find(f, "bn3.bias")->data)[2] = NAN;
}
static void put_infinity(lint_frame *f) {
    ((float *)lint_frame_find(f, "bn4.running_mean")->data)[0] = -INFINITY;
}

static const struct {
    void (*spoil)(lint_frame *f);
    const char *names;
} bad_weights[] = {
    {drop_one, "conv3.weight"},         {add_one, "conv9.weight"}, {transpose_one, "fc2.weight"},
    {flatten_one, "fc2.weight"},        {widen_one, "fc2.weight"}, {put_nan, "bn3.bias"},
    {put_infinity, "bn4.running_mean"},
};

static void weights_that_do_not_fit_are_refused_by_name(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_INFER, 1);
    for (size_t i = 0; i < sizeof bad_weights / sizeof *bad_weights; i++) {
        lint_frame w = {0};
        lint_err e = {0};
        assert_int_equal(lint_frame_copy(&w, &f->weights, &e), 0);
        bad_weights[i].spoil(&w);
        assert_int_equal(lint_net_load(f->net, &w, &e), -1);
        if (!strstr(e.msg, bad_weights[i].names))
            fail_msg("'%s' does not name %s", e.msg, bad_weights[i].names);
        lint_frame_free(&w);
    }
    filled_free(f);
}

/* Layers' own buffers, before any is taken, and those of values. */
static void a_net_that_memory_cannot_hold_is_refused(void **state) {
    (void)state;
    const char *const texts[] = {
        "input 2048x2048x3\nb: batchnorm\nflatten\nd: dense classes\n",
        "input 2048x2048x3\na: conv 2 2x2\nb: batchnorm\nmaxpool 2\nglobalpool\nd: dense classes\n",
        "input 2048x2048x3\nmaxpool 3 stride 1\nglobalpool\nd: dense classes\n",
        "input 2048x2048x3\ndropout 0.5\nglobalpool\nd: dense classes\n",
        "input 2048x2048x3\nrelu\nglobalpool\nd: dense classes\n",
    };
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_null(lint_net_new(texts[i], "huge.net", 2, 1 << 20, LINT_NET_TRAIN, pool, &e));
        if (!strstr(e.msg, "memory") || !strstr(e.msg, "for batches of 1048576 images"))
            fail_msg("'%s'", e.msg);
    }
    lint_threads_free(pool);
}

static void pytorchs_batch_counters_are_passed_over(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_INFER, 1);
    lint_err e = {0};
    assert_non_null(lint_frame_add(&f->weights, "bn2.num_batches_tracked", LINT_I64, 0, NULL, &e));
    filled_load(f);
    filled_free(f);
}

static void refuse_model(lint_threads *pool, const lint_frame *m, const char *expected) {
    lint_err e = {0};
    lint_net *net = read_model(write_model(m), 1, pool, NULL, &e);
    unlink(model_path);
    assert_null(net);
    if (!strstr(e.msg, model_path) || !strstr(e.msg, expected))
        fail_msg("'%s' lacks the path or '%s'", e.msg, expected);
}

static void a_file_that_is_no_model_is_refused_by_name(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_INFER, 1);
    lint_frame m = {0};
    lint_err e = {0};
    refuse_model(f->pool, &f->weights, "not a model");
    assert_int_equal(lint_model_store(f->net, "[\"a\",\"b\",\"c\"]", &m, &e), 0);
    lint_frame_set_meta(&m, "kind", "samples", &e);
    refuse_model(f->pool, &m, "samples");
    lint_frame_set_meta(&m, "kind", "model", &e);
    lint_frame_set_meta(&m, "classes", "[\"a\",3]", &e);
    refuse_model(f->pool, &m, "classes");
    lint_frame_set_meta(&m, "classes", "[\"a\",\"b\"]", &e);
    refuse_model(f->pool, &m, "fc5.weight");
    lint_frame_set_meta(&m, "classes", "[]", &e);
    refuse_model(f->pool, &m, "class");
    lint_frame_set_meta(&m, "classes", "[\"a\",\"b\",\"c\"]", &e);
    lint_frame_set_meta(&m, "net", "nonsense", &e);
    refuse_model(f->pool, &m, ":1: ");
    lint_frame_free(&m);
    filled_free(f);
}

static void batches_that_do_not_fit_are_refused(void **state) {
    (void)state;
    filled *f = filled_small(LINT_NET_TRAIN, 1);
    lint_err e = {0};
    lint_loss_sum sum = {0};
    lint_batch b = f->batch;
    b.n = 6;
    assert_int_equal(lint_net_step(f->net, &b, &ENERGY, &sum, &e), -1);
    assert_int_equal(lint_net_run(f->net, &b, NULL, NULL, &e), -1);
    b.n = 0;
    assert_int_equal(lint_net_step(f->net, &b, &ENERGY, &sum, &e), -1);
    b = f->batch;
    f->label[2] = 3;
    assert_int_equal(lint_net_step(f->net, &b, &ENERGY, &sum, &e), -1);
    assert_non_null(strstr(e.msg, "label 3"));
    f->label[2] = 0;
    b.mask = NULL;
    lint_loss loss = ENERGY;
    loss.prior = LINT_PRIOR_MASK;
    assert_int_equal(lint_net_step(f->net, &b, &loss, &sum, &e), -1);
    assert_non_null(strstr(e.msg, "mask"));
    assert_int_equal(sum.n, 0);
    filled *g = filled_small(LINT_NET_INFER, 1);
    assert_int_equal(lint_net_step(g->net, &g->batch, &ENERGY, &sum, &e), -1);
    filled_free(g);
    filled_free(f);
}

static void without_a_cam_line_there_are_no_maps(void **state) {
    (void)state;
    filled *f = filled_new("input 8x8x3\nflatten\nfc: dense classes\n", 2, 2, LINT_NET_TRAIN, 1);
    lint_err e = {0};
    lint_loss_sum sum = {0};
    float z[4], m[256];
    const lint_loss plain = {.ce_weight = 1};
    assert_int_equal(lint_net_run(f->net, &f->batch, z, NULL, &e), 0);
    filled_step(f, &plain);
    assert_int_equal(lint_net_run(f->net, &f->batch, z, m, &e), -1);
    assert_non_null(strstr(e.msg, "cam"));
    assert_int_equal(lint_net_step(f->net, &f->batch, &ENERGY, &sum, &e), -1);
    assert_non_null(strstr(e.msg, "cam"));
    filled_free(f);
}

/* --- main ------------------------------------------------------------------------------------- */

#define TEST(f)                                                                                    \
    { #f, f, NULL, NULL, NULL }

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        TEST(initial_weights_are_pytorchs_and_follow_the_seed),
        TEST(what_is_stored_is_loaded_to_the_byte),
        TEST(a_model_file_brings_its_network_and_classes),
        TEST(a_bad_line_is_named_with_what_was_expected),
        TEST(line_ends_of_dos_and_no_last_newline_are_fine),
        TEST(weights_that_do_not_fit_are_refused_by_name),
        TEST(a_net_that_memory_cannot_hold_is_refused),
        TEST(pytorchs_batch_counters_are_passed_over),
        TEST(a_file_that_is_no_model_is_refused_by_name),
        TEST(batches_that_do_not_fit_are_refused),
        TEST(without_a_cam_line_there_are_no_maps),
    };
    return cmocka_run_group_tests_name("net_file", tests, NULL, NULL);
}
