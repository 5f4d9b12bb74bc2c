/* Metrics against values worked out by hand or printed in the literature. */
#include "answer/metrics.h"
#include "answer/top_cells.h"
#include "base/wilson.h"
#include "picture/evidence.h"
#include "support/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Double arithmetic in another order than the hand's. */
#define EXACT 1e-12

static void assert_near(const char *what, double a, double b, double atol) {
    if (!check_value(what, a, b, atol, 0)) fail_msg("%s is %.17g, expected %.17g", what, a, b);
}

/* --- formulas --------------------------------------------------------------------------------- */

static void wilson_intervals_are_those_of_the_literature(void **state) {
    (void)state;
    /* R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
     * Medicine 17 (1998), table I, method 3; four decimals are printed. */
    static const struct {
        size_t k, n;
        double low, high;
    } printed[] = {{81, 263, 0.2553, 0.3662},
                   {15, 148, 0.0624, 0.1605},
                   {0, 20, 0.0000, 0.1611},
                   {1, 29, 0.0061, 0.1718}};
    double low, high;
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        lint_wilson(printed[i].k, printed[i].n, &low, &high);
        assert_near("low", low, printed[i].low, 0.00005);
        assert_near("high", high, printed[i].high, 0.00005);
        double l, h; /* the rest of n is the mirror image */
        lint_wilson(printed[i].n - printed[i].k, printed[i].n, &l, &h);
        assert_near("mirrored low", l, 1 - high, EXACT);
        assert_near("mirrored high", h, 1 - low, EXACT);
    }
    lint_wilson(0, 20, &low, &high);
    assert_true(low == 0);
    lint_wilson(20, 20, &low, &high);
    assert_true(high == 1);
    lint_wilson(0, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static void a_mask_is_averaged_over_the_area_of_each_cell(void **state) {
    (void)state;
    static const uint8_t mask[4 * 4] = {255, 255, 0,   0,   255, 0, 0,   0,
                                        0,   0,   255, 255, 0,   0, 255, 255};
    double m[4], even[9];
    lint_mask_cells(mask, 4, 4, m, 2, 2);
    assert_near("three of four", m[0], 0.75, EXACT);
    assert_near("none", m[1] + m[2], 0, 0);
    assert_near("all", m[3], 1, EXACT);

    /* 2x2 pixels onto 3x3 cells: each cell is 2/3 of a pixel wide; the middle one touches all. */
    static const uint8_t four[4] = {255, 0, 0, 0};
    lint_mask_cells(four, 2, 2, even, 3, 3);
    assert_near("corner", even[0], 1, EXACT);
    assert_near("edge", even[1], 0.5, EXACT);
    assert_near("middle", even[4], 0.25, EXACT);
    assert_near("far corner", even[8], 0, 0);

    /* 3 pixels onto 2 cells, and one pixel onto four. */
    static const uint8_t row[3] = {0, 255, 0};
    lint_mask_cells(row, 1, 3, m, 1, 2);
    assert_near("a third", m[0], 1.0 / 3, EXACT);
    assert_near("a third", m[1], 1.0 / 3, EXACT);
    static const uint8_t one[1] = {51};
    lint_mask_cells(one, 1, 1, m, 2, 2);
    assert_near("grey", m[3], 0.2, EXACT);
}

static void evidence_is_the_class_less_the_mean_of_the_others(void **state) {
    (void)state;
    static const float cam[3 * 2] = {1, 2, 10, 20, 4, -4};
    double d[2];
    lint_evidence(cam, 3, 2, 1, d);
    assert_near("first", d[0], 10 - 2.5, EXACT);
    assert_near("second", d[1], 20 + 1, EXACT);
    lint_evidence(cam, 1, 2, 0, d);
    assert_near("a single class", d[1], 2, EXACT);
}

static void the_center_is_the_cells_whose_middle_is_near(void **state) {
    (void)state;
    double m[16];
    lint_center_cells(0.25, m, 4, 4); /* middles at 1/8 and 3/8 from the centre in x and y */
    for (int i = 0; i < 16; i++)
        assert_true(m[i] == (i == 5 || i == 6 || i == 9 || i == 10));
    lint_center_cells(0.4, m, 4, 4); /* sqrt(1 + 9) / 8 = 0.395 is in, sqrt(9 + 9) / 8 = 0.53 not */
    for (int i = 0; i < 16; i++)
        assert_true(m[i] == !(i == 0 || i == 3 || i == 12 || i == 15));
}

static void shares_of_evidence_count_both_signs(void **state) {
    (void)state;
    static const double d[4] = {3, -1, 0, -4}, m[4] = {1, 0.5, 1, 0}, none[4] = {0};
    assert_near("share", lint_evidence_share(d, m, 4), 3.5 / 8, EXACT);
    assert_true(isnan(lint_evidence_share(none, m, 4)));
}

static void pointing_is_at_the_largest_positive_place(void **state) {
    (void)state;
    static const double d[3] = {1, 3, -9}, tie[3] = {2, 2, 0}, negative[3] = {-1, -2, -3};
    assert_int_equal(lint_points_at(d, (double[]){0, 0.5, 0}, 3), 1);
    assert_int_equal(lint_points_at(d, (double[]){1, 0.49, 1}, 3), 0);
    assert_int_equal(lint_points_at(tie, (double[]){1, 0, 0}, 3), 1);
    assert_int_equal(lint_points_at(negative, (double[]){1, 1, 1}, 3), 0);
}

static void iou_counts_the_pixels_of_the_cells(void **state) {
    (void)state;
    static const double d[4] = {4, 2, 1, -8}, m[4] = {1, 0.5, 0, 0.5};
    assert_near("high threshold", lint_cells_iou(d, m, 4, 0.6), 1.0 / (1 + 0.5 + 0.5), EXACT);
    assert_near("equal counts", lint_cells_iou(d, m, 4, 0.5), 1.5 / (2 + 0.5), EXACT);
    assert_near("low threshold", lint_cells_iou(d, m, 4, 0.05), 1.5 / (3 + 0.5), EXACT);
    static const double none[2] = {0, -1}, object[2] = {1, 0};
    assert_near("no evidence", lint_cells_iou(none, object, 2, 0.5), 0, 0);
}

/* --- frames ----------------------------------------------------------------------------------- */

typedef struct sample {
    int label, place;
    float z[2];
} sample;

static const sample eight[] = {
    {0, 0, {1, 0}}, {0, 0, {0, 1}}, {0, 1, {1, 0}},  {1, 0, {0, 1}},
    {1, 1, {1, 0}}, {1, 1, {1, 0}}, {-1, 1, {0, 1}}, {1, -1, {0, 1}},
};

static lint_frame predictions(const sample *v, size_t n, const char *classes, const char *places) {
    lint_frame f = {0};
    lint_err e;
    int32_t *label = lint_frame_add(&f, "label", LINT_I32, 1, (uint64_t[]){n}, &e)->data;
    float *z = lint_frame_add(&f, "logits", LINT_F32, 2, (uint64_t[]){n, 2}, &e)->data;
    int32_t *place = lint_frame_add(&f, "place", LINT_I32, 1, (uint64_t[]){n}, &e)->data;
    for (size_t i = 0; i < n; i++) {
        label[i] = v[i].label;
        place[i] = v[i].place;
        memcpy(z + 2 * i, v[i].z, sizeof v[i].z);
    }
    lint_frame_set_meta(&f, "classes", classes, &e);
    lint_frame_set_meta(&f, "places", places, &e);
    return f;
}

#define AB "[\"a\",\"b\"]"
#define XY "[\"x\",\"y\"]"

static lint_metrics *metrics_of(const lint_frame *f) {
    lint_err e;
    lint_metrics *m = lint_metrics_new(0.25, &e);
    if (lint_metrics_add(m, f, &e) < 0) fail_msg("%s", e.msg);
    return m;
}

static void row(const lint_scores *s, const char *metric, const char *c, const char *p,
                double value, size_t n) {
    const lint_score *r = lint_scores_find(s, metric, c, p);
    if (!r) fail_msg("no %s of %s/%s", metric, c ? c : "*", p ? p : "*");
    if (isnan(value))
        assert_true(isnan(r->value));
    else
        assert_near(metric, r->value, value, 1e-7);
    assert_int_equal(r->n, n);
}

static lint_scores scores_of(const lint_metrics *m) {
    lint_scores s = {0};
    lint_err e;
    if (lint_metrics_scores(m, &s, &e) < 0) fail_msg("%s", e.msg);
    return s;
}

static void accuracies_of_all_classes_and_groups(void **state) {
    (void)state;
    lint_frame f = predictions(eight, 8, AB, XY);
    lint_metrics *m = metrics_of(&f);
    lint_scores s = scores_of(m);
    assert_int_equal(lint_metrics_count(m), 8);
    row(&s, "accuracy", NULL, NULL, 4.0 / 7, 7);
    row(&s, "accuracy", "a", NULL, 2.0 / 3, 3);
    row(&s, "accuracy", "b", NULL, 2.0 / 4, 4);
    row(&s, "accuracy", "a", "x", 0.5, 2);
    row(&s, "accuracy", "a", "y", 1, 1);
    row(&s, "accuracy", "b", "x", 1, 1);
    row(&s, "accuracy", "b", "y", 0, 2);
    row(&s, "worst_group", NULL, NULL, 0, 2);
    row(&s, "group_mean", NULL, NULL, 2.5 / 4, 6);
    row(&s, "unlabelled", NULL, NULL, 1, 8);
    row(&s, "placeless", NULL, NULL, 1, 7);
    /* log(1 + 1/e) where right, 1 more where wrong */
    row(&s, "cross_entropy", NULL, NULL, 0.31326168751822286 + 3.0 / 7, 7);
    row(&s, "cross_entropy", "b", "y", 1.31326168751822286, 2);
    const lint_score *worst = lint_scores_find(&s, "worst_group", NULL, NULL);
    assert_string_equal(worst->class_name, "b");
    assert_string_equal(worst->place, "y");
    double low, high;
    lint_wilson(0, 2, &low, &high);
    assert_near("low", worst->low, low, 0);
    assert_near("high", worst->high, high, 0);
    assert_null(lint_scores_find(&s, "adjusted_mean", NULL, NULL));
    assert_null(lint_scores_find(&s, "evidence_in_center", NULL, NULL));
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void the_adjusted_mean_weights_groups_by_their_shares(void **state) {
    (void)state;
    lint_err e;
    lint_frame f = predictions(eight, 8, AB, XY);
    lint_metrics *m = metrics_of(&f);
    static const char *const share[] = {"a/x=4", "a/y=1", "b/x=1", "b/y=3", "b/y=1"};
    for (int i = 0; i < 5; i++)
        assert_int_equal(lint_metrics_share_text(m, share[i], &e), 0);
    lint_scores s = scores_of(m);
    row(&s, "adjusted_mean", NULL, NULL, 0.4 * 0.5 + 0.1 + 0.1, 6);
    /* MOVER: each side's distances to the Wilson limits, weighted, squared and added. */
    static const struct {
        double w, p;
        size_t k, n;
    } g[] = {{0.4, 0.5, 1, 2}, {0.1, 1, 1, 1}, {0.1, 1, 1, 1}, {0.4, 0, 0, 2}};
    double below = 0, above = 0;
    for (int i = 0; i < 4; i++) {
        double low, high;
        lint_wilson(g[i].k, g[i].n, &low, &high);
        below += pow(g[i].w * (g[i].p - low), 2);
        above += pow(g[i].w * (high - g[i].p), 2);
    }
    const lint_score *r = lint_scores_find(&s, "adjusted_mean", NULL, NULL);
    assert_near("low", r->low, 0.4 - sqrt(below), EXACT);
    assert_near("high", r->high, 0.4 + sqrt(above), EXACT);
    lint_scores_free(&s);
    assert_int_equal(lint_metrics_share_text(m, "c/x=1", &e), -1);
    assert_non_null(strstr(e.msg, "no group 'c/x' (groups are named CLASS/PLACE)"));
    static const char *const bad[] = {"a/x", "a/x=", "a/x=-1", "a/x=1e999", "a/x=nan", "a/x=1 "};
    for (int i = 0; i < 6; i++)
        assert_int_equal(lint_metrics_share_text(m, bad[i], &e), -1);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void a_group_without_samples_is_shown_but_not_the_worst(void **state) {
    (void)state;
    lint_err e;
    lint_frame f = predictions(eight, 3, AB, XY); /* a/x, a/x, a/y */
    lint_metrics *m = metrics_of(&f);
    lint_metrics_share_text(m, "a/x=1", &e);
    lint_scores s = scores_of(m);
    row(&s, "accuracy", "b", "y", NAN, 0);
    row(&s, "worst_group", NULL, NULL, 0.5, 2);
    row(&s, "group_mean", NULL, NULL, 0.75, 3);
    row(&s, "adjusted_mean", NULL, NULL, 0.5, 2);
    lint_scores_free(&s);
    lint_metrics_share_text(m, "b/y=1", &e); /* a share of what was not measured */
    s = scores_of(m);
    row(&s, "adjusted_mean", NULL, NULL, NAN, 2);
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void without_places_a_class_is_a_group(void **state) {
    (void)state;
    lint_err e;
    lint_frame f = predictions(eight, 8, NULL, NULL);
    lint_frame_drop(&f, "place");
    lint_metrics *m = metrics_of(&f);
    assert_int_equal(lint_metrics_share_text(m, "class 1=1", &e), 0);
    lint_scores s = scores_of(m);
    row(&s, "worst_group", NULL, NULL, 0.5, 4);
    assert_string_equal(lint_scores_find(&s, "worst_group", NULL, NULL)->class_name, "class 1");
    row(&s, "group_mean", NULL, NULL, (2.0 / 3 + 0.5) / 2, 7);
    row(&s, "adjusted_mean", NULL, NULL, 0.5, 4);
    assert_null(lint_scores_find(&s, "placeless", NULL, NULL));
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void places_without_names_are_numbered_as_they_come(void **state) {
    (void)state;
    lint_err e;
    lint_frame f = predictions(eight, 2, AB, NULL), g = predictions(eight + 2, 6, AB, NULL);
    lint_metrics *m = metrics_of(&f);
    assert_int_equal(lint_metrics_add(m, &g, &e), 0);
    lint_scores s = scores_of(m);
    row(&s, "accuracy", "a", "place 0", 0.5, 2);
    row(&s, "accuracy", "b", "place 1", 0, 2);
    row(&s, "placeless", NULL, NULL, 1, 7);
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
    lint_frame_free(&g);
}

static void frames_may_be_cut_anywhere(void **state) {
    (void)state;
    lint_err e;
    lint_frame all = predictions(eight, 8, AB, XY);
    lint_metrics *whole = metrics_of(&all), *parts = lint_metrics_new(0.25, &e);
    for (size_t i = 0; i < 8; i++) {
        lint_frame f = predictions(eight + i, 1, AB, XY);
        assert_int_equal(lint_metrics_add(parts, &f, &e), 0);
        lint_frame_free(&f);
    }
    lint_scores a = scores_of(whole), b = scores_of(parts);
    assert_int_equal(a.n, b.n);
    for (size_t i = 0; i < a.n; i++)
        assert_memory_equal(&a.v[i].value, &b.v[i].value, sizeof(double));
    lint_scores_free(&a);
    lint_scores_free(&b);
    lint_metrics_free(whole);
    lint_metrics_free(parts);
    lint_frame_free(&all);
}

static void logits_of_any_size_have_a_finite_cross_entropy(void **state) {
    (void)state;
    static const sample far[] = {{0, 0, {0, 3e38f}}, {0, 0, {3e38f, 0}}};
    lint_frame f = predictions(far, 2, AB, XY);
    lint_metrics *m = metrics_of(&f);
    lint_scores s = scores_of(m);
    const lint_score *r = lint_scores_find(&s, "cross_entropy", NULL, NULL);
    assert_true(fabs(r->value / (double)3e38f - 0.5) < 1e-12);
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

/* Two samples of class 0 with maps [2,2] and masks [2,2]. */
static lint_frame with_maps(void) {
    static const sample two[] = {{0, 0, {1, 0}}, {0, 0, {1, 0}}};
    static const float cam[2 * 2 * 4] = {4, 2, 0,  0, /* D: 4 2 1 -1 */
                                         0, 0, -1, 1, /**/
                                         0, 0, 0,  6, /* D: 0 0 0 6 */
                                         0, 0, 0,  0};
    static const uint8_t mask[2 * 4] = {255, 0, 0, 0, 0, 0, 255, 255};
    lint_err e;
    lint_frame f = predictions(two, 2, AB, XY);
    memcpy(lint_frame_add(&f, "cam", LINT_F32, 4, (uint64_t[]){2, 2, 2, 2}, &e)->data, cam,
           sizeof cam);
    memcpy(lint_frame_add(&f, "mask", LINT_U8, 3, (uint64_t[]){2, 2, 2}, &e)->data, mask,
           sizeof mask);
    return f;
}

static void maps_are_scored_against_masks(void **state) {
    (void)state;
    lint_frame f = with_maps();
    lint_metrics *m = metrics_of(&f);
    lint_scores s = scores_of(m);
    row(&s, "evidence_in_mask", NULL, NULL, (0.5 + 1) / 2, 2);
    row(&s, "evidence_in_center", NULL, NULL, 0, 2); /* middles are 0.35 from the centre */
    row(&s, "pointing_game", NULL, NULL, 1, 2);
    /* above t = 1/2 the first map is its object alone; the second is half of its object */
    row(&s, "iou", NULL, NULL, (1 + 0.5) / 2, 2);
    row(&s, "iou_threshold", NULL, NULL, 0.55, 2);
    row(&s, "evidence_in_mask", "a", "x", 0.75, 2);
    row(&s, "evidence_in_mask", "b", NULL, NAN, 0);
    /* mean of 0.5 and 1, standard error 0.25 */
    const lint_score *r = lint_scores_find(&s, "evidence_in_mask", NULL, NULL);
    assert_near("low", r->low, 0.75 - 1.959963984540054 * 0.25, EXACT);
    assert_near("high", r->high, 1, 0); /* cut: a share is at most 1 */
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void images_without_object_or_evidence_count_where_they_can(void **state) {
    (void)state;
    lint_frame f = with_maps();
    memset(lint_frame_find(&f, "mask")->data, 0, 4);                 /* the first has no object */
    memset((float *)lint_frame_find(&f, "cam")->data + 8, 0, 8 * 4); /* the second no evidence */
    lint_metrics *m = metrics_of(&f);
    lint_scores s = scores_of(m);
    row(&s, "evidence_in_center", NULL, NULL, 0, 1);
    row(&s, "evidence_in_mask", NULL, NULL, NAN, 0);
    row(&s, "pointing_game", NULL, NULL, 0, 1);
    row(&s, "iou", NULL, NULL, 0, 1);
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void moved_pictures_count_once(void **state) {
    (void)state;
    /* Label 0 three times, label 1 once, two moves each: right 2, 1, 0 and 1 times. */
    static const sample four[] = {{0, 0, {1, 0}}, {0, 0, {1, 0}}, {0, 1, {1, 0}}, {1, 0, {0, 1}}};
    static const float z[4 * 2 * 2] = {1, 0, 2, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0};
    lint_err e;
    lint_frame f = predictions(four, 4, AB, XY);
    memcpy(lint_frame_add(&f, "logits_shifted", LINT_F32, 3, (uint64_t[]){4, 2, 2}, &e)->data, z,
           sizeof z);
    lint_frame_set_meta(&f, "shift", "0.25", &e);
    lint_metrics *m = metrics_of(&f);
    lint_scores s = scores_of(m);
    row(&s, "accuracy", NULL, NULL, 1, 4);
    row(&s, "accuracy_shifted", NULL, NULL, 0.5, 4);
    row(&s, "accuracy_shifted", "a", "x", 0.75, 2);
    row(&s, "accuracy_shifted", "b", NULL, 0.5, 1);
    row(&s, "accuracy_shifted", "b", "y", NAN, 0);
    row(&s, "worst_group_shifted", NULL, NULL, 0, 1);
    row(&s, "shift", NULL, NULL, 0.25, 4);
    const lint_score *r = lint_scores_find(&s, "worst_group_shifted", NULL, NULL);
    assert_string_equal(r->class_name, "a");
    assert_string_equal(r->place, "y");
    /* The interval of 2 of 4 pictures, not of 4 of 8 answers. */
    double low, high;
    lint_wilson(2, 4, &low, &high);
    r = lint_scores_find(&s, "accuracy_shifted", NULL, NULL);
    assert_near("low", r->low, low, EXACT);
    assert_near("high", r->high, high, EXACT);
    assert_null(lint_scores_find(&s, "deletion", NULL, NULL));
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void areas_of_deletion_are_averaged(void **state) {
    (void)state;
    lint_err e;
    lint_frame f = predictions(eight, 2, AB, XY);
    float *d = lint_frame_add(&f, "deletion", LINT_F32, 1, (uint64_t[]){2}, &e)->data;
    d[0] = 0.25f, d[1] = 0.5f;
    float *i = lint_frame_add(&f, "insertion", LINT_F32, 1, (uint64_t[]){2}, &e)->data;
    i[0] = 1, i[1] = 0.5f;
    lint_metrics *m = metrics_of(&f);
    lint_scores s = scores_of(m);
    row(&s, "deletion", NULL, NULL, 0.375, 2);
    row(&s, "insertion", NULL, NULL, 0.75, 2);
    row(&s, "insertion", "a", "x", 0.75, 2);
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

static void top_cells_are_the_share_of_the_most_used_twentieth(void **state) {
    (void)state;
    lint_err e;
    lint_top_cells t = {0};
    double d[30] = {0};
    assert_true(isnan(lint_top_cells_share(&t)));
    for (size_t i = 0; i < 20; i++) { /* half in cell 3, a fifth in cell 9, the rest elsewhere */
        memset(d, 0, sizeof d);
        d[3] = -5, d[9] = 2, d[10 + i] = 3;
        if (i == 19) assert_true(isnan(lint_top_cells_share(&t)));
        assert_int_equal(lint_top_cells_add(&t, d, 5, 6, &e), 0);
    }
    /* 5 % of 30 cells: one and a half */
    assert_near("top", lint_top_cells_share(&t), 0.5 + 0.2 / 2, EXACT);
    memset(d, 0, sizeof d);
    assert_int_equal(lint_top_cells_add(&t, d, 5, 6, &e), 0); /* no evidence: as if not there */
    assert_int_equal(t.n, 20);
    assert_near("top", lint_top_cells_share(&t), 0.6, EXACT);
    assert_int_equal(lint_top_cells_add(&t, d, 6, 5, &e), 0);
    assert_true(isnan(lint_top_cells_share(&t)));
    lint_top_cells_free(&t);
}

static void even_maps_have_a_twentieth_in_their_top_cells(void **state) {
    (void)state;
    lint_err e;
    lint_top_cells even = {0}, small = {0};
    double d[24];
    for (size_t i = 0; i < 24; i++)
        d[i] = i % 2 ? 1 : -1;
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(lint_top_cells_add(&even, d, 4, 6, &e), 0);
        assert_int_equal(lint_top_cells_add(&small, d, 1, 19, &e), 0);
    }
    assert_near("even", lint_top_cells_share(&even), 0.05, EXACT);
    assert_true(isnan(lint_top_cells_share(&small)));
    lint_top_cells_free(&even);
    lint_top_cells_free(&small);
}

/* Adding this frame after a good one must fail with these words. */
static void refuse(const lint_frame *first, const lint_frame *f, const char *says) {
    lint_err e;
    lint_metrics *m = lint_metrics_new(0.25, &e);
    if (first && lint_metrics_add(m, first, &e) < 0) fail_msg("%s", e.msg);
    if (lint_metrics_add(m, f, &e) == 0) fail_msg("added, expected: %s", says);
    if (!strstr(e.msg, says)) fail_msg("'%s' does not say '%s'", e.msg, says);
    lint_metrics_free(m);
}

static void what_cannot_be_scored_is_refused(void **state) {
    (void)state;
    lint_err e;
    lint_frame good = with_maps(), f = with_maps();
    ((float *)lint_frame_find(&f, "cam")->data)[11] = NAN;
    refuse(NULL, &f, "'cam' of sample 1 is not finite");
    ((float *)lint_frame_find(&f, "logits")->data)[2] = INFINITY;
    refuse(NULL, &f, "'logits' of sample 1 are not finite");
    lint_frame_drop(&f, "logits");
    refuse(NULL, &f, "no 'logits'");
    lint_frame_free(&f);

    f = with_maps();
    float *v = lint_frame_add(&f, "deletion", LINT_F32, 1, (uint64_t[]){2}, &e)->data;
    v[0] = 1, v[1] = 1.5f;
    refuse(NULL, &f, "'deletion' of sample 1 is 1.5, expected 0 to 1");
    v[1] = 1;
    refuse(&good, &f, "tensors differ");
    v = lint_frame_add(&f, "logits_shifted", LINT_F32, 3, (uint64_t[]){2, 1, 2}, &e)->data;
    memset(v, 0, 4 * sizeof *v);
    v[3] = NAN;
    refuse(NULL, &f, "'logits_shifted' of sample 1 are not finite");
    lint_frame_add(&f, "logits_shifted", LINT_F32, 3, (uint64_t[]){2, 0, 2}, &e);
    refuse(NULL, &f, "'logits_shifted' of no moves");
    lint_frame_add(&f, "logits_shifted", LINT_F32, 3, (uint64_t[]){2, 4, 3}, &e);
    refuse(NULL, &f, "'logits_shifted' is [2, 4, 3], expected [2, 4, 2]");
    lint_frame_free(&f);

    f = with_maps();
    lint_frame_drop(&f, "mask");
    refuse(&good, &f, "tensors differ");
    lint_frame_free(&f);
    f = with_maps();
    lint_frame_set_meta(&f, "classes", "[\"b\",\"a\"]", &e);
    refuse(&good, &f, "classes differ");
    lint_frame_set_meta(&f, "classes", AB, &e);
    lint_frame_set_meta(&f, "places", NULL, &e);
    refuse(&good, &f, "places differ");
    ((int32_t *)lint_frame_find(&f, "place")->data)[0] = INT32_MAX - 1;
    refuse(NULL, &f, "too many groups");
    ((int32_t *)lint_frame_find(&f, "place")->data)[0] = INT32_MAX;
    refuse(NULL, &f, "too many groups");
    lint_frame_drop(&f, "label");
    refuse(NULL, &f, "no 'label'");
    lint_frame_free(&f);
    lint_frame_free(&good);
}

/* --- scores as JSON --------------------------------------------------------------------------- */

static void scores_come_back_from_json_to_the_last_bit(void **state) {
    (void)state;
    lint_err e;
    char path[64];
    lint_scores s = {0}, t;
    assert_int_equal(lint_scores_add(&s, "accuracy", NULL, NULL, 1.0 / 3, 0.1, NAN, 3, &e), 0);
    assert_int_equal(lint_scores_add(&s, "worst_group", "\u00e4 \"b\"", "x", 5e-324, 0, 1, 1, &e),
                     0);
    snprintf(path, sizeof path, "/tmp/lint-test-%ld.json", (long)getpid());
    FILE *out = fopen(path, "wb");
    assert_int_equal(lint_scores_write_json(&s, out, &e), 0);
    fclose(out);
    if (lint_scores_read(&t, path, &e) < 0) fail_msg("%s", e.msg);
    unlink(path);
    assert_int_equal(t.n, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(t.v[i].metric, s.v[i].metric);
        assert_memory_equal(&t.v[i].value, &s.v[i].value, sizeof(double));
        assert_memory_equal(&t.v[i].low, &s.v[i].low, sizeof(double));
        assert_int_equal(t.v[i].n, s.v[i].n);
    }
    assert_true(isnan(t.v[0].high));
    assert_null(t.v[0].class_name);
    assert_string_equal(t.v[1].class_name, s.v[1].class_name);
    assert_memory_equal(t.model, "lint-test-", 10);
    assert_null(strstr(t.model, ".json"));
    lint_scores_free(&s);
    lint_scores_free(&t);
}

static void groups_have_words_in_json(void **state) {
    (void)state;
    lint_err e;
    char text[1 << 16];
    lint_frame f = predictions(eight, 8, AB, AB);
    lint_metrics *m = metrics_of(&f);
    lint_scores s = scores_of(m);
    FILE *out = tmpfile();
    assert_int_equal(lint_scores_write_json(&s, out, &e), 0);
    rewind(out);
    text[fread(text, 1, sizeof text - 1, out)] = 0;
    assert_non_null(strstr(text, "\"group\": \"b on an a-like background\""));
    assert_non_null(strstr(text, "\"group\": \"b on a b-like background\""));
    fclose(out);
    lint_scores_free(&s);
    lint_metrics_free(m);
    lint_frame_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_intervals_are_those_of_the_literature),
        cmocka_unit_test(a_mask_is_averaged_over_the_area_of_each_cell),
        cmocka_unit_test(evidence_is_the_class_less_the_mean_of_the_others),
        cmocka_unit_test(the_center_is_the_cells_whose_middle_is_near),
        cmocka_unit_test(shares_of_evidence_count_both_signs),
        cmocka_unit_test(pointing_is_at_the_largest_positive_place),
        cmocka_unit_test(iou_counts_the_pixels_of_the_cells),
        cmocka_unit_test(accuracies_of_all_classes_and_groups),
        cmocka_unit_test(the_adjusted_mean_weights_groups_by_their_shares),
        cmocka_unit_test(a_group_without_samples_is_shown_but_not_the_worst),
        cmocka_unit_test(without_places_a_class_is_a_group),
        cmocka_unit_test(places_without_names_are_numbered_as_they_come),
        cmocka_unit_test(frames_may_be_cut_anywhere),
        cmocka_unit_test(logits_of_any_size_have_a_finite_cross_entropy),
        cmocka_unit_test(maps_are_scored_against_masks),
        cmocka_unit_test(images_without_object_or_evidence_count_where_they_can),
        cmocka_unit_test(moved_pictures_count_once),
        cmocka_unit_test(areas_of_deletion_are_averaged),
        cmocka_unit_test(top_cells_are_the_share_of_the_most_used_twentieth),
        cmocka_unit_test(even_maps_have_a_twentieth_in_their_top_cells),
        cmocka_unit_test(what_cannot_be_scored_is_refused),
        cmocka_unit_test(scores_come_back_from_json_to_the_last_bit),
        cmocka_unit_test(groups_have_words_in_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
