/* EXIF is a TIFF structure: "II" or "MM" for the byte order, 42, and the place of the first
 * directory; a directory is a count and entries of 12 bytes (tag, type, count, value).
 * Source: CIPA DC-008 (Exif 2.3), 4.6.2 to 4.6.4. */
#include "picture/image_codec.h"

#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12 };

static uint32_t number(const uint8_t *p, int bytes, int big) {
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[big ? i : bytes - 1 - i];
    return v;
}

int lint_exif_orientation(const uint8_t *t, size_t n) {
    if (n < 8 || (memcmp(t, "II\x2a\0", 4) && memcmp(t, "MM\0\x2a", 4))) return 1;
    int big = t[0] == 'M';
    size_t at = number(t + 4, 4, big);
    if (at > n - 2) return 1;
    size_t entries = number(t + at, 2, big);
    at += 2;
    for (; entries > 0 && n - at >= ENTRY_BYTES; entries--, at += ENTRY_BYTES) {
        if (number(t + at, 2, big) != TAG_ORIENTATION) continue;
        uint32_t v = number(t + at + 8, 2, big);
        int fine = number(t + at + 2, 2, big) == TYPE_SHORT && number(t + at + 4, 4, big) == 1;
        return fine && v >= 1 && v <= 8 ? (int)v : 1;
    }
    return 1;
}
