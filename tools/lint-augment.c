/* lint-augment: a filter over samples that turns, flips, lights and copies; with --epochs and
 * --shuffle the loader that feeds training. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "load/loader.h"

enum { FLIP_NOT_GIVEN = -1, FLIP_NONE, FLIP_H, FLIP_V, FLIP_HV };
#define ROTATE_NOT_GIVEN (-1.0)
#define QUARTER_TURN     90.0

static struct {
    const char *out;
    int flip, balance, shuffle, quiet, verbose;
    double rotate, crop, shift, brightness, noise;
    long epochs, frame, threads;
    uint64_t seed;
} o = {.flip = FLIP_NOT_GIVEN, .rotate = ROTATE_NOT_GIVEN, .crop = 1, .frame = 64};

static const lint_option options[] = {
    {"balance", 0, LINT_OPT_FLAG, &o.balance,
     .help =
         "copies of smaller classes' samples, appended until all classes are equal; copies are "
         "flipped both ways and rotated by up to 90 degrees unless --flip or --rotate is given"},
    {"flip", 0, LINT_OPT_CHOICE, &o.flip, "HOW",
     "random mirroring, each with probability 1/2: none, h (left-right), v (upside down) or hv "
     "(default none)",
     .choices = "none|h|v|hv"},
    {"rotate", 0, LINT_OPT_REAL, &o.rotate, "DEG",
     "random rotation by up to DEG degrees either way (default 0)", .max = 180},
    {"crop", 0, LINT_OPT_REAL, &o.crop, "F",
     "random window of F to 1 times each side, enlarged to the full size (default 1)", .min = 0.05,
     .max = 1},
    {"shift", 0, LINT_OPT_REAL, &o.shift, "F",
     "random shift by up to F times each side, either way (default 0)", .max = 1},
    {"brightness", 0, LINT_OPT_REAL, &o.brightness, "X",
     "random factor of 1-X to 1+X for the brightness (default 0)", .max = 1},
    {"noise", 0, LINT_OPT_REAL, &o.noise, "X",
     "Gaussian noise of a random standard deviation, 0 to X, where 1 is white (default 0)",
     .max = 1},
    {"epochs", 0, LINT_OPT_INT, &o.epochs, "N",
     "number of passes, each with new random changes; frames are marked 1 to N (default: one pass, "
     "unmarked)",
     .min = 1, .max = 1000000},
    {"shuffle", 0, LINT_OPT_FLAG, &o.shuffle, .help = "new random order in each pass"},
    {"frame", 0, LINT_OPT_INT, &o.frame, "N",
     "samples in a frame; 0 means one frame for each pass (default 64)", .max = 1000000000},
    LINT_OPTION_SEED(&o.seed, "all random choices"),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_OUT(&o.out, "samples"),
    LINT_OPTION_QUIET(&o.quiet),
    LINT_OPTION_VERBOSE(&o.verbose),
    {0}};

static const lint_program program = {
    .name = "lint-augment",
    .usage = "[options] [FILE]",
    .purpose =
        "Changes the pictures of a sample stream at random; masks change with them. Without "
        "options the samples pass unchanged. --balance, --shuffle and --epochs need random access "
        "to the samples, so a pipe is first copied to a temporary file.",
    .options = options,
    .example = "  lint-augment --balance data/train.lts -o data/balanced.lts\n"
               "  lint-augment --epochs 15 --shuffle --flip h --rotate 10 data/balanced.lts |\n"
               "      lint-train --train - --val data/val.lts -o model.safetensors\n",
    .operands = {0, 1},
};

/* What may happen to every sample; those of --balance are flipped and turned as well. */
static lint_load_plan make_plan(void) {
    int flip = o.flip == FLIP_NOT_GIVEN ? FLIP_NONE : o.flip;
    lint_load_plan p = {.seed = o.seed,
                        .frame = (size_t)o.frame,
                        .epochs = (uint64_t)o.epochs,
                        .shuffle = o.shuffle,
                        .balance = o.balance};
    p.each = (lint_augment){.flip_h = flip == FLIP_H || flip == FLIP_HV,
                            .flip_v = flip == FLIP_V || flip == FLIP_HV,
                            .rotate = o.rotate == ROTATE_NOT_GIVEN ? 0 : o.rotate,
                            .crop = o.crop,
                            .shift = o.shift,
                            .brightness = o.brightness,
                            .noise = o.noise};
    p.copy = p.each;
    if (o.flip == FLIP_NOT_GIVEN) p.copy.flip_h = p.copy.flip_v = 1;
    if (o.rotate == ROTATE_NOT_GIVEN) p.copy.rotate = QUARTER_TURN;
    return p;
}

/* In a pipe the next program shows the progress, so this one does only when it is asked to. */
static lint_verbosity verbosity(void) {
    if (o.verbose) return LINT_VERBOSE;
    return o.quiet || !o.out ? LINT_QUIET : LINT_NORMAL;
}

static int copy_all(lint_loader *in, lint_output *out, lint_err *e) {
    lint_frame f = {0};
    lint_progress progress;
    size_t done = 0;
    int got;
    lint_progress_start(&progress, "augmenting", "samples", lint_loader_total(in), verbosity());
    while ((got = lint_loader_next(in, &f, e)) > 0) {
        if ((got = lint_frame_write(&f, lint_output_file(out), e)) < 0) {
            lint_err_prefix(e, "%s: ", lint_output_name(o.out));
            break;
        }
        done += lint_frame_samples(&f);
        lint_progress_at(&progress, done);
    }
    lint_progress_end(&progress, done);
    lint_frame_free(&f);
    return got;
}

int main(int argc, char **argv) {
    lint_err e;
    char **arg = lint_cli_parse(&program, argc, argv);
    lint_refuse_terminal(o.out);
    lint_load_plan plan = make_plan();
    lint_threads *pool = lint_threads_new((int)o.threads, &e);
    if (!pool) lint_die(&e);
    lint_loader *in = lint_loader_new(arg[0], &plan, pool, &e);
    if (!in) lint_die(&e);
    lint_output *out = lint_output_open(o.out, &e);
    if (!out) lint_die(&e);
    if (copy_all(in, out, &e) < 0) {
        lint_output_abort(out);
        lint_die(&e);
    }
    if (lint_output_commit(out, &e) < 0) lint_die(&e);
    lint_loader_free(in);
    lint_threads_free(pool);
    return 0;
}
