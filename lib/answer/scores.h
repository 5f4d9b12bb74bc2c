/* scores: the results of an evaluation as rows, as text and JSON, and tables of several models.
 *
 * A row holds a metric's value for a class and a place (NULL: all), its 95 % interval low..high,
 * and the number n of samples. A value that does not exist (the accuracy of no samples) is NaN in
 * memory, `-` in text and null in JSON. Scores own their texts.
 *
 *     lint_scores s = {0};
 *     lint_scores_add(&s, "accuracy", "orca", NULL, 0.75, 0.41, 0.93, 8, &e);
 *     lint_scores_write_tsv(&s, stdout);
 *     lint_scores_free(&s);
 *
 * Text is tab-separated with a header line: metric class place value low high n, `*` for "all".
 * JSON has sorted keys and 17 digits, so that reading it gives the same numbers, and the same
 * scores give the same bytes: {"kind":"scores","model":...,"scores":[{...row},...],
 * "summary":{metric: value},"confusion":[{"class","answer","n"},...]}. summary repeats the values of
 * whole-set metrics for short jq paths (`.summary.worst_group`). A row of a place also has its group
 * in words (group_words.h). confusion is there where samples were scored: how many of a class got
 * which answer, without the pairs that did not occur.
 */
#ifndef LINT_ANSWER_SCORES_H
#define LINT_ANSWER_SCORES_H

#include "base/err.h"
#include <stddef.h>
#include <stdio.h>

typedef struct lint_score {
    char *metric;
    char *class_name, *place; /* NULL: all */
    double value, low, high;  /* NaN: does not exist */
    size_t n;                 /* samples behind the value */
} lint_score;

/* JSON of scores is at most so long; a row takes about 200 bytes. */
#define LINT_SCORES_BYTES (8u << 20)

typedef struct lint_scores {
    char *model; /* its name, or NULL */
    char *path;  /* the file that it was read from, or NULL */
    lint_score *v;
    size_t n, room;
    const lint_score **by_key; /* of scores that were read: sorted, for lint_scores_find; or NULL */
    struct lint_confused {     /* cells of the confusion matrix; those of 0 are left out */
        char *class_name, *answer;
        size_t n;
    } * confused;
    size_t confusions, confused_room;
} lint_scores;

/* The confusion matrix of more classes does not fit a screen. */
#define LINT_CONFUSION_SHOWN 10

/* Adds a row; texts are copied. */
int lint_scores_add(lint_scores *s, const char *metric, const char *class_name, const char *place,
                    double value, double low, double high, size_t n, lint_err *e);
/* Adds a cell of the confusion matrix, each pair once. */
int lint_scores_confuse(lint_scores *s, const char *class_name, const char *answer, size_t n,
                        lint_err *e);
void lint_scores_free(lint_scores *s);

/* The row of a metric for a class and place (NULL: all), or NULL. A metric that names one of many
 * groups (worst_group) is found by its name alone. */
const lint_score *lint_scores_find(const lint_scores *s, const char *metric, const char *class_name,
                                   const char *place);

/* Whether a row is a measured metric of the whole set, and not a count of left-out samples or a
 * chosen number. */
int lint_score_is_result(const lint_score *r);

/* Control characters in names are written as `?`. The caller checks ferror(out). */
void lint_scores_write_tsv(const lint_scores *s, FILE *out);
int lint_scores_write_json(const lint_scores *s, FILE *out, lint_err *e);

/* Writes the confusion matrix as an aligned table, a row for each class and a column for each
 * answer, after an empty line. Writes nothing if there are no counts, or more than
 * LINT_CONFUSION_SHOWN classes. */
int lint_scores_write_confusion(const lint_scores *s, FILE *out, lint_err *e);

/* Reads the JSON of lint_scores_write_json, but not its confusion ("-": standard input). s->model is the JSON's "model",
 * else the file's name without folder and ".json". s is overwritten; on error there is nothing to
 * free. */
int lint_scores_read(lint_scores *s, const char *path, lint_err *e);

/* Writes an aligned table with a line for each metric and a column for each model; with two models
 * also the second less the first. The lines are whole-set metrics, then accuracies by class and by
 * group if some model has samples there; with `all` every row. Missing numbers are `-`. Columns are
 * headed by model, or by path if two models have the same name. */
int lint_scores_compare(const lint_scores *s, size_t n, int all, FILE *out, lint_err *e);

#endif
