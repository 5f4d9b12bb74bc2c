/* run_folder: what lies beside a training's log: when it was, how good the model is, pictures of it.
 *
 * A log holds no times, so that the same training gives the same bytes. Its file has them: it was made
 * when the training began, and last changed when the training ended. A file system that does not keep
 * the first, and a copy of a log, know only the end; the training then seems to take no time. Epochs are
 * told apart by equal steps between the two.
 *
 * The folder of a log that is called log.tsv, as pipelines leave it, may hold val.json,
 * swapped-val.json and test.json of lint-eval, and pictures (.png), such as sheet.png. The struct owns
 * everything that it points to.
 *
 *     lint_run_folder f;
 *     if (lint_run_folder_read(&f, path, &e) < 0) ...          // e begins with a path
 *     for (size_t i = 0; i < f.scores; i++)
 *         use(f.score[i].name, f.score[i].value);              // "test/accuracy", 0.97
 *     lint_run_folder_free(&f);
 */
#ifndef LINT_EXPORT_RUN_FOLDER_H
#define LINT_EXPORT_RUN_FOLDER_H

#include "export/run_log.h"

typedef struct lint_run_folder {
    double begin, end; /* of the training, in seconds since 1970 */
    struct lint_run_folder_score {
        char *name; /* FILE/SCORE */
        double value;
    } * score;
    size_t scores, scores_room;
    char **picture; /* paths of .png files, by name */
    size_t pictures, pictures_room;
} lint_run_folder;

/* Reads the times of the log's file and, where it is called log.tsv, its folder. On error there is
 * nothing to free. */
int lint_run_folder_read(lint_run_folder *f, const char *log, lint_err *e);
void lint_run_folder_free(lint_run_folder *f);

/* When an epoch of the log ended, in seconds since 1970. */
double lint_run_folder_time(const lint_run_folder *f, const lint_run_log *log, uint64_t epoch);

#endif
