/* schedule: the learning rate and the loss weights of every epoch.
 *
 * All are constant within an epoch; epochs count from 1 to E. The learning rate begins at `lr`:
 *
 *     constant  stays
 *     step      is multiplied by step_factor after every step_epochs epochs
 *     cosine    falls to 0 along half a cosine, as torch's CosineAnnealingLR(T_max=E) does:
 *               epoch e has lr/2 (1 + cos(pi (e-1)/E))
 *
 * Warm-up of W epochs comes before: epoch e <= W has lr e/(W+1), and the above counts from
 * epoch W+1 on, over E-W epochs. A phase "EPOCH:lr=..,ce=..,cam=.." sets what it names from that
 * epoch on, until a later phase sets it again. "P%:..." begins when P percent of the epochs are
 * over: of 30, 20% is epoch 7, of 7 (where 1.4 epochs are 20 percent) epoch 2. A learning rate that
 * a phase sets holds as it stands: the schedule and the warm-up are over.
 *
 *     lint_schedule s = {.kind = LINT_SCHEDULE_COSINE, .lr = 0.01, .ce_weight = 1};
 *     lint_schedule_add_phase(&s, "20%:lr=1e-4,ce=0.8,cam=500", &e);
 *     lint_schedule_set_epochs(&s, 12, &e);
 *     lint_rates now = lint_schedule_at(&s, epoch);
 *     lint_schedule_free(&s);
 */
#ifndef LINT_TRAIN_SCHEDULE_H
#define LINT_TRAIN_SCHEDULE_H

#include "base/err.h"
#include <stddef.h>

typedef enum lint_schedule_kind {
    LINT_SCHEDULE_CONSTANT,
    LINT_SCHEDULE_STEP,
    LINT_SCHEDULE_COSINE
} lint_schedule_kind;
#define LINT_SCHEDULE_CHOICES "constant|step|cosine"

/* What changes from an epoch on; NAN for what does not. */
typedef struct lint_phase {
    size_t epoch;   /* of a phase in percent: set by lint_schedule_set_epochs */
    double percent; /* NAN: given as an epoch */
    double lr, ce_weight, cam_weight;
} lint_phase;

typedef struct lint_schedule {
    lint_schedule_kind kind;
    double lr;
    double ce_weight, cam_weight; /* until a phase sets others */
    size_t epochs;                /* E; 0: not known, which cosine and percents cannot do with */
    size_t warmup;                /* W */
    size_t step_epochs;           /* 0: a third of the epochs after warm-up, rounded up */
    double step_factor;
    lint_phase *phase; /* by epoch once the epochs are set; from malloc */
    size_t phases;
} lint_schedule;

typedef struct lint_rates {
    double lr, ce_weight, cam_weight;
} lint_rates;

/* Parses one phase. The message quotes the part that is wrong. */
int lint_phase_parse(lint_phase *p, const char *text, lint_err *e);

/* Parses a phase and adds it. */
int lint_schedule_add_phase(lint_schedule *s, const char *text, lint_err *e);

/* Whether the rates depend on the number of epochs. */
int lint_schedule_needs_epochs(const lint_schedule *s);

/* Sets E (0: not known), which gives every phase its place, and checks that all fits into it:
 * warm-up shorter than it, no phase after its end, no two phases from the same epoch. */
int lint_schedule_set_epochs(lint_schedule *s, size_t epochs, lint_err *e);

/* Epochs from step to step: step_epochs, or what stands for its 0. */
size_t lint_schedule_step(const lint_schedule *s);

/* The rates of an epoch, from 1. */
lint_rates lint_schedule_at(const lint_schedule *s, size_t epoch);

void lint_schedule_free(lint_schedule *s);

#endif
