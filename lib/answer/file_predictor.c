#include "answer/file_predictor.h"
#include "base/standard_io.h"
#include "picture/heif_decoder.h"

#include <stdlib.h>
#include <string.h>

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
    free(a->answer);
    free(a->image);
    free(a->good);
    free(a->logits);
    free(a->cam);
    *a = (lint_file_predictor){0};
}

typedef struct job {
    const lint_file_predictor *a;
    char *const *path;
    const lint_crop *crop; /* NULL: whole pictures */
} job;

/* A crop is cut from all pixels, and then resized. */
static int read_picture(const lint_file_predictor *a, const char *path, const lint_crop *crop,
                        lint_image *im, lint_err *e) {
    int w = (int)a->model->w, h = (int)a->model->h;
    const lint_image_ask ask = {.c = 3,
                                .w = crop ? 0 : w,
                                .h = crop ? 0 : h,
                                .fit = a->fit,
                                .depth = a->depth,
                                .max_pixels = a->max_pixels,
                                .heif = a->heif};
    lint_image_facts facts;
    if (lint_image_read_as(im, lint_is_stdio(path) ? "/dev/stdin" : path, &ask, &facts, e) < 0)
        return -1;
    if (!crop) return 0;
    if (lint_crop_cut(crop, a->margin, &facts, im, NULL, e) < 0) return -1;
    return lint_image_fit(im, im, w, h, a->fit, e);
}

static int read_one(const lint_file_predictor *a, const char *path, const lint_crop *crop,
                    uint8_t *to, lint_err *e) {
    lint_image im = {0};
    int err = read_picture(a, path, crop, &im, e);
    if (err)
        lint_err_prefix(e, "%s: ", lint_input_name(path));
    else
        memcpy(to, im.px, a->model->h * a->model->w * 3);
    lint_image_free(&im);
    return err;
}

static void read_part(void *ctx, size_t i, int worker) {
    const job *j = ctx;
    const lint_file_predictor *a = j->a;
    lint_answer *to = &a->answer[i];
    (void)worker;
    uint8_t *image = a->image + i * a->model->h * a->model->w * 3;
    *to = (lint_answer){.image = image};
    to->bad = read_one(a, j->path[i], j->crop ? &j->crop[i] : NULL, image, &to->e);
}

int lint_file_predictor_run(lint_file_predictor *a, char *const *path, const lint_crop *crop,
                            size_t n, lint_err *e) {
    job j = {a, path, crop};
    size_t good = 0, map = a->model->k * a->model->cam_h * a->model->cam_w;
    lint_threads_run(a->pool, n, read_part, &j);
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
