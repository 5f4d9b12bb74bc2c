#include "optim.h"

#include <stdlib.h>

/* Floats in a part: three arrays of this length fit into a core's second-level cache. */
enum { PART = 16384 };

typedef struct part {
    float *value;
    const float *grad;
    float *state; /* rule->states arrays of n, one after the other */
    size_t n;
} part;

typedef void update_fn(const lint_optim *o, const part *p);

typedef struct rule {
    size_t states;
    update_fn *update;
} rule;

struct lint_optim {
    lint_optim_plan plan;
    const rule *rule;
    lint_pool *pool;
    float *state;
    part *part;
    size_t parts;
    float lr; /* of the step that is running */
};

/* --- rules --------------------------------------------------------------------------------- */

static void sgd(const lint_optim *o, const part *p) {
    float lr = o->lr, momentum = (float)o->plan.momentum, decay = (float)o->plan.weight_decay;
    float *restrict value = p->value, *restrict velocity = p->state;
    const float *restrict grad = p->grad;
    for (size_t i = 0; i < p->n; i++) {
        float d = grad[i] + decay * value[i];
        velocity[i] = momentum * velocity[i] + d;
        value[i] -= lr * velocity[i];
    }
}

static const rule rules[] = {[LINT_OPTIM_SGD] = {.states = 1, .update = sgd}};

/* --- parts --------------------------------------------------------------------------------- */

static size_t parts_of(size_t count) {
    return (count + PART - 1) / PART;
}

static void cut(lint_optim *o, const lint_param *param, size_t n) {
    float *state = o->state;
    part *out = o->part;
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; param[i].grad && at < param[i].count; at += PART) {
            size_t len = param[i].count - at < PART ? param[i].count - at : PART;
            *out++ = (part){param[i].value + at, param[i].grad + at, state, len};
            state += len * o->rule->states;
        }
}

lint_optim *lint_optim_new(const lint_param *param, size_t n, const lint_optim_plan *plan,
                           lint_pool *pool, lint_err *e) {
    size_t floats = 0;
    lint_optim *o = calloc(1, sizeof *o);
    if (o) {
        o->plan = *plan;
        o->rule = &rules[plan->rule];
        o->pool = pool;
        for (size_t i = 0; i < n; i++)
            if (param[i].grad) {
                floats += param[i].count;
                o->parts += parts_of(param[i].count);
            }
        o->state = calloc(floats * o->rule->states + 1, sizeof *o->state);
        o->part = calloc(o->parts + 1, sizeof *o->part);
    }
    if (!o || !o->state || !o->part) {
        lint_optim_free(o);
        lint_fail_mem(e, "the optimiser");
        return NULL;
    }
    cut(o, param, n);
    return o;
}

void lint_optim_free(lint_optim *o) {
    if (!o) return;
    free(o->state);
    free(o->part);
    free(o);
}

static void update_part(void *ctx, size_t i, int worker) {
    const lint_optim *o = ctx;
    (void)worker;
    o->rule->update(o, &o->part[i]);
}

void lint_optim_step(lint_optim *o, double lr) {
    o->lr = (float)lr;
    lint_pool_run(o->pool, o->parts, update_part, o);
}
