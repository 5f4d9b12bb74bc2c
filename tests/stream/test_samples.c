/* Samples: views of frames, names, and sets addressed by index. */
#include "stream/dataset.h"
#include "stream/reframe.h"
#include "stream/samples.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { H = 3, W = 5 };

/* n samples numbered from `from`: image and mask bytes are the number, label is its parity, name is
 * its letter `wide` times. */
static lint_frame numbered(size_t n, int from, size_t wide) {
    lint_frame f = {0};
    lint_err e;
    uint8_t *image = lint_frame_add(&f, "image", LINT_U8, 4, (uint64_t[]){n, H, W, 3}, &e)->data;
    int32_t *label = lint_frame_add(&f, "label", LINT_I32, 1, (uint64_t[]){n}, &e)->data;
    int32_t *place = lint_frame_add(&f, "place", LINT_I32, 1, (uint64_t[]){n}, &e)->data;
    uint8_t *mask = lint_frame_add(&f, "mask", LINT_U8, 3, (uint64_t[]){n, H, W}, &e)->data;
    char *name = lint_frame_add(&f, "name", LINT_U8, 2, (uint64_t[]){n, wide}, &e)->data;
    double *extra = lint_frame_add(&f, "extra", LINT_F64, 1, (uint64_t[]){n}, &e)->data;
    for (int i = 0; i < (int)n; i++) {
        memset(image + i * H * W * 3, from + i, H * W * 3);
        memset(mask + i * H * W, from + i, H * W);
        label[i] = (from + i) % 2;
        place[i] = (from + i) % 3 - 1;
        memset(name + i * (int)wide, 'a' + from + i, wide);
        extra[i] = from + i;
    }
    lint_frame_add(&f, "table", LINT_U8, 1, (uint64_t[]){77}, &e);
    lint_frame_set_meta(&f, "classes", "[\"leopard\",\"orca\"]", &e);
    lint_frame_set_meta(&f, "places", "[\"land\",\"sea\"]", &e);
    lint_frame_set_meta(&f, "kind", "samples", &e);
    return f;
}

static void put(const lint_frame *f, FILE *out) {
    lint_err e;
    assert_int_equal(lint_frame_write(f, out, &e), 0);
}

/* --- views ------------------------------------------------------------------------------------ */

static void a_view_shows_what_the_frame_holds(void **state) {
    (void)state;
    lint_frame f = numbered(4, 0, 2);
    lint_samples s;
    lint_err e;
    float *logits = lint_frame_add(&f, "logits", LINT_F32, 2, (uint64_t[]){4, 2}, &e)->data;
    float *cam = lint_frame_add(&f, "cam", LINT_F32, 4, (uint64_t[]){4, 2, 6, 7}, &e)->data;
    assert_int_equal(lint_samples_view(&f, &s, &e), 0);
    assert_int_equal(s.n, 4);
    assert_int_equal(s.h, H);
    assert_int_equal(s.w, W);
    assert_int_equal(s.image[3 * H * W * 3], 3);
    assert_int_equal(s.mask[2 * H * W], 2);
    assert_int_equal(s.label[3], 1);
    assert_int_equal(s.place[0], -1);
    assert_ptr_equal(s.logits, logits);
    assert_ptr_equal(s.cam, cam);
    assert_int_equal(s.k, 2);
    assert_int_equal(s.cam_h, 6);
    assert_int_equal(s.cam_w, 7);
    assert_int_equal(s.classes.n, 2);
    assert_string_equal(s.places.v[1], "sea");
    lint_samples_free(&s);
    lint_frame_free(&f);
}

static void a_view_of_logits_alone_has_no_image(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_samples s;
    lint_err e;
    lint_frame_add(&f, "logits", LINT_F32, 2, (uint64_t[]){3, 10}, &e);
    assert_int_equal(lint_samples_view(&f, &s, &e), 0);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.k, 10);
    assert_null(s.image);
    assert_null(s.label);
    assert_int_equal(s.classes.n, 0);
    lint_samples_free(&s);
    lint_frame_free(&f);
}

