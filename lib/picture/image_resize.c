/* Resizing in two passes, columns first, each a weighted sum of the source samples that a triangle
 * reaches. The weights are ratios of integers (the distance between an output sample's centre and
 * a source sample's is a multiple of 1 / (2 out)), rounded to 22 bits: no floating point takes
 * part. This is the arithmetic of Pillow's Image.resize(BILINEAR), and gives the same bytes. */
#include "picture/image_codec.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { WEIGHT_BITS = 22 }; /* 8 bits of sample and 22 of weight leave room in 32 signed bits */

/* How each of n output samples is made: `count` source samples from `first`, weights at
 * weight[i * most]. */
typedef struct taps {
    int *first, *count, most;
    int32_t *weight;
    int16_t *pair; /* the weights as row_3_fast wants them; NULL: it is not to be used */
} taps;

static void taps_free(taps *t) {
    free(t->first);
    free(t->count);
    free(t->weight);
    free(t->pair);
}

static int64_t floor_div(int64_t a, int64_t b) {
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

/* Weights of output sample i. In units of 1 / (2 out) of a source sample its centre is at
 * (2i+1) in, source sample s lies at (2s+1) out, and the triangle reaches `reach` to both sides. */
static void taps_at(taps *t, int i, int64_t in, int64_t out) {
    int64_t reach = 2 * (in > out ? in : out), centre = (2 * (int64_t)i + 1) * in;
    int64_t lo = floor_div(centre - reach - out, 2 * out) + 1;
    int64_t hi = floor_div(centre + reach - out - 1, 2 * out);
    if (lo < 0) lo = 0;
    if (hi > in - 1) hi = in - 1;
    int64_t sum = 0;
    for (int64_t s = lo; s <= hi; s++)
        sum += reach - llabs((2 * s + 1) * out - centre);
    int32_t *w = t->weight + (size_t)i * (size_t)t->most;
    for (int64_t s = lo; s <= hi; s++) {
        int64_t v = reach - llabs((2 * s + 1) * out - centre);
        w[s - lo] = (int32_t)(((v << (WEIGHT_BITS + 1)) / sum + 1) >> 1);
    }
    t->first[i] = (int)lo;
    t->count[i] = (int)(hi - lo + 1);
}

/* On error, too, t is the caller's to free. */
static int taps_new(taps *t, int in, int out, lint_err *e) {
    *t = (taps){.most = in > out ? 2 * (in / out + 1) + 1 : 3};
    t->first = malloc((size_t)out * sizeof *t->first);
    t->count = malloc((size_t)out * sizeof *t->count);
    t->weight = calloc((size_t)out * (size_t)t->most, sizeof *t->weight);
    if (!t->first || !t->count || !t->weight) return lint_fail_mem(e, "resizing");
    for (int i = 0; i < out; i++)
        taps_at(t, i, in, out);
    return 0;
}

static uint8_t to_byte(int32_t sum) {
    sum >>= WEIGHT_BITS;
    return sum > 255 ? 255 : (uint8_t)sum;
}

/* out [n,c] from a row in [.,c]. One loop for each c, so that the sums stay in registers. */
static void row_1(uint8_t *out, const uint8_t *in, const taps *t, int n) {
    for (int i = 0; i < n; i++) {
        const uint8_t *p = in + t->first[i];
        const int32_t *w = t->weight + (size_t)i * (size_t)t->most;
        int32_t a = 1 << (WEIGHT_BITS - 1);
        for (int s = 0; s < t->count[i]; s++)
            a += w[s] * p[s];
        out[i] = to_byte(a);
    }
}

static void row_3_plain(uint8_t *out, const uint8_t *in, const taps *t, int i, int n) {
    for (out += 3 * i; i < n; i++, out += 3) {
        const uint8_t *p = in + 3 * t->first[i];
        const int32_t *w = t->weight + (size_t)i * (size_t)t->most;
        int32_t r = 1 << (WEIGHT_BITS - 1), g = r, b = r;
        for (int s = 0; s < t->count[i]; s++, p += 3) {
            r += w[s] * p[0];
            g += w[s] * p[1];
            b += w[s] * p[2];
        }
        out[0] = to_byte(r), out[1] = to_byte(g), out[2] = to_byte(b);
    }
}

#ifdef __SSE2__
/* The same sums, two taps of all channels at a time, by an instruction that multiplies 16 bits: a
 * weight is taken apart into its upper and its lower bits, each summed by itself, which loses
 * nothing. The lower ones of LONGEST taps still fit 32 bits. */
enum { LOW_BITS = 11, LONGEST = 4096 };

static int pairs_new(taps *t, int n, lint_err *e) {
    int pairs = (t->most + 1) / 2;
    if (t->most > LONGEST) return 0;
    t->pair = calloc((size_t)n * (size_t)pairs * 4, sizeof *t->pair);
    if (!t->pair) return lint_fail_mem(e, "resizing");
    for (int i = 0; i < n; i++)
        for (int s = 0; s < t->count[i]; s++) {
            int32_t w = t->weight[(size_t)i * (size_t)t->most + (size_t)s];
            int16_t *to = t->pair + ((size_t)i * (size_t)pairs + (size_t)s / 2) * 4 + s % 2;
            to[0] = (int16_t)(w >> LOW_BITS);
            to[2] = (int16_t)(w & ((1 << LOW_BITS) - 1));
        }
    return 0;
}

static __m128i both(const int16_t *pair) {
    int32_t two;
    memcpy(&two, pair, sizeof two);
    return _mm_set1_epi32(two);
}

/* Eight bytes are read at a time, of which six count. */
static int32_t row_3_one(const uint8_t *p, const int16_t *pair, int count) {
    const __m128i zero = _mm_setzero_si128();
    __m128i high = zero, low = _mm_set1_epi32(1 << (WEIGHT_BITS - 1));
    for (int s = 0; s < count; s += 2, p += 6, pair += 4) {
        __m128i px = _mm_loadl_epi64((const __m128i *)p);
        __m128i mixed = _mm_unpacklo_epi8(px, _mm_srli_si128(px, 3));
        mixed = _mm_unpacklo_epi8(mixed, zero);
        high = _mm_add_epi32(high, _mm_madd_epi16(mixed, both(pair)));
        low = _mm_add_epi32(low, _mm_madd_epi16(mixed, both(pair + 2)));
    }
    __m128i sum = _mm_srli_epi32(_mm_add_epi32(_mm_slli_epi32(high, LOW_BITS), low), WEIGHT_BITS);
    sum = _mm_packs_epi32(sum, sum);
    return _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
}

static void row_3(uint8_t *out, const uint8_t *in, const taps *t, int n, int in_n) {
    size_t pairs = (size_t)(t->most + 1) / 2;
    int i = 0;
    for (; t->pair && i < n; i++) {
        int taken = (t->count[i] + 1) / 2 * 2;
        if (t->first[i] + taken + 1 > in_n) break; /* would read behind the row */
        int32_t rgb = row_3_one(in + 3 * t->first[i], t->pair + (size_t)i * pairs * 4, t->count[i]);
        memcpy(out + 3 * i, &rgb, i + 1 < n ? 4 : 3); /* the next one writes over the fourth */
    }
    row_3_plain(out, in, t, i, n);
}
#else
static int pairs_new(taps *t, int n, lint_err *e) {
    (void)t, (void)n, (void)e;
    return 0;
}

static void row_3(uint8_t *out, const uint8_t *in, const taps *t, int n, int in_n) {
    (void)in_n;
    row_3_plain(out, in, t, 0, n);
}
#endif

/* Straight alpha in, straight alpha out; what is summed is colour times alpha, so that the colour
 * of what cannot be seen does not bleed in. */
static void row_4(uint8_t *out, const uint8_t *in, const taps *t, int n) {
    for (int i = 0; i < n; i++, out += 4) {
        const uint8_t *p = in + 4 * t->first[i];
        const int32_t *w = t->weight + (size_t)i * (size_t)t->most;
        int32_t sum[4];
        for (int k = 0; k < 4; k++)
            sum[k] = 1 << (WEIGHT_BITS - 1);
        for (int s = 0; s < t->count[i]; s++, p += 4) {
            for (int k = 0; k < 3; k++)
                sum[k] += w[s] * ((p[k] * p[3] + 127) / 255);
            sum[3] += w[s] * p[3];
        }
        for (int k = 0; k < 4; k++)
            out[k] = to_byte(sum[k]);
    }
}

void lint_image_straighten(uint8_t *px, size_t n) {
    for (; n > 0; n--, px += 4)
        if (px[3] != 0 && px[3] != 255)
            for (int k = 0; k < 3; k++) {
                int v = (px[k] * 255 + px[3] / 2) / px[3];
                px[k] = v > 255 ? 255 : (uint8_t)v;
            }
}

enum { LANE = 16 }; /* a width that the compiler keeps in vector registers */

#ifdef __SSE2__
/* LANE columns, two rows at a time, as row_3_one does it; count is at most LONGEST. */
static void column_lane(uint8_t *out, const uint8_t *in, size_t n, const int32_t *w, int count) {
    const __m128i zero = _mm_setzero_si128(), half = _mm_set1_epi32(1 << (WEIGHT_BITS - 1));
    __m128i high[4] = {zero, zero, zero, zero}, low[4] = {half, half, half, half};
    for (int s = 0; s < count; s += 2, in += 2 * n, w += 2) {
        int last = s + 1 == count;
        int32_t w2 = last ? 0 : w[1];
        const int32_t mask = (1 << LOW_BITS) - 1;
        __m128i wh = _mm_set1_epi32((w[0] >> LOW_BITS) | (w2 >> LOW_BITS) << 16);
        __m128i wl = _mm_set1_epi32((w[0] & mask) | (w2 & mask) << 16);
        __m128i a = _mm_loadu_si128((const __m128i *)in);
        __m128i b = last ? zero : _mm_loadu_si128((const __m128i *)(in + n));
        __m128i ab[2] = {_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b)};
        for (int k = 0; k < 4; k++) {
            __m128i m =
                k % 2 ? _mm_unpackhi_epi8(ab[k / 2], zero) : _mm_unpacklo_epi8(ab[k / 2], zero);
            high[k] = _mm_add_epi32(high[k], _mm_madd_epi16(m, wh));
            low[k] = _mm_add_epi32(low[k], _mm_madd_epi16(m, wl));
        }
    }
    for (int k = 0; k < 4; k++)
        low[k] =
            _mm_srli_epi32(_mm_add_epi32(_mm_slli_epi32(high[k], LOW_BITS), low[k]), WEIGHT_BITS);
    __m128i sum =
        _mm_packus_epi16(_mm_packs_epi32(low[0], low[1]), _mm_packs_epi32(low[2], low[3]));
    _mm_storeu_si128((__m128i *)out, sum);
}
#endif

