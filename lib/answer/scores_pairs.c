#include "answer/scores_pairs.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what may be compared --------------------------------------------------------------------- */

/* The name that every second one has, from `first` on; `other` where they differ. */
static const char *common_name(const lint_scores *s, size_t pairs, size_t first,
                               const char *other) {
    for (size_t i = 1; i < pairs; i++)
        if (strcmp(s[2 * i + first].model, s[first].model) != 0) return other;
    return s[first].model;
}

static size_t samples_of(const lint_scores *s) {
    const lint_score *r = lint_scores_find(s, "accuracy", NULL, NULL);
    return r ? r->n : 0;
}

static int check_pair(const lint_scores *s, size_t i, lint_err *e) {
    const lint_scores *a = &s[2 * i], *b = &s[2 * i + 1];
    if (samples_of(a) != samples_of(b))
        return lint_fail(e, "%s has %zu samples and %s has %zu, so they are no pair", a->path,
                         samples_of(a), b->path, samples_of(b));
    for (size_t k = 0; k < i; k++)
        if (strcmp(s[2 * k].path, a->path) == 0 && strcmp(s[2 * k + 1].path, b->path) == 0)
            return lint_fail(e, "the pair of %s and %s is given twice", a->path, b->path);
    return 0;
}

/* The first file that does not know the metric, or NULL. */
static const lint_scores *lacking(const lint_scores *s, size_t n, const char *metric) {
    for (size_t i = 0; i < n; i++) {
        const lint_score *r = lint_scores_find(&s[i], metric, NULL, NULL);
        if (!r || isnan(r->value)) return &s[i];
    }
    return NULL;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Of all else more is better. */
static int lower_is_better(const char *metric) {
    static const char *const lower[] = {"cross_entropy", "calibration_error",
                                        "evidence_in_top_cells", "deletion"};
    for (size_t i = 0; i < sizeof lower / sizeof *lower; i++)
        if (strcmp(metric, lower[i]) == 0) return 1;
    return 0;
}

static int add_row(lint_pairs *p, const char *metric, lint_err *e) {
    lint_pairs_row *r = &p->row[p->rows++];
    r->metric = metric;
    r->better = lower_is_better(metric) ? LINT_LOWER_IS_BETTER : LINT_HIGHER_IS_BETTER;
    r->a = malloc(p->pairs * sizeof *r->a);
    r->b = malloc(p->pairs * sizeof *r->b);
    if (!r->a || !r->b) return lint_fail_mem(e, "pairs");
    for (size_t i = 0; i < p->pairs; i++) {
        r->a[i] = lint_scores_find(&p->s[2 * i], metric, NULL, NULL)->value;
        r->b[i] = lint_scores_find(&p->s[2 * i + 1], metric, NULL, NULL)->value;
    }
    return lint_paired_make(&r->stat, r->a, r->b, p->pairs, r->better, p->seed, e);
}

static int add_chosen(lint_pairs *p, const char *const *metric, size_t metrics, lint_err *e) {
    for (size_t m = 0; m < metrics; m++) {
        const lint_scores *bad = lacking(p->s, 2 * p->pairs, metric[m]);
        if (bad && lint_scores_find(bad, metric[m], NULL, NULL))
            return lint_fail(e, "%s: '%s' is unknown", bad->path, metric[m]);
        if (bad) return lint_fail(e, "%s: no '%s'", bad->path, metric[m]);
        if (add_row(p, metric[m], e) < 0) return -1;
    }
    return 0;
}

static int add_all(lint_pairs *p, lint_err *e) {
    for (size_t k = 0; k < p->s[0].n; k++) {
        const lint_score *r = &p->s[0].v[k];
        if (!lint_score_is_result(r)) continue;
        const lint_scores *bad = lacking(p->s, 2 * p->pairs, r->metric);
        if (bad)
            p->absent[p->absents++] = (struct lint_pairs_absent){r->metric, bad->path};
        else if (add_row(p, r->metric, e) < 0)
            return -1;
    }
    return p->rows ? 0 : lint_fail(e, "%s: no score is in all files", p->s[0].path);
}

int lint_pairs_make(lint_pairs *p, const lint_scores *s, size_t pairs, const char *const *metric,
                    size_t metrics, uint64_t seed, lint_err *e) {
    *p = (lint_pairs){.s = s, .pairs = pairs, .seed = seed, .chosen = metrics > 0};
    for (size_t i = 0; i < pairs; i++)
        if (check_pair(s, i, e) < 0) return -1;
    p->a = common_name(s, pairs, 0, "A");
    p->b = common_name(s, pairs, 1, "B");
    p->row = calloc((metrics ? metrics : s[0].n) + 1, sizeof *p->row);
    p->absent = calloc(s[0].n + 1, sizeof *p->absent);
    int err = p->row && p->absent ? 0 : lint_fail_mem(e, "pairs");
    if (!err) err = metrics ? add_chosen(p, metric, metrics, e) : add_all(p, e);
    if (err) lint_pairs_free(p);
    return err;
}

void lint_pairs_free(lint_pairs *p) {
    for (size_t m = 0; m < p->rows; m++) {
        free(p->row[m].a);
        free(p->row[m].b);
    }
    free(p->row);
    free(p->absent);
    *p = (lint_pairs){0};
}

/* --- text ------------------------------------------------------------------------------------- */

static void mean_cell(lint_table *t, lint_mean m) {
    char text[64];
    if (isnan(m.sd))
        snprintf(text, sizeof text, "%.3f", m.mean);
    else
        snprintf(text, sizeof text, "%.3f ± %.3f", m.mean, m.sd);
    lint_table_cell(t, text);
}

static void interval_cell(lint_table *t, const lint_paired *s) {
    char text[64];
    if (isnan(s->low))
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "[%+.3f, %+.3f]", s->low, s->high);
    lint_table_cell(t, text);
}

