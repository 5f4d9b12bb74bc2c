/* lint-features: a filter that adds what a backbone makes of each picture, for a head to be trained
 * on; and what joins the two to one model. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "engine/backbone.h"
#include "engine/net_head.h"
#include "stream/mapped.h"
#include "stream/state_dict.h"

#include <stdlib.h>

enum { BATCH = 32 };

static struct {
    const char *net, *out, *join;
    lint_list drop;
    int head, which, precision;
    double shift;
    lint_verbosity verbosity;
    long threads;
} o;

static const lint_option options[] = {
    {"net", 'n', LINT_OPT_STR, &o.net, "FILE",
     .help = "network that the weights are for: a name such as resnet18, or a file (default: a "
             "model's own; else the one in models/ with the same names and shapes of tensors)"},
    {"drop", 0, LINT_OPT_LIST, &o.drop, "NAME",
     .help = "tensor to leave out of the output, such as image, which a head does not need; may be "
             "repeated"},
    {"shift", 0, LINT_OPT_REAL, &o.shift, "F",
     .help =
         "features of each picture moved left, right, up and down by the fraction F of its side, "
         "too, for lint-cam --shift: `features_shifted` F16 [n,4,C,h,w] (default: none)",
     .min = 0.001, .max = 0.5},
    {"head", 0, LINT_OPT_FLAG, &o.head,
     .help = "output of the network behind the backbone's cam line, whose input is the features, "
             "for lint-train --net"},
    {"join", 0, LINT_OPT_STR, &o.join, "MODEL",
     .help = "output of one model: the backbone with a head that was trained on its features"},
    {"which", 0, LINT_OPT_FLAG, &o.which, .help = "output of the network's path alone"},
    LINT_OPTION_PRECISION(&o.precision),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_OUT(&o.out, "samples, network or model"),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-features",
    .usage = "[options] BACKBONE [FILE]",
    .purpose =
        "Adds to samples what a pretrained network makes of each picture: `features` F16 "
        "[n,C,h,w], the activations at its cam line. Its layers up to there are not trained, so "
        "that they are computed once, and a head learns from the features in seconds. BACKBONE is "
        "a model, or weights as lint-train --init takes them; their classes do not matter.",
    .options = options,
    .example = "  lint-features --drop image resnet18.pth data/train.lts -o features.lts\n"
               "  lint-train --net head --train features.lts -o head.safetensors\n"
               "  lint-features --join head.safetensors resnet18.pth -o model.safetensors\n",
    .operands = {1, 2},
    .first = "drop join head net which threads out",
};

typedef struct job {
    lint_backbone backbone;
    const char *path, *name; /* of the backbone; of the samples */
    lint_output *out;
    lint_threads *pool;
    size_t done;
} job;

/* In a pipe the next program shows the progress. */
static lint_verbosity verbosity(void) {
    return o.verbosity == LINT_NORMAL && !o.out ? LINT_QUIET : o.verbosity;
}

static int add_features(job *j, lint_frame *f, size_t number, lint_err *e) {
    j->done += lint_frame_samples(f);
    int err = lint_backbone_frame(&j->backbone, f, e);
    if (!err && o.shift > 0)
        err = lint_backbone_shifted_frame(&j->backbone, f, o.shift, j->pool, e);
    if (err) return lint_err_prefix(e, "%s: frame %zu: ", j->name, number);
    for (size_t i = 0; i < o.drop.n; i++)
        if (!lint_frame_drop(f, o.drop.v[i]) && number == 1 && o.verbosity != LINT_QUIET)
            lint_warn("--drop %s: there is no tensor of this name", o.drop.v[i]);
    if (lint_frame_write(f, lint_output_file(j->out), e) == 0) return 0;
    return lint_err_prefix(e, "%s: ", lint_output_name(o.out));
}

