/* grow: arrays that grow by one element at a time.
 *
 * The room doubles, since a realloc for each element would copy the array again and again. `room`
 * is how many elements fit; keep it beside the count, zero at first. A room of 0 beside elements is
 * safe: it means "unknown", and the next call allocates anew.
 *
 *     struct { float *v; size_t n, room; } a = {0};
 *     float *more = lint_grow(a.v, a.n, &a.room, sizeof *a.v);
 *     if (!more) return lint_fail_mem(e, "numbers");
 *     a.v = more;
 *     a.v[a.n++] = x;
 */
#ifndef LINT_BASE_GROW_H
#define LINT_BASE_GROW_H

#include <stddef.h>

/* The array v of n elements of `size` bytes, with room for one more; from then on the caller uses
 * the result instead of v, and frees it. New elements are not zeroed. NULL if memory runs out: v
 * and *room are then as they were, and v still has to be freed. */
void *lint_grow(void *v, size_t n, size_t *room, size_t size);

#endif
