/* key: what a stage is known by in the cache.
 *
 * The key is a digest of all that decides what a stage makes: its command, the contents of what it
 * reads, its programs, and the names of its outputs. Where stages of the same key ran, their outputs
 * are the same. Facts about the machine and the stage's own name are no part of it.
 *
 *     char key[LINT_SHA256_HEX];
 *     if (step_key(&s, key, &e) < 0) return -1;
 */
#ifndef STAGE_KEY_H
#define STAGE_KEY_H

#include "step.h"

/* Digests of all that is read must be known. */
int step_key(const step *s, char key[LINT_SHA256_HEX], lint_err *e);

#endif
