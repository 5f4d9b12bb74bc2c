#define _XOPEN_SOURCE 700 /* realpath */
#include "export/mlflow.h"
#include "base/atomic_output.h"
#include "base/folder.h"
#include "base/regular_file.h"
#include "base/rng.h"
#include "base/text.h"
#include "export/mlflow_parts.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT = 10000 }; /* milliseconds, for another program that writes */

#define TIME_MOST 1e15 /* seconds from 1970; in milliseconds still a whole number of 64 bits */

/* --- small parts ------------------------------------------------------------------------------ */

static int is_one_line(const char *what, const char *text, lint_err *e) {
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return lint_fail(e, "%s '%s' contains control characters", what, text);
    return *text ? 0 : lint_fail(e, "%s is empty", what);
}

/* Whether a name may have slashes: no part of it is empty, "." or "..". */
static int has_good_parts(const char *name) {
    for (const char *part = name;; part++) {
        size_t n = strcspn(part, "/");
        if (n == 0 || strspn(part, ".") >= n) return 0;
        part += n;
        if (!*part) return 1;
    }
}

/* A name as MLflow allows it, from malloc. */
static char *allowed(const char *name, lint_err *e) {
    char *copy = lint_text_format(e, "%s", name);
    const char *good = has_good_parts(name) ? "_-. /" : "_-. ";
    int dots = 1;
    for (char *c = copy; copy && *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr(good, *c)) *c = '_';
        if (*c != '.') dots = 0;
    }
    if (copy && dots) {
        lint_fail(e, "'%s' is not a valid name in MLflow", name);
        free(copy);
        return NULL;
    }
    return copy;
}

/* Of the run, between whose begin and end its epochs lie. */
static int check_time(const lint_mlflow *m, double time, lint_err *e) {
    if (time >= -TIME_MOST && time <= TIME_MOST) return 0;
    return lint_fail(e, "run '%s': a time of %.10g seconds since 1970, expected at most %.10g",
                     m->run, time, TIME_MOST);
}

static int64_t milliseconds(double time) {
    return (int64_t)(time * 1000 + 0.5);
}

/* file:// and the path, with %XX for bytes that a URI does not allow. */
static char *uri_of(const char *path, lint_err *e) {
    static const char hex[] = "0123456789ABCDEF";
    char *full = realpath(path, NULL), *uri = full ? malloc(3 * strlen(full) + 8) : NULL;
    if (!full)
        lint_fail_errno(e, "%s", path);
    else if (!uri)
        lint_fail_mem(e, "paths");
    else {
        char *to = uri + sprintf(uri, "file://");
        for (const unsigned char *c = (unsigned char *)full; *c; c++) {
            if (isalnum(*c) || strchr("/_-.~", *c)) {
                *to++ = (char)*c;
            } else {
                *to++ = '%';
                *to++ = hex[*c >> 4];
                *to++ = hex[*c & 15];
            }
        }
        *to = 0;
    }
    free(full);
    return uri;
}

/* --- SQL -------------------------------------------------------------------------------------- */

static int sql_failed(sqlite3 *db, const lint_mlflow *m, lint_err *e) {
    return lint_fail(e, "%s: %s", m->database, sqlite3_errmsg(db));
}

/* What a run's rows are written by. */
typedef struct run {
    const lint_mlflow *m;
    const lint_run_log *log;
    sqlite3 *db;
    int64_t experiment;
    char id[33];
    char *folder; /* of its artifacts */
} run;

/* Runs a statement. `types` has a letter for each of its values: s text, i int64_t, d double. Where
 * `result` is not NULL, *result is the first column of its first row, else -1. */
