#include "train/train_log.h"

#include "base/standard_io.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lint_train_log {
    FILE *file;
    const char *path, *name;
    char *partial; /* NULL: written to directly */
    size_t rows;
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

static int is_direct(const char *path) {
    struct stat st;
    return lint_is_stdio(path) || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* NULL and errno. What a run left there goes, and is not written to: it may be somebody's link. */
static FILE *make_partial(const char *path) {
    if (unlink(path) != 0 && errno != ENOENT) return NULL;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f && fd >= 0) close(fd);
    return f;
}

static int open_file(lint_train_log *log, lint_err *e) {
    if (!is_direct(log->path)) {
        size_t size = strlen(log->path) + sizeof ".partial";
        log->partial = malloc(size);
        if (!log->partial) return lint_fail_mem(e, "the log");
        snprintf(log->partial, size, "%s.partial", log->path);
    }
    log->file = lint_is_stdio(log->path) ? stdout
                : log->partial           ? make_partial(log->partial)
                                         : fopen(log->path, "w");
    return log->file ? 0 : lint_fail_errno(e, "%s", log->path);
}

static void free_log(lint_train_log *log) {
    free(log->partial);
    free(log);
}

lint_train_log *lint_train_log_open(const char *path, const lint_settings *s, lint_err *e) {
    lint_train_log *log = calloc(1, sizeof *log);
    if (!log) lint_fail_mem(e, "the log");
    if (!log) return NULL;
    log->path = path;
    log->name = lint_output_name(path);
    if (lint_settings_ok(s, e) == 0 && open_file(log, e) == 0 && begin(log, s, e) == 0) return log;
    lint_train_log_abort(log);
    return NULL;
}

int lint_train_log_commit(lint_train_log *log, lint_err *e) {
    if (!log) return 0;
    int err = flush(log, e);
    if (!err && log->partial && fsync(fileno(log->file)) != 0 && errno != EINVAL)
        err = lint_fail_errno(e, "%s", log->name);
    if (log->file != stdout && fclose(log->file) != 0 && !err)
        err = lint_fail_errno(e, "%s", log->name);
    if (!err && log->partial && rename(log->partial, log->path) != 0)
        err = lint_fail_errno(e, "%s", log->name);
    free_log(log);
    return err;
}

void lint_train_log_abort(lint_train_log *log) {
    if (!log) return;
    if (log->file && log->file != stdout) fclose(log->file);
    if (log->file && log->partial && !log->rows) remove(log->partial);
    free_log(log);
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
    log->rows++;
    return flush(log, e);
}
