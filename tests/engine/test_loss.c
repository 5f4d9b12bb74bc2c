/* The CAM losses and their priors on maps whose scores can be told without a computer. */
#include "engine/cam_loss.h"
#include "engine/mask_encoder.h"
#include "support/check.h"
#include "support/filled.h"

#include "support/normal.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { H = 5, W = 7, N = H * W, CENTER = N / 2 };
static const double SIGMA = 0.25;

static double share_at(size_t y, size_t x, size_t h, size_t w, double sigma) {
    double dy = ((double)y + 0.5) / (double)h - 0.5, dx = ((double)x + 0.5) / (double)w - 0.5;
    return 1 - exp(-(dy * dy + dx * dx) / (2 * sigma * sigma));
}

/* --- priors ----------------------------------------------------------------------------------- */

static void the_centre_costs_nothing_and_corners_most(void **state) {
    (void)state;
    float k[N];
    lint_prior_center(k, H, W, SIGMA);
    assert_true(k[CENTER] == 0);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            float v = k[y * W + x];
            assert_true(v >= 0 && v < 1 && v <= k[0]);
            /* Four quarters mirror each other, and moving outward never gets cheaper. */
            assert_true(check_value("mirrored", (double)v, (double)k[(H - 1 - y) * W + W - 1 - x],
                                    1e-7, 0));
            assert_true(check_value("mirrored", (double)v, (double)k[y * W + W - 1 - x], 1e-7, 0));
            if (x > W / 2) assert_true(v > k[y * W + x - 1]);
            if (y > H / 2) assert_true(v > k[(y - 1) * W + x]);
            assert_true(check_value("K", (double)v, share_at(y, x, H, W, SIGMA), 1e-6, 0));
        }
}

/* Half a sigma away, by hand: 1 - exp(-1/8). The cell (0, 1) of a 1 x 2 map lies 1/4 off. */
static void sigma_is_in_fractions_of_the_side(void **state) {
    (void)state;
    float k[2];
    lint_prior_center(k, 1, 2, 0.5);
    assert_true(check_value("K", (double)k[1], 1 - 0.88249690258459546, 1e-7, 0));
    lint_prior_center(k, 2, 1, 0.5);
    assert_true(check_value("K", (double)k[1], 1 - 0.88249690258459546, 1e-7, 0));
    lint_prior_center(k, 1, 1, 0.001);
    assert_true(k[0] == 0);
}

static void a_mask_is_averaged_over_each_cells_area(void **state) {
    (void)state;
    /* 4 x 6 pixels on 2 x 3 cells: 2 x 2 pixels each. */
    const uint8_t mask[24] = {255, 255, 0, 0, 0,   255, //
                              255, 255, 0, 0, 255, 0,   //
                              0,   0,   0, 0, 51,  51,  //
                              0,   0,   0, 0, 51,  51};
    const float want[6] = {0, 1, 0.5f, 1, 1, 0.8f};
    float k[6];
    lint_prior_mask(k, 2, 3, mask, 4, 6);
    assert_true(check_tensor("K", k, want, 6, 1e-6, 0));
}

/* 3 pixels on 2 cells: the middle one belongs half to each. */
static void a_pixel_on_a_border_counts_for_both_cells(void **state) {
    (void)state;
    const uint8_t mask[3] = {255, 255, 0};
    float k[2];
    lint_prior_mask(k, 1, 2, mask, 1, 3);
    assert_true(check_value("left", (double)k[0], 0, 1e-6, 0));
    assert_true(check_value("right", (double)k[1], 2.0 / 3, 1e-6, 0));
    lint_prior_mask(k, 2, 1, mask, 3, 1);
    assert_true(check_value("top", (double)k[0], 0, 1e-6, 0));
    assert_true(check_value("bottom", (double)k[1], 2.0 / 3, 1e-6, 0));
    /* And a mask smaller than the map: each pixel covers several cells. */
    float wide[4];
    lint_prior_mask(wide, 1, 4, mask, 1, 2);
    assert_true(check_tensor("K", wide, (const float[]){0, 0, 0, 0}, 4, 1e-6, 0));
}

static void a_mask_of_one_value_costs_the_same_everywhere(void **state) {
    (void)state;
    uint8_t mask[23 * 31];
    for (int level = 0; level <= 255; level += 51) {
        float k[N];
        memset(mask, level, sizeof mask);
        lint_prior_mask(k, H, W, mask, 23, 31);
        for (int i = 0; i < N; i++)
            assert_true(check_value("K", (double)k[i], 1 - level / 255.0, 1e-6, 0));
    }
}

