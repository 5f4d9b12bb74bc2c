/* TIFF by libtiff: the first page. Grey and RGB of 8, 16 or 32 bits, or floats, are read here, a strip
 * or a row of tiles at a time; palettes, fewer bits, YCbCr, CMYK and CIELab become RGBA in libtiff.
 * Sources: TIFF 6.0, and the Adobe Photoshop TIFF Technical Notes for floats. */
#include "base/library.h"
#include "picture/image_codec.h"

#ifdef LINT_HAVE_LIBTIFF_4
#include <tiffio.h>
#endif

/* 4.5 is the first that takes handlers of errors for one file instead of all. */
#if defined LINT_HAVE_LIBTIFF_4 && TIFFLIB_VERSION >= 20221213

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIFF_LIBRARY(F)                                                                            \
    F(TIFFOpenOptionsAlloc)                                                                        \
    F(TIFFOpenOptionsFree)                                                                         \
    F(TIFFOpenOptionsSetMaxSingleMemAlloc)                                                         \
    F(TIFFOpenOptionsSetErrorHandlerExtR)                                                          \
    F(TIFFOpenOptionsSetWarningHandlerExtR)                                                        \
    F(TIFFClientOpenExt)                                                                           \
    F(TIFFClose)                                                                                   \
    F(TIFFGetField)                                                                                \
    F(TIFFGetFieldDefaulted)                                                                       \
    F(TIFFIsTiled)                                                                                 \
    F(TIFFTileSize64)                                                                              \
    F(TIFFVStripSize64)                                                                            \
    F(TIFFComputeStrip)                                                                            \
    F(TIFFReadEncodedStrip)                                                                        \
    F(TIFFReadTile)                                                                                \
    F(TIFFRGBAImageBegin)                                                                          \
    F(TIFFRGBAImageGet)                                                                            \
    F(TIFFRGBAImageEnd)

typedef struct tiff_library {
    TIFF_LIBRARY(LINT_LIBRARY_MEMBER)
} tiff_library;

static const char *const names[] = {TIFF_LIBRARY(LINT_LIBRARY_NAME)};

/* What libtiff may ask for at once, beside what is asked for here: a strip as it is compressed. */
#define ALLOCATION_MAX ((tmsize_t)1 << 29)

/* The bytes that a strip or a tile, or a row of tiles, may have for each pixel of the picture (four
 * doubles), and how much larger than that a tile of a small picture may be. */
#define PIXEL_BYTES 32
#define TILE_BYTES  (1 << 24)

typedef struct job {
    tiff_library lib;
    TIFF *tiff;
    const uint8_t *b; /* the file */
    size_t n, at;
    lint_sink *to;
    lint_err *e;
    int failed; /* e has a message */
    uint32_t w, h;
    uint16_t bits, format, colours, samples, separate, compression; /* colours: photometric */
    int c, alpha, multiplied; /* alpha: its sample, or -1; multiplied: whether colours are by it */
    int tiled;
    uint32_t tile_w, tile_h; /* of a strip: the picture's width, and its rows */
    uint64_t tile_bytes;
    size_t unit;          /* bytes of a pixel in a band: of one sample where planes are apart */
    size_t stride, plane; /* bytes of a row of a band, and of a band of one plane */
    uint8_t *band, *tile; /* as many rows as a strip or a tile has, of all planes; one tile */
    void *row;            /* one, of c samples */
} job;

/* --- a file in memory ------------------------------------------------------------------------- */

static tmsize_t read_bytes(thandle_t h, void *to, tmsize_t n) {
    job *j = h;
    size_t left = j->at < j->n ? j->n - j->at : 0, take = (size_t)n < left ? (size_t)n : left;
    if (take) memcpy(to, j->b + j->at, take);
    j->at += take;
    return (tmsize_t)take;
}

static tmsize_t write_bytes(thandle_t h, void *from, tmsize_t n) {
    (void)h, (void)from, (void)n;
    return -1;
}

