/* Internal to mlflow: the tables of a new database, in SQL. */
#ifndef LINT_EXPORT_MLFLOW_PARTS_H
#define LINT_EXPORT_MLFLOW_PARTS_H

/* MLflow's name for this state of its tables, which its migrations begin from. */
#define LINT_MLFLOW_REVISION "97727af70f4d"

extern const char lint_mlflow_schema[];

#endif