static void column_lane_plain(uint8_t *out, const uint8_t *in, size_t n, const int32_t *w,
                              int count) {
    int32_t sum[LANE];
    for (int k = 0; k < LANE; k++)
        sum[k] = 1 << (WEIGHT_BITS - 1);
    for (int s = 0; s < count; s++)
        for (int k = 0; k < LANE; k++)
            sum[k] += w[s] * in[(size_t)s * n + (size_t)k];
    for (int k = 0; k < LANE; k++)
        out[k] = to_byte(sum[k]);
}

/* One output row: the weighted sum of `count` rows of n bytes from `in`. */
static void column(uint8_t *out, const uint8_t *in, size_t n, const int32_t *w, int count) {
    size_t x = 0;
    for (; x + LANE <= n; x += LANE)
#ifdef __SSE2__
        if (count <= LONGEST)
            column_lane(out + x, in + x, n, w, count);
        else
#endif
            column_lane_plain(out + x, in + x, n, w, count);
    for (; x < n; x++) {
        int32_t sum = 1 << (WEIGHT_BITS - 1);
        for (int s = 0; s < count; s++)
            sum += w[s] * in[(size_t)s * n + x];
        out[x] = to_byte(sum);
    }
}

/* --- row by row ------------------------------------------------------------------------------- */