static toff_t seek(thandle_t h, toff_t by, int whence) {
    job *j = h;
    toff_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? j->at : j->n;
    return j->at = (size_t)(from + by);
}

static int close_file(thandle_t h) {
    (void)h;
    return 0;
}

static toff_t size_of(thandle_t h) {
    return ((const job *)h)->n;
}

static int map(thandle_t h, void **base, toff_t *size) {
    const job *j = h;
    *base = (void *)(uintptr_t)j->b; /* libtiff only reads, since the file is opened for that */
    *size = j->n;
    return 1;
}

static void unmap(thandle_t h, void *base, toff_t size) {
    (void)h, (void)base, (void)size;
}

/* --- errors ----------------------------------------------------------------------------------- */

/* Where libtiff gets no memory, it says so in as many ways as of damage; malloc's word remains. */
static int fail(job *j, const char *what) {
    int lacks = errno == ENOMEM;
    if (!j->failed && lacks)
        lint_fail_mem(j->e, "picture");
    else if (!j->failed)
        lint_fail(j->e, "TIFF: %s", what);
    j->failed = 1;
    return -1;
}

/* The first message counts: those that follow are about its consequences. */
static int on_error(TIFF *t, void *ctx, const char *module, const char *format, va_list v) {
    job *j = ctx;
    char text[512];
    (void)t, (void)module;
    vsnprintf(text, sizeof text, format, v);
    fail(j, text);
    return 1;
}

/* libtiff goes on where the JPEG in it is damaged, and leaves it grey; and where a tag lies beyond the
 * end of the file, such as a palette's colours, which it makes up. */
static int on_warning(TIFF *t, void *ctx, const char *module, const char *format, va_list v) {
    char text[512];
    (void)t;
    vsnprintf(text, sizeof text, format, v);
    if (module && strstr(module, "JPEG") && (strstr(text, "remature") || strstr(text, "bad ")))
        fail(ctx, text);
    if (strstr(text, "IO error")) fail(ctx, "the file ends too early");
    return 1;
}

/* --- what is in it ---------------------------------------------------------------------------- */

static int check_compression(job *j) {
    static const uint16_t known[] = {
        COMPRESSION_NONE,    COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4,
        COMPRESSION_LZW,     COMPRESSION_JPEG,     COMPRESSION_PACKBITS,  COMPRESSION_ADOBE_DEFLATE,
        COMPRESSION_DEFLATE, COMPRESSION_LZMA,     COMPRESSION_ZSTD,      COMPRESSION_WEBP};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (j->compression == known[i]) return 0;
    char text[64];
    snprintf(text, sizeof text, "compression %u is not read", j->compression);
    return fail(j, text);
}

static int read_tags(job *j) {
    const tiff_library *lib = &j->lib;
    uint32_t kind = 0;
    uint16_t orientation = 1, planes;
    if (!lib->TIFFGetField(j->tiff, TIFFTAG_IMAGEWIDTH, &j->w) ||
        !lib->TIFFGetField(j->tiff, TIFFTAG_IMAGELENGTH, &j->h))
        return fail(j, "no width or height");
    if (lint_sink_size(j->to, j->w, j->h, j->e) < 0) return -1;
    lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_SUBFILETYPE, &kind);
    if (kind & FILETYPE_REDUCEDIMAGE)
        return fail(j, "its first page is a small copy of another (a camera's raw file?)");
    lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_BITSPERSAMPLE, &j->bits);
    lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_SAMPLEFORMAT, &j->format);
    lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_SAMPLESPERPIXEL, &j->samples);
    lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_PLANARCONFIG, &planes);
    lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_COMPRESSION, &j->compression);
    lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_ORIENTATION, &orientation);
    if (!lib->TIFFGetField(j->tiff, TIFFTAG_PHOTOMETRIC, &j->colours))
        return fail(j, "it does not say what its samples mean");
    j->separate = planes == PLANARCONFIG_SEPARATE && j->samples > 1;
    if (orientation >= 1 && orientation <= 8) j->to->orientation = orientation;
    j->to->facts.bits = j->bits;
    j->to->facts.floats = j->format == SAMPLEFORMAT_IEEEFP;
    return check_compression(j);
}

