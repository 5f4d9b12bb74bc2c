/* Memory of lint-train: it grows with the batch and the network, not with what is trained on. The
 * pages of mapped files, which the system takes back when it wants, are not counted. */
#include "stream/frame.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIDE = 128, SAMPLES = 32, FRAME_KB = SAMPLES * SIDE * SIDE * 3 / 1024 };

/* Cheap on purpose: this is about what goes by, not about what is learnt. */
static const char net[] = "input 128x128x3\nconv1: conv 2 8x8 stride 8\nrelu\nglobalpool\nflatten\n"
                          "fc: dense classes\n";

static char folder[] = "/tmp/lint-memory-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    FILE *f = fopen(in_folder("cheap.net"), "w");
    return f && fputs(net, f) >= 0 && fclose(f) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(in_folder("cheap.net"));
    unlink(in_folder("model"));
    return rmdir(folder);
}

/* Anonymous memory of a process in KB; 0 when it has ended, or where nobody says. */
static long anonymous_kb(pid_t pid) {
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "RssAnon:", 8) == 0) kb = atol(line + 8);
    if (f) fclose(f);
    return kb;
}

/* Of another process, which writes a stream of `mb` to the pipe. */
static void feed(int to, size_t mb, int marked) {
    lint_err e;
    lint_frame f = {0};
    FILE *out = fdopen(to, "w");
    lint_frame_add(&f, "image", LINT_U8, 4, (uint64_t[]){SAMPLES, SIDE, SIDE, 3}, &e);
    int32_t *label = lint_frame_add(&f, "label", LINT_I32, 1, (uint64_t[]){SAMPLES}, &e)->data;
    for (int i = 0; i < SAMPLES; i++)
        label[i] = i % 2;
    lint_frame_set_meta(&f, "classes", "[\"a\",\"b\"]", &e);
    lint_frame_set_meta(&f, "kind", "samples", &e);
    if (marked) lint_frame_set_meta(&f, "epoch", "1", &e);
    for (size_t kb = 0; kb < mb * 1024; kb += FRAME_KB)
        if (lint_frame_write(&f, out, &e) < 0) break;
    lint_frame_free(&f);
    _exit(fclose(out) == 0 ? 0 : 1);
}

static pid_t start_training(int from) {
    char network[4096], model[4096];
    snprintf(network, sizeof network, "%s", in_folder("cheap.net"));
    snprintf(model, sizeof model, "%s", in_folder("model"));
    pid_t pid = fork();
    if (pid) return pid;
    dup2(from, 0);
    close(from);
    execlp("lint-train", "lint-train", "-q", "--net", network, "--train", "-", "--batch", "16",
           "--epochs", "1", "--threads", "1", "-o", model, (char *)NULL);
    _exit(127);
}

static void end_well(pid_t pid) {
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* The most memory that training on a stream of `mb` took, in KB. */
static long training_kb(size_t mb, int marked) {
    int fd[2];
    long most = 0;
    fflush(NULL);
    assert_int_equal(pipe(fd), 0);
    pid_t feeder = fork();
    if (feeder == 0) {
        close(fd[0]);
        feed(fd[1], mb, marked);
    }
    close(fd[1]);
    pid_t training = start_training(fd[0]);
    close(fd[0]);
    int status = 0;
    while (waitpid(training, &status, WNOHANG) == 0) {
        long now = anonymous_kb(training);
        if (now > most) most = now;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    assert_int_equal(status, 0);
    end_well(feeder);
    return most;
}

/* Keeping a twentieth of the data would be seen; what the allocator keeps differs a little. */
static void check_memory(int marked) {
    enum { SMALL_MB = 20, LARGE_MB = 200, SLACK_KB = (LARGE_MB - SMALL_MB) * 1024 / 20 };
    if (anonymous_kb(getpid()) == 0) skip();
    long small = training_kb(SMALL_MB, marked), large = training_kb(LARGE_MB, marked);
    assert_true(small > 0);
    if (large >= small + SLACK_KB) fail_msg("%ld KB for 20 MB, %ld KB for 200 MB", small, large);
}

static void a_long_stream_trains_in_the_memory_of_a_short_one(void **state) {
    (void)state;
    check_memory(1);
}

static void a_large_set_trains_in_the_memory_of_a_small_one(void **state) {
    (void)state;
    check_memory(0);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_stream_trains_in_the_memory_of_a_short_one),
        cmocka_unit_test(a_large_set_trains_in_the_memory_of_a_small_one),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
