#include "train/checkpoint.h"

#include "base/atomic_output.h"
#include "base/memstream.h"
#include "engine/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BEST "best/"
enum { COLUMNS = 16 };

/* --- a row of the log as numbers -------------------------------------------------------------- */

static double *put_scores(double *v, const lint_epoch_scores *s) {
    *v++ = s->loss;
    *v++ = s->ce;
    *v++ = s->cam;
    *v++ = s->accuracy;
    return v;
}

static const double *get_scores(const double *v, lint_epoch_scores *s) {
    *s = (lint_epoch_scores){v[0], v[1], v[2], v[3]};
    return v + 4;
}

static void put_row(double *v, const lint_epoch *row) {
    *v++ = (double)row->epoch;
    *v++ = row->rates.lr;
    *v++ = row->rates.ce_weight;
    *v++ = row->rates.cam_weight;
    v = put_scores(put_scores(v, &row->train), &row->val);
    *v++ = row->groups.worst;
    *v++ = row->groups.mean;
    *v++ = row->groups.adjusted;
    *v = row->best;
}

static void get_row(const double *v, lint_epoch *row) {
    *row = (lint_epoch){.rates = {v[1], v[2], v[3]}};
    row->epoch = v[0] >= 0 && v[0] < 1e15 ? (size_t)v[0] : 0;
    v = get_scores(get_scores(v + 4, &row->train), &row->val);
    row->groups = (lint_group_scores){v[0], v[1], v[2]};
    row->best = v[3] != 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int add(lint_frame *f, const char *name, lint_dtype dtype, size_t rows, size_t columns,
               const void *data, lint_err *e) {
    uint64_t shape[] = {rows, columns};
    lint_tensor *t = lint_frame_add(f, name, dtype, columns ? 2 : 1, shape, e);
    if (!t) return -1;
    if (t->bytes) memcpy(t->data, data, t->bytes);
    return 0;
}

static int store_rows(const lint_checkpoint *c, lint_frame *f, lint_err *e) {
    double *v = calloc(c->rows * COLUMNS + 1, sizeof *v);
    if (!v) return lint_fail_mem(e, "a checkpoint");
    for (size_t i = 0; i < c->rows; i++)
        put_row(v + i * COLUMNS, &c->row[i]);
    int err = add(f, "log/rows", LINT_F64, c->rows, COLUMNS, v, e);
    free(v);
    return err;
}

/* "key<TAB>value" lines, from malloc. */
static char *settings_text(const lint_settings *s, lint_err *e) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    for (size_t i = 0; f && i < s->n; i++)
        fprintf(f, "%s\t%s\n", s->v[i].key, s->v[i].value);
    if (lint_memstream_close(f, &text)) return text;
    lint_fail_mem(e, "the settings");
    return NULL;
}

static int describe(const lint_checkpoint *c, lint_frame *f, lint_err *e) {
    char stream[32];
    char *settings = settings_text(c->settings, e);
    snprintf(stream, sizeof stream, "%016" PRIx64, c->stream);
    int err = settings ? 0 : -1;
    if (err == 0) err = lint_frame_set_meta(f, "lint", "1", e);
    if (err == 0) err = lint_frame_set_meta(f, "kind", "checkpoint", e);
    if (err == 0) err = lint_frame_set_meta(f, "net", lint_net_text(c->net), e);
    if (err == 0) err = lint_frame_set_meta(f, "settings", settings, e);
    if (err == 0) err = lint_frame_set_meta(f, "stream", stream, e);
    free(settings);
    return err;
}

static int fill(const lint_checkpoint *c, lint_frame *f, lint_err *e) {
    size_t n;
    const float *state = lint_optim_state(c->optim, &n);
    if (describe(c, f, e) < 0 || lint_net_store(c->net, f, e) < 0 ||
        lint_net_store_as(c->net, c->best, BEST, f, e) < 0 ||
        add(f, "optimiser/state", LINT_F32, n, 0, state, e) < 0 ||
        add(f, "optimiser/steps", LINT_U64, 1, 0, lint_optim_steps(c->optim), e) < 0 ||
        store_rows(c, f, e) < 0)
        return -1;
    if (!c->dro) return 0;
    const double *q = lint_dro_weights(c->dro, &n);
    return add(f, "dro/weights", LINT_F64, n, 0, q, e);
}

int lint_checkpoint_write(const char *path, const lint_checkpoint *c, lint_err *e) {
    lint_frame f = {0};
    lint_output *out = lint_output_open(path, e);
    int err = out ? fill(c, &f, e) : -1;
    if (err == 0 && lint_frame_write(&f, lint_output_file(out), e) < 0)
        err = lint_err_prefix(e, "%s: ", path);
    lint_frame_free(&f);
    if (err == 0) return lint_output_commit(out, e);
    lint_output_abort(out);
    return -1;
}

/* --- comparing settings ----------------------------------------------------------------------- */

/* The value of a key in "key<TAB>value" lines, and its length in *len; NULL: not found. */
static const char *value_of(const char *lines, const char *key, size_t *len) {
    size_t k = strlen(key);
    while (*lines) {
        size_t line = strcspn(lines, "\n");
        if (line > k && strncmp(lines, key, k) == 0 && lines[k] == '\t') {
            *len = line - k - 1;
            return lines + k + 1;
        }
        lines += line + (lines[line] != 0);
    }
    return NULL;
}

#define ANEW "; to start anew, delete the file or name another --checkpoint"

