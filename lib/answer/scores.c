#include "answer/scores.h"
#include "answer/group_words.h"
#include "base/grow.h"
#include "base/json.h"
#include "base/standard_io.h"
#include "base/table.h"
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- rows ------------------------------------------------------------------------------------- */

static char *copy_text(const char *s) {
    size_t n = strlen(s) + 1;
    char *p = malloc(n);
    if (p) memcpy(p, s, n);
    return p;
}

static void score_free(lint_score *s) {
    free(s->metric);
    free(s->class_name);
    free(s->place);
}

int lint_scores_add(lint_scores *s, const char *metric, const char *class_name, const char *place,
                    double value, double low, double high, size_t n, lint_err *e) {
    lint_score *more = lint_grow(s->v, s->n, &s->room, sizeof *more);
    if (!more) return lint_fail_mem(e, "scores");
    s->v = more;
    free(s->by_key);
    s->by_key = NULL;
    lint_score row = {copy_text(metric),
                      class_name ? copy_text(class_name) : NULL,
                      place ? copy_text(place) : NULL,
                      value,
                      low,
                      high,
                      n};
    if (!row.metric || (class_name && !row.class_name) || (place && !row.place)) {
        score_free(&row);
        return lint_fail_mem(e, "scores");
    }
    s->v[s->n++] = row;
    return 0;
}

int lint_scores_confuse(lint_scores *s, const char *class_name, const char *answer, size_t n,
                        lint_err *e) {
    struct lint_confused *more =
        lint_grow(s->confused, s->confusions, &s->confused_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "a confusion matrix");
    s->confused = more;
    more[s->confusions++] = (struct lint_confused){copy_text(class_name), copy_text(answer), n};
    const struct lint_confused *added = &more[s->confusions - 1];
    return added->class_name && added->answer ? 0 : lint_fail_mem(e, "a confusion matrix");
}

void lint_scores_free(lint_scores *s) {
    for (size_t i = 0; i < s->n; i++)
        score_free(&s->v[i]);
    for (size_t i = 0; i < s->confusions; i++) {
        free(s->confused[i].class_name);
        free(s->confused[i].answer);
    }
    free(s->v);
    free(s->by_key);
    free(s->confused);
    free(s->model);
    free(s->path);
    *s = (lint_scores){0};
}

static int same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The worst group's class and place are part of the answer, not of the question. */
static int names_its_group(const char *metric) {
    return strcmp(metric, "worst_group") == 0 || strcmp(metric, "worst_group_shifted") == 0;
}

static int compare_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* What lint_scores_find asks for. */
static int compare_keys(const lint_score *a, const lint_score *b) {
    int by = strcmp(a->metric, b->metric);
    if (by || names_its_group(a->metric)) return by;
    by = compare_text(a->class_name, b->class_name);
    return by ? by : compare_text(a->place, b->place);
}

/* Of one key, the first comes first. */
static int by_key(const void *a, const void *b) {
    const lint_score *x = *(const lint_score *const *)a, *y = *(const lint_score *const *)b;
    int by = compare_keys(x, y);
    return by ? by : (x > y) - (x < y);
}

/* Without it, rows are looked for one by one. */
static void sort_keys(lint_scores *s) {
    s->by_key = calloc(s->n + 1, sizeof(const lint_score *));
    if (!s->by_key) return;
    for (size_t i = 0; i < s->n; i++)
        s->by_key[i] = &s->v[i];
    qsort(s->by_key, s->n, sizeof(const lint_score *), by_key);
}

