/* One picture in every format and kind of file that is read (formats/make): what it reads as, whole and
 * row by row, and what becomes of its cut and damaged files. docs/formats.md lists the same. */
#include "picture/heif_decoder.h"

#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define FORMATS "tests/picture/formats/"

typedef struct kind {
    const char *file, *like; /* like: the PNG that it is made of */
    int off;                 /* how far a sample may be from that, by what the format loses */
    int turned;
    const char *package; /* of the library that reads it, where this build has not got it */
} kind;

#ifdef LINT_HAVE_LIBWEBP
#define WEBP NULL
#else
#define WEBP "libwebp-dev"
#endif
#ifdef LINT_HAVE_LIBTIFF_4
#define TIFF NULL
#else
#define TIFF "libtiff-dev"
#endif
#ifdef LINT_HAVE_LIBHEIF
#define HEIF NULL
#else
#define HEIF "libheif-dev"
#endif

/* What lossy encoders at quality 95 lose of so small a picture, measured by the same files in Pillow,
 * ImageMagick and libvips, which give the same pixels within 2. */
enum { LOSSY = 21, FIVE_BITS = 8, INK = 1 };

static const kind KINDS[] = {
    {"picture.png", "picture.png", 0, 0, NULL},
    {"exif-last.png", "picture.png", 0, 1, NULL},
    {"photo.jfif", "picture.png", LOSSY, 1, NULL},
    {"lossy.webp", "picture.png", LOSSY, 0, WEBP},
    {"lossless.webp", "picture.png", 0, 0, WEBP},
    {"alpha.webp", "alpha.png", 0, 0, WEBP},
    {"lossy-alpha.webp", "alpha.png", LOSSY, 0, WEBP},
    {"frames.webp", "picture.png", 0, 0, WEBP},
    {"turned.webp", "picture.png", 0, 1, WEBP},
    {"none.tif", "picture.png", 0, 0, TIFF},
    {"packbits.tif", "picture.png", 0, 0, TIFF},
    {"lzw.tif", "picture.png", 0, 0, TIFF},
    {"zip.tif", "picture.png", 0, 0, TIFF},
    {"jpeg.tif", "picture.png", LOSSY, 0, TIFF},
    {"strips.tif", "picture.png", 0, 0, TIFF},
    {"tiled.tif", "picture.png", 0, 0, TIFF},
    {"separate.tif", "picture.png", 0, 0, TIFF},
    {"separate-tiled.tif", "picture.png", 0, 0, TIFF},
    {"big-endian.tif", "picture.png", 0, 0, TIFF},
    {"bigtiff.tif", "picture.png", 0, 0, TIFF},
    {"pages.tif", "picture.png", 0, 0, TIFF},
    {"turned.tif", "picture.png", 0, 1, TIFF},
    {"palette.tif", "picture.png", 0, 0, TIFF},
    {"16-bit.tif", "picture.png", 0, 0, TIFF},
    {"32-bit.tif", "picture.png", 0, 0, TIFF},
    {"float.tif", "picture.png", 0, 0, TIFF},
    {"double.tif", "picture.png", 0, 0, TIFF},
    {"cmyk.tif", "picture.png", INK, 0, TIFF},
    {"alpha.tif", "alpha.png", 0, 0, TIFF},
    {"grey.tif", "grey.png", 0, 0, TIFF},
    {"white-is-zero.tif", "grey.png", 0, 0, TIFF},
    {"fax.tif", "bilevel.png", 0, 0, TIFF},
    {"picture.heic", "picture.png", LOSSY, 0, HEIF},
    {"alpha.heic", "alpha.png", LOSSY, 0, HEIF},
    {"10-bit.heic", "picture.png", LOSSY, 0, HEIF},
    {"picture.avif", "picture.png", LOSSY, 0, HEIF},
    {"alpha.avif", "alpha.png", LOSSY, 0, HEIF},
    {"12-bit.avif", "picture.png", LOSSY, 0, HEIF},
    {"os2.bmp", "picture.png", 0, 0, NULL},
    {"24-bit.bmp", "picture.png", 0, 0, NULL},
    {"32-bit-alpha.bmp", "alpha.png", 0, 0, NULL},
    {"16-bit-565.bmp", "picture.png", FIVE_BITS, 0, NULL},
    {"16-bit-555.bmp", "picture.png", FIVE_BITS, 0, NULL},
    {"8-bit.bmp", "picture.png", 0, 0, NULL},
    {"8-bit-runs.bmp", "picture.png", 0, 0, NULL},
    {"1-bit.bmp", "bilevel.png", 0, 0, NULL},
};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

