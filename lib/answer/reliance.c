#include "answer/reliance.h"
#include "base/wilson.h"

#include <math.h>
#include <string.h>

/* Two sides of one class that are compared. */
typedef struct stratum {
    double n[2], right[2];
} stratum;

/* Sums over classes; weights need their total, so each class is visited twice. */
typedef struct sums {
    double weight;
    lint_gap gap;
    double center, variance;
} sums;

static double weight_of(const stratum *t) {
    return t->n[0] > 0 && t->n[1] > 0 ? t->n[0] * t->n[1] / (t->n[0] + t->n[1]) : 0;
}

static void add_stratum(sums *to, const stratum *t) {
    double share = weight_of(t) / to->weight, mean[2];
    if (!(share > 0)) return;
    for (int side = 0; side < 2; side++) {
        double n = t->n[side] + 2 * share, p = (t->right[side] + share) / n;
        mean[side] = p;
        to->variance += share * share * p * (1 - p) / n;
    }
    to->center += share * (mean[0] - mean[1]);
    to->gap.gap += share * (t->right[0] / t->n[0] - t->right[1] / t->n[1]);
}

static lint_gap close_sums(const sums *s) {
    if (!(s->weight > 0)) return (lint_gap){NAN, NAN, NAN};
    double half = LINT_Z95 * sqrt(s->variance);
    return (lint_gap){s->gap.gap, s->center - half, s->center + half};
}

static int is_group(const lint_score *r) {
    return strcmp(r->metric, "accuracy") == 0 && r->class_name && r->place && r->n;
}

/* A class has one row for its whole; the strata are found by these. */
static int is_class(const lint_score *r) {
    return strcmp(r->metric, "accuracy") == 0 && r->class_name && !r->place && r->n;
}

static double right_of(const lint_score *r) {
    return round(r->value * (double)r->n);
}

static void add_side(const lint_score *r, double *n, double *right) {
    *n += (double)r->n;
    *right += right_of(r);
}

/* The class's pictures by agreement of their background. */
static stratum sides_of(const lint_scores *s, const char *class_name) {
    stratum t = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < s->n; i++) {
        const lint_score *r = &s->v[i];
        if (!is_group(r) || strcmp(r->class_name, class_name) != 0) continue;
        int side = strcmp(r->place, class_name) != 0;
        add_side(r, &t.n[side], &t.right[side]);
    }
    return t;
}

static stratum scaled(stratum t, double by) {
    for (int side = 0; side < 2; side++) {
        t.n[side] *= by;
        t.right[side] *= by;
    }
    return t;
}

/* --- one model -------------------------------------------------------------------------------- */

static lint_gap gap_of(const lint_scores *s, double scale) {
    sums total = {0};
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < s->n; i++) {
            if (!is_class(&s->v[i])) continue;
            stratum t = scaled(sides_of(s, s->v[i].class_name), scale);
            if (pass)
                add_stratum(&total, &t);
            else
                total.weight += weight_of(&t);
        }
    return close_sums(&total);
}

static void count_sides(const lint_scores *s, lint_reliance *r) {
    for (size_t i = 0; i < s->n; i++) {
        const lint_score *row = &s->v[i];
        if (!is_group(row)) continue;
        lint_side *side = strcmp(row->place, row->class_name) == 0 ? &r->agree : &r->contradict;
        side->n += row->n;
        side->right += (size_t)right_of(row);
    }
}

/* Contradicting pictures for a power of 80 % at 5 %, two-sided, by the normal approximation. */
static double needed_for(const lint_reliance *r, double scale) {
    double n = (double)r->agree.n, p = n > 0 ? (double)r->agree.right / n : 1;
    double high = fmin(fmax(p, LINT_GAP_SOUGHT + 0.05), 0.95), low = high - LINT_GAP_SOUGHT;
    double z = LINT_Z95 + 0.8416212335729143;
    double allowed = LINT_GAP_SOUGHT * LINT_GAP_SOUGHT / (z * z);
    double taken = n > 0 ? high * (1 - high) / (n * scale) : 0;
    /* Where the agreeing pictures are the bottleneck, half of the variance is theirs. */
    return ceil(low * (1 - low) / (allowed - fmin(taken, allowed / 2)) / scale);
}

/* Whether the mean of the classes' accuracies may be that of guessing. */
static int may_be_chance(const lint_scores *s, double scale) {
    double sum = 0, classes = 0, inverse = 0, low, high;
    for (size_t i = 0; i < s->n; i++) {
        if (!is_class(&s->v[i])) continue;
        sum += s->v[i].value;
        inverse += 1 / (double)s->v[i].n;
        classes++;
    }
    if (classes < 2) return 0;
    /* A mean over classes varies as much as one of so many pictures: less, where classes are unequal. */
    double n = classes * classes / inverse;
    lint_wilson_mean(sum / classes, (size_t)ceil(n * scale), &low, &high);
    return low <= 1 / classes;
}

int lint_reliance_of(const lint_scores *s, double per_series, lint_reliance *r) {
    double scale = 1 / per_series;
    *r = (lint_reliance){.finding = LINT_RELIANCE_OPEN};
    count_sides(s, r);
    if (r->agree.n + r->contradict.n == 0) return 0;
    lint_gap g = gap_of(s, scale);
    r->gap = g.gap;
    r->low = g.low;
    r->high = g.high;
    r->needed = needed_for(r, scale);
    if (may_be_chance(s, scale))
        r->finding = LINT_UNTRAINED;
    else if (g.gap >= LINT_GAP_SEEN && g.low > 0)
        r->finding = LINT_RELIES;
    else if (g.high < LINT_GAP_SOUGHT)
        r->finding = LINT_RELIES_NOT;
    return 1;
}

/* --- two models ------------------------------------------------------------------------------- */

lint_gap lint_reliance_gain(const lint_scores *a, const lint_scores *b, double per_series) {
    sums total = {0};
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < a->n; i++) {
            if (!is_class(&a->v[i])) continue;
            stratum of_a = scaled(sides_of(a, a->v[i].class_name), 1 / per_series);
            stratum of_b = scaled(sides_of(b, a->v[i].class_name), 1 / per_series);
            stratum t = {{of_b.n[1], of_a.n[1]}, {of_b.right[1], of_a.right[1]}};
            if (pass)
                add_stratum(&total, &t);
            else
                total.weight += weight_of(&t);
        }
    return close_sums(&total);
}
