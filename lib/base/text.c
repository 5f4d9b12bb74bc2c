#include "base/text.h"
#include "base/regular_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANNOT_OPEN "cannot be opened"

char *lint_text_format(lint_err *e, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = len < 0 ? NULL : malloc((size_t)len + 1);
    if (text) {
        va_start(ap, fmt);
        vsnprintf(text, (size_t)len + 1, fmt, ap);
        va_end(ap);
    } else if (e) {
        lint_fail_mem(e, "text");
    }
    return text;
}

/* Appends up to `most` + 1 bytes of `in`. */
static int read_on(FILE *in, char **text, size_t most, size_t *len, lint_err *e) {
    size_t room = 0, got = 1;
    for (*len = 0; got && *len <= most; *len += got) {
        if (room < *len + 2) {
            room = room ? 2 * room : 1 << 12;
            char *more = realloc(*text, room);
            if (!more) return lint_fail_mem(e, "text");
            *text = more;
        }
        size_t ask = room - 1 - *len;
        got = fread(*text + *len, 1, ask <= most - *len ? ask : most - *len + 1, in);
    }
    return 0;
}

/* Closes `in`, which is NULL after an error. */
static int read_all(FILE *in, size_t most, char **text, size_t *len, lint_err *e) {
    *text = NULL;
    int err = in ? read_on(in, text, most, len, e) : -1;
    if (!err && ferror(in)) err = lint_fail_errno(e, "cannot be read");
    if (in) fclose(in);
    if (!err && *len > most) err = lint_fail(e, "larger than %zu MiB", most >> 20);
    if (!err) return (*text)[*len] = 0;
    free(*text);
    *text = NULL;
    return -1;
}

int lint_text_read(const char *path, size_t most, char **text, size_t *len, lint_err *e) {
    return read_all(lint_regular_open(path, CANNOT_OPEN, e), most, text, len, e);
}

int lint_text_read_given(const char *path, size_t most, char **text, size_t *len, lint_err *e) {
    FILE *in = fopen(path, "rb");
    if (!in) lint_fail_errno(e, CANNOT_OPEN);
    return read_all(in, most, text, len, e);
}

/* Besides those of ASCII and C1 these are what ends lines (U+2028, U+2029) or turns the direction of all
 * that follows (U+202A to U+202E, U+2066 to U+2069) or of what is beside them (U+061C, U+200E, U+200F). */
size_t lint_text_control(const char *s) {
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x20 || u[0] == 0x7f) return 1;
    if (u[0] == 0xc2) return u[1] >= 0x80 && u[1] < 0xa0 ? 2 : 0;
    if (u[0] == 0xd8) return u[1] == 0x9c ? 2 : 0;
    if (u[0] != 0xe2) return 0;
    return (u[1] == 0x80 && ((u[2] >= 0xa8 && u[2] <= 0xae) || u[2] == 0x8e || u[2] == 0x8f)) ||
                   (u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9)
               ? 3
               : 0;
}

/* Bytes of the UTF-8 character at s (RFC 3629); 0 where there is none, or a control character. */
static size_t character(const char *s) {
    const unsigned char *u = (const unsigned char *)s;
    if (lint_text_control(s) || (u[0] >= 0x80 && u[0] < 0xc2) || u[0] > 0xf4) return 0;
    size_t n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xc0) != 0x80) return 0;
    if (u[0] == 0xe0 && u[1] < 0xa0) return 0;                           /* too long a form */
    if (u[0] == 0xed && u[1] >= 0xa0) return 0;                          /* surrogates */
    if ((u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] >= 0x90)) /* beyond U+10FFFF */
        return 0;
    return n;
}

char *lint_text_clean(char *to, size_t size, const char *s) {
    size_t at = 0;
    while (*s) {
        size_t n = character(s), wide = n ? n : 1;
        if (at + wide >= size) break;
        memcpy(to + at, n ? s : "?", wide);
        at += wide;
        s += wide;
    }
    to[at] = 0;
    return to;
}

/* Bytes of what a terminal may obey at s, where no other character is: those of a control character, or one
 * that is C1 to a terminal of 8 bits; 0 for others. */
static size_t commands(const char *s) {
    size_t n = lint_text_control(s);
    return n ? n : (unsigned char)*s >= 0x80 && (unsigned char)*s < 0xa0;
}

void lint_text_put(const char *s, FILE *out) {
    while (*s) {
        size_t n = character(s);
        fwrite(n ? s : "?", 1, n ? n : 1, out);
        s += n ? n : 1;
    }
}

void lint_text_escape(const char *s, FILE *out) {
    static const char plain[] = "\t\n\r\\", escaped[] = "tnr\\";
    while (*s) {
        const char *special = strchr(plain, *s);
        size_t whole = special ? 1 : character(s), bytes = whole ? 0 : commands(s);
        if (special)
            fprintf(out, "\\%c", escaped[special - plain]);
        else if (!bytes)
            fwrite(s, 1, whole = whole ? whole : 1, out);
        for (size_t i = 0; i < bytes; i++)
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)s[i]);
        s += bytes ? bytes : whole;
    }
}

size_t lint_json_values(const char *json, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += json[i] == ',' || json[i] == ':' || json[i] == '[' || json[i] == '{';
    return n;
}

const char *lint_text_behind_mark(const char *s) {
    return strncmp(s, "\xef\xbb\xbf", 3) == 0 ? s + 3 : s;
}

static int continues(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t lint_text_length(const char *s) {
    size_t n = 0;
    for (; *s; s++)
        n += !continues(*s);
    return n;
}

/* Where the character with the number i begins, from 0; the end where there are not as many. */
static const char *character_at(const char *s, size_t i) {
    for (; *s; s++)
        if (!continues(*s) && i-- == 0) break;
    return s;
}

void lint_text_middle(char *to, size_t size, const char *s, size_t most) {
    size_t n = lint_text_length(s), bytes = strlen(s);
    if (n <= most && bytes < size) {
        memcpy(to, s, bytes + 1);
        return;
    }
    for (size_t kept = n < most ? n : most;; kept--) {
        size_t shown = kept ? kept - 1 : 0, last = shown / 2;
        size_t head = shown ? (size_t)(character_at(s, shown - last) - s) : 0;
        const char *tail = last ? character_at(s, n - last) : s + bytes;
        if (head + strlen(LINT_ELLIPSIS) + strlen(tail) >= size && kept) continue;
        memcpy(to, s, head);
        snprintf(to + head, size - head, LINT_ELLIPSIS "%s", tail);
        return;
    }
}

void lint_text_drop_last(char *s) {
    size_t n = strlen(s);
    while (n > 0 && continues(s[n - 1]))
        n--;
    s[n > 0 ? n - 1 : 0] = 0;
}
