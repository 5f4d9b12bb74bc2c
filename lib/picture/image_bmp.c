/* BMP: a file header of 14 bytes, a header that begins with its own size, masks or a palette, and rows
 * that are padded to 4 bytes, the lowest first unless the height is negative. Sources: Microsoft's
 * BITMAPINFOHEADER to BITMAPV5HEADER and "Bitmap Compression"; OS/2's header is the one of 12 bytes. */
#include "picture/image_codec.h"

#include <stdlib.h>
#include <string.h>

enum {
    FILE_HEADER = 14,
    CORE_HEADER = 12,
    INFO_HEADER = 40,
    MASKS = 54 /* also in an info header */
};
enum { PLAIN, RLE8, RLE4, BITFIELDS, ALPHA_BITFIELDS = 6 };

typedef struct job {
    const uint8_t *b; /* the file */
    size_t n;
    lint_sink *to;
    lint_err *e;
    uint32_t header, bits, packing, colours, pixels; /* pixels: where they begin */
    int w, h, upside; /* upside: whether the first row is the uppermost */
    uint32_t mask[4]; /* of red, green, blue, alpha */
    uint8_t palette[256][3];
} job;

static int cut(const job *j) {
    return lint_fail(j->e, "BMP: the file ends too early");
}

/* Width and height are unsigned and of 16 bits in the core header. */
static int read_header(job *j) {
    const uint8_t *p = j->b + FILE_HEADER;
    int core = (j->header = lint_little(p, 4)) == CORE_HEADER;
    if (j->n < FILE_HEADER + (size_t)j->header) return cut(j);
    uint32_t w = lint_little(p + 4, core ? 2 : 4),
             h = lint_little(p + (core ? 6 : 8), core ? 2 : 4);
    j->upside = !core && h > INT32_MAX;
    if (j->upside) h = 0 - h;
    j->pixels = lint_little(j->b + 10, 4);
    j->bits = lint_little(p + (core ? 10 : 14), 2);
    if (j->header >= 20) j->packing = lint_little(p + 16, 4);
    if (j->header >= 36) j->colours = lint_little(p + 32, 4);
    j->to->facts.bits = 8;
    if (lint_sink_size(j->to, w, h, j->e) < 0) return -1;
    j->w = (int)w, j->h = (int)h;
    return 0;
}

/* OS/2's 3 is another packing, for two colours, which nobody writes. */
static int check_header(const job *j) {
    static const uint32_t bits_of[][2] = {{PLAIN, 1},
                                          {PLAIN, 4},
                                          {PLAIN, 8},
                                          {PLAIN, 16},
                                          {PLAIN, 24},
                                          {PLAIN, 32},
                                          {RLE8, 8},
                                          {RLE4, 4},
                                          {BITFIELDS, 16},
                                          {BITFIELDS, 32},
                                          {ALPHA_BITFIELDS, 16},
                                          {ALPHA_BITFIELDS, 32}};
    for (size_t i = 0; i < sizeof bits_of / sizeof *bits_of; i++)
        if (j->packing == bits_of[i][0] && j->bits == bits_of[i][1]) return 0;
    return lint_fail(j->e, "BMP: %u bits with compression %u are not read", j->bits, j->packing);
}

/* --- colours ---------------------------------------------------------------------------------- */

static void read_palette(job *j) {
    size_t each = j->header == CORE_HEADER ? 3 : 4, at = FILE_HEADER + (size_t)j->header;
    size_t n = j->colours && j->colours < 1u << j->bits ? j->colours : (size_t)1 << j->bits;
    for (size_t i = 0; i < n && at + (i + 1) * each <= j->n; i++)
        for (int k = 0; k < 3; k++)
            j->palette[i][k] = j->b[at + i * each + (size_t)(2 - k)];
}

/* Of 16 bits, five each; of 32, bytes, and the fourth means nothing. */
static int read_masks(job *j) {
    static const uint32_t usual[2][4] = {{0x7c00, 0x3e0, 0x1f, 0}, {0xff0000, 0xff00, 0xff, 0}};
    memcpy(j->mask, usual[j->bits == 32], sizeof j->mask);
    if (j->packing == PLAIN) return 0;
    int masks = j->header >= 56 || j->packing == ALPHA_BITFIELDS ? 4 : 3;
    if (j->n < MASKS + 4 * (size_t)masks) return cut(j);
    for (int k = 0; k < masks; k++)
        j->mask[k] = lint_little(j->b + MASKS + 4 * k, 4);
    return 0;
}

/* What the mask selects, stretched to 255. */
static uint8_t field(uint32_t v, uint32_t mask) {
    if (!mask) return 0;
    uint32_t unit = mask & (0 - mask), most = mask / unit;
    return (uint8_t)(((uint64_t)((v & mask) / unit) * 255 + most / 2) / most);
}

/* --- pixels ----------------------------------------------------------------------------------- */

