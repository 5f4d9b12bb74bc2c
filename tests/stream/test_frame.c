/* Frames: what must be refused (tests/stream/bad), what must pass (tests/stream/good), the canonical bytes, and
 * what happens to samples when frames are cut, copied and joined. */
#include "base/rng.h"
#include "stream/frame.h"
#include "support/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct bytes {
    char *p;
    size_t n;
} bytes;

static bytes slurp(const char *path) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    bytes b = {malloc(1 << 16), 0};
    assert_non_null(b.p);
    b.n = fread(b.p, 1, 1 << 16, in);
    assert_true(b.n < 1 << 16);
    fclose(in);
    return b;
}

/* Bytes as a file without a size (as a pipe), or as a regular one. */
static FILE *as_file(const char *p, size_t n, int regular) {
    FILE *in = regular || n == 0 ? tmpfile() : fmemopen((void *)p, n, "rb");
    assert_non_null(in);
    if (regular && n) assert_int_equal(fwrite(p, 1, n, in), n);
    rewind(in);
    return in;
}

static bytes written(const lint_frame *f) {
    bytes b = {0};
    FILE *out = open_memstream(&b.p, &b.n);
    lint_err e;
    assert_non_null(out);
    assert_int_equal(lint_frame_write(f, out, &e), 0);
    fclose(out);
    return b;
}

/* Reads all frames, joins nothing. Returns their number, or -1 with a message. */
static int count_frames(const char *p, size_t n, int regular, lint_err *e) {
    FILE *in = as_file(p, n, regular);
    lint_reader *r = lint_reader_new(in, "in", e);
    assert_non_null(r);
    lint_frame f = {0};
    int got, frames = 0;
    while ((got = lint_reader_next(r, &f, e)) > 0)
        frames++;
    if (got < 0) assert_int_equal(f.count + f.metas, 0);
    lint_frame_free(&f);
    lint_reader_free(r);
    fclose(in);
    return got < 0 ? -1 : frames;
}

/* --- walking the folders ---------------------------------------------------------------------- */

/* The words that a message must hold: the folder's name with spaces for underscores. */
static void words_of(const char *folder, char *words, size_t size) {
    snprintf(words, size, "%s", strrchr(folder, '/') + 1);
    for (char *c = words; *c; c++)
        if (*c == '_') *c = ' ';
}

static void assert_says(const char *path, const char *message, const char *words) {
    if (!strstr(message, words)) fail_msg("%s: '%s' does not say '%s'", path, message, words);
}

static void refuse(const char *folder, const char *path) {
    char words[100];
    words_of(folder, words, sizeof words);
    lint_frame f = {0};
    lint_err e;
    if (lint_frame_load(&f, path, &e) == 0) fail_msg("%s was read", path);
    assert_says(path, e.msg, words);
    assert_says(path, e.msg, path);
    assert_int_equal(f.count + f.metas, 0);
    assert_null(strchr(e.msg, '\n'));

    int only = strcmp(words, "empty") == 0 || strcmp(words, "trailing bytes") == 0;
    bytes b = slurp(path);
    for (int regular = 0; regular < 2 && !only; regular++) {
        if (count_frames(b.p, b.n, regular, &e) >= 0) fail_msg("%s was read as a stream", path);
        assert_says(path, e.msg, words);
        assert_says(path, e.msg, "in: frame 1: ");
    }
    free(b.p);
}

static void refuse_folder(const char *folder, const char *path) {
    (void)folder;
    assert_true(walk(path, refuse) > 0);
}

static void bad_files_raise_the_error_that_their_folder_names(void **state) {
    (void)state;
    assert_true(walk("tests/stream/bad", refuse_folder) >= 20);
}

