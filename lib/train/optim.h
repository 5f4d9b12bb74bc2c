/* optim: how gradients move parameters.
 *
 * A rule, as torch.optim defines it, g the gradient with weight decay added, g + decay p, on every
 * parameter, biases and batch norm too:
 *
 *     sgd    b = momentum b + g;  p = p - lr b         (with nesterov: p - lr (g + momentum b))
 *     adam   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
 *            p = p - lr m' / (sqrt(v') + eps), m' = m / (1 - beta1^t), v' = v / (1 - beta2^t)
 *
 * The optimiser owns its state (zero at the start), not the parameters, which must stay where they
 * are while it lives. Buffers (grad NULL) are left alone, and so are parameters whose factor of the
 * learning rate is 0: they are frozen, weight decay too. All memory is taken by lint_optim_new.
 * Work is cut into parts of fixed length, so the result is the same for any pool.
 *
 *     double factor[n];
 *     lint_optim_factors(params, n, (const char *[]){"layer1.=0.1"}, 1, factor, &e);
 *     lint_optim *o = lint_optim_new(params, factor, n, &plan, pool, &e);
 *     while (next_batch(&batch)) {
 *         lint_net_step(net, &batch, &loss, &sum, &e);
 *         lint_optim_step(o, lr);
 *     }
 *     lint_optim_free(o);
 *
 * A further rule is one row of the table in optim.c: how many state floats it keeps for each
 * parameter, and a function that updates one part.
 */
#ifndef LINT_TRAIN_OPTIM_H
#define LINT_TRAIN_OPTIM_H

#include "engine/net.h"

typedef enum lint_optim_rule { LINT_OPTIM_SGD, LINT_OPTIM_ADAM } lint_optim_rule;
#define LINT_OPTIM_CHOICES "sgd|adam"

typedef struct lint_optim_plan {
    lint_optim_rule rule;
    double weight_decay;
    double momentum; /* sgd */
    int nesterov;
    double beta1, beta2, eps; /* adam */
} lint_optim_plan;

typedef struct lint_optim lint_optim;

/* Copies the n descriptions, the factors and the plan; keeps the pool. factor [n] multiplies the
 * learning rate of each parameter; NULL: all 1. NULL on error (memory). */
lint_optim *lint_optim_new(const lint_param *param, const double *factor, size_t n,
                           const lint_optim_plan *plan, lint_threads *pool, lint_err *e);
void lint_optim_free(lint_optim *o);

/* One update of every parameter from its present gradient. */
void lint_optim_step(lint_optim *o, double lr);

/* What a checkpoint keeps: the state, *floats of them, and the number of steps made. */
float *lint_optim_state(lint_optim *o, size_t *floats);
uint64_t *lint_optim_steps(lint_optim *o);

/* factor [n] from texts "PREFIX=R": the parameters whose names begin with PREFIX learn at R times
 * the rate; of several prefixes the longest holds, of equal ones the last; others have 1. A prefix
 * that no parameter has is an error. */
int lint_optim_factors(const lint_param *param, size_t n, const char *const *text, size_t texts,
                       double *factor, lint_err *e);

#endif