static void count_cell(lint_table *t, size_t n) {
    char text[32];
    snprintf(text, sizeof text, "%zu", n);
    lint_table_cell(t, text);
}

/* Two digits of what may be very small. */
static void p_cell(lint_table *t, double v) {
    char text[32];
    snprintf(text, sizeof text, v < 0.001 ? "%.1e" : v < 0.1 ? "%.2g" : "%.2f", v);
    lint_table_cell(t, text);
}

static int write_summary(const lint_pairs *p, FILE *out, lint_err *e) {
    static const char *const after[] = {"difference", "95 %",   "wins",
                                        "ties",       "losses", "sign test p"};
    lint_table t = {.columns = 9};
    lint_table_cell(&t, "mean ± sd over pairs");
    lint_table_cell(&t, p->a);
    lint_table_cell(&t, p->b);
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        lint_table_cell(&t, after[i]);
    for (size_t m = 0; m < p->rows; m++) {
        const lint_paired *s = &p->row[m].stat;
        lint_table_cell(&t, p->row[m].metric);
        mean_cell(&t, s->a);
        mean_cell(&t, s->b);
        lint_table_number(&t, s->diff.mean, 1);
        interval_cell(&t, s);
        count_cell(&t, s->wins);
        count_cell(&t, s->ties);
        count_cell(&t, s->losses);
        p_cell(&t, s->sign_p);
    }
    return lint_table_print(&t, out, e);
}

static int has_pairs_shown(const lint_pairs *p, const lint_pairs_row *r) {
    return p->chosen || strcmp(r->metric, "worst_group") == 0 || strcmp(r->metric, "accuracy") == 0;
}

static int write_pairs(const lint_pairs *p, FILE *out, lint_err *e) {
    lint_table t = {.columns = 1};
    for (size_t m = 0; m < p->rows; m++)
        t.columns += has_pairs_shown(p, &p->row[m]) ? 3 : 0;
    if (t.columns == 1) return 0;
    lint_table_cell(&t, "");
    for (size_t m = 0; m < p->rows; m++) {
        if (!has_pairs_shown(p, &p->row[m])) continue;
        lint_table_cell(&t, p->row[m].metric);
        lint_table_cell(&t, "");
        lint_table_cell(&t, "");
    }
    lint_table_cell(&t, "pair");
    for (size_t c = 1; c < t.columns; c += 3) {
        lint_table_cell(&t, p->a);
        lint_table_cell(&t, p->b);
        lint_table_cell(&t, "difference");
    }
    for (size_t i = 0; i < p->pairs; i++) {
        count_cell(&t, i + 1);
        for (size_t m = 0; m < p->rows; m++) {
            if (!has_pairs_shown(p, &p->row[m])) continue;
            lint_table_number(&t, p->row[m].a[i], 0);
            lint_table_number(&t, p->row[m].b[i], 0);
            lint_table_number(&t, p->row[m].b[i] - p->row[m].a[i], 1);
        }
    }
    putc('\n', out);
    return lint_table_print(&t, out, e);
}

/* "; lower is better for cross_entropy", or nothing. */
static void write_directions(const lint_pairs *p, FILE *out) {
    const char *before = "; lower is better for ";
    for (size_t m = 0; m < p->rows; m++) {
        if (p->row[m].better != LINT_LOWER_IS_BETTER) continue;
        fputs(before, out);
        lint_text_put(p->row[m].metric, out);
        before = ", ";
    }
}

