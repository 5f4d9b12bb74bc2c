/* grow: arrays that grow, by one element or by several at a time.
 *
 * The capacity doubles, since a realloc for each element would copy the array again and again.
 * `room` is the number of elements that fit. Keep it beside the count and start with 0. An array
 * with elements and a room of 0 is safe: the room counts as unknown, and the next call reallocates.
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

/* Returns the array v of n elements of `size` bytes, reallocated if necessary, with room for one
 * more element. The caller uses and frees the result instead of v. New elements are not zeroed.
 * Returns NULL if memory runs out; v and *room are then unchanged, and the caller still has to free
 * v. */
void *lint_grow(void *v, size_t n, size_t *room, size_t size);

/* The same with room for at least `need` elements, 1 or more. */
void *lint_grow_to(void *v, size_t need, size_t *room, size_t size);

#endif
