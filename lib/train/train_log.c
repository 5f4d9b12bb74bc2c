#include "train/train_log.h"

#include "base/standard_io.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lint_train_log {
    FILE *file;
    const char *name;
};

void lint_train_log_samples(lint_settings *s, const lint_batches *b) {
    char key[256];
    if (lint_batches_epoch_samples(b))
        lint_settings_whole(s, "train-samples", lint_batches_epoch_samples(b));
    for (size_t i = 0; i < lint_batches_metas(b); i++) {
        const char *name = lint_batches_meta_key(b, i);
        if (strcmp(name, "epoch") == 0 || strcmp(name, "epoch_samples") == 0) continue;
        snprintf(key, sizeof key, "train-%s", name);
        lint_settings_text(s, key, lint_batches_meta_value(b, i));
    }
}

static int flush(const lint_train_log *log, lint_err *e) {
    if (fflush(log->file) == 0 && !ferror(log->file)) return 0;
    return lint_fail(e, "%s: %s", log->name, strerror(errno ? errno : EIO));
}

static int begin(const lint_train_log *log, const lint_settings *s, lint_err *e) {
    lint_settings_comments(s, log->file);
    fputs("epoch\tlr\tce_weight\tcam_weight\ttrain_loss\ttrain_ce\ttrain_cam\ttrain_accuracy\t"
          "val_loss\tval_ce\tval_cam\tval_accuracy\tval_worst_group\tval_group_mean\tval_adjusted\t"
          "best\n",
          log->file);
    return flush(log, e);
}

lint_train_log *lint_train_log_open(const char *path, const lint_settings *s, lint_err *e) {
    lint_train_log *log = malloc(sizeof *log);
    if (!log || lint_settings_ok(s, e) < 0) {
        if (!log) lint_fail_mem(e, "the log");
        free(log);
        return NULL;
    }
    *log =
        (lint_train_log){lint_is_stdio(path) ? stdout : fopen(path, "w"), lint_output_name(path)};
    if (!log->file)
        lint_fail(e, "%s: %s", path, strerror(errno));
    else if (begin(log, s, e) == 0)
        return log;
    lint_train_log_close(log, &(lint_err){""});
    return NULL;
}

int lint_train_log_close(lint_train_log *log, lint_err *e) {
    int err = 0;
    if (log && log->file && log->file != stdout && fclose(log->file) != 0)
        err = lint_fail(e, "%s: %s", log->name, strerror(errno));
    free(log);
    return err;
}

/* Nine digits tell any two floats apart. A NAN is written without its sign, which means nothing. */
static void put(double v, FILE *log) {
    if (isnan(v))
        fputs("\tnan", log);
    else
        fprintf(log, "\t%.9g", v);
}

int lint_train_log_row(lint_train_log *log, const lint_epoch *row, lint_err *e) {
    const lint_epoch_scores *scores[] = {&row->train, &row->val};
    FILE *file = log->file;
    fprintf(file, "%zu", row->epoch);
    put(row->rates.lr, file);
    put(row->rates.ce_weight, file);
    put(row->rates.cam_weight, file);
    for (int i = 0; i < 2; i++) {
        put(scores[i]->loss, file);
        put(scores[i]->ce, file);
        put(scores[i]->cam, file);
        put(scores[i]->accuracy, file);
    }
    put(row->groups.worst, file);
    put(row->groups.mean, file);
    put(row->groups.adjusted, file);
    fprintf(file, "\t%d\n", row->best);
    return flush(log, e);
}
