#include "draw.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- maps --------------------------------------------------------------------------------------
 */

void lint_evidence(float *d, const float *maps, size_t k, size_t n, size_t c) {
    for (size_t i = 0; i < n; i++) {
        double others = 0;
        for (size_t o = 0; o < k; o++)
            if (o != c) others += (double)maps[o * n + i];
        d[i] = (float)((double)maps[c * n + i] - (k > 1 ? others / (double)(k - 1) : 0));
    }
}

/* The positive part, smoothed by the binomial 1 2 1 in both directions; beyond the edge, the edge.
 */
static void smooth(float *to, const float *d, size_t h, size_t w) {
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            float sum = 0;
            for (int j = -1; j <= 1; j++)
                for (int i = -1; i <= 1; i++) {
                    size_t sy = y + (size_t)j < h ? y + (size_t)j : y;
                    size_t sx = x + (size_t)i < w ? x + (size_t)i : x;
                    float v = d[sy * w + sx];
                    sum += (float)((2 - abs(i)) * (2 - abs(j))) * (v > 0 ? v : 0);
                }
            to[y * w + x] = sum / 16;
        }
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The value that is full heat. */
static float full_heat(const float *d, float *sorted, size_t n) {
    memcpy(sorted, d, n * sizeof *d);
    qsort(sorted, n, sizeof *sorted, by_value);
    float most = sorted[n - 1 - n / 200];
    return most > 0 ? most : sorted[n - 1];
}

static float bilinear(const float *d, size_t h, size_t w, double y, double x) {
    y = fmin(fmax(y, 0), (double)(h - 1));
    x = fmin(fmax(x, 0), (double)(w - 1));
    size_t y0 = (size_t)y, x0 = (size_t)x;
    size_t y1 = y0 + 1 < h ? y0 + 1 : y0, x1 = x0 + 1 < w ? x0 + 1 : x0;
    double fy = y - (double)y0, fx = x - (double)x0;
    double top = (double)d[y0 * w + x0] * (1 - fx) + (double)d[y0 * w + x1] * fx;
    double bottom = (double)d[y1 * w + x0] * (1 - fx) + (double)d[y1 * w + x1] * fx;
    return (float)(top * (1 - fy) + bottom * fy);
}

/* Heat t in 0..1 over a pixel: the picture keeps a third of its colour, so that heat is the one
 * strong hue in it; its own light stays visible through the heat. */
static void heat_pixel(uint8_t *to, const uint8_t *from, double t) {
    static const double ramp[3][3] = {{120, 0, 40}, {245, 90, 10}, {255, 240, 60}};
    double grey = 0.299 * from[0] + 0.587 * from[1] + 0.114 * from[2];
    double alpha = 0.85 * fmin(1, 1.6 * t);
    int low = t < 0.5 ? 0 : 1;
    double f = t < 0.5 ? 2 * t : 2 * t - 1;
    for (int c = 0; c < 3; c++) {
        double base = 0.8 * (grey * 0.67 + from[c] * 0.33);
        double heat = ramp[low][c] * (1 - f) + ramp[low + 1][c] * f;
        to[c] = (uint8_t)(base * (1 - alpha) + heat * alpha + 0.5);
    }
}

int lint_overlay(lint_image *out, const uint8_t *rgb, int height, int width, const float *d,
                 size_t h, size_t w, lint_err *e) {
    float *soft = malloc(2 * h * w * sizeof *soft);
    if (!soft) return lint_fail_mem(e, "a map");
    if (lint_image_new(out, width, height, 3, e) < 0) {
        free(soft);
        return -1;
    }
    smooth(soft, d, h, w);
    float most = full_heat(soft, soft + h * w, h * w);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double my = (y + 0.5) * (double)h / height - 0.5,
                   mx = (x + 0.5) * (double)w / width - 0.5;
            double t = most > 0 ? (double)(bilinear(soft, h, w, my, mx) / most) : 0;
            size_t at = 3 * ((size_t)y * (size_t)width + (size_t)x);
            heat_pixel(out->px + at, rgb + at, isfinite(t) ? fmin(t, 1) : 0);
        }
    free(soft);
    return 0;
}

