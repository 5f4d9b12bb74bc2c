/* The list of samples, line by line. */
#include "answer/sample_list.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 4, L = 8 };

/* Four samples of two classes, with maps of one cell and masks of two pixels: sure and right, sure
 * and wrong, undecided, without a label. */
static lint_frame predictions(void) {
    static const int32_t label[N] = {0, 0, 1, -1}, place[N] = {1, 0, -1, 1};
    static const float z[N * 2] = {3, 0, 0, 3, 0, 0, 0, 1};
    static const char name[N * L] = "a\tb\0\0\0\0\0c/d.png\0e\\f\n\r\0\0\0longlong";
    static const float cam[N * 2 * 2] = {1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0};
    static const uint8_t mask[N * 2] = {255, 0, 255, 255, 255, 0, 255, 0};
    lint_frame f = {0};
    lint_err e;
    memcpy(lint_frame_add(&f, "label", LINT_I32, 1, (uint64_t[]){N}, &e)->data, label,
           sizeof label);
    memcpy(lint_frame_add(&f, "place", LINT_I32, 1, (uint64_t[]){N}, &e)->data, place,
           sizeof place);
    memcpy(lint_frame_add(&f, "logits", LINT_F32, 2, (uint64_t[]){N, 2}, &e)->data, z, sizeof z);
    memcpy(lint_frame_add(&f, "name", LINT_U8, 2, (uint64_t[]){N, L}, &e)->data, name, N * L);
    memcpy(lint_frame_add(&f, "cam", LINT_F32, 4, (uint64_t[]){N, 2, 1, 2}, &e)->data, cam,
           sizeof cam);
    memcpy(lint_frame_add(&f, "mask", LINT_U8, 3, (uint64_t[]){N, 1, 2}, &e)->data, mask,
           sizeof mask);
    lint_frame_set_meta(&f, "classes", "[\"cat\",\"dog\"]", &e);
    lint_frame_set_meta(&f, "places", "[\"grass\",\"in\\tdoors\"]", &e);
    return f;
}

static void assert_list(const lint_frame *f, size_t times, const char *expected) {
    lint_err e;
    char text[4096];
    lint_sample_list *l = lint_sample_list_new(&e);
    for (size_t i = 0; i < times; i++)
        if (lint_sample_list_add(l, f, &e) < 0) fail_msg("%s", e.msg);
    FILE *out = tmpfile();
    lint_sample_list_write(l, out);
    rewind(out);
    text[fread(text, 1, sizeof text - 1, out)] = 0;
    fclose(out);
    lint_sample_list_free(l);
    assert_string_equal(text, expected);
}

#define HEAD "name\ttruth\tanswer\tprobability\tplace\tevidence_inside\tloss\n"

static void the_highest_loss_comes_first_and_names_are_escaped(void **state) {
    (void)state;
    lint_frame f = predictions();
    /* log(1 + e^3) = 3.04859, 1 / (1 + e^-3) = 0.952574; evidence 1 of 1 + 3, none, 4 of 4 + 1. */
    assert_list(&f, 1,
                HEAD "c/d.png\tcat\tdog\t0.952574\tgrass\t-\t3.04859\n"
                     "e\\\\f\\n\\r\tdog\tcat\t0.5\t-\t0.8\t0.693147\n"
                     "a\\tb\tcat\tcat\t0.952574\tin\\tdoors\t0.25\t0.0485874\n"
                     "longlong\t-\tdog\t0.731059\tin\\tdoors\t-\t-\n");
    lint_frame_free(&f);
}

static void without_names_samples_are_numbered_through_all_frames(void **state) {
    (void)state;
    lint_frame f = predictions();
    lint_err e;
    lint_frame_drop(&f, "name");
    lint_frame_drop(&f, "cam");
    lint_frame_drop(&f, "place");
    lint_frame_set_meta(&f, "classes", NULL, &e);
    assert_list(&f, 2,
                HEAD "2\tclass 0\tclass 1\t0.952574\t-\t-\t3.04859\n"
                     "6\tclass 0\tclass 1\t0.952574\t-\t-\t3.04859\n"
                     "3\tclass 1\tclass 0\t0.5\t-\t-\t0.693147\n"
                     "7\tclass 1\tclass 0\t0.5\t-\t-\t0.693147\n"
                     "1\tclass 0\tclass 0\t0.952574\t-\t-\t0.0485874\n"
                     "5\tclass 0\tclass 0\t0.952574\t-\t-\t0.0485874\n"
                     "4\t-\tclass 1\t0.731059\t-\t-\t-\n"
                     "8\t-\tclass 1\t0.731059\t-\t-\t-\n");
    lint_frame_drop(&f, "logits");
    lint_sample_list *l = lint_sample_list_new(&e);
    assert_int_equal(lint_sample_list_add(l, &f, &e), -1);
    assert_non_null(strstr(e.msg, "no 'logits'"));
    lint_sample_list_free(l);
    lint_frame_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_loss_comes_first_and_names_are_escaped),
        cmocka_unit_test(without_names_samples_are_numbered_through_all_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
