/* Pictures: what each kind of file reads as, what is refused, and the resize against Pillow's. */
#include "golden/resize.h"
#include "picture/image.h"
#include "picture/image_codec.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>
#include <zlib.h>

#include <cmocka.h>

/* A file that is made, read and forgotten. */
static char path[] = "/tmp/lint-test-XXXXXX";

static int make_path(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

static void put_file(const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* The file's bytes, from malloc. */
static uint8_t *get_file(size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t *b = malloc(1 << 20);
    assert_non_null(b);
    *n = fread(b, 1, 1 << 20, f);
    fclose(f);
    return b;
}

static lint_image read_as(int c) {
    lint_image im = {0};
    lint_err e;
    if (lint_image_read(&im, path, c, &e) < 0) fail_msg("%s", e.msg);
    assert_int_equal(im.c, c);
    return im;
}

/* Reads in c channels and compares all pixels with those expected, within `off`. */
static void expect(int c, int w, int h, const uint8_t *px, int off) {
    lint_image im = read_as(c);
    assert_int_equal(im.w, w);
    assert_int_equal(im.h, h);
    for (int i = 0; i < w * h * c; i++)
        if (abs(im.px[i] - px[i]) > off) fail_msg("byte %d is %d, expected %d", i, im.px[i], px[i]);
    lint_image_free(&im);
}

static void expect_error(const char *part) {
    lint_image im = {0};
    lint_err e;
    assert_int_equal(lint_image_read(&im, path, 3, &e), -1);
    assert_null(im.px);
    if (!strstr(e.msg, part)) fail_msg("'%s' does not say '%s'", e.msg, part);
}

/* --- PNG -------------------------------------------------------------------------------------- */

typedef struct png_kind {
    int w, h, type, depth, interlace;
    const uint8_t *rows; /* packed as the file has them */
    size_t stride;
    const uint8_t *alpha; /* of palette entries 0..1, or NULL */
    int clear;            /* grey level that is transparent, or -1 */
    const uint8_t *exif;
    size_t exif_len;
} png_kind;

static void put_png(const png_kind *k) {
    static const png_color palette[4] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {9, 8, 7}};
    FILE *f = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (!f || setjmp(png_jmpbuf(png))) fail();
    png_init_io(png, f);
    png_set_IHDR(png, info, (unsigned)k->w, (unsigned)k->h, k->depth, k->type, k->interlace,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    if (k->type == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 4);
    if (k->alpha) png_set_tRNS(png, info, k->alpha, 2, NULL);
    if (k->clear >= 0) {
        png_color_16 grey = {.gray = (png_uint_16)k->clear};
        png_set_tRNS(png, info, NULL, 0, &grey);
    }
    uint8_t exif[64];
    if (k->exif) memcpy(exif, k->exif, k->exif_len);
    if (k->exif) png_set_eXIf_1(png, info, (png_uint_32)k->exif_len, exif);
    png_bytep rows[8];
    for (int y = 0; y < k->h; y++)
        rows[y] = (png_bytep)k->rows + (size_t)y * k->stride;
    png_write_info(png, info);
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(f);
}

static void grey_png_of_every_depth_reads_as_grey(void **state) {
    (void)state;
    static const uint8_t one[] = {0x50}, two[] = {0x1b}, four[] = {0x0f, 0x80};
    static const uint8_t eight[] = {3, 200, 7}, sixteen[] = {0x80, 0x80, 0x01, 0x01, 0xff, 0xff};
    const struct {
        int w, depth;
        const uint8_t *row;
        uint8_t px[4];
    } kind[] = {{4, 1, one, {0, 255, 0, 255}},
                {4, 2, two, {0, 85, 170, 255}},
                {3, 4, four, {0, 255, 136}},
                {3, 8, eight, {3, 200, 7}},
                {3, 16, sixteen, {128, 1, 255}}};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        put_png(&(png_kind){
            .w = kind[i].w, .h = 1, .depth = kind[i].depth, .rows = kind[i].row, .clear = -1});
        expect(1, kind[i].w, 1, kind[i].px, 0);
        uint8_t rgb[12];
        for (int k = 0; k < 12; k++)
            rgb[k] = kind[i].px[k / 3];
        expect(3, kind[i].w, 1, rgb, 0);
    }
}

static void palette_png_reads_as_its_colours_and_tRNS_as_alpha(void **state) {
    (void)state;
    static const uint8_t row[] = {0x1b}, alpha[] = {0, 51};
    static const uint8_t plain[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7};
    static const uint8_t white[] = {255, 255, 255, 204, 255, 204, 0, 0, 255, 9, 8, 7};
    static const uint8_t kept[] = {255, 0, 0, 0, 0, 255, 0, 51, 0, 0, 255, 255, 9, 8, 7, 255};
    png_kind k = {
        .w = 4, .h = 1, .type = PNG_COLOR_TYPE_PALETTE, .depth = 2, .rows = row, .clear = -1};
    put_png(&k);
    expect(3, 4, 1, plain, 0);
    k.alpha = alpha;
    put_png(&k);
    expect(3, 4, 1, white, 0);
    expect(4, 4, 1, kept, 0);
}

static void alpha_goes_over_white_or_is_kept(void **state) {
    (void)state;
    static const uint8_t rgba[] = {100, 0, 200, 255, 100, 0, 200, 0, 100, 0, 200, 128};
    static const uint8_t white[] = {100, 0, 200, 255, 255, 255, 177, 127, 227};
    static const uint8_t grey[] = {40, 255, 40, 0};
    static const uint8_t grey_white[] = {40, 40, 40, 255, 255, 255};
    put_png(&(png_kind){
        .w = 3, .h = 1, .type = PNG_COLOR_TYPE_RGB_ALPHA, .depth = 8, .rows = rgba, .clear = -1});
    expect(3, 3, 1, white, 0);
    expect(4, 3, 1, rgba, 0);
    put_png(&(png_kind){
        .w = 2, .h = 1, .type = PNG_COLOR_TYPE_GRAY_ALPHA, .depth = 8, .rows = grey, .clear = -1});
    expect(3, 2, 1, grey_white, 0);
    put_png(&(png_kind){.w = 2, .h = 1, .depth = 8, .rows = grey, .clear = 255});
    expect(3, 2, 1, grey_white, 0);
}

static void sixteen_bit_colour_is_rounded_to_eight(void **state) {
    (void)state;
    static const uint8_t deep[] = {0x80, 0x00, 0x00, 0x7f, 0xff, 0xff, 0x40, 0xff,
                                   0x80, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t rgba[] = {128, 0, 255, 65, 128, 0, 255, 255};
    put_png(&(png_kind){
        .w = 2, .h = 1, .type = PNG_COLOR_TYPE_RGB_ALPHA, .depth = 16, .rows = deep, .clear = -1});
    expect(4, 2, 1, rgba, 0);
}

static void an_interlaced_png_reads_as_any_other(void **state) {
    (void)state;
    uint8_t px[7 * 8 * 3];
    for (size_t i = 0; i < sizeof px; i++)
        px[i] = (uint8_t)(i * 11);
    put_png(&(png_kind){.w = 8,
                        .h = 7,
                        .type = PNG_COLOR_TYPE_RGB,
                        .depth = 8,
                        .interlace = PNG_INTERLACE_ADAM7,
                        .rows = px,
                        .stride = 24,
                        .clear = -1});
    expect(3, 8, 7, px, 0);
}

static void colour_is_read_as_luma_where_grey_is_asked(void **state) {
    (void)state;
    static const uint8_t rgb[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
    static const uint8_t luma[] = {76, 150, 29, 255};
    put_png(&(png_kind){
        .w = 4, .h = 1, .type = PNG_COLOR_TYPE_RGB, .depth = 8, .rows = rgb, .clear = -1});
    expect(1, 4, 1, luma, 0);
}

/* --- JPEG ------------------------------------------------------------------------------------- */

typedef struct jpeg_kind {
    int w, h, parts;
    J_COLOR_SPACE in, stored;
    uint8_t left[4], right[4]; /* the colours of its halves */
    int no_adobe, progressive;
    const uint8_t *exif;
    size_t exif_len;
} jpeg_kind;

static const jpeg_kind COLOUR_JPEG = {.w = 32,
                                      .h = 16,
                                      .parts = 3,
                                      .in = JCS_RGB,
                                      .stored = JCS_YCbCr,
                                      .left = {200, 30, 40},
                                      .right = {10, 60, 220}};

static void put_jpeg(const jpeg_kind *k) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr err;
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    c.err = jpeg_std_error(&err);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = (unsigned)k->w;
    c.image_height = (unsigned)k->h;
    c.input_components = k->parts;
    c.in_color_space = k->in;
    jpeg_set_defaults(&c);
    jpeg_set_colorspace(&c, k->stored);
    jpeg_set_quality(&c, 100, TRUE);
    for (int i = 0; i < c.num_components; i++) /* colour as fine as brightness */
        c.comp_info[i].h_samp_factor = c.comp_info[i].v_samp_factor = 1;
    if (k->no_adobe) c.write_Adobe_marker = FALSE;
    if (k->progressive) jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    if (k->exif) jpeg_write_marker(&c, JPEG_APP0 + 1, k->exif, (unsigned)k->exif_len);
    uint8_t *row = malloc((size_t)(k->w * k->parts));
    assert_non_null(row);
    for (int x = 0; x < k->w; x++)
        memcpy(row + x * k->parts, x < k->w / 2 ? k->left : k->right, (size_t)k->parts);
    for (int y = 0; y < k->h; y++)
        jpeg_write_scanlines(&c, &row, 1);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    free(row);
    fclose(f);
}

/* The halves of a picture of 32x16, as RGB. */
static void expect_halves(const uint8_t left[3], const uint8_t right[3]) {
    uint8_t px[32 * 16 * 3];
    for (int i = 0; i < 32 * 16; i++)
        memcpy(px + 3 * i, i % 32 < 16 ? left : right, 3);
    expect(3, 32, 16, px, 2);
}

static void a_grey_jpeg_reads_as_grey(void **state) {
    (void)state;
    put_jpeg(&(jpeg_kind){.w = 32,
                          .h = 16,
                          .parts = 1,
                          .in = JCS_GRAYSCALE,
                          .stored = JCS_GRAYSCALE,
                          .left = {10},
                          .right = {200}});
    expect_halves((uint8_t[]){10, 10, 10}, (uint8_t[]){200, 200, 200});
}

static void colour_jpeg_reads_as_its_colours(void **state) {
    (void)state;
    jpeg_kind k = COLOUR_JPEG;
    put_jpeg(&k);
    expect_halves(k.left, k.right);
    k.progressive = 1;
    put_jpeg(&k);
    expect_halves(k.left, k.right);
    k.stored = JCS_RGB;
    put_jpeg(&k);
    expect_halves(k.left, k.right);
}

/* Ink is stored inverted, whether Adobe's marker says so or not: as Pillow and browsers read it. */
static void cmyk_and_ycck_read_as_the_light_that_ink_leaves(void **state) {
    (void)state;
    jpeg_kind k = {.w = 32,
                   .h = 16,
                   .parts = 4,
                   .in = JCS_CMYK,
                   .stored = JCS_CMYK,
                   .left = {255, 51, 0, 255},
                   .right = {255, 255, 255, 102}};
    put_jpeg(&k);
    expect_halves((uint8_t[]){255, 51, 0}, (uint8_t[]){102, 102, 102});
    k.stored = JCS_YCCK;
    put_jpeg(&k);
    expect_halves((uint8_t[]){255, 51, 0}, (uint8_t[]){102, 102, 102});
    k.stored = JCS_CMYK;
    k.no_adobe = 1;
    put_jpeg(&k);
    expect_halves((uint8_t[]){255, 51, 0}, (uint8_t[]){102, 102, 102});
}

/* --- orientation ------------------------------------------------------------------------------ */

/* A directory of one entry: the orientation, in either byte order. */
static const uint8_t EXIF_LITTLE[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3,
                                      0,   1,   0,  0, 0, 6, 0, 0, 0, 0, 0,    0, 0};
static const uint8_t EXIF_BIG[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
                                   3,   0,   0, 0,  1, 0, 6, 0, 0, 0, 0, 0,    0};
enum { EXIF_BYTES = sizeof EXIF_LITTLE, LITTLE_VALUE = 18, BIG_VALUE = 19 };

/* Upright, the picture is 2 wide and 3 high:   0 1
 *                                              2 3
 *                                              4 5   and these are the rows as they are stored. */
static void every_orientation_is_turned_upright(void **state) {
    (void)state;
    static const uint8_t upright[] = {0, 1, 2, 3, 4, 5};
    static const uint8_t stored[9][6] = {{0},
                                         {0, 1, 2, 3, 4, 5},
                                         {1, 0, 3, 2, 5, 4},
                                         {5, 4, 3, 2, 1, 0},
                                         {4, 5, 2, 3, 0, 1},
                                         {0, 2, 4, 1, 3, 5},
                                         {1, 3, 5, 0, 2, 4},
                                         {5, 3, 1, 4, 2, 0},
                                         {4, 2, 0, 5, 3, 1}};
    for (int o = 1; o <= 8; o++) {
        uint8_t exif[EXIF_BYTES];
        int w = o >= 5 ? 3 : 2;
        memcpy(exif, EXIF_LITTLE, sizeof exif);
        exif[LITTLE_VALUE] = (uint8_t)o;
        put_png(&(png_kind){.w = w,
                            .h = 6 / w,
                            .depth = 8,
                            .rows = stored[o],
                            .stride = (size_t)w,
                            .clear = -1,
                            .exif = exif,
                            .exif_len = sizeof exif});
        expect(1, 2, 3, upright, 0);
    }
}

/* A picture of 3 x 2 or 2 x 3 stored pixels, of which each is a box. */
static void a_box_is_turned_as_its_pixels_are(void **state) {
    (void)state;
    for (int o = 1; o <= 8; o++) {
        int w = o >= 5 ? 3 : 2, h = 6 / w;
        for (int i = 0; i < 6; i++) {
            lint_err e;
            lint_image im = {0};
            assert_int_equal(lint_image_new(&im, w, h, 1, &e), 0);
            im.px[i] = 1;
            assert_int_equal(lint_image_turn(&im, o, &e), 0);
            double box[4] = {i % w, (double)(i / w), 1, 1};
            lint_image_turn_box(box, w, h, o);
            assert_int_equal(im.px[(int)box[1] * im.w + (int)box[0]], 1);
            lint_image_free(&im);
        }
        double wide[4] = {0, 0, 2, 1};
        lint_image_turn_box(wide, w, h, o);
        assert_true(wide[2] == (o >= 5 ? 1 : 2));
    }
}

static void a_jpeg_is_turned_by_its_exif(void **state) {
    (void)state;
    uint8_t marker[6 + EXIF_BYTES] = "Exif\0";
    memcpy(marker + 6, EXIF_LITTLE, EXIF_BYTES);
    put_jpeg(&(jpeg_kind){.w = 32,
                          .h = 16,
                          .parts = 1,
                          .in = JCS_GRAYSCALE,
                          .stored = JCS_GRAYSCALE,
                          .left = {0},
                          .right = {255},
                          .exif = marker,
                          .exif_len = sizeof marker});
    uint8_t px[16 * 32];
    memset(px, 0, sizeof px / 2);
    memset(px + sizeof px / 2, 255, sizeof px / 2);
    expect(1, 16, 32, px, 2);
}

static void both_byte_orders_of_exif_are_read_and_broken_ones_mean_upright(void **state) {
    (void)state;
    uint8_t t[EXIF_BYTES];
    assert_int_equal(lint_exif_orientation(EXIF_LITTLE, EXIF_BYTES), 6);
    assert_int_equal(lint_exif_orientation(EXIF_BIG, EXIF_BYTES), 6);
    for (size_t n = 0; n < EXIF_BYTES - 4; n++) {
        uint8_t *cut = malloc(n + 1); /* so that a sanitizer sees a read too far */
        assert_non_null(cut);
        memcpy(cut, EXIF_BIG, n);
        assert_int_equal(lint_exif_orientation(cut, n), 1);
        free(cut);
    }
    static const struct {
        size_t at;
        uint8_t value;
    } broken[] = {{0, 'X'}, {3, 43}, {4, 255},       {7, 200},
                  {13, 4},  {17, 2}, {BIG_VALUE, 9}, {BIG_VALUE, 0}};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        memcpy(t, EXIF_BIG, sizeof t);
        t[broken[i].at] = broken[i].value;
        assert_int_equal(lint_exif_orientation(t, sizeof t), 1);
    }
}

/* --- what is refused -------------------------------------------------------------------------- */

static void a_file_cut_anywhere_is_an_error(void **state) {
    (void)state;
    jpeg_kind jpeg = COLOUR_JPEG;
    uint8_t px[7 * 8 * 3] = {1, 2, 3};
    for (int kind = 0; kind < 3; kind++) {
        jpeg.progressive = kind == 1;
        if (kind < 2)
            put_jpeg(&jpeg);
        else
            put_png(&(png_kind){.w = 8,
                                .h = 7,
                                .type = PNG_COLOR_TYPE_RGB,
                                .depth = 8,
                                .rows = px,
                                .stride = 24,
                                .clear = -1});
        size_t n;
        uint8_t *whole = get_file(&n);
        lint_image im = read_as(3);
        lint_image_free(&im);
        for (size_t cut = 0; cut < n; cut++) {
            put_file(whole, cut);
            expect_error(cut == 0 ? "empty" : "");
        }
        free(whole);
    }
}

static void damaged_data_is_an_error_not_a_grey_patch(void **state) {
    (void)state;
    put_jpeg(&COLOUR_JPEG);
    size_t n;
    uint8_t *b = get_file(&n);
    b[n - 8] = 0xff; /* a marker in the middle of the last scan's data */
    b[n - 7] = 0xd9;
    put_file(b, n);
    expect_error("JPEG: ");
    free(b);
    uint8_t px[] = {1, 2, 3, 4};
    put_png(&(png_kind){.w = 4, .h = 1, .depth = 8, .rows = px, .clear = -1});
    b = get_file(&n);
    b[n - 16] ^= 1; /* in the last chunk but one: the checksum of the picture's data */
    put_file(b, n);
    expect_error("PNG: ");
    free(b);
}

/* A file that begins so, and goes on without sense. */
static void expect_start(const char *start, size_t n, const char *part) {
    uint8_t b[300];
    memset(b, 0x81, sizeof b);
    memcpy(b, start, n);
    put_file(b, sizeof b);
    expect_error(part);
}
#define EXPECT_START(start, part) expect_start(start, sizeof(start) - 1, part)

static void what_is_no_picture_is_called_by_its_name(void **state) {
    (void)state;
    EXPECT_START("GIF89a", "a GIF; PNG, JPEG, WebP, TIFF, BMP, HEIC and AVIF are read");
    EXPECT_START("\0\0\0\x0cjP  \r\n", "JPEG 2000");
    EXPECT_START("\xff\x4f\xff\x51", "JPEG 2000");
    EXPECT_START("\0\0\0\x0cJXL \r\n", "JPEG XL");
    EXPECT_START("8BPS", "a Photoshop file");
    EXPECT_START("II*\0\x10\0\0\0CR", "a camera's raw file (CR2)");
    EXPECT_START("....ftypisom", "a video");
    EXPECT_START("%PDF-1.7", "a PDF");
    EXPECT_START("PK\x03\x04", "a ZIP archive");
    EXPECT_START("\x93NUMPY", "a NumPy array");
    EXPECT_START("P6\n3 2\n255\n", "a Netpbm picture");
    EXPECT_START("\x01\x02", "not a known picture");
    put_file("<!DOCTYPE html>\n<html>", 22);
    expect_error("a web page, not a picture (perhaps the download failed)");
    put_file("\xef\xbb\xbf\n <HTML><body>", 17);
    expect_error("a web page");
    put_file("<?xml version=\"1.0\"?>", 21);
    expect_error("XML");
    put_file("version https://git-lfs.github.com/spec/v1\noid sha256:", 54);
    expect_error("a Git LFS pointer, not a picture ('git lfs pull' gets the picture)");
    put_file("BM, he wrote, is how it begins.", 31);
    expect_error("a text, not a picture");
    uint8_t zeros[300] = {0};
    put_file(zeros, sizeof zeros);
    expect_error("the file holds nothing but zeros");
}

static void put_big32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* The headers alone, with checksums that are right: it is the size that must be refused. */
static void a_size_beyond_the_limits_is_refused_before_memory_is_asked_for(void **state) {
    (void)state;
    static const uint32_t side[][2] = {{32769, 1}, {1, 32769}, {20000, 15000}, {0x7fffffff, 9}};
    static const char *const said[] = {
        "32769x1 is too large: at most 32768 on a side", "1x32769 is too large",
        "20000x15000 is too large: at most 200000000 pixels", "2147483647x9 is too large"};
    for (int i = 0; i < 4; i++) {
        uint8_t png[41] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a,       '\n', 0,   0,
                           0,    13,  'I', 'H', 'D',  'R',  [37] = 'I', 'D',  'A', 'T'};
        put_big32(png + 16, side[i][0]);
        put_big32(png + 20, side[i][1]);
        png[24] = 8;
        put_big32(png + 29, (uint32_t)crc32(0, png + 12, 17));
        put_file(png, sizeof png);
        expect_error(said[i]);
    }
    uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1,
                      0x11, 0,    0xff, 0xda, 0, 8,  1, 1,    0,    0,    63,   0};
    put_file(jpeg, sizeof jpeg);
    expect_error("65535x65535 is too large");
    jpeg[7] = jpeg[9] = 0x7f;
    put_file(jpeg, sizeof jpeg);
    expect_error("32767x32767 is too large: at most 200000000 pixels");
}

