/* mlflow: writes a training log as a run in MLflow's file store, the folder mlruns/.
 *
 *     STORE/EXPERIMENT-ID/meta.yaml               the experiment; an existing one is used
 *     STORE/EXPERIMENT-ID/RUN-ID/meta.yaml        the run
 *                                params/NAME      a setting
 *                                metrics/NAME     a column: a line "TIME VALUE STEP" an epoch
 *                                tags/NAME        among them mlflow.runName
 *                                artifacts/FILE   copies of files, such as the model
 *
 * Ids and times are neither random nor read from the clock. An experiment's id follows from its
 * name, a run's id from its name, settings and columns, and times from `time`. So the same log
 * gives the same files, and a log that has grown updates its run. Times are in milliseconds; an
 * epoch counts as a thousand. A run is FINISHED if the log has as many epochs as its settings say,
 * else RUNNING.
 *
 * MLflow allows letters, digits, `_`, `-`, `.` and spaces in names. Every other character becomes
 * `_`.
 *
 *     lint_mlflow m = {.store = "mlruns", .experiment = "birds", .run = "s0/camloss"};
 *     lint_mlflow_write(&m, &log, &e);
 *
 * The format is that of mlflow.store.tracking.file_store in MLflow 2.
 */
#ifndef LINT_EXPORT_MLFLOW_H
#define LINT_EXPORT_MLFLOW_H

#include "export/run_log.h"

typedef struct lint_mlflow {
    const char *store, *experiment, *run;
    uint64_t time;          /* start of the training in seconds since 1970; 0 if unknown */
    const char *const *tag; /* "KEY=VALUE" */
    size_t tags;
    const char *const *artifact; /* paths of files */
    size_t artifacts;
} lint_mlflow;

/* Writes the run. Names must be one line of UTF-8. Every file appears whole or not at all, and the
 * run's meta.yaml appears last. */
int lint_mlflow_write(const lint_mlflow *m, const lint_run_log *log, lint_err *e);

#endif
