/* lint-eval: scores of predictions, for all, by class and by group; models side by side. */
#include "answer/metrics.h"
#include "answer/scores_pairs.h"
#include "answer/top_cells.h"
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/standard_io.h"
#include "stream/each_frame.h"

#include <stdlib.h>
#include <string.h>

static struct {
    const char *out, *model;
    int json, compare, pairs;
    lint_verbosity verbosity;
    double radius;
    uint64_t seed;
    lint_list shares, metric;
} o = {.radius = 0.25};

static const lint_option options[] = {
    {"json", 0, LINT_OPT_FLAG, &o.json, .help = "JSON instead of tab-separated text"},
    {"model", 0, LINT_OPT_STR, &o.model, "NAME", .help = "name of the model in the JSON"},
    {"shares", 0, LINT_OPT_LIST, &o.shares, "WHAT",
     .help = "group weights for adjusted_mean: a stream whose groups are counted (the training "
             "set), or CLASS/PLACE=SHARE (CLASS=SHARE without places); may be repeated"},
    {"radius", 0, LINT_OPT_REAL, &o.radius, "R",
     .help = "radius of the centre for evidence_in_center, as a fraction of the image side "
             "(default 0.25)",
     .min = 0.001, .max = 1},
    {"compare", 0, LINT_OPT_FLAG, &o.compare,
     .help = "table of several models side by side, from JSON files of lint-eval"},
    {"pairs", 0, LINT_OPT_FLAG, &o.pairs,
     .help = "test of whether a second model is better than a first one over several seeds, from "
             "JSON files in the order A0 B0 A1 B1 and so on"},
    {"metric", 0, LINT_OPT_LIST, &o.metric, "NAME",
     .help = "metric to report with --pairs, as means and for each pair; may be repeated (default: "
             "the means of all, and worst_group and accuracy for each pair)"},
    LINT_OPTION_SEED(&o.seed, "the bootstrap of --pairs"),
    LINT_OPTION_OUT(&o.out, "scores"),
    LINT_OPTION_QUIET(&o.verbosity),
    {"verbose", 'v', LINT_OPT_VERBOSE, &o.verbosity,
     .help = "every score of every group in the table of --compare"},
    {0}};

static const lint_program program = {
    .name = "lint-eval",
    .usage = "[options] [PREDICTIONS...] | --compare A.json B.json... | --pairs A0.json B0.json...",
    .purpose = "Scores predictions: accuracy over all samples, by class and by group (a class on a "
               "background), and the share of the maps' evidence that lies on the object. Columns: "
               "metric, class, place (* means all), value, its 95 % interval, number of samples.",
    .options = options,
    .example =
        "  lint-cam model.safetensors data/test.lts | lint-eval --shares data/train.lts\n"
        "  lint-eval predictions.lts | awk -F'\\t' '$1 == \"worst_group\" {print $2, $3, $4}'\n"
        "  lint-eval --compare default.json camloss.json\n"
        "  lint-eval --pairs s0/default.json s0/camloss.json s1/default.json s1/camloss.json\n",
    .operands = {0, -1},
};

static size_t count(char **arg) {
    size_t n = 0;
    while (arg[n])
        n++;
    return n;
}

static lint_output *open_output(void) {
    lint_err e;
    lint_output *out = lint_output_open(o.out, &e);
    if (!out) lint_die(&e);
    return out;
}

/* Completes the output, or discards it if writing failed with e. */
static void commit(lint_output *out, int written, lint_err *e) {
    if (written < 0) {
        if (ferror(lint_output_file(out))) lint_err_prefix(e, "%s: ", lint_output_name(o.out));
        lint_output_abort(out);
    }
    if (written < 0 || lint_output_commit(out, e) < 0) lint_die(e);
}

/* --- predictions -> scores -------------------------------------------------------------------- */

static int add_frame(void *metrics, const lint_frame *f, lint_err *e) {
    return lint_metrics_add(metrics, f, e);
}

/* A share is a number for a group, or a stream to count groups in. */
static void add_share(lint_metrics *m, const char *what) {
    lint_err e;
    if (strchr(what, '=')) {
        if (lint_metrics_share_text(m, what, &e) < 0) lint_die(&e);
        return;
    }
    lint_dataset *set = lint_dataset_open(what, &e);
    if (!set) lint_die(&e);
    if (lint_metrics_share_set(m, set, &e) < 0) {
        lint_err_prefix(&e, "%s: ", what);
        lint_die(&e);
    }
    lint_dataset_free(set);
}

