/* What lint-mask is made of: connected regions, the minimum cut, superpixels, saliency, and masks of
 * pictures whose object is known. */
#include "base/rng.h"
#include "picture/affinity.h"
#include "picture/find_mask.h"
#include "picture/min_cut.h"
#include "picture/pieces.h"
#include "picture/saliency.h"
#include "picture/superpixels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) < 0) fail_msg("%s", e.msg);                                                     \
    } while (0)

/* --- connected regions ------------------------------------------------------------------------ */

static void pieces_join_by_sides_and_are_numbered_in_reading_order(void **state) {
    (void)state;
    const int value[] = {
        0, 0, 1, 1, //
        0, 1, 0, 1, //
        1, 0, 0, 1, //
    };
    const int want[] = {
        0, 0, 1, 1, //
        0, 2, 3, 1, //
        4, 3, 3, 1, //
    };
    int piece[12], queue[12];
    assert_int_equal(lint_pieces(value, 3, 4, piece, queue), 5);
    assert_memory_equal(piece, want, sizeof want);
}

/* --- minimum cut ------------------------------------------------------------------------------ */

enum { NODES = 9, EDGES = NODES * (NODES - 1) / 2 };

typedef struct puzzle {
    int64_t favor[NODES], cost[NODES][NODES];
} puzzle;

static puzzle random_puzzle(uint64_t number) {
    lint_rng r = lint_rng_at(3, 0, 0, number);
    puzzle p = {0};
    for (int i = 0; i < NODES; i++)
        p.favor[i] = (int64_t)(lint_rng_u64(&r) % 41) - 20;
    for (int i = 0; i < NODES; i++)
        for (int j = i + 1; j < NODES; j++)
            p.cost[i][j] = lint_rng_u64(&r) % 3 ? 0 : (int64_t)(lint_rng_u64(&r) % 12);
    return p;
}

/* What a division costs: bit i of `side` is node i. */
static int64_t cost_of(const puzzle *p, unsigned side) {
    int64_t sum = 0;
    for (int i = 0; i < NODES; i++) {
        int in = side >> i & 1;
        if (!in && p->favor[i] > 0) sum += p->favor[i];
        if (in && p->favor[i] < 0) sum -= p->favor[i];
        for (int j = i + 1; j < NODES; j++)
            if (in != (int)(side >> j & 1)) sum += p->cost[i][j];
    }
    return sum;
}

static unsigned cut(const puzzle *p) {
    lint_err e;
    uint8_t side[NODES];
    unsigned all = 0;
    lint_graph *g = lint_graph_new(NODES, EDGES, &e);
    assert_non_null(g);
    for (int i = 0; i < NODES; i++)
        lint_graph_terminal(g, i, p->favor[i]);
    for (int i = 0; i < NODES; i++)
        for (int j = i + 1; j < NODES; j++)
            if (p->cost[i][j]) lint_graph_edge(g, i, j, p->cost[i][j]);
    lint_graph_cut(g, side);
    lint_graph_free(g);
    for (int i = 0; i < NODES; i++)
        all |= (unsigned)side[i] << i;
    return all;
}

static void no_division_is_cheaper_than_the_minimum_cut(void **state) {
    (void)state;
    for (uint64_t number = 0; number < 200; number++) {
        puzzle p = random_puzzle(number);
        int64_t least = INT64_MAX;
        for (unsigned side = 0; side < 1u << NODES; side++)
            least = cost_of(&p, side) < least ? cost_of(&p, side) : least;
        assert_int_equal(cost_of(&p, cut(&p)), least);
    }
}

/* --- pictures --------------------------------------------------------------------------------- */

typedef struct picture {
    size_t H, W;
    uint8_t *rgb, *mask; /* mask: where the disc is */
} picture;

/* A reddish disc on a greenish background that grows lighter to the right; both noisy. Centre and
 * radius in sides. */
static picture disc(size_t H, size_t W, double cx, double cy, double radius) {
    picture p = {H, W, malloc(H * W * 3), malloc(H * W)};
    lint_rng r = lint_rng_at(1, 0, H, W);
    assert_true(p.rgb && p.mask);
    for (size_t i = 0; i < H * W; i++) {
        double x = ((double)(i % W) + 0.5) / (double)W, y = ((double)(i / W) + 0.5) / (double)H;
        int in = hypot(x - cx, y - cy) < radius;
        uint64_t noise = lint_rng_u64(&r) % 16;
        p.mask[i] = in ? 255 : 0;
        p.rgb[3 * i] = (uint8_t)((in ? 190u : 60u) + noise);
        p.rgb[3 * i + 1] = (uint8_t)((in ? 90u : 100u + (unsigned)(80 * x)) + noise);
        p.rgb[3 * i + 2] = (uint8_t)(60u + noise);
    }
    return p;
}

static void picture_free(picture *p) {
    free(p->rgb);
    free(p->mask);
}

static double iou(const uint8_t *a, const uint8_t *b, size_t n) {
    size_t both = 0, either = 0;
    for (size_t i = 0; i < n; i++) {
        both += a[i] && b[i];
        either += a[i] || b[i];
    }
    return (double)both / (double)either;
}