static int filter(job *j, const char *input, lint_err *e) {
    lint_frame f = {0};
    lint_progress progress;
    FILE *in = lint_open_input(input, &j->name);
    lint_reader *r = lint_reader_new(in, j->name, e);
    int got = r ? 0 : -1;
    lint_progress_start(&progress, "computing features", "samples", 0, verbosity());
    for (size_t number = 1; r && (got = lint_reader_next(r, &f, e)) > 0; number++) {
        if ((got = add_features(j, &f, number, e)) < 0) break;
        lint_progress_at(&progress, j->done);
    }
    lint_progress_end(&progress, j->done);
    lint_frame_free(&f);
    lint_reader_free(r);
    lint_close_input(in);
    if (got == 0 && j->done == 0) return lint_fail(e, "%s: no samples", j->name);
    return got;
}

static int join(job *j, lint_err *e) {
    lint_mapped head;
    lint_frame model = {0};
    if (lint_mapped_load(&head, o.join, e) < 0) return -1;
    int err = lint_backbone_join(&j->backbone, &head.frame, &model, e);
    if (err)
        lint_err_prefix(e, "%s: ", lint_input_name(o.join));
    else if ((err = lint_frame_write(&model, lint_output_file(j->out), e)) < 0)
        lint_err_prefix(e, "%s: ", lint_output_name(o.out));
    lint_frame_free(&model);
    lint_mapped_free(&head);
    return err;
}

static int write_head(job *j, lint_err *e) {
    const lint_net *net = j->backbone.net;
    char *text = lint_head_text(lint_net_text(net), lint_net_cam_width(net),
                                lint_net_cam_height(net), lint_net_cam_channels(net), e);
    if (!text) return lint_err_prefix(e, "%s: ", j->path);
    fputs(text, lint_output_file(j->out));
    free(text);
    return 0;
}

static int write_which(const char *path, lint_output *out, lint_err *e) {
    lint_state_dict s;
    if (lint_state_dict_load(&s, path, e) < 0) return -1;
    char *net = lint_backbone_find(&s.frame, e);
    lint_state_dict_free(&s);
    if (!net) return lint_err_prefix(e, "%s: ", path);
    fprintf(lint_output_file(out), "%s\n", net);
    free(net);
    return 0;
}

static void check_options(char **arg) {
    if (o.head + o.which + (o.join != NULL) > 1)
        lint_usage("expected one of --head, --join, --which");
    if (o.which && o.net) lint_usage("--which finds the network, which --net gives");
    int filters = !o.head && !o.join && !o.which;
    if (!filters && arg[1]) lint_usage("--head, --join and --which read no samples");
    if (!filters && o.drop.n) lint_usage("--drop needs samples");
    if (!filters && o.shift > 0) lint_usage("--shift needs samples");
    if (!filters && o.precision != LINT_PRECISION_F32) lint_usage("--precision needs samples");
    if (lint_is_stdio(arg[0])) lint_usage("expected a file as BACKBONE");
    if (filters || o.join) lint_refuse_terminal(o.out);
}

static int run(job *j, char **arg, lint_err *e) {
    if (o.which) return write_which(arg[0], j->out, e);
    if (lint_backbone_open(&j->backbone, arg[0], o.net, BATCH, j->pool, e) < 0) return -1;
    if (lint_net_set_precision(j->backbone.net, (lint_precision)o.precision, e) < 0)
        lint_usage("--precision: %s", e->msg);
    if (o.join) return join(j, e);
    return o.head ? write_head(j, e) : filter(j, arg[1], e);
}

int main(int argc, char **argv) {
    lint_err e;
    char **arg = lint_cli_parse(&program, argc, argv);
    check_options(arg);
    lint_blas_one_thread();
    job j = {.path = arg[0], .pool = lint_threads_new((int)o.threads, &e)};
    if (j.pool) lint_output_sweep(o.out);
    if (!j.pool || !(j.out = lint_output_open(o.out, &e))) lint_die(&e);
    if (run(&j, arg, &e) < 0) {
        lint_output_abort(j.out);
        lint_die(&e);
    }
    if (lint_output_commit(j.out, &e) < 0) lint_die(&e);
    lint_backbone_free(&j.backbone);
    lint_threads_free(j.pool);
    return 0;
}
