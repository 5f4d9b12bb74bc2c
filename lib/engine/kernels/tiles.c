/* The products of pairs by the tiles of AMX, and with them the table "v4amx": all else is v4bf16's.
 *
 * A tile register holds 16 rows of 64 bytes. One instruction adds to 16x16 sums the products of 16 pairs
 * for each, where vdpbf16ps does 16 sums of one pair. It sums the first numbers of its 16 pairs, then the
 * second ones, adds both, and adds that to what the tile held; subnormal numbers are zero. So the order
 * of sums, and with it the last bits, are other ones than those of v4bf16.
 *
 * Compiled once, with LINT_SET as v4amx. Whatever a function changes in the tile registers, it leaves
 * them released, as the rest of the program expects. */
#include "engine/kernels/kernels_parts.h"

#include <immintrin.h>
#include <string.h>

/* Rows of a tile; sums of a row; pairs of a sum that one instruction adds. */
enum { TILE = LINT_TILE };

/* Numbers of the registers; macros, since they become part of an instruction's name. Sums are 2x2 tiles, so
 * that each tile of a factor that is loaded is used twice. */
#define SUMS_00 0
#define SUMS_01 1
#define SUMS_10 2
#define SUMS_11 3
#define A_0     4
#define A_1     5
#define B_0     6
#define B_1     7

/* The compiler does not know that tile instructions read memory. */
INLINE void memory_is_written(void) {
    __asm__ volatile("" ::: "memory");
}

