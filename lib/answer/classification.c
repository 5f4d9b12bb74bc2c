#include "answer/classification.h"
#include "base/grow.h"
#include "base/wilson.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- samples ---------------------------------------------------------------------------------- */

static int make_room(lint_classification *c, size_t K, lint_err *e) {
    if (!c->count) c->count = calloc(K, sizeof *c->count);
    struct lint_classified *s = lint_grow(c->sample, c->n, &c->sample_room, sizeof *s);
    if (s) c->sample = s;
    float *z = lint_grow_to(c->logits, (c->n + 1) * K, &c->logit_room, sizeof *z);
    if (z) c->logits = z;
    c->K = K;
    return c->count && s && z ? 0 : lint_fail_mem(e, "answers");
}

static size_t largest_but(const float *z, size_t K, size_t but) {
    size_t best = but == 0 && K > 1 ? 1 : 0;
    for (size_t k = best + 1; k < K; k++)
        if (k != but && z[k] > z[best]) best = k;
    return best;
}

/* Sum of exp(z_k - z_base) over all classes but one. */
static double sum_but(const float *z, size_t K, size_t but, size_t base) {
    double sum = 0;
    for (size_t k = 0; k < K; k++)
        if (k != but) sum += exp((double)z[k] - (double)z[base]);
    return sum;
}

static void count_bin(lint_classification *c, double p, int right) {
    size_t i = (size_t)fmax(ceil(p * LINT_BINS) - 1, 0);
    struct lint_bin *b = &c->bin[i < LINT_BINS ? i : LINT_BINS - 1];
    b->n++;
    b->right += (size_t)right;
    b->probability += p;
}

int lint_classification_add(lint_classification *c, const float *logits, size_t K, size_t label,
                            lint_err *e) {
    if (make_room(c, K, e) < 0) return -1;
    size_t answer = largest_but(logits, K, K);
    size_t second = largest_but(logits, K, answer);
    double rest = sum_but(logits, K, answer, answer);
    double others = (double)logits[second] + log(sum_but(logits, K, answer, second));
    c->sample[c->n] = (struct lint_classified){(int32_t)label, (int32_t)answer, rest, others};
    memcpy(c->logits + c->n * K, logits, K * sizeof *logits);
    c->n++;
    c->count[label].labelled++;
    c->count[answer].answered++;
    c->count[label].right += answer == label;
    count_bin(c, 1 / (1 + rest), answer == label);
    return 0;
}

void lint_classification_free(lint_classification *c) {
    free(c->count);
    free(c->logits);
    free(c->sample);
    *c = (lint_classification){0};
}

/* --- single numbers --------------------------------------------------------------------------- */

double lint_classification_f1(const lint_classification *c, size_t k) {
    const struct lint_class_count *n = &c->count[k];
    size_t either = n->labelled + n->answered;
    return either ? 2 * (double)n->right / (double)either : NAN;
}

double lint_classification_macro_f1(const lint_classification *c) {
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < c->K; k++) {
        double f1 = lint_classification_f1(c, k);
        if (isnan(f1)) continue;
        sum += f1;
        n++;
    }
    return n ? sum / (double)n : NAN;
}

double lint_calibration_error(const lint_classification *c) {
    double sum = 0;
    for (size_t i = 0; i < LINT_BINS; i++)
        sum += fabs((double)c->bin[i].right - c->bin[i].probability);
    return c->n ? sum / (double)c->n : NAN;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many of v [n], ascending, are below x; or, with `or_equal`, at most x. */
static size_t count_below(const double *v, size_t n, double x, int or_equal) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t at = low + (high - low) / 2;
        if (v[at] < x || (or_equal && v[at] == x))
            low = at + 1;
        else
            high = at;
    }
    return low;
}

double lint_auroc(double *of_class, size_t n, const double *of_others, size_t m) {
    double halves = 0; /* two for a pair in order, one for a tie: whole numbers, exact below 2^53 */
    if (!n || !m) return NAN;
    qsort(of_class, n, sizeof *of_class, ascending);
    for (size_t i = 0; i < m; i++)
        halves += (double)(n - count_below(of_class, n, of_others[i], 0)) +
                  (double)(n - count_below(of_class, n, of_others[i], 1));
    return halves / 2 / ((double)n * (double)m);
}