/* A change to a good frame, and what the message must say. */
typedef struct wrong {
    const char *says;
    const char *name; /* tensor to replace, or metadata key if value is set */
    const char *value;
    size_t rank;
    uint64_t shape[4];
    lint_dtype dtype;
    int32_t fill; /* of I32 tensors */
} wrong;

static void a_view_refuses_what_does_not_fit(void **state) {
    (void)state;
    static const wrong cases[] = {
        {"'image' is F32, expected U8", "image", NULL, 4, {2, H, W, 3}, LINT_F32, 0},
        {"'image' is [2, 3, 5, 4], expected [2, n, n, 3]",
         "image",
         NULL,
         4,
         {2, H, W, 4},
         LINT_U8,
         0},
        {"'image' is 5x0", "image", NULL, 4, {2, 0, W, 3}, LINT_U8, 0},
        {"'image' is 40000x1", "image", NULL, 4, {2, 1, 40000, 3}, LINT_U8, 0},
        {"'label' is [3], expected [2]", "label", NULL, 1, {3}, LINT_I32, 0},
        {"'label' is I64, expected I32", "label", NULL, 1, {2}, LINT_I64, 0},
        {"'label' of sample 0 is 2, but there are 2 names", "label", NULL, 1, {2}, LINT_I32, 2},
        {"'label' of sample 0 is -2, below -1", "label", NULL, 1, {2}, LINT_I32, -2},
        {"'place' of sample 0 is 2, but there are 2 names", "place", NULL, 1, {2}, LINT_I32, 2},
        {"'mask' is [2, 3, 6], expected [2, 3, 5]", "mask", NULL, 3, {2, H, 6}, LINT_U8, 0},
        {"'name' is [2], expected [2, n]", "name", NULL, 1, {2}, LINT_U8, 0},
        {"'logits' is [2, 3], expected [2, 2]", "logits", NULL, 2, {2, 3}, LINT_F32, 0},
        {"'cam' is [2, 3, 4, 4], expected [2, 2, n, n]", "cam", NULL, 4, {2, 3, 4, 4}, LINT_F32, 0},
        {"metadata 'classes': names are not a JSON array", "classes", "{}", 0, {0}, 0, 0},
        {"metadata 'classes': names are not a JSON array", "classes", "[", 0, {0}, 0, 0},
        {"metadata 'places': name 1 is not a string", "places", "[\"a\",1]", 0, {0}, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const wrong *c = &cases[i];
        lint_frame f = numbered(2, 0, 1);
        lint_samples s;
        lint_err e;
        if (c->value) {
            lint_frame_set_meta(&f, c->name, c->value, &e);
        } else {
            lint_tensor *t = lint_frame_add(&f, c->name, c->dtype, c->rank, c->shape, &e);
            if (c->dtype == LINT_I32) *(int32_t *)t->data = c->fill;
        }
        if (lint_samples_view(&f, &s, &e) == 0) fail_msg("viewed, expected: %s", c->says);
        if (!strstr(e.msg, c->says)) fail_msg("'%s' does not say '%s'", e.msg, c->says);
        lint_frame_free(&f);
    }
}

/* Found by fuzzing: lint-show counted them one by one. */
static void samples_without_data_are_refused(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_samples s;
    lint_err e = {0};
    assert_non_null(lint_frame_add(&f, "features", LINT_F16, 2, (uint64_t[]){1 << 30, 0}, &e));
    assert_int_equal(lint_samples_view(&f, &s, &e), -1);
    assert_string_equal(e.msg, "1073741824 samples without data");
    lint_frame_free(&f);
    assert_non_null(lint_frame_add(&f, "label", LINT_I32, 1, (uint64_t[]){0}, &e));
    assert_int_equal(lint_samples_view(&f, &s, &e), 0);
    lint_samples_free(&s);
    lint_frame_free(&f);
}

static void a_model_is_no_frame_of_samples(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_samples s;
    lint_err e;
    lint_frame_add(&f, "conv.weight", LINT_F32, 1, (uint64_t[]){1}, &e);
    lint_frame_set_meta(&f, "kind", "model", &e);
    assert_int_equal(lint_samples_view(&f, &s, &e), -1);
    assert_string_equal(e.msg, "no 'image', 'label' or 'logits' (this is of kind 'model')");
    lint_frame_free(&f);
}

/* --- names ------------------------------------------------------------------------------------ */

static void a_sample_name_ends_at_zero_or_at_its_width(void **state) {
    (void)state;
    static char text[] = "abc\0\0defgh";
    lint_samples s = {.n = 2, .name = text, .name_len = 5};
    char buf[6], small[3];
    lint_samples_name(&s, 0, buf, sizeof buf);
    assert_string_equal(buf, "abc");
    lint_samples_name(&s, 1, buf, sizeof buf);
    assert_string_equal(buf, "defgh");
    lint_samples_name(&s, 1, small, sizeof small);
    assert_string_equal(small, "de");
    s.name = NULL;
    lint_samples_name(&s, 1, buf, sizeof buf);
    assert_string_equal(buf, "");
}

static void names_go_to_json_and_back(void **state) {
    (void)state;
    static const char json[] = "[\"a \\\"b\\\"\",\"\",\"\u00e4\"]";
    lint_names n, m;
    lint_err e;
    assert_int_equal(lint_names_parse(&n, json, &e), 0);
    assert_int_equal(n.n, 3);
    assert_string_equal(n.v[0], "a \"b\"");
    char *back = lint_names_json(&n, &e);
    assert_string_equal(back, json);
    assert_int_equal(lint_names_copy(&m, &n, &e), 0);
    assert_true(lint_names_equal(&n, &m));
    m.v[2][0] = 'x';
    assert_false(lint_names_equal(&n, &m));
    free(back);
    lint_names_free(&n);
    lint_names_free(&m);
    assert_int_equal(lint_names_parse(&n, NULL, &e), 0);
    assert_int_equal(n.n, 0);
}

static void an_index_without_a_name_gets_words(void **state) {
    (void)state;
    char *one[] = {"leopard"}, buf[32];
    lint_names n = {.v = one, .n = 1};
    assert_string_equal(lint_names_get(&n, 0, "class", buf), "leopard");
    assert_string_equal(lint_names_get(&n, 3, "class", buf), "class 3");
    assert_string_equal(lint_names_get(&n, INT32_MAX, "place", buf), "place 2147483647");
    assert_string_equal(lint_names_get(&n, -1, "class", buf), "unknown");
}

/* --- sets ------------------------------------------------------------------------------------- */

static const char *path_of(void) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/lint-test-%ld.lts", (long)getpid());
    return path;
}

