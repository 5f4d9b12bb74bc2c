#include "base/csv.h"
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lint_csv_state {
    FILE *in;
    char *text; /* the record's fields, each ended by a NUL */
    size_t n, room, fields_room;
    size_t next_line;
    int started;
};

lint_csv *lint_csv_new(FILE *in, lint_err *e) {
    lint_csv *c = calloc(1, sizeof *c);
    struct lint_csv_state *s = calloc(1, sizeof *s);
    if (!c || !s) {
        free(c);
        free(s);
        lint_fail_mem(e, "CSV");
        return NULL;
    }
    s->in = in;
    s->next_line = 1;
    c->state = s;
    return c;
}

void lint_csv_free(lint_csv *c) {
    if (!c) return;
    free(c->state->text);
    free(c->state);
    free(c->field);
    free(c);
}

/* Puts a byte; -1 where the record grows too long or memory ends. */
static int put(struct lint_csv_state *s, int byte, lint_err *e) {
    if (s->n == LINT_CSV_MAX) return lint_fail(e, "a record of more than %u bytes", LINT_CSV_MAX);
    char *text = lint_grow(s->text, s->n, &s->room, 1);
    if (!text) return lint_fail_mem(e, "CSV");
    s->text = text;
    s->text[s->n++] = (char)byte;
    return 0;
}

/* The next byte, CRLF read as one LF. */
static int get(struct lint_csv_state *s) {
    int b = getc(s->in);
    if (b != '\r') return b;
    b = getc(s->in);
    if (b == '\n') return b;
    if (b != EOF) ungetc(b, s->in);
    return '\r';
}

/* The inside of a quoted field; returns what follows the closing quote, or -2 on error. */
static int quoted(struct lint_csv_state *s, lint_err *e) {
    for (;;) {
        int b = get(s);
        if (b == '"') {
            b = get(s);
            if (b == ',' || b == '\n' || b == EOF) return b;
            if (b != '"') return lint_fail(e, "text after a closing quote"), -2;
        }
        if (b == EOF) return lint_fail(e, "a quote is not closed"), -2;
        if (b == 0) return lint_fail(e, "a NUL byte"), -2;
        if (b == '\n') s->next_line++;
        if (put(s, b, e) < 0) return -2;
    }
}

/* One field, with its NUL; returns the byte that ended it, or -2 on error. */
static int field(struct lint_csv_state *s, int first, lint_err *e) {
    int b = first;
    if (b == '"') {
        b = quoted(s, e);
    } else {
        for (; b != ',' && b != '\n' && b != EOF; b = get(s)) {
            if (b == 0) return lint_fail(e, "a NUL byte"), -2;
            if (put(s, b, e) < 0) return -2;
        }
    }
    if (b != -2 && put(s, 0, e) < 0) return -2;
    return b;
}

static void skip_mark(struct lint_csv_state *s) {
    static const int mark[3] = {0xef, 0xbb, 0xbf};
    int b = getc(s->in);
    for (int i = 0; i < 3 && b == mark[i]; i++)
        b = getc(s->in);
    if (b != EOF) ungetc(b, s->in);
    s->started = 1;
}

/* Points c->field at the fields in the text, which has stopped moving. */
static int point(lint_csv *c, size_t fields, lint_err *e) {
    struct lint_csv_state *s = c->state;
    char **more = lint_grow_to(c->field, fields, &s->fields_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "CSV");
    c->field = more;
    char *at = s->text;
    for (size_t i = 0; i < fields; i++, at += strlen(at) + 1)
        c->field[i] = at;
    c->fields = fields;
    return 1;
}

static int record(lint_csv *c, lint_err *e) {
    struct lint_csv_state *s = c->state;
    int b;
    if (!s->started) skip_mark(s);
    for (b = get(s); b == '\n'; b = get(s))
        s->next_line++;
    c->line = s->next_line;
    s->n = 0;
    size_t fields = 0;
    if (b == EOF) return ferror(s->in) ? lint_fail(e, "cannot read: %s", strerror(errno)) : 0;
    for (;; b = get(s)) {
        b = field(s, b, e);
        if (b == -2) return -1;
        fields++;
        if (b != ',') break;
    }
    if (ferror(s->in)) return lint_fail(e, "cannot read: %s", strerror(errno));
    s->next_line++;
    return point(c, fields, e);
}

int lint_csv_next(lint_csv *c, lint_err *e) {
    int got = record(c, e);
    return got < 0 ? lint_err_prefix(e, "line %zu: ", c->line) : got;
}
