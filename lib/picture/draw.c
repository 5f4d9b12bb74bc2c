#include "picture/draw.h"
#include "base/text.h"
#include "picture/heat.h"
#include "picture/typeface.h"

#include <cairo.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In pixels. */
enum {
    MARGIN = 16,
    GAP = 14,       /* between tiles */
    BLOCK_GAP = 22, /* between blocks */
    TITLE = 30,     /* a block's title, with the space under it */
    LINE = 17,
    FRAME = 3,        /* round a picture whose answer is right or wrong */
    ABOVE_TEXT = 6,   /* between a picture and its words */
    MARK = 17,        /* a tick or a cross, with the gap behind it */
    WORDS_MOST = 200, /* what words may widen a cell to */
    HEAD_MOST = 640,  /* what titles and the legend may widen a sheet to */
    AFTER_TITLE = 12,
    AFTER_LEGEND = 8,
    BETWEEN = 6, /* the texts at both ends of a line */
    LEGEND = 34,
    BAR_WIDTH = 96,
    BAR_HEIGHT = 11
};
#define TITLE_SIZE 17.0
#define WORD_SIZE  12.5
#define MARK_SIZE  14.5

typedef struct colour {
    double r, g, b;
} colour;

/* Okabe and Ito's blue and vermilion: told apart by every kind of colour vision. */
static const colour right_colour = {0, 0.447, 0.698}, wrong_colour = {0.835, 0.369, 0};
static const colour text_colour = {0.1, 0.1, 0.1}, faint_colour = {0.36, 0.36, 0.36};
/* What the heat's bar lies on: a picture of middle grey. */
static const colour middle_grey = {0.5, 0.5, 0.5};

static void use(cairo_t *cr, colour c) {
    cairo_set_source_rgb(cr, c.r, c.g, c.b);
}

static colour mark_colour(lint_mark m) {
    return m == LINT_RIGHT ? right_colour : m == LINT_WRONG ? wrong_colour : text_colour;
}

/* --- text ------------------------------------------------------------------------------------- */

/* What is drawn on, and the type for it. */
typedef struct canvas {
    cairo_t *cr;
    const lint_typeface *type;
} canvas;