/* Whatever failed before in the same thread: what is said of the file is about the file. */
static void damaged_data_is_no_fault_of_the_system_after_one(void **state) {
    (void)state;
    uint8_t px[] = {1, 2, 3, 4};
    put_png(&(png_kind){.w = 4, .h = 1, .depth = 8, .rows = px, .clear = -1});
    size_t n;
    uint8_t *b = get_file(&n);
    assert_memory_equal(b + 37, "IDAT", 4);
    b[41] = 0xff; /* no way of compression, under a checksum that is right */
    put_big32(b + n - 16, (uint32_t)crc32(0, b + 37, (uInt)(n - 16 - 37)));
    put_file(b, n);
    free(b);
    lint_image im = {0};
    lint_err e;
    errno = ENOMEM;
    assert_int_equal(lint_image_read(&im, path, 3, &e), -1);
    if (!strstr(e.msg, "PNG: ") || e.system) fail_msg("'%s'", e.msg);
}

/* libpng would ask for a gigabyte and a half. */
static void a_chunk_longer_than_its_file_is_an_error_at_once(void **state) {
    (void)state;
    uint8_t px[4] = {1, 2, 3, 4};
    put_png(&(png_kind){
        .w = 4, .h = 1, .depth = 8, .rows = px, .clear = -1, .exif = EXIF_BIG, .exif_len = 26});
    size_t n;
    uint8_t *b = get_file(&n);
    assert_memory_equal(b + 37, "eXIf", 4);
    put_big32(b + 33, 0x5a000000);
    put_file(b, n);
    expect_error("PNG: the file ends too early");
    free(b);
}

