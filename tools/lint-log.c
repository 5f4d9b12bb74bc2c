/* lint-log: converts logs of lint-train, and what lies beside them, for TensorBoard and MLflow. */
#include "base/atomic_output.h"
#include "base/cli.h"
#include "base/folder.h"
#include "base/regular_file.h"
#include "base/standard_io.h"
#include "base/text.h"
#include "export/mlflow.h"
#include "export/run_name.h"
#include "export/tfevents.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    const char *tensorboard, *mlflow, *experiment;
    lint_list runs, tags, artifacts;
    long time;
    lint_verbosity verbosity;
} o;

#define TIME_MAX 1e12 /* seconds; the year 33658 */

static const lint_option options[] = {
    {"tensorboard", 0, LINT_OPT_STR, &o.tensorboard, "DIR",
     .help = "folder for DIR/RUN/events.out.tfevents.lint, which tensorboard --logdir DIR shows"},
    {"mlflow", 0, LINT_OPT_STR, &o.mlflow, "FILE",
     .help = "MLflow's SQLite database for the runs, usually called mlflow.db; made if it is not "
             "there. Files go to mlartifacts/ beside it"},
    {"experiment", 0, LINT_OPT_STR, &o.experiment, "NAME",
     .help = "name of the MLflow experiment (default NAME of models/NAME/ in the log's path, else "
             "lint)"},
    {"run", 0, LINT_OPT_LIST, &o.runs, "NAME",
     .help = "name of the run, given once for each LOG (default: what follows models/NAME/ in the "
             "log's path, such as s0/camloss; else the last two folders, or the file's name)"},
    {"tag", 0, LINT_OPT_LIST, &o.tags, "KEY=VALUE",
     .help = "tag for the MLflow run; may be repeated"},
    {"artifact", 0, LINT_OPT_LIST, &o.artifacts, "FILE",
     .help = "file to copy into the MLflow run, such as the model; may be repeated"},
    {"time", 0, LINT_OPT_INT, &o.time, "SECONDS",
     .help = "start of the training in seconds since 1970; each epoch then counts as one second "
             "(default 0: the times of the log's file, or now for standard input)",
     .max = TIME_MAX},
    LINT_OPTION_QUIET(&o.verbosity),
    LINT_OPTION_VERBOSE(&o.verbosity),
    {0}};

static const lint_program program = {
    .name = "lint-log",
    .usage = "[options] --tensorboard DIR [LOG...] | [options] --mlflow FILE [LOG...]",
    .purpose = "Converts logs of lint-train to TensorBoard event files, to runs in MLflow's "
               "database, or both. A LOG may be a model's folder. Scores (val.json, "
               "swapped-val.json, test.json) and pictures (.png) beside a log.tsv go along. "
               "Converting a log that has grown updates its run.",
    .options = options,
    .example = "  lint-log --tensorboard runs --mlflow mlflow.db models/birds/s*/*/\n"
               "  lint-log --mlflow mlflow.db --artifact m.safetensors m.tsv\n"
               "  lint-train --log - -o m.safetensors --net standard -t train.lts |\n"
               "      lint-log --mlflow mlflow.db --run m\n",
    .operands = {0, -1}};

/* --- the run ---------------------------------------------------------------------------------- */

static int write_events(const lint_run_name *j, const lint_run_log *log, const lint_run_folder *f,
                        lint_err *e) {
    char *folder =
        lint_text_format(e, "%s/%s%s%s", o.tensorboard, j->experiment ? j->experiment : "",
                         j->experiment ? "/" : "", j->run);
    char *path = folder ? lint_text_format(e, "%s/events.out.tfevents.lint", folder) : NULL;
    int err = path ? lint_folder_make(folder, e) : -1;
    lint_output *out = err ? NULL : lint_output_open(path, e);
    if (out && lint_tfevents_write(lint_output_file(out), log, f, e) < 0) {
        lint_output_abort(out);
        err = -1;
    } else if (out) {
        err = lint_output_commit(out, e);
    }
    free(folder);
    free(path);
    return out ? err : -1;
}

static int write_run(const lint_run_name *j, const lint_run_log *log, const lint_run_folder *f,
                     lint_err *e) {
    lint_mlflow m = {.database = o.mlflow,
                     .experiment = o.experiment    ? o.experiment
                                   : j->experiment ? j->experiment
                                                   : "lint",
                     .run = j->run,
                     .folder = f,
                     .tag = o.tags.v,
                     .tags = o.tags.n,
                     .artifact = o.artifacts.v,
                     .artifacts = o.artifacts.n};
    return lint_mlflow_write(&m, log, e);
}

