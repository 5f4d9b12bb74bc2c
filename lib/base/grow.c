#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>

void *lint_grow(void *v, size_t n, size_t *room, size_t size) {
    enum { FIRST = 4 };
    if (n < *room) return v;
    if (n > SIZE_MAX / 2 / size) return NULL;
    size_t more = n < FIRST ? FIRST : 2 * n;
    void *grown = realloc(v, more * size);
    if (grown) *room = more;
    return grown;
}