static const lint_score *find_sorted(const lint_scores *s, const lint_score *key) {
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare_keys(s->by_key[mid], key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n && compare_keys(s->by_key[lo], key) == 0 ? s->by_key[lo] : NULL;
}

const lint_score *lint_scores_find(const lint_scores *s, const char *metric, const char *class_name,
                                   const char *place) {
    if (s->by_key)
        return find_sorted(s, &(lint_score){.metric = (char *)metric,
                                            .class_name = (char *)class_name,
                                            .place = (char *)place});
    for (size_t i = 0; i < s->n; i++) {
        const lint_score *r = &s->v[i];
        if (strcmp(r->metric, metric) != 0) continue;
        if (names_its_group(metric) || (same(r->class_name, class_name) && same(r->place, place)))
            return r;
    }
    return NULL;
}

/* Whether a row is about the whole set. */
static int is_whole(const lint_score *r) {
    return (!r->class_name && !r->place) || names_its_group(r->metric);
}

/* The row of a class as such, which every evaluation has for each class. */
static int is_class(const lint_score *r) {
    return r->class_name && !r->place && strcmp(r->metric, "accuracy") == 0;
}

static int names_a_class(const lint_scores *s, const char *name) {
    for (size_t i = 0; i < s->n; i++)
        if (is_class(&s->v[i]) && strcmp(s->v[i].class_name, name) == 0) return 1;
    return 0;
}

/* As lint_places_are_classes: of rows, since scores may come from a file. The first class has a row
 * for every place. */
static int places_are_classes(const lint_scores *s) {
    const char *first = NULL;
    for (size_t i = 0; i < s->n; i++) {
        const lint_score *r = &s->v[i];
        if (!r->class_name || !r->place || strcmp(r->metric, "accuracy") != 0) continue;
        if (!first) first = r->class_name;
        if (strcmp(r->class_name, first) != 0) break;
        if (!names_a_class(s, r->place)) return 0;
    }
    return first != NULL;
}

/* The group of a row in words, or "-" if it has none; the caller frees. like: as for
 * lint_group_words. */
static char *group_of(const lint_score *r, int like) {
    enum { WORDS = 32 }; /* "on an", "-like background" */
    if (!r || !r->class_name) return copy_text("-");
    size_t size = strlen(r->class_name) + (r->place ? strlen(r->place) : 0) + WORDS;
    char *text = malloc(size);
    if (text) lint_group_words(text, size, r->class_name, r->place, like);
    return text;
}

/* --- text ------------------------------------------------------------------------------------- */

static void put_number(double v, FILE *out) {
    if (isnan(v))
        fputs("\t-", out);
    else
        fprintf(out, "\t%.6g", v);
}

void lint_scores_write_tsv(const lint_scores *s, FILE *out) {
    fputs("metric\tclass\tplace\tvalue\tlow\thigh\tn\n", out);
    for (size_t i = 0; i < s->n; i++) {
        const lint_score *r = &s->v[i];
        lint_text_put(r->metric, out);
        putc('\t', out);
        lint_text_put(r->class_name ? r->class_name : "*", out);
        putc('\t', out);
        lint_text_put(r->place ? r->place : "*", out);
        put_number(r->value, out);
        put_number(r->low, out);
        put_number(r->high, out);
        fprintf(out, "\t%zu\n", r->n);
    }
}

/* How many samples of class `from` were answered as `to`. */
static size_t confused(const lint_scores *s, const char *from, const char *to) {
    size_t n = 0;
    for (size_t i = 0; i < s->confusions; i++)
        if (strcmp(s->confused[i].class_name, from) == 0 && strcmp(s->confused[i].answer, to) == 0)
            n += s->confused[i].n;
    return n;
}

int lint_scores_write_confusion(const lint_scores *s, FILE *out, lint_err *e) {
    const char *name[LINT_CONFUSION_SHOWN];
    size_t K = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!is_class(&s->v[i])) continue;
        if (K == LINT_CONFUSION_SHOWN) return 0;
        name[K++] = s->v[i].class_name;
    }
    if (!K || !s->confusions) return 0;
    lint_table t = {.columns = K + 1};
    lint_table_cell(&t, "true class, answer:");
    for (size_t k = 0; k < K; k++)
        lint_table_cell(&t, name[k]);
    for (size_t i = 0; i < K; i++) {
        lint_table_cell(&t, name[i]);
        for (size_t k = 0; k < K; k++) {
            char text[32];
            snprintf(text, sizeof text, "%zu", confused(s, name[i], name[k]));
            lint_table_cell(&t, text);
        }
    }
    putc('\n', out);
    return lint_table_print(&t, out, e);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *text_or_null(const char *s) {
    return s ? json_string(s) : json_null();
}
static json_t *number_or_null(double v) {
    return isnan(v) ? json_null() : json_real(v);
}

