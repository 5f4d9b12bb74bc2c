/* Batches and the training loop, on streams made here and on tests/support/tiny.net. */
#include "stream/settings.h"
#include "support/check.h"
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIDE = 16, PIXELS = SIDE * SIDE };

/* --- streams ---------------------------------------------------------------------------------- */

/* A frame of n samples numbered from `from`: the number stands in the first byte of image and
 * mask; the other bytes are bright for label 1, dark for 0, in a pattern of the number's. */
static lint_frame numbered(size_t n, size_t from) {
    lint_frame f = {0};
    lint_err e;
    uint64_t shape[] = {n, SIDE, SIDE, 3};
    uint8_t *image = lint_frame_add(&f, "image", LINT_U8, 4, shape, &e)->data;
    int32_t *label = lint_frame_add(&f, "label", LINT_I32, 1, shape, &e)->data;
    uint8_t *mask = lint_frame_add(&f, "mask", LINT_U8, 3, shape, &e)->data;
    for (size_t i = 0; i < n; i++) {
        size_t number = from + i;
        label[i] = (int32_t)(number % 2);
        for (size_t j = 0; j < PIXELS * 3; j++)
            image[i * PIXELS * 3 + j] =
                (uint8_t)(60 + 80 * (number % 2) + (j * (number + 7) * 31) % 53);
        image[i * PIXELS * 3] = mask[i * PIXELS] = (uint8_t)number;
    }
    lint_frame_set_meta(&f, "classes", "[\"dark\",\"bright\"]", &e);
    return f;
}

/* A file of frames of these sizes. epoch[i], where not NULL, is the mark of each. announce: text of
 * `epochs` and `epoch_samples`, or NULL. The caller unlinks and frees the name. */
static char *file_of(size_t frames, const size_t *size, const char *const *epoch,
                     const char *const announce[2]) {
    lint_err e;
    size_t from = 0;
    char *path = strdup("/tmp/lint-test-XXXXXX");
    FILE *f = fdopen(mkstemp(path), "wb");
    for (size_t i = 0; i < frames; i++) {
        lint_frame one = numbered(size[i], from);
        from += size[i];
        if (epoch && epoch[i]) lint_frame_set_meta(&one, "epoch", epoch[i], &e);
        if (announce) {
            lint_frame_set_meta(&one, "epochs", announce[0], &e);
            lint_frame_set_meta(&one, "epoch_samples", announce[1], &e);
        }
        assert_int_equal(lint_frame_write(&one, f, &e), 0);
        lint_frame_free(&one);
    }
    assert_int_equal(fclose(f), 0);
    return path;
}

static void forget(char *path) {
    unlink(path);
    free(path);
}

/* Numbers of an epoch's samples, in the order of its batches; sizes of the batches. */
static size_t read_epoch(lint_batches *b, size_t epoch, size_t *number, size_t *size) {
    lint_batch batch;
    lint_err e;
    size_t n = 0, batches = 0;
    int got;
    assert_int_equal(lint_batches_begin(b, epoch, &e), 1);
    while ((got = lint_batches_next(b, &batch, &e)) > 0) {
        for (size_t i = 0; i < batch.n; i++) {
            number[n] = batch.image[i][0];
            assert_int_equal(batch.mask[i][0], number[n]);
            assert_int_equal(batch.label[i], number[n] % 2);
            n++;
        }
        size[batches++] = batch.n;
    }
    assert_int_equal(got, 0);
    size[batches] = 0;
    return n;
}

