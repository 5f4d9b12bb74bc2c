#include "engine/buffer_plan.h"

/* Whether slot `s` is free for item `i`: nobody before it in the order lives on. */
static int is_free(const lint_buffer *item, size_t i, size_t s) {
    for (size_t j = 0; j < i; j++)
        if (item[j].slot == s && item[j].end >= item[i].begin) return 0;
    return 1;
}

static int is_better(size_t floats, size_t size, size_t best) {
    if (size >= floats) return best < floats || size < best;
    return best < floats && size > best;
}

size_t lint_buffer_plan(lint_buffer *item, size_t n, size_t *size) {
    size_t slots = 0;
    for (size_t i = 0; i < n; i++) {
        size_t best = slots;
        for (size_t s = 0; s < slots; s++)
            if (is_free(item, i, s) &&
                (best == slots || is_better(item[i].floats, size[s], size[best])))
                best = s;
        if (best == slots) size[slots++] = 0;
        if (size[best] < item[i].floats) size[best] = item[i].floats;
        item[i].slot = best;
    }
    return slots;
}
