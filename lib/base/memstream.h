/* memstream: the end of a text that was printed into memory.
 *
 * Where memory runs out, a stream of open_memstream keeps less than was printed, or its text is NULL,
 * and fclose still returns 0. So every such stream is closed here.
 *
 *     char *text = NULL;
 *     size_t size;
 *     FILE *f = open_memstream(&text, &size);
 *     if (f) fputs("orca, leopard", f);
 *     if (!lint_memstream_close(f, &text)) return lint_fail_mem(e, "a list");
 */
#ifndef LINT_BASE_MEMSTREAM_H
#define LINT_BASE_MEMSTREAM_H

#include <stdio.h>

/* Closes f, which may be NULL. Returns *text, from malloc, if all that was printed is in it; else
 * frees it and returns NULL. */
char *lint_memstream_close(FILE *f, char **text);

#endif
