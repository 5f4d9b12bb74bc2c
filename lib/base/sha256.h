/* sha256: the digest of what stages read and make (FIPS 180-4).
 *
 * In the program, since a digest is wanted of thousands of files on all processors, and a process
 * for each, or a library to depend on, would be the larger thing. Nothing here fails.
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
/* 64 digits and a NUL; s is to be started anew. */
void lint_sha256_end(lint_sha256 *s, char hex[LINT_SHA256_HEX]);

/* Of a text. */
void lint_sha256_of(const char *text, char hex[LINT_SHA256_HEX]);

#endif
