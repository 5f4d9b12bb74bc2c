/* lint-mask: finds the object in each picture and adds it to the sample as a mask. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "picture/mask_frame.h"

static struct {
    const char *out;
    int method, replace, cam;
    lint_verbosity verbosity;
    long threads;
} o;

static const lint_option options[] = {
    {"method", 0, LINT_OPT_CHOICE, &o.method, "HOW",
     .help = "algorithm: cut (minimum cut) or rbd (only the saliency of Zhu et al., 2014, for "
             "comparison) (default cut)",
     .choices = LINT_MASK_METHODS},
    {"cam", 0, LINT_OPT_FLAG, &o.cam,
     .help = "hint from the class activation maps of the input; logits and maps are removed from "
             "the stream"},
    {"replace", 0, LINT_OPT_FLAG, &o.replace,
     .help = "found masks in place of masks in the input (default: masks in the input are kept)"},
    LINT_OPTION_OUT(&o.out, "samples"),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-mask",
    .usage = "[options] [FILE]",
    .purpose = "Finds the object in each picture of a sample stream and adds it as `mask`. It uses "
               "the picture alone: no training, no annotation. If the input already has masks, it "
               "prints how well the found masks agree with them.",
    .options = options,
    .example = "  lint-mask data/train.lts -o data/masked.lts\n"
               "  lint-mask data/test.lts -o /dev/null    # only prints the agreement\n",
    .operands = {0, 1},
};

typedef struct job {
    lint_reader *in;
    lint_output *out;
    lint_threads *threads;
    lint_mask_how how;
    lint_mask_sums sums;
} job;

/* In a pipe the next program shows the progress. */
static lint_verbosity verbosity(void) {
    return o.verbosity == LINT_NORMAL && !o.out ? LINT_QUIET : o.verbosity;
}

static int mask_one(job *j, lint_frame *f, const char *name, size_t number, lint_err *e) {
    if (lint_mask_frame(f, &j->how, j->threads, &j->sums, e) < 0)
        return lint_err_prefix(e, "%s: frame %zu: ", name, number);
    if (lint_frame_write(f, lint_output_file(j->out), e) < 0)
        return lint_err_prefix(e, "%s: ", lint_output_name(o.out));
    return 0;
}

static int mask_all(job *j, const char *name, lint_err *e) {
    lint_frame f = {0};
    lint_progress progress;
    int got;
    lint_progress_start(&progress, "finding objects", "samples", 0, verbosity());
    for (size_t number = 1; (got = lint_reader_next(j->in, &f, e)) > 0; number++) {
        if ((got = mask_one(j, &f, name, number, e)) < 0) break;
        lint_progress_at(&progress, j->sums.samples);
    }
    lint_progress_end(&progress, j->sums.samples);
    lint_frame_free(&f);
    if (got == 0 && j->sums.samples == 0) return lint_fail(e, "%s: no samples", name);
    return got;
}

static void say_agreement(const lint_mask_sums *s, const char *name) {
    double n = (double)s->compared;
    lint_warn("%s: mean IoU %.3f with the masks of %zu pictures (recall %.3f, precision %.3f; IoU "
              "below %.1f in %.3f)%s",
              name, s->iou / n, s->compared, s->recall / n, s->precision / n, LINT_MASK_POOR,
              (double)s->poor / n, o.replace ? "" : "; masks of the input kept, see --replace");
}

static void say_end(const job *j, const char *name) {
    if (o.verbosity == LINT_QUIET) return;
    if (j->sums.compared) say_agreement(&j->sums, name);
    if (j->sums.nothing)
        lint_warn("%s: no object found in %zu of %zu pictures; their masks are empty", name,
                  j->sums.nothing, j->sums.samples);
}

int main(int argc, char **argv) {
    lint_err e;
    job j = {0};
    const char *name;
    char **arg = lint_cli_parse(&program, argc, argv);
    lint_refuse_terminal(o.out);
    j.how = (lint_mask_how){
        .method = (lint_mask_method)o.method, .replace = o.replace, .by_maps = o.cam};
    FILE *in = lint_open_input(arg[0], &name);
    j.in = lint_reader_new(in, name, &e);
    j.threads = lint_threads_new((int)o.threads, &e);
    lint_output_sweep(o.out);
    if (!j.in || !j.threads || !(j.out = lint_output_open(o.out, &e))) lint_die(&e);
    if (mask_all(&j, name, &e) < 0) {
        lint_output_abort(j.out);
        lint_die(&e);
    }
    if (lint_output_commit(j.out, &e) < 0) lint_die(&e);
    say_end(&j, name);
    lint_threads_free(j.threads);
    lint_reader_free(j.in);
    return 0;
}