/* --- what is scored --------------------------------------------------------------------------- */

static void energy_looks_at_a_class_against_the_others(void **state) {
    (void)state;
    float s[4];
    lint_cam_seed(LINT_CAM_ENERGY, 4, 2, s);
    const float third = -1.0f / 3;
    assert_true(check_tensor("energy", s, (const float[]){third, third, 1, third}, 4, 1e-7, 0));
    lint_cam_seed(LINT_CAM_MSE, 4, 2, s);
    assert_true(check_tensor("mse", s, (const float[]){0, 0, 1, 0}, 4, 0, 0));
    lint_cam_seed(LINT_CAM_RADIAL, 4, 0, s);
    assert_true(check_tensor("radial", s, (const float[]){1, 0, 0, 0}, 4, 0, 0));
    lint_cam_seed(LINT_CAM_ENERGY, 1, 0, s);
    assert_true(s[0] == 1);
}

/* --- values ----------------------------------------------------------------------------------- */

static double value_of(lint_cam_loss loss, const float *map) {
    float k[N];
    lint_prior_center(k, H, W, SIGMA);
    return lint_cam_value(loss, N, k, map, NULL);
}

static double spike(lint_cam_loss loss, int cell, float height) {
    float map[N] = {0};
    map[cell] = height;
    return value_of(loss, map);
}

static void evidence_in_the_centre_is_free(void **state) {
    (void)state;
    assert_true(spike(LINT_CAM_ENERGY, CENTER, 3) == 0);
    assert_true(spike(LINT_CAM_MSE, CENTER, 3) == 0);
    assert_true(spike(LINT_CAM_RADIAL, CENTER, 3) == 0);
}

static void evidence_elsewhere_costs_what_its_cell_costs(void **state) {
    (void)state;
    const int cells[][2] = {{0, 0}, {0, W / 2}, {H / 2, W - 1}, {H - 1, W - 1}, {1, 2}};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        int at = cells[i][0] * W + cells[i][1];
        double k = share_at(cells[i][0], cells[i][1], H, W, SIGMA), k2 = k * k;
        assert_true(check_value("energy", spike(LINT_CAM_ENERGY, at, 3), k, 1e-6, 0));
        assert_true(check_value("mse", spike(LINT_CAM_MSE, at, 3), k2 * 9 / N, 0, 1e-5));
        assert_true(check_value("radial", spike(LINT_CAM_RADIAL, at, 3), k2 * k2 * 9 / N, 0, 1e-5));
        /* Evidence against costs as evidence for. */
        assert_true(spike(LINT_CAM_ENERGY, at, -3) == spike(LINT_CAM_ENERGY, at, 3));
        assert_true(spike(LINT_CAM_MSE, at, -3) == spike(LINT_CAM_MSE, at, 3));
    }
    /* From the centre to the corner the price goes up. */
    for (int loss = LINT_CAM_MSE; loss <= LINT_CAM_ENERGY; loss++)
        assert_true(spike(loss, 0, 1) > spike(loss, W / 2, 1) && spike(loss, W / 2, 1) > 0);
}

static void a_map_without_preference_costs_the_mean_of_the_prior(void **state) {
    (void)state;
    float map[N];
    double mean = 0, square = 0, fourth = 0;
    for (int i = 0; i < N; i++) {
        double k = share_at((size_t)(i / W), (size_t)(i % W), H, W, SIGMA);
        map[i] = -2;
        mean += k / N;
        square += k * k / N;
        fourth += k * k * k * k / N;
    }
    assert_true(check_value("energy", value_of(LINT_CAM_ENERGY, map), mean, 0, 1e-5));
    assert_true(check_value("mse", value_of(LINT_CAM_MSE, map), 4 * square, 0, 1e-5));
    assert_true(check_value("radial", value_of(LINT_CAM_RADIAL, map), 4 * fourth, 0, 1e-5));
}

static void random_map(float *map, uint64_t seed) {
    lint_rng r = lint_rng_at(seed, 0, 0, 0);
    for (int i = 0; i < N; i++)
        map[i] = (float)normal(&r);
}