/* Sets the registers' sizes: sums of `rows` rows, a of `depth` pairs. */
static void begin_tiles(size_t rows, size_t depth) {
    struct {
        uint8_t palette, start_row, zero[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } sizes = {.palette = 1};
    for (int i = SUMS_00; i <= B_1; i++) {
        int of_a = i == A_0 || i == A_1, of_b = i == B_0 || i == B_1;
        sizes.rows[i] = (uint8_t)(of_b ? depth : rows);
        sizes.row_bytes[i] = (uint16_t)((of_a ? depth : (size_t)TILE) * sizeof(float));
    }
    memory_is_written();
    _tile_loadconfig(&sizes);
}

INLINE void end_tiles(void) {
    _tile_release();
}

/* --- 2x2 tiles of sums, or fewer ------------------------------------------------------------------- */

/* Where sums lie, and what becomes of them. Of the columns that the tiles hold, [from, to) are there. */
typedef struct sums {
    float *y;
    size_t ldy, rows; /* of a tile */
    size_t from, to;
    const float *bias;
    int add;
    const lint_epilogue *e;
} sums;

/* Rows that are computed at a time: those of tiles that begin at `at`. */
typedef struct rows_at {
    size_t at[2];
    int tiles;
} rows_at;

/* Columns that are: those of tiles from column `at` on, of which [from, to) are stored. */
typedef struct columns_at {
    size_t at, from, to;
    int tiles;
} columns_at;

typedef float stage[TILE][2 * TILE] __attribute__((aligned(64)));

/* The n-th rows of some; 0 at the end. Where rows fill no tile the last one overlaps the one before, and both
 * are computed at a time, so that what the one stores the other does not read. */
static int rows_of(size_t n, size_t rows, rows_at *r) {
    size_t tiles = (rows + TILE - 1) / TILE, alone = tiles % 2;
    size_t first = n == 0 && alone ? 0 : 2 * n - alone;
    if (first >= tiles) return 0;
    r->tiles = n == 0 && alone ? 1 : 2;
    for (int t = 0; t < r->tiles; t++) {
        size_t at = (first + (size_t)t) * TILE;
        r->at[t] = at + TILE > rows && rows >= TILE ? rows - TILE : at;
    }
    return 1;
}

/* The columns from o on. Where they fill no tile the last ones are those of the tile that ends with them, if
 * tiles may overlap; in a panel there are zeros behind them. */
static columns_at columns_of(size_t o, size_t cols, int overlaps) {
    size_t left = cols - o;
    if (left >= 2 * TILE) return (columns_at){o, 0, 2 * TILE, 2};
    if (left >= TILE) return (columns_at){o, 0, TILE, 1};
    if (overlaps) return (columns_at){cols - TILE, TILE - left, TILE, 1};
    return (columns_at){o, 0, left, 1};
}

INLINE int is_whole(const int across, const sums *s) {
    return s->from == 0 && s->to == (size_t)(across * TILE);
}

INLINE void load_sums(const int t, const int across, const float *y, size_t row) {
    if (t == 0) _tile_loadd(SUMS_00, y, row);
    if (t == 0 && across == 2) _tile_loadd(SUMS_01, y + TILE, row);
    if (t == 1) _tile_loadd(SUMS_10, y, row);
    if (t == 1 && across == 2) _tile_loadd(SUMS_11, y + TILE, row);
}

INLINE void store_sums(const int t, const int across, float *y, size_t row) {
    if (t == 0) _tile_stored(SUMS_00, y, row);
    if (t == 0 && across == 2) _tile_stored(SUMS_01, y + TILE, row);
    if (t == 1) _tile_stored(SUMS_10, y, row);
    if (t == 1 && across == 2) _tile_stored(SUMS_11, y + TILE, row);
}

INLINE void clear_sums(const int t) {
    if (t == 0) _tile_zero(SUMS_00);
    if (t == 0) _tile_zero(SUMS_01);
    if (t == 1) _tile_zero(SUMS_10);
    if (t == 1) _tile_zero(SUMS_11);
}

/* What the sums start with, where it is not a rectangle of whole tiles. */
static void stage_start(const sums *s, const float *start, size_t row, stage to) {
    memset(to, 0, sizeof(stage));
    for (size_t i = 0; i < s->rows; i++)
        memcpy(to[i] + s->from, start + i * row + s->from, (s->to - s->from) * sizeof(float));
    memory_is_written();
}

/* A bias is a row that is repeated, 0 floats from one to the next. */
INLINE void start_sums(const int t, const int across, const sums *s, size_t i) {
    const float *start = s->add ? s->y + i * s->ldy : s->bias;
    size_t row = s->add ? s->ldy : 0;
    if (!start)
        clear_sums(t);
    else if (is_whole(across, s))
        load_sums(t, across, start, row * sizeof(float));
    else {
        stage staged;
        stage_start(s, start, row, staged);
        load_sums(t, across, staged[0], sizeof *staged);
    }
}

/* a's tiles lie at a[0] and a[1], b's side by side. */
INLINE void add_products(const int down, const int across, const void *const a[2], size_t row,
                         const float *b, size_t ldb) {
    const size_t b_row = ldb * sizeof *b;
    _tile_loadd(B_0, b, b_row);
    if (across == 2) _tile_loadd(B_1, b + TILE, b_row);
    _tile_loadd(A_0, a[0], row);
    _tile_dpbf16ps(SUMS_00, A_0, B_0);
    if (across == 2) _tile_dpbf16ps(SUMS_01, A_0, B_1);
    if (down == 1) return;
    _tile_loadd(A_1, a[1], row);
    _tile_dpbf16ps(SUMS_10, A_1, B_0);
    if (across == 2) _tile_dpbf16ps(SUMS_11, A_1, B_1);
}

INLINE __mmask16 first(size_t n) {
    return (__mmask16)((1U << n) - 1);
}

/* The n pairs that are left of a run, fewer than a tile takes, with zeros behind them. */
static void pad_a(const void *a, size_t row, size_t rows, size_t n, float to[TILE][TILE]) {
    for (size_t i = 0; i < rows; i++)
        _mm512_store_ps(to[i], _mm512_maskz_loadu_ps(first(n), (const char *)a + i * row));
}

static void pad_b(const int across, const float *b, size_t ldb, size_t n, stage to) {
    memset(to + n, 0, (TILE - n) * sizeof *to);
    for (size_t k = 0; k < n; k++)
        memcpy(to[k], b + k * ldb, (size_t)(across * TILE) * sizeof *b);
}

/* The epilogue of columns [0, to), whose numbers are copied to `part` where tiles have more. */
static lint_epilogue whole_epilogue(const sums *s, float part[2][2 * TILE]) {
    lint_epilogue e = *s->e;
    if (!e.scale) return e;
    memset(part, 0, 2 * sizeof *part);
    memcpy(part[0], e.scale, s->to * sizeof(float));
    memcpy(part[1], e.shift, s->to * sizeof(float));
    e.scale = part[0];
    e.shift = part[1];
    return e;
}

/* The rows of a stage to y, with what the epilogue makes of them. */
INLINE void finish_whole(const int across, const sums *s, stage sum, float *y) {
    for (size_t i = 0; i < s->rows; i++, y += s->ldy) {
        vf v[2];
        UNROLL
        for (int j = 0; j < across; j++)
            v[j] = load(sum[i] + j * W);
        finish(1, across, s->e, 0, v);
        UNROLL
        for (int j = 0; j < across; j++)
            store(y + j * W, v[j]);
    }
}

static void finish_part(const sums *s, stage sum, float *y) {
    float part[2][2 * TILE];
    const lint_epilogue e = s->e ? whole_epilogue(s, part) : (lint_epilogue){0};
    for (size_t i = 0; i < s->rows; i++, y += s->ldy) {
        vf v = load(sum[i]);
        finish(1, 1, &e, 0, &v);
        store(sum[i], v);
        memcpy(y + s->from, sum[i] + s->from, (s->to - s->from) * sizeof *y);
    }
}

INLINE void end_sums(const int t, const int across, const sums *s, size_t i) {
    float *y = s->y + i * s->ldy;
    if (is_whole(across, s) && !s->e) {
        store_sums(t, across, y, s->ldy * sizeof *y);
        return;
    }
    stage sum;
    store_sums(t, across, sum[0], sizeof *sum);
    if (is_whole(across, s))
        finish_whole(across, s, sum, y);
    else
        finish_part(s, sum, y); /* one tile across */
}

/* --- gemm, mul ---------------------------------------------------------------------------------------- */

/* The factors of sums: run r of a's row i lies at a[r] + i * row bytes, of b at b + r * k * ldb. A panel of
 * b lies `apart` floats behind the one before. */
typedef struct factors {
    size_t p, cols, runs, k, depth; /* pairs of a run; of which a tile takes depth */
    const void *const *a;
    size_t row;
    const float *b;
    size_t ldb, apart;
    int overlaps; /* columns may */
} factors;

INLINE void add_padded(const int down, const int across, const void *const a[2], size_t row,
                       size_t rows, const float *b, size_t ldb, size_t n) {
    float some[2][TILE][TILE] __attribute__((aligned(64)));
    const void *const padded[2] = {some[0], some[1]};
    stage others;
    for (int t = 0; t < down; t++)
        pad_a(a[t], row, rows, n, some[t]);
    pad_b(across, b, ldb, n, others);
    memory_is_written();
    add_products(down, across, padded, sizeof **some, others[0], 2 * TILE);
}

INLINE void multiply_tiles(const int down, const int across, const factors *f, const float *b,
                           const rows_at *i, const sums *s) {
    for (int t = 0; t < down; t++)
        start_sums(t, across, s, i->at[t]);
    for (size_t r = 0; r < f->runs; r++, b += f->k * f->ldb) {
        const char *run = f->a[r], *a0 = run + i->at[0] * f->row, *a1 = run + i->at[1] * f->row;
        size_t k = 0;
        for (; k + f->depth <= f->k; k += f->depth) {
            const void *const a[2] = {a0 + k * sizeof *b, a1 + k * sizeof *b};
            add_products(down, across, a, f->row, b + k * f->ldb, f->ldb);
        }
        const void *const a[2] = {a0 + k * sizeof *b, a1 + k * sizeof *b};
        if (k < f->k)
            add_padded(down, across, a, f->row, s->rows, b + k * f->ldb, f->ldb, f->k - k);
    }
    for (int t = 0; t < down; t++)
        end_sums(t, across, s, i->at[t]);
}

/* A function for each shape, so that each is compiled once. */
#define MULTIPLY(DOWN, ACROSS)                                                                     \
    static __attribute__((noinline)) void multiply_##DOWN##x##ACROSS(                              \
        const factors *f, const float *b, const rows_at *i, const sums *s) {                       \
        multiply_tiles(DOWN, ACROSS, f, b, i, s);                                                  \
    }