/* like: as for lint_group_words. */
static json_t *row_json(const lint_score *r, int like) {
    json_t *row = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "metric", json_string(r->metric),
                            "class", text_or_null(r->class_name), "place", text_or_null(r->place),
                            "value", number_or_null(r->value), "low", number_or_null(r->low),
                            "high", number_or_null(r->high), "n", json_integer((json_int_t)r->n));
    if (!row || !r->class_name || !r->place) return row;
    char *words = group_of(r, like);
    int err = json_object_set_new(row, "group", json_string(words));
    free(words);
    if (err == 0) return row;
    json_decref(row);
    return NULL;
}

static json_t *confusion_json(const lint_scores *s) {
    json_t *cells = json_array();
    for (size_t i = 0; cells && i < s->confusions; i++) {
        const struct lint_confused *c = &s->confused[i];
        json_t *cell = json_pack("{s:s, s:s, s:I}", "class", c->class_name, "answer", c->answer,
                                 "n", (json_int_t)c->n);
        if (json_array_append_new(cells, cell) == 0) continue;
        json_decref(cells);
        return NULL;
    }
    return cells;
}

static json_t *scores_json(const lint_scores *s) {
    json_t *rows = json_array(), *summary = json_object();
    int err = rows && summary ? 0 : -1, like = places_are_classes(s);
    for (size_t i = 0; err == 0 && i < s->n; i++) {
        err = json_array_append_new(rows, row_json(&s->v[i], like));
        if (err == 0 && is_whole(&s->v[i]))
            err = json_object_set_new(summary, s->v[i].metric, number_or_null(s->v[i].value));
    }
    json_t *root = err == 0 ? json_pack("{s:s, s:s, s:O, s:O}", "kind", "scores", "lint", "1",
                                        "scores", rows, "summary", summary)
                            : NULL;
    json_decref(rows);
    json_decref(summary);
    if (root && s->model) err = json_object_set_new(root, "model", json_string(s->model));
    if (root && !err && s->confusions)
        err = json_object_set_new(root, "confusion", confusion_json(s));
    if (err == 0) return root;
    json_decref(root);
    return NULL;
}

int lint_scores_write_json(const lint_scores *s, FILE *out, lint_err *e) {
    return lint_json_write(scores_json(s), out, e);
}

static int get_text(const json_t *row, const char *key, const char **to) {
    const json_t *v = json_object_get(row, key);
    *to = json_string_value(v);
    return *to || json_is_null(v) ? 0 : -1;
}

static int get_number(const json_t *row, const char *key, double *to) {
    const json_t *v = json_object_get(row, key);
    *to = json_is_number(v) ? json_number_value(v) : NAN;
    return json_is_number(v) || json_is_null(v) ? 0 : -1;
}

static int read_row(lint_scores *s, const json_t *row, lint_err *e) {
    lint_score r = {0};
    const char *metric, *class_name, *place;
    const json_t *n = json_object_get(row, "n");
    if (get_text(row, "metric", &metric) < 0 || !metric ||
        get_text(row, "class", &class_name) < 0 || get_text(row, "place", &place) < 0 ||
        get_number(row, "value", &r.value) < 0 || get_number(row, "low", &r.low) < 0 ||
        get_number(row, "high", &r.high) < 0 || !json_is_integer(n) || json_integer_value(n) < 0)
        return lint_fail(e, "score %zu lacks members that lint-eval --json writes", s->n + 1);
    return lint_scores_add(s, metric, class_name, place, r.value, r.low, r.high,
                           (size_t)json_integer_value(n), e);
}