static void energy_is_a_share_and_free_of_scale(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        float map[N];
        random_map(map, seed);
        double share = value_of(LINT_CAM_ENERGY, map), square = value_of(LINT_CAM_MSE, map);
        assert_true(share > 0 && share < 1);
        for (int i = 0; i < N; i++)
            map[i] *= 4096; /* a power of two: exact */
        assert_true(check_value("energy", value_of(LINT_CAM_ENERGY, map), share, 0, 1e-9));
        assert_true(check_value("mse", value_of(LINT_CAM_MSE, map), 16777216 * square, 0, 1e-9));
        for (int i = 0; i < N; i++)
            map[i] *= 0x1p-24f;
        assert_true(check_value("energy", value_of(LINT_CAM_ENERGY, map), share, 0, 1e-6));
    }
}

static void a_map_of_zeros_costs_nothing_and_has_a_finite_gradient(void **state) {
    (void)state;
    float k[N], map[N] = {0}, d[N];
    lint_prior_center(k, H, W, SIGMA);
    for (int loss = LINT_CAM_NONE; loss <= LINT_CAM_ENERGY; loss++) {
        memset(d, 255, sizeof d); /* NaN, unless overwritten */
        assert_true(lint_cam_value((lint_cam_loss)loss, N, k, map, d) == 0);
        for (int i = 0; i < N; i++)
            assert_true(d[i] == 0);
    }
}

/* --- derivatives ------------------------------------------------------------------------------ */

static void the_derivative_is_that_of_the_value(void **state) {
    (void)state;
    float k[N], map[N], d[N], want[N];
    lint_prior_center(k, H, W, SIGMA);
    for (int loss = LINT_CAM_MSE; loss <= LINT_CAM_ENERGY; loss++) {
        random_map(map, 3);
        lint_cam_value((lint_cam_loss)loss, N, k, map, d);
        for (int i = 0; i < N; i++) {
            float was = map[i],
                  h = 0.01f * fabsf(was); /* no change of sign: |D| has its kink at 0 */
            map[i] = was + h;
            float above = map[i];
            double up = lint_cam_value((lint_cam_loss)loss, N, k, map, NULL);
            map[i] = was - h;
            double down = lint_cam_value((lint_cam_loss)loss, N, k, map, NULL);
            want[i] = (float)((up - down) / ((double)above - (double)map[i]));
            map[i] = was;
        }
        assert_true(check_tensor("d", d, want, N, 1e-3 * check_max(want, N), 0));
    }
}

/* Euler: a function free of scale has a derivative across the map, one of degree 2 twice itself. */
static void derivatives_obey_eulers_theorem(void **state) {
    (void)state;
    float k[N], map[N], d[N];
    lint_prior_center(k, H, W, SIGMA);
    random_map(map, 4);
    for (int loss = LINT_CAM_MSE; loss <= LINT_CAM_ENERGY; loss++) {
        double v = lint_cam_value((lint_cam_loss)loss, N, k, map, d), along = 0;
        for (int i = 0; i < N; i++)
            along += (double)d[i] * (double)map[i];
        double want = loss == LINT_CAM_ENERGY ? 0 : 2 * v;
        assert_true(check_value("d . M", along, want, 1e-6, 1e-6));
    }
}

/* --- the table of docs/losses.md -------------------------------------------------------------- */

/* All evidence in 2 x 2 of the 24 x 24 cells of models/standard.net, or equally in all; the mean
 * of |map| is 1. */
enum { SIDE = 24, PLACES = SIDE * SIDE, MAPS = 4 };
static const char *const map_name[MAPS] = {"centred", "edge", "corner", "uniform"};

static void table_map(float *map, int which) {
    const int corner[MAPS][2] = {{11, 11}, {11, 0}, {0, 0}};
    for (int i = 0; i < PLACES; i++) {
        int y = i / SIDE - corner[which][0], x = i % SIDE - corner[which][1];
        int in = y >= 0 && y < 2 && x >= 0 && x < 2;
        map[i] = which == 3 ? 1 : in ? PLACES / 4.0f : 0;
    }
}

/* Of the masks of an object that is a disc of 0.3 sides around the middle, and their inverses: a
 * linear encoder that weighs a cell by what it says, and a sigmoid. */
