/* A model: the frame that holds a trained network. Declared in net.h. */
#include "base/names.h"
#include "engine/net.h"

#include <stdlib.h>
#include <string.h>

int lint_model_store(const lint_net *net, const char *classes, lint_frame *f, lint_err *e) {
    if (lint_frame_set_meta(f, "lint", "1", e) < 0 ||
        lint_frame_set_meta(f, "kind", "model", e) < 0 ||
        lint_frame_set_meta(f, "classes", classes, e) < 0 ||
        lint_frame_set_meta(f, "net", lint_net_text(net), e) < 0)
        return -1;
    return lint_net_store(net, f, e);
}

lint_net *lint_model_build(const lint_frame *f, const char *path, size_t batch, lint_net_mode mode,
                           lint_threads *pool, lint_err *e) {
    const char *kind = lint_frame_meta(f, "kind"), *text = lint_frame_meta(f, "net");
    const char *classes = lint_frame_meta(f, "classes");
    lint_names names = {0};
    lint_net *net = NULL;
    if (!kind || strcmp(kind, "model") != 0 || !text || !classes) {
        lint_fail(e, "%s: not a model of lint: its metadata is %s, expected kind 'model'", path,
                  kind ? kind : "without a kind");
        return NULL;
    }
    if (lint_names_parse(&names, classes, e) < 0) {
        lint_err_prefix(e, "%s: classes: ", path);
        return NULL;
    }
    net = lint_net_new(text, path, names.n, batch, mode, pool, e);
    lint_names_free(&names);
    if (net && lint_net_load(net, f, e) < 0) {
        lint_err_prefix(e, "%s: ", path);
        lint_net_free(net);
        return NULL;
    }
    return net;
}