static int read_root(lint_scores *s, const json_t *root, lint_err *e) {
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const json_t *rows = json_object_get(root, "scores");
    if (!kind || strcmp(kind, "scores") != 0 || !json_is_array(rows))
        return lint_fail(e, "not scores as lint-eval --json writes them");
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (read_row(s, json_array_get(rows, i), e) < 0) return -1;
    sort_keys(s);
    return 0;
}

/* "camloss" of "runs/0/camloss.json". */
static char *name_of_path(const char *path) {
    const char *slash = strrchr(path, '/');
    char *name = copy_text(slash ? slash + 1 : path);
    size_t len = name ? strlen(name) : 0;
    if (len > 5 && strcmp(name + len - 5, ".json") == 0) name[len - 5] = 0;
    return name;
}

static int read_names(lint_scores *s, const json_t *root, const char *path, lint_err *e) {
    const char *model = json_string_value(json_object_get(root, "model"));
    s->model = model ? copy_text(model) : name_of_path(path);
    s->path = copy_text(path);
    return s->model && s->path ? 0 : lint_fail_mem(e, "scores");
}

static int read_file(lint_scores *s, FILE *in, const char *path, lint_err *e) {
    json_t *root = lint_json_read(in, LINT_SCORES_BYTES, LINT_SCORES_BYTES / 8, e);
    if (!root) return -1;
    int err = read_names(s, root, path, e);
    if (err == 0) err = read_root(s, root, e);
    json_decref(root);
    return err;
}

int lint_scores_read(lint_scores *s, const char *path, lint_err *e) {
    *s = (lint_scores){0};
    FILE *in = lint_input_open(path, e);
    if (!in) return -1;
    int err = read_file(s, in, path, e);
    lint_input_close(in);
    if (err == 0) return 0;
    lint_scores_free(s);
    return lint_err_prefix(e, "%s: ", lint_input_name(path));
}

static int is_count(const char *metric) {
    return strcmp(metric, "unlabelled") == 0 || strcmp(metric, "placeless") == 0;
}

/* What was chosen or left out, rather than measured. */
static int is_footnote(const lint_score *r) {
    return is_count(r->metric) || strcmp(r->metric, "iou_threshold") == 0 ||
           strcmp(r->metric, "center_radius") == 0 || strcmp(r->metric, "shift") == 0;
}

int lint_score_is_result(const lint_score *r) {
    return is_whole(r) && !is_footnote(r);
}

static void score_cell(lint_table *t, const lint_score *r) {
    char text[128];
    if (r && is_count(r->metric))
        snprintf(text, sizeof text, "%.0f", r->value);
    else if (!r || isnan(r->value))
        snprintf(text, sizeof text, "-");
    else if (isnan(r->low))
        snprintf(text, sizeof text, "%.3f", r->value);
    else
        snprintf(text, sizeof text, "%.3f [%.2f, %.2f]", r->value, r->low, r->high);
    lint_table_cell(t, text);
}

/* --- models side by side ---------------------------------------------------------------------- */

/* A cell with a metric and its group: "accuracy leopard on green". */
static void heading(lint_table *t, const lint_score *r, int like) {
    if (is_whole(r)) {
        lint_table_cell(t, r->metric);
        return;
    }
    char *words = group_of(r, like);
    size_t size = strlen(r->metric) + (words ? strlen(words) : 0) + 2;
    char *text = words ? malloc(size) : NULL;
    if (text)
        snprintf(text, size, "%s %s", r->metric, words);
    else
        t->failed = 1;
    if (text) lint_table_cell(t, text);
    free(words);
    free(text);
}

