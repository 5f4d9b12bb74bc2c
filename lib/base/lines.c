#include "base/lines.h"
#include "base/standard_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lint_lines_open(lint_lines *l, const char *path, int end, lint_err *e) {
    *l = (lint_lines){.name = lint_input_name(path), .end = end};
    l->fd = lint_is_stdio(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (l->fd < 0) return lint_fail_errno(e, "%s", path);
    l->buf = malloc(LINT_LINE_MAX);
    if (l->buf) return 0;
    lint_lines_close(l);
    return lint_fail_mem(e, "lines");
}

void lint_lines_close(lint_lines *l) {
    if (l->fd > STDIN_FILENO) close(l->fd);
    free(l->buf);
    *l = (lint_lines){0};
}

int lint_lines_is_file(const lint_lines *l) {
    struct stat st;
    return fstat(l->fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Moves the unread bytes to the front and reads more behind them. At the end of input, a last line
 * without a newline gets one. */
static int read_more(lint_lines *l, lint_err *e) {
    ssize_t got;
    l->len -= l->at;
    memmove(l->buf, l->buf + l->at, l->len);
    l->at = 0;
    if (l->len == LINT_LINE_MAX)
        return lint_fail(e, "%s: line %zu is longer than %d bytes", l->name, l->line + 1,
                         LINT_LINE_MAX - 1);
    do
        got = read(l->fd, l->buf + l->len, LINT_LINE_MAX - l->len);
    while (got < 0 && errno == EINTR);
    if (got < 0) return lint_fail_errno(e, "%s", l->name);
    l->done = got == 0;
    l->len += (size_t)got;
    if (l->done && l->len) l->buf[l->len++] = (char)l->end;
    return 0;
}

/* Returns 1 if *line is the next line, 0 if that line is not complete yet. */
static int take(lint_lines *l, char **line, lint_err *e) {
    while (l->at < l->len) {
        char *from = l->buf + l->at, *to = memchr(from, l->end, l->len - l->at);
        if (!to) return 0;
        l->line++;
        if (memchr(from, 0, (size_t)(to - from)))
            return lint_fail(e, "%s: line %zu has a NUL in it", l->name, l->line);
        *to = 0;
        l->at += (size_t)(to - from) + 1;
        *line = from;
        if (to > from) return 1;
    }
    return 0;
}

long lint_lines_next(lint_lines *l, char **line, size_t most, lint_err *e) {
    for (;;) {
        size_t n = 0;
        int got = 0;
        while (n < most && (got = take(l, &line[n], e)) > 0)
            n++;
        if (got < 0) return -1;
        if (n || l->done) return (long)n;
        if (read_more(l, e) < 0) return -1;
    }
}
