/* What killed runs left beside an output. Declared in atomic_output.h. */
#include "base/atomic_output.h"
#include "base/standard_io.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int lint_temporary_pid(const char *entry, const char *name, long *pid) {
    size_t n = strlen(name);
    char *end, made[48];
    if (strncmp(entry, name, n) != 0) return 0;
    const char *tail = entry + n;
    if (tail[0] != '.' || !isdigit((unsigned char)tail[1])) return 0;
    *pid = strtol(tail + 1, &end, 10);
    if (*end != '.' || !isdigit((unsigned char)end[1])) return 0;
    long attempt = strtol(end + 1, NULL, 10);
    /* In just these digits: a file of somebody's may well be called photos.2024.08. */
    snprintf(made, sizeof made, ".%ld.%ld", *pid, attempt);
    return attempt < LINT_TEMPORARY_ATTEMPTS && strcmp(tail, made) == 0;
}

int lint_temporary_is_left(const char *entry, const char *name) {
    long pid;
    if (entry[0] != '.' || !lint_temporary_pid(entry + 1, name, &pid)) return 0;
    return pid > 0 && (pid_t)pid == pid && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Removes a regular file of ours that no living process, on whatever machine, has locked. */
static void sweep(int in, const char *name) {
    struct stat st;
    int fd = openat(in, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(in, name, 0);
    close(fd);
}

void lint_output_sweep(const char *path) {
    if (lint_is_stdio(path)) return;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    DIR *d = parent ? opendir(parent) : NULL;
    for (struct dirent *f; d && (f = readdir(d));)
        if (lint_temporary_is_left(f->d_name, name)) sweep(dirfd(d), f->d_name);
    if (d) closedir(d);
    free(parent);
}
