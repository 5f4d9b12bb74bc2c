/* buffer_plan: the memory of a net, and which of its buffers share it. Internal to the engine.
 *
 * A net's activations and gradients are planned once, when it is built. A buffer lives from step
 * `begin` to step `end`, both included, of a fixed sequence of steps, and needs `floats`. Buffers
 * whose lives do not meet may lie in the same slot.
 *
 *     lint_buffer b[] = {{100, 0, 2}, {50, 2, 3}, {80, 3, 5}};
 *     size_t size[3], slots = lint_buffer_plan(b, 3, size);   // 2 slots: the first and third share
 */
#ifndef LINT_ENGINE_BUFFER_PLAN_H
#define LINT_ENGINE_BUFFER_PLAN_H

#include "engine/net_parts.h"
#include <stddef.h>

typedef struct lint_buffer {
    size_t floats, begin, end;
    size_t slot; /* set by lint_buffer_plan */
} lint_buffer;

/* Gives every buffer a slot; buffers stand by rising `begin`. size [n] gets the floats of each
 * slot. Returns how many slots there are. The fitting slot that wastes least is taken, else the
 * largest one grows. */
size_t lint_buffer_plan(lint_buffer *b, size_t n, size_t *size);

/* Takes memory for activations, gradients (training), and what layers borrow for a pass. */
int lint_net_plan_buffers(lint_net *net, lint_err *e);

/* A zeroed buffer of `count` floats, or of `each` floats for each image of a batch, which the net
 * frees. NULL on error: what the machine cannot hold is refused. */
float *lint_net_floats(lint_net *net, size_t count, lint_err *e);
float *lint_net_buffer(lint_net *net, size_t each, lint_err *e);

#endif
