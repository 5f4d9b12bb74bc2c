#include "trainlog.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static int flush(FILE *log, lint_err *e) {
    if (fflush(log) == 0 && !ferror(log)) return 0;
    return lint_fail(e, "%s", strerror(errno ? errno : EIO));
}

int lint_trainlog_begin(FILE *log, const lint_settings *s, lint_err *e) {
    lint_settings_comments(s, log);
    fputs("epoch\tlr\tce_weight\tcam_weight\ttrain_loss\ttrain_ce\ttrain_cam\ttrain_accuracy\t"
          "val_loss\tval_ce\tval_cam\tval_accuracy\tval_worst_group\tval_group_mean\tval_adjusted\t"
          "best\n",
          log);
    return flush(log, e);
}

/* Nine digits tell any two floats apart. A NAN may print with a sign, which says nothing. */
static void put(double v, FILE *log) {
    if (isnan(v))
        fputs("\tnan", log);
    else
        fprintf(log, "\t%.9g", v);
}

int lint_trainlog_row(FILE *log, const lint_epoch *row, lint_err *e) {
    const lint_scores *scores[] = {&row->train, &row->val};
    fprintf(log, "%zu", row->epoch);
    put(row->rates.lr, log);
    put(row->rates.ce_weight, log);
    put(row->rates.cam_weight, log);
    for (int i = 0; i < 2; i++) {
        put(scores[i]->loss, log);
        put(scores[i]->ce, log);
        put(scores[i]->cam, log);
        put(scores[i]->accuracy, log);
    }
    put(row->groups.worst, log);
    put(row->groups.mean, log);
    put(row->groups.adjusted, log);
    fprintf(log, "\t%d\n", row->best);
    return flush(log, e);
}
