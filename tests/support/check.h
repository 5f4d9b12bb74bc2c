/* check: the one way in which tests compare numbers.
 *
 * a is what the code under test says, b what is right. Every element must be finite and satisfy
 * |a - b| <= atol + rtol * |b|. The answer is 1 if all do; else 0, after one line (a TAP comment)
 * that names the worst element and how much of its allowance it used. CHECK_VERBOSE in the
 * environment prints that line for good tensors too: it shows how much room a tolerance leaves.
 *
 *     bad += !check_tensor("fc1.weight", grad, golden, n, 1e-4 * check_max(golden, n), 0);
 *     assert_int_equal(bad, 0);
 */
#ifndef LINT_CHECK_H
#define LINT_CHECK_H

#include <stddef.h>

int check_tensor(const char *what, const float *a, const float *b, size_t n, double atol,
                 double rtol);

/* The same for one number. */
int check_value(const char *what, double a, double b, double atol, double rtol);

/* The largest |v|: what a tolerance relative to a whole tensor is measured against. */
double check_max(const float *v, size_t n);

#endif
