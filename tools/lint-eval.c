/* lint-eval: scores of predictions over all samples, by class and by group, and tables of several
 * models. */
#include "answer/metrics.h"
#include "answer/sample_list.h"
#include "answer/scores_pairs.h"
#include "answer/top_cells.h"
#include "answer/verdict.h"
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/same_file.h"
#include "base/standard_io.h"
#include "stream/each_frame.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RADIUS 0.25

static struct {
    const char *out, *model, *samples, *verdict, *command;
    int json, compare, pairs;
    lint_verbosity verbosity;
    double radius; /* 0: not given */
    uint64_t seed;
    lint_list shares, metric, remedy;
} o;

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
    {"samples", 0, LINT_OPT_STR, &o.samples, "FILE",
     .help = "tab-separated list of all samples, highest loss first: name, truth, answer, its "
             "probability, place, share of evidence inside the object, loss (default: none)"},
    {"compare", 0, LINT_OPT_FLAG, &o.compare,
     .help = "table of several models side by side, from JSON files of lint-eval"},
    {"pairs", 0, LINT_OPT_FLAG, &o.pairs,
     .help = "test of whether the second model of each pair is better than the first over several "
             "seeds, from JSON files in the order A0 B0 A1 B1 and so on"},
    {"metric", 0, LINT_OPT_LIST, &o.metric, "NAME",
     .help = "metric to report with --pairs, as means and for each pair; may be repeated (default: "
             "means of all metrics; worst_group and accuracy for each pair)"},
    {"verdict", 0, LINT_OPT_STR, &o.verdict, "AUDIT",
     .help = "verdict in sentences on models by their JSON files, the first trained as usual, with "
             "the JSON file of lint-audit"},
    {"remedy", 0, LINT_OPT_LIST, &o.remedy, "TEXT",
     .help = "sentence for the verdict on models that still go by the background; may be repeated"},
    {"command", 0, LINT_OPT_STR, &o.command, "TEXT",
     .help = "last line of the verdict, with % for the name of the recommended model"},
    LINT_OPTION_SEED(&o.seed, "the bootstrap of --pairs"),
    LINT_OPTION_OUT(&o.out, "scores"),
    LINT_OPTION_QUIET(&o.verbosity),
    {"verbose", 'v', LINT_OPT_VERBOSE, &o.verbosity,
     .help = "all scores of all groups in the table of --compare"},
    {0}};

static const lint_program program = {
    .name = "lint-eval",
    .usage =
        "[options] [PREDICTIONS...] | --compare A.json B.json... | --pairs A0.json B0.json... | "
        "--verdict AUDIT.json A.json B.json...",
    .purpose = "Scores predictions: accuracy over all samples, by class and by group (a class on a "
               "background), and the share of the maps' evidence that lies on the object. Columns: "
               "metric, class, place (* means all), value, its 95 % interval, number of samples.",
    .options = options,
    .example =
        "  lint-cam model.safetensors data/test.lts | lint-eval --shares data/train.lts\n"
        "  lint-eval predictions.lts | awk -F'\\t' '$1 == \"worst_group\" {print $2, $3, $4}'\n"
        "  lint-eval --compare default.json camloss.json\n"
        "  lint-eval --pairs s0/default.json s0/camloss.json s1/default.json s1/camloss.json\n"
        "  lint-eval --verdict audit.json default.json camloss.json\n",
    .operands = {0, -1},
};

static size_t count(char **arg) {
    size_t n = 0;
    while (arg[n])
        n++;
    return n;
}

