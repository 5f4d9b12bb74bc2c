#include "source/background.h"
#include "base/wilson.h"
#include "source/ridge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Multiplications that the permutations may cost, half a second of one processor; but at least
 * enough of them for LINT_BACKGROUND_P. */
#define WORK_MOST 1e9
enum { PERMUTATIONS_LEAST = 199, PERMUTATIONS_MOST = 999, RIDGES = 8 };

/* Scores nearer than this are equal but for rounding. */
#define TIE 1e-9

int32_t lint_background_place(const double *score, size_t classes, int32_t own) {
    int32_t best = own;
    for (size_t k = 0; k < classes; k++)
        if (score[k] > score[best] + (best == own ? TIE : 0)) best = (int32_t)k;
    return best;
}

const char *lint_background_verdict_name(lint_background_verdict v) {
    static const char *const name[] = {"gives-away", "no-sign", "too-few"};
    return name[v];
}

/* --- scores ----------------------------------------------------------------------------------- */

typedef struct job {
    lint_threads *pool;
    const lint_source *s;
    const lint_look *look;
    float *x; /* [n,LINT_BORDER_DIM] */
    int32_t *label;
    size_t *series;
    size_t n;
} job;

static int job_new(job *j, lint_err *e) {
    size_t n = j->s->n;
    j->x = malloc((n + 1) * LINT_BORDER_DIM * sizeof *j->x);
    j->label = malloc((n + 1) * sizeof *j->label);
    j->series = malloc((n + 1) * sizeof *j->series);
    if (!j->x || !j->label || !j->series) return lint_fail_mem(e, "the borders of all pictures");
    for (size_t i = 0; i < n; i++) {
        j->label[i] = j->s->picture[i].bad ? -1 : j->s->picture[i].label;
        j->series[i] = lint_source_first(j->s, i);
        j->n += j->label[i] >= 0;
    }
    return 0;
}

static void job_free(job *j) {
    free(j->x);
    free(j->label);
    free(j->series);
}

/* By numbers from..from+d-1 of the border, or of the centre. */
static int test_part(const job *j, int center, size_t from, size_t d, size_t permutations,
                     uint64_t seed, double *score, lint_ridge_result *r, lint_err *e) {
    for (size_t i = 0; i < j->s->n; i++) {
        const float *of = center ? j->look[i].center : j->look[i].border;
        memcpy(j->x + i * d, of + from, d * sizeof *j->x);
    }
    const lint_ridge_data data = {.x = j->x,
                                  .n = j->s->n,
                                  .d = d,
                                  .label = j->label,
                                  .classes = j->s->classes.n,
                                  .series = j->series};
    return lint_ridge_test(j->pool, &data, permutations, seed, score, r, e);
}

static size_t affordable(const job *j) {
    double each =
        (double)RIDGES * (double)j->n * (LINT_BORDER_DIM + 1) * ((double)j->s->classes.n + 1);
    double n = WORK_MOST / each;
    return n < PERMUTATIONS_LEAST  ? PERMUTATIONS_LEAST
           : n > PERMUTATIONS_MOST ? PERMUTATIONS_MOST
                                   : (size_t)n;
}

/* Nothing can be compared where pictures of fewer than two classes can be read. */
static void know_nothing(const job *j, double *score, lint_background *b) {
    b->accuracy = b->p = b->colour = b->texture = b->center = NAN;
    memset(score, 0, j->s->n * j->s->classes.n * sizeof *score);
}

static int test_parts(const job *j, uint64_t seed, double *score, lint_background *b, lint_err *e) {
    lint_ridge_result whole, colour, texture, center;
    size_t colours = LINT_BORDER_COLOURS, textures = LINT_BORDER_TEXTURES;
    if (!(b->chance < 1)) {
        know_nothing(j, score, b);
        return 0;
    }
    if (test_part(j, 0, 0, LINT_BORDER_DIM, affordable(j), seed, score, &whole, e) < 0 ||
        test_part(j, 0, 0, colours, 0, seed, NULL, &colour, e) < 0 ||
        test_part(j, 0, colours, textures, 0, seed, NULL, &texture, e) < 0 ||
        test_part(j, 1, 0, LINT_BORDER_DIM, 0, seed, NULL, &center, e) < 0)
        return -1;
    b->accuracy = whole.accuracy;
    b->p = whole.p;
    b->permutations = whole.permutations;
    b->colour = colour.accuracy;
    b->texture = texture.accuracy;
    b->center = center.accuracy;
    return 0;
}

/* --- how many count ----------------------------------------------------------------------------- */