static void a_missing_file_and_a_folder_are_errors(void **state) {
    (void)state;
    lint_image im = {0};
    lint_err e;
    assert_int_equal(lint_image_read(&im, "/nonexistent/x.png", 3, &e), -1);
    assert_string_equal(e.msg, "cannot open: No such file or directory");
    assert_int_equal(lint_image_read(&im, "/tmp", 3, &e), -1);
    assert_string_equal(e.msg, "cannot read: Is a directory");
}

/* --- size ------------------------------------------------------------------------------------- */

static lint_image numbered(int w, int h, int c) {
    lint_image im;
    lint_err e;
    assert_int_equal(lint_image_new(&im, w, h, c, &e), 0);
    for (int64_t i = 0; i < w * h * c; i++)
        im.px[i] = (uint8_t)((i * 37 + i * i % 101) % 256);
    return im;
}

static void resizing_gives_the_bytes_of_pillow(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof RESIZED / sizeof *RESIZED; i++) {
        lint_image in = numbered(RESIZE_W, RESIZE_H, RESIZED[i].c), out = {0};
        lint_err e;
        assert_int_equal(lint_image_resize(&out, &in, RESIZED[i].w, RESIZED[i].h, &e), 0);
        for (int k = 0; k < out.w * out.h * out.c; k++) {
            char hex[3];
            snprintf(hex, sizeof hex, "%02x", out.px[k]);
            assert_memory_equal(hex, RESIZED[i].px + 2 * k, 2);
        }
        lint_image_free(&in);
        lint_image_free(&out);
    }
}