/* Which of the samples are what: grey or three colours, and alpha if the first of the others is it. */
static int choose_samples(job *j) {
    uint16_t others = 0, *meaning = NULL;
    int colours = j->colours == PHOTOMETRIC_RGB ? 3 : 1;
    j->lib.TIFFGetFieldDefaulted(j->tiff, TIFFTAG_EXTRASAMPLES, &others, &meaning);
    if (j->samples - others < colours) return fail(j, "fewer samples than colours");
    if (j->samples - others > colours) return fail(j, "samples whose colours it does not say");
    j->alpha = others && meaning[0] != EXTRASAMPLE_UNSPECIFIED ? colours : -1;
    j->multiplied = others && meaning[0] == EXTRASAMPLE_ASSOCALPHA;
    j->c = j->alpha >= 0 ? 4 : colours;
    return 0;
}

/* Whether samples are read here. */
static int is_plain(const job *j) {
    int colours = j->colours == PHOTOMETRIC_MINISBLACK || j->colours == PHOTOMETRIC_MINISWHITE ||
                  j->colours == PHOTOMETRIC_RGB;
    int floats = j->format == SAMPLEFORMAT_IEEEFP && (j->bits == 32 || j->bits == 64);
    int integers = j->format != SAMPLEFORMAT_IEEEFP && j->format != SAMPLEFORMAT_INT &&
                   (j->bits == 8 || j->bits == 16 || j->bits == 32);
    return colours && (floats || integers);
}

/* --- strips and tiles ------------------------------------------------------------------------- */

static uint64_t bytes_max(const job *j) {
    return (uint64_t)j->w * j->h * PIXEL_BYTES + TILE_BYTES;
}

/* Notes the size of a strip or a tile, before libtiff or this file asks for memory by it. */
static int measure_tile(job *j) {
    const tiff_library *lib = &j->lib;
    j->tiled = lib->TIFFIsTiled(j->tiff);
    j->tile_w = j->w, j->tile_h = 0;
    if (j->tiled && (!lib->TIFFGetField(j->tiff, TIFFTAG_TILEWIDTH, &j->tile_w) ||
                     !lib->TIFFGetField(j->tiff, TIFFTAG_TILELENGTH, &j->tile_h)))
        return fail(j, "tiles without a size");
    if (!j->tiled) lib->TIFFGetFieldDefaulted(j->tiff, TIFFTAG_ROWSPERSTRIP, &j->tile_h);
    if (!j->tiled && j->tile_h > j->h) j->tile_h = j->h;
    if (!j->tile_w || !j->tile_h || j->tile_w > LINT_IMAGE_MAX || j->tile_h > LINT_IMAGE_MAX)
        return fail(j, "strips or tiles without a size, or of a side of more than 32768");
    j->tile_bytes =
        j->tiled ? lib->TIFFTileSize64(j->tiff) : lib->TIFFVStripSize64(j->tiff, j->tile_h);
    if (j->tile_bytes > bytes_max(j))
        return fail(j, "strips or tiles are much larger than the picture");
    return 0;
}

static int plan_band(job *j) {
    size_t planes = j->separate ? j->samples : 1;
    j->unit = j->bits / 8 * (j->separate ? 1 : (size_t)j->samples);
    j->stride = j->unit * j->w;
    j->plane = j->stride * (j->tile_h < j->h ? j->tile_h : j->h);
    if (j->tile_bytes != j->unit * j->tile_w * j->tile_h)
        return fail(j, "strips or tiles of another size than their samples have");
    if (planes * j->plane > bytes_max(j)) return fail(j, "too many samples of a pixel");
    /* Zeroed, since libtiff leaves parts of damaged strips and tiles as they were, without an error. */
    j->band = calloc(planes, j->plane);
    j->tile = j->tiled ? calloc(1, (size_t)j->tile_bytes) : NULL;
    j->row = calloc((size_t)j->w * (size_t)j->c, sizeof(uint32_t));
    return j->band && j->row && (j->tile || !j->tiled) ? 0 : lint_fail_mem(j->e, "picture");
}

