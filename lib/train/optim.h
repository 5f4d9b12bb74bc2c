/* optim: SGD and Adam.
 *
 * The rules are those of torch.optim. g is the gradient with weight decay (g + decay p), for every
 * parameter, including biases and batch norms:
 *
 *     sgd    b = momentum b + g;  p = p - lr b         (with nesterov: p - lr (g + momentum b))
 *     adam   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
 *            p = p - lr m' / (sqrt(v') + eps), m' = m / (1 - beta1^t), v' = v / (1 - beta2^t)
 *
 * The optimiser owns its state, which is zero at the start. The caller owns the parameters, which must
 * not move while the optimiser lives. Buffers (grad NULL) do not change, nor do frozen parameters,
 * whose factor of the learning rate is 0. All memory is taken by lint_optim_new. Work is cut into parts
 * of fixed length, so that the result does not depend on the number of threads.
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
 * To add a rule, add a row to the table in optim.c: the number of state floats for each parameter
 * value, and a function that updates one part.
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

/* Copies param [n], factor [n] and plan; keeps the pool. factor multiplies the learning rate of each
 * parameter; NULL: all 1. NULL on error (memory). */
lint_optim *lint_optim_new(const lint_param *param, const double *factor, size_t n,
                           const lint_optim_plan *plan, lint_threads *pool, lint_err *e);
void lint_optim_free(lint_optim *o);

/* Updates every parameter once, from its gradient. */
void lint_optim_step(lint_optim *o, double lr);

/* The state, [*floats], and the number of steps so far, for checkpoints. o owns them. */
float *lint_optim_state(lint_optim *o, size_t *floats);
uint64_t *lint_optim_steps(lint_optim *o);

/* Fills factor [n] from texts "PREFIX=R": R is the factor of the parameters whose names begin with
 * PREFIX. The longest matching prefix wins, of equal ones the last. Other parameters have factor 1. A
 * prefix that matches no parameter is an error. */
int lint_optim_factors(const lint_param *param, size_t n, const char *const *text, size_t texts,
                       double *factor, lint_err *e);

#endif
