/* buffer_plan: which buffers may share memory. Internal to the engine.
 *
 * Each item lives from step `begin` to step `end`, both included, of a fixed sequence of steps, and
 * needs `floats`. Items whose lives do not meet may be given the same slot. A net's activations and
 * gradients are planned once, when it is built.
 *
 *     lint_buffer item[] = {{100, 0, 2}, {50, 2, 3}, {80, 3, 5}};
 *     size_t slot[3], slots = lint_buffer_plan(item, 3, slot);      // slots 2: the first and third share
 */
#ifndef LINT_ENGINE_BUFFER_PLAN_H
#define LINT_ENGINE_BUFFER_PLAN_H

#include <stddef.h>

typedef struct lint_buffer {
    size_t floats, begin, end;
    size_t slot; /* set by lint_buffer_plan */
} lint_buffer;

/* Gives every item a slot, items by rising `begin`. size [n] gets the floats of each slot; returns
 * how many there are. The fitting slot that wastes least is taken, else the largest is grown. */
size_t lint_buffer_plan(lint_buffer *item, size_t n, size_t *size);

#endif
