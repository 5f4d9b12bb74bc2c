#include "engine/net_path.h"
#include "base/standard_io.h"
#include "base/text.h"
#include "stream/state_dict.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int ends_in(const char *path, const char *end) {
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

static int is_there(const char *path) {
    /* What cannot be reached is told by whoever opens it. */
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static char *copy_of(const char *path, lint_err *e) {
    char *copy = malloc(strlen(path) + 1);
    if (!copy)
        lint_fail_mem(e, "paths");
    else
        strcpy(copy, path);
    return copy;
}

/* PREFIX/share/lint/FILE for a program in PREFIX/bin; empty where the system does not tell which
 * file the program is. */
static void beside_program(char path[PATH_MAX], const char *file) {
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    *path = 0;
    if (n <= 0) return;
    program[n] = 0;
    for (int up = 0; up < 2; up++) { /* the program's name, then bin */
        char *slash = strrchr(program, '/');
        if (!slash) return;
        *slash = 0;
    }
    int len = snprintf(path, PATH_MAX, "%s/share/lint/%s", program, file);
    if (len < 0 || len >= PATH_MAX) *path = 0;
}

static int is_word(const char *name) {
    int is_file = ends_in(name, ".net") || ends_in(name, ".safetensors");
    return !is_file && !strchr(name, '/') && !lint_is_stdio(name);
}

char *lint_net_path(const char *name, lint_err *e) {
    char here[PATH_MAX], installed[PATH_MAX], file[NAME_MAX];
    if (!is_word(name) || is_there(name)) return copy_of(name, e);
    int len = snprintf(here, sizeof here, "models/%s.net", name);
    if (len < 0 || len >= PATH_MAX) *here = 0;
    if (is_there(here)) return copy_of(here, e);
    snprintf(file, sizeof file, "%.*s.net", (int)sizeof file - 5, name);
    beside_program(installed, file);
    if (is_there(installed)) return copy_of(installed, e);
    lint_fail(e, "no network '%s': neither that file, nor %s, nor %s", name, here, installed);
    return NULL;
}

static int is_net(const struct dirent *d) {
    return ends_in(d->d_name, ".net");
}

int lint_net_list(char ***path, size_t *n, lint_err *e) {
    char folder[PATH_MAX] = "models";
    struct dirent **entry = NULL;
    if (!is_there(folder)) beside_program(folder, "");
    int found = scandir(folder, &entry, is_net, alphasort), err = 0;
    *n = 0;
    *path = NULL;
    if (found < 0 && errno != ENOENT && errno != ENOTDIR) return lint_fail_errno(e, "%s", folder);
    *path = calloc(found > 0 ? (size_t)found : 1, sizeof **path);
    if (!*path) err = lint_fail_mem(e, "paths");
    for (int i = 0; i < found; i++) {
        char *to = err ? NULL : lint_text_format(e, "%s/%s", folder, entry[i]->d_name);
        if (to)
            (*path)[(*n)++] = to;
        else
            err = -1;
        free(entry[i]);
    }
    free(entry);
    if (err) lint_net_list_free(*path, *n);
    return err;
}

void lint_net_list_free(char **path, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(path[i]);
    free(path);
}

/* What safetensors begins with: the length of a header, which has zeros, and the header, which is JSON. */
enum { HEAD = 9 };

static int is_model(const char head[HEAD]) {
    return memchr(head, 0, HEAD - 1) && head[HEAD - 1] == '{';
}

/* The rest of a text of which the first n bytes are there; name goes into messages. */
static int read_rest(FILE *f, const char *name, char *text, size_t n, size_t most, lint_err *e) {
    n += fread(text + n, 1, most - n, f);
    if (ferror(f)) return lint_fail_errno(e, "%s", name);
    if (n == most) return lint_fail(e, "%s: too long for a network", name);
    if (strlen(text) != n) return lint_fail(e, "%s: is not a text, so no network", name);
    return 0;
}

/* The text that a model was built from. */
static char *read_of_model(const char *path, lint_err *e) {
    lint_state_dict s;
    if (lint_state_dict_load(&s, path, e) < 0) return NULL;
    const char *text = lint_frame_meta(&s.frame, "net");
    char *copy = text ? copy_of(text, e) : NULL;
    if (!text) lint_fail(e, "%s: has weights and no network: expected a model of lint", path);
    lint_state_dict_free(&s);
    return copy;
}

char *lint_net_read(const char *path, const char **name, lint_err *e) {
    enum { NET_MAX = 1 << 20 };
    *name = lint_input_name(path);
    FILE *f = lint_input_open(path, e);
    if (!f) return NULL;
    char *text = calloc(1, NET_MAX + 1);
    size_t n = text ? fread(text, 1, HEAD, f) : 0;
    int model = n == HEAD && is_model(text), err = 0;
    struct stat st;
    if (!text)
        err = lint_fail_mem(e, *name);
    else if (!model)
        err = read_rest(f, *name, text, n, NET_MAX, e);
    else if (lint_is_stdio(path) || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode))
        err = lint_fail(e, "%s: is a model, whose network is read from a regular file only", *name);
    lint_input_close(f);
    if (!err && !model) return text;
    free(text);
    return err ? NULL : read_of_model(path, e);
}
