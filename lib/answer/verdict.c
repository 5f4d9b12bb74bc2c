#include "answer/verdict.h"
#include "answer/reliance.h"
#include "base/json.h"
#include "base/standard_io.h"
#include "base/text.h"
#include "base/wilson.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the audit -------------------------------------------------------------------------------- */

static double number(const json_t *o, const char *key) {
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The JSON of an audit is at most so long. */
#define AUDIT_BYTES (1u << 24)

static int read_background(lint_verdict *v, const json_t *root, lint_err *e) {
    const json_t *b = json_object_get(root, "background");
    const char *found = json_string_value(json_object_get(b, "verdict"));
    int known = -1;
    for (int i = LINT_GIVES_AWAY; i <= LINT_TOO_FEW; i++)
        if (found && strcmp(found, lint_background_verdict_name((lint_background_verdict)i)) == 0)
            known = i;
    v->told = number(b, "accuracy");
    v->chance = number(b, "chance");
    v->p = number(b, "p");
    v->center = number(b, "center");
    if (known < 0 || isnan(v->chance)) return lint_fail(e, "not the JSON of lint-audit");
    v->background = (lint_background_verdict)known;
    const json_t *series = json_object_get(root, "series");
    double pictures = number(root, "pictures");
    double apart = pictures - number(series, "pictures") + number(series, "series");
    v->per_series = apart > 0 && apart <= pictures ? pictures / apart : 1;
    return 0;
}

int lint_verdict_read_audit(lint_verdict *v, const char *path, lint_err *e) {
    FILE *in = lint_input_open(path, e);
    if (!in) return -1;
    json_t *root = lint_json_read(in, AUDIT_BYTES, AUDIT_BYTES / 8, e);
    int err = root ? read_background(v, root, e) : -1;
    json_decref(root);
    lint_input_close(in);
    return err < 0 ? lint_err_prefix(e, "%s: ", lint_input_name(path)) : 0;
}

/* --- 1: the backgrounds ----------------------------------------------------------------------- */

static double percent(double share) {
    return round(100 * share);
}

static void say_background(const lint_verdict *v, FILE *out) {
    static const char *const text[] = {
        "Your backgrounds give the class away: the border of a picture alone tells it for %.0f %% "
        "of "
        "the pictures (chance: %.0f %%).\n",
        "No sign that backgrounds give the class away: the border of a picture alone tells it for "
        "%.0f %% of the pictures (chance: %.0f %%).\n",
        "Too few pictures to tell whether backgrounds give the class away: the border of a picture "
        "alone tells it for %.0f %% of the pictures (chance: %.0f %%).\n"};
    if (isnan(v->told))
        fputs("Too few pictures to tell whether backgrounds give the class away.\n", out);
    else
        fprintf(out, text[v->background], percent(v->told), percent(v->chance));
}

/* --- 2: the models ---------------------------------------------------------------------------- */

static double share(lint_side s) {
    return s.n ? (double)s.right / (double)s.n : NAN;
}

static void put_name(const lint_scores *s, FILE *out) {
    char name[100];
    fputs(lint_text_clean(name, sizeof name, s->model), out);
}

/* "right on 97 % where the background agrees with the class (n = 196), on 14 % where it ..." */
static void put_sides(const lint_reliance *r, FILE *out) {
    if (r->agree.n)
        fprintf(out, "right on %.0f %% where the background agrees with the class (n = %zu)",
                percent(share(r->agree)), r->agree.n);
    else
        fputs("not tested where the background agrees with the class", out);
    if (r->contradict.n)
        fprintf(out, ", and on %.0f %% where it contradicts the class (n = %zu)",
                percent(share(r->contradict)), r->contradict.n);
    else
        fputs("; no picture's background contradicts it", out);
}

/* There may be enough in all, but in the wrong classes; or the difference is a middling one. */
static void put_needed(const lint_reliance *r, FILE *out) {
    fputs(". Too few pictures to tell: ", out);
    if (r->needed <= (double)r->contradict.n && !isnan(r->gap))
        fprintf(out, "the difference may be anything from %+.0f to %+.0f points", percent(r->low),
                percent(r->high));
    else
        fprintf(out, "%zu contradict, about %.0f are needed to see a difference of %.0f points",
                r->contradict.n, r->needed, 100 * LINT_GAP_SOUGHT);
}

static void put_gain(const lint_gap *g, const lint_scores *plain, FILE *out) {
    if (isnan(g->gap)) return;
    fputs(". There its gain over ", out);
    put_name(plain, out);
    fprintf(out, " is %+.0f points [%+.0f, %+.0f]", percent(g->gap), percent(g->low),
            percent(g->high));
}

static void say_model(const lint_verdict *v, size_t i, const lint_reliance *r, FILE *out) {
    static const char *const text[] = {" goes by the background. It is ",
                                       " shows no sign of it. It is ", " is ",
                                       " has not learned the classes. It is "};
    put_name(&v->s[i], out);
    fputs(i == 0 && r->finding == LINT_RELIES_NOT
              ? " shows no sign of going by the background. It is "
              : text[r->finding],
          out);
    put_sides(r, out);
    if (i > 0) {
        lint_gap gain = lint_reliance_gain(&v->s[0], &v->s[i], v->per_series);
        put_gain(&gain, &v->s[0], out);
    }
    if (r->finding == LINT_RELIANCE_OPEN) put_needed(r, out);
    fputs(".\n", out);
}

/* --- 3: what to do ---------------------------------------------------------------------------- */

static double accuracy(const lint_scores *s) {
    const lint_score *r = lint_scores_find(s, "accuracy", NULL, NULL);
    return r ? r->value : 0;
}

/* The mean of the accuracies where the background agrees and where it contradicts. */
static double balanced(const lint_reliance *r) {
    if (!r->agree.n || !r->contradict.n) return share(r->agree.n ? r->agree : r->contradict);
    return (share(r->agree) + share(r->contradict)) / 2;
}

static int is_cured(const lint_reliance *r) {
    return r->finding == LINT_RELIES_NOT;
}

static int is_trained(const lint_reliance *r) {
    return r->finding != LINT_UNTRAINED;
}

static int goes_not_by_it(const lint_reliance *r) {
    return is_trained(r) && r->finding != LINT_RELIES;
}

/* The model of the highest balanced accuracy of those that are `such`, the first of equal ones; v->n: none. */
static size_t best_of(const lint_verdict *v, const lint_reliance *r, size_t from,
                      int (*such)(const lint_reliance *)) {
    size_t best = v->n;
    for (size_t i = from; i < v->n; i++)
        if (such(&r[i]) && (best == v->n || balanced(&r[i]) > balanced(&r[best]))) best = i;
    return best;
}

/* The best of all, or the best without a sign, if that costs little. */
static size_t best_for_use(const lint_verdict *v, const lint_reliance *r) {
    size_t best = best_of(v, r, 0, is_trained), cured = best_of(v, r, 0, is_cured);
    if (best == v->n || cured == v->n) return best;
    return balanced(&r[best]) - balanced(&r[cured]) < LINT_CURE_WORTH ? cured : best;
}

/* v->n: no model is good for use. Beside a plain model without a sign, another that costs nothing is
 * preferred where backgrounds give the class away, for new pictures may come from elsewhere. */
static size_t choose(const lint_verdict *v, const lint_reliance *r) {
    if (!goes_not_by_it(&r[0])) return best_for_use(v, r);
    size_t other = best_of(v, r, 1, is_cured);
    if (other == v->n) other = best_of(v, r, 1, goes_not_by_it);
    int costs = other == v->n || !(accuracy(&v->s[other]) >= accuracy(&v->s[0]) - 0.01);
    return v->background == LINT_GIVES_AWAY && !costs ? other : 0;
}

/* "right on 88 % [83, 92] of new pictures like these" */
static void put_expected(const lint_verdict *v, size_t model, FILE *out) {
    double low, high;
    const lint_score *r = lint_scores_find(&v->s[model], "accuracy", NULL, NULL);
    if (!r || isnan(r->low)) return;
    lint_wilson_mean(r->value, (size_t)ceil((double)r->n / v->per_series), &low, &high);
    fprintf(out, ": expect it to be right on %.0f %% [%.0f, %.0f] of new pictures like these",
            percent(r->value), percent(low), percent(high));
}

/* The group of which pictures are needed most. */
static void put_worst(const lint_scores *s, FILE *out) {
    char class_name[100], place[100];
    const lint_score *r = lint_scores_find(s, "worst_group", NULL, NULL);
    if (!r || !r->class_name || !r->place || strcmp(r->class_name, r->place) == 0) return;
    fprintf(out,
            " Photograph more of %s on backgrounds like those of %s (right on %.0f %%, n = %zu).",
            lint_text_clean(class_name, sizeof class_name, r->class_name),
            lint_text_clean(place, sizeof place, r->place), percent(r->value), r->n);
}

static void put_remedies(const lint_verdict *v, FILE *out) {
    if (percent(v->told) > percent(v->center)) /* neither is NaN, then */
        fprintf(out,
                " The middle of a picture tells the class less often than its border (%.0f %% and "
                "%.0f %%): objects are small, or not in the middle.",
                percent(v->center), percent(v->told));
    for (size_t i = 0; i < v->remedies; i++)
        fprintf(out, " %s", v->remedy[i]);
}

static void put_command(const lint_verdict *v, size_t model, FILE *out) {
    if (!v->command) return;
    fputs("  ", out);
    for (const char *p = v->command; *p; p++)
        if (*p == '%')
            put_name(&v->s[model], out);
        else
            putc(*p, out);
    putc('\n', out);
}

static void say_action(const lint_verdict *v, const lint_reliance *r, FILE *out) {
    size_t model = choose(v, r);
    if (model == v->n) {
        fputs("No model is good for use: none has learned the classes. More pictures are needed.",
              out);
        put_remedies(v, out);
        fputs("\n", out);
        return;
    }
    lint_reliance_finding f = r[model].finding;
    int cure = best_of(v, r, 0, is_cured) < v->n;
    fputs(f != LINT_RELIES ? "Use "
          : cure           ? "The cure costs too much. The best is "
                           : "No model is cured. The best is ",
          out);
    put_name(&v->s[model], out);
    put_expected(v, model, out);
    fputs(".", out);
    if (f == LINT_RELIES) {
        put_worst(&v->s[model], out);
        put_remedies(v, out);
    }
    if (f == LINT_RELIANCE_OPEN && v->background != LINT_NO_SIGN) put_worst(&v->s[model], out);
    putc('\n', out);
    put_command(v, model, out);
}

int lint_verdict_write(const lint_verdict *v, FILE *out, lint_err *e) {
    lint_reliance *r = calloc(v->n, sizeof *r);
    if (!r) return lint_fail_mem(e, "the verdict");
    int err = 0;
    for (size_t i = 0; i < v->n && !err; i++)
        if (!lint_reliance_of(&v->s[i], v->per_series, &r[i]))
            err = lint_fail(e, "%s: no accuracy by class and background", v->s[i].path);
    if (!err) {
        say_background(v, out);
        for (size_t i = 0; i < v->n; i++)
            say_model(v, i, &r[i], out);
        say_action(v, r, out);
    }
    free(r);
    return err;
}