/* What of the source is seen: w x h from x, y. It becomes the part of the output that begins at
 * to_x, to_y: to_w x to_h. */
typedef struct view {
    int x, y, w, h, to_x, to_y, to_w, to_h;
} view;

/* round(a * b / c), at least 1 */
static int share(int a, int b, int c) {
    int64_t v = (2 * (int64_t)a * b + c) / (2 * (int64_t)c);
    return v < 1 ? 1 : (int)v;
}

static int at_most(int v, int most) {
    return v < most ? v : most;
}

static view view_of(int in_w, int in_h, int w, int h, lint_fit how) {
    view v = {0, 0, in_w, in_h, 0, 0, w, h};
    int wider = (int64_t)in_w * h > (int64_t)in_h * w; /* than what is wanted */
    if (how == LINT_FIT_CROP && wider)
        v.w = at_most(share(in_h, w, h), in_w);
    else if (how == LINT_FIT_CROP)
        v.h = at_most(share(in_w, h, w), in_h);
    else if (how == LINT_FIT_PAD && wider)
        v.to_h = at_most(share(in_h, w, in_w), h);
    else if (how == LINT_FIT_PAD)
        v.to_w = at_most(share(in_w, h, in_h), w);
    v.x = (in_w - v.w) / 2, v.y = (in_h - v.h) / 2;
    v.to_x = (w - v.to_w) / 2, v.to_y = (h - v.to_h) / 2;
    return v;
}