static void accept(const char *folder, const char *path) {
    (void)folder;
    lint_frame f = {0}, again = {0};
    lint_err e;
    if (lint_frame_load(&f, path, &e) < 0) fail_msg("%s", e.msg);
    for (size_t i = 0; i < f.count; i++) {
        assert_non_null(f.tensors[i].data);
        assert_int_equal((uintptr_t)f.tensors[i].data % 64, 0);
    }
    bytes original = slurp(path), once = written(&f);
    assert_true(once.n >= 16);
    if (strstr(path, "/canonical-")) {
        assert_int_equal(once.n, original.n);
        assert_memory_equal(once.p, original.p, once.n);
    }
    FILE *in = as_file(once.p, once.n, 0);
    lint_reader *r = lint_reader_new(in, "again", &e);
    assert_int_equal(lint_reader_next(r, &again, &e), 1);
    bytes twice = written(&again);
    assert_int_equal(twice.n, once.n);
    assert_memory_equal(twice.p, once.p, once.n);
    lint_reader_free(r);
    fclose(in);
    free(original.p);
    free(once.p);
    free(twice.p);
    lint_frame_free(&f);
    lint_frame_free(&again);
}

static void good_files_are_read_and_written_canonically(void **state) {
    (void)state;
    assert_true(walk("tests/stream/good", accept) >= 10);
}

/* --- contents --------------------------------------------------------------------------------- */

static void values_are_where_the_header_says(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_err e;
    assert_int_equal(lint_frame_load(&f, "tests/stream/good/canonical-samples.safetensors", &e), 0);
    assert_int_equal(f.count, 4);
    assert_string_equal(lint_frame_meta(&f, "classes"), "[\"leopard\",\"\u00f6rca\"]");
    assert_null(lint_frame_meta(&f, "places"));
    const lint_tensor *label =
        lint_frame_need(&f, "label", LINT_I32, 1, (uint64_t[]){UINT64_MAX}, &e);
    assert_non_null(label);
    assert_int_equal(label->shape[0], 2);
    assert_int_equal(((int32_t *)label->data)[0], 1);
    assert_int_equal(((int32_t *)label->data)[1], 0);
    const lint_tensor *weight = lint_frame_need(&f, "weight", LINT_F64, 0, NULL, &e);
    assert_non_null(weight);
    assert_null(weight->shape);
    assert_true(*(double *)weight->data == 0.5);
    assert_int_equal(((uint8_t *)lint_frame_find(&f, "image")->data)[11], 11);
    assert_int_equal(lint_frame_samples(&f), 2);
    lint_frame_free(&f);
}

static void need_says_what_is_and_what_was_expected(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_err e;
    assert_non_null(lint_frame_add(&f, "image", LINT_F32, 2, (uint64_t[]){2, 3}, &e));
    assert_null(lint_frame_need(&f, "label", LINT_I32, 1, (uint64_t[]){2}, &e));
    assert_string_equal(e.msg, "no 'label'");
    assert_null(lint_frame_need(&f, "image", LINT_U8, 2, (uint64_t[]){2, 3}, &e));
    assert_string_equal(e.msg, "'image' is F32, expected U8");
    assert_null(lint_frame_need(&f, "image", LINT_F32, 2, (uint64_t[]){UINT64_MAX, 4}, &e));
    assert_string_equal(e.msg, "'image' is [2, 3], expected [n, 4]");
    assert_null(lint_frame_need(&f, "image", LINT_F32, 0, NULL, &e));
    assert_string_equal(e.msg, "'image' is [2, 3], expected []");
    lint_frame_free(&f);
}

