#include "synth/synth_sweep.h"
#include "base/atomic_output.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Removes the pictures of a folder, and the folder. */
static void sweep_pictures(int in, const char *name) {
    int fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *f; d && (f = readdir(d));) {
        size_t n = strlen(f->d_name);
        if (n > 4 && strcmp(f->d_name + n - 4, ".png") == 0) unlinkat(dirfd(d), f->d_name, 0);
    }
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    unlinkat(in, name, AT_REMOVEDIR);
}

/* Removes a folder of ours that no living process, on whatever machine, has locked. Of what is in it, only
 * what write_all makes. */
static void sweep(int in, const char *name) {
    struct stat st;
    int fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        sweep_pictures(fd, "images");
        sweep_pictures(fd, "masks");
        unlinkat(fd, "metadata.csv", 0);
        unlinkat(fd, "classes.txt", 0);
        unlinkat(fd, "places.txt", 0);
        unlinkat(in, name, AT_REMOVEDIR);
    }
    close(fd);
}

void lint_synth_sweep(const char *to) {
    const char *slash = strrchr(to, '/');
    char *parent = slash ? strndup(to, (size_t)(slash - to) + 1) : strdup(".");
    DIR *d = parent ? opendir(parent) : NULL;
    for (struct dirent *f; d && (f = readdir(d));)
        if (lint_temporary_is_left(f->d_name, slash ? slash + 1 : to)) sweep(dirfd(d), f->d_name);
    if (d) closedir(d);
    free(parent);
}
