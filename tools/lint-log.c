/* lint-log: logs of lint-train -> what TensorBoard and MLflow show. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/folder.h"
#include "base/standard_io.h"
#include "export/mlflow.h"
#include "export/tfevents.h"

#include <stdlib.h>
#include <string.h>

static struct {
    const char *tensorboard, *mlflow, *experiment;
    lint_list runs, tags, artifacts;
    long time;
    lint_verbosity verbosity;
} o = {.experiment = "lint"};

#define TIME_MAX 1e12 /* seconds; the year 33658 */

static const lint_option options[] = {
    {"tensorboard", 0, LINT_OPT_STR, &o.tensorboard, "DIR",
     .help = "folder for DIR/RUN/events.out.tfevents.lint, which tensorboard --logdir DIR shows"},
    {"mlflow", 0, LINT_OPT_STR, &o.mlflow, "DIR",
     .help = "MLflow file store for the runs, usually called mlruns"},
    {"experiment", 0, LINT_OPT_STR, &o.experiment, "NAME",
     .help = "name of the MLflow experiment (default lint)"},
    {"run", 0, LINT_OPT_LIST, &o.runs, "NAME",
     .help = "name of the run, given once for each LOG (default: the log's path without .tsv or "
             "/log.tsv)"},
    {"tag", 0, LINT_OPT_LIST, &o.tags, "KEY=VALUE",
     .help = "tag for the MLflow run; may be repeated"},
    {"artifact", 0, LINT_OPT_LIST, &o.artifacts, "FILE",
     .help = "file to copy into the MLflow run, such as the model; may be repeated"},
    {"time", 0, LINT_OPT_INT, &o.time, "SECONDS",
     .help = "start of the training in seconds since 1970; logs hold no times, so each epoch "
             "counts as one second (default 0)",
     .max = TIME_MAX},
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-log",
    .usage = "[options] --tensorboard DIR [LOG...] | [options] --mlflow DIR [LOG...]",
    .purpose =
        "Converts logs of lint-train to TensorBoard event files, to runs in an MLflow file store, "
        "or both. The same logs give the same files. Converting a log that has grown updates its "
        "run.",
    .options = options,
    .example = "  lint-log --tensorboard runs models/birds/s*/*/log.tsv\n"
               "  lint-log --mlflow mlruns --artifact m.safetensors m.tsv\n"
               "  lint-train --log - -o m.safetensors --net standard -t train.lts |\n"
               "      lint-log --mlflow mlruns --run m\n",
    .operands = {0, -1}};

static int ends_with(const char *text, size_t n, const char *tail) {
    size_t k = strlen(tail);
    return n >= k && strncmp(text + n - k, tail, k) == 0;
}

/* Takes empty, "." and ".." parts out of a path, which would lead out of the folder that is
 * written. */
static void clean_path(char *path) {
    char *to = path;
    for (const char *part = path; *part;) {
        size_t n = strcspn(part, "/");
        const char *next = part + n + (part[n] == '/');
        int skip = n == 0 || (n == 1 && *part == '.') || (n == 2 && strncmp(part, "..", 2) == 0);
        if (!skip) {
            if (to != path) *to++ = '/';
            memmove(to, part, n);
            to += n;
        }
        part = next;
    }
    *to = 0;
}

/* What a log is called if nobody says, from malloc: models/birds/s0/camloss of
 * ./models/birds/s0/camloss/log.tsv, m of m.tsv, run of standard input. */
static char *run_name(const char *path, size_t i) {
    lint_err e;
    const char *name = i < o.runs.n ? o.runs.v[i] : lint_is_stdio(path) ? "run" : path;
    size_t n = strlen(name);
    char *copy = malloc(n + 1);
    if (!copy) {
        lint_fail_mem(&e, "names");
        lint_die(&e);
    }
    strcpy(copy, name);
    if (i >= o.runs.n && ends_with(copy, n, ".tsv")) copy[n -= 4] = 0;
    if (i >= o.runs.n && ends_with(copy, n, "/log")) copy[n - 4] = 0;
    clean_path(copy);
    if (!*copy) lint_usage("%s: no run can be named after it; --run NAME gives a name", path);
    return copy;
}

