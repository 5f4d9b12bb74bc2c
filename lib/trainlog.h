/* trainlog: a training's log, a table that grows by a line an epoch.
 *
 * Comment lines with the settings, a header, then tab-separated rows, each flushed when written,
 * so that `tail -f` and a plotter see it at once. Values that there are not (no validation
 * samples, no CAM loss) are `nan`. The FILE is the caller's.
 *
 *     lint_trainlog_begin(log, &settings, &e);
 *     lint_trainlog_row(log, &row, &e);
 */
#ifndef LINT_TRAINLOG_H
#define LINT_TRAINLOG_H

#include "settings.h"
#include "train.h"

int lint_trainlog_begin(FILE *log, const lint_settings *s, lint_err *e);
int lint_trainlog_row(FILE *log, const lint_epoch *row, lint_err *e);

#endif