/* `begin`: when reading began, which is when the training began if it writes into a pipe. */
static int read_folder(lint_run_folder *f, const lint_run_name *j, const lint_run_log *log,
                       time_t begin, lint_err *e) {
    *f = (lint_run_folder){.begin = (double)begin, .end = (double)time(NULL)};
    if (!lint_is_stdio(j->log) && lint_run_folder_read(f, j->log, e) < 0) return -1;
    if (!o.time) return 0;
    f->begin = (double)o.time;
    f->end = f->begin + (log->rows ? (double)lint_run_log_epoch(log, log->rows - 1) : 0);
    return 0;
}

static FILE *open_log(const lint_run_name *j) {
    lint_err e;
    FILE *in = j->found ? lint_regular_open(j->log, j->log, &e) : lint_input_open(j->log, &e);
    if (!in) lint_die(&e);
    return in;
}

static void export_log(const lint_run_name *j) {
    lint_err e;
    const char *name = lint_input_name(j->log);
    lint_run_log log;
    lint_run_folder folder;
    time_t begin = time(NULL);
    FILE *in = open_log(j);
    if (lint_run_log_read(&log, in, &e) < 0) {
        lint_err_prefix(&e, "%s: ", name);
        lint_die(&e);
    }
    lint_close_input(in);
    if (read_folder(&folder, j, &log, begin, &e) < 0) lint_die(&e);
    if (o.verbosity == LINT_VERBOSE)
        lint_warn("%s: run %s: %zu settings, %zu columns, %zu epochs, %zu scores, %zu pictures",
                  name, j->run, log.settings, log.columns - 1, log.rows, folder.scores,
                  folder.pictures);
    if (o.tensorboard && write_events(j, &log, &folder, &e) < 0) lint_die(&e);
    if (o.mlflow && write_run(j, &log, &folder, &e) < 0) lint_die(&e);
    lint_run_folder_free(&folder);
    lint_run_log_free(&log);
}

static void check_usage(char *const *arg, size_t n) {
    if (!o.tensorboard && !o.mlflow) lint_usage("--tensorboard DIR or --mlflow FILE is missing");
    if (!o.mlflow && (o.tags.n || o.artifacts.n || o.experiment))
        lint_usage("--experiment, --tag and --artifact need --mlflow");
    if (o.artifacts.n && n > 1) lint_usage("--artifact needs exactly one LOG, not %zu", n);
    if (o.runs.n && o.runs.n != n)
        lint_usage("--run is given %zu times, for %zu logs", o.runs.n, n);
    for (size_t i = 0; i < o.tags.n; i++)
        if (!strchr(o.tags.v[i], '=')) lint_usage("--tag %s: expected KEY=VALUE", o.tags.v[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(arg[i], arg[k]) == 0) lint_usage("%s is named twice", arg[i]);
}

static int same(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Two logs of one name would be one run. */
static void check_names(const lint_run_name *j, char *const *arg, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (same(j[i].run, j[k].run) && same(j[i].experiment, j[k].experiment))
                lint_usage("%s and %s would both be run '%s'; --run gives them different names",
                           arg[k], arg[i], j[i].run);
}

int main(int argc, char **argv) {
    char *standard_input[] = {"-", NULL};
    char **arg = lint_cli_parse(&program, argc, argv);
    if (!*arg) arg = standard_input;
    size_t n = 0;
    while (arg[n])
        n++;
    check_usage(arg, n);
    lint_err e;
    lint_run_name *runs = calloc(n, sizeof *runs);
    if (!runs) {
        lint_fail_mem(&e, "names");
        lint_die(&e);
    }
    for (size_t i = 0; i < n; i++) {
        if (lint_run_name_of(&runs[i], arg[i], i < o.runs.n ? o.runs.v[i] : NULL, &e) < 0)
            lint_die(&e);
        if (!*runs[i].run)
            lint_usage("%s: no run can be named after it; --run NAME gives a name", arg[i]);
    }
    check_names(runs, arg, n);
    for (size_t i = 0; i < n; i++) {
        export_log(&runs[i]);
        lint_run_name_free(&runs[i]);
    }
    free(runs);
    return 0;
}
