#include "base/csv.h"
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD_MAX = 1 << 16 };

/* How the file's characters are stored. */
typedef enum code { BYTES, UTF16_LITTLE, UTF16_BIG } code;

struct lint_csv_state {
    FILE *in;
    code code;
    unsigned char *ahead; /* what was read to find the separator, and is to be read again */
    size_t ahead_n, ahead_at, ahead_room;
    unsigned char utf8[4]; /* the rest of a character of UTF-16 */
    int utf8_n;
    int half;      /* UTF-16 ended within a unit */
    int held;      /* a byte that was looked at, +1; 0: none */
    int separator; /* comma, semicolon or tab */
    char *text;    /* the record's fields, each ended by a NUL */
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
    free(c->state->ahead);
    free(c->state->text);
    free(c->state);
    free(c->field);
    free(c);
}

/* Appends a byte. Returns -1 if the record gets too long or memory runs out. */
static int put(struct lint_csv_state *s, int byte, lint_err *e) {
    if (s->n == LINT_CSV_MAX) return lint_fail(e, "a record of more than %u bytes", LINT_CSV_MAX);
    char *text = lint_grow(s->text, s->n, &s->room, 1);
    if (!text) return lint_fail_mem(e, "CSV");
    s->text = text;
    s->text[s->n++] = (char)byte;
    return 0;
}

/* Two bytes of UTF-16, or EOF. */
static int get_unit(struct lint_csv_state *s) {
    int a = getc(s->in), b = a == EOF ? EOF : getc(s->in);
    s->half |= a != EOF && b == EOF;
    if (b == EOF) return EOF;
    return s->code == UTF16_LITTLE ? a | b << 8 : a << 8 | b;
}

/* Keeps a character's bytes behind the first, which is returned. */
static int to_utf8(struct lint_csv_state *s, unsigned long v) {
    int more = v < 0x80 ? 0 : v < 0x800 ? 1 : v < 0x10000 ? 2 : 3;
    static const int first[] = {0, 0xc0, 0xe0, 0xf0};
    for (int k = 0; k < more; k++) /* the last byte first */
        s->utf8[k] = (unsigned char)(0x80 | (v >> 6 * k & 0x3f));
    s->utf8_n = more;
    return first[more] | (int)(v >> 6 * more);
}

static int get_utf16(struct lint_csv_state *s) {
    enum { UNKNOWN = 0xfffd }; /* stands for what is no character */
    int v = get_unit(s);
    if (v == EOF) return EOF;
    if (v < 0xd800 || v > 0xdfff) return to_utf8(s, (unsigned long)v);
    int low = v < 0xdc00 ? get_unit(s) : 0;
    if (low < 0xdc00 || low > 0xdfff) return to_utf8(s, UNKNOWN);
    return to_utf8(s,
                   0x10000ul + (((unsigned long)v & 0x3ff) << 10) + ((unsigned long)low & 0x3ff));
}

/* The next byte of the text in UTF-8. */
static int get_byte(struct lint_csv_state *s) {
    if (s->held) {
        int b = s->held - 1;
        s->held = 0;
        return b;
    }
    if (s->ahead_at < s->ahead_n) return s->ahead[s->ahead_at++];
    if (s->utf8_n) return s->utf8[--s->utf8_n];
    return s->code == BYTES ? getc(s->in) : get_utf16(s);
}

/* The next byte. CRLF is read as one LF, and so is a CR alone, as old Macintoshes wrote it. */
static int get(struct lint_csv_state *s) {
    int b = get_byte(s);
    if (b != '\r') return b;
    b = get_byte(s);
    if (b != '\n' && b != EOF) s->held = b + 1;
    return '\n';
}

/* --- the beginning ---------------------------------------------------------------------------- */