struct lint_resizer {
    view v;
    lint_image out;
    taps across, down; /* unused where nothing is resized */
    uint8_t *mid;      /* [v.h, v.to_w, c]; NULL where nothing is resized */
};

static uint8_t *row_of_out(const lint_resizer *r, int y) {
    const lint_image *im = &r->out;
    return im->px + ((size_t)(r->v.to_y + y) * (size_t)im->w + (size_t)r->v.to_x) * (size_t)im->c;
}

static int resizer_fill(lint_resizer *r, int w, int h, int c, lint_err *e) {
    const view *v = &r->v;
    int covered = v->to_w == w && v->to_h == h;
    if ((covered ? lint_image_new_raw : lint_image_new)(&r->out, w, h, c, e) < 0) return -1;
    if (v->w == v->to_w && v->h == v->to_h) return 0;
    if (taps_new(&r->across, v->w, v->to_w, e) < 0 || taps_new(&r->down, v->h, v->to_h, e) < 0)
        return -1;
    if (c == 3 && pairs_new(&r->across, v->to_w, e) < 0) return -1;
    r->mid = malloc((size_t)v->h * (size_t)v->to_w * (size_t)c);
    return r->mid ? 0 : lint_fail_mem(e, "resizing");
}

lint_resizer *lint_resizer_new(int in_w, int in_h, int c, int w, int h, lint_fit how, lint_err *e) {
    lint_resizer *r = calloc(1, sizeof *r);
    if (!r) {
        lint_fail_mem(e, "resizing");
        return NULL;
    }
    r->v = view_of(in_w, in_h, w, h, how);
    if (resizer_fill(r, w, h, c, e) == 0) return r;
    lint_resizer_free(r);
    return NULL;
}

void lint_resizer_free(lint_resizer *r) {
    if (!r) return;
    taps_free(&r->across);
    taps_free(&r->down);
    lint_image_free(&r->out);
    free(r->mid);
    free(r);
}

void lint_resizer_row(lint_resizer *r, int y, const uint8_t *row) {
    const view *v = &r->v;
    size_t c = (size_t)r->out.c;
    if (y < v->y || y >= v->y + v->h) return;
    const uint8_t *from = row + (size_t)v->x * c;
    uint8_t *to = r->mid ? r->mid + (size_t)(y - v->y) * (size_t)v->to_w * c : NULL;
    if (!to)
        memcpy(row_of_out(r, y - v->y), from, (size_t)v->w * c);
    else if (c == 3)
        row_3(to, from, &r->across, v->to_w, v->w);
    else
        (c == 1 ? row_1 : row_4)(to, from, &r->across, v->to_w);
}

void lint_resizer_end(lint_resizer *r, lint_image *out) {
    size_t n = (size_t)r->v.to_w * (size_t)r->out.c;
    for (int y = 0; r->mid && y < r->v.to_h; y++) {
        uint8_t *to = row_of_out(r, y);
        column(to, r->mid + (size_t)r->down.first[y] * n, n,
               r->down.weight + (size_t)y * (size_t)r->down.most, r->down.count[y]);
        if (r->out.c == 4) lint_image_straighten(to, (size_t)r->v.to_w);
    }
    lint_image_free(out);
    *out = r->out;
    r->out = (lint_image){0};
    lint_resizer_free(r);
}

/* --- whole pictures --------------------------------------------------------------------------- */

int lint_image_fit(lint_image *out, const lint_image *in, int w, int h, lint_fit how, lint_err *e) {
    lint_resizer *r = lint_resizer_new(in->w, in->h, in->c, w, h, how, e);
    if (!r) return -1;
    for (int y = 0; y < in->h; y++)
        lint_resizer_row(r, y, in->px + (size_t)y * (size_t)in->w * (size_t)in->c);
    lint_resizer_end(r, out);
    return 0;
}

int lint_image_resize(lint_image *out, const lint_image *in, int w, int h, lint_err *e) {
    return lint_image_fit(out, in, w, h, LINT_FIT_STRETCH, e);
}
