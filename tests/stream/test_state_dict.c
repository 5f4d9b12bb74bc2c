/* Weights from files: what PyTorch wrote (tests/golden/weights), what must be refused
 * (tests/stream/bad-torch), several files by an index, and what no file may do. */
#include "base/rng.h"
#include "stream/floats.h"
#include "stream/pickle.h"
#include "stream/state_dict.h"
#include "stream/torch_file.h"
#include "support/check.h"
#include "support/walk.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GOLDEN "tests/golden/weights/"

static lint_state_dict load(const char *path) {
    lint_state_dict s;
    lint_err e;
    if (lint_state_dict_load(&s, path, &e) < 0) fail_msg("%s", e.msg);
    return s;
}

/* The same values, whatever floats they are in. */
static void assert_same_values(const char *path, const lint_tensor *t, const lint_tensor *want) {
    assert_int_equal(t->rank, want->rank);
    if (t->rank) assert_memory_equal(t->shape, want->shape, t->rank * sizeof *t->shape);
    if (!lint_is_floats(t->dtype) || t->dtype == want->dtype) {
        assert_int_equal(t->dtype, want->dtype);
        assert_int_equal(t->bytes, want->bytes);
        assert_memory_equal(t->data, want->data, t->bytes);
        return;
    }
    float *is = malloc(want->bytes);
    lint_err e;
    assert_non_null(is);
    assert_int_equal(lint_floats_get(t, is, &e), 0);
    if (memcmp(is, want->data, want->bytes) != 0) fail_msg("%s: '%s' differs", path, t->name);
    free(is);
}

/* All tensors of the file are those of the other, with a prefix before their names. */
static void expect_as(const char *path, const char *prefix, const char *other) {
    lint_state_dict s = load(path), want = load(other);
    assert_int_equal(s.frame.count, want.frame.count);
    for (size_t i = 0; i < s.frame.count; i++) {
        const lint_tensor *t = &s.frame.tensors[i];
        assert_memory_equal(t->name, prefix, strlen(prefix));
        const lint_tensor *like = lint_frame_find(&want.frame, t->name + strlen(prefix));
        if (!like) fail_msg("%s: '%s'", path, t->name);
        assert_int_equal((uintptr_t)t->data % lint_dtype_bytes(t->dtype), 0);
        assert_same_values(path, t, like);
    }
    lint_state_dict_free(&s);
    lint_state_dict_free(&want);
}

static void every_form_of_the_same_weights_is_read_alike(void **state) {
    (void)state;
    static const char *const form[] = {"F32.pth",
                                       "F16.pth",
                                       "BF16.pth",
                                       "F64.pth",
                                       "F16.safetensors",
                                       "BF16.safetensors",
                                       "F64.safetensors",
                                       "old.pth",
                                       "parameters.pth",
                                       "checkpoint.pth",
                                       "model-entry.pth",
                                       "zipped-again.pth",
                                       "expected.safetensors",
                                       "weights.safetensors.index.json"};
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        char path[200];
        snprintf(path, sizeof path, GOLDEN "%s", form[i]);
        expect_as(path, "", GOLDEN "expected.safetensors");
    }
    expect_as(GOLDEN "module-prefix.pth", "module.", GOLDEN "expected.safetensors");
    expect_as(GOLDEN "two-prefixes.pth", "model.module.", GOLDEN "expected.safetensors");
}

static void parts_of_storages_are_read_by_their_strides(void **state) {
    (void)state;
    expect_as(GOLDEN "views.pth", "", GOLDEN "expected-views.safetensors");
}

static void what_lies_in_one_piece_is_not_copied(void **state) {
    (void)state;
    lint_state_dict s = load(GOLDEN "views.pth");
    const lint_tensor *whole = lint_frame_find(&s.frame, "whole");
    const lint_tensor *row = lint_frame_find(&s.frame, "row");
    assert_ptr_equal(row->data, (const float *)whole->data + 12);
    lint_state_dict_free(&s);
}

/* --- walking the folders ---------------------------------------------------------------------- */

static void underscores_to_spaces(char *text) {
    for (char *c = text; *c; c++)
        if (*c == '_') *c = ' ';
}

static void refuse(const char *folder, const char *path) {
    char words[100], said[1024];
    lint_state_dict s;
    lint_err e;
    if (lint_state_dict_load(&s, path, &e) == 0) fail_msg("%s was read", path);
    assert_memory_equal(e.msg, path, strlen(path));
    assert_int_equal(s.frame.count + s.parts, 0);
    snprintf(words, sizeof words, "%s", strrchr(folder, '/') + 1);
    snprintf(said, sizeof said, "%s", e.msg);
    underscores_to_spaces(words);
    underscores_to_spaces(said);
    if (!strstr(said + strlen(path), words))
        fail_msg("%s: '%s' does not say '%s'", path, e.msg, words);
}

static void refuse_folder(const char *folder, const char *path) {
    (void)folder;
    assert_true(walk(path, refuse) > 0);
}

