#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* How much of the allowance a deviation uses: at most 1 is fine, infinite if not finite. */
static double used(double a, double b, double atol, double rtol) {
    if (!isfinite(a) || !isfinite(b)) return INFINITY;
    double off = fabs(a - b), allowed = atol + rtol * fabs(b);
    if (off == 0) return 0;
    return allowed > 0 ? off / allowed : INFINITY;
}

static int verdict(const char *what, size_t i, double a, double b, double worst) {
    int good = worst <= 1;
    if (!good || getenv("CHECK_VERBOSE"))
        fprintf(stderr, "# %s: [%zu] is %.9g, expected %.9g: %.3g of the allowance\n", what, i, a,
                b, worst);
    return good;
}

int check_tensor(const char *what, const float *a, const float *b, size_t n, double atol,
                 double rtol) {
    double worst = -1;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        double u = used((double)a[i], (double)b[i], atol, rtol);
        if (u > worst) {
            worst = u;
            at = i;
        }
    }
    return n == 0 || verdict(what, at, (double)a[at], (double)b[at], worst);
}

int check_value(const char *what, double a, double b, double atol, double rtol) {
    return verdict(what, 0, a, b, used(a, b, atol, rtol));
}

double check_max(const float *v, size_t n) {
    double max = 0;
    for (size_t i = 0; i < n; i++)
        max = fmax(max, fabs((double)v[i]));
    return max;
}
