#define _GNU_SOURCE /* dladdr1, SOCK_CLOEXEC */
#include "picture/heif_decoder.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct lint_heif_decoder {
    pthread_mutex_t lock;
    int calls; /* -1: not started */
    pid_t pid;
};

lint_heif_decoder *lint_heif_decoder_new(void) {
    lint_heif_decoder *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->calls = -1;
    pthread_mutex_init(&d->lock, NULL);
    return d;
}

/* The program ends where its socket does. */
static void stop(lint_heif_decoder *d) {
    if (d->calls < 0) return;
    close(d->calls);
    d->calls = -1;
    while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void lint_heif_decoder_free(lint_heif_decoder *d) {
    if (!d) return;
    stop(d);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

/* --- the program's file ----------------------------------------------------------------------- */

/* The path of the program or shared library that this code is part of. */
static int find_self(char path[PATH_MAX]) {
    static const char here;
    Dl_info info;
    struct link_map *map;
    if (!dladdr1(&here, &info, (void **)&map, RTLD_DL_LINKMAP)) return -1;
    return realpath(*map->l_name ? map->l_name : "/proc/self/exe", path) ? 0 : -1;
}

/* Whether a program may be run: where others may write, such as in /tmp, they could have put one there. */
static int is_trusted(const char *path, uid_t self) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0 &&
           (st.st_uid == 0 || st.st_uid == geteuid() || st.st_uid == self);
}

/* In the folder of the tool or library, or in libexec beside it, or one or two above: so it is found where
 * lint was built, for its tests, too, and where it was installed. Then where it is installed for all. */
static int find(char path[PATH_MAX], lint_err *e) {
    static const char *const above[] = {"", "/..", "/../.."}, *const in[] = {"", "/libexec/lint"};
    static const char *const all[] = {"/usr/local", "/usr"};
    char self[PATH_MAX];
    struct stat st;
    int known = find_self(self) == 0 && stat(self, &st) == 0;
    if (known) *strrchr(self, '/') = 0;
    for (size_t i = 0; known && i < 6; i++) {
        int n = snprintf(path, PATH_MAX, "%s%s%s/heif-decoder", self, above[i / 2], in[i % 2]);
        if (n < PATH_MAX && is_trusted(path, st.st_uid)) return 0;
    }
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, PATH_MAX, "%s/libexec/lint/heif-decoder", all[i]);
        if (is_trusted(path, 0)) return 0;
    }
    lint_fail(e, "lint's program 'heif-decoder' is not beside %s, nor in a libexec/lint near it",
              known && *self ? self : "the program");
    e->system = 1;
    return -1;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* With its end of the socket, no other descriptor, and no signal blocked or ignored. What libheif or
 * the dynamic linker print is not for the user of a tool. */
static int spawn(pid_t *pid, const char *path, int calls) {
    char *const argv[] = {(char *)"heif-decoder", NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, every;
    sigemptyset(&none);
    sigfillset(&every);
    int err = posix_spawn_file_actions_init(&files);
    if (err) return err;
    if ((err = posix_spawnattr_init(&how))) {
        posix_spawn_file_actions_destroy(&files);
        return err;
    }
    err = posix_spawn_file_actions_adddup2(&files, calls, LINT_HEIF_CALLS);
    for (int fd = 0; fd < LINT_HEIF_CALLS && !err; fd++)
        err = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &every);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!err) err = posix_spawn(pid, path, &files, &how, argv, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return err;
}

static int fail_start(lint_err *e, const char *path, int error) {
    errno = error;
    lint_fail_errno(e, "cannot start %s", path);
    e->system = 1;
    return -1;
}

/* The program says a byte when it is there. */
static int start(lint_heif_decoder *d, lint_err *e) {
    char path[PATH_MAX], ready;
    int pair[2];
    if (find(path, e) < 0) return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_start(e, path, errno);
    int error = spawn(&d->pid, path, pair[1]);
    close(pair[1]);
    if (error) {
        close(pair[0]);
        return fail_start(e, path, error);
    }
    d->calls = pair[0];
    if (lint_heif_get(d->calls, &ready, 1) == 0) return 0;
    stop(d);
    lint_fail(e, "%s does not run; is libheif installed (Debian package libheif1)?", path);
    e->system = 1;
    return -1;
}

static int hand_over(int calls, int socket) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec one = {&byte, 1};
    struct msghdr m = {.msg_iov = &one,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &socket, sizeof socket);
    ssize_t sent;
    do
        sent = sendmsg(calls, &m, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == 1 ? 0 : -1;
}

/* A socket to a process that is there, or -1. The process says a byte, since a socket that was only handed
 * over is lost where the program ends before it takes it. */
static int reach(const lint_heif_decoder *d) {
    int pair[2];
    char there;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -1;
    int err = hand_over(d->calls, pair[1]);
    close(pair[1]);
    if (!err && lint_heif_get(pair[0], &there, 1) == 0) return pair[0];
    close(pair[0]);
    return -1;
}

/* A program that somebody ended is started again, once. */
static int call(lint_heif_decoder *d, lint_err *e) {
    int fd = -1;
    if (d->calls >= 0 && (fd = reach(d)) >= 0) return fd;
    stop(d);
    if (start(d, e) < 0) return -1;
    if ((fd = reach(d)) >= 0) return fd;
    lint_fail(e, "the program heif-decoder has ended");
    e->system = 1;
    return -1;
}

int lint_heif_decoder_call(lint_heif_decoder *d, lint_err *e) {
    if (!d) return lint_fail_mem(e, "HEIF reader");
    pthread_mutex_lock(&d->lock);
    int fd = call(d, e);
    pthread_mutex_unlock(&d->lock);
    return fd;
}
