#include "picture/image_codec.h"

#include <string.h>
#include <strings.h>

#define READ "PNG, JPEG, WebP, TIFF, BMP, HEIC and AVIF are read"

typedef struct signature {
    size_t at, n;
    const char *bytes;
    lint_decoder *decoder; /* NULL: is not read */
    const char *what;
} signature;

#define STARTS(text) 0, sizeof(text) - 1, text
#define AT(at, text) at, sizeof(text) - 1, text

/* Longer ones before those that they begin with. Sources: the formats' specifications, and file(1). */
static const signature KNOWN[] = {
    {STARTS("\x89PNG\r\n\x1a\n"), lint_png_decode, "PNG"},
    {STARTS("\xff\xd8\xff"), lint_jpeg_decode, "JPEG"},
    {AT(8, "WEBPVP8"), lint_webp_decode, "WebP"},
    {STARTS("II*\0\x10\0\0\0CR"), NULL, "a camera's raw file (CR2)"},
    {STARTS("II*\0"), lint_tiff_decode, "TIFF"},
    {STARTS("MM\0*"), lint_tiff_decode, "TIFF"},
    {STARTS("II+\0"), lint_tiff_decode, "TIFF"},
    {STARTS("MM\0+"), lint_tiff_decode, "TIFF"},
    {STARTS("\0\0\0\x0cjP  "), NULL, "JPEG 2000"},
    {STARTS("\xff\x4f\xff\x51"), NULL, "JPEG 2000"},
    {STARTS("\0\0\0\x0cJXL "), NULL, "JPEG XL"},
    {STARTS("\xff\x0a"), NULL, "JPEG XL"},
    {STARTS("II\xbc\x01"), NULL, "JPEG XR"},
    {STARTS("GIF8"), NULL, "a GIF"},
    {STARTS("8BPS"), NULL, "a Photoshop file"},
    {STARTS("gimp xcf"), NULL, "a GIMP file"},
    {STARTS("v/1\x01"), NULL, "OpenEXR"},
    {STARTS("#?RADIANCE"), NULL, "a Radiance HDR picture"},
    {STARTS("qoif"), NULL, "a QOI picture"},
    {STARTS("farbfeld"), NULL, "a farbfeld picture"},
    {STARTS("\0\0\x01\0"), NULL, "an icon (ICO)"},
    {STARTS("FUJIFILMCCD-RAW"), NULL, "a camera's raw file (RAF)"},
    {AT(4, "ftypcrx "), NULL, "a camera's raw file (CR3)"},
    {AT(4, "ftyp"), NULL, "a video"},
    {AT(8, "AVI "), NULL, "a video"},
    {STARTS("\x1a\x45\xdf\xa3"), NULL, "a video"},
    {AT(128, "DICM"), NULL, "DICOM"},
    {STARTS("SIMPLE  ="), NULL, "FITS"},
    {STARTS("\x93NUMPY"), NULL, "a NumPy array"},
    {STARTS("\x89HDF\r\n"), NULL, "HDF5"},
    {STARTS("MATLAB 5.0"), NULL, "a MATLAB file"},
    {STARTS("%PDF"), NULL, "a PDF"},
    {STARTS("PK\x03\x04"), NULL, "a ZIP archive"},
    {STARTS("\x1f\x8b"), NULL, "compressed by gzip"},
    {STARTS("BZh"), NULL, "compressed by bzip2"},
    {STARTS("\xfd"
            "7zXZ"),
     NULL, "compressed by xz"},
    {STARTS("\x28\xb5\x2f\xfd"), NULL, "compressed by zstd"},
    {STARTS("7z\xbc\xaf"), NULL, "a 7z archive"},
    {STARTS("Rar!"), NULL, "a RAR archive"},
    {AT(257, "ustar"), NULL, "a tar archive"},
    {STARTS("\0\x05\x16\x07"), NULL, "what macOS notes of another file (AppleDouble)"},
    {STARTS("\x7f"
            "ELF"),
     NULL, "a program"},
};

