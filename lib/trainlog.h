/* trainlog: a training's log, a table that grows by a line an epoch.
 *
 * Comment lines with the settings, a header, then tab-separated rows, each flushed when written,
 * so that `tail -f` and a plotter see it at once. Values that there are not (no validation
 * samples, no CAM loss) are `nan`. A log is no result that must be whole: it is written in place,
 * and stays where training fails.
 *
 *     lint_settings_text(&s, "net", "standard");
 *     lint_trainlog_samples(&s, batches);
 *     lint_trainlog *log = lint_trainlog_open("log.tsv", &s, &e);
 *     lint_trainlog_row(log, &row, &e);              // of each epoch
 *     if (lint_trainlog_close(log, &e) < 0) ...      // log is gone, whatever the answer
 *
 * Messages begin with the name of the log.
 */
#ifndef LINT_TRAINLOG_H
#define LINT_TRAINLOG_H

#include "settings.h"
#include "train.h"

typedef struct lint_trainlog lint_trainlog;

/* Adds what the samples say of themselves, such as the settings of the loader that made them, as
 * train-KEY. Where they came from is left out: the same samples make the same log, from a file or
 * through a pipe. */
void lint_trainlog_samples(lint_settings *s, const lint_batches *b);

/* Creates the file ("-": standard output, which stays open) and writes settings and header; the
 * settings are not needed any longer. Keeps path. NULL on error. */
lint_trainlog *lint_trainlog_open(const char *path, const lint_settings *s, lint_err *e);
int lint_trainlog_row(lint_trainlog *log, const lint_epoch *row, lint_err *e);
int lint_trainlog_close(lint_trainlog *log, lint_err *e); /* NULL is fine */

#endif