static void write_absent(const lint_pairs *p, FILE *out) {
    for (size_t i = 0; i < p->absents; i++) {
        lint_text_put(p->absent[i].metric, out);
        fputs(" is not listed: it is unknown in ", out);
        lint_text_put(p->absent[i].path, out);
        fputs(".\n", out);
    }
}

static void write_notes(const lint_pairs *p, FILE *out) {
    size_t tied = 0;
    for (size_t m = 0; m < p->rows; m++)
        tied += p->row[m].stat.ties > 0;
    fprintf(out, "\n%zu pair%s. Wins are ", p->pairs, p->pairs == 1 ? "" : "s");
    lint_text_put(p->b, out);
    fputs("'s", out);
    write_directions(p, out);
    fprintf(
        out,
        ".\n95 %%: bootstrap of the mean difference, %d resamples, seed %llu. Sign test: exact, "
        "two-sided%s.\n",
        LINT_PAIRED_RESAMPLES, (unsigned long long)p->seed, tied ? ", ties left out" : "");
    if (p->pairs < LINT_PAIRED_ENOUGH)
        fprintf(out,
                "Fewer than %d pairs: the interval is little more than the range of differences, "
                "and p cannot be below 0.05.\n",
                LINT_PAIRED_ENOUGH);
    write_absent(p, out);
}

int lint_pairs_write_text(const lint_pairs *p, FILE *out, lint_err *e) {
    if (write_summary(p, out, e) < 0 || write_pairs(p, out, e) < 0) return -1;
    write_notes(p, out);
    return 0;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *number_or_null(double v) {
    return isnan(v) ? json_null() : json_real(v);
}

/* b's less a's, where there is an a. */
static json_t *values_json(const double *b, const double *a, size_t n) {
    json_t *list = json_array();
    int err = 0;
    for (size_t i = 0; i < n && !err; i++)
        err = json_array_append_new(list, json_real(a ? b[i] - a[i] : b[i]));
    if (!err) return list;
    json_decref(list);
    return NULL;
}

static json_t *mean_json(lint_mean m, json_t *values) {
    return json_pack("{s:o, s:o, s:o}", "mean", json_real(m.mean), "sd", number_or_null(m.sd),
                     "values", values);
}

static json_t *row_json(const lint_pairs_row *r, size_t n) {
    const lint_paired *s = &r->stat;
    json_t *diff = mean_json(s->diff, values_json(r->b, r->a, n));
    if (json_object_set_new(diff, "low", number_or_null(s->low)) < 0 ||
        json_object_set_new(diff, "high", number_or_null(s->high)) < 0) {
        json_decref(diff);
        diff = NULL; /* and so is all that it is packed into */
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:o}", "metric", r->metric, "better",
                     r->better == LINT_LOWER_IS_BETTER ? "lower" : "higher", "a",
                     mean_json(s->a, values_json(r->a, NULL, n)), "b",
                     mean_json(s->b, values_json(r->b, NULL, n)), "difference", diff, "wins",
                     (json_int_t)s->wins, "ties", (json_int_t)s->ties, "losses",
                     (json_int_t)s->losses, "sign_test_p", json_real(s->sign_p));
}

/* jansson's numbers end at 63 bits: a seed beyond is its digits as text. */
static json_t *seed_json(uint64_t seed) {
    char digits[24];
    if (seed <= INT64_MAX) return json_integer((json_int_t)seed);
    snprintf(digits, sizeof digits, "%" PRIu64, seed);
    return json_string(digits);
}

static json_t *pairs_json(const lint_pairs *p) {
    json_t *files = json_array(), *rows = json_array(), *absent = json_array();
    int bad = 0;
    for (size_t i = 0; i < p->pairs; i++)
        bad |= json_array_append_new(files,
                                     json_pack("[s, s]", p->s[2 * i].path, p->s[2 * i + 1].path));
    for (size_t m = 0; m < p->rows; m++)
        bad |= json_array_append_new(rows, row_json(&p->row[m], p->pairs));
    for (size_t i = 0; i < p->absents; i++)
        bad |= json_array_append_new(absent, json_pack("{s:s, s:s}", "metric", p->absent[i].metric,
                                                       "file", p->absent[i].path));
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:{s:i, s:o}}", "kind", "pairs", "lint", "1", "a",
        p->a, "b", p->b, "pairs", (json_int_t)p->pairs, "files", files, "metrics", rows, "absent",
        absent, "bootstrap", "resamples", LINT_PAIRED_RESAMPLES, "seed", seed_json(p->seed));
    if (!bad) return root;
    json_decref(root);
    return NULL;
}

int lint_pairs_write_json(const lint_pairs *p, FILE *out, lint_err *e) {
    return lint_json_write(pairs_json(p), out, e);
}
