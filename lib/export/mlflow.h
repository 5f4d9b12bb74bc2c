/* mlflow: a training's log as a run in MLflow's file store, the folder mlruns/.
 *
 *     STORE/EXPERIMENT-ID/meta.yaml               the experiment; one there of that name is used
 *     STORE/EXPERIMENT-ID/RUN-ID/meta.yaml        the run
 *                                params/NAME      a setting
 *                                metrics/NAME     a column: a line "TIME VALUE STEP" an epoch
 *                                tags/NAME        among them mlflow.runName
 *                                artifacts/FILE   copies of files, such as the model
 *
 * Nothing is drawn or looked up: an experiment's id follows from its name, a run's id from its
 * name, its settings and its columns, times from `time`. So the same log gives the same files, and
 * a log that has grown updates its run. Times are milliseconds, of which an epoch takes a thousand.
 * A run is FINISHED once the log has as many epochs as its settings say, else RUNNING.
 *
 * Names that MLflow does not allow (letters, digits, `_`, `-`, `.` and spaces are) get `_` for
 * every other character.
 *
 *     lint_mlflow m = {.store = "mlruns", .experiment = "birds", .run = "s0/camloss"};
 *     lint_mlflow_write(&m, &log, &e);
 *
 * Written as mlflow.store.tracking.file_store of MLflow 2 reads it.
 */
#ifndef LINT_EXPORT_MLFLOW_H
#define LINT_EXPORT_MLFLOW_H

#include "export/run_log.h"

typedef struct lint_mlflow {
    const char *store, *experiment, *run;
    uint64_t time;          /* seconds since 1970 at which training began; 0 */
    const char *const *tag; /* "KEY=VALUE" */
    size_t tags;
    const char *const *artifact; /* paths of files */
    size_t artifacts;
} lint_mlflow;

/* Names are one line of UTF-8. Every file appears whole or not at all, the run's meta.yaml last. */
int lint_mlflow_write(const lint_mlflow *m, const lint_run_log *log, lint_err *e);

#endif
