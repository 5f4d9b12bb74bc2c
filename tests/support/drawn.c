#include "support/drawn.h"
#include "base/rng.h"
#include "support/normal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = LINT_BORDER_DIM, PLACES = 8, FACTORS = 3 };

/* How far places, scenes of one place, and pictures of one scene are apart, in logarithms of shares. */
#define PLACE   1.0
#define SCENE   0.7
#define PICTURE 0.1

typedef struct world {
    double place[PLACES][DIM], factor[FACTORS][DIM];
} world;

static void *needed(void *p) {
    if (!p) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return p;
}

static world *make_world(lint_rng *r) {
    world *w = needed(malloc(sizeof *w));
    for (int d = 0; d < DIM; d++) {
        double common = normal(r);
        for (int p = 0; p < PLACES; p++)
            w->place[p][d] = common + PLACE * normal(r);
        for (int k = 0; k < FACTORS; k++)
            w->factor[k][d] = SCENE * normal(r);
    }
    return w;
}

/* A scene of a place: light, weather, distance. */
static void draw_scene(const world *w, int place, lint_rng *r, double *scene) {
    double amount[FACTORS];
    for (int k = 0; k < FACTORS; k++)
        amount[k] = normal(r);
    for (int d = 0; d < DIM; d++) {
        scene[d] = w->place[place][d] + SCENE * normal(r);
        for (int k = 0; k < FACTORS; k++)
            scene[d] += amount[k] * w->factor[k][d];
    }
}

/* A picture of it, as lint_border_describe writes it: square roots of shares. */
static void draw_border(const double *scene, size_t from, size_t n, lint_rng *r, float *out) {
    double share[DIM], sum = 0;
    for (size_t d = from; d < from + n; d++)
        sum += share[d] = exp(scene[d] + PICTURE * normal(r));
    for (size_t d = from; d < from + n; d++)
        out[d] = (float)sqrt(share[d] / sum);
}

static void draw_picture(const double *scene, lint_rng *r, float *out) {
    size_t texture = LINT_BORDER_TEXTURES / 2;
    draw_border(scene, 0, LINT_BORDER_COLOURS, r, out);
    draw_border(scene, LINT_BORDER_COLOURS, texture, r, out);
    draw_border(scene, LINT_BORDER_COLOURS + texture, texture, r, out);
}

static int draw_place(const drawn_spec *s, int class, lint_rng *r) {
    int places = s->places ? s->places : s->classes;
    if (s->agree < 0) { /* the last of two draws: half of all are in the upper quarter */
        uint64_t a = lint_rng_below(r, (uint64_t)places), b = lint_rng_below(r, (uint64_t)places);
        return (int)(a > b ? a : b);
    }
    if (lint_rng_unit(r) < s->agree) return class;
    int other = (int)lint_rng_below(r, (uint64_t)places - 1);
    return other + (other >= class);
}

drawn_folder drawn_make(const drawn_spec *s, uint64_t seed) {
    lint_err e;
    lint_rng r = lint_rng_at(seed, LINT_RNG_SYNTH, 0, 0);
    world *w = make_world(&r), *middle = make_world(&r);
    size_t n = (size_t)(s->first ? s->first : s->n) + (size_t)(s->classes - 1) * (size_t)s->n;
    drawn_folder f = {.look = needed(calloc(n, sizeof *f.look))};
    f.source.picture = needed(calloc(n, sizeof *f.source.picture));
    for (int k = 0; k < s->classes; k++) {
        char name[2] = {(char)('a' + k), 0};
        if (lint_names_push(&f.source.classes, name, 1, &e) < 0) needed(NULL);
        size_t end = f.source.n + (size_t)(k == 0 && s->first ? s->first : s->n);
        while (f.source.n < end) {
            double scene[DIM], center[DIM];
            size_t first = f.source.n, each = 1 + lint_rng_below(&r, (uint64_t)s->series);
            draw_scene(w, draw_place(s, k, &r), &r, scene);
            draw_scene(middle, 0, &r, center);
            for (size_t j = 0; j < each && f.source.n < end; j++, f.source.n++) {
                draw_picture(scene, &r, f.look[f.source.n].border);
                draw_picture(center, &r, f.look[f.source.n].center);
                f.source.picture[f.source.n] =
                    (lint_picture){.label = k, .place = -1, .outline = -1, .series = first + 1};
            }
        }
    }
    free(w);
    free(middle);
    return f;
}

void drawn_free(drawn_folder *f) {
    lint_source_free(&f->source);
    free(f->look);
}

drawn_spec drawn_number(int i) {
    static const int n[] = {30, 60, 100, 300};
    int at = i % 100;
    drawn_spec s = {.classes = 2 + at / 4 % 4, .n = n[at % 4], .series = 1, .agree = -1};
    if (at / 16 % 2) s.series = s.n < 60 ? 3 : 5;
    if (at / 32 % 2) s.first = s.n / 3 < 30 ? 30 : s.n / 3;
    s.places = s.classes + at / 8 % 2;
    if (i >= 100) s.agree = 0.85 + 0.05 * (at % 13) / 4;
    return s;
}
