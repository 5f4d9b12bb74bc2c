/* verdict: what an experiment on one's own pictures says, in sentences.
 *
 * From the audit of the backgrounds (lint-audit --json) and the scores of models on pictures that
 * they have not seen (lint-eval --json), the first model being the one trained as usual:
 *
 *   1. what the backgrounds give away,
 *   2. what each model does (reliance.h),
 *   3. what to do.
 *
 *     lint_verdict v = {.s = scores, .n = 2};
 *     if (lint_verdict_read_audit(&v, "audit.json", &e) < 0) ...
 *     if (lint_verdict_write(&v, stdout, &e) < 0) ...
 *
 * docs/verdict.md lists the rules. None of them reads a metric that a loss optimises.
 */
#ifndef LINT_ANSWER_VERDICT_H
#define LINT_ANSWER_VERDICT_H

#include "answer/scores.h"
#include "source/background.h"

typedef struct lint_verdict {
    lint_background_verdict background;
    double told, chance, p; /* how often a border tells the class, how often chance would */
    double center;          /* how often the middle of the picture tells it; NaN: not known */
    double per_series;      /* mean number of pictures in a series, at least 1 */
    const lint_scores *s;   /* [n], n >= 1; the caller's */
    size_t n;
    const char *const *remedy; /* [remedies]: sentences about what was not tried yet */
    size_t remedies;
    const char *command; /* how to use a model, % for its name; may be NULL */
} lint_verdict;

/* Sets what the audit says. Errors: a file that is not the JSON of lint-audit. */
int lint_verdict_read_audit(lint_verdict *v, const char *path, lint_err *e);

/* Writes one sentence or more a line. Returns -1 if the scores have no accuracy by group. The caller
 * checks ferror(out). */
int lint_verdict_write(const lint_verdict *v, FILE *out, lint_err *e);

#endif