static void bytes_do_not_depend_on_the_order_of_adding(void **state) {
    (void)state;
    static const char *const name[] = {"b", "a", "c"};
    static const lint_dtype dtype[] = {LINT_U8, LINT_U8, LINT_F64};
    bytes b[2];
    lint_err e;
    for (int round = 0; round < 2; round++) {
        lint_frame f = {0};
        for (int k = 0; k < 3; k++) {
            int i = round ? 2 - k : k;
            lint_tensor *t = lint_frame_add(&f, name[i], dtype[i], 1, (uint64_t[]){2}, &e);
            assert_non_null(t);
            memset(t->data, i + 1, t->bytes);
            assert_int_equal(lint_frame_set_meta(&f, name[i], "v\n\"\\", &e), 0);
        }
        b[round] = written(&f);
        lint_frame_free(&f);
    }
    assert_int_equal(b[0].n, b[1].n);
    assert_memory_equal(b[0].p, b[1].p, b[0].n);
    const char *c = strstr(b[0].p + 8, "\"c\":{"), *a = strstr(b[0].p + 8, "\"a\":{\"dtype");
    assert_true(c && a && c < a); /* wide first, then by name */
    assert_memory_equal(b[0].p + b[0].n - 4, "\2\2\1\1", 4);
    free(b[0].p);
    free(b[1].p);
}

static void names_and_texts_that_no_header_can_hold_are_refused(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_err e;
    assert_null(lint_frame_add(&f, "\xff", LINT_U8, 0, NULL, &e));
    assert_null(lint_frame_add(&f, "__metadata__", LINT_U8, 0, NULL, &e));
    assert_null(lint_frame_add(&f, "x", LINT_U8, 2, (uint64_t[]){1ull << 32, 1ull << 32}, &e));
    assert_non_null(strstr(e.msg, "overflow"));
    assert_int_equal(lint_frame_set_meta(&f, "k", "\xc3", &e), -1);
    assert_int_equal(lint_frame_set_meta(&f, "\xc3", "v", &e), -1);
    assert_int_equal(f.count + f.metas, 0);
    lint_frame_free(&f);
}

static void metadata_is_set_replaced_and_removed(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_err e;
    lint_frame_set_meta(&f, "a", "1", &e);
    lint_frame_set_meta(&f, "b", "2", &e);
    lint_frame_set_meta(&f, "a", "3", &e);
    assert_int_equal(f.metas, 2);
    assert_string_equal(lint_frame_meta(&f, "a"), "3");
    assert_int_equal(lint_frame_set_meta(&f, "a", NULL, &e), 0);
    assert_int_equal(lint_frame_set_meta(&f, "never", NULL, &e), 0);
    assert_null(lint_frame_meta(&f, "a"));
    assert_string_equal(lint_frame_meta(&f, "b"), "2");
    lint_frame_free(&f);
}

static void adding_replaces_and_dropping_closes_the_gap(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_err e;
    lint_frame_add(&f, "a", LINT_U8, 1, (uint64_t[]){4}, &e);
    lint_frame_add(&f, "b", LINT_U8, 1, (uint64_t[]){4}, &e);
    const lint_tensor *a = lint_frame_add(&f, "a", LINT_F32, 1, (uint64_t[]){3}, &e);
    assert_int_equal(f.count, 2);
    assert_int_equal(a->bytes, 12);
    assert_true(((float *)a->data)[2] == 0);
    lint_frame_drop(&f, "a");
    lint_frame_drop(&f, "a");
    assert_int_equal(f.count, 1);
    assert_string_equal(f.tensors[0].name, "b");
    lint_frame_free(&f);
}

/* --- truncation, mutation --------------------------------------------------------------------- */

/* Two small frames, one of them with every dtype. */
static bytes small_stream(size_t *first) {
    bytes a = slurp("tests/stream/good/canonical-samples.safetensors");
    bytes b = slurp("tests/stream/good/canonical-every-dtype.safetensors");
    a.p = realloc(a.p, a.n + b.n);
    assert_non_null(a.p);
    memcpy(a.p + a.n, b.p, b.n);
    *first = a.n;
    a.n += b.n;
    free(b.p);
    return a;
}

