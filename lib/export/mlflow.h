/* mlflow: writes a training log as a run into MLflow's SQLite database.
 *
 *     experiments            one of that name is used, or made
 *     runs                   a row: name, status, times
 *     params                 settings
 *     metrics                columns, with the epoch as step, and scores at the last epoch
 *     latest_metrics         the last value of each
 *     tags                   among them mlflow.runName
 *
 * Files, such as the model and pictures, are copied to mlartifacts/EXPERIMENT/RUN/artifacts beside the
 * database. MLflow's interface shows both: `mlflow ui --backend-store-uri sqlite:///mlflow.db`.
 *
 * A database that is not there is made with the tables of MLflow 2.0 (its alembic revision is
 * 97727af70f4d, in mlflow/store/db_migrations). MLflow brings it to its own version when it first opens
 * it, as every database that lacks a table of it. One that MLflow has made or changed is filled as it
 * is: only the columns named in mlflow/store/tracking/dbmodels/models.py since then are used.
 *
 * Ids are not random. A run's id follows from experiment, name, settings and columns. So a log that has
 * grown updates its run. A run is FINISHED if the log has as many epochs as its settings say, else
 * RUNNING.
 *
 * MLflow allows letters, digits, `_`, `-`, `.`, `/` and spaces in names. Every other character becomes
 * `_`.
 *
 *     lint_mlflow m = {.database = "mlflow.db", .experiment = "birds", .run = "s0/camloss"};
 *     m.folder = &folder;
 *     lint_mlflow_write(&m, &log, &e);
 */
#ifndef LINT_EXPORT_MLFLOW_H
#define LINT_EXPORT_MLFLOW_H

#include "export/run_folder.h"

typedef struct lint_mlflow {
    const char *database, *experiment, *run;
    const lint_run_folder *folder; /* times, scores, pictures */
    const char *const *tag;        /* "KEY=VALUE" */
    size_t tags;
    const char *const *artifact; /* paths of files, besides the pictures */
    size_t artifacts;
} lint_mlflow;

/* Writes the run, whole or not at all: a new database appears when it is complete, one that is there is
 * changed in one transaction. Names must be one line of UTF-8, and times within 1e15 seconds of 1970.
 * Another program that writes to the database is waited for, ten seconds at most. */
int lint_mlflow_write(const lint_mlflow *m, const lint_run_log *log, lint_err *e);

#endif
