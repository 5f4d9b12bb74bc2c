#include "engine/net_init.h"

#include "base/rng.h"
#include "engine/layers/input_line.h"
#include "stream/floats.h"
#include "stream/state_dict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char tracked[] = ".num_batches_tracked";

/* Length of the layer's name in a parameter's: "layer4.2.bn3" of "layer4.2.bn3.weight". */
static size_t layer_length(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

static int same_layer(const char *a, const char *b) {
    size_t len = layer_length(a);
    return len == layer_length(b) && strncmp(a, b, len) == 0;
}

/* "[1000,2048]" */
static void shape_text(const lint_tensor *t, char *to, size_t size) {
    size_t at = (size_t)snprintf(to, size, "[");
    for (size_t i = 0; i < t->rank && at < size; i++)
        at += (size_t)snprintf(to + at, size - at, "%s%" PRIu64, i ? "," : "", t->shape[i]);
    if (at < size) snprintf(to + at, size - at, "]");
}

/* Whether the F32 tensor `to` can hold what `from` has. */
static int is_alike(const lint_tensor *to, const lint_tensor *from) {
    return lint_is_floats(from->dtype) && to->rank == from->rank &&
           (to->rank == 0 || memcmp(to->shape, from->shape, to->rank * sizeof *to->shape) == 0);
}

/* --- names ------------------------------------------------------------------------------------ */

static int begins(const char *name, const char *with) {
    return strncmp(name, with, strlen(with)) == 0;
}

/* Whether all of the file's names begin with the prefix, and none of the net's own. */
static int is_prefix(const lint_frame *f, const lint_frame *own, const char *prefix) {
    for (size_t i = 0; i < f->count; i++)
        if (!begins(f->tensors[i].name, prefix)) return 0;
    for (size_t i = 0; i < own->count; i++)
        if (begins(own->tensors[i].name, prefix)) return 0;
    return f->count > 0;
}

/* The prefix that wrappers (DataParallel, classes that hold the network) put before all names; NULL
 * if there is none. */
static const char *common_prefix(const lint_frame *f, const lint_frame *own) {
    static const char *const prefix[] = {"module.", "model."};
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
        if (is_prefix(f, own, prefix[i])) return prefix[i];
    return NULL;
}

static void drop_prefixes(lint_frame *f, const lint_frame *own) {
    for (const char *prefix; (prefix = common_prefix(f, own)) != NULL;)
        for (size_t i = 0; i < f->count; i++) {
            char *name = f->tensors[i].name, *rest = name + strlen(prefix);
            memmove(name, rest, strlen(rest) + 1);
        }
}

/* torchvision's files of DenseNets are of 2017: their `denselayer1.norm.1` is called
 * `denselayer1.norm1` today. */
static void rename_dense_layers(lint_frame *f) {
    static const char *const was[] = {".norm.1.", ".norm.2.", ".conv.1.", ".conv.2."};
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < sizeof was / sizeof *was; k++) {
            char *at = strstr(f->tensors[i].name, was[k]);
            if (!at || !strstr(f->tensors[i].name, "denselayer")) continue;
            char *dot = at + strlen(".norm");
            memmove(dot, dot + 1, strlen(dot));
            break;
        }
}

void lint_net_init_names(lint_frame *f, const lint_frame *own) {
    drop_prefixes(f, own);
    rename_dense_layers(f);
}

/* --- the head --------------------------------------------------------------------------------- */

/* The first tensor of tensor i's layer; the net's tensors are in the order of the layers. */
static size_t layer_start(const lint_frame *own, size_t i) {
    while (i > 0 && same_layer(own->tensors[i - 1].name, own->tensors[i].name))
        i--;
    return i;
}

static int is_dense(const lint_frame *f, const lint_tensor *t) {
    for (size_t i = 0; i < f->count; i++)
        if (f->tensors[i].rank == 2 && same_layer(f->tensors[i].name, t->name)) return 1;
    return 0;
}

/* The first tensor of the head. */
static size_t head_start(const lint_frame *own) {
    size_t start = own->count ? layer_start(own, own->count - 1) : 0;
    while (start > 0 && is_dense(own, &own->tensors[start]) &&
           is_dense(own, &own->tensors[start - 1]))
        start = layer_start(own, start - 1);
    return start;
}

static void say_anew(const lint_tensor *to, const lint_tensor *from, char *said, size_t size) {
    int len = (int)layer_length(to->name);
    char is[128], want[128];
    if (!from) {
        snprintf(said, size, "no '%s', so the head '%.*s' begins anew", to->name, len, to->name);
        return;
    }
    shape_text(from, is, sizeof is);
    shape_text(to, want, sizeof want);
    snprintf(said, size, "'%s' is %s%s, not %s, so the head '%.*s' begins anew", to->name,
             lint_is_floats(from->dtype) ? "" : lint_dtype_name(from->dtype), is, want, len,
             to->name);
}

/* The first tensor that keeps the net's own values, with a sentence about it in `said`; own->count
 * if there is none. */
