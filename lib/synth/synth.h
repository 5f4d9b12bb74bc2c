/* synth: data sets with a chosen, misleading background, made as folders.
 *
 * A set is a list of pictures to make, each with its split, class and place, and a painter that
 * knows how: lint_synth_drawn draws leopards and orcas, lint_synth_compose pastes cut-outs onto
 * photographs. A picture is a function of (seed, split, index in the split) and of the lists, so
 * any number of threads writes the same bytes, and a longer training set leaves val and test as
 * they were.
 *
 *     lint_synth s;
 *     lint_synth_plan plan = {.count = {{188, 89}, {60, 60}, {300, 300}}, ...};
 *     lint_synth_drawn(&s, &plan, &e);
 *     lint_synth_write(&s, "data/orca-leopard", 192, 192, pool, NULL, NULL, &e);
 *     lint_synth_free(&s);
 *
 * The folder: images/SPLIT-NNNN.png, masks/ with the same names (255 object, else 0), metadata.csv
 * with the columns of Waterbirds (img_id,img_filename,y,split,place,place_filename; file names
 * relative to the folder; split 0 train, 1 val, 2 test; y and place count from 0), and the names
 * of classes and places in classes.txt and places.txt, one a line, in that order.
 */
#ifndef LINT_SYNTH_SYNTH_H
#define LINT_SYNTH_SYNTH_H

#include "base/threads.h"
#include "synth/synth_paint.h"
#include <stdio.h>

enum { LINT_SYNTH_TRAIN, LINT_SYNTH_VAL, LINT_SYNTH_TEST, LINT_SYNTH_SPLITS };

/* Bounds that keep memory and file names in hand. */
#define LINT_SYNTH_MAX_SIDE    2048
#define LINT_SYNTH_MAX_CLASSES 64
#define LINT_SYNTH_MAX_COUNT   1000000

typedef struct lint_synth_plan {
    uint64_t seed;
    size_t count[LINT_SYNTH_SPLITS][LINT_SYNTH_MAX_CLASSES]; /* pictures of each class */
    /* Share of a class's pictures that stand in the place of their own class; the rest is dealt
     * evenly to the others. Rounded to whole pictures, exactly, for each class. */
    double correlation[LINT_SYNTH_SPLITS];
    double size_lo, size_hi; /* of the object: lint_spot's size */
    double jitter;           /* its middle lies within this of the picture's, by fraction */
} lint_synth_plan;

typedef struct lint_synth_item {
    int split, y, place;
    size_t index;  /* within the split */
    size_t object; /* and ground: which one, as the painter counts them */
    size_t ground;
} lint_synth_item;

typedef struct lint_synth lint_synth;

/* Paints one picture on an easel that has been begun: ground, object, front. */
typedef int lint_synth_paint(const lint_synth *s, lint_easel *e, const lint_synth_item *it,
                             lint_err *err);

struct lint_synth {
    const char **classes, **places; /* names */
    size_t n_classes, n_places;
    const char **grounds; /* place_filename of each ground */
    lint_synth_item *items;
    size_t n;
    lint_synth_plan plan;
    lint_synth_paint *paint;
    void *ctx; /* the painter's own */
    void (*free_ctx)(void *ctx);
};

/* Leopards and orcas. Places: green (savanna, grass, forest), which is the leopards', blue (sea,
 * surf, sky), the orcas', and odd (yellow, dusk, autumn), which appears in the test split only:
 * there every class is dealt evenly to all three places. correlation[TEST] is not used. */
int lint_synth_drawn(lint_synth *s, const lint_synth_plan *plan, lint_err *e);

void lint_synth_free(lint_synth *s);

/* Deals `count` pictures of class y to places: places[i] is that of the i-th. */
void lint_synth_deal(int *places, size_t count, int y, int n_places, double correlation);

/* Makes the folder, whole or not at all: it is filled under a temporary name beside `dir` and
 * renamed. `dir` must not exist, or be empty. `step` (may be NULL) hears how many pictures are
 * done. The pictures are w x h, at most LINT_SYNTH_MAX_SIDE on a side. */
int lint_synth_write(const lint_synth *s, const char *dir, int w, int h, lint_threads *pool,
                     void (*step)(void *ctx, size_t done), void *step_ctx, lint_err *e);

/* One picture, in memory: rgb [h,w,3], mask [h,w]. */
int lint_synth_render(const lint_synth *s, size_t item, lint_easel *e, uint8_t *rgb, uint8_t *mask,
                      lint_err *err);

#endif