/* Three frames of 4, 0 and 7 samples; the third begins at an odd address and has wider names. */
static void write_stream(void (*change)(lint_frame *, int frame)) {
    FILE *out = fopen(path_of(), "wb");
    assert_non_null(out);
    static const int n[] = {4, 0, 7}, from[] = {0, 4, 4}, wide[] = {1, 2, 3};
    for (int i = 0; i < 3; i++) {
        lint_frame f = numbered((size_t)n[i], from[i], (size_t)wide[i]);
        if (change) change(&f, i);
        put(&f, out);
        lint_frame_free(&f);
    }
    assert_int_equal(fclose(out), 0);
}

static void check_set(const lint_dataset *s) {
    assert_int_equal(lint_dataset_count(s), 11);
    assert_int_equal(lint_dataset_height(s), H);
    assert_int_equal(lint_dataset_width(s), W);
    assert_true(lint_dataset_has_mask(s));
    assert_string_equal(lint_dataset_classes(s)->v[1], "orca");
    assert_string_equal(lint_dataset_places(s)->v[0], "land");
    assert_string_equal(lint_dataset_meta(s, "kind"), "samples");
    assert_null(lint_dataset_meta(s, "none"));
    for (size_t i = 11; i-- > 0;) {
        assert_int_equal(lint_dataset_label(s, i), i % 2);
        assert_int_equal(lint_dataset_place(s, i), (int)(i % 3) - 1);
        assert_int_equal(lint_dataset_image(s, i)[0], i);
        assert_int_equal(lint_dataset_image(s, i)[H * W * 3 - 1], i);
        assert_int_equal(lint_dataset_mask(s, i)[H * W - 1], i);
    }
}