static int sql(const run *r, lint_err *e, int64_t *result, const char *text, const char *types,
               ...) {
    sqlite3_stmt *s = NULL;
    int status = sqlite3_prepare_v2(r->db, text, -1, &s, NULL);
    va_list values;
    va_start(values, types);
    for (int i = 1; status == SQLITE_OK && *types; types++, i++) {
        if (*types == 's')
            status = sqlite3_bind_text(s, i, va_arg(values, char *), -1, SQLITE_STATIC);
        if (*types == 'i') status = sqlite3_bind_int64(s, i, va_arg(values, int64_t));
        if (*types == 'd') status = sqlite3_bind_double(s, i, va_arg(values, double));
    }
    va_end(values);
    if (status == SQLITE_OK) status = sqlite3_step(s);
    if (result) *result = status == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    int err = status == SQLITE_ROW || status == SQLITE_DONE ? 0 : sql_failed(r->db, r->m, e);
    sqlite3_finalize(s);
    return err;
}

/* Several statements without values. */
static int sql_script(const run *r, const char *text, lint_err *e) {
    return sqlite3_exec(r->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                    : sql_failed(r->db, r->m, e);
}

/* --- the experiment --------------------------------------------------------------------------- */

/* The folder mlartifacts beside the database, from malloc. */
static char *artifacts_root(const lint_mlflow *m, lint_err *e) {
    const char *slash = strrchr(m->database, '/');
    return lint_text_format(e, "%.*smlartifacts", slash ? (int)(slash - m->database) + 1 : 0,
                            m->database);
}

/* Makes the experiment and its folder. */
static int make_experiment(const run *r, int64_t id, const char *name, lint_err *e) {
    int64_t now = milliseconds(r->m->folder->begin);
    char *root = artifacts_root(r->m, e);
    char *folder = root ? lint_text_format(e, "%s/%" PRId64, root, id) : NULL;
    int err = folder ? lint_folder_make(folder, e) : -1;
    char *uri = err ? NULL : uri_of(folder, e);
    err = uri ? sql(r, e, NULL,
                    "INSERT INTO experiments (experiment_id, name, artifact_location, "
                    "lifecycle_stage, creation_time, last_update_time) "
                    "VALUES (?, ?, ?, 'active', ?, ?)",
                    "issii", id, name, uri, now, now)
              : -1;
    free(root);
    free(folder);
    free(uri);
    return err;
}

/* MLflow's tables where the database has none, and the experiment Default, which MLflow expects. */
static int make_tables(const run *r, lint_err *e) {
    int64_t have, others;
    if (sql(r, e, &have, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'experiments'", "") < 0 ||
        sql(r, e, &others, "SELECT COUNT(*) FROM sqlite_master", "") < 0)
        return -1;
    if (have) return 0;
    if (others) return lint_fail(e, "%s: a database, but not MLflow's", r->m->database);
    if (sql_script(r, lint_mlflow_schema, e) < 0) return -1;
    return make_experiment(r, 0, "Default", e);
}

static int find_experiment(run *r, lint_err *e) {
    int64_t deleted, next;
    if (sql(r, e, &r->experiment,
            "SELECT experiment_id FROM experiments WHERE name = ? ORDER BY experiment_id", "s",
            r->m->experiment) < 0 ||
        sql(r, e, &deleted,
            "SELECT COUNT(*) FROM experiments WHERE experiment_id = ? AND lifecycle_stage = "
            "'deleted'",
            "i", r->experiment) < 0)
        return -1;
    if (deleted)
        return lint_fail(e,
                         "%s: the experiment '%s' was deleted: 'mlflow experiments restore "
                         "--experiment-id %" PRId64 "' brings it back",
                         r->m->database, r->m->experiment, r->experiment);
    if (r->experiment >= 0) return 0;
    if (sql(r, e, &next, "SELECT COALESCE(MAX(experiment_id), 0) + 1 FROM experiments", "") < 0)
        return -1;
    r->experiment = next;
    return make_experiment(r, next, r->m->experiment, e);
}

/* --- the run ---------------------------------------------------------------------------------- */

/* 32 hexadecimal digits of everything in the log that does not change while it grows. */
static void name_run(run *r) {
    uint64_t half[2];
    const lint_run_log *log = r->log;
    for (uint64_t seed = 0; seed < 2; seed++) {
        uint64_t h = lint_hash(r->m->experiment, strlen(r->m->experiment), seed);
        h = lint_hash(r->m->run, strlen(r->m->run), h);
        for (size_t i = 0; i < log->settings; i++) {
            h = lint_hash(log->setting[i].name, strlen(log->setting[i].name), h);
            h = lint_hash(log->setting[i].value, strlen(log->setting[i].value), h);
        }
        for (size_t c = 0; c < log->columns; c++)
            h = lint_hash(log->column[c], strlen(log->column[c]), h);
        half[seed] = h;
    }
    snprintf(r->id, sizeof r->id, "%016" PRIx64 "%016" PRIx64, half[0], half[1]);
}

static uint64_t last_epoch(const lint_run_log *log) {
    return log->rows ? lint_run_log_epoch(log, log->rows - 1) : 0;
}

static int write_run(const run *r, lint_err *e) {
    const char *epochs = lint_run_log_setting(r->log, "epochs");
    int finished = r->log->rows && (!epochs || strtoumax(epochs, NULL, 10) <= last_epoch(r->log));
    char *uri = uri_of(r->folder, e);
    int err = uri ? sql(r, e, NULL,
                        "INSERT INTO runs (run_uuid, name, source_type, source_name, "
                        "entry_point_name, user_id, source_version, lifecycle_stage, artifact_uri, "
                        "experiment_id) VALUES (?, ?, 'LOCAL', 'lint-train', '', 'lint', '', "
                        "'active', ?, ?) ON CONFLICT (run_uuid) DO UPDATE SET "
                        "lifecycle_stage = 'active', deleted_time = NULL, "
                        "artifact_uri = excluded.artifact_uri",
                        "sssi", r->id, r->m->run, uri, r->experiment)
                  : -1;
    free(uri);
    if (err) return -1;
    return sql(r, e, NULL,
               finished ? "UPDATE runs SET status = 'FINISHED', start_time = ?1, end_time = ?2 "
                          "WHERE run_uuid = ?3"
                        : "UPDATE runs SET status = 'RUNNING', start_time = ?1, "
                          "end_time = NULLIF(?2, ?2) WHERE run_uuid = ?3",
               "iis", milliseconds(r->m->folder->begin), milliseconds(r->m->folder->end), r->id);
}

static int write_params(const run *r, lint_err *e) {
    int err = sql(r, e, NULL, "DELETE FROM params WHERE run_uuid = ?", "s", r->id);
    for (size_t i = 0; i < r->log->settings && !err; i++) {
        char *name = allowed(r->log->setting[i].name, e);
        err = name ? sql(r, e, NULL, "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
                         "sss", name, r->log->setting[i].value, r->id)
                   : -1;
        free(name);
    }
    return err;
}

/* MLflow has no infinity; it writes the largest double for it. */
static double bounded(double v) {
    return v > DBL_MAX ? DBL_MAX : v < -DBL_MAX ? -DBL_MAX : v;
}

static int write_value(const run *r, const char *name, double value, uint64_t epoch, lint_err *e) {
    return sql(r, e, NULL,
               "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
               "VALUES (?, ?, ?, ?, ?, 0)",
               "sdisi", name, bounded(value),
               milliseconds(lint_run_folder_time(r->m->folder, r->log, epoch)), r->id,
               (int64_t)epoch);
}

static int write_column(const run *r, size_t c, lint_err *e) {
    char *name = allowed(r->log->column[c], e);
    int err = name ? 0 : -1;
    for (size_t row = 0; row < r->log->rows && !err; row++) {
        const char *value = lint_run_log_cell(r->log, row, c);
        if (value)
            err = write_value(r, name, strtod(value, NULL), lint_run_log_epoch(r->log, row), e);
    }
    free(name);
    return err;
}

static int write_metrics(const run *r, lint_err *e) {
    const lint_run_folder *f = r->m->folder;
    if (sql(r, e, NULL, "DELETE FROM metrics WHERE run_uuid = ?", "s", r->id) < 0 ||
        sql(r, e, NULL, "DELETE FROM latest_metrics WHERE run_uuid = ?", "s", r->id) < 0)
        return -1;
    for (size_t c = 1; c < r->log->columns; c++)
        if (write_column(r, c, e) < 0) return -1;
    for (size_t i = 0; i < f->scores; i++)
        if (write_value(r, f->score[i].name, f->score[i].value, last_epoch(r->log), e) < 0)
            return -1;
    return sql(r, e, NULL,
               "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
               "SELECT key, value, timestamp, step, is_nan, run_uuid FROM metrics AS m "
               "WHERE run_uuid = ?1 AND step = (SELECT MAX(step) FROM metrics AS n "
               "WHERE n.run_uuid = ?1 AND n.key = m.key)",
               "s", r->id);
}

static int write_tag(const run *r, const char *key, const char *value, lint_err *e) {
    return sql(r, e, NULL,
               "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?) "
               "ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value",
               "sss", key, value, r->id);
}

static int write_tags(const run *r, lint_err *e) {
    const lint_mlflow *m = r->m;
    if (write_tag(r, "mlflow.runName", m->run, e) < 0 ||
        write_tag(r, "mlflow.source.name", "lint-train", e) < 0 ||
        write_tag(r, "mlflow.source.type", "LOCAL", e) < 0 ||
        write_tag(r, "mlflow.user", "lint", e) < 0)
        return -1;
    for (size_t i = 0; i < m->tags; i++) {
        const char *equals = strchr(m->tag[i], '=');
        if (!equals) return lint_fail(e, "tag '%s': expected KEY=VALUE", m->tag[i]);
        char *key = lint_text_format(e, "%.*s", (int)(equals - m->tag[i]), m->tag[i]);
        char *name = key ? allowed(key, e) : NULL;
        int err = name ? write_tag(r, name, equals + 1, e) : -1;
        free(key);
        free(name);
        if (err) return -1;
    }
    return 0;
}

/* --- artifacts -------------------------------------------------------------------------------- */

static int copy_to(FILE *in, const char *from, const char *to, lint_err *e) {
    char buffer[1 << 16];
    size_t n;
    lint_output *out = lint_output_open(to, e);
    if (!out) return -1;
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, n, lint_output_file(out));
    if (!ferror(in)) return lint_output_commit(out, e);
    lint_output_abort(out);
    return lint_fail_errno(e, "%s", from);
}

/* Closes `in`, which may be NULL after an error. */
static int copy_file(FILE *in, const char *from, const char *folder, lint_err *e) {
    const char *slash = strrchr(from, '/');
    if (!in) return -1;
    char *to = lint_text_format(e, "%s/%s", folder, slash ? slash + 1 : from);
    int err = to ? copy_to(in, from, to, e) : -1;
    free(to);
    fclose(in);
    return err;
}

/* A picture that lies beside the log. */
static int copy_found(const char *from, const char *folder, lint_err *e) {
    return copy_file(lint_regular_open(from, from, e), from, folder, e);
}

/* A file that the user names. */
static int copy_given(const char *from, const char *folder, lint_err *e) {
    FILE *in = fopen(from, "rb");
    if (!in) lint_fail_errno(e, "%s", from);
    return copy_file(in, from, folder, e);
}

static int copy_artifacts(run *r, lint_err *e) {
    const lint_mlflow *m = r->m;
    char *root = artifacts_root(m, e);
    if (root)
        r->folder = lint_text_format(e, "%s/%" PRId64 "/%s/artifacts", root, r->experiment, r->id);
    free(root);
    int err = r->folder ? lint_folder_make(r->folder, e) : -1;
    for (size_t i = 0; i < m->folder->pictures && !err; i++)
        err = copy_found(m->folder->picture[i], r->folder, e);
    for (size_t i = 0; i < m->artifacts && !err; i++)
        err = copy_given(m->artifact[i], r->folder, e);
    return err;
}

/* --------------------------------------------------------------------------------------------- */

/* Refuses two names that MLflow could not tell apart. */
static int check_names(size_t n, const char *(*name_of)(const lint_run_log *, size_t),
                       const lint_run_log *log, lint_err *e) {
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        char *a = allowed(name_of(log, i), e);
        err = a ? 0 : -1;
        for (size_t j = 0; j < i && !err; j++) {
            char *b = allowed(name_of(log, j), e);
            if (!b || strcmp(a, b) == 0)
                err = b ? lint_fail(e, "'%s' and '%s' become the same name in MLflow",
                                    name_of(log, j), name_of(log, i))
                        : -1;
            free(b);
        }
        free(a);
    }
    return err;
}

