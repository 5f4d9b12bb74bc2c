/* sha256: the digest that stages are told apart by (FIPS 180-4).
 *
 * In the program, since a digest is wanted of thousands of files on all processors, and a process
 * for each, or a library to depend on, would be the larger thing. Nothing here fails.
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
/* 64 digits and a NUL; s is to be started anew. */
void sha256_end(sha256 *s, char hex[SHA256_HEX]);

/* Of a text. */
void sha256_of(const char *text, char hex[SHA256_HEX]);

#endif
