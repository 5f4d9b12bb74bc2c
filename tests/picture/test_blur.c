/* Blurred pictures against values worked out by hand. */
#include "picture/blur.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void one_colour_stays(void **state) {
    (void)state;
    static const size_t sides[][2] = {{1, 1}, {1, 7}, {5, 2}, {31, 40}};
    uint8_t image[31 * 40 * 3];
    uint32_t line[2 * 40];
    for (size_t i = 0; i < 4; i++) {
        size_t n = sides[i][0] * sides[i][1] * 3;
        for (size_t k = 0; k < n; k++)
            image[k] = (uint8_t)(100 + 50 * (k % 3));
        lint_blur(sides[i][0], sides[i][1], image, 0.2, line);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(image[k], 100 + 50 * (k % 3));
    }
}

/* Three means of three: 1 3 6 7 6 3 1 of 27. Green alone is lit. */
static void a_point_becomes_a_bell(void **state) {
    (void)state;
    static const uint8_t bell[9] = {0, 9, 27, 54, 63, 54, 27, 9, 0};
    uint8_t row[9 * 3] = {0}, column[9 * 3] = {0};
    uint32_t line[18];
    row[4 * 3 + 1] = column[4 * 3 + 1] = 243;
    lint_blur(1, 9, row, 0.1, line);
    lint_blur(9, 1, column, 0.1, line);
    for (size_t i = 0; i < 9; i++)
        for (size_t c = 0; c < 3; c++) {
            assert_int_equal(row[i * 3 + c], c == 1 ? bell[i] : 0);
            assert_int_equal(column[i * 3 + c], c == 1 ? bell[i] : 0);
        }
}

/* At the edge the mirrored half of the bell comes back: (7 + 6) (6 + 3) (3 + 1) 1. */
static void edges_are_mirrored(void **state) {
    (void)state;
    uint8_t row[9 * 3] = {243};
    uint32_t line[18];
    lint_blur(1, 9, row, 0.1, line);
    assert_int_equal(row[0], 9 * 13);
    assert_int_equal(row[3], 9 * 9);
    assert_int_equal(row[6], 9 * 4);
    assert_int_equal(row[9], 9);
    assert_int_equal(row[12], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_colour_stays),
        cmocka_unit_test(a_point_becomes_a_bell),
        cmocka_unit_test(edges_are_mirrored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