static void the_colour_of_what_is_clear_does_not_bleed(void **state) {
    (void)state;
    static const uint8_t px[] = {255, 0, 0, 0, 0, 0, 255, 255}; /* clear red, blue */
    lint_image in, out = {0};
    lint_err e;
    assert_int_equal(lint_image_new(&in, 2, 1, 4, &e), 0);
    memcpy(in.px, px, sizeof px);
    assert_int_equal(lint_image_resize(&out, &in, 1, 1, &e), 0);
    assert_int_equal(out.px[0], 0);
    assert_in_range(out.px[2], 253, 255);
    assert_in_range(out.px[3], 127, 128);
    lint_image_free(&in);
    lint_image_free(&out);
}

/* A picture of 6x2: columns 0 to 5. */
static void fitting_stretches_crops_or_pads(void **state) {
    (void)state;
    lint_image in, out = {0};
    lint_err e;
    assert_int_equal(lint_image_new(&in, 6, 2, 1, &e), 0);
    for (int i = 0; i < 12; i++)
        in.px[i] = (uint8_t)(i % 6 * 10);
    assert_int_equal(lint_image_fit(&out, &in, 2, 2, LINT_FIT_CROP, &e), 0);
    assert_memory_equal(out.px, ((uint8_t[]){20, 30, 20, 30}), 4);
    assert_int_equal(lint_image_fit(&out, &in, 6, 6, LINT_FIT_PAD, &e), 0);
    for (int i = 0; i < 36; i++)
        assert_int_equal(out.px[i], i / 6 == 2 || i / 6 == 3 ? i % 6 * 10 : 0);
    assert_int_equal(lint_image_fit(&out, &in, 3, 1, LINT_FIT_STRETCH, &e), 0);
    lint_image half = {0};
    assert_int_equal(lint_image_resize(&half, &in, 3, 1, &e), 0);
    assert_memory_equal(out.px, half.px, 3);
    assert_int_equal(lint_image_fit(&in, &in, 1, 100, LINT_FIT_PAD, &e), 0); /* in place */
    assert_int_equal(in.h, 100);
    lint_image_free(&in);
    lint_image_free(&out);
    lint_image_free(&half);
}

