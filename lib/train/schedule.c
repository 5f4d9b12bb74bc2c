#include "train/schedule.h"

#include "base/grow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

/* --- phases ----------------------------------------------------------------------------------- */

/* Digits only, at least one, and no more than a size_t holds. */
static int parse_epoch(const char *text, size_t len, size_t *epoch) {
    size_t v = 0;
    if (len == 0 || len > 9) return -1; /* a thousand million epochs are a typing error */
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        v = v * 10 + (size_t)(text[i] - '0');
    }
    *epoch = v;
    return v ? 0 : -1;
}

/* The part of phase that one key names, or NULL. */
static double *slot(lint_phase *p, const char *key, size_t len) {
    if (len == 2 && strncmp(key, "lr", len) == 0) return &p->lr;
    if (len == 2 && strncmp(key, "ce", len) == 0) return &p->ce_weight;
    if (len == 3 && strncmp(key, "cam", len) == 0) return &p->cam_weight;
    return NULL;
}

/* Parses "key=number", of len characters. */
static int parse_setting(lint_phase *p, const char *text, size_t len, lint_err *e) {
    int shown = (int)len;
    char number[64];
    const char *eq = memchr(text, '=', len);
    double *to = eq ? slot(p, text, (size_t)(eq - text)) : NULL;
    if (!to) return lint_fail(e, "'%.*s': expected lr=N, ce=N or cam=N", shown, text);
    if (!isnan(*to))
        return lint_fail(e, "'%.*s': %.*s is set twice", shown, text, (int)(eq - text), text);
    size_t digits = len - (size_t)(eq + 1 - text);
    char *end = number;
    if (digits < sizeof number) {
        memcpy(number, eq + 1, digits);
        number[digits] = 0;
        *to = strtod(number, &end);
    }
    if (end == number || *end || !isfinite(*to) || *to < 0 || strchr(" \t\n\v\f\r", number[0]))
        return lint_fail(e, "'%.*s': expected a number, 0 or more, after '='", shown, text);
    return 0;
}

/* "12.5%", of len characters: at least 0, below 100. */
static int parse_percent(const char *text, size_t len, double *percent, lint_err *e) {
    char *end = NULL;
    *percent = *text >= '0' && *text <= '9' ? strtod(text, &end) : NAN;
    if (*percent >= 0 && *percent < 100 && end == text + len - 1) return 0;
    return lint_fail(e, "'%.*s': expected 0%% to less than 100%%", (int)len, text);
}

/* "6" or "20%", of len characters. */
static int parse_start(lint_phase *p, const char *text, size_t len, lint_err *e) {
    if (len && text[len - 1] == '%') return parse_percent(text, len, &p->percent, e);
    if (parse_epoch(text, len, &p->epoch) == 0) return 0;
    return lint_fail(e, "'%.*s': expected an epoch, from 1, or a percentage", (int)len, text);
}

int lint_phase_parse(lint_phase *p, const char *text, lint_err *e) {
    *p = (lint_phase){0, NAN, NAN, NAN, NAN};
    const char *at = strchr(text, ':');
    size_t len = at ? (size_t)(at - text) : strlen(text);
    if (parse_start(p, text, len, e) < 0) return -1;
    if (!at || !at[1])
        return lint_fail(e, "'%s': expected EPOCH:lr=N,ce=N,cam=N (any of the three)", text);
    while (at) {
        const char *setting = at + 1;
        at = strchr(setting, ',');
        if (parse_setting(p, setting, at ? (size_t)(at - setting) : strlen(setting), e) < 0)
            return -1;
    }
    return 0;
}

int lint_schedule_add_phase(lint_schedule *s, const char *text, lint_err *e) {
    lint_phase p;
    if (lint_phase_parse(&p, text, e) < 0) return -1;
    lint_phase *more = lint_grow(s->phase, s->phases, &s->phase_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "phases");
    s->phase = more;
    more[s->phases++] = p;
    return 0;
}

/* Insertion sort: phases are few and mostly in order. */
static void sort_phases(lint_schedule *s) {
    for (size_t i = 1; i < s->phases; i++) {
        lint_phase p = s->phase[i];
        size_t to = i;
        for (; to > 0 && s->phase[to - 1].epoch > p.epoch; to--)
            s->phase[to] = s->phase[to - 1];
        s->phase[to] = p;
    }
}

