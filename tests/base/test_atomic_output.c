/* Output files: whole or not at all, and no failure in silence. */
#include "base/atomic_output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 256 };
static char home[PATH_SIZE];

/* A path in the test's own directory. */
static const char *in_home(const char *name) {
    static char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static int make_home(void **state) {
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(home, sizeof home, "%s/lint-output-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(home) ? 0 : -1;
}

/* Number of entries in the directory; with `remove_all` they go. */
static int entries(int remove_all) {
    DIR *d = opendir(home);
    int n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        n++;
        if (remove_all) remove(in_home(e->d_name));
    }
    closedir(d);
    return n;
}

static int remove_home(void **state) {
    (void)state;
    entries(1);
    return rmdir(home);
}

static void put(const char *name, const char *text) {
    FILE *f = fopen(in_home(name), "wb");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The text of a file, or NULL. */
static const char *get(const char *name) {
    static char text[64];
    memset(text, 0, sizeof text);
    FILE *f = fopen(in_home(name), "rb");
    if (!f) return NULL;
    assert_true(fread(text, 1, sizeof text - 1, f) < sizeof text);
    fclose(f);
    return text;
}

static lint_output *opened(const char *name) {
    lint_err e = {0};
    lint_output *o = lint_output_open(in_home(name), &e);
    if (!o) fail_msg("%s", e.msg);
    return o;
}

static void committed(lint_output *o) {
    lint_err e = {0};
    if (lint_output_commit(o, &e) < 0) fail_msg("%s", e.msg);
}

static void a_file_appears_at_commit_and_not_before(void **state) {
    (void)state;
    lint_output *o = opened("new");
    fputs("all of it", lint_output_file(o));
    fflush(lint_output_file(o));
    assert_null(get("new"));
    committed(o);
    assert_string_equal(get("new"), "all of it");
    assert_int_equal(entries(1), 1);
}

static void several_get_their_names_or_none(void **state) {
    (void)state;
    lint_err e;
    put("a", "before");
    for (int full = 1; full >= 0; full--) {
        lint_output *o[] = {opened("a"), NULL, opened("b"), opened("c")};
        for (int i = 0; i < 4; i++)
            if (o[i]) fputs("after", lint_output_file(o[i]));
        if (full) { /* the last of them cannot be written */
            lint_output_abort(o[3]);
            o[3] = lint_output_open("/dev/full", &e);
            fputs("after", lint_output_file(o[3]));
        }
        assert_int_equal(lint_output_commit_all(o, 4, &e), full ? -1 : 0);
        if (full) assert_string_equal(e.msg, "/dev/full: No space left on device");
        assert_string_equal(get("a"), full ? "before" : "after");
        assert_int_equal(entries(0), full ? 1 : 3);
    }
    entries(1);
}

static void an_old_file_stays_until_commit(void **state) {
    (void)state;
    put("old", "before");
    lint_output *o = opened("old");
    fputs("after", lint_output_file(o));
    fflush(lint_output_file(o));
    assert_string_equal(get("old"), "before");
    committed(o);
    assert_string_equal(get("old"), "after");
    assert_int_equal(entries(1), 1);
}

static void abort_leaves_what_was_there_and_nothing_else(void **state) {
    (void)state;
    put("old", "before");
    lint_output *o = opened("old");
    fputs("after", lint_output_file(o));
    lint_output_abort(o);
    assert_string_equal(get("old"), "before");
    assert_int_equal(entries(1), 1);
    lint_output_abort(opened("new"));
    assert_int_equal(entries(1), 0);
    lint_output_abort(NULL);
}

/* Makes a hard link of the file ctx; the first name that it is given is taken. */
static int link_at_second_try(void *ctx, const char *temp) {
    static int tries;
    if (tries++ > 0) return link(ctx, temp);
    errno = EEXIST;
    return -1;
}

static void a_link_replaces_a_file_in_one_step(void **state) {
    (void)state;
    lint_err e = {0};
    char from[2 * PATH_SIZE], to[2 * PATH_SIZE];
    put("old", "before");
    put("other", "after");
    snprintf(from, sizeof from, "%s", in_home("other"));
    snprintf(to, sizeof to, "%s", in_home("old"));
    for (int again = 0; again < 2; again++) { /* again: both are one file already */
        assert_int_equal(lint_output_replace(to, link_at_second_try, from, &e), 0);
        assert_string_equal(get("old"), "after");
        assert_int_equal(entries(0), 2);
    }
    unlink(from);
    assert_int_equal(lint_output_replace(to, link_at_second_try, from, &e), -1);
    assert_non_null(strstr(e.msg, "old: No such file or directory"));
    assert_string_equal(get("old"), "after");
    assert_int_equal(entries(1), 1);
}

static void a_killed_writer_leaves_nothing(void **state) {
    (void)state;
    put("old", "before");
    pid_t pid = fork();
    if (pid == 0) {
        lint_err e;
        lint_output *o = lint_output_open(in_home("old"), &e);
        if (o) {
            fputs("half", lint_output_file(o));
            fflush(lint_output_file(o));
        }
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_string_equal(get("old"), "before");
    /* Where the file system has nameless files; a named temporary one would lie beside it. */
    assert_int_equal(entries(1), 1);
}

/* The number of a process that is no more. */
static long dead(void) {
    int status;
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return pid;
}

static void put_temporary(const char *form, long pid) {
    char name[64];
    snprintf(name, sizeof name, form, pid);
    put(name, "left");
}

static void the_next_run_removes_what_killed_ones_left(void **state) {
    (void)state;
    long pid = dead();
    put("old", "before");
    put_temporary(".old.%ld.0", pid);
    put_temporary(".old.%ld.12", pid);
    put_temporary(".old.%ld.0", getpid()); /* alive */
    put_temporary(".older.%ld.0", pid);    /* another result's, */
    put_temporary("old.%ld.0", pid);       /* and the user's own */
    put_temporary(".old.%ld.x", pid);
    put_temporary(".old.%ld", pid);
    lint_output_sweep(in_home("old"));
    assert_int_equal(entries(0), 6);
    assert_string_equal(get("old"), "before");
    lint_output_sweep(in_home("older"));
    assert_int_equal(entries(0), 5);
    lint_output_sweep(in_home("none/x")); /* nothing to do, nothing said */
    lint_output_sweep("-");
    lint_output_sweep(NULL);
    assert_int_equal(entries(1), 5);
}

static void a_replaced_file_has_what_killed_ones_left_removed(void **state) {
    (void)state;
    lint_err e = {0};
    char from[2 * PATH_SIZE];
    put("other", "after");
    put_temporary(".new.%ld.0", dead());
    snprintf(from, sizeof from, "%s", in_home("other"));
    assert_int_equal(lint_output_replace(in_home("new"), link_at_second_try, from, &e), 0);
    assert_int_equal(entries(1), 2);
}

static void what_somebody_writes_or_leads_elsewhere_stays(void **state) {
    (void)state;
    char name[64];
    long pid = dead();
    put_temporary(".old.%ld.0", pid);
    snprintf(name, sizeof name, ".old.%ld.0", pid);
    int fd = open(in_home(name), O_RDONLY); /* as a process of that number on another machine */
    assert_int_equal(flock(fd, LOCK_EX), 0);
    snprintf(name, sizeof name, ".old.%ld.1", pid);
    assert_int_equal(symlink("old", in_home(name)), 0);
    lint_output_sweep(in_home("old"));
    assert_int_equal(entries(0), 2);
    close(fd);
    lint_output_sweep(in_home("old"));
    assert_int_equal(entries(1), 1);
}

static void the_mode_follows_the_umask(void **state) {
    (void)state;
    mode_t old = umask(027);
    committed(opened("new"));
    umask(old);
    struct stat st;
    assert_int_equal(stat(in_home("new"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    entries(1);
}

static void two_writers_of_one_file_leave_one_whole_file(void **state) {
    (void)state;
    lint_output *a = opened("same"), *b = opened("same");
    fputs("first", lint_output_file(a));
    fputs("second", lint_output_file(b));
    committed(b);
    committed(a);
    assert_string_equal(get("same"), "first");
    assert_int_equal(entries(1), 1);
}

static void a_full_disk_is_an_error_with_the_name_in_it(void **state) {
    (void)state;
    lint_err e = {0};
    lint_output *o = lint_output_open("/dev/full", &e);
    assert_non_null(o);
    fputs("something", lint_output_file(o));
    assert_int_equal(lint_output_commit(o, &e), -1);
    assert_string_equal(e.msg, "/dev/full: No space left on device");
}

/* A limit on file size stands in for a disk that fills up halfway. */
static void a_failed_write_leaves_the_old_file(void **state) {
    (void)state;
    put("old", "before");
    struct rlimit was, low = {4096, 0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    low.rlim_max = was.rlim_max;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    lint_output *o = opened("old");
    for (int i = 0; i < 100000; i++)
        fputc('x', lint_output_file(o));
    lint_err e = {0};
    int answer = lint_output_commit(o, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(answer, -1);
    assert_non_null(strstr(e.msg, "/old: "));
    assert_string_equal(get("old"), "before");
    assert_int_equal(entries(1), 1);
}

static void a_directory_or_a_missing_one_is_an_error_at_once(void **state) {
    (void)state;
    lint_err e = {0};
    assert_null(lint_output_open(home, &e));
    assert_non_null(strstr(e.msg, "Is a directory"));
    assert_null(lint_output_open(in_home("none/file"), &e));
    assert_non_null(strstr(e.msg, "none/file: No such file or directory"));
    assert_int_equal(entries(0), 0);
}

/* Commits to standard output, which is fd; the message is left in e. */
static int commit_to(int fd, lint_err *e) {
    fflush(stdout);
    int old = dup(1);
    dup2(fd, 1);
    lint_output *o = lint_output_open("-", e);
    assert_non_null(o);
    fputs("text", lint_output_file(o));
    int answer = lint_output_commit(o, e);
    dup2(old, 1);
    close(old);
    clearerr(stdout);
    return answer;
}

static void standard_output_is_written_and_checked(void **state) {
    (void)state;
    lint_err e = {0};
    int fd = open(in_home("out"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(commit_to(fd, &e), 0);
    close(fd);
    assert_string_equal(get("out"), "text");
    entries(1);
    fd = open("/dev/full", O_WRONLY);
    assert_int_equal(commit_to(fd, &e), -1);
    close(fd);
    assert_string_equal(e.msg, "standard output: No space left on device");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_at_commit_and_not_before),
        cmocka_unit_test(several_get_their_names_or_none),
        cmocka_unit_test(an_old_file_stays_until_commit),
        cmocka_unit_test(abort_leaves_what_was_there_and_nothing_else),
        cmocka_unit_test(a_link_replaces_a_file_in_one_step),
        cmocka_unit_test(a_killed_writer_leaves_nothing),
        cmocka_unit_test(the_next_run_removes_what_killed_ones_left),
        cmocka_unit_test(a_replaced_file_has_what_killed_ones_left_removed),
        cmocka_unit_test(what_somebody_writes_or_leads_elsewhere_stays),
        cmocka_unit_test(the_mode_follows_the_umask),
        cmocka_unit_test(two_writers_of_one_file_leave_one_whole_file),
        cmocka_unit_test(a_full_disk_is_an_error_with_the_name_in_it),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(a_directory_or_a_missing_one_is_an_error_at_once),
        cmocka_unit_test(standard_output_is_written_and_checked),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