/* Keys with a blank, such as "training samples", have hashes as values; others are options. */
static int differs(const char *key, const char *was, size_t len, const char *now, lint_err *e) {
    if (strchr(key, ' ')) return lint_fail(e, "belongs to a run with other %s" ANEW, key);
    if (!was)
        return lint_fail(e, "belongs to a run without %s, but %s is now %s" ANEW, key, key, now);
    if (!now)
        return lint_fail(e, "belongs to a run with %s %.*s, but now there is none" ANEW, key,
                         (int)len, was);
    return lint_fail(e, "belongs to a run with %s %.*s, but %s is now %s" ANEW, key, (int)len, was,
                     key, now);
}

/* Finds a setting of the checkpoint that this run does not have. */
static int check_gone(const char *then, const char *now, lint_err *e) {
    while (*then) {
        size_t line = strcspn(then, "\n"), key = strcspn(then, "\t"), len;
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)(key < line ? key : line), then);
        if (key < line && !value_of(now, name, &len))
            return differs(name, then + key + 1, line - key - 1, NULL, e);
        then += line + (then[line] != 0);
    }
    return 0;
}

static int check_settings(const lint_frame *f, const lint_settings *now, lint_err *e) {
    const char *then = lint_frame_meta(f, "settings");
    if (!then) return lint_fail(e, "no 'settings' in the metadata");
    for (size_t i = 0; i < now->n; i++) {
        size_t len = 0;
        const char *was = value_of(then, now->v[i].key, &len), *is = now->v[i].value;
        if (!was || len != strlen(is) || strncmp(was, is, len) != 0)
            return differs(now->v[i].key, was, len, is, e);
    }
    char *text = settings_text(now, e);
    int err = text ? check_gone(then, text, e) : -1;
    free(text);
    return err;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Loads the weights of the best epoch, or with best 0 the current ones, whose names have no '/'. */
static int load(lint_net *net, const lint_frame *f, int best, lint_err *e) {
    lint_frame part = {0};
    int err = 0;
    for (size_t i = 0; err == 0 && i < f->count; i++) {
        const lint_tensor *t = &f->tensors[i];
        int is_best = strncmp(t->name, BEST, strlen(BEST)) == 0;
        if (best ? !is_best : strchr(t->name, '/') != NULL) continue;
        const char *name = best ? t->name + strlen(BEST) : t->name;
        lint_tensor *to = lint_frame_add(&part, name, t->dtype, t->rank, t->shape, e);
        if (!to)
            err = -1;
        else
            memcpy(to->data, t->data, t->bytes);
    }
    if (err == 0) err = lint_net_load(net, &part, e);
    lint_frame_free(&part);
    return err;
}

/* Copies a tensor of n elements to `to`. */
static int take(const lint_frame *f, const char *name, lint_dtype dtype, size_t n, void *to,
                lint_err *e) {
    const lint_tensor *t = lint_frame_need(f, name, dtype, 1, (uint64_t[]){n}, e);
    if (!t) return -1;
    if (t->bytes) memcpy(to, t->data, t->bytes);
    return 0;
}

static int take_rows(const lint_frame *f, lint_checkpoint *c, lint_err *e) {
    const lint_tensor *t =
        lint_frame_need(f, "log/rows", LINT_F64, 2, (uint64_t[]){UINT64_MAX, COLUMNS}, e);
    if (!t) return -1;
    c->rows = (size_t)t->shape[0];
    c->row = calloc(c->rows + 1, sizeof *c->row);
    if (!c->row) return lint_fail_mem(e, "a checkpoint");
    for (size_t i = 0; i < c->rows; i++) {
        get_row((const double *)t->data + i * COLUMNS, &c->row[i]);
        if (c->row[i].epoch != i + 1)
            return lint_fail(e, "row %zu of 'log/rows' is not epoch %zu", i + 1, i + 1);
    }
    if (c->rows && c->row[0].best) return 0;
    return lint_fail(e, "'log/rows' does not begin with a best epoch");
}

static int take_stream(const lint_frame *f, lint_checkpoint *c, lint_err *e) {
    const char *text = lint_frame_meta(f, "stream");
    char *end = NULL;
    if (text) c->stream = strtoull(text, &end, 16);
    return end && end != text && !*end ? 0 : lint_fail(e, "no 'stream' in the metadata");
}

static int take_all(const lint_frame *f, lint_checkpoint *c, lint_err *e) {
    size_t n, q = 0;
    float *state = lint_optim_state(c->optim, &n);
    double *dro = c->dro ? lint_dro_weights(c->dro, &q) : NULL;
    if (take(f, "optimiser/state", LINT_F32, n, state, e) < 0 ||
        take(f, "optimiser/steps", LINT_U64, 1, lint_optim_steps(c->optim), e) < 0 ||
        (dro && take(f, "dro/weights", LINT_F64, q, dro, e) < 0) || take_rows(f, c, e) < 0 ||
        take_stream(f, c, e) < 0)
        return -1;
    if (load(c->net, f, 1, e) < 0) return -1;
    lint_snapshot_take(c->net, c->best);
    return load(c->net, f, 0, e);
}

int lint_checkpoint_read(const char *path, lint_checkpoint *c, lint_err *e) {
    struct stat st;
    lint_frame f = {0};
    if (stat(path, &st) < 0) return errno == ENOENT ? 0 : lint_fail_errno(e, "%s", path);
    if (!S_ISREG(st.st_mode)) return lint_fail(e, "%s: not a regular file", path);
    if (lint_frame_load(&f, path, e) < 0) return -1;
    const char *kind = lint_frame_meta(&f, "kind");
    int err = kind && strcmp(kind, "checkpoint") == 0
                  ? check_settings(&f, c->settings, e)
                  : lint_fail(e, "not a checkpoint of lint-train (its kind is %.40s)",
                              kind ? kind : "missing");
    if (err == 0) err = take_all(&f, c, e);
    lint_frame_free(&f);
    return err < 0 ? lint_err_prefix(e, "%s: ", path) : 1;
}
