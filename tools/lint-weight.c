/* lint-weight: raises the weights of samples that a model gets wrong. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "load/upweight.h"

static struct {
    const char *out;
    double wrong;
    lint_verbosity verbosity;
} o = {.wrong = 20};

static const lint_option options[] = {
    {"wrong", 0, LINT_OPT_REAL, &o.wrong, "R",
     .help = "factor for the weights of misclassified samples (default 20)", .max = 1e30},
    LINT_OPTION_OUT(&o.out, "samples"),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-weight",
    .usage = "[options] [FILE]",
    .purpose = "Multiplies the `weight` of every sample that a model gets wrong by R; lint-train "
               "multiplies the sample's cross-entropy by that weight. The answers, `logits` and "
               "`cam`, are removed from the stream.",
    .options = options,
    .example = "  lint-cam erm.safetensors train.lts | lint-weight --wrong 20 |\n"
               "      lint-train --net standard --val val.lts -o jtt.safetensors\n",
    .operands = {0, 1}};

typedef struct job {
    lint_reader *in;
    lint_output *out;
    lint_upweighted count;
} job;

static int weigh_all(job *j, const char *name, lint_err *e) {
    lint_frame f = {0};
    int got;
    for (size_t number = 1; (got = lint_reader_next(j->in, &f, e)) > 0; number++) {
        if (lint_upweight_wrong(&f, o.wrong, &j->count, e) < 0)
            got = lint_err_prefix(e, "%s: frame %zu: ", name, number);
        else if (lint_frame_write(&f, lint_output_file(j->out), e) < 0)
            got = lint_err_prefix(e, "%s: ", lint_output_name(o.out));
        if (got < 0) break;
    }
    lint_frame_free(&f);
    if (got == 0 && j->count.samples == 0) return lint_fail(e, "%s: no samples", name);
    return got;
}

static void say_end(const job *j, const char *name) {
    if (j->count.wrong == 0 && o.verbosity != LINT_QUIET)
        lint_warn("%s: no answer is wrong, so all weights stay as they are", name);
    else if (o.verbosity == LINT_VERBOSE)
        lint_warn("%s: %zu of %zu answers are wrong", name, j->count.wrong, j->count.samples);
}

int main(int argc, char **argv) {
    lint_err e;
    job j = {0};
    const char *name;
    char **arg = lint_cli_parse(&program, argc, argv);
    lint_refuse_terminal(o.out);
    FILE *in = lint_open_input(arg[0], &name);
    j.in = lint_reader_new(in, name, &e);
    lint_output_sweep(o.out);
    if (!j.in || !(j.out = lint_output_open(o.out, &e))) lint_die(&e);
    if (weigh_all(&j, name, &e) < 0) {
        lint_output_abort(j.out);
        lint_die(&e);
    }
    if (lint_output_commit(j.out, &e) < 0) lint_die(&e);
    say_end(&j, name);
    lint_reader_free(j.in);
    return 0;
}
