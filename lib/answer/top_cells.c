#include "answer/top_cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int begin(lint_top_cells *t, size_t h, size_t w, lint_err *e) {
    t->sum = calloc(h * w, sizeof *t->sum);
    if (!t->sum) return lint_fail_mem(e, "maps");
    t->h = h;
    t->w = w;
    return 0;
}

int lint_top_cells_add(lint_top_cells *t, const double *d, size_t h, size_t w, lint_err *e) {
    double all = 0;
    if (!t->sum && begin(t, h, w, e) < 0) return -1;
    if (h != t->h || w != t->w) t->mixed = 1;
    if (t->mixed) return 0;
    for (size_t i = 0; i < h * w; i++)
        all += fabs(d[i]);
    if (all <= 0) return 0;
    for (size_t i = 0; i < h * w; i++)
        t->sum[i] += fabs(d[i]) / all;
    t->n++;
    return 0;
}

static int falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

double lint_top_cells_share(const lint_top_cells *t) {
    size_t P = t->h * t->w;
    double top = 0, left = LINT_TOP_CELLS_OF * (double)P;
    if (t->mixed || t->n < LINT_TOP_CELLS_PICTURES || left < 1) return NAN;
    double *sorted = malloc(P * sizeof *sorted);
    if (!sorted) return NAN;
    memcpy(sorted, t->sum, P * sizeof *sorted);
    qsort(sorted, P, sizeof *sorted, falling);
    for (size_t i = 0; (double)i < left; i++)
        top += sorted[i] * fmin(left - (double)i, 1);
    free(sorted);
    return top / (double)t->n;
}

void lint_top_cells_free(lint_top_cells *t) {
    free(t->sum);
    *t = (lint_top_cells){0};
}
