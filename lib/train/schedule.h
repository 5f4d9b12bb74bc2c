/* schedule: the learning rate and the loss weights of every epoch.
 *
 * They are constant within an epoch. Epochs count from 1 to E. The learning rate starts at `lr` and
 *
 *     constant  stays there
 *     step      is multiplied by step_factor after every step_epochs epochs
 *     cosine    falls along half a cosine, as in torch's CosineAnnealingLR(T_max=E): in epoch e it is
 *               lr/2 (1 + cos(pi (e-1)/E))
 *
 * With a warm-up of W epochs, epoch e <= W has lr e/(W+1), and the schedule above starts at epoch W+1
 * and has E-W epochs. A phase "EPOCH:lr=..,ce=..,cam=.." sets the values that it names from that epoch
 * on, until a later phase sets them again. "P%:..." starts when P percent of the epochs are over: 20%
 * is epoch 7 of 30, and epoch 2 of 7 (20 percent are 1.4 epochs). A learning rate set by a phase is
 * constant: it ends the schedule and the warm-up.
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

/* Values that change from an epoch on; NAN: unchanged. */
typedef struct lint_phase {
    size_t epoch;   /* first epoch; from a percentage: set by lint_schedule_set_epochs */
    double percent; /* NAN: the phase was given by its epoch */
    double lr, ce_weight, cam_weight;
} lint_phase;

typedef struct lint_schedule {
    lint_schedule_kind kind;
    double lr;
    double ce_weight, cam_weight; /* until a phase sets others */
    size_t epochs;      /* E; 0: not known, which is an error for cosine and percentages */
    size_t warmup;      /* W */
    size_t step_epochs; /* 0: a third of the epochs after warm-up, rounded up */
    double step_factor;
    lint_phase *phase; /* sorted by epoch once E is set; from malloc */
    size_t phases, phase_room;
} lint_schedule;

typedef struct lint_rates {
    double lr, ce_weight, cam_weight;
} lint_rates;

/* Parses one phase. An error quotes the part that is wrong. */
int lint_phase_parse(lint_phase *p, const char *text, lint_err *e);

/* Parses a phase and adds it. */
int lint_schedule_add_phase(lint_schedule *s, const char *text, lint_err *e);

/* Whether the rates depend on the number of epochs. */
int lint_schedule_needs_epochs(const lint_schedule *s);

/* Sets E (0: not known) and with it the first epoch of every phase. An error if the warm-up is not
 * shorter than E, a phase starts after E, or two phases start in the same epoch. */
int lint_schedule_set_epochs(lint_schedule *s, size_t epochs, lint_err *e);

/* Epochs between two drops: step_epochs, or its default. */
size_t lint_schedule_step(const lint_schedule *s);

/* The rates of an epoch; the first is 1. */
lint_rates lint_schedule_at(const lint_schedule *s, size_t epoch);

/* The first epoch in which nothing is learnt, because both loss weights are 0 (has_cam 0: that of the
 * cross-entropy) or because the learning rate is; 0: there is none. Without E only the first epoch and
 * those in which phases start are looked at. */
size_t lint_schedule_without_loss(const lint_schedule *s, int has_cam);
size_t lint_schedule_without_rate(const lint_schedule *s);

void lint_schedule_free(lint_schedule *s);

#endif