static uint8_t *get_file(const char *name, size_t *n) {
    char path[256];
    snprintf(path, sizeof path, FORMATS "%s", name);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is missing", path);
    uint8_t *b = malloc(1 << 16);
    assert_non_null(b);
    *n = fread(b, 1, 1 << 16, f);
    fclose(f);
    return b;
}

static lint_heif_decoder *decoder;

static lint_image read_it(const char *name, const lint_image_ask *ask) {
    char path[256];
    lint_image im = {0};
    lint_err e;
    snprintf(path, sizeof path, FORMATS "%s", name);
    if (lint_image_read_as(&im, path, ask, NULL, &e) < 0) fail_msg("%s: %s", name, e.msg);
    return im;
}

static void expect_same(const char *name, const lint_image *got, const lint_image *want, int off) {
    if (got->w != want->w || got->h != want->h || got->c != want->c)
        fail_msg("%s is %dx%d, expected %dx%d", name, got->w, got->h, want->w, want->h);
    for (int i = 0; i < got->w * got->h * got->c; i++)
        if (abs(got->px[i] - want->px[i]) > off)
            fail_msg("%s: byte %d is %d, expected %d", name, i, got->px[i], want->px[i]);
}

static void every_kind_of_file_reads_as_the_picture_it_was_made_of(void **state) {
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        const kind *k = &KINDS[i];
        lint_err e;
        if (k->package) continue;
        for (int c = 3; c <= 4; c++) { /* over white, and with alpha */
            const lint_image_ask ask = {.c = c, .heif = decoder};
            lint_image got = read_it(k->file, &ask), want = read_it(k->like, &ask);
            if (k->turned) assert_int_equal(lint_image_turn(&want, 6, &e), 0);
            if (c == 3 || k->off == 0) expect_same(k->file, &got, &want, k->off);
            lint_image_free(&got);
            lint_image_free(&want);
        }
    }
}

static void reading_by_rows_gives_the_bytes_of_reading_and_then_fitting(void **state) {
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++)
        for (int c = 1; c <= 4; c += c == 1 ? 2 : 1)
            for (int fit = LINT_FIT_STRETCH; fit <= LINT_FIT_PAD; fit++) {
                lint_err e;
                if (KINDS[i].package) continue;
                const lint_image_ask whole = {.c = c, .heif = decoder};
                const lint_image_ask ask = {
                    .c = c, .w = 7, .h = 5, .fit = (lint_fit)fit, .heif = decoder};
                lint_image want = read_it(KINDS[i].file, &whole),
                           got = read_it(KINDS[i].file, &ask);
                assert_int_equal(lint_image_fit(&want, &want, 7, 5, (lint_fit)fit, &e), 0);
                expect_same(KINDS[i].file, &got, &want, 0);
                lint_image_free(&got);
                lint_image_free(&want);
            }
}

/* Elsewhere it is clear. */
static void the_first_frame_of_an_animation_lies_where_it_says(void **state) {
    (void)state;
#ifdef LINT_HAVE_LIBWEBP
    const lint_image_ask ask = {.c = 4};
    lint_image im = read_it("small-frame.webp", &ask);
    assert_int_equal(im.w, 20);
    for (int y = 0; y < im.h; y++)
        for (int x = 0; x < im.w; x++) {
            int in = x >= 6 && x < 10 && y >= 6 && y < 9;
            const uint8_t *p = im.px + 4 * (y * im.w + x);
            assert_int_equal(p[3], in ? 255 : 0);
            if (in) assert_memory_equal(p, ((uint8_t[]){255, 0, 0}), 3);
        }
    lint_image_free(&im);
#endif
}

/* Of some, only what does not count is cut off: a second page, padding, EXIF behind the picture. */
static void a_cut_file_is_an_error_or_still_the_whole_picture(void **state) {
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        if (KINDS[i].package) continue;
        size_t n;
        lint_err e;
        const lint_image_ask ask = {.c = 3, .heif = decoder};
        uint8_t *whole = get_file(KINDS[i].file, &n);
        lint_image want = read_it(KINDS[i].file, &ask), got = {0};
        for (size_t cut = 1; cut < n; cut += n / 40 + 1) {
            uint8_t *b = malloc(n - cut); /* so that a sanitizer sees a read too far */
            assert_non_null(b);
            memcpy(b, whole, n - cut);
            memset(e.msg, 0, sizeof e.msg);
            if (lint_image_decode(&got, b, n - cut, &ask, NULL, &e) == 0 && !KINDS[i].turned)
                expect_same(KINDS[i].file, &got, &want, 0);
            else if (!got.px)
                assert_true(*e.msg);
            free(b);
        }
        lint_image_free(&got);
        lint_image_free(&want);
        free(whole);
    }
}