static lint_mask_encoder *disc_encoder(lint_threads *pool) {
    static const char text[] = "input 24x24x1 mask\nflatten\nfc: dense 1\nsigmoid\n";
    lint_err e = {0};
    lint_frame f = {0};
    lint_net *net = lint_net_new(text, "text", 1, 2, LINT_NET_INFER, pool, &e);
    if (!net) fail_msg("%s", e.msg);
    float *x = calloc(2 * PLACES, sizeof *x), code[2];
    lint_param w = lint_net_param(net, 0), b = lint_net_param(net, 1);
    assert_non_null(x);
    double in = 0, bias = 0;
    for (int i = 0; i < PLACES; i++) {
        double dy = (i / SIDE + 0.5) / SIDE - 0.5, dx = (i % SIDE + 0.5) / SIDE - 0.5;
        x[i] = dy * dy + dx * dx < 0.09;
        x[PLACES + i] = 1 - x[i];
        in += (double)x[i];
    }
    for (int i = 0; i < PLACES; i++) {
        w.value[i] = (float)(x[i] > 0 ? 2 / in : -2 / (PLACES - in));
        bias -= (double)w.value[i] / 2;
    }
    b.value[0] = (float)bias;
    assert_int_equal(lint_net_encode(net, 2, x, code, 0, &e), 0);
    if (lint_mask_encoder_store(net, &code[0], &code[1], &f, &e) < 0) fail_msg("%s", e.msg);
    char path[] = "/tmp/lint-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "wb");
    assert_non_null(out);
    assert_int_equal(lint_frame_write(&f, out, &e), 0);
    assert_int_equal(fclose(out), 0);
    lint_mask_encoder *m = lint_mask_encoder_load(path, 2, pool, &e);
    unlink(path);
    if (!m) fail_msg("%s", e.msg);
    lint_frame_free(&f);
    lint_net_free(net);
    free(x);
    return m;
}

static double table_value(lint_cam_loss loss, double sigma, lint_mask_encoder *m, int which) {
    float map[PLACES], k[PLACES], d[PLACES];
    const int32_t label = 0;
    double value;
    table_map(map, which);
    if (loss == LINT_CAM_EMBEDDING) {
        lint_mask_encoder_loss(m, 1, &label, map, &value, d);
        return value;
    }
    lint_prior_center(k, SIDE, SIDE, sigma);
    return lint_cam_value(loss, PLACES, k, map, NULL);
}

static void the_table_of_maps_and_losses(void **state) {
    (void)state;
    static const struct row {
        const char *name;
        lint_cam_loss loss;
        double sigma;
    } rows[] = {{"mse", LINT_CAM_MSE, 0.25},
                {"radial", LINT_CAM_RADIAL, 0.25},
                {"radial 0.05", LINT_CAM_RADIAL, 0.05},
                {"energy", LINT_CAM_ENERGY, 0.25},
                {"embedding", LINT_CAM_EMBEDDING, 0}};
    enum { ROWS = sizeof rows / sizeof *rows };
    lint_err e = {0};
    double v[ROWS][MAPS];
    lint_threads *pool = lint_threads_new(1, &e);
    lint_mask_encoder *m = disc_encoder(pool);
    printf("# %-12s", "");
    for (int i = 0; i < MAPS; i++)
        printf(" %10s", map_name[i]);
    for (int r = 0; r < ROWS; r++) {
        printf("\n# %-12s", rows[r].name);
        for (int i = 0; i < MAPS; i++) {
            v[r][i] = table_value(rows[r].loss, rows[r].sigma, m, i);
            printf(" %10.3g", v[r][i]);
        }
        /* Off the object costs more than on it, and the corner at least as much as the edge. */
        assert_true(v[r][0] < v[r][1] && v[r][0] < v[r][3] && v[r][1] <= v[r][2] * (1 + 1e-6));
    }
    printf("\n");
    assert_true(v[3][2] / v[3][0] > 100); /* energy spans two orders of magnitude */
    /* radial at the original's width: an edge is as far out as a corner, so nothing pulls inward.
     */
    assert_true(check_value("edge and corner", v[2][1] / v[2][2], 1, 1e-6, 0));
    lint_mask_encoder_free(m);
    lint_threads_free(pool);
}

/* --- identities of the maps ------------------------------------------------------------------- */

#define BODY "input 10x8x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\na: conv 6 3x3 same\nrelu\ncam\n"
enum { IMAGES = 3, CLASSES = 4 };

static const float *weights_of(const filled *f, const char *name) {
    const lint_tensor *t = lint_frame_find(&f->weights, name);
    assert_non_null(t);
    return t->data;
}

