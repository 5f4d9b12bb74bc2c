#include "train/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int lint_groups_new(lint_groups *g, size_t classes, size_t places, lint_err *e) {
    *g = (lint_groups){.classes = classes, .places = places ? places : 1, .named = places > 0};
    g->n = calloc(lint_groups_count(g), sizeof *g->n);
    g->correct = calloc(lint_groups_count(g), sizeof *g->correct);
    if (g->n && g->correct) return 0;
    lint_groups_free(g);
    return lint_fail_mem(e, "groups");
}

void lint_groups_free(lint_groups *g) {
    free(g->n);
    free(g->correct);
    *g = (lint_groups){0};
}

void lint_groups_clear(lint_groups *g) {
    memset(g->n, 0, lint_groups_count(g) * sizeof *g->n);
    memset(g->correct, 0, lint_groups_count(g) * sizeof *g->correct);
}

size_t lint_groups_count(const lint_groups *g) {
    return g->classes * g->places;
}

long lint_groups_of(const lint_groups *g, const lint_batch *b, size_t i) {
    if (b->label[i] < 0) return -1;
    if (!g->named || !b->place) return (long)b->label[i] * (long)g->places;
    if (b->place[i] < 0 || (size_t)b->place[i] >= g->places) return -1;
    return (long)b->label[i] * (long)g->places + b->place[i];
}

static size_t answer(const float *logits, size_t k) {
    size_t best = 0;
    for (size_t c = 1; c < k; c++)
        if (logits[c] > logits[best]) best = c;
    return best;
}

void lint_groups_add(lint_groups *g, const lint_batch *b, const float *logits) {
    for (size_t i = 0; i < b->n; i++) {
        long at = lint_groups_of(g, b, i);
        if (at < 0) continue;
        g->n[at]++;
        if (logits)
            g->correct[at] += answer(logits + i * g->classes, g->classes) == (size_t)b->label[i];
    }
}

static double accuracy(const lint_groups *g, size_t i) {
    return (double)g->correct[i] / (double)g->n[i];
}

double lint_groups_worst(const lint_groups *g) {
    double worst = NAN;
    for (size_t i = 0; i < lint_groups_count(g); i++)
        if (g->n[i] && !(accuracy(g, i) >= worst)) worst = accuracy(g, i);
    return worst;
}

double lint_groups_mean(const lint_groups *g) {
    double sum = 0;
    size_t groups = 0;
    for (size_t i = 0; i < lint_groups_count(g); i++)
        if (g->n[i]) {
            sum += accuracy(g, i);
            groups++;
        }
    return groups ? sum / (double)groups : NAN;
}

double lint_groups_adjusted(const lint_groups *g, const lint_groups *shares) {
    double sum = 0, weight = 0;
    for (size_t i = 0; i < lint_groups_count(g); i++)
        if (g->n[i] && shares->n[i]) {
            sum += (double)shares->n[i] * accuracy(g, i);
            weight += (double)shares->n[i];
        }
    return weight > 0 ? sum / weight : NAN;
}