MULTIPLY(1, 1)
MULTIPLY(1, 2)
MULTIPLY(2, 1)
MULTIPLY(2, 2)

static void multiply_columns(const factors *f, const columns_at *c, const sums *s) {
    const float *b = f->b + c->at / PANEL * f->apart + c->at % PANEL;
    rows_at i = {0};
    for (size_t n = 0; rows_of(n, f->p, &i); n++) {
        if (i.tiles == 1)
            (c->tiles == 1 ? multiply_1x1 : multiply_1x2)(f, b, &i, s);
        else
            (c->tiles == 1 ? multiply_2x1 : multiply_2x2)(f, b, &i, s);
    }
}

static size_t rows_of_tile(size_t rows) {
    return rows < TILE ? rows : TILE;
}

static void multiply(const factors *f, const float *bias, int add, const lint_epilogue *e, float *y,
                     size_t ldy) {
    columns_at c;
    begin_tiles(rows_of_tile(f->p), f->depth);
    for (size_t o = 0; o < f->cols; o += c.to - c.from) {
        c = columns_of(o, f->cols, f->overlaps);
        const lint_epilogue part = e ? lint_epilogue_from(e, c.at) : (lint_epilogue){0};
        const sums s = {.y = y + c.at,
                        .ldy = ldy,
                        .rows = rows_of_tile(f->p),
                        .from = c.from,
                        .to = c.to,
                        .bias = bias ? bias + c.at : NULL,
                        .add = add,
                        .e = e ? &part : NULL};
        multiply_columns(f, &c, &s);
    }
    end_tiles();
}

