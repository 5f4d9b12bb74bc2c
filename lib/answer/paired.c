#include "answer/paired.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

static const double TAIL = 0.025; /* on either side of 95 % */

/* --- formulas --------------------------------------------------------------------------------- */

lint_mean lint_mean_of(const double *v, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (v[i] - mean) * (v[i] - mean);
    return (lint_mean){mean, n > 1 ? sqrt(squares / (double)(n - 1)) : NAN};
}

/* Twice the upper tail of Binomial(n, 1/2). C(n, k) is kept as c * 2^shift with c below 1: exact
 * while it has 53 bits, and never too large. */
double lint_sign_test(size_t wins, size_t losses) {
    size_t n = wins + losses, most = wins > losses ? wins : losses;
    double c = 0.5, tail = 0;
    int shift = 1;
    for (size_t k = n;; k--) {
        tail += ldexp(c, shift - (int)n);
        if (k <= most) return fmin(2 * tail, 1);
        int more;
        c = frexp(c * (double)k / (double)(n - k + 1), &more);
        shift += more;
    }
}

/* The finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4. */
double lint_student_tail(double t, size_t df) {
    double theta = atan(t / sqrt((double)df)), c = cos(theta), cc = c * c;
    double term = df % 2 ? c : 1, sum = 0;
    for (size_t k = df % 2 ? 3 : 2; k <= df; k += 2) {
        sum += term;
        term *= cc * (double)(k - 1) / (double)k;
    }
    double within = df % 2 ? 2 / acos(-1) * (theta + sin(theta) * sum) : sin(theta) * sum;
    return (1 - within) / 2;
}

/* The t that leaves TAIL above it, by bisection to the last bit. */
static double student_quantile(size_t df) {
    double low = 0, high = 16; /* 12.7 for one degree, the widest */
    for (int i = 0; i < 64; i++) {
        double middle = (low + high) / 2;
        if (lint_student_tail(middle, df) > TAIL)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double lint_bootstrap_tail(size_t n) {
    double t = student_quantile(n - 1) * sqrt((double)n / (double)(n - 1));
    return erfc(t / sqrt(2)) / 2;
}

/* --- bootstrap -------------------------------------------------------------------------------- */

static int ascending(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* The quantile of sorted v [n], between neighbours in proportion. */
static double quantile(const double *v, size_t n, double q) {
    double at = q * (double)(n - 1);
    size_t below = (size_t)at;
    if (below + 1 >= n) return v[n - 1];
    return v[below] + (at - (double)below) * (v[below + 1] - v[below]);
}

int lint_bootstrap_mean(const double *v, size_t n, uint64_t seed, double *low, double *high,
                        lint_err *e) {
    *low = *high = NAN;
    if (n < 2) return 0;
    double *mean = malloc(LINT_PAIRED_RESAMPLES * sizeof *mean);
    if (!mean) return lint_fail_mem(e, "a bootstrap");
    for (size_t r = 0; r < LINT_PAIRED_RESAMPLES; r++) {
        lint_rng rng = lint_rng_at(seed, LINT_RNG_BOOTSTRAP, 0, r);
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += v[lint_rng_below(&rng, n)];
        mean[r] = sum / (double)n;
    }
    qsort(mean, LINT_PAIRED_RESAMPLES, sizeof *mean, ascending);
    double tail = lint_bootstrap_tail(n);
    *low = quantile(mean, LINT_PAIRED_RESAMPLES, tail);
    *high = quantile(mean, LINT_PAIRED_RESAMPLES, 1 - tail);
    free(mean);
    return 0;
}

/* --- pairs ------------------------------------------------------------------------------------ */

int lint_paired_make(lint_paired *p, const double *a, const double *b, size_t n, lint_better better,
                     uint64_t seed, lint_err *e) {
    double *d = malloc(n * sizeof *d);
    if (!d) return lint_fail_mem(e, "pairs");
    *p = (lint_paired){.n = n, .a = lint_mean_of(a, n), .b = lint_mean_of(b, n)};
    for (size_t i = 0; i < n; i++) {
        d[i] = b[i] - a[i];
        p->ties += b[i] == a[i];
        p->wins += better == LINT_HIGHER_IS_BETTER ? b[i] > a[i] : b[i] < a[i];
    }
    p->losses = n - p->wins - p->ties;
    p->diff = lint_mean_of(d, n);
    p->sign_p = lint_sign_test(p->wins, p->losses);
    int err = lint_bootstrap_mean(d, n, seed, &p->low, &p->high, e);
    free(d);
    return err;
}
