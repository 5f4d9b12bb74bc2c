#include "answer/metrics.h"
#include "answer/classification.h"
#include "answer/predictor.h"
#include "answer/top_cells.h"
#include "base/grow.h"
#include "base/wilson.h"
#include "picture/evidence.h"
#include "stream/samples.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    THRESHOLDS = 19,       /* of the map: 0.05, 0.10 ... 0.95 */
    CELLS_MAX = 1 << 16,   /* classes times places: memory is a tally for each */
    SHARE_TEXT_MAX = 4096, /* "class/place" */
};

static double threshold(size_t i) {
    return (double)(i + 1) / (THRESHOLDS + 1);
}

/* --- sums ------------------------------------------------------------------------------------- */

/* For a mean and its standard error. */
typedef struct moments {
    size_t n;
    double sum, squares;
} moments;

typedef struct tally {
    size_t n, correct, pointed;
    double moved; /* sum of the shares of moves with the right answer */
    moments entropy, in_mask, in_center, deletion, insertion, iou[THRESHOLDS];
} tally;

/* Tensors that lint-cam adds when asked; NULL where there are none. */
typedef struct extras {
    const float *shifted; /* [N,moves,K] */
    size_t moves;
    const float *deletion, *insertion; /* [N] */
} extras;

struct lint_metrics {
    double radius, shift; /* shift: NaN where the frames do not say */
    size_t seen, unlabelled, frames;
    size_t K;
    lint_names classes, places;
    int named_classes, named_places;  /* or numbered here */
    int has_place, has_mask, has_cam; /* of the first frame */
    int has_shifted, has_deletion, has_insertion;
    tally *cell; /* [places + 1, K]; row 0 is of samples without a place */
    size_t cell_room;
    double *share;          /* [places + 1, K], NULL before the first is given */
    double *d, *m, *center; /* [cam_h * cam_w] of the frame at hand */
    lint_top_cells top;
    lint_classification by_class;
};

static void moments_add(moments *m, double v) {
    m->n++;
    m->sum += v;
    m->squares += v * v;
}

static void moments_join(moments *to, const moments *from) {
    to->n += from->n;
    to->sum += from->sum;
    to->squares += from->squares;
}

static void tally_join(tally *to, const tally *from) {
    to->n += from->n;
    to->correct += from->correct;
    to->pointed += from->pointed;
    moments_join(&to->entropy, &from->entropy);
    to->moved += from->moved;
    moments_join(&to->deletion, &from->deletion);
    moments_join(&to->insertion, &from->insertion);
    moments_join(&to->in_mask, &from->in_mask);
    moments_join(&to->in_center, &from->in_center);
    for (size_t i = 0; i < THRESHOLDS; i++)
        moments_join(&to->iou[i], &from->iou[i]);
}

lint_metrics *lint_metrics_new(double radius, lint_err *e) {
    lint_metrics *m = calloc(1, sizeof *m);
    if (m)
        m->radius = radius;
    else
        lint_fail_mem(e, "metrics");
    return m;
}

void lint_metrics_free(lint_metrics *m) {
    if (!m) return;
    lint_names_free(&m->classes);
    lint_names_free(&m->places);
    free(m->cell);
    free(m->share);
    free(m->d);
    free(m->m);
    free(m->center);
    lint_top_cells_free(&m->top);
    lint_classification_free(&m->by_class);
    free(m);
}

size_t lint_metrics_count(const lint_metrics *m) {
    return m->seen;
}

/* --- adding frames ---------------------------------------------------------------------------- */

/* Names "class 0", "class 1"... for what has none, so that all that follows has names. */
static int number_names(lint_names *n, size_t count, const char *what, lint_err *e) {
    n->v = calloc(count + 1, sizeof *n->v);
    if (!n->v) return lint_fail_mem(e, "names");
    for (size_t i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s %zu", what, i);
        n->v[i] = malloc(sizeof text);
        if (!n->v[i]) return lint_fail_mem(e, "names");
        memcpy(n->v[i], text, sizeof text);
        n->n = i + 1;
    }
    return 0;
}

