/* classification: what is scored class by class: precision, recall, F1, AUROC, the confusion matrix,
 * and how far probabilities can be believed.
 *
 *     lint_classification c = {0};
 *     for (size_t i = 0; i < n; i++)
 *         if (lint_classification_add(&c, logits + i * K, K, label[i], &e) < 0) ...
 *     double f1 = lint_classification_f1(&c, 0);      // NaN: does not exist
 *     lint_classification_free(&c);
 *
 * Names and definitions are those of scikit-learn, with one exception: a share of no samples does
 * not exist and is left out of means, where scikit-learn would count it as 0.
 *
 *   precision          of the samples answered as the class, the share that are of it
 *   recall             of the samples of the class, the share answered so: the class's accuracy
 *   f1                 harmonic mean of both: 2 TP / (2 TP + FP + FN); 0 for a class that has
 *                      samples but no right answer
 *   macro_f1           mean over classes that have samples or answers
 *   auroc              probability that a sample of the class gets a higher probability of the class
 *                      than a sample of another class; ties count one half (mid-ranks). For all: the
 *                      mean over classes, which for two classes is the AUROC of either.
 *   calibration_error  expected calibration error: mean over samples of |accuracy - mean
 *                      probability| of the bin that the answer's probability is in; LINT_BINS
 *                      bins (i / 15, (i + 1) / 15]. C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On
 *                      Calibration of Modern Neural Networks, ICML 2017.
 *
 * AUROC needs the order of all samples, so each sample's logits are kept: memory is K floats and
 * 24 bytes for each. Probabilities are ranked by their log-odds, which do not saturate at 1.
 *
 * Letters: K classes.
 */
#ifndef LINT_ANSWER_CLASSIFICATION_H
#define LINT_ANSWER_CLASSIFICATION_H

#include "answer/scores.h"
#include "base/names.h"
#include <stdint.h>

enum { LINT_BINS = 15 };

typedef struct lint_classification {
    size_t K, n;
    struct lint_class_count {
        size_t labelled, answered, right;
    } * count;     /* [K] */
    float *logits; /* [n,K] */
    struct lint_classified {
        int32_t label, answer;
        double rest;   /* sum over the other classes of exp(logit - the answer's logit) */
        double others; /* log of the sum of the other classes' exp(logit) */
    } * sample;        /* [n] */
    struct lint_bin {
        size_t n, right;
        double probability; /* sum */
    } bin[LINT_BINS];
    size_t logit_room, sample_room;
} lint_classification;

/* Adds a sample of a class label < K with finite logits [K], K >= 1 the same for all. */
int lint_classification_add(lint_classification *c, const float *logits, size_t K, size_t label,
                            lint_err *e);
void lint_classification_free(lint_classification *c);

/* --- rows ------------------------------------------------------------------------------------- */

/* Adds the rows of the whole set, or those of class k, to s. */
int lint_classification_whole(const lint_classification *c, lint_scores *s, lint_err *e);
int lint_classification_class(const lint_classification *c, size_t k, const char *name,
                              lint_scores *s, lint_err *e);

/* Adds the cells of the confusion matrix that are not 0 to s. */
int lint_classification_confusion(const lint_classification *c, const lint_names *classes,
                                  lint_scores *s, lint_err *e);

/* --- single numbers --------------------------------------------------------------------------- */

double lint_classification_f1(const lint_classification *c, size_t k);
double lint_classification_macro_f1(const lint_classification *c);
double lint_calibration_error(const lint_classification *c);

/* *v: of class k, or (for k = K) the mean over classes; NaN for a class without samples, or with all
 * of them. */
int lint_classification_auroc(const lint_classification *c, size_t k, double *v, lint_err *e);

/* AUROC of n scores of a class's samples and m scores of others, which are sorted: the share of
 * pairs in which the class's is higher, half of those in which both are equal. NaN if n or m is 0. */
double lint_auroc(double *of_class, size_t n, const double *of_others, size_t m);

#endif