/* The other scores of evidence cannot tell such a map from one that finds the object. */
static void warn_of_window(const lint_scores *s) {
    const lint_score *r = lint_scores_find(s, "evidence_in_top_cells", NULL, NULL);
    if (!r || r->value <= LINT_TOP_CELLS_FIXED || o.verbosity == LINT_QUIET) return;
    lint_warn(
        "%s%s%.0f %% of all evidence lies in the same 5 %% of cells on all pictures: the map is "
        "a fixed window and does not follow the object",
        o.model ? o.model : "", o.model ? ": " : "", 100 * r->value);
}

static void evaluate(char **paths) {
    lint_err e;
    static char *from_stdin[] = {"-", NULL};
    lint_metrics *m = lint_metrics_new(o.radius, &e);
    if (!m) lint_die(&e);
    for (char **p = *paths ? paths : from_stdin; *p; p++) {
        const char *name;
        FILE *in = lint_open_input(*p, &name);
        if (lint_each_frame(in, name, add_frame, m, &e) < 0) lint_die(&e);
        lint_close_input(in);
    }
    lint_scores s = {.model = o.model ? strdup(o.model) : NULL};
    for (size_t i = 0; i < o.shares.n && lint_metrics_count(m); i++)
        add_share(m, o.shares.v[i]);
    if (lint_metrics_scores(m, &s, &e) < 0) {
        lint_err_prefix(&e, "%s: ", lint_input_name(*paths));
        lint_die(&e);
    }
    lint_output *out = open_output();
    int written = 0;
    if (o.json)
        written = lint_scores_write_json(&s, lint_output_file(out), &e);
    else
        lint_scores_write_tsv(&s, lint_output_file(out));
    commit(out, written, &e);
    warn_of_window(&s);
    lint_scores_free(&s);
    lint_metrics_free(m);
}

/* --- scores -> tables ------------------------------------------------------------------------- */

static lint_scores *read_all(char **paths, size_t n) {
    lint_err e;
    lint_scores *s = calloc(n, sizeof *s);
    if (!s) {
        lint_fail_mem(&e, "scores");
        lint_die(&e);
    }
    for (size_t i = 0; i < n; i++)
        if (lint_scores_read(&s[i], paths[i], &e) < 0) lint_die(&e);
    return s;
}

static void free_all(lint_scores *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        lint_scores_free(&s[i]);
    free(s);
}

static void compare(char **paths) {
    lint_err e;
    size_t n = count(paths);
    if (n < 1) lint_usage("--compare needs the JSON files of lint-eval --json");
    lint_scores *s = read_all(paths, n);
    lint_output *out = open_output();
    commit(out, lint_scores_compare(s, n, o.verbosity == LINT_VERBOSE, lint_output_file(out), &e),
           &e);
    free_all(s, n);
}

static void pair_up(char **paths) {
    lint_err e;
    lint_pairs p;
    size_t n = count(paths);
    if (n < 2 || n % 2) lint_usage("--pairs needs an even number of JSON files, not %zu", n);
    lint_scores *s = read_all(paths, n);
    if (lint_pairs_make(&p, s, n / 2, o.metric.v, o.metric.n, o.seed, &e) < 0) lint_die(&e);
    lint_output *out = open_output();
    FILE *f = lint_output_file(out);
    commit(out, o.json ? lint_pairs_write_json(&p, f, &e) : lint_pairs_write_text(&p, f, &e), &e);
    lint_pairs_free(&p);
    free_all(s, n);
}

int main(int argc, char **argv) {
    char **operands = lint_cli_parse(&program, argc, argv);
    if (o.compare && o.pairs) lint_usage("--compare and --pairs exclude each other");
    if ((o.compare || o.pairs) && (o.model || o.shares.n))
        lint_usage("--model and --shares are for predictions, not for --compare or --pairs");
    if (o.json && o.compare) lint_usage("--compare and --json exclude each other");
    if ((o.metric.n || o.seed) && !o.pairs) lint_usage("--metric and --seed need --pairs");
    if (o.compare)
        compare(operands);
    else if (o.pairs)
        pair_up(operands);
    else
        evaluate(operands);
    return 0;
}
