#include "train/best_epoch.h"

#include "train/train.h"

#include <math.h>

/* What should be as high as possible, under the given weights of the loss. */
static double merit(const lint_training *t, lint_best by, const lint_rates *rates,
                    const lint_epoch *row) {
    switch (by) {
    case LINT_BEST_LOSS:
        return -lint_train_loss(t, rates, row->val.ce, row->val.cam);
    case LINT_BEST_CE:
        return -row->val.ce;
    case LINT_BEST_CAM:
        return -row->val.cam;
    case LINT_BEST_WORST_GROUP:
        return row->groups.worst;
    case LINT_BEST_GROUP_MEAN:
        return row->groups.mean;
    case LINT_BEST_ADJUSTED:
        return row->groups.adjusted;
    case LINT_BEST_ACCURACY:
        return row->val.accuracy;
    case LINT_BEST_LAST:
        break;
    }
    return (double)row->epoch;
}

int lint_epoch_is_known(const lint_training *t, const lint_epoch *row) {
    return isnan(row->val.loss) || !isnan(merit(t, t->best, &row->rates, row));
}

int lint_epoch_is_better(const lint_training *t, const lint_epoch *row, const lint_epoch *best) {
    int validated = !isnan(row->val.loss);
    lint_best by = validated ? t->best : LINT_BEST_LAST;
    if (best->epoch == 0) return 1;
    double now = merit(t, by, &row->rates, row), then = merit(t, by, &row->rates, best);
    if (by == LINT_BEST_ACCURACY && now == then) {
        now = merit(t, LINT_BEST_LOSS, &row->rates, row);
        then = merit(t, LINT_BEST_LOSS, &row->rates, best);
    }
    return now > then || (isnan(then) && !isnan(now));
}

int lint_patience_is_over(const lint_training *t, const lint_trained *done) {
    size_t from = t->patience_from ? t->patience_from - 1 : 0;
    if (done->best.epoch > from) from = done->best.epoch;
    return t->patience && done->epochs >= from + t->patience;
}