/* The line under a worst group: which one it is. */
static void which_line(lint_table *t, const lint_scores *s, size_t n, const char *metric) {
    lint_table_cell(t, "  which is");
    for (size_t i = 0; i < n; i++) {
        char *words =
            group_of(lint_scores_find(&s[i], metric, NULL, NULL), places_are_classes(&s[i]));
        if (words)
            lint_table_cell(t, words);
        else
            t->failed = 1;
        free(words);
    }
    lint_table_end_row(t);
}

static void compare_line(lint_table *t, const lint_scores *s, size_t n, const lint_score *key,
                         int like) {
    const lint_score *r[2] = {0};
    heading(t, key, like);
    for (size_t i = 0; i < n; i++) {
        const lint_score *found = lint_scores_find(&s[i], key->metric, key->class_name, key->place);
        score_cell(t, found);
        if (i < 2) r[i] = found;
    }
    if (n == 2 && !is_footnote(key))
        lint_table_number(t, r[0] && r[1] ? r[1]->value - r[0]->value : NAN, 1);
    lint_table_end_row(t);
    if (names_its_group(key->metric)) which_line(t, s, n, key->metric);
}

/* With twenty classes and as many places most groups are empty. */
static int has_samples(const lint_scores *s, size_t n, const lint_score *key) {
    for (size_t i = 0; i < n; i++) {
        const lint_score *r = lint_scores_find(&s[i], key->metric, key->class_name, key->place);
        if (r && r->n) return 1;
    }
    return 0;
}

/* The rows that pass the test, of every model, each once, in order of first appearance; those of
 * groups that are empty in every model only if asked for. */
static void compare_block(lint_table *t, const lint_scores *s, size_t n,
                          int (*pass)(const lint_score *), int empty) {
    for (size_t i = 0; i < n; i++) {
        int like = places_are_classes(&s[i]);
        for (size_t k = 0; k < s[i].n; k++) {
            const lint_score *r = &s[i].v[k];
            int known = !pass(r);
            for (size_t before = 0; before < i && !known; before++)
                known = lint_scores_find(&s[before], r->metric, r->class_name, r->place) != NULL;
            if (!known && (empty || is_whole(r) || has_samples(s, n, r)))
                compare_line(t, s, n, r, like);
        }
    }
}

static int is_group_accuracy(const lint_score *r) {
    return !is_whole(r) && strcmp(r->metric, "accuracy") == 0;
}
static int is_other(const lint_score *r) {
    return !lint_score_is_result(r) && !is_group_accuracy(r);
}

/* How many samples each accuracy is of. */
static void samples_line(lint_table *t, const lint_scores *s, size_t n) {
    lint_table_cell(t, "samples");
    for (size_t i = 0; i < n; i++) {
        const lint_score *r = lint_scores_find(&s[i], "accuracy", NULL, NULL);
        char text[32];
        snprintf(text, sizeof text, "%zu", r ? r->n : 0);
        lint_table_cell(t, text);
    }
    lint_table_end_row(t);
}

/* A column's heading: the model, unless another one has the same name. */
static const char *column_name(const lint_scores *s, size_t n, size_t i) {
    for (size_t k = 0; k < n; k++)
        if (k != i && s[i].path && strcmp(s[k].model, s[i].model) == 0) return s[i].path;
    return s[i].model;
}

int lint_scores_compare(const lint_scores *s, size_t n, int all, FILE *out, lint_err *e) {
    lint_table t = {.columns = n + 1 + (n == 2)};
    lint_table_cell(&t, "score [95 %]");
    for (size_t i = 0; i < n; i++)
        lint_table_cell(&t, column_name(s, n, i));
    if (n == 2) lint_table_cell(&t, "difference");
    samples_line(&t, s, n);
    compare_block(&t, s, n, lint_score_is_result, all);
    compare_block(&t, s, n, is_group_accuracy, all);
    if (all) compare_block(&t, s, n, is_other, all);
    return lint_table_print(&t, out, e);
}
