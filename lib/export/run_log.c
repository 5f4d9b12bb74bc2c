#include "export/run_log.h"
#include "base/grow.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void lint_run_log_free(lint_run_log *l) {
    free(l->text);
    free(l->setting);
    free(l->column);
    free(l->cell);
    *l = (lint_run_log){0};
}

/* The whole file, NUL-terminated; it holds no other NUL. */
static char *read_all(FILE *in, lint_err *e) {
    size_t room = 1 << 16, n = 0;
    char *text = malloc(room + 1);
    while (text && !feof(in) && !ferror(in)) {
        if (n == room) {
            char *more = room < LINT_RUNLOG_MAX ? realloc(text, 2 * room + 1) : NULL;
            if (!more) break;
            text = more;
            room *= 2;
        }
        n += fread(text + n, 1, room - n, in);
    }
    if (!text)
        lint_fail_mem(e, "the log");
    else if (ferror(in))
        lint_fail(e, "%s", strerror(errno));
    else if (!feof(in))
        lint_fail(e, "too long for a log");
    else if (memchr(text, 0, n))
        lint_fail(e, "is not text, so it is not a log");
    else if (n && text[n - 1] != '\n')
        lint_fail(e, "the last line is cut short");
    else {
        text[n] = 0;
        return text;
    }
    free(text);
    return NULL;
}

/* A log of lint-train has 16 columns and about 80 settings; each is compared with all before it. */
enum { COLUMNS_MAX = 1000, SETTINGS_MAX = 2000 };

static int add_setting(lint_run_log *l, char *line, lint_err *e) {
    char *value = strchr(line, '\t');
    if (!value) return 0; /* a remark */
    if (l->settings == SETTINGS_MAX) return lint_fail(e, "more than %d settings", SETTINGS_MAX);
    struct lint_run_log_setting *more =
        lint_grow(l->setting, l->settings, &l->settings_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "the log");
    l->setting = more;
    *value++ = 0;
    l->setting[l->settings++] = (struct lint_run_log_setting){line, value};
    return 0;
}

static int add_columns(lint_run_log *l, char *line, lint_err *e) {
    for (char *word = line, *tab; word; word = tab) {
        tab = strchr(word, '\t');
        if (tab) *tab++ = 0;
        if (!*word) return lint_fail(e, "a column without a name");
        if (l->columns == COLUMNS_MAX) return lint_fail(e, "more than %d columns", COLUMNS_MAX);
        for (size_t c = 0; c < l->columns; c++)
            if (strcmp(l->column[c], word) == 0)
                return lint_fail(e, "column '%s' appears twice", word);
        const char **more = lint_grow(l->column, l->columns, &l->columns_room, sizeof *more);
        if (!more) return lint_fail_mem(e, "the log");
        l->column = more;
        l->column[l->columns++] = word;
    }
    if (strcmp(l->column[0], "epoch") == 0) return 0;
    return lint_fail(e, "expected a log of lint-train, whose first column is 'epoch'");
}

static int check_number(const char *word, lint_err *e) {
    char *end;
    double v = strtod(word, &end);
    (void)v;
    if (end == word || *end || strchr(" \t\n\v\f\r", *word))
        return lint_fail(e, "'%s' is not a number", word);
    return 0;
}

static int check_epoch(const lint_run_log *l, const char *word, lint_err *e) {
    char *end;
    errno = 0;
    uintmax_t epoch = *word >= '0' && *word <= '9' ? strtoumax(word, &end, 10) : 0;
    if (!epoch || *end || errno || epoch > INT64_MAX)
        return lint_fail(e, "'%s' is not an epoch", word);
    if (l->rows && epoch <= lint_run_log_epoch(l, l->rows - 1))
        return lint_fail(e, "epoch %s after epoch %" PRIu64, word,
                         lint_run_log_epoch(l, l->rows - 1));
    return 0;
}

static int add_row(lint_run_log *l, char *line, lint_err *e) {
    size_t c = 0;
    for (char *word = line, *tab; word; word = tab, c++) {
        tab = strchr(word, '\t');
        if (tab) *tab++ = 0;
        if (c >= l->columns) continue; /* counted, and told below */
        if ((c ? check_number(word, e) : check_epoch(l, word, e)) < 0) return -1;
        const char **more =
            lint_grow(l->cell, l->rows * l->columns + c, &l->cells_room, sizeof *more);
        if (!more) return lint_fail_mem(e, "the log");
        l->cell = more;
        l->cell[l->rows * l->columns + c] = word;
    }
    if (c != l->columns)
        return lint_fail(e, "expected %zu values, one for each column", l->columns);
    l->rows++;
    return 0;
}

static int add_line(lint_run_log *l, char *line, lint_err *e) {
    if (strncmp(line, "# ", 2) == 0) return add_setting(l, line + 2, e);
    if (!*line || *line == '#') return 0;
    return l->columns ? add_row(l, line, e) : add_columns(l, line, e);
}

int lint_run_log_read(lint_run_log *l, FILE *in, lint_err *e) {
    *l = (lint_run_log){.text = read_all(in, e)};
    if (!l->text) return -1;
    size_t number = 1;
    int err = 0;
    for (char *line = l->text, *end; !err && *line; line = end + 1, number++) {
        end = strchr(line, '\n'); /* read_all made sure that there is one */
        *end = 0;
        if (add_line(l, line, e) < 0) err = lint_err_prefix(e, "line %zu: ", number);
    }
    if (!err && !l->columns)
        err = lint_fail(e, "expected a log of lint-train, but the line of column names is missing");
    if (err) lint_run_log_free(l);
    return err;
}

const char *lint_run_log_cell(const lint_run_log *l, size_t row, size_t column) {
    const char *word = l->cell[row * l->columns + column];
    return isnan(strtod(word, NULL)) ? NULL : word;
}

uint64_t lint_run_log_epoch(const lint_run_log *l, size_t row) {
    return strtoumax(l->cell[row * l->columns], NULL, 10);
}

const char *lint_run_log_setting(const lint_run_log *l, const char *name) {
    for (size_t i = 0; i < l->settings; i++)
        if (strcmp(l->setting[i].name, name) == 0) return l->setting[i].value;
    return NULL;
}
