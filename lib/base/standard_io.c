#include "base/standard_io.h"

#include <errno.h>
#include <string.h>

int lint_is_stdio(const char *path) {
    return !path || strcmp(path, "-") == 0;
}

const char *lint_input_name(const char *path) {
    return lint_is_stdio(path) ? "standard input" : path;
}

const char *lint_output_name(const char *path) {
    return lint_is_stdio(path) ? "standard output" : path;
}

FILE *lint_input_open(const char *path, lint_err *e) {
    FILE *in = lint_is_stdio(path) ? stdin : fopen(path, "rb");
    if (!in) lint_fail_errno(e, "%s", path);
    return in;
}

void lint_input_close(FILE *in) {
    if (in && in != stdin) fclose(in);
}