static const char *setting_name(const lint_run_log *log, size_t i) {
    return log->setting[i].name;
}
static const char *column_name(const lint_run_log *log, size_t i) {
    return log->column[i];
}

static int write_all(run *r, lint_err *e) {
    if (sql_script(r, "BEGIN IMMEDIATE", e) < 0) return -1;
    if (make_tables(r, e) == 0 && find_experiment(r, e) == 0 && copy_artifacts(r, e) == 0 &&
        write_run(r, e) == 0 && write_params(r, e) == 0 && write_metrics(r, e) == 0 &&
        write_tags(r, e) == 0 && sql_script(r, "COMMIT", e) == 0)
        return 0;
    sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

static int make_folder_of(const char *path, lint_err *e) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) return 0;
    char *folder = lint_text_format(e, "%.*s", (int)(slash - path), path);
    int err = folder ? lint_folder_make(folder, e) : -1;
    free(folder);
    return err;
}

/* A database that is not there is made in memory, and saved when it is whole. */
static int open_database(run *r, int is_new, lint_err *e) {
    struct stat s;
    const char *path = r->m->database;
    if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        return lint_fail(e, "%s: a folder, expected MLflow's database, such as %s/mlflow.db", path,
                         path);
    if (make_folder_of(path, e) < 0) return -1;
    if (sqlite3_open_v2(is_new ? ":memory:" : path, &r->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return r->db ? sql_failed(r->db, r->m, e) : lint_fail_mem(e, "a database");
    sqlite3_busy_timeout(r->db, WAIT);
    return 0;
}

static int save_database(const run *r, lint_err *e) {
    sqlite3_int64 n;
    unsigned char *bytes = sqlite3_serialize(r->db, "main", &n, 0);
    if (!bytes) return lint_fail_mem(e, r->m->database);
    lint_output *out = lint_output_open(r->m->database, e);
    if (out) fwrite(bytes, 1, (size_t)n, lint_output_file(out));
    sqlite3_free(bytes);
    return out ? lint_output_commit(out, e) : -1;
}

int lint_mlflow_write(const lint_mlflow *m, const lint_run_log *log, lint_err *e) {
    run r = {.m = m, .log = log};
    if (is_one_line("the experiment's name", m->experiment, e) < 0 ||
        is_one_line("the run's name", m->run, e) < 0 || check_time(m, m->folder->begin, e) < 0 ||
        check_time(m, m->folder->end, e) < 0 ||
        check_names(log->settings, setting_name, log, e) < 0 ||
        check_names(log->columns, column_name, log, e) < 0)
        return -1;
    name_run(&r);
    int is_new = access(m->database, F_OK) < 0;
    int err = is_new && !lint_folder_is_missing() ? lint_fail_errno(e, "%s", m->database)
                                                  : open_database(&r, is_new, e);
    if (!err) err = write_all(&r, e);
    if (!err && is_new) err = save_database(&r, e);
    sqlite3_close(r.db);
    free(r.folder);
    return err;
}
