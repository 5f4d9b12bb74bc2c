/* JSON that may be shown on a terminal. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *dumped(const char *name) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    json_t *root = json_pack("{s:[s]}", name, name);
    assert_non_null(root);
    assert_int_equal(lint_json_dump(root, out, JSON_INDENT(1)), 0);
    json_decref(root);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void what_a_terminal_may_obey_is_escaped_and_comes_back(void **state) {
    (void)state;
    static const char name[] =
        "\033\177\xc2\x9b\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa9";
    char *text = dumped(name);
    for (const char *c = text; *c; c++)
        assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
    assert_non_null(strstr(text, "\\u001B\\u007f\\u009b\\u061c\\u200f\\u2028\\u202e\\u2069"));
    json_t *root = json_loads(text, 0, NULL);
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, name), 0)), name);
    json_decref(root);
    free(text);
}

static void names_of_any_script_stay_as_they_are(void **state) {
    (void)state;
    static const char name[] = "\xc3\x84 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\x8b \xe2\x80\xa6";
    char *text = dumped(name);
    assert_non_null(strstr(text, name));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_may_obey_is_escaped_and_comes_back),
        cmocka_unit_test(names_of_any_script_stay_as_they_are)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
