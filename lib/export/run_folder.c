#define _GNU_SOURCE /* statx */
#include "export/run_folder.h"
#include "base/grow.h"
#include "base/json.h"
#include "base/regular_file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of an evaluation's JSON; those of lint-eval are below a megabyte. */
enum { SCORES_BYTES = 1 << 26, SCORES_VALUES = 1000000 };

void lint_run_folder_free(lint_run_folder *f) {
    for (size_t i = 0; i < f->scores; i++)
        free(f->score[i].name);
    for (size_t i = 0; i < f->pictures; i++)
        free(f->picture[i]);
    free(f->score);
    free(f->picture);
    *f = (lint_run_folder){0};
}

/* --- times ------------------------------------------------------------------------------------ */

static double seconds(struct statx_timestamp t) {
    return (double)t.tv_sec + t.tv_nsec / 1e9;
}

static int read_times(lint_run_folder *f, const char *log, lint_err *e) {
    struct statx s;
    if (statx(AT_FDCWD, log, 0, STATX_MTIME | STATX_BTIME, &s) < 0)
        return lint_fail_errno(e, "%s", log);
    f->end = f->begin = seconds(s.stx_mtime);
    if (s.stx_mask & STATX_BTIME && seconds(s.stx_btime) < f->end) f->begin = seconds(s.stx_btime);
    return 0;
}

double lint_run_folder_time(const lint_run_folder *f, const lint_run_log *log, uint64_t epoch) {
    uint64_t last = log->rows ? lint_run_log_epoch(log, log->rows - 1) : 0;
    return last ? f->begin + (f->end - f->begin) * (double)epoch / (double)last : f->begin;
}

/* --- scores ----------------------------------------------------------------------------------- */

static int add_score(lint_run_folder *f, const char *of, const char *name, double value,
                     lint_err *e) {
    /* What says how the others were measured, and not how good they are. */
    static const char *const measures[] = {"center_radius", "iou_threshold", "placeless",
                                           "unlabelled"};
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if (strcmp(name, measures[i]) == 0) return 0;
    struct lint_run_folder_score *more =
        lint_grow(f->score, f->scores, &f->scores_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "scores");
    f->score = more;
    char *full = lint_text_format(e, "%s/%s", of, name);
    if (!full) return -1;
    f->score[f->scores++] = (struct lint_run_folder_score){full, value};
    return 0;
}

static int add_summary(lint_run_folder *f, const char *of, json_t *root, lint_err *e) {
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(root, "summary"), name, value) {
        if (json_is_number(value) && add_score(f, of, name, json_number_value(value), e) < 0)
            return -1;
    }
    return 0;
}

/* FOLDER/OF.json, if it is there. */
static int read_scores(lint_run_folder *f, const char *folder, const char *of, lint_err *e) {
    char *path = lint_text_format(e, "%s/%s.json", folder, of);
    if (!path) return -1;
    FILE *in = lint_regular_open(path, path, e);
    int err = 0;
    if (in) {
        json_t *root = lint_json_read(in, SCORES_BYTES, SCORES_VALUES, e);
        err = root ? add_summary(f, of, root, e) : lint_err_prefix(e, "%s: ", path);
        json_decref(root);
        fclose(in);
    } else if (errno != ENOENT) {
        err = -1;
    }
    free(path);
    return err;
}

/* --- pictures --------------------------------------------------------------------------------- */

static int is_picture(const struct dirent *d) {
    size_t n = strlen(d->d_name);
    return n > 4 && *d->d_name != '.' && strcmp(d->d_name + n - 4, ".png") == 0;
}

static int add_picture(lint_run_folder *f, const char *folder, const char *name, lint_err *e) {
    char **more = lint_grow(f->picture, f->pictures, &f->pictures_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "pictures");
    f->picture = more;
    f->picture[f->pictures] = lint_text_format(e, "%s/%s", folder, name);
    return f->picture[f->pictures++] ? 0 : -1;
}

static int list_pictures(lint_run_folder *f, const char *folder, lint_err *e) {
    struct dirent **found;
    int err = 0, n = scandir(folder, &found, is_picture, alphasort);
    if (n < 0) return lint_fail_errno(e, "%s", folder);
    for (int i = 0; i < n; i++) {
        if (!err) err = add_picture(f, folder, found[i]->d_name, e);
        free(found[i]);
    }
    free(found);
    return err;
}

/* --------------------------------------------------------------------------------------------- */

static int read_folder(lint_run_folder *f, const char *folder, lint_err *e) {
    static const char *const sets[] = {"val", "swapped-val", "test"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (read_scores(f, folder, sets[i], e) < 0) return -1;
    return list_pictures(f, folder, e);
}

int lint_run_folder_read(lint_run_folder *f, const char *log, lint_err *e) {
    const char *slash = strrchr(log, '/'), *name = slash ? slash + 1 : log;
    *f = (lint_run_folder){0};
    int err = read_times(f, log, e);
    if (!err && strcmp(name, "log.tsv") == 0) {
        char *folder =
            lint_text_format(e, "%.*s", slash ? (int)(slash - log) : 1, slash ? log : ".");
        err = folder ? read_folder(f, *folder ? folder : "/", e) : -1;
        free(folder);
    }
    if (err) lint_run_folder_free(f);
    return err;
}