static int32_t largest(const int32_t *v, size_t n) {
    int32_t max = -1;
    for (size_t i = 0; i < n; i++)
        if (v[i] > max) max = v[i];
    return max;
}

/* Makes sure that there is a row of cells for every place up to `places`. */
static int grow_places(lint_metrics *m, size_t from, size_t places, lint_err *e) {
    if (places > CELLS_MAX / m->K - 1)
        return lint_fail(e, "%zu classes and %zu places make too many groups", m->K, places);
    tally *more = lint_grow_to(m->cell, (places + 1) * m->K, &m->cell_room, sizeof *more);
    if (!more) return lint_fail_mem(e, "metrics");
    memset(more + from * m->K, 0, (places + 1 - from) * m->K * sizeof *more);
    m->cell = more;
    return 0;
}

/* The tensor's floats in *to; NULL where there is no such tensor. */
static int find_floats(const lint_frame *f, const char *name, size_t rank, const uint64_t *shape,
                       const float **to, lint_err *e) {
    *to = NULL;
    if (!lint_frame_find(f, name)) return 0;
    const lint_tensor *t = lint_frame_need(f, name, LINT_F32, rank, shape, e);
    if (t) *to = t->data;
    return t ? 0 : -1;
}

static int find_extras(const lint_frame *f, const lint_samples *s, extras *x, lint_err *e) {
    const lint_tensor *t = lint_frame_find(f, "logits_shifted");
    x->moves = t && t->rank == 3 ? (size_t)t->shape[1] : 1;
    if (x->moves < 1) return lint_fail(e, "'logits_shifted' of no moves");
    if (find_floats(f, "logits_shifted", 3, (uint64_t[]){s->n, x->moves, s->k}, &x->shifted, e) ||
        find_floats(f, "deletion", 1, (uint64_t[]){s->n}, &x->deletion, e))
        return -1;
    return find_floats(f, "insertion", 1, (uint64_t[]){s->n}, &x->insertion, e);
}

static double said_shift(const lint_frame *f) {
    const char *text = lint_frame_meta(f, "shift");
    char *end = NULL;
    double v = text ? strtod(text, &end) : NAN;
    return text && end != text && !*end && isfinite(v) ? v : NAN;
}

/* The first frame says what every other must agree with. */
static int begin(lint_metrics *m, const lint_samples *s, const extras *x, lint_err *e) {
    m->K = s->k;
    m->has_place = s->place != NULL;
    m->has_mask = s->mask != NULL;
    m->has_cam = s->cam != NULL;
    m->has_shifted = x->shifted != NULL;
    m->has_deletion = x->deletion != NULL;
    m->has_insertion = x->insertion != NULL;
    if (m->K > CELLS_MAX / 2) return lint_fail(e, "%zu classes are too many", m->K);
    m->named_classes = s->classes.n > 0;
    m->named_places = m->has_place && s->places.n > 0;
    if (m->named_classes ? lint_names_copy(&m->classes, &s->classes, e)
                         : number_names(&m->classes, s->k, "class", e))
        return -1;
    if (m->named_places && lint_names_copy(&m->places, &s->places, e) < 0) return -1;
    return grow_places(m, 0, m->places.n, e);
}

/* Whether a later frame names classes or places as the first did. */
static int same_names(int named, const lint_names *first, const lint_names *now) {
    return named ? lint_names_equal(first, now) : now->n == 0;
}

static int check_alike(const lint_metrics *m, const lint_samples *s, const extras *x, lint_err *e) {
    if (m->has_place != (s->place != NULL) || m->has_mask != (s->mask != NULL) ||
        m->has_cam != (s->cam != NULL) || m->has_shifted != (x->shifted != NULL) ||
        m->has_deletion != (x->deletion != NULL) || m->has_insertion != (x->insertion != NULL))
        return lint_fail(e, "tensors differ from the frames before");
    if (s->k != m->K || !same_names(m->named_classes, &m->classes, &s->classes))
        return lint_fail(e, "classes differ from the frames before");
    if (m->has_place && !same_names(m->named_places, &m->places, &s->places))
        return lint_fail(e, "places differ from the frames before");
    return 0;
}