static lint_output *open_output(const char *path) {
    lint_err e;
    lint_output *out = lint_output_open(path, &e);
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

typedef struct evaluation {
    lint_metrics *metrics;
    lint_sample_list *list; /* NULL without --samples */
} evaluation;

static int add_frame(void *ctx, const lint_frame *f, lint_err *e) {
    evaluation *v = ctx;
    if (lint_metrics_add(v->metrics, f, e) < 0) return -1;
    return v->list ? lint_sample_list_add(v->list, f, e) : 0;
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
    lint_warn("%s%s%.0f %% of all evidence lies in the same 5 %% of cells on all pictures: the map "
              "is a fixed window and does not follow the object",
              o.model ? o.model : "", o.model ? ": " : "", 100 * r->value);
}

static int write_scores(const lint_scores *s, FILE *out, lint_err *e) {
    if (o.json) return lint_scores_write_json(s, out, e);
    lint_scores_write_tsv(s, out);
    return isatty(fileno(out)) ? lint_scores_write_confusion(s, out, e) : 0;
}

/* Both outputs appear, or none. */
static void write_all(const lint_scores *s, lint_sample_list *list) {
    lint_err e;
    lint_output *out[] = {open_output(o.out), list ? open_output(o.samples) : NULL};
    int err = write_scores(s, lint_output_file(out[0]), &e);
    if (err && ferror(lint_output_file(out[0])))
        lint_err_prefix(&e, "%s: ", lint_output_name(o.out));
    if (!err && list) lint_sample_list_write(list, lint_output_file(out[1]));
    for (size_t i = 0; err && i < 2; i++)
        lint_output_abort(out[i]);
    if (err || lint_output_commit_all(out, 2, &e) < 0) lint_die(&e);
}

static void evaluate(char **paths) {
    lint_err e;
    static char *from_stdin[] = {"-", NULL};
    evaluation v = {.metrics = lint_metrics_new(o.radius > 0 ? o.radius : RADIUS, &e)};
    if (v.metrics && o.samples) v.list = lint_sample_list_new(&e);
    if (!v.metrics || (o.samples && !v.list)) lint_die(&e);
    for (char **p = *paths ? paths : from_stdin; *p; p++) {
        const char *name;
        FILE *in = lint_open_input(*p, &name);
        if (lint_each_frame(in, name, add_frame, &v, &e) < 0) lint_die(&e);
        lint_close_input(in);
    }
    lint_scores s = {.model = o.model ? strdup(o.model) : NULL};
    for (size_t i = 0; i < o.shares.n && lint_metrics_count(v.metrics); i++)
        add_share(v.metrics, o.shares.v[i]);
    if (lint_metrics_scores(v.metrics, &s, &e) < 0) {
        lint_err_prefix(&e, "%s: ", lint_input_name(*paths));
        lint_die(&e);
    }
    write_all(&s, v.list);
    warn_of_window(&s);
    lint_scores_free(&s);
    lint_metrics_free(v.metrics);
    lint_sample_list_free(v.list);
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
    lint_output *out = open_output(o.out);
    commit(out, lint_scores_compare(s, n, o.verbosity == LINT_VERBOSE, lint_output_file(out), &e),
           &e);
    free_all(s, n);
}

static void judge(char **paths) {
    lint_err e;
    lint_verdict v = {
        .n = count(paths), .remedy = o.remedy.v, .remedies = o.remedy.n, .command = o.command};
    if (v.n < 1) lint_usage("--verdict needs the JSON files of lint-eval --json");
    if (lint_verdict_read_audit(&v, o.verdict, &e) < 0) lint_die(&e);
    lint_scores *s = read_all(paths, v.n);
    v.s = s;
    lint_output *out = open_output(o.out);
    commit(out, lint_verdict_write(&v, lint_output_file(out), &e), &e);
    free_all(s, v.n);
}

static void pair_up(char **paths) {
    lint_err e;
    lint_pairs p;
    size_t n = count(paths);
    if (n < 2 || n % 2) lint_usage("--pairs needs an even number of JSON files, not %zu", n);
    lint_scores *s = read_all(paths, n);
    if (lint_pairs_make(&p, s, n / 2, o.metric.v, o.metric.n, o.seed, &e) < 0) lint_die(&e);
    lint_output *out = open_output(o.out);
    FILE *f = lint_output_file(out);
    commit(out, o.json ? lint_pairs_write_json(&p, f, &e) : lint_pairs_write_text(&p, f, &e), &e);
    lint_pairs_free(&p);
    free_all(s, n);
}

int main(int argc, char **argv) {
    lint_err e;
    char **operands = lint_cli_parse(&program, argc, argv);
    const lint_named_file outputs[] = {{"out", o.out ? o.out : "-"}, {"samples", o.samples}};
    if (o.compare + o.pairs + !!o.verdict > 1)
        lint_usage("--compare, --pairs and --verdict exclude each other");
    if ((o.compare || o.pairs || o.verdict) && (o.model || o.shares.n || o.samples || o.radius > 0))
        lint_usage("--model, --shares, --samples and --radius are for predictions, not for "
                   "--compare, --pairs or --verdict");
    if (lint_outputs_check(outputs, sizeof outputs / sizeof *outputs, &e) < 0)
        lint_usage("%s", e.msg);
    if ((o.remedy.n || o.command) && !o.verdict)
        lint_usage("--remedy and --command need --verdict");
    if (o.json && o.verdict) lint_usage("--verdict and --json exclude each other");
    if (o.verbosity == LINT_VERBOSE && !o.compare) lint_usage("--verbose needs --compare");
    if (o.json && o.compare) lint_usage("--compare and --json exclude each other");
    if ((o.metric.n || o.seed) && !o.pairs) lint_usage("--metric and --seed need --pairs");
    if (o.compare)
        compare(operands);
    else if (o.pairs)
        pair_up(operands);
    else if (o.verdict)
        judge(operands);
    else
        evaluate(operands);
    return 0;
}