static void a_stream_cut_at_any_byte_is_truncated_or_ends_between_frames(void **state) {
    (void)state;
    size_t first;
    bytes b = small_stream(&first);
    for (size_t n = 0; n <= b.n; n++)
        for (int regular = 0; regular < 2; regular++) {
            lint_err e;
            int got = count_frames(b.p, n, regular, &e);
            if (n == 0 || n == first || n == b.n) {
                assert_int_equal(got, n == b.n ? 2 : n == first);
                continue;
            }
            assert_int_equal(got, -1);
            assert_says("cut", e.msg,
                        n < first ? "in: frame 1: truncated" : "in: frame 2: truncated");
        }
    free(b.p);
}

/* A frame of one metadata key, written with or without the mark, behind what b holds. */
static void add_frame(bytes *b, const char *key, const char *value, int more) {
    lint_frame f = {.more = more};
    lint_err e;
    if (key) assert_int_equal(lint_frame_set_meta(&f, key, value, &e), 0);
    bytes one = written(&f);
    b->p = realloc(b->p, b->n + one.n + 1);
    assert_non_null(b->p);
    memcpy(b->p + b->n, one.p, one.n);
    b->n += one.n;
    free(one.p);
    lint_frame_free(&f);
}

static void a_frame_says_that_another_follows(void **state) {
    (void)state;
    lint_err e;
    bytes b = {0};
    add_frame(&b, "name", "v", 1);
    size_t first = b.n;
    static const char text[] = "{\"__metadata__\":{\"more\":\"1\",\"name\":\"v\"}"; /* sorted */
    assert_memory_equal(b.p + 8, text, sizeof text - 1);
    for (int regular = 0; regular < 2; regular++) {
        assert_int_equal(count_frames(b.p, first, regular, &e), -1);
        assert_string_equal(e.msg, "in: frame 2: truncated: the input ends, but the frame before "
                                   "says that another follows");
    }
    add_frame(&b, NULL, NULL, 0);
    assert_int_equal(count_frames(b.p, b.n, 1, &e), 2);
    add_frame(&b, NULL, NULL, 0); /* as cat joins them */
    assert_int_equal(count_frames(b.p, b.n, 1, &e), 3);
    free(b.p);
}

/* In memory, the mark is no metadata; another value is somebody else's key. */
static void the_mark_is_not_among_the_metadata(void **state) {
    (void)state;
    lint_err e;
    bytes b = {0};
    lint_frame f = {0}, copy = {0};
    add_frame(&b, "more", "light", 1); /* the mark wins */
    add_frame(&b, "more", "light", 0);
    FILE *in = as_file(b.p, b.n, 1);
    lint_reader *r = lint_reader_new(in, "in", &e);
    assert_int_equal(lint_reader_next(r, &f, &e), 1);
    assert_int_equal(f.more, 1);
    assert_int_equal(f.metas, 0);
    assert_int_equal(lint_frame_copy(&copy, &f, &e), 0);
    assert_int_equal(copy.more, 0);
    assert_int_equal(lint_reader_next(r, &f, &e), 1);
    assert_int_equal(f.more, 0);
    assert_string_equal(lint_frame_meta(&f, "more"), "light");
    assert_int_equal(lint_reader_next(r, &f, &e), 0);
    lint_frame_free(&f);
    lint_frame_free(&copy);
    lint_reader_free(r);
    fclose(in);
    free(b.p);
}

/* Whatever is read can be written, and read again to the same bytes. */
static void survive(const char *p, size_t n) {
    lint_err e;
    FILE *in = as_file(p, n, 0);
    lint_reader *r = lint_reader_new(in, "mutant", &e);
    lint_frame f = {0}, g = {0};
    while (lint_reader_next(r, &f, &e) > 0) {
        bytes once = written(&f);
        FILE *back = fmemopen(once.p, once.n, "rb");
        lint_reader *again = lint_reader_new(back, "again", &e);
        assert_int_equal(lint_reader_next(again, &g, &e), 1);
        bytes twice = written(&g);
        assert_int_equal(once.n, twice.n);
        assert_memory_equal(once.p, twice.p, once.n);
        lint_reader_free(again);
        fclose(back);
        free(once.p);
        free(twice.p);
    }
    lint_frame_free(&f);
    lint_frame_free(&g);
    lint_reader_free(r);
    fclose(in);
}

