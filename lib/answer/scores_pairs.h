/* scores_pairs: the comparison of two models over several seeds, for each metric.
 *
 * Scores come in pairs, A0 B0 A1 B1...; paired.h describes the statistics. Higher is better, except
 * for cross_entropy, calibration_error, evidence_in_top_cells and deletion.
 *
 *     lint_pairs p;
 *     if (lint_pairs_make(&p, scores, n / 2, NULL, 0, seed, &e) < 0) ...
 *     lint_pairs_write_text(&p, stdout, &e);       // or _json
 *     lint_pairs_free(&p);                         // the scores stay the caller's
 *
 * A and B of a pair must be scores of the same test set, with the same number of samples. Each pair
 * may appear once.
 */
#ifndef LINT_ANSWER_SCORES_PAIRS_H
#define LINT_ANSWER_SCORES_PAIRS_H

#include "answer/paired.h"
#include "answer/scores.h"

typedef struct lint_pairs_row {
    const char *metric;
    lint_better better;
    double *a, *b; /* [pairs] */
    lint_paired stat;
} lint_pairs_row;

typedef struct lint_pairs {
    const lint_scores *s; /* [2 * pairs], borrowed; so are all names */
    size_t pairs;
    const char *a, *b; /* names of the models; "A", "B" if they differ between pairs */
    uint64_t seed;     /* of the bootstrap */
    lint_pairs_row *row;
    size_t rows;
    int chosen; /* the rows are the metrics named by the caller, not all */
    struct lint_pairs_absent {
        const char *metric, *path; /* the metric is missing in that file */
    } * absent;
    size_t absents;
} lint_pairs;

/* Compares the metrics named, which every file must have. If metrics is 0, compares all whole-set
 * results of the first file (lint_score_is_result); those that another file lacks are listed in
 * `absent`. On error there is nothing to free. */
int lint_pairs_make(lint_pairs *p, const lint_scores *s, size_t pairs, const char *const *metric,
                    size_t metrics, uint64_t seed, lint_err *e);
void lint_pairs_free(lint_pairs *p);

/* Writes a line for each metric: mean and standard deviation of A and B, the difference with its
 * interval, wins, ties, losses, the sign test. The pairs of the metrics named, else of worst_group
 * and accuracy, follow, then notes on how to read the numbers. */
int lint_pairs_write_text(const lint_pairs *p, FILE *out, lint_err *e);

/* The same as JSON with sorted keys and 17 digits, with every pair of every metric:
 * {"kind":"pairs","a":...,"b":...,"pairs":n,"files":[[A,B],...],"bootstrap":{...},
 * "metrics":[{"metric","better","a":{"mean","sd","values"},"b":{...},"difference":{...,"low",
 * "high"},"wins","ties","losses","sign_test_p"},...],"absent":[{"metric","file"}]}. */
int lint_pairs_write_json(const lint_pairs *p, FILE *out, lint_err *e);

#endif
