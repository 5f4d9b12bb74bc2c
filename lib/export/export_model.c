#include "export/export_model.h"
#include "base/standard_io.h"

#include <string.h>

void lint_export_model_free(lint_export_model *m) {
    lint_net_graph_free(&m->graph);
    lint_net_free(m->net);
    lint_mask_encoder_free(m->encoder);
    lint_mapped_free(&m->file);
    lint_threads_free(m->pool);
    *m = (lint_export_model){0};
}

static const lint_net *build(lint_export_model *m, const char *path, lint_err *e) {
    const char *kind = lint_frame_meta(&m->file.frame, "kind");
    if (kind && strcmp(kind, "encoder") == 0) {
        if (lint_is_stdio(path)) {
            lint_fail(e, "standard input: a mask encoder is read from a named file only");
            return NULL;
        }
        m->encoder = lint_mask_encoder_load(path, 1, m->pool, e);
        return m->encoder ? lint_mask_encoder_net(m->encoder) : NULL;
    }
    const char *name = lint_input_name(path);
    return m->net = lint_model_build(&m->file.frame, name, 1, LINT_NET_INFER, m->pool, e);
}

static int open_all(lint_export_model *m, const char *path, lint_err *e) {
    if (!(m->pool = lint_threads_new(1, e)) || lint_mapped_load(&m->file, path, e) < 0) return -1;
    const lint_net *net = build(m, path, e);
    if (!net) return -1;
    int err = lint_net_graph_new(&m->graph, net, e);
    return err < 0 ? lint_err_prefix(e, "%s: ", lint_input_name(path)) : 0;
}

int lint_export_model_open(lint_export_model *m, const char *path, lint_err *e) {
    *m = (lint_export_model){0};
    if (open_all(m, path, e) == 0) return 0;
    lint_export_model_free(m);
    return -1;
}