/* Finds the code by the byte order mark, which is skipped. */
static void find_code(struct lint_csv_state *s) {
    static const unsigned char mark[][3] = {{0xff, 0xfe}, {0xfe, 0xff}, {0xef, 0xbb, 0xbf}};
    static const code codes[] = {UTF16_LITTLE, UTF16_BIG, BYTES};
    unsigned char first[3];
    int n = 0;
    for (int k = 0; k < 3; k++) {
        int bytes = codes[k] == BYTES ? 3 : 2, b;
        while (n < bytes && (n == 0 || memcmp(first, mark[k], (size_t)n) == 0) &&
               (b = getc(s->in)) != EOF)
            first[n++] = (unsigned char)b;
        if (n != bytes || memcmp(first, mark[k], (size_t)n) != 0) continue;
        s->code = codes[k];
        return;
    }
    while (n) /* no mark: to be read, the first of them first */
        s->utf8[s->utf8_n++] = first[--n];
}

/* Reads the first line that is not empty, to be read again, and takes the separator that it has most
 * of. */
static int find_separator(struct lint_csv_state *s, lint_err *e) {
    size_t commas = 0, semicolons = 0, tabs = 0;
    int quotes = 0, b = 0;
    while (s->ahead_n < AHEAD_MAX && (b = get_byte(s)) != EOF) {
        unsigned char *more = lint_grow(s->ahead, s->ahead_n, &s->ahead_room, 1);
        if (!more) return lint_fail_mem(e, "CSV");
        s->ahead = more;
        s->ahead[s->ahead_n++] = (unsigned char)b;
        s->ahead_at = s->ahead_n; /* not to be read again yet */
        quotes ^= b == '"';
        if (quotes) continue;
        commas += b == ',';
        semicolons += b == ';';
        tabs += b == '\t';
        if ((b == '\n' || b == '\r') && commas + semicolons + tabs) break;
    }
    s->ahead_at = 0;
    s->separator = semicolons > commas && semicolons >= tabs ? ';' : tabs > commas ? '\t' : ',';
    return 0;
}

/* The inside of a quoted field; returns what follows the closing quote, or -2 on error. */
static int quoted(struct lint_csv_state *s, lint_err *e) {
    for (;;) {
        int b = get(s);
        if (b == '"') {
            b = get(s);
            int blank = b == ' ';
            while (blank && b == ' ')
                b = get(s);
            if (b == s->separator || b == '\n' || b == EOF) return b;
            if (blank || b != '"') return lint_fail(e, "text after a closing quote"), -2;
        }
        if (b == EOF) return lint_fail(e, "a quote is not closed"), -2;
        if (b == 0) return lint_fail(e, "a NUL byte"), -2;
        if (b == '\n') s->next_line++;
        if (put(s, b, e) < 0) return -2;
    }
}

/* One field, with its NUL and without the blanks before it; returns the byte that ended it, or -2 on error. */
static int field(struct lint_csv_state *s, int first, lint_err *e) {
    int b = first;
    while (b == ' ')
        b = get(s);
    if (b == '"') {
        b = quoted(s, e);
    } else {
        for (; b != s->separator && b != '\n' && b != EOF; b = get(s)) {
            if (b == 0) return lint_fail(e, "a NUL byte"), -2;
            if (put(s, b, e) < 0) return -2;
        }
    }
    if (b != -2 && put(s, 0, e) < 0) return -2;
    return b;
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

/* What ended the file where b is EOF: an error, or 0 for its end. */
static int check_end(const struct lint_csv_state *s, int b, lint_err *e) {
    if (ferror(s->in)) return lint_fail_errno(e, "cannot read");
    return b == EOF && s->half ? lint_fail(e, "truncated: UTF-16 of an odd number of bytes") : 0;
}

static int record(lint_csv *c, lint_err *e) {
    struct lint_csv_state *s = c->state;
    int b;
    if (!s->started) {
        s->started = 1;
        find_code(s);
        if (find_separator(s, e) < 0) return -1;
    }
    for (b = get(s); b == '\n'; b = get(s))
        s->next_line++;
    c->line = s->next_line;
    s->n = 0;
    size_t fields = 0;
    if (b == EOF) return check_end(s, b, e);
    for (;; b = get(s)) {
        b = field(s, b, e);
        if (b == -2) return -1;
        fields++;
        if (b != s->separator) break;
    }
    if (check_end(s, b, e) < 0) return -1;
    s->next_line++;
    return point(c, fields, e);
}

int lint_csv_next(lint_csv *c, lint_err *e) {
    int got = record(c, e);
    return got < 0 ? lint_err_prefix(e, "line %zu: ", c->line) : got;
}