static size_t anew_from(const lint_frame *own, const lint_frame *f, char *said, size_t size) {
    for (size_t i = head_start(own); i < own->count; i++) {
        const lint_tensor *to = &own->tensors[i], *from = lint_frame_find(f, to->name);
        if (from && is_alike(to, from)) continue;
        say_anew(to, from, said, size);
        return layer_start(own, i);
    }
    return own->count;
}

/* Whether a tensor that is no parameter is a batch norm's count of batches, as it should be. */
static int check_tracked(const lint_frame *own, const lint_tensor *t, lint_err *e) {
    size_t len = strlen(t->name), tail = sizeof tracked - 1;
    if (len > tail && strcmp(t->name + len - tail, tracked) == 0)
        for (size_t i = 0; i < own->count; i++)
            if (strstr(own->tensors[i].name, ".running_mean") &&
                same_layer(own->tensors[i].name, t->name)) {
                if (t->dtype == LINT_I64 && t->rank == 0) return 0;
                return lint_fail(e, "'%s' is %s of rank %zu, expected an I64 scalar", t->name,
                                 lint_dtype_name(t->dtype), t->rank);
            }
    return lint_fail(e, "'%s' is no parameter of this network", t->name);
}

/* Copies the file's values over the net's, up to the first tensor that begins anew. */
static int take_over(lint_frame *own, const lint_frame *f, size_t anew, lint_err *e) {
    for (size_t i = 0; i < anew; i++) {
        lint_tensor *to = &own->tensors[i];
        const lint_tensor *from = lint_frame_find(f, to->name);
        lint_dtype dtype = from && lint_is_floats(from->dtype) ? from->dtype : to->dtype;
        from = lint_frame_need(f, to->name, dtype, to->rank, to->shape, e);
        if (!from || lint_floats_get(from, to->data, e) < 0) return -1;
    }
    return 0;
}

/* --- what the metadata of a model tells beside the weights ------------------------------------ */

/* The head knows classes by number: what it has learned of class 0 is applied to whichever class is
 * first here. */
static void compare_classes(const lint_frame *f, const lint_names *classes, char *said,
                            size_t size) {
    const char *json = lint_frame_meta(f, "classes");
    lint_names there = {0};
    lint_err e;
    if (!json || !classes || lint_names_parse(&there, json, &e) < 0) return;
    for (size_t i = 0; i < there.n && i < classes->n && !*said; i++)
        if (strcmp(there.v[i], classes->v[i]) != 0)
            snprintf(said, size, "its head was trained for other classes: '%s' is '%s' here",
                     there.v[i], classes->v[i]);
    lint_names_free(&there);
}

static void put_input(const lint_net_input *in, char *to, size_t size) {
    snprintf(to, size, "mean %g %g %g std %g %g %g", in->mean[0], in->mean[1], in->mean[2],
             in->std[0], in->std[1], in->std[2]);
}

static void compare_input(const lint_frame *f, const lint_net *net, char *said, size_t size) {
    const char *text = lint_frame_meta(f, "net");
    lint_net_input was, is;
    char there[128], here[128];
    if (!text || lint_net_input_of(text, &was) < 0 ||
        lint_net_input_of(lint_net_text(net), &is) < 0 || lint_net_input_alike(&was, &is))
        return;
    put_input(&was, there, sizeof there);
    put_input(&is, here, sizeof here);
    snprintf(said, size, "its weights know pictures of %s, but this network's input has %s", there,
             here);
}

static int is_code(const lint_net *net, const char *name) {
    return lint_net_is_encoder(net) && strncmp(name, "code.", 5) == 0;
}

static int init_from(lint_net *net, lint_frame *f, const lint_names *classes,
                     lint_net_init_report *r, lint_err *e) {
    lint_frame own = {0};
    int err = lint_net_store(net, &own, e);
    lint_net_init_names(f, &own);
    size_t anew = err == 0 ? anew_from(&own, f, r->remark[0], sizeof r->remark[0]) : 0;
    for (size_t i = 0; err == 0 && i < f->count; i++) {
        const lint_tensor *t = &f->tensors[i];
        int passed = anew < own.count && is_dense(f, t); /* a head of the file's own */
        if (!lint_frame_find(&own, t->name) && !is_code(net, t->name) && !passed)
            err = check_tracked(&own, t, e);
    }
    if (err == 0) {
        if (anew == own.count) compare_classes(f, classes, r->remark[1], sizeof r->remark[1]);
        compare_input(f, net, r->remark[2], sizeof r->remark[2]);
        err = take_over(&own, f, anew, e);
    }
    if (err == 0) err = lint_net_load(net, &own, e);
    lint_frame_free(&own);
    return err;
}

int lint_net_init_from(lint_net *net, const char *path, const lint_names *classes,
                       lint_net_init_report *r, lint_err *e) {
    lint_state_dict s;
    *r = (lint_net_init_report){.hash = 0};
    if (lint_state_dict_load(&s, path, e) < 0) return -1;
    int err = init_from(net, &s.frame, classes, r, e);
    for (size_t i = 0; i < s.frame.count; i++)
        r->hash = lint_hash_data(s.frame.tensors[i].data, s.frame.tensors[i].bytes, r->hash);
    lint_state_dict_free(&s);
    return err < 0 ? lint_err_prefix(e, "%s: ", path) : 0;
}
