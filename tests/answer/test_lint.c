/* The public library: a small model, whose answers the engine gives too. */
#include "answer/predictor.h"
#include "lint.h"
#include "picture/image.h"
#include "support/check.h"

#include <cblas.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { W = 8, H = 6, K = 3, PICTURES = 5, MAP = 3 * 4 * K };

static const char text[] =
    "input 8x6x3 mean 0.5 0.5 0.5 std 0.25 0.25 0.25\n"
    "c1: conv 4 3x3 same\nrelu\nmaxpool 2\ncam\nglobalpool\nfc: dense classes\n";

static char folder[] = "/tmp/test_lint.XXXXXX";
static char *model_path, *path[PICTURES];
static uint8_t pixels[PICTURES][2 * H][2 * W][3]; /* of twice the network's size */

static char *in_folder(const char *name) {
    char *p = malloc(sizeof folder + strlen(name) + 2);
    assert_non_null(p);
    sprintf(p, "%s/%s", folder, name);
    return p;
}

static void write_model(const char *classes) {
    lint_err e;
    lint_frame f = {0};
    lint_threads *pool = lint_threads_new(1, &e);
    lint_blas_one_thread();
    lint_net *net = lint_net_new(text, "text", K, 1, LINT_NET_INFER, pool, &e);
    assert_non_null(net);
    lint_net_init(net, 7);
    assert_int_equal(lint_model_store(net, classes, &f, &e), 0);
    FILE *out = fopen(model_path, "wb");
    assert_non_null(out);
    assert_int_equal(lint_frame_write(&f, out, &e), 0);
    assert_int_equal(fclose(out), 0);
    lint_frame_free(&f);
    lint_net_free(net);
    lint_threads_free(pool);
}

