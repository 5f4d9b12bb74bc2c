/* cache: what stages made, by content, so that going back costs nothing.
 *
 *     CACHE/objects/ab/cdef...   a file, or the list of a folder's files, named by its digest
 *     CACHE/stages/KEY           the record of a stage that ran: what it read and made
 *
 * A file in the cache is a hard link to the output where it can be. Stages never write to a file
 * that is there (the runner gives them an empty folder), and whoever does changes its digest: a
 * file is checked after it was taken out, and thrown away if it is not what it was. So the worst
 * that damage does is work done again.
 *
 * Any number of processes, and of machines that see the folder, may use it at once.
 *
 * Whoever may write to the folder may put anything there. So a record is believed only if it comes
 * from somebody who is trusted, and belongs to its key; and then it tells no more than the digests
 * of the outputs that were asked for. An object is what its digest says, whoever made it: it is a
 * regular file, and one that another user could change later is copied before it is checked.
 */
#ifndef STAGE_CACHE_H
#define STAGE_CACHE_H

#include "hashes.h"
#include "step.h"

/* Whose records are believed. */
typedef enum {
    CACHE_TRUST_OWN,   /* this user's that nobody else may write to */
    CACHE_TRUST_GROUP, /* besides, those of the folder's group, if this user belongs to it and only
                          the group may write to the folder */
    CACHE_TRUST_ANYONE /* of all who may write to the folder */
} cache_trust;

typedef struct cache {
    const char *dir;
    cache_trust trust;
    hashes *hashes; /* counts what is read here, too */
    int lock;       /* -1 */
} cache;

/* Nothing is thrown away between these. */
int cache_open(cache *c, lint_err *e);
void cache_close(cache *c);

/* Keeps what is at the path, which has the content `of`. */
int cache_keep(cache *c, const char *path, const content *of, lint_err *e);

/* 1 where all of it is there, 0 where not. */
int cache_has(const cache *c, const item *what, lint_err *e);

/* Puts it at the path, which must be free or a file, and tells its content. 0 where it is not
 * there, or was damaged. */
int cache_take(cache *c, const item *what, const char *path, content *of, lint_err *e);

/* The record of that key, from malloc: 1. 0 where there is none, or none of a user who is trusted: then
 * *untrusted says why, and is NULL otherwise. */
int cache_record(const cache *c, const char *key, char **text, const char **untrusted, lint_err *e);
int cache_write_record(cache *c, const char *key, const char *text, lint_err *e);
/* Notes that it was used. */
void cache_used(const cache *c, const char *key);

/* Throws away what was not used for longest, until at most max bytes are left; tells how many files
 * and bytes went. The cache must be closed. */
int cache_trim(cache *c, uint64_t max, size_t *files, uint64_t *bytes, lint_err *e);

#endif
