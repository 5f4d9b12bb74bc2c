/* Records of a comma-separated file, and what is none. */
#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All records of n bytes, written with | between fields and a line end after each record; an error
 * is its message. */
static void expect_bytes(const char *text, size_t n, const char *want) {
    char got[512] = "";
    lint_err e;
    FILE *in = tmpfile();
    assert_non_null(in);
    assert_int_equal(fwrite(text, 1, n, in), n);
    rewind(in);
    lint_csv *c = lint_csv_new(in, &e);
    assert_non_null(c);
    int more;
    while ((more = lint_csv_next(c, &e)) > 0)
        for (size_t i = 0; i < c->fields; i++) {
            strcat(got, c->field[i]);
            strcat(got, i + 1 < c->fields ? "|" : "\n");
        }
    if (more < 0) strcat(got, e.msg);
    assert_string_equal(got, want);
    lint_csv_free(c);
    fclose(in);
}

static void expect(const char *text, const char *want) {
    expect_bytes(text, strlen(text), want);
}

static void fields_are_parted_by_commas_and_records_by_line_ends(void **state) {
    (void)state;
    expect("a,b,c\n1,,3\r\nx", "a|b|c\n1||3\nx\n");
    expect(",\n", "|\n");
    expect("", "");
    expect("a,b", "a|b\n");
    expect("a,", "a|\n");
}

static void empty_lines_and_a_byte_order_mark_are_passed_over(void **state) {
    (void)state;
    expect("\xef\xbb\xbf"
           "a,b\n\n\r\n1,2\n\n",
           "a|b\n1|2\n");
    expect("\n\n", "");
}

static void quotes_hold_commas_line_ends_and_quotes(void **state) {
    (void)state;
    expect("\"a,b\",\"c\nd\",\"say \"\"hi\"\"\"\n", "a,b|c\nd|say \"hi\"\n");
    expect("\"\",x\r\n", "|x\n");
    expect("5\" pipe,\"6\"\n", "5\" pipe|6\n"); /* inside a bare field a quote is a quote */
    expect("\"a\"", "a\n");
    expect("a\rb\r", "a\nb\n");
    expect("a,b\r\rc,\"d\re\"\r", "a|b\nc|d\ne\n");
}

static void separators_are_those_of_the_first_line(void **state) {
    (void)state;
    expect("a;b\n1,5;2\n", "a|b\n1,5|2\n");
    expect("a\tb;c\td\n", "a|b;c|d\n");
    expect("\"a;b;c\",d\n1,2\n", "a;b;c|d\n1|2\n");
    expect("a,b;c,d\n", "a|b;c|d\n");
    expect("a, b,  \"c, d\" ,\" e\"\n", "a|b|c, d| e\n");
    expect("\"a\" \"b\"\n", "line 1: text after a closing quote");
    expect("", "");
    expect("a", "a\n");
}

static void utf_16_becomes_utf_8(void **state) {
    (void)state;
    static const char little[] = "\xff\xfe"
                                 "a\0;\0\xe9\0\n\0\xac\x20;\0\x3d\xd8\x00\xdeq\0";
    static const char big[] = "\xfe\xff\0a\0;\0\xe9\0\r\x20\xac\0;\xd8\x3d\xde\x00\0q";
    static const char want[] = "a|\xc3\xa9\n\xe2\x82\xac|\xf0\x9f\x98\x80q\n";
    expect_bytes(little, sizeof little - 1, want);
    expect_bytes(big, sizeof big - 1, want);
    expect_bytes("\xff\xfe\x00\xdc", 4, "\xef\xbf\xbd\n"); /* half a pair */
    expect_bytes("\xff\xfe\x3d\xd8", 4, "\xef\xbf\xbd\n");
    expect_bytes("\xff\xfe\0\0", 4, "line 1: a NUL byte");
    expect_bytes("\xef\xbb\xbfx,y\n", 7, "x|y\n");
    expect_bytes("\xe9,y\n", 4, "\xe9|y\n");
    expect_bytes("\xef,y\n", 4, "\xef|y\n");
    expect_bytes("\xef\xbb,y\n", 5, "\xef\xbb|y\n");
    expect_bytes("\xfe,y\n", 4, "\xfe|y\n");
    expect_bytes("\xff", 1, "\xff\n");
    expect_bytes("\xff\xfe", 2, "");
}

