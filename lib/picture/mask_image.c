#include "picture/mask_image.h"
#include "picture/mask_png.h"

#include <stdlib.h>
#include <string.h>

/* So many values, or colours, are labels rather than shades. */
enum { FEW = 32 };
/* Labels beside void are numbered from 1. Shades of a smooth edge beside white reach higher. */
enum { LABEL_MAX = 40 };
/* Where white is void, labels cover more than this share of it; a smooth edge covers less. */
enum { VOID_TIMES = 20 };

/* --- numbers ---------------------------------------------------------------------------------- */

/* The different values of a mask, smallest first. */
typedef struct values {
    uint32_t *count; /* [65536] */
    int v[FEW], n;   /* n: FEW + 1 if there are more */
    int most;
} values;

static int count_values(values *s, const uint16_t *v, size_t n, lint_err *e) {
    *s = (values){.count = calloc(65536, sizeof *s->count)};
    if (!s->count) return lint_fail_mem(e, "a mask");
    for (size_t i = 0; i < n; i++)
        s->count[v[i]]++;
    for (int k = 0; k < 65536; k++) {
        if (!s->count[k]) continue;
        s->most = k;
        if (s->n < FEW) s->v[s->n] = k;
        if (s->n <= FEW) s->n++;
    }
    return 0;
}

/* 1 object, 2 background, 3 unknown. */
static int is_trimap(const values *s) {
    return s->n >= 2 && !s->count[0] && s->count[2] && s->most <= 3;
}

/* Whether the values between 0 and `top` are labels, and how void is numbered. */
static int are_labels(const values *s, int top) {
    size_t between = 0;
    int highest = 0;
    if (s->n > FEW) return 0;
    for (int k = 0; k < s->n; k++)
        if (s->v[k] && s->v[k] != top) between += s->count[s->v[k]], highest = s->v[k];
    if (!s->count[top]) return between > 0;
    return between > 0 && highest <= LABEL_MAX && between * VOID_TIMES >= s->count[top];
}

typedef enum meaning { SHADES, LABELS, TRIMAP } meaning;

/* *top: 255 or 65535, what white is. *nothing: the number of void, -1 for none. */
static meaning meaning_of(const values *s, int *top, int *nothing) {
    *nothing = -1;
    if (is_trimap(s)) return TRIMAP;
    if (*top > 255 && s->most <= 255 && s->n > FEW) return LABELS; /* too dark for shades */
    if (*top > 255 && s->most <= 255) *top = 255;
    if (are_labels(s, *top)) return *nothing = *top, LABELS;
    return SHADES;
}

static uint8_t mask_of(uint16_t v, meaning m, int nothing, int top) {
    switch (m) {
    case TRIMAP:
        return v == 1 ? 255 : 0;
    case LABELS:
        return v && v != nothing ? 255 : 0;
    default:
        return (uint8_t)(((uint32_t)v * 255 + (uint32_t)top / 2) / (uint32_t)top);
    }
}

static int has(const lint_mask_labels *l, uint16_t v) {
    return l->in[v / 8] >> v % 8 & 1;
}

static void choose_numbers(lint_image *im, const lint_mask_raw *r, const lint_mask_labels *labels) {
    size_t n = (size_t)r->w * (size_t)r->h;
    for (size_t i = 0; i < n; i++)
        im->px[i] = has(labels, r->number[i]) ? 255 : 0;
}

static int read_numbers(lint_image *im, const lint_mask_raw *r, const lint_mask_labels *labels,
                        lint_err *e) {
    size_t n = (size_t)r->w * (size_t)r->h;
    if (lint_image_new(im, r->w, r->h, 1, e) < 0) return -1;
    if (labels) return choose_numbers(im, r, labels), 0;
    for (size_t i = 0; i < n && !r->top; i++)
        r->number[i] = r->means[r->number[i]];
    values s;
    int nothing = 255, top = r->top ? r->top : 255;
    if (count_values(&s, r->number, n, e) < 0) return -1;
    meaning m = r->top || r->shades ? meaning_of(&s, &top, &nothing)
                : is_trimap(&s)     ? TRIMAP
                                    : LABELS;
    for (size_t i = 0; i < n; i++)
        im->px[i] = mask_of(r->number[i], m, nothing, top);
    free(s.count);
    return 0;
}

/* --- colours ---------------------------------------------------------------------------------- */

static const uint8_t BLACK[3] = {0, 0, 0}, WHITE[3] = {255, 255, 255},
                     VOID[3] = {224, 224, 192}; /* of Pascal VOC's palette */

static int is_same(const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, 3) == 0;
}

/* What the pixels [n] of RGBA have in common. */
typedef struct traits {
    int grey;        /* all visible ones are */
    int constant;    /* all visible ones are of one colour */
    int transparent; /* alpha differs from pixel to pixel */
    int few;         /* colours */
    int black, white;
} traits;

static traits traits_of(const uint8_t *px, size_t n) {
    traits t = {.grey = 1, .constant = 1};
    uint8_t seen[FEW][3];
    const uint8_t *first = NULL;
    int colours = 0;
    for (const uint8_t *p = px; p < px + 4 * n; p += 4) {
        t.transparent |= p[3] != px[3];
        if (!p[3]) continue;
        if (!first) first = p;
        t.grey &= p[0] == p[1] && p[1] == p[2];
        t.constant &= is_same(p, first);
        t.black |= is_same(p, BLACK);
        t.white |= is_same(p, WHITE);
        int k = 0;
        while (k < colours && k < FEW && !is_same(seen[k], p))
            k++;
        if (k == colours && colours < FEW) memcpy(seen[colours], p, 3);
        if (k == colours && colours <= FEW) colours++;
        if (colours > FEW && !t.grey && t.transparent) break; /* nothing else can be told */
    }
    t.few = colours <= FEW;
    return t;
}

