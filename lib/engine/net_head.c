#include "engine/net_head.h"

#include "base/text.h"
#include "engine/layers/input_line.h"

#include <string.h>

static const char blank[] = " \t\r";

/* A line without its comment and the blanks around. */
static void trim(const char **line, size_t *len) {
    const char *end = *line + *len, *hash = memchr(*line, '#', *len);
    if (hash) end = hash;
    while (*line < end && strchr(blank, **line))
        (*line)++;
    while (end > *line && strchr(blank, end[-1]))
        end--;
    *len = (size_t)(end - *line);
}

static const char *line_end(const char *line) {
    return line + strcspn(line, "\n");
}

static const char *next_line(const char *line) {
    const char *end = line_end(line);
    return *end ? end + 1 : end;
}

static int is_line(const char *line, const char *word) {
    size_t len = (size_t)(line_end(line) - line);
    trim(&line, &len);
    return len == strlen(word) && memcmp(line, word, len) == 0;
}

/* The first line that is not empty: the input. */
static const char *input_line(const char *text) {
    while (*text && is_line(text, ""))
        text = next_line(text);
    return text;
}

size_t lint_text_before_cam(const char *text) {
    const char *line = text;
    while (*line && !is_line(line, "cam"))
        line = next_line(line);
    return (size_t)(line - text);
}

char *lint_head_text(const char *text, size_t w, size_t h, size_t c, lint_err *e) {
    const char *cam = text + lint_text_before_cam(text);
    if (*cam) return lint_text_format(e, "input %zux%zux%zu features\n%s", w, h, c, cam);
    lint_fail(e, "the network has no 'cam' line, so no features");
    return NULL;
}

char *lint_head_fit(const char *text, size_t w, size_t h, size_t c, lint_err *e) {
    lint_net_input in;
    if (lint_net_input_of(text, &in) < 0 || !in.features || in.width)
        return lint_text_format(e, "%s", text);
    const char *line = input_line(text);
    size_t len = (size_t)(line_end(line) - line);
    trim(&line, &len);
    const char *word = line + len - strlen("features"); /* the line's last */
    return lint_text_format(e, "%.*s%zux%zux%zu %s", (int)(word - text), text, w, h, c, word);
}

char *lint_head_join(const char *backbone, const char *head, lint_err *e) {
    lint_net_input in;
    size_t before = lint_text_before_cam(backbone);
    if (!backbone[before]) {
        lint_fail(e, "the backbone's network has no 'cam' line, so no features");
        return NULL;
    }
    if (lint_net_input_of(head, &in) == 0 && in.features)
        return lint_text_format(e, "%.*s%s", (int)before, backbone, next_line(input_line(head)));
    lint_fail(e, "the head's input is not features");
    return NULL;
}