static void mutants_are_read_or_refused_but_never_crash(void **state) {
    (void)state;
    static const char piece[] = "{}[]\":,0919e-\\u\x80\xff \0";
    size_t first;
    bytes b = small_stream(&first);
    char *m = malloc(b.n);
    assert_non_null(m);
    for (uint64_t round = 0; round < 4000; round++) {
        lint_rng r = lint_rng_at(1, LINT_RNG_AUGMENT, 0, round);
        memcpy(m, b.p, b.n);
        for (uint64_t k = 1 + lint_rng_below(&r, 3); k--;) {
            size_t at = (size_t)lint_rng_below(&r, b.n);
            char with = piece[lint_rng_below(&r, sizeof piece)];
            if (lint_rng_below(&r, 2))
                m[at] = with;
            else
                m[at] = (char)((unsigned char)m[at] ^ 1u << lint_rng_below(&r, 8));
        }
        survive(m, b.n);
    }
    free(m);
    free(b.p);
}

static void writing_to_a_full_disk_is_an_error(void **state) {
    (void)state;
    FILE *out = fopen("/dev/full", "wb");
    if (!out) skip();
    lint_frame f = {0};
    lint_err e;
    assert_non_null(lint_frame_add(&f, "x", LINT_U8, 1, (uint64_t[]){1 << 20}, &e));
    assert_int_equal(lint_frame_write(&f, out, &e), -1);
    assert_non_null(strstr(e.msg, "No space left"));
    fclose(out);
    lint_frame_free(&f);
}

static void a_missing_file_and_a_folder_are_named(void **state) {
    (void)state;
    lint_frame f = {0};
    lint_err e;
    assert_int_equal(lint_frame_load(&f, "tests/none.safetensors", &e), -1);
    assert_string_equal(e.msg, "tests/none.safetensors: No such file or directory");
    assert_int_equal(lint_frame_load(&f, "tests", &e), -1);
    assert_string_equal(e.msg, "tests: cannot read: Is a directory");
}

/* Text within text: no byte after it changes. */
static void put(char *to, const char *text) {
    while (*text)
        *to++ = *text++;
}

static void a_header_of_too_many_values_is_refused_before_it_is_parsed(void **state) {
    (void)state;
    size_t n = 10000000;
    char *json = malloc(n);
    assert_non_null(json);
    for (size_t i = 0; i < n; i += 2)
        put(json + i, "0,");
    put(json, "{\"a\":[");
    put(json + n - 4, "0]} ");
    lint_frame f = {0};
    lint_err e;
    uint64_t *begin, total;
    assert_int_equal(lint_header_parse(&f, json, n, &begin, &total, &e), -1);
    assert_string_equal(e.msg, "header holds more than 4000000 values");
    free(json);
}

static void a_header_can_be_parsed_alone(void **state) {
    (void)state;
    static const char json[] = " {\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                               "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3,11]}} ";
    lint_frame f = {0};
    lint_err e;
    uint64_t *begin, total;
    assert_int_equal(lint_header_parse(&f, json, strlen(json), &begin, &total, &e), 0);
    assert_int_equal(f.count, 2);
    assert_string_equal(f.tensors[0].name, "a");
    assert_null(f.tensors[0].data);
    assert_int_equal(begin[0], 3);
    assert_int_equal(begin[1], 0);
    assert_int_equal(total, 11);
    free(begin);
    lint_frame_free(&f);
}

/* --- samples ---------------------------------------------------------------------------------- */

/* n samples: image [n,1,1,3] and label count up from `from`, name is n letters wide, and two
 * tensors that tools do not know: extra [n,2] follows the samples, table [5] does not. */