static int set_up(void **state) {
    lint_err e;
    (void)state;
    assert_non_null(mkdtemp(folder));
    model_path = in_folder("model");
    write_model("[\"cat\",\"dog\",\"owl\"]");
    for (size_t i = 0; i < sizeof pixels; i++)
        (&pixels[0][0][0][0])[i] = (uint8_t)(i * i / 7 + i % 251);
    for (int i = 0; i < PICTURES; i++) {
        const lint_image im = {2 * W, 2 * H, 3, &pixels[i][0][0][0]};
        path[i] = in_folder("0.png");
        path[i][strlen(path[i]) - 5] = (char)('0' + i);
        assert_int_equal(lint_image_save(&im, path[i], &e), 0);
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (int i = 0; i < PICTURES; i++) {
        remove(path[i]);
        free(path[i]);
    }
    remove(model_path);
    free(model_path);
    return rmdir(folder);
}

static lint_model *open_model(int threads, size_t batch) {
    lint_error error;
    lint_model *m = lint_model_open(model_path, threads, batch, &error);
    assert_string_equal(error.message, "");
    assert_non_null(m);
    return m;
}

static void a_model_says_what_it_is(void **state) {
    (void)state;
    lint_model *m = open_model(1, 1);
    assert_int_equal(lint_model_classes(m), K);
    assert_string_equal(lint_model_class(m, 1), "dog");
    assert_null(lint_model_class(m, K));
    assert_int_equal(lint_model_width(m), W);
    assert_int_equal(lint_model_height(m), H);
    assert_int_equal(lint_model_map_width(m), 4);
    assert_int_equal(lint_model_map_height(m), 3);
    lint_model_close(m);
    lint_model_close(NULL);
}

/* By the engine, without the library. */
static void expected(float *logits, float *maps) {
    lint_err e;
    lint_predictor p;
    lint_threads *pool = lint_threads_new(1, &e);
    assert_int_equal(lint_predictor_open(&p, model_path, 1, pool, &e), 0);
    for (int i = 0; i < PICTURES; i++) {
        lint_image im = {2 * W, 2 * H, 3, &pixels[i][0][0][0]}, fitted = {0};
        assert_int_equal(lint_image_fit(&fitted, &im, W, H, LINT_FIT_STRETCH, &e), 0);
        const uint8_t *px = fitted.px;
        assert_int_equal(lint_predictor_run(&p, 1, &px, logits + i * K, maps + i * MAP, &e), 0);
        lint_image_free(&fitted);
    }
    lint_predictor_free(&p);
    lint_threads_free(pool);
}

static void files_and_pixels_get_the_engines_answers(void **state) {
    (void)state;
    float z[PICTURES * K], m[PICTURES * MAP], logits[PICTURES * K], maps[PICTURES * MAP];
    expected(z, m);
    for (int threads = 1; threads <= 3; threads += 2) {
        for (size_t batch = 1; batch <= 8; batch += 3) {
            lint_error error[PICTURES];
            lint_model *model = open_model(threads, batch);
            memset(maps, 0xff, sizeof maps);
            assert_int_equal(lint_model_ask_files(model, PICTURES, (const char *const *)path,
                                                  logits, maps, error),
                             0);
            /* A batch of another size may sum in another order. */
            assert_true(check_tensor("logits", logits, z, PICTURES * K, 1e-6, 1e-6));
            assert_true(check_tensor("maps", maps, m, PICTURES * MAP, 1e-6, 1e-6));
            float again[PICTURES * K];
            assert_int_equal(lint_model_ask_pixels(model, PICTURES, &pixels[0][0][0][0], 2 * W,
                                                   2 * H, again, NULL, error),
                             0);
            assert_memory_equal(again, logits, sizeof logits);
            lint_model_close(model);
        }
    }
}

static void a_picture_that_cannot_be_read_has_a_message_and_the_others_an_answer(void **state) {
    (void)state;
    float logits[3 * K];
    lint_error error[3];
    lint_model *m = open_model(2, 2);
    const char *const some[] = {path[0], "/nonesuch.png", path[1]};
    assert_int_equal(lint_model_ask_files(m, 3, some, logits, NULL, error), -1);
    assert_string_equal(error[0].message, "");
    assert_non_null(strstr(error[1].message, "/nonesuch.png: "));
    assert_string_equal(error[2].message, "");
    for (int c = 0; c < K; c++)
        assert_true(logits[K + c] == 0 && logits[c] != 0 && logits[2 * K + c] != 0);
    /* "-" is a file like others, and nobody need want messages. */
    assert_int_equal(lint_model_ask_files(m, 1, (const char *const[]){"-"}, logits, NULL, NULL),
                     -1);
    lint_model_close(m);
}

static void what_cannot_be_opened_or_asked_is_a_sentence(void **state) {
    (void)state;
    lint_error error;
    float logits[K];
    assert_null(lint_model_open("/nonesuch", 1, 1, &error));
    assert_string_equal(error.message, "/nonesuch: No such file or directory");
    assert_null(lint_model_open(path[0], 1, 1, &error));
    assert_null(lint_model_open(model_path, 1, 0, &error));
    assert_string_equal(error.message, "batch is 0, expected at least 1");
    assert_null(lint_model_open(model_path, -1, 1, NULL));
    lint_model *m = open_model(1, 1);
    assert_int_equal(lint_model_ask_pixels(m, 1, &pixels[0][0][0][0], 0, 1, logits, NULL, &error),
                     -1);
    assert_non_null(strstr(error.message, "0x1 pixels"));
    assert_int_equal(lint_model_ask_pixels(m, 1, NULL, SIZE_MAX / 2, 3, logits, NULL, &error), -1);
    lint_model_close(m);
}

static void openblas_has_the_callers_threads_again(void **state) {
    (void)state;
    float logits[K];
    openblas_set_num_threads(2);
    int before = openblas_get_num_threads();
    lint_model *m = open_model(1, 1);
    assert_int_equal(openblas_get_num_threads(), before);
    assert_int_equal(lint_model_ask_files(m, 1, (const char *const *)path, logits, NULL, NULL), 0);
    assert_int_equal(openblas_get_num_threads(), before);
    lint_model_close(m);
    openblas_set_num_threads(1);
}

static void softmax_sums_to_one_and_does_not_overflow(void **state) {
    (void)state;
    float p[3];
    lint_softmax((const float[]){1000, 1000, -1000}, 3, p);
    assert_true(check_tensor("p", p, (const float[]){0.5F, 0.5F, 0}, 3, 1e-7, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_says_what_it_is),
        cmocka_unit_test(files_and_pixels_get_the_engines_answers),
        cmocka_unit_test(a_picture_that_cannot_be_read_has_a_message_and_the_others_an_answer),
        cmocka_unit_test(what_cannot_be_opened_or_asked_is_a_sentence),
        cmocka_unit_test(openblas_has_the_callers_threads_again),
        cmocka_unit_test(softmax_sums_to_one_and_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