/* Places without names are numbered as they come. */
static int meet_places(lint_metrics *m, const lint_samples *s, lint_err *e) {
    size_t need = s->place ? (size_t)((int64_t)largest(s->place, s->n) + 1) : 0, old = m->places.n;
    if (need <= old) return 0;
    if (grow_places(m, old + 1, need, e) < 0) return -1;
    lint_names_free(&m->places);
    return number_names(&m->places, need, "place", e);
}

static int make_scratch(lint_metrics *m, const lint_samples *s, lint_err *e) {
    size_t P = s->cam_h * s->cam_w;
    double **scratch[] = {&m->d, &m->m, &m->center};
    if (!s->cam || !s->n) return 0; /* maps of no samples may say any size */
    for (size_t i = 0; i < 3; i++) {
        free(*scratch[i]);
        *scratch[i] = malloc(P * sizeof(double));
        if (!*scratch[i]) return lint_fail_mem(e, "maps");
    }
    lint_center_cells(m->radius, m->center, s->cam_h, s->cam_w);
    return 0;
}

static int all_finite(const float *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return 0;
    return 1;
}

/* Log of the sum of exponentials, less the label's logit. */
static double cross_entropy(const float *z, size_t K, size_t label, size_t *predicted) {
    size_t best = 0;
    for (size_t k = 1; k < K; k++)
        if (z[k] > z[best]) best = k;
    double sum = 0;
    for (size_t k = 0; k < K; k++)
        sum += exp((double)z[k] - (double)z[best]);
    *predicted = best;
    return log(sum) + (double)z[best] - (double)z[label];
}

static int has_object(const uint8_t *mask, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (mask[i]) return 1;
    return 0;
}

/* What the map of sample i says, into its cell. */
static int add_map(lint_metrics *m, const lint_samples *s, size_t i, size_t label, tally *t,
                   lint_err *e) {
    size_t P = s->cam_h * s->cam_w;
    lint_evidence(s->cam + i * s->k * P, s->k, P, label, m->d);
    if (lint_top_cells_add(&m->top, m->d, s->cam_h, s->cam_w, e) < 0) return -1;
    double share = lint_evidence_share(m->d, m->center, P);
    if (!isnan(share)) moments_add(&t->in_center, share);
    if (!s->mask || !has_object(s->mask + i * s->h * s->w, s->h * s->w)) return 0;
    lint_mask_cells(s->mask + i * s->h * s->w, s->h, s->w, m->m, s->cam_h, s->cam_w);
    share = lint_evidence_share(m->d, m->m, P);
    if (!isnan(share)) moments_add(&t->in_mask, share);
    t->pointed += (size_t)lint_points_at(m->d, m->m, P);
    for (size_t k = 0; k < THRESHOLDS; k++)
        moments_add(&t->iou[k], lint_cells_iou(m->d, m->m, P, threshold(k)));
    return 0;
}

/* Each move is a share of one answer. */
static int add_moves(const extras *x, size_t i, size_t K, size_t label, tally *t, lint_err *e) {
    const float *z = x->shifted + i * x->moves * K;
    size_t right = 0;
    if (!all_finite(z, x->moves * K))
        return lint_fail(e, "'logits_shifted' of sample %zu are not finite", i);
    for (size_t k = 0; k < x->moves; k++)
        right += lint_predicted(z + k * K, K, NULL) == label;
    t->moved += (double)right / (double)x->moves;
    return 0;
}

static int add_share(moments *m, const char *name, const float *v, size_t i, lint_err *e) {
    if (!v) return 0;
    if (!(v[i] >= 0 && v[i] <= 1))
        return lint_fail(e, "'%s' of sample %zu is %g, expected 0 to 1", name, i, (double)v[i]);
    moments_add(m, (double)v[i]);
    return 0;
}

