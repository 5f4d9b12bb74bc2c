#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All of the stream, from malloc. */
static char *read_all(FILE *in, size_t max, size_t *n, lint_err *e) {
    size_t room = 1 << 12;
    char *text = malloc(room);
    *n = 0;
    for (size_t got; text && (got = fread(text + *n, 1, room - *n, in)) > 0;) {
        *n += got;
        if (*n > max) break;
        if (*n < room) continue;
        char *more = realloc(text, room *= 2);
        if (!more) free(text);
        text = more;
    }
    int err = text ? 0 : lint_fail_mem(e, "JSON");
    if (!err && ferror(in)) err = lint_fail_errno(e, "cannot read");
    if (!err && *n > max) err = lint_fail(e, "more than %zu bytes of JSON", max);
    if (!err) return text;
    free(text);
    return NULL;
}

json_t *lint_json_read(FILE *in, size_t bytes, size_t values, lint_err *e) {
    size_t n;
    json_error_t je;
    char *text = read_all(in, bytes, &n, e);
    if (!text) return NULL;
    json_t *root = NULL;
    if (lint_json_values(text, n) > values)
        lint_fail(e, "more than %zu values", values);
    else if (!(root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &je)))
        lint_fail(e, "line %d: not valid JSON: %s", je.line, je.text);
    free(text);
    return root;
}

/* The number in Unicode of the character of n bytes at s, at most 3. */
static unsigned code_of(const char *s, size_t n) {
    unsigned code = (unsigned char)*s & (n == 1 ? 0x7f : n == 2 ? 0x1f : 0x0f);
    for (size_t i = 1; i < n; i++)
        code = code << 6 | ((unsigned char)s[i] & 0x3f);
    return code;
}

/* jansson hands over whole characters, and has escaped C0 in strings: what is left of it parts values. */
static int put_part(const char *text, size_t n, void *out) {
    for (const char *s = text; s < text + n;) {
        size_t bytes = (unsigned char)*s < 0x20 ? 0 : lint_text_control(s);
        if (bytes)
            fprintf(out, "\\u%04x", code_of(s, bytes));
        else
            putc(*s, out);
        s += bytes ? bytes : 1;
    }
    return ferror((FILE *)out) ? -1 : 0;
}

int lint_json_dump(const json_t *v, FILE *out, size_t flags) {
    return json_dump_callback(v, put_part, out, flags);
}

int lint_json_write(json_t *root, FILE *out, lint_err *e) {
    if (!root) return lint_fail(e, "a name is not valid UTF-8, or out of memory");
    errno = 0;
    int err = lint_json_dump(root, out, JSON_SORT_KEYS | JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    putc('\n', out);
    json_decref(root);
    if (ferror(out)) return lint_fail(e, "%s", strerror(errno ? errno : EIO));
    return err < 0 ? lint_fail_mem(e, "JSON") : 0;
}
