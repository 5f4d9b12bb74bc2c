/* run_name: what the run of a log is called in trackers.
 *
 * The folders of pipelines say it: models/birds/s0/camloss/log.tsv is run s0/camloss of experiment birds. Of
 * another log.tsv it is the last two folders, of any other file its name without .tsv, and of standard
 * input `run`. A name never has a part that is empty, "." or "..", which would lead out of a folder.
 *
 *     lint_run_name r;
 *     if (lint_run_name_of(&r, "models/birds/s0/camloss/", NULL, &e) < 0) ...
 *     use(r.log, r.experiment, r.run);     // the operand may be the folder of the log
 *     lint_run_name_free(&r);
 */
#ifndef LINT_EXPORT_RUN_NAME_H
#define LINT_EXPORT_RUN_NAME_H

#include "base/err.h"

typedef struct lint_run_name {
    char *log;        /* path of the log, or - */
    int found;        /* the log was found in a folder, which is the operand */
    char *experiment; /* NULL where the path tells none */
    char *run;        /* may be empty, where nothing of the path can be a name */
} lint_run_name;

/* given: the name that the user gives; NULL: none. On error there is nothing to free. */
int lint_run_name_of(lint_run_name *r, const char *operand, const char *given, lint_err *e);
void lint_run_name_free(lint_run_name *r);

#endif