static void check_disc(size_t H, size_t W, double cx, double cy, lint_mask_method method) {
    lint_err e;
    picture p = disc(H, W, cx, cy, 0.22);
    uint8_t *found = malloc(H * W);
    assert_non_null(found);
    OK(lint_find_mask(p.rgb, H, W, method, NULL, found, &e));
    double agreement = iou(found, p.mask, H * W);
    if (agreement < 0.85) fail_msg("%zux%zu at %g, %g: IoU %g", W, H, cx, cy, agreement);
    free(found);
    picture_free(&p);
}

static void a_disc_is_found_wherever_it_is(void **state) {
    (void)state;
    for (int method = LINT_MASK_CUT; method <= LINT_MASK_RBD; method++) {
        check_disc(192, 192, 0.5, 0.5, (lint_mask_method)method);
        check_disc(192, 192, 0.3, 0.6, (lint_mask_method)method);
        check_disc(128, 224, 0.7, 0.4, (lint_mask_method)method);
        check_disc(64, 64, 0.5, 0.5, (lint_mask_method)method);
    }
    check_disc(192, 192, 0.85, 0.5, LINT_MASK_CUT); /* the edge cuts a part off */
}

/* --- superpixels ------------------------------------------------------------------------------ */

static void check_superpixels(size_t H, size_t W) {
    lint_err e;
    picture p = disc(H, W, 0.5, 0.5, 0.3);
    lint_superpixels s;
    OK(lint_superpixels_make(&s, p.rgb, H, W, &e));
    int area = s.h * s.w, *piece = malloc(2 * (size_t)area * sizeof *piece);
    assert_non_null(piece);
    assert_true(s.h <= LINT_SUPERPIXELS_SIDE && s.w <= LINT_SUPERPIXELS_SIDE);
    assert_int_equal(lint_pieces(s.at, s.h, s.w, piece, piece + area), s.n); /* each in one piece */
    float sum = 0;
    for (int i = 0; i < s.n; i++) {
        sum += s.of[i].area;
        for (int k = s.first[i]; k < s.first[i + 1]; k++) {
            int j = s.neighbor[k], back = -1;
            for (int l = s.first[j]; l < s.first[j + 1]; l++)
                if (s.neighbor[l] == i) back = l;
            assert_true(j != i && back >= 0 && s.contour[back] == s.contour[k]);
        }
    }
    assert_true(sum == (float)area);
    free(piece);
    lint_superpixels_free(&s);
    picture_free(&p);
}

static void superpixels_are_connected_and_cover_a_picture_of_any_size(void **state) {
    (void)state;
    static const size_t sides[][2] = {{192, 192}, {97, 200}, {500, 31}, {32, 32},
                                      {7, 5},     {1, 300},  {2, 1},    {1, 1}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        check_superpixels(sides[i][0], sides[i][1]);
}

static void the_superpixels_of_a_disc_keep_to_its_contour(void **state) {
    (void)state;
    lint_err e;
    picture p = disc(96, 96, 0.5, 0.5, 0.3);
    lint_superpixels s;
    OK(lint_superpixels_make(&s, p.rgb, 96, 96, &e));
    float *inside = calloc((size_t)s.n, sizeof *inside);
    assert_non_null(inside);
    for (int i = 0; i < 96 * 96; i++)
        inside[s.at[i]] += p.mask[i] > 0;
    float wrong = 0;
    for (int i = 0; i < s.n; i++)
        wrong += fminf(inside[i], s.of[i].area - inside[i]);
    assert_true(wrong < 0.02f * 96 * 96);
    free(inside);
    lint_superpixels_free(&s);
    picture_free(&p);
}

/* --- saliency --------------------------------------------------------------------------------- */

static void otsu_divides_two_groups(void **state) {
    (void)state;
    const float value[] = {0.1f, 0.12f, 0.15f, 0.8f, 0.85f, 1};
    const float weight[] = {5, 5, 5, 1, 1, 1};
    float plain = lint_otsu(value, NULL, 6), weighted = lint_otsu(value, weight, 6);
    assert_true(plain > 0.15f && plain <= 0.8f);
    assert_true(weighted > 0.15f && weighted <= 0.8f);
}

static void affinity_falls_from_one_to_nothing(void **state) {
    (void)state;
    assert_true(lint_affinity(0, 3) == 1);
    for (float d = 0; d < 40; d += 0.25f) {
        assert_true(fabsf(lint_affinity(d, 3) - expf(-d * d / 18)) < 0.02f);
        assert_true(lint_affinity(d + 0.25f, 3) <= lint_affinity(d, 3));
    }
    assert_true(lint_affinity(24, 3) == 0);
}

static void what_touches_the_edge_all_round_is_background(void **state) {
    (void)state;
    lint_err e;
    picture p = disc(96, 96, 0.5, 0.5, 0.3);
    lint_superpixels s;
    OK(lint_superpixels_make(&s, p.rgb, 96, 96, &e));
    float *d = lint_color_distances(&s, LINT_TEXTURE_ALL, &e), *value = malloc((size_t)s.n * 4);
    assert_true(d && value);
    OK(lint_saliency(&s, d, NULL, value, &e));
    assert_true(value[s.at[48 * 96 + 48]] > 0.8f);
    for (int i = 0; i < s.n; i++) {
        assert_true(value[i] >= 0 && value[i] <= 1);
        if (s.of[i].at_edge) assert_true(value[i] < 0.2f);
    }
    free(d);
    free(value);
    lint_superpixels_free(&s);
    picture_free(&p);
}

/* --- masks ------------------------------------------------------------------------------------ */

static void a_picture_of_one_color_has_no_object(void **state) {
    (void)state;
    lint_err e;
    for (size_t side = 1; side < 200; side = side * 3 + 1) {
        uint8_t *rgb = malloc(side * side * 3), *mask = malloc(side * side);
        assert_true(rgb && mask);
        memset(rgb, 93, side * side * 3);
        for (int method = LINT_MASK_CUT; method <= LINT_MASK_RBD; method++) {
            memset(mask, 7, side * side);
            OK(lint_find_mask(rgb, side, side, (lint_mask_method)method, NULL, mask, &e));
            for (size_t i = 0; i < side * side; i++)
                assert_int_equal(mask[i], 0);
        }
        free(rgb);
        free(mask);
    }
}

static void masks_of_any_size_are_0_or_255(void **state) {
    (void)state;
    static const size_t sides[][2] = {{1, 1}, {1, 2}, {3, 3}, {1, 400}, {20, 4}, {300, 211}};
    lint_err e;
    for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
        size_t H = sides[k][0], W = sides[k][1];
        picture p = disc(H, W, 0.5, 0.5, 0.3);
        uint8_t *found = malloc(H * W);
        assert_non_null(found);
        OK(lint_find_mask(p.rgb, H, W, LINT_MASK_CUT, NULL, found, &e));
        for (size_t i = 0; i < H * W; i++)
            assert_true(found[i] == 0 || found[i] == 255);
        free(found);
        picture_free(&p);
    }
}

