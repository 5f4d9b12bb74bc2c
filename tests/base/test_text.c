/* Texts from files, made fit to show; texts put together. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text_is_cleaned_of_what_cannot_be_shown(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},
        {"\xc3\xb6\xe2\x82\xac\xf0\x9f\x90\x86", "\xc3\xb6\xe2\x82\xac\xf0\x9f\x90\x86"},
        {"a\tb\nc\033[31m\177", "a?b?c?[31m?"},
        {"\xc2\x9b"
         "31m",
         "??31m"}, /* C1: a terminal's command in one character */
        {"\xe2\x80\xae"
         "fdp.\xe2\x81\xa6\xe2\x80\xa8",
         "???fdp.??????"}, /* from right to left; isolated; the end of a line */
        {"\xe2\x80\xa6\xe2\x80\xaf\xe2\x81\xaa", "\xe2\x80\xa6\xe2\x80\xaf\xe2\x81\xaa"},
        {"\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x8d",
         "????????\xe2\x80\x8d"},     /* marks of direction; a joiner, which writing needs */
        {"\x9b", "?"},                /* C1 in one byte */
        {"\xff\xc3", "??"},           /* no such byte; cut short */
        {"\xc0\xaf", "??"},           /* too long a form of '/' */
        {"\xe0\x80\xaf", "???"},      /* the same */
        {"\xed\xa0\x80", "???"},      /* a surrogate */
        {"\xf4\x90\x80\x80", "????"}, /* beyond the last character */
    };
    char to[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(lint_text_clean(to, sizeof to, cases[i][0]), cases[i][1]);
    assert_string_equal(lint_text_clean(to, 4, "ab\xc3\xb6"), "ab"); /* no half character */
    assert_string_equal(lint_text_clean(to, 1, "ab"), "");
    assert_int_equal(lint_text_length("a\xc3\xb6\xe2\x82\xac"), 3);
    strcpy(to, "a\xe2\x82\xac");
    lint_text_drop_last(to);
    assert_string_equal(to, "a");
    lint_text_drop_last(to);
    lint_text_drop_last(to);
    assert_string_equal(to, "");
}

static void a_long_text_is_cut_in_its_middle(void **state) {
    (void)state;
    char to[64];
    static const struct {
        const char *s;
        size_t most;
        const char *cut;
    } cases[] = {
        {"photos/otter.png", 16, "photos/otter.png"},
        {"photos/otter.png", 15, "photos/" LINT_ELLIPSIS "ter.png"},
        {"photos/otter.png", 4, "ph" LINT_ELLIPSIS "g"},
        {"photos/otter.png", 2, "p" LINT_ELLIPSIS},
        {"photos/otter.png", 1, LINT_ELLIPSIS},
        {"photos/otter.png", 0, LINT_ELLIPSIS},
        {"\xc3\xb6\xc3\xa4\xc3\xbc\xc3\x9f", 3, "\xc3\xb6" LINT_ELLIPSIS "\xc3\x9f"},
        {"", 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lint_text_middle(to, sizeof to, cases[i].s, cases[i].most);
        assert_string_equal(to, cases[i].cut);
    }
    lint_text_middle(to, 9, "\xc3\xb6\xc3\xa4\xc3\xbc\xc3\x9f.", 99); /* by room: 5 bytes of text */
    assert_string_equal(to, "\xc3\xb6\xc3\xa4" LINT_ELLIPSIS ".");
    lint_text_middle(to, 8, "\x80\x80\x80\x80\x80\x80\x80\x80\x80", 99); /* no character at all */
    assert_true(strlen(to) < 8);
}

static void a_field_of_a_table_stays_in_its_column_and_on_its_line(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"\xc3\xb6 $(x) \"'", "\xc3\xb6 $(x) \"'"},
        {"a\tb\nc\rd\\", "a\\tb\\nc\\rd\\\\"},
        {"\033[2J\177\xc2\x9b", "\\x1b[2J\\x7f\\xc2\\x9b"},
        {"\xe2\x80\xae\xe2\x80\xa6\xe2\x81\xa9", "\\xe2\\x80\\xae\xe2\x80\xa6\\xe2\\x81\\xa9"},
        {"\xe2\xa0 \xff", "\xe2\xa0 \xff"}, /* cut short; bytes that are no text stay, */
        {"\x9b\xe2\x80", "\\x9b\xe2\\x80"}, /* but for C1 in one byte */
        {"\xc4\x9b\xe2\x82\x9b", "\xc4\x9b\xe2\x82\x9b"}, /* that byte within a character */
        {"\xe2\x80\x8f", "\\xe2\\x80\\x8f"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        lint_text_escape(cases[i][0], out);
        assert_int_equal(fclose(out), 0);
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
}

static void a_whole_text_is_put_as_it_is_cleaned(void **state) {
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    lint_text_put("\xc3\xb6\t\033[2J\xc2\x9b\xe2\x80\xae\xd8\x9c\xff.", out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "\xc3\xb6??[2J????????.");
    free(text);
}

static void a_text_is_as_long_as_it_must_be(void **state) {
    (void)state;
    char as[5001] = {0};
    memset(as, 'a', sizeof as - 1);
    lint_err e;
    char *text = lint_text_format(&e, "%s/%s %d", as, as, 7);
    assert_non_null(text);
    assert_int_equal(strlen(text), 10003);
    assert_string_equal(text + 9998, "aaa 7");
    free(text);
    text = lint_text_format(NULL, "%s", "");
    assert_string_equal(text, "");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cleaned_of_what_cannot_be_shown),
        cmocka_unit_test(a_long_text_is_cut_in_its_middle),
        cmocka_unit_test(a_field_of_a_table_stays_in_its_column_and_on_its_line),
        cmocka_unit_test(a_whole_text_is_put_as_it_is_cleaned),
        cmocka_unit_test(a_text_is_as_long_as_it_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