/* Grey smoothing and no hinting of advances: the same pixels whatever the user's screen is. */
static void plain_fonts(cairo_t *cr) {
    cairo_font_options_t *f = cairo_font_options_create();
    cairo_font_options_set_antialias(f, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(f, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(f, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cr, f);
    cairo_font_options_destroy(f);
}

enum { TEXT_MAX = 1024 };
typedef enum shortening { AT_END, IN_MIDDLE } shortening;

static double width_of(cairo_t *cr, const char *s) {
    cairo_text_extents_t t;
    cairo_text_extents(cr, s, &t);
    return t.x_advance;
}

/* Makes s fit into `width` by an ellipsis in place of its end; "" where nothing fits. */
static void shorten_end(cairo_t *cr, char s[TEXT_MAX], double width) {
    double room = width - width_of(cr, LINT_ELLIPSIS);
    do
        lint_text_drop_last(s);
    while (*s && width_of(cr, s) > room);
    if (*s) strcat(s, LINT_ELLIPSIS);
}

static void shorten_middle(cairo_t *cr, char s[TEXT_MAX], double width) {
    char whole[TEXT_MAX];
    memcpy(whole, s, TEXT_MAX);
    size_t most = lint_text_length(whole);
    do
        lint_text_middle(s, TEXT_MAX, whole, --most);
    while (most > 1 && width_of(cr, s) > width);
    if (most <= 1) *s = 0;
}

static void shorten(cairo_t *cr, char s[TEXT_MAX], double width, shortening how) {
    if (!*s || width_of(cr, s) <= width) return;
    if (how == IN_MIDDLE)
        shorten_middle(cr, s, width);
    else
        shorten_end(cr, s, width);
}

/* Word by word: without memory for a blank's glyph, cairo 1.16 ends the process. */
static void show(cairo_t *cr, const char *s) {
    double blank = width_of(cr, " ");
    while (*s) {
        char word[TEXT_MAX];
        size_t n = strcspn(s, " ");
        memcpy(word, s, n);
        word[n] = 0;
        if (n) cairo_show_text(cr, word);
        for (s += n; *s == ' '; s++)
            cairo_rel_move_to(cr, blank, 0);
    }
}

/* Draws s with its base line at y, from x on, or ending there; returns the width it takes. */
static double text(cairo_t *cr, double x, double y, double width, int to_the_right, shortening how,
                   const char *s) {
    char fits[TEXT_MAX];
    lint_text_clean(fits, TEXT_MAX - sizeof LINT_ELLIPSIS, s);
    shorten(cr, fits, width, how);
    double w = width_of(cr, fits);
    cairo_move_to(cr, to_the_right ? x - w : x, y);
    show(cr, fits);
    return w;
}

static void font(const canvas *on, double size, int bold) {
    cairo_set_font_face(on->cr, bold ? on->type->bold : on->type->plain);
    cairo_set_font_size(on->cr, size);
}

/* --- tiles ------------------------------------------------------------------------------------ */

/* A tick or a cross, which DejaVu Sans has. */
static void draw_mark(const canvas *on, lint_mark mark, double x, double y) {
    font(on, MARK_SIZE, 1);
    use(on->cr, mark_colour(mark));
    cairo_move_to(on->cr, x, y);
    cairo_show_text(on->cr, mark == LINT_RIGHT ? "\xe2\x9c\x94" : "\xe2\x9c\x96");
}

static void draw_frame(cairo_t *cr, const lint_tile *t, double x, double y) {
    const double dash[] = {9, 5};
    cairo_save(cr);
    use(cr, mark_colour(t->mark));
    cairo_set_line_width(cr, FRAME);
    if (t->mark == LINT_WRONG) cairo_set_dash(cr, dash, 2, 0);
    cairo_rectangle(cr, x - FRAME / 2.0, y - FRAME / 2.0, t->picture.w + FRAME,
                    t->picture.h + FRAME);
    cairo_stroke(cr);
    cairo_restore(cr);
}

static void left_style(const canvas *on, const lint_tile *t, int i) {
    font(on, WORD_SIZE, i == 0);
    use(on->cr, i == 0 ? mark_colour(t->mark) : faint_colour);
}

/* One line. The right text gets half of the width, or what the left text leaves if that is more;
 * the left text gets the rest. The first line is bold; in a tile without a mark, its right text is
 * no answer, and plain. */
static void draw_line(const canvas *on, const lint_tile *t, int i, double x, double y,
                      double width) {
    cairo_t *cr = on->cr;
    const struct lint_line *l = &t->line[i];
    int answer = i == 0 && t->mark != LINT_UNMARKED;
    char left[TEXT_MAX];
    double taken = 0;
    lint_text_clean(left, sizeof left, l->left);
    if (*l->right) {
        left_style(on, t, i);
        double room = *left ? fmax(width / 2, width - width_of(cr, left) - BETWEEN) : width;
        font(on, WORD_SIZE, answer);
        use(cr, answer ? mark_colour(t->mark) : faint_colour);
        taken = text(cr, x + width, y, room, 1, AT_END, l->right) + BETWEEN;
    }
    left_style(on, t, i);
    if (*left) text(cr, x, y, width - taken, 0, l->middle ? IN_MIDDLE : AT_END, left);
}

/* The mark stands in the first line; the others need all of the width. */
static void draw_words(const canvas *on, const lint_tile *t, double x, double y, double width) {
    double indent = 0;
    if (t->mark != LINT_UNMARKED) {
        draw_mark(on, t->mark, x, y + LINE - 4);
        indent = MARK;
    }
    draw_line(on, t, 0, x + indent, y + LINE - 4, width - indent);
    for (int i = 1; i < LINT_TILE_LINES; i++)
        draw_line(on, t, i, x, y + LINE * (i + 1) - 4, width);
}

static void put_picture(cairo_surface_t *to, const lint_image *im, int x, int y) {
    cairo_surface_flush(to);
    unsigned char *px = cairo_image_surface_get_data(to);
    int stride = cairo_image_surface_get_stride(to);
    for (int row = 0; row < im->h; row++)
        for (int col = 0; col < im->w; col++) {
            const uint8_t *p = im->px + 3 * ((size_t)row * (size_t)im->w + (size_t)col);
            uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            memcpy(px + (size_t)(y + row) * (size_t)stride + 4 * (size_t)(x + col), &v, sizeof v);
        }
    cairo_surface_mark_dirty(to);
}

/* --- sheets ----------------------------------------------------------------------------------- */

/* Where things are: the cells are as large as the largest picture, and as wide as words need. */
typedef struct layout {
    int columns, cell_w, cell_h, lines, heat;
    size_t w, h;
} layout;

static int has_title(const lint_block *b) {
    return (b->title && *b->title) || (b->note && *b->note);
}

/* The widest line of words under a tile: of those with one text that is no file name, since the
 * others can be shortened. The first is not asked, so that sheets of the same samples under two
 * models are equally wide, whatever the answers. */
static double words_width(const canvas *on, const lint_tile *t) {
    double most = 0;
    font(on, WORD_SIZE, 0);
    for (int i = 1; i < LINT_TILE_LINES; i++) {
        char words[TEXT_MAX];
        if (t->line[i].middle || *t->line[i].right) continue;
        lint_text_clean(words, sizeof words, t->line[i].left);
        most = fmax(most, width_of(on->cr, words));
    }
    return most;
}

static void measure_tile(const canvas *on, layout *l, const lint_tile *t) {
    int words = (int)ceil(fmin(words_width(on, t), WORDS_MOST));
    if (words > l->cell_w) l->cell_w = words;
    if (t->picture.w > l->cell_w) l->cell_w = t->picture.w;
    if (t->picture.h > l->cell_h) l->cell_h = t->picture.h;
    if (t->heat) l->heat = 1;
    for (int i = 0; i < LINT_TILE_LINES; i++)
        if ((*t->line[i].left || *t->line[i].right) && i >= l->lines) l->lines = i + 1;
}

/* Height of one row of tiles, without the gap under it. */
static size_t row_height(const layout *l) {
    return (size_t)(l->cell_h + ABOVE_TEXT + l->lines * LINE);
}

static size_t block_height(const layout *l, const lint_block *b) {
    size_t rows = (b->n + (size_t)l->columns - 1) / (size_t)l->columns;
    return (has_title(b) ? TITLE : 0) + rows * (row_height(l) + GAP) - (rows ? GAP : 0);
}

static double width_in(const canvas *on, double size, int bold, const char *s) {
    char words[TEXT_MAX];
    font(on, size, bold);
    return width_of(on->cr, lint_text_clean(words, sizeof words, s ? s : ""));
}

/* The width of titles, and of the legend (NULL: none). */
static size_t head_width(const canvas *on, const lint_block *block, size_t blocks,
                         const char *legend) {
    double most = legend ? width_in(on, WORD_SIZE, 0, legend) + AFTER_LEGEND + BAR_WIDTH : 0;
    for (size_t b = 0; b < blocks; b++) {
        double title = width_in(on, TITLE_SIZE, 1, block[b].title);
        most = fmax(most, title + AFTER_TITLE + width_in(on, WORD_SIZE, 0, block[b].note));
    }
    return (size_t)ceil(fmin(most, HEAD_MOST));
}

static int measure(layout *l, const lint_typeface *type, const lint_block *block, size_t blocks,
                   int columns, const char *legend, lint_err *e) {
    size_t most = 0;
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
    canvas on = {cairo_create(s), type};
    plain_fonts(on.cr);
    *l = (layout){.h = 2 * MARGIN};
    for (size_t b = 0; b < blocks; b++) {
        if (block[b].n > most) most = block[b].n;
        for (size_t i = 0; i < block[b].n; i++)
            measure_tile(&on, l, &block[b].tile[i]);
    }
    l->heat = l->heat && legend;
    size_t head = head_width(&on, block, blocks, l->heat ? legend : NULL);
    cairo_destroy(on.cr);
    cairo_surface_destroy(s);
    if (!most || columns < 1) return lint_fail(e, "no pictures for a sheet");
    l->columns = (size_t)columns > most ? (int)most : columns;
    l->w = (size_t)l->columns * (size_t)(l->cell_w + GAP) - GAP;
    l->w = 2 * MARGIN + (l->w > head ? l->w : head);
    for (size_t b = 0; b < blocks; b++)
        l->h += block_height(l, &block[b]) + (b ? BLOCK_GAP : 0);
    if (l->heat) l->h += LEGEND;
    if (l->w >= LINT_IMAGE_MAX || l->h >= LINT_IMAGE_MAX || l->w * l->h > LINT_IMAGE_PIXELS)
        return lint_fail(e, "a sheet of %zux%zu is too large: at most %d a side and %d in all",
                         l->w, l->h, LINT_IMAGE_MAX - 1, LINT_IMAGE_PIXELS);
    return 0;
}

static void draw_title(const canvas *on, const lint_block *b, double y, double width) {
    cairo_t *cr = on->cr;
    double taken = 0;
    if (b->title && *b->title) {
        font(on, TITLE_SIZE, 1);
        use(cr, text_colour);
        taken = text(cr, MARGIN, y + TITLE_SIZE - 2, width, 0, AT_END, b->title) + AFTER_TITLE;
    }
    if (b->note && *b->note && taken < width) {
        font(on, WORD_SIZE, 0);
        use(cr, faint_colour);
        text(cr, MARGIN + taken, y + TITLE_SIZE - 2, width - taken, 0, AT_END, b->note);
    }
}

static void draw_block(cairo_surface_t *surface, const canvas *on, const layout *l,
                       const lint_block *b, size_t top) {
    if (has_title(b)) {
        draw_title(on, b, (double)top, (double)l->w - 2 * MARGIN);
        top += TITLE;
    }
    for (size_t i = 0; i < b->n; i++) {
        const lint_tile *t = &b->tile[i];
        size_t row = i / (size_t)l->columns, column = i % (size_t)l->columns;
        int x = MARGIN + (int)column * (l->cell_w + GAP);
        int y = (int)(top + row * (row_height(l) + GAP));
        int px = x + (l->cell_w - t->picture.w) / 2, py = y + l->cell_h - t->picture.h;
        if (t->mark != LINT_UNMARKED) draw_frame(on->cr, t, px, py);
        put_picture(surface, &t->picture, px, py);
        draw_words(on, t, x, y + l->cell_h + ABOVE_TEXT, l->cell_w);
    }
}

/* Words, and a bar from no heat to full heat. */
static void draw_legend(const canvas *on, const layout *l, const char *what) {
    cairo_t *cr = on->cr;
    double y = (double)l->h - MARGIN - BAR_HEIGHT, room = (double)l->w - 2 * MARGIN;
    double words = room - BAR_WIDTH - AFTER_LEGEND;
    double x = MARGIN;
    font(on, WORD_SIZE, 0);
    use(cr, faint_colour);
    if (words > 0) x += text(cr, x, y + BAR_HEIGHT - 1, words, 0, AT_END, what) + AFTER_LEGEND;
    for (int i = 0; i < BAR_WIDTH && x + i < (double)l->w - MARGIN; i++) {
        double rgb[3], density;
        lint_heat_colour((double)i / (BAR_WIDTH - 1), rgb, &density);
        use(cr, middle_grey);
        cairo_rectangle(cr, floor(x) + i, y, 1, BAR_HEIGHT);
        cairo_fill_preserve(cr);
        cairo_set_source_rgba(cr, rgb[0] / 255, rgb[1] / 255, rgb[2] / 255, density);
        cairo_fill(cr);
    }
}

static int to_image(lint_image *out, cairo_surface_t *from, lint_err *e) {
    int w = cairo_image_surface_get_width(from), h = cairo_image_surface_get_height(from);
    if (lint_image_new(out, w, h, 3, e) < 0) return -1;
    cairo_surface_flush(from);
    const unsigned char *px = cairo_image_surface_get_data(from);
    size_t stride = (size_t)cairo_image_surface_get_stride(from);
    for (size_t y = 0; y < (size_t)h; y++)
        for (size_t x = 0; x < (size_t)w; x++) {
            uint32_t v;
            memcpy(&v, px + y * stride + 4 * x, sizeof v);
            uint8_t *to = out->px + 3 * (y * (size_t)w + x);
            to[0] = (uint8_t)(v >> 16);
            to[1] = (uint8_t)(v >> 8);
            to[2] = (uint8_t)v;
        }
    return 0;
}

static int draw(lint_image *out, const layout *l, const lint_typeface *type,
                const lint_block *block, size_t blocks, const char *heat, lint_err *e) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)l->w, (int)l->h);
    canvas on = {cairo_create(s), type};
    if (cairo_status(on.cr) == CAIRO_STATUS_SUCCESS) {
        cairo_set_source_rgb(on.cr, 1, 1, 1);
        cairo_paint(on.cr);
        plain_fonts(on.cr);
        for (size_t b = 0, top = MARGIN; b < blocks; b++) {
            draw_block(s, &on, l, &block[b], top);
            top += block_height(l, &block[b]) + BLOCK_GAP;
        }
        if (l->heat) draw_legend(&on, l, heat);
    }
    cairo_status_t status = cairo_status(on.cr);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(s);
    int err = errno == ENOMEM ? lint_fail_mem(e, "a sheet")
              : status != CAIRO_STATUS_SUCCESS
                  ? lint_fail(e, "a sheet: %s", cairo_status_to_string(status))
                  : to_image(out, s, e);
    cairo_destroy(on.cr);
    cairo_surface_destroy(s);
    return err;
}

int lint_sheet(lint_image *out, const lint_block *block, size_t blocks, int columns,
               const char *heat, lint_err *e) {
    layout l;
    lint_typeface type;
    if (lint_typeface_open(&type, e) < 0) return -1;
    /* Without memory, cairo and FreeType may leave out a word and say nothing of it; malloc leaves one
     * in errno, which nothing else writes here. */
    errno = 0;
    int err = measure(&l, &type, block, blocks, columns, heat, e);
    if (!err) err = draw(out, &l, &type, block, blocks, heat, e);
    lint_typeface_close(&type);
    return err;
}

void lint_draw_end(void) {
    cairo_debug_reset_static_data();
}