static int add_extras(const extras *x, size_t i, size_t K, size_t label, tally *t, lint_err *e) {
    if (x->shifted && add_moves(x, i, K, label, t, e) < 0) return -1;
    if (add_share(&t->deletion, "deletion", x->deletion, i, e) < 0) return -1;
    return add_share(&t->insertion, "insertion", x->insertion, i, e);
}

static int add_sample(lint_metrics *m, const lint_samples *s, const extras *x, size_t i,
                      lint_err *e) {
    size_t P = s->k * s->cam_h * s->cam_w, predicted;
    m->seen++;
    if (s->label[i] < 0) {
        m->unlabelled++;
        return 0;
    }
    if (!all_finite(s->logits + i * s->k, s->k))
        return lint_fail(e, "'logits' of sample %zu are not finite", i);
    if (s->cam && !all_finite(s->cam + i * P, P))
        return lint_fail(e, "'cam' of sample %zu is not finite", i);
    size_t label = (size_t)s->label[i], place = s->place ? (size_t)(s->place[i] + 1) : 0;
    tally *t = &m->cell[place * m->K + label];
    moments_add(&t->entropy, cross_entropy(s->logits + i * s->k, s->k, label, &predicted));
    t->n++;
    t->correct += predicted == label;
    if (lint_classification_add(&m->by_class, s->logits + i * s->k, s->k, label, e) < 0) return -1;
    if (add_extras(x, i, s->k, label, t, e) < 0) return -1;
    return s->cam ? add_map(m, s, i, label, t, e) : 0;
}

static int add_view(lint_metrics *m, const lint_frame *f, const lint_samples *s, lint_err *e) {
    extras x = {0};
    if (!s->logits) return lint_fail(e, "no 'logits' (lint-cam MODEL adds them)");
    if (!s->label) return lint_fail(e, "no 'label' to compare predictions with");
    if (find_extras(f, s, &x, e) < 0) return -1;
    if (m->frames == 0) m->shift = said_shift(f);
    if ((m->frames ? check_alike(m, s, &x, e) : begin(m, s, &x, e)) < 0) return -1;
    if (meet_places(m, s, e) < 0 || make_scratch(m, s, e) < 0) return -1;
    for (size_t i = 0; i < s->n; i++)
        if (add_sample(m, s, &x, i, e) < 0) return -1;
    m->frames++;
    return 0;
}

int lint_metrics_add(lint_metrics *m, const lint_frame *f, lint_err *e) {
    lint_samples s;
    if (lint_samples_view(f, &s, e) < 0) return -1;
    int err = add_view(m, f, &s, e);
    lint_samples_free(&s);
    return err;
}

/* --- groups ----------------------------------------------------------------------------------- */

/* Groups are cells: those of the places, or row 0 where there are none. They are numbered
 * class by class: g = class * rows + place. */
static size_t group_rows(const lint_metrics *m) {
    return m->places.n ? m->places.n : 1;
}
static size_t groups(const lint_metrics *m) {
    return m->K * group_rows(m);
}
static size_t group_class(const lint_metrics *m, size_t g) {
    return g / group_rows(m);
}
static size_t group_cell(const lint_metrics *m, size_t g) {
    size_t row = g % group_rows(m) + (m->places.n ? 1 : 0);
    return row * m->K + group_class(m, g);
}
static const char *group_place(const lint_metrics *m, size_t g) {
    return m->places.n ? m->places.v[g % group_rows(m)] : NULL;
}

static int need_shares(lint_metrics *m, lint_err *e) {
    if (m->K == 0) return lint_fail(e, "no predictions to weight by shares");
    if (!m->share) m->share = calloc((m->places.n + 1) * m->K, sizeof *m->share);
    return m->share ? 0 : lint_fail_mem(e, "shares");
}

