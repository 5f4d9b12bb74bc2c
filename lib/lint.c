#define _GNU_SOURCE /* newlocale, uselocale */
#include "lint.h"
#include "answer/file_predictor.h"
#include "answer/predictor.h"
#include "base/names.h"
#include "base/standard_io.h"
#include "base/threads.h"

#include <cblas.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lint_model {
    lint_threads *pool;
    lint_predictor net;
    lint_file_predictor files[2]; /* without maps, with maps; made when they are first asked */
    lint_fit fit;
    size_t batch;
    char **path; /* [batch] */
    char **name; /* [K] */
};

/* --- what the process has one of -------------------------------------------------------------- */

/* The caller's number of OpenBLAS threads and locale, while the library works. */
typedef struct process {
    int threads;
    locale_t plain, before;
} process;

/* Networks and metadata hold numbers with points, which a locale may read as the end. */
static int enter(process *p, lint_err *e) {
    p->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (p->plain == (locale_t)0) return lint_fail_mem(e, "a locale");
    p->before = uselocale(p->plain);
    p->threads = openblas_get_num_threads();
    if (p->threads != 1) openblas_set_num_threads(1);
    return 0;
}

static void leave(const process *p) {
    if (p->threads != 1) openblas_set_num_threads(p->threads);
    uselocale(p->before);
    freelocale(p->plain);
}

static void tell(lint_error *to, const lint_err *e) {
    if (to) memcpy(to->message, e->msg, sizeof to->message);
}
_Static_assert(sizeof((lint_error *)0)->message == sizeof((lint_err *)0)->msg, "one length");

/* --- the model -------------------------------------------------------------------------------- */

static int name_classes(lint_model *m, lint_err *e) {
    char number[32];
    m->name = calloc(m->net.k, sizeof *m->name);
    if (!m->name) return lint_fail_mem(e, "names");
    for (size_t c = 0; c < m->net.k; c++) {
        m->name[c] = strdup(lint_names_get(&m->net.classes, (int32_t)c, "class", number));
        if (!m->name[c]) return lint_fail_mem(e, "names");
    }
    return 0;
}

static int open_model(lint_model *m, const char *path, int threads, lint_err *e) {
    if (m->batch < 1) return lint_fail(e, "batch is 0, expected at least 1");
    if (threads < 0) return lint_fail(e, "threads is %d, expected 0 or more", threads);
    m->pool = lint_threads_new(threads, e);
    if (!m->pool || lint_predictor_open(&m->net, path, m->batch, m->pool, e) < 0) return -1;
    if (lint_predictor_needs_pictures(&m->net, e) < 0) return lint_err_prefix(e, "%s: ", path);
    m->fit = m->net.fit >= 0 ? (lint_fit)m->net.fit : LINT_FIT_STRETCH;
    m->path = calloc(m->batch, sizeof *m->path);
    return m->path ? name_classes(m, e) : lint_fail_mem(e, "names");
}

/* "-" is a file of that name here, not standard input. */
static const char *as_file(const char *path) {
    return lint_is_stdio(path) ? "./-" : path;
}

lint_model *lint_model_open(const char *path, int threads, size_t batch, lint_error *error) {
    lint_err e = {.msg = ""};
    process p;
    lint_model *m = calloc(1, sizeof *m);
    if (!m || enter(&p, &e) < 0) {
        lint_fail_mem(&e, "a model");
        tell(error, &e);
        free(m);
        return NULL;
    }
    m->batch = batch;
    int err = open_model(m, as_file(path), threads, &e);
    leave(&p);
    tell(error, &e);
    if (!err) return m;
    lint_model_close(m);
    return NULL;
}

void lint_model_close(lint_model *m) {
    if (!m) return;
    for (size_t c = 0; m->name && c < m->net.k; c++)
        free(m->name[c]);
    free(m->name);
    free(m->path);
    for (int maps = 0; maps < 2; maps++)
        lint_file_predictor_free(&m->files[maps]);
    lint_predictor_free(&m->net);
    lint_threads_free(m->pool);
    free(m);
}

size_t lint_model_classes(const lint_model *m) {
    return m->net.k;
}

const char *lint_model_class(const lint_model *m, size_t index) {
    return index < m->net.k ? m->name[index] : NULL;
}

size_t lint_model_width(const lint_model *m) {
    return m->net.w;
}

size_t lint_model_height(const lint_model *m) {
    return m->net.h;
}

size_t lint_model_map_width(const lint_model *m) {
    return m->net.cam_w;
}

size_t lint_model_map_height(const lint_model *m) {
    return m->net.cam_h;
}

/* --- answers ---------------------------------------------------------------------------------- */

static size_t map_size(const lint_model *m) {
    return m->net.k * m->net.cam_h * m->net.cam_w;
}

static int check_maps(const lint_model *m, const float *maps, lint_err *e) {
    if (!maps || m->net.cam_h) return 0;
    return lint_fail(e, "the model's network has no 'cam' line, so no maps");
}