/* Log-odds of class k for sample i, in whole numbers of 1e-9: probabilities that are equal are then
 * ties, whatever the order in which their sums were rounded. */
static double log_odds(const lint_classification *c, size_t i, size_t k) {
    const struct lint_classified *s = &c->sample[i];
    const float *z = c->logits + i * c->K;
    size_t answer = (size_t)s->answer;
    if (k == answer) return rint(((double)z[k] - s->others) * 1e9);
    double below = (double)z[k] - (double)z[answer];
    return rint((below - log1p(fmax(s->rest - exp(below), 0))) * 1e9);
}

/* AUROC of one class; v [n] is room for its samples' scores and, behind them, the others'. */
static double auroc_of(const lint_classification *c, size_t k, double *v) {
    size_t n = 0, m = c->n;
    for (size_t i = 0; i < c->n; i++)
        if ((size_t)c->sample[i].label == k)
            v[n++] = log_odds(c, i, k);
        else
            v[--m] = log_odds(c, i, k);
    return lint_auroc(v, n, v + n, c->n - n);
}

int lint_classification_auroc(const lint_classification *c, size_t k, double *v, lint_err *e) {
    double *room = malloc((c->n + 1) * sizeof *room), sum = 0;
    size_t n = 0;
    if (!room) return lint_fail_mem(e, "ranks");
    for (size_t i = k < c->K ? k : 0; i < (k < c->K ? k + 1 : c->K); i++) {
        double one = c->count[i].labelled ? auroc_of(c, i, room) : NAN;
        if (isnan(one)) continue;
        sum += one;
        n++;
    }
    free(room);
    *v = n ? sum / (double)n : NAN;
    return 0;
}

/* --- rows ------------------------------------------------------------------------------------- */

int lint_classification_whole(const lint_classification *c, lint_scores *s, lint_err *e) {
    double auroc;
    if (lint_classification_auroc(c, c->K, &auroc, e) < 0) return -1;
    const struct {
        const char *metric;
        double value;
    } row[] = {{"macro_f1", lint_classification_macro_f1(c)},
               {"auroc", auroc},
               {"calibration_error", lint_calibration_error(c)}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (lint_scores_add(s, row[i].metric, NULL, NULL, row[i].value, NAN, NAN, c->n, e) < 0)
            return -1;
    return 0;
}

static int add_share(lint_scores *s, const char *metric, const char *name, size_t right, size_t n,
                     lint_err *e) {
    double low, high;
    lint_wilson(right, n, &low, &high);
    return lint_scores_add(s, metric, name, NULL, n ? (double)right / (double)n : NAN, low, high, n,
                           e);
}

int lint_classification_class(const lint_classification *c, size_t k, const char *name,
                              lint_scores *s, lint_err *e) {
    static const struct lint_class_count none = {0};
    const struct lint_class_count *n = c->n ? &c->count[k] : &none;
    double auroc = NAN, f1 = c->n ? lint_classification_f1(c, k) : NAN;
    if (c->n && lint_classification_auroc(c, k, &auroc, e) < 0) return -1;
    if (add_share(s, "precision", name, n->right, n->answered, e) < 0 ||
        add_share(s, "recall", name, n->right, n->labelled, e) < 0)
        return -1;
    if (lint_scores_add(s, "f1", name, NULL, f1, NAN, NAN, n->labelled, e) < 0) return -1;
    return lint_scores_add(s, "auroc", name, NULL, auroc, NAN, NAN, n->labelled, e);
}

static int by_label_and_answer(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int lint_classification_confusion(const lint_classification *c, const lint_names *classes,
                                  lint_scores *s, lint_err *e) {
    uint64_t *cell = malloc((c->n + 1) * sizeof *cell);
    if (!cell) return lint_fail_mem(e, "a confusion matrix");
    for (size_t i = 0; i < c->n; i++)
        cell[i] = (uint64_t)c->sample[i].label << 32 | (uint64_t)c->sample[i].answer;
    qsort(cell, c->n, sizeof *cell, by_label_and_answer);
    int err = 0;
    for (size_t i = 0, next; !err && i < c->n; i = next) {
        for (next = i + 1; next < c->n && cell[next] == cell[i];)
            next++;
        err = lint_scores_confuse(s, classes->v[cell[i] >> 32], classes->v[(uint32_t)cell[i]],
                                  next - i, e);
    }
    free(cell);
    return err;
}
