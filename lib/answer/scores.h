/* scores: what an evaluation found, as rows; their text, their JSON, and models side by side.
 *
 * A row says: this metric, of this class and place (NULL: of all), is value, in low..high (the 95 %
 * interval), from n samples. A number that does not exist (the accuracy of no samples) is NaN in
 * memory, `-` in text and null in JSON. Scores own their texts.
 *
 *     lint_scores s = {0};
 *     lint_scores_add(&s, "accuracy", "orca", NULL, 0.75, 0.41, 0.93, 8, &e);
 *     lint_scores_write_tsv(&s, stdout);
 *     lint_scores_free(&s);
 *
 * Text is tab-separated with a header line: metric class place value low high n, `*` for "all".
 * JSON has sorted keys and 17 digits, so that it is read back to the same numbers and the same
 * scores give the same bytes: {"kind":"scores","model":...,"scores":[{...row},...],
 * "summary":{metric: value}}, where summary repeats the values of whole-set metrics for short jq
 * paths (`.summary.worst_group`).
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

typedef struct lint_scores {
    char *model; /* what to call it; NULL if nobody said */
    char *path;  /* where it was read from, or NULL */
    lint_score *v;
    size_t n, room;
} lint_scores;

/* Adds a row; texts are copied. */
int lint_scores_add(lint_scores *s, const char *metric, const char *class_name, const char *place,
                    double value, double low, double high, size_t n, lint_err *e);
void lint_scores_free(lint_scores *s);

/* The row of a metric, or NULL. class_name and place must be the same, NULL being all; a metric
 * that names one group of many (worst_group) is found by its name alone. */
const lint_score *lint_scores_find(const lint_scores *s, const char *metric, const char *class_name,
                                   const char *place);

/* Whether a row is a metric of the whole set that was measured, rather than a count of what was
 * left out or a number that was chosen. */
int lint_score_is_result(const lint_score *r);

/* Control characters in names are written as `?`. Errors of writing show in ferror(out). */
void lint_scores_write_tsv(const lint_scores *s, FILE *out);
int lint_scores_write_json(const lint_scores *s, FILE *out, lint_err *e);

/* Reads what lint_scores_write_json wrote ("-": standard input). s->model becomes the JSON's
 * "model", else the file's name without folder and ".json". s is overwritten; on error there is
 * nothing to free. */
int lint_scores_read(lint_scores *s, const char *path, lint_err *e);

/* The models side by side: a line a metric, a column a model, aligned for reading; with two models
 * also the second less the first. Whole-set metrics, then accuracies by class and by group where
 * some model has samples; with `all` every row. Numbers that some model lacks are `-`. Columns are
 * headed by model, or by path where two models have one name. */
int lint_scores_compare(const lint_scores *s, size_t n, int all, FILE *out, lint_err *e);

#endif