static void bad_files_raise_the_error_that_their_folder_names(void **state) {
    (void)state;
    assert_true(walk("tests/stream/bad-torch", refuse_folder) >= 50);
}

static void accept(const char *folder, const char *path) {
    (void)folder;
    static const float four[] = {1, 2, 3, 4};
    lint_state_dict s = load(path);
    assert_int_equal(s.frame.count, 1);
    assert_string_equal(s.frame.tensors[0].name, "a");
    assert_int_equal(s.frame.tensors[0].bytes, sizeof four);
    assert_memory_equal(s.frame.tensors[0].data, four, sizeof four);
    lint_state_dict_free(&s);
}

static void odd_files_that_break_no_rule_are_read(void **state) {
    (void)state;
    assert_int_equal(walk("tests/stream/good-torch", accept), 3);
}

/* --- several files ---------------------------------------------------------------------------- */

static void write_text(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void expect_index(const char *folder, const char *text, const char *message) {
    char path[300];
    lint_state_dict s;
    lint_err e;
    snprintf(path, sizeof path, "%s/index.json", folder);
    write_text(path, text);
    assert_int_equal(lint_state_dict_load(&s, path, &e), -1);
    assert_memory_equal(e.msg, folder, strlen(folder));
    if (!strstr(e.msg, message)) fail_msg("'%s' does not say '%s'", e.msg, message);
}

static void copy_file(const char *from, const char *folder, const char *name) {
    char path[300], bytes[4096];
    FILE *in = fopen(from, "rb");
    assert_non_null(in);
    size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static void an_index_that_lies_is_refused(void **state) {
    (void)state;
    char folder[] = "/tmp/lint-index-XXXXXX", path[300];
    assert_non_null(mkdtemp(folder));
    copy_file("tests/stream/good-torch/zip.pth", folder, "one");
    copy_file("tests/stream/good-torch/zip.pth", folder, "two");
    expect_index(folder, "{        ", "not valid JSON");
    expect_index(folder, "{\"metadata\":{}}", "no weight_map");
    expect_index(folder, "{\"weight_map\":[]}", "no weight_map");
    expect_index(folder, "{\"weight_map\":{}}", "names no file");
    expect_index(folder, "{\"weight_map\":{\"a\":3}}", "the file of 'a' is not a string");
    static const char *const outside[] = {"/etc/passwd", "../one", "x/one", "..", ".", ""};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        char text[100], says[100];
        snprintf(text, sizeof text, "{\"weight_map\":{\"a\":\"%s\"}}", outside[i]);
        snprintf(says, sizeof says, "'%s' is not the name of a file beside", outside[i]);
        expect_index(folder, text, says);
    }
    expect_index(folder, "{\"weight_map\":{\"a\":\"none\"}}", "none: No such file or directory");
    expect_index(folder, "{\"weight_map\":{\"b\":\"one\"}}", "the index does not name it");
    expect_index(folder, "{\"weight_map\":{\"a\":\"one\",\"b\":\"one\"}}",
                 "'b' is not in 'one', as the index says");
    expect_index(folder, "{\"weight_map\":{\"a\":\"one\",\"b\":\"two\"}}",
                 "'a' is in 'two', but the index has it in one");
    expect_index(folder, "{\"weight_map\":{\"a\":\"one\",\"a\":\"two\"}}", "duplicate");
    expect_index(folder, "{\"weight_map\":{\"a\":\"index.json\"}}", "an index within an index");
    static const char *const name[] = {"one", "two", "index.json", "."};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, name[i]);
        remove(path);
    }
}

/* --- floats ----------------------------------------------------------------------------------- */

/* By the definition: 2^(exponent - 15) * 1.fraction, and below the smallest exponent 2^-14 * 0.fraction. */
static double half_value(unsigned h) {
    unsigned exponent = h >> 10 & 31, fraction = h & 1023;
    double v = exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31) v = fraction ? (double)NAN : (double)INFINITY;
    return h >> 15 ? -v : v;
}

static void every_half_is_its_value_in_F32(void **state) {
    (void)state;
    enum { ALL = 65536 };
    uint16_t *half = malloc(ALL * sizeof *half);
    float *is = malloc(ALL * sizeof *is);
    lint_err e;
    assert_true(half && is);
    for (size_t h = 0; h < ALL; h++)
        half[h] = (uint16_t)h;
    lint_tensor t = {.name = "h", .dtype = LINT_F16, .data = half, .bytes = ALL * sizeof *half};
    assert_int_equal(lint_floats_get(&t, is, &e), 0);
    for (unsigned h = 0; h < ALL; h++) {
        double want = half_value(h);
        if (isnan(want) ? !isnan(is[h]) : is[h] != want || !signbit(is[h]) != !signbit(want))
            fail_msg("0x%04x is %g, not %g", h, is[h], want);
    }
    t.dtype = LINT_BF16; /* the upper half of an F32 */
    assert_int_equal(lint_floats_get(&t, is, &e), 0);
    for (uint32_t h = 0; h < ALL; h++) {
        uint32_t bits;
        memcpy(&bits, &is[h], sizeof bits);
        assert_int_equal(bits, h << 16);
    }
    free(half);
    free(is);
}

