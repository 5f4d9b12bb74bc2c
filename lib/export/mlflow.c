#define _XOPEN_SOURCE 700 /* realpath */
#include "export/mlflow.h"
#include "base/atomic_output.h"
#include "base/folder.h"
#include "base/rng.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_RUNNING = 1, STATUS_FINISHED = 3 }; /* mlflow's RunStatus */
enum { SOURCE_LOCAL = 4 };                        /* mlflow's SourceType */

/* --- small parts ------------------------------------------------------------------------------ */

/* Text from malloc, or NULL with *e set. */
__attribute__((format(printf, 2, 3))) static char *text_of(lint_err *e, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (!text) {
        lint_fail_mem(e, "paths");
        return NULL;
    }
    va_start(ap, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return text;
}

static int is_one_line(const char *what, const char *text, lint_err *e) {
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return lint_fail(e, "%s '%s' contains control characters", what, text);
    return *text ? 0 : lint_fail(e, "%s is empty", what);
}

/* A name as MLflow allows it, from malloc. */
static char *allowed(const char *name, lint_err *e) {
    char *copy = text_of(e, "%s", name);
    int dots = 1;
    for (char *c = copy; copy && *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("_-. ", *c)) *c = '_';
        if (*c != '.') dots = 0;
    }
    if (copy && dots) { /* "", "." and ".." are no files */
        lint_fail(e, "'%s' is not a valid name in MLflow", name);
        free(copy);
        return NULL;
    }
    return copy;
}

/* A YAML scalar in single quotes. */
static void put_quoted(FILE *out, const char *text) {
    putc('\'', out);
    for (; *text; text++) {
        if (*text == '\'') putc('\'', out);
        putc(*text, out);
    }
    putc('\'', out);
}

