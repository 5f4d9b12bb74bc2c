#include "train/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Floats in a part: three arrays of this length fit into a core's second-level cache. */
enum { PART = 16384 };

typedef struct part {
    float *value;
    const float *grad;
    float *state; /* rule->states arrays of n, one after the other */
    size_t n;
    double factor; /* of the learning rate */
} part;

typedef void update_fn(const lint_optim *o, const part *p);

typedef struct rule {
    size_t states;
    update_fn *update;
} rule;

struct lint_optim {
    lint_optim_plan plan;
    const rule *rule;
    lint_threads *pool;
    float *state;
    size_t floats;
    part *part;
    size_t parts;
    double lr;      /* of the current step */
    uint64_t steps; /* so far, with the current one */
};

/* --- rules ------------------------------------------------------------------------------------ */

static void sgd(const lint_optim *o, const part *p) {
    float lr = (float)(o->lr * p->factor), momentum = (float)o->plan.momentum;
    float decay = (float)o->plan.weight_decay;
    float *restrict value = p->value, *restrict velocity = p->state;
    const float *restrict grad = p->grad;
    for (size_t i = 0; i < p->n; i++) {
        float d = grad[i] + decay * value[i];
        velocity[i] = momentum * velocity[i] + d;
        value[i] -= lr * (o->plan.nesterov ? d + momentum * velocity[i] : velocity[i]);
    }
}

/* The bias corrections are the same for all elements. They are computed in double and applied to the
 * rate and the divisor, as torch does. */
static void adam(const lint_optim *o, const part *p) {
    float decay = (float)o->plan.weight_decay, eps = (float)o->plan.eps;
    float beta2 = (float)o->plan.beta2;
    float rest1 = (float)(1 - o->plan.beta1), rest2 = (float)(1 - o->plan.beta2);
    float rate = (float)(o->lr * p->factor / (1 - pow(o->plan.beta1, (double)o->steps)));
    float unbias = (float)sqrt(1 - pow(o->plan.beta2, (double)o->steps));
    float *restrict value = p->value, *restrict m = p->state, *restrict v = p->state + p->n;
    const float *restrict grad = p->grad;
    for (size_t i = 0; i < p->n; i++) {
        float d = grad[i] + decay * value[i];
        m[i] += rest1 * (d - m[i]);
        v[i] = beta2 * v[i] + rest2 * d * d;
        value[i] -= rate * m[i] / (sqrtf(v[i]) / unbias + eps);
    }
}

static const rule rules[] = {[LINT_OPTIM_SGD] = {.states = 1, .update = sgd},
                             [LINT_OPTIM_ADAM] = {.states = 2, .update = adam}};

/* --- parts ------------------------------------------------------------------------------------ */

static size_t parts_of(size_t count) {
    return (count + PART - 1) / PART;
}

/* The factor of a parameter that moves; 0 for one that does not. */
static double factor_of(const lint_param *param, const double *factor, size_t i) {
    if (!param[i].grad) return 0;
    return factor ? factor[i] : 1;
}

static void cut(lint_optim *o, const lint_param *param, const double *factor, size_t n) {
    float *state = o->state;
    part *out = o->part;
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; factor_of(param, factor, i) > 0 && at < param[i].count; at += PART) {
            size_t len = param[i].count - at < PART ? param[i].count - at : PART;
            *out++ = (part){param[i].value + at, param[i].grad + at, state, len,
                            factor_of(param, factor, i)};
            state += len * o->rule->states;
        }
}

lint_optim *lint_optim_new(const lint_param *param, const double *factor, size_t n,
                           const lint_optim_plan *plan, lint_threads *pool, lint_err *e) {
    lint_optim *o = calloc(1, sizeof *o);
    if (o) {
        o->plan = *plan;
        o->rule = &rules[plan->rule];
        o->pool = pool;
        for (size_t i = 0; i < n; i++)
            if (factor_of(param, factor, i) > 0) {
                o->floats += param[i].count * o->rule->states;
                o->parts += parts_of(param[i].count);
            }
        o->state = calloc(o->floats + 1, sizeof *o->state);
        o->part = calloc(o->parts + 1, sizeof *o->part);
    }
    if (!o || !o->state || !o->part) {
        lint_optim_free(o);
        lint_fail_mem(e, "the optimiser");
        return NULL;
    }
    cut(o, param, factor, n);
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
    o->lr = lr;
    o->steps++;
    lint_threads_run(o->pool, o->parts, update_part, o);
}

float *lint_optim_state(lint_optim *o, size_t *floats) {
    *floats = o->floats;
    return o->state;
}

uint64_t *lint_optim_steps(lint_optim *o) {
    return &o->steps;
}

/* --- factors by prefix ------------------------------------------------------------------------ */

/* Splits "PREFIX=R" at its last '='. */
static int parse_factor(const char *text, size_t *len, double *factor, lint_err *e) {
    const char *eq = strrchr(text, '=');
    char *end = NULL;
    if (eq && eq > text) *factor = strtod(eq + 1, &end);
    if (!end || end == eq + 1 || *end || !isfinite(*factor) || *factor < 0 ||
        strchr(" \t\n\v\f\r", eq[1]))
        return lint_fail(e, "'%s': expected PREFIX=R, where R is a number, 0 or more", text);
    *len = (size_t)(eq - text);
    return 0;
}

int lint_optim_factors(const lint_param *param, size_t n, const char *const *text, size_t texts,
                       double *factor, lint_err *e) {
    size_t *longest = calloc(n + 1, sizeof *longest);
    int err = longest ? 0 : lint_fail_mem(e, "the factors of the learning rate");
    for (size_t i = 0; i < n; i++)
        factor[i] = 1;
    for (size_t t = 0; err == 0 && t < texts; t++) {
        size_t len = 0, found = 0;
        double f = 0;
        err = parse_factor(text[t], &len, &f, e);
        for (size_t i = 0; err == 0 && i < n; i++) {
            if (strncmp(param[i].name, text[t], len) != 0) continue;
            found = 1;
            if (len < longest[i]) continue;
            longest[i] = len;
            factor[i] = f;
        }
        if (err == 0 && !found)
            err = lint_fail(e, "'%s': no parameter's name begins with it", text[t]);
    }
    free(longest);
    return err;
}