/* --- rows of samples -------------------------------------------------------------------------- */

/* Row y is the first of a strip, of which `rows` are in the picture. */
static int read_strip(job *j, uint32_t y, uint32_t rows, uint16_t plane, uint8_t *to) {
    tmsize_t bytes = (tmsize_t)(rows * j->stride);
    uint32_t strip = j->lib.TIFFComputeStrip(j->tiff, y, plane);
    if (j->lib.TIFFReadEncodedStrip(j->tiff, strip, to, bytes) != bytes)
        return fail(j, "the file ends too early");
    return 0;
}

static int read_tiles(job *j, uint32_t y, uint32_t rows, uint16_t plane, uint8_t *to) {
    for (uint32_t x = 0; x < j->w; x += j->tile_w) {
        uint32_t w = j->w - x < j->tile_w ? j->w - x : j->tile_w;
        if (j->lib.TIFFReadTile(j->tiff, j->tile, x, y, 0, plane) < 0)
            return fail(j, "the file ends too early");
        for (uint32_t i = 0; i < rows; i++)
            memcpy(to + i * j->stride + x * j->unit, j->tile + (size_t)i * j->tile_w * j->unit,
                   w * j->unit);
    }
    return 0;
}

/* Where the k-th of c channels lies in row i of the band, and how far apart its samples are. */
static const uint8_t *channel(const job *j, int k, uint32_t i) {
    size_t sample = k == 3 ? (size_t)j->alpha : j->colours == PHOTOMETRIC_RGB ? (size_t)k : 0;
    return j->band + i * j->stride + sample * (j->separate ? j->plane : j->bits / 8u);
}

#define GATHER(type)                                                                               \
    for (int k = 0; k < j->c; k++) {                                                               \
        const uint8_t *from = channel(j, k, i);                                                    \
        for (uint32_t x = 0; x < j->w; x++)                                                        \
            memcpy((type *)j->row + (size_t)x * (size_t)j->c + k, from + x * j->unit,              \
                   sizeof(type));                                                                  \
    }

static void gather_doubles(const job *j, uint32_t i) {
    for (int k = 0; k < j->c; k++) {
        const uint8_t *from = channel(j, k, i);
        for (uint32_t x = 0; x < j->w; x++) {
            double v;
            memcpy(&v, from + x * j->unit, sizeof v);
            ((float *)j->row)[(size_t)x * (size_t)j->c + (size_t)k] = (float)v;
        }
    }
}

static void gather(const job *j, uint32_t i) {
    if (j->bits == 8)
        GATHER(uint8_t)
    else if (j->bits == 16)
        GATHER(uint16_t)
    else if (j->bits == 32)
        GATHER(uint32_t)
    else
        gather_doubles(j, i);
}

static void give_row(const job *j, uint32_t y) {
    uint8_t *to = lint_sink_row(j->to, (int)y);
    size_t n = (size_t)j->w * (size_t)j->c;
    if (j->format == SAMPLEFORMAT_IEEEFP)
        lint_sink_take_floats(j->to, to, j->row);
    else if (j->bits == 8)
        memcpy(to, j->row, n);
    else if (j->bits == 16)
        lint_sink_take16(j->to, to, j->row);
    else
        lint_sink_take32(j->to, to, j->row);
    for (size_t i = 0; j->colours == PHOTOMETRIC_MINISWHITE && i < n; i++)
        if (j->c != 4 || i % 4 != 3) to[i] = 255 - to[i];
    if (j->multiplied) lint_image_straighten(to, j->w);
    lint_sink_put(j->to, (int)y);
}