/* Pictures of one series are right or wrong together, so a class of series of g pictures counts as
 * (sum of g)^2 / sum of g^2 pictures (Kish, Survey Sampling, 1965), and the mean over K classes as
 * K^2 / sum of 1 / that. */
static int count_effective(const job *j, lint_background *b, lint_err *e) {
    size_t classes = j->s->classes.n, n = j->s->n;
    size_t *members = calloc(n + 1, sizeof *members);
    if (!members) return lint_fail_mem(e, "series");
    double sum = 0, present = 0;
    b->least = SIZE_MAX;
    for (size_t k = 0; k < classes; k++) {
        double all = 0, squares = 0;
        size_t series = 0;
        memset(members, 0, n * sizeof *members);
        for (size_t i = 0; i < n; i++)
            if (j->label[i] == (int32_t)k) members[j->series[i]]++;
        for (size_t i = 0; i < n; i++) {
            all += (double)members[i];
            squares += (double)members[i] * (double)members[i];
            series += members[i] > 0;
        }
        if (series < b->least) b->least = series;
        if (!series) continue;
        sum += squares / (all * all);
        present++;
    }
    free(members);
    b->chance = present > 0 ? 1 / present : NAN;
    b->count = present > 0 ? (size_t)(present * present / sum + 1e-9) : 0;
    return 0;
}

static lint_background_verdict judge(const lint_background *b) {
    double excess = (b->accuracy - b->chance) / (1 - b->chance);
    if (b->p <= LINT_BACKGROUND_P && b->low > b->chance && excess >= LINT_BACKGROUND_EXCESS)
        return LINT_GIVES_AWAY;
    return b->least < LINT_BACKGROUND_LEAST ? LINT_TOO_FEW : LINT_NO_SIGN;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void find_places(const job *j, const double *score, int32_t *place, lint_background *b) {
    size_t classes = j->s->classes.n;
    for (size_t i = 0; i < j->s->n; i++) {
        int32_t own = j->label[i],
                is = own < 0 ? -1 : lint_background_place(score + i * classes, classes, own);
        if (place) place[i] = is;
        b->agree += own >= 0 && is == own;
        b->contradict += own >= 0 && is != own;
    }
}

int lint_background_test(lint_threads *pool, const lint_source *s, const lint_look *look,
                         uint64_t seed, double *score, int32_t *place, lint_background *b,
                         lint_err *e) {
    job j = {.pool = pool, .s = s, .look = look};
    double *own = score ? NULL : malloc((s->n + 1) * s->classes.n * sizeof *own);
    if (own) score = own;
    *b = (lint_background){0};
    int err = score ? job_new(&j, e) : lint_fail_mem(e, "the borders of all pictures");
    if (!err) err = count_effective(&j, b, e);
    if (!err) err = test_parts(&j, seed, score, b, e);
    if (!err) {
        lint_wilson_mean(b->accuracy, b->count, &b->low, &b->high);
        b->pictures = j.n;
        b->verdict = judge(b);
        find_places(&j, score, place, b);
    }
    job_free(&j);
    free(own);
    return err;
}

int lint_background_places(lint_threads *pool, lint_source *s, const lint_look *look, lint_err *e) {
    job j = {.pool = pool, .s = s, .look = look};
    lint_ridge_result r;
    lint_background count = {0};
    double *score = malloc((s->n + 1) * s->classes.n * sizeof *score);
    int32_t *place = calloc(s->n + 1, sizeof *place);
    int err = score && place ? job_new(&j, e) : lint_fail_mem(e, "the borders of all pictures");
    if (!err) err = test_part(&j, 0, 0, LINT_BORDER_DIM, 0, 0, score, &r, e);
    if (!err) find_places(&j, score, place, &count);
    for (size_t i = 0; i < s->n && !err; i++)
        s->picture[i].place = place[i];
    if (!err) lint_names_free(&s->places);
    if (!err) err = lint_names_copy(&s->places, &s->classes, e);
    job_free(&j);
    free(score);
    free(place);
    return err;
}

const char *lint_background_words(const lint_background *b, char *to, size_t size) {
    static const char *const verdict[] = {"the backgrounds give the class away",
                                          "no sign that the backgrounds give the class away",
                                          ("too few pictures to tell whether the backgrounds "
                                           "give the class away")};
    if (isnan(b->accuracy))
        snprintf(to, size, "%s", verdict[b->verdict]);
    else
        snprintf(
            to, size,
            "%s: borders alone tell the class of %.0f %% of the pictures (%.0f %% by chance, p = "
            "%.3f, 95 %% interval %.0f to %.0f %%)",
            verdict[b->verdict], 100 * b->accuracy, 100 * b->chance, b->p, 100 * b->low,
            100 * b->high);
    return to;
}
