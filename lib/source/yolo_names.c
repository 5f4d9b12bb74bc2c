/* data.yaml, as far as it names classes. */
#include "base/text.h"
#include "source/yolo.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t");
}

static const char *next_line(const char *at) {
    at += strcspn(at, "\n");
    return *at ? at + 1 : at;
}

static int is_line_end(const char *at) {
    return !*at || *at == '\r' || *at == '\n' || *at == '#';
}

/* Adds the name at *at, which may be in quotes and ends before one of the bytes in `ends`. */
static int take_name(const char **at, const char *ends, lint_names *names, lint_err *e) {
    const char *from = skip_blanks(*at);
    size_t n;
    if (*from == '"' || *from == '\'') {
        const char quote[2] = {*from++, 0};
        n = strcspn(from, quote);
        if (from[n] != *quote) return lint_fail(e, "a quote is not closed");
        *at = skip_blanks(from + n + 1);
    } else {
        n = strcspn(from, ends);
        *at = from + n;
        while (n && isspace((unsigned char)from[n - 1]))
            n--;
    }
    if (!n) return lint_fail(e, "an empty name");
    return lint_names_push(names, from, n, e);
}

/* [a, 'b'], over several lines too. */
static int take_list(const char *at, lint_names *names, lint_err *e) {
    static const char blank[] = " \t\r\n";
    for (at += strspn(at, blank); *at != ']'; at += strspn(at, blank)) {
        if (!*at) return lint_fail(e, "[ is not closed");
        if (take_name(&at, ",]\n", names, e) < 0) return -1;
        at += strspn(at, blank);
        if (*at && *at != ',' && *at != ']') return lint_fail(e, "expected , or ] behind a name");
        at += *at == ',';
    }
    return 0;
}

/* A line each: "- a", or "0: a" in the order of the numbers. */
static int take_lines(const char *at, lint_names *names, lint_err *e) {
    for (; *at; at = next_line(at)) {
        const char *line = skip_blanks(at);
        char *end;
        if (is_line_end(line)) continue;
        if (*line == '-') {
            end = (char *)line + 1;
        } else {
            if (line == at) break; /* the next key */
            unsigned long number = strtoul(line, &end, 10);
            if (end == line || *end++ != ':')
                return lint_fail(e, "'%.*s', expected NUMBER: NAME", (int)strcspn(line, "\r\n"),
                                 line);
            if (number != names->n)
                return lint_fail(e, "class %lu, expected %zu: they are to be in order", number,
                                 names->n);
        }
        const char *name = end;
        if (take_name(&name, "\r\n#", names, e) < 0) return -1;
    }
    return 0;
}

int lint_yolo_names(const char *text, size_t len, lint_names *names, lint_err *e) {
    if (strlen(text) != len) return lint_fail(e, "not a text");
    const char *at = lint_text_behind_mark(text);
    while (*at && strncmp(at, "names:", 6) != 0)
        at = next_line(at);
    if (!*at) return 0;
    at = skip_blanks(at + 6);
    int err = *at == '['        ? take_list(at + 1, names, e)
              : is_line_end(at) ? take_lines(next_line(at), names, e)
                                : lint_fail(e, "expected a list of names");
    if (!err) err = lint_names_check_distinct(names, "class", e);
    return err ? lint_err_prefix(e, "names: ") : 0;
}