static void a_set_comes_in_a_new_order_every_epoch(void **state) {
    (void)state;
    lint_err e;
    char *path = file_of(3, (size_t[]){7, 1, 12}, NULL, NULL);
    size_t number[2][20], size[20], again[20];
    lint_batches *b = lint_batches_open(path, 8, 5, &e), *c = lint_batches_open(path, 3, 5, &e);
    assert_non_null(b);
    assert_false(lint_batches_marked(b));
    assert_int_equal(lint_batches_epoch_samples(b), 20);
    assert_int_equal(lint_batches_epochs(b), 0);
    for (size_t epoch = 0; epoch < 2; epoch++) {
        int seen[20] = {0};
        assert_int_equal(read_epoch(b, epoch + 1, number[epoch], size), 20);
        for (size_t i = 0; i < 20; i++)
            seen[number[epoch][i]]++;
        for (size_t i = 0; i < 20; i++)
            assert_int_equal(seen[i], 1);
        assert_true(size[0] == 8 && size[1] == 8 && size[2] == 4 && size[3] == 0);
    }
    assert_memory_not_equal(number[0], number[1], sizeof number[0]);
    read_epoch(c, 1, again, size); /* the order has nothing to do with the size of batches */
    assert_memory_equal(again, number[0], sizeof again);
    lint_batches_free(b);
    lint_batches_free(c);
    b = lint_batches_open(path, 8, 6, &e);
    read_epoch(b, 1, again, size);
    assert_memory_not_equal(again, number[0], sizeof again);
    lint_batches_free(b);
    forget(path);
}

/* Features of 2x2 cells by 3 channels, whose first half is the sample's number, instead of images. */
static void make_features(lint_frame *f, size_t from) {
    lint_err e;
    size_t n = lint_frame_samples(f);
    lint_tensor *t = lint_frame_add(f, "features", LINT_F16, 4, (uint64_t[]){n, 3, 2, 2}, &e);
    for (size_t i = 0; i < n; i++)
        ((uint16_t *)t->data)[i * 12] = (uint16_t)(from + i);
    lint_frame_drop(f, "image");
}

/* Views of 6 samples in frames of 4 and 2, marked as a loader marks epochs. */
static char *file_of_views(size_t views) {
    lint_err e;
    char *path = strdup("/tmp/lint-test-XXXXXX");
    FILE *f = fdopen(mkstemp(path), "wb");
    for (size_t i = 0; i < 2 * views; i++) {
        char mark[8];
        size_t from = i / 2 * 6 + i % 2 * 4;
        lint_frame one = numbered(i % 2 ? 2 : 4, from);
        make_features(&one, from);
        snprintf(mark, sizeof mark, "%zu", i / 2 + 1);
        lint_frame_set_meta(&one, "epoch", mark, &e);
        assert_int_equal(lint_frame_write(&one, f, &e), 0);
        lint_frame_free(&one);
    }
    assert_int_equal(fclose(f), 0);
    return path;
}

static void views_of_features_take_turns_in_new_orders(void **state) {
    (void)state;
    lint_err e = {0};
    char *path = file_of_views(3);
    size_t order[7][6];
    lint_batches *b = lint_batches_open_features(path, 4, 5, &e);
    if (!b) fail_msg("%s", e.msg);
    assert_false(lint_batches_marked(b));
    assert_int_equal(lint_batches_views(b), 3);
    assert_int_equal(lint_batches_epoch_samples(b), 6);
    for (size_t epoch = 1; epoch <= 7; epoch++) {
        lint_batch batch;
        size_t n = 0, view = (epoch - 1) % 3;
        int seen[6] = {0};
        assert_int_equal(lint_batches_begin(b, epoch, &e), 1);
        while (lint_batches_next(b, &batch, &e) > 0)
            for (size_t i = 0; i < batch.n; i++) {
                uint16_t half;
                memcpy(&half, batch.features[i], sizeof half);
                assert_int_equal(half / 6, view);
                assert_int_equal(batch.mask[i][0], half);
                assert_true(batch.mask_height == SIDE && batch.mask_width == SIDE);
                seen[order[epoch - 1][n++] = half % 6]++;
            }
        assert_int_equal(n, 6);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(seen[i], 1);
    }
    assert_memory_not_equal(order[0], order[3], sizeof order[0]);
    lint_batches_free(b);
    assert_null(lint_batches_open(path, 4, 5, &e)); /* a network of pictures */
    assert_non_null(strstr(e.msg, "no 'image'"));
    forget(path);
}