/* file:// and the path, with %XX for what a URI does not take as it is. */
static char *uri_of(const char *path, lint_err *e) {
    static const char hex[] = "0123456789ABCDEF";
    char *full = realpath(path, NULL), *uri = full ? malloc(3 * strlen(full) + 8) : NULL;
    if (!full)
        lint_fail(e, "%s: %s", path, strerror(errno));
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

/* A file of the store that is being written, and where it goes. */
typedef struct item {
    char *path;
    lint_output *out;
    FILE *f;
} item;

/* FOLDER/NAME is begun; the folder is there. */
static int begin(item *i, const char *folder, const char *name, lint_err *e) {
    *i = (item){.path = text_of(e, "%s/%s", folder, name)};
    i->out = i->path ? lint_output_open(i->path, e) : NULL;
    if (i->out) i->f = lint_output_file(i->out);
    if (i->out) return 0;
    free(i->path);
    return -1;
}

static int end(item *i, int err, lint_err *e) {
    if (err)
        lint_output_abort(i->out);
    else
        err = lint_output_commit(i->out, e);
    free(i->path);
    return err;
}

/* FOLDER/NAME holds the text. */
static int write_text(const char *folder, const char *name, const char *text, lint_err *e) {
    item i;
    if (begin(&i, folder, name, e) < 0) return -1;
    fputs(text, i.f);
    return end(&i, 0, e);
}

/* --- the experiment --------------------------------------------------------------------------- */

/* Whether FOLDER/meta.yaml says `name: NAME`, plain as MLflow writes it, or quoted. */
static int has_name(const char *store, const char *folder, const char *name, int *yes,
                    lint_err *e) {
    char *path = text_of(e, "%s/%s/meta.yaml", store, folder);
    FILE *f = path ? fopen(path, "r") : NULL;
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    *yes = 0;
    while (f && (n = getline(&line, &size, f)) > 0) {
        if (line[n - 1] == '\n') line[--n] = 0;
        if (strncmp(line, "name: ", 6)) continue;
        char *value = line + 6;
        if (*value == '\'' || *value == '"') {
            value++;
            line[n - 1] = 0;
        }
        *yes |= strcmp(value, name) == 0;
    }
    if (f) fclose(f);
    free(line);
    free(path);
    return path ? 0 : -1;
}

/* The id of the experiment of that name: of one that is there, else made of the name. Of several,
 * the first by id. From malloc. */
static char *experiment_id(const lint_mlflow *m, lint_err *e) {
    char *id = NULL;
    DIR *d = opendir(m->store);
    int err = 0;
    if (!d) {
        lint_fail(e, "%s: %s", m->store, strerror(errno));
        return NULL;
    }
    for (struct dirent *entry; !err && (entry = readdir(d));) {
        int yes;
        if (*entry->d_name == '.') continue;
        err = has_name(m->store, entry->d_name, m->experiment, &yes, e);
        if (err || !yes || (id && strcmp(id, entry->d_name) < 0)) continue;
        free(id);
        id = text_of(e, "%s", entry->d_name);
        err = id ? 0 : -1;
    }
    closedir(d);
    /* MLflow's own are numbers of 18 digits. */
    uint64_t number =
        lint_hash(m->experiment, strlen(m->experiment), 0) % UINT64_C(900000000000000000);
    if (!err && !id) id = text_of(e, "%" PRIu64, number + UINT64_C(100000000000000000));
    return id;
}

/* Makes STORE/ID and its meta.yaml, unless it is there. */
static int make_experiment(const lint_mlflow *m, const char *folder, const char *id, lint_err *e) {
    item i;
    char *meta = text_of(e, "%s/meta.yaml", folder);
    FILE *there = meta ? fopen(meta, "r") : NULL;
    free(meta);
    if (!meta) return -1;
    if (there) return fclose(there) == 0 ? 0 : lint_fail(e, "%s: %s", folder, strerror(errno));
    if (lint_folder_make(folder, e) < 0) return -1;
    char *uri = uri_of(folder, e);
    if (!uri || begin(&i, folder, "meta.yaml", e) < 0) {
        free(uri);
        return -1;
    }
    fputs("artifact_location: ", i.f);
    put_quoted(i.f, uri);
    fprintf(i.f,
            "\ncreation_time: %" PRIu64 "\nexperiment_id: '%s'\nlast_update_time: %" PRIu64
            "\nlifecycle_stage: active\nname: ",
            m->time * 1000, id, m->time * 1000);
    put_quoted(i.f, m->experiment);
    putc('\n', i.f);
    free(uri);
    return end(&i, 0, e);
}

/* --- the run ---------------------------------------------------------------------------------- */

/* 32 hexadecimal digits of everything in the log that does not change while it grows. */
static void run_id(const lint_mlflow *m, const lint_run_log *log, char id[33]) {
    uint64_t half[2];
    for (uint64_t seed = 0; seed < 2; seed++) {
        uint64_t h = lint_hash(m->run, strlen(m->run), seed);
        for (size_t i = 0; i < log->settings; i++) {
            h = lint_hash(log->setting[i].name, strlen(log->setting[i].name), h);
            h = lint_hash(log->setting[i].value, strlen(log->setting[i].value), h);
        }
        for (size_t c = 0; c < log->columns; c++)
            h = lint_hash(log->column[c], strlen(log->column[c]), h);
        half[seed] = h;
    }
    snprintf(id, 33, "%016" PRIx64 "%016" PRIx64, half[0], half[1]);
}

static int write_params(const char *folder, const lint_run_log *log, lint_err *e) {
    for (size_t i = 0; i < log->settings; i++) {
        char *name = allowed(log->setting[i].name, e);
        int err = name ? write_text(folder, name, log->setting[i].value, e) : -1;
        free(name);
        if (err) return -1;
    }
    return 0;
}

static int write_metrics(const lint_mlflow *m, const char *folder, const lint_run_log *log,
                         lint_err *e) {
    for (size_t c = 1; c < log->columns; c++) {
        item i;
        char *name = allowed(log->column[c], e);
        int err = name ? begin(&i, folder, name, e) : -1;
        free(name);
        if (err) return -1;
        size_t values = 0;
        for (size_t row = 0; row < log->rows; row++) {
            const char *value = lint_run_log_cell(log, row, c);
            uint64_t epoch = lint_run_log_epoch(log, row);
            if (!value) continue;
            fprintf(i.f, "%" PRIu64 " %s %" PRIu64 "\n", (m->time + epoch) * 1000, value, epoch);
            values++;
        }
        if (values) {
            if (end(&i, 0, e) < 0) return -1;
        } else { /* MLflow cannot read a metric without values */
            end(&i, 1, e);
        }
    }
    return 0;
}

static int write_tags(const lint_mlflow *m, const char *folder, lint_err *e) {
    if (write_text(folder, "mlflow.runName", m->run, e) < 0 ||
        write_text(folder, "mlflow.source.name", "lint-train", e) < 0 ||
        write_text(folder, "mlflow.source.type", "LOCAL", e) < 0 ||
        write_text(folder, "mlflow.user", "lint", e) < 0)
        return -1;
    for (size_t i = 0; i < m->tags; i++) {
        const char *equals = strchr(m->tag[i], '=');
        if (!equals) return lint_fail(e, "tag '%s': expected KEY=VALUE", m->tag[i]);
        char *key = text_of(e, "%.*s", (int)(equals - m->tag[i]), m->tag[i]);
        char *name = key ? allowed(key, e) : NULL;
        int err = name ? write_text(folder, name, equals + 1, e) : -1;
        free(key);
        free(name);
        if (err) return -1;
    }
    return 0;
}

static int copy_file(const char *from, const char *folder, lint_err *e) {
    char buffer[1 << 16];
    const char *slash = strrchr(from, '/');
    item i;
    size_t n;
    FILE *in = fopen(from, "rb");
    if (!in) return lint_fail(e, "%s: %s", from, strerror(errno));
    if (begin(&i, folder, slash ? slash + 1 : from, e) < 0) {
        fclose(in);
        return -1;
    }
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, n, i.f);
    int err = ferror(in) ? lint_fail(e, "%s: %s", from, strerror(errno)) : 0;
    fclose(in);
    return end(&i, err, e);
}

