/* PNGs and zip archives whose checksums are right, whatever else is wrong. */
#include "support/fuzz.h"

#include <string.h>
#include <zlib.h>

/* --- PNG: chunks of length, type, data and the CRC-32 of the last two -------------------------- */

static uint32_t big(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_big(uint8_t *p, uint32_t v) {
    for (int i = 3; i >= 0; i--, v >>= 8)
        p[i] = (uint8_t)v;
}

size_t fuzz_mutate_png(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    enum { MARK = 8, FRAME = 12 };
    n = LLVMFuzzerMutate(bytes, n, room);
    if (seed % 16 == 0) return n;
    for (size_t at = MARK; at + FRAME <= n;) {
        size_t length = big(bytes + at);
        if (length > n - at - FRAME) break;
        put_big(bytes + at + 8 + length, (uint32_t)crc32(0, bytes + at + 4, (uInt)(length + 4)));
        at += FRAME + length;
    }
    return n;
}

/* --- zip: a directory at the end, which says where each member's own header lies --------------- */

static uint32_t little(const uint8_t *p, int bytes) {
    uint32_t v = 0;
    while (bytes-- > 0)
        v = v << 8 | p[bytes];
    return v;
}

static void put_little(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++, v >>= 8)
        p[i] = (uint8_t)v;
}

/* An entry of the directory, and the member that it names. */
static void mend_member(uint8_t *bytes, size_t n, uint8_t *entry) {
    enum { HEADER = 30 };
    size_t at = little(entry + 42, 4), size = little(entry + 20, 4);
    if (at > n || n - at < HEADER) return;
    uint8_t *header = bytes + at;
    size_t data = at + HEADER + little(header + 26, 2) + little(header + 28, 2);
    if (data > n || size > n - data) return;
    uint32_t crc = (uint32_t)crc32(0, bytes + data, (uInt)size);
    put_little(entry + 16, crc);
    if (!(header[6] & 8)) put_little(header + 14, crc); /* else it follows the data */
}

size_t fuzz_mutate_zip(uint8_t *bytes, size_t n, size_t room, unsigned seed) {
    enum { ENTRY = 46 };
    n = LLVMFuzzerMutate(bytes, n, room);
    if (seed % 16 == 0) return n;
    for (size_t at = 0; at + ENTRY <= n; at++)
        if (memcmp(bytes + at, "PK\1\2", 4) == 0) mend_member(bytes, n, bytes + at);
    return n;
}