void lint_schedule_free(lint_schedule *s) {
    free(s->phase);
    s->phase = NULL;
    s->phases = s->phase_room = 0;
}

/* --- rates ------------------------------------------------------------------------------------ */

int lint_schedule_needs_epochs(const lint_schedule *s) {
    for (size_t i = 0; i < s->phases; i++)
        if (!isnan(s->phase[i].percent)) return 1;
    return s->kind == LINT_SCHEDULE_COSINE ||
           (s->kind == LINT_SCHEDULE_STEP && s->step_epochs == 0);
}

/* Rounded, since percentages are decimal: 70 % of 10 epochs must be 7, not 6.999. */
static size_t epoch_of_percent(double percent, size_t epochs) {
    return (size_t)floor(percent * (double)epochs / 100 + 1e-9) + 1;
}

static int start_phases(lint_schedule *s, lint_err *e) {
    for (size_t i = 0; i < s->phases; i++)
        if (!isnan(s->phase[i].percent))
            s->phase[i].epoch = epoch_of_percent(s->phase[i].percent, s->epochs);
    sort_phases(s);
    for (size_t i = 1; i < s->phases; i++)
        if (s->phase[i].epoch == s->phase[i - 1].epoch)
            return lint_fail(e, "two phases start at epoch %zu", s->phase[i].epoch);
    return 0;
}

int lint_schedule_set_epochs(lint_schedule *s, size_t epochs, lint_err *e) {
    s->epochs = epochs;
    if (epochs == 0 && lint_schedule_needs_epochs(s))
        return lint_fail(e, "the schedule needs the number of epochs");
    if (start_phases(s, e) < 0) return -1;
    if (epochs == 0) return 0;
    if (s->warmup >= epochs)
        return lint_fail(e, "a warm-up of %zu epochs leaves none of %zu", s->warmup, epochs);
    if (s->phases && s->phase[s->phases - 1].epoch > epochs)
        return lint_fail(e, "a phase starts at epoch %zu, which is after the last one, %zu",
                         s->phase[s->phases - 1].epoch, epochs);
    return 0;
}

size_t lint_schedule_step(const lint_schedule *s) {
    return s->step_epochs ? s->step_epochs : (s->epochs - s->warmup + 2) / 3;
}

/* The factor of the learning rate in epoch e. */
static double factor(const lint_schedule *s, size_t e) {
    if (e <= s->warmup) return (double)e / (double)(s->warmup + 1);
    size_t done = e - 1 - s->warmup, length = s->epochs - s->warmup;
    if (s->kind == LINT_SCHEDULE_COSINE) return 0.5 * (1 + cos(PI * (double)done / (double)length));
    if (s->kind == LINT_SCHEDULE_CONSTANT) return 1;
    return pow(s->step_factor, (double)(done / lint_schedule_step(s)));
}

lint_rates lint_schedule_at(const lint_schedule *s, size_t epoch) {
    lint_rates r = {s->lr * factor(s, epoch), s->ce_weight, s->cam_weight};
    for (size_t i = 0; i < s->phases && s->phase[i].epoch <= epoch; i++) {
        const lint_phase *p = &s->phase[i];
        if (!isnan(p->lr)) r.lr = p->lr;
        if (!isnan(p->ce_weight)) r.ce_weight = p->ce_weight;
        if (!isnan(p->cam_weight)) r.cam_weight = p->cam_weight;
    }
    return r;
}

/* --- epochs that learn nothing ---------------------------------------------------------------- */

/* The epoch to look at after `epoch`; 0: there is none. */
static size_t next_epoch(const lint_schedule *s, size_t epoch) {
    if (s->epochs) return epoch < s->epochs ? epoch + 1 : 0;
    for (size_t i = 0; i < s->phases; i++)
        if (s->phase[i].epoch > epoch) return s->phase[i].epoch;
    return 0;
}

size_t lint_schedule_without_loss(const lint_schedule *s, int has_cam) {
    for (size_t epoch = 1; epoch; epoch = next_epoch(s, epoch)) {
        lint_rates r = lint_schedule_at(s, epoch);
        if (r.ce_weight <= 0 && (!has_cam || r.cam_weight <= 0)) return epoch;
    }
    return 0;
}

size_t lint_schedule_without_rate(const lint_schedule *s) {
    for (size_t epoch = 1; epoch; epoch = next_epoch(s, epoch))
        if (lint_schedule_at(s, epoch).lr <= 0) return epoch;
    return 0;
}
