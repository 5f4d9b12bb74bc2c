/* optim: how gradients move parameters.
 *
 * SGD with momentum and weight decay as torch.optim.SGD defines it (dampening 0, decay on every
 * parameter, biases and batch norm too): d = g + decay p; b = momentum b + d; p = p - lr b.
 * The optimiser owns its state (one float for each parameter, zero at the start), not the
 * parameters, which must stay where they are while it lives. Buffers (grad NULL) are left alone.
 * All memory is taken by lint_optim_new. Work is cut into parts of fixed length, so the result is
 * the same for any pool.
 *
 *     lint_optim *o = lint_optim_new(params, n, &plan, pool, &e);
 *     for each batch:
 *         lint_net_step(...);
 *         lint_optim_step(o, lr);
 *     lint_optim_free(o);
 *
 * A further rule is one row of the table in optim.c: how many state floats it keeps for each
 * parameter, and a function that updates one part.
 */
#ifndef LINT_OPTIM_H
#define LINT_OPTIM_H

#include "net.h"

typedef enum lint_optim_rule { LINT_OPTIM_SGD } lint_optim_rule;

typedef struct lint_optim_plan {
    lint_optim_rule rule;
    double momentum, weight_decay;
} lint_optim_plan;

typedef struct lint_optim lint_optim;

/* Copies the n descriptions and the plan; keeps the pool. NULL on error (memory). */
lint_optim *lint_optim_new(const lint_param *param, size_t n, const lint_optim_plan *plan,
                           lint_pool *pool, lint_err *e);
void lint_optim_free(lint_optim *o);

/* One update of every parameter from its present gradient. */
void lint_optim_step(lint_optim *o, double lr);

#endif