static void run_maps(filled *f, float *logits, float *cam) {
    lint_err e = {0};
    if (lint_net_run(f->net, &f->batch, logits, cam, &e) < 0) fail_msg("%s", e.msg);
}

static void behind_a_linear_head_a_map_sums_to_the_logit_less_the_bias(void **state) {
    const char *text = *state;
    float logits[IMAGES * CLASSES], cam[IMAGES * CLASSES * 80];
    filled *f = filled_new(text, CLASSES, IMAGES, LINT_NET_INFER, 1);
    run_maps(f, logits, cam);
    const float *bias = weights_of(f, "fc.bias");
    for (int i = 0; i < IMAGES * CLASSES; i++) {
        double sum = 0;
        for (int q = 0; q < 80; q++)
            sum += (double)cam[i * 80 + q];
        assert_true(check_value("sum of the map", sum + (double)bias[i % CLASSES],
                                (double)logits[i], 1e-5, 1e-5));
    }
    filled_free(f);
}

/* Zhou's CAM weighs features by the class's weights of the dense layer; HiResCAM by the gradient,
 * which behind the mean over 80 cells is an 80th of them. The features are read as the maps of a
 * net whose head picks them one by one. */
static void behind_global_pooling_hirescam_is_cam_up_to_scale(void **state) {
    (void)state;
    enum { F = 6 };
    float cam[IMAGES * CLASSES * 80], feature[IMAGES * F * 80], want[IMAGES * CLASSES * 80];
    filled *f =
        filled_new(BODY "globalpool\nfc: dense classes\n", CLASSES, IMAGES, LINT_NET_INFER, 1);
    filled *g = filled_new(BODY "globalpool\nfc: dense classes\n", F, IMAGES, LINT_NET_INFER, 1);
    float *pick = (float *)weights_of(g, "fc.weight");
    for (int i = 0; i < F * F; i++)
        pick[i] = i / F == i % F ? 80 : 0;
    filled_load(g);
    run_maps(f, NULL, cam);
    run_maps(g, NULL, feature);
    const float *w = weights_of(f, "fc.weight");
    for (int i = 0; i < IMAGES * CLASSES * 80; i++) {
        int image = i / 80 / CLASSES, class = i / 80 % CLASSES;
        double sum = 0;
        for (int k = 0; k < F; k++)
            sum += (double)w[class * F + k] * (double)feature[(image * F + k) * 80 + i % 80];
        want[i] = (float)(sum / 80);
    }
    assert_true(check_max(want, IMAGES * CLASSES * 80) > 1e-3);
    assert_true(check_tensor("HiResCAM", cam, want, IMAGES * CLASSES * 80, 1e-6, 1e-5));
    filled_free(f);
    filled_free(g);
}

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_centre_costs_nothing_and_corners_most),
        cmocka_unit_test(sigma_is_in_fractions_of_the_side),
        cmocka_unit_test(a_mask_is_averaged_over_each_cells_area),
        cmocka_unit_test(a_pixel_on_a_border_counts_for_both_cells),
        cmocka_unit_test(a_mask_of_one_value_costs_the_same_everywhere),
        cmocka_unit_test(energy_looks_at_a_class_against_the_others),
        cmocka_unit_test(evidence_in_the_centre_is_free),
        cmocka_unit_test(evidence_elsewhere_costs_what_its_cell_costs),
        cmocka_unit_test(a_map_without_preference_costs_the_mean_of_the_prior),
        cmocka_unit_test(energy_is_a_share_and_free_of_scale),
        cmocka_unit_test(a_map_of_zeros_costs_nothing_and_has_a_finite_gradient),
        cmocka_unit_test(the_derivative_is_that_of_the_value),
        cmocka_unit_test(derivatives_obey_eulers_theorem),
        cmocka_unit_test(the_table_of_maps_and_losses),
        cmocka_unit_test_prestate(behind_a_linear_head_a_map_sums_to_the_logit_less_the_bias,
                                  BODY "flatten\nfc: dense classes\n"),
        cmocka_unit_test_prestate(behind_a_linear_head_a_map_sums_to_the_logit_less_the_bias,
                                  BODY "globalpool\nfc: dense classes\n"),
        cmocka_unit_test(behind_global_pooling_hirescam_is_cam_up_to_scale),
    };
    return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}
