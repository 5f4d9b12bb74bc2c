/* lint-synth: makes data sets whose backgrounds mislead, drawn or composed, as folders. */
#include "cli.h"
#include "synth.h"
#include <stdlib.h>
#include <string.h>

static struct {
    const char *out, *train, *val, *test;
    double correlation, val_correlation, jitter, size_lo, size_hi;
    lint_size size;
    uint64_t seed;
    long threads;
    int quiet, verbose;
} o = {.train = "188,89",
       .val = "60",
       .test = "300",
       .correlation = -1,
       .val_correlation = -1,
       .jitter = 0.08,
       .size_lo = 0.40,
       .size_hi = 0.62,
       .size = {192, 192}};

static const lint_option options[] = {
    {"out", 'o', LINT_OPT_STR, &o.out, "DIR",
     .help = "make this folder; it must not exist, or be empty"},
    {"train", 0, LINT_OPT_STR, &o.train, "N[,N]",
     .help = "training pictures of each class, or of all alike (188,89)"},
    {"val", 0, LINT_OPT_STR, &o.val, "N[,N]", .help = "the same for validation (60)"},
    {"test", 0, LINT_OPT_STR, &o.test, "N[,N]", .help = "the same for the test (300)"},
    {"correlation", 0, LINT_OPT_REAL, &o.correlation, "P",
     .help = "share of training pictures in the place of their class (1)", .max = 1},
    {"val-correlation", 0, LINT_OPT_REAL, &o.val_correlation, "P",
     .help = "the same for validation (as --correlation)", .max = 1},
    {"size", 0, LINT_OPT_SIZE, &o.size, "WxH", .help = "of the pictures (192x192)"},
    {"object-min", 0, LINT_OPT_REAL, &o.size_lo, "S",
     .help = "smallest object: side of a square as large as its box, in picture sides (0.40)",
     .min = .05, .max = 1},
    {"object-max", 0, LINT_OPT_REAL, &o.size_hi, "S", .help = "largest object (0.62)", .min = .05,
     .max = 1},
    {"jitter", 0, LINT_OPT_REAL, &o.jitter, "F",
     .help = "object's middle lies within F of the picture's (0.08)", .max = .5},
    {"seed", 0, LINT_OPT_U64, &o.seed, "N", .help = "seed of every random choice (0)"},
    {"threads", 0, LINT_OPT_INT, &o.threads, "N", .help = "threads (0: one for each processor)",
     .max = 1024},
    {"quiet", 'q', LINT_OPT_FLAG, &o.quiet, .help = "no progress"},
    {"verbose", 'v', LINT_OPT_FLAG, &o.verbose, .help = "progress where it is no terminal, too"},
    {0}};

static const lint_program program = {
    .name = "lint-synth",
    .usage = "[options] -o DIR orca-leopard",
    .purpose =
        "Makes a data set as a folder: images/, masks/ of the objects, and metadata.csv with "
        "class and place of each picture. orca-leopard: drawn leopards, on green in training "
        "and validation, and orcas, on blue; both on green, blue and odd grounds in the test.",
    .options = options,
    .example = "  lint-synth orca-leopard -o data/orca-leopard\n"
               "  lint-split data/orca-leopard -o data/orca-leopard.lts\n",
    .operands = {0, 1},
};

/* "188,89" or "100": pictures of each of `classes` classes. */
static void parse_counts(const char *option, const char *text, size_t classes, size_t *count) {
    const char *p = text;
    size_t n = 0;
    for (;;) {
        char *end;
        if (*p < '0' || *p > '9') break;
        unsigned long long v = strtoull(p, &end, 10);
        if (n == classes || v > LINT_SYNTH_MAX_COUNT) break;
        count[n++] = (size_t)v;
        if (*end == 0) {
            if (n != 1 && n != classes) break;
            for (; n < classes; n++)
                count[n] = count[0];
            return;
        }
        if (*end != ',') break;
        p = end + 1;
    }
    lint_usage("--%s '%s': expected one number up to %d, or %zu with commas between", option, text,
               LINT_SYNTH_MAX_COUNT, classes);
}

static lint_synth_plan make_plan(size_t classes) {
    lint_synth_plan p = {
        .seed = o.seed, .jitter = o.jitter, .size_lo = o.size_lo, .size_hi = o.size_hi};
    if (o.size_lo > o.size_hi) lint_usage("--object-min is larger than --object-max");
    parse_counts("train", o.train, classes, p.count[LINT_SYNTH_TRAIN]);
    parse_counts("val", o.val, classes, p.count[LINT_SYNTH_VAL]);
    parse_counts("test", o.test, classes, p.count[LINT_SYNTH_TEST]);
    p.correlation[LINT_SYNTH_TRAIN] = o.correlation < 0 ? 1 : o.correlation;
    p.correlation[LINT_SYNTH_VAL] =
        o.val_correlation < 0 ? p.correlation[LINT_SYNTH_TRAIN] : o.val_correlation;
    return p;
}

static void step(void *progress, size_t done) {
    lint_progress_at(progress, done);
}

int main(int argc, char **argv) {
    lint_err e;
    lint_synth s;
    lint_progress progress;
    char **arg = lint_cli_parse(&program, argc, argv);
    if (!o.out) lint_usage("-o DIR is missing");
    if (arg[0] && strcmp(arg[0], "orca-leopard") != 0)
        lint_usage("'%s' is not known; built in is orca-leopard", arg[0]);
    lint_synth_plan plan = make_plan(2);
    lint_pool *pool = lint_pool_new((int)o.threads, &e);
    if (!pool) lint_die(&e);
    if (lint_synth_drawn(&s, &plan, &e) < 0) lint_die(&e);
    lint_verbosity v = o.quiet ? LINT_QUIET : o.verbose ? LINT_VERBOSE : LINT_NORMAL;
    lint_progress_start(&progress, "drawing", "pictures", s.n, v);
    if (lint_synth_write(&s, o.out, o.size.w, o.size.h, pool, step, &progress, &e) < 0)
        lint_die(&e);
    lint_progress_end(&progress, s.n);
    lint_synth_free(&s);
    lint_pool_free(pool);
    lint_close_stdout();
    return 0;
}