void KERNEL(gemm_pairs)(size_t p, size_t cols, size_t k, const float *a, const float *b, size_t ldb,
                        const float *bias, int add, const lint_epilogue *e, float *y, size_t ldy) {
    const void *run = a;
    const factors f = {p, cols,  1,   k, lint_tile_depth(k), &run, LINT_GEMM_LDA * sizeof *a,
                       b, PANEL, ldb, 0};
    multiply(&f, bias, add, e, y, ldy);
}

void KERNEL(mul_pairs)(size_t p, size_t o, size_t k, size_t r, const float *const *rows, size_t lda,
                       const float *b, const float *bias, int add, const lint_epilogue *e,
                       float *y) {
    if (o < TILE) {
        lint_v4bf16_mul_pairs(p, o, k, r, rows, lda, b, bias, add, e, y);
        return;
    }
    const void *const *a = (const void *const *)rows;
    const factors f = {p, o, r, k, lint_tile_depth(k), a, lda * sizeof(uint16_t), b, o, PANEL, 1};
    multiply(&f, bias, add, e, y, o);
}

/* --- outer ---------------------------------------------------------------------------------------------- */

/* Rows and columns of a 16x16 change places. */
INLINE void transpose(__m512 v[TILE]) {
    __m512 t[TILE];
    UNROLL
    for (int i = 0; i < TILE; i += 2) {
        t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
    }
    UNROLL
    for (int i = 0; i < TILE; i += 4) {
        UNROLL
        for (int j = 0; j < 2; j++) {
            __m512d x = _mm512_castps_pd(t[i + j]), z = _mm512_castps_pd(t[i + j + 2]);
            v[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, z));
            v[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, z));
        }
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        __m512 low = _mm512_shuffle_f32x4(v[i], v[i + 4], 0x88);
        __m512 low2 = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0x88);
        __m512 high = _mm512_shuffle_f32x4(v[i], v[i + 4], 0xdd);
        __m512 high2 = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0xdd);
        t[i] = _mm512_shuffle_f32x4(low, low2, 0x88);
        t[i + 8] = _mm512_shuffle_f32x4(low, low2, 0xdd);
        t[i + 4] = _mm512_shuffle_f32x4(high, high2, 0x88);
        t[i + 12] = _mm512_shuffle_f32x4(high, high2, 0xdd);
    }
    UNROLL
    for (int i = 0; i < TILE; i++)
        v[i] = t[i];
}

