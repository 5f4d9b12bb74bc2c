/* train_log: a training's log, a table that grows by a line an epoch.
 *
 * Comment lines with the settings, a header, then tab-separated rows, each flushed when written,
 * so that `tail -f` and a plotter see it at once. Values that there are not (no validation
 * samples, no CAM loss) are `nan`. A log is no result that must be whole: it is written in place,
 * and stays where training fails.
 *
 *     lint_settings_text(&s, "net", "standard");
 *     lint_train_log_samples(&s, batches);
 *     lint_train_log *log = lint_train_log_open("log.tsv", &s, &e);
 *     lint_train_log_row(log, &row, &e);              // of each epoch
 *     if (lint_train_log_close(log, &e) < 0) ...      // log is gone, whatever the answer
 *
 * Messages begin with the name of the log.
 */
#ifndef LINT_TRAIN_TRAIN_LOG_H
#define LINT_TRAIN_TRAIN_LOG_H

#include "stream/settings.h"
#include "train/train.h"

typedef struct lint_train_log lint_train_log;

/* Adds what the samples say of themselves, such as the settings of the loader that made them, as
 * train-KEY. Where they came from is left out: the same samples make the same log, from a file or
 * through a pipe. */
void lint_train_log_samples(lint_settings *s, const lint_batches *b);

/* Creates the file ("-": standard output, which stays open) and writes settings and header; the
 * settings are not needed any longer. Keeps path. NULL on error. */
lint_train_log *lint_train_log_open(const char *path, const lint_settings *s, lint_err *e);
int lint_train_log_row(lint_train_log *log, const lint_epoch *row, lint_err *e);
int lint_train_log_close(lint_train_log *log, lint_err *e); /* NULL is fine */

#endif