static int read_samples(job *j) {
    if (choose_samples(j) < 0 || plan_band(j) < 0) return -1;
    if (lint_sink_start(j->to, (int)j->w, (int)j->h, j->c, 1, j->e) < 0) return -1;
    for (uint32_t y = 0; y < j->h; y += j->tile_h) {
        uint32_t rows = j->h - y < j->tile_h ? j->h - y : j->tile_h;
        for (int p = 0; p < (j->separate ? j->samples : 1); p++)
            if ((j->tile ? read_tiles : read_strip)(j, y, rows, (uint16_t)p,
                                                    j->band + (size_t)p * j->plane) < 0)
                return -1;
        for (uint32_t i = 0; i < rows; i++) {
            gather(j, i);
            give_row(j, y + i);
        }
    }
    return 0;
}

/* --- what libtiff makes RGBA of --------------------------------------------------------------- */

static int give_raster(job *j, const uint32_t *raster, int alpha) {
    int c = alpha ? 4 : 3;
    if (lint_sink_start(j->to, (int)j->w, (int)j->h, c, 1, j->e) < 0) return -1;
    for (uint32_t y = 0; y < j->h; y++) {
        uint8_t *to = lint_sink_row(j->to, (int)y);
        for (uint32_t x = 0; x < j->w; x++)
            for (int k = 0; k < c; k++)
                to[x * (size_t)c + (size_t)k] = (uint8_t)(raster[(size_t)y * j->w + x] >> 8 * k);
        if (alpha) lint_image_straighten(to, j->w);
        lint_sink_put(j->to, (int)y);
    }
    return 0;
}

static int read_raster(job *j) {
    char text[1024] = "";
    TIFFRGBAImage im;
    if (!j->lib.TIFFRGBAImageBegin(&im, j->tiff, 1, text)) return fail(j, text);
    im.orientation = im.req_orientation = ORIENTATION_TOPLEFT; /* as stored: the sink turns it */
    uint32_t *raster = calloc((size_t)j->w * j->h, sizeof *raster);
    int err = raster ? 0 : lint_fail_mem(j->e, "picture");
    if (!err && !j->lib.TIFFRGBAImageGet(&im, raster, j->w, j->h)) err = fail(j, "damaged");
    if (!err && !j->failed) err = give_raster(j, raster, im.alpha);
    j->lib.TIFFRGBAImageEnd(&im);
    free(raster);
    return err;
}

/* ---------------------------------------------------------------------------------------------- */

static int open_tiff(job *j) {
    const tiff_library *lib = &j->lib;
    TIFFOpenOptions *o = lib->TIFFOpenOptionsAlloc();
    if (!o) return lint_fail_mem(j->e, "TIFF reader");
    lib->TIFFOpenOptionsSetMaxSingleMemAlloc(o, ALLOCATION_MAX);
    lib->TIFFOpenOptionsSetErrorHandlerExtR(o, on_error, j);
    lib->TIFFOpenOptionsSetWarningHandlerExtR(o, on_warning, j);
    j->tiff = lib->TIFFClientOpenExt("", "r", j, read_bytes, write_bytes, seek, close_file, size_of,
                                     map, unmap, o);
    lib->TIFFOpenOptionsFree(o);
    return j->tiff ? 0 : fail(j, "damaged");
}

static int decode(job *j) {
    if (open_tiff(j) < 0 || read_tags(j) < 0) return -1;
    if (j->format == SAMPLEFORMAT_INT) return fail(j, "signed samples are not read");
    if (measure_tile(j) < 0) return -1;
    int err = is_plain(j) ? read_samples(j) : read_raster(j);
    return err || j->failed ? -1 : 0;
}

int lint_tiff_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    job j = {.b = bytes, .n = n, .to = s, .e = e};
    errno = 0;
    if (lint_library_open(&j.lib, "libtiff.so.6", "libtiff6", names, sizeof names / sizeof *names,
                          e) < 0)
        return lint_err_prefix(e, "a TIFF: ");
    int err = decode(&j);
    if (j.tiff) j.lib.TIFFClose(j.tiff);
    free(j.band);
    free(j.tile);
    free(j.row);
    return err;
}
#else
int lint_tiff_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    (void)s, (void)bytes, (void)n;
    return lint_library_absent(e, "TIFF", "libtiff-dev, 4.5 or later");
}
#endif
