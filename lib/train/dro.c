#include "train/dro.h"

#include <math.h>
#include <stdlib.h>

struct lint_dro {
    lint_groups groups;
    double step;
    double *q, *adjust;   /* [groups] */
    double *sum, *weight; /* [groups]: of the current batch */
};

lint_dro *lint_dro_new(size_t classes, size_t places, double step, lint_err *e) {
    lint_dro *d = calloc(1, sizeof *d);
    if (!d || lint_groups_new(&d->groups, classes, places, e) < 0) {
        free(d);
        lint_fail_mem(e, "groups");
        return NULL;
    }
    size_t n = lint_groups_count(&d->groups);
    d->step = step;
    d->q = calloc(n, sizeof *d->q);
    d->adjust = calloc(n, sizeof *d->adjust);
    d->sum = calloc(n, sizeof *d->sum);
    d->weight = calloc(n, sizeof *d->weight);
    if (!d->q || !d->adjust || !d->sum || !d->weight) {
        lint_dro_free(d);
        lint_fail_mem(e, "groups");
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        d->q[i] = 1 / (double)n;
    return d;
}

void lint_dro_free(lint_dro *d) {
    if (!d) return;
    lint_groups_free(&d->groups);
    free(d->q);
    free(d->adjust);
    free(d->sum);
    free(d->weight);
    free(d);
}

void lint_dro_count(lint_dro *d, const lint_dataset *set, size_t samples, double adjust) {
    size_t n = lint_groups_count(&d->groups), used = 0;
    const size_t *count = d->groups.n;
    lint_groups_clear(&d->groups);
    for (size_t i = 0; i < samples; i++) {
        int32_t label = lint_dataset_label(set, i), place = lint_dataset_place(set, i);
        lint_batch one = {.n = 1, .label = &label, .place = &place};
        lint_groups_add(&d->groups, &one, NULL);
    }
    for (size_t i = 0; i < n; i++)
        used += count[i] > 0;
    for (size_t i = 0; i < n && used; i++) {
        d->q[i] = count[i] ? 1 / (double)used : 0;
        d->adjust[i] = count[i] ? adjust / sqrt((double)count[i]) : 0;
    }
}

/* Cross-entropy of each group in the batch: sums of weight * ce and of weight. */
static void sum_groups(lint_dro *d, const lint_batch *b, const double *ce, const double *weight) {
    for (size_t g = 0; g < lint_groups_count(&d->groups); g++)
        d->sum[g] = d->weight[g] = 0;
    for (size_t i = 0; i < b->n; i++) {
        long g = lint_groups_of(&d->groups, b, i);
        if (g < 0) continue;
        d->sum[g] += weight[i] * ce[i];
        d->weight[g] += weight[i];
    }
}

/* One step of exponentiated gradient ascent on q. */
static void ascend(lint_dro *d) {
    size_t n = lint_groups_count(&d->groups);
    double all = 0;
    for (size_t g = 0; g < n; g++) {
        double loss = d->weight[g] > 0 ? d->sum[g] / d->weight[g] : 0;
        d->q[g] *= exp(d->step * (loss + d->adjust[g]));
        all += d->q[g];
    }
    for (size_t g = 0; g < n; g++)
        d->q[g] /= all;
}

double lint_dro_reweigh(void *ctx, const lint_batch *b, const double *ce, double *weight) {
    lint_dro *d = ctx;
    sum_groups(d, b, ce, weight);
    ascend(d);
    for (size_t i = 0; i < b->n; i++) {
        long g = lint_groups_of(&d->groups, b, i);
        weight[i] = g >= 0 && d->weight[g] > 0 ? weight[i] * d->q[g] / d->weight[g] : 0;
    }
    return 1;
}

double *lint_dro_weights(lint_dro *d, size_t *n) {
    *n = lint_groups_count(&d->groups);
    return d->q;
}
