/* file_predictor: a model's answers for picture files.
 *
 * All threads decode pictures and resize them to the net's input as lint-split does, so the answers
 * are those of lint-cam for the same pictures. A picture that cannot be read has an error instead
 * of an answer, and the others are still answered.
 *
 *     lint_file_predictor a;
 *     if (lint_file_predictor_new(&a, &model, LINT_FIT_STRETCH, 16, 1, pool, &e) < 0) ...
 *     if (lint_file_predictor_run(&a, path, NULL, n, &e) < 0) ...         // n <= 16
 *     for (size_t i = 0; i < n; i++)
 *         if (a.answer[i].bad) warn(a.answer[i].e.msg); else use(a.answer[i].logits);
 *     lint_file_predictor_free(&a);
 *
 * The struct owns everything that it points to, except model and pool.
 */
#ifndef LINT_ANSWER_FILE_PREDICTOR_H
#define LINT_ANSWER_FILE_PREDICTOR_H

#include "answer/predictor.h"
#include "base/threads.h"
#include "source/crop.h"

typedef struct lint_answer {
    int bad;
    lint_err e;     /* if bad: the reason, beginning with the path */
    uint8_t *image; /* [H,W,3], the net's input */
    float *logits;  /* [K] */
    float *cam;     /* [K,h,w]; NULL unless maps were asked for */
} lint_answer;

/* A decoded picture that crops are cut from. */
typedef struct lint_whole {
    char *path; /* NULL: none */
    lint_image im;
    lint_image_facts facts;
} lint_whole;

typedef struct lint_file_predictor {
    const lint_predictor *model;
    lint_threads *pool;
    lint_fit fit;
    int depth; /* of lint_image_ask; the model's, unless it is set after lint_file_predictor_new */
    long max_pixels; /* of lint_image_ask; 0, unless it is set */
    int regular;     /* of lint_image_ask; 0, unless it is set */
    double margin;   /* of crops; the model's or 0, unless it is set */
    struct lint_heif_decoder *heif;
    size_t most;
    lint_answer *answer; /* of path i */
    lint_whole kept;     /* the last picture of the last run, whose next crops may follow */
    uint8_t *image;      /* [most,H,W,3] */
    const uint8_t **good;
    float *logits, *cam;
} lint_file_predictor;

/* Allocates memory for up to `most` pictures at a time. maps: whether to compute maps, which is an
 * error if the model's net has none. */
int lint_file_predictor_new(lint_file_predictor *a, const lint_predictor *model, lint_fit fit,
                            size_t most, int maps, lint_threads *pool, lint_err *e);
void lint_file_predictor_free(lint_file_predictor *a);

/* Fills answer[0..n-1], which are valid until the next call. "-" is standard input. crop: the part of
 * each picture that is asked of, where those of one picture follow each other, also from run to run;
 * NULL: the whole pictures. Returns -1 only if the model itself fails, or the system does (memory,
 * descriptors), which says nothing of the pictures. */
int lint_file_predictor_run(lint_file_predictor *a, char *const *path, const lint_crop *crop,
                            size_t n, lint_err *e);

#endif
