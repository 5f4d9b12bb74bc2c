#include "base/grow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_array_keeps_what_it_holds_and_moves_seldom(void **state) {
    (void)state;
    size_t *v = NULL, room = 0, grown = 0;
    for (size_t n = 0; n < 1000; n++) {
        size_t before = room;
        v = lint_grow(v, n, &room, sizeof *v);
        assert_non_null(v);
        assert_true(room > n);
        grown += room != before;
        v[n] = n;
    }
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(v[n], n);
    assert_true(grown < 12);
    free(v);
}

static void an_array_of_unknown_room_grows(void **state) {
    (void)state;
    size_t room = 0;
    int *v = malloc(9 * sizeof *v);
    assert_non_null(v);
    v[8] = 5;
    v = lint_grow(v, 9, &room, sizeof *v);
    assert_non_null(v);
    assert_true(room >= 10);
    v[9] = 6;
    assert_int_equal(v[8], 5);
    free(v);
}

static void an_array_grows_by_several(void **state) {
    (void)state;
    size_t room = 0;
    int *v = lint_grow_to(NULL, 100, &room, sizeof *v);
    assert_non_null(v);
    assert_true(room >= 100);
    v[99] = 5;
    size_t before = room;
    assert_ptr_equal(lint_grow_to(v, room, &room, sizeof *v), v);
    assert_int_equal(room, before);
    v = lint_grow_to(v, room + 1, &room, sizeof *v);
    assert_non_null(v);
    assert_true(room > before);
    assert_int_equal(v[99], 5);
    free(v);
}

static void a_size_that_overflows_is_no_memory(void **state) {
    (void)state;
    size_t room = 0;
    assert_null(lint_grow(NULL, SIZE_MAX / 8, &room, 8));
    assert_null(lint_grow(NULL, SIZE_MAX, &room, 8));
    assert_null(lint_grow_to(NULL, SIZE_MAX, &room, 8));
    assert_int_equal(room, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_keeps_what_it_holds_and_moves_seldom),
        cmocka_unit_test(an_array_of_unknown_room_grows),
        cmocka_unit_test(an_array_grows_by_several),
        cmocka_unit_test(a_size_that_overflows_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
