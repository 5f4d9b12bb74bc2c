/* sha256: the digest of what stages read and make (FIPS 180-4).
 *
 * It is implemented here because thousands of files are hashed on all processors. A process for
 * each file, or one more library, would cost more than these lines. Nothing here can fail.
 *
 *     lint_sha256 s;
 *     char hex[LINT_SHA256_HEX];
 *     lint_sha256_start(&s);
 *     lint_sha256_add(&s, "abc", 3);
 *     lint_sha256_end(&s, hex);
 */
#ifndef LINT_BASE_SHA256_H
#define LINT_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { LINT_SHA256_HEX = 65, LINT_SHA256_BLOCK = 64 };

typedef struct lint_sha256 {
    uint32_t h[8];
    uint64_t bytes;
    unsigned char block[LINT_SHA256_BLOCK];
} lint_sha256;

void lint_sha256_start(lint_sha256 *s);
void lint_sha256_add(lint_sha256 *s, const void *data, size_t n);
/* Writes 64 digits and a NUL. Call lint_sha256_start before using s again. */
void lint_sha256_end(lint_sha256 *s, char hex[LINT_SHA256_HEX]);

/* Writes the digest of a text. */
void lint_sha256_of(const char *text, char hex[LINT_SHA256_HEX]);

#endif