/* What a damaged file does not say must not come from memory: decoded twice, where memory held other
 * bytes before, it gives the same picture. */
static int decode_twice(lint_image *got, const uint8_t *b, size_t n, const lint_image_ask *ask) {
    lint_err e;
    lint_image again = {0};
    mallopt(M_PERTURB, 0x55);
    int err = lint_image_decode(got, b, n, ask, NULL, &e);
    mallopt(M_PERTURB, 0xaa);
    assert_int_equal(lint_image_decode(&again, b, n, ask, NULL, &e), err);
    mallopt(M_PERTURB, 0);
    if (!err) assert_memory_equal(got->px, again.px, (size_t)(got->w * got->h * got->c));
    lint_image_free(&again);
    return err;
}

static void damage_anywhere_is_an_error_or_another_picture_and_no_more(void **state) {
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        size_t n;
        const lint_image_ask ask = {.c = 3, .max_pixels = 1000, .heif = decoder};
        uint8_t *b = get_file(KINDS[i].file, &n);
        lint_image got = {0};
        for (size_t at = 0; at < n; at += n / 60 + 1) {
            uint8_t was = b[at];
            b[at] ^= (uint8_t)(1 + at % 255);
            if (decode_twice(&got, b, n, &ask) == 0) assert_in_range(got.w * got.h, 1, 1000);
            b[at] = was;
        }
        lint_image_free(&got);
        free(b);
    }
}

static void a_picture_of_more_pixels_than_allowed_is_refused_by_its_size(void **state) {
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        size_t n;
        lint_err e;
        const lint_image_ask ask = {.c = 3, .max_pixels = 239, .heif = decoder};
        lint_image im = {0};
        uint8_t *b = get_file(KINDS[i].file, &n);
        if (!KINDS[i].package) {
            assert_int_equal(lint_image_decode(&im, b, n, &ask, NULL, &e), -1);
            assert_string_equal(e.msg, "20x12 is too large: at most 239 pixels (--max-pixels)");
        }
        free(b);
    }
}

static void what_a_build_cannot_read_names_the_package(void **state) {
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        size_t n;
        lint_err e;
        const lint_image_ask ask = {.c = 3, .heif = decoder};
        lint_image im = {0};
        if (!KINDS[i].package) continue;
        uint8_t *b = get_file(KINDS[i].file, &n);
        assert_int_equal(lint_image_decode(&im, b, n, &ask, NULL, &e), -1);
        assert_non_null(strstr(e.msg, KINDS[i].package));
        assert_true(e.system);
        free(b);
    }
}

/* The program that this one started: Linux lists them. */
static pid_t find_child(void) {
    char path[64];
    int pid = 0, other;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    assert_int_equal(fscanf(f, "%d", &other), EOF);
    fclose(f);
    return pid;
}

