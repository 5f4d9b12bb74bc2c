/* The areas of deletion and insertion against values worked out by hand. */
#include "answer/deletion.h"
#include "support/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define FLOAT_ROUNDING 1e-6

static void areas(const float *z, const float *whole, size_t K, size_t steps, double deletion,
                  double insertion) {
    float d, i;
    lint_deletion_areas(z, whole, K, steps, &d, &i);
    if (!check_value("deletion", (double)d, deletion, FLOAT_ROUNDING, 0)) fail();
    if (!check_value("insertion", (double)i, insertion, FLOAT_ROUNDING, 0)) fail();
}

/* Probabilities of the predicted class: whole 0.9, nothing left 0.5. */
static void areas_are_by_the_trapezoidal_rule(void **state) {
    (void)state;
    const float ln3 = logf(3), whole[2] = {logf(9), 0};
    const float one[2] = {7, 7}; /* one step: both curves are the line between the ends */
    areas(one, whole, 2, 1, 0.7, 0.7);
    const float two[3 * 2] = {7, 7, 0, ln3, ln3, 0}; /* 0.25 on the way down, 0.75 up */
    areas(two, whole, 2, 2, (0.45 + 0.25 + 0.25) / 2, (0.25 + 0.75 + 0.45) / 2);
    const float three[5 * 2] = {7, 7, ln3, 0, 0, ln3, 0, 0, 0, ln3}; /* 3/4 1/4, 1/2 1/4 */
    areas(three, whole, 2, 3, (0.7 + 1) / 3, (0.7 + 0.75) / 3);
}

static void the_class_is_the_one_predicted_for_the_whole_picture(void **state) {
    (void)state;
    const float whole[3] = {0, 0, logf(2)};                   /* 1/2 */
    const float z[3 * 3] = {0, 0, 0, 0, 0, 1000, 0, 2000, 0}; /* 1/3, 1, 0 */
    areas(z, whole, 3, 2, (5.0 / 12 + 1) / 2, 5.0 / 12 / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_are_by_the_trapezoidal_rule),
        cmocka_unit_test(the_class_is_the_one_predicted_for_the_whole_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
