#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>

void *lint_grow_to(void *v, size_t need, size_t *room, size_t size) {
    enum { FIRST = 4 };
    if (need <= *room) return v;
    if (need > SIZE_MAX / 2 / size) return NULL;
    size_t more = need <= FIRST ? FIRST : 2 * (need - 1);
    void *grown = realloc(v, more * size);
    if (grown) *room = more;
    return grown;
}

void *lint_grow(void *v, size_t n, size_t *room, size_t size) {
    return n < SIZE_MAX ? lint_grow_to(v, n + 1, room, size) : NULL;
}
