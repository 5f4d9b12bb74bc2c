/* Folders that are made with their parents, and those that a walk has visited. */
#include "base/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/lint-folder-XXXXXX";

static int enter_root(void **state) {
    (void)state;
    return mkdtemp(root) && chdir(root) == 0 ? 0 : -1;
}

static int remove_root(void **state) {
    (void)state;
    unlink("file");
    unlink("link");
    rmdir("a/b");
    rmdir("a");
    return chdir("/") == 0 ? rmdir(root) : -1;
}

static void parents_are_made_and_files_are_in_the_way(void **state) {
    (void)state;
    lint_err e;
    struct stat st;
    assert_int_equal(lint_folder_make("a/b", &e), 0);
    assert_int_equal(lint_folder_make("a/b", &e), 0);
    assert_true(stat("a/b", &st) == 0 && S_ISDIR(st.st_mode));
    FILE *f = fopen("file", "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(lint_folder_make("file/b", &e), -1);
    assert_string_equal(e.msg, "file: Not a directory");
}

static void a_folder_is_new_once_however_it_is_reached(void **state) {
    (void)state;
    lint_err e;
    struct stat a, b, link;
    lint_folder_set seen = {0};
    assert_int_equal(symlink("a", "link"), 0);
    assert_true(stat("a", &a) == 0 && stat("a/b", &b) == 0 && stat("link", &link) == 0);
    assert_int_equal(lint_folder_set_add(&seen, &a, &e), 1);
    assert_int_equal(lint_folder_set_add(&seen, &b, &e), 1);
    assert_int_equal(lint_folder_set_add(&seen, &link, &e), 0);
    assert_int_equal(lint_folder_set_add(&seen, &b, &e), 0);
    lint_folder_set_free(&seen);
    assert_int_equal(lint_folder_set_add(&seen, &a, &e), 1);
    lint_folder_set_free(&seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parents_are_made_and_files_are_in_the_way),
        cmocka_unit_test(a_folder_is_new_once_however_it_is_reached),
    };
    return cmocka_run_group_tests(tests, enter_root, remove_root);
}