static lint_frame numbered(size_t n, int from, size_t wide) {
    lint_frame f = {0};
    lint_err e;
    lint_tensor *t = lint_frame_add(&f, "image", LINT_U8, 4, (uint64_t[]){n, 1, 1, 3}, &e);
    for (size_t i = 0; i < t->bytes; i++)
        ((uint8_t *)t->data)[i] = (uint8_t)(from + (int)(i / 3));
    t = lint_frame_add(&f, "label", LINT_I32, 1, (uint64_t[]){n}, &e);
    for (size_t i = 0; i < n; i++)
        ((int32_t *)t->data)[i] = from + (int)i;
    t = lint_frame_add(&f, "name", LINT_U8, 2, (uint64_t[]){n, wide}, &e);
    memset(t->data, 'a' + from, t->bytes);
    t = lint_frame_add(&f, "extra", LINT_F64, 2, (uint64_t[]){n, 2}, &e);
    for (size_t i = 0; i < 2 * n; i++)
        ((double *)t->data)[i] = from + (int)(i / 2);
    lint_frame_add(&f, "table", LINT_U8, 1, (uint64_t[]){5}, &e);
    lint_frame_set_meta(&f, "kind", "samples", &e);
    return f;
}

static int label_at(const lint_frame *f, size_t i) {
    return ((int32_t *)lint_frame_find(f, "label")->data)[i];
}
static double extra_at(const lint_frame *f, size_t i) {
    return ((double *)lint_frame_find(f, "extra")->data)[2 * i + 1];
}
static int image_at(const lint_frame *f, size_t i) {
    return ((uint8_t *)lint_frame_find(f, "image")->data)[3 * i + 2];
}

static void taking_samples_takes_all_that_follows_them(void **state) {
    (void)state;
    lint_frame f = numbered(4, 10, 2), g = {0};
    lint_err e;
    static const size_t row[] = {3, 0, 3};
    assert_int_equal(lint_frame_take(&g, &f, row, 3, &e), 0);
    assert_int_equal(lint_frame_samples(&g), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(label_at(&g, i), 10 + (int)row[i]);
        assert_int_equal(image_at(&g, i), 10 + (int)row[i]);
        assert_true(extra_at(&g, i) == 10 + (double)row[i]);
    }
    assert_int_equal(lint_frame_find(&g, "table")->shape[0], 5);
    assert_string_equal(lint_frame_meta(&g, "kind"), "samples");
    assert_int_equal(lint_frame_take(&g, &f, row, 0, &e), 0);
    assert_int_equal(lint_frame_samples(&g), 0);
    assert_int_equal(lint_frame_take(&g, &f, (size_t[]){4}, 1, &e), -1);
    assert_string_equal(e.msg, "there is no sample 4 in a frame of 4");
    lint_frame_free(&f);
    lint_frame_free(&g);
}

static void joining_frames_keeps_every_sample_in_order(void **state) {
    (void)state;
    lint_frame all = {0};
    lint_err e;
    int at = 0;
    for (size_t k = 0; k < 20; k++) {
        lint_frame f = numbered(k % 4, at, 1 + k % 3);
        if (lint_frame_append(&all, &f, &e) < 0) fail_msg("%s", e.msg);
        at += (int)(k % 4);
        lint_frame_free(&f);
    }
    assert_int_equal(lint_frame_samples(&all), at);
    for (size_t i = 0; i < (size_t)at; i++) {
        assert_int_equal(label_at(&all, i), (int)i);
        assert_int_equal(image_at(&all, i), (int)i);
        assert_true(extra_at(&all, i) == (double)i);
    }
    const lint_tensor *name = lint_frame_find(&all, "name");
    assert_int_equal(name->shape[1], 3);
    assert_memory_equal(name->data, "aa\0", 3);
    assert_memory_equal((char *)name->data + 3, "bbb", 3);
    lint_frame_free(&all);
}

