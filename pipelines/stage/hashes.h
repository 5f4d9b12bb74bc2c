/* hashes: what is in files and folders, without reading again what has not moved.
 *
 * A file is read once; then its digest stands in an index under its path, beside its size, the time
 * of its last change and its inode. As long as these three are the same, so is the digest. A folder
 * is the sorted list of the digests and names of all files in it, links followed; its digest is
 * that of the list. Files are read on all processors.
 *
 *     hashes h = {.dir = ".cache/index"};
 *     content c;
 *     hashes_of(&h, "data/pets", &c, &e);        // c.hex, c.kind, c.file[i]
 *     content_free(&c);
 *     hashes_close(&h);
 *
 * Many processes may use one index.
 */
#ifndef STAGE_HASHES_H
#define STAGE_HASHES_H

#include "base/sha256.h"
#include "base/threads.h"

typedef struct hashes {
    const char *dir;
    size_t files;   /* read so far */
    uint64_t bytes; /* in them */
    lint_threads *pool;
} hashes;

typedef struct content_file {
    char *rel; /* its path in the folder; "" for a file that is no part of one */
    uint64_t size, inode;
    int64_t changed; /* ns */
    int unread;      /* in a folder, a file that may not be read: known by that alone */
    char hex[LINT_SHA256_HEX];
} content_file;

typedef enum { CONTENT_NONE, CONTENT_FILE, CONTENT_FOLDER } content_kind;

typedef struct content {
    content_kind kind; /* NONE: nothing is at that path */
    char hex[LINT_SHA256_HEX];
    content_file *file; /* by rel; one for a file */
    size_t n, room;
} content;

/* What is at the path. A file that cannot be read, or changes meanwhile, is an error; but one in a
 * folder that may not be read stands in its list as such, and the command says what it makes of it.
 */
int hashes_of(hashes *h, const char *path, content *c, lint_err *e);

/* Notes that the path now has the content c, which was just put there. */
int hashes_put(hashes *h, const char *path, const content *c, lint_err *e);

/* Forgets the path, which is gone. */
void hashes_forget(const hashes *h, const char *path);

void hashes_close(hashes *h);

void content_free(content *c);

/* The list of a folder: a line `DIGEST NAME` for each file, from malloc. */
char *content_list(const content *c);
/* And back. Names that lead out of the folder are refused. */
int content_read_list(content *c, const char *list, lint_err *e);

#endif
