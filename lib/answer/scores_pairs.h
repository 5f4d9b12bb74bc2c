/* scores_pairs: two models over several seeds, metric by metric: which is better, and how surely.
 *
 * Scores come in pairs, A0 B0 A1 B1...; paired.h says what is made of a metric's numbers. B is
 * better where the metric is higher; of cross_entropy, evidence_in_top_cells and deletion,
 * where it is lower.
 *
 *     lint_pairs p;
 *     if (lint_pairs_make(&p, scores, n / 2, NULL, 0, seed, &e) < 0) ...
 *     lint_pairs_write_text(&p, stdout, &e);       // or _json
 *     lint_pairs_free(&p);                         // the scores stay the caller's
 *
 * A pair must be of one test set: A and B with as many samples, each pair once.
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
    const char *a, *b; /* names of the models; "A", "B" where a model has several */
    uint64_t seed;     /* of the bootstrap */
    lint_pairs_row *row;
    size_t rows;
    int chosen; /* the rows are those asked for, not all */
    struct lint_pairs_absent {
        const char *metric, *path; /* not known in that file */
    } * absent;
    size_t absents;
} lint_pairs;

/* Of the metrics named, each of which every file must have; or, with metrics 0, of all whole-set
 * results of the first file (lint_score_is_result), less those that some file lacks, which are
 * listed in `absent`. On error there is nothing to free. */
int lint_pairs_make(lint_pairs *p, const lint_scores *s, size_t pairs, const char *const *metric,
                    size_t metrics, uint64_t seed, lint_err *e);
void lint_pairs_free(lint_pairs *p);

/* A line a metric: mean and standard deviation of A and B, the difference with its interval, wins,
 * ties, losses, the sign test. Then the pairs of the metrics asked for, else of worst_group and
 * accuracy. Then what to keep in mind. */
int lint_pairs_write_text(const lint_pairs *p, FILE *out, lint_err *e);

/* The same as JSON with sorted keys and 17 digits, with every pair of every metric:
 * {"kind":"pairs","a":...,"b":...,"pairs":n,"files":[[A,B],...],"bootstrap":{...},
 * "metrics":[{"metric","better","a":{"mean","sd","values"},"b":{...},"difference":{...,"low",
 * "high"},"wins","ties","losses","sign_test_p"},...],"absent":[{"metric","file"}]}. */
int lint_pairs_write_json(const lint_pairs *p, FILE *out, lint_err *e);

#endif