static void utf_16_that_ends_within_a_unit_is_an_error_with_its_line(void **state) {
    (void)state;
    static const char why[] = "truncated: UTF-16 of an odd number of bytes";
    char want[100];
    static const char dog[] = "\xff\xfe"
                              "f\0,\0y\0\n\0"
                              "a\0,\0d\0o\0g\0\n";
    snprintf(want, sizeof want, "f|y\nline 2: %s", why);
    expect_bytes(dog, 19, want); /* would be the class "do" */
    snprintf(want, sizeof want, "f|y\na|dog\nline 3: %s", why);
    expect_bytes("\xfe\xff\0f\0,\0y\0\r\0a\0,\0d\0o\0g\0\n\0", 23, want);
    snprintf(want, sizeof want, "f\nline 2: %s", why); /* without a separator all is read ahead */
    expect_bytes("\xff\xfe"
                 "f\0\n\0a\0\n",
                 9, want);
    snprintf(want, sizeof want, "line 1: %s", why);
    expect_bytes("\xff\xfe\n", 3, want);
    expect_bytes("\xfe\xff\x00\x61\xd8", 5, want);
}

static void what_makes_no_sense_is_an_error_with_its_line(void **state) {
    (void)state;
    expect("a\n\"b", "a\nline 2: a quote is not closed");
    expect("a\n\n\"b\nb\"\n\"c\"d\n", "a\nb\nb\nline 5: text after a closing quote");
    expect_bytes("a\nb\0c\n", 6, "a\nline 2: a NUL byte");
    expect_bytes("\"b\0\"\n", 5, "line 1: a NUL byte");
}

static void a_record_without_end_does_not_fill_memory(void **state) {
    (void)state;
    FILE *in = tmpfile();
    lint_err e;
    assert_non_null(in);
    fputc('"', in);
    for (size_t i = 0; i < 3 * (size_t)LINT_CSV_MAX; i++)
        fputc('x', in);
    rewind(in);
    lint_csv *c = lint_csv_new(in, &e);
    assert_int_equal(lint_csv_next(c, &e), -1);
    assert_string_equal(e.msg, "line 1: a record of more than 1048576 bytes");
    lint_csv_free(c);
    fclose(in);
}

/* Two fields, each with the byte that ends it, of so many bytes in all. */
static int read_record_of(size_t bytes, lint_err *e) {
    FILE *in = tmpfile();
    assert_non_null(in);
    fputs("a,", in);
    for (size_t i = 3; i < bytes; i++)
        fputc('x', in);
    fputs("\nnext\n", in);
    rewind(in);
    lint_csv *c = lint_csv_new(in, e);
    int got = lint_csv_next(c, e);
    if (got > 0) assert_int_equal(c->fields, 2);
    if (got > 0) assert_int_equal(strlen(c->field[1]), bytes - 3);
    lint_csv_free(c);
    fclose(in);
    return got;
}

static void a_record_is_at_most_a_mebibyte(void **state) {
    (void)state;
    lint_err e;
    assert_int_equal(read_record_of(LINT_CSV_MAX, &e), 1);
    assert_int_equal(read_record_of(LINT_CSV_MAX + 1, &e), -1);
    assert_string_equal(e.msg, "line 1: a record of more than 1048576 bytes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_parted_by_commas_and_records_by_line_ends),
        cmocka_unit_test(empty_lines_and_a_byte_order_mark_are_passed_over),
        cmocka_unit_test(quotes_hold_commas_line_ends_and_quotes),
        cmocka_unit_test(separators_are_those_of_the_first_line),
        cmocka_unit_test(utf_16_becomes_utf_8),
        cmocka_unit_test(utf_16_that_ends_within_a_unit_is_an_error_with_its_line),
        cmocka_unit_test(what_makes_no_sense_is_an_error_with_its_line),
        cmocka_unit_test(a_record_without_end_does_not_fill_memory),
        cmocka_unit_test(a_record_is_at_most_a_mebibyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
