/* Groups in words. */
#include "answer/group_words.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_words(const char *class_name, const char *place, int like, const char *words) {
    char buf[128];
    lint_group_words(buf, sizeof buf, class_name, place, like);
    assert_string_equal(buf, words);
}

static void a_place_is_a_name_or_a_likeness(void **state) {
    (void)state;
    assert_words("leopard", "green", 0, "leopard on green");
    assert_words("bird", "flower", 1, "bird on a flower-like background");
    assert_words("bird", "bird", 1, "bird on a bird-like background");
    assert_words("bird", NULL, 1, "bird");
}

static void the_article_is_that_of_the_sound(void **state) {
    (void)state;
    assert_words("a", "orca", 1, "a on an orca-like background");
    assert_words("a", "Eagle", 1, "a on an Eagle-like background");
    assert_words("a", "unicorn", 1, "a on a unicorn-like background");
    assert_words("a", "umbrella", 1, "a on an umbrella-like background");
    assert_words("a", "\xc3\xb6", 1, "a on a \xc3\xb6-like background");
    assert_words("a", "", 1, "a on a -like background");
}

static void words_are_cut_to_fit(void **state) {
    (void)state;
    char buf[8];
    lint_group_words(buf, sizeof buf, "leopard", "green", 0);
    assert_string_equal(buf, "leopard");
    lint_group_words(buf, sizeof buf, "orca", "green", 0);
    assert_string_equal(buf, "orca on");
    lint_group_words(buf, 1, "orca", "green", 1);
    assert_string_equal(buf, "");
}

static void places_are_classes_where_each_has_the_name_of_one(void **state) {
    (void)state;
    char *v[] = {"bird", "flower", "sea"};
    const lint_names two = {.v = v, .n = 2}, three = {.v = v, .n = 3}, none = {0};
    assert_true(lint_places_are_classes(&two, &two));
    assert_true(lint_places_are_classes(&three, &two));
    assert_false(lint_places_are_classes(&two, &three));
    assert_false(lint_places_are_classes(&two, &none));
    assert_false(lint_places_are_classes(&none, &none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_a_name_or_a_likeness),
        cmocka_unit_test(the_article_is_that_of_the_sound),
        cmocka_unit_test(words_are_cut_to_fit),
        cmocka_unit_test(places_are_classes_where_each_has_the_name_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