static void features_are_asked_for_where_there_are_none(void **state) {
    (void)state;
    lint_err e = {0};
    char *path = file_of(1, (size_t[]){4}, NULL, NULL);
    assert_null(lint_batches_open_features(path, 4, 5, &e));
    assert_non_null(strstr(e.msg, "no 'features'"));
    forget(path);
}

static void labels_of_a_set_are_counted(void **state) {
    (void)state;
    lint_err e;
    size_t count[2];
    char *path = file_of(2, (size_t[]){4, 3}, NULL, NULL);
    lint_batches *b = lint_batches_open(path, 8, 5, &e);
    assert_int_equal(lint_batches_count(b, count, &e), 0);
    assert_true(count[0] == 4 && count[1] == 3);
    lint_batches_free(b);
    forget(path);
}

static void a_marked_stream_comes_as_it_is_across_frames(void **state) {
    (void)state;
    lint_err e;
    const char *epoch[] = {"1", "1", "1", "2", "2"};
    char *path = file_of(5, (size_t[]){5, 0, 4, 2, 6}, epoch, NULL);
    size_t number[20], size[20];
    lint_batches *b = lint_batches_open(path, 4, 0, &e);
    assert_non_null(b);
    assert_true(lint_batches_marked(b));
    assert_int_equal(read_epoch(b, 1, number, size), 9);
    assert_true(size[0] == 4 && size[1] == 4 && size[2] == 1 && size[3] == 0);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(number[i], i);
    assert_int_equal(read_epoch(b, 2, number, size), 8);
    assert_true(size[0] == 4 && size[1] == 4 && size[2] == 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(number[i], 9 + i);
    assert_int_equal(lint_batches_begin(b, 3, &e), 0);
    assert_int_equal(lint_batches_count(b, size, &e), -1);
    lint_batches_free(b);
    forget(path);
}

static void an_epoch_may_be_left_half_read(void **state) {
    (void)state;
    lint_err e;
    lint_batch batch;
    const char *epoch[] = {"1", "1", "2"};
    char *path = file_of(3, (size_t[]){5, 4, 3}, epoch, NULL);
    size_t number[20] = {0}, size[20];
    lint_batches *b = lint_batches_open(path, 2, 0, &e);
    assert_int_equal(lint_batches_begin(b, 1, &e), 1);
    assert_int_equal(lint_batches_next(b, &batch, &e), 1);
    assert_int_equal(read_epoch(b, 2, number, size), 3);
    assert_int_equal(number[0], 9);
    lint_batches_free(b);
    forget(path);
}

/* Reads epochs until an error, and compares it, less the file's name. */
static void expect_error(size_t frames, const size_t *size, const char *const *epoch,
                         const char *const announce[2], const char *message) {
    lint_err e = {0};
    lint_batch batch;
    char *path = file_of(frames, size, epoch, announce);
    lint_batches *b = lint_batches_open(path, 4, 0, &e);
    int got = b ? 1 : -1;
    for (size_t i = 1; got > 0; i++) {
        got = lint_batches_begin(b, i, &e);
        while (got > 0 && (got = lint_batches_next(b, &batch, &e)) > 0)
            ;
        if (got == 0 && i < frames) got = 1;
    }
    assert_int_equal(got, -1);
    assert_memory_equal(e.msg, path, strlen(path));
    assert_string_equal(e.msg + strlen(path), message);
    lint_batches_free(b);
    forget(path);
}

static void marks_that_make_no_sense_are_errors(void **state) {
    (void)state;
    size_t size[] = {5, 4, 3};
    expect_error(3, size, (const char *[]){"1", "1", "3"}, NULL,
                 ": frame 3: epoch 3 after epoch 1");
    expect_error(3, size, (const char *[]){"1", "2", "1"}, NULL,
                 ": frame 3: epoch 1 after epoch 2");
    expect_error(3, size, (const char *[]){"2", "2", "2"}, NULL,
                 ": frame 1: begins with epoch 2, expected 1");
    expect_error(3, size, (const char *[]){"1", NULL, "2"}, NULL,
                 ": frame 2: no 'epoch' in the metadata, which frame 1 has");
    expect_error(3, size, (const char *[]){"1", "x", "2"}, NULL,
                 ": frame 2: 'epoch' in the metadata is 'x', expected a whole number from 1");
    expect_error(1, size, (const char *[]){"0"}, NULL,
                 ": frame 1: 'epoch' in the metadata is '0', expected a whole number from 1");
}

static void a_stream_that_was_cut_is_noticed(void **state) {
    (void)state;
    size_t size[] = {5, 4, 5, 3};
    const char *epoch[] = {"1", "1", "2", "2"}, *announce[] = {"2", "9"}, *three[] = {"3", "9"};
    expect_error(4, size, epoch, announce, ": epoch 2 has 8 samples, but its loader announced 9");
    expect_error(2, size, epoch, three, ": ended after epoch 1 of 3");
}

static void what_cannot_be_trained_on_is_refused(void **state) {
    (void)state;
    lint_err e;
    char *path = file_of(0, NULL, NULL, NULL);
    assert_null(lint_batches_open(path, 4, 0, &e));
    assert_string_equal(e.msg + strlen(path), ": no samples");
    forget(path);
    path = file_of(1, (size_t[]){0}, NULL, NULL);
    assert_null(lint_batches_open(path, 4, 0, &e));
    assert_string_equal(e.msg + strlen(path), ": no samples");
    forget(path);
    assert_null(lint_batches_open("/nowhere/train.lts", 4, 0, &e));
    assert_string_equal(e.msg, "/nowhere/train.lts: No such file or directory");
}

/* --- training --------------------------------------------------------------------------------- */

typedef struct world {
    lint_threads *pool;
    lint_net *net;
    lint_batches *batches;
    lint_dataset *val;
    char *path;
    lint_training t;
    float *seen[32]; /* a copy of all values after each epoch */
    lint_epoch row[32];
    size_t rows, values;
    volatile sig_atomic_t stop;
    size_t stop_epoch; /* on_batch sets stop in this epoch */
} world;

static float *values_of(const world *w) {
    float *copy = malloc(w->values * sizeof *copy), *at = copy;
    for (size_t i = 0; i < lint_net_params(w->net); i++) {
        lint_param p = lint_net_param(w->net, i);
        memcpy(at, p.value, p.count * sizeof *at);
        at += p.count;
    }
    return copy;
}

static int keep_epoch(void *ctx, const lint_epoch *row, lint_err *e) {
    world *w = ctx;
    (void)e;
    w->seen[w->rows] = values_of(w);
    w->row[w->rows++] = *row;
    return 0;
}

static void maybe_stop(void *ctx, size_t epoch, size_t done) {
    world *w = ctx;
    (void)done;
    if (w->stop_epoch == epoch) w->stop = 1;
}

static char *tiny_text(void) {
    static char text[4096];
    FILE *f = fopen("tests/support/tiny.net", "rb");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

static world *world_new(int threads, size_t epochs) {
    lint_err e;
    world *w = calloc(1, sizeof *w);
    w->path = file_of(2, (size_t[]){17, 15}, NULL, NULL);
    w->pool = lint_threads_new(threads, &e);
    w->batches = lint_batches_open(w->path, 5, 3, &e);
    w->val = lint_dataset_open(w->path, &e);
    w->net = lint_net_new(tiny_text(), "tiny.net", 2, 5, LINT_NET_TRAIN, w->pool, &e);
    assert_true(w->batches && w->val && w->net);
    lint_net_init(w->net, 1);
    for (size_t i = 0; i < lint_net_params(w->net); i++)
        w->values += lint_net_param(w->net, i).count;
    w->t = (lint_training){
        .loss = {.cam = LINT_CAM_ENERGY, .sigma = 0.25},
        .schedule = {.lr = 0.01, .ce_weight = 1, .cam_weight = 0.5, .epochs = epochs},
        .optim = {.momentum = 0.9},
        .stop = &w->stop,
        .on_epoch = keep_epoch,
        .on_batch = maybe_stop,
        .ctx = w};
    return w;
}

static void world_free(world *w) {
    for (size_t i = 0; i < w->rows; i++)
        free(w->seen[i]);
    lint_net_free(w->net);
    lint_dataset_free(w->val);
    lint_batches_free(w->batches);
    lint_threads_free(w->pool);
    forget(w->path);
    free(w);
}

static int train(world *w, lint_trained *done, lint_err *e) {
    assert_int_equal(lint_train_check(w->net, w->batches, w->val, "val", &w->t, e), 0);
    return lint_train(w->net, w->batches, w->val, &w->t, w->pool, done, e);
}

/* The net has the values that it had after this row's epoch. */
static void assert_net_is_of(const world *w, size_t row) {
    float *now = values_of(w);
    assert_memory_equal(now, w->seen[row], w->values * sizeof *now);
    free(now);
}

static void it_learns(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *w = world_new(1, 10);
    assert_int_equal(train(w, &done, &e), 0);
    assert_int_equal(done.epochs, 10);
    assert_int_equal(done.stopped, 0);
    assert_true(done.best.val.accuracy == 1);
    assert_true(w->row[9].train.ce < w->row[0].train.ce / 4);
    for (size_t i = 0; i < 10; i++) {
        const lint_epoch_scores *s = &w->row[i].train;
        assert_int_equal(check_value("loss", s->loss, s->ce + 0.5 * s->cam, 0, 1e-12), 1);
        assert_true(s->cam > 0 && s->cam < 1);
    }
    world_free(w);
}

/* At a rate this high the loss jumps about, so that the best epoch is not the last. */
static void the_best_epoch_is_a_true_copy(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *w = world_new(1, 12);
    w->t.schedule.lr = 0.6;
    w->t.best = LINT_BEST_LOSS;
    w->t.optim.momentum = 0.95;
    assert_int_equal(train(w, &done, &e), 0);
    size_t best = 0;
    for (size_t i = 1; i < 12; i++)
        if (w->row[i].val.loss < w->row[best].val.loss) best = i;
    assert_true(best + 1 < 12);
    assert_int_equal(done.best.epoch, best + 1);
    assert_net_is_of(w, best);
    assert_memory_not_equal(w->seen[best], w->seen[11], w->values * sizeof(float));
    /* Running statistics belong to it: scored again, the net gives the same loss. */
    lint_walk walk;
    lint_batch b;
    lint_loss_sum sum = {0};
    lint_loss loss = w->t.loss;
    loss.ce_weight = 1;
    loss.cam_weight = 0.5;
    assert_int_equal(lint_walk_new(&walk, w->val, 5, &e), 0);
    while (lint_walk_next(&walk, &b))
        assert_int_equal(lint_net_score(w->net, &b, &loss, NULL, &sum, &e), 0);
    assert_true(sum.ce / sum.weight == done.best.val.ce);
    lint_walk_free(&walk);
    world_free(w);
}

static void equal_accuracies_are_told_apart_by_loss(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *w = world_new(1, 10);
    assert_int_equal(train(w, &done, &e), 0);
    size_t best = 0, first = 0;
    for (size_t i = 1; i < 10; i++) {
        const lint_epoch_scores *s = &w->row[i].val, *t = &w->row[best].val;
        if (s->accuracy > w->row[first].val.accuracy) first = i;
        if (s->accuracy > t->accuracy || (s->accuracy == t->accuracy && s->loss < t->loss))
            best = i;
    }
    assert_true(best > first); /* the case is there */
    assert_int_equal(done.best.epoch, best + 1);
    assert_net_is_of(w, best);
    world_free(w);
}

static void without_validation_samples_the_last_is_kept(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *w = world_new(1, 3);
    lint_dataset_free(w->val);
    w->val = NULL;
    assert_int_equal(train(w, &done, &e), 0);
    assert_int_equal(done.best.epoch, 3);
    assert_true(isnan(w->row[2].val.loss) && isnan(w->row[2].val.accuracy));
    assert_net_is_of(w, 2);
    world_free(w);
}

static void a_phase_is_in_force_from_its_epoch(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *w = world_new(1, 3);
    assert_int_equal(lint_schedule_add_phase(&w->t.schedule, "2:lr=0,ce=2,cam=0", &e), 0);
    assert_int_equal(lint_schedule_set_epochs(&w->t.schedule, 3, &e), 0);
    assert_int_equal(train(w, &done, &e), 0);
    assert_true(w->row[1].rates.lr == 0 && w->row[1].rates.ce_weight == 2);
    assert_int_equal(check_value("loss", w->row[1].train.loss, 2 * w->row[1].train.ce, 0, 1e-12),
                     1);
    /* A rate of 0 moves no weight; running statistics go on. */
    const float *a = w->seen[0], *b = w->seen[2];
    for (size_t i = 0; i < lint_net_params(w->net); i++) {
        lint_param p = lint_net_param(w->net, i);
        if (p.grad) assert_memory_equal(a, b, p.count * sizeof *a);
        a += p.count;
        b += p.count;
    }
    lint_schedule_free(&w->t.schedule);
    world_free(w);
}

static void stopped_it_has_the_best_complete_epoch(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *w = world_new(1, 10);
    w->stop_epoch = 4;
    assert_int_equal(train(w, &done, &e), 0);
    assert_int_equal(done.stopped, 1);
    assert_int_equal(done.epochs, 3);
    assert_int_equal(w->rows, 3);
    assert_net_is_of(w, done.best.epoch - 1);
    world_free(w);
    w = world_new(1, 10);
    w->stop_epoch = 1;
    assert_int_equal(train(w, &done, &e), -1);
    assert_string_equal(e.msg, "stopped before the first epoch was complete, so there is no model");
    world_free(w);
}

static void a_loss_that_is_not_finite_ends_it(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *w = world_new(1, 10);
    w->t.schedule.lr = 1e20;
    assert_int_equal(train(w, &done, &e), -1);
    assert_memory_equal(e.msg, "epoch 1, batch ", 15);
    assert_non_null(strstr(e.msg, "the loss is not finite"));
    assert_non_null(strstr(e.msg, "a --lr below 1e+20 or a lower --cam-weight may help"));
    world_free(w);
}

static void any_number_of_threads_trains_the_same(void **state) {
    (void)state;
    lint_err e;
    lint_trained done;
    world *a = world_new(1, 3), *b = world_new(2, 3);
    assert_int_equal(train(a, &done, &e), 0);
    assert_int_equal(train(b, &done, &e), 0);
    assert_memory_equal(a->seen[2], b->seen[2], a->values * sizeof(float));
    assert_true(a->row[2].train.loss == b->row[2].train.loss);
    assert_true(a->row[2].val.loss == b->row[2].val.loss);
    world_free(a);
    world_free(b);
}

/* --- class weights and settings --------------------------------------------------------------- */

static void class_weights_come_from_words_and_numbers(void **state) {
    (void)state;
    lint_err e;
    char *name[] = {"leopard", "orca"};
    lint_names classes = {.v = name, .n = 2};
    float w[2];
    assert_int_equal(lint_class_weights("none", &classes, NULL, w, &e), 0);
    assert_true(w[0] == 1 && w[1] == 1);
    /* N / (K n_c): 277 / (2 x 188), 277 / (2 x 89) */
    assert_int_equal(lint_class_weights("balanced", &classes, (size_t[]){188, 89}, w, &e), 0);
    assert_int_equal(check_value("leopard", w[0], 277 / 376.0, 0, 1e-6), 1);
    assert_int_equal(check_value("orca", w[1], 277 / 178.0, 0, 1e-6), 1);
    assert_int_equal(lint_class_weights("0.5,2", &classes, NULL, w, &e), 0);
    assert_true(w[0] == 0.5f && w[1] == 2);
    static const char *const bad[] = {"",     "1",     "1,2,3",  "1;2",  "1,0",
                                      "1,-2", "1,nan", "1,1e60", "heavy"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(lint_class_weights(bad[i], &classes, NULL, w, &e), -1);
        assert_non_null(strstr(e.msg, "expected none, balanced or 2 numbers above 0"));
    }
    assert_int_equal(lint_class_weights("balanced", &classes, (size_t[]){5, 0}, w, &e), -1);
    assert_string_equal(e.msg, "balanced: no sample of class 'orca'");
    assert_int_equal(lint_class_weights("balanced", &classes, NULL, w, &e), -1);
    assert_non_null(strstr(e.msg, "needs a file without epoch marks"));
}

static void settings_read_back(void **state) {
    (void)state;
    lint_err e;
    lint_settings s = {0};
    char *text;
    size_t size;
    lint_settings_real(&s, "lr", 0.1);
    lint_settings_real(&s, "third", 1 / 3.0);
    lint_settings_whole(&s, "seed", UINT64_MAX);
    lint_settings_text(&s, "name", "a\tb\"c");
    assert_int_equal(lint_settings_ok(&s, &e), 0);
    char *json = lint_settings_json(&s, &e);
    assert_string_equal(json, "{\"lr\":0.1,\"third\":0.3333333333333333,"
                              "\"seed\":18446744073709551615,\"name\":\"a\\tb\\\"c\"}");
    FILE *f = open_memstream(&text, &size);
    lint_settings_comments(&s, f);
    fclose(f);
    assert_string_equal(text, "# lr\t0.1\n# third\t0.3333333333333333\n"
                              "# seed\t18446744073709551615\n# name\ta?b\"c\n");
    free(text);
    free(json);
    lint_settings_text(&s, "bad", "\xff");
    assert_null(lint_settings_json(&s, &e));
    lint_settings_free(&s);
}

int main(void) {
    lint_blas_one_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_comes_in_a_new_order_every_epoch),
        cmocka_unit_test(views_of_features_take_turns_in_new_orders),
        cmocka_unit_test(features_are_asked_for_where_there_are_none),
        cmocka_unit_test(labels_of_a_set_are_counted),
        cmocka_unit_test(a_marked_stream_comes_as_it_is_across_frames),
        cmocka_unit_test(an_epoch_may_be_left_half_read),
        cmocka_unit_test(marks_that_make_no_sense_are_errors),
        cmocka_unit_test(a_stream_that_was_cut_is_noticed),
        cmocka_unit_test(what_cannot_be_trained_on_is_refused),
        cmocka_unit_test(it_learns),
        cmocka_unit_test(the_best_epoch_is_a_true_copy),
        cmocka_unit_test(equal_accuracies_are_told_apart_by_loss),
        cmocka_unit_test(without_validation_samples_the_last_is_kept),
        cmocka_unit_test(a_phase_is_in_force_from_its_epoch),
        cmocka_unit_test(stopped_it_has_the_best_complete_epoch),
        cmocka_unit_test(a_loss_that_is_not_finite_ends_it),
        cmocka_unit_test(any_number_of_threads_trains_the_same),
        cmocka_unit_test(class_weights_come_from_words_and_numbers),
        cmocka_unit_test(settings_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