/* --- sheets -------------------------------------------------------------------------------------
 */

enum { MARGIN = 16, GAP = 12, TITLE = 34, LINE = 17, WORDS = 2 * LINE + 6, FRAME = 3 };
static const double TITLE_SIZE = 17, WORD_SIZE = 13;

typedef struct rgb {
    double r, g, b;
} rgb;

/* Okabe and Ito's blue and vermilion: told apart by every kind of colour vision. */
static const rgb RIGHT_COLOUR = {0, 0.447, 0.698}, WRONG_COLOUR = {0.835, 0.369, 0};
static const rgb TEXT_COLOUR = {0.13, 0.13, 0.13}, FAINT_COLOUR = {0.38, 0.38, 0.38};

static void colour(cairo_t *cr, rgb c) {
    cairo_set_source_rgb(cr, c.r, c.g, c.b);
}

/* Takes the last character off a UTF-8 text. */
static void drop_last(char *s) {
    size_t n = strlen(s);
    while (n > 0 && ((unsigned char)s[n - 1] & 0xc0) == 0x80)
        n--;
    s[n > 0 ? n - 1 : 0] = 0;
}

static void text(cairo_t *cr, double x, double y, double width, const char *s) {
    char cut[160];
    cairo_text_extents_t ext;
    snprintf(cut, sizeof cut - 4, "%s", s);
    cairo_text_extents(cr, cut, &ext);
    for (size_t n = strlen(cut); ext.x_advance > width && n > 0; n = strlen(cut)) {
        if (strcmp(cut + (n > 3 ? n - 3 : 0), "\xe2\x80\xa6") == 0) cut[n - 3] = 0;
        drop_last(cut);
        if (!*cut) return;
        strcat(cut, "\xe2\x80\xa6");
        cairo_text_extents(cr, cut, &ext);
    }
    cairo_move_to(cr, x, y);
    cairo_show_text(cr, cut);
}