static int write_meta(const lint_mlflow *m, const char *folder, const char *experiment,
                      const char *id, const lint_run_log *log, lint_err *e) {
    item i;
    const char *epochs = lint_run_log_setting(log, "epochs");
    uint64_t last = log->rows ? lint_run_log_epoch(log, log->rows - 1) : 0;
    int finished = log->rows && (!epochs || strtoumax(epochs, NULL, 10) <= last);
    char *artifacts = text_of(e, "%s/artifacts", folder);
    char *uri = artifacts ? uri_of(artifacts, e) : NULL;
    int err = uri ? begin(&i, folder, "meta.yaml", e) : -1;
    if (!err) {
        fputs("artifact_uri: ", i.f);
        put_quoted(i.f, uri);
        if (finished)
            fprintf(i.f, "\nend_time: %" PRIu64, (m->time + last) * 1000);
        else
            fputs("\nend_time: null", i.f);
        fprintf(i.f,
                "\nentry_point_name: ''\nexperiment_id: '%s'\nlifecycle_stage: active\n"
                "run_id: '%s'\nrun_name: ",
                experiment, id);
        put_quoted(i.f, m->run);
        fprintf(i.f,
                "\nrun_uuid: '%s'\nsource_name: ''\nsource_type: %d\nsource_version: ''\n"
                "start_time: %" PRIu64 "\nstatus: %d\ntags: []\nuser_id: lint\n",
                id, SOURCE_LOCAL, m->time * 1000, finished ? STATUS_FINISHED : STATUS_RUNNING);
        err = end(&i, 0, e);
    }
    free(artifacts);
    free(uri);
    return err;
}

/* The folders of a run, in the order in which they are filled. */
enum { PARAMS, METRICS, TAGS, ARTIFACTS, PARTS };

static int fill(const lint_mlflow *m, int part, const char *folder, const lint_run_log *log,
                lint_err *e) {
    if (lint_folder_make(folder, e) < 0) return -1;
    if (part == PARAMS) return write_params(folder, log, e);
    if (part == METRICS) return write_metrics(m, folder, log, e);
    if (part == TAGS) return write_tags(m, folder, e);
    for (size_t i = 0; i < m->artifacts; i++)
        if (copy_file(m->artifact[i], folder, e) < 0) return -1;
    return 0;
}

static int write_run(const lint_mlflow *m, const char *experiment, const char *id,
                     const lint_run_log *log, lint_err *e) {
    static const char *const name[PARTS] = {"params", "metrics", "tags", "artifacts"};
    char *run = text_of(e, "%s/%s/%s", m->store, experiment, id);
    int err = run ? 0 : -1;
    for (int part = 0; part < PARTS && !err; part++) {
        char *folder = text_of(e, "%s/%s", run, name[part]);
        err = folder ? fill(m, part, folder, log, e) : -1;
        free(folder);
    }
    if (!err) err = write_meta(m, run, experiment, id, log, e);
    free(run);
    return err;
}

/* Two names that MLflow would hold in one file would be one. */
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

int lint_mlflow_write(const lint_mlflow *m, const lint_run_log *log, lint_err *e) {
    char id[33];
    if (is_one_line("the experiment's name", m->experiment, e) < 0 ||
        is_one_line("the run's name", m->run, e) < 0 ||
        check_names(log->settings, setting_name, log, e) < 0 ||
        check_names(log->columns, column_name, log, e) < 0 || lint_folder_make(m->store, e) < 0)
        return -1;
    char *experiment = experiment_id(m, e);
    char *folder = experiment ? text_of(e, "%s/%s", m->store, experiment) : NULL;
    int err = folder ? make_experiment(m, folder, experiment, e) : -1;
    run_id(m, log, id);
    if (!err) err = write_run(m, experiment, id, log, e);
    free(experiment);
    free(folder);
    return err;
}