/* Appends a frame changed by `change` to one as it should be; the message must hold `words`. */
static void assert_no_append(void (*change)(lint_frame *), const char *words) {
    lint_frame a = numbered(2, 0, 2), b = numbered(3, 2, 2);
    lint_err e;
    change(&b);
    if (lint_frame_append(&a, &b, &e) == 0) fail_msg("appended, expected '%s'", words);
    assert_says("append", e.msg, words);
    assert_int_equal(a.count, 0);
    lint_frame_free(&a);
    lint_frame_free(&b);
}

static void lacks_extra(lint_frame *f) {
    lint_frame_drop(f, "extra");
}
static void has_more(lint_frame *f) {
    lint_err e;
    lint_frame_add(f, "more", LINT_U8, 1, (uint64_t[]){3}, &e);
}
static void other_type(lint_frame *f) {
    lint_err e;
    lint_frame_add(f, "extra", LINT_F32, 2, (uint64_t[]){3, 2}, &e);
}
static void other_shape(lint_frame *f) {
    lint_err e;
    lint_frame_add(f, "extra", LINT_F64, 2, (uint64_t[]){3, 3}, &e);
}
static void not_a_row_each(lint_frame *f) {
    lint_err e;
    lint_frame_add(f, "extra", LINT_F64, 2, (uint64_t[]){7, 2}, &e);
}

static void frames_that_disagree_are_not_joined(void **state) {
    (void)state;
    assert_no_append(lacks_extra, "no 'extra'");
    assert_no_append(has_more, "'more' is not in the frames before");
    assert_no_append(other_type, "'extra' differs in type or shape");
    assert_no_append(other_shape, "'extra' differs in type or shape");
    assert_no_append(not_a_row_each, "'extra' has one row per sample in some frames only");
}

static void a_copy_is_equal_and_its_own(void **state) {
    (void)state;
    lint_frame f = numbered(3, 0, 2), g = {0};
    lint_err e;
    assert_int_equal(lint_frame_copy(&g, &f, &e), 0);
    bytes a = written(&f), b = written(&g);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    lint_frame_free(&f);
    assert_int_equal(label_at(&g, 2), 2);
    free(a.p);
    free(b.p);
    lint_frame_free(&g);
}

static void every_dtype_has_a_name_and_a_width(void **state) {
    (void)state;
    for (int d = 0; d < LINT_DTYPES; d++) {
        assert_non_null(lint_dtype_name((lint_dtype)d));
        assert_in_range(lint_dtype_bytes((lint_dtype)d), 1, 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_files_raise_the_error_that_their_folder_names),
        cmocka_unit_test(good_files_are_read_and_written_canonically),
        cmocka_unit_test(values_are_where_the_header_says),
        cmocka_unit_test(need_says_what_is_and_what_was_expected),
        cmocka_unit_test(bytes_do_not_depend_on_the_order_of_adding),
        cmocka_unit_test(names_and_texts_that_no_header_can_hold_are_refused),
        cmocka_unit_test(metadata_is_set_replaced_and_removed),
        cmocka_unit_test(adding_replaces_and_dropping_closes_the_gap),
        cmocka_unit_test(a_stream_cut_at_any_byte_is_truncated_or_ends_between_frames),
        cmocka_unit_test(a_frame_says_that_another_follows),
        cmocka_unit_test(the_mark_is_not_among_the_metadata),
        cmocka_unit_test(mutants_are_read_or_refused_but_never_crash),
        cmocka_unit_test(writing_to_a_full_disk_is_an_error),
        cmocka_unit_test(a_missing_file_and_a_folder_are_named),
        cmocka_unit_test(a_header_of_too_many_values_is_refused_before_it_is_parsed),
        cmocka_unit_test(a_header_can_be_parsed_alone),
        cmocka_unit_test(taking_samples_takes_all_that_follows_them),
        cmocka_unit_test(joining_frames_keeps_every_sample_in_order),
        cmocka_unit_test(frames_that_disagree_are_not_joined),
        cmocka_unit_test(a_copy_is_equal_and_its_own),
        cmocka_unit_test(every_dtype_has_a_name_and_a_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
