/* wilson: confidence intervals of counted proportions.
 *
 *     lint_wilson(right, n, &low, &high);
 */
#ifndef LINT_BASE_WILSON_H
#define LINT_BASE_WILSON_H

#include <stddef.h>

#define LINT_Z95 1.959963984540054 /* the normal distribution's 97.5 % quantile */

/* Wilson's score interval for k of n, 95 %; NaN for n = 0. (E. B. Wilson, JASA 22, 1927.) */
void lint_wilson(size_t k, size_t n, double *low, double *high);

/* The same for the mean of n numbers from 0 to 1. Their variance is at most p (1 - p), so the
 * interval may be too wide but not too narrow. */
void lint_wilson_mean(double p, size_t n, double *low, double *high);

#endif
