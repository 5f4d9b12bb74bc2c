/* lint-synth: makes data sets with a spurious correlation between class and background, drawn or
 * composed. */
#include "base/cli.h"
#include "base/interrupt.h"
#include "synth/synth_compose.h"
#include <stdlib.h>
#include <string.h>

#define NOT_GIVEN (-1.0)

enum { HOLD_AT = 20 };

static struct {
    const char *out, *train, *val, *test, *root;
    double correlation, val_correlation, test_correlation, jitter, size_lo, size_hi;
    lint_list objects, places;
    lint_size size;
    uint64_t seed;
    long threads, hold_at;
    lint_verbosity verbosity;
    char **words; /* the command line with repeated option names */
} o = {.correlation = NOT_GIVEN,
       .val_correlation = NOT_GIVEN,
       .test_correlation = NOT_GIVEN,
       .hold_at = HOLD_AT,
       .jitter = 0.08,
       .size_lo = 0.50,
       .size_hi = 0.74,
       .size = {192, 192}};

static const lint_option options[] = {
    {"out", 'o', LINT_OPT_STR, &o.out, "DIR",
     .help = "folder for the data set; it must be empty or not exist"},
    {"objects", 0, LINT_OPT_LIST, &o.objects, "NAME=DIR",
     .help = "folder with one class's cut-outs (PNG with alpha), or a list of tab-separated class, "
             "path and identity; may be repeated"},
    {"places", 0, LINT_OPT_LIST, &o.places, "NAME=DIR",
     .help = "folder with photographs of the matching class's place, or a list of tab-separated "
             "place, path, train|test and part; may be repeated"},
    {"root", 0, LINT_OPT_STR, &o.root, "DIR",
     .help = "folder for relative paths in lists (default: the list's folder)"},
    {"train", 0, LINT_OPT_STR, &o.train, "N[,N]",
     .help = "number of training pictures, for each class or one for all (default: 188,89 drawn; "
             "500 composed)"},
    {"val", 0, LINT_OPT_STR, &o.val, "N[,N]",
     .help = "number of validation pictures, in the same form (default: 60 drawn; 100 composed)"},
    {"test", 0, LINT_OPT_STR, &o.test, "N[,N]",
     .help = "number of test pictures, in the same form (default: 300 drawn; 200 composed)"},
    {"correlation", 0, LINT_OPT_REAL, &o.correlation, "P",
     .help = "share of training pictures that show their class's place (default: 1 drawn; 0.95 "
             "composed)",
     .max = 1},
    {"val-correlation", 0, LINT_OPT_REAL, &o.val_correlation, "P",
     .help =
         "share of validation pictures that show their class's place (default: as for training)",
     .max = 1},
    {"test-correlation", 0, LINT_OPT_REAL, &o.test_correlation, "P",
     .help = "share of test pictures that show their class's place; composed sets only (default: "
             "all places equally)",
     .max = 1},
    {"hold-out-at", 0, LINT_OPT_INT, &o.hold_at, "N",
     .help = "minimum number of individuals in every class at which a quarter of them is held out "
             "for the test (default 20)",
     .min = 2, .max = 1000000},
    {"size", 0, LINT_OPT_SIZE, &o.size, "WxH",
     .help = "width and height of the pictures, in pixels (default 192x192)"},
    {"object-min", 0, LINT_OPT_REAL, &o.size_lo, "S",
     .help = "size of the smallest object: square root of the share of the picture that its "
             "bounding box covers (default 0.50)",
     .min = .05, .max = 1},
    {"object-max", 0, LINT_OPT_REAL, &o.size_hi, "S",
     .help = "size of the largest object, measured in the same way (default 0.74)", .min = .05,
     .max = 1},
    {"jitter", 0, LINT_OPT_REAL, &o.jitter, "F",
     .help = "maximum distance of the object's centre from the picture's, as a fraction of its "
             "side (default 0.08)",
     .max = .5},
    LINT_OPTION_SEED(&o.seed, "all random choices"),
    LINT_OPTION_THREADS(&o.threads),
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-synth",
    .usage = "[options] -o DIR orca-leopard | --objects A=DIR B=DIR --places X=DIR Y=DIR",
    .purpose = "Makes a data set with a spurious correlation between class and background. It is a "
               "folder with images/, masks/ of the objects, and metadata.csv with the class and "
               "place of each picture. orca-leopard is drawn: leopards on green and orcas on blue, "
               "and in the test set both on green, blue and odd backgrounds. Other sets are "
               "composed: cut-outs pasted onto photographs, class A mostly on place X and B on Y.",
    .options = options,
    .example = "  lint-synth orca-leopard -o data/orca-leopard\n"
               "  lint-synth --objects cat=cats dog=dogs --places sofa=in lawn=out -o data/pets\n",
    .operands = {0, 1},
};

/* `--objects A=DIR B=DIR`: writes the option again before every NAME=DIR that follows its value. */
static char **repeat_option(int *argc, char **argv) {
    char **to = malloc((2 * (size_t)*argc + 1) * sizeof *to), *option = NULL;
    int n = 0, value = 0; /* value: the next word is the option's own */
    if (!to) return argv;
    for (int i = 0; i < *argc; i++) {
        char *a = argv[i];
        if (value)
            value = 0;
        else if (i > 0 && (strcmp(a, "--objects") == 0 || strcmp(a, "--places") == 0)) {
            option = a;
            value = 1;
        } else if (a[0] == '-' || !strchr(a, '=')) {
            option = NULL;
        } else if (option) {
            to[n++] = option;
        }
        to[n++] = a;
    }
    to[n] = NULL;
    *argc = n;
    return to;
}

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
    lint_usage("--%s '%s': expected one number up to %d, or %zu separated by commas", option, text,
               LINT_SYNTH_MAX_COUNT, classes);
}