/* A halved JPEG has the size promised, and looks the same once it is resized. */
static void a_large_jpeg_may_be_halved_on_the_way(void **state) {
    (void)state;
    put_jpeg(&(jpeg_kind){.w = 330,
                          .h = 170,
                          .parts = 3,
                          .in = JCS_RGB,
                          .stored = JCS_YCbCr,
                          .left = {200, 30, 40},
                          .right = {10, 60, 220}});
    static const int want[][3] = {
        {40, 40, 165}, {83, 40, 330}, {20, 20, 83}, {8, 8, 42}, {0, 0, 330}};
    for (int i = 0; i < 5; i++) {
        lint_image im = {0}, whole = read_as(3);
        lint_err e;
        assert_int_equal(lint_image_read_for(&im, path, 3, want[i][0], want[i][1], &e), 0);
        assert_int_equal(im.w, want[i][2]);
        if (want[i][0]) {
            assert_int_equal(lint_image_resize(&im, &im, want[i][0], want[i][1], &e), 0);
            assert_int_equal(lint_image_resize(&whole, &whole, want[i][0], want[i][1], &e), 0);
            for (int k = 0; k < im.w * im.h * 3; k++)
                assert_in_range(im.px[k] - whole.px[k] + 8, 0, 16);
        }
        lint_image_free(&im);
        lint_image_free(&whole);
    }
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    for (int c = 1; c <= 4; c += c == 1 ? 2 : 1) {
        lint_image im = numbered(7, 5, c);
        lint_err e;
        assert_int_equal(lint_image_save(&im, path, &e), 0);
        expect(c, 7, 5, im.px, 0);
        FILE *full = fopen("/dev/full", "wb");
        setvbuf(full, NULL, _IONBF, 0);
        assert_int_equal(lint_image_write(&im, full, &e), -1);
        assert_string_equal(e.msg, "No space left on device");
        fclose(full);
        lint_image_free(&im);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grey_png_of_every_depth_reads_as_grey),
        cmocka_unit_test(palette_png_reads_as_its_colours_and_tRNS_as_alpha),
        cmocka_unit_test(alpha_goes_over_white_or_is_kept),
        cmocka_unit_test(sixteen_bit_colour_is_rounded_to_eight),
        cmocka_unit_test(an_interlaced_png_reads_as_any_other),
        cmocka_unit_test(colour_is_read_as_luma_where_grey_is_asked),
        cmocka_unit_test(a_grey_jpeg_reads_as_grey),
        cmocka_unit_test(colour_jpeg_reads_as_its_colours),
        cmocka_unit_test(cmyk_and_ycck_read_as_the_light_that_ink_leaves),
        cmocka_unit_test(every_orientation_is_turned_upright),
        cmocka_unit_test(a_box_is_turned_as_its_pixels_are),
        cmocka_unit_test(a_jpeg_is_turned_by_its_exif),
        cmocka_unit_test(both_byte_orders_of_exif_are_read_and_broken_ones_mean_upright),
        cmocka_unit_test(a_file_cut_anywhere_is_an_error),
        cmocka_unit_test(damaged_data_is_an_error_not_a_grey_patch),
        cmocka_unit_test(damaged_data_is_no_fault_of_the_system_after_one),
        cmocka_unit_test(what_is_no_picture_is_called_by_its_name),
        cmocka_unit_test(a_size_beyond_the_limits_is_refused_before_memory_is_asked_for),
        cmocka_unit_test(a_chunk_longer_than_its_file_is_an_error_at_once),
        cmocka_unit_test(a_missing_file_and_a_folder_are_errors),
        cmocka_unit_test(resizing_gives_the_bytes_of_pillow),
        cmocka_unit_test(the_colour_of_what_is_clear_does_not_bleed),
        cmocka_unit_test(fitting_stretches_crops_or_pads),
        cmocka_unit_test(a_large_jpeg_may_be_halved_on_the_way),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