/* Adds 1 to the share of the group that sample i of the set is in; returns whether there is one. */
static int count_share(lint_metrics *m, const lint_dataset *set, size_t i) {
    int32_t label = lint_dataset_label(set, i),
            place = m->places.n ? lint_dataset_place(set, i) : 0;
    if (label < 0 || place < 0 || (size_t)label >= m->K) return 0;
    if (m->places.n && (size_t)place >= m->places.n) return 0;
    m->share[((size_t)place + (m->places.n ? 1 : 0)) * m->K + (size_t)label] += 1;
    return 1;
}

int lint_metrics_share_set(lint_metrics *m, const lint_dataset *set, lint_err *e) {
    if (need_shares(m, e) < 0) return -1;
    if (!same_names(m->named_classes, &m->classes, lint_dataset_classes(set)))
        return lint_fail(e, "classes differ from those of the predictions");
    if (m->places.n && !same_names(m->named_places, &m->places, lint_dataset_places(set)))
        return lint_fail(e, "places differ from those of the predictions");
    size_t counted = 0;
    for (size_t i = 0; i < lint_dataset_count(set); i++)
        counted += (size_t)count_share(m, set, i);
    return counted ? 0 : lint_fail(e, "no sample belongs to a group of the predictions");
}

/* The group whose "class/place" (or "class") is text[0..len-1]; groups(m) if there is none. */
static size_t find_group(const lint_metrics *m, const char *text, size_t len) {
    for (size_t g = 0; g < groups(m); g++) {
        char name[SHARE_TEXT_MAX];
        const char *place = group_place(m, g);
        int n = snprintf(name, sizeof name, "%s%s%s", m->classes.v[group_class(m, g)],
                         place ? "/" : "", place ? place : "");
        if (n >= 0 && (size_t)n == len && (size_t)n < sizeof name && memcmp(name, text, len) == 0)
            return g;
    }
    return groups(m);
}