static int write_events(const char *run, const lint_run_log *log, lint_err *e) {
    size_t size = strlen(o.tensorboard) + strlen(run) + 64;
    char *path = malloc(size);
    if (!path) return lint_fail_mem(e, "paths");
    snprintf(path, size, "%s/%s", o.tensorboard, run);
    int err = lint_folder_make(path, e);
    if (!err) strcat(path, "/events.out.tfevents.lint");
    lint_output *out = err ? NULL : lint_output_open(path, e);
    if (out && lint_tfevents_write(lint_output_file(out), log, (uint64_t)o.time, e) < 0) {
        lint_output_abort(out);
        err = lint_err_prefix(e, "%s: ", path);
    } else if (out) {
        err = lint_output_commit(out, e);
    }
    free(path);
    return out ? err : -1;
}

static int write_run(const char *run, const lint_run_log *log, lint_err *e) {
    lint_mlflow m = {.store = o.mlflow,
                     .experiment = o.experiment,
                     .run = run,
                     .time = (uint64_t)o.time,
                     .tag = o.tags.v,
                     .tags = o.tags.n,
                     .artifact = o.artifacts.v,
                     .artifacts = o.artifacts.n};
    return lint_mlflow_write(&m, log, e);
}

static void export_log(const char *path, const char *run) {
    lint_err e;
    const char *name;
    lint_run_log log;
    FILE *in = lint_open_input(path, &name);
    if (lint_run_log_read(&log, in, &e) < 0) {
        lint_err_prefix(&e, "%s: ", name);
        lint_die(&e);
    }
    lint_close_input(in);
    if (o.verbosity == LINT_VERBOSE)
        lint_warn("%s: run %s: %zu settings, %zu columns, %zu epochs", name, run, log.settings,
                  log.columns - 1, log.rows);
    if (o.tensorboard && write_events(run, &log, &e) < 0) lint_die(&e);
    if (o.mlflow && write_run(run, &log, &e) < 0) lint_die(&e);
    lint_run_log_free(&log);
}

static void check_usage(char *const *arg, size_t n) {
    if (!o.tensorboard && !o.mlflow) lint_usage("--tensorboard DIR or --mlflow DIR is missing");
    if (!o.mlflow && (o.tags.n || o.artifacts.n)) lint_usage("--tag and --artifact need --mlflow");
    if (o.artifacts.n && n > 1) lint_usage("--artifact needs exactly one LOG, not %zu", n);
    if (o.runs.n && o.runs.n != n) lint_usage("%zu names from --run for %zu logs", o.runs.n, n);
    for (size_t i = 0; i < o.tags.n; i++)
        if (!strchr(o.tags.v[i], '=')) lint_usage("--tag %s: expected KEY=VALUE", o.tags.v[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(arg[i], arg[k]) == 0) lint_usage("%s is named twice", arg[i]);
}

/* Two logs of one name would be one run. */
static void check_names(char *const *run, char *const *arg, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(run[i], run[k]) == 0)
                lint_usage("%s and %s would both be run '%s'; --run gives them different names",
                           arg[k], arg[i], run[i]);
}

int main(int argc, char **argv) {
    char *standard_input[] = {"-", NULL};
    char **arg = lint_cli_parse(&program, argc, argv);
    if (!*arg) arg = standard_input;
    size_t n = 0;
    while (arg[n])
        n++;
    check_usage(arg, n);
    char **run = calloc(n, sizeof *run);
    if (!run) {
        lint_err e;
        lint_fail_mem(&e, "names");
        lint_die(&e);
    }
    for (size_t i = 0; i < n; i++)
        run[i] = run_name(arg[i], i);
    check_names(run, arg, n);
    for (size_t i = 0; i < n; i++)
        export_log(arg[i], run[i]);
    for (size_t i = 0; i < n; i++)
        free(run[i]);
    free(run);
    return 0;
}