static void a_set_gives_every_sample_of_every_frame(void **state) {
    (void)state;
    lint_err e;
    write_stream(NULL);
    lint_dataset *s = lint_dataset_open(path_of(), &e);
    if (!s) fail_msg("%s", e.msg);
    check_set(s);
    lint_dataset_free(s);
}

static void a_set_from_a_pipe_is_the_same(void **state) {
    (void)state;
    lint_err e;
    int fd[2];
    char path[32], buf[1 << 14];
    write_stream(NULL);
    FILE *in = fopen(path_of(), "rb");
    size_t n = fread(buf, 1, sizeof buf, in);
    fclose(in);
    assert_true(n < sizeof buf);
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(write(fd[1], buf, n), n);
    close(fd[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    lint_dataset *s = lint_dataset_open(path, &e);
    if (!s) fail_msg("%s", e.msg);
    check_set(s);
    lint_dataset_free(s);
    close(fd[0]);
}

static void samples_taken_from_a_set_bring_all_that_follows_them(void **state) {
    (void)state;
    static const size_t row[] = {10, 0, 0, 5};
    lint_err e;
    lint_frame f = {0};
    lint_samples v;
    write_stream(NULL);
    lint_dataset *s = lint_dataset_open(path_of(), &e);
    assert_non_null(s);
    assert_int_equal(lint_dataset_take(s, row, 4, &f, &e), 0);
    assert_int_equal(lint_samples_view(&f, &v, &e), 0);
    assert_int_equal(v.n, 4);
    assert_int_equal(v.name_len, 3); /* the widest of the set */
    for (size_t i = 0; i < 4; i++) {
        char name[8];
        assert_int_equal(v.image[i * H * W * 3], row[i]);
        assert_int_equal(v.label[i], row[i] % 2);
        assert_true(((double *)lint_frame_find(&f, "extra")->data)[i] == (double)row[i]);
        lint_samples_name(&v, i, name, sizeof name);
        assert_string_equal(name, row[i] == 10 ? "kkk" : row[i] == 5 ? "fff" : "a");
    }
    assert_int_equal(lint_frame_find(&f, "table")->shape[0], 77);
    assert_int_equal(lint_dataset_take(s, (size_t[]){11}, 1, &f, &e), -1);
    assert_int_equal(lint_dataset_take(s, NULL, 0, &f, &e), 0);
    assert_int_equal(lint_frame_samples(&f), 0);
    lint_samples_free(&v);
    lint_frame_free(&f);
    lint_dataset_free(s);
}

/* Opening the stream with its third frame changed must fail with these words. */
static void assert_no_set(void (*change)(lint_frame *, int), const char *says) {
    lint_err e;
    write_stream(change);
    if (lint_dataset_open(path_of(), &e)) fail_msg("opened, expected: %s", says);
    if (!strstr(e.msg, says)) fail_msg("'%s' does not say '%s'", e.msg, says);
    if (strncmp(e.msg, path_of(), strlen(path_of())) != 0) fail_msg("no path in '%s'", e.msg);
}

static void other_classes(lint_frame *f, int frame) {
    lint_err e;
    if (frame == 2) lint_frame_set_meta(f, "classes", "[\"orca\",\"leopard\"]", &e);
}
static void other_places(lint_frame *f, int frame) {
    lint_err e;
    if (frame == 2) lint_frame_set_meta(f, "places", NULL, &e);
}
static void other_size(lint_frame *f, int frame) {
    lint_err e;
    if (frame == 2) {
        lint_frame_add(f, "image", LINT_U8, 4, (uint64_t[]){7, H, W + 1, 3}, &e);
        lint_frame_add(f, "mask", LINT_U8, 3, (uint64_t[]){7, H, W + 1}, &e);
    }
}
static void no_extra(lint_frame *f, int frame) {
    if (frame == 2) lint_frame_drop(f, "extra");
}
static void other_dtype(lint_frame *f, int frame) {
    lint_err e;
    if (frame == 2) lint_frame_add(f, "extra", LINT_I64, 1, (uint64_t[]){7}, &e);
}
static void other_table(lint_frame *f, int frame) {
    lint_err e;
    if (frame == 2) lint_frame_add(f, "table", LINT_U8, 1, (uint64_t[]){78}, &e);
}
static void sometimes_rows(lint_frame *f, int frame) { /* 4 of 4, 0 of 0, then 4 of 7 */
    lint_err e;
    lint_frame_add(f, "table", LINT_U8, 1, (uint64_t[]){frame == 1 ? 0 : 4}, &e);
}
/* A frame of one picture, then one of seven with the same single weight. */
static void one_weight(lint_frame *f, int frame) {
    lint_err e;
    if (frame == 0) {
        lint_frame_free(f);
        *f = numbered(1, 0, 1);
    }
    lint_frame_add(f, "weight", LINT_F32, 1, (uint64_t[]){1}, &e);
}
static void wild_label(lint_frame *f, int frame) {
    if (frame == 2) ((int32_t *)lint_frame_find(f, "label")->data)[6] = 2;
}
static void no_image(lint_frame *f, int frame) {
    (void)frame;
    lint_frame_drop(f, "image");
}

static void frames_that_disagree_are_no_set(void **state) {
    (void)state;
    assert_no_set(other_classes, "frame 3: classes differ");
    assert_no_set(other_places, "frame 3: places differ");
    assert_no_set(other_size, "frame 3: 'image' differs from the frames before");
    assert_no_set(no_extra, "frame 3: 6 tensors, but 7");
    assert_no_set(other_dtype, "frame 3: 'extra' differs from the frames before");
    assert_no_set(other_table, "frame 3: 'table' differs from the frames before");
    assert_no_set(sometimes_rows, "frame 2: 'table' has one row per sample in some frames only");
    assert_no_set(one_weight, "frame 2: 'weight' has one row per sample in some frames only");
    assert_no_set(wild_label, "frame 3: 'label' of sample 6 is 2");
    assert_no_set(no_image, "frame 1: no 'image'");
}

static void a_set_cut_at_any_byte_is_truncated_or_ends_between_frames(void **state) {
    (void)state;
    lint_err e;
    write_stream(NULL);
    FILE *in = fopen(path_of(), "rb");
    fseek(in, 0, SEEK_END);
    long size = ftell(in);
    fclose(in);
    size_t whole = 0;
    for (long n = size; n >= 0; n--) {
        assert_int_equal(truncate(path_of(), n), 0);
        lint_dataset *s = lint_dataset_open(path_of(), &e);
        if (!s) {
            assert_non_null(strstr(e.msg, ": truncated: "));
        } else {
            whole++;
            lint_dataset_free(s);
        }
    }
    assert_int_equal(whole, 4); /* three, two, one and no frames */
}

static void says_more(lint_frame *f, int frame) {
    f->more = frame < 2;
}

static void a_set_whose_frames_say_that_others_follow_is_whole_or_truncated(void **state) {
    (void)state;
    lint_err e;
    struct stat st;
    write_stream(says_more);
    lint_dataset *s = lint_dataset_open(path_of(), &e);
    if (!s) fail_msg("%s", e.msg);
    check_set(s);
    lint_dataset_free(s);
    assert_int_equal(stat(path_of(), &st), 0);
    for (long n = st.st_size - 1; n > 0; n--) {
        assert_int_equal(truncate(path_of(), n), 0);
        assert_null(lint_dataset_open(path_of(), &e));
        assert_non_null(strstr(e.msg, ": truncated: "));
    }
}

/* The samples of each frame, of the stream above cut anew; a negative number where the frame says
 * that another follows. */
static void assert_frames(size_t frame, const int *want) {
    lint_err e;
    lint_frame f = {0};
    FILE *in = fopen(path_of(), "rb");
    assert_non_null(in);
    lint_reframe *g = lint_reframe_new(in, "in", frame, &e);
    for (; *want; want++) {
        assert_int_equal(lint_reframe_next(g, &f, &e), 1);
        assert_int_equal((int)lint_frame_samples(&f) * (f.more ? -1 : 1), *want);
    }
    assert_int_equal(lint_reframe_next(g, &f, &e), 0);
    lint_frame_free(&f);
    lint_reframe_free(g);
    fclose(in);
}

static void other_split(lint_frame *f, int frame) {
    lint_err e;
    if (frame == 2) lint_frame_set_meta(f, "split", "val", &e);
}

static void frames_cut_anew_say_anew_whether_others_follow(void **state) {
    (void)state;
    for (int marked = 0; marked < 2; marked++) {
        write_stream(marked ? says_more : NULL);
        assert_frames(0, (int[]){11, 0});
        assert_frames(11, (int[]){11, 0});
        assert_frames(4, (int[]){-4, -4, 3, 0});
        assert_frames(5, (int[]){-5, -5, 1, 0});
        assert_frames(1, (int[]){-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 0});
        assert_frames(64, (int[]){11, 0});
    }
    write_stream(other_split); /* frames of different metadata are not joined */
    assert_frames(64, (int[]){-4, 7, 0});
    assert_frames(4, (int[]){-4, -4, 3, 0});
}

static void a_stream_of_nothing_is_a_set_of_nothing(void **state) {
    (void)state;
    lint_err e;
    lint_frame f = {0};
    fclose(fopen(path_of(), "wb"));
    lint_dataset *s = lint_dataset_open(path_of(), &e);
    assert_non_null(s);
    assert_int_equal(lint_dataset_count(s), 0);
    assert_int_equal(lint_dataset_classes(s)->n, 0);
    assert_false(lint_dataset_has_mask(s));
    assert_null(lint_dataset_meta(s, "kind"));
    assert_int_equal(lint_dataset_take(s, NULL, 0, &f, &e), 0);
    lint_dataset_free(s);
}

static void a_set_of_labels_that_nobody_knows(void **state) {
    (void)state;
    lint_err e;
    lint_frame f = {0};
    lint_frame_add(&f, "image", LINT_U8, 4, (uint64_t[]){2, H, W, 3}, &e);
    FILE *out = fopen(path_of(), "wb");
    put(&f, out);
    fclose(out);
    lint_frame_free(&f);
    lint_dataset *s = lint_dataset_open(path_of(), &e);
    assert_non_null(s);
    assert_int_equal(lint_dataset_label(s, 1), -1);
    assert_int_equal(lint_dataset_place(s, 1), -1);
    assert_null(lint_dataset_mask(s, 1));
    assert_false(lint_dataset_has_mask(s));
    lint_dataset_free(s);
}

static void what_is_no_stream_is_named(void **state) {
    (void)state;
    lint_err e;
    assert_null(lint_dataset_open("tests", &e));
    assert_string_equal(e.msg, "tests: is a directory, expected a tensor stream");
    assert_null(lint_dataset_open("tests/none.lts", &e));
    assert_string_equal(e.msg, "tests/none.lts: No such file or directory");
    assert_null(lint_dataset_open("Makefile", &e));
    assert_non_null(strstr(e.msg, "over the limit"));
}

static void a_pipe_without_room_for_a_copy_says_where_it_tried(void **state) {
    (void)state;
    lint_err e;
    int fd[2];
    char path[32];
    assert_int_equal(pipe(fd), 0);
    close(fd[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    setenv("TMPDIR", "/none", 1);
    assert_null(lint_dataset_open(path, &e));
    unsetenv("TMPDIR");
    assert_non_null(strstr(e.msg, "cannot make a file in /none"));
    close(fd[0]);
}

static int clean(void **state) {
    (void)state;
    unlink(path_of());
    return 0;
}

/* --- features --------------------------------------------------------------------------------- */

/* n samples of epoch `epoch` that have features, label and mask, but no image; the first half of
 * each features is the sample's number. */
static lint_frame featured(size_t n, int from, const char *epoch) {
    lint_frame f = numbered(n, from, 1);
    lint_err e;
    lint_tensor *t = lint_frame_add(&f, "features", LINT_F16, 4, (uint64_t[]){n, 4, 2, 3}, &e);
    for (size_t i = 0; i < n; i++)
        ((uint16_t *)t->data)[i * 24] = (uint16_t)(from + (int)i);
    lint_frame_drop(&f, "image");
    lint_frame_set_meta(&f, "epoch", epoch, &e);
    return f;
}

static void a_set_of_features_needs_no_pictures(void **state) {
    (void)state;
    lint_err e;
    size_t c, h, w;
    FILE *out = fopen(path_of(), "wb");
    lint_frame a = featured(5, 0, "1"), b = featured(3, 5, "2");
    put(&a, out);
    put(&b, out);
    assert_int_equal(fclose(out), 0);
    lint_dataset *s = lint_dataset_open(path_of(), &e);
    if (!s) fail_msg("%s", e.msg);
    assert_int_equal(lint_dataset_count(s), 8);
    assert_false(lint_dataset_has_image(s));
    assert_true(lint_dataset_has_features(s));
    lint_dataset_features_size(s, &c, &h, &w);
    assert_true(c == 4 && h == 2 && w == 3);
    assert_true(lint_dataset_height(s) == H && lint_dataset_width(s) == W); /* the masks' */
    assert_null(lint_dataset_image(s, 7));
    for (size_t i = 0; i < 8; i++) {
        uint16_t half;
        memcpy(&half, lint_dataset_features(s, i), sizeof half);
        assert_int_equal(half, i);
        assert_int_equal(lint_dataset_epoch(s, i), i < 5 ? 1 : 2);
    }
    lint_dataset_free(s);
    lint_frame_free(&a);
    lint_frame_free(&b);
}

static void a_frame_of_features_alone_has_samples(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_samples s;
    lint_err e;
    assert_non_null(lint_frame_add(&f, "features", LINT_F16, 4, (uint64_t[]){2, 4, 2, 3}, &e));
    assert_int_equal(lint_samples_view(&f, &s, &e), 0);
    assert_true(s.n == 2 && s.features && s.features_c == 4 && s.features_h == 2);
    lint_samples_free(&s);
    /* Features of another kind are none of lint's, and pass. */
    assert_non_null(lint_frame_add(&f, "features", LINT_F32, 2, (uint64_t[]){2, 4}, &e));
    assert_int_equal(lint_samples_view(&f, &s, &e), 0);
    assert_null(s.features);
    lint_samples_free(&s);
    lint_frame_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_shows_what_the_frame_holds),
        cmocka_unit_test(a_view_of_logits_alone_has_no_image),
        cmocka_unit_test(a_view_refuses_what_does_not_fit),
        cmocka_unit_test(samples_without_data_are_refused),
        cmocka_unit_test(a_model_is_no_frame_of_samples),
        cmocka_unit_test(a_sample_name_ends_at_zero_or_at_its_width),
        cmocka_unit_test(names_go_to_json_and_back),
        cmocka_unit_test(an_index_without_a_name_gets_words),
        cmocka_unit_test(a_set_gives_every_sample_of_every_frame),
        cmocka_unit_test(a_set_from_a_pipe_is_the_same),
        cmocka_unit_test(samples_taken_from_a_set_bring_all_that_follows_them),
        cmocka_unit_test(frames_that_disagree_are_no_set),
        cmocka_unit_test(a_set_cut_at_any_byte_is_truncated_or_ends_between_frames),
        cmocka_unit_test(a_set_whose_frames_say_that_others_follow_is_whole_or_truncated),
        cmocka_unit_test(frames_cut_anew_say_anew_whether_others_follow),
        cmocka_unit_test(a_stream_of_nothing_is_a_set_of_nothing),
        cmocka_unit_test(a_set_of_labels_that_nobody_knows),
        cmocka_unit_test(what_is_no_stream_is_named),
        cmocka_unit_test(a_pipe_without_room_for_a_copy_says_where_it_tried),
        cmocka_unit_test(a_set_of_features_needs_no_pictures),
        cmocka_unit_test(a_frame_of_features_alone_has_samples),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
