/* Mask encoders: the soft mask of a map, the loss `embedding` and its gradient down to a network's
 * first weights, files that are no encoders. */
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

enum { SIDE = 6, N = SIDE * SIDE };

/* --- an encoder made by hand ------------------------------------------------------------------ */

static const char LINEAR[] = "input 6x6x1 mask\nflatten\nfc: dense 1\nsigmoid\n";
static const char DEEP[] =
    "input 6x6x1 mask\nflatten\na: dense 7\nsigmoid\nb: dense 3\nsigmoid\nc: dense 4\n";

typedef struct judge {
    lint_threads *pool;
    lint_mask_encoder *m;
} judge;

static void write_frame(const lint_frame *f, char path[32]) {
    lint_err e = {0};
    strcpy(path, "/tmp/lint-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "wb");
    assert_non_null(out);
    if (lint_frame_write(f, out, &e) < 0) fail_msg("%s", e.msg);
    assert_int_equal(fclose(out), 0);
}

/* The frame of an encoder with the weights of a formula; LINEAR's weigh the middle against the rim,
 * as those of one that was trained would. */
static void make_frame(const char *text, lint_frame *f) {
    lint_err e = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    lint_net *net = lint_net_new(text, "text", 1, 2, LINT_NET_INFER, pool, &e);
    if (!net) fail_msg("%s", e.msg);
    lint_net_init(net, 3);
    lint_param p = lint_net_param(net, 0);
    for (size_t i = 0; text == LINEAR && i < N; i++) {
        double y = (double)(i / SIDE) - 2.5, x = (double)(i % SIDE) - 2.5;
        p.value[i] = (float)(1.3 - 0.6 * sqrt(y * y + x * x));
    }
    size_t k = lint_net_classes(net);
    float *object = calloc(k, sizeof *object), *inverted = calloc(k, sizeof *inverted);
    assert_true(object && inverted);
    for (size_t i = 0; i < k; i++) {
        object[i] = 0.9f - 0.2f * (float)i;
        inverted[i] = 0.1f;
    }
    if (lint_mask_encoder_store(net, object, inverted, f, &e) < 0) fail_msg("%s", e.msg);
    free(object);
    free(inverted);
    lint_net_free(net);
    lint_threads_free(pool);
}

static judge judge_new(const char *text, size_t batch) {
    lint_err e = {0};
    lint_frame f = {0};
    char path[32];
    judge j = {.pool = lint_threads_new(1, &e)};
    make_frame(text, &f);
    write_frame(&f, path);
    j.m = lint_mask_encoder_load(path, batch, j.pool, &e);
    unlink(path);
    lint_frame_free(&f);
    if (!j.m) fail_msg("%s", e.msg);
    return j;
}

static void judge_free(judge *j) {
    lint_mask_encoder_free(j->m);
    lint_threads_free(j->pool);
}

static double value_of(const judge *j, const float *map) {
    const int32_t label = 0;
    float d[N];
    double value;
    lint_mask_encoder_loss(j->m, 1, &label, map, &value, d);
    return value;
}

static void random_maps(float *map, size_t n, uint64_t seed) {
    lint_rng r = lint_rng_at(seed, 0, 0, 0);
    for (size_t i = 0; i < n; i++)
        map[i] = (float)normal(&r);
}

/* Evidence in a square of `side` around (y, x). */
static void draw(float *map, int y, int x, int side) {
    memset(map, 0, N * sizeof *map);
    for (int i = 0; i < N; i++)
        if (abs(i / SIDE - y) <= side / 2 && abs(i % SIDE - x) <= side / 2) map[i] = 1;
}

/* --- the soft mask ---------------------------------------------------------------------------- */

static void a_soft_mask_is_half_where_evidence_is_average(void **state) {
    (void)state;
    float map[N], s[N];
    for (int i = 0; i < N; i++)
        map[i] = i % 2 ? -3 : 3; /* against counts as for */
    lint_soft_mask(N, map, s);
    for (int i = 0; i < N; i++)
        assert_true(check_value("S", (double)s[i], 0.5, 1e-7, 0));
    /* One cell of N has all: q = D^2 / N, so S = 1 / (1 + 1 / N). */
    memset(map, 0, sizeof map);
    map[7] = -2;
    lint_soft_mask(N, map, s);
    for (int i = 0; i < N; i++)
        assert_true(check_value("S", (double)s[i], i == 7 ? N / (N + 1.0) : 0, 1e-6, 0));
}

static void a_soft_mask_knows_no_scale(void **state) {
    (void)state;
    float map[N], s[N], t[N];
    random_maps(map, N, 1);
    lint_soft_mask(N, map, s);
    for (int power = -24; power <= 24; power += 12) {
        float scaled[N];
        for (int i = 0; i < N; i++)
            scaled[i] = ldexpf(map[i], power);
        lint_soft_mask(N, scaled, t);
        assert_true(check_tensor("S", t, s, N, 1e-6, 0));
    }
}

static void a_map_of_zeros_draws_the_empty_mask_and_has_no_gradient(void **state) {
    (void)state;
    float map[N] = {0}, s[N], ds[N], d[N];
    lint_soft_mask(N, map, s);
    random_maps(ds, N, 2);
    lint_soft_mask_back(N, map, ds, d);
    for (int i = 0; i < N; i++)
        assert_true(s[i] == 0 && d[i] == 0);
}

/* --- the loss --------------------------------------------------------------------------------- */

static void the_derivative_is_that_of_the_value(void **state) {
    const char *text = *state;
    enum { IMAGES = 3 };
    const int32_t label[IMAGES] = {0, 2, 1};
    float map[IMAGES * N], d[IMAGES * N], want[IMAGES * N], unused[IMAGES * N];
    double value[IMAGES], up[IMAGES], down[IMAGES];
    judge j = judge_new(text, 2); /* so three go through in two parts */
    random_maps(map, IMAGES * N, 4);
    lint_mask_encoder_loss(j.m, IMAGES, label, map, value, d);
    for (int i = 0; i < IMAGES * N; i++) {
        float was = map[i], h = 0.02f;
        map[i] = was + h;
        float above = map[i];
        lint_mask_encoder_loss(j.m, IMAGES, label, map, up, unused);
        map[i] = was - h;
        lint_mask_encoder_loss(j.m, IMAGES, label, map, down, unused);
        for (int k = 0; k < IMAGES; k++) /* a map moves its own loss alone */
            if (k != i / N) assert_true(up[k] == down[k] && up[k] == value[k]);
        want[i] = (float)((up[i / N] - down[i / N]) / ((double)above - (double)map[i]));
        map[i] = was;
    }
    assert_true(check_max(want, IMAGES * N) > 1e-3);
    assert_true(check_tensor("d", d, want, IMAGES * N, 5e-3 * check_max(want, IMAGES * N), 0));
    judge_free(&j);
}

/* Free of scale, so the derivative is across the map. */
static void the_derivative_obeys_eulers_theorem(void **state) {
    (void)state;
    const int32_t label = 1;
    float map[N], d[N];
    double value, along = 0, size = 0;
    judge j = judge_new(DEEP, 1);
    random_maps(map, N, 5);
    lint_mask_encoder_loss(j.m, 1, &label, map, &value, d);
    for (int i = 0; i < N; i++) {
        along += (double)d[i] * (double)map[i];
        size += fabs((double)d[i] * (double)map[i]);
    }
    assert_true(size > 1e-4);
    assert_true(check_value("d . D", along, 0, 1e-5 * size, 0));
    judge_free(&j);
}

static void samples_without_a_label_cost_nothing(void **state) {
    (void)state;
    const int32_t label[3] = {1, -1, 0};
    float map[3 * N], d[3 * N];
    double value[3];
    judge j = judge_new(LINEAR, 3);
    random_maps(map, 3 * N, 6);
    lint_mask_encoder_loss(j.m, 3, label, map, value, d);
    assert_true(value[0] > 0 && value[1] == 0 && value[2] > 0);
    for (int i = N; i < 2 * N; i++)
        assert_true(d[i] == 0);
    assert_true(check_max(d, N) > 0 && check_max(d + 2 * N, N) > 0);
    judge_free(&j);
}

static void the_loss_falls_as_the_map_moves_onto_the_object(void **state) {
    (void)state;
    judge j = judge_new(LINEAR, 1);
    double before = 1e9;
    for (int at = 0; at <= 2; at++) { /* from the corner to the middle, on the diagonal */
        float map[N];
        draw(map, at, at, 3);
        double now = value_of(&j, map);
        assert_true(now < before);
        before = now;
    }
    float inverse[N], map[N];
    draw(map, 2, 2, 3);
    for (int i = 0; i < N; i++)
        inverse[i] = 1 - map[i];
    assert_true(value_of(&j, inverse) > value_of(&j, map));
    judge_free(&j);
}

/* And gradient steps by themselves move evidence from the rim to the middle. */
static void descent_carries_evidence_onto_the_object(void **state) {
    (void)state;
    judge j = judge_new(LINEAR, 1);
    const int32_t label = 0;
    float map[N], d[N];
    double value, first = 0;
    for (int i = 0; i < N; i++)
        map[i] = 1;
    for (int step = 0; step < 200; step++) {
        lint_mask_encoder_loss(j.m, 1, &label, map, &value, d);
        if (step == 0) first = value;
        for (int i = 0; i < N; i++)
            map[i] -= d[i];
    }
    assert_true(value < first / 2);
    assert_true(fabsf(map[2 * SIDE + 2]) > 2 * fabsf(map[0]));
    judge_free(&j);
}

/* --- through a network ------------------------------------------------------------------------ */

static const char NET[] = "input 12x12x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\n"
                          "conv1: conv 5 3x3 same\nbn1: batchnorm\nmaxpool 2\nrelu\ncam\nflatten\n"
                          "fc1: dense 9\nrelu\nfc2: dense classes\n";

static double cam_of(filled *f, const lint_loss *loss) {
    lint_err e = {0};
    lint_loss_sum sum = {0};
    if (lint_net_step(f->net, &f->batch, loss, &sum, &e) < 0) fail_msg("%s", e.msg);
    assert_int_equal(sum.n, f->batch.n);
    return sum.cam / (double)sum.n;
}

/* Along its own gradient g the loss must rise by |g|, one parameter at a time, for every loss with
 * three classes. Kinks of relu and max are few on a short way. */
static void try_parameter(filled *f, const lint_loss *loss, size_t i) {
    lint_param p = lint_net_param(f->net, i);
    if (!p.grad) return;
    float *g = malloc(2 * p.count * sizeof *g), *was = g + p.count;
    assert_non_null(g);
    cam_of(f, loss);
    memcpy(g, p.grad, p.count * sizeof *g);
    memcpy(was, p.value, p.count * sizeof *was);
    double size = 0, side[2], way = 2e-3;
    for (size_t q = 0; q < p.count; q++)
        size += (double)g[q] * (double)g[q];
    size = sqrt(size);
    if (size > 1e-7) {
        for (int s = 0; s < 2; s++) {
            for (size_t q = 0; q < p.count; q++)
                p.value[q] = (float)((double)was[q] + (s ? -way : way) * (double)g[q] / size);
            side[s] = cam_of(f, loss);
        }
        memcpy(p.value, was, p.count * sizeof *was);
        assert_true(check_value(p.name, size, (side[0] - side[1]) / (2 * way), 1e-5, 0.03));
    }
    free(g);
}

static void the_gradient_goes_through_the_network(void **state) {
    (void)state;
    judge j = judge_new(DEEP, 6);
    for (int cam = LINT_CAM_MSE; cam <= LINT_CAM_EMBEDDING; cam++)
        for (size_t classes = 3; classes <= 4; classes++) {
            lint_loss loss = {.cam = (lint_cam_loss)cam,
                              .cam_weight = 1,
                              .sigma = 0.25,
                              .judge = lint_mask_encoder_judge(j.m)};
            filled *f = filled_new(NET, classes, 6, LINT_NET_TRAIN, 1);
            for (size_t i = 0; i < lint_net_params(f->net); i++)
                try_parameter(f, &loss, i);
            filled_free(f);
        }
    judge_free(&j);
}

/* A training step moves the CAM loss down, and validation scores what a step scores. */
static void steps_against_the_gradient_lower_the_loss(void **state) {
    (void)state;
    judge j = judge_new(DEEP, 6);
    lint_loss loss = {.cam = LINT_CAM_EMBEDDING,
                      .cam_weight = 1,
                      .sigma = 0.25,
                      .judge = lint_mask_encoder_judge(j.m)};
    filled *f = filled_new(NET, 3, 6, LINT_NET_TRAIN, 1);
    double first = cam_of(f, &loss), last = first;
    for (int step = 0; step < 20; step++) {
        for (size_t i = 0; i < lint_net_params(f->net); i++) {
            lint_param p = lint_net_param(f->net, i);
            for (size_t q = 0; p.grad && q < p.count; q++)
                p.value[q] -= 0.05f * p.grad[q];
        }
        last = cam_of(f, &loss);
    }
    assert_true(last < first);
    filled_free(f);
    judge_free(&j);
}

static void an_encoder_of_another_size_is_refused(void **state) {
    (void)state;
    judge j = judge_new(LINEAR, 2);
    lint_err e = {0};
    lint_loss_sum sum = {0};
    lint_loss loss = {
        .cam = LINT_CAM_EMBEDDING, .cam_weight = 1, .judge = lint_mask_encoder_judge(j.m)};
    filled *f = filled_new("input 8x8x3\nc: conv 2 2x2\ncam\nflatten\nd: dense classes\n", 2, 2,
                           LINT_NET_TRAIN, 1);
    assert_int_equal(lint_net_step(f->net, &f->batch, &loss, &sum, &e), -1);
    assert_string_equal(e.msg, "the encoder takes masks of 6x6, but the network's maps are 7x7: "
                               "its input has to be 'input 7x7x1 mask'");
    loss.judge.score = NULL;
    assert_int_equal(lint_net_step(f->net, &f->batch, &loss, &sum, &e), -1);
    assert_string_equal(e.msg, "the loss 'embedding' needs a mask encoder");
    filled_free(f);
    judge_free(&j);
}

/* --- files ------------------------------------------------------------------------------------ */

static void expect_refusal(const lint_frame *f, const char *why) {
    lint_err e = {0};
    char path[32];
    lint_threads *pool = lint_threads_new(1, &e);
    write_frame(f, path);
    assert_null(lint_mask_encoder_load(path, 4, pool, &e));
    unlink(path);
    if (!strstr(e.msg, why)) fail_msg("'%s' does not say '%s'", e.msg, why);
    assert_memory_equal(e.msg, path, strlen(path));
    lint_threads_free(pool);
}

static float *code_of(const lint_frame *f, const char *name) {
    return lint_frame_find(f, name)->data;
}

static void a_file_that_is_no_encoder_is_refused(void **state) {
    (void)state;
    lint_err e = {0};
    lint_frame f = {0};
    make_frame(LINEAR, &f);
    code_of(&f, "code.inverted")[0] = code_of(&f, "code.object")[0];
    expect_refusal(&f, "its codes of masks and of inverted masks are the same");
    code_of(&f, "code.inverted")[0] = NAN;
    expect_refusal(&f, "'code.inverted' is not finite");
    lint_frame_drop(&f, "code.inverted");
    expect_refusal(&f, "code.inverted");
    lint_frame_clear(&f);

    make_frame(LINEAR, &f);
    lint_frame_set_meta(&f, "kind", "model", &e);
    expect_refusal(&f, "its metadata is kind 'model', expected kind 'encoder'");
    lint_frame_set_meta(&f, "kind", NULL, &e);
    expect_refusal(&f, "its metadata is without a kind");
    lint_frame_set_meta(&f, "kind", "encoder", &e);
    lint_frame_set_meta(&f, "net", "input 6x6x3\nflatten\nfc: dense 1\n", &e);
    expect_refusal(&f, "its network's input is not a mask");
    lint_frame_set_meta(&f, "net", "input 6x6x1 mask\nflatten\ndropout 0.5\nfc: dense 1\n", &e);
    expect_refusal(&f, "dropout");
    lint_frame_set_meta(&f, "net", "input 6x6x1 mask\nflatten\nfc: dense 2\n", &e);
    expect_refusal(&f, "code.object");
    lint_frame_free(&f);
}

static void what_an_encoder_judges_by_is_its_hash(void **state) {
    (void)state;
    judge a = judge_new(LINEAR, 2), b = judge_new(LINEAR, 5), c = judge_new(DEEP, 2);
    assert_true(lint_mask_encoder_hash(a.m) == lint_mask_encoder_hash(b.m));
    assert_true(lint_mask_encoder_hash(a.m) != lint_mask_encoder_hash(c.m));
    judge_free(&a);
    judge_free(&b);
    judge_free(&c);
}

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_soft_mask_is_half_where_evidence_is_average),
        cmocka_unit_test(a_soft_mask_knows_no_scale),
        cmocka_unit_test(a_map_of_zeros_draws_the_empty_mask_and_has_no_gradient),
        cmocka_unit_test_prestate(the_derivative_is_that_of_the_value, (void *)LINEAR),
        cmocka_unit_test_prestate(the_derivative_is_that_of_the_value, (void *)DEEP),
        cmocka_unit_test(the_derivative_obeys_eulers_theorem),
        cmocka_unit_test(samples_without_a_label_cost_nothing),
        cmocka_unit_test(the_loss_falls_as_the_map_moves_onto_the_object),
        cmocka_unit_test(descent_carries_evidence_onto_the_object),
        cmocka_unit_test(the_gradient_goes_through_the_network),
        cmocka_unit_test(steps_against_the_gradient_lower_the_loss),
        cmocka_unit_test(an_encoder_of_another_size_is_refused),
        cmocka_unit_test(a_file_that_is_no_encoder_is_refused),
        cmocka_unit_test(what_an_encoder_judges_by_is_its_hash),
    };
    return cmocka_run_group_tests_name("encoder", tests, NULL, NULL);
}
