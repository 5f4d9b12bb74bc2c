/* sha256: the digest that identifies stages and their files (FIPS 180-4).
 *
 * It is implemented here because thousands of files are hashed on all processors. A process for
 * each file, or one more library, would cost more than these lines. Nothing here can fail.
 *
 *     sha256 s;
 *     char hex[SHA256_HEX];
 *     sha256_start(&s);
 *     sha256_add(&s, "abc", 3);
 *     sha256_end(&s, hex);
 */
#ifndef STAGE_SHA256_H
#define STAGE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_HEX = 65, SHA256_BLOCK = 64 };

typedef struct sha256 {
    uint32_t h[8];
    uint64_t bytes;
    unsigned char block[SHA256_BLOCK];
} sha256;

void sha256_start(sha256 *s);
void sha256_add(sha256 *s, const void *data, size_t n);
/* Writes 64 digits and a NUL. Call sha256_start before using s again. */
void sha256_end(sha256 *s, char hex[SHA256_HEX]);

/* Writes the digest of a text. */
void sha256_of(const char *text, char hex[SHA256_HEX]);

#endif
