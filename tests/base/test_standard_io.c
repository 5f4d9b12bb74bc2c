#include "base/standard_io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_dash_or_no_name_is_standard(void **state) {
    (void)state;
    assert_true(lint_is_stdio(NULL));
    assert_true(lint_is_stdio("-"));
    assert_false(lint_is_stdio(""));
    assert_false(lint_is_stdio("./-"));
    assert_false(lint_is_stdio("--"));
}

static void messages_call_it_by_its_direction(void **state) {
    (void)state;
    assert_string_equal(lint_input_name("-"), "standard input");
    assert_string_equal(lint_output_name(NULL), "standard output");
    assert_string_equal(lint_input_name("a.lts"), "a.lts");
    assert_string_equal(lint_output_name("./-"), "./-");
}

static void input_is_stdin_a_file_or_an_error_with_its_name(void **state) {
    (void)state;
    lint_err e;
    assert_ptr_equal(lint_input_open("-", &e), stdin);
    lint_input_close(stdin);
    assert_false(feof(stdin) || fileno(stdin) < 0); /* still open */
    FILE *in = lint_input_open("/dev/null", &e);
    assert_non_null(in);
    assert_int_equal(getc(in), EOF);
    lint_input_close(in);
    assert_null(lint_input_open("none/x", &e));
    assert_string_equal(e.msg, "none/x: No such file or directory");
    lint_input_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dash_or_no_name_is_standard),
        cmocka_unit_test(messages_call_it_by_its_direction),
        cmocka_unit_test(input_is_stdin_a_file_or_an_error_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
