/* normal: random numbers of the standard normal distribution, which only tests need.
 *
 *     lint_rng r = lint_rng_at(1, 0, 0, 0);
 *     float v = (float)normal(&r);
 */
#ifndef LINT_NORMAL_H
#define LINT_NORMAL_H

#include "base/rng.h"
#include <math.h>

/* Box-Muller, one of the pair. */
static inline double normal(lint_rng *r) {
    double u = 1.0 - lint_rng_unit(r); /* (0, 1] */
    double v = lint_rng_unit(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

#endif