/* Of at most a batch of files. Returns how many of them were not answered, or -1: none was. */
static int ask_batch(lint_model *m, size_t n, const char *const *path, float *logits, float *maps,
                     lint_error *error, lint_err *e) {
    lint_file_predictor *ask = &m->files[maps != NULL];
    int bad = 0;
    if (!ask->answer &&
        lint_file_predictor_new(ask, &m->net, m->fit, m->batch, maps != NULL, m->pool, e) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        m->path[i] = (char *)as_file(path[i]); /* is only read */
    if (lint_file_predictor_run(ask, m->path, NULL, n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++) {
        const lint_answer *a = &ask->answer[i];
        bad += a->bad != 0;
        if (a->bad) {
            if (error) tell(&error[i], &a->e);
            continue;
        }
        memcpy(logits + i * m->net.k, a->logits, m->net.k * sizeof *logits);
        if (maps) memcpy(maps + i * map_size(m), a->cam, map_size(m) * sizeof *maps);
    }
    return bad;
}

/* What stays where a picture is not answered. */
static void clear(const lint_model *m, size_t n, float *logits, float *maps) {
    memset(logits, 0, n * m->net.k * sizeof *logits);
    if (maps) memset(maps, 0, n * map_size(m) * sizeof *maps);
}

static void tell_all(lint_error *error, size_t n, const lint_err *e) {
    for (size_t i = 0; error && i < n; i++)
        tell(&error[i], e);
}

int lint_model_ask_files(lint_model *m, size_t n, const char *const *path, float *logits,
                         float *maps, lint_error *error) {
    lint_err e = {.msg = ""};
    process p;
    int err = 0;
    tell_all(error, n, &e);
    if (check_maps(m, maps, &e) < 0 || enter(&p, &e) < 0) {
        tell_all(error, n, &e);
        return -1;
    }
    clear(m, n, logits, maps);
    for (size_t i = 0; i < n; i += m->batch) {
        size_t some = n - i < m->batch ? n - i : m->batch;
        lint_error *of = error ? error + i : NULL;
        int bad = ask_batch(m, some, path + i, logits + i * m->net.k,
                            maps ? maps + i * map_size(m) : NULL, of, &e);
        if (bad < 0) tell_all(of, some, &e);
        if (bad) err = -1;
    }
    leave(&p);
    return err;
}

/* As ask_batch, of pictures of width w and height h. */
static int ask_pixels(lint_model *m, size_t n, const uint8_t *rgb, int w, int h, float *logits,
                      float *maps, lint_err *e) {
    lint_image *fitted = calloc(n, sizeof *fitted);
    const uint8_t **image = calloc(n, sizeof *image);
    int err = fitted && image ? 0 : lint_fail_mem(e, "pictures");
    for (size_t i = 0; i < n && !err; i++) {
        const lint_image im = {w, h, 3, (uint8_t *)rgb + i * (size_t)w * (size_t)h * 3};
        err = lint_image_fit(&fitted[i], &im, (int)m->net.w, (int)m->net.h, m->fit, e);
        image[i] = fitted[i].px;
    }
    if (!err) err = lint_predictor_run(&m->net, n, image, logits, maps, e);
    for (size_t i = 0; fitted && i < n; i++)
        lint_image_free(&fitted[i]);
    free(fitted);
    free(image);
    return err;
}

static int check_size(size_t w, size_t h, lint_err *e) {
    if (w >= 1 && h >= 1 && w <= LINT_IMAGE_MAX && h <= LINT_IMAGE_MAX &&
        w * h <= LINT_IMAGE_PIXELS)
        return 0;
    return lint_fail(e,
                     "a picture of %zux%zu pixels: expected 1 to %d on each side, and at most %d",
                     w, h, LINT_IMAGE_MAX, LINT_IMAGE_PIXELS);
}

int lint_model_ask_pixels(lint_model *m, size_t n, const uint8_t *rgb, size_t width, size_t height,
                          float *logits, float *maps, lint_error *error) {
    lint_err e = {.msg = ""};
    process p;
    int err = check_size(width, height, &e);
    if (!err) err = check_maps(m, maps, &e);
    if (!err) err = enter(&p, &e);
    if (!err) {
        for (size_t i = 0; i < n && !err; i += m->batch)
            err = ask_pixels(m, n - i < m->batch ? n - i : m->batch, rgb + i * width * height * 3,
                             (int)width, (int)height, logits + i * m->net.k,
                             maps ? maps + i * map_size(m) : NULL, &e);
        leave(&p);
    }
    tell(error, &e);
    return err;
}

void lint_softmax(const float *logits, size_t classes, float *probability) {
    double best = 0, sum = 0;
    for (size_t c = 0; c < classes; c++)
        if (c == 0 || (double)logits[c] > best) best = (double)logits[c];
    for (size_t c = 0; c < classes; c++)
        sum += exp((double)logits[c] - best);
    for (size_t c = 0; c < classes; c++)
        probability[c] = (float)(exp((double)logits[c] - best) / sum);
}
