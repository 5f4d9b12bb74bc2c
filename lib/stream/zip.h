/* zip: what a zip archive in memory holds, without decompression.
 *
 * Reads the central directory, of zip64 too, and leaves the members where they are. Made for
 * archives that store their members as they are, such as PyTorch's.
 *
 *     lint_zip z;
 *     if (lint_zip_open(&z, bytes, n, &e) < 0) ...
 *     lint_zip_member *m = lint_zip_find(&z, "archive/data.pkl");
 *     if (m && lint_zip_check(m, &e) == 0) fwrite(m->data, 1, m->size, out);
 *     lint_zip_free(&z);
 *
 * Nothing in the archive is trusted: a member whose bytes lie outside it is an error. Memory is
 * bounded by the number of entries that the directory really has.
 *
 * Format: APPNOTE.TXT of PKWARE, version 6.3.9, sections 4.3 to 4.5.
 */
#ifndef LINT_STREAM_ZIP_H
#define LINT_STREAM_ZIP_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

typedef struct lint_zip_member {
    char *name;
    const unsigned char *data; /* in the archive's bytes */
    size_t size;               /* there, as it is stored */
    uint32_t crc;
    unsigned method; /* of compression; 0: none */
    int checked;     /* lint_zip_check has found the CRC right */
} lint_zip_member;

typedef struct lint_zip {
    lint_zip_member *member; /* by name */
    size_t count, room;
} lint_zip;

/* Lists the members of the archive bytes [n], which must outlive the list. Errors: a directory that
 * is missing or cut off, several disks, encryption, a member that is not where the directory says,
 * two members of one name, two that overlap. On error there is nothing to free. */
int lint_zip_open(lint_zip *z, const unsigned char *bytes, size_t n, lint_err *e);
void lint_zip_free(lint_zip *z);

/* The member of that name, or NULL. */
lint_zip_member *lint_zip_find(const lint_zip *z, const char *name);

/* An error that names the member, unless it is stored uncompressed and its CRC-32 is right. Reads
 * the member's bytes the first time. */
int lint_zip_check(lint_zip_member *m, lint_err *e);

#endif
