/* lint-export: a model for other programs: an ONNX file, or a page for browsers. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "export/export_model.h"
#include "export/onnx.h"
#include "export/web_page.h"

#include <string.h>

static struct {
    const char *out;
    int maps, html;
    lint_verbosity verbosity;
} o;

static const lint_option options[] = {
    {"maps", 0, LINT_OPT_FLAG, &o.maps,
     .help = "class activation map of each class as a second output, `cam`"},
    {"html", 0, LINT_OPT_FLAG, &o.html,
     .help = "HTML page instead of ONNX, which shows class and map of pictures in any browser, "
             "without a network connection"},
    LINT_OPTION_OUT(&o.out, "model"),
    LINT_OPTION_QUIET(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-export",
    .usage = "[options] MODEL",
    .purpose =
        "Writes a model in the format ONNX (opset 17). Its input `image` is F32 [N,3,H,W], RGB "
        "from 0 to 1. Its output `logits` is F32 [N,K].",
    .options = options,
    .example = "  lint-export --maps model.safetensors -o model.onnx\n"
               "  lint-export --html model.safetensors -o page.html\n",
    .operands = {1, 1}};

/* What lint-predict does to pictures before the network sees them, and the exported model cannot. */
static void tell_what_is_lost(const lint_frame *model) {
    const char *depth = lint_frame_meta(model, "depth");
    if (o.verbosity == LINT_QUIET) return;
    if (depth && strcmp(depth, "8") != 0)
        lint_warn("the model was trained with lint-split --depth %s: %s", depth,
                  o.html
                      ? "a browser shows pictures of more than 8 bits darker, and the answers are "
                        "others"
                      : "white is the largest number of so many bits (metadata: depth)");
    if (lint_frame_meta(model, "crop_margin"))
        lint_warn("the model was trained on crops of objects: ask it of such crops%s",
                  o.html ? "" : " (metadata: crop_margin)");
}

int main(int argc, char **argv) {
    lint_err e;
    lint_export_model m;
    lint_output *out;
    char **arg = lint_cli_parse(&program, argc, argv);
    if (o.html && o.maps) lint_usage("--maps is for ONNX: a page has maps anyway");
    lint_refuse_terminal(o.out);
    lint_blas_one_thread();
    if (lint_export_model_open(&m, arg[0], &e) < 0) lint_die(&e);
    if (o.maps && !m.graph.cam) {
        lint_fail(&e, "%s: its network has no 'cam' line, so no maps", lint_input_name(arg[0]));
        lint_die(&e);
    }
    if (o.html && (m.graph.input.features || m.graph.input.mask)) {
        lint_fail(&e, "%s: it takes %s, not pictures, so a page cannot ask it",
                  lint_input_name(arg[0]), m.graph.input.mask ? "masks" : "features");
        lint_die(&e);
    }
    tell_what_is_lost(&m.file.frame);
    if (!(out = lint_output_open(o.out, &e))) lint_die(&e);
    FILE *to = lint_output_file(out);
    int err = o.html ? lint_web_page_write(to, &m.graph, &m.file.frame, &e)
                     : lint_onnx_write(to, &m.graph, &m.file.frame, o.maps, &e);
    if (err < 0) {
        lint_output_abort(out);
        lint_err_prefix(&e, "%s: ", lint_output_name(o.out));
        lint_die(&e);
    }
    if (lint_output_commit(out, &e) < 0) lint_die(&e);
    lint_export_model_free(&m);
    return 0;
}