static void font(cairo_t *cr, double size, int bold) {
    cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

/* A tick or a cross in a box of `size`, drawn rather than written: fonts differ in them. */
static void draw_mark(cairo_t *cr, lint_mark mark, double x, double y, double size) {
    cairo_set_line_width(cr, 2.2);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    if (mark == LINT_RIGHT) {
        cairo_move_to(cr, x, y + size * 0.55);
        cairo_line_to(cr, x + size * 0.36, y + size * 0.9);
        cairo_line_to(cr, x + size, y + size * 0.1);
    } else {
        cairo_move_to(cr, x + 1, y + 1);
        cairo_line_to(cr, x + size - 1, y + size - 1);
        cairo_move_to(cr, x + size - 1, y + 1);
        cairo_line_to(cr, x + 1, y + size - 1);
    }
    cairo_stroke(cr);
}

static void draw_words(cairo_t *cr, const lint_tile *t, double x, double y, double width) {
    const double mark = 10;
    double indent = 0;
    if (t->mark != LINT_UNMARKED) {
        colour(cr, t->mark == LINT_RIGHT ? RIGHT_COLOUR : WRONG_COLOUR);
        draw_mark(cr, t->mark, x + 1, y + 5, mark);
        indent = mark + 8;
    } else {
        colour(cr, TEXT_COLOUR);
    }
    font(cr, WORD_SIZE, 1);
    text(cr, x + indent, y + LINE - 2, width - indent, t->words[0]);
    font(cr, WORD_SIZE, 0);
    colour(cr, FAINT_COLOUR);
    text(cr, x + indent, y + 2 * LINE - 2, width - indent, t->words[1]);
}

static void put_picture(cairo_surface_t *to, const lint_image *im, int x, int y) {
    cairo_surface_flush(to);
    unsigned char *px = cairo_image_surface_get_data(to);
    int stride = cairo_image_surface_get_stride(to);
    for (int row = 0; row < im->h; row++)
        for (int col = 0; col < im->w; col++) {
            const uint8_t *p = im->px + 3 * ((size_t)row * (size_t)im->w + (size_t)col);
            uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            memcpy(px + (y + row) * stride + 4 * (x + col), &v, sizeof v);
        }
    cairo_surface_mark_dirty(to);
}

static void draw_tile(cairo_surface_t *surface, cairo_t *cr, const lint_tile *t, int x, int y) {
    if (t->mark != LINT_UNMARKED) {
        colour(cr, t->mark == LINT_RIGHT ? RIGHT_COLOUR : WRONG_COLOUR);
        cairo_rectangle(cr, x - FRAME, y - FRAME, t->picture.w + 2 * FRAME,
                        t->picture.h + 2 * FRAME);
        cairo_fill(cr);
    }
    put_picture(surface, &t->picture, x, y);
    draw_words(cr, t, x, y + t->picture.h + 3, t->picture.w);
}

static int to_image(lint_image *out, cairo_surface_t *from, lint_err *e) {
    int w = cairo_image_surface_get_width(from), h = cairo_image_surface_get_height(from);
    if (lint_image_new(out, w, h, 3, e) < 0) return -1;
    cairo_surface_flush(from);
    const unsigned char *px = cairo_image_surface_get_data(from);
    int stride = cairo_image_surface_get_stride(from);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            uint32_t v;
            memcpy(&v, px + y * stride + 4 * x, sizeof v);
            uint8_t *to = out->px + 3 * ((size_t)y * (size_t)w + (size_t)x);
            to[0] = (uint8_t)(v >> 16);
            to[1] = (uint8_t)(v >> 8);
            to[2] = (uint8_t)v;
        }
    return 0;
}

int lint_sheet(lint_image *out, const char *title, const lint_tile *tiles, size_t n, int columns,
               lint_err *e) {
    if (n < 1 || columns < 1) return lint_fail(e, "no pictures for a sheet");
    if ((size_t)columns > n) columns = (int)n;
    size_t rows = (n + (size_t)columns - 1) / (size_t)columns;
    int tw = tiles[0].picture.w, th = tiles[0].picture.h, top = MARGIN + (*title ? TITLE : 0);
    size_t w = 2 * MARGIN + (size_t)columns * (size_t)(tw + GAP) - GAP;
    size_t h = (size_t)(top + MARGIN) + rows * (size_t)(th + WORDS + GAP) - GAP;
    if (w > LINT_IMAGE_MAX || h > LINT_IMAGE_MAX)
        return lint_fail(e, "a sheet of %zux%zu is too large: at most %d a side", w, h,
                         LINT_IMAGE_MAX);
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)w, (int)h);
    cairo_t *cr = cairo_create(s);
    int bad = cairo_status(cr) != CAIRO_STATUS_SUCCESS;
    if (bad) {
        lint_fail_mem(e, "a sheet");
    } else {
        cairo_set_source_rgb(cr, 1, 1, 1);
        cairo_paint(cr);
        font(cr, TITLE_SIZE, 1);
        colour(cr, TEXT_COLOUR);
        text(cr, MARGIN, MARGIN + TITLE_SIZE, (double)w - 2 * MARGIN, title);
        for (size_t i = 0; i < n; i++)
            draw_tile(s, cr, &tiles[i], MARGIN + (int)(i % (size_t)columns) * (tw + GAP),
                      top + (int)(i / (size_t)columns) * (th + WORDS + GAP));
        bad = to_image(out, s, e) < 0;
    }
    cairo_destroy(cr);
    cairo_surface_destroy(s);
    return bad ? -1 : 0;
}

void lint_draw_end(void) {
    cairo_debug_reset_static_data();
}
