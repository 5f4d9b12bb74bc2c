#include "export/run_name.h"
#include "base/standard_io.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int ends_with(const char *text, size_t n, const char *tail) {
    size_t k = strlen(tail);
    return n >= k && strncmp(text + n - k, tail, k) == 0;
}

/* Takes empty, "." and ".." parts out of a path, which would lead out of the folder that is
 * written. */
static void clean_path(char *path) {
    char *to = path;
    for (const char *part = path; *part;) {
        size_t n = strcspn(part, "/");
        const char *next = part + n + (part[n] == '/');
        int skip = n == 0 || (n == 1 && *part == '.') || (n == 2 && strncmp(part, "..", 2) == 0);
        if (!skip) {
            if (to != path) *to++ = '/';
            memmove(to, part, n);
            to += n;
        }
        part = next;
    }
    *to = 0;
}

/* models/birds/s0/camloss of models/birds/s0/camloss/, as models/birds/s0/camloss/log.tsv. From malloc. */
static char *log_of(const char *operand, lint_err *e) {
    struct stat s;
    size_t n = strlen(operand);
    if (lint_is_stdio(operand) || stat(operand, &s) < 0 || !S_ISDIR(s.st_mode))
        return lint_text_format(e, "%s", operand);
    while (n > 1 && operand[n - 1] == '/')
        n--;
    return lint_text_format(e, "%.*s/log.tsv", (int)n, operand);
}

/* The part of a path after its last `models/`, if a folder of an experiment and another follow. */
static const char *below_models(const char *path) {
    const char *found = NULL;
    for (const char *at = path; (at = strstr(at, "models/")); at++)
        if ((at == path || at[-1] == '/') && strchr(at + strlen("models/"), '/'))
            found = at + strlen("models/");
    return found;
}

/* The last two parts of a path. */
static const char *last_two(const char *path) {
    int slashes = 0;
    for (const char *at = path + strlen(path); at > path; at--)
        if (at[-1] == '/' && ++slashes == 2) return at;
    return path;
}

void lint_run_name_free(lint_run_name *r) {
    free(r->log);
    free(r->experiment);
    free(r->run);
    *r = (lint_run_name){0};
}

static int name_run(lint_run_name *r, const char *operand, const char *given, lint_err *e) {
    const char *name = given ? given : lint_is_stdio(operand) ? "run" : r->log;
    size_t n = strlen(name);
    int folder = !given && ends_with(name, n, "/log.tsv");
    if (folder)
        n -= strlen("/log.tsv");
    else if (!given && ends_with(name, n, ".tsv"))
        n -= strlen(".tsv");
    if (!(r->run = lint_text_format(e, "%.*s", (int)n, name))) return -1;
    clean_path(r->run);
    const char *below = folder ? below_models(r->run) : NULL, *slash = strrchr(r->run, '/');
    const char *rest = below    ? strchr(below, '/') + 1
                       : given  ? r->run
                       : folder ? last_two(r->run)
                       : slash  ? slash + 1
                                : r->run;
    if (below && !(r->experiment = lint_text_format(e, "%.*s", (int)strcspn(below, "/"), below)))
        return -1;
    memmove(r->run, rest, strlen(rest) + 1);
    return 0;
}

int lint_run_name_of(lint_run_name *r, const char *operand, const char *given, lint_err *e) {
    *r = (lint_run_name){.log = log_of(operand, e)};
    r->found = r->log && strcmp(r->log, operand) != 0;
    int err = r->log ? name_run(r, operand, given, e) : -1;
    if (err) lint_run_name_free(r);
    return err;
}
