/* train_log: a training's log, a table with a row for each epoch.
 *
 * Comment lines hold the settings; a header and tab-separated rows follow. Each row is flushed when it
 * is written, so that `tail -f` and a plotter see it at once. Missing values (no validation samples,
 * no CAM loss) are written as `nan`. A log need not be complete to be useful, so it is written in
 * place and stays if the training fails.
 *
 *     lint_settings_text(&s, "net", "standard");
 *     lint_train_log_samples(&s, batches);
 *     lint_train_log *log = lint_train_log_open("log.tsv", &s, &e);
 *     lint_train_log_row(log, &row, &e);              // of each epoch
 *     if (lint_train_log_close(log, &e) < 0) ...      // frees log in either case
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

/* Creates the file ("-": standard output, which stays open) and writes settings and header. Keeps
 * path, but not s. NULL on error. */
lint_train_log *lint_train_log_open(const char *path, const lint_settings *s, lint_err *e);
int lint_train_log_row(lint_train_log *log, const lint_epoch *row, lint_err *e);
int lint_train_log_close(lint_train_log *log, lint_err *e); /* NULL is fine */

#endif
