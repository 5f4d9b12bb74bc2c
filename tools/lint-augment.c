/* lint-augment: augmentation of samples: rotations, flips, crops, changes of light, swapped
 * backgrounds, copies for class balance. With --epochs and --shuffle it is the loader for training. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "load/loader.h"

enum { FLIP_NOT_GIVEN = -1, FLIP_NONE, FLIP_H, FLIP_V, FLIP_HV };
enum { SWAP_BY_NOT_GIVEN = -1 };
#define ROTATE_NOT_GIVEN (-1.0)
#define QUARTER_TURN     90.0

/* A background need not look natural. It only has to be different each time. */
static const lint_augment DONOR = {.flip_h = 1, .crop = 0.5};
static const lint_augment RECOLOURED = {
    .flip_h = 1, .crop = 0.5, .hue = 180, .saturation = 1, .brightness = 0.5};

static struct {
    const char *out;
    int flip, balance, balance_groups, shuffle;
    lint_verbosity verbosity;
    double rotate, crop, center_crop, shift, scale, brightness, hue, saturation, grey, noise, swap,
        swap_colour;
    int swap_by;
    long epochs, frame, threads;
    uint64_t seed;
} o = {.flip = FLIP_NOT_GIVEN,
       .rotate = ROTATE_NOT_GIVEN,
       .crop = 1,
       .center_crop = 1,
       .swap_by = SWAP_BY_NOT_GIVEN,
       .frame = 64};

static const lint_option options[] = {
    {"balance", 0, LINT_OPT_FLAG, &o.balance,
     .help = "copies of smaller classes' samples, appended until all classes have the same size; "
             "copies are flipped both ways and rotated by up to 90 degrees unless --flip or "
             "--rotate is given"},
    {"balance-groups", 0, LINT_OPT_FLAG, &o.balance_groups,
     .help = "as many samples as the input has, but the same number of each group (class and "
             "place): a part of a large group, copies as with --balance of a small one"},
    {"flip", 0, LINT_OPT_CHOICE, &o.flip, "HOW",
     "random mirroring, each with probability 1/2: none, h (left-right), v (upside down) or hv "
     "(default none)",
     .choices = "none|h|v|hv"},
    {"rotate", 0, LINT_OPT_REAL, &o.rotate, "DEG",
     "random rotation by up to DEG degrees either way (default 0)", .max = 180},
    {"crop", 0, LINT_OPT_REAL, &o.crop, "F",
     "random window of F to 1 times each side, enlarged to the full size (default 1)", .min = 0.05,
     .max = 1},
    {"center-crop", 0, LINT_OPT_REAL, &o.center_crop, "F",
     "share of each side, from the middle, that fills the picture; the same for every sample "
     "(default 1)",
     .min = 0.05, .max = 1},
    {"shift", 0, LINT_OPT_REAL, &o.shift, "F",
     "random shift by up to F times each side, either way (default 0)", .max = 1},
    {"brightness", 0, LINT_OPT_REAL, &o.brightness, "X",
     "random factor of 1-X to 1+X for the brightness (default 0)", .max = 1},
    {"scale", 0, LINT_OPT_REAL, &o.scale, "S",
     "random change of size by a factor of up to 1+S either way; edges are mirrored (default 0)",
     .max = 1},
    {"hue", 0, LINT_OPT_REAL, &o.hue, "DEG",
     "random rotation of the hue by up to DEG degrees either way (default 0)", .max = 180},
    {"saturation", 0, LINT_OPT_REAL, &o.saturation, "X",
     "random factor of 1-X to 1+X for the saturation (default 0)", .max = 1},
    {"grey", 0, LINT_OPT_REAL, &o.grey, "P", "probability of a picture without colour (default 0)",
     .max = 1},
    {"swap-background", 0, LINT_OPT_REAL, &o.swap, "P",
     "probability of a background from another picture of the input, of any class (default 0)",
     .max = 1},
    {"swap-by", 0, LINT_OPT_CHOICE, &o.swap_by, "HOW",
     "region that counts as the object: center (a soft ellipse in the middle) or mask (the "
     "sample's own mask) (default center)",
     .choices = LINT_SWAP_CHOICES},
    {"swap-colour", 0, LINT_OPT_REAL, &o.swap_colour, "P",
     "probability that such a background gets other colours: any hue, saturation and brightness "
     "(default 0)",
     .max = 1},
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
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-augment",
    .usage = "[options] [FILE]",
    .purpose =
        "Changes the pictures of a sample stream at random; masks change with them. Without "
        "options the samples pass unchanged. --balance, --balance-groups, --shuffle, "
        "--swap-background and --epochs need random access to the samples, so a pipe is first "
        "copied to a temporary file.",
    .options = options,
    .example =
        "  lint-augment --balance data/train.lts -o data/balanced.lts\n"
        "  lint-augment --epochs 15 --shuffle --flip h --rotate 10 data/balanced.lts |\n"
        "      lint-train --net standard --train - --val data/val.lts -o model.safetensors\n",
    .first = "balance flip rotate crop swap-background swap-by epochs shuffle frame seed threads "
             "out quiet verbose",
    .operands = {0, 1},
};

