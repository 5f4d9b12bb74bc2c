#define _GNU_SOURCE
#include "sandbox.h"

#include "base/folder.h"
#include "files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* dir/name leads to what is at `to`, if nothing is there yet. */
static int link_to(const char *dir, const char *name, const char *to, lint_err *e) {
    char full[PATH_MAX];
    struct stat st;
    path at = pathf("%s/%s", dir, name);
    if (lstat(at.s, &st) == 0) return 0;
    if (!realpath(to, full)) return lint_fail_errno(e, "%s", to);
    if (make_folders(folder_of(at.s).s, e) < 0) return -1;
    return symlink(full, at.s) == 0 ? 0 : lint_fail_errno(e, "%s", at.s);
}

static int is_own(const char *name) {
    static const char *const own[] = {".", "..", SANDBOX_OWN};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0) return 1;
    return 0;
}

static int link_project(const char *dir, const step *s, lint_err *e) {
    DIR *d = opendir(".");
    if (!d) return lint_fail_errno(e, ".");
    int err = 0;
    for (const char *name; !err && (name = next_name(d));) {
        struct stat st;
        /* Links that lead nowhere are nobody's input. An output of before must not be written to. */
        if (is_own(name) || items_find(&s->out, name)) continue;
        if (stat(name, &st) == 0)
            err = link_to(dir, name, name, e);
        else if (!lint_folder_is_missing() && errno != EACCES)
            err = lint_fail_errno(e, "%s", name);
    }
    if (!err && errno) err = lint_fail_errno(e, ".");
    closedir(d);
    return err;
}

/* What is read under a name that is not its place, or from a folder that is not linked whole. */
static int needs_link(const item *in) {
    if (*in->name == '/') return 0;
    if (strcmp(in->name, in->real) != 0) return 1;
    return is_own(pathf("%.*s", (int)strcspn(in->name, "/"), in->name).s);
}

int sandbox_make(const char *dir, const step *s, lint_err *e) {
    if (remove_all(dir, e) < 0 || make_folders(dir, e) < 0) return -1;
    for (size_t i = 0; i < s->out.n; i++)
        if (make_folders(folder_of(pathf("%s/%s", dir, s->out.v[i].name).s).s, e) < 0) return -1;
    for (size_t i = 0; i < s->in.n; i++)
        if (needs_link(&s->in.v[i]) && link_to(dir, s->in.v[i].name, s->in.v[i].real, e) < 0)
            return -1;
    return link_project(dir, s, e);
}

/* --- running ---------------------------------------------------------------------------------- */

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT};
enum { SIGNALS = sizeof passed_on / sizeof *passed_on };

static void become_command(const char *dir, const step *s, const sigset_t *mask) {
    setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN); /* a group in the background may draw its progress */
    sigprocmask(SIG_SETMASK, mask, NULL);
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0 && dup2(null, 0) == 0 && chdir(dir) == 0)
        execlp("bash", "bash", "-eu", "-o", "pipefail", "-c", s->run, (char *)NULL);
    _exit(127);
}

static int status_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Signals are blocked and taken one by one, so that none gets lost between them. */
static int wait_for(pid_t child, const sigset_t *signals) {
    int got, status;
    for (;;) {
        if (sigwait(signals, &got) != 0) continue;
        if (got != SIGCHLD) {
            kill(-child, got);
            if (got == SIGTSTP) raise(SIGSTOP);
        } else if (waitpid(child, &status, WNOHANG) == child) {
            return status_of(status);
        }
    }
}

int sandbox_run(const char *dir, const step *s, lint_err *e) {
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&signals, passed_on[i]);
    sigprocmask(SIG_BLOCK, &signals, &before);
    pid_t child = fork();
    if (child == 0) become_command(dir, s, &before);
    int status = child < 0 ? lint_fail_errno(e, "fork") : 0;
    if (!status) {
        setpgid(child, child); /* whoever of the two is first */
        status = wait_for(child, &signals);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
