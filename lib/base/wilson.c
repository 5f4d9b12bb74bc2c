#include "base/wilson.h"

#include <math.h>

void lint_wilson(size_t k, size_t n, double *low, double *high) {
    lint_wilson_mean(n ? (double)k / (double)n : NAN, n, low, high);
}

void lint_wilson_mean(double p, size_t n, double *low, double *high) {
    *low = *high = NAN;
    if (n == 0) return;
    double N = (double)n, zz = LINT_Z95 * LINT_Z95;
    double middle = (p + zz / (2 * N)) / (1 + zz / N);
    double half = LINT_Z95 / (1 + zz / N) * sqrt(p * (1 - p) / N + zz / (4 * N * N));
    *low = p <= 0 ? 0 : middle - half; /* exactly, where rounding would leave a trace */
    *high = p >= 1 ? 1 : middle + half;
}
