/* Text printed into memory is whole, or there is none. */
#include "base/memstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void what_was_printed_is_returned(void **state) {
    char *text = NULL;
    size_t size;
    (void)state;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    fprintf(f, "a %d", 12);
    assert_non_null(lint_memstream_close(f, &text));
    assert_string_equal(text, "a 12");
    free(text);
}

static void a_text_that_was_cut_is_none(void **state) {
    char *text = malloc(4);
    (void)state;
    assert_non_null(text);
    FILE *f = fopen("/dev/full", "w");
    assert_non_null(f);
    fputs("more than there is room for", f);
    assert_null(lint_memstream_close(f, &text));
    assert_null(text);
    assert_null(lint_memstream_close(NULL, &text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_printed_is_returned),
        cmocka_unit_test(a_text_that_was_cut_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
