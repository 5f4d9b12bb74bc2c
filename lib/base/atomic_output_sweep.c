/* What killed runs left beside an output. Declared in atomic_output.h. */
#include "base/atomic_output.h"
#include "base/standard_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int lint_temporary_pid(const char *entry, const char *name, long *pid) {
    size_t n = strlen(name);
    if (strncmp(entry, name, n) != 0 || entry[n] != '.') return 0;
    const char *rest = entry + n + 1;
    size_t digits = strspn(rest, "0123456789");
    if (!digits || rest[digits] != '.') return 0;
    size_t attempt = strspn(rest + digits + 1, "0123456789");
    if (!attempt || rest[digits + 1 + attempt]) return 0;
    *pid = strtol(rest, NULL, 10);
    return 1;
}

/* Removes a regular file of ours that no living process writes: none has its number, and none, on
 * whatever machine, has it locked. */
static void sweep(int in, const char *name, long pid) {
    struct stat st;
    if (pid <= 0 || (pid_t)pid != pid || kill((pid_t)pid, 0) == 0 || errno != ESRCH) return;
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
    long pid;
    for (struct dirent *f; d && (f = readdir(d));)
        if (f->d_name[0] == '.' && lint_temporary_pid(f->d_name + 1, name, &pid))
            sweep(dirfd(d), f->d_name, pid);
    if (d) closedir(d);
    free(parent);
}
