/* train_log: a training's log, a table with a row for each epoch.
 *
 * Comment lines hold the settings; a header and tab-separated rows follow. Each row is flushed when it
 * is written, so that `tail -f` and a plotter see it at once. Missing values (no validation samples,
 * no CAM loss) are written as `nan`.
 *
 * The file is NAME.partial until the training has ended, so that an older log stays beside the older
 * model. Of a training that failed it stays, as far as it goes, if it has a row.
 *
 *     lint_settings_text(&s, "net", "standard");
 *     lint_train_log_samples(&s, batches);
 *     lint_train_log *log = lint_train_log_open("log.tsv", &s, &e);
 *     lint_train_log_row(log, &row, &e);              // of each epoch
 *     if (lint_train_log_commit(log, &e) < 0) ...     // frees log in either case
 *
 * Messages begin with the name of the log.
 */
#ifndef LINT_TRAIN_TRAIN_LOG_H
#define LINT_TRAIN_TRAIN_LOG_H

#include "stream/settings.h"
#include "train/train.h"

typedef struct lint_train_log lint_train_log;

/* Adds the samples' metadata, such as the settings of the loader that made them, as train-KEY. The
 * name of the input is left out: the same samples make the same log from a file or a pipe. */
void lint_train_log_samples(lint_settings *s, const lint_batches *b);

/* Creates the file ("-": standard output, which stays open; what is no regular file is written to
 * directly) and writes settings and header. Keeps path, but not s. NULL on error. */
lint_train_log *lint_train_log_open(const char *path, const lint_settings *s, lint_err *e);
int lint_train_log_row(lint_train_log *log, const lint_epoch *row, lint_err *e);
/* The log gets its name. NULL is fine. */
int lint_train_log_commit(lint_train_log *log, lint_err *e);
/* Ends the log of a training that failed, or one that cannot be written. NULL is fine. */
void lint_train_log_abort(lint_train_log *log);

#endif