/* ITU-R BT.601, as in image.c. */
static uint8_t luma(const uint8_t *p) {
    return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
}

static void read_colours(lint_image *im, const lint_mask_raw *r, const traits *t) {
    size_t n = (size_t)r->w * (size_t)r->h;
    int by_colour = !t->transparent && t->few && (t->black || t->white);
    const uint8_t *background = t->black ? BLACK : WHITE;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = r->rgba + 4 * i;
        if (t->transparent && t->grey && !t->constant) /* drawn in black and white on glass */
            im->px[i] = (uint8_t)((p[0] * p[3] + 127) / 255);
        else if (t->transparent)
            im->px[i] = p[3];
        else if (by_colour)
            im->px[i] = is_same(p, background) || is_same(p, VOID) ? 0 : 255;
        else
            im->px[i] = luma(p);
    }
}

/* Grey pixels are numbers. */
static int read_rgba(lint_image *im, lint_mask_raw *r, const lint_mask_labels *labels,
                     lint_err *e) {
    size_t n = (size_t)r->w * (size_t)r->h;
    traits t = traits_of(r->rgba, n);
    if (t.grey && !t.transparent) {
        r->number = malloc(n * sizeof *r->number);
        if (!r->number) return lint_fail_mem(e, "a mask");
        for (size_t i = 0; i < n; i++)
            r->number[i] = r->rgba[4 * i];
        r->top = 255;
        return read_numbers(im, r, labels, e);
    }
    if (labels) return lint_fail(e, "is in colours, but --mask-labels needs numbers");
    if (lint_image_new(im, r->w, r->h, 1, e) < 0) return -1;
    read_colours(im, r, &t);
    return 0;
}

/* ---------------------------------------------------------------------------------------------- */

/* Other formats than PNG have no numbers of their own. Labels in samples of 16 bits, as TIFF has them,
 * would all be next to black. */
static int read_other(lint_mask_raw *r, const char *path, long max_pixels, lint_err *e) {
    lint_image im = {0};
    lint_image_facts facts;
    lint_image_ask ask = {.c = 4, .max_pixels = max_pixels};
    int err = lint_image_read_as(&im, path, &ask, &facts, e);
    if (!err && facts.bits > 8 && !facts.floats && facts.peak <= 255) {
        ask.depth = 8;
        err = lint_image_read_as(&im, path, &ask, &facts, e);
    }
    *r = (lint_mask_raw){.w = im.w, .h = im.h, .rgba = im.px, .orientation = 1};
    return err;
}

int lint_mask_read(lint_image *im, const char *path, const lint_mask_labels *labels,
                   long max_pixels, lint_err *e) {
    lint_mask_raw r = {0};
    lint_image_free(im);
    int err = lint_mask_png_read(&r, path, max_pixels, e); /* 1: another format */
    if (err > 0) err = read_other(&r, path, max_pixels, e);
    if (!err) err = r.rgba ? read_rgba(im, &r, labels, e) : read_numbers(im, &r, labels, e);
    if (!err) err = lint_image_turn(im, r.orientation, e);
    lint_mask_raw_free(&r);
    if (err) lint_image_free(im);
    return err;
}

int lint_mask_labels_parse(lint_mask_labels *l, const char *text, lint_err *e) {
    *l = (lint_mask_labels){{0}};
    for (const char *at = text;; at++) {
        char *end;
        size_t digits = strspn(at, "0123456789");
        unsigned long from = strtoul(at, &end, 10), to = from;
        if (*end == '-' && digits) {
            at = end + 1;
            digits = strspn(at, "0123456789");
            to = strtoul(at, &end, 10);
        }
        if (!digits || digits > 5 || from > to || to > 65535 || (*end && *end != ','))
            return lint_fail(e, "'%s': expected labels from 0 to 65535, such as 1,3,7-9", text);
        for (unsigned long v = from; v <= to; v++)
            l->in[v / 8] |= (uint8_t)(1 << v % 8);
        if (!*end) return 0;
        at = end;
    }
}

/* Mean of a part of the mask. */
static double mean_of(const lint_image *m, int x0, int x1, int y0, int y1) {
    double sum = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += m->px[(size_t)y * (size_t)m->w + (size_t)x];
    return sum / ((double)(x1 - x0) * (y1 - y0));
}

lint_mask_remark lint_mask_look(const lint_image *m) {
    size_t n = (size_t)m->w * (size_t)m->h;
    int least = 255, most = 0, w = m->w, h = m->h, u = (w + 7) / 8, v = (h + 7) / 8;
    for (size_t i = 0; i < n; i++) {
        if (m->px[i] < least) least = m->px[i];
        if (m->px[i] > most) most = m->px[i];
    }
    if (!most) return LINT_MASK_EMPTY;
    if (least == 255) return LINT_MASK_FULL;
    double corners = mean_of(m, 0, u, 0, v) + mean_of(m, w - u, w, 0, v) +
                     mean_of(m, 0, u, h - v, h) + mean_of(m, w - u, w, h - v, h);
    double middle = mean_of(m, w / 4, w - w / 4, h / 4, h - h / 4);
    return corners / 4 > middle ? LINT_MASK_CORNERS : LINT_MASK_FINE;
}