static void take_row(const job *j, uint8_t *to, const uint8_t *from) {
    int c = j->mask[3] ? 4 : 3;
    for (int x = 0; x < j->w; x++, to += c) {
        if (j->bits <= 8) {
            unsigned shift = 8 - j->bits - (unsigned)x * j->bits % 8;
            unsigned i = from[(unsigned)x * j->bits / 8] >> shift & ((1u << j->bits) - 1);
            memcpy(to, j->palette[i], 3);
        } else if (j->bits == 24) {
            to[0] = from[3 * x + 2], to[1] = from[3 * x + 1], to[2] = from[3 * x];
        } else {
            uint32_t bytes = j->bits / 8, v = lint_little(from + (size_t)x * bytes, (int)bytes);
            for (int k = 0; k < c; k++)
                to[k] = field(v, j->mask[k]);
        }
    }
}

static size_t stride_of(const job *j) {
    return ((size_t)j->w * j->bits + 31) / 32 * 4;
}

/* Some programs declare alpha and leave it 0 everywhere, which means that there is none. */
static void drop_empty_alpha(job *j) {
    uint32_t bytes = j->bits / 8;
    for (int y = 0; y < j->h && j->mask[3]; y++)
        for (int x = 0; x < j->w; x++) {
            const uint8_t *p = j->b + j->pixels + (size_t)y * stride_of(j) + (size_t)x * bytes;
            if (lint_little(p, (int)bytes) & j->mask[3]) return;
        }
    j->mask[3] = 0;
}

static int read_rows(const job *j) {
    for (int i = 0; i < j->h; i++) {
        int y = j->upside ? i : j->h - 1 - i;
        take_row(j, lint_sink_row(j->to, y), j->b + j->pixels + (size_t)i * stride_of(j));
        lint_sink_put(j->to, y);
    }
    return 0;
}

/* The colours of `n` pixels from x, of the row that is `line` above the lowest; v holds two indices in
 * turn with RLE4. What reaches past the row is left out. */
static void put_run(const job *j, int *x, int line, int n, const uint8_t *v, int literal) {
    int per = j->packing == RLE4 ? 2 : 1;
    uint8_t *row = lint_sink_row(j->to, j->upside ? line : j->h - 1 - line);
    for (int i = 0; i < n && *x < j->w; i++, ++*x) {
        uint8_t byte = v[literal ? i / per : 0];
        uint8_t index = per == 1 ? byte : i % 2 ? byte & 15 : byte >> 4;
        memcpy(row + 3 * *x, j->palette[index], 3);
    }
}

/* The first colour, where the runs jump over pixels. */
static void clear(const job *j) {
    for (int y = 0; y < j->h; y++)
        for (int x = 0; x < j->w; x++)
            memcpy(lint_sink_row(j->to, y) + 3 * x, j->palette[0], 3);
}

/* Pairs of a count and an index; count 0 is followed by an order: 0 ends the row, 1 the picture, 2
 * jumps, and any other is how many indices follow, padded to 16 bits. */
static int read_runs(const job *j) {
    size_t at = j->pixels;
    int x = 0, line = 0;
    clear(j);
    while (at + 2 <= j->n && line < j->h) {
        int count = j->b[at], v = j->b[at + 1];
        at += 2;
        if (count) {
            put_run(j, &x, line, count, j->b + at - 1, 0);
        } else if (v == 0) {
            x = 0, line++;
        } else if (v == 1) {
            return 0;
        } else if (v == 2) {
            if (at + 2 > j->n) return cut(j);
            x = x + j->b[at] < j->w ? x + j->b[at] : j->w;
            line += j->b[at + 1];
            at += 2;
        } else {
            size_t bytes = j->packing == RLE4 ? ((size_t)v + 1) / 2 : (size_t)v;
            if (bytes > j->n - at) return cut(j);
            put_run(j, &x, line, v, j->b + at, 1);
            at += (bytes + 1) / 2 * 2;
            if (at > j->n) return cut(j);
        }
    }
    return line < j->h ? cut(j) : 0;
}

/* ---------------------------------------------------------------------------------------------- */

int lint_bmp_decode(lint_sink *s, const uint8_t *bytes, size_t n, lint_err *e) {
    job j = {.b = bytes, .n = n, .to = s, .e = e};
    if (read_header(&j) < 0 || check_header(&j) < 0) return -1;
    int runs = j.packing == RLE8 || j.packing == RLE4;
    if (j.pixels > n || (!runs && (n - j.pixels) / stride_of(&j) < (size_t)j.h)) return cut(&j);
    if (j.bits > 8 && read_masks(&j) < 0) return -1;
    if (j.bits <= 8)
        read_palette(&j);
    else
        drop_empty_alpha(&j);
    if (lint_sink_start(s, j.w, j.h, j.mask[3] ? 4 : 3, !runs, e) < 0) return -1;
    return runs ? read_runs(&j) : read_rows(&j);
}