/* `cols` columns, at most 16, of n rows of a, as rows. */
static void transpose_columns(size_t n, size_t cols, const float *a, size_t lda,
                              const lint_transposed *t, float *to) {
    const __mmask16 some = first(cols);
    for (size_t at = 0; at < n; at += t->depth, to += t->apart) {
        size_t end = n - at < t->depth ? n - at : t->depth;
        __m512 v[TILE];
        UNROLL
        for (int i = 0; i < TILE; i++)
            v[i] = (size_t)i < end ? _mm512_maskz_loadu_ps(some, a + (at + (size_t)i) * lda)
                                   : _mm512_setzero_ps();
        transpose(v);
        const __mmask16 deep = first(t->depth);
        UNROLL
        for (int i = 0; i < TILE; i++)
            if ((size_t)i < cols) _mm512_mask_storeu_ps(to + (size_t)i * t->row, deep, v[i]);
    }
}

static void transpose_pairs(size_t p, size_t k, const float *a, size_t lda,
                            const lint_transposed *t, float *to) {
    rows_at i = {0};
    for (size_t q = 0; rows_of(q, k, &i); q++)
        for (int n = 0; n < i.tiles; n++)
            transpose_columns(p, rows_of_tile(k), a + i.at[n], lda, t, to + i.at[n] * t->row);
    memory_is_written();
}

/* The runs [from, to) of tap t, whose tiles begin at[0] and at[1] floats behind a, and `column` behind d. */
INLINE void outer_tiles(const int down, const int across, const lint_outer_transposed *m, size_t t,
                        size_t from, size_t to, const size_t at[2], size_t column, const rows_at *i,
                        const sums *s) {
    const size_t depth = m->transposed.depth, row = m->transposed.row * sizeof(float);
    for (int n = 0; n < down; n++)
        start_sums(n, across, s, i->at[n]);
    for (size_t r = t * m->runs + from; r < t * m->runs + to; r++) {
        const float *tile = m->a[r], *d = m->d[r] + column;
        for (size_t p = 0; p < m->p; p += depth, tile += m->transposed.apart, d += depth * m->ldd) {
            const void *const a[2] = {tile + at[0], tile + at[1]};
            if (m->p - p >= depth) {
                add_products(down, across, a, row, d, m->ldd);
                continue;
            }
            stage others;
            pad_b(across, d, m->ldd, m->p - p, others);
            memory_is_written();
            add_products(down, across, a, row, others[0], 2 * TILE);
        }
    }
    for (int n = 0; n < down; n++)
        end_sums(n, across, s, i->at[n]);
}

#define OUTER(DOWN, ACROSS)                                                                        \
    static __attribute__((noinline)) void outer_##DOWN##x##ACROSS(                                 \
        const lint_outer_transposed *m, size_t t, size_t from, size_t to, const size_t at[2],      \
        size_t column, const rows_at *i, const sums *s) {                                          \
        outer_tiles(DOWN, ACROSS, m, t, from, to, at, column, i, s);                               \
    }
OUTER(1, 1)
OUTER(1, 2)
OUTER(2, 1)
OUTER(2, 2)

enum { STEPS = 14 }; /* tiles of a and d that stay in the first-level cache while taps go by */