static double either(double given, double otherwise) {
    return given < 0 ? otherwise : given;
}

static lint_synth_plan make_plan(size_t classes, int drawn) {
    lint_synth_plan p = {
        .seed = o.seed, .jitter = o.jitter, .size_lo = o.size_lo, .size_hi = o.size_hi};
    const char *train = o.train ? o.train : drawn ? "188,89" : "500";
    const char *val = o.val ? o.val : drawn ? "60" : "100";
    const char *test = o.test ? o.test : drawn ? "300" : "200";
    parse_counts("train", train, classes, p.count[LINT_SYNTH_TRAIN]);
    parse_counts("val", val, classes, p.count[LINT_SYNTH_VAL]);
    parse_counts("test", test, classes, p.count[LINT_SYNTH_TEST]);
    p.correlation[LINT_SYNTH_TRAIN] = either(o.correlation, drawn ? 1 : 0.95);
    p.correlation[LINT_SYNTH_VAL] = either(o.val_correlation, p.correlation[LINT_SYNTH_TRAIN]);
    p.correlation[LINT_SYNTH_TEST] = either(o.test_correlation, 1.0 / (double)classes);
    return p;
}

static void check_usage(const char *operand) {
    if (!o.out) lint_usage("-o DIR is missing");
    if (o.size_lo > o.size_hi) lint_usage("--object-min is larger than --object-max");
    if (o.size.w > LINT_SYNTH_MAX_SIDE || o.size.h > LINT_SYNTH_MAX_SIDE)
        lint_usage("--size: at most %d pixels on a side", LINT_SYNTH_MAX_SIDE);
    if (operand && strcmp(operand, "orca-leopard") != 0)
        lint_usage("unknown data set '%s'; the only one built in is orca-leopard", operand);
    if (operand && (o.objects.n || o.places.n))
        lint_usage("orca-leopard takes no --objects and no --places");
    if (operand && (o.root || o.hold_at != HOLD_AT))
        lint_usage("--root and --hold-out-at are for composed sets");
    if (!operand && !(o.objects.n && o.places.n))
        lint_usage("nothing to make: give orca-leopard, or --objects and --places");
    if (operand && o.test_correlation >= 0)
        lint_usage("--test-correlation is for composed sets; orca-leopard's test set is fixed");
}

static int add_sources(lint_synth_list *l, const lint_list *from, int kind, lint_err *e) {
    for (size_t i = 0; i < from->n; i++)
        if (lint_synth_list_add(l, from->v[i], kind, o.root, e) < 0) return -1;
    return 0;
}

/* The report's lines, one message each. */
static void tell(char *report) {
    for (char *line = strtok(report, "\n"); line && o.verbosity != LINT_QUIET;
         line = strtok(NULL, "\n"))
        lint_warn("%s", line);
    free(report);
}

static int compose(lint_synth *s, lint_threads *pool, lint_err *e) {
    lint_synth_list objects = {0}, places = {0};
    char *report = NULL;
    if (add_sources(&objects, &o.objects, LINT_SYNTH_OBJECTS, e) < 0 ||
        add_sources(&places, &o.places, LINT_SYNTH_PLACES, e) < 0) {
        lint_synth_list_free(&objects);
        lint_synth_list_free(&places);
        return -1;
    }
    lint_synth_plan plan = make_plan(objects.n_names, 0);
    if (lint_synth_compose(s, &plan, &objects, &places, (size_t)o.hold_at, o.size.w, o.size.h, pool,
                           &report, e) < 0)
        return -1;
    tell(report);
    return 0;
}

static int draw(lint_synth *s, lint_err *e) {
    lint_synth_plan plan = make_plan(2, 1);
    return lint_synth_drawn(s, &plan, e);
}

typedef struct run {
    lint_progress progress;
    const volatile sig_atomic_t *stop;
} run;

/* Between pictures, a signal ends the run, which leaves nothing. */
static int step(void *ctx, size_t done) {
    run *r = ctx;
    lint_progress_at(&r->progress, done);
    return *r->stop;
}

int main(int argc, char **argv) {
    lint_err e;
    lint_synth s;
    run r;
    o.words = repeat_option(&argc, argv);
    char **arg = lint_cli_parse(&program, argc, o.words);
    check_usage(arg[0]);
    lint_threads *pool = lint_threads_new((int)o.threads, &e);
    if (!pool) lint_die(&e);
    if ((arg[0] ? draw(&s, &e) : compose(&s, pool, &e)) < 0) lint_die(&e);
    r.stop = lint_interrupt_catch();
    lint_progress_start(&r.progress, arg[0] ? "drawing" : "composing", "pictures", s.n,
                        o.verbosity);
    if (lint_synth_write(&s, o.out, o.size.w, o.size.h, pool, step, &r, &e) < 0) {
        if (*r.stop) lint_interrupt_die();
        lint_die(&e);
    }
    lint_progress_end(&r.progress, s.n);
    lint_synth_free(&s);
    lint_threads_free(pool);
    lint_close_stdout();
    return 0;
}