static int has(const uint8_t *b, size_t n, size_t at, const char *text, size_t len) {
    return n >= at + len && memcmp(b + at, text, len) == 0;
}

/* The sizes that a BMP's header may say of itself; "BM" alone may begin a text. */
static int is_bmp(const uint8_t *b, size_t n) {
    static const uint8_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    if (n < 18 || memcmp(b, "BM", 2) != 0) return 0;
    for (size_t i = 0; i < sizeof sizes; i++)
        if (lint_little(b + 14, 4) == sizes[i]) return 1;
    return 0;
}

/* Whether the box of brands names one of HEIF's pictures. Source: ISO/IEC 23008-12, and AVIF 1.1. */
static int is_heif(const uint8_t *b, size_t n) {
    static const char brands[][5] = {"heic", "heix", "heim", "heis", "hevc", "hevx",
                                     "mif1", "mif2", "msf1", "miaf", "avif", "avis"};
    if (n < 16 || memcmp(b + 4, "ftyp", 4) != 0) return 0;
    size_t end = lint_big(b, 4) < n ? lint_big(b, 4) : n;
    for (size_t at = 8; at + 4 <= end; at += at == 8 ? 8 : 4)
        for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
            if (memcmp(b + at, brands[i], 4) == 0) return 1;
    return 0;
}

/* --- what is no picture ----------------------------------------------------------------------- */

/* Whether the text begins so, in any case, behind blanks. */
static int begins(const uint8_t *b, size_t n, const char *text) {
    static const uint8_t bom[] = {0xef, 0xbb, 0xbf};
    size_t at = n >= sizeof bom && memcmp(b, bom, sizeof bom) == 0 ? sizeof bom : 0;
    while (at < n && strchr(" \t\r\n", b[at]) && b[at])
        at++;
    return n - at >= strlen(text) && strncasecmp((const char *)b + at, text, strlen(text)) == 0;
}

static int is_zeros(const uint8_t *b, size_t n) {
    return *b == 0 && memcmp(b, b + 1, n - 1) == 0;
}

static int is_text(const uint8_t *b, size_t n) {
    for (size_t i = 0; i < n && i < 512; i++)
        if (b[i] < 0x20 && !(b[i] >= '\t' && b[i] <= '\r')) return 0;
    return 1;
}

static const char *guess(const uint8_t *b, size_t n) {
    if (n == 0) return "the file is empty";
    if (is_zeros(b, n)) return "the file holds nothing but zeros";
    if (begins(b, n, "version https://git-lfs.github.com/spec"))
        return "a Git LFS pointer, not a picture ('git lfs pull' gets the picture)";
    if (begins(b, n, "<!doctype html") || begins(b, n, "<html") || begins(b, n, "<head"))
        return "a web page, not a picture (perhaps the download failed)";
    if (begins(b, n, "<svg") || begins(b, n, "<!doctype svg")) return "an SVG; " READ;
    if (begins(b, n, "<?xml")) return "XML, not a picture";
    if (n > 2 && b[0] == 'P' && b[1] >= '1' && b[1] <= '7' && strchr(" \t\r\n", b[2]) && b[2])
        return "a Netpbm picture; " READ;
    if (is_text(b, n)) return "a text, not a picture";
    return "not a known picture; " READ;
}

/* ---------------------------------------------------------------------------------------------- */

lint_decoder *lint_image_format(const uint8_t *b, size_t n, lint_err *e) {
    if (is_bmp(b, n)) return lint_bmp_decode;
    if (is_heif(b, n)) return lint_heif_decode;
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        const signature *k = &KNOWN[i];
        if (!has(b, n, k->at, k->bytes, k->n)) continue;
        if (!k->decoder) lint_fail(e, "%s; %s", k->what, READ);
        return k->decoder;
    }
    lint_fail(e, "%s", guess(b, n));
    return NULL;
}
