/* check_tensor itself: a test of numbers is worth what it refuses. */
#include "support/check.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs one comparison with standard error in a file, whose text is put into said. */
static int quietly(const float *a, const float *b, size_t n, double atol, double rtol,
                   char said[256]) {
    FILE *t = tmpfile();
    int old = dup(2);
    dup2(fileno(t), 2);
    int good = check_tensor("t", a, b, n, atol, rtol);
    dup2(old, 2);
    close(old);
    rewind(t);
    memset(said, 0, 256);
    assert_true(fread(said, 1, 255, t) < 255);
    fclose(t);
    return good;
}

static void passes_at_the_edge_of_the_allowance_and_fails_beyond(void **state) {
    (void)state;
    char said[256];
    float a[] = {1, 2, 3}, b[] = {1, 2, 3.5f};
    assert_true(quietly(a, b, 3, 0.5, 0, said));
    assert_false(quietly(a, b, 3, 0.499, 0, said));
    assert_true(quietly(a, b, 3, 0.15, 0.1, said));
    assert_false(quietly(a, b, 3, 0.14, 0.1, said));
    assert_true(quietly(a, a, 3, 0, 0, said));
}

static void names_the_worst_element_and_what_it_used(void **state) {
    (void)state;
    char said[256];
    float a[] = {1, 5, 3}, b[] = {1.5f, 2, 3};
    assert_false(quietly(a, b, 3, 1.5, 0, said));
    assert_string_equal(said, "# t: [1] is 5, expected 2: 2 of the allowance\n");
}

static void fails_on_what_is_not_finite_on_either_side(void **state) {
    (void)state;
    char said[256];
    float good[] = {1, 2}, nan[] = {1, NAN}, inf[] = {INFINITY, 2};
    assert_false(quietly(nan, good, 2, 10, 10, said));
    assert_false(quietly(good, nan, 2, 10, 10, said));
    assert_false(quietly(nan, nan, 2, 10, 10, said));
    assert_false(quietly(inf, inf, 2, 10, 10, said));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_at_the_edge_of_the_allowance_and_fails_beyond),
        cmocka_unit_test(names_the_worst_element_and_what_it_used),
        cmocka_unit_test(fails_on_what_is_not_finite_on_either_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
