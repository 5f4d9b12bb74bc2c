/* snapshot: a copy of all weights of a net, and back.
 *
 * One array holds the values of all parameters and buffers, one after the other, in the net's own
 * order.
 *
 *     float *kept = lint_snapshot_new(net, &e);
 *     lint_snapshot_take(net, kept);
 *     ...
 *     lint_snapshot_restore(net, kept);
 *     free(kept);
 */
#ifndef LINT_ENGINE_SNAPSHOT_H
#define LINT_ENGINE_SNAPSHOT_H

#include "engine/net.h"

/* Memory for the copy, zeroed, which the caller frees. NULL on error. */
float *lint_snapshot_new(const lint_net *net, lint_err *e);
void lint_snapshot_take(const lint_net *net, float *kept);
void lint_snapshot_restore(lint_net *net, const float *kept);

#endif
