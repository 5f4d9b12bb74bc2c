#include "base/text.h"

#include <string.h>

/* Bytes of the UTF-8 character at s (RFC 3629); 0 where there is none, or a control character. */
static size_t character(const char *s) {
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x20 || u[0] == 0x7f || (u[0] >= 0x80 && u[0] < 0xc2) || u[0] > 0xf4) return 0;
    size_t n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xc0) != 0x80) return 0;
    if (u[0] == 0xc2 && u[1] < 0xa0) return 0;                           /* C1 controls */
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

size_t lint_json_values(const char *json, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += json[i] == ',' || json[i] == ':' || json[i] == '[' || json[i] == '{';
    return n;
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

void lint_text_drop_last(char *s) {
    size_t n = strlen(s);
    while (n > 0 && continues(s[n - 1]))
        n--;
    s[n > 0 ? n - 1 : 0] = 0;
}