/* What may happen to every sample; those of --balance are flipped and turned as well. */
static lint_load_plan make_plan(void) {
    int flip = o.flip == FLIP_NOT_GIVEN ? FLIP_NONE : o.flip;
    lint_load_plan p = {.seed = o.seed,
                        .frame = (size_t)o.frame,
                        .epochs = (uint64_t)o.epochs,
                        .shuffle = o.shuffle,
                        .balance = o.balance_groups ? LINT_LOAD_GROUPS
                                   : o.balance      ? LINT_LOAD_CLASSES
                                                    : LINT_LOAD_AS_IS,
                        .swap = o.swap,
                        .swap_by = o.swap_by == LINT_SWAP_MASK ? LINT_SWAP_MASK : LINT_SWAP_CENTER};
    p.each = (lint_augment){.flip_h = flip == FLIP_H || flip == FLIP_HV,
                            .flip_v = flip == FLIP_V || flip == FLIP_HV,
                            .rotate = o.rotate == ROTATE_NOT_GIVEN ? 0 : o.rotate,
                            .crop = o.crop,
                            .shift = o.shift,
                            .center = o.center_crop < 1 ? o.center_crop : 0,
                            .scale = o.scale,
                            .brightness = o.brightness,
                            .hue = o.hue,
                            .saturation = o.saturation,
                            .grey = o.grey,
                            .noise = o.noise};
    p.copy = p.each;
    if (o.flip == FLIP_NOT_GIVEN) p.copy.flip_h = p.copy.flip_v = 1;
    if (o.rotate == ROTATE_NOT_GIVEN) p.copy.rotate = QUARTER_TURN;
    p.recolour = o.swap_colour;
    p.donor = DONOR;
    p.recoloured = RECOLOURED;
    return p;
}

/* In a pipe the next program shows the progress, so this one does only when it is asked to. */
static lint_verbosity verbosity(void) {
    return o.verbosity == LINT_NORMAL && !o.out ? LINT_QUIET : o.verbosity;
}

static int copy_all(lint_loader *in, const char *name, lint_output *out, lint_err *e) {
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
    if (got == 0 && done == 0) return lint_fail(e, "%s: no samples", name);
    return got;
}

static void check_options(void) {
    if (o.balance && o.balance_groups)
        lint_usage("--balance-groups evens out classes too: leave out --balance");
    if (o.swap > 0) return;
    if (o.swap_by != SWAP_BY_NOT_GIVEN) lint_usage("--swap-by needs --swap-background");
    if (o.swap_colour > 0) lint_usage("--swap-colour needs --swap-background");
}

int main(int argc, char **argv) {
    lint_err e;
    char **arg = lint_cli_parse(&program, argc, argv);
    check_options();
    lint_refuse_terminal(o.out);
    lint_load_plan plan = make_plan();
    lint_threads *pool = lint_threads_new((int)o.threads, &e);
    if (!pool) lint_die(&e);
    lint_loader *in = lint_loader_new(arg[0], &plan, pool, &e);
    if (!in) lint_die(&e);
    lint_output_sweep(o.out);
    lint_output *out = lint_output_open(o.out, &e);
    if (!out) lint_die(&e);
    if (copy_all(in, lint_input_name(arg[0]), out, &e) < 0) {
        lint_output_abort(out);
        lint_die(&e);
    }
    if (lint_output_commit(out, &e) < 0) lint_die(&e);
    lint_loader_free(in);
    lint_threads_free(pool);
    return 0;
}