/* Has a process end another one after milliseconds. */
static pid_t end_later(pid_t other, int milliseconds) {
    const struct timespec later = {.tv_nsec = milliseconds * 1000000L};
    pid_t pid = fork();
    if (pid == 0) {
        nanosleep(&later, NULL);
        kill(other, SIGKILL);
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

/* Without a decoder that lives on, and after one was ended by somebody. */
static void a_heic_is_read_where_its_decoder_was_not_started_or_has_ended(void **state) {
    (void)state;
    if (HEIF) skip();
    const lint_image_ask alone = {.c = 3}, ask = {.c = 3, .heif = decoder};
    lint_image want = read_it("picture.heic", &alone), got = read_it("picture.heic", &ask);
    expect_same("picture.heic", &got, &want, 0);
    lint_image_free(&got);
    int socket = lint_heif_decoder_call(decoder, &(lint_err){0});
    assert_true(socket >= 0);
    kill(find_child(), SIGKILL);
    assert_int_equal(waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    got = read_it("picture.heic", &ask);
    expect_same("picture.heic", &got, &want, 0);
    close(socket);
    lint_image_free(&want);
    lint_image_free(&got);
}

/* It holds the picture's socket by then, and has not begun with it. */
static void a_heic_is_read_where_its_decoder_ends_just_then(void **state) {
    (void)state;
    if (HEIF) skip();
    const lint_image_ask ask = {.c = 3, .heif = decoder};
    lint_image want = read_it("picture.heic", &ask);
    pid_t program = find_child();
    assert_int_equal(kill(program, SIGSTOP), 0);
    pid_t killer = end_later(program, 200);
    lint_image got = read_it("picture.heic", &ask);
    expect_same("picture.heic", &got, &want, 0);
    assert_int_equal(waitpid(killer, NULL, 0), killer);
    lint_image_free(&want);
    lint_image_free(&got);
}

/* Found by libFuzzer: libheif takes gigabytes for the first, and in the second threads wait for ever. */
static void a_heic_that_libheif_cannot_bear_is_an_error_and_the_next_picture_is_read(void **state) {
    (void)state;
    static const char *const bad[] = {"gigabytes-853-bytes.heic", "never-ends.heic"};
    if (HEIF) skip();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const lint_image_ask ask = {.c = 3, .heif = decoder};
        lint_image im = {0};
        lint_err e = {0};
        char path[256];
        snprintf(path, sizeof path, "tests/fuzz/found/heif/%s", bad[i]);
        assert_int_equal(lint_image_read_as(&im, path, &ask, NULL, &e), -1);
        assert_string_equal(e.msg, "HEIF: libheif crashed, or took more memory or time than a "
                                   "picture of this size may");
        assert_false(e.system);
        im = read_it("picture.heic", &ask);
        lint_image_free(&im);
    }
}

/* A little-endian TIFF of RGB without its pixels: so many samples, of which one is said to be extra. */
static size_t put_tiff(uint8_t *to, uint32_t h, uint32_t samples) {
    const uint32_t fields[][2] = {{256, 20}, {257, h},       {258, 8}, {259, 8}, {262, 2},
                                  {273, 8},  {277, samples}, {278, h}, {279, 1}, {338, 1}};
    const uint16_t magic[2] = {0x4949, 42}, count = sizeof fields / sizeof *fields;
    const uint32_t first = 8, none = 0;
    size_t n = 0;
    memcpy(to, magic, 4);
    memcpy(to + 4, &first, 4);
    memcpy(to + 8, &count, 2);
    for (n = 10; n < 10 + 12u * count; n += 12) {
        const uint32_t *field = fields[(n - 10) / 12], tag = field[0], one = 1;
        const uint16_t head[2] = {(uint16_t)tag, tag == 338 ? 3 : 4};
        memcpy(to + n, head, 4);
        memcpy(to + n + 4, &one, 4);
        memcpy(to + n + 8, field + 1, 4);
    }
    memcpy(to + n, &none, 4);
    return n + 4;
}

/* Found by libFuzzer: alpha was read behind the row, and a small file took half a gigabyte. */
static void a_tiff_whose_samples_do_not_add_up_is_an_error(void **state) {
    (void)state;
    const struct {
        uint32_t h, samples;
        const char *message;
    } bad[] = {{12, 3, "TIFF: fewer samples than colours"},
               {5242, 5242, "TIFF: strips or tiles are much larger than the picture"}};
    if (TIFF) skip();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const lint_image_ask ask = {.c = 3};
        lint_image im = {0};
        lint_err e = {0};
        uint8_t bytes[256];
        size_t n = put_tiff(bytes, bad[i].h, bad[i].samples);
        assert_int_equal(lint_image_decode(&im, bytes, n, &ask, NULL, &e), -1);
        assert_string_equal(e.msg, bad[i].message);
        assert_false(e.system);
    }
}

static int start(void **state) {
    (void)state;
    return (decoder = lint_heif_decoder_new()) ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    lint_heif_decoder_free(decoder);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_file_reads_as_the_picture_it_was_made_of),
        cmocka_unit_test(reading_by_rows_gives_the_bytes_of_reading_and_then_fitting),
        cmocka_unit_test(the_first_frame_of_an_animation_lies_where_it_says),
        cmocka_unit_test(a_cut_file_is_an_error_or_still_the_whole_picture),
        cmocka_unit_test(damage_anywhere_is_an_error_or_another_picture_and_no_more),
        cmocka_unit_test(a_picture_of_more_pixels_than_allowed_is_refused_by_its_size),
        cmocka_unit_test(what_a_build_cannot_read_names_the_package),
        cmocka_unit_test(a_heic_is_read_where_its_decoder_was_not_started_or_has_ended),
        cmocka_unit_test(a_heic_is_read_where_its_decoder_ends_just_then),
        cmocka_unit_test(a_tiff_whose_samples_do_not_add_up_is_an_error),
        cmocka_unit_test(a_heic_that_libheif_cannot_bear_is_an_error_and_the_next_picture_is_read),
    };
    return cmocka_run_group_tests(tests, start, end);
}
