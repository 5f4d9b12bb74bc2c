#include "answer/file_predictor.h"
#include "base/standard_io.h"
#include "picture/heif_decoder.h"

#include <stdlib.h>
#include <string.h>

static void whole_free(lint_whole *w) {
    free(w->path);
    lint_image_free(&w->im);
    *w = (lint_whole){0};
}

static void move(lint_whole *to, lint_whole *from) {
    *to = *from;
    *from = (lint_whole){0};
}

int lint_file_predictor_new(lint_file_predictor *a, const lint_predictor *model, lint_fit fit,
                            size_t most, int maps, lint_threads *pool, lint_err *e) {
    *a = (lint_file_predictor){.model = model,
                               .pool = pool,
                               .fit = fit,
                               .depth = model->depth,
                               .most = most,
                               .margin = model->crop_margin > 0 ? model->crop_margin : 0};
    if (lint_predictor_needs_pictures(model, e) < 0) return -1;
    if (maps && !model->cam_h)
        return lint_fail(e, "the model's network has no 'cam' line, so no maps");
    a->heif = lint_heif_decoder_new();
    a->answer = calloc(most, sizeof *a->answer);
    a->image = malloc(most * model->h * model->w * 3);
    a->good = calloc(most, sizeof *a->good);
    a->logits = calloc(most * model->k, sizeof *a->logits);
    if (maps) a->cam = calloc(most * model->k * model->cam_h * model->cam_w, sizeof *a->cam);
    if (a->heif && a->answer && a->image && a->good && a->logits && (a->cam || !maps)) return 0;
    lint_file_predictor_free(a);
    return lint_fail_mem(e, "answers");
}

void lint_file_predictor_free(lint_file_predictor *a) {
    lint_heif_decoder_free(a->heif);
    whole_free(&a->kept);
    free(a->answer);
    free(a->image);
    free(a->good);
    free(a->logits);
    free(a->cam);
    *a = (lint_file_predictor){0};
}

typedef struct job {
    lint_file_predictor *a;
    char *const *path;
    const lint_crop *crop; /* NULL: whole pictures */
    size_t n;
    lint_whole before; /* the first picture, where the run before has read it */
} job;

/* A crop is cut from all pixels, and then resized. */
static int read_picture(const lint_file_predictor *a, const char *path, int crops, lint_whole *to,
                        lint_err *e) {
    const lint_image_ask ask = {.c = 3,
                                .w = crops ? 0 : (int)a->model->w,
                                .h = crops ? 0 : (int)a->model->h,
                                .fit = a->fit,
                                .depth = a->depth,
                                .max_pixels = a->max_pixels,
                                .regular = a->regular,
                                .heif = a->heif};
    if (lint_image_read_as(&to->im, lint_is_stdio(path) ? "/dev/stdin" : path, &ask, &to->facts,
                           e) < 0)
        return -1;
    to->path = strdup(path);
    return to->path ? 0 : lint_fail_mem(e, "a path");
}

static int cut(const lint_file_predictor *a, const lint_crop *crop, const lint_whole *w,
               lint_image *part, lint_err *e) {
    if (lint_crop_cut(crop, a->margin, &w->facts, &w->im, part, e) < 0) return -1;
    return lint_image_fit(part, part, (int)a->model->w, (int)a->model->h, a->fit, e);
}

/* Whether it is another crop of the picture before. */
static int goes_on(const job *j, size_t i) {
    return j->crop && i > 0 && i < j->n && strcmp(j->path[i - 1], j->path[i]) == 0;
}

/* A picture is read once for all of its crops. Only the thread of the first one takes what the run before
 * kept, and only that of the last one keeps its own. */
static void read_part(void *ctx, size_t i, int worker) {
    job *j = ctx;
    lint_file_predictor *a = j->a;
    size_t bytes = a->model->h * a->model->w * 3;
    lint_whole w = {0};
    lint_image part = {0};
    lint_err e;
    (void)worker;
    if (goes_on(j, i)) return;
    if (i == 0) move(&w, &j->before);
    int bad = w.path ? 0 : read_picture(a, j->path[i], j->crop != NULL, &w, &e);
    do {
        lint_answer *to = &a->answer[i];
        *to = (lint_answer){.image = a->image + i * bytes, .bad = bad};
        if (bad)
            to->e = e;
        else if (j->crop)
            to->bad = cut(a, &j->crop[i], &w, &part, &to->e);
        if (to->bad)
            lint_err_prefix(&to->e, "%s: ", lint_input_name(j->path[i]));
        else
            memcpy(to->image, j->crop ? part.px : w.im.px, bytes);
    } while (goes_on(j, ++i));
    if (!bad && j->crop && i == j->n) move(&a->kept, &w);
    whole_free(&w);
    lint_image_free(&part);
}

/* A picture that the system failed to read is not a bad one. */
static int check_system(const lint_file_predictor *a, size_t n, lint_err *e) {
    for (size_t i = 0; i < n; i++)
        if (a->answer[i].bad && a->answer[i].e.system) return *e = a->answer[i].e, -1;
    return 0;
}

int lint_file_predictor_run(lint_file_predictor *a, char *const *path, const lint_crop *crop,
                            size_t n, lint_err *e) {
    job j = {.a = a, .path = path, .crop = crop, .n = n};
    size_t good = 0, map = a->model->k * a->model->cam_h * a->model->cam_w;
    move(&j.before, &a->kept);
    if (!j.before.path || !crop || !n || strcmp(j.before.path, path[0]) != 0) whole_free(&j.before);
    lint_threads_run(a->pool, n, read_part, &j);
    if (check_system(a, n, e) < 0) return -1;
    for (size_t i = 0; i < n; i++)
        if (!a->answer[i].bad) a->good[good++] = a->answer[i].image;
    if (lint_predictor_run(a->model, good, a->good, a->logits, a->cam, e) < 0) return -1;
    good = 0;
    for (size_t i = 0; i < n; i++) {
        if (a->answer[i].bad) continue;
        a->answer[i].logits = a->logits + good * a->model->k;
        a->answer[i].cam = a->cam ? a->cam + good * map : NULL;
        good++;
    }
    return 0;
}