int lint_metrics_share_text(lint_metrics *m, const char *text, lint_err *e) {
    if (need_shares(m, e) < 0) return -1;
    const char *eq = strrchr(text, '=');
    char *end = NULL;
    double share = eq ? strtod(eq + 1, &end) : -1;
    if (!eq || end == eq + 1 || *end || !isfinite(share) || share < 0)
        return lint_fail(e, "'%s' is not GROUP=SHARE with a share of 0 or more", text);
    size_t g = find_group(m, text, (size_t)(eq - text));
    if (g == groups(m))
        return lint_fail(e, "there is no group '%.*s' (groups are named %s)", (int)(eq - text),
                         text, m->places.n ? "CLASS/PLACE" : "CLASS");
    m->share[group_cell(m, g)] += share;
    return 0;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* One of the rows of a class, a group or all: whose they are. */
typedef struct owner {
    lint_scores *to;
    const char *class_name, *place;
} owner;

static int put(const owner *o, const char *metric, double v, double low, double high, size_t n,
               lint_err *e) {
    return lint_scores_add(o->to, metric, o->class_name, o->place, v, low, high, n, e);
}

static int put_share(const owner *o, const char *metric, size_t k, size_t n, lint_err *e) {
    double low, high;
    lint_wilson(k, n, &low, &high);
    return put(o, metric, n ? (double)k / (double)n : NAN, low, high, n, e);
}

/* A mean of numbers that are at least 0 and at most `most`. */
static int put_mean(const owner *o, const char *metric, const moments *m, double most,
                    lint_err *e) {
    double n = (double)m->n, mean = m->n ? m->sum / n : NAN, low = NAN, high = NAN;
    if (m->n > 1) {
        double half = LINT_Z95 * sqrt(fmax(m->squares - n * mean * mean, 0) / (n - 1) / n);
        low = fmax(mean - half, 0);
        high = fmin(mean + half, most);
    }
    return put(o, metric, mean, low, high, m->n, e);
}

static int put_accuracy(const owner *o, const tally *t, lint_err *e) {
    return put_share(o, "accuracy", t->correct, t->n, e);
}

/* The rows that every owner has after accuracy. best: index of the threshold for iou. */
static int put_rest(const lint_metrics *m, const owner *o, const tally *t, size_t best,
                    lint_err *e) {
    int err = put_mean(o, "cross_entropy", &t->entropy, INFINITY, e);
    if (err == 0 && m->has_deletion) err = put_mean(o, "deletion", &t->deletion, 1, e);
    if (err == 0 && m->has_insertion) err = put_mean(o, "insertion", &t->insertion, 1, e);
    if (err == 0 && m->has_cam) err = put_mean(o, "evidence_in_center", &t->in_center, 1, e);
    if (err < 0 || !m->has_cam || !m->has_mask) return err;
    err = put_mean(o, "evidence_in_mask", &t->in_mask, 1, e);
    if (err == 0) err = put_share(o, "pointing_game", t->pointed, t->iou[0].n, e);
    if (err == 0) err = put_mean(o, "iou", &t->iou[best], 1, e);
    return err;
}

/* Accuracy over all moves; a picture counts once, so that the interval is of pictures. */
static int put_moved(const owner *o, const char *metric, const tally *t, lint_err *e) {
    double low, high, mean = t->n ? t->moved / (double)t->n : NAN;
    lint_wilson_mean(mean, t->n, &low, &high);
    return put(o, metric, mean, low, high, t->n, e);
}

static int put_worst(const lint_metrics *m, lint_scores *s, int moved, lint_err *e) {
    const char *metric = moved ? "worst_group_shifted" : "worst_group";
    size_t worst = groups(m);
    double lowest = INFINITY;
    for (size_t g = 0; g < groups(m); g++) {
        const tally *t = &m->cell[group_cell(m, g)];
        double accuracy = (moved ? t->moved : (double)t->correct) / (double)t->n;
        if (t->n && accuracy < lowest) {
            lowest = accuracy;
            worst = g;
        }
    }
    if (worst == groups(m)) return lint_scores_add(s, metric, NULL, NULL, NAN, NAN, NAN, 0, e);
    const tally *t = &m->cell[group_cell(m, worst)];
    owner o = {s, m->classes.v[group_class(m, worst)], group_place(m, worst)};
    return moved ? put_moved(&o, metric, t, e) : put_share(&o, metric, t->correct, t->n, e);
}

/* Mean of the groups' accuracies, weighted by share (NULL: equally, over groups with samples). A
 * group that has a share but no samples leaves the mean unknown. */
static int put_group_mean(const lint_metrics *m, lint_scores *s, const char *metric,
                          const double *share, lint_err *e) {
    double sum = 0, mean = 0, below = 0, above = 0;
    size_t n = 0;
    int known = 1;
    for (int round = 0; round < 2; round++)
        for (size_t g = 0; g < groups(m); g++) {
            const tally *t = &m->cell[group_cell(m, g)];
            double w = share ? share[group_cell(m, g)] : t->n > 0;
            double p = (double)t->correct / (double)t->n, low, high;
            if (w <= 0) continue;
            if (t->n == 0) known = 0;
            if (round == 0) {
                sum += w;
                continue;
            }
            w /= sum;
            lint_wilson(t->correct, t->n, &low, &high);
            mean += w * p;
            below += w * w * (p - low) * (p - low);
            above += w * w * (high - p) * (high - p);
            n += t->n;
        }
    owner o = {s, NULL, NULL};
    if (sum <= 0 || !known) return put(&o, metric, NAN, NAN, NAN, n, e);
    return put(&o, metric, mean, mean - sqrt(below), mean + sqrt(above), n, e);
}

/* Sums of one class (or, for m->K, of all) over all places, those without a place too. */
static tally sum_of(const lint_metrics *m, size_t k) {
    tally t = {0};
    for (size_t row = 0; row <= m->places.n; row++)
        for (size_t c = k < m->K ? k : 0; c < (k < m->K ? k + 1 : m->K); c++)
            tally_join(&t, &m->cell[row * m->K + c]);
    return t;
}

static size_t best_threshold(const tally *t) {
    size_t best = 0;
    for (size_t i = 1; i < THRESHOLDS; i++)
        if (t->iou[i].sum > t->iou[best].sum) best = i;
    return best;
}

/* Of few pictures there is no row. */
static int put_top_cells(const lint_metrics *m, const owner *o, lint_err *e) {
    double share = lint_top_cells_share(&m->top);
    if (isnan(share)) return 0;
    return put(o, "evidence_in_top_cells", share, NAN, NAN, m->top.n, e);
}

/* What was chosen, and what was left out. */
static int put_footnotes(const lint_metrics *m, const owner *o, const tally *all, size_t best,
                         lint_err *e) {
    size_t placeless = 0, pointed = all->iou[0].n;
    int err = 0;
    for (size_t c = 0; m->places.n && c < m->K; c++)
        placeless += m->cell[c].n;
    if (m->has_cam && m->has_mask)
        err = put(o, "iou_threshold", pointed ? threshold(best) : NAN, NAN, NAN, pointed, e);
    if (err == 0 && m->has_cam) err = put(o, "center_radius", m->radius, NAN, NAN, all->n, e);
    if (err == 0 && m->has_shifted) err = put(o, "shift", m->shift, NAN, NAN, all->n, e);
    if (err == 0) err = put(o, "unlabelled", (double)m->unlabelled, NAN, NAN, m->seen, e);
    if (err == 0 && m->places.n) err = put(o, "placeless", (double)placeless, NAN, NAN, all->n, e);
    return err;
}

static int put_whole(const lint_metrics *m, lint_scores *s, const tally *all, size_t best,
                     lint_err *e) {
    owner o = {s, NULL, NULL};
    int err = put_accuracy(&o, all, e);
    if (err == 0) err = put_worst(m, s, 0, e);
    if (err == 0) err = put_group_mean(m, s, "group_mean", NULL, e);
    if (err == 0 && m->share) err = put_group_mean(m, s, "adjusted_mean", m->share, e);
    if (err == 0 && m->has_shifted) err = put_moved(&o, "accuracy_shifted", all, e);
    if (err == 0 && m->has_shifted) err = put_worst(m, s, 1, e);
    if (err == 0) err = lint_classification_whole(&m->by_class, s, e);
    if (err == 0) err = put_rest(m, &o, all, best, e);
    if (err == 0) err = put_top_cells(m, &o, e);
    if (err == 0) err = put_footnotes(m, &o, all, best, e);
    return err;
}

static int put_part(const lint_metrics *m, const owner *o, const tally *t, size_t best,
                    lint_err *e) {
    int err = put_accuracy(o, t, e);
    if (err == 0 && m->has_shifted) err = put_moved(o, "accuracy_shifted", t, e);
    return err == 0 ? put_rest(m, o, t, best, e) : -1;
}

int lint_metrics_scores(const lint_metrics *m, lint_scores *s, lint_err *e) {
    if (m->seen == 0) return lint_fail(e, "no predictions");
    tally all = sum_of(m, m->K);
    size_t best = best_threshold(&all);
    int err = put_whole(m, s, &all, best, e);
    for (size_t k = 0; err == 0 && k < m->K; k++) {
        tally t = sum_of(m, k);
        owner o = {s, m->classes.v[k], NULL};
        err = put_part(m, &o, &t, best, e);
        if (err == 0) err = lint_classification_class(&m->by_class, k, o.class_name, s, e);
    }
    if (err == 0) err = lint_classification_confusion(&m->by_class, &m->classes, s, e);
    for (size_t g = 0; err == 0 && m->places.n && g < groups(m); g++) {
        owner o = {s, m->classes.v[group_class(m, g)], group_place(m, g)};
        err = put_part(m, &o, &m->cell[group_cell(m, g)], best, e);
    }
    return err;
}