/* Beside the disc, a smaller blue one. */
static void add_second_disc(picture *p, double cx, double cy, double radius) {
    for (size_t i = 0; i < p->H * p->W; i++) {
        double x = (double)(i % p->W) / (double)p->W, y = (double)(i / p->W) / (double)p->H;
        if (hypot(x - cx, y - cy) >= radius) continue;
        p->rgb[3 * i] = 60;
        p->rgb[3 * i + 1] = 70;
        p->rgb[3 * i + 2] = 200;
    }
}

static void belief_turns_the_choice_between_two_objects(void **state) {
    (void)state;
    lint_err e;
    picture p = disc(96, 96, 0.3, 0.5, 0.15);
    add_second_disc(&p, 0.7, 0.5, 0.15);
    lint_superpixels s;
    OK(lint_superpixels_make(&s, p.rgb, 96, 96, &e));
    int left = s.at[48 * 96 + 29], right = s.at[48 * 96 + 67];
    float *d = lint_color_distances(&s, LINT_TEXTURE_NONE, &e);
    float *value = malloc((size_t)s.n * sizeof *value), *belief = malloc((size_t)s.n * 4);
    assert_true(d && value && belief);
    for (int i = 0; i < s.n; i++)
        belief[i] = s.of[i].x < 0.5f ? 1 : 0.2f;
    OK(lint_saliency(&s, d, NULL, value, &e));
    assert_true(value[right] > value[left]);
    OK(lint_saliency(&s, d, belief, value, &e));
    assert_true(value[right] < value[left]);
    free(d);
    free(value);
    free(belief);
    lint_superpixels_free(&s);
    picture_free(&p);
}

static void a_map_without_evidence_changes_nothing(void **state) {
    (void)state;
    lint_err e;
    uint8_t with[64 * 64], without[64 * 64];
    const float map[] = {-1, NAN, 0, -INFINITY, INFINITY, -3};
    picture p = disc(64, 64, 0.4, 0.5, 0.3);
    OK(lint_find_mask(p.rgb, 64, 64, LINT_MASK_CUT, NULL, without, &e));
    OK(lint_find_mask(p.rgb, 64, 64, LINT_MASK_CUT, &(lint_mask_hint){map, 2, 3}, with, &e));
    assert_memory_equal(with, without, sizeof with);
    picture_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_join_by_sides_and_are_numbered_in_reading_order),
        cmocka_unit_test(no_division_is_cheaper_than_the_minimum_cut),
        cmocka_unit_test(superpixels_are_connected_and_cover_a_picture_of_any_size),
        cmocka_unit_test(the_superpixels_of_a_disc_keep_to_its_contour),
        cmocka_unit_test(otsu_divides_two_groups),
        cmocka_unit_test(affinity_falls_from_one_to_nothing),
        cmocka_unit_test(what_touches_the_edge_all_round_is_background),
        cmocka_unit_test(a_disc_is_found_wherever_it_is),
        cmocka_unit_test(a_picture_of_one_color_has_no_object),
        cmocka_unit_test(masks_of_any_size_are_0_or_255),
        cmocka_unit_test(belief_turns_the_choice_between_two_objects),
        cmocka_unit_test(a_map_without_evidence_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