static void doubles_are_rounded_and_refused_where_F32_ends(void **state) {
    (void)state;
    double v[] = {0.1, -1e-60, 3.4e38, INFINITY};
    float is[4];
    lint_err e;
    lint_tensor t = {.name = "d", .dtype = LINT_F64, .data = v, .bytes = sizeof v};
    assert_int_equal(lint_floats_get(&t, is, &e), 0);
    assert_true(is[0] == 0.1f && is[1] == 0 && is[2] == 3.4e38f && isinf(is[3]));
    v[1] = 1e300;
    assert_int_equal(lint_floats_get(&t, is, &e), -1);
    assert_string_equal(e.msg, "'d' has a value that is too large for F32");
}

/* --- what no file may do ---------------------------------------------------------------------- */

static void a_pickle_of_too_many_values_is_refused(void **state) {
    (void)state;
    static const char *const none[] = {NULL};
    size_t n = LINT_PICKLE_VALUES_MAX + 2;
    unsigned char *nones = malloc(n);
    lint_pickle p;
    lint_err e;
    assert_non_null(nones);
    memset(nones, 'N', n);
    assert_int_equal(lint_pickle_read(&p, nones, n, none, &e), -1);
    assert_string_equal(e.msg, "a pickle of more than 4000000 values");
    free(nones);
}

typedef struct bytes {
    unsigned char p[1 << 13];
    size_t n;
} bytes;

static bytes slurp(const char *path) {
    bytes b;
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    b.n = fread(b.p, 1, sizeof b.p, in);
    assert_true(b.n > 0 && b.n < sizeof b.p);
    fclose(in);
    return b;
}

/* Reads n bytes that end where memory does, so that sanitizers see one more. */
static int survives(const unsigned char *p, size_t n, lint_err *e) {
    unsigned char *exact = malloc(n ? n : 1);
    lint_torch_file t;
    assert_non_null(exact);
    memcpy(exact, p, n);
    int err = lint_torch_file_read(&t, exact, n, e);
    uint64_t sum = 0;
    for (size_t i = 0; err == 0 && i < t.frame.count; i++)
        sum = lint_hash_data(t.frame.tensors[i].data, t.frame.tensors[i].bytes, sum);
    if (err == 0) lint_torch_file_free(&t);
    free(exact);
    return err;
}

static const char *const seed[] = {GOLDEN "F32.pth", GOLDEN "old.pth", GOLDEN "views.pth",
                                   GOLDEN "zipped-again.pth", GOLDEN "checkpoint.pth"};
enum { SEEDS = sizeof seed / sizeof *seed };

static void a_file_cut_at_any_byte_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bytes b = slurp(seed[i]);
        lint_err e;
        for (size_t n = 0; n < b.n; n++)
            if (survives(b.p, n, &e) == 0) fail_msg("%s: %zu bytes were read", seed[i], n);
    }
}

static void mutants_are_read_or_refused_but_never_crash(void **state) {
    (void)state;
    static const unsigned char piece[] = "(.NRQ)}]tuesab\x85\x86\x87qrhj\x8a\xff\0\1\x80";
    for (size_t i = 0; i < SEEDS; i++) {
        bytes b = slurp(seed[i]);
        for (uint64_t round = 0; round < 2000; round++) {
            lint_rng r = lint_rng_at(i, LINT_RNG_AUGMENT, 0, round);
            bytes m = b;
            lint_err e;
            for (uint64_t k = 1 + lint_rng_below(&r, 3); k--;) {
                size_t at = (size_t)lint_rng_below(&r, b.n);
                if (lint_rng_below(&r, 2))
                    m.p[at] = piece[lint_rng_below(&r, sizeof piece)];
                else
                    m.p[at] = (unsigned char)(m.p[at] ^ 1u << lint_rng_below(&r, 8));
            }
            survives(m.p, m.n, &e);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_the_same_weights_is_read_alike),
        cmocka_unit_test(parts_of_storages_are_read_by_their_strides),
        cmocka_unit_test(what_lies_in_one_piece_is_not_copied),
        cmocka_unit_test(bad_files_raise_the_error_that_their_folder_names),
        cmocka_unit_test(odd_files_that_break_no_rule_are_read),
        cmocka_unit_test(an_index_that_lies_is_refused),
        cmocka_unit_test(every_half_is_its_value_in_F32),
        cmocka_unit_test(doubles_are_rounded_and_refused_where_F32_ends),
        cmocka_unit_test(a_pickle_of_too_many_values_is_refused),
        cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
        cmocka_unit_test(mutants_are_read_or_refused_but_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
