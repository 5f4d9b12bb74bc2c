/* Options that name the same file. */
#include "base/same_file.h"

#include "base/standard_io.h"

#include <string.h>
#include <sys/stat.h>

int lint_is_same_file(const char *a, const char *b) {
    struct stat x, y;
    if (strcmp(a, b) == 0) return 1;
    if (stat(a, &x) < 0 || stat(b, &y) < 0) return 0;
    return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int lint_outputs_check(const lint_named_file *out, size_t n, lint_err *e) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (out[i].path && out[j].path && lint_is_same_file(out[i].path, out[j].path))
                return lint_fail(e,
                                 lint_is_stdio(out[i].path)
                                     ? "--%s and --%s cannot both be standard output"
                                     : "--%s and --%s are the same file",
                                 out[i].option, out[j].option);
    return 0;
}
