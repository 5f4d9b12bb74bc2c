/* Parts of a folder for cross-fitting. */
#include "source/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 230, CLASSES = 3 };
static const lint_ratio RATIO = {{70, 15, 15}};

/* Classes of 115, 69 and 46 pictures; one picture in eight has another class's background. */
static lint_source folder(void) {
    lint_source s = {.n = N, .room = N, .root = strdup("photos")};
    lint_err e;
    assert_int_equal(lint_names_from_list(&s.classes, "bird,cat,flower", &e), 0);
    s.picture = calloc(N, sizeof *s.picture);
    assert_non_null(s.picture);
    for (size_t i = 0; i < N; i++) {
        char *path = malloc(32);
        assert_non_null(path);
        int32_t label = i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2;
        snprintf(path, 32, "%d/%zu.png", label, i);
        s.picture[i] = (lint_picture){.path = path,
                                      .label = label,
                                      .place = i % 8 ? label : (label + 1) % CLASSES,
                                      .split = LINT_UNSPLIT};
    }
    return s;
}

static void divide(lint_source *s, size_t part, size_t parts) {
    lint_err e;
    lint_fold f = {part, parts};
    assert_int_equal(lint_fold_divide(s, &f, &RATIO, 3, &e), 0);
}

/* Pictures in a split; of a class, or of all if -1; whose background contradicts the class, if so. */
static size_t count(const lint_source *s, int label, int contradict, lint_split split) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const lint_picture *p = &s->picture[i];
        n += p->split == split && (label < 0 || p->label == label) &&
             (!contradict || p->place != p->label);
    }
    return n;
}

static void text_is_part_of_parts(void **state) {
    (void)state;
    lint_fold f;
    lint_err e;
    assert_int_equal(lint_fold_parse(&f, "2/5", &e), 0);
    assert_int_equal(f.part, 2);
    assert_int_equal(f.parts, 5);
    static const char *const wrong[] = {"",     "1",    "0/5",  "6/5",   "1/1",
                                        "-1/5", "1/5x", "1/ 5", "1/2000"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(lint_fold_parse(&f, wrong[i], &e), -1);
}

static void each_picture_is_tested_once_and_parts_are_alike(void **state) {
    (void)state;
    int tested[N] = {0};
    for (size_t part = 1; part <= 5; part++) {
        lint_source s = folder();
        divide(&s, part, 5);
        for (size_t i = 0; i < N; i++)
            tested[i] += s.picture[i].split == LINT_TEST;
        static const size_t fifth[CLASSES] = {23, 14, 9}; /* of 115, 69, 46 */
        for (int k = 0; k < CLASSES; k++) {
            size_t n = count(&s, k, 0, LINT_TEST);
            assert_true(n + 1 >= fifth[k] && n <= fifth[k] + 1);
        }
        size_t odd = count(&s, -1, 1, LINT_TEST); /* 29 of 230 */
        assert_true(odd >= 4 && odd <= 8);
        size_t val = count(&s, -1, 0, LINT_VAL); /* 184 * 15 / 85 = 32.5 */
        assert_true(val >= 30 && val <= 35);
        assert_true(count(&s, -1, 1, LINT_VAL) >= 2);
        lint_source_free(&s);
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(tested[i], 1);
}

/* Joins those of ten pictures in a row that have the same class. */
static void bursts(lint_source *s) {
    for (size_t i = 0; i < N; i++)
        s->picture[i].series = 1 + i / 10 * 10 + (i % 10 < 5 ? 0 : i % 10 < 8 ? 5 : 8);
}

static void a_series_lies_in_one_split(void **state) {
    (void)state;
    for (size_t part = 1; part <= 3; part++) {
        lint_source s = folder();
        bursts(&s);
        divide(&s, part, 3);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(s.picture[i].split, s.picture[lint_source_first(&s, i)].split);
        size_t test = count(&s, -1, 0, LINT_TEST);
        assert_true(test >= 70 && test <= 84);
        lint_source_free(&s);
    }
}

static void what_cannot_be_divided_is_refused(void **state) {
    (void)state;
    lint_err e;
    lint_fold f = {1, 5};
    lint_source s = folder();
    for (size_t i = 0; i < N; i++)
        if (s.picture[i].label == 2) s.picture[i].series = 1 + 8;
    assert_int_equal(lint_fold_divide(&s, &f, &RATIO, 0, &e), -1);
    assert_non_null(strstr(e.msg, "'flower'"));
    s.given[LINT_TEST] = 1;
    assert_int_equal(lint_fold_divide(&s, &f, &RATIO, 0, &e), -1);
    assert_non_null(strstr(e.msg, "a test set of its own"));
    lint_source_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_part_of_parts),
        cmocka_unit_test(each_picture_is_tested_once_and_parts_are_alike),
        cmocka_unit_test(a_series_lies_in_one_split),
        cmocka_unit_test(what_cannot_be_divided_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