/* The sums of the columns c, which lie `column` floats behind d, all taps. */
static void outer_taps(const lint_outer_transposed *m, const columns_at *c, size_t column,
                       const size_t at[2], const rows_at *i) {
    size_t tiles = (m->p + m->transposed.depth - 1) / m->transposed.depth, runs = STEPS / tiles;
    sums s = {.ldy = m->ldg, .rows = rows_of_tile(m->k), .from = c->from, .to = c->to, .add = 1};
    if (!runs) runs = 1;
    for (size_t r = 0; r < m->runs; r += runs)
        for (size_t t = 0; t < m->taps; t++) {
            size_t to = r + runs < m->runs ? r + runs : m->runs;
            s.y = m->g + t * m->apart + c->at;
            if (i->tiles == 1)
                (c->tiles == 1 ? outer_1x1 : outer_1x2)(m, t, r, to, at, column, i, &s);
            else
                (c->tiles == 1 ? outer_2x1 : outer_2x2)(m, t, r, to, at, column, i, &s);
        }
}

static void outer_transposed(const lint_outer_transposed *m) {
    rows_at i = {0};
    begin_tiles(rows_of_tile(m->k), m->transposed.depth);
    for (size_t q = 0; rows_of(q, m->k, &i); q++) {
        const size_t at[2] = {i.at[0] * m->transposed.row, i.at[1] * m->transposed.row};
        columns_at c;
        for (size_t o = 0; o < m->o; o += c.to - c.from) {
            c = columns_of(o, m->o, m->o >= TILE);
            outer_taps(m, &c, c.at, at, &i);
        }
    }
    end_tiles();
}

enum { TRANSPOSED = 8 }; /* tiles of a that are transposed at a time */

void KERNEL(gemm_outer_pairs)(size_t p, size_t cols, size_t k, const float *a, const float *d,
                              size_t ldd, float *g, size_t ldg) {
    enum { EACH = TILE * TILE };
    float transposed[TRANSPOSED][2][EACH] __attribute__((aligned(64)));
    const float *run = transposed[0][0];
    const size_t ends[2] = {0, EACH};
    lint_outer_transposed m = {.taps = 1, .runs = 1, .o = cols, .k = k, .a = &run, .d = &d};
    rows_at i = {0};
    columns_at c;
    m.transposed = (lint_transposed){lint_tile_depth(p), TILE, sizeof transposed[0] / sizeof *run};
    m.ldd = PANEL;
    m.g = g;
    m.ldg = ldg;
    begin_tiles(rows_of_tile(k), m.transposed.depth);
    for (size_t at = 0; at < p; at += m.p) {
        m.p = p - at < TRANSPOSED * m.transposed.depth ? p - at : TRANSPOSED * m.transposed.depth;
        for (size_t q = 0; rows_of(q, k, &i); q++) {
            for (int t = 0; t < i.tiles; t++)
                transpose_columns(m.p, rows_of_tile(k), a + at * LINT_GEMM_LDA + i.at[t],
                                  LINT_GEMM_LDA, &m.transposed, transposed[0][t]);
            memory_is_written();
            for (size_t o = 0; o < cols; o += c.to - c.from) {
                c = columns_of(o, cols, 0);
                outer_taps(&m, &c, at * PANEL + c.at / PANEL * ldd + c.at % PANEL, ends, &i);
            }
        }
    }
    end_tiles();
}

/* --- the table ------------------------------------------------------------------------------------------ */

extern const lint_kernels lint_kernels_v4amx;

#define OWN(NAME)   .NAME = KERNEL(NAME),
#define THEIR(NAME) .NAME = lint_v4bf16_##NAME,

const lint_kernels lint_kernels_v4amx = {.tiles = 1,
                                         .name = "v4amx",
                                         .panel = PANEL,
                                         .outer_transposed = outer_transposed,
                                         .transpose_pairs = transpose_pairs,
                                         KERNELS_OF_TILES(OWN) OTHER_KERNELS(THEIR)};
